//! Texts that leave: 46elks as it is documented and as it may misbehave, and the spool with a real
//! smsd behind it.

use nyckelbud::delivery::SmsText;
use nyckelbud::types::{Outcome, PhoneNumber};
use zeroize::Zeroizing;

use crate::support::elks::PASSWORD;

mod elks;
mod elks_failures;
mod kannel;
mod probes;
mod receipts;
mod services;
mod smpp;
mod smsd;
mod spool;
mod table;
mod traits;

const WORDS: &str = "Tillfälligt lösenord: Kd7p-mWx4-9TrQ\nByt det genast. {€}";

fn text() -> SmsText {
    SmsText::new(Zeroizing::new(WORDS.to_owned()))
}

fn number() -> PhoneNumber {
    PhoneNumber::parse("070-174 06 05").unwrap()
}

/// Nothing in an outcome's words may tell the number, the text or the password of the API.
fn assert_discreet(words: &str) {
    for secret in ["701740605", "Kd7p", "mWx4", "9TrQ", PASSWORD, "4711", "inloggning"] {
        assert!(!words.contains(secret), "{words}");
    }
}

/// The outcome's kind; its words are looked at on the way.
fn kind(outcome: &Outcome) -> &'static str {
    assert_discreet(outcome.detail());
    assert!(!outcome.detail().is_empty());
    outcome.code()
}
