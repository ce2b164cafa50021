//! What a human who takes over must know of the password.

use serde::{Deserialize, Serialize};

use crate::types::Credential;

/// What a human who takes over must know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PasswordFact {
    /// The old password works.
    #[default]
    NotChanged,
    /// Nobody knows.
    MayHaveChanged,
    /// The old password does not work any more.
    Changed,
    /// The old password works, and a pass was issued beside it.
    PassIssued,
}

impl PasswordFact {
    /// Does the old password surely work, and nothing else?
    #[must_use]
    pub fn is_not_changed(&self) -> bool {
        *self == Self::NotChanged
    }

    /// Is somebody locked out, or may be, who has no other way in?
    #[must_use]
    pub fn locks_out(self) -> bool {
        match self {
            Self::Changed | Self::MayHaveChanged => true,
            // The old password works.
            Self::NotChanged | Self::PassIssued => false,
        }
    }

    /// The fact in words, for the last line of a trail.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::NotChanged => "the password was not changed",
            Self::MayHaveChanged => "the password may have been changed",
            Self::Changed => "the password was changed",
            Self::PassIssued => {
                "the password was not changed; a Temporary Access Pass was issued, which ends by itself"
            }
        }
    }

    /// The fact once a credential of this kind was set or issued.
    #[must_use]
    pub fn after(credential: Credential) -> Self {
        match credential {
            Credential::Password => Self::Changed,
            Credential::TemporaryAccessPass => Self::PassIssued,
        }
    }
}
