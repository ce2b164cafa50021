//! An addr-spec (RFC 5321 Mailbox without quoting), lower-cased where comparison ignores case.

use serde::{Deserialize, Serialize};

/// A mail address: `local@domain`, ASCII only. Non-ASCII addresses are refused because look-alike
/// letters would make two people one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

/// Why a text is not a mail address that we use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailAddressError {
    /// No `@`, or nothing on one side of it.
    #[error("a mail address has the form name@domain")]
    Form,
    /// Longer than RFC 5321 allows (64 before, 254 in all).
    #[error("the mail address is too long")]
    TooLong,
    /// A control, blank, quote, angle bracket or non-ASCII character.
    #[error("the mail address holds a character that is not allowed")]
    Character,
}

impl EmailAddress {
    /// Parses `text`; surrounding blanks are ignored and letters become lower case.
    ///
    /// # Errors
    /// [`EmailAddressError`] says which rule the text breaks.
    pub fn parse(text: &str) -> Result<Self, EmailAddressError> {
        let text = text.trim();
        if text.len() > 254 {
            return Err(EmailAddressError::TooLong);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(EmailAddressError::Form)?;
        if local.is_empty() || domain.is_empty() {
            return Err(EmailAddressError::Form);
        }
        if local.len() > 64 {
            return Err(EmailAddressError::TooLong);
        }
        let local_ok = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
        let domain_ok = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        if !local.chars().all(local_ok) || !domain.chars().all(domain_ok) {
            return Err(EmailAddressError::Character);
        }
        if domain.split('.').any(str::is_empty) || local.starts_with('.') || local.ends_with('.') {
            return Err(EmailAddressError::Form);
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    /// The whole address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// Who reads the mails to it: most servers deliver `anna+tag@` to `anna@` (RFC 5233), and an autoresponder that
    /// answers under ever new tags is still one, as is a person who writes under them.
    #[must_use]
    pub fn correspondent(&self) -> String {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or((&self.0, ""));
        let mailbox = local.split_once('+').map_or(local, |(mailbox, _tag)| mailbox);
        if mailbox.is_empty() { self.0.clone() } else { format!("{mailbox}@{domain}") }
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = EmailAddressError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

impl std::fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_has_one_spelling() {
        assert_eq!(
            EmailAddress::parse(" Anna.Andersson@Kommun.Example ").map(String::from),
            Ok("anna.andersson@kommun.example".to_owned())
        );
    }

    #[test]
    fn tags_and_capitals_make_no_new_correspondent() {
        let of = |text: &str| EmailAddress::parse(text).unwrap().correspondent();
        for same in ["anna@kommun.example", "Anna+1@Kommun.Example", "anna+a+b@kommun.example"] {
            assert_eq!(of(same), "anna@kommun.example");
        }
        assert_eq!(of("+46@kommun.example"), "+46@kommun.example");
        assert_ne!(of("anna@kommun.example"), of("anna@other.example"));
    }

    #[test]
    fn what_could_fool_a_reader_is_refused() {
        for text in [
            "",
            "a@",
            "@b",
            "a b@c.d",
            "a@b@c.d",
            "å@kommun.example",
            "a@kommun..example",
            "<a@b.c>",
            "a\r\nb@c.d",
        ] {
            assert!(EmailAddress::parse(text).is_err(), "{text:?}");
        }
    }
}
