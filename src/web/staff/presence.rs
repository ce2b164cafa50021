//! Who looks at which ticket just now. Held in memory and forgotten soon: it is a courtesy between
//! colleagues, and no lock. Of several nodes each knows its own.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::types::{StaffMember, TicketNumber};

/// A page tells every 15 seconds that it is looked at; a background tab is slowed down to once in a minute
/// by browsers, and is not looked at.
const REMEMBERED: Duration = Duration::from_secs(45);
/// More than any desk has at work; beyond it nobody new is remembered.
const MOST: usize = 10_000;

/// Who looks at what.
#[derive(Default)]
pub(in crate::web) struct Presence(Mutex<HashMap<(TicketNumber, String), Looking>>);

struct Looking {
    shown: String,
    last: Instant,
    writes: bool,
}

/// Somebody else who looks at a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::web) struct Colleague {
    /// How people call them.
    pub shown: String,
    /// Have they begun to write?
    pub writes: bool,
}

impl Presence {
    /// `member` looks at the ticket at `now`, and has begun to write or not.
    pub fn looks(&self, ticket: TicketNumber, member: &StaffMember, writes: bool, now: Instant) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, looking| now.saturating_duration_since(looking.last) < REMEMBERED);
        if all.len() < MOST {
            let looking = Looking { shown: member.shown.clone(), last: now, writes };
            all.insert((ticket, member.name.as_str().to_owned()), looking);
        }
    }

    /// `member` has left the ticket.
    pub fn leaves(&self, ticket: TicketNumber, member: &StaffMember) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&(ticket, member.name.as_str().to_owned()));
    }

    /// Another number when somebody else looks at something else.
    pub fn version(&self, now: Instant) -> u64 {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = all.iter().filter(|(_, looking)| now.saturating_duration_since(looking.last) < REMEMBERED);
        // In whatever order they lie.
        seen.fold(0, |version, (who, looking)| {
            let mut hasher = DefaultHasher::new();
            (who, looking.writes).hash(&mut hasher);
            version ^ hasher.finish()
        })
    }

    /// Who looks at the ticket at `now`, beside `member` themselves, by name.
    pub fn beside(&self, ticket: TicketNumber, member: &StaffMember, now: Instant) -> Vec<Colleague> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut others: Vec<Colleague> = all
            .iter()
            .filter(|((other, name), _)| *other == ticket && name != member.name.as_str())
            .filter(|(_, looking)| now.saturating_duration_since(looking.last) < REMEMBERED)
            .map(|(_, looking)| Colleague { shown: looking.shown.clone(), writes: looking.writes })
            .collect();
        others.sort_by(|one, other| one.shown.cmp(&other.shown));
        others
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Role, StaffName};

    fn member(name: &str) -> StaffMember {
        let shown = name.to_uppercase();
        StaffMember { name: StaffName::parse(name).unwrap(), shown, role: Role::Technician }
    }

    #[test]
    fn a_colleague_is_seen_until_45_seconds_after_the_last_word_and_never_oneself() {
        let (presence, ticket, now) = (Presence::default(), TicketNumber::new(26, 7), Instant::now());
        let (eva, per) = (member("eva"), member("per"));
        presence.looks(ticket, &per, false, now);
        let seen = |after: u64| presence.beside(ticket, &eva, now + Duration::from_secs(after));
        assert_eq!(seen(44), [Colleague { shown: "PER".to_owned(), writes: false }]);
        assert_eq!(seen(45), []);
        assert_eq!(presence.beside(ticket, &per, now), []);
        assert_eq!(presence.beside(TicketNumber::new(26, 8), &eva, now), []);
        let before = presence.version(now);
        presence.looks(ticket, &per, true, now);
        assert_ne!(presence.version(now), before);
        assert!(seen(0)[0].writes);
        presence.leaves(ticket, &per);
        assert_eq!(seen(0), []);
        assert_eq!(presence.version(now), Presence::default().version(now));
    }
}
