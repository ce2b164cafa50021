//! Deadlines, and clocks that jump.

use std::sync::Arc;

use async_trait::async_trait;
use nyckelbud::directory::DirectoryError;
use nyckelbud::password::{PasswordReset, TemporaryPassword, Used};
use nyckelbud::types::{Outcome, UnixMillis};

use super::*;

/// A right to set passwords that nobody can use now.
struct Closed;

#[async_trait]
impl PasswordReset for Closed {
    async fn set(&self, _: &AccountId, _: &TemporaryPassword) -> Outcome {
        Outcome::NotSent { cause: "no connection".to_owned() }
    }

    async fn used(&self, _: &AccountId, _: UnixMillis) -> Result<Used, DirectoryError> {
        Err(DirectoryError::TimedOut)
    }

    async fn probe(&self) -> Result<String, DirectoryError> {
        Err(DirectoryError::TimedOut)
    }
}

#[tokio::test]
async fn nothing_is_set_with_less_than_ten_minutes_left_and_the_ticket_says_that_nothing_was_changed() {
    let place = Place::new();
    place.deliver(TEXTED);
    let closed = OpenDesk::open(&place.folder, &place.clock, |parts| parts.reset = Arc::new(Closed)).await;
    closed.work().await;
    assert!(matches!(closed.ticket(TEXTED).await.state, State::Sealed { .. }));
    drop(closed);
    let desk = place.open().await;
    place.clock.turn(21);
    desk.work().await;
    technician_has(&desk, TEXTED, Reason::DirectoryFailed, PasswordFact::NotChanged).await;
    assert!(!place.was_set("a-anna"));
    assert!(demo_desk::texts(&place.folder).is_empty());
}

#[tokio::test]
async fn a_reset_that_never_left_is_tried_until_the_directory_comes_back() {
    let place = Place::new();
    place.deliver(TEXTED);
    let closed = OpenDesk::open(&place.folder, &place.clock, |parts| parts.reset = Arc::new(Closed)).await;
    for _ in 0..8 {
        closed.work().await;
        place.clock.turn(1);
    }
    assert!(matches!(closed.ticket(TEXTED).await.state, State::Sealed { .. }), "it waits");
    drop(closed);
    let desk = place.open().await;
    desk.work().await;
    assert!(matches!(desk.ticket(TEXTED).await.state, State::Done { .. }));
    let texts = demo_desk::texts(&place.folder);
    assert!(place.opens("a-anna", demo_desk::password_in(&texts[0]).unwrap()));
}

#[tokio::test]
async fn an_offer_that_nobody_uses_expires_and_changes_nothing() {
    let place = Place::new();
    place.deliver(OFFERED);
    let desk = place.open().await;
    desk.work().await;
    place.clock.turn(4 * 60 + 1);
    desk.work().await;
    technician_has(&desk, OFFERED, Reason::PickupExpired, PasswordFact::NotChanged).await;
    assert!(!place.was_set("a-filip"));
}

#[tokio::test]
async fn a_password_that_nobody_used_opens_its_ticket_again() {
    let place = Place::new();
    place.deliver(TEXTED);
    let desk = place.open().await;
    desk.work().await;
    place.clock.turn(24 * 60 + 1);
    desk.work().await;
    technician_has(&desk, TEXTED, Reason::PasswordUnused, PasswordFact::Changed).await;
}
