//! Mails in quarantine, for the people who look after them.

use super::Recorded;
use crate::store::StoreError;
use crate::ticket::Ticket;

/// A mail that could not be read, with its ticket.
#[derive(Clone, Debug)]
pub struct Quarantined {
    /// Its ticket; the trail says why it cannot be read.
    pub ticket: Ticket,
    /// Octets of it that are kept.
    pub octets: u64,
    /// How often its reading was begun.
    pub tries: u32,
    /// As for any mail; see [`super::Incoming`].
    pub content_hash: String,
}

/// The mails in quarantine.
#[derive(Clone, Debug, Default)]
pub struct InQuarantine {
    /// In the order of their tickets' numbers.
    pub mails: Vec<Quarantined>,
    /// Those of whose tickets the database holds what this version cannot read: the number, and what is wrong.
    pub unreadable: Vec<(String, StoreError)>,
}

/// What became of a mail that was let out of quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LetOut {
    /// What becomes of any mail. Its own ticket goes on, or is merged into the one that it joined or
    /// whose mail it repeats.
    Recorded(Recorded),
    /// It is not in quarantine any more: somebody was quicker.
    Gone,
}
