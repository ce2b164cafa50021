//! Programs that ask over the programming interface: each has a token, which has a name and scopes.

use super::StaffName;

/// What a token lets a program do. The words stand in rows and in the interface's document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// List, search and read tickets, and the queue's counters.
    Read,
    /// Act on tickets, and make them.
    Act,
    /// See what would be done with a mail.
    Try,
    /// See how the desk and what it depends on are.
    Health,
    /// Read the audit log.
    Audit,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 5] = [Self::Read, Self::Act, Self::Try, Self::Health, Self::Audit];

    /// The stable word.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Read => "tickets:read",
            Self::Act => "tickets:act",
            Self::Try => "try",
            Self::Health => "health:read",
            Self::Audit => "audit:read",
        }
    }

    /// The scope with this word.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.code() == code)
    }
}

/// Longer names do not fit beside what they stand beside.
const LONGEST_NAME: usize = 64;

/// The name of a token: it says which program has it, and is `token:NAME` in the audit log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenName(String);

/// Not a name for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a token's name has 1 to 64 small letters, digits and . - _, and begins with a letter or digit")]
pub struct TokenNameError;

impl TokenName {
    /// Reads a name.
    ///
    /// # Errors
    /// [`TokenNameError`].
    pub fn parse(text: &str) -> Result<Self, TokenNameError> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let fits = (1..=LONGEST_NAME).contains(&text.len())
            && text.starts_with(plain)
            && text.chars().all(|c| plain(c) || matches!(c, '.' | '-' | '_'));
        if fits { Ok(Self(text.to_owned())) } else { Err(TokenNameError) }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As whom its program acts.
    #[must_use]
    pub fn actor(&self) -> StaffName {
        StaffName::of_token(self)
    }
}

impl std::fmt::Display for TokenName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_in_the_audit_log_by_its_name_and_no_person_has_that_name() {
        let name = TokenName::parse("chat-bot.2").unwrap();
        assert_eq!(name.actor().actor(), "token:chat-bot.2");
        assert!(name.actor().is_token());
        assert_eq!(StaffName::kept("token:chat-bot.2"), Ok(name.actor()));
        assert!(StaffName::parse("token:chat-bot.2").is_err(), "nobody signs in as a program");
        assert!(!StaffName::kept("eva.lind").unwrap().is_token());
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in ["", ".a", "A", "å", "a b", "a:b", "a/b", "token:a", &"a".repeat(65)] {
            assert!(TokenName::parse(text).is_err(), "{text:?}");
        }
        assert!(StaffName::kept("token:").is_err() && StaffName::kept("token:token:a").is_err());
    }

    #[test]
    fn a_scope_is_known_by_its_word() {
        assert_eq!(Scope::ALL.map(|scope| Scope::of_code(scope.code())), Scope::ALL.map(Some));
        assert_eq!(Scope::of_code("*"), None);
    }
}
