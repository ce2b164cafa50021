//! The queue as technicians see it: its rows, their order, and the counters beside them. What the store
//! finds and the pages show.

use super::proposal::{Origin, proposal_of};
use super::{Fate, Kind, Proposed, Standing, State, TicketId};
use crate::types::{Reason, TicketNumber, UnixMillis};

/// Points of the line of mails per minute.
pub const RATE_POINTS: usize = 24;
/// The time of one point, in milliseconds; all of them are two hours.
pub const RATE_STEP: i64 = 5 * 60 * 1000;

/// Reasons for which something that the machine began did not succeed; neighbours in [`Reason::ALL`].
pub const FAILURES: [Reason; 4] =
    [Reason::DirectoryFailed, Reason::ResetRefused, Reason::ResetUncertain, Reason::DeliveryFailed];

/// Which tickets are listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pile {
    /// Open ones.
    Open,
    /// Open ones that this person has taken; an empty name is nobody.
    Of(String),
    /// Open ones that wait since this time or longer.
    Late(UnixMillis),
    /// Open ones for whose reason something went wrong ([`FAILURES`]).
    Failed,
    /// Those that wait for an answer, the oldest first.
    Pending,
    /// Those that came to an end since this time and that none of the desk's people has touched, the
    /// newest first.
    Done(UnixMillis),
}

/// The order of open tickets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By reason, as [`Reason::ALL`] has them; of a reason what is urgent first, then the oldest.
    Reason,
    /// What is urgent first, then the oldest.
    Oldest,
}

/// A place in a list: what comes after it is listed next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The place of its reason.
    pub place: i64,
    /// 0 for an urgent one, else 1.
    pub calm: i64,
    /// The time by which the list is ordered.
    pub at: UnixMillis,
    /// The ticket.
    pub id: TicketId,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Which tickets.
    pub pile: Pile,
    /// In which order; the piles that are not open have one of their own.
    pub order: Order,
    /// Only open ones of this reason; `Some(None)` is those without one.
    pub reason: Option<Option<Reason>>,
    /// After which.
    pub after: Option<Cursor>,
    /// How many at most.
    pub limit: u32,
}

/// A row of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The store's name for the ticket.
    pub id: TicketId,
    /// The number people quote.
    pub number: TicketNumber,
    /// What it is about.
    pub kind: Kind,
    /// Why a human is involved.
    pub reason: Option<Reason>,
    /// Where it stands.
    pub standing: Standing,
    /// What became of it.
    pub outcome: Option<Fate>,
    /// The account's canonical username; empty when it is not known.
    pub username: String,
    /// The subject of its first mail.
    pub subject: String,
    /// The address that wrote its first mail; empty when that is not one.
    pub from: String,
    /// What its newest writer calls themselves; empty when they say nothing.
    pub name: String,
    /// How its newest text begins, phone numbers masked.
    pub snippet: String,
    /// Has a mail attachments?
    pub attached: bool,
    /// Since when somebody waits.
    pub waits_since: UnixMillis,
    /// When it came to stand as it does.
    pub settled_at: UnixMillis,
    /// Does it go before others?
    pub urgent: bool,
    /// Rises with every change that people see.
    pub version: i64,
    /// Who has taken it; empty for nobody.
    pub assignee: String,
    /// Where the machine is with it; `None` when that cannot be read.
    pub state: Option<State>,
    /// It came while the automation only observed.
    pub observed: bool,
    /// Somebody has chosen a step that is not carried out yet.
    pub acting: bool,
    /// Open tickets of the same address and reason, this one counted: the others have no row.
    pub tickets: u32,
    /// The mails of all of them.
    pub mails: u32,
}

impl Row {
    /// The place after this row in a list of `pile`.
    #[must_use]
    pub fn cursor(&self, pile: &Pile) -> Cursor {
        let at = match pile {
            Pile::Open | Pile::Of(_) | Pile::Late(_) | Pile::Failed | Pile::Pending => self.waits_since,
            Pile::Done(_) => self.settled_at,
        };
        Cursor { place: place_of(self.reason), calm: i64::from(!self.urgent), at, id: self.id }
    }

    /// The step that is proposed, as the ticket's page proposes it; `None` while nothing is to be done.
    #[must_use]
    pub fn step(&self) -> Option<Proposed> {
        let origin = match (self.from.is_empty(), self.mails) {
            (false, _) => Origin::Writer,
            (true, 0) => Origin::ByHand,
            (true, _) => Origin::Nobody,
        };
        let proposal = proposal_of(self.state.as_ref()?, self.kind, self.observed, self.reason, origin)?;
        Some(proposal.first)
    }
}

/// The place of a reason among the groups; those without one come last.
#[must_use]
pub fn place_of(reason: Option<Reason>) -> i64 {
    let place = reason.and_then(|reason| Reason::ALL.iter().position(|other| *other == reason));
    place.and_then(|place| i64::try_from(place).ok()).unwrap_or(NO_REASON)
}

/// The reason at a place; `None` where there is none.
#[must_use]
pub fn reason_at(place: i64) -> Option<Reason> {
    usize::try_from(place).ok().and_then(|place| Reason::ALL.get(place).copied())
}

/// The place of tickets without a reason.
const NO_REASON: i64 = 99;

/// Rows of one reason that one person has taken, or nobody.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OpenCount {
    /// Why they are open.
    pub reason: Option<Reason>,
    /// Who has taken them; empty for nobody.
    pub assignee: String,
    /// How many rows.
    pub rows: u32,
    /// How many of them are late.
    pub late: u32,
    /// Since when the oldest of them waits.
    pub oldest: UnixMillis,
    /// Changes when another ticket is among them, or one less.
    pub mark: i64,
    /// How many rows there are in the list of what this person has, or nobody: there only the tickets of the same
    /// person are put together.
    pub own: u32,
}

/// The times that counting needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountAt {
    /// Now.
    pub now: UnixMillis,
    /// When today began where the desk is.
    pub today: UnixMillis,
    /// What waits since then or longer is late.
    pub late: UnixMillis,
}

/// The counters beside the queue, all of one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Counts {
    /// Open rows, in the order of the groups.
    pub open: Vec<OpenCount>,
    /// Tickets that wait for an answer.
    pub pending: u32,
    /// Tickets that came to an end today without any of the desk's people.
    pub done: u32,
    /// Mails that came today; copies are not counted.
    pub today: u32,
    /// Mails in each five minutes of the last two hours, the oldest first.
    pub rate: [u32; RATE_POINTS],
    /// When the newest open tickets came to stand open, the newest first.
    pub opened: Vec<UnixMillis>,
}

impl Counts {
    /// A number that is another one when something else is counted, and the same on every node.
    #[must_use]
    pub fn version(&self) -> u64 {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        (&self.open, self.pending, self.done, self.today, &self.opened).hash(&mut hasher);
        hasher.finish()
    }

    /// Rows that `which` holds of.
    pub fn rows(&self, which: impl Fn(&OpenCount) -> bool) -> u32 {
        self.open.iter().filter(|count| which(count)).map(|count| count.rows).sum()
    }

    /// Rows in the list of what somebody has taken, by name; empty is nobody.
    #[must_use]
    pub fn rows_of(&self, assignee: &str) -> u32 {
        self.open.iter().filter(|count| count.assignee == assignee).map(|count| count.own).sum()
    }

    /// Since when the oldest open ticket waits.
    #[must_use]
    pub fn oldest(&self) -> Option<UnixMillis> {
        self.open.iter().map(|count| count.oldest).min()
    }

    /// Open tickets that came after `seen`; more than are remembered are not counted.
    #[must_use]
    pub fn opened_after(&self, seen: UnixMillis) -> usize {
        self.opened.iter().take_while(|at| **at > seen).count()
    }
}

/// What an open ticket's text is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Likeness {
    /// The ticket.
    pub id: TicketId,
    /// Its subject.
    pub subject: String,
    /// 64 bits, of which few differ between texts that differ little; 0 is unknown.
    pub bits: u64,
}

/// What somebody looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought {
    /// Words, as `mail::words_of` cuts them; a ticket has all of them in one of its mails, or words
    /// that begin so.
    pub words: Vec<String>,
    /// A username without its domain, in lower case, when what was typed may be one.
    pub login: Option<String>,
    /// Who looks, as in the audit log.
    pub actor: String,
    /// Only what came before this mail (the store's number); `None` begins with the newest.
    pub before: Option<i64>,
    /// How many rows at most.
    pub limit: u32,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundRows {
    /// The newest first; those of a username that was looked for before all others.
    pub rows: Vec<Row>,
    /// Where to go on; `None` when there is no more.
    pub before: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_neighbours_among_the_reasons() {
        let places: Vec<i64> = FAILURES.iter().map(|reason| place_of(Some(*reason))).collect();
        let first = place_of(Some(FAILURES[0]));
        assert_eq!(places, (first..).take(FAILURES.len()).collect::<Vec<_>>());
    }

    #[test]
    fn the_version_is_another_when_a_ticket_takes_anothers_place() {
        let open = |mark| OpenCount {
            reason: Some(Reason::NoPhone),
            assignee: String::new(),
            rows: 1,
            late: 0,
            oldest: UnixMillis(5),
            mark,
            own: 1,
        };
        let counts = |mark| Counts { open: vec![open(mark)], ..Counts::default() };
        assert_eq!(counts(7).version(), counts(7).version());
        assert_ne!(counts(7).version(), counts(8).version());
    }
}
