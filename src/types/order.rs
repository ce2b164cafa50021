//! What a person decided about a request, for the machine to carry out.

use serde::{Deserialize, Serialize};

use super::{AccountId, Reason, StaffName, Username};

/// Somebody of the desk, as they were called when they acted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// By what name they sign in.
    pub name: StaffName,
    /// How people call them.
    pub shown: String,
}

impl Person {
    /// May the two be one person with two accounts? In doubt yes: the same name on the page, or names to sign in by of which
    /// one is the other's with a number or a domain behind it. Somebody who signs in at the identity provider by a name
    /// that is taken gets such a number.
    #[must_use]
    pub fn may_be(&self, other: &Self) -> bool {
        let shown =
            |person: &Self| person.shown.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let (one, another) = (shown(self), shown(other));
        !one.is_empty() && one == another || self.name.stem() == other.name.stem()
    }
}

impl std::fmt::Display for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.shown.is_empty() || self.shown == self.name.as_str() {
            return f.write_str(self.name.as_str());
        }
        write!(f, "{} ({})", self.shown, self.name)
    }
}

/// A request is decided again because a person said so. What the person did not decide is checked as always, and the
/// directory is read anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Who.
    pub by: Person,
    /// The colleague without whom an override does not happen (decisions, 18), where that is the rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<Person>,
    /// What.
    pub what: Ordered,
    /// Whose account it is about, where the person named it in place of the mails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Username>,
    /// Was that account named before, and not with this order?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub named_before: bool,
    /// Why the ticket was with people.
    pub because: Reason,
    /// The checks that an override sets aside, by the reasons with which the ticket came back: this one's, and those of the
    /// overrides before it, as long as nothing new has come.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aside: Vec<Reason>,
    /// The account that those checks were about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<AccountId>,
}

/// What a person has decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ordered {
    /// Nothing: it is looked at once more.
    Again,
    /// Whoever wrote may ask.
    SenderApproved,
    /// The nearest manager is asked, whatever the phones say. Whoever wrote may ask.
    ToManager,
    /// It goes on although a check fails.
    Override(Override),
}

/// Where a request goes that is carried out although a check fails (decisions, 18).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Override {
    /// Where the phones say: only the check that it came back with, and the sender, are set aside.
    AsUsual,
    /// To a phone that is registered for the account, whatever number the mails name.
    ToRegisteredPhone,
    /// To this manager, whom the chain does not give.
    ToManager(AccountId),
}

impl Order {
    /// Was the sender looked at, and may ask?
    #[must_use]
    pub fn approves_sender(&self) -> bool {
        match self.what {
            Ordered::Again => false,
            Ordered::SenderApproved | Ordered::ToManager | Ordered::Override(_) => true,
        }
    }

    /// Does the check with this reason not count? People set aside what they have seen, and nothing behind it.
    #[must_use]
    pub fn sets_aside(&self, reason: Reason) -> bool {
        match self.what {
            Ordered::Again | Ordered::SenderApproved | Ordered::ToManager => false,
            Ordered::Override(_) => self.aside.contains(&reason),
        }
    }

    /// The same of a check that is about an account: whoever names another one has not seen what stands against that.
    #[must_use]
    pub fn sets_aside_of(&self, reason: Reason, account: &AccountId) -> bool {
        self.of.as_ref() == Some(account) && self.sets_aside(reason)
    }

    /// Does it need the phone of the mails?
    #[must_use]
    pub fn compares_phones(&self) -> bool {
        match self.what {
            Ordered::Again | Ordered::SenderApproved | Ordered::Override(Override::AsUsual) => true,
            Ordered::ToManager | Ordered::Override(Override::ToRegisteredPhone | Override::ToManager(_)) => {
                false
            }
        }
    }

    /// The manager whom people chose.
    #[must_use]
    pub fn chosen(&self) -> Option<&AccountId> {
        match &self.what {
            Ordered::Override(Override::ToManager(manager)) => Some(manager),
            Ordered::Again
            | Ordered::SenderApproved
            | Ordered::ToManager
            | Ordered::Override(Override::AsUsual | Override::ToRegisteredPhone) => None,
        }
    }
}

impl std::fmt::Display for Order {
    /// Who decided.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.with {
            Some(with) => write!(f, "{} with {with}", self.by),
            None => write!(f, "{}", self.by),
        }
    }
}
