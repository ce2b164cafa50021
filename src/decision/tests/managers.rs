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

#[test]
fn where_texts_carry_no_links_none_does_whatever_a_manager_gets() {
    for manager in [ManagerDelivery::Pickup, ManagerDelivery::Password] {
        let mut asked = above(vec![karin(|m| m.phones.clear()), erik()]);
        (asked.policy.pickup, asked.policy.manager) = (Pickup::Code, manager);
        assert_eq!(asked.policy.link_asks(), Pickup::Code);
        let decided = asked.decide();
        assert!(
            matches!(&decided.decision, Decision::OfferManager { manager, .. } if manager.as_str() == "erik")
        );
    }
}

#[test]
fn link_and_code_go_two_ways_and_who_has_but_one_is_passed_over() {
    let both = |manager: Manager| {
        let mut asked = above(vec![manager, erik()]);
        asked.policy.pickup = Pickup::LinkAndCode;
        asked
    };
    let no_mail = both(karin(|_| {})).decide();
    assert_eq!(no_mail.decision, offer_erik(Reason::NoPhone));
    let evidence = &no_mail.line(Check::Manager).evidence;
    assert!(evidence.contains("no mailbox, and link and code go two ways"), "{evidence}");
    let no_phone = both(karin(|m| {
        m.phones.clear();
        m.mail = erik().mail;
    }));
    assert_eq!(no_phone.decision(), offer_erik(Reason::NoPhone));
    // The password itself needs no second way.
    let mut password = both(karin(|_| {}));
    password.policy.manager = ManagerDelivery::Password;
    assert!(
        matches!(password.decision(), Decision::OfferManager { manager, .. } if manager.as_str() == "karin")
    );
}

#[test]
fn a_mailbox_alone_is_enough_where_the_manager_signs_in() {
    let asked = |change: fn(&mut Manager), told| {
        let mut asked = above(vec![karin(|m| {
            m.mail = erik().mail;
            change(m);
        })]);
        asked.policy.pickup = Pickup::SignIn;
        asked.policy.manager_told = told;
        asked.decide()
    };
    let no_phone: fn(&mut Manager) = |m| m.phones.clear();
    let decided = asked(no_phone, ToldBy { text: true, mail: true });
    assert!(matches!(decided.decision, Decision::OfferManager { phone: None, .. }), "{decided:?}");
    assert!(decided.line(Check::Manager).evidence.ends_with("Karin Kvist, by mail"));
    let decided = asked(no_phone, ToldBy { text: true, mail: false });
    assert_eq!(decided.decision, technician(Reason::NoManager));
    let decided = asked(|_| {}, ToldBy { text: false, mail: true });
    assert!(matches!(decided.decision, Decision::OfferManager { phone: None, .. }), "{decided:?}");
    let nothing: fn(&mut Manager) = |m| (m.phones, m.mail) = (Vec::new(), None);
    assert_eq!(asked(nothing, ToldBy { text: true, mail: true }).decision, technician(Reason::NoManager));
    let away: fn(&mut Manager) = |m| m.absence = Absence::Absent;
    assert_eq!(asked(away, ToldBy { text: true, mail: true }).decision, technician(Reason::NoManager));
}

#[test]
fn without_a_gateway_only_a_manager_who_signs_in_by_mail_is_asked() {
    let asked = |pickup, told, mail: bool| {
        let mut asked = above(vec![karin(|m| m.mail = erik().mail.filter(|_| mail))]);
        (asked.policy.pickup, asked.policy.manager_told) = (pickup, told);
        asked.texts = Err("no gateway works");
        asked
    };
    let both = ToldBy { text: true, mail: true };
    let wait = wait_then_technician(Reason::DeliveryFailed);
    let decision = asked(Pickup::SignIn, both, true).decision();
    assert!(matches!(decision, Decision::OfferManager { handover: Handover::Link, .. }), "{decision:?}");
    assert_eq!(asked(Pickup::SignIn, both, false).decision(), wait, "she has no mailbox");
    assert_eq!(asked(Pickup::SignIn, ToldBy { text: true, mail: false }, true).decision(), wait);
    assert_eq!(asked(Pickup::Link, both, true).decision(), wait);
    assert_eq!(asked(Pickup::Code, both, true).decision(), wait);
    assert_eq!(asked(Pickup::LinkAndCode, both, true).decision(), wait);
    let mut password = asked(Pickup::SignIn, both, true);
    password.policy.manager = ManagerDelivery::Password;
    assert_eq!(password.decision(), wait, "that is a text");
    let mut locked = asked(Pickup::SignIn, both, true);
    locked.deliverable = Err("there is no sealing key");
    assert_eq!(locked.decision(), wait);
    let requester = Asked::but(|a| {
        a.policy.pickup = Pickup::SignIn;
        a.texts = Err("no gateway works");
    });
    assert_eq!(requester.decision(), wait);
}
