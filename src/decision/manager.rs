//! The nearest manager (decisions.md 3): the first above the account who can be reached. Asking one
//! changes nothing by itself; only the manager's own answer does.

use std::ops::ControlFlow;

use super::decide::{Case, Step};
use super::phone::may_be_texted;
use super::{Decision, Handover, ManagerAbsent, ManagerDelivery, Pickup, Policy};
use crate::directory::{Absence, Account, Manager, Standing};
use crate::types::{AccountId, Check, EmailAddress, PhoneNumber, Reason, UnixMillis};

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
        if let Some((manager, reach)) = nearest {
            self.way_to_a_manager(&reach)?;
            let at = reach.phone.map_or("by mail".to_owned(), PhoneNumber::masked);
            notes.push(format!("{}, {at}", manager.name));
            self.pass(Check::Manager, notes.join("; "));
            return ControlFlow::Continue(Decision::OfferManager {
                account: account.id.clone(),
                manager: manager.id.clone(),
                phone: reach.phone.cloned(),
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

    /// Ends the matter for now when what would go to a manager cannot leave.
    pub(super) fn way_to_a_manager(&mut self, reach: &Reach<'_>) -> Step {
        if self.question.policy.link_asks() != Pickup::SignIn || reach.mail.is_none() {
            self.a_text_can_leave()?;
        }
        ControlFlow::Continue(())
    }
}

/// How a manager is reached: at least one of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach<'m> {
    /// The registered phone to text.
    pub phone: Option<&'m PhoneNumber>,
    /// The mailbox.
    pub mail: Option<&'m EmailAddress>,
}

impl Policy {
    /// What a link to a manager asks for. Where the password itself goes by text, a link only takes the place of
    /// a text that could not leave, and asks for no more than that text would have.
    #[must_use]
    pub fn link_asks(&self) -> Pickup {
        match (self.manager, self.pickup) {
            (ManagerDelivery::Pickup, asks) => asks,
            // Whose texts carry no links has none in this one either.
            (ManagerDelivery::Password, Pickup::Code) => Pickup::Code,
            (ManagerDelivery::Password, Pickup::Link | Pickup::LinkAndCode | Pickup::SignIn) => Pickup::Link,
        }
    }
}

/// The nearest manager that can be reached, with the ways, and notes about those passed over.
#[must_use]
pub fn nearest_manager<'m>(
    account: &AccountId,
    managers: &'m [Manager],
    policy: &Policy,
    now: UnixMillis,
) -> (Option<(&'m Manager, Reach<'m>)>, Vec<String>) {
    let mut seen = vec![account];
    let mut passed_over = Vec::new();
    for manager in managers.iter().take(usize::from(policy.manager_depth)) {
        if seen.contains(&&manager.id) {
            passed_over.push(format!("{}: already in the chain", manager.name));
            continue;
        }
        seen.push(&manager.id);
        match reachable_at(manager, policy, now) {
            Ok(reach) => return (Some((manager, reach)), passed_over),
            Err(why) => passed_over.push(format!("{}: {why}", manager.name)),
        }
    }
    (None, passed_over)
}

/// The ways to reach `manager`, or why there is none. Types of phones are tried in the order of the policy.
///
/// # Errors
/// In words, why the manager cannot be asked.
pub fn reachable_at<'m>(
    manager: &'m Manager,
    policy: &Policy,
    now: UnixMillis,
) -> Result<Reach<'m>, &'m str> {
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
    let phone = by_type.filter_map(|phone| phone.number.as_ref()).next();
    enough(Reach { phone, mail: manager.mail.as_ref() }, policy)
}

/// What of these ways is used, if it is enough for what shall go.
fn enough<'m>(found: Reach<'m>, policy: &Policy) -> Result<Reach<'m>, &'static str> {
    const NO_PHONE: &str = "no registered phone that may be texted";
    match policy.link_asks() {
        Pickup::Link | Pickup::Code if found.phone.is_none() => Err(NO_PHONE),
        Pickup::Link | Pickup::Code => Ok(found),
        // Link and code by one way would both be in one hand.
        Pickup::LinkAndCode if found.phone.is_none() => Err(NO_PHONE),
        Pickup::LinkAndCode if found.mail.is_none() => Err("no mailbox, and link and code go two ways"),
        Pickup::LinkAndCode => Ok(found),
        Pickup::SignIn => {
            let phone = found.phone.filter(|_| policy.manager_told.text);
            let mail = found.mail.filter(|_| policy.manager_told.mail);
            let reach = Reach { phone, mail };
            if phone.is_none() && mail.is_none() {
                return Err(if policy.manager_told.mail {
                    "neither a registered phone that may be texted nor a mailbox"
                } else {
                    NO_PHONE
                });
            }
            Ok(reach)
        }
    }
}
