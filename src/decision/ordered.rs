//! What a person has decided already. A check that they set aside is made all the same, and the trail tells how it
//! ended. Nobody sets aside that the account is one, open and ordinary, or that a phone is registered.

use std::ops::ControlFlow;

use super::decide::{Case, Step};
use super::phone::{listed, may_be_texted};
use super::{Decision, Handover, ManagerAbsent, ManagerDelivery, Policy, reachable_at};
use crate::directory::{Account, Manager, RegisteredPhone};
use crate::request::{Found, Reading};
use crate::types::{Check, CheckResult, Order, Ordered, Override, PhoneNumber, Reason, Username};

/// Whose password, and the phone that the mails name.
pub(super) struct Wanted<'a> {
    pub(super) username: &'a Username,
    pub(super) phone: Option<&'a PhoneNumber>,
}

impl<'a> Case<'a> {
    /// The order that lets whoever wrote ask.
    pub(super) fn approved(&self) -> Option<&'a Order> {
        self.question.order.filter(|order| order.approves_sender())
    }

    /// The order that sets the check with this reason aside.
    pub(super) fn set_aside(&self, reason: Reason) -> Option<&'a Order> {
        self.question.order.filter(|order| order.sets_aside(reason))
    }

    /// The same of a check that is about this account.
    pub(super) fn set_aside_of(&self, reason: Reason, account: &Account) -> Option<&'a Order> {
        self.question.order.filter(|order| order.sets_aside_of(reason, &account.id))
    }

    /// As [`Case::check`]; one that does not hold ends nothing when people have set it aside.
    pub(super) fn check_unless(
        &mut self,
        set_aside: Option<&Order>,
        holds: bool,
        check: Check,
        evidence: String,
        reason: Reason,
    ) -> Step {
        match set_aside {
            Some(by) if !holds => {
                self.add(check, CheckResult::Fail, format!("{evidence}; set aside by {by}"));
                ControlFlow::Continue(())
            }
            Some(_) | None => self.check(holds, check, evidence, reason),
        }
    }

    /// What is asked for: as the mails say, and as far as a person has named the account, as they say.
    pub(super) fn what_is_wanted(&mut self) -> Step<Wanted<'a>> {
        let (reading, order) = (self.question.reading, self.question.order);
        let (username, phone) = match reading {
            Reading::Request(request) => (Some(&request.username), Some(&request.phone)),
            Reading::Incomplete { username, phone } => (username.as_ref(), phone.as_ref()),
            Reading::Ambiguous { why } if order.is_none_or(Order::compares_phones) => {
                return self.fail(Check::Username, why.clone(), Reason::FieldsAmbiguous);
            }
            Reading::General | Reading::Automatic(_) if order.is_none_or(|order| order.account.is_none()) => {
                return self.fail(Check::Username, "the mail is about something else", Reason::OtherSubject);
            }
            Reading::Ambiguous { .. } | Reading::General | Reading::Automatic(_) => (None, None),
        };
        let named = order.and_then(|order| Some((order, order.account.as_ref()?)));
        self.show_fields(username, phone, named);
        let username = named.map(|(_, name)| name).or(username.map(|found| &found.value));
        let phone = phone.map(|found| &found.value);
        match username {
            Some(username) if phone.is_some() || order.is_some_and(|order| !order.compares_phones()) => {
                ControlFlow::Continue(Wanted { username, phone })
            }
            Some(_) | None => {
                self.no_other_ticket_is_claimed()?;
                ControlFlow::Break(self.ask_or_hand_over())
            }
        }
    }

    fn show_fields(
        &mut self,
        username: Option<&Found<Username>>,
        phone: Option<&Found<PhoneNumber>>,
        named: Option<(&Order, &Username)>,
    ) {
        match (named, username) {
            (Some((order, name)), _) if order.named_before => {
                self.pass(Check::Username, format!("{name}, named by people before"));
            }
            (Some((order, name)), _) => self.pass(Check::Username, format!("{name}, named by {order}")),
            (None, Some(found)) => self.pass(Check::Username, found.place.clone()),
            (None, None) => self.add(Check::Username, CheckResult::Fail, "not in the mail"),
        }
        match phone {
            Some(found) => self.pass(Check::Phone, format!("{}, {}", found.place, found.value.masked())),
            None => self.add(Check::Phone, CheckResult::Fail, "not in the mail"),
        }
    }

    /// Who gets the password.
    pub(super) fn hand(
        &mut self,
        wanted: &Wanted<'_>,
        account: &Account,
        managers: &[Manager],
    ) -> Step<Decision> {
        let order = self.question.order;
        match (order.map(|order| &order.what), wanted.phone) {
            (Some(Ordered::ToManager), _) => {
                let reason = order.map_or(Reason::OtherSubject, |order| order.because);
                self.offer_manager(reason, account, managers)
            }
            (Some(Ordered::Override(Override::ToManager(_))), _) => self.offer_chosen(account),
            (Some(Ordered::Override(Override::ToRegisteredPhone)), _) => self.text_registered(account),
            (
                None | Some(Ordered::Again | Ordered::SenderApproved | Ordered::Override(Override::AsUsual)),
                Some(phone),
            ) => self.route(phone, account, managers),
            (
                None | Some(Ordered::Again | Ordered::SenderApproved | Ordered::Override(Override::AsUsual)),
                None,
            ) => ControlFlow::Break(self.ask_or_hand_over()),
        }
    }

    /// The manager whom people chose, if they can be reached: whether they are away, people know better.
    fn offer_chosen(&mut self, account: &Account) -> Step<Decision> {
        let chosen = self.question.chosen.filter(|manager| manager.id != account.id);
        let Some(manager) = chosen else {
            let evidence = "the chosen manager is not in the directory, or is the account itself";
            return self.fail(Check::Manager, evidence, Reason::NoManager);
        };
        let policy = Policy { manager_absent: ManagerAbsent::AskAnyway, ..self.question.policy.clone() };
        let reach = match reachable_at(manager, &policy, self.question.now) {
            Ok(reach) => reach,
            Err(why) => {
                let evidence = format!("{}, chosen by people: {why}", manager.name);
                return self.fail(Check::Manager, evidence, Reason::NoManager);
            }
        };
        self.way_to_a_manager(&reach)?;
        self.pass(Check::Manager, format!("{}, chosen by people", manager.name));
        ControlFlow::Continue(Decision::OfferManager {
            account: account.id.clone(),
            manager: manager.id.clone(),
            phone: reach.phone.cloned(),
            reason: self.question.order.map_or(Reason::NoManager, |order| order.because),
            handover: match policy.manager {
                ManagerDelivery::Pickup => Handover::Link,
                ManagerDelivery::Password => Handover::Password,
            },
        })
    }

    /// A phone that is registered for the account and may be texted, the types in the order of the policy.
    fn text_registered(&mut self, account: &Account) -> Step<Decision> {
        let (policy, now) = (self.question.policy, self.question.now);
        let fits = |phone: &&RegisteredPhone| may_be_texted(phone, policy, now);
        let by_type = policy
            .phone_types
            .iter()
            .flat_map(|kind| account.phones.iter().filter(move |phone| phone.kind == *kind).filter(fits));
        let Some((phone, number)) = by_type.filter_map(|phone| Some((phone, phone.number.as_ref()?))).next()
        else {
            let (evidence, reason) = if account.phones.is_empty() {
                ("no phone is registered".to_owned(), Reason::NoPhone)
            } else {
                (format!("none of {} may be texted", listed(&account.phones)), Reason::PhoneTakesNoSms)
            };
            return self.fail(Check::PhoneRegistered, evidence, reason);
        };
        self.pass(Check::PhoneRegistered, format!("{}, chosen by people", listed([phone])));
        self.a_text_can_leave()?;
        ControlFlow::Continue(Decision::TextRequester {
            account: account.id.clone(),
            phone: number.clone(),
            handover: self.requester_handover(account),
        })
    }
}
