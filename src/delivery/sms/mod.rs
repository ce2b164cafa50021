//! Texts: a file a gateway. Each says in its own words what became of a text; what follows from that
//! is decided where tickets are.
//!
//! What gateways over HTTP share lies beside them: `setup` (what each is made from), `answer` (what an
//! answer says of a text), `receipt` (who may tell what became of one) and `balance`. What is left of
//! a gateway is its request, one function `classify`, and its receipts' form.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

mod answer;
mod balance;
pub mod elks;
pub mod gatewayapi;
pub mod http;
pub mod kannel;
mod receipt;
mod setup;
pub mod sinch;
#[cfg(feature = "smpp")]
pub mod smpp;
pub mod spool;
pub mod twilio;

pub use receipt::{form, sign_in_fault};
pub use setup::{Fault, GatewaySetup, SetupError, account_fault};

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

/// What a probe says of a gateway that knows us. Whether there is money is another question: accounts may
/// be billed afterwards, and not every sign-in may ask.
const SIGNED_IN: &str = "signed in";

/// Keys become file names and parts of addresses: letters, digits and hyphens.
fn is_key(key: &str) -> bool {
    (1..=128).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// A gateway's name for a text. It will stand in a path, a ticket and a log.
fn is_reference(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}
