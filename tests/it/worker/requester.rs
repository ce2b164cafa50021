//! `delivery.requester = "pickup"`: the owner of the registered phone gets a link, and nothing changes
//! until they ask for the password there.

use nyckelbud::web::{PickupAnswer, PickupView};

use super::*;

const PICKUP: &str = "[delivery]\nrequester = \"pickup\"\n";
const IF_OWN: &str = "[delivery]\nrequester = \"password-if-own-mailbox\"\n";

fn to_anna(place: &Place) -> Vec<String> {
    let texts = demo_desk::texts(&place.folder).into_iter();
    texts.filter(|text| text.starts_with("To: 46701740605\n")).collect()
}

async fn asked(place: &Place) -> (OpenDesk, String) {
    place.deliver(TEXTED);
    let desk = place.open().await;
    desk.work().await;
    let texts = to_anna(place);
    assert!(texts.len() == 1 && texts[0].contains("Öppna inte länken"), "{texts:#?}");
    let token = token_in(&texts[0]);
    (desk, token)
}

#[tokio::test]
async fn nothing_changes_until_the_owner_of_the_registered_phone_asks_for_it() {
    let place = Place::with(PICKUP);
    let (desk, token) = asked(&place).await;
    for _ in 0..3 {
        assert!(matches!(desk.look(&token, None).await, PickupView::Offer { own: true, .. }));
    }
    place.clock.turn(31);
    desk.work().await;
    assert_eq!(to_anna(&place).len(), 1, "who asked needs no reminder");
    assert!(!place.was_set("a-anna"));
    let password = desk.reveal(&token, &karins_phone()).await.unwrap();
    assert!(place.opens("a-anna", &password));
    assert_eq!(desk.reveal(&token, &karins_phone()).await.unwrap(), password);
    let said = desk.answer(&token, Some(&karins_phone()), PickupAnswer::HandedOver).await;
    assert_eq!(said, PickupView::Confirmed);
    assert!(matches!(desk.ticket(TEXTED).await.state, State::Done { .. }));
}

#[tokio::test]
async fn an_owner_who_did_not_ask_stops_it_on_the_page() {
    let place = Place::with(PICKUP);
    let (desk, token) = asked(&place).await;
    let said = desk.answer(&token, Some(&karins_phone()), PickupAnswer::NotMine).await;
    assert!(matches!(said, PickupView::Offer { .. }), "that is a manager's answer");
    let said = desk.answer(&token, Some(&karins_phone()), PickupAnswer::NotMe).await;
    assert_eq!(said, PickupView::HandedBack);
    technician_has(&desk, TEXTED, Reason::AccountFrozen, PasswordFact::NotChanged).await;
    let ticket = desk.ticket(TEXTED).await;
    assert!(ticket.urgent, "somebody writes in her name");
    let said = "they did not ask; the account is frozen until a person lifts it";
    assert!(ticket.trail.0.iter().any(|line| line.evidence.contains(said)), "{:?}", ticket.trail);
    let frozen = desk.parts.store.frozen(desk.parts.clock.now()).await.unwrap();
    assert_eq!(frozen.iter().map(|one| one.account.as_str()).collect::<Vec<_>>(), ["a-anna"]);
    assert_eq!(desk.look(&token, Some(&karins_phone())).await, PickupView::HandedBack);
    assert_eq!(desk.reveal(&token, &Browser::new([2; 16])).await, Err(PickupView::Gone));
    desk.work().await;
    assert_eq!(to_anna(&place).len(), 1, "who stopped it knows");
    assert!(!place.was_set("a-anna"));
}

#[tokio::test]
async fn a_link_that_nobody_uses_becomes_a_technicians() {
    let place = Place::with(PICKUP);
    let (desk, token) = asked(&place).await;
    place.clock.turn(4 * 60);
    desk.work().await;
    technician_has(&desk, TEXTED, Reason::PickupExpired, PasswordFact::NotChanged).await;
    assert_eq!(desk.reveal(&token, &karins_phone()).await, Err(PickupView::Gone));
    assert!(!place.was_set("a-anna"));
}

#[tokio::test]
async fn a_phone_that_is_registered_no_more_opens_nothing() {
    let place = Place::with(PICKUP);
    let (desk, token) = asked(&place).await;
    place.people("number = \"070-174 06 05\"", "number = \"070-174 06 55\"");
    assert_eq!(desk.reveal(&token, &karins_phone()).await, Err(PickupView::Gone));
    technician_has(&desk, TEXTED, Reason::PhoneMismatch, PasswordFact::NotChanged).await;
    assert!(!place.was_set("a-anna"));
}

#[tokio::test]
async fn only_the_own_mailbox_gets_the_password_itself() {
    let place = Place::with(IF_OWN);
    place.deliver(TEXTED);
    let desk = place.open().await;
    desk.work().await;
    let texts = to_anna(&place);
    assert!(texts.len() == 1 && demo_desk::password_in(&texts[0]).is_some() && !texts[0].contains("/p/"));

    // A colleague's mailbox asks.
    let place = Place::with(IF_OWN);
    place.deliver("sms-from-a-colleague");
    let desk = place.open().await;
    desk.work().await;
    let texts = demo_desk::texts(&place.folder);
    assert!(texts.len() == 1 && texts[0].starts_with("To: 46701740607\n"), "{texts:#?}");
    assert!(texts[0].contains("/p/") && !place.was_set("a-gun"));
}

#[tokio::test]
async fn an_alarm_about_an_owners_own_link_sends_nobody_to_a_manager() {
    let place = Place::with(PICKUP);
    place.deliver(TEXTED);
    let alarm_to = vec![nyckelbud::types::EmailAddress::parse("drift@kommun.example").unwrap()];
    let desk = OpenDesk::open(&place.folder, &place.clock, |parts| parts.rules.alarm_to = alarm_to).await;
    desk.work().await;
    let token = token_in(&to_anna(&place)[0]);
    desk.reveal(&token, &karins_phone()).await.unwrap();
    desk.look_elsewhere(&token, Some(&Browser::new([2; 16]))).await;
    desk.work().await;
    let alarms = super::texting::mails_to(&place.folder, "drift@kommun.example");
    assert!(alarms.len() == 1 && alarms[0].contains("second browser"), "{alarms:?}");
    assert!(!alarms[0].contains("manager"), "{alarms:?}");
}
