//! Who is to receive a password, and how: what is on its way, and links that somebody may open.

use serde::{Deserialize, Serialize};

use super::guard::{Guard, is_zero};
use super::password_fact::PasswordFact;
use crate::types::{AccountId, Credential, UnixMillis};

/// Who is to receive a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hand {
    /// The account's owner, through the registered phone.
    Requester,
    /// The manager with this identifier, whom the chain gives.
    Manager(AccountId),
    /// The manager whom people chose in place of the chain's.
    Chosen(AccountId),
}

impl Hand {
    /// The manager; `None` for the owner.
    #[must_use]
    pub fn manager(&self) -> Option<&AccountId> {
        match self {
            Self::Requester => None,
            Self::Manager(id) | Self::Chosen(id) => Some(id),
        }
    }
}

/// How a password reaches the hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// In a text.
    Text,
    /// On the pickup page, in the browser that opened the link.
    Page {
        /// Keyed hash of that browser's cookie.
        browser: String,
    },
}

/// One generation of a temporary password or pass on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Counts from 1. One generation is one value: a new one only after a definite refusal, and for
    /// each pass that is asked for.
    pub generation: u32,
    /// What is on its way.
    #[serde(default, skip_serializing_if = "Credential::is_password")]
    pub credential: Credential,
    /// Until when a pass opens the account, once it was issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<UnixMillis>,
    /// To whom.
    pub hand: Hand,
    /// How.
    pub way: Way,
    /// Past it an undelivered password becomes a technician's ticket.
    pub deadline: UnixMillis,
    /// What had become of the password before, when people have ordered this one.
    #[serde(default, skip_serializing_if = "PasswordFact::is_not_changed")]
    pub before: PasswordFact,
}

impl Job {
    /// What has become of the password, once this was set or issued.
    #[must_use]
    pub fn password(&self) -> PasswordFact {
        match PasswordFact::after(self.credential) {
            // A pass leaves a password as it was.
            PasswordFact::PassIssued if !self.before.is_not_changed() => self.before,
            after => after,
        }
    }
}

/// A link that somebody may open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Counts from 1 within the ticket; each has a token of its own.
    pub number: u32,
    /// Who may open it.
    pub hand: Hand,
    /// Until when.
    pub expires_at: UnixMillis,
    /// The key from which its token is derived.
    pub key_id: String,
    /// 128 random bits in hexadecimal, so that no two offers share a token, even when the store was
    /// restored from a backup and gives the same numbers again.
    pub nonce: String,
    /// The generation that is set already, when a text could not be delivered: it is shown, and no
    /// second one is set.
    pub already_set: Option<u32>,
    /// What it asks for beside the link.
    #[serde(default, skip_serializing_if = "Guard::is_nothing")]
    pub guard: Guard,
    /// Wrong codes that were entered.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub wrong_codes: u32,
    /// Past it, one of which nothing has left is a technician's: whoever waits for it waits in vain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deliver_by: Option<UnixMillis>,
    /// When whoever has not opened it is reminded; `None` once that has happened, or never will.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind_at: Option<UnixMillis>,
    /// What had become of the password when people had the link made.
    #[serde(default, skip_serializing_if = "PasswordFact::is_not_changed")]
    pub before: PasswordFact,
}

impl Offer {
    /// Does nobody have the password that works, so that somebody is locked out until it is used?
    #[must_use]
    pub fn locks_out(&self) -> bool {
        self.already_set.is_some() || self.before.locks_out()
    }

    /// What has become of the password, when a technician takes over.
    #[must_use]
    pub fn password(&self) -> PasswordFact {
        if self.already_set.is_some() { PasswordFact::Changed } else { self.before }
    }
}
