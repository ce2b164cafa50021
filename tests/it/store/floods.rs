//! More mails of one address than a person writes: they are kept in one ticket.

use std::time::Duration;

use nyckelbud::mail::Trust;
use nyckelbud::store::*;
use nyckelbud::ticket::{Fate, Kind, Standing, State};
use nyckelbud::types::Reason;

use super::joins::thread;
use super::make::*;
use super::world::World;

const SECOND: Duration = Duration::from_secs(1);

/// Anna's `nth` mail, so many seconds after noon.
fn nth(n: u32, seconds: u32) -> Incoming {
    mail_but(&n.to_string(), |mail| mail.received_at = NOW.plus(seconds * SECOND))
}

async fn keep_all(world: &World, mails: impl IntoIterator<Item = Incoming>) -> Vec<Recorded> {
    world.store.record(mails.into_iter().collect(), NOW).await.unwrap()
}

pub async fn thirty_mails_of_an_hour_are_handled_and_the_next_ones_are_kept_together(world: World) {
    let store = world.store.as_ref();
    let made = keep_all(&world, (1..=30).map(|n| nth(n, n))).await;
    assert!(made.iter().all(|made| matches!(made, Recorded::Made(..))), "{made:?}");
    let before = world.texts("SELECT state || due_at || fence FROM ticket ORDER BY id").await;

    let mut one_more = nth(31, 31);
    one_more.ticket.acknowledge = Some(address(ANNA));
    one_more.answers = vec![message_id("1")];
    assert_eq!(thread(&world, one_more).await, Thread::Flood(None));
    assert_eq!(thread(&world, nth(32, 32)).await, Thread::Flood(Some(number(31))));
    // Another process, after a restart: it rests on the rows.
    let other = world.another().await;
    let recorded = other.record(vec![nth(33, 33)], NOW).await.unwrap();
    assert!(matches!(recorded[0], Recorded::Joined(_, at) if at == number(31)), "{recorded:?}");

    let all = store.tickets(&TicketFilter::default()).await.unwrap();
    assert_eq!(all.len(), 31);
    let flood = &all[30];
    assert_eq!((flood.ticket.kind, flood.ticket.state.clone()), (Kind::General, technician()));
    let fate = (flood.ticket.outcome, flood.ticket.reason);
    assert_eq!(fate, (Some(Fate::Technician), Some(Reason::LimitSender)));
    assert_eq!(flood.ticket.subject, format!("More than 30 mails in an hour from {ANNA}"));
    assert!(flood.ticket.trail.0[0].evidence.contains("start nothing"), "{:?}", flood.ticket.trail);
    assert_eq!(flood.messages, ["31", "32", "33"].map(|name| message_id(name).to_string()));
    assert_eq!(mails_of(store, flood.ticket.id).await[2].raw, nth(33, 33).raw);
    assert_eq!(world.number("SELECT COUNT(*) FROM message").await, 0, "nobody is answered");
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'mail.collapsed'").await, 3);
    // What came before goes on: it is due as it was, and only that.
    assert_eq!(
        world.texts("SELECT state || due_at || fence FROM ticket WHERE running < 31 ORDER BY id").await,
        before
    );
    assert_eq!(store.claim("one", LEASE, 99, NOW).await.unwrap().len(), 30);
}

pub async fn an_hour_is_counted_by_the_times_when_mails_came(world: World) {
    // Thirty in an hour, and the first of them just drops out.
    keep_all(&world, (0..30).map(|n| nth(n, n * 120))).await;
    assert_eq!(thread(&world, nth(30, 3600)).await, Thread::Own(None));
    assert_eq!(thread(&world, nth(31, 3601)).await, Thread::Flood(None));
    // A backlog of days, taken in at once, is no flood; nor is what is older than the flood.
    for day in 1..=40 {
        let old = mail_but(&format!("old-{day}"), |mail| mail.received_at = NOW.minus(day * 24 * HOUR));
        assert_eq!(thread(&world, old).await, Thread::Own(None), "{day}");
    }
}

pub async fn a_floods_ticket_lasts_for_an_hour_after_its_last_mail(world: World) {
    keep_all(&world, (1..=31).map(|n| nth(n, 0))).await;
    assert_eq!(thread(&world, nth(32, 3599)).await, Thread::Flood(Some(number(31))));
    // The thirty have dropped out: one mail is no flood.
    assert_eq!(thread(&world, nth(33, 3600)).await, Thread::Own(None));
    // A new flood a day later has a ticket of its own.
    keep_all(&world, (100..130).map(|n| nth(n, 86_400))).await;
    assert_eq!(thread(&world, nth(130, 86_401)).await, Thread::Flood(None));

    // What somebody has closed gets no further mails.
    let store = world.store.as_ref();
    let flood = store.tickets(&TicketFilter::default()).await.unwrap().remove(62);
    assert_eq!(flood.ticket.reason, Some(Reason::LimitSender));
    let working = claim(store, flood.ticket.id).await;
    let closed = step(delivered(true));
    store.commit(flood.ticket.id, working.fence, &flood.ticket.state, closed).await.unwrap();
    assert_eq!(thread(&world, nth(131, 86_402)).await, Thread::Flood(None));
}

pub async fn a_forger_floods_for_himself_and_a_flood_is_one_address_own(world: World) {
    let forged = |n: u32| Incoming { trust: Trust::Unverified, ..nth(n, n) };
    keep_all(&world, (1..=40).map(forged)).await;
    assert_eq!(thread(&world, nth(100, 50)).await, Thread::Own(None), "Anna herself");
    let bo = mail_but("101", |mail| mail.from = Some(address("bo.berg@kommun.example")));
    assert_eq!(thread(&world, bo).await, Thread::Own(None));
    assert_eq!(thread(&world, forged(102)).await, Thread::Flood(Some(number(31))));
    // Copies of one mail are one mail.
    let copies = (200..240).map(|n| Incoming { content_hash: "one".to_owned(), ..nth(n, 60) });
    keep_all(&world, copies).await;
    assert_eq!(thread(&world, nth(300, 61)).await, Thread::Own(None));
}

pub async fn machines_flood_apart_from_people_and_are_filed(world: World) {
    let absence = |n: u32| {
        let mut mail = nth(n, n);
        mail.ticket.kind = Kind::Automatic;
        mail.ticket.state = State::Filed;
        mail.ticket.outcome = Some(Fate::Filed);
        mail
    };
    keep_all(&world, (1..=35).map(absence)).await;
    let all = world.store.tickets(&TicketFilter::default()).await.unwrap();
    assert_eq!(all.len(), 31);
    let flood = &all[30];
    assert_eq!((flood.ticket.kind, flood.ticket.state.standing()), (Kind::Automatic, Standing::Closed));
    assert_eq!((flood.ticket.outcome, flood.ticket.reason), (Some(Fate::Filed), None));
    assert_eq!(flood.messages.len(), 5);
    assert_eq!(thread(&world, nth(100, 40)).await, Thread::Own(None), "the person at that address");
}

pub async fn a_flood_while_the_automation_observes_is_observed(world: World) {
    let observed = |n: u32| {
        let mut mail = nth(n, n);
        mail.ticket.observed = true;
        mail
    };
    keep_all(&world, (1..=32).map(observed)).await;
    let flood = world.store.tickets(&TicketFilter::default()).await.unwrap().remove(30).ticket;
    assert!(flood.observed && flood.state == State::Observed, "{flood:?}");
    assert_eq!((flood.outcome, flood.reason), (Some(Fate::Technician), Some(Reason::LimitSender)));
    // What comes when it is on again must not vanish in what nobody looks at.
    assert_eq!(thread(&world, nth(33, 33)).await, Thread::Flood(None));
    let open = TicketFilter { standing: Some(Standing::Open), mailbox: None };
    assert_eq!(world.store.tickets(&open).await.unwrap().len(), 1);
}

pub async fn a_server_with_a_wrong_clock_does_not_make_a_flood_last_for_ever(world: World) {
    let year = 365 * 24 * HOUR;
    let ahead = |n: u32| mail_but(&n.to_string(), |mail| mail.received_at = NOW.plus(year));
    keep_all(&world, (1..=31).map(ahead)).await;
    assert_eq!(thread(&world, nth(100, 0)).await, Thread::Own(None));
    keep_all(&world, (101..=129).map(|n| nth(n, 0))).await;
    assert_eq!(thread(&world, nth(130, 1)).await, Thread::Flood(None), "not in the one of next year");
}
