//! Stage 2: bytes become a [`Mail`]. Pure: no clock, no network, no files.

use crate::types::{EmailAddress, MessageId, Returned, TicketNumber, UnixMillis};

pub mod display;
pub mod reading;

mod alike;
mod automatic;
mod excerpt;
mod fields;
mod file_name;
mod html;
mod link;
mod returned;
mod sender;
mod shown;
mod text;
mod thread;
mod tokens;

pub use alike::bare_subject;
pub use excerpt::{Excerpt, words_of};
pub(crate) use link::percent_decoded;
pub use sender::Signatures;
pub use shown::without_numbers;

/// Who speaks for the sender of a mail that lies in this mailbox (`authentication`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// Exchange Online, in which this mailbox lies: its own results, and its mark on colleagues' mails.
    Exchange,
    /// The topmost `Authentication-Results` fields of this authserv-id (RFC 8601).
    Authserv(String),
    /// The mail's own DKIM signatures, which this desk checks itself when the mail comes.
    Dkim,
    /// Only local users can write here (a maildir): From is believed.
    Trusted,
}

/// How far the address in From can be believed; ordered from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trust {
    /// Nobody vouches for it.
    Unverified,
    /// Vouched for, but not an address of the organisation.
    Vouched,
    /// Vouched for, and of one of the organisation's own domains.
    OwnDomain,
}

impl Trust {
    /// The stable word: `own-domain`, `vouched`, `unverified`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unverified => "unverified",
            Self::Vouched => "vouched",
            Self::OwnDomain => "own-domain",
        }
    }

    /// The trust whose [`Trust::code`] is `code`.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Unverified, Self::Vouched, Self::OwnDomain].into_iter().find(|t| t.code() == code)
    }
}

/// Who wrote the mail, and why that is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The one address in From; `None` when there is none, several, or a malformed one.
    pub address: Option<EmailAddress>,
    /// How far it can be believed.
    pub trust: Trust,
    /// In words, what vouches or why nobody does: `dmarc=pass header.from=kommun.example, said by
    /// mx.kommun.example`.
    pub evidence: String,
    /// False when other addresses wrote to the same ticket: what rests on whose address it is does not
    /// hold for a request that several people made together.
    pub alone: bool,
}

/// Which machine sent a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AutomaticKind {
    /// An automatic reply: out of office, acknowledgement (RFC 3834).
    Reply,
    /// A bounce or another delivery report (RFC 3464, an empty return path).
    Bounce,
    /// A read receipt (RFC 8098).
    Receipt,
    /// A mailing list or bulk mail.
    List,
    /// A calendar invitation or answer.
    Calendar,
    /// Something else that a program wrote, our own mails included.
    Other,
}

impl AutomaticKind {
    /// The stable word, for the trail.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Bounce => "bounce",
            Self::Receipt => "receipt",
            Self::List => "list",
            Self::Calendar => "calendar",
            Self::Other => "other",
        }
    }
}

/// The text that a person wrote, line by line, with quoted mails and the signature cut off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WrittenText {
    /// The lines in order; `lines[0]` is line 1 of any evidence.
    pub lines: Vec<String>,
    /// What was cut off as signature or disclaimer.
    pub signature: Vec<String>,
    /// What was cut off as quoted mails.
    pub quoted: Vec<String>,
}

/// A mail as read: what matters of its headers, and the text a person wrote.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Its Message-ID, if it has a usable one.
    pub message_id: Option<MessageId>,
    /// The decoded subject, on one line.
    pub subject: String,
    /// The Date field, if it can be read. Its writer chooses it: it can make a mail older, never younger.
    pub date: Option<UnixMillis>,
    /// Who wrote it.
    pub sender: Sender,
    /// What the writer calls themselves in From, on one line; empty when that is nothing but an address.
    /// Anybody can call themselves anything.
    pub writer: String,
    /// Message-IDs it answers: In-Reply-To, then References, newest first.
    pub answers: Vec<MessageId>,
    /// A ticket number in the subject (`[26-1141]`): a hint only, anyone can write one.
    pub tag: Option<TicketNumber>,
    /// Set when a machine wrote it.
    pub automatic: Option<AutomaticKind>,
    /// Set when it tells that another mail could not be delivered.
    pub returned: Option<Returned>,
    /// True when it must get no automatic answer although a person wrote it
    /// (`X-Auto-Response-Suppress`, or handed on by an inbox rule).
    pub wants_no_answer: bool,
    /// Text of the text/plain part, if there is one.
    pub plain: Option<WrittenText>,
    /// Text of the text/html part, if there is one.
    pub html: Option<WrittenText>,
    /// Names of the attachments, each fit for a file: no folders, nothing invisible. They are never opened.
    pub attachments: Vec<String>,
    /// True when what is read may not be what a person sees: encrypted or in a foreign container
    /// (winmail.dat), larger than is read, hidden by a style sheet, or with two subjects. Such a mail is
    /// never acted on.
    pub incomplete: bool,
    /// SHA-256 of From, To, Cc, Date, Subject, Message-ID and body, blanks apart, in hex: two mails with
    /// the same hash are the same mail, whatever way they came.
    pub content_hash: String,
}

/// The mail cannot be read at all; it goes to quarantine with its octets untouched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// No header could be found.
    #[error("it holds no mail")]
    Empty,
    /// More parts, headers or nesting than any person's mail has.
    #[error("it exceeds a limit: {0}")]
    Limit(&'static str),
    /// The reader itself stumbled.
    #[error("the reader failed")]
    Panicked,
}
