//! What the ledger knows of the mails in a mailbox.

use crate::mailbox::{Folder, MailUid, Shelf};
use crate::store::Incoming;
use crate::ticket::TicketId;
use crate::types::TicketNumber;

/// Whose UIDs are meant: a UID is a name only within one folder and one UIDVALIDITY.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UidScope {
    /// The mailbox's configured name.
    pub mailbox: String,
    /// The folder.
    pub shelf: Shelf,
    /// Its UIDVALIDITY.
    pub validity: u32,
}

/// A kept mail's number in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailId(pub i64);

/// What the ledger knows of one mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Its name in its folder.
    pub uid: MailUid,
    /// How often its fetch was begun.
    pub tries: u32,
    /// The kept mail; `None` until it is in the store.
    pub mail: Option<MailId>,
    /// Where it goes once it is kept; `None` leaves it where it is.
    pub folder: Option<Folder>,
    /// Has it left the inbox, as far as is known?
    pub moved: bool,
}

/// A mail in a folder for filed mails, whose place was not known.
#[derive(Clone, Debug)]
pub enum Found {
    /// It is this one, which was kept without being read.
    Kept(MailUid, MailId),
    /// What it says, and the ticket that it makes when nobody knows it.
    Read(Box<Incoming>),
}

/// What became of a mail that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It is kept already; now its place is known, too.
    Known,
    /// Nobody knew it; it made a ticket.
    Made(TicketId, TicketNumber),
}

/// How many mails of a mailbox are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Kept ones, copies among them.
    pub kept: u64,
    /// Those that somebody took out of the inbox before they were read.
    pub gone: u64,
}
