//! "It was not me", of an owner who was told of a change: the account is frozen until a person lifts that.

use nyckelbud::web::{PickupAnswer, PickupView};

use super::texting::mails_to;
use super::*;
use crate::support::letters;

pub(super) const ANNA: &str = "anna.andersson@kommun.example";
const FILIP: &str = "filip.nord@kommun.example";

/// The token of the link in the notice to an owner.
pub(super) fn notice_token(place: &Place, to: &str) -> String {
    let mails = mails_to(&place.folder, to);
    let link = mails.iter().find_map(|mail| mail.split_once("/p/")).expect("the notice holds a link").1;
    link.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect()
}

/// A further request of Anna's comes, and is worked on.
async fn asks_again(place: &Place, desk: &OpenDesk, name: &str) -> nyckelbud::ticket::Ticket {
    let mail = letters::request(name, "anna.andersson", "070-174 06 05").replace('\n', "\r\n");
    demo_desk::deliver_raw(&place.folder, name, mail.as_bytes());
    desk.work().await;
    desk.ticket(name).await
}

fn unfrozen() -> AuditEntry {
    AuditEntry { actor: "cli:eva".to_owned(), event: "account.unfrozen".to_owned(), data: "{}".to_owned() }
}

#[tokio::test]
async fn an_owner_who_says_it_was_not_them_freezes_the_account_until_a_person_lifts_it() {
    let place = Place::new();
    place.deliver(TEXTED);
    let desk = place.open().await;
    desk.work().await;
    let token = notice_token(&place, ANNA);
    for _ in 0..100 {
        assert_eq!(desk.look(&token, None).await, PickupView::Changed);
    }
    assert!(matches!(desk.ticket(TEXTED).await.state, State::Done { .. }), "a look changes nothing");
    assert_eq!(desk.answer(&token, None, PickupAnswer::NotMe).await, PickupView::Frozen);
    assert_eq!(desk.answer(&token, None, PickupAnswer::NotMe).await, PickupView::Frozen, "twice is once");
    technician_has(&desk, TEXTED, Reason::AccountFrozen, PasswordFact::Changed).await;
    assert!(desk.ticket(TEXTED).await.urgent);
    let first = &desk.parts.store.tickets(&Default::default()).await.unwrap()[0];
    assert!(first.messages.contains(&format!("{TEXTED}@kommun.example")), "it comes before all others");
    drop(desk);
    // Neither a restart nor any time brings the automation back.
    let desk = place.open().await;
    place.clock.turn(2 * 60);
    let again = asks_again(&place, &desk, "again-1").await;
    assert_eq!(again.reason, Some(Reason::AccountFrozen), "{:?}", again.trail);
    let texts = demo_desk::texts(&place.folder).len();
    let lifted =
        desk.parts.store.unfreeze("Anna.Andersson@kommun.example", unfrozen(), desk.parts.clock.now());
    assert_eq!(lifted.await.unwrap().expect("it was frozen").account.as_str(), "a-anna");
    let again = asks_again(&place, &desk, "again-2").await;
    assert!(matches!(again.state, State::Done { .. }), "{:?} {:?}", again.state, again.trail);
    assert_eq!(demo_desk::texts(&place.folder).len(), texts + 1);
}

#[tokio::test]
async fn a_guessed_link_and_a_warnings_that_comes_in_time_freeze_nobody() {
    let place = Place::new();
    place.deliver(OFFERED);
    place.deliver(TEXTED);
    let desk = place.open().await;
    desk.work().await;
    let token = notice_token(&place, ANNA);
    let last = if token.ends_with('a') { "e" } else { "a" };
    let forged = format!("{}{last}", &token[..token.len() - 1]);
    assert_eq!(desk.answer(&forged, None, PickupAnswer::NotMe).await, PickupView::Gone);
    let stop = demo_desk::stop_token(&place.folder).expect("the warning's link");
    assert_eq!(desk.answer(&stop, None, PickupAnswer::NotMe).await, PickupView::Stopped);
    assert_eq!(desk.answer(&stop, None, PickupAnswer::NotMe).await, PickupView::Stopped, "twice is once");
    assert_eq!(desk.parts.store.frozen(desk.parts.clock.now()).await.unwrap(), []);
}

#[tokio::test]
async fn what_a_manager_was_shown_is_gone_once_its_owner_says_so() {
    let place = Place::new();
    place.deliver(OFFERED);
    let desk = place.open().await;
    desk.work().await;
    let (browser, link) = (karins_phone(), place.token());
    desk.reveal(&link, &browser).await.unwrap();
    desk.work().await;
    let token = notice_token(&place, FILIP);
    assert_eq!(desk.answer(&token, None, PickupAnswer::NotMe).await, PickupView::Frozen);
    technician_has(&desk, OFFERED, Reason::AccountFrozen, PasswordFact::Changed).await;
    assert_eq!(desk.reveal(&link, &browser).await, Err(PickupView::Gone));
    let id = desk.ticket(OFFERED).await.id;
    let claim = desk.parts.store.claim_ticket(id, "test", std::time::Duration::from_secs(5)).await.unwrap();
    assert!(claim.expect("nobody has it").sealed.is_none(), "nothing sealed is left");
}

#[tokio::test]
async fn an_offer_of_an_account_that_was_frozen_meanwhile_opens_nothing() {
    let place = Place::new();
    place.deliver(TEXTED);
    let desk = place.open().await;
    desk.work().await;
    place.clock.turn(20);
    // Now with a phone that is not hers: her manager is asked.
    let mail = letters::request("other", "anna.andersson", "070-174 06 77").replace('\n', "\r\n");
    demo_desk::deliver_raw(&place.folder, "other", mail.as_bytes());
    desk.work().await;
    let link = place.token();
    let set = std::fs::read(place.folder.join("credentials.toml")).unwrap();
    let token = notice_token(&place, ANNA);
    assert_eq!(desk.answer(&token, None, PickupAnswer::NotMe).await, PickupView::Frozen);
    assert_eq!(desk.reveal(&link, &karins_phone()).await, Err(PickupView::Gone));
    assert_eq!(desk.ticket("other").await.reason, Some(Reason::AccountFrozen));
    assert_eq!(std::fs::read(place.folder.join("credentials.toml")).unwrap(), set, "nothing was set");
}
