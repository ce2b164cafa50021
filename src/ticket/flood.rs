//! A flood of mails from one address is kept in one ticket, and starts nothing.

use std::time::Duration;

use super::{Event, Fate, Kind, Move, Plan, State};
use crate::types::{Check, CheckResult, EmailAddress, Reason, Trail};

/// So many mails of one address within [`SPAN`] are handled; the next one is a flood. Nobody types that
/// many, `policy.per_sender_per_day` lets fewer of them start anything, and a queue that a program fills
/// is one in which nobody finds the person who is locked out. An address that somebody forges floods for
/// itself: mails are counted by address and by trust.
pub const HANDLED: u32 = 30;
/// The hour before each mail, by the times when mails came: a backlog after an outage is no flood.
pub const SPAN: Duration = Duration::from_secs(3600);

/// Where the ticket of a flood begins: with a technician, or filed when machines make the flood.
#[must_use]
pub fn begin(kind: Kind, observed: bool) -> Move {
    let (plan, reason) = match (kind, observed) {
        (Kind::Automatic, true) => (Plan::Observe(Fate::Filed), None),
        (Kind::Automatic, false) => (Plan::File, None),
        (Kind::Password | Kind::General | Kind::Quarantine, true) => {
            (Plan::Observe(Fate::Technician), Some(Reason::LimitSender))
        }
        (Kind::Password | Kind::General | Kind::Quarantine, false) => {
            (Plan::Technician, Some(Reason::LimitSender))
        }
    };
    let requested = State::requested();
    let stays = Move { to: requested.clone(), outcome: None, reason: None };
    requested.on(Event::Decided { plan, reason }).unwrap_or(stays)
}

/// What the ticket's subject says.
#[must_use]
pub fn subject(from: Option<&EmailAddress>) -> String {
    let from = from.map_or("nobody in particular", EmailAddress::as_str);
    format!("More than {HANDLED} mails in an hour from {from}")
}

/// What the subject of a ticket says in which mails lie that could not be read.
#[must_use]
pub fn unreadable(mailbox: &str) -> String {
    format!("More than {HANDLED} mails in an hour to {mailbox} cannot be read")
}

/// What the trail says; `subject` is the ticket's.
#[must_use]
pub fn trail(subject: &str) -> Trail {
    let mut trail = Trail::default();
    let why = format!("{subject}: they are kept together, start nothing and are not answered");
    trail.add(Check::LimitSender, CheckResult::Fail, why);
    trail
}
