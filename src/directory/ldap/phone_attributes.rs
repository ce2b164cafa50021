//! The attributes that hold phones, and the one that names the manager: what the schema says of them, and
//! whether they may be read where they are empty. What may not be read looks like what is not there, and would
//! be "no phone is registered", or "nobody is above".

use std::collections::HashSet;

use super::Inner;
use super::access::may_read;
use super::entry::Entry;
use super::failure::Failure;
use super::session::Session;
use super::values::{self, ObjectGuid, Sid};

/// `searchFlags`: reading it needs an extended right besides (MS-ADTS 2.2.9, fCONFIDENTIAL).
const CONFIDENTIAL: i64 = 0x80;
const ASKED: [&str; 4] = ["lDAPDisplayName", "schemaIDGUID", "attributeSecurityGUID", "searchFlags"];

/// The name of whoever is above.
pub(super) const MANAGER: &str = "manager";

/// One attribute that may be empty.
#[derive(Debug)]
pub(crate) struct Attribute {
    name: String,
    /// Its identifier, and that of the set that it belongs to, if there is one.
    identifiers: Vec<ObjectGuid>,
    confidential: bool,
}

impl Inner {
    /// What the schema says of the configured attributes, and of [`MANAGER`] where managers are read. A misspelt
    /// one is one that nobody has: everybody would seem to have no phone.
    pub(super) async fn look_at_the_schema(&self, session: &Session) -> Result<Vec<Attribute>, Failure> {
        let manager = self.reads_managers.then_some(MANAGER);
        let names = || self.phone_attributes.iter().map(String::as_str).chain(manager);
        if names().next().is_none() {
            return Ok(Vec::new());
        }
        let wanted = |name: &str| format!("(lDAPDisplayName={})", values::escaped(name.as_bytes()));
        let wanted: String = names().map(wanted).collect();
        let filter = format!("(&(objectClass=attributeSchema)(|{wanted}))");
        let found = session.search(&session.schema, &filter, &ASKED, 0).await?;
        names().map(|name| described(name, &found.entries)).collect()
    }

    /// Refuses to conclude anything from a phone that is not there, where it could not be seen.
    ///
    /// # Errors
    /// [`Failure::Half`] with the attribute.
    pub(crate) async fn phones_may_be_read(&self, session: &Session, entry: &Entry) -> Result<(), Failure> {
        if self.phone_attributes.iter().all(|name| !entry.octets(name).is_empty()) {
            return Ok(());
        }
        let who = self.own_identifiers(session).await?;
        self.phones_may_be_read_by(session, entry, &who).await
    }

    /// The same for many entries: the service account has the identifiers `who`.
    ///
    /// # Errors
    /// As for [`Inner::phones_may_be_read`].
    pub(super) async fn phones_may_be_read_by(
        &self,
        session: &Session,
        entry: &Entry,
        who: &HashSet<Sid>,
    ) -> Result<(), Failure> {
        let is_empty = |name: &str| name != MANAGER && entry.octets(name).is_empty();
        match self.hidden(session, &entry.dn, who, is_empty).await? {
            None => Ok(()),
            Some(name) => Err(Failure::Half(format!(
                "{} shows no {name}, and the service account may not read it there: {}",
                entry.common_name(),
                missing_right(&name)
            ))),
        }
    }

    /// May it be seen who is above the account at `dn`, of which no manager is shown?
    pub(super) async fn manager_may_be_read(&self, session: &Session, dn: &str) -> Result<bool, Failure> {
        let who = self.own_identifiers(session).await?;
        Ok(self.hidden(session, dn, &who, |name| name == MANAGER).await?.is_none())
    }

    /// The first of the attributes that `are_empty` in the entry at `dn` and may not be read there.
    async fn hidden(
        &self,
        session: &Session,
        dn: &str,
        who: &HashSet<Sid>,
        are_empty: impl Fn(&str) -> bool,
    ) -> Result<Option<String>, Failure> {
        let known = self.schema.get_or_try_init(|| self.look_at_the_schema(session)).await?;
        let empty: Vec<&Attribute> = known.iter().filter(|one| are_empty(&one.name)).collect();
        if empty.is_empty() {
            return Ok(None);
        }
        let descriptor = match session.descriptor(dn).await {
            Err(failure @ Failure::Answer(_)) if !failure.is_of_this_server() => None,
            read => read?,
        };
        let hidden = |one: &&Attribute| {
            let read = |octets: &[u8]| may_read(octets, who, &one.identifiers, one.confidential);
            descriptor.as_deref().and_then(read) != Some(true)
        };
        Ok(empty.into_iter().find(hidden).map(|one| one.name.clone()))
    }
}

/// The words for a right that is missing.
pub(super) fn missing_right(attribute: &str) -> String {
    format!("\"Read {attribute}\" is missing")
}

fn described(name: &str, found: &[Entry]) -> Result<Attribute, Failure> {
    let is_called =
        |entry: &&Entry| entry.text("lDAPDisplayName").is_some_and(|known| known.eq_ignore_ascii_case(name));
    let entry = found.iter().find(is_called).ok_or_else(|| {
        Failure::Half(if name == MANAGER {
            format!("the schema shows no attribute {name}: let the service account read the schema")
        } else {
            format!("directory.ldap.phone_attributes: the directory has no attribute {name}")
        })
    })?;
    let identifier =
        |key: &str| entry.octets(key).first().and_then(|octets| ObjectGuid::of_octets(octets.as_slice()));
    Ok(Attribute {
        name: name.to_owned(),
        identifiers: ["schemaIDGUID", "attributeSecurityGUID"].into_iter().filter_map(identifier).collect(),
        confidential: entry.number("searchFlags").is_some_and(|flags| flags & CONFIDENTIAL != 0),
    })
}
