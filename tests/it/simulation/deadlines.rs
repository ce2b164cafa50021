//! I15: nothing starts past its deadline, and whoever was not served by then is in a technician's queue.

use std::time::Duration;

use nyckelbud::ticket::{Job, State, TicketId};
use nyckelbud::types::UnixMillis;

use super::invariants::Evidence;
use super::log::{Commit, Entry, What, key_parts};

/// Before the first change so much time is left (workflow.md).
const LEAST_TIME_LEFT: Duration = Duration::from_secs(10 * 60);
/// A clock that was turned so shortly before a call was not seen by whoever began it.
const JUST_TURNED: Duration = Duration::from_secs(45);
/// What was begun before the deadline may last so long: a lease, a wait after it, a program that is down.
const ENDS_WITHIN: Duration = Duration::from_secs(5 * 60);

impl Evidence {
    /// I15: nothing starts past its deadline.
    pub fn in_time(&self, place: usize, key: &str, broken: &mut Vec<String>) {
        let Entry { at, wall, .. } = self.log[place];
        let turned = |entry: &&Entry| {
            matches!(entry.what, What::Turned(_)) && at.saturating_sub(entry.at) < JUST_TURNED
        };
        if self.log[..place].iter().rfind(turned).is_some() {
            return;
        }
        let Some((ticket, kind, generation)) = key_parts(key) else { return };
        let Some(until) = self.state_at(ticket, place).and_then(deadline) else { return };
        if wall > until {
            let late = wall.since(until);
            broken.push(format!("I15: {key} started {late:?} past its deadline"));
        }
        let first = |(at, commit): (usize, &Commit)| {
            at < place && commit.ended.as_ref().is_some_and(|(ended, _)| is_set(ended, ticket))
        };
        let begins = kind == "set" && generation == 1 && !self.commits(ticket).any(first);
        if begins && wall.plus(LEAST_TIME_LEFT) > until && !self.was_begun_before(place, key) {
            broken.push(format!("I15: {key} began with too little time left"));
        }
    }

    fn was_begun_before(&self, place: usize, key: &str) -> bool {
        let calls =
            self.log[..place].iter().enumerate().filter(|(_, entry)| matches!(entry.what, What::Set { .. }));
        let ticket = key_parts(key).map(|(ticket, ..)| ticket);
        calls
            .filter_map(|(at, _)| self.begun_by(at))
            .any(|other| key_parts(&other).map(|(t, ..)| t) == ticket)
    }

    /// Whoever is not served in time is not left waiting.
    pub fn nobody_waits_past_a_deadline(&self, broken: &mut Vec<String>) {
        if self.log.iter().any(|entry| matches!(entry.what, What::Turned(_))) {
            return;
        }
        let end = self.log.last().map_or(UnixMillis(0), |entry| entry.wall);
        for view in &self.tickets {
            let commits: Vec<_> = self.commits(view.ticket.id).collect();
            for (n, (_, commit)) in commits.iter().enumerate() {
                // What was shown waits for a word of its manager.
                let waits = !matches!(commit.state, State::Revealed { .. });
                let Some(until) = deadline(&commit.state).filter(|_| waits) else { continue };
                let next = commits.get(n + 1).map_or(end, |(place, _)| self.log[*place].wall);
                if next > until.plus(ENDS_WITHIN) {
                    let (number, late) = (view.ticket.number, next.since(until));
                    broken
                        .push(format!("I15: {number} is {} {late:?} past its deadline", commit.state.name()));
                }
            }
        }
    }
}

fn is_set(key: &str, of: TicketId) -> bool {
    key_parts(key).is_some_and(|(ticket, kind, _)| ticket == of && kind == "set")
}

fn deadline(state: &State) -> Option<UnixMillis> {
    match state {
        State::Offered { offer, .. } => Some(offer.expires_at),
        other => other.job().map(|Job { deadline, .. }| *deadline),
    }
}
