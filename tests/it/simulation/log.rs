//! What happened in a run, in order; written down by the world, not by the program under test.

use std::time::Duration;

use nyckelbud::delivery::Receipt;
use nyckelbud::store::{Intent, SealedChange};
use nyckelbud::ticket::{State, TicketId};
use nyckelbud::types::{AccountId, Outcome, UnixMillis};
use tokio::task;

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Since the run began, whatever the wall clock was turned to.
    pub at: Duration,
    pub wall: UnixMillis,
    /// The process that did it; 0 is the world.
    pub process: u32,
    /// Everything that one attempt does, it does in one task.
    pub task: Option<task::Id>,
    pub what: What,
}

/// What can happen. Values of passwords and full numbers are in it, and are shown to nobody.
#[derive(Clone, Debug)]
pub enum What {
    Began,
    Stopped(&'static str),
    /// A mail about this account came in.
    Mail(AccountId),
    /// The directory is asked.
    Asked,
    /// And has answered.
    Facts(Option<Seen>),
    /// The directory is told a password.
    Set {
        account: AccountId,
        value: String,
    },
    SetAnswered {
        account: AccountId,
        value: String,
        code: &'static str,
    },
    /// It holds from now on; the ticket that it came from.
    Holds {
        account: AccountId,
        value: String,
        ticket: TicketId,
    },
    /// A pass was issued.
    Issued {
        account: AccountId,
        value: String,
    },
    /// A gateway is handed a text.
    Text {
        gateway: &'static str,
        to: String,
        words: Words,
        key: String,
    },
    TextAnswered {
        gateway: &'static str,
        key: String,
        outcome: Option<Outcome>,
    },
    /// A gateway has a text that it did not have before.
    Took {
        gateway: &'static str,
        key: String,
    },
    /// It is in the phone.
    InPhone {
        to: String,
        words: Words,
    },
    /// A gateway, or a forger, calls back.
    Receipt {
        gateway: &'static str,
        key: Option<String>,
        reference: String,
        receipt: Receipt,
        forged: bool,
    },
    /// And was answered.
    ReceiptAnswered {
        gateway: &'static str,
        key: Option<String>,
        reference: String,
        receipt: Receipt,
        kept: bool,
    },
    /// Somebody looks at a link, without pressing anything.
    Looked {
        ticket: TicketId,
    },
    /// Somebody presses the button of a link.
    Pressed {
        ticket: TicketId,
        browser: u8,
    },
    /// A mail has come.
    InMailbox {
        to: String,
        what: &'static str,
    },
    /// What nobody had used was replaced.
    Replaced {
        account: AccountId,
    },
    /// A page with a password left.
    Revealed {
        ticket: TicketId,
        browser: u8,
        value: String,
    },
    Answered {
        ticket: TicketId,
        answer: &'static str,
    },
    Commit(Box<Commit>),
    Changed(String),
    Turned(i64),
    Calm,
}

/// What the directory said of an account.
#[derive(Clone, Debug)]
pub struct Seen {
    pub account: AccountId,
    pub may_be_helped: bool,
    pub phones: Vec<String>,
    pub managers: Vec<(AccountId, Vec<String>)>,
}

/// What a text says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Words {
    /// A password or a pass.
    Password(String),
    /// The token of a link, or the code that is typed in its place.
    Link(String),
    /// The same of a link that stops an offer.
    Warning(String),
    /// The code that a link asks for.
    Code(String),
    /// That a manager's link is closed.
    Closed,
}

impl Words {
    /// Which code is typed in place of a link, if one is.
    pub fn typed_code(&self) -> Option<&'static str> {
        match self {
            Self::Link(link) => link.contains('-').then_some("a typed code"),
            Self::Warning(link) => (link.matches('-').count() == 4).then_some("an owner's typed code"),
            Self::Password(_) | Self::Code(_) | Self::Closed => None,
        }
    }
}

/// A move of a ticket that the store has taken.
#[derive(Clone, Debug)]
pub struct Commit {
    pub ticket: TicketId,
    pub account: Option<AccountId>,
    pub state: State,
    pub sealed: SealedChange,
    pub begun: Option<Intent>,
    pub ended: Option<(String, Outcome)>,
    /// The account that is frozen with it.
    pub freezes: Option<AccountId>,
}

/// The kind of an intent, its ticket and generation, from a key such as `n3-text-1-0-2`.
pub fn key_parts(key: &str) -> Option<(TicketId, &str, u32)> {
    let mut parts = key.strip_prefix('n')?.split('-');
    let ticket = TicketId(parts.next()?.parse().ok()?);
    Some((ticket, parts.next()?, parts.next()?.parse().ok()?))
}
