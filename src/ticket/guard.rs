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
    /// Nothing, and no link either: the code that goes by text is typed at the desk's page and leads to the link's.
    TypedCode,
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
            Self::Nothing | Self::TypedCode | Self::SignIn { .. } => false,
        }
    }

    /// Is the offer worth something though no text of it can be delivered?
    #[must_use]
    pub fn does_without_text(self) -> bool {
        self.without_text().is_some()
    }

    /// What is left of it when no text of it can be delivered; `None` for nothing.
    #[must_use]
    pub fn without_text(self) -> Option<Self> {
        match self {
            Self::SignIn { by_mail: true, .. } => Some(Self::SignIn { by_text: false, by_mail: true }),
            Self::Nothing
            | Self::TypedCode
            | Self::CodeByText
            | Self::CodeByMail
            | Self::SignIn { by_mail: false, .. } => None,
        }
    }

    /// And when no mail of it can be.
    #[must_use]
    pub fn without_mail(self) -> Option<Self> {
        match self {
            Self::Nothing | Self::TypedCode => Some(self),
            Self::SignIn { by_text: true, .. } => Some(Self::SignIn { by_text: true, by_mail: false }),
            Self::CodeByText | Self::CodeByMail | Self::SignIn { by_text: false, .. } => None,
        }
    }

    /// Does a mail leave: with the link, or with the code?
    #[must_use]
    pub fn mails(self) -> bool {
        match self {
            Self::Nothing | Self::TypedCode => false,
            Self::CodeByText | Self::CodeByMail => true,
            Self::SignIn { by_mail, .. } => by_mail,
        }
    }

    /// Does a text leave: with the link, or with the code?
    #[must_use]
    pub fn texts(self) -> bool {
        match self {
            Self::Nothing | Self::TypedCode | Self::CodeByText | Self::CodeByMail => true,
            Self::SignIn { by_text, .. } => by_text,
        }
    }

    /// Does the link go by mail? It may go both ways.
    #[must_use]
    pub fn link_by_mail(self) -> bool {
        match self {
            Self::Nothing | Self::TypedCode | Self::CodeByMail => false,
            Self::CodeByText => true,
            Self::SignIn { by_mail, .. } => by_mail,
        }
    }

    /// Does the link go by text, or the code in its place?
    #[must_use]
    pub fn link_by_text(self) -> bool {
        match self {
            Self::Nothing | Self::TypedCode | Self::CodeByMail => true,
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
