//! The settings have changed while codes or links were open: what left before still counts, and no text says more than
//! the site allows by then.

use std::sync::Arc;

use nyckelbud::decision::Pickup;
use nyckelbud::web::{PickupAnswer, PickupView};
use nyckelbud::worker::Parts;

use super::typed_codes::{CODE, FILIP, offered, texts_to, typed, typed_code_in};
use super::*;
use crate::support::scripted_gateway::{accepted, refused};

#[tokio::test]
async fn codes_are_asked_for_only_where_somebody_may_have_one() {
    let links = Place::new();
    links.deliver(OFFERED);
    let desk = links.open().await;
    desk.work().await;
    assert!(!desk.has_codes().await, "an offer of a link is none");

    let (place, desk, code) = offered(CODE).await;
    assert!(desk.has_codes().await);
    drop(desk);
    // Links are sent from today on; whoever has a code can still use it.
    let desk =
        OpenDesk::open(&place.folder, &place.clock, |parts| parts.rules.policy.pickup = Pickup::Link).await;
    assert!(desk.has_codes().await);
    assert!(typed(&desk, &code, &karins_phone()).await.is_some());
    place.clock.turn(4 * 60);
    assert!(!desk.has_codes().await);
}

/// An offer may lock somebody out, because their password was set already. It stands elsewhere in the queue.
#[tokio::test]
async fn the_code_of_an_offer_that_locks_somebody_out_counts_after_the_settings_have_changed() {
    let place = Place::with(CODE);
    place.deliver(TEXTED);
    let gateway = ScriptedGateway::new("a", false, |_, text| {
        if demo_desk::password_in(text).is_some() { refused() } else { accepted("") }
    });
    let desk = open_with(&place, &[&gateway]).await;
    desk.work().await;
    let state = desk.ticket(TEXTED).await.state;
    assert!(matches!(state, State::Offered { .. }) && state.standing() == Standing::Open, "{state:?}");
    drop(desk);
    let desk = OpenDesk::open(&place.folder, &place.clock, links_from_now_on).await;
    assert!(desk.has_codes().await);
}

fn links_from_now_on(parts: &mut Parts) {
    parts.rules.policy.pickup = Pickup::Link;
}

/// The manager, or a thief, was faster; then the site went over to links. The owner's code still freezes the account.
#[tokio::test]
async fn an_owner_who_comes_too_late_freezes_the_account_by_their_code_whatever_the_settings_say_by_then() {
    for changed in [false, true] {
        let (place, desk, code) = offered(CODE).await;
        let own = typed_code_in(&texts_to(&place, FILIP)[0]);
        let token = typed(&desk, &code, &karins_phone()).await.unwrap();
        desk.reveal(&token, &karins_phone()).await.unwrap();
        drop(desk);
        let change = if changed { links_from_now_on } else { |_: &mut Parts| {} };
        let desk = OpenDesk::open(&place.folder, &place.clock, change).await;
        let stop = typed(&desk, &own, &Browser::new([9; 16])).await.expect("the owner's code leads on");
        assert_eq!(desk.look(&stop, None).await, PickupView::TooLate);
        assert_eq!(desk.answer(&stop, None, PickupAnswer::NotMe).await, PickupView::Frozen);
        let frozen = desk.parts.store.frozen(desk.parts.clock.now()).await.unwrap();
        assert!(frozen.len() == 1 && frozen[0].account.as_str() == "a-filip", "{frozen:?}");
    }
}

/// The rule that no text carries a link came while one waited for a gateway: no text of it leaves any more.
#[tokio::test]
async fn no_text_of_a_link_from_before_leaves_once_texts_carry_codes() {
    for reminded in [false, true] {
        let place = Place::new();
        place.deliver(OFFERED);
        let gateway = ScriptedGateway::new("a", false, |_, _| accepted(""));
        gateway.set_down(!reminded);
        let with = |pickup| {
            let gateway = Arc::clone(&gateway);
            move |parts: &mut Parts| {
                parts.gateways = vec![gateway as _];
                parts.rules.policy.pickup = pickup;
            }
        };
        let desk = OpenDesk::open(&place.folder, &place.clock, with(Pickup::Link)).await;
        desk.work().await;
        assert!(matches!(desk.ticket(OFFERED).await.state, State::Offered { .. }));
        let before = gateway.sent().len();
        drop(desk);
        gateway.set_down(false);
        let desk = OpenDesk::open(&place.folder, &place.clock, with(Pickup::Code)).await;
        for _ in 0..40 {
            place.clock.turn(1);
            desk.work().await;
        }
        let since = gateway.sent().split_off(before);
        assert!(since.iter().all(|sent| !sent.text.contains("/p/")), "{since:?}");
        if !reminded {
            technician_has(&desk, OFFERED, Reason::DeliveryFailed, PasswordFact::NotChanged).await;
            assert!(
                desk.ticket(OFFERED).await.trail.0.iter().any(|l| l.evidence.contains("delivery.pickup"))
            );
        }
    }
}
