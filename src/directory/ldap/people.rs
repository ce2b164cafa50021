//! Looking for people by name, for somebody to choose from. Active Directory has a search made for that, "ambiguous name
//! resolution" (MS-ADTS 3.1.1.3.1.3.4): the words are compared with the beginnings of display name, given name, surname,
//! account name and some more, all of which have an index; of two words one may be the given name and the other the
//! surname, in either order.

use super::Inner;
use super::entry::Entry;
use super::failure::Failure;
use super::look::PEOPLE;
use super::person::{self, Reading};
use super::session::Session;
use super::values::escaped;
use crate::directory::{Found, Standing};

/// What is shown of somebody, and what tells whether the account is open. No phone is among it.
const SHOWN: [&str; 11] = [
    "sAMAccountName",
    "userPrincipalName",
    "mail",
    "proxyAddresses",
    "displayName",
    "name",
    "title",
    "department",
    "userAccountControl",
    "accountExpires",
    "objectClass",
];

impl Inner {
    pub(super) async fn people_once(&self, name: &str, most: u8) -> Result<Vec<Found>, Failure> {
        let session = self.session().await?;
        let read = self.people(&session, name, most).await;
        self.settle(&session, read).await
    }

    async fn people(&self, session: &Session, name: &str, most: u8) -> Result<Vec<Found>, Failure> {
        let filter = format!("(&{PEOPLE}(anr={}))", escaped(name.as_bytes()));
        let entries = session.search(&self.base_dn, &filter, &SHOWN, i32::from(most)).await?.entries;
        let reading = self.reading();
        // Some servers count otherwise when they resolve names.
        Ok(entries.iter().filter_map(|entry| found(entry, &reading)).take(usize::from(most)).collect())
    }
}

/// `None` for somebody whom nobody could name in a form.
fn found(entry: &Entry, reading: &Reading<'_>) -> Option<Found> {
    let text = |name: &str| entry.text(name).unwrap_or_default().to_owned();
    Some(Found {
        username: person::names(entry).into_iter().next()?,
        name: person::display_name(entry),
        title: text("title"),
        unit: text("department"),
        mail: person::mail(entry),
        // What cannot be read is not promised to be open.
        open: reading.standing(entry).is_ok_and(|standing| standing == Standing::Open),
    })
}
