//! Who the nearest manager is, and who is passed over.

use super::*;
use crate::types::CheckResult;

/// Anna without a phone, and these people above her.
fn above(managers: Vec<Manager>) -> Asked {
    Asked::but(|a| {
        a.account().phones.clear();
        *a.managers() = managers;
    })
}

fn karin(change: impl FnOnce(&mut Manager)) -> Manager {
    let mut karin =
        Manager { id: AccountId::new("karin"), name: "Karin Kvist".to_owned(), mail: None, ..erik() };
    change(&mut karin);
    karin
}

#[test]
fn who_cannot_be_reached_is_passed_over_and_the_trail_says_why() {
    for (first, why) in [
        (karin(|m| m.standing = closed()), "switched off"),
        (karin(|m| m.absence = Absence::Absent), "automatic replies are on"),
        (karin(|m| m.absence = Absence::Unknown), "absence could not be found out"),
        (karin(|m| m.phones.clear()), "no registered phone"),
        (karin(|m| m.phones = vec![phone(LANDLINE, PhoneType::Mobile)]), "no registered phone"),
        (karin(|m| m.phones = vec![phone(OTHER_MOBILE, PhoneType::Office)]), "no registered phone"),
        (karin(|m| m.phones = vec![phone("no number", PhoneType::Mobile)]), "no registered phone"),
        (karin(|m| m.id = AccountId::new("anna")), "already in the chain"),
    ] {
        let decided = above(vec![first, erik()]).decide();
        assert_eq!(decided.decision, offer_erik(Reason::NoPhone), "{why}");
        let evidence = &decided.line(Check::Manager).evidence;
        assert!(evidence.contains(why) && evidence.contains("Karin Kvist"), "{evidence}");
        assert!(evidence.ends_with("Erik Ek, ••• 07"), "{evidence}");
    }
}

#[test]
fn nobody_to_ask_means_a_technician() {
    let far = vec![
        karin(|m| m.standing = closed()),
        karin(|m| m.id = AccountId::new("b")),
        karin(|m| m.id = AccountId::new("c")),
    ];
    let mut too_far = above(far);
    too_far.policy.manager_depth = 1;
    let mut foreign = above(vec![erik()]);
    foreign.policy.countries = vec!["NO".to_owned()];
    for asked in [above(vec![]), above(vec![karin(|m| m.phones.clear())]), too_far, foreign] {
        let decided = asked.decide();
        assert_eq!(decided.decision, technician(Reason::NoManager));
        assert_eq!(decided.line(Check::Manager).result, CheckResult::Fail);
    }
}

#[test]
fn the_nearest_comes_first() {
    let far = karin(|m| m.phones = vec![phone(OTHER_MOBILE, PhoneType::Mobile)]);
    assert_eq!(above(vec![erik(), far]).decision(), offer_erik(Reason::NoPhone));
}

#[test]
fn an_absent_manager_is_asked_where_the_site_says_so() {
    for absence in [Absence::Absent, Absence::Unknown] {
        let mut asked = above(vec![Manager { absence, ..erik() }]);
        asked.policy.manager_absent = ManagerAbsent::AskAnyway;
        assert_eq!(asked.decision(), offer_erik(Reason::NoPhone));
    }
}

#[test]
fn a_managers_phone_registered_just_now_is_not_used_either() {
    let registered_at = Some(NOW.minus(HOUR));
    let fresh = RegisteredPhone { registered_at, ..phone(MANAGERS_MOBILE, PhoneType::Mobile) };
    let mut asked = above(vec![Manager { phones: vec![fresh], ..erik() }]);
    asked.policy.phone_age = 24 * HOUR;
    assert_eq!(asked.decision(), technician(Reason::NoManager));
}

#[test]
fn types_of_phones_are_tried_in_the_order_of_the_policy() {
    let phones =
        vec![phone(OTHER_MOBILE, PhoneType::AlternateMobile), phone(MANAGERS_MOBILE, PhoneType::Mobile)];
    let asked = above(vec![Manager { phones, ..erik() }]);
    assert_eq!(asked.decision(), offer_erik(Reason::NoPhone));
}

#[test]
fn the_manager_gets_a_link_or_the_password_by_the_policy() {
    let mut asked = above(vec![erik()]);
    asked.policy.manager = ManagerDelivery::Password;
    assert!(matches!(asked.decision(), Decision::OfferManager { handover: Handover::Password, .. }));
}
