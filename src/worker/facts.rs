//! The directory is asked again before anything is handed over: the number texted is the
//! directory's, read in the same attempt (I4). Nothing is ever concluded from a failure.

use super::Parts;
use crate::decision::{self, Policy};
use crate::directory::{Account, DirectoryError, Facts, Lookup, Standing, Who};
use crate::keyring::Keyring;
use crate::store::StoreError;
use crate::ticket::Hand;
use crate::types::{AccountId, EmailAddress, PhoneNumber, Reason, UnixMillis};

/// Asks the directory, with a bound on the wait.
pub(crate) async fn read(parts: &Parts, who: &Who) -> Result<Facts, DirectoryError> {
    let asked = parts.directory.facts(who, parts.rules.policy.manager_depth);
    tokio::time::timeout(parts.timing.directory, asked).await.unwrap_or(Err(DirectoryError::TimedOut))
}

/// Does the owner of the account say that it was not them, and has nobody lifted that?
pub(crate) async fn is_frozen(parts: &Parts, account: &AccountId) -> Result<bool, StoreError> {
    parts.store.is_frozen(account).await
}

/// May the password still go where it was meant to?
#[derive(Debug)]
pub(crate) enum StillGood {
    /// Yes; to this number, as the directory has it now.
    Yes {
        /// The account as it is now.
        account: Box<Account>,
        /// The number to text; `None` for a manager whom only mails reach.
        phone: Option<PhoneNumber>,
        /// A manager's mailbox.
        mail: Option<EmailAddress>,
    },
    /// The account may not get a password at all.
    AccountOut(Reason),
    /// The account may, but this hand may not receive it any more.
    HandGone(Reason),
}

/// Compares what was decided with what the directory says now.
pub(crate) fn still_good(
    facts: &Facts,
    account: &AccountId,
    hand: &Hand,
    phone_hash: &str,
    keyring: &Keyring,
    policy: &Policy,
    now: UnixMillis,
) -> StillGood {
    let found = match &facts.lookup {
        Lookup::One(found) if found.id == *account => found,
        Lookup::One(_) | Lookup::Several => return StillGood::AccountOut(Reason::AccountAmbiguous),
        Lookup::Nobody => return StillGood::AccountOut(Reason::AccountUnknown),
    };
    if found.standing != Standing::Open {
        return StillGood::AccountOut(Reason::AccountDisabled);
    }
    if decision::is_protected(found, policy) {
        return StillGood::AccountOut(Reason::AccountProtected);
    }
    match hand {
        Hand::Requester => {
            let phone = found
                .phones
                .iter()
                .filter_map(|phone| decision::texting_number(phone, policy, now))
                .find(|number| keyring.is_hash_of(phone_hash, number));
            phone.map_or(StillGood::HandGone(Reason::PhoneMismatch), |phone| StillGood::Yes {
                account: found.clone(),
                phone: Some(phone.clone()),
                mail: None,
            })
        }
        Hand::Manager(id) => {
            let manager = facts.managers.iter().find(|m| m.id == *id && m.id != *account);
            let reach = manager.and_then(|m| decision::reachable_at(m, policy, now).ok());
            reach.map_or(StillGood::HandGone(Reason::NoManager), |reach| StillGood::Yes {
                account: found.clone(),
                phone: reach.phone.cloned(),
                mail: reach.mail.cloned(),
            })
        }
    }
}
