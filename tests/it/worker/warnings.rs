//! The text that warns an owner that a manager was asked: that it arrives, that it is not sent for nothing, and what
//! its link does when it comes too late.

use nyckelbud::decision::ManagerDelivery;
use nyckelbud::delivery::Receipt;
use nyckelbud::web::{PickupAnswer, PickupView};

use super::*;
use crate::support::scripted_gateway::{Sent, accepted, refused, uncertain};

/// The words of the warning.
const WARNING: &str = "Stoppa det";

fn warnings(gateway: &ScriptedGateway) -> Vec<Sent> {
    gateway.sent().into_iter().filter(|sent| sent.text.contains(WARNING)).collect()
}

/// What gateway `name` tells of the warning that it was given.
async fn tells(desk: &OpenDesk, name: &str, sent: &Sent, receipt: Receipt) {
    let (store, now) = (&desk.parts.store, desk.parts.clock.now());
    assert!(store.receipt(name, Some(&sent.key), "", receipt, now).await.unwrap());
}

/// Filip's manager was offered his password, and he is warned through these.
async fn warned(place: &Place, gateways: &[&Arc<ScriptedGateway>]) -> OpenDesk {
    place.deliver(OFFERED);
    let desk = open_with(place, gateways).await;
    desk.work().await;
    assert_eq!(warnings(gateways[0]).len(), 1);
    desk
}

async fn later(place: &Place, desk: &OpenDesk, minutes: i64) {
    for _ in 0..minutes {
        place.clock.turn(1);
        desk.work().await;
    }
}

fn is_given_up(ticket: &nyckelbud::ticket::Ticket) -> bool {
    ticket.trail.0.iter().any(|line| line.evidence.contains("could not be sent (owner-warning)"))
}

#[tokio::test]
async fn a_warning_whose_receipt_says_failed_goes_through_the_next_gateway() {
    for first in ["taken", "unclear"] {
        let place = Place::new();
        let a = ScriptedGateway::new("a", true, move |n, text| match first {
            "unclear" if text.contains(WARNING) => uncertain(),
            _ => accepted(&format!("a{n}")),
        });
        let b = ScriptedGateway::new("b", true, |n, _| accepted(&format!("b{n}")));
        let desk = warned(&place, &[&a, &b]).await;
        tells(&desk, "a", &warnings(&a)[0], Receipt::Failed).await;
        place.clock.pass(10);
        desk.work().await;
        assert_eq!((warnings(&a).len(), warnings(&b).len()), (1, 1), "{first}");
        assert_eq!(warnings(&b)[0].to, "+46701740624");
        tells(&desk, "b", &warnings(&b)[0], Receipt::Delivered).await;
        later(&place, &desk, 20).await;
        assert_eq!((warnings(&a).len(), warnings(&b).len()), (1, 1), "{first}: it has arrived");
        assert!(!is_given_up(&desk.ticket(OFFERED).await));
    }
}

/// As long as its receipt may come, a second copy would be for nothing.
#[tokio::test]
async fn a_warning_of_which_nobody_knows_waits_for_its_receipt_before_it_leaves_again() {
    let place = Place::new();
    let a = ScriptedGateway::new(
        "a",
        true,
        |_, text| {
            if text.contains(WARNING) { uncertain() } else { accepted("") }
        },
    );
    let desk = warned(&place, &[&a]).await;
    later(&place, &desk, 1).await;
    assert_eq!(warnings(&a).len(), 1, "a minute is too soon");
    later(&place, &desk, 1).await;
    assert_eq!(warnings(&a).len(), 2, "no receipt has come");
    tells(&desk, "a", &warnings(&a)[1], Receipt::Delivered).await;
    later(&place, &desk, 20).await;
    assert_eq!(warnings(&a).len(), 2, "it has arrived");
}

/// A receipt that names the text by the gateway's own name alone, and comes before its answer was kept.
#[tokio::test]
async fn a_failed_receipt_counts_by_its_reference_too_and_across_a_restart() {
    let place = Place::new();
    let a = ScriptedGateway::new("a", true, |n, _| accepted(&format!("a{n}")));
    let b = ScriptedGateway::new("b", false, |_, _| accepted(""));
    place.deliver(OFFERED);
    let desk = open_with(&place, &[&a, &b]).await;
    let (store, now) = (&desk.parts.store, desk.parts.clock.now());
    for reference in ["a0", "a1"] {
        // Of the link and of the warning, whichever comes first.
        assert!(!store.receipt("a", None, reference, Receipt::Failed, now).await.unwrap());
    }
    desk.work().await;
    drop(desk);
    let desk = open_with(&place, &[&a, &b]).await;
    later(&place, &desk, 1).await;
    assert_eq!((warnings(&a).len(), warnings(&b).len()), (1, 1));
}

#[tokio::test]
async fn a_warning_that_arrived_nowhere_is_in_its_tickets_trail() {
    let place = Place::new();
    let a = ScriptedGateway::new("a", true, |n, _| accepted(&format!("a{n}")));
    let b = ScriptedGateway::new("b", true, |n, text| {
        if text.contains(WARNING) { refused() } else { accepted(&format!("b{n}")) }
    });
    let desk = warned(&place, &[&a, &b]).await;
    tells(&desk, "a", &warnings(&a)[0], Receipt::Failed).await;
    later(&place, &desk, 2).await;
    assert!(is_given_up(&desk.ticket(OFFERED).await), "{:?}", desk.ticket(OFFERED).await.trail);
    assert!(matches!(desk.ticket(OFFERED).await.state, State::Offered { .. }), "the manager's link stays");
    later(&place, &desk, 5).await;
    assert_eq!((warnings(&a).len(), warnings(&b).len()), (1, 1));
}

/// It may be in the phone: nobody is warned twice for nothing.
#[tokio::test]
async fn a_warning_of_which_no_receipt_comes_is_left_alone_after_ten_minutes() {
    let place = Place::new();
    let a = ScriptedGateway::new("a", true, |n, _| accepted(&format!("a{n}")));
    let b = ScriptedGateway::new("b", true, |n, _| accepted(&format!("b{n}")));
    let desk = warned(&place, &[&a, &b]).await;
    later(&place, &desk, 15).await;
    let due = desk.parts.store.next_due().await.unwrap();
    assert!(due.is_none_or(|due| due > desk.parts.clock.now()), "somebody still looks for it");
    assert_eq!((warnings(&a).len(), warnings(&b).len()), (1, 0));
    assert!(!is_given_up(&desk.ticket(OFFERED).await));
}

#[tokio::test]
async fn a_warning_of_an_offer_that_is_over_is_not_sent() {
    let place = Place::new();
    place.deliver(OFFERED);
    let reached = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let answers = Arc::clone(&reached);
    let gateway = ScriptedGateway::new("a", false, move |_, text| {
        if text.contains(WARNING) && !answers.load(std::sync::atomic::Ordering::SeqCst) {
            return nyckelbud::types::Outcome::NotSent { cause: "its queue is full".to_owned() };
        }
        accepted("")
    });
    let desk = open_with(&place, &[&gateway]).await;
    desk.work().await;
    let tried = warnings(&gateway).len();
    assert_eq!(tried, 1);
    place.clock.turn(4 * 60 + 1);
    reached.store(true, std::sync::atomic::Ordering::SeqCst);
    later(&place, &desk, 3).await;
    technician_has(&desk, OFFERED, Reason::PickupExpired, PasswordFact::NotChanged).await;
    assert_eq!(warnings(&gateway).len(), tried, "{:?}", gateway.sent());
    assert!(!is_given_up(&desk.ticket(OFFERED).await), "nobody needs it any more");
}

fn stop_token(gateway: &ScriptedGateway) -> String {
    let text = &warnings(gateway).first().expect("the warning").text.clone();
    let (_, link) = text.split_once("/p/").expect("a link");
    link.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect()
}

/// The owner comes too late, presses the button of the warning's link, and the account is frozen.
async fn disowns(desk: &OpenDesk, stop: &str) {
    assert_eq!(desk.look(stop, None).await, PickupView::TooLate, "looking changes nothing");
    assert_eq!(desk.look(stop, None).await, PickupView::TooLate);
    assert_eq!(desk.answer(stop, None, PickupAnswer::NotMe).await, PickupView::Frozen);
    assert_eq!(desk.answer(stop, None, PickupAnswer::NotMe).await, PickupView::Frozen, "twice is once");
    let frozen = desk.parts.store.frozen(desk.parts.clock.now()).await.unwrap();
    assert!(frozen.len() == 1 && frozen[0].account.as_str() == "a-filip", "{frozen:?}");
    assert!(desk.ticket(OFFERED).await.urgent);
}

#[tokio::test]
async fn an_owner_who_comes_after_the_manager_freezes_their_account_and_their_ticket_comes_first() {
    for handed_over in [false, true] {
        let place = Place::new();
        let gateway = ScriptedGateway::new("a", false, |_, _| accepted(""));
        let desk = warned(&place, &[&gateway]).await;
        let link = token_in(&gateway.sent().iter().find(|sent| sent.text.contains("behöver")).unwrap().text);
        desk.reveal(&link, &karins_phone()).await.unwrap();
        if handed_over {
            let said = desk.answer(&link, Some(&karins_phone()), PickupAnswer::HandedOver).await;
            assert_eq!(said, PickupView::Confirmed);
        }
        disowns(&desk, &stop_token(&gateway)).await;
        technician_has(&desk, OFFERED, Reason::AccountFrozen, PasswordFact::Changed).await;
        assert_eq!(desk.reveal(&link, &karins_phone()).await, Err(PickupView::Gone));
    }
}

#[tokio::test]
async fn so_does_one_who_comes_when_a_technician_has_it_already() {
    let place = Place::new();
    let gateway = ScriptedGateway::new("a", false, |_, _| accepted(""));
    let desk = warned(&place, &[&gateway]).await;
    let link = token_in(&gateway.sent().iter().find(|sent| sent.text.contains("behöver")).unwrap().text);
    desk.reveal(&link, &karins_phone()).await.unwrap();
    place.clock.turn(61);
    desk.work().await;
    technician_has(&desk, OFFERED, Reason::HandoverUnconfirmed, PasswordFact::Changed).await;
    disowns(&desk, &stop_token(&gateway)).await;
    technician_has(&desk, OFFERED, Reason::AccountFrozen, PasswordFact::Changed).await;
}

/// Where managers get the password itself by text, it is on its way when the owner presses.
#[tokio::test]
async fn so_does_one_whose_password_is_on_its_way_to_the_manager() {
    let place = Place::new();
    place.deliver(OFFERED);
    let gateway = ScriptedGateway::new("a", true, |n, _| accepted(&format!("a{n}")));
    let desk = OpenDesk::open(&place.folder, &place.clock, |parts| {
        parts.gateways = vec![Arc::clone(&gateway) as _];
        parts.rules.policy.manager = ManagerDelivery::Password;
    })
    .await;
    desk.work().await;
    let state = desk.ticket(OFFERED).await.state;
    assert!(matches!(state, State::Sent { .. }), "{state:?}");
    disowns(&desk, &stop_token(&gateway)).await;
    technician_has(&desk, OFFERED, Reason::AccountFrozen, PasswordFact::Changed).await;
}

/// The manager has pressed, and the register does not answer just now: nothing was set yet.
#[tokio::test]
async fn so_does_one_who_comes_before_the_password_is_set_and_then_none_is() {
    let place = Place::new();
    let gateway = ScriptedGateway::new("a", false, |_, _| accepted(""));
    let desk = warned(&place, &[&gateway]).await;
    let link = token_in(&gateway.sent().iter().find(|sent| sent.text.contains("behöver")).unwrap().text);
    let closed = OpenDesk::open(&place.folder, &place.clock, |parts| {
        let open = Arc::new(std::sync::atomic::AtomicBool::new(false));
        parts.reset = Arc::new(super::time::Door { open, behind: Arc::clone(&parts.reset) });
    })
    .await;
    assert_eq!(closed.reveal(&link, &karins_phone()).await, Err(PickupView::Busy));
    disowns(&desk, &stop_token(&gateway)).await;
    later(&place, &desk, 3).await;
    technician_has(&desk, OFFERED, Reason::AccountFrozen, PasswordFact::NotChanged).await;
    assert!(!place.was_set("a-filip"));
}
