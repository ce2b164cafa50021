//! What a manager hears of a link beside the text that carries it: one reminder, and that it is closed.

use nyckelbud::web::{PickupAnswer, PickupView};

use super::*;
use crate::support::scripted_gateway::{accepted, refused, uncertain};

/// The texts to Karin's mobile that hold these words.
fn to_karin(place: &Place, words: &str) -> Vec<String> {
    let texts = demo_desk::texts(&place.folder).into_iter();
    texts.filter(|text| text.starts_with("To: 46701740610\n") && text.contains(words)).collect()
}

const REMINDER: &str = "Påminnelse: Filip Nord väntar";
const CLOSED: &str = "Länken är stängd";

/// How many texts that reached a gateway hold these words.
fn holding(gateway: &ScriptedGateway, words: &str) -> usize {
    gateway.sent().iter().filter(|sent| sent.text.contains(words)).count()
}

async fn offered(place: &Place) -> OpenDesk {
    place.deliver(OFFERED);
    let desk = place.open().await;
    desk.work().await;
    assert_eq!(to_karin(place, "behöver").len(), 1);
    desk
}

#[tokio::test]
async fn whoever_has_not_opened_the_link_is_reminded_once_whatever_restarts() {
    let place = Place::new();
    let desk = offered(&place).await;
    place.clock.turn(29);
    desk.work().await;
    assert!(to_karin(&place, REMINDER).is_empty(), "half an hour is not over");
    drop(desk);
    place.clock.turn(2);
    for _ in 0..3 {
        place.open().await.work().await;
    }
    let reminders = to_karin(&place, REMINDER);
    assert_eq!(reminders.len(), 1);
    assert!(reminders[0].contains(&format!("/p/{}", place.token())), "the same link again");
    place.clock.turn(120);
    let desk = place.open().await;
    desk.work().await;
    assert_eq!(to_karin(&place, REMINDER).len(), 1);
    assert!(!place.was_set("a-filip"));
    let password = desk.reveal(&place.token(), &karins_phone()).await.unwrap();
    assert!(place.opens("a-filip", &password));
}

#[tokio::test]
async fn nobody_is_reminded_of_a_link_that_was_used_declined_stopped_or_has_expired() {
    for how in ["used", "declined", "stopped", "expired"] {
        let place = Place::new();
        let desk = offered(&place).await;
        match how {
            "used" => drop(desk.reveal(&place.token(), &karins_phone()).await.unwrap()),
            "declined" => {
                drop(desk.answer(&place.token(), Some(&karins_phone()), PickupAnswer::NotMine).await)
            }
            "stopped" => {
                let stop = demo_desk::stop_token(&place.folder).unwrap();
                assert_eq!(desk.answer(&stop, None, PickupAnswer::NotMe).await, PickupView::Stopped);
            }
            _ => place.clock.turn(4 * 60),
        }
        place.clock.turn(31);
        desk.work().await;
        place.clock.turn(4 * 60);
        desk.work().await;
        assert!(to_karin(&place, REMINDER).is_empty(), "{how}");
    }
}

#[tokio::test]
async fn a_link_that_is_used_between_the_reminder_and_its_text_is_brought_to_nobodys_mind() {
    let place = Place::new();
    place.deliver(OFFERED);
    let gateway = ScriptedGateway::new("one", false, |_, _| accepted(""));
    let desk = open_with(&place, &[&gateway]).await;
    desk.work().await;
    let token = token_in(&gateway.sent().iter().find(|sent| sent.text.contains("behöver")).unwrap().text);
    gateway.set_down(true);
    place.clock.turn(31);
    desk.work().await;
    let tried = gateway.tries();
    gateway.set_down(false);
    desk.reveal(&token, &karins_phone()).await.unwrap();
    place.clock.turn(5);
    desk.work().await;
    assert_eq!(gateway.tries(), tried, "it was wanted no more");
    assert_eq!(holding(&gateway, "Påminnelse"), 0);
}

#[tokio::test]
async fn a_link_that_soon_ends_is_not_brought_to_mind() {
    for (minutes, reminders) in [(39, 0), (41, 1)] {
        let place = Place::new();
        place.deliver(OFFERED);
        let desk = OpenDesk::open(&place.folder, &place.clock, |parts| {
            parts.rules.pickup_valid = std::time::Duration::from_secs(minutes * 60);
        })
        .await;
        desk.work().await;
        place.clock.turn(30);
        desk.work().await;
        assert_eq!(to_karin(&place, REMINDER).len(), reminders, "valid for {minutes} minutes");
        place.clock.turn(12);
        desk.work().await;
        technician_has(&desk, OFFERED, Reason::PickupExpired, PasswordFact::NotChanged).await;
    }
}

#[tokio::test]
async fn a_reminder_that_may_have_left_is_not_sent_again() {
    let place = Place::new();
    place.deliver(OFFERED);
    let answer = |_, text: &str| if text.contains("Påminnelse") { uncertain() } else { accepted("") };
    let gateway = ScriptedGateway::new("one", false, answer);
    let desk = open_with(&place, &[&gateway]).await;
    desk.work().await;
    place.clock.turn(31);
    for _ in 0..5 {
        desk.work().await;
        place.clock.turn(10);
    }
    assert_eq!(holding(&gateway, "Påminnelse"), 1);
}

#[tokio::test]
async fn a_manager_whose_link_was_closed_by_others_is_told_so() {
    let place = Place::new();
    let desk = offered(&place).await;
    let stop = demo_desk::stop_token(&place.folder).unwrap();
    desk.answer(&stop, None, PickupAnswer::NotMe).await;
    desk.work().await;
    let told = to_karin(&place, CLOSED);
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("Filip Nord") && !told[0].contains("/p/"), "{}", told[0]);
    desk.work().await;
    assert_eq!(to_karin(&place, CLOSED).len(), 1);
}

#[tokio::test]
async fn nobody_hears_that_a_link_is_closed_who_closed_it_or_never_had_it() {
    let place = Place::new();
    let desk = offered(&place).await;
    desk.answer(&place.token(), Some(&karins_phone()), PickupAnswer::NotMine).await;
    desk.work().await;
    assert!(to_karin(&place, CLOSED).is_empty(), "the manager closed it");

    let place = Place::new();
    place.deliver(OFFERED);
    let answer = |_, text: &str| if text.contains("behöver nytt") { refused() } else { accepted("") };
    let gateway = ScriptedGateway::new("one", false, answer);
    let desk = open_with(&place, &[&gateway]).await;
    desk.work().await;
    technician_has(&desk, OFFERED, Reason::DeliveryFailed, PasswordFact::NotChanged).await;
    assert_eq!(holding(&gateway, "stängd"), 0, "the link never left");
}

#[tokio::test]
async fn people_are_told_once_of_a_second_browser_and_never_before_the_link_was_used() {
    let place = Place::new();
    place.deliver(OFFERED);
    let alarm_to = vec![nyckelbud::types::EmailAddress::parse("drift@kommun.example").unwrap()];
    let desk = OpenDesk::open(&place.folder, &place.clock, |parts| parts.rules.alarm_to = alarm_to).await;
    desk.work().await;
    let (token, other) = (place.token(), Browser::new([2; 16]));
    for browser in [None, Some(&other)] {
        desk.look_elsewhere(&token, browser).await;
    }
    let lines = desk.ticket(OFFERED).await.trail.0.len();
    desk.reveal(&token, &karins_phone()).await.unwrap();
    desk.look_elsewhere(&token, Some(&karins_phone())).await;
    assert_eq!(desk.ticket(OFFERED).await.trail.0.len(), lines, "it is the browser that used it");
    for browser in [Some(&other), None, Some(&other)] {
        desk.look_elsewhere(&token, browser).await;
    }
    desk.work().await;
    let trail = desk.ticket(OFFERED).await.trail;
    assert_eq!(trail.0.len(), lines + 1);
    assert!(trail.0[lines].evidence.contains("second browser"), "{trail:?}");
    let mails = demo_desk::files(&place.folder.join("mail"));
    let read = |name: &String| std::fs::read_to_string(place.folder.join("mail").join(name)).unwrap();
    let alarms = mails.iter().map(read).filter(|mail| mail.contains("\nTo: drift@kommun.example")).count();
    assert_eq!(alarms, 1);
    let audit = crate::support::audit_rows::read(&place.folder.join("var/nyckelbud.db")).await;
    assert_eq!(audit.iter().filter(|(_, event, _)| event == "pickup.second-browser").count(), 1);
    assert_eq!(
        desk.answer(&token, Some(&karins_phone()), PickupAnswer::HandedOver).await,
        PickupView::Confirmed
    );
}

#[tokio::test]
async fn whoever_stole_a_link_silences_nobody_by_ending_the_matter() {
    for answer in [PickupAnswer::HandedOver, PickupAnswer::DidNotWork] {
        let place = Place::new();
        let desk = offered(&place).await;
        let (token, thief) = (place.token(), Browser::new([2; 16]));
        desk.reveal(&token, &thief).await.unwrap();
        desk.answer(&token, Some(&thief), answer).await;
        for browser in [&thief, &karins_phone(), &karins_phone()] {
            desk.look_elsewhere(&token, Some(browser)).await;
        }
        let trail = desk.ticket(OFFERED).await.trail;
        let told = trail.0.iter().filter(|line| line.evidence.contains("second browser")).count();
        assert_eq!(told, 1, "{answer:?}: {trail:?}");
    }
    let place = Place::new();
    let desk = offered(&place).await;
    let token = place.token();
    desk.answer(&token, Some(&karins_phone()), PickupAnswer::NotMine).await;
    desk.look_elsewhere(&token, Some(&Browser::new([2; 16]))).await;
    let trail = desk.ticket(OFFERED).await.trail;
    assert!(!trail.0.iter().any(|line| line.evidence.contains("second browser")), "nobody saw a password");
}

#[tokio::test]
async fn to_all_but_its_browser_a_link_that_is_over_is_like_one_that_never_was() {
    for answer in [PickupAnswer::HandedOver, PickupAnswer::DidNotWork, PickupAnswer::NotMine] {
        let place = Place::new();
        let desk = offered(&place).await;
        let token = place.token();
        if answer != PickupAnswer::NotMine {
            desk.reveal(&token, &karins_phone()).await.unwrap();
        }
        let said = desk.answer(&token, Some(&karins_phone()), answer).await;
        assert!(matches!(said, PickupView::Confirmed | PickupView::HandedBack), "{said:?}");
        for browser in [None, Some(Browser::new([2; 16]))] {
            assert_eq!(desk.look(&token, browser.as_ref()).await, PickupView::Gone, "{answer:?}");
        }
        assert_eq!(desk.look(&token, Some(&karins_phone())).await, said);
    }
}

#[tokio::test]
async fn an_alarm_waits_for_whoever_has_the_ticket() {
    let place = Place::new();
    let desk = offered(&place).await;
    desk.reveal(&place.token(), &karins_phone()).await.unwrap();
    // A program that was stopped has it for longer than a press waits.
    let (id, lease) = (desk.ticket(OFFERED).await.id, std::time::Duration::from_secs(7));
    desk.parts.store.claim_ticket(id, "the machine", lease).await.unwrap().unwrap();
    desk.look_elsewhere(&place.token(), Some(&Browser::new([2; 16]))).await;
    let trail = desk.ticket(OFFERED).await.trail;
    assert!(trail.0.iter().any(|line| line.evidence.contains("second browser")), "{trail:?}");
}
