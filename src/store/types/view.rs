//! A ticket as its page shows it: what came, what left, what happened, what belongs to it.

use super::{Channel, IntentKind, MailId, MessageKind, StoredReceipt};
use crate::mail::{Signatures, Trust};
use crate::ticket::{Happened, Standing, Ticket};
use crate::types::{Outcome, ReturnedFate, TicketNumber, UnixMillis};

/// A ticket and everything beside it, as of one moment. Lists are bounded: of each the newest are here.
#[derive(Clone, Debug)]
pub struct TicketFile {
    /// The ticket.
    pub ticket: Ticket,
    /// Its mails and those of tickets that were merged into it, oldest first; no duplicates.
    pub mails: Vec<MailHead>,
    /// There are older mails.
    pub more_mails: bool,
    /// Messages that left or shall leave, oldest first.
    pub messages: Vec<SentMessage>,
    /// Calls to gateways and directories, oldest first.
    pub calls: Vec<Call>,
    /// What the audit log tells of it, oldest first.
    pub history: Vec<Happened>,
    /// There is more, and older, in the audit log.
    pub more_history: bool,
    /// Tickets that belong to it.
    pub related: Vec<Related>,
}

/// What is known of a mail without opening it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailHead {
    /// The store's name for it.
    pub id: MailId,
    /// The ticket it came to.
    pub ticket: TicketNumber,
    /// When it came.
    pub received_at: UnixMillis,
    /// Who wrote it; empty when that is not one address.
    pub sender: String,
    /// How far that can be believed.
    pub trust: Trust,
    /// Its subject, with phone numbers hidden.
    pub subject: String,
    /// A machine wrote it.
    pub machine: bool,
}

/// A mail to be opened.
#[derive(Clone, Debug)]
pub struct MailOctets {
    /// Which mailbox it came to.
    pub mailbox: String,
    /// Its octets.
    pub raw: Vec<u8>,
    /// What was found of its DKIM signatures.
    pub signatures: Option<Signatures>,
}

/// Words that left, or shall leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentMessage {
    /// Which words.
    pub kind: MessageKind,
    /// By which way.
    pub channel: Channel,
    /// To which mailbox; empty for a text, whose number nobody keeps.
    pub to: String,
    /// When they were written.
    pub created_at: UnixMillis,
    /// When the last try was begun.
    pub begun_at: Option<UnixMillis>,
    /// How it ended, and when; `None` while that is not known.
    pub ended: Option<(Outcome, UnixMillis)>,
    /// Will it be tried again?
    pub waits: bool,
    /// What a delivery report told, and the server's code.
    pub returned: Option<(ReturnedFate, String)>,
    /// What the gateway told of a text.
    pub receipt: Option<StoredReceipt>,
}

/// A call to the outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What for.
    pub kind: IntentKind,
    /// Through which gateway; empty where there is none.
    pub gateway: String,
    /// When it was begun.
    pub begun_at: UnixMillis,
    /// The answer; `None` when there is none.
    pub outcome: Option<Outcome>,
    /// What the gateway told of it later.
    pub receipt: Option<StoredReceipt>,
}

/// A ticket that belongs to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// Its number.
    pub number: TicketNumber,
    /// How it belongs to it.
    pub how: RelatedHow,
    /// Its subject.
    pub subject: String,
    /// Where it stands.
    pub standing: Standing,
}

/// How two tickets belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelatedHow {
    /// The other was merged into this one.
    MergedHere,
    /// This one was merged into the other.
    MergedInto,
    /// The other's mail names this one.
    NamesThis,
    /// This one's mail names the other.
    NamedByThis,
}
