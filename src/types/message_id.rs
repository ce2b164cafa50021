//! The Message-ID of a mail (RFC 5322 3.6.4), without its angle brackets.

use serde::{Deserialize, Serialize};

/// A Message-ID. Its sender chooses it, so it threads mails but never suppresses one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MessageId(String);

/// Why a text is no Message-ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageIdError {
    /// Empty, or longer than a header line may be (998 octets).
    #[error("a Message-ID has 1 to 998 characters")]
    Length,
    /// A blank, a control character or an angle bracket inside.
    #[error("a Message-ID holds no blanks, control characters or angle brackets")]
    Character,
}

impl MessageId {
    /// Parses `text`, with or without angle brackets.
    ///
    /// # Errors
    /// [`MessageIdError`] says which rule the text breaks.
    pub fn parse(text: &str) -> Result<Self, MessageIdError> {
        let text = text.trim();
        let text = text.strip_prefix('<').unwrap_or(text);
        let text = text.strip_suffix('>').unwrap_or(text);
        if text.is_empty() || text.len() > 998 {
            return Err(MessageIdError::Length);
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '<' || c == '>') {
            return Err(MessageIdError::Character);
        }
        Ok(Self(text.to_owned()))
    }

    /// The identifier without angle brackets.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for MessageId {
    type Error = MessageIdError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<MessageId> for String {
    fn from(id: MessageId) -> Self {
        id.0
    }
}

impl std::fmt::Display for MessageId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
