//! What a source remembers: its token with its times, and its last failure. Time is a parameter.

use std::time::Duration;

use tokio::time::Instant;

use super::answer::{Failed, Grant};
use super::{AccessToken, TokenError};
use crate::secret::Secret;

/// A token is renewed at least this long before its end.
const BEFORE_END: Duration = Duration::from_secs(5 * 60);
/// A sign-in may take some time: a token with less left counts as ended.
const MARGIN: Duration = Duration::from_secs(30);
/// No token is used longer, whatever the endpoint says.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// A refused client is not tried again earlier.
const REFUSED_FOR: Duration = Duration::from_secs(5 * 60);
/// An endpoint that failed is left alone for a moment, or for as long as it asks.
const FAILED_FOR: Duration = Duration::from_secs(5);
/// As long as that, at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(10 * 60);

/// What a source remembers.
#[derive(Default)]
pub(super) struct Memory {
    kept: Option<Kept>,
    failure: Option<(TokenError, Instant)>,
    serial: u64,
}

struct Kept {
    token: AccessToken,
    renew_at: Instant,
    ends_at: Instant,
}

/// What is to be done.
#[derive(Debug)]
pub(super) enum Recalled {
    /// This token is good.
    Token(AccessToken),
    /// It failed a moment ago.
    Failure(TokenError),
    /// A token must be fetched.
    Nothing,
}

impl Memory {
    pub(super) fn recall(&self, now: Instant) -> Recalled {
        let failure = self.failure.as_ref().filter(|(_, until)| now < *until);
        let kept = self.kept.as_ref().filter(|kept| now < kept.ends_at);
        match (kept, failure) {
            (Some(kept), None) if now >= kept.renew_at => Recalled::Nothing,
            (Some(kept), _) => Recalled::Token(kept.token.clone()),
            (None, Some((error, _))) => Recalled::Failure(error.clone()),
            (None, None) => Recalled::Nothing,
        }
    }

    /// Keeps what was asked for at `asked_at`.
    pub(super) fn keep(&mut self, grant: Grant, asked_at: Instant) -> AccessToken {
        self.serial += 1;
        self.failure = None;
        let fresh = |text: Secret, kept| AccessToken { text, serial: self.serial, kept };
        let life = grant.life.min(LONGEST);
        self.kept = Some(Kept {
            token: fresh(grant.token.clone(), true),
            renew_at: asked_at + renew_after(life),
            ends_at: asked_at + life.saturating_sub(MARGIN.min(life / 10)),
        });
        fresh(grant.token, false)
    }

    /// Keeps a failure. The token from before is answered while it is still good.
    pub(super) fn failed(&mut self, failed: Failed, now: Instant) -> Result<AccessToken, TokenError> {
        let pause = match &failed.error {
            TokenError::Refused { .. } => REFUSED_FOR,
            TokenError::Unavailable { .. } => {
                failed.retry_after.unwrap_or_default().clamp(FAILED_FOR, LONGEST_PAUSE)
            }
        };
        self.failure = Some((failed.error.clone(), now + pause));
        match self.recall(now) {
            Recalled::Token(token) => Ok(token),
            Recalled::Failure(_) | Recalled::Nothing => Err(failed.error),
        }
    }

    /// Forgets a token that a server has refused; one that came later stays.
    pub(super) fn forget(&mut self, refused: &AccessToken) {
        self.kept = self.kept.take().filter(|kept| kept.token.serial != refused.serial);
    }
}

/// After 80 % of its life, and 5 minutes before its end at least; one that lives too short for that,
/// after half of it.
fn renew_after(life: Duration) -> Duration {
    (life * 4 / 5).min(life.saturating_sub(BEFORE_END).max(life / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn grant(life: Duration) -> Grant {
        Grant { token: Secret::new("t".to_owned()), life }
    }

    fn unavailable(retry_after: Option<Duration>) -> Failed {
        let error = TokenError::Unavailable { place: "here".to_owned(), cause: "down".to_owned() };
        Failed { error, retry_after }
    }

    fn refused() -> Failed {
        let error = TokenError::Refused { place: String::new(), code: "x".to_owned(), todo: "y" };
        Failed { error, retry_after: None }
    }

    /// `t` a token, `f` a failure, `-` nothing.
    fn recalled(memory: &Memory, now: Instant) -> char {
        match memory.recall(now) {
            Recalled::Token(token) => {
                assert!(token.was_kept());
                't'
            }
            Recalled::Failure(_) => 'f',
            Recalled::Nothing => '-',
        }
    }

    #[test]
    fn a_token_is_renewed_well_before_its_end_also_one_that_lives_short() {
        for (life, after) in
            [(3600, 2880), (7200, 5760), (1200, 900), (600, 300), (300, 150), (60, 30), (2, 1), (0, 0)]
        {
            let seconds = Duration::from_secs;
            assert_eq!(renew_after(seconds(life)), seconds(after), "{life}");
            let (mut memory, asked) = (Memory::default(), Instant::now());
            assert!(!memory.keep(grant(seconds(life)), asked).was_kept());
            if after > 0 {
                assert_eq!(recalled(&memory, asked + seconds(after) - Duration::from_millis(1)), 't');
            }
            assert_eq!(recalled(&memory, asked + seconds(after)), '-', "{life}");
        }
    }

    #[test]
    fn a_hundred_polls_in_an_hour_fetch_an_hours_token_twice_at_most() {
        let (mut memory, begun, mut fetched) = (Memory::default(), Instant::now(), 0);
        for poll in 0..100 {
            let now = begun + poll * Duration::from_secs(36);
            if matches!(memory.recall(now), Recalled::Nothing) {
                memory.keep(grant(60 * MINUTE), now);
                fetched += 1;
            }
        }
        assert_eq!(fetched, 2);
    }

    #[test]
    fn no_token_is_believed_for_longer_than_a_day() {
        let (mut memory, asked) = (Memory::default(), Instant::now());
        memory.keep(grant(Duration::from_secs(u64::MAX)), asked);
        assert_eq!(recalled(&memory, asked + 24 * 60 * MINUTE), '-');
    }

    #[test]
    fn a_failed_renewal_costs_nothing_while_the_old_token_is_good() {
        for failed in [unavailable(None), refused()] {
            let (mut memory, asked) = (Memory::default(), Instant::now());
            memory.keep(grant(60 * MINUTE), asked);
            let late = asked + 50 * MINUTE;
            assert_eq!(recalled(&memory, late), '-', "it is to be renewed");
            assert!(memory.failed(failed.clone(), late).is_ok());
            assert_eq!(recalled(&memory, late), 't');
            assert_eq!(recalled(&memory, late + 5 * MINUTE), '-', "it is tried again");
            memory.failed(failed, asked + 58 * MINUTE).unwrap();
            assert_ne!(recalled(&memory, asked + 61 * MINUTE), 't');
        }
    }

    #[test]
    fn a_failure_is_kept_for_a_moment_a_refusal_for_five_minutes_and_a_wish_is_heeded() {
        let second = Duration::from_secs(1);
        for (failed, pause) in [
            (unavailable(None), 5 * second),
            (unavailable(Some(second)), 5 * second),
            (unavailable(Some(120 * second)), 120 * second),
            (unavailable(Some(86_400 * second)), 600 * second),
            (refused(), 300 * second),
        ] {
            let (mut memory, now) = (Memory::default(), Instant::now());
            memory.failed(failed, now).unwrap_err();
            assert_eq!(recalled(&memory, now + pause - Duration::from_millis(1)), 'f');
            assert_eq!(recalled(&memory, now + pause), '-');
        }
    }

    #[test]
    fn only_the_token_that_was_refused_is_forgotten() {
        let (mut memory, now) = (Memory::default(), Instant::now());
        let first = memory.keep(grant(60 * MINUTE), now);
        memory.forget(&first);
        assert_eq!(recalled(&memory, now), '-');
        memory.keep(grant(60 * MINUTE), now);
        memory.forget(&first);
        assert_eq!(recalled(&memory, now), 't', "somebody else has fetched a new one already");
    }
}
