//! A password on its way through the gateways: outages, lost answers, late receipts.

use std::path::Path;
use std::sync::Arc;

use nyckelbud::decision::ManagerDelivery;
use nyckelbud::delivery::Receipt;
use nyckelbud::ticket::Guard;

use crate::support::scripted_gateway::{ScriptedGateway, accepted, refused, uncertain};

use super::*;

/// The mails that left to `to`, their long lines joined.
pub(super) fn mails_to(folder: &Path, to: &str) -> Vec<String> {
    let read = |name: String| std::fs::read_to_string(folder.join("mail").join(name)).unwrap();
    let mails = demo_desk::files(&folder.join("mail"))
        .into_iter()
        .map(read)
        .map(|mail| mail.replace("\r\n", "\n").replace("=\n", ""));
    mails.filter(|mail| mail.contains(&format!("To: {to}"))).collect()
}

#[tokio::test]
async fn who_received_it_may_be_unknown_by_the_time_the_owner_is_told_but_not_that_somebody_did() {
    let place = Place::new();
    place.deliver(TEXTED);
    let path = place.folder.join("directory.toml");
    let people = std::fs::read_to_string(&path).unwrap();
    let gateway = ScriptedGateway::new("a", false, move |_, _| {
        // her phone is taken out of the directory while its text leaves
        std::fs::write(&path, people.replacen("070-174 06 05", "070-174 06 95", 1)).unwrap();
        accepted("")
    });
    let desk = open_with(&place, &[&gateway]).await;
    desk.work().await;
    assert!(matches!(desk.ticket(TEXTED).await.state, State::Done { .. }));
    let told = mails_to(&place.folder, "anna.andersson@kommun.example");
    let notice = told.iter().find(|mail| mail.contains("byttes")).expect("the owner is told");
    assert!(notice.contains("was changed at") && !notice.contains("could not be handed over"), "{notice}");
}

const GUN: &str = "sms-from-a-colleague";
const JOHN: &str = "sms-in-english";
const ANNAS_MOBILE: &str = "+46701740605";
const KARINS_MOBILE: &str = "+46701740610";

#[tokio::test]
async fn in_an_outage_nobody_else_is_locked_out_and_after_it_all_are_served() {
    let place = Place::new();
    let gateway = ScriptedGateway::new("a", false, |_, _| accepted(""));
    gateway.set_down(true);
    let desk = open_with(&place, &[&gateway]).await;
    place.deliver(TEXTED);
    desk.work().await;
    assert!(place.was_set("a-anna"), "nobody knew of the outage");
    place.deliver(GUN);
    place.deliver(JOHN);
    for minute in 0..20 {
        desk.work().await;
        for (account, name) in [("a-gun", GUN), ("a-john", JOHN)] {
            assert!(!place.was_set(account), "{account} was locked out in minute {minute}");
            let state = desk.ticket(name).await.state;
            assert!(matches!(state, State::Requested { waiting_since: Some(_), .. }), "{state:?}");
        }
        assert!(matches!(desk.ticket(TEXTED).await.state, State::Sending { .. }), "minute {minute}");
        place.clock.turn(1);
    }
    gateway.set_down(false);
    for _ in 0..3 {
        place.clock.turn(1);
        desk.work().await;
    }
    for (account, name) in [("a-anna", TEXTED), ("a-gun", GUN), ("a-john", JOHN)] {
        let ticket = desk.ticket(name).await;
        assert!(matches!(ticket.state, State::Done { .. }), "{name}: {:?} {:?}", ticket.state, ticket.trail);
        let sent = gateway.sent();
        let opens = |text: &str| demo_desk::password_in(text).is_some_and(|p| place.opens(account, p));
        assert_eq!(sent.iter().filter(|sent| opens(&sent.text)).count(), 1, "{account}");
    }
}

#[tokio::test]
async fn a_gateway_that_is_down_is_passed_over() {
    let place = Place::new();
    let (a, b) = (
        ScriptedGateway::new("a", false, |_, _| accepted("")),
        ScriptedGateway::new("b", false, |_, _| accepted("")),
    );
    a.set_down(true);
    let desk = open_with(&place, &[&a, &b]).await;
    for name in [TEXTED, JOHN] {
        place.deliver(name);
        desk.work().await;
        assert!(matches!(desk.ticket(name).await.state, State::Done { .. }));
    }
    assert_eq!((a.tries(), b.tries()), (1, 2), "the first one is not tried again at once");
}

#[tokio::test]
async fn a_managers_link_waits_out_an_outage() {
    let place = Place::new();
    place.deliver(OFFERED);
    let gateway = ScriptedGateway::new("a", false, |_, _| accepted(""));
    gateway.set_down(true);
    let desk = open_with(&place, &[&gateway]).await;
    for _ in 0..25 {
        desk.work().await;
        place.clock.turn(1);
    }
    gateway.set_down(false);
    place.clock.turn(2);
    desk.work().await;
    assert!(matches!(desk.ticket(OFFERED).await.state, State::Offered { .. }));
    assert!(gateway.sent().iter().any(|sent| sent.text.contains("/p/") && sent.to == KARINS_MOBILE));
}

/// Nobody but Anna was texted, and no link is open.
fn only_anna_was_texted(gateways: &[&Arc<ScriptedGateway>]) {
    for sent in gateways.iter().flat_map(|gateway| gateway.sent()) {
        assert_eq!(sent.to, ANNAS_MOBILE);
    }
}

#[tokio::test]
async fn what_may_be_in_the_owners_phone_is_not_offered_to_the_manager() {
    let place = Place::new();
    place.deliver(TEXTED);
    let gateway = ScriptedGateway::new("a", false, |_, _| uncertain());
    let desk = open_with(&place, &[&gateway]).await;
    for _ in 0..10 {
        desk.work().await;
        place.clock.turn(1);
    }
    assert_eq!(gateway.sent().len(), 4);
    technician_has(&desk, TEXTED, Reason::DeliveryFailed, PasswordFact::Changed).await;
    only_anna_was_texted(&[&gateway]);
}

#[tokio::test]
async fn nor_when_a_second_gateway_surely_refuses_it() {
    let place = Place::new();
    place.deliver(TEXTED);
    let (a, b) = (
        ScriptedGateway::new("a", true, |_, _| uncertain()),
        ScriptedGateway::new("b", true, |_, _| refused()),
    );
    let desk = open_with(&place, &[&a, &b]).await;
    desk.work().await;
    place.clock.turn(2);
    desk.work().await;
    assert_eq!((a.sent().len(), b.sent().len()), (1, 1));
    technician_has(&desk, TEXTED, Reason::DeliveryFailed, PasswordFact::Changed).await;
    only_anna_was_texted(&[&a, &b]);
}

#[tokio::test]
async fn nor_when_the_number_it_may_have_reached_is_gone_from_the_directory() {
    let place = Place::new();
    place.deliver(TEXTED);
    let gateway = ScriptedGateway::new("a", false, |_, _| uncertain());
    let desk = open_with(&place, &[&gateway]).await;
    desk.work().await;
    place.people("070-174 06 05", "070-174 06 95");
    place.clock.turn(1);
    desk.work().await;
    technician_has(&desk, TEXTED, Reason::PhoneMismatch, PasswordFact::Changed).await;
    only_anna_was_texted(&[&gateway]);
}

#[tokio::test]
async fn a_password_that_surely_left_through_no_gateway_is_offered_to_the_manager() {
    let place = Place::new();
    place.deliver(TEXTED);
    let gateway = ScriptedGateway::new("a", false, |n, _| if n == 0 { refused() } else { accepted("") });
    let desk = open_with(&place, &[&gateway]).await;
    desk.work().await;
    let state = desk.ticket(TEXTED).await.state;
    assert!(matches!(&state, State::Offered { offer, .. } if offer.already_set == Some(1)), "{state:?}");
}

/// Where managers get the password itself by text, there is no code and no sign-in to ask for.
#[tokio::test]
async fn a_link_in_the_place_of_a_managers_text_asks_for_nothing_that_never_comes() {
    for pickup in ["link-and-code", "sign-in"] {
        let place = Place::with(&format!("[delivery]\nmanager = \"password\"\npickup = \"{pickup}\"\n"));
        place.deliver(TEXTED);
        let gateway = ScriptedGateway::new("a", false, |n, _| if n == 0 { refused() } else { accepted("") });
        let desk = open_with(&place, &[&gateway]).await;
        desk.work().await;
        let state = desk.ticket(TEXTED).await.state;
        let bare = matches!(&state, State::Offered { offer, .. } if offer.guard == Guard::Nothing);
        assert!(bare, "{pickup}: {state:?}");
    }
}

#[tokio::test]
async fn a_late_receipt_of_the_first_gateway_counts_while_the_second_one_is_asked() {
    let place = Place::new();
    place.deliver(TEXTED);
    let (a, b) = (
        ScriptedGateway::new("a", true, |_, _| uncertain()),
        ScriptedGateway::new("b", true, |_, _| accepted("b1")),
    );
    let desk = open_with(&place, &[&a, &b]).await;
    desk.work().await;
    place.clock.turn(2);
    desk.work().await;
    assert!(matches!(desk.ticket(TEXTED).await.state, State::Sent { .. }), "the second one took it");
    let (store, now) = (&desk.parts.store, desk.parts.clock.now());
    let key = a.sent()[0].key.clone();
    assert!(store.receipt("a", Some(&key), "a1", Receipt::Delivered, now).await.unwrap());
    desk.work().await;
    assert!(matches!(desk.ticket(TEXTED).await.state, State::Done { .. }));
}

/// Numbers and keys of Filip's password, whose manager gets it by text: the first answer is unclear, and
/// meanwhile `changes` happens to the people's file.
async fn texted_to_karin(place: &Place, changes: fn(&str) -> String) -> Vec<(String, String)> {
    place.deliver(OFFERED);
    let path = place.folder.join("directory.toml");
    let first = std::sync::atomic::AtomicBool::new(true);
    let gateway = ScriptedGateway::new("a", false, move |_, text| {
        if demo_desk::password_in(text).is_none() || !first.swap(false, std::sync::atomic::Ordering::SeqCst) {
            return accepted("");
        }
        std::fs::write(&path, changes(&std::fs::read_to_string(&path).unwrap())).unwrap();
        uncertain()
    });
    gateway.honour_keys();
    let desk = OpenDesk::open(&place.folder, &place.clock, |parts| {
        parts.gateways = vec![Arc::clone(&gateway) as _];
        parts.rules.policy.manager = ManagerDelivery::Password;
    })
    .await;
    desk.work().await;
    let state = desk.ticket(OFFERED).await.state;
    assert!(matches!(state, State::Done { .. }), "{state:?}");
    let sent = gateway.sent().into_iter().filter(|sent| demo_desk::password_in(&sent.text).is_some());
    sent.map(|sent| (sent.to, sent.key)).collect()
}

#[tokio::test]
async fn a_key_stands_for_one_number_when_the_managers_number_changes_after_an_unclear_answer() {
    let place = Place::new();
    let sent = texted_to_karin(&place, |people| people.replace("070-174 06 10", "070-174 06 90")).await;
    let [(first, key), (second, other_key)] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!((first.as_str(), second.as_str()), (KARINS_MOBILE, "+46701740690"));
    assert_ne!(key, other_key, "a gateway that honours keys would take it for the first text");
}

#[tokio::test]
async fn the_same_number_gets_the_same_key_after_an_unclear_answer() {
    let place = Place::new();
    let sent = texted_to_karin(&place, str::to_owned).await;
    let [first, second] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(first, second);
}

#[tokio::test]
async fn no_clock_that_is_set_back_makes_a_text_wait_until_it_has_caught_up() {
    for taken in [false, true] {
        let place = Place::new();
        place.deliver(TEXTED);
        let answer = move |_, _: &str| if taken { accepted("a1") } else { uncertain() };
        let (a, b) =
            (ScriptedGateway::new("a", true, answer), ScriptedGateway::new("b", false, |_, _| accepted("")));
        let desk = open_with(&place, &[&a, &b]).await;
        desk.work().await;
        assert_eq!((a.sent().len(), b.sent().len()), (1, 0));
        place.clock.turn(-30 * 24 * 60);
        // As upkeep does when it notices.
        desk.parts.store.wake_all(desk.parts.clock.now()).await.unwrap();
        desk.work().await;
        if taken {
            technician_has(&desk, TEXTED, Reason::DeliveryFailed, PasswordFact::Changed).await;
        } else {
            assert!(matches!(desk.ticket(TEXTED).await.state, State::Done { .. }), "the next one took it");
        }
        assert_eq!(b.sent().len(), usize::from(!taken));
    }
}
