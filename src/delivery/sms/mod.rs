//! Texts: a file a gateway. Each says in its own words what became of a text; what follows from that
//! is decided where tickets are.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

pub mod elks;
pub mod spool;

/// Until when a service asked to be left alone.
#[derive(Debug, Default)]
struct LeftAlone(Mutex<Option<Instant>>);

impl LeftAlone {
    /// It has answered, and asks for this wait or for none.
    fn asked(&self, wait: Option<Duration>) {
        let until = wait.and_then(|wait| Instant::now().checked_add(wait));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }

    /// How long it still asks for.
    fn rest(&self) -> Option<Duration> {
        let until = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        until.map(|until| until.saturating_duration_since(Instant::now())).filter(|rest| !rest.is_zero())
    }
}

/// Keys become file names and parts of addresses: letters, digits and hyphens.
fn is_key(key: &str) -> bool {
    (1..=128).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}
