//! Every reason a decision can give, and the order in which checks are made.

use super::*;
use crate::mail::AutomaticKind;
use crate::types::{CheckResult, FROZEN_AFTER, NamedBy};

#[test]
fn a_registered_phone_gets_the_password_and_the_trail_says_why() {
    let decided = Asked::fine().decide();
    assert_eq!(decided.decision, text_anna(Handover::Password));
    let checks: Vec<Check> = decided.trail.0.iter().map(|line| line.check).collect();
    assert_eq!(
        checks,
        [
            Check::Reading,
            Check::Sender,
            Check::Automation,
            Check::Age,
            Check::Username,
            Check::Phone,
            Check::SenderAllowed,
            Check::Directory,
            Check::Account,
            Check::Enabled,
            Check::Protected,
            Check::Frozen,
            Check::UnderWay,
            Check::LimitAccount,
            Check::LimitSender,
            Check::LimitDesk,
            Check::Delivery,
            Check::PhoneRegistered,
            Check::PhoneType,
            Check::PhoneCountry,
            Check::PhoneAge,
            Check::Outcome,
        ]
    );
    assert_eq!(decided.line(Check::Username).evidence, "line 3");
    assert_eq!(decided.line(Check::Phone).evidence, "line 4, ••• 05");
    assert!(decided.trail.0.iter().all(|line| line.result != CheckResult::Fail), "{decided:?}");
}

#[test]
fn each_reason_has_its_cause() {
    for (asked, expected) in causes_in_the_mail().into_iter().chain(causes_in_what_is_known()) {
        let decided = asked.decide();
        assert_eq!(decided.decision, expected, "{decided:#?}");
        // The trail ends where the decision fell.
        let before_last = &decided.trail.0[decided.trail.0.len() - 2];
        assert!(matches!(before_last.result, CheckResult::Fail | CheckResult::Unknown), "{decided:#?}");
    }
}

/// Whoever speaks as if another ticket were theirs starts nothing and is asked nothing.
#[test]
fn who_claims_anothers_ticket_goes_to_a_technician_whatever_is_asked() {
    let to = TicketNumber::new(2026, 7);
    let incomplete = Reading::Incomplete { username: None, phone: None };
    for (reading, alone) in
        [(request(MOBILE), text_anna(Handover::Password)), (incomplete, Decision::AskForDetails)]
    {
        for (by, claims) in [
            (NamedBy::Tag, true),
            (NamedBy::OurMail, true),
            (NamedBy::OwnMail, true),
            (NamedBy::TheirMail, false),
        ] {
            let linked = Asked::but(|a| {
                a.reading = reading.clone();
                a.link = Some(Link { to, by });
            });
            let decided = linked.decide();
            let expected = if claims { technician(Reason::SenderUnverified) } else { alone.clone() };
            assert_eq!(decided.decision, expected, "{by:?} {decided:#?}");
            assert!(decided.line(Check::Thread).evidence.contains("26-7"), "{decided:#?}");
        }
    }
}

fn causes_in_the_mail() -> Vec<(Asked, Decision)> {
    vec![
        (Asked::but(|a| a.automation = Automation::Off), technician(Reason::AutomationOff)),
        (Asked::but(|a| a.received_at = NOW.minus(25 * HOUR)), technician(Reason::MailTooOld)),
        (Asked::but(|a| a.delay = 25 * HOUR), technician(Reason::MailTooOld)),
        (Asked::but(|a| a.reading = Reading::General), technician(Reason::OtherSubject)),
        (
            Asked::but(|a| a.reading = Reading::Ambiguous { why: "two phones, lines 2 and 5".to_owned() }),
            technician(Reason::FieldsAmbiguous),
        ),
        (
            Asked::but(|a| {
                a.reading = Reading::Incomplete { username: None, phone: None };
                a.asked_before = true;
            }),
            technician(Reason::FieldsMissing),
        ),
        (Asked::but(|a| a.sender.trust = Trust::Vouched), technician(Reason::SenderUnverified)),
        (Asked::but(|a| a.sender.address = None), technician(Reason::SenderUnverified)),
    ]
}

fn causes_in_what_is_known() -> Vec<(Asked, Decision)> {
    vec![
        (
            Asked::but(|a| a.facts = Some(Err(DirectoryError::TimedOut))),
            wait_then_technician(Reason::DirectoryFailed),
        ),
        (Asked::but(|a| a.facts = None), wait_then_technician(Reason::DirectoryFailed)),
        (Asked::but(|a| set_lookup(a, Lookup::Nobody)), technician(Reason::AccountUnknown)),
        (Asked::but(|a| set_lookup(a, Lookup::Several)), technician(Reason::AccountAmbiguous)),
        (Asked::but(|a| a.account().standing = closed()), technician(Reason::AccountDisabled)),
        (
            Asked::but(|a| a.account().privilege = Privilege::Privileged("adminCount".to_owned())),
            technician(Reason::AccountProtected),
        ),
        (
            Asked::but(|a| a.account().privilege = Privilege::Unknown("no right to read roles".to_owned())),
            technician(Reason::AccountProtected),
        ),
        (
            Asked::but(|a| a.account().groups.push("domain ADMINS".to_owned())),
            technician(Reason::AccountProtected),
        ),
        (Asked::but(|a| a.history.account_mismatches_day = FROZEN_AFTER), technician(Reason::AccountFrozen)),
        (
            Asked::but(|a| a.history.account_last = Some(NOW.minus(HOUR / 5))),
            technician(Reason::LimitAccount),
        ),
        // A clock that went back never lifts the cool-down.
        (Asked::but(|a| a.history.account_last = Some(NOW.plus(HOUR))), technician(Reason::LimitAccount)),
        (Asked::but(|a| a.history.account_day = 3), technician(Reason::LimitAccount)),
        (Asked::but(|a| a.history.sender_day = 5), technician(Reason::LimitSender)),
        (Asked::but(|a| a.history.phone_day = 3), technician(Reason::LimitSender)),
        (Asked::but(|a| a.history.unit_hour = 60), technician(Reason::LimitDesk)),
        (Asked::but(|a| a.history.desk_hour = 300), technician(Reason::LimitDesk)),
        (
            Asked::but(|a| a.deliverable = Err("there is no sealing key")),
            wait_then_technician(Reason::DeliveryFailed),
        ),
        (Asked::but(|a| a.texts = Err("no gateway works")), wait_then_technician(Reason::DeliveryFailed)),
    ]
}

fn set_lookup(asked: &mut Asked, lookup: Lookup) {
    asked.facts = Some(Ok(Facts { lookup, managers: vec![] }));
}

#[test]
fn just_below_every_limit_is_allowed() {
    let asked = Asked::but(|a| {
        a.received_at = NOW.minus(24 * HOUR);
        a.history = History {
            account_last: Some(NOW.minus(HOUR / 4)),
            account_day: 2,
            sender_day: 4,
            phone_day: 2,
            unit_hour: 59,
            desk_hour: 299,
            account_mismatches_day: FROZEN_AFTER - 1,
            texts_day: 0,
            texts_owed: 0,
            frozen: false,
            lifted: false,
            live: None,
        };
    });
    assert_eq!(asked.decision(), text_anna(Handover::Password));
}

#[test]
fn who_asks_again_while_a_request_is_under_way_is_merged_and_meets_no_limit() {
    let into = TicketNumber::new(2026, 7);
    let again = |change: fn(&mut Asked)| {
        Asked::but(|a| {
            a.history.live = Some(into);
            a.history.account_last = Some(NOW.minus(HOUR / 60));
            a.history.account_day = 3;
            change(a);
        })
    };
    let decided = again(|_| {}).decide();
    assert_eq!(decided.decision, Decision::Merge { into });
    assert_eq!(decided.line(Check::UnderWay).evidence, "26-7 is under way for the account");
    // Somebody who may not start a request may not hide one behind another either.
    assert_eq!(again(|a| a.sender.address = None).decision(), technician(Reason::SenderUnverified));
    let guessing = again(|a| a.history.account_mismatches_day = FROZEN_AFTER);
    assert_eq!(guessing.decision(), technician(Reason::AccountFrozen));
}

#[test]
fn people_without_a_unit_share_no_units_limit() {
    let asked = Asked::but(|a| {
        a.account().unit = String::new();
        a.history.unit_hour = 1_000;
    });
    assert_eq!(asked.decision(), text_anna(Handover::Password));
}

#[test]
fn a_machines_mail_is_filed_and_nothing_else_is_looked_at() {
    let asked = Asked::but(|a| {
        a.reading = Reading::Automatic(AutomaticKind::Bounce);
        a.automation = Automation::Off;
    });
    let decided = asked.decide();
    assert_eq!(decided.decision, Decision::File);
    assert_eq!(decided.trail.0.len(), 2);
}

#[test]
fn what_is_missing_is_asked_for_once_and_only_of_a_sender_somebody_vouches_for() {
    let incomplete = |change: fn(&mut Asked)| {
        Asked::but(|a| {
            a.reading = Reading::Incomplete { username: Some(found(username(), 1)), phone: None };
            change(a);
        })
    };
    let decided = incomplete(|_| {}).decide();
    assert_eq!(decided.decision, Decision::AskForDetails);
    assert_eq!(decided.line(Check::Username).result, CheckResult::Pass);
    assert_eq!(decided.line(Check::Phone).result, CheckResult::Fail);
    assert_eq!(incomplete(|a| a.sender.trust = Trust::Vouched).decision(), Decision::AskForDetails);
    for never in [
        incomplete(|a| a.asked_before = true),
        incomplete(|a| a.wants_no_answer = true),
        incomplete(|a| a.sender.trust = Trust::Unverified),
        incomplete(|a| a.sender.address = None),
    ] {
        assert_eq!(never.decision(), technician(Reason::FieldsMissing));
    }
    assert_eq!(incomplete(|a| a.automation = Automation::Off).decision(), technician(Reason::AutomationOff));
}

#[test]
fn observing_decides_the_same_and_says_so() {
    let decided = Asked::but(|a| a.automation = Automation::Observe).decide();
    assert_eq!(decided.decision, text_anna(Handover::Password));
    assert!(decided.line(Check::Automation).evidence.starts_with("observe"));
}

#[test]
fn who_may_ask_is_the_policys_choice() {
    use Senders::{AccountOrManager, Any, OwnDomain};
    let text = text_anna(Handover::Password);
    let no = technician(Reason::SenderUnverified);
    for (senders, address, trust, expected) in [
        (OwnDomain, "bo@kommun.example", Trust::OwnDomain, &text),
        (OwnDomain, "bo@post.example", Trust::Vouched, &no),
        (OwnDomain, "anna@kommun.example", Trust::Unverified, &no),
        (Any, "bo@post.example", Trust::Unverified, &text),
        (AccountOrManager, "anna@kommun.example", Trust::OwnDomain, &text),
        (AccountOrManager, "anna.andersson@kommun.example", Trust::OwnDomain, &text),
        (AccountOrManager, "aand01@kommun.example", Trust::Vouched, &text),
        (AccountOrManager, "erik.ek@kommun.example", Trust::OwnDomain, &text),
        (AccountOrManager, "bo@kommun.example", Trust::OwnDomain, &no),
        (AccountOrManager, "anna@kommun.example", Trust::Unverified, &no),
    ] {
        let asked = Asked::but(|a| {
            a.policy.senders = senders;
            a.sender = sender(address, trust);
        });
        let decided = asked.decide();
        assert_eq!(&decided.decision, expected, "{senders:?} {address} {trust:?}");
        decided.line(Check::SenderAllowed);
    }
    let left = Asked::but(|a| {
        a.policy.senders = AccountOrManager;
        a.sender = sender("erik.ek@kommun.example", Trust::OwnDomain);
        a.managers()[0].standing = closed();
    });
    assert_eq!(left.decision(), no);
}

#[test]
fn a_request_that_others_helped_to_make_is_nobodys_own() {
    use Senders::{AccountOrManager, OwnDomain};
    let helped = |senders, address| {
        Asked::but(|a| {
            a.policy.senders = senders;
            a.policy.requester = RequesterDelivery::PasswordIfOwnMailbox;
            a.sender = Sender { alone: false, ..sender(address, Trust::OwnDomain) };
        })
    };
    for address in ["anna@kommun.example", "bo@kommun.example"] {
        assert_eq!(helped(OwnDomain, address).decision(), text_anna(Handover::Link), "{address}");
        assert_eq!(helped(AccountOrManager, address).decision(), technician(Reason::SenderUnverified));
    }
}
