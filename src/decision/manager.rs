//! The nearest manager (decisions.md 3): the first above the account who can be reached. Asking one
//! changes nothing by itself; only the manager's own answer does.

use std::ops::ControlFlow;

use super::decide::{Case, Step};
use super::phone::may_be_texted;
use super::{Decision, Handover, ManagerAbsent, ManagerDelivery};
use crate::directory::{Absence, Account, Manager};
use crate::types::{Check, PhoneNumber, Reason};

impl Case<'_> {
    /// Offers the password to the nearest manager, or hands over to a technician when there is
    /// none. `reason` is why it does not go to the requester.
    pub(super) fn offer_manager(
        &mut self,
        reason: Reason,
        account: &Account,
        managers: &[Manager],
    ) -> Step<Decision> {
        let mut seen = vec![&account.id];
        let mut passed_over = Vec::new();
        for manager in managers.iter().take(usize::from(self.question.policy.manager_depth)) {
            if seen.contains(&&manager.id) {
                passed_over.push(format!("{}: already in the chain", manager.name));
                continue;
            }
            seen.push(&manager.id);
            match self.reachable_at(manager) {
                Ok(phone) => {
                    passed_over.push(format!("{}, {}", manager.name, phone.masked()));
                    self.pass(Check::Manager, passed_over.join("; "));
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
                Err(why) => passed_over.push(format!("{}: {why}", manager.name)),
            }
        }
        if passed_over.is_empty() {
            passed_over.push("nobody is above the account".to_owned());
        }
        self.fail(Check::Manager, passed_over.join("; "), Reason::NoManager)
    }

    /// The phone to reach `manager` at, or why not. Types are tried in the order of the policy.
    fn reachable_at<'m>(&self, manager: &'m Manager) -> Result<&'m PhoneNumber, &'static str> {
        let policy = self.question.policy;
        if !manager.enabled {
            return Err("switched off");
        }
        match (&manager.absence, policy.manager_absent) {
            (Absence::Present, _) | (_, ManagerAbsent::AskAnyway) => {}
            (Absence::Absent, ManagerAbsent::Skip) => return Err("automatic replies are on"),
            // Asking somebody who may be away could leave the requester without an answer.
            (Absence::Unknown, ManagerAbsent::Skip) => return Err("absence could not be found out"),
        }
        let texted =
            |phone: &&crate::directory::RegisteredPhone| may_be_texted(phone, policy, self.question.now);
        let by_type = policy
            .phone_types
            .iter()
            .flat_map(|kind| manager.phones.iter().filter(move |phone| phone.kind == *kind).filter(texted));
        by_type
            .filter_map(|phone| phone.number.as_ref())
            .next()
            .ok_or("no registered phone that may be texted")
    }
}
