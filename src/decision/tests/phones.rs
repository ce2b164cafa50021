//! The phone decides: registered and fit for texts, or not.

use super::*;
use crate::types::CheckResult;

fn with_phones(phones: Vec<RegisteredPhone>) -> Asked {
    Asked::but(|a| a.account().phones = phones)
}

#[test]
fn a_phone_that_is_not_registered_goes_to_the_manager_or_to_review() {
    let none = |a: &mut Asked| a.account().phones.clear();
    let other = |a: &mut Asked| a.reading = request(OTHER_MOBILE);
    assert_eq!(Asked::but(none).decision(), offer_erik(Reason::NoPhone));
    assert_eq!(Asked::but(other).decision(), offer_erik(Reason::PhoneMismatch));
    let review = Asked::but(|a| {
        none(a);
        a.policy.no_phone = Fallback::Review;
    });
    assert_eq!(review.decision(), technician(Reason::NoPhone));
    let review = Asked::but(|a| {
        other(a);
        a.policy.phone_mismatch = Fallback::Review;
    });
    assert_eq!(review.decision(), technician(Reason::PhoneMismatch));
}

#[test]
fn a_phone_that_takes_no_texts_goes_to_the_manager_although_another_mobile_is_registered() {
    for (asked_for, phones) in [
        (LANDLINE, vec![phone(LANDLINE, PhoneType::Mobile), phone(MOBILE, PhoneType::Mobile)]),
        (MOBILE, vec![phone(MOBILE, PhoneType::Office), phone(OTHER_MOBILE, PhoneType::Mobile)]),
    ] {
        let mut asked = with_phones(phones);
        asked.reading = request(asked_for);
        asked.policy.phone_mismatch = Fallback::Review;
        assert_eq!(asked.decision(), offer_erik(Reason::PhoneTakesNoSms));
    }
    let mut only_mobiles = with_phones(vec![phone(MOBILE, PhoneType::AlternateMobile)]);
    assert_eq!(only_mobiles.decision(), text_anna(Handover::Password));
    only_mobiles.policy.phone_types = vec![PhoneType::Mobile];
    assert_eq!(only_mobiles.decision(), offer_erik(Reason::PhoneTakesNoSms));
}

#[test]
fn a_number_registered_twice_is_texted_when_one_entry_allows_it() {
    let asked = with_phones(vec![phone(MOBILE, PhoneType::Office), phone(MOBILE, PhoneType::Mobile)]);
    assert_eq!(asked.decision(), text_anna(Handover::Password));
}

#[test]
fn what_cannot_be_read_is_never_another_number() {
    let unreadable = |kind| RegisteredPhone { number: None, kind, registered_at: None };
    let mut asked = with_phones(vec![phone(OTHER_MOBILE, PhoneType::Mobile), unreadable(PhoneType::Mobile)]);
    let decided = asked.decide();
    assert_eq!(decided.decision, technician(Reason::DirectoryFailed));
    assert_eq!(decided.line(Check::PhoneRegistered).result, CheckResult::Unknown);
    // The right number is there: nothing is unclear.
    asked.account().phones.push(phone(MOBILE, PhoneType::Mobile));
    assert_eq!(asked.decision(), text_anna(Handover::Password));
    // Whatever the desk phone's extension is, nobody would text it.
    let office = with_phones(vec![phone(OTHER_MOBILE, PhoneType::Mobile), unreadable(PhoneType::Office)]);
    assert_eq!(office.decision(), offer_erik(Reason::PhoneMismatch));
}

#[test]
fn a_number_of_another_country_is_texted_only_where_the_site_says_so() {
    let mut asked = Asked::but(|a| a.policy.countries = vec!["NO".to_owned()]);
    assert_eq!(asked.decision(), technician(Reason::PhoneForeign));
    asked.policy.countries.push("se".to_owned());
    assert_eq!(asked.decision(), text_anna(Handover::Password));
}

#[test]
fn a_phone_registered_just_now_or_nobody_knows_when_goes_to_review() {
    let registered = |registered_at, phone_age| {
        let mut asked =
            with_phones(vec![RegisteredPhone { registered_at, ..phone(MOBILE, PhoneType::Mobile) }]);
        asked.policy.phone_age = phone_age;
        asked.decision()
    };
    let ago = |span| Some(NOW.minus(span));
    let too_new = technician(Reason::PhoneTooNew);
    assert_eq!(registered(ago(23 * HOUR), 24 * HOUR), too_new);
    assert_eq!(registered(Some(NOW.plus(100 * HOUR)), 24 * HOUR), too_new);
    assert_eq!(registered(None, 24 * HOUR), too_new);
    assert_eq!(registered(ago(24 * HOUR), 24 * HOUR), text_anna(Handover::Password));
    assert_eq!(registered(None, Duration::ZERO), text_anna(Handover::Password));
}

#[test]
fn how_the_requester_gets_it_is_the_policys_choice() {
    use RequesterDelivery::{Password, PasswordIfOwnMailbox, Pickup};
    for (requester, address, trust, expected) in [
        (Password, "bo@kommun.example", Trust::OwnDomain, Handover::Password),
        (Pickup, "anna@kommun.example", Trust::OwnDomain, Handover::Link),
        (PasswordIfOwnMailbox, "anna@kommun.example", Trust::OwnDomain, Handover::Password),
        (PasswordIfOwnMailbox, "bo@kommun.example", Trust::OwnDomain, Handover::Link),
        (PasswordIfOwnMailbox, "anna@kommun.example", Trust::Unverified, Handover::Link),
    ] {
        let asked = Asked::but(|a| {
            a.policy.requester = requester;
            a.policy.senders = Senders::Any;
            a.sender = sender(address, trust);
        });
        assert_eq!(asked.decision(), text_anna(expected), "{requester:?} {address} {trust:?}");
    }
}
