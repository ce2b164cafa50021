//! The desk's breaker: more requests in an hour than a desk has, and only a person brings the automation back.

use super::texting::mails_to;
use super::together::{asks_as, crowd, phone_of};
use super::*;
use crate::support::audit_rows;

const DRIFT: &str = "drift@kommun.example";
const TELLS_DRIFT: &str = "[notify]\nmail = [\"drift@kommun.example\"]\n";

/// Person `n` asks, from their own address, and is worked on.
async fn ask(place: &Place, desk: &OpenDesk, n: usize) -> String {
    let name = format!("asks-{n}");
    asks_as(place, &name, n, &phone_of(n), &format!("person{n}"));
    desk.work().await;
    name
}

async fn is_served(place: &Place, desk: &OpenDesk, n: usize) {
    let name = ask(place, desk, n).await;
    let ticket = desk.ticket(&name).await;
    assert!(matches!(ticket.state, State::Done { .. }), "{name}: {:?}", ticket.trail);
}

async fn goes_to_the_queue(place: &Place, desk: &OpenDesk, n: usize, reason: Reason) {
    let name = ask(place, desk, n).await;
    technician_has(desk, &name, reason, PasswordFact::NotChanged).await;
}

async fn pauses(place: &Place) -> usize {
    let rows = audit_rows::read(&place.folder.join("var/nyckelbud.db")).await;
    rows.iter().filter(|(_, event, _)| event == "automation.paused").count()
}

#[tokio::test]
async fn beyond_per_hour_the_desk_pauses_tells_people_once_and_waits_for_a_person_across_a_restart() {
    let place = crowd("per_hour = 3", TELLS_DRIFT);
    let desk = place.open().await;
    for n in 0..3 {
        is_served(&place, &desk, n).await;
    }
    assert_eq!(desk.parts.store.switch(desk.parts.clock.now()).await, Ok(None), "three are not too many");
    goes_to_the_queue(&place, &desk, 3, Reason::LimitDesk).await;
    goes_to_the_queue(&place, &desk, 4, Reason::AutomationOff).await;
    let paused = desk.parts.store.switch(desk.parts.clock.now()).await.unwrap().expect("it is paused");
    assert_eq!((paused.automation, paused.by.as_str(), paused.until), (Automation::Off, "nyckelbud", None));
    assert_eq!(pauses(&place).await, 1);
    let told = mails_to(&place.folder, DRIFT);
    assert!(told.len() == 1 && told[0].contains("policy.per_hour allows (3)"), "{told:#?}");
    drop(desk);
    // Neither a restart nor the end of the hour brings it back.
    let desk = place.open().await;
    place.clock.turn(3 * 60);
    goes_to_the_queue(&place, &desk, 5, Reason::AutomationOff).await;
    assert_eq!(demo_desk::texts(&place.folder).len(), 3);
    turn(&desk, Automation::On).await;
    // The hour counts anew from there.
    for n in 6..9 {
        is_served(&place, &desk, n).await;
    }
    goes_to_the_queue(&place, &desk, 9, Reason::LimitDesk).await;
    goes_to_the_queue(&place, &desk, 10, Reason::AutomationOff).await;
    assert_eq!((pauses(&place).await, mails_to(&place.folder, DRIFT).len()), (2, 2), "a second time");
}

#[tokio::test]
async fn a_unit_over_its_own_limit_pauses_nobody_else() {
    let place = crowd("per_unit_per_hour = 2", TELLS_DRIFT);
    let theirs = "mail = \"person9@kommun.example\"\nunit = \"Skola\"";
    place.people(theirs, &theirs.replace("Skola", "Solgården"));
    let desk = place.open().await;
    is_served(&place, &desk, 0).await;
    is_served(&place, &desk, 1).await;
    goes_to_the_queue(&place, &desk, 2, Reason::LimitDesk).await;
    is_served(&place, &desk, 9).await;
    assert_eq!(desk.parts.store.switch(desk.parts.clock.now()).await, Ok(None));
    assert_eq!((pauses(&place).await, mails_to(&place.folder, DRIFT).len()), (0, 0));
}
