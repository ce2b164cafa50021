//! The manager's link, and the owner's.

use nyckelbud::web::{PickupAnswer, PickupView};

use super::*;

#[tokio::test]
async fn looking_changes_nothing_and_the_first_press_binds_the_link_to_its_browser() {
    let place = Place::new();
    place.deliver(OFFERED);
    let desk = place.open().await;
    desk.work().await;
    let token = place.token();
    for _ in 0..3 {
        assert!(matches!(desk.look(&token, None).await, PickupView::Offer { .. }));
    }
    assert!(!place.was_set("a-filip"), "looking has set a password");
    let password = desk.reveal(&token, &karins_phone()).await.unwrap();
    assert!(place.opens("a-filip", &password));
    assert_eq!(desk.reveal(&token, &karins_phone()).await.unwrap(), password, "the same browser, again");
    let other = Browser::new([2; 16]);
    assert!(matches!(desk.reveal(&token, &other).await, Err(PickupView::UsedElsewhere { .. })));
    let said = desk.answer(&token, Some(&other), PickupAnswer::HandedOver).await;
    assert!(matches!(said, PickupView::UsedElsewhere { .. }));
    let said = desk.answer(&token, Some(&karins_phone()), PickupAnswer::HandedOver).await;
    assert_eq!(said, PickupView::Confirmed);
    assert_eq!(desk.reveal(&token, &karins_phone()).await, Err(PickupView::Confirmed));
    assert!(matches!(desk.ticket(OFFERED).await.state, State::Done { .. }));
}

#[tokio::test]
async fn a_press_waits_for_the_machine_that_has_the_ticket_for_a_moment() {
    let place = Place::new();
    place.deliver(OFFERED);
    let desk = place.open().await;
    desk.work().await;
    let (token, id) = (place.token(), desk.ticket(OFFERED).await.id);
    // Nobody gives it back: its end is what the press waits for.
    let lease = std::time::Duration::from_secs(2);
    desk.parts.store.claim_ticket(id, "the machine", lease).await.unwrap().unwrap();
    let pressed = desk.reveal(&token, &karins_phone()).await;
    assert!(place.opens("a-filip", &pressed.expect("the password")));
}

#[tokio::test]
async fn after_a_quarter_of_an_hour_it_is_erased_and_after_an_hour_a_technician_asks() {
    let place = Place::new();
    place.deliver(OFFERED);
    let desk = place.open().await;
    desk.work().await;
    let token = place.token();
    desk.reveal(&token, &karins_phone()).await.unwrap();
    place.clock.turn(16);
    desk.work().await;
    assert!(matches!(desk.reveal(&token, &karins_phone()).await, Err(PickupView::Erased { .. })));
    place.clock.turn(45);
    desk.work().await;
    technician_has(&desk, OFFERED, Reason::HandoverUnconfirmed, PasswordFact::Changed).await;
}

#[tokio::test]
async fn nobody_is_shown_a_password_for_an_account_that_was_switched_off_meanwhile() {
    let place = Place::new();
    place.deliver(OFFERED);
    let desk = place.open().await;
    desk.work().await;
    let filip = "name = \"Filip Nord\"\nmail = \"filip.nord@kommun.example\"\nunit = \"Hemtjänst Norr\"\nenabled = true";
    place.people(filip, &filip.replace("true", "false"));
    assert_eq!(desk.reveal(&place.token(), &karins_phone()).await, Err(PickupView::Gone));
    technician_has(&desk, OFFERED, Reason::AccountDisabled, PasswordFact::NotChanged).await;
    assert!(!place.was_set("a-filip"));
}

#[tokio::test]
async fn a_password_that_was_set_waits_for_no_manager_who_is_none_any_more() {
    let place = Place::new();
    place.deliver(OFFERED);
    // The program dies between the reset and the page.
    let desk = place.open().await;
    desk.work().await;
    let token = place.token();
    let dying = OpenDesk::open(&place.folder, &place.clock, |parts| {
        parts.directory = std::sync::Arc::new(FailsFrom::new(2, std::sync::Arc::clone(&parts.directory)));
    })
    .await;
    assert_eq!(dying.reveal(&token, &karins_phone()).await, Err(PickupView::Busy));
    assert!(place.was_set("a-filip"));
    place.people(
        "manager = \"karin.ek@kommun.example\"\n[[account.phone]]\nnumber = \"070-174 06 24\"",
        "[[account.phone]]\nnumber = \"070-174 06 24\"",
    );
    assert_eq!(desk.reveal(&token, &karins_phone()).await, Err(PickupView::Gone));
    technician_has(&desk, OFFERED, Reason::NoManager, PasswordFact::Changed).await;
}

#[tokio::test]
async fn a_link_of_a_database_that_was_thrown_away_opens_nothing() {
    let place = Place::new();
    place.deliver(OFFERED);
    place.open().await.work().await;
    let old = place.token();
    for file in demo_desk::files(&place.folder.join("var")) {
        std::fs::remove_file(place.folder.join("var").join(file)).unwrap();
    }
    for file in demo_desk::files(&place.folder.join("sms")) {
        std::fs::remove_file(place.folder.join("sms").join(file)).unwrap();
    }
    place.deliver(OFFERED);
    let desk = place.open().await;
    desk.work().await;
    assert_ne!(place.token(), old);
    assert_eq!(desk.look(&old, None).await, PickupView::Gone);
}

#[tokio::test]
async fn the_owner_who_did_not_ask_stops_it_and_a_technician_takes_over() {
    let place = Place::new();
    place.deliver(OFFERED);
    let desk = place.open().await;
    desk.work().await;
    let stop = demo_desk::stop_token(&place.folder).expect("the warning's link");
    assert!(matches!(desk.look(&stop, None).await, PickupView::Warning { changed: false, .. }));
    let forged = format!("{}a", &stop[..stop.len() - 1]);
    let forged = if forged == stop { format!("{}e", &stop[..stop.len() - 1]) } else { forged };
    assert_eq!(desk.answer(&forged, None, PickupAnswer::NotMe).await, PickupView::Gone);
    assert_eq!(desk.answer(&stop, None, PickupAnswer::NotMe).await, PickupView::Stopped);
    technician_has(&desk, OFFERED, Reason::PhoneMismatch, PasswordFact::NotChanged).await;
    assert_eq!(desk.look(&place.token(), None).await, PickupView::Gone);
    assert!(!place.was_set("a-filip"));
}

#[tokio::test]
async fn a_key_rotated_meanwhile_changes_no_ones_way() {
    let place = Place::new();
    place.deliver(OFFERED);
    let desk = place.open().await;
    desk.work().await;
    let browser = karins_phone();
    let password = desk.reveal(&place.token(), &browser).await.unwrap();
    drop(desk);
    demo_desk::rotate_key(&place.folder);
    let desk = place.open().await;
    assert_eq!(desk.reveal(&place.token(), &browser).await.unwrap(), password);
}

/// A directory that answers a few times and then never.
pub(super) struct FailsFrom {
    call: u32,
    calls: std::sync::atomic::AtomicU32,
    inner: std::sync::Arc<dyn nyckelbud::directory::Directory>,
}

impl FailsFrom {
    pub(super) fn new(call: u32, inner: std::sync::Arc<dyn nyckelbud::directory::Directory>) -> Self {
        Self { call, calls: std::sync::atomic::AtomicU32::new(0), inner }
    }
}

#[async_trait::async_trait]
impl nyckelbud::directory::Directory for FailsFrom {
    async fn facts(
        &self,
        who: &nyckelbud::directory::Who,
        depth: u8,
    ) -> Result<nyckelbud::directory::Facts, nyckelbud::directory::DirectoryError> {
        if self.calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1 >= self.call {
            return Err(nyckelbud::directory::DirectoryError::TimedOut);
        }
        self.inner.facts(who, depth).await
    }

    async fn people(
        &self,
        name: &str,
        most: u8,
    ) -> Result<Vec<nyckelbud::directory::Found>, nyckelbud::directory::DirectoryError> {
        self.inner.people(name, most).await
    }

    async fn probe(&self) -> Result<String, nyckelbud::directory::DirectoryError> {
        self.inner.probe().await
    }

    async fn rights(&self) -> Vec<nyckelbud::directory::Finding> {
        self.inner.rights().await
    }
}
