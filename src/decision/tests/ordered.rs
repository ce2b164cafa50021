//! What people have decided already, and what they cannot decide.

use super::*;
use crate::types::{CheckResult, Ordered, Override, Person, StaffName};

fn order(what: Ordered) -> Order {
    let by = Person { name: StaffName::parse("eva.lind").unwrap(), shown: "Eva Lind".to_owned() };
    let (because, of) = (Reason::PhoneMismatch, Some(anna().id));
    Order { by, with: None, what, account: None, named_before: false, because, aside: vec![because], of }
}

fn ordered(what: Ordered, change: impl FnOnce(&mut Asked)) -> Asked {
    Asked::but(|asked| {
        asked.order = Some(order(what));
        change(asked);
    })
}

fn reason(asked: &Asked) -> Option<Reason> {
    match asked.decision() {
        Decision::HandToTechnician { reason, .. } => Some(reason),
        Decision::TextRequester { .. }
        | Decision::OfferManager { .. }
        | Decision::Merge { .. }
        | Decision::AskForDetails
        | Decision::File => None,
    }
}

/// What makes a question another one.
type Hindrance = fn(&mut Asked);

const OVERRIDES: [Override; 2] = [Override::AsUsual, Override::ToRegisteredPhone];

#[test]
fn an_approved_sender_may_ask_and_everything_else_is_checked() {
    let stranger = |asked: &mut Asked| asked.sender = sender("anna@elsewhere.example", Trust::Vouched);
    assert_eq!(reason(&Asked::but(stranger)), Some(Reason::SenderUnverified));
    let approved = ordered(Ordered::SenderApproved, stranger);
    assert!(matches!(approved.decision(), Decision::TextRequester { .. }), "{:?}", approved.decide());
    let line = approved.decide();
    let line = line.line(Check::SenderAllowed);
    assert_eq!(line.result, CheckResult::Fail);
    assert!(line.evidence.ends_with("set aside by Eva Lind (eva.lind)"), "{}", line.evidence);
    let frozen = ordered(Ordered::SenderApproved, |asked| {
        stranger(asked);
        asked.history.frozen = true;
    });
    assert_eq!(reason(&frozen), Some(Reason::AccountFrozen));
    let old = ordered(Ordered::SenderApproved, |asked| asked.received_at = NOW.minus(48 * HOUR));
    assert_eq!(reason(&old), Some(Reason::MailTooOld));
}

#[test]
fn looking_again_sets_nothing_aside() {
    let again = ordered(Ordered::Again, |asked| asked.sender = sender("a@elsewhere.example", Trust::Vouched));
    assert_eq!(reason(&again), Some(Reason::SenderUnverified));
}

#[test]
fn two_people_set_aside_the_check_that_they_saw_and_nothing_behind_it() {
    let hindrances: [(Hindrance, Reason); 7] = [
        (|asked| (asked.history.frozen, asked.history.lifted) = (true, true), Reason::AccountFrozen),
        (|asked| asked.history.account_mismatches_day = 9, Reason::AccountFrozen),
        (|asked| asked.history.account_last = Some(NOW), Reason::LimitAccount),
        (|asked| asked.history.account_day = 99, Reason::LimitAccount),
        (|asked| asked.history.sender_day = 99, Reason::LimitSender),
        (|asked| asked.history.desk_hour = 9_999, Reason::LimitDesk),
        (|asked| asked.received_at = NOW.minus(48 * HOUR), Reason::MailTooOld),
    ];
    let reasons = || hindrances.iter().map(|(_, reason)| *reason);
    for (hindrance, because) in hindrances {
        assert_eq!(reason(&Asked::but(hindrance)), Some(because));
        for (way, seen) in OVERRIDES.iter().flat_map(|way| reasons().map(move |seen| (way.clone(), seen))) {
            let overridden = ordered(Ordered::Override(way), |asked| {
                asked.order.as_mut().unwrap().aside = vec![seen];
                hindrance(asked);
            });
            let expected = (seen != because).then_some(because);
            assert_eq!(reason(&overridden), expected, "{because} behind {seen}: {:?}", overridden.decide());
        }
    }
    // Of what overrides before have set aside, everything stays so.
    let both = ordered(Ordered::Override(Override::AsUsual), |asked| {
        asked.order.as_mut().unwrap().aside = vec![Reason::LimitAccount, Reason::MailTooOld];
        asked.history.account_day = 99;
        asked.received_at = NOW.minus(48 * HOUR);
    });
    assert_eq!(reason(&both), None);
}

#[test]
fn what_stands_against_another_account_than_the_one_that_was_seen_is_not_set_aside() {
    let hindrances: [(Hindrance, Reason); 3] = [
        (|asked| asked.history.account_mismatches_day = 9, Reason::AccountFrozen),
        (|asked| (asked.history.frozen, asked.history.lifted) = (true, true), Reason::AccountFrozen),
        (|asked| asked.history.account_day = 99, Reason::LimitAccount),
    ];
    for (hindrance, because) in hindrances {
        for of in [None, Some(AccountId::new("a-other"))] {
            let overridden = ordered(Ordered::Override(Override::AsUsual), |asked| {
                let order = asked.order.as_mut().unwrap();
                (order.aside, order.of) = (vec![because], of.clone());
                hindrance(asked);
            });
            assert_eq!(reason(&overridden), Some(because), "{of:?}");
        }
    }
}

#[test]
fn what_the_owner_says_after_people_have_set_a_freeze_aside_counts() {
    let overridden = ordered(Ordered::Override(Override::AsUsual), |asked| {
        asked.order.as_mut().unwrap().aside = vec![Reason::AccountFrozen];
        (asked.history.frozen, asked.history.lifted) = (true, false);
    });
    assert_eq!(reason(&overridden), Some(Reason::AccountFrozen));
}

#[test]
fn nobody_sets_aside_that_an_account_is_one_open_ordinary_and_alone() {
    let hindrances: [(Hindrance, Reason); 8] = [
        (|asked| asked.account().standing = closed(), Reason::AccountDisabled),
        (
            |asked| asked.account().privilege = Privilege::Privileged("admin".to_owned()),
            Reason::AccountProtected,
        ),
        (|asked| asked.account().privilege = Privilege::Unknown("?".to_owned()), Reason::AccountProtected),
        (|asked| asked.account().groups.push("Domain Admins".to_owned()), Reason::AccountProtected),
        (|asked| asked.automation = Automation::Off, Reason::AutomationOff),
        (
            |asked| asked.facts = Some(Ok(Facts { lookup: Lookup::Several, managers: Vec::new() })),
            Reason::AccountAmbiguous,
        ),
        (|asked| asked.facts = Some(Err(DirectoryError::TimedOut)), Reason::DirectoryFailed),
        (|asked| asked.history.live = Some(crate::types::TicketNumber::new(26, 7)), Reason::PhoneMismatch),
    ];
    let chosen = Ordered::Override(Override::ToManager(erik().id));
    let all = OVERRIDES.into_iter().map(Ordered::Override).chain([Ordered::ToManager, chosen]);
    for what in all {
        for (hindrance, expected) in &hindrances {
            let asked = ordered(what.clone(), |asked| {
                asked.chosen = Some(erik());
                hindrance(asked);
            });
            assert_eq!(reason(&asked), Some(*expected), "{what:?}");
        }
    }
}

#[test]
fn only_a_registered_phone_is_texted_whatever_the_mail_names() {
    let other = ordered(Ordered::Override(Override::ToRegisteredPhone), |asked| {
        asked.reading = request(OTHER_MOBILE);
    });
    let Decision::TextRequester { phone: texted, .. } = other.decision() else {
        panic!("{:?}", other.decide())
    };
    assert_eq!(texted.e164(), "+46701740605");
    let none =
        ordered(Ordered::Override(Override::ToRegisteredPhone), |asked| asked.account().phones.clear());
    assert_eq!(reason(&none), Some(Reason::NoPhone));
    let landline = ordered(Ordered::Override(Override::ToRegisteredPhone), |asked| {
        asked.account().phones = vec![phone(LANDLINE, PhoneType::Mobile)];
    });
    assert_eq!(reason(&landline), Some(Reason::PhoneTakesNoSms));
}

#[test]
fn a_person_routes_to_the_nearest_manager_or_to_one_of_their_choice() {
    let under_review = |asked: &mut Asked| {
        asked.policy.phone_mismatch = Fallback::Review;
        asked.reading = request(OTHER_MOBILE);
        asked.sender = sender("anna@elsewhere.example", Trust::Unverified);
    };
    let routed = ordered(Ordered::ToManager, under_review);
    let Decision::OfferManager { manager, reason: why, .. } = routed.decision() else {
        panic!("{:?}", routed.decide())
    };
    assert_eq!((manager, why), (erik().id, Reason::PhoneMismatch));
    let other = Manager { id: AccountId::new("m-other"), absence: Absence::Unknown, ..erik() };
    let chosen = Ordered::Override(Override::ToManager(other.id.clone()));
    let routed = ordered(chosen.clone(), |asked| {
        under_review(asked);
        asked.chosen = Some(other.clone());
    });
    assert!(matches!(routed.decision(), Decision::OfferManager { manager, .. } if manager == other.id));
    let closed = ordered(chosen.clone(), |asked| {
        asked.chosen = Some(Manager { standing: closed(), ..other.clone() });
    });
    assert_eq!(reason(&closed), Some(Reason::NoManager));
    let themselves = ordered(chosen, |asked| {
        let id = asked.account().id.clone();
        asked.chosen = Some(Manager { id, ..other.clone() });
    });
    assert_eq!(reason(&themselves), Some(Reason::NoManager), "nobody hands themselves a password");
}

#[test]
fn a_person_names_the_account_and_the_phone_stays_what_it_was() {
    let Reading::Request(PasswordRequest { username, phone }) = request(MOBILE) else { unreachable!() };
    let named = |phone: Option<Found<PhoneNumber>>| {
        Asked::but(|asked| {
            asked.reading = Reading::Incomplete { username: None, phone };
            asked.order = Some(Order { account: Some(username.value.clone()), ..order(Ordered::Again) });
        })
    };
    assert!(matches!(named(Some(phone)).decision(), Decision::TextRequester { .. }));
    let without = named(None);
    assert_eq!(reason(&without), Some(Reason::FieldsMissing), "whoever decided is told, not the writer");
    let by_hand = Asked::but(|asked| {
        asked.reading = Reading::General;
        let account = Some(username.value.clone());
        asked.order = Some(Order { account, ..order(Ordered::Override(Override::ToRegisteredPhone)) });
    });
    assert!(matches!(by_hand.decision(), Decision::TextRequester { .. }), "{:?}", by_hand.decide());
}
