//! The directory is asked again before anything is handed over: the number texted is the
//! directory's, read in the same attempt (I4). Nothing is ever concluded from a failure.

use super::Parts;
use crate::decision::{self, ManagerAbsent, Policy};
use crate::directory::{Absence, Account, DirectoryError, Facts, Lookup, Manager, Standing, Who};
use crate::keyring::Keyring;
use crate::store::StoreError;
use crate::ticket::{Hand, Ticket};
use crate::types::{AccountId, EmailAddress, PhoneNumber, Reason, UnixMillis};

/// Asks the directory, with a bound on the wait.
pub(crate) async fn read(parts: &Parts, who: &Who) -> Result<Facts, DirectoryError> {
    let asked = parts.directory.facts(who, parts.rules.policy.manager_depth);
    tokio::time::timeout(parts.timing.directory, asked).await.unwrap_or(Err(DirectoryError::TimedOut))
}

/// The same before something goes to `hand`: a manager whom people chose stands beside those of the chain.
pub(crate) async fn read_for(parts: &Parts, who: &Who, hand: &Hand) -> Result<Facts, DirectoryError> {
    let reading = async {
        let mut facts = parts.directory.facts(who, parts.rules.policy.manager_depth).await?;
        if let Hand::Chosen(id) = hand {
            facts.managers.extend(chosen(parts, id).await?);
        }
        Ok(facts)
    };
    tokio::time::timeout(parts.timing.directory, reading).await.unwrap_or(Err(DirectoryError::TimedOut))
}

/// Somebody who was chosen as a manager, as the directory has them.
pub(crate) async fn chosen(parts: &Parts, id: &AccountId) -> Result<Option<Manager>, DirectoryError> {
    let Lookup::One(account) = read(parts, &Who::Id(id.clone())).await?.lookup else { return Ok(None) };
    let Account { id, name, mail, standing, phones, .. } = *account;
    // Nobody asked whether they are away: whoever chose them knows.
    Ok(Some(Manager { id, name, mail, standing, absence: Absence::Unknown, phones }))
}

/// The rules by which `hand` is reached: whom people chose, they chose although they may be away.
pub(crate) fn policy_for(policy: &Policy, hand: &Hand) -> Policy {
    let manager_absent = match hand {
        Hand::Requester | Hand::Manager(_) => policy.manager_absent,
        Hand::Chosen(_) => ManagerAbsent::AskAnyway,
    };
    Policy { manager_absent, ..policy.clone() }
}

/// Does the owner of the ticket's account say that it was not them, and has nobody set that aside?
pub(crate) async fn is_frozen(parts: &Parts, ticket: &Ticket) -> Result<bool, StoreError> {
    let Some(account) = &ticket.account else { return Ok(false) };
    parts.store.is_frozen(account, ticket.freeze_lifted_at).await
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
        Hand::Manager(id) | Hand::Chosen(id) => {
            let policy = &policy_for(policy, hand);
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
