//! What the status page tells beside the queue: how long tickets take, what became of texts, and what managers have
//! not collected. A task counts it while somebody looks; medians come from buckets in memory, to which only what has
//! ended since is added.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Parts;
use crate::clock::Zone;
use crate::store::{Ended, StoreError};
use crate::ticket::TicketId;
use crate::types::UnixMillis;
use crate::web::Pulse;

/// What may still be committed is read the next time.
const SETTLED: Duration = Duration::from_secs(5);
/// Tickets that are read at a time.
const AT_ONCE: u32 = 5_000;
/// Each bucket is so much longer than the one before.
const STEP: f64 = 1.1;
/// The last one begins with more than a week.
const BUCKETS: usize = 145;

/// How long tickets took that ended on one day, in buckets; and up to where they were read.
#[derive(Clone)]
struct Times {
    counts: [u32; BUCKETS],
    read: (UnixMillis, TicketId),
}

impl Times {
    /// Of a day that began then.
    fn of_day(today: UnixMillis) -> Self {
        Self { counts: [0; BUCKETS], read: (today, TicketId(0)) }
    }

    fn add(&mut self, ended: &Ended) {
        let place = bucket(ended.at.since(ended.waits_since));
        if let Some(count) = self.counts.get_mut(place) {
            *count += 1;
        }
        self.read = (ended.at, ended.id);
    }

    /// Half of them took no longer; `None` when there are none.
    fn median(&self) -> Option<Duration> {
        let all: u32 = self.counts.iter().sum();
        let mut before = 0;
        for (place, count) in self.counts.iter().enumerate() {
            before += count;
            if all > 0 && before * 2 >= all {
                return Some(middle(place));
            }
        }
        None
    }
}

fn bucket(took: Duration) -> usize {
    let place = took.as_secs_f64().max(1.0).log(STEP);
    (place as usize).min(BUCKETS - 1)
}

fn middle(place: usize) -> Duration {
    let exponent = i32::try_from(place).unwrap_or(i32::MAX);
    Duration::from_secs_f64((STEP.powi(exponent) * STEP.sqrt()).round())
}

/// Counts, and remembers what is counted already.
pub(super) struct Counter {
    zone: Zone,
    /// The day, and the times of tickets that needed nobody, and somebody.
    times: Mutex<Option<(UnixMillis, [Times; 2])>>,
}

impl Counter {
    pub fn new(zone: Zone) -> Self {
        Self { zone, times: Mutex::new(None) }
    }

    pub async fn count(&self, parts: &Parts) -> Result<Pulse, StoreError> {
        let now = parts.now();
        let today = self.zone.midnight(now);
        let kept = self.times.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let [mut alone, mut helped] = match kept {
            Some((day, times)) if day == today => times,
            Some(_) | None => [Times::of_day(today), Times::of_day(today)],
        };
        for (by_people, times) in [(false, &mut alone), (true, &mut helped)] {
            loop {
                let until = now.minus(SETTLED);
                let ended = parts.store.ended(by_people, times.read, until, AT_ONCE).await?;
                ended.iter().for_each(|ended| times.add(ended));
                if ended.len() < AT_ONCE as usize {
                    break;
                }
            }
        }
        let (texts, offers) = (parts.store.texts_since(today).await?, parts.store.offers().await?);
        let pulse = Pulse {
            alone: alone.median(),
            helped: helped.median(),
            sent: texts.sent,
            delivered: texts.delivered,
            failed: texts.failed,
            waiting: offers.waiting,
            shown: offers.shown,
        };
        *self.times.lock().unwrap_or_else(PoisonError::into_inner) = Some((today, [alone, helped]));
        Ok(pulse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_within_a_tenth_of_the_truth() {
        let mut times = Times::of_day(UnixMillis(0));
        assert_eq!(times.median(), None);
        for (id, seconds) in [5, 20, 38, 600, 90_000].into_iter().enumerate() {
            let id = TicketId(id as i64 + 1);
            times.add(&Ended { id, waits_since: UnixMillis(0), at: UnixMillis(seconds * 1000) });
        }
        let median = times.median().unwrap().as_secs_f64();
        assert!((35.0..=42.0).contains(&median), "{median}");
        assert_eq!(times.read.1, TicketId(5));
        assert!(middle(BUCKETS - 1) > Duration::from_secs(7 * 24 * 3600));
        assert_eq!(bucket(Duration::from_secs(u64::MAX / 2)), BUCKETS - 1);
        assert_eq!(bucket(Duration::ZERO), 0);
    }
}
