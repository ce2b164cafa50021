//! What a delivery report tells of a mail of ours.

use super::MessageId;

/// What a mail server tells of a mail that it could not deliver (RFC 3464, or in its own words).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returned {
    /// What became of that mail.
    pub fate: ReturnedFate,
    /// The server's code: `5.1.1` (RFC 3463), or `550` from an old one; empty when it gives none.
    pub status: String,
    /// What may be the Message-ID of that mail, the likeliest first. Whoever reports chooses them.
    pub ids: Vec<MessageId>,
}

/// What became of a mail on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReturnedFate {
    /// It waits somewhere and is tried again.
    Delayed,
    /// It will never arrive.
    Failed,
}

impl ReturnedFate {
    /// The stable word.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Delayed => "delayed",
            Self::Failed => "failed",
        }
    }

    /// The fate whose [`ReturnedFate::code`] is `code`.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Delayed, Self::Failed].into_iter().find(|fate| fate.code() == code)
    }
}
