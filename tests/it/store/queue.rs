//! The lists of the queue and the counters beside them.

use nyckelbud::store::*;
use nyckelbud::ticket::queue::{CountAt, Counts, Cursor, FAILURES, Order, Pile, Row, Wanted};
use nyckelbud::ticket::{State, TicketId};
use nyckelbud::types::{Reason, UnixMillis};

use super::make::*;
use super::world::World;

const MINUTE: i64 = 60_000;

pub async fn a_ticket_with_unknown_words_hides_no_other(world: World) {
    let store = world.store.as_ref();
    let odd = keep(store, stopped("1", Some(Reason::NoPhone), 9)).await;
    let other = keep(store, stopped("2", Some(Reason::NoPhone), 8)).await;
    let sql = "UPDATE ticket SET kind = 'later', reason = 'later-reason', outcome = 'later' WHERE id = ";
    world.run(&format!("{sql}{}", odd.0)).await;
    assert_eq!(ids(store, &wanted(Pile::Open, Order::Reason)).await, [other, odd]);
    assert_eq!(all_pages(store, &wanted(Pile::Open, Order::Reason), 1).await.len(), 2);
    assert_eq!(counts(store).await.rows(|count| count.reason.is_none()), 1);
}

/// `minutes` before noon.
pub fn ago(minutes: i64) -> UnixMillis {
    UnixMillis(NOW.0 - minutes * MINUTE)
}

/// A mail of an address of its own that a technician has to look at.
pub fn stopped(name: &str, reason: Option<Reason>, minutes: i64) -> Incoming {
    let mut mail = crowd_mail(name);
    mail.received_at = ago(minutes);
    mail.ticket.state = technician();
    mail.ticket.reason = reason;
    mail
}

pub fn wanted(pile: Pile, order: Order) -> Wanted {
    Wanted { pile, order, reason: None, after: None, limit: 50 }
}

pub async fn ids(store: &dyn Store, wanted: &Wanted) -> Vec<TicketId> {
    store.queue_page(wanted).await.unwrap().iter().map(|row| row.id).collect()
}

async fn all_pages(store: &dyn Store, wanted: &Wanted, limit: u32) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut after: Option<Cursor> = None;
    loop {
        let page = store.queue_page(&Wanted { after, limit, ..wanted.clone() }).await.unwrap();
        let Some(last) = page.last() else { return rows };
        after = Some(last.cursor(&wanted.pile));
        rows.extend(page);
        assert!(rows.len() < 1000, "the pages do not end");
    }
}

async fn counts(store: &dyn Store) -> Counts {
    store.queue_counts(&CountAt { now: NOW, today: ago(12 * 60), late: ago(30) }).await.unwrap()
}

pub async fn open_tickets_come_by_reason_then_urgency_then_age_page_by_page(world: World) {
    let store = world.store.as_ref();
    // The other way round than they shall come.
    let mut wanted_ids = Vec::new();
    let reasons = Reason::ALL.iter().copied().map(Some).chain([None]);
    for (place, reason) in reasons.enumerate().collect::<Vec<_>>().into_iter().rev() {
        let mut group = Vec::new();
        for minutes in [5, 90, 40] {
            group.push((minutes, keep(store, stopped(&format!("{place}-{minutes}"), reason, minutes)).await));
        }
        world.run(&format!("UPDATE ticket SET urgent = 1 WHERE id = {}", group[0].1.0)).await;
        wanted_ids.push([group[0].1, group[1].1, group[2].1]);
    }
    let grouped = wanted(Pile::Open, Order::Reason);
    let rows = all_pages(store, &grouped, 7).await;
    let wanted_all: Vec<TicketId> = wanted_ids.iter().rev().flatten().copied().collect();
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), wanted_all);
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), {
        let whole = store.queue_page(&Wanted { limit: 1000, ..grouped.clone() }).await.unwrap();
        whole.iter().map(|row| row.id).collect::<Vec<_>>()
    });

    let oldest = all_pages(store, &wanted(Pile::Open, Order::Oldest), 7).await;
    assert_eq!(oldest.len(), wanted_all.len());
    let key = |row: &Row| (!row.urgent, row.waits_since, row.id);
    assert!(oldest.is_sorted_by_key(key));

    let of_one = Wanted { reason: Some(Some(Reason::NoManager)), ..grouped.clone() };
    assert_eq!(all_pages(store, &of_one, 2).await.len(), 3);
    let without = Wanted { reason: Some(None), order: Order::Oldest, ..grouped };
    assert_eq!(all_pages(store, &without, 2).await.iter().filter(|row| row.reason.is_none()).count(), 3);
    let failed = all_pages(store, &wanted(Pile::Failed, Order::Reason), 5).await;
    assert_eq!(failed.len(), 3 * FAILURES.len());
    assert!(failed.iter().all(|row| row.reason.is_some_and(|reason| FAILURES.contains(&reason))));
}

pub async fn one_address_has_one_row_of_a_reason(world: World) {
    let store = world.store.as_ref();
    let anna = |name: &str, reason, minutes, text: &str| {
        let mut mail = stopped(name, Some(reason), minutes);
        mail.from = Some(address(ANNA));
        mail.excerpt.snippet = text.to_owned();
        mail
    };
    let first = keep(store, anna("1", Reason::FieldsMissing, 50, "Hej")).await;
    let second = keep(store, anna("2", Reason::FieldsMissing, 20, "Hallå?")).await;
    let third = keep(store, anna("3", Reason::FieldsMissing, 10, "Snälla svara")).await;
    let other_reason = keep(store, anna("4", Reason::OtherSubject, 60, "Skrivaren")).await;
    let nobodys: Vec<TicketId> = {
        let mut nobodys = Vec::new();
        for name in ["5", "6"] {
            let mail = Incoming { from: None, ..stopped(name, Some(Reason::FieldsMissing), 5) };
            nobodys.push(keep(store, mail).await);
        }
        nobodys
    };
    let rows = store.queue_page(&wanted(Pile::Open, Order::Reason)).await.unwrap();
    let listed: Vec<_> = rows.iter().map(|row| (row.id, row.tickets, row.mails)).collect();
    assert_eq!(
        listed,
        [(first, 3, 3), (nobodys[0], 1, 1), (nobodys[1], 1, 1), (other_reason, 1, 1)],
        "without an address nobody is the same"
    );
    assert_eq!(rows[0].snippet, "Snälla svara", "the newest text");
    assert_eq!(store.queue_behind(&[first, nobodys[0]]).await.unwrap(), [first, nobodys[0], second, third]);
    assert_eq!(counts(store).await.rows(|_| true), 4);

    // When the first is dealt with, the next one has the row.
    let claim = claim(store, first).await;
    let done = step(delivered(true));
    store.commit(first, claim.fence, &claim.ticket.state, done).await.unwrap();
    let rows = store.queue_page(&wanted(Pile::Open, Order::Reason)).await.unwrap();
    assert_eq!((rows[0].id, rows[0].tickets), (second, 2));
}

async fn assigned(world: &World, id: TicketId, name: &str) {
    world.run(&format!("UPDATE ticket SET assignee = '{name}' WHERE id = {}", id.0)).await;
}

pub async fn each_pile_lists_what_the_counters_count(world: World) {
    let store = world.store.as_ref();
    let old = keep(store, stopped("1", Some(Reason::NoPhone), 47)).await;
    let evas = keep(store, stopped("2", Some(Reason::NoPhone), 31)).await;
    let young = keep(store, stopped("3", Some(Reason::DeliveryFailed), 5)).await;
    assigned(&world, evas, "eva").await;
    let mut asked = crowd_mail("4");
    asked.ticket.state = State::Asked;
    let asked = keep(store, asked).await;
    let ended = |name: &str| {
        let mut mail = crowd_mail(name);
        mail.ticket.state = delivered(true);
        mail
    };
    let alone = keep(store, ended("5")).await;
    let (by_eva, yesterday) = (keep(store, ended("6")).await, keep(store, ended("7")).await);
    world.run(&format!("UPDATE ticket SET handled = 1 WHERE id = {}", by_eva.0)).await;
    world.run(&format!("UPDATE ticket SET settled_at = 5 WHERE id = {}", yesterday.0)).await;

    for order in [Order::Reason, Order::Oldest] {
        let of = async |pile| ids(store, &wanted(pile, order)).await;
        assert_eq!(of(Pile::Open).await, [old, evas, young]);
        assert_eq!(of(Pile::Of("eva".to_owned())).await, [evas]);
        assert_eq!(of(Pile::Of(String::new())).await, [old, young]);
        assert_eq!(of(Pile::Late(ago(30))).await, [old, evas]);
        assert_eq!(of(Pile::Failed).await, [young]);
        assert_eq!(of(Pile::Pending).await, [asked]);
        assert_eq!(of(Pile::Done(ago(12 * 60))).await, [alone]);
    }
    let counts = counts(store).await;
    assert_eq!(counts.rows(|_| true), 3);
    assert_eq!(counts.rows(|count| count.assignee == "eva"), 1);
    assert_eq!(counts.rows(|count| count.assignee.is_empty()), 2);
    assert_eq!(counts.open.iter().map(|count| count.late).sum::<u32>(), 2);
    assert_eq!((counts.pending, counts.done, counts.today), (1, 1, 7));
    assert_eq!(counts.oldest(), Some(ago(47)));
    assert_eq!(counts.rate.iter().sum::<u32>(), 7);
    assert_eq!(counts.rate.last(), Some(&4), "those of now");
    assert_eq!(counts.opened_after(ago(1)), 3);
    assert_eq!(counts.opened_after(NOW), 0);
    assert_eq!(store.queue_rows(&[young, asked, old]).await.unwrap().len(), 3);
}

pub async fn a_ticket_that_was_over_waits_from_when_it_came_back(world: World) {
    let store = world.store.as_ref();
    let mut over = stopped("1", None, 600);
    over.ticket.state = delivered(true);
    let id = keep(store, over).await;
    let mut reply = reply("2", message_id("1"));
    reply.from = Some(address("user-1@kommun.example"));
    assert_eq!(keep(store, reply).await, id);
    let rows = store.queue_page(&wanted(Pile::Open, Order::Oldest)).await.unwrap();
    assert_eq!((rows[0].id, rows[0].waits_since, rows[0].mails), (id, NOW, 2));

    // What nobody has ended goes on waiting, however often it changes.
    let waiting = keep(store, stopped("3", Some(Reason::NoPhone), 90)).await;
    let claimed = claim(store, waiting).await;
    let held = step(State::Held);
    assert_eq!(store.commit(waiting, claimed.fence, &claimed.ticket.state, held).await, Ok(Committed::Done));
    let row = store.queue_rows(&[waiting]).await.unwrap().remove(0);
    assert_eq!(row.waits_since, ago(90));

    let ahead = keep(store, Incoming { received_at: NOW.plus(HOUR), ..stopped("4", None, 0) }).await;
    assert_eq!(store.queue_rows(&[ahead]).await.unwrap()[0].waits_since, NOW, "a server's clock is ahead");

    // A person's act is told apart from the machine's.
    let done = async |actor: &str, id| {
        let claimed = claim(store, id).await;
        let entry = AuditEntry { actor: actor.to_owned(), event: "x".to_owned(), data: "{}".to_owned() };
        let step = Step { audit: vec![entry], ..step(delivered(true)) };
        store.commit(id, claimed.fence, &claimed.ticket.state, step).await.unwrap();
    };
    done("user:eva", waiting).await;
    done("manager:m-1", ahead).await;
    assert_eq!(ids(store, &wanted(Pile::Done(ago(60)), Order::Oldest)).await, [ahead]);
}

pub async fn the_version_changes_with_every_change_of_the_queue(world: World) {
    let store = world.store.as_ref();
    let mut versions = vec![counts(store).await.version()];
    let one = keep(store, stopped("1", Some(Reason::NoPhone), 9)).await;
    versions.push(counts(store).await.version());
    assert_eq!(counts(store).await.version(), versions[1], "nothing happened");
    assert_eq!(
        world
            .another()
            .await
            .queue_counts(&CountAt { now: NOW, today: ago(12 * 60), late: ago(30) })
            .await
            .unwrap()
            .version(),
        versions[1],
        "another node says the same"
    );
    assigned(&world, one, "eva").await;
    versions.push(counts(store).await.version());
    assigned(&world, one, "per").await;
    versions.push(counts(store).await.version());
    world.run(&format!("UPDATE ticket SET standing = 'closed', handled = 1 WHERE id = {}", one.0)).await;
    let two = keep(store, stopped("2", Some(Reason::NoPhone), 9)).await;
    assigned(&world, two, "per").await;
    versions.push(counts(store).await.version());
    let mut different = versions.clone();
    different.sort_unstable();
    different.dedup();
    assert_eq!(different.len(), versions.len(), "{versions:?}");
}

pub async fn alike_texts_are_told_in_the_order_of_the_queue(world: World) {
    let store = world.store.as_ref();
    let like = |name: &str, bits, minutes| {
        let mut mail = stopped(name, Some(Reason::NoPhone), minutes);
        mail.excerpt.alike = bits;
        mail
    };
    keep(store, like("1", u64::MAX, 5)).await;
    keep(store, like("2", 1 << 63, 9)).await;
    let told = store.queue_likenesses().await.unwrap();
    let told: Vec<_> = told.iter().map(|one| (one.subject.as_str(), one.bits)).collect();
    assert_eq!(told, [("Lösenord 2", 1 << 63), ("Lösenord 1", u64::MAX)]);
}
