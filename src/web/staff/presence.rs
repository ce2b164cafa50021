//! Who looks at which ticket just now. Held in memory and forgotten soon: it is a courtesy between
//! colleagues, and no lock. Of several nodes each knows its own.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::types::{StaffMember, TicketNumber};
use crate::web::language::Language;
use crate::web::words::Words;

/// A page tells every 15 seconds that it is looked at; a background tab is slowed down to once in a minute
/// by browsers, and is not looked at.
const REMEMBERED: Duration = Duration::from_secs(45);
/// A page without script is opened and tells nothing more: so long its person may be reading it.
const OPENED: Duration = Duration::from_secs(120);
/// More than any desk has at work; beyond it nobody new is remembered.
const MOST: usize = 10_000;
/// And of one person no more: as many tabs as anybody keeps open.
const EACH: usize = 50;

/// Who looks at what.
#[derive(Default)]
pub(in crate::web) struct Presence(Mutex<HashMap<(TicketNumber, String), Looking>>);

struct Looking {
    shown: String,
    last: Instant,
    writes: bool,
    /// A page with script tells that it is still looked at.
    beats: bool,
}

impl Looking {
    fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.last)
    }

    fn lasts(&self, now: Instant) -> bool {
        self.age(now) < if self.beats { REMEMBERED } else { OPENED }
    }

    /// Since when nothing was heard of a page that was opened.
    fn ago(&self, now: Instant) -> Option<Duration> {
        Some(self.age(now)).filter(|age| *age >= REMEMBERED)
    }
}

/// Somebody else who looks at a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::web) struct Colleague {
    /// How people call them.
    pub shown: String,
    /// Have they begun to write?
    pub writes: bool,
    /// They opened it so long ago, and nothing was heard since.
    pub ago: Option<Duration>,
}

impl Presence {
    /// `member` opens the ticket's page at `now`.
    pub fn opens(&self, ticket: TicketNumber, member: &StaffMember, now: Instant) {
        self.keep(
            ticket,
            member,
            Looking { shown: member.shown.clone(), last: now, writes: false, beats: false },
        );
    }

    /// `member` looks at the ticket at `now`, and has begun to write or not.
    pub fn looks(&self, ticket: TicketNumber, member: &StaffMember, writes: bool, now: Instant) {
        self.keep(ticket, member, Looking { shown: member.shown.clone(), last: now, writes, beats: true });
    }

    fn keep(&self, ticket: TicketNumber, member: &StaffMember, looking: Looking) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, other| other.lasts(looking.last));
        let place = (ticket, member.name.as_str().to_owned());
        // Whoever has too many open, or makes numbers up, is not seen at the one they left alone longest; others are.
        let theirs = all.iter().filter(|((_, name), _)| *name == place.1);
        if !all.contains_key(&place) && theirs.clone().count() >= EACH {
            let oldest = theirs.min_by_key(|(_, looking)| looking.last).map(|(place, _)| place.clone());
            oldest.map(|oldest| all.remove(&oldest));
        }
        if all.len() < MOST {
            all.insert(place, looking);
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
        let seen = all.iter().filter(|(_, looking)| looking.lasts(now));
        // In whatever order they lie.
        seen.fold(0, |version, (who, looking)| {
            let mut hasher = DefaultHasher::new();
            (who, looking.writes, looking.ago(now).map(minutes)).hash(&mut hasher);
            version ^ hasher.finish()
        })
    }

    /// Who looks at the ticket at `now`, beside `member` themselves, by name.
    pub fn beside(&self, ticket: TicketNumber, member: &StaffMember, now: Instant) -> Vec<Colleague> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut others: Vec<Colleague> = all
            .iter()
            .filter(|((other, name), _)| *other == ticket && name != member.name.as_str())
            .filter(|(_, looking)| looking.lasts(now))
            .map(|(_, looking)| Colleague {
                shown: looking.shown.clone(),
                writes: looking.writes,
                ago: looking.ago(now),
            })
            .collect();
        others.sort_by(|one, other| one.shown.cmp(&other.shown));
        others
    }
}

fn minutes(ago: Duration) -> u64 {
    (ago.as_secs() / 60).max(1)
}

/// In a row of the queue: `Per tittar`, `Per och Samira tittar`, `Per, 1 min sedan`; empty when nobody does.
pub(super) fn in_row(colleagues: &[Colleague], language: Language) -> String {
    let first =
        |colleague: &Colleague| colleague.shown.split_whitespace().next().unwrap_or_default().to_owned();
    let here: Vec<&Colleague> = colleagues.iter().filter(|one| one.ago.is_none()).collect();
    let names: Vec<String> = here.iter().map(|one| first(one)).collect();
    let [names @ .., last] = names.as_slice() else {
        let opened = |one: &Colleague| {
            let ago = one.ago.map(minutes)?;
            Some(format!("{}, {ago} min {}", first(one), Words("sedan", "ago").of(language)))
        };
        return colleagues.first().and_then(opened).unwrap_or_default();
    };
    let all = if names.is_empty() {
        last.clone()
    } else {
        format!("{}{}{last}", names.join(", "), Words(" och ", " and ").of(language))
    };
    let does = match (here.iter().any(|colleague| colleague.writes), names.is_empty()) {
        (true, true) => Words("skriver", "is writing"),
        (true, false) => Words("skriver", "are writing"),
        (false, true) => Words("tittar", "is looking"),
        (false, false) => Words("tittar", "are looking"),
    };
    format!("{all} {}", does.of(language))
}

/// On the ticket's page: `Per Öst tittar på ärendet just nu`; empty when nobody does.
pub(super) fn on_page(colleagues: &[Colleague], language: Language) -> String {
    let sentence = |one: &Colleague| match (one.ago.map(minutes), one.writes, language) {
        (Some(ago), _, Language::Swedish) => format!("{} öppnade ärendet för {ago} min sedan", one.shown),
        (Some(ago), _, Language::English) => format!("{} opened the ticket {ago} min ago", one.shown),
        (None, true, Language::Swedish) => format!("{} skriver ett svar", one.shown),
        (None, true, Language::English) => format!("{} is writing an answer", one.shown),
        (None, false, Language::Swedish) => format!("{} tittar på ärendet just nu", one.shown),
        (None, false, Language::English) => format!("{} is looking at the ticket just now", one.shown),
    };
    colleagues.iter().map(sentence).collect::<Vec<_>>().join(". ")
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
        assert_eq!(seen(44), [Colleague { shown: "PER".to_owned(), writes: false, ago: None }]);
        assert_eq!(seen(45), []);
        assert_eq!(presence.beside(ticket, &per, now), []);
        assert_eq!(presence.beside(TicketNumber::new(26, 8), &eva, now), []);
        let before = presence.version(now);
        presence.looks(ticket, &per, true, now);
        assert_ne!(presence.version(now), before);
        assert!(seen(0)[0].writes);
        presence.leaves(ticket, &per);
        assert_eq!(seen(0), []);
        presence.opens(ticket, &per, now);
        assert_eq!(on_page(&seen(44), Language::Swedish), "PER tittar på ärendet just nu");
        assert_eq!(on_page(&seen(90), Language::Swedish), "PER öppnade ärendet för 1 min sedan");
        assert_eq!(in_row(&seen(90), Language::English), "PER, 1 min ago");
        assert_eq!(seen(120), [], "a page without script is forgotten too");
        presence.leaves(ticket, &per);
        assert_eq!(presence.version(now), Presence::default().version(now));
    }

    #[test]
    fn whoever_looks_at_everything_hides_no_colleague() {
        let (presence, now) = (Presence::default(), Instant::now());
        let (eva, per) = (member("eva"), member("per"));
        let ticket = |number: usize| TicketNumber::new(26, u32::try_from(number).unwrap());
        for number in 1..=MOST + 1 {
            presence.looks(ticket(number), &eva, false, now + Duration::from_millis(number as u64));
        }
        let later = now + Duration::from_secs(20);
        presence.looks(ticket(7), &per, false, later);
        assert_eq!(presence.beside(ticket(7), &eva, later).len(), 1);
        assert_eq!(presence.beside(ticket(MOST + 1), &per, later).len(), 1, "the last one counts");
        assert_eq!(presence.beside(ticket(1), &per, later), []);
    }
}
