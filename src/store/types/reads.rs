//! What people ask the store for: tickets, the switch, the audit log.

use crate::decision::Automation;
use crate::store::StoreError;
use crate::ticket::{Standing, Ticket};
use crate::types::{AccountId, TicketNumber, UnixMillis};

/// Which tickets to list.
#[derive(Clone, Debug, Default)]
pub struct TicketFilter {
    /// Only this standing.
    pub standing: Option<Standing>,
    /// Only this mailbox.
    pub mailbox: Option<String>,
}

/// A ticket with what a list shows of its mails.
#[derive(Clone, Debug)]
pub struct TicketView {
    /// The ticket.
    pub ticket: Ticket,
    /// Message-IDs of its mails, oldest first; empty text for a mail without one. Its length is the
    /// number of mails; duplicates are not counted.
    pub messages: Vec<String>,
}

/// A list of tickets.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    /// In the order of their numbers.
    pub tickets: Vec<TicketView>,
    /// Those that the database holds and this version cannot read: the number, and what is wrong.
    pub unreadable: Vec<(String, StoreError)>,
}

/// The automation switch as it was last turned at run time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switch {
    /// Where it stands.
    pub automation: Automation,
    /// Why, in somebody's words.
    pub why: String,
    /// Who turned it.
    pub by: String,
    /// When.
    pub at: UnixMillis,
    /// Until when; afterwards the configuration's value holds again.
    pub until: Option<UnixMillis>,
}

/// An account for which nothing is automated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// The directory's identifier.
    pub account: AccountId,
    /// The canonical username.
    pub username: String,
    /// The ticket that tells why.
    pub ticket: TicketNumber,
    /// Why, in words.
    pub why: String,
    /// Who wanted it, as in the audit log.
    pub by: String,
    /// Since when.
    pub at: UnixMillis,
    /// When its owner said so again, the last time; 0 when they have not.
    pub again_at: UnixMillis,
}

impl Frozen {
    /// When this was said last.
    #[must_use]
    pub fn said_at(&self) -> UnixMillis {
        self.at.max(self.again_at)
    }
}

/// A line of the audit log, written in the transaction of what it tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Who did it: `nyckelbud`, `manager:ID`, `requester:ID`, `user:NAME`, `cli:USER`.
    pub actor: String,
    /// What: `ticket.decided`, `password.set.intended`, `password.set.accepted` …
    pub event: String,
    /// More, as JSON text; never a secret or a full phone number.
    pub data: String,
}

/// The machine's name as an actor.
pub(crate) const MACHINE: &str = "nyckelbud";

impl AuditEntry {
    /// Was it a person, and not the machine by itself?
    #[must_use]
    pub fn by_a_person(&self) -> bool {
        // A program that answers mails by itself would else lift what keeps two machines from talking for ever.
        self.actor != MACHINE && !self.actor.starts_with("token:")
    }

    /// Was it one of the desk's own people, at a page or the command line, or a program of theirs?
    #[must_use]
    pub fn by_staff(&self) -> bool {
        ["user:", "cli:", "token:"].iter().any(|of| self.actor.starts_with(of))
    }
}

/// What `audit verify` found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainReport {
    /// Every sealed row is where and as it was.
    Whole {
        /// Rows in the chain.
        sealed: u64,
        /// Rows written but not chained yet.
        waiting: u64,
        /// The last row's hash, empty for an empty chain.
        head: String,
    },
    /// The first place where the chain does not hold.
    Broken {
        /// Place in the chain, counted from 1.
        position: u64,
        /// In words, what is wrong there.
        what: String,
    },
    /// Rows that were sealed with a key that is not at hand.
    KeyMissing {
        /// That key's id.
        key_id: String,
    },
}
