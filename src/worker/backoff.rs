//! Pauses between tries: exponential, with full jitter, so that many clients of a server that
//! comes back do not all knock at once.

use std::time::Duration;

use rand::RngExt;

/// Grows from `first` to `longest`; each pause is drawn between zero and the current ceiling.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Backoff {
    /// Begins with a ceiling of `first`.
    #[must_use]
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, failures: 0 }
    }

    /// The ceiling after so many failures.
    #[must_use]
    pub fn ceiling(&self) -> Duration {
        self.first.saturating_mul(1_u32 << self.failures.min(20)).min(self.longest)
    }

    /// The next pause.
    pub fn next_pause(&mut self, rng: &mut impl rand::Rng) -> Duration {
        let ceiling = u64::try_from(self.ceiling().as_millis()).unwrap_or(u64::MAX);
        self.failures = self.failures.saturating_add(1);
        Duration::from_millis(rng.random_range(0..=ceiling))
    }

    /// It worked: begin anew.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound_and_begin_anew_after_success() {
        let mut backoff = Backoff::new(Duration::from_secs(2), Duration::from_secs(300));
        let mut rng = rand::rng();
        for expected in [2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            assert_eq!(backoff.ceiling(), Duration::from_secs(expected));
            assert!(backoff.next_pause(&mut rng) <= Duration::from_secs(expected));
        }
        backoff.reset();
        assert_eq!(backoff.ceiling(), Duration::from_secs(2));
    }
}
