//! The nearest manager (decisions.md 3): the first above the account who can be reached. Asking one
//! changes nothing by itself; only the manager's own answer does.

use std::ops::ControlFlow;

use super::decide::{Case, Step};
use super::phone::may_be_texted;
use super::{Decision, Handover, ManagerAbsent, ManagerDelivery, Policy};
use crate::directory::{Absence, Account, Manager, Standing};
use crate::types::{AccountId, Check, PhoneNumber, Reason, UnixMillis};

impl Case<'_> {
    /// Offers the password to the nearest manager, or hands over to a technician when there is
    /// none. `reason` is why it does not go to the requester.
    pub(super) fn offer_manager(
        &mut self,
        reason: Reason,
        account: &Account,
        managers: &[Manager],
    ) -> Step<Decision> {
        let (nearest, mut notes) =
            nearest_manager(&account.id, managers, self.question.policy, self.question.now);
        if let Some((manager, phone)) = nearest {
            notes.push(format!("{}, {}", manager.name, phone.masked()));
            self.pass(Check::Manager, notes.join("; "));
            return ControlFlow::Continue(Decision::OfferManager {
                account: account.id.clone(),
                manager: manager.id.clone(),
                phone: phone.clone(),
                reason,
                handover: match self.question.policy.manager {
                    ManagerDelivery::Pickup => Handover::Link,
                    ManagerDelivery::Password => Handover::Password,
                },
            });
        }
        if notes.is_empty() {
            notes.push("nobody is above the account".to_owned());
        }
        self.fail(Check::Manager, notes.join("; "), Reason::NoManager)
    }
}

/// The nearest manager that can be reached, with the phone, and notes about those passed over.
#[must_use]
pub fn nearest_manager<'m>(
    account: &AccountId,
    managers: &'m [Manager],
    policy: &Policy,
    now: UnixMillis,
) -> (Option<(&'m Manager, &'m PhoneNumber)>, Vec<String>) {
    let mut seen = vec![account];
    let mut passed_over = Vec::new();
    for manager in managers.iter().take(usize::from(policy.manager_depth)) {
        if seen.contains(&&manager.id) {
            passed_over.push(format!("{}: already in the chain", manager.name));
            continue;
        }
        seen.push(&manager.id);
        match reachable_at(manager, policy, now) {
            Ok(phone) => return (Some((manager, phone)), passed_over),
            Err(why) => passed_over.push(format!("{}: {why}", manager.name)),
        }
    }
    (None, passed_over)
}

/// The phone to reach `manager` at, or why not. Types are tried in the order of the policy.
///
/// # Errors
/// In words, why the manager cannot be asked.
pub fn reachable_at<'m>(
    manager: &'m Manager,
    policy: &Policy,
    now: UnixMillis,
) -> Result<&'m PhoneNumber, &'m str> {
    if let Standing::Closed(why) = &manager.standing {
        return Err(why);
    }
    match (&manager.absence, policy.manager_absent) {
        (Absence::Present, _) | (_, ManagerAbsent::AskAnyway) => {}
        (Absence::Absent, ManagerAbsent::Skip) => return Err("automatic replies are on"),
        // Asking somebody who may be away could leave the requester without an answer.
        (Absence::Unknown, ManagerAbsent::Skip) => return Err("absence could not be found out"),
    }
    let texted = |phone: &&crate::directory::RegisteredPhone| may_be_texted(phone, policy, now);
    let by_type = policy
        .phone_types
        .iter()
        .flat_map(|kind| manager.phones.iter().filter(move |phone| phone.kind == *kind).filter(texted));
    by_type.filter_map(|phone| phone.number.as_ref()).next().ok_or("no registered phone that may be texted")
}
