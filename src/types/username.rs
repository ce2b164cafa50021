//! What a person calls their account.

use serde::{Deserialize, Serialize};

/// A username as written in a mail or kept by a directory: an account name or an address-like
/// name (`anna.andersson@kommun.example`, `annand12`, `ext-1a2b3c@kommun.example`).
/// Compared without regard to case.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Username(String);

/// Why a text is no username.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsernameError {
    /// Shorter than 2 or longer than 113 characters, the limit of a user principal name.
    #[error("a username has 2 to 113 characters")]
    Length,
    /// Something outside `A-Z a-z 0-9 . ' _ - ! # ^ ~ + @`.
    #[error("a username holds only letters a-z, digits and . ' _ - ! # ^ ~ + @")]
    Character,
    /// Several `@`, or nothing on one side of it.
    #[error("a username with @ has the form name@domain")]
    Form,
}

impl Username {
    /// Parses `text`; surrounding blanks are ignored. The character set is that of a user
    /// principal name (Microsoft Entra, "Password policies and account restrictions").
    ///
    /// # Errors
    /// [`UsernameError`] says which rule the text breaks.
    pub fn parse(text: &str) -> Result<Self, UsernameError> {
        let text = text.trim();
        if !(2..=113).contains(&text.chars().count()) {
            return Err(UsernameError::Length);
        }
        if !text.chars().all(|c| c.is_ascii_alphanumeric() || ".'_-!#^~+@".contains(c)) {
            return Err(UsernameError::Character);
        }
        let mut halves = text.split('@');
        let name = halves.next().unwrap_or_default();
        let domain = halves.next();
        if name.is_empty() || domain.is_some_and(str::is_empty) || halves.next().is_some() {
            return Err(UsernameError::Form);
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as it is compared: in lower case.
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl PartialEq for Username {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}
impl Eq for Username {}

impl std::fmt::Display for Username {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Username {
    type Error = UsernameError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Username> for String {
    fn from(name: Username) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_makes_no_other_person() {
        assert_eq!(Username::parse("AnnAnd12"), Username::parse(" annand12 "));
    }

    #[test]
    fn what_is_no_username_is_refused() {
        for text in [
            "",
            "a",
            "@kommun.example",
            "anna@",
            "a@b@c",
            "anna andersson",
            "björn",
            "anna\u{200b}",
            "*)(uid=*",
        ] {
            assert!(Username::parse(text).is_err(), "{text:?}");
        }
    }
}
