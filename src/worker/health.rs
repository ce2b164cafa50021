//! Which parts have answered lately, which have not and why, and when people are to be told of it. By a
//! clock that nobody sets.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::Parts;
use crate::web::Readiness;

/// A part that has not answered for longer than this is missing; a mailbox may sleep between two
/// looks before.
const LATELY: Duration = Duration::from_secs(5 * 60);
/// After the first alarm the next comes in so long, then in twice as long …
const REMIND_AFTER: Duration = Duration::from_secs(60 * 60);
/// … but at least so often.
const REMIND_AT_LEAST: Duration = Duration::from_secs(24 * 60 * 60);

/// How the parts are.
#[derive(Debug)]
pub struct Health {
    known: Mutex<BTreeMap<String, Known>>,
    expected: Vec<Expected>,
    begun: Instant,
}

/// A part that should answer.
#[derive(Debug)]
struct Expected {
    part: String,
    /// It may be silent for so long.
    silent: Duration,
    /// Somebody is told when it stands still.
    watched: bool,
}

/// What is known of a part.
#[derive(Clone, Debug, Default)]
struct Known {
    answered: Option<Instant>,
    /// It refuses our credentials, since it last answered.
    refused: bool,
    /// Why it did not answer last.
    why: Option<String>,
    alarm: Option<Alarmed>,
}

/// An alarm that was given.
#[derive(Clone, Copy, Debug)]
struct Alarmed {
    next: Instant,
    interval: Duration,
}

/// A part that keeps the desk from its work, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// `store`, `directory`, `mailbox:NAME`.
    pub(crate) part: String,
    /// How long it has not answered; since the program started, when it never did.
    pub(crate) silent: Duration,
    refused: bool,
    why: Option<String>,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.silent.as_secs() / 60;
        match (&self.why, self.refused) {
            (why, true) => {
                write!(f, "{} refuses the sign-in: sign in again", self.part)?;
                why.iter().try_for_each(|why| write!(f, " (for {minutes} min: {why})"))
            }
            (Some(why), false) => write!(f, "{} has not answered for {minutes} min: {why}", self.part),
            (None, false) => write!(f, "{} has not answered for {minutes} min", self.part),
        }
    }
}

impl Health {
    /// Expects answers of the store, the directory, and these mailboxes; each is asked at least once
    /// in its `poll`.
    #[must_use]
    pub fn expecting(mailboxes: &[(String, Duration)]) -> Self {
        Self::expecting_from(Instant::now(), mailboxes)
    }

    fn expecting_from(begun: Instant, mailboxes: &[(String, Duration)]) -> Self {
        let part = |part: &str| Expected { part: part.to_owned(), silent: LATELY, watched: false };
        let mailbox = |(name, poll): &(String, Duration)| Expected {
            part: format!("mailbox:{name}"),
            silent: *poll + LATELY,
            watched: true,
        };
        let parts = [part("store"), part("directory")].into_iter();
        let expected = parts.chain(mailboxes.iter().map(mailbox)).collect();
        Self { known: Mutex::default(), expected, begun }
    }

    /// This part has answered; of a mailbox: everything in it has been looked at.
    pub fn answered(&self, part: &str) {
        self.answered_at(part, Instant::now());
    }

    fn answered_at(&self, part: &str, at: Instant) {
        self.note(part, |known| *known = Known { answered: Some(at), ..Known::default() });
    }

    /// This part was asked in vain.
    pub fn failed(&self, part: &str, why: String) {
        self.note(part, |known| known.why = Some(why));
    }

    /// This part refuses our credentials: nobody has to wait until it is missed.
    pub fn refused(&self, part: &str, why: String) {
        self.note(part, |known| (known.refused, known.why) = (true, Some(why)));
    }

    fn note(&self, part: &str, note: impl FnOnce(&mut Known)) {
        if let Ok(mut known) = self.known.lock() {
            note(known.entry(part.to_owned()).or_default());
        }
    }

    /// What keeps the desk from its work.
    pub(crate) async fn readiness(&self, parts: &Parts) -> Readiness {
        if parts.store.switch(parts.now()).await.is_ok() {
            self.answered("store");
        }
        let now = Instant::now();
        let troubles = self.expected.iter().filter_map(|expected| self.trouble(expected, now, true));
        Readiness { troubles: troubles.map(|trouble| trouble.to_string()).collect() }
    }

    /// `at_start`: a part that never answered is missing from the first moment.
    fn trouble(&self, expected: &Expected, now: Instant, at_start: bool) -> Option<Trouble> {
        let known = self.known.lock().ok()?.get(&expected.part).cloned().unwrap_or_default();
        let silent = now.saturating_duration_since(known.answered.unwrap_or(self.begun));
        let missing = silent > expected.silent || (at_start && known.answered.is_none());
        (missing || known.refused).then(|| Trouble {
            part: expected.part.clone(),
            silent,
            refused: known.refused,
            why: known.why,
        })
    }

    /// Mailboxes of which people are to be told now: at once when the sign-in is refused, else when there
    /// was no full round for too long; then again at growing intervals.
    pub(crate) fn alarms(&self, now: Instant) -> Vec<Trouble> {
        let watched = self.expected.iter().filter(|expected| expected.watched);
        let troubles = watched.filter_map(|expected| self.trouble(expected, now, false));
        troubles.filter(|trouble| self.is_due(&trouble.part, now)).collect()
    }

    fn is_due(&self, part: &str, now: Instant) -> bool {
        let mut due = false;
        self.note(part, |known| {
            let interval = known.alarm.map_or(REMIND_AFTER, |alarm| alarm.interval * 2).min(REMIND_AT_LEAST);
            due = known.alarm.is_none_or(|alarm| alarm.next <= now);
            if due {
                known.alarm = Some(Alarmed { next: now + interval, interval });
            }
        });
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn two_mailboxes(begun: Instant) -> Health {
        let mailboxes = [("often".to_owned(), MINUTE), ("seldom".to_owned(), 30 * MINUTE)];
        Health::expecting_from(begun, &mailboxes)
    }

    fn missing(health: &Health, now: Instant) -> Vec<String> {
        let troubles = health.expected.iter().filter_map(|expected| health.trouble(expected, now, true));
        troubles.map(|trouble| trouble.part).collect()
    }

    #[test]
    fn a_mailbox_may_sleep_between_two_looks_and_no_longer() {
        let begun = Instant::now();
        let health = two_mailboxes(begun);
        assert_eq!(missing(&health, begun), ["store", "directory", "mailbox:often", "mailbox:seldom"]);
        for part in ["store", "directory", "mailbox:often", "mailbox:seldom"] {
            health.answered_at(part, begun);
        }
        let after = |minutes: u32| missing(&health, begun + minutes * MINUTE);
        assert_eq!(after(5), [""; 0]);
        assert_eq!(after(6), ["store", "directory"]);
        assert_eq!(after(34), ["store", "directory", "mailbox:often"]);
        assert_eq!(after(36).len(), 4);
    }

    /// The minutes of a day at which people were told, looking every minute; `each` may note something.
    fn alarms(each: impl Fn(&Health, u32, Instant)) -> Vec<(u32, String)> {
        let begun = Instant::now();
        let health = Health::expecting_from(begun, &[("desk".to_owned(), MINUTE)]);
        let mut told = Vec::new();
        for minute in 0..24 * 60 {
            let now = begun + minute * MINUTE;
            each(&health, minute, now);
            told.extend(health.alarms(now).into_iter().map(|trouble| (minute, trouble.to_string())));
        }
        told
    }

    #[test]
    fn an_alarm_names_the_mailbox_the_cause_and_since_when_and_comes_again_at_growing_intervals() {
        let told = alarms(|health, minute, now| {
            if minute == 0 {
                health.answered_at("mailbox:desk", now);
            } else {
                health.failed("mailbox:desk", "no route to host".to_owned());
            }
        });
        let minutes: Vec<u32> = told.iter().map(|(minute, _)| *minute).collect();
        assert_eq!(minutes, [7, 67, 187, 427, 907]);
        assert_eq!(told[0].1, "mailbox:desk has not answered for 7 min: no route to host");
    }

    #[test]
    fn a_mailbox_that_never_answered_is_missed_after_its_time_and_not_before() {
        let told = alarms(|_, _, _| {});
        assert_eq!(told[0], (7, "mailbox:desk has not answered for 7 min".to_owned()));
    }

    #[test]
    fn there_is_no_alarm_on_success_and_one_that_is_over_begins_anew() {
        let failing = |minute: u32| (100..120).contains(&minute) || (200..220).contains(&minute);
        let told = alarms(|health, minute, now| {
            if failing(minute) {
                health.failed("mailbox:desk", "no answer".to_owned());
            } else {
                health.answered_at("mailbox:desk", now);
            }
        });
        assert_eq!(told.iter().map(|(minute, _)| *minute).collect::<Vec<_>>(), [106, 206]);
        assert_eq!(alarms(|health, _, now| health.answered_at("mailbox:desk", now)), []);
        // A failure that the next try mends is none.
        let told = alarms(|health, minute, now| {
            health.failed("mailbox:desk", "closed".to_owned());
            if minute % 5 == 0 {
                health.answered_at("mailbox:desk", now);
            }
        });
        assert_eq!(told, []);
    }

    #[test]
    fn refused_credentials_are_told_at_once_and_with_what_to_do() {
        let told = alarms(|health, minute, now| match minute {
            0..50 => health.answered_at("mailbox:desk", now),
            _ => health.refused("mailbox:desk", "token expired".to_owned()),
        });
        let expected = "mailbox:desk refuses the sign-in: sign in again (for 1 min: token expired)";
        assert_eq!(told[0], (50, expected.to_owned()));
    }
}
