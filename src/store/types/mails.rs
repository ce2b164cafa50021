//! Mails on their way in: what the ledger knows of them, and what is kept.

use crate::mail::{Excerpt, Signatures, Trust};
use crate::mailbox::{Folder, MailUid};
use crate::ticket::{Fate, Kind, State, TicketId};
use crate::types::{EmailAddress, Link, MessageId, Reason, Returned, TicketNumber, Trail, UnixMillis};

/// A mail to be kept, with what shall become of it.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// The mailbox's configured name.
    pub mailbox: String,
    /// UIDVALIDITY.
    pub validity: u32,
    /// Its name in the mailbox.
    pub uid: MailUid,
    /// When it came.
    pub received_at: UnixMillis,
    /// Its octets as they came.
    pub raw: Vec<u8>,
    /// Equal content is the same mail (I3); a mail that cannot be read has the hash of its octets.
    pub content_hash: String,
    /// The hash that an earlier version kept this content with, when it is another one.
    pub earlier_hash: Option<String>,
    /// Its Message-ID.
    pub message_id: Option<MessageId>,
    /// The mails it answers, newest first.
    pub answers: Vec<MessageId>,
    /// A ticket number in its subject: joins only when the sender is that ticket's.
    pub tag: Option<TicketNumber>,
    /// The subject; kept with its phone numbers masked.
    pub subject: String,
    /// Who wrote it.
    pub from: Option<EmailAddress>,
    /// How far that can be believed.
    pub trust: Trust,
    /// What it tells of a mail of ours that came back.
    pub returned: Option<Returned>,
    /// Is the desk's own address in From?
    pub from_desk: bool,
    /// What was found of its DKIM signatures; `None` when nobody looked.
    pub signatures: Option<Signatures>,
    /// Which folder it goes to afterwards; `None` leaves it in the inbox (observe).
    pub folder: Option<Folder>,
    /// What lists show of it, and what it is found by.
    pub excerpt: Excerpt,
    /// The ticket it makes when it is no duplicate and joins none.
    pub ticket: NewTicket,
}

impl Incoming {
    /// What its place among the tickets rests on.
    #[must_use]
    pub fn arrival(&self) -> Arrival<'_> {
        Arrival {
            kind: self.ticket.kind,
            mailbox: &self.mailbox,
            from: self.from.as_ref(),
            trust: self.trust,
            answers: &self.answers,
            tag: self.tag,
            received_at: self.received_at,
            observed: self.ticket.observed,
        }
    }
}

/// What the place of a mail among the tickets rests on.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// What it is about.
    pub kind: Kind,
    /// The configured name of the mailbox to which it came.
    pub mailbox: &'a str,
    /// Who wrote it.
    pub from: Option<&'a EmailAddress>,
    /// How far that can be believed.
    pub trust: Trust,
    /// The mails it answers, newest first.
    pub answers: &'a [MessageId],
    /// A ticket number in its subject.
    pub tag: Option<TicketNumber>,
    /// When it came.
    pub received_at: UnixMillis,
    /// It came while the automation only observed.
    pub observed: bool,
}

/// The place of a mail among the tickets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thread {
    /// It makes a ticket, which names another one or not.
    Own(Option<Link>),
    /// It joins the ticket with this number.
    Joins(TicketNumber),
    /// Its sender floods the desk; the number is that of the flood's ticket, when it has one.
    Flood(Option<TicketNumber>),
}

/// A ticket to be made.
#[derive(Clone, Debug)]
pub struct NewTicket {
    /// What it is about.
    pub kind: Kind,
    /// Where it begins.
    pub state: State,
    /// What became of it, if that is known already.
    pub outcome: Option<Fate>,
    /// Why a human is involved, if that is known already.
    pub reason: Option<Reason>,
    /// The trail so far.
    pub trail: Trail,
    /// It came while the automation only observed.
    pub observed: bool,
    /// The year in its number.
    pub year: i64,
    /// The acknowledgement; left out by the store when the address got one within the last hour, or
    /// three within a day in which nobody did anything.
    pub acknowledge: Option<EmailAddress>,
}

/// What became of a mail that was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It made a ticket.
    Made(TicketId, TicketNumber),
    /// It joined a ticket.
    Joined(TicketId, TicketNumber),
    /// It is another copy of a mail that is kept already.
    Duplicate(TicketId, TicketNumber),
    /// This very mail (mailbox, UIDVALIDITY, UID) was recorded before.
    Known,
}

/// No more of a ticket's mails than this are loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailsLimit {
    /// Mails.
    pub count: u32,
    /// Their octets, together.
    pub octets: u32,
}

/// A mail kept for a ticket.
#[derive(Clone, Debug)]
pub struct KeptMail {
    /// When it came.
    pub received_at: UnixMillis,
    /// Which mailbox it came to (its configured name).
    pub mailbox: String,
    /// Its octets.
    pub raw: Vec<u8>,
    /// What was found of its DKIM signatures when it came; `None` when nobody looked.
    pub signatures: Option<Signatures>,
}
