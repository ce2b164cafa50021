//! What somebody outside can do with many mails: it costs each of them the same, and hides nothing.

use std::time::{Duration, Instant};

use nyckelbud::mail::Trust;
use nyckelbud::store::*;
use nyckelbud::ticket::{Fate, Kind, TicketId};
use nyckelbud::types::{NamedBy, Reason};

use super::joins::thread;
use super::make::*;
use super::world::World;

/// Copies mail 1 so many times, with its Message-ID and its ticket.
const NAMESAKES: &str = "WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 6000)
    INSERT INTO mail (ticket, duplicate_of, mailbox, validity, uid, received_at, kept_at, content_hash,
        message_id, subject, sender, trust, raw)
    SELECT 1, 0, m.mailbox, 1, 'n' || s.n, m.received_at + s.n, m.kept_at, 'n' || s.n, m.message_id, '',
        m.sender, m.trust, m.raw
    FROM s, mail m WHERE m.id = 1";

pub async fn a_mail_that_names_thousands_is_placed_at_once(world: World) {
    let bo = address("bo.berg@kommun.example");
    keep(world.store.as_ref(), mail_but("1", |mail| mail.from = Some(bo.clone()))).await;
    world.run(NAMESAKES).await;
    let began = Instant::now();
    let recorded = world.store.record(vec![reply("2", message_id("1"))], NOW).await.unwrap();
    let took = began.elapsed();
    let Recorded::Made(id, _) = recorded[0] else { panic!("{recorded:?}") };
    let link = view(world.store.as_ref(), id).await.ticket.link.expect("it names Bo's ticket");
    assert_eq!((link.to, link.by), (number(1), NamedBy::TheirMail));
    // Its writer's own ticket takes no longer, nor does one of theirs that the number names.
    let own = mail_but("3", |mail| {
        mail.from = Some(bo.clone());
        mail.answers = vec![message_id("1")];
    });
    let tagged = mail_but("4", |mail| {
        mail.from = Some(bo);
        mail.tag = Some(number(1));
    });
    let recorded = world.store.record(vec![own, tagged], NOW).await.unwrap();
    let joins = |recorded: &Recorded| matches!(recorded, Recorded::Joined(TicketId(1), _));
    assert!(recorded.iter().all(joins), "{recorded:?}");
    let all = began.elapsed();
    assert!(took < Duration::from_secs(1) && all < Duration::from_secs(3), "{took:?}, then {all:?}");
}

pub async fn tags_make_no_new_address_for_a_flood(world: World) {
    let tagged = |n: u32| {
        mail_but(&n.to_string(), |mail| mail.from = Some(address(&format!("anna+{n}@kommun.example"))))
    };
    let recorded = world.store.record((1..=32).map(tagged).collect(), NOW).await.unwrap();
    assert!(recorded[..30].iter().all(|made| matches!(made, Recorded::Made(..))), "{recorded:?}");
    assert!(matches!(recorded[30], Recorded::Made(_, at) if at == number(31)), "{recorded:?}");
    assert!(matches!(recorded[31], Recorded::Joined(_, at) if at == number(31)), "{recorded:?}");
    let flood = world.store.tickets(&TicketFilter::default()).await.unwrap().remove(30);
    assert_eq!(flood.ticket.reason, Some(Reason::LimitSender));
    let untagged = mail_but("33", |mail| mail.from = Some(address("anna@kommun.example")));
    assert_eq!(thread(&world, untagged).await, Thread::Flood(Some(number(31))));
}

/// Two writers in From, or none: nobody's mails are counted together with anybody's.
pub async fn mails_without_one_address_are_no_flood(world: World) {
    let nobodys =
        |n: u32| mail_but(&n.to_string(), |mail| (mail.from, mail.trust) = (None, Trust::Unverified));
    let recorded = world.store.record((1..=40).map(nobodys).collect(), NOW).await.unwrap();
    assert!(recorded.iter().all(|made| matches!(made, Recorded::Made(..))), "{recorded:?}");
}

pub async fn copies_are_kept_a_few_times_and_then_only_linked(world: World) {
    let store = world.store.as_ref();
    let copy = |n: u32| mail_but(&format!("copy-{n}"), |mail| mail.content_hash = "hash of 1".to_owned());
    let id = keep(store, mail("1")).await;
    let recorded = store.record((1..=20).map(copy).collect(), NOW).await.unwrap();
    assert_eq!(recorded, vec![Recorded::Duplicate(id, number(1)); 20]);
    assert_eq!(world.number("SELECT COUNT(*) FROM mail WHERE duplicate_of = 1").await, 20);
    assert_eq!(world.number("SELECT COUNT(*) FROM mail WHERE duplicate_of = 1 AND length(raw) > 0").await, 3);
    assert_eq!(mails_of(store, id).await[0].raw, mail("1").raw);
}

/// A mail that could not be read.
fn unread(name: &str) -> Incoming {
    mail_but(name, |mail| {
        (mail.message_id, mail.from, mail.subject) = (None, None, String::new());
        mail.trust = Trust::Unverified;
        mail.ticket.kind = Kind::Quarantine;
        mail.ticket.state = technician();
        mail.ticket.outcome = Some(Fate::Technician);
    })
}

pub async fn a_crowd_of_unreadable_mails_is_kept_together_for_each_mailbox(world: World) {
    let store = world.store.as_ref();
    let crowd = (1..=40).map(|n| unread(&n.to_string())).collect();
    let recorded = store.record(crowd, NOW).await.unwrap();
    assert!(recorded[..31].iter().all(|made| matches!(made, Recorded::Made(..))), "{recorded:?}");
    let joined = |recorded: &Recorded| matches!(recorded, Recorded::Joined(_, at) if *at == number(31));
    assert!(recorded[31..].iter().all(joined), "{recorded:?}");
    let listed = store.quarantine(None).await.unwrap().mails;
    assert_eq!(listed.len(), 31, "the crowd is one line of the quarantine");
    let crowd = &listed[30];
    let words = &crowd.ticket.trail.0.last().unwrap().evidence;
    assert!(words.contains("cannot be read") && words.contains(BOX), "{words}");
    assert!(crowd.ticket.subject.contains("cannot be read"), "{}", crowd.ticket.subject);
    assert_eq!(view(store, crowd.ticket.id).await.messages.len(), 10);

    // Another mailbox and the next hour begin anew.
    let annex = mail_but("41", |mail| *mail = Incoming { mailbox: "annex".to_owned(), ..unread("41") });
    let later = Incoming { received_at: NOW.plus(HOUR), ..unread("42") };
    let recorded = store.record(vec![annex, later], NOW).await.unwrap();
    assert!(recorded.iter().all(|made| matches!(made, Recorded::Made(..))), "{recorded:?}");
    // Each is still known by its octets.
    for n in [1, 35, 40] {
        let octets = unread(&n.to_string()).raw;
        assert!(store.kept_unread(BOX, &octets).await.unwrap().is_some(), "{n}");
        assert_eq!(store.kept_unread("annex", &octets).await.unwrap(), None);
    }
}

pub async fn what_is_let_out_of_a_crowd_leaves_the_others_there(world: World) {
    let store = world.store.as_ref();
    store.record((1..=33).map(|n| unread(&n.to_string())).collect(), NOW).await.unwrap();
    let crowd = store.quarantine(Some(number(31))).await.unwrap().mails.remove(0).ticket.id;
    let first = mail("31");
    let out = store.let_out(crowd, first, "cli:root", NOW).await.unwrap();
    let LetOut::Recorded(Recorded::Made(own, _)) = out else { panic!("{out:?}") };
    assert_ne!(own, crowd, "it has a ticket of its own");
    assert_eq!(view(store, own).await.messages, [message_id("31").to_string()]);
    assert_eq!(view(store, crowd).await.messages.len(), 2);
    // A reply joins its ticket, and the crowd is as it was but for that.
    let joined = store.let_out(crowd, reply("32", message_id("31")), "cli:root", NOW).await.unwrap();
    assert!(matches!(joined, LetOut::Recorded(Recorded::Joined(id, _)) if id == own), "{joined:?}");
    assert_eq!(store.quarantine(Some(number(31))).await.unwrap().mails.len(), 1);
    // The last one takes the ticket itself along.
    let last = store.let_out(crowd, mail("33"), "cli:root", NOW).await.unwrap();
    assert_eq!(last, LetOut::Recorded(Recorded::Made(crowd, number(31))));
    assert_eq!(store.quarantine(Some(number(31))).await.unwrap().mails.len(), 0);
}
