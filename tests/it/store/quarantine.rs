//! Mails that could not be read, and how they are let out.

use nyckelbud::store::*;
use nyckelbud::ticket::{Fate, Kind, Standing, State};
use nyckelbud::types::{NamedBy, Reason};

use super::make::*;
use super::world::World;

/// A mail that could not be read, as it was kept.
fn unread(name: &str) -> Incoming {
    mail_but(name, |mail| {
        mail.content_hash = format!("hash of the octets of {name}");
        (mail.message_id, mail.from, mail.subject) = (None, None, String::new());
        mail.ticket.kind = Kind::Quarantine;
        mail.ticket.state = technician();
        mail.ticket.outcome = Some(Fate::Technician);
    })
}

async fn let_out(world: &World, id: nyckelbud::ticket::TicketId, mail: Incoming) -> LetOut {
    world.store.let_out(id, mail, "cli:root", NOW.plus(HOUR)).await.unwrap()
}

pub async fn the_quarantine_lists_what_could_not_be_read_with_its_tries(world: World) {
    let store = &world.store;
    keep(&**store, mail("read")).await;
    store.count_tries(&inbox(1), &[uid("broken")], NOW).await.unwrap();
    store.count_tries(&inbox(1), &[uid("broken")], NOW).await.unwrap();
    let id = keep(&**store, unread("broken")).await;
    let listed = store.quarantine(None).await.unwrap().mails;
    let [only] = listed.as_slice() else { panic!("{listed:?}") };
    assert_eq!((only.ticket.id, only.tries), (id, 2));
    assert_eq!(only.octets, u64::try_from(mail("broken").raw.len()).unwrap());
    assert_eq!(store.quarantine(Some(number(2))).await.unwrap().mails.len(), 1);
    assert_eq!(store.quarantine(Some(number(1))).await.unwrap().mails.len(), 0, "that one was read");
}

pub async fn a_mail_in_quarantine_whose_ticket_cannot_be_read_is_named_and_hides_no_other(world: World) {
    let store = &world.store;
    store.record(vec![unread("1"), unread("2"), unread("3")], NOW).await.unwrap();
    world.run("UPDATE ticket SET trail = 'x' WHERE id = 2").await;
    let numbers = |listed: &InQuarantine| {
        let readable = listed.mails.iter().map(|mail| mail.ticket.number).collect::<Vec<_>>();
        (readable, listed.unreadable.iter().map(|(number, _)| number.clone()).collect::<Vec<_>>())
    };
    let listed = store.quarantine(None).await.unwrap();
    assert_eq!(numbers(&listed), (vec![number(1), number(3)], vec![number(2).to_string()]));
    let only = store.quarantine(Some(number(2))).await.unwrap();
    assert_eq!(numbers(&only), (vec![], vec![number(2).to_string()]));
    assert!(matches!(only.unreadable[0].1, StoreError::Corrupt(_)), "{only:?}");
}

pub async fn a_mail_that_is_let_out_is_due_like_one_that_has_just_come(world: World) {
    let store = &world.store;
    let id = keep(&**store, unread("broken")).await;
    let recorded = let_out(&world, id, mail("broken")).await;
    assert_eq!(recorded, LetOut::Recorded(Recorded::Made(id, number(1))));
    let filter = AuditFilter { event: "mail.let_out".to_owned(), ..AuditFilter::default() };
    let row = store.audit_rows(&filter, 1).await.unwrap().remove(0);
    assert!(row.entry.data.contains(r#""from":"technician""#), "webhooks are told by it: {}", row.entry.data);
    assert!(row.entry.data.contains(r#""to":"requested""#), "{}", row.entry.data);
    let ticket = view(&**store, id).await.ticket;
    assert_eq!((ticket.kind, ticket.state.clone()), (Kind::Password, State::requested()));
    assert_eq!((ticket.outcome, ticket.settled_at), (None, None));
    assert_eq!(ticket.from, Some(address(ANNA)));
    assert_eq!(mails_of(&**store, id).await[0].raw, mail("broken").raw);
    let claimed = store.claim("one", LEASE, 9, NOW.plus(HOUR)).await.unwrap();
    assert_eq!(claimed.iter().map(|claim| claim.ticket.id).collect::<Vec<_>>(), [id]);
    assert_eq!(store.quarantine(None).await.unwrap().mails.len(), 0);

    assert_eq!(let_out(&world, id, mail("broken")).await, LetOut::Gone, "a second person came too late");
    // Its content is known now: another copy is a duplicate.
    let again = store.record(vec![mail_but("broken", |mail| mail.uid = uid("2"))], NOW).await.unwrap();
    assert_eq!(again, [Recorded::Duplicate(id, number(1))]);
}

pub async fn a_reply_that_is_let_out_joins_its_ticket(world: World) {
    let store = &world.store;
    let first = keep(&**store, mail("first")).await;
    let id = keep(&**store, unread("reply")).await;
    let recorded = let_out(&world, id, reply("reply", message_id("first"))).await;
    assert_eq!(recorded, LetOut::Recorded(Recorded::Joined(first, number(1))));
    assert_eq!(view(&**store, first).await.messages.len(), 2);
    let own = view(&**store, id).await;
    assert_eq!((own.messages.len(), own.ticket.merged_into), (0, Some(number(1))));
    assert_eq!((own.ticket.outcome, own.ticket.state.standing()), (Some(Fate::Merged), Standing::Closed));
}

pub async fn a_copy_that_is_let_out_is_linked_to_its_original(world: World) {
    let store = &world.store;
    let first = keep(&**store, mail("first")).await;
    let id = keep(&**store, unread("copy")).await;
    let recorded = let_out(&world, id, mail("first")).await;
    assert_eq!(recorded, LetOut::Recorded(Recorded::Duplicate(first, number(1))));
    assert_eq!(view(&**store, first).await.messages.len(), 1, "a duplicate is not counted");
    assert_eq!(view(&**store, id).await.ticket.merged_into, Some(number(1)));
}

pub async fn a_mail_that_is_let_out_claims_no_ticket_and_starts_no_flood(world: World) {
    let store = &world.store;
    keep(&**store, mail("first")).await;
    let id = keep(&**store, unread("quoting")).await;
    let quoting = mail_but("quoting", |mail| {
        mail.from = Some(address("bo.berg@kommun.example"));
        mail.tag = Some(number(1));
    });
    let recorded = let_out(&world, id, quoting).await;
    assert_eq!(recorded, LetOut::Recorded(Recorded::Made(id, number(2))));
    let link = view(&**store, id).await.ticket.link.expect("it names another's ticket");
    assert_eq!((link.to, link.by), (number(1), NamedBy::Tag));

    store.record((2..=30).map(|n| mail(&n.to_string())).collect(), NOW).await.unwrap();
    let (one, two) = (keep(&**store, unread("31")).await, keep(&**store, unread("32")).await);
    assert!(matches!(let_out(&world, one, mail("31")).await, LetOut::Recorded(Recorded::Made(..))));
    let flood = view(&**store, one).await.ticket;
    assert_eq!((flood.reason, flood.state), (Some(Reason::LimitSender), technician()));
    assert!(flood.subject.starts_with("More than 30 mails"), "{}", flood.subject);
    let joined = let_out(&world, two, mail("32")).await;
    assert_eq!(joined, LetOut::Recorded(Recorded::Joined(one, flood.number)));
    assert_eq!(view(&**store, two).await.ticket.merged_into, Some(flood.number));
}
