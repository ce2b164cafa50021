//! Words that leave beside passwords: what, to whom, and the claim that gives the right to send them.

use crate::ticket::TicketId;
use crate::types::{AccountId, EmailAddress, MessageId, Outcome, TicketNumber, UnixMillis};

/// Words that shall leave, beside the password itself. Written in the transaction of what they
/// tell; sent later, at least once, always under the same Message-ID or key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// Which words.
    pub kind: MessageKind,
    /// To whom.
    pub to: Addressee,
    /// Values for the template, as JSON text; never a secret or a full phone number.
    pub values: String,
}

/// Which words leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// "We have received your mail."
    Acknowledgement,
    /// "We need one more detail."
    AskForDetails,
    /// To the manager: a link came by text.
    ManagerNotice,
    /// To the manager: the link itself, where a code or a sign-in is asked for beside it.
    ManagerLink,
    /// To the manager: the code to a link that came by text.
    ManagerCode,
    /// To the manager, by the link's way: the link again.
    Reminder,
    /// To the manager, by the link's way: the link is closed.
    LinkClosed,
    /// To the owner: your password was changed.
    OwnerNotice,
    /// A text to the owner's phone: a manager was asked.
    OwnerWarning,
    /// To the writer: what a person of the desk writes.
    Reply,
    /// To the people of `notify.mail`.
    Alarm,
}

impl MessageKind {
    /// The stable word.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Acknowledgement => "acknowledgement",
            Self::AskForDetails => "ask-for-details",
            Self::ManagerNotice => "manager-notice",
            Self::ManagerLink => "manager-link",
            Self::ManagerCode => "manager-code",
            Self::Reminder => "reminder",
            Self::LinkClosed => "link-closed",
            Self::OwnerNotice => "owner-notice",
            Self::OwnerWarning => "owner-warning",
            Self::Reply => "reply",
            Self::Alarm => "alarm",
        }
    }

    /// The kind whose [`MessageKind::code`] is `code`.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [
            Self::Acknowledgement,
            Self::AskForDetails,
            Self::ManagerNotice,
            Self::ManagerLink,
            Self::ManagerCode,
            Self::Reminder,
            Self::LinkClosed,
            Self::OwnerNotice,
            Self::OwnerWarning,
            Self::Reply,
            Self::Alarm,
        ]
        .into_iter()
        .find(|k| k.code() == code)
    }
}

/// By which way messages leave. One way that is slow does not hold up the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// By mail.
    Mail,
    /// By text.
    Phone,
}

impl Channel {
    /// The stable word.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Phone => "phone",
        }
    }
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Addressee {
    /// To a mailbox.
    Mail(EmailAddress),
    /// To the registered mobile of an account, read from the directory when the text leaves.
    Phone(AccountId),
}

/// May a message be sent now?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Yes: its intent is committed.
    Yes,
    /// Somebody else has it.
    Lost,
    /// It is a text, and those of the day are used up: it is due again as the cap says.
    TextsUsedUp,
}

/// A message to be sent, claimed by this process.
#[derive(Clone, Debug)]
pub struct MessageClaim {
    /// The store's name for it.
    pub id: i64,
    /// Every change must carry the current fence.
    pub fence: i64,
    /// The ticket it belongs to.
    pub ticket: TicketId,
    /// That ticket's number.
    pub number: TicketNumber,
    /// What and to whom.
    pub message: NewMessage,
    /// Fixed for this message; its local part holds 128 random bits, so that an answer to it is
    /// proof of having got it.
    pub message_id: MessageId,
    /// When it was written.
    pub created_at: UnixMillis,
    /// Attempts before this one.
    pub tries: u32,
    /// Those of them that may have left, and those that a gateway took and that did not arrive.
    pub unclear: u32,
    /// The last one was begun, and nobody knows how it ended: a program was stopped. It may have left, too.
    pub interrupted: bool,
    /// What is known of its tries, when it leaves by text.
    pub text: TextSoFar,
    /// Set when it came back: the server's code, empty when it gave none. It is not sent again.
    pub returned: Option<String>,
    /// The Message-ID of the ticket's newest mail from a person, which this one answers.
    pub answers: Option<MessageId>,
    /// The ticket's subject.
    pub subject: String,
}

/// What is known of the tries of a message that leaves by text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextSoFar {
    /// The gateway of the last try that left or may have left; empty for none.
    pub gateway: String,
    /// When that gateway took it, and its name for it; `None` when nobody knows whether it did.
    pub taken: Option<(UnixMillis, String)>,
    /// Gateways that told that it did not arrive.
    pub failed_by: Vec<String>,
}

/// How a try of a message that leaves by text has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextSent {
    /// How.
    pub outcome: Outcome,
    /// The gateway that took it, or may have; empty for none.
    pub gateway: String,
    /// The key under which that gateway got it.
    pub key: String,
    /// Gateways that told that it did not arrive.
    pub failed_by: Vec<String>,
}
