//! From what goes wrong in an SMTP dialogue to an [`Outcome`].

use std::error::Error as _;

use lettre::transport::smtp::Error;

use crate::types::Outcome;

/// The longest piece of a server's words that is shown (characters).
const QUOTE_MAX: usize = 200;

/// How far the dialogue was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The mail's text has not left: a lost connection is harmless.
    Offer,
    /// It has left, at least in part: without an answer nobody knows who has the mail (RFC 5321 6.1).
    HandOver,
}

/// A refusal (5xx) is final, a delay (4xx) is not (RFC 5321 4.2.1); without an answer the step decides.
pub(super) fn failed(step: Step, error: &Error) -> Outcome {
    let words = error.source().map(|words| quote(&words.to_string())).unwrap_or_default();
    if let Some(code) = error.status() {
        return if error.is_permanent() {
            Outcome::Refused { cause: format!("the mail server refuses the mail ({code}): {words}") }
        } else {
            Outcome::NotSent { cause: format!("the mail server asks to wait ({code}): {words}") }
        };
    }
    lost(step, format!("the connection to the mail server broke: {words}"))
}

/// The time for `step` is over.
pub(super) fn late(step: Step) -> Outcome {
    lost(step, "the mail server did not answer in time".to_owned())
}

fn lost(step: Step, cause: String) -> Outcome {
    match step {
        Step::Offer => Outcome::NotSent { cause },
        Step::HandOver => Outcome::Uncertain { cause },
    }
}

/// A server's words as one short line.
pub(super) fn quote(words: &str) -> String {
    words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(QUOTE_MAX).collect()
}
