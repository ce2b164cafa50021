//! What a server's refusal means, in words that whoever runs it understands. The texts of servers
//! are not passed on: only the codes in them are.

use crate::directory::DirectoryError;

/// Why an operation did not give what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It surely never left: no connection, no TLS, no sign-in.
    NotSent(String),
    /// No answer in time; it may have been carried out.
    TimedOut,
    /// The connection broke before the answer; it may have been carried out.
    Broken(String),
    /// The server answered with an error: it was not carried out.
    Answer(Answer),
    /// The answer lacks something.
    Half(String),
}

/// A result other than success (RFC 4511 4.1.9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The result code.
    pub(crate) code: u32,
    /// The Windows error in the server's text (`0000052D`), in upper case; empty when there is none.
    pub(crate) windows: String,
    /// The reason in a refused sign-in (`52e`); empty when there is none.
    pub(crate) data: String,
}

/// Result codes that are told apart.
pub(crate) mod code {
    pub(crate) const OPERATIONS_ERROR: u32 = 1;
    pub(crate) const TIME_LIMIT: u32 = 3;
    pub(crate) const SIZE_LIMIT: u32 = 4;
    pub(crate) const STRONGER_AUTH: u32 = 8;
    pub(crate) const REFERRAL: u32 = 10;
    pub(crate) const ADMIN_LIMIT: u32 = 11;
    pub(crate) const CONFIDENTIALITY: u32 = 13;
    pub(crate) const CONSTRAINT: u32 = 19;
    pub(crate) const NO_SUCH_OBJECT: u32 = 32;
    pub(crate) const INVALID_DN: u32 = 34;
    pub(crate) const INVALID_CREDENTIALS: u32 = 49;
    pub(crate) const NO_RIGHT: u32 = 50;
    pub(crate) const BUSY: u32 = 51;
    pub(crate) const UNAVAILABLE: u32 = 52;
    pub(crate) const UNWILLING: u32 = 53;
}

impl Answer {
    /// What a server answered; of its `text` only known codes are kept.
    pub(crate) fn new(code: u32, text: &str) -> Self {
        let first = text.split(':').next().unwrap_or_default().trim();
        let is_code = first.len() == 8 && first.bytes().all(|b| b.is_ascii_hexdigit());
        let data = text.split_once("data ").map_or("", |(_, rest)| rest);
        let data: String = data.chars().take_while(char::is_ascii_hexdigit).take(8).collect();
        let windows = if is_code { first.to_ascii_uppercase() } else { String::new() };
        Self { code, windows, data: data.to_ascii_lowercase() }
    }

    /// The codes, for whoever looks them up: `LDAP 53, 0000052D`.
    pub(crate) fn codes(&self) -> String {
        let mut codes = format!("LDAP {}", self.code);
        if !self.windows.is_empty() {
            codes = format!("{codes}, {}", self.windows);
        }
        if !self.data.is_empty() && self.data != "0" {
            codes = format!("{codes}, data {}", self.data);
        }
        codes
    }

    /// What it means when something was asked or looked up.
    pub(crate) fn words(&self) -> String {
        let words = match self.code {
            code::TIME_LIMIT => "the search took longer than the server allows",
            code::SIZE_LIMIT | code::ADMIN_LIMIT => "the server gives fewer answers than were asked for",
            code::STRONGER_AUTH | code::CONFIDENTIALITY => "the server demands more protection",
            code::REFERRAL => "another server holds this; such a hint is not followed",
            code::NO_SUCH_OBJECT => "there is no such entry, or it may not be seen",
            code::INVALID_DN => "the name is no distinguished name",
            code::INVALID_CREDENTIALS => return self.refused_sign_in(),
            code::NO_RIGHT => "the service account may not do this",
            code::BUSY | code::UNAVAILABLE => "the server has no time now",
            code::OPERATIONS_ERROR => "the server lost the sign-in, or does not take the request",
            _ => "the server refused",
        };
        format!("{words} ({})", self.codes())
    }

    /// Why the service account was not let in (the sub-codes of Windows).
    fn refused_sign_in(&self) -> String {
        let words = match self.data.as_str() {
            "525" => "there is no such account",
            "52e" => "the name or the password is wrong",
            "530" => "it may not sign in at this time of the day",
            "531" => "it may not sign in from here",
            "532" => "its password has expired",
            "533" => "it is switched off",
            "701" => "it has expired",
            "773" => "its password must be changed first",
            "775" => "it is locked",
            _ => "the name or the password is wrong",
        };
        format!("the service account was not let in: {words} ({})", self.codes())
    }
}

impl Failure {
    /// May another server do better?
    pub(crate) fn is_of_this_server(&self) -> bool {
        match self {
            Self::NotSent(_) | Self::TimedOut | Self::Broken(_) => true,
            Self::Answer(answer) => {
                matches!(answer.code, code::BUSY | code::UNAVAILABLE | code::OPERATIONS_ERROR)
            }
            Self::Half(_) => false,
        }
    }

    /// Did the server answer with this code?
    pub(crate) fn is(&self, code: u32) -> bool {
        matches!(self, Self::Answer(answer) if answer.code == code)
    }

    /// In words, for a log.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::NotSent(why) | Self::Broken(why) | Self::Half(why) => why.clone(),
            Self::TimedOut => "no answer in time".to_owned(),
            Self::Answer(answer) => answer.words(),
        }
    }
}

impl From<Failure> for DirectoryError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::TimedOut => Self::TimedOut,
            Failure::Half(why) => Self::Half(why),
            Failure::NotSent(_) | Failure::Broken(_) | Failure::Answer(_) => {
                Self::Unavailable(failure.words())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts as Windows and Samba send them.
    #[test]
    fn of_a_servers_text_only_the_codes_are_kept() {
        let refused = Answer::new(
            49,
            "80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data 775, v4563\0",
        );
        assert_eq!(
            refused.words(),
            "the service account was not let in: it is locked (LDAP 49, 80090308, data 775)"
        );
        let policy =
            Answer::new(53, "0000052D: SvcErr: DSID-031A0FC0, problem 5003 (WILL_NOT_PERFORM), data 0");
        assert_eq!((policy.windows.as_str(), policy.codes().as_str()), ("0000052D", "LDAP 53, 0000052D"));
        let free = Answer::new(80, "Kf7m-Rq4x-Tw9b: is no good: data");
        assert_eq!(free.words(), "the server refused (LDAP 80)");
    }

    #[test]
    fn only_what_lies_with_the_server_sends_us_to_the_next_one() {
        for code in [1, 51, 52] {
            assert!(Failure::Answer(Answer::new(code, "")).is_of_this_server(), "{code}");
        }
        for code in [10, 19, 32, 49, 50, 53] {
            assert!(!Failure::Answer(Answer::new(code, "")).is_of_this_server(), "{code}");
        }
        assert!(Failure::TimedOut.is_of_this_server());
        assert!(!Failure::Half(String::new()).is_of_this_server());
    }
}
