//! Who works at the desk: technicians, auditors, administrators.

use serde::{Deserialize, Serialize};

use super::TokenName;

/// What somebody is at the desk; what that lets them do stands in the pages' table of access
/// (decisions, 19).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads tickets and acts on them.
    Technician,
    /// Reads everything and changes nothing.
    Auditor,
    /// All that a technician may, and what runs the desk: the switch, outages, quarantine, accounts.
    Administrator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Technician, Self::Auditor, Self::Administrator];

    /// The stable word.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Technician => "technician",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
        }
    }

    /// The role with this word.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }
}

/// Longer names are nobody's: a mail address has at most 254 characters (RFC 5321, 4.5.3.1.3).
const LONGEST_NAME: usize = 254;

/// In front of the name of a program.
const TOKEN: &str = "token:";

/// By what name somebody signs in, in lower case: `eva.lind`, or the identity provider's username. It is
/// what tickets are assigned to, and `user:NAME` in the audit log. A program that acts by a token stands in its place
/// as `token:NAME`, which is nobody's to sign in by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StaffName(String);

/// Not a name to sign in by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name to sign in by has 1 to 254 letters, digits and . - _ @, and begins with a letter or digit")]
pub struct StaffNameError;

impl StaffName {
    /// Reads a name; its case does not count.
    ///
    /// # Errors
    /// [`StaffNameError`].
    pub fn parse(text: &str) -> Result<Self, StaffNameError> {
        let name = text.trim().to_lowercase();
        let fits = (1..=LONGEST_NAME).contains(&name.len())
            && name.starts_with(char::is_alphanumeric)
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@'));
        if fits { Ok(Self(name)) } else { Err(StaffNameError) }
    }

    /// Reads a name as a row keeps it: a person's, or a program's.
    ///
    /// # Errors
    /// [`StaffNameError`].
    pub fn kept(text: &str) -> Result<Self, StaffNameError> {
        match text.strip_prefix(TOKEN) {
            Some(name) => {
                TokenName::parse(name).map(|name| Self::of_token(&name)).map_err(|_| StaffNameError)
            }
            None => Self::parse(text),
        }
    }

    /// As whom the program with this token acts.
    #[must_use]
    pub fn of_token(name: &TokenName) -> Self {
        Self(format!("{TOKEN}{name}"))
    }

    /// Is it a program?
    #[must_use]
    pub fn is_token(&self) -> bool {
        self.0.starts_with(TOKEN)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name without a domain, and without the number that tells names apart which are the same elsewhere.
    #[must_use]
    pub fn stem(&self) -> &str {
        let name = self.0.split('@').next().unwrap_or(&self.0);
        let numbered = name.rsplit_once('-').filter(|(stem, number)| {
            !stem.is_empty() && !number.is_empty() && number.chars().all(|c| c.is_ascii_digit())
        });
        numbered.map_or(name, |(stem, _)| stem)
    }

    /// How the audit log calls whoever has this name.
    #[must_use]
    pub fn actor(&self) -> String {
        if self.is_token() { self.0.clone() } else { format!("user:{}", self.0) }
    }
}

impl TryFrom<String> for StaffName {
    type Error = StaffNameError;
    fn try_from(text: String) -> Result<Self, StaffNameError> {
        Self::kept(&text)
    }
}

impl From<StaffName> for String {
    fn from(name: StaffName) -> Self {
        name.0
    }
}

impl std::fmt::Display for StaffName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffMember {
    /// By what name.
    pub name: StaffName,
    /// How people call them.
    pub shown: String,
    /// What they are.
    pub role: Role,
}

/// From what the secret of one-time codes is derived, so that it lies in no row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TotpKey {
    /// The sealing key.
    pub key_id: String,
    /// 128 random bits in hexadecimal: a new one makes the old codes worthless.
    pub nonce: String,
}

/// The colours of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// Every theme.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The stable word; `""` for the system's.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::System => "",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme with this word; the system's for any other.
    #[must_use]
    pub fn of_code(code: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.code() == code).unwrap_or_default()
    }
}

/// Which keys act on the pages (WCAG 2.2, 2.1.4: letters must be possible to turn off or to move).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shortcuts {
    /// None.
    Off,
    /// Single letters.
    #[default]
    Letters,
    /// Letters together with Ctrl and Alt: nobody dictates those by speaking.
    CtrlAlt,
}

impl Shortcuts {
    /// All of them, each at the number by which it is kept.
    pub const ALL: [Self; 3] = [Self::Off, Self::Letters, Self::CtrlAlt];

    /// The stable word.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Letters => "letters",
            Self::CtrlAlt => "ctrl-alt",
        }
    }

    /// Those with this word; none for any other.
    #[must_use]
    pub fn of_code(code: &str) -> Self {
        Self::ALL.into_iter().find(|one| one.code() == code).unwrap_or(Self::Off)
    }
}

/// How somebody wants the pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// `sv` or `en`; empty for the browser's own.
    pub language: String,
    /// The colours.
    pub theme: Theme,
    /// The keys.
    pub shortcuts: Shortcuts,
}

impl Default for Preferences {
    fn default() -> Self {
        Self { language: String::new(), theme: Theme::System, shortcuts: Shortcuts::Letters }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_whatever_its_case() {
        assert_eq!(StaffName::parse(" Eva.Lind ").unwrap().as_str(), "eva.lind");
        assert_eq!(StaffName::parse("åsa@kommun.example").unwrap().actor(), "user:åsa@kommun.example");
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in ["", " ", ".eva", "eva lind", "eva\nlind", "eva:1", "<b>", &"e".repeat(255)] {
            assert!(StaffName::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn two_accounts_that_may_be_one_persons_are_known_by_their_names() {
        let person = |name: &str, shown: &str| crate::types::Person {
            name: StaffName::parse(name).unwrap(),
            shown: shown.to_owned(),
        };
        let eva = person("eva.lind", "Eva Lind");
        for (name, shown) in [
            ("eva.lind", ""),
            ("eva.lind-2", "E. Lind"),
            ("eva.lind@kommun.example", "Lind"),
            ("eva.lind@kommun.example-3", "Lind"),
            ("admin", " eva  LIND "),
        ] {
            assert!(eva.may_be(&person(name, shown)) && person(name, shown).may_be(&eva), "{name}");
        }
        for (name, shown) in [("per.ost", "Per Öst"), ("eva.lindh", "Eva Lindh"), ("eva.lind-b", "Eva B")] {
            assert!(!eva.may_be(&person(name, shown)), "{name}");
        }
        assert!(!person("a", "").may_be(&person("b", "")), "nothing is shown of either");
    }

    #[test]
    fn a_role_is_known_by_its_word() {
        assert_eq!(Role::ALL.map(|role| Role::of_code(role.code())), Role::ALL.map(Some));
        assert_eq!(Role::of_code("root"), None);
    }
}
