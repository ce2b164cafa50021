//! The switch is turned while requests are under way.

use nyckelbud::token::Tokens;
use nyckelbud::web::PickupView;

use super::*;

#[tokio::test]
async fn what_is_only_observed_changes_sends_and_moves_nothing_and_is_never_acted_on_later() {
    let place = Place::new();
    let desk = place.open().await;
    turn(&desk, Automation::Observe).await;
    place.deliver(TEXTED);
    place.deliver(OFFERED);
    desk.work().await;
    let ticket = desk.ticket(TEXTED).await;
    assert_eq!((&ticket.state, ticket.outcome.map(|fate| fate.code())), (&State::Observed, Some("sms")));
    assert!(ticket.observed);
    turn(&desk, Automation::On).await;
    desk.work().await;
    assert_eq!(desk.ticket(TEXTED).await.state, State::Observed);
    assert_eq!(demo_desk::inbox(&place.folder).len(), 2, "observed mails stay in the inbox");
    for folder in ["sms", "mail"] {
        assert!(demo_desk::files(&place.folder.join(folder)).is_empty());
    }
    assert!(!place.was_set("a-anna"));
}

#[tokio::test]
async fn a_request_that_came_before_observing_began_goes_to_a_technician() {
    let place = Place::new();
    let people = place.folder.join("directory.toml");
    let desk = place.open().await;
    place.deliver(TEXTED);
    // It waits, because the directory cannot be read.
    std::fs::rename(&people, people.with_extension("away")).unwrap();
    desk.work().await;
    assert!(matches!(desk.ticket(TEXTED).await.state, State::Requested { waiting_since: Some(_), .. }));
    turn(&desk, Automation::Observe).await;
    std::fs::rename(people.with_extension("away"), &people).unwrap();
    place.clock.turn(5);
    desk.work().await;
    technician_has(&desk, TEXTED, Reason::AutomationOff, PasswordFact::NotChanged).await;
}

#[tokio::test]
async fn a_request_that_came_while_observing_is_not_acted_on_after_it() {
    let place = Place::new();
    let desk = place.open().await;
    turn(&desk, Automation::Observe).await;
    place.deliver(TEXTED);
    let inbox = nyckelbud::cli::assembly::inboxes(&demo_desk::settings(&place.folder), &Tokens::default())
        .unwrap()
        .remove(0);
    let parts = std::sync::Arc::clone(&desk.parts);
    nyckelbud::worker::Intake::new(inbox, parts).drain().await.unwrap();
    turn(&desk, Automation::On).await;
    desk.work().await;
    assert_eq!(desk.ticket(TEXTED).await.state, State::Observed);
    assert!(demo_desk::texts(&place.folder).is_empty());
}

#[tokio::test]
async fn an_offer_opens_nothing_once_the_automation_is_off() {
    let place = Place::new();
    place.deliver(OFFERED);
    let desk = place.open().await;
    desk.work().await;
    turn(&desk, Automation::Off).await;
    assert_eq!(desk.reveal(&place.token(), &karins_phone()).await, Err(PickupView::Gone));
    technician_has(&desk, OFFERED, Reason::AutomationOff, PasswordFact::NotChanged).await;
    assert!(!place.was_set("a-filip"));
}

#[tokio::test]
async fn a_failing_directory_means_waiting_and_then_a_technician_never_a_manager_or_a_text() {
    let place = Place::new();
    let desk = place.open().await;
    place.deliver(TEXTED);
    std::fs::remove_file(place.folder.join("directory.toml")).unwrap();
    desk.work().await;
    assert!(matches!(desk.ticket(TEXTED).await.state, State::Requested { waiting_since: Some(_), .. }));
    place.clock.turn(31);
    desk.work().await;
    technician_has(&desk, TEXTED, Reason::DirectoryFailed, PasswordFact::NotChanged).await;
    assert!(demo_desk::texts(&place.folder).is_empty());
}
