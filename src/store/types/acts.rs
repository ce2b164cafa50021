//! What people of the desk do to tickets, as it is kept.

use crate::ticket::{Act, Changed, KeptAct, State};
use crate::types::{Person, StaffName, TicketNumber, UnixMillis, Username};

/// An act that somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAct {
    /// Of which ticket.
    pub ticket: TicketNumber,
    /// The ticket's version as its person saw it.
    pub version: i64,
    /// The form's: posted twice, it is one act.
    pub key: String,
    /// What.
    pub act: Act,
    /// Who.
    pub by: Person,
    /// It waits for a colleague.
    pub needs_colleague: bool,
    /// It is one of many that were chosen at once.
    pub many: bool,
    /// When it is carried out, or has lapsed without a colleague.
    pub due_at: UnixMillis,
    /// Now.
    pub now: UnixMillis,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActMade {
    /// It is kept, and what is done at once is done.
    Made(KeptAct),
    /// This form was posted before.
    Before(KeptAct),
    /// This form was posted before, for something else, or its act came to nothing: nothing is kept.
    Used(KeptAct),
    /// The writer is not asked with many others: nothing is kept.
    NotAsked(NotAsked),
    /// The ticket is not as its person saw it: nothing is kept.
    Changed(Changed),
    /// Another act of the ticket waits to be carried out: nothing is kept.
    Waits(KeptAct),
    /// There is no such ticket.
    NoTicket,
}

/// Why somebody is not asked for details with many others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAsked {
    /// Nobody vouches for the address, or a machine wrote: the desk would write to strangers.
    Unvouched,
    /// They were asked lately, or are about to be.
    Lately,
}

/// An act that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueAct {
    /// The act.
    pub act: KeptAct,
    /// The ticket's state as its person saw it.
    pub seen: State,
    /// A mail came that its person has not seen.
    pub mail_came: bool,
    /// Whoever wanted or approved it may not act any more.
    pub may_not: bool,
}

/// What a colleague says to an override.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondWord {
    /// To which act.
    pub act: i64,
    /// Who.
    pub by: Person,
    /// The ticket's version as they saw it.
    pub version: i64,
    /// Do they approve?
    pub approves: bool,
    /// When it is then carried out.
    pub due_at: UnixMillis,
    /// Now.
    pub now: UnixMillis,
}

/// What became of that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seconded {
    /// It is kept.
    Kept(KeptAct),
    /// Nobody approves an act of their own.
    NotYourOwn,
    /// The two may be one person with two accounts.
    MayBeYou,
    /// Whoever wanted it may not act any more: the act has ended.
    MayNot,
    /// The ticket is not as both saw it: the act has lapsed.
    Changed(Changed),
    /// Another act of the ticket waits to be carried out.
    Waits(KeptAct),
    /// It waits for nobody (any more).
    Gone,
}

/// A ticket for somebody who came in person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByHand {
    /// Who makes it.
    pub by: Person,
    /// The form's.
    pub key: String,
    /// What it is called.
    pub subject: String,
    /// Whose account it is about.
    pub username: Option<Username>,
    /// Who made the person out, and how.
    pub note: String,
    /// The year of its number.
    pub year: i64,
    /// Now.
    pub now: UnixMillis,
}

/// What somebody has begun to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedDraft {
    /// Who writes.
    pub by: StaffName,
    /// As far as they have come.
    pub text: String,
    /// When it was saved.
    pub at: UnixMillis,
}
