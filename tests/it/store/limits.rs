//! How often an address is written to, and mails of ours that come back.

use nyckelbud::store::*;
use nyckelbud::ticket::{State, TicketId};
use nyckelbud::types::{Returned, ReturnedFate, UnixMillis};

use super::make::*;
use super::world::World;

const COUNT: &str = "SELECT COUNT(*) FROM message";

/// So many hours later.
fn hours(count: i64) -> UnixMillis {
    UnixMillis(NOW.0 + count * 3_600_000)
}

/// Anna writes again after so many hours; how many messages there are then.
async fn written_at(world: &World, at: i64) -> i64 {
    let to = if at % 2 == 0 { ANNA } else { "anna.andersson+tag@kommun.example" };
    let mails = world.number("SELECT COUNT(*) FROM mail").await;
    let mail = mail_but(&mails.to_string(), |mail| mail.ticket.acknowledge = Some(address(to)));
    world.store.record(vec![mail], hours(at)).await.unwrap();
    world.number(COUNT).await
}

/// `actor` moves Anna's first ticket.
async fn acts(world: &World, actor: &str, at: i64) {
    let claim = claim(world.store.as_ref(), TicketId(1)).await;
    let audit =
        vec![AuditEntry { actor: actor.to_owned(), event: "ticket.moved".to_owned(), data: "{}".to_owned() }];
    let step = Step { audit, now: hours(at), ..step(technician()) };
    let from = claim.ticket.state;
    assert_eq!(world.store.commit(TicketId(1), claim.fence, &from, step).await.unwrap(), Committed::Done);
}

pub async fn an_address_gets_three_acknowledgements_a_day_until_a_person_acts(world: World) {
    for (at, messages) in [(0, 1), (1, 2), (2, 3), (3, 3), (23, 3)] {
        assert_eq!(written_at(&world, at).await, messages, "after {at} hours");
    }
    // The first was a day ago, the next one is an hour younger.
    assert_eq!((written_at(&world, 24).await, written_at(&world, 24).await), (4, 4));
    acts(&world, "nyckelbud", 24).await;
    assert_eq!(written_at(&world, 24).await, 4, "what the machine does changes nothing");
    acts(&world, "manager:m-1", 24).await;
    assert_eq!(written_at(&world, 24).await, 4, "one an hour all the same");
    for (at, messages) in [(25, 5), (26, 6), (27, 7), (28, 7)] {
        assert_eq!(written_at(&world, at).await, messages, "after {at} hours");
    }
}

pub async fn a_clock_that_was_wrong_silences_nobody(world: World) {
    assert_eq!(written_at(&world, 24 * 400).await, 1);
    assert_eq!(written_at(&world, 0).await, 2, "what lies in the future does not count");
}

fn question() -> Step {
    let message = NewMessage {
        kind: MessageKind::AskForDetails,
        to: Addressee::Mail(address(ANNA)),
        values: "{}".to_owned(),
    };
    Step { messages: vec![message], asked: true, ..step(State::Asked) }
}

pub async fn of_many_questions_at_once_one_is_asked(world: World) {
    let mails = (0..8).map(|n| mail(&n.to_string())).collect();
    world.store.record(mails, NOW).await.unwrap();
    let mut asking = tokio::task::JoinSet::new();
    for claim in world.store.claim("one", LEASE, 8, NOW).await.unwrap() {
        let store = world.another().await;
        asking.spawn(async move {
            let from = &claim.ticket.state;
            let how = store.commit(claim.ticket.id, claim.fence, from, question()).await.unwrap();
            // Refused, it has changed nothing: the same claim goes on with something else.
            if how == Committed::AskedEnough(Enough::OneInTheHour) {
                let other = store.commit(claim.ticket.id, claim.fence, from, step(technician())).await;
                assert_eq!(other, Ok(Committed::Done));
            }
            how
        });
    }
    let mut asked: Vec<_> = asking.join_all().await;
    asked.retain(|how| *how == Committed::Done);
    assert_eq!((asked.len(), world.number(COUNT).await), (1, 1));
    assert_eq!(world.number("SELECT COUNT(*) FROM ticket WHERE asked = 1").await, 1);
}

async fn due(world: &World) -> Vec<MessageClaim> {
    world.store.claim_messages(Channel::Mail, "one", LEASE, 5, NOW).await.unwrap()
}

async fn report(world: &World, name: &str, claim: &MessageClaim) -> Recorded {
    let returned = Returned {
        fate: ReturnedFate::Failed,
        status: "5.1.1".to_owned(),
        ids: vec![message_id("unknown"), claim.message_id.clone()],
    };
    let mail = mail_but(name, |mail| {
        mail.ticket.kind = nyckelbud::ticket::Kind::Automatic;
        mail.ticket.state = State::Filed;
        mail.from = None;
        mail.returned = Some(returned);
    });
    world.store.record(vec![mail], NOW).await.unwrap().remove(0)
}

pub async fn a_mail_that_comes_back_before_its_sending_has_ended_is_told_all_the_same(world: World) {
    let store = world.store.as_ref();
    let asking = mail_but("1", |mail| mail.ticket.acknowledge = Some(address(ANNA)));
    let first = keep(store, asking).await;
    let sending = due(&world).await.remove(0);
    // Nothing of ours comes back that has not left.
    assert!(matches!(report(&world, "early", &sending).await, Recorded::Made(..)));
    assert_eq!(store.begin_message(sending.id, sending.fence, &cap(), NOW).await, Ok(Begun::Yes));
    assert!(matches!(report(&world, "back", &sending).await, Recorded::Joined(id, _) if id == first));
    assert!(due(&world).await.is_empty(), "whoever sends it has it");
    let later = Some(hours(1));
    let unclear = nyckelbud::types::Outcome::Uncertain { cause: "no answer".to_owned() };
    store.end_message(sending.id, sending.fence, &unclear, later, NOW).await.unwrap();

    let back = due(&world).await.remove(0);
    assert_eq!(back.returned.as_deref(), Some("5.1.1"));
    store.end_returned(back.id, back.fence, Some(NOW), NOW).await.unwrap();
    let again = due(&world).await.remove(0);
    store.end_returned(back.id, back.fence, None, NOW).await.unwrap();
    assert_eq!(world.number("SELECT COUNT(*) FROM message WHERE lease_owner <> ''").await, 1, "an old fence");
    store.end_returned(again.id, again.fence, None, NOW).await.unwrap();
    assert_eq!(store.claim_messages(Channel::Mail, "one", LEASE, 5, hours(9)).await.unwrap().len(), 0);
    let how = world.texts("SELECT outcome || ' ' || detail FROM message").await;
    assert_eq!(how, ["refused it came back: 5.1.1"]);
    // The report is no mail of a person: it is neither read with the others nor answered.
    assert_eq!(mails_of(store, first).await.len(), 1);
    assert_eq!(view(store, first).await.messages.len(), 2);
    let claimed = claim(store, first).await;
    store.commit(first, claimed.fence, &claimed.ticket.state, question()).await.unwrap();
    assert_eq!(due(&world).await[0].answers, Some(message_id("1")));
}
