//! Somebody guesses typed codes: that keeps nobody out, and people are told.

use std::sync::Arc;
use std::time::{Duration, Instant};

use nyckelbud::store::AuditFilter;
use nyckelbud::types::{EmailAddress, Outcome};
use nyckelbud::web::{CodeAnswer, PickupAnswer, PickupView};
use nyckelbud::worker::{Health, Worker};
use tokio::task::JoinSet;

use super::messages::{ScriptedMail, not_sent};
use super::typed_codes::{CODE, FILIP, HERE, offered, texts_to, typed, typed_code_in, wrong};
use super::*;
use crate::support::audit_rows;
use crate::support::desk::at_work;
use crate::support::wait::until;

/// A place of IPv6 of its own.
fn elsewhere(n: u32) -> String {
    format!("2001:db8:0:{n:x}::7")
}

async fn is_wrong(desk: &OpenDesk, code: &str, from: &str) -> bool {
    matches!(desk.type_code(code, from, &Browser::new([9; 16])).await, CodeAnswer::Wrong)
}

/// Guesses at once, each from where `from` says.
fn guessing(desk: &Arc<OpenDesk>, times: u32, from: fn(u32) -> String) -> JoinSet<bool> {
    let mut guesses = JoinSet::new();
    for n in 0..times {
        let desk = Arc::clone(desk);
        guesses.spawn(async move { is_wrong(&desk, &format!("0000-0000-{n:04}"), &from(n)).await });
    }
    guesses
}

#[tokio::test]
async fn a_place_that_guesses_is_answered_slower_and_a_right_code_from_there_leads_on() {
    let (place, desk, code) = offered(CODE).await;
    let desk = Arc::new(desk);
    assert!(guessing(&desk, 20, |_| HERE.to_owned()).join_all().await.into_iter().all(|wrong| wrong));
    for (from, slow) in [(HERE, true), ("::ffff:192.0.2.7", true), ("192.0.2.8", false)] {
        let begun = Instant::now();
        assert!(is_wrong(&desk, &wrong(&code), from).await);
        let least = Duration::from_millis(if slow { 2_000 } else { 250 });
        assert!(begun.elapsed() >= least, "{from} was answered after {:?}", begun.elapsed());
    }
    assert!(typed(&desk, &code, &karins_phone()).await.is_some(), "it was looked at");
    let rows = audit_rows::read(&place.folder.join("var/nyckelbud.db")).await;
    let noted = rows.iter().filter(|(_, event, _)| event == "pickup.wrong-code").count();
    assert_eq!(noted, 21, "twenty of the one place, and one of the other");
}

#[tokio::test]
async fn no_flood_of_guesses_keeps_out_a_manager_or_an_owner() {
    let (place, desk, code) = offered(CODE).await;
    let own = typed_code_in(&texts_to(&place, FILIP)[0]);
    let desk = Arc::new(desk);
    // From their own place, and from many others.
    let floods = [guessing(&desk, 100, |_| HERE.to_owned()), guessing(&desk, 1_500, elsewhere)];
    let mut tokens = Vec::new();
    for right in [&code, &own] {
        tokens.push(typed(&desk, right, &karins_phone()).await.expect("it leads on during the flood"));
    }
    for flood in floods {
        assert!(flood.join_all().await.into_iter().all(|wrong| wrong));
    }
    for (right, token) in [&code, &own].into_iter().zip(&tokens) {
        assert_eq!(typed(&desk, right, &karins_phone()).await.as_ref(), Some(token), "and after it");
    }
    assert!(matches!(desk.look(&tokens[0], None).await, PickupView::Offer { .. }));
    assert_eq!(desk.answer(&tokens[1], None, PickupAnswer::NotMe).await, PickupView::Stopped);
    let rows = audit_rows::read(&place.folder.join("var/nyckelbud.db")).await;
    let noted = rows.iter().filter(|(_, event, _)| event == "pickup.wrong-code").count();
    assert!(noted <= 100, "a flood of 1,600 has written {noted} rows");
    assert_eq!(rows.iter().filter(|(_, event, _)| event == "pickup.guesses").count(), 1);
}

async fn desk_with(place: &Place, mail: &Arc<ScriptedMail>) -> OpenDesk {
    OpenDesk::open(&place.folder, &place.clock, |parts| {
        parts.mail = Arc::clone(mail) as _;
        parts.rules.alarm_to = vec![EmailAddress::parse("jour@kommun.example").unwrap()];
        parts.timing.retry = Duration::from_millis(5);
    })
    .await
}

#[tokio::test]
async fn people_are_told_of_guesses_once_also_when_the_mail_did_not_leave_at_first() {
    let place = Place::with(CODE);
    let tries = std::sync::atomic::AtomicUsize::new(0);
    let mail = ScriptedMail::new(move |_| {
        if tries.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < 2 {
            return not_sent();
        }
        Outcome::Accepted { reference: String::new() }
    });
    let desk = Arc::new(desk_with(&place, &mail).await);
    guessing(&desk, 99, elsewhere).join_all().await;
    assert_eq!(mail.took(""), 0, "people mistype");
    guessing(&desk, 1, elsewhere).join_all().await;
    until("the alarm has left", Duration::from_secs(40), || (mail.took("") > 0).then_some(())).await;
    guessing(&desk, 150, elsewhere).join_all().await;
    assert_eq!(mail.took(""), 1, "people are told once");
}

/// The mail server was down, guesses have ended, and the program was stopped: who is to hear of it still does, once.
#[tokio::test]
async fn people_are_told_of_guesses_after_a_stop_too() {
    let place = Place::with(CODE);
    let mail = ScriptedMail::new(|_| not_sent());
    let desk = Arc::new(desk_with(&place, &mail).await);
    guessing(&desk, 100, elsewhere).join_all().await;
    let store = Arc::clone(&desk.parts.store);
    let noted = async |event: &str| {
        let wanted = AuditFilter { event: event.to_owned(), ..AuditFilter::default() };
        let rows = store.audit_rows(&wanted, 9).await.unwrap();
        rows.iter().filter(|row| row.entry.event == event).count()
    };
    soon(async || noted("pickup.guesses").await == 1).await;
    drop(desk);
    for mails in [1, 0] {
        let mail = ScriptedMail::new(|_| Outcome::Accepted { reference: String::new() });
        let desk = desk_with(&place, &mail).await;
        let (ready, stop) = (at_work(), tokio_util::sync::CancellationToken::new());
        let worker = Worker::new(Arc::clone(&desk.parts), Arc::new(Health::expecting(&[])));
        let running = tokio::spawn(worker.run(Vec::new(), ready, stop.clone()));
        // The second time there is nothing left to tell: it has looked when its other tasks have begun.
        soon(async || noted("pickup.guesses-told").await == 1).await;
        stop.cancel();
        running.await.unwrap().unwrap();
        assert_eq!((mail.took(""), noted("pickup.guesses").await), (mails, 1));
    }
}

async fn soon(holds: impl AsyncFn() -> bool) {
    let end = Instant::now() + Duration::from_secs(40);
    while !holds().await {
        assert!(Instant::now() < end, "it did not come to that");
        tokio::task::yield_now().await;
    }
}
