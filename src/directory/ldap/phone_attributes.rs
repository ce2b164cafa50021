//! The attributes that hold phones: what the schema says of them, and whether they may be read where they
//! are empty. What may not be read looks like what is not there, and would be "no phone is registered".

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

/// One attribute that holds phones.
#[derive(Debug)]
pub(crate) struct PhoneAttribute {
    name: String,
    /// Its identifier, and that of the set that it belongs to, if there is one.
    identifiers: Vec<ObjectGuid>,
    confidential: bool,
}

impl Inner {
    /// What the schema says of the configured attributes. A misspelt one is one that nobody has:
    /// everybody would seem to have no phone.
    pub(super) async fn look_at_the_schema(&self, session: &Session) -> Result<Vec<PhoneAttribute>, Failure> {
        let wanted = |name: &String| format!("(lDAPDisplayName={})", values::escaped(name.as_bytes()));
        let wanted: String = self.phone_attributes.iter().map(wanted).collect();
        let filter = format!("(&(objectClass=attributeSchema)(|{wanted}))");
        let found = session.search(&session.schema, &filter, &ASKED, 0).await?;
        self.phone_attributes.iter().map(|name| described(name, &found.entries)).collect()
    }

    /// Refuses to conclude anything from a phone that is not there, where it could not be seen.
    ///
    /// # Errors
    /// [`Failure::Half`] with the attribute.
    pub(crate) async fn phones_may_be_read(&self, session: &Session, entry: &Entry) -> Result<(), Failure> {
        let known = self.known.get_or_try_init(|| self.look_at_the_schema(session)).await?;
        if known.iter().all(|one| !entry.octets(&one.name).is_empty()) {
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
        let known = self.known.get_or_try_init(|| self.look_at_the_schema(session)).await?;
        let empty: Vec<&PhoneAttribute> =
            known.iter().filter(|one| entry.octets(&one.name).is_empty()).collect();
        let descriptor = match session.descriptor(&entry.dn).await {
            Err(failure @ Failure::Answer(_)) if !failure.is_of_this_server() => None,
            read => read?,
        };
        let hidden = |one: &&PhoneAttribute| {
            let read = |octets: &[u8]| may_read(octets, who, &one.identifiers, one.confidential);
            descriptor.as_deref().and_then(read) != Some(true)
        };
        match empty.into_iter().find(hidden) {
            None => Ok(()),
            Some(one) => Err(Failure::Half(format!(
                "{} shows no {}, and the service account may not read it there: {}",
                entry.common_name(),
                one.name,
                missing_right(&one.name)
            ))),
        }
    }
}

/// The words for a right that is missing.
pub(super) fn missing_right(attribute: &str) -> String {
    format!("\"Read {attribute}\" is missing")
}

fn described(name: &str, found: &[Entry]) -> Result<PhoneAttribute, Failure> {
    let is_called =
        |entry: &&Entry| entry.text("lDAPDisplayName").is_some_and(|known| known.eq_ignore_ascii_case(name));
    let entry = found.iter().find(is_called).ok_or_else(|| {
        Failure::Half(format!("directory.ldap.phone_attributes: the directory has no attribute {name}"))
    })?;
    let identifier =
        |key: &str| entry.octets(key).first().and_then(|octets| ObjectGuid::of_octets(octets.as_slice()));
    Ok(PhoneAttribute {
        name: name.to_owned(),
        identifiers: ["schemaIDGUID", "attributeSecurityGUID"].into_iter().filter_map(identifier).collect(),
        confidential: entry.number("searchFlags").is_some_and(|flags| flags & CONFIDENTIAL != 0),
    })
}
