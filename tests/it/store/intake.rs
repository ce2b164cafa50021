//! Mails on their way in.

use nyckelbud::mailbox::{Folder, Mark, Shelf};
use nyckelbud::store::*;
use nyckelbud::ticket::{Fate, State};
use nyckelbud::types::{Reason, TicketNumber, UnixMillis};

use super::make::*;
use super::world::World;

pub async fn a_mark_is_kept_and_the_first_one_stays(world: World) {
    let store = &world.store;
    for shelf in [Shelf::Inbox, Shelf::Filed(Folder::Handled), Shelf::Filed(Folder::Quarantine)] {
        assert_eq!(store.mark(BOX, shelf).await.unwrap(), None);
        store.set_mark(BOX, shelf, &Mark(format!("{shelf:?}")), NOW).await.unwrap();
        store.set_mark(BOX, shelf, &Mark("second".to_owned()), NOW).await.unwrap();
        assert_eq!(store.mark(BOX, shelf).await.unwrap(), Some(Mark(format!("{shelf:?}"))));
        assert_eq!(store.mark("other", shelf).await.unwrap(), None);
    }
}

async fn ledger(world: &World, validity: u32) -> Vec<(String, u32, bool)> {
    let mut entries: Vec<_> = world
        .store
        .unmoved(BOX, validity, None, 100)
        .await
        .unwrap()
        .into_iter()
        .map(|entry| (entry.uid.as_str().to_owned(), entry.tries, entry.mail.is_some()))
        .collect();
    entries.sort();
    entries
}

pub async fn tries_are_counted_before_the_fetch_and_can_be_taken_back(world: World) {
    let store = &world.store;
    let both = [uid("1"), uid("2"), uid("2")];
    store.count_tries(&inbox(1), &both, NOW).await.unwrap();
    store.count_tries(&inbox(1), &[uid("2")], NOW).await.unwrap();
    assert_eq!(ledger(&world, 1).await, [("1".to_owned(), 1, false), ("2".to_owned(), 2, false)]);
    store.forgive_tries(&inbox(1), &both).await.unwrap();
    store.forgive_tries(&inbox(1), &[uid("1"), uid("3")]).await.unwrap();
    assert_eq!(ledger(&world, 1).await, [("1".to_owned(), 0, false), ("2".to_owned(), 1, false)]);
}

pub async fn a_new_uidvalidity_begins_new_entries(world: World) {
    let store = &world.store;
    store.record(vec![mail("1")], NOW).await.unwrap();
    assert_eq!(ledger(&world, 2).await, []);
    // The same mail under the new validity is the same by its content.
    let again = mail_but("1", |mail| mail.validity = 2);
    assert!(matches!(store.record(vec![again], NOW).await.unwrap()[0], Recorded::Duplicate(..)));
    assert_eq!(ledger(&world, 2).await, [("1".to_owned(), 0, true)]);
    assert_eq!(store.tickets(&TicketFilter::default()).await.unwrap().len(), 1);
}

pub async fn what_an_earlier_version_kept_is_the_same_mail(world: World) {
    let store = &world.store;
    let with_hash = |name: &str, hash: &str| {
        mail_but(name, |mail| {
            mail.content_hash = hash.to_owned();
            mail.earlier_hash = Some("earlier".to_owned());
        })
    };
    store.record(vec![mail_but("1", |mail| mail.content_hash = "earlier".to_owned())], NOW).await.unwrap();
    // As the mail is hashed now: at its place, under another name, and in the folder of handled mails.
    assert_eq!(store.record(vec![with_hash("1", "now")], NOW).await.unwrap(), [Recorded::Known]);
    let again = store.record(vec![with_hash("2", "now")], NOW).await.unwrap();
    assert!(matches!(again[0], Recorded::Duplicate(..)), "{again:?}");
    let handled = UidScope { shelf: Shelf::Filed(Folder::Handled), ..inbox(1) };
    let filed = Found::Read(Box::new(with_hash("3", "now")));
    assert_eq!(store.settle(&handled, vec![filed], false, NOW).await.unwrap(), [Settled::Known]);
    assert_eq!(store.tickets(&TicketFilter::default()).await.unwrap().len(), 1);
}

pub async fn a_file_name_that_is_used_again_brings_another_mail(world: World) {
    let store = &world.store;
    store.record(vec![mail("1")], NOW).await.unwrap();
    assert_eq!(store.record(vec![mail("1")], NOW).await.unwrap(), [Recorded::Known]);
    store.moved(BOX, 1, &[uid("1")], NOW).await.unwrap();
    let another = mail_but("2", |mail| mail.uid = uid("1"));
    let recorded = store.record(vec![another.clone()], NOW).await.unwrap();
    assert!(matches!(recorded[0], Recorded::Made(..)), "{recorded:?}");
    assert_eq!(ledger(&world, 1).await, [("1".to_owned(), 0, true)], "it waits for its move");
    assert_eq!(store.record(vec![another], NOW).await.unwrap(), [Recorded::Known]);
}

pub async fn kept_mails_wait_for_their_move_and_then_leave_the_ledger(world: World) {
    let store = &world.store;
    store.count_tries(&inbox(1), &[uid("1"), uid("2")], NOW).await.unwrap();
    let observed = mail_but("2", |mail| mail.folder = None);
    let unreadable = mail_but("3", |mail| mail.folder = Some(Folder::Quarantine));
    store.record(vec![mail("1"), observed, unreadable], NOW).await.unwrap();
    let mut kept = store.unmoved(BOX, 1, None, 100).await.unwrap();
    kept.sort_by(|left, right| left.uid.cmp(&right.uid));
    let folders: Vec<_> = kept.iter().map(|entry| (entry.mail.is_some(), entry.folder)).collect();
    assert_eq!(folders, [(true, Some(Folder::Handled)), (true, None), (true, Some(Folder::Quarantine))]);
    store.moved(BOX, 1, &[uid("1"), uid("3")], NOW).await.unwrap();
    assert_eq!(ledger(&world, 1).await, [("2".to_owned(), 1, true)]);
    // What has left the inbox is still known.
    assert_eq!(store.record(vec![mail("1")], NOW).await.unwrap(), [Recorded::Known]);
}

pub async fn a_mail_makes_a_ticket_with_the_next_number_of_its_year(world: World) {
    let store = &world.store;
    let next_year = mail_but("3", |mail| mail.ticket.year = 2027);
    let filed = mail_but("4", |mail| {
        mail.ticket.state = technician();
        mail.ticket.outcome = Some(Fate::Technician);
        mail.ticket.reason = Some(Reason::OtherSubject);
        mail.from = None;
        mail.message_id = None;
    });
    let made = store.record(vec![mail("1"), mail("2"), next_year, filed], NOW).await.unwrap();
    let numbers: Vec<_> = made
        .iter()
        .map(|made| match made {
            Recorded::Made(_, number) => number.to_string(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(numbers, ["26-1", "26-2", "27-1", "26-3"]);

    let tickets = store.tickets(&TicketFilter::default()).await.unwrap();
    let first = &tickets[0].ticket;
    assert_eq!(first.number, TicketNumber::new(2026, 1));
    assert_eq!((first.state.clone(), first.settled_at), (State::requested(), None));
    assert_eq!(first.from, Some(address(ANNA)));
    assert_eq!(first.subject, "Lösenord 1");
    assert_eq!(tickets[0].messages, ["1@mail.kommun.example"]);
    let settled = &tickets[2].ticket;
    assert_eq!(settled.settled_at, Some(NOW));
    assert_eq!((settled.outcome, settled.reason), (Some(Fate::Technician), Some(Reason::OtherSubject)));
    assert_eq!((settled.from.clone(), tickets[2].messages[0].as_str()), (None, ""));
    // Only what wants something is due.
    assert_eq!(store.claim("one", LEASE, 10, NOW).await.unwrap().len(), 3);
    assert_eq!(world.texts("SELECT event FROM audit").await, ["ticket.made"; 4]);
}

pub async fn the_same_place_is_known_and_equal_content_is_a_duplicate(world: World) {
    let store = &world.store;
    let id = keep(store.as_ref(), mail("1")).await;
    assert_eq!(store.record(vec![mail("1")], NOW).await.unwrap(), [Recorded::Known]);
    let copy = mail_but("2", |mail| mail.content_hash = "hash of 1".to_owned());
    assert_eq!(store.record(vec![copy], NOW).await.unwrap(), [Recorded::Duplicate(id, number(1))]);
    // Its octets are kept, and it counts as no mail of the ticket.
    assert_eq!(world.number("SELECT COUNT(*) FROM mail WHERE duplicate_of > 0").await, 1);
    assert_eq!(mails_of(store.as_ref(), id).await.len(), 1);
    assert_eq!(view(store.as_ref(), id).await.messages.len(), 1);
    // Message-IDs are their senders' choice: an equal one alone suppresses nothing.
    let same_id = mail_but("3", |mail| mail.message_id = Some(message_id("1")));
    assert_eq!(
        store.record(vec![same_id], NOW).await.unwrap()[0],
        Recorded::Made(last(&world).await, number(2))
    );
}

async fn last(world: &World) -> nyckelbud::ticket::TicketId {
    nyckelbud::ticket::TicketId(world.number("SELECT max(id) FROM ticket").await)
}

pub async fn duplicates_and_replies_within_one_batch_find_each_other(world: World) {
    let store = &world.store;
    let copy = mail_but("2", |mail| mail.content_hash = "hash of 1".to_owned());
    let answer = reply("3", message_id("1"));
    let further = reply("4", message_id("3"));
    let recorded = store.record(vec![mail("1"), copy, answer, further, mail("1")], NOW).await.unwrap();
    let id = last(&world).await;
    assert_eq!(
        recorded,
        [
            Recorded::Made(id, number(1)),
            Recorded::Duplicate(id, number(1)),
            Recorded::Joined(id, number(1)),
            Recorded::Joined(id, number(1)),
            Recorded::Known,
        ]
    );
    assert_eq!(view(store.as_ref(), id).await.messages.len(), 3);
}

pub async fn what_postgres_cannot_keep_in_a_text_stops_no_mail(world: World) {
    let store = &world.store;
    let odd = mail_but("1", |mail| {
        mail.subject = "a\0b 🔑".to_owned();
        mail.uid = uid("with\0nul");
        mail.raw = vec![0, 255, 13, 10];
    });
    store.count_tries(&inbox(1), std::slice::from_ref(&odd.uid), NOW).await.unwrap();
    let id = keep(store.as_ref(), odd).await;
    assert_eq!(view(store.as_ref(), id).await.ticket.subject, "a\u{fffd}b 🔑");
    assert_eq!(mails_of(store.as_ref(), id).await[0].raw, [0, 255, 13, 10]);
}

pub async fn a_batch_that_fails_leaves_nothing_behind(world: World) {
    let store = &world.store;
    // The second mail's ticket cannot be made: its number is taken.
    world.run("INSERT INTO counter (year, last) VALUES (27, 0)").await;
    let taken = mail_but("0", |mail| mail.ticket.year = 2027);
    keep(store.as_ref(), taken).await;
    world.run("UPDATE counter SET last = 0 WHERE year = 27").await;
    let broken = mail_but("2", |mail| mail.ticket.year = 2027);
    let error = store.record(vec![mail("1"), broken], NOW).await.unwrap_err();
    assert!(matches!(&error, StoreError::Unavailable(text) if text.starts_with("keeping mails")), "{error}");
    assert_eq!(world.number("SELECT COUNT(*) FROM ticket").await, 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM mail").await, 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit").await, 1);
    // The number was not used up.
    store.record(vec![mail("1")], NOW).await.unwrap();
    assert_eq!(store.tickets(&TicketFilter::default()).await.unwrap()[0].ticket.number, number(1));
}

pub async fn an_address_gets_one_acknowledgement_an_hour(world: World) {
    let store = &world.store;
    let asking = |name: &str, to: &str| mail_but(name, |mail| mail.ticket.acknowledge = Some(address(to)));
    let other = "bo.berg@kommun.example";
    store.record(vec![asking("1", ANNA), asking("2", ANNA), asking("3", other)], NOW).await.unwrap();
    let just_within = UnixMillis(NOW.0 + 3_599_999);
    store.record(vec![asking("4", ANNA)], just_within).await.unwrap();
    let to = world.texts("SELECT addressee FROM message ORDER BY id").await;
    assert_eq!(to, [ANNA, other]);
    store.record(vec![asking("5", ANNA)], NOW.plus(HOUR)).await.unwrap();
    assert_eq!(world.number("SELECT COUNT(*) FROM message").await, 3);
    // A reply is a person's mail too; a copy is none.
    let answer = mail_but("6", |mail| {
        mail.answers = vec![message_id("5")];
        mail.ticket.acknowledge = Some(address("cia@kommun.example"));
    });
    let copy = mail_but("7", |mail| {
        mail.content_hash = "hash of 5".to_owned();
        mail.ticket.acknowledge = Some(address("dag@kommun.example"));
    });
    store.record(vec![answer, copy], NOW.plus(HOUR)).await.unwrap();
    assert_eq!(world.number("SELECT COUNT(*) FROM message").await, 4);
}
