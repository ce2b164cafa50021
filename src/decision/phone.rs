//! The rule of the house: the phone of the mail is compared with the registered ones. Registered
//! and fit for texts means the requester, otherwise the nearest manager or a technician.
//!
//! Two cases are a technician's although the rule could be read as the manager's, because nothing
//! may follow from not knowing:
//! - a registered phone of a texted type whose text is no number (masked, mistyped) might be the
//!   phone of the mail, so nobody can say that it is another one;
//! - a registered number of a country that is not texted is the right number, and whether to
//!   reach it otherwise is a person's choice, not the manager's.

use std::ops::ControlFlow;

use super::decide::{Case, Step, span};
use super::{Decision, Fallback, Handover, Policy, RequesterDelivery};
use crate::directory::{Account, Manager, RegisteredPhone};
use crate::types::{Check, CheckResult, PhoneNumber, Reason, UnixMillis};

impl Case<'_> {
    /// Compares the phones and chooses who gets the password.
    pub(super) fn route(
        &mut self,
        wanted: &PhoneNumber,
        account: &Account,
        managers: &[Manager],
    ) -> Step<Decision> {
        let policy = self.question.policy;
        if account.phones.is_empty() {
            self.add(Check::PhoneRegistered, CheckResult::Fail, "no phone is registered");
            return self.fall_back(policy.no_phone, Reason::NoPhone, account, managers);
        }
        let matching: Vec<&RegisteredPhone> =
            account.phones.iter().filter(|phone| phone.number.as_ref() == Some(wanted)).collect();
        if matching.is_empty() {
            self.no_registered_text_is_unclear(account)?;
            let evidence = format!("{} is none of {}", wanted.masked(), listed(&account.phones));
            self.add(Check::PhoneRegistered, CheckResult::Fail, evidence);
            return self.fall_back(policy.phone_mismatch, Reason::PhoneMismatch, account, managers);
        }
        self.pass(Check::PhoneRegistered, listed(matching.iter().copied()));

        let texted: Vec<&RegisteredPhone> =
            matching.iter().copied().filter(|phone| takes_texts(phone, policy)).collect();
        if texted.is_empty() {
            let evidence = format!("{} takes no texts", listed(matching));
            self.add(Check::PhoneType, CheckResult::Fail, evidence);
            return self.offer_manager(Reason::PhoneTakesNoSms, account, managers);
        }
        self.pass(Check::PhoneType, listed(texted.iter().copied()));
        self.country_is_texted(wanted)?;
        self.phone_is_old_enough(&texted)?;
        self.a_text_can_leave()?;
        ControlFlow::Continue(Decision::TextRequester {
            account: account.id.clone(),
            phone: wanted.clone(),
            handover: self.requester_handover(account),
        })
    }

    /// Something that could not be read is never "another number".
    fn no_registered_text_is_unclear(&mut self, account: &Account) -> Step {
        let policy = self.question.policy;
        let unclear =
            |phone: &&RegisteredPhone| phone.number.is_none() && policy.phone_types.contains(&phone.kind);
        if let Some(phone) = account.phones.iter().find(unclear) {
            let evidence =
                format!("the registered {} phone is no number, so it cannot be compared", phone.kind.code());
            self.add(Check::PhoneRegistered, CheckResult::Unknown, evidence);
            // Waiting does not mend what somebody has mistyped.
            let reason = Reason::DirectoryFailed;
            return ControlFlow::Break(Decision::HandToTechnician { reason, wait_first: false });
        }
        ControlFlow::Continue(())
    }

    fn country_is_texted(&mut self, number: &PhoneNumber) -> Step {
        let country = number.country();
        if !is_texted_country(number, self.question.policy) {
            let evidence = format!("numbers of {country} are not texted");
            return self.fail(Check::PhoneCountry, evidence, Reason::PhoneForeign);
        }
        self.pass(Check::PhoneCountry, country);
        ControlFlow::Continue(())
    }

    fn phone_is_old_enough(&mut self, phones: &[&RegisteredPhone]) -> Step {
        let (policy, now) = (self.question.policy, self.question.now);
        let least = policy.phone_age;
        if least.is_zero() {
            self.add(Check::PhoneAge, CheckResult::Skipped, "no least age is set");
            return ControlFlow::Continue(());
        }
        // A number registered twice is as old as its older entry.
        let oldest = phones.iter().filter_map(|phone| phone.registered_at).min();
        let evidence = match oldest {
            Some(at) => format!("registered {} ago, at least {}", span(now.since(at)), span(least)),
            None => "nobody knows since when it is registered, and unknown is not old".to_owned(),
        };
        if !phones.iter().any(|phone| is_old_enough(phone, policy, now)) {
            return self.fail(Check::PhoneAge, evidence, Reason::PhoneTooNew);
        }
        self.pass(Check::PhoneAge, evidence);
        ControlFlow::Continue(())
    }

    pub(super) fn requester_handover(&self, account: &Account) -> Handover {
        let own = account.mail.as_ref().is_some_and(|mail| self.sender_is(mail.as_str()));
        match self.question.policy.requester {
            RequesterDelivery::Password => Handover::Password,
            RequesterDelivery::PasswordIfOwnMailbox if own => Handover::Password,
            RequesterDelivery::Pickup | RequesterDelivery::PasswordIfOwnMailbox => Handover::Link,
        }
    }

    fn fall_back(
        &mut self,
        fallback: Fallback,
        reason: Reason,
        account: &Account,
        managers: &[Manager],
    ) -> Step<Decision> {
        match fallback {
            Fallback::Manager => self.offer_manager(reason, account, managers),
            Fallback::Review => ControlFlow::Break(Decision::HandToTechnician { reason, wait_first: false }),
        }
    }
}

/// The number of a phone that may be texted.
#[must_use]
pub fn texting_number<'p>(
    phone: &'p RegisteredPhone,
    policy: &Policy,
    now: UnixMillis,
) -> Option<&'p PhoneNumber> {
    phone.number.as_ref().filter(|_| may_be_texted(phone, policy, now))
}

/// May this phone be texted, by everything the rules ask of a phone?
pub(super) fn may_be_texted(phone: &RegisteredPhone, policy: &Policy, now: UnixMillis) -> bool {
    takes_texts(phone, policy)
        && phone.number.as_ref().is_some_and(|number| is_texted_country(number, policy))
        && is_old_enough(phone, policy, now)
}

/// Does whoever writes from this phone come to a technician, because it would be texted, but must not be or
/// cannot be compared?
pub(super) fn is_a_technicians(phone: &RegisteredPhone, policy: &Policy, now: UnixMillis) -> bool {
    let is_unclear = phone.number.is_none() && policy.phone_types.contains(&phone.kind);
    is_unclear || (takes_texts(phone, policy) && !may_be_texted(phone, policy, now))
}

fn takes_texts(phone: &RegisteredPhone, policy: &Policy) -> bool {
    policy.phone_types.contains(&phone.kind) && phone.number.as_ref().is_some_and(PhoneNumber::takes_texts)
}

fn is_texted_country(number: &PhoneNumber, policy: &Policy) -> bool {
    let country = number.country();
    policy.countries.iter().any(|texted| texted.eq_ignore_ascii_case(&country))
}

fn is_old_enough(phone: &RegisteredPhone, policy: &Policy, now: UnixMillis) -> bool {
    policy.phone_age.is_zero() || phone.registered_at.is_some_and(|at| now.since(at) >= policy.phone_age)
}

/// The phones for a trail: `mobile ••• 05, office (no number)`.
pub(super) fn listed<'p>(phones: impl IntoIterator<Item = &'p RegisteredPhone>) -> String {
    let one = |phone: &RegisteredPhone| match &phone.number {
        Some(number) => format!("{} {}", phone.kind.code(), number.masked()),
        None => format!("{} (no number)", phone.kind.code()),
    };
    phones.into_iter().map(one).collect::<Vec<_>>().join(", ")
}
