//! A circuit breaker for each gateway, in memory: after a failure it is left alone for a while, and no
//! password is set for which there is no way (workflow.md). A text shows by itself whether a gateway
//! works again; a request that waits for one asks with a probe, which sends nothing.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Parts;
use crate::delivery::{SmsGateway, SmsText};
use crate::types::{Outcome, PhoneNumber, UnixMillis};

/// How long a gateway is left alone after a failure.
const OPEN_FOR: Duration = Duration::from_secs(30);
/// A gateway that asks for more is tried again all the same: the wish may be a mistake.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// How a gateway is thought to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Breaker {
    /// It works, as far as anybody knows.
    Closed,
    /// It failed a moment ago.
    Open,
    /// It failed, some time ago: somebody may try.
    HalfOpen,
}

/// A gateway's last failure.
#[derive(Clone, Copy, Debug)]
struct Failure {
    at: UnixMillis,
    /// For so long it is left alone.
    rests: Duration,
    /// It asked for that.
    asked: bool,
}

/// When gateways failed, by name; those that work are not in it.
#[derive(Debug, Default)]
pub struct Breakers {
    failed: Mutex<BTreeMap<String, Failure>>,
}

impl Breakers {
    /// How `gateway` is thought to be at `now`. A failure that lies ahead of a clock that was set back
    /// was some time ago.
    pub(crate) fn of(&self, gateway: &str, now: UnixMillis) -> Breaker {
        match self.failed().get(gateway) {
            None => Breaker::Closed,
            Some(failure) if failure.rests_at(now) => Breaker::Open,
            Some(_) => Breaker::HalfOpen,
        }
    }

    /// Has `gateway` asked to be left alone until after `now`? Then it gets nothing, not even the second try
    /// of what may have left.
    pub(crate) fn asked_to_wait(&self, gateway: &str, now: UnixMillis) -> bool {
        self.failed().get(gateway).is_some_and(|failure| failure.asked && failure.rests_at(now))
    }

    /// It has answered: a refusal comes from a gateway that works. `wait` is how long it asked to be left
    /// alone.
    pub(crate) fn answered(&self, gateway: &str, outcome: &Outcome, wait: Option<Duration>, now: UnixMillis) {
        match outcome {
            Outcome::Accepted { .. } | Outcome::Refused { .. } => self.close(gateway),
            Outcome::NotSent { .. } | Outcome::Uncertain { .. } => self.open(gateway, wait, now),
        }
    }

    fn open(&self, gateway: &str, wait: Option<Duration>, at: UnixMillis) {
        let rests = wait.map_or(OPEN_FOR, |wait| wait.clamp(OPEN_FOR, LONGEST_WAIT));
        self.failed().insert(gateway.to_owned(), Failure { at, rests, asked: wait.is_some() });
    }

    fn close(&self, gateway: &str) {
        self.failed().remove(gateway);
    }

    fn failed(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Failure>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Failure {
    fn rests_at(&self, now: UnixMillis) -> bool {
        self.at <= now && now < self.at.plus(self.rests)
    }
}

/// Hands a text to a gateway, with a bound on the wait.
pub(crate) async fn send(
    parts: &Parts,
    gateway: &dyn SmsGateway,
    to: &PhoneNumber,
    words: &SmsText,
    key: &str,
) -> Outcome {
    let outcome = tokio::time::timeout(parts.timing.gateway, gateway.send(to, words, key))
        .await
        .unwrap_or(Outcome::Uncertain { cause: "the gateway did not answer in time".to_owned() });
    parts.breakers.answered(gateway.name(), &outcome, gateway.asks_to_wait(), parts.now());
    outcome
}

/// Is there a gateway whose breaker is closed? One that failed some time ago is probed, by one request
/// at a time; that takes at most the time of a call to a gateway.
pub(crate) async fn any_closed(parts: &Parts) -> bool {
    let of = |gateway: &dyn SmsGateway| match parts.breakers.of(gateway.name(), parts.now()) {
        // No text has failed by it, and yet one would.
        Breaker::Closed if gateway.is_cut_off() => Breaker::HalfOpen,
        known => known,
    };
    if parts.gateways.iter().any(|gateway| of(gateway.as_ref()) == Breaker::Closed) {
        return true;
    }
    let Some(gateway) = parts.gateways.iter().find(|gateway| of(gateway.as_ref()) == Breaker::HalfOpen)
    else {
        return false;
    };
    // For as long as the probe takes, all others see it open.
    parts.breakers.open(gateway.name(), None, parts.now());
    let works = matches!(tokio::time::timeout(parts.timing.gateway, gateway.probe()).await, Ok(Ok(_)));
    if works {
        parts.breakers.close(gateway.name());
    }
    works
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_795_511_645_000);

    fn not_sent() -> Outcome {
        Outcome::NotSent { cause: String::new() }
    }

    #[test]
    fn a_failure_opens_the_breaker_of_its_gateway_for_a_while() {
        for failure in [not_sent(), Outcome::Uncertain { cause: String::new() }] {
            let breakers = Breakers::default();
            assert_eq!(breakers.of("a", NOW), Breaker::Closed);
            breakers.answered("a", &failure, None, NOW);
            assert_eq!(breakers.of("a", NOW), Breaker::Open);
            assert_eq!(breakers.of("b", NOW), Breaker::Closed);
            let later = NOW.plus(OPEN_FOR);
            assert_eq!(breakers.of("a", later.minus(Duration::from_millis(1))), Breaker::Open);
            assert_eq!(breakers.of("a", later), Breaker::HalfOpen);
            breakers.answered("a", &failure, None, later);
            assert_eq!(breakers.of("a", later), Breaker::Open, "it still fails");
        }
    }

    #[test]
    fn an_answer_closes_it() {
        for answer in [
            Outcome::Accepted { reference: String::new() },
            Outcome::Refused { cause: "no such number".to_owned() },
        ] {
            let breakers = Breakers::default();
            breakers.answered("a", &not_sent(), None, NOW);
            breakers.answered("a", &answer, None, NOW);
            assert_eq!(breakers.of("a", NOW), Breaker::Closed);
        }
    }

    #[test]
    fn a_gateway_that_asks_to_wait_is_left_alone_so_long_and_not_for_ever() {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        let milli = Duration::from_millis(1);
        for (asked, rests) in
            [(minutes(5), minutes(5)), (Duration::from_secs(1), OPEN_FOR), (minutes(999), minutes(60))]
        {
            let breakers = Breakers::default();
            breakers.answered("a", &not_sent(), Some(asked), NOW);
            let end = NOW.plus(rests);
            assert_eq!(breakers.of("a", end.minus(milli)), Breaker::Open, "{asked:?}");
            assert!(breakers.asked_to_wait("a", end.minus(milli)), "{asked:?}");
            assert_eq!(breakers.of("a", end), Breaker::HalfOpen, "{asked:?}");
            assert!(!breakers.asked_to_wait("a", end), "{asked:?}");
        }
        let breakers = Breakers::default();
        breakers.answered("a", &not_sent(), None, NOW);
        assert!(!breakers.asked_to_wait("a", NOW), "it only failed");
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_no_breaker_open() {
        let breakers = Breakers::default();
        breakers.answered("a", &not_sent(), None, NOW);
        let month = Duration::from_secs(30 * 24 * 60 * 60);
        assert_eq!(breakers.of("a", NOW.minus(month)), Breaker::HalfOpen);
        assert_eq!(breakers.of("a", NOW.plus(month)), Breaker::HalfOpen);
    }
}
