//! Mails that name a ticket of somebody else: they make their own, which is linked to it.

use nyckelbud::mail::Trust;
use nyckelbud::store::*;
use nyckelbud::types::{Check, Link, MessageId, NamedBy, TicketNumber};

use super::joins::{from, thread};
use super::make::*;
use super::world::World;

const BO: &str = "bo.berg@kommun.example";

fn linked(running: u32, by: NamedBy) -> Thread {
    Thread::Own(Some(Link { to: number(running), by }))
}

/// Everything that is kept of a ticket, and of what belongs to it.
async fn everything_of(world: &World, running: u32) -> String {
    let sql = format!(
        "SELECT t.state || t.standing || t.outcome || t.reason || t.trail || t.linked_to || t.merged_into
             || t.settled_at || ' ' || t.due_at || ' ' || t.woken || t.replied || t.fence || t.asked
             || ' ' || (SELECT COUNT(*) FROM mail m WHERE m.ticket = t.id)
             || ' ' || (SELECT COUNT(*) FROM message o WHERE o.ticket = t.id)
             || ' ' || (SELECT COUNT(*) FROM audit a WHERE a.ticket = t.id)
         FROM ticket t WHERE t.running = {running}"
    );
    world.texts(&sql).await.remove(0)
}

/// Anna's ticket 26-1, with our mail to her about it.
async fn annas(world: &World) -> MessageId {
    let asking = mail_but("1", |mail| mail.ticket.acknowledge = Some(address(ANNA)));
    world.store.record(vec![asking], NOW).await.unwrap();
    world.store.claim_messages(Channel::Mail, "one", LEASE, 1, NOW).await.unwrap().remove(0).message_id
}

pub async fn a_mail_that_names_anothers_ticket_is_linked_and_changes_nothing_there(world: World) {
    let ours = annas(&world).await;
    let before = everything_of(&world, 1).await;
    let anna_forged =
        |name: &str, answers, tag| Incoming { trust: Trust::Unverified, ..from(name, ANNA, answers, tag) };
    let tag = Some(number(1));
    let cases = [
        (from("2", BO, vec![], tag), NamedBy::Tag),
        (from("3", BO, vec![ours.clone()], None), NamedBy::OurMail),
        (from("4", BO, vec![message_id("1")], None), NamedBy::TheirMail),
        // What is given to one person says more than what many may have got.
        (from("5", BO, vec![message_id("1"), ours.clone()], None), NamedBy::OurMail),
        (from("6", BO, vec![message_id("1")], tag), NamedBy::Tag),
        // No single address is nobody's.
        (from("7", "", vec![ours.clone()], tag), NamedBy::OurMail),
        // The same address, but less sure.
        (anna_forged("8", vec![], tag), NamedBy::Tag),
        (anna_forged("9", vec![ours], None), NamedBy::OurMail),
        (anna_forged("10", vec![message_id("1")], None), NamedBy::OwnMail),
    ];
    for (mail, by) in cases {
        let name = mail.uid.as_str().to_owned();
        assert_eq!(thread(&world, mail).await, linked(1, by), "mail {name}");
    }
    assert_eq!(everything_of(&world, 1).await, before);

    let all = world.store.tickets(&TicketFilter::default()).await.unwrap();
    assert_eq!(all.len(), 10);
    for view in &all[1..] {
        let said = view.ticket.trail.0.iter().find(|line| line.check == Check::Thread).expect("a line");
        assert!(said.evidence.contains("26-1") && said.evidence.contains("linked"), "{said:?}");
        let whole = format!("{:?}", view.ticket);
        assert!(!whole.contains("Lösenord 1\""), "it shows nothing of the other: {whole}");
    }
}

pub async fn a_number_or_message_id_that_nobody_has_links_to_nothing(world: World) {
    annas(&world).await;
    let guesses =
        ["1@kommun.example", "26-1@kommun.example", "00000000000000000000000000000001@kommun.example"];
    let guesses = guesses.iter().map(|guess| MessageId::parse(guess).unwrap()).collect();
    assert_eq!(thread(&world, from("2", BO, guesses, None)).await, Thread::Own(None));
    assert_eq!(thread(&world, from("3", BO, vec![], Some(number(99)))).await, Thread::Own(None));
    assert_eq!(
        thread(&world, from("4", BO, vec![], Some(TicketNumber::new(2025, 1)))).await,
        Thread::Own(None)
    );
}

pub async fn an_own_ticket_goes_before_a_link_and_an_acknowledgement_is_for_every_ticket(world: World) {
    let ours = annas(&world).await;
    let bos = Incoming { ticket: mail("x").ticket, ..from("2", BO, vec![], None) };
    assert_eq!(thread(&world, bos).await, Thread::Own(None));
    // The whole conversation is in References; the ticket is Bo's all the same.
    let answer = from("3", BO, vec![ours, message_id("1"), message_id("2")], None);
    assert_eq!(thread(&world, answer).await, Thread::Joins(number(2)));
    let tagged = from("4", BO, vec![message_id("1")], Some(number(2)));
    assert_eq!(thread(&world, tagged).await, Thread::Joins(number(2)));

    let mut naming = from("5", "cia@kommun.example", vec![], Some(number(1)));
    naming.ticket.acknowledge = Some(address("cia@kommun.example"));
    assert_eq!(thread(&world, naming).await, linked(1, NamedBy::Tag));
    let acknowledged =
        "SELECT addressee || ' ' || kind || ' ' || words || ' ' || ticket FROM message ORDER BY id";
    let told = world.texts(acknowledged).await;
    assert_eq!(
        told,
        [format!("{ANNA} acknowledgement {{}} 1"), "cia@kommun.example acknowledgement {} 3".to_owned()]
    );
}

/// The manager's notice, the owner's warning: whoever we wrote to about a ticket may answer there.
pub async fn whoever_we_wrote_to_about_a_ticket_may_answer_there(world: World) {
    let store = world.store.as_ref();
    let id = keep(store, mail("1")).await;
    let deciding = claim(store, id).await;
    let notice = NewMessage {
        kind: MessageKind::ManagerNotice,
        to: Addressee::Mail(address(BO)),
        values: "{}".to_owned(),
    };
    let committed = store.commit(
        id,
        deciding.fence,
        &deciding.ticket.state,
        Step { messages: vec![notice], ..step(technician()) },
    );
    assert_eq!(committed.await.unwrap(), Committed::Done);
    let ours = store.claim_messages(Channel::Mail, "one", LEASE, 1, NOW).await.unwrap().remove(0).message_id;
    let by_less = Incoming { trust: Trust::Vouched, ..from("2", BO, vec![ours.clone()], None) };
    assert_eq!(thread(&world, by_less).await, linked(1, NamedBy::OurMail));
    assert_eq!(
        thread(&world, from("3", "cia@kommun.example", vec![ours.clone()], None)).await,
        linked(1, NamedBy::OurMail)
    );
    assert_eq!(thread(&world, from("4", BO, vec![ours], None)).await, Thread::Joins(number(1)));
}
