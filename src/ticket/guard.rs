//! What protects a link beside its token.

use serde::{Deserialize, Serialize};

/// What an offer asks for beside its link, and by which way each of them goes. Two ways, so that whoever
/// reads the one has nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guard {
    /// Nothing; the link goes by text.
    #[default]
    Nothing,
    /// A code, which goes by text; the link goes by mail.
    CodeByText,
    /// A code, which goes by mail; the link goes by text.
    CodeByMail,
    /// A sign-in at the identity provider. The link alone is worth nothing, so it may go both ways.
    SignIn {
        /// It goes by text.
        by_text: bool,
        /// It goes by mail.
        by_mail: bool,
    },
}

impl Guard {
    /// Is it only the link?
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::Nothing
    }

    /// Is it a code?
    #[must_use]
    pub fn is_code(self) -> bool {
        match self {
            Self::CodeByText | Self::CodeByMail => true,
            Self::Nothing | Self::SignIn { .. } => false,
        }
    }

    /// Is the offer worth something though no text of it can be delivered?
    #[must_use]
    pub fn does_without_text(self) -> bool {
        match self {
            Self::Nothing | Self::CodeByText | Self::CodeByMail => false,
            Self::SignIn { by_mail, .. } => by_mail,
        }
    }

    /// And though no mail of it can be?
    #[must_use]
    pub fn does_without_mail(self) -> bool {
        match self {
            Self::Nothing => true,
            Self::CodeByText | Self::CodeByMail => false,
            Self::SignIn { by_text, .. } => by_text,
        }
    }

    /// Does a text leave: with the link, or with the code?
    #[must_use]
    pub fn texts(self) -> bool {
        match self {
            Self::Nothing | Self::CodeByText | Self::CodeByMail => true,
            Self::SignIn { by_text, .. } => by_text,
        }
    }

    /// Does the link go by text? Else it goes by mail.
    #[must_use]
    pub fn link_by_text(self) -> bool {
        match self {
            Self::Nothing | Self::CodeByMail => true,
            Self::CodeByText => false,
            Self::SignIn { by_text, .. } => by_text,
        }
    }
}

/// So many wrong codes close an offer: with codes of 35 bits nobody guesses one in that.
pub const WRONG_CODES: u32 = 5;

pub(super) fn is_zero(count: &u32) -> bool {
    *count == 0
}
