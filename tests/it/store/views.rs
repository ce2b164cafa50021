//! A ticket as its page shows it, and who has looked.

use nyckelbud::delivery::Receipt;
use nyckelbud::store::*;
use nyckelbud::types::{Outcome, UnixMillis};

use super::make::*;
use super::world::World;

const EVA: &str = "user:eva.lind";

async fn file(world: &World, running: u32) -> TicketFile {
    world.store.ticket_file(number(running)).await.unwrap().expect("there is such a ticket")
}

pub async fn a_tickets_page_has_its_mails_and_what_happened(world: World) {
    let store = world.store.as_ref();
    let first = mail_but("1", |mail| mail.ticket.acknowledge = Some(address(ANNA)));
    let id = keep(store, first).await;
    let answer = mail_but("2", |mail| {
        (mail.answers, mail.received_at) = (vec![message_id("1")], NOW.plus(HOUR));
        mail.subject = "ring 070-174 06 05".to_owned();
    });
    assert_eq!(keep(store, answer).await, id);
    keep(store, mail_but("other", |mail| mail.from = Some(address("bo@kommun.example")))).await;
    // The same mail again.
    keep(store, mail_but("1", |mail| mail.uid = uid("again"))).await;

    let file = file(&world, 1).await;
    assert_eq!((file.ticket.id, file.ticket.subject.as_str()), (id, "Lösenord 1"));
    let heads: Vec<_> = file.mails.iter().map(|head| (head.subject.as_str(), head.received_at)).collect();
    assert_eq!(heads, [("Lösenord 1", NOW), ("ring ••• 05", NOW.plus(HOUR))]);
    assert!(file.mails.iter().all(|head| head.ticket == number(1) && !head.machine && head.sender == ANNA));
    let sent: Vec<_> = file.messages.iter().map(|sent| (sent.kind, sent.to.as_str(), sent.waits)).collect();
    assert_eq!(sent, [(MessageKind::Acknowledgement, ANNA, true)]);
    let events: Vec<_> = file.history.iter().map(|row| row.event.as_str()).collect();
    assert_eq!(events, ["ticket.made", "ticket.replied", "mail.duplicate"]);
    assert!(!file.more_mails && !file.more_history);
    assert_eq!(store.ticket_file(number(99)).await.unwrap().map(|file| file.ticket.number), None);
}

pub async fn a_mail_is_opened_only_for_its_own_ticket_and_within_the_limit(world: World) {
    let store = world.store.as_ref();
    let own = keep(store, mail("1")).await;
    let other = keep(store, mail_but("2", |mail| mail.from = Some(address("bo@kommun.example")))).await;
    let head = file(&world, 1).await.mails.remove(0);
    let octets = store.mail_octets(own, head.id, 1000).await.unwrap().expect("it is its own");
    assert_eq!((octets.mailbox.as_str(), octets.raw.as_slice()), (BOX, b"Subject: 1\r\n\r\nHej".as_slice()));
    let size = u64::try_from(octets.raw.len()).unwrap();
    assert!(store.mail_octets(own, head.id, size).await.unwrap().is_some());
    assert!(store.mail_octets(own, head.id, size - 1).await.unwrap().is_none());
    assert!(store.mail_octets(other, head.id, 1000).await.unwrap().is_none());
    assert!(store.mail_octets(own, MailId(99), 1000).await.unwrap().is_none());
    // One that was merged shows its mails where it went on.
    world.run(&format!("UPDATE ticket SET merged_into = '26-2' WHERE id = {}", own.0)).await;
    assert!(store.mail_octets(other, head.id, 1000).await.unwrap().is_some());
    let merged = file(&world, 2).await;
    let of: Vec<_> = merged.mails.iter().map(|head| head.ticket).collect();
    assert_eq!(of, [number(1), number(2)]);
    let related: Vec<_> = merged.related.iter().map(|other| (other.number, other.how)).collect();
    assert_eq!(related, [(number(1), RelatedHow::MergedHere)]);
    let back: Vec<_> = file(&world, 1).await.related.iter().map(|other| (other.number, other.how)).collect();
    assert_eq!(back, [(number(2), RelatedHow::MergedInto)]);
}

pub async fn tickets_that_name_each_other_are_told_on_both(world: World) {
    let store = world.store.as_ref();
    keep(store, mail("1")).await;
    let stranger = mail_but("2", |mail| {
        (mail.from, mail.tag) = (Some(address("bo@kommun.example")), Some(number(1)));
    });
    keep(store, stranger).await;
    let how = async |running| {
        let related = file(&world, running).await.related;
        related.iter().map(|other| (other.number, other.how)).collect::<Vec<_>>()
    };
    assert_eq!(how(1).await, [(number(2), RelatedHow::NamesThis)]);
    assert_eq!(how(2).await, [(number(1), RelatedHow::NamedByThis)]);
}

pub async fn what_left_is_told_with_its_receipt(world: World) {
    let store = world.store.as_ref();
    let id = live_ticket(store, "1", "a-anna").await;
    let commit = async |intent| {
        let claim = claim(store, id).await;
        let step = Step { intent, ..step(sealed_state()) };
        assert_eq!(store.commit(id, claim.fence, &sealed_state(), step).await.unwrap(), Committed::Done);
    };
    let told = async || file(&world, 1).await.calls.remove(0);
    commit(IntentChange::Begin(intent("k-1", IntentKind::Text))).await;
    let begun = told().await;
    assert_eq!((begun.kind, begun.outcome, begun.receipt), (IntentKind::Text, None, None));
    let end = IntentChange::End { key: "k-1".to_owned(), outcome: accepted("r-1"), at: NOW };
    commit(end).await;
    // By the gateway's own name, before the key is known, and by the key: the newest counts.
    store.receipt("elks", None, "r-1", Receipt::Pending, NOW).await.unwrap();
    let taken = told().await;
    assert_eq!(taken.outcome, Some(accepted("r-1")));
    let at = NOW.plus(HOUR);
    store.receipt("elks", Some("k-1"), "r-1", Receipt::Delivered, at).await.unwrap();
    assert_eq!(told().await.receipt, Some(StoredReceipt { receipt: Receipt::Delivered, at }));
    assert!(matches!(told().await.outcome, Some(Outcome::Accepted { .. })));
}

pub async fn a_look_is_told_once_an_hour_for_each_person_and_ticket(world: World) {
    let store = world.store.as_ref();
    let (one, two) = (keep(store, mail("1")).await, keep(store, crowd_mail("2")).await);
    let look = async |ticket, actor: &'static str, minutes: i64| {
        let now = UnixMillis(NOW.0 + minutes * 60_000);
        store.looked_at(ticket, actor, now.minus(HOUR), now).await.unwrap();
    };
    let looks = "SELECT COUNT(*) FROM audit WHERE event = 'ticket.viewed'";
    for (ticket, actor, minutes, told) in [
        (one, EVA, 0, 1),
        (one, EVA, 59, 1),
        (two, EVA, 59, 2),
        (one, "user:per.ost", 59, 3),
        (one, EVA, 60, 4),
        (one, EVA, 61, 4),
    ] {
        look(ticket, actor, minutes).await;
        assert_eq!(world.number(looks).await, told, "{actor} {minutes}");
    }
    // Many at the same moment.
    let other = world.another().await;
    let now = NOW.plus(HOUR * 9);
    let racing = (0..16).map(|n| {
        let store = if n % 2 == 0 { world.store.clone() } else { other.clone() };
        tokio::spawn(async move { store.looked_at(one, EVA, now.minus(HOUR), now).await })
    });
    for look in racing.collect::<Vec<_>>() {
        look.await.unwrap().unwrap();
    }
    assert_eq!(world.number(looks).await, 5);
    assert_eq!(file(&world, 1).await.history.last().map(|row| row.actor.clone()), Some(EVA.to_owned()));
    let none = nyckelbud::ticket::TicketId(99);
    store.looked_at(none, EVA, NOW, NOW).await.unwrap();
    assert_eq!(world.number(looks).await, 5, "nobody looks at what is not there");
}
