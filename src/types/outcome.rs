//! What is known after a call to the outside world.

use serde::{Deserialize, Serialize};

/// The answer of every outside call that changes something. `cause` is a sentence for a log or a
/// ticket: it never holds a password, a token or a full phone number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// The other side has taken it. `reference` is its name for it, or empty.
    Accepted {
        /// The other side's name for what it took.
        reference: String,
    },
    /// The other side has definitely refused, and will refuse again.
    Refused {
        /// Why, in words fit for a log.
        cause: String,
    },
    /// It surely did not leave (no connection, asked to wait): may be tried again.
    NotSent {
        /// Why, in words fit for a log.
        cause: String,
    },
    /// It may or may not have been taken (timeout, cut connection, server error).
    Uncertain {
        /// Why, in words fit for a log.
        cause: String,
    },
}

impl Outcome {
    /// The stable word for the audit log.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Refused { .. } => "refused",
            Self::NotSent { .. } => "not-sent",
            Self::Uncertain { .. } => "uncertain",
        }
    }

    /// The reference or the cause.
    #[must_use]
    pub fn detail(&self) -> &str {
        match self {
            Self::Accepted { reference } => reference,
            Self::Refused { cause } | Self::NotSent { cause } | Self::Uncertain { cause } => cause,
        }
    }
}
