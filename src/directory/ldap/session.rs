//! A signed-in connection to one server, and the operations that are used. ldap3 reaches no further
//! than this folder; its own errors are never shown in debug form, which would show what was sent.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ldap3::adapters::{Adapter, EntriesOnly, PagedResults};
use ldap3::controls::RawControl;
use ldap3::{Ldap, LdapError, LdapResult, Mod, ResultEntry, Scope, SearchEntry, SearchOptions};
use zeroize::Zeroizing;

use super::entry::Entry;
use super::failure::{Answer, Failure, code};
use super::values::generalized_time;
use crate::types::UnixMillis;

/// As many entries as one answer of a walk holds; Active Directory gives at most 1000.
const PAGE: i32 = 500;

/// Owner, group and discretionary access list: what may be read without being an auditor
/// (MS-ADTS 3.1.1.3.4.1.11, LDAP_SERVER_SD_FLAGS_OID).
const READABLE_DESCRIPTOR: [u8; 5] = [0x30, 0x03, 0x02, 0x01, 0x07];
const SD_FLAGS: &str = "1.2.840.113556.1.4.801";

/// A signed-in connection. Clones share it.
#[derive(Clone)]
pub(crate) struct Session {
    pub(super) ldap: Ldap,
    /// Which of the configured servers it is.
    pub(super) server: usize,
    /// Its address, as configured.
    pub(super) address: Arc<str>,
    /// Tells connections apart.
    pub(super) number: u64,
    /// Set when an operation found it broken.
    pub(super) broken: Arc<AtomicBool>,
    /// The whole domain (`DC=kommun,DC=example`).
    pub(super) domain: Arc<str>,
    /// Where attributes are defined.
    pub(super) schema: Arc<str>,
    /// How long each operation may take.
    pub(super) patience: Duration,
}

/// What a search found.
pub(crate) struct Found {
    pub(crate) entries: Vec<Entry>,
    /// There are more than were asked for.
    pub(crate) more: bool,
}

/// A value on its way to the server: wiped on drop. ldap3 copies it into a message that it does not
/// wipe; nothing can be done about that copy from here.
#[derive(PartialEq, Eq)]
pub(crate) struct Octets(Zeroizing<Vec<u8>>);

impl Octets {
    pub(crate) fn new(octets: Zeroizing<Vec<u8>>) -> Self {
        Self(octets)
    }

    pub(crate) fn text(text: &str) -> Self {
        Self(Zeroizing::new(text.as_bytes().to_vec()))
    }
}

impl AsRef<[u8]> for Octets {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl std::hash::Hash for Octets {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Session {
    /// The entry of this name with these attributes; `None` when there is none, or none to be seen.
    pub(crate) async fn entry(&self, dn: &str, attributes: &[&str]) -> Result<Option<Entry>, Failure> {
        match self.search_with(None, dn, Scope::Base, "(objectClass=*)", attributes, 0).await {
            Ok(found) => Ok(found.entries.into_iter().next()),
            Err(failure) if failure.is(code::NO_SUCH_OBJECT) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// What o'clock it is at the server (`currentTime`, MS-ADTS 3.1.1.3.2.3); `None` when it does not say.
    pub(crate) async fn server_time(&self) -> Result<Option<UnixMillis>, Failure> {
        let root = self.entry("", &["currentTime"]).await?.unwrap_or_default();
        Ok(root.text("currentTime").and_then(generalized_time))
    }

    /// The entry of this name with its security descriptor.
    pub(crate) async fn descriptor(&self, dn: &str) -> Result<Option<Vec<u8>>, Failure> {
        let control =
            RawControl { ctype: SD_FLAGS.to_owned(), crit: true, val: Some(READABLE_DESCRIPTOR.to_vec()) };
        let attributes = ["nTSecurityDescriptor"];
        let found =
            self.search_with(Some(control), dn, Scope::Base, "(objectClass=*)", &attributes, 0).await?;
        let entry = found.entries.into_iter().next();
        Ok(entry.and_then(|entry| entry.octets("nTSecurityDescriptor").first().cloned()))
    }

    /// Entries below `base`, at most `limit` (0: as many as the server gives at once).
    pub(crate) async fn search(
        &self,
        base: &str,
        filter: &str,
        attributes: &[&str],
        limit: i32,
    ) -> Result<Found, Failure> {
        self.search_with(None, base, Scope::Subtree, filter, attributes, limit).await
    }

    async fn search_with(
        &self,
        control: Option<RawControl>,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: &[&str],
        limit: i32,
    ) -> Result<Found, Failure> {
        let mut ldap = self.ldap.clone();
        ldap.with_timeout(self.patience).with_search_options(SearchOptions::new().sizelimit(limit));
        if let Some(control) = control {
            ldap.with_controls(control);
        }
        let asked = ldap.search(base, scope, filter, attributes);
        // ldap3 begins its time anew with every entry.
        let answered = tokio::time::timeout(self.patience, asked).await;
        let result = answered.map_err(|_| self.late())?.map_err(|error| self.failed(&error))?;
        let ldap3::SearchResult(entries, result) = result;
        let more = result.rc == code::SIZE_LIMIT;
        if !more {
            answered_well(&result)?;
        }
        Ok(Found { entries: entries.into_iter().map(entry).collect::<Result<_, _>>()?, more })
    }

    /// Every entry below `base`, page by page; `each` gets them as they come.
    pub(crate) async fn walk(
        &self,
        base: &str,
        filter: &str,
        attributes: &[&str],
        mut each: impl FnMut(Entry) + Send,
    ) -> Result<(), Failure> {
        let names: Vec<String> = attributes.iter().map(|&name| name.to_owned()).collect();
        let adapters: Vec<Box<dyn Adapter<'_, String, Vec<String>>>> =
            vec![Box::new(EntriesOnly::new()), Box::new(PagedResults::new(PAGE))];
        let mut ldap = self.ldap.clone();
        ldap.with_timeout(self.patience);
        let mut stream = ldap
            .streaming_search_with(adapters, base, Scope::Subtree, filter, names)
            .await
            .map_err(|error| self.failed(&error))?;
        while let Some(next) = stream.next().await.map_err(|error| self.failed(&error))? {
            each(entry(next)?);
        }
        answered_well(&stream.finish().await)
    }

    /// Replaces values of `dn`, all of them or none.
    ///
    /// # Errors
    /// [`Failure::TimedOut`] and [`Failure::Broken`] leave open whether it was done.
    pub(crate) async fn replace(
        &self,
        dn: &str,
        changes: Vec<(&str, Octets)>,
        patience: Duration,
    ) -> Result<(), Failure> {
        let mods = changes
            .into_iter()
            .map(|(name, value)| Mod::Replace(Octets::text(name), HashSet::from([value])))
            .collect();
        let mut ldap = self.ldap.clone();
        let result = ldap.with_timeout(patience).modify(dn, mods).await;
        answered_well(&result.map_err(|error| self.failed(&error))?)
    }

    /// Puts `new` in the place of `old`, which must be there: both in one operation, of which all or nothing is
    /// done (RFC 4511 4.6). For `unicodePwd` that is a change by somebody who knows the old password, and no
    /// reset (MS-ADTS 3.1.1.3.1.5.1).
    ///
    /// # Errors
    /// As [`Session::replace`].
    pub(crate) async fn exchange(
        &self,
        dn: &str,
        name: &str,
        (old, new): (Octets, Octets),
        patience: Duration,
    ) -> Result<(), Failure> {
        let mods = vec![
            Mod::Delete(Octets::text(name), HashSet::from([old])),
            Mod::Add(Octets::text(name), HashSet::from([new])),
        ];
        let mut ldap = self.ldap.clone();
        let result = ldap.with_timeout(patience).modify(dn, mods).await;
        answered_well(&result.map_err(|error| self.failed(&error))?)
    }

    /// Is it of use for another operation?
    pub(super) fn is_open(&mut self) -> bool {
        !self.broken.load(Ordering::SeqCst) && !self.ldap.is_closed()
    }

    /// An operation without its answer: what comes late must not be taken for another's.
    fn late(&self) -> Failure {
        self.broken.store(true, Ordering::SeqCst);
        Failure::TimedOut
    }

    fn failed(&self, error: &LdapError) -> Failure {
        let failure = failure(error);
        if !matches!(failure, Failure::Answer(_) | Failure::Half(_)) {
            self.broken.store(true, Ordering::SeqCst);
        }
        failure
    }
}

/// An error of ldap3. Its debug form would show what was sent; its display form does not.
pub(super) fn failure(error: &LdapError) -> Failure {
    match error {
        LdapError::Timeout { .. } => Failure::TimedOut,
        // The task that drives the connection had ended before.
        LdapError::OpSend { .. } => Failure::NotSent("the connection was lost before".to_owned()),
        LdapError::LdapResult { result } => Failure::Answer(Answer::new(result.rc, &result.text)),
        LdapError::FilterParsing => Failure::Half("a filter was not understood".to_owned()),
        LdapError::ResultRecv { .. } | LdapError::EndOfStream => {
            Failure::Broken("the connection was cut before the answer".to_owned())
        }
        other => Failure::Broken(other.to_string()),
    }
}

pub(super) fn answered_well(result: &LdapResult) -> Result<(), Failure> {
    if result.rc == 0 {
        return Ok(());
    }
    Err(Failure::Answer(Answer::new(result.rc, &result.text)))
}

pub(super) fn entry(result: ResultEntry) -> Result<Entry, Failure> {
    let SearchEntry { dn, attrs, bin_attrs } = SearchEntry::construct(result);
    let mut entry = Entry::new(dn);
    for (name, values) in attrs {
        entry.add(&name, values.into_iter().map(String::into_bytes).collect())?;
    }
    for (name, values) in bin_attrs {
        entry.add(&name, values)?;
    }
    Ok(entry)
}
