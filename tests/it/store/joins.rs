//! Which ticket a mail joins, and what its coming changes there.

use nyckelbud::mail::Trust;
use nyckelbud::store::*;
use nyckelbud::ticket::{Fate, Kind, PasswordFact, State, TicketId};
use nyckelbud::types::{EmailAddress, MessageId, Reason, TicketNumber};

use super::make::*;
use super::world::World;

/// Where a mail would go, as `record` and as `explain` see it: they must agree.
pub async fn thread(world: &World, incoming: Incoming) -> Thread {
    let asked = world.store.thread_of(&incoming.arrival()).await.unwrap();
    let recorded = world.store.record(vec![incoming], NOW).await.unwrap().remove(0);
    let (Recorded::Made(id, number) | Recorded::Joined(id, number)) = recorded else {
        panic!("{recorded:?}")
    };
    let ticket = world.store.ticket(id).await.unwrap().unwrap();
    let became = match (&recorded, asked) {
        (Recorded::Joined(..), Thread::Flood(_)) => Thread::Flood(Some(number)),
        (Recorded::Joined(..), Thread::Own(_) | Thread::Joins(_)) => Thread::Joins(number),
        (_, Thread::Flood(_)) if ticket.reason == Some(Reason::LimitSender) => Thread::Flood(None),
        (_, _) => Thread::Own(ticket.link),
    };
    assert_eq!(asked, became);
    became
}

/// The ticket that it joins.
async fn joins(world: &World, incoming: Incoming) -> Option<TicketNumber> {
    match thread(world, incoming).await {
        Thread::Joins(number) => Some(number),
        Thread::Own(_) => None,
        Thread::Flood(ticket) => panic!("a flood: {ticket:?}"),
    }
}

pub fn from(name: &str, who: &str, answers: Vec<MessageId>, tag: Option<TicketNumber>) -> Incoming {
    mail_but(name, |mail| {
        mail.from = EmailAddress::parse(who).ok();
        mail.answers = answers;
        mail.tag = tag;
    })
}

pub async fn a_reply_to_a_kept_mail_joins_its_ticket(world: World) {
    world.store.record(vec![mail("1"), mail("2")], NOW).await.unwrap();
    assert_eq!(joins(&world, reply("3", message_id("2"))).await, Some(number(2)));
    // The newest answered mail counts; unknown ones are passed over.
    let answers = vec![message_id("unknown"), message_id("1"), message_id("2")];
    assert_eq!(joins(&world, from("4", ANNA, answers, None)).await, Some(number(1)));
    assert_eq!(joins(&world, reply("5", message_id("unknown"))).await, None);
    assert_eq!(joins(&world, mail("6")).await, None);
}

pub async fn a_reply_to_our_own_mail_joins_only_from_whom_it_went_to(world: World) {
    let asking = mail_but("1", |mail| mail.ticket.acknowledge = Some(address(ANNA)));
    world.store.record(vec![asking], NOW).await.unwrap();
    let ours =
        world.store.claim_messages(Channel::Mail, "one", LEASE, 1, NOW).await.unwrap().remove(0).message_id;
    let local = ours.as_str().strip_suffix("@kommun.example").unwrap();
    assert!(local.len() == 32 && local.bytes().all(|b| b.is_ascii_hexdigit()), "{ours}");
    assert_eq!(joins(&world, from("2", "bo@kommun.example", vec![ours.clone()], None)).await, None);
    assert_eq!(joins(&world, from("3", "", vec![ours.clone()], None)).await, None);
    assert_eq!(joins(&world, from("4", ANNA, vec![ours], None)).await, Some(number(1)));
}

pub async fn a_tag_counts_only_from_the_requester(world: World) {
    world.store.record(vec![mail("1")], NOW).await.unwrap();
    assert_eq!(joins(&world, from("2", "bo@kommun.example", vec![], Some(number(1)))).await, None);
    assert_eq!(joins(&world, from("3", "", vec![], Some(number(1)))).await, None);
    assert_eq!(joins(&world, from("4", ANNA, vec![], Some(number(99)))).await, None);
    assert_eq!(joins(&world, from("5", ANNA, vec![], Some(number(1)))).await, Some(number(1)));
}

pub async fn a_forged_mail_joins_nobodys_ticket(world: World) {
    let asking = mail_but("1", |mail| mail.ticket.acknowledge = Some(address(ANNA)));
    let private = mail_but("2", |mail| mail.trust = Trust::Unverified);
    world.store.record(vec![asking, private], NOW).await.unwrap();
    let ours =
        world.store.claim_messages(Channel::Mail, "one", LEASE, 1, NOW).await.unwrap().remove(0).message_id;
    let forged = |name: &str, answers: Vec<MessageId>, tag| Incoming {
        trust: Trust::Unverified,
        ..from(name, ANNA, answers, tag)
    };
    assert_eq!(joins(&world, forged("3", vec![], Some(number(1)))).await, None);
    assert_eq!(joins(&world, forged("4", vec![message_id("1")], None)).await, None);
    // Not even with a Message-ID that was given to Anna alone: it travels with what she forwards.
    assert_eq!(joins(&world, forged("5", vec![ours.clone()], None)).await, None);
    assert_eq!(joins(&world, from("6", ANNA, vec![ours], None)).await, Some(number(1)));
    // A ticket of which nobody knew the sender either takes what is as sure.
    assert_eq!(joins(&world, forged("7", vec![message_id("2")], None)).await, Some(number(2)));
    assert_eq!(joins(&world, forged("8", vec![], Some(number(2)))).await, Some(number(2)));
    assert_eq!(joins(&world, from("9", ANNA, vec![message_id("7")], None)).await, Some(number(2)));
    // A later mail of more trust raises nothing: the first one counts.
    assert_eq!(joins(&world, forged("10", vec![message_id("9")], None)).await, Some(number(2)));
}

pub async fn a_machines_mail_joins_nothing(world: World) {
    let store = &world.store;
    let id = asked(&world, "1").await;
    let absence = mail_but("2", |mail| {
        mail.answers = vec![message_id("1")];
        mail.tag = Some(number(1));
        mail.ticket.kind = Kind::Automatic;
        mail.ticket.state = State::Filed;
        mail.ticket.outcome = Some(Fate::Filed);
    });
    assert!(matches!(store.record(vec![absence], NOW).await.unwrap()[0], Recorded::Made(..)));
    assert_eq!(view(store.as_ref(), id).await.ticket.state, State::Asked);
}

/// A ticket whose writer was asked for details.
async fn asked(world: &World, name: &str) -> TicketId {
    moved(world, name, State::Asked).await
}

async fn moved(world: &World, name: &str, state: State) -> TicketId {
    let store = world.store.as_ref();
    let id = keep(store, mail(name)).await;
    let claim = claim(store, id).await;
    let committed = store.commit(id, claim.fence, &claim.ticket.state, step(state)).await.unwrap();
    assert_eq!(committed, Committed::Done);
    id
}

pub async fn a_reply_answers_a_question_and_opens_what_was_over(world: World) {
    let store = world.store.as_ref();
    let question = asked(&world, "1").await;
    let done = moved(&world, "2", delivered(true)).await;
    let later = NOW.plus(HOUR);
    store.record(vec![reply("3", message_id("1")), reply("4", message_id("2"))], later).await.unwrap();

    let question = view(store, question).await.ticket;
    assert_eq!((question.state, question.settled_at), (State::requested(), None));
    let done = view(store, done).await.ticket;
    assert_eq!(done.state, State::Technician { password: PasswordFact::Changed });
    assert_eq!((done.outcome, done.reason), (Some(Fate::Technician), Some(Reason::OtherSubject)));
    assert_eq!(done.settled_at, Some(later));
    assert!(done.trail.0.last().unwrap().evidence.ends_with("the password was changed"));
    // Only the question wants something now.
    let claims = store.claim("one", LEASE, 10, later).await.unwrap();
    assert_eq!(claims.iter().map(|claim| claim.ticket.id).collect::<Vec<_>>(), [question.id]);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'ticket.replied'").await, 2);
}

pub async fn a_reply_during_a_delivery_opens_the_ticket_when_that_is_over(world: World) {
    let store = world.store.as_ref();
    let done = delivered(false);
    let mut ended = Vec::new();
    for (name, end) in [("1", &done), ("2", &done), ("3", &technician())] {
        let id = live_ticket(store, name, &format!("a-{name}")).await;
        if name != "2" {
            store.record(vec![reply(&format!("{name}-more"), message_id(name))], NOW).await.unwrap();
        }
        assert_eq!(view(store, id).await.ticket.state, sealed_state(), "it goes on as it was");
        let working = claim(store, id).await;
        let end = Step { due_at: Some(NOW.plus(HOUR)), release: false, ..step(end.clone()) };
        let committed = store.commit(id, working.fence, &sealed_state(), end).await.unwrap();
        assert_eq!(committed, Committed::Done);
        store.release(id, working.fence, NOW.plus(HOUR)).await.unwrap();
        ended.push(view(store, id).await.ticket);
    }
    assert_eq!(ended[0].state, State::Technician { password: PasswordFact::Changed });
    assert_eq!((ended[0].outcome, ended[0].reason), (Some(Fate::Technician), Some(Reason::OtherSubject)));
    assert_eq!(ended[1].state, done, "nobody replied");
    assert_eq!(ended[2].state, technician(), "somebody reads it anyway");
    assert_eq!(world.number("SELECT COUNT(*) FROM ticket WHERE replied = 1").await, 0);
    let due = store.claim("two", LEASE, 9, NOW.plus(HOUR)).await.unwrap();
    assert_eq!(due.iter().map(|claim| claim.ticket.id).collect::<Vec<_>>(), [ended[1].id, ended[2].id]);
}

pub async fn a_reply_during_a_decision_is_read_by_a_new_one(world: World) {
    let store = world.store.as_ref();
    let id = keep(store, mail("1")).await;
    let deciding = claim(store, id).await;
    assert_eq!(mails_of(store, id).await.len(), 1);
    store.record(vec![reply("2", message_id("1"))], NOW).await.unwrap();
    // The decision that has not read the reply is lost, whatever it was.
    let state = &deciding.ticket.state;
    let committed = store.commit(id, deciding.fence, state, step(State::Asked)).await.unwrap();
    assert_eq!(committed, Committed::Lost);
    store.rest(id, deciding.fence).await.unwrap();
    let again = store.claim("two", LEASE, 1, NOW).await.unwrap().remove(0);
    assert_eq!((again.ticket.id, again.previous_lease_end), (id, None));
    assert_eq!(mails_of(store, id).await.len(), 2);
}

pub async fn the_own_mail_wins_when_a_message_id_was_copied(world: World) {
    let store = world.store.as_ref();
    let copied = mail_but("2", |mail| {
        mail.message_id = Some(message_id("1"));
        mail.from = Some(address("stranger@elsewhere.example"));
    });
    store.record(vec![mail("1"), copied], NOW).await.unwrap();
    assert_eq!(joins(&world, reply("3", message_id("1"))).await, Some(number(1)));
}

pub async fn a_reply_opens_what_was_over_once(world: World) {
    let store = world.store.as_ref();
    let done = delivered(true);
    let id = moved(&world, "1", done.clone()).await;
    let answer = reply("2", message_id("1"));
    assert!(matches!(store.record(vec![answer.clone()], NOW).await.unwrap()[0], Recorded::Joined(..)));
    let opened = view(store, id).await.ticket;
    assert_eq!(opened.state, State::Technician { password: PasswordFact::Changed });

    // Somebody is done with it. The mail could not be moved and comes again, as itself and as a copy in
    // another mailbox; then the mailbox counts anew.
    let working = claim(store, id).await;
    let closed = store.commit(id, working.fence, &opened.state, step(done.clone())).await.unwrap();
    assert_eq!(closed, Committed::Done);
    let copy = Incoming { mailbox: "other".to_owned(), uid: uid("77"), ..answer.clone() };
    let anew = Incoming { validity: 2, ..answer.clone() };
    let again = store.record(vec![answer, copy, anew], NOW).await.unwrap();
    let duplicate = Recorded::Duplicate(id, number(1));
    assert_eq!(again, [Recorded::Known, duplicate.clone(), duplicate]);
    let ticket = view(store, id).await;
    assert_eq!((ticket.ticket.state, ticket.messages.len()), (done, 2));
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'ticket.replied'").await, 1);
    // A new reply is another matter.
    store.record(vec![reply("3", message_id("2"))], NOW).await.unwrap();
    assert_eq!(view(store, id).await.ticket.state, State::Technician { password: PasswordFact::Changed });
}
