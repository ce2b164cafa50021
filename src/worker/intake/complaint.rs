//! What the log says of something that fails again and again: once with its cause, then at growing
//! intervals that it still does, and once that it works again. A failure that is told with every try
//! hides all others.

use std::fmt;
use std::time::{Duration, Instant};

/// The first reminder; each further one comes after twice the time …
const REMIND_AFTER: Duration = Duration::from_secs(60);
/// … but at least so often.
const REMIND_AT_LEAST: Duration = Duration::from_secs(60 * 60);
/// What fails again so soon after it worked never really worked: the same trouble goes on.
const CALM: Duration = Duration::from_secs(10 * 60);
/// So many causes are told as news; a server that words each refusal anew does not get a line for each.
const CAUSES: usize = 8;

/// What is known of one kind of trouble.
#[derive(Debug, Default)]
pub(super) struct Complaint {
    trouble: Option<Trouble>,
}

#[derive(Debug)]
struct Trouble {
    since: Instant,
    tries: u32,
    /// Those that were told.
    causes: Vec<String>,
    remind: Instant,
    interval: Duration,
    /// Did the log end with a complaint?
    open: bool,
    /// When it last worked.
    worked: Option<Instant>,
}

/// How long, and how often in vain; for a line of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Past {
    lasted: Duration,
    tries: u32,
}

impl fmt::Display for Past {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = if self.tries == 1 { "failure" } else { "failures" };
        write!(f, "{} min and {} {unit}", self.lasted.as_secs() / 60, self.tries)
    }
}

/// What is to be said of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Say {
    /// It is news: the cause, and what is safe.
    News,
    /// It still fails.
    Still(Past),
    /// It was said lately.
    Nothing,
}

impl Complaint {
    /// It failed.
    pub(super) fn failed(&mut self, cause: &str, now: Instant) -> Say {
        let calm = |t: &Trouble| t.worked.is_some_and(|worked| now.saturating_duration_since(worked) >= CALM);
        if self.trouble.as_ref().is_none_or(calm) {
            self.trouble = Some(Trouble::new(now));
        }
        let Some(trouble) = &mut self.trouble else { return Say::Nothing };
        trouble.worked = None;
        trouble.tries += 1;
        let say = trouble.say(cause, now);
        trouble.open |= say != Say::Nothing;
        say
    }

    /// It works. Answers what is over, when that was complained of and not taken back yet.
    pub(super) fn works(&mut self, now: Instant) -> Option<Past> {
        let trouble = self.trouble.as_mut()?;
        trouble.worked.get_or_insert(now);
        std::mem::take(&mut trouble.open).then(|| trouble.past(now))
    }
}

impl Trouble {
    fn new(now: Instant) -> Self {
        Self {
            since: now,
            tries: 0,
            causes: Vec::new(),
            remind: now + REMIND_AFTER,
            interval: REMIND_AFTER,
            open: false,
            worked: None,
        }
    }

    fn say(&mut self, cause: &str, now: Instant) -> Say {
        if self.causes.len() < CAUSES && !self.causes.iter().any(|told| told == cause) {
            self.causes.push(cause.to_owned());
            return Say::News;
        }
        if now < self.remind {
            return Say::Nothing;
        }
        self.interval = self.interval.saturating_mul(2).min(REMIND_AT_LEAST);
        self.remind = now + self.interval;
        Say::Still(self.past(now))
    }

    fn past(&self, now: Instant) -> Past {
        Past { lasted: now.saturating_duration_since(self.since), tries: self.tries }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_day_of_the_same_failure_is_a_few_lines_and_not_one_a_try() {
        let (mut complaint, begun) = (Complaint::default(), Instant::now());
        let said: Vec<(u32, Say)> = (0..24 * 60 * 6)
            .map(|n| (n, complaint.failed("no route to host", begun + n * 10 * SECOND)))
            .filter(|(_, say)| *say != Say::Nothing)
            .collect();
        assert_eq!(said[0], (0, Say::News));
        let minutes: Vec<u32> = said.iter().map(|(n, _)| n / 6).collect();
        assert_eq!(minutes[..7], [0, 1, 3, 7, 15, 31, 63]);
        assert_eq!(minutes.len(), 29, "then once an hour: {minutes:?}");
        assert_eq!(said[3].1.clone(), Say::Still(Past { lasted: 7 * MINUTE, tries: 43 }));
    }

    #[test]
    fn another_cause_is_news_and_a_cause_that_changes_with_every_try_is_not() {
        let (mut complaint, now) = (Complaint::default(), Instant::now());
        assert_eq!(complaint.failed("no answer", now), Say::News);
        assert_eq!(complaint.failed("refused", now), Say::News);
        assert_eq!(complaint.failed("no answer", now), Say::Nothing);
        let news = (0..100).filter(|n| complaint.failed(&format!("error {n}"), now) == Say::News).count();
        assert_eq!(news, CAUSES - 2);
    }

    #[test]
    fn what_works_again_is_said_once_with_what_it_cost_and_success_is_never_news() {
        let (mut complaint, begun) = (Complaint::default(), Instant::now());
        assert_eq!(complaint.works(begun), None, "nothing was wrong");
        for n in 0..9 {
            complaint.failed("no answer", begun + n * MINUTE);
        }
        let past = complaint.works(begun + 12 * MINUTE).unwrap();
        assert_eq!(past.to_string(), "12 min and 9 failures");
        assert_eq!(complaint.works(begun + 13 * MINUTE), None);
        let later = begun + 13 * MINUTE + CALM;
        assert_eq!(complaint.failed("no answer", later), Say::News, "that was long ago");
    }

    #[test]
    fn what_works_only_for_a_moment_each_time_is_one_trouble() {
        let (mut complaint, begun) = (Complaint::default(), Instant::now());
        let mut lines = 0;
        for n in 0..600 {
            let now = begun + n * 10 * SECOND;
            lines += usize::from(complaint.failed("closed", now) != Say::Nothing);
            lines += usize::from(complaint.works(now + SECOND).is_some());
        }
        assert!(lines <= 2 * 8, "{lines} lines in 100 minutes");
    }
}
