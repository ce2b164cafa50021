//! Leases and fences.

use nyckelbud::delivery::Receipt;
use nyckelbud::store::*;
use nyckelbud::ticket::TicketId;
use nyckelbud::types::UnixMillis;

use super::make::*;
use super::world::World;

pub async fn due_tickets_are_claimed_oldest_first_and_once(world: World) {
    let store = &world.store;
    for (name, minutes) in [("1", 2), ("2", 1), ("3", 3), ("4", 60)] {
        store.record(vec![mail(name)], UnixMillis(NOW.0 + minutes * 60_000)).await.unwrap();
    }
    let now = UnixMillis(NOW.0 + 5 * 60_000);
    let first = store.claim("one", LEASE, 2, now).await.unwrap();
    let names = |claims: &[Claim]| claims.iter().map(|c| c.ticket.number.running()).collect::<Vec<_>>();
    assert_eq!(names(&first), [2, 1]);
    assert_eq!(first[0].fence, 1);
    assert_eq!(first[0].previous_lease_end, None);
    let second = store.claim("two", LEASE, 10, now).await.unwrap();
    assert_eq!(names(&second), [3]);
    assert!(store.claim("two", LEASE, 10, now).await.unwrap().is_empty());
    assert!(store.claim_ticket(first[0].ticket.id, "one", LEASE).await.unwrap().is_none());
    // Due or not, one that nobody has can be taken by name.
    assert!(store.claim_ticket(nyckelbud::ticket::TicketId(4), "one", LEASE).await.unwrap().is_some());
    assert!(store.claim_ticket(nyckelbud::ticket::TicketId(99), "one", LEASE).await.unwrap().is_none());
}

pub async fn a_lease_that_ran_out_is_told_and_its_fence_is_lost(world: World) {
    let store = world.store.as_ref();
    let id = keep(store, mail("1")).await;
    let old = claim(store, id).await;
    world.run("UPDATE ticket SET lease_until = 1000").await;
    let new = claim(store, id).await;
    assert_eq!(new.previous_lease_end, Some(UnixMillis(1000)));
    assert!(new.fence > old.fence);
    let state = &old.ticket.state;
    assert_eq!(store.commit(id, old.fence, state, step(technician())).await.unwrap(), Committed::Lost);
    store.release(id, old.fence, NOW).await.unwrap();
    store.rest(id, old.fence).await.unwrap();
    assert!(store.claim_ticket(id, "three", LEASE).await.unwrap().is_none(), "an old fence gave it back");
    assert_eq!(store.commit(id, new.fence, state, step(technician())).await.unwrap(), Committed::Done);
    // Properly given back: nothing to tell.
    assert_eq!(claim(store, id).await.previous_lease_end, None);
}

pub async fn a_released_ticket_is_due_when_it_was_said(world: World) {
    let store = world.store.as_ref();
    let id = keep(store, mail("1")).await;
    let later = NOW.plus(HOUR);
    store.release(id, claim(store, id).await.fence, later).await.unwrap();
    assert!(store.claim("one", LEASE, 1, UnixMillis(later.0 - 1)).await.unwrap().is_empty());
    let claim = store.claim("one", LEASE, 1, later).await.unwrap().remove(0);
    assert_eq!(claim.previous_lease_end, None);
    store.rest(id, claim.fence).await.unwrap();
    assert!(store.claim("one", LEASE, 1, UnixMillis(i64::MAX)).await.unwrap().is_empty());
    assert_eq!(store.next_due().await.unwrap(), None);
}

pub async fn what_happens_under_a_lease_keeps_the_ticket_due(world: World) {
    let store = world.store.as_ref();
    let id = live_ticket(store, "1", "a-anna").await;
    let working = claim(store, id).await;
    let begin = Step {
        intent: IntentChange::Begin(intent("n1-text-1", IntentKind::Text)),
        release: false,
        ..step(sealed_state())
    };
    store.commit(id, working.fence, &sealed_state(), begin).await.unwrap();
    assert!(store.receipt("elks", Some("n1-text-1"), "", Receipt::Delivered, NOW).await.unwrap());
    // The owner, who has not seen the receipt, means to look again in an hour.
    store.release(id, working.fence, NOW.plus(HOUR)).await.unwrap();
    let again = store.claim("two", LEASE, 1, NOW).await.unwrap().remove(0);
    store.release(id, again.fence, NOW.plus(HOUR)).await.unwrap();
    assert!(store.claim("two", LEASE, 1, NOW).await.unwrap().is_empty(), "woken once, due once");
}

pub async fn freed_leases_can_be_claimed_and_are_still_told(world: World) {
    let store = world.store.as_ref();
    let asking = mail_but("1", |mail| mail.ticket.acknowledge = Some(address(ANNA)));
    let id = keep(store, asking).await;
    claim(store, id).await;
    assert_eq!(store.claim_messages(Channel::Mail, "one", LEASE, 1, NOW).await.unwrap().len(), 1);
    store.free_leases().await.unwrap();
    let until = world.number("SELECT lease_until FROM ticket").await;
    assert_eq!(claim(store, id).await.previous_lease_end, Some(UnixMillis(until)));
    assert_eq!(store.claim_messages(Channel::Mail, "one", LEASE, 1, NOW).await.unwrap().len(), 1);
}

pub async fn the_next_due_time_waits_for_leases(world: World) {
    let store = world.store.as_ref();
    assert_eq!(store.next_due().await.unwrap(), None);
    let id = keep(store, mail("1")).await;
    assert_eq!(store.next_due().await.unwrap(), Some(NOW));
    claim(store, id).await;
    let until = world.number("SELECT lease_until FROM ticket").await;
    assert_eq!(store.next_due().await.unwrap(), Some(UnixMillis(until)));
    let asking = mail_but("2", |mail| {
        mail.ticket.acknowledge = Some(address(ANNA));
        mail.ticket.state = technician();
    });
    keep(store, asking).await;
    assert_eq!(store.next_due().await.unwrap(), Some(NOW), "the message is due");
}

pub async fn a_row_that_cannot_be_read_stops_no_other(world: World) {
    let store = world.store.as_ref();
    let asking =
        |name| mail_but(name, |mail| mail.ticket.acknowledge = Some(address(&format!("{name}@a.example"))));
    store.record(vec![asking("1"), asking("2"), asking("3")], NOW).await.unwrap();
    let begun = claim(store, TicketId(2)).await;
    let begin = Step {
        intent: IntentChange::Begin(intent("n2-set-1", IntentKind::Set)),
        due_at: Some(NOW),
        ..step(begun.ticket.state.clone())
    };
    store.commit(TicketId(2), begun.fence, &begun.ticket.state, begin).await.unwrap();
    world.run("UPDATE ticket SET state = '{\"state\":\"unheard-of\"}' WHERE id = 1").await;
    world.run("UPDATE intent SET outcome = 'unheard-of' WHERE ticket = 2").await;
    world.run("UPDATE message SET kind = 'unheard-of' WHERE ticket = 1").await;

    // One at a time, so that neither fills all the room there is.
    let mut claimed = Vec::new();
    let mut sending = Vec::new();
    for _ in 0..3 {
        claimed.extend(store.claim("one", LEASE, 1, NOW).await.unwrap());
        sending.extend(store.claim_messages(Channel::Mail, "one", LEASE, 1, NOW).await.unwrap());
    }
    assert_eq!(claimed.iter().map(|claim| claim.ticket.id.0).collect::<Vec<_>>(), [3]);
    assert_eq!(sending.iter().map(|message| message.ticket.0).collect::<Vec<_>>(), [2, 3]);
    world.run("UPDATE ticket SET lease_owner = ''").await;
    assert!(matches!(store.claim_ticket(TicketId(1), "one", LEASE).await, Err(StoreError::Corrupt(_))));
}

pub async fn what_waits_is_woken_when_the_clock_was_set_back(world: World) {
    let store = world.store.as_ref();
    let later = NOW.plus(HOUR * 720);
    let asking = mail_but("1", |mail| mail.ticket.acknowledge = Some(address(ANNA)));
    let at_rest = mail_but("4", |mail| mail.ticket.state = technician());
    store.record(vec![asking, mail("2"), at_rest], later).await.unwrap();
    store.record(vec![mail("3")], NOW).await.unwrap();
    let working = claim(store, TicketId(2)).await;
    assert_eq!(store.claim("one", LEASE, 9, NOW).await.unwrap().len(), 1, "only what came now");
    world.run("UPDATE ticket SET lease_owner = '' WHERE id = 4").await;

    assert_eq!(store.wake_all(NOW).await.unwrap(), 3);
    let claims = store.claim("two", LEASE, 9, NOW).await.unwrap();
    let mut claimed: Vec<i64> = claims.iter().map(|claim| claim.ticket.id.0).collect();
    claimed.sort_unstable();
    assert_eq!(claimed, [1, 4], "not what a technician has, and not what is leased");
    assert_eq!(store.claim_messages(Channel::Mail, "two", LEASE, 9, NOW).await.unwrap().len(), 1);
    // Who has it thinks of a time that lies ahead; it is due nevertheless.
    store.release(working.ticket.id, working.fence, later).await.unwrap();
    assert_eq!(store.claim("two", LEASE, 9, NOW).await.unwrap().len(), 1);
    assert_eq!(store.wake_all(NOW).await.unwrap(), 0);
}
