//! What people have done to a ticket, as it is kept and shown.

use super::{Act, TicketId};
use crate::types::{Person, TicketNumber, UnixMillis};

/// What came after what somebody saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The ticket's version now.
    pub version: i64,
    /// What the audit log tells since, oldest first.
    pub since: Vec<Happened>,
}

/// A row of a ticket's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// Who, as the audit log calls them.
    pub actor: String,
    /// What.
    pub event: String,
    /// More, as JSON text.
    pub data: String,
    /// When.
    pub at: UnixMillis,
}

/// Where an act stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActStatus {
    /// It waits to be carried out.
    Waiting,
    /// It waits for a colleague.
    Colleague,
    /// It was carried out.
    Done,
    /// Its person took it back.
    Undone,
    /// It could not be carried out.
    Refused,
    /// A colleague declined it.
    Declined,
    /// No colleague came in time, or the ticket changed meanwhile.
    Lapsed,
}

impl ActStatus {
    const ALL: [Self; 7] = [
        Self::Waiting,
        Self::Colleague,
        Self::Done,
        Self::Undone,
        Self::Refused,
        Self::Declined,
        Self::Lapsed,
    ];

    /// The stable word.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Colleague => "colleague",
            Self::Done => "done",
            Self::Undone => "undone",
            Self::Refused => "refused",
            Self::Declined => "declined",
            Self::Lapsed => "lapsed",
        }
    }

    /// The status whose [`ActStatus::code`] is `code`.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }
}

/// An act as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAct {
    /// The store's name for it.
    pub id: i64,
    /// The store's name for its ticket.
    pub ticket: TicketId,
    /// That ticket's number.
    pub number: TicketNumber,
    /// What.
    pub act: Act,
    /// Who.
    pub by: Person,
    /// The colleague who approved or declined it.
    pub with: Option<Person>,
    /// The ticket's version as its person saw it.
    pub version: i64,
    /// When it was wanted.
    pub made_at: UnixMillis,
    /// When it is carried out, or has lapsed without a colleague.
    pub due_at: UnixMillis,
    /// Where it stands.
    pub status: ActStatus,
    /// Why it was not carried out; empty otherwise.
    pub why: String,
}

/// A word to colleagues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Who wrote it.
    pub by: Person,
    /// The word.
    pub text: String,
    /// When.
    pub at: UnixMillis,
}
