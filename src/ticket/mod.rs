//! Stage 8: the record. What is known of a request, the states it goes through, and what each
//! state wants done next. Pure: the worker carries out the effects and reports events.

use serde::{Deserialize, Serialize};

use crate::types::{
    AccountId, EmailAddress, Link, MessageId, Reason, TicketNumber, Trail, UnixMillis, Username,
};

pub mod act;
pub mod alike;
pub mod by_people;
pub mod event;
pub mod flood;
pub mod guard;
pub mod hand;
pub mod kept;
mod offering;
mod password_fact;
pub mod proposal;
pub mod queue;
pub mod state;
pub mod texting;
mod transitions;
#[cfg(test)]
mod tests;

pub use act::{Act, Canned, Grounds};
pub use by_people::{Closing, Directed};
pub use event::{Event, Illegal, Plan};
pub use guard::{Guard, WRONG_CODES};
pub use hand::{Hand, Job, Offer, Way};
pub use kept::{ActStatus, Changed, Happened, KeptAct, Note};
pub use password_fact::PasswordFact;
pub use proposal::{Proposal, Proposed};
pub use state::{Effect, Move, State};
pub use texting::{Texting, TextingStep};

/// The store's name for a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TicketId(pub i64);

/// What a ticket is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A password.
    Password,
    /// Something else that a person wrote.
    General,
    /// A machine's mail.
    Automatic,
    /// A mail that could not be read.
    Quarantine,
}

impl Kind {
    /// The stable word.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::General => "general",
            Self::Automatic => "automatic",
            Self::Quarantine => "quarantine",
        }
    }

    /// The kind whose [`Kind::code`] is `code`.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Password, Self::General, Self::Automatic, Self::Quarantine]
            .into_iter()
            .find(|k| k.code() == code)
    }
}

/// A ticket's state as people see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Not looked at yet.
    New,
    /// The machine is on it.
    Working,
    /// Waits for a technician.
    Open,
    /// Waits for the requester or the manager.
    Pending,
    /// A password reached a hand.
    Resolved,
    /// Nothing more will happen.
    Closed,
}

impl Standing {
    /// Every standing, in the order of a ticket's life.
    pub const ALL: [Self; 6] =
        [Self::New, Self::Working, Self::Open, Self::Pending, Self::Resolved, Self::Closed];

    /// The stable word.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Working => "working",
            Self::Open => "open",
            Self::Pending => "pending",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
        }
    }

    /// The standing whose [`Standing::code`] is `code`.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.code() == code)
    }

    /// Is nothing left for the machine to do now?
    #[must_use]
    pub fn settled(self) -> bool {
        match self {
            Self::New | Self::Working => false,
            Self::Open | Self::Pending | Self::Resolved | Self::Closed => true,
        }
    }
}

/// What became of a ticket, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// A text to the requester's registered phone.
    Sms,
    /// The nearest manager.
    Manager,
    /// The writer was asked for details.
    Asked,
    /// A technician.
    Technician,
    /// A machine's mail, kept.
    Filed,
    /// Merged into another ticket of the same account.
    Merged,
}

impl Fate {
    /// The stable word.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Manager => "manager",
            Self::Asked => "asked",
            Self::Technician => "technician",
            Self::Filed => "filed",
            Self::Merged => "merged",
        }
    }

    /// The fate whose [`Fate::code`] is `code`.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Sms, Self::Manager, Self::Asked, Self::Technician, Self::Filed, Self::Merged]
            .into_iter()
            .find(|f| f.code() == code)
    }
}

/// A ticket as the store keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct Ticket {
    /// The store's name for it.
    pub id: TicketId,
    /// The number people quote.
    pub number: TicketNumber,
    /// What it is about.
    pub kind: Kind,
    /// Where it stands, with everything that state needs.
    pub state: State,
    /// What became of it, once that is known.
    pub outcome: Option<Fate>,
    /// Why a human or the manager is involved.
    pub reason: Option<Reason>,
    /// The account, once the directory has named it.
    pub account: Option<AccountId>,
    /// The account's canonical username.
    pub username: Option<Username>,
    /// The mailbox its first mail came to.
    pub mailbox: String,
    /// The Message-ID of its first mail.
    pub message_id: Option<MessageId>,
    /// The subject of its first mail.
    pub subject: String,
    /// Who wrote its first mail, if that is one address.
    pub from: Option<EmailAddress>,
    /// When its first mail came.
    pub received_at: UnixMillis,
    /// When the machine was done with it; `None` while it works.
    pub settled_at: Option<UnixMillis>,
    /// The technician who has taken it; empty for none.
    pub assignee: String,
    /// The ticket it was merged into.
    pub merged_into: Option<TicketNumber>,
    /// The ticket that its first mail names without belonging to it.
    pub link: Option<Link>,
    /// Why it was decided so.
    pub trail: Trail,
    /// It came while the automation only observed: nothing is ever changed or sent for it.
    pub observed: bool,
    /// Have the details been asked for?
    pub asked_before: bool,
    /// Does a technician look at it before all others?
    pub urgent: bool,
    /// The keyed hash of the browser that has used or answered its link; empty for none.
    pub pickup_browser: String,
    /// Rises with every change that people see; what a form carries tells what its person saw.
    pub version: i64,
    /// The username that a person of the desk has named, because the mails do not.
    pub named: Option<Username>,
    /// The reasons whose checks two people have set aside, since its newest mail came.
    pub set_aside: Vec<Reason>,
    /// Freezes of its account up to then do not count for it: two people have set them aside.
    pub freeze_lifted_at: Option<UnixMillis>,
}
