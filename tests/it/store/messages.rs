//! Words that leave beside passwords.

use nyckelbud::store::*;
use nyckelbud::ticket::{Kind, State};
use nyckelbud::types::{AccountId, Outcome, UnixMillis};

use super::make::*;
use super::world::World;

/// A ticket with one acknowledgement that waits.
async fn waiting(world: &World) {
    let asking = mail_but("1", |mail| mail.ticket.acknowledge = Some(address(ANNA)));
    world.store.record(vec![asking], NOW).await.unwrap();
}

async fn due(world: &World, now: UnixMillis) -> Vec<MessageClaim> {
    world.store.claim_messages(Channel::Mail, "one", LEASE, 5, now).await.unwrap()
}

pub async fn a_message_is_sent_once_and_again_only_when_it_is_said(world: World) {
    waiting(&world).await;
    let store = world.store.as_ref();
    let first = due(&world, NOW).await.remove(0);
    assert_eq!((first.tries, first.created_at, first.number), (0, NOW, number(1)));
    assert_eq!(first.message.to, Addressee::Mail(address(ANNA)));
    assert_eq!((first.message.kind, first.subject.as_str()), (MessageKind::Acknowledgement, "Lösenord 1"));
    assert!(due(&world, NOW).await.is_empty());
    assert_eq!(store.begin_message(first.id, first.fence, &cap(), NOW).await, Ok(Begun::Yes));
    let busy = Outcome::NotSent { cause: "busy".to_owned() };
    let later = NOW.plus(HOUR);
    store.end_message(first.id, first.fence, &busy, Some(later), NOW).await.unwrap();
    assert_eq!(store.next_due().await.unwrap(), Some(NOW), "the ticket");
    assert!(due(&world, UnixMillis(later.0 - 1)).await.is_empty());
    let second = due(&world, later).await.remove(0);
    assert_eq!((second.tries, second.message_id.clone()), (1, first.message_id));
    assert_eq!(store.begin_message(second.id, second.fence, &cap(), later).await, Ok(Begun::Yes));
    store.end_message(second.id, second.fence, &accepted(""), None, later).await.unwrap();
    assert!(due(&world, UnixMillis(i64::MAX)).await.is_empty());
    assert_eq!(
        store.begin_message(second.id, second.fence, &cap(), later).await,
        Ok(Begun::Lost),
        "it is over"
    );
}

pub async fn a_lost_fence_neither_begins_nor_ends_a_message(world: World) {
    waiting(&world).await;
    let store = world.store.as_ref();
    let old = due(&world, NOW).await.remove(0);
    assert_eq!(store.begin_message(old.id, old.fence, &cap(), NOW).await, Ok(Begun::Yes));
    world.run("UPDATE message SET lease_until = 1000").await;
    let new = due(&world, NOW).await.remove(0);
    assert_eq!(new.tries, 1, "a try whose end nobody knows counts");
    assert_eq!(store.begin_message(old.id, old.fence, &cap(), NOW).await, Ok(Begun::Lost));
    store.end_message(old.id, old.fence, &accepted(""), None, NOW).await.unwrap();
    assert_eq!(
        store.begin_message(new.id, new.fence, &cap(), NOW).await,
        Ok(Begun::Yes),
        "the old end counted"
    );
}

pub async fn an_answer_names_the_newest_mail_of_a_person(world: World) {
    waiting(&world).await;
    let later = mail_but("2", |mail| {
        mail.answers = vec![message_id("1")];
        mail.received_at = NOW.plus(HOUR);
    });
    let copy = mail_but("3", |mail| {
        mail.content_hash = "hash of 1".to_owned();
        mail.received_at = NOW.plus(HOUR).plus(HOUR);
    });
    let nameless = mail_but("4", |mail| {
        mail.answers = vec![message_id("1")];
        mail.received_at = NOW.plus(HOUR).plus(HOUR);
        mail.message_id = None;
    });
    let absence = mail_but("5", |mail| {
        mail.answers = vec![message_id("1")];
        mail.received_at = NOW.plus(HOUR).plus(HOUR);
        mail.ticket.kind = Kind::Automatic;
        mail.ticket.state = State::Filed;
    });
    world.store.record(vec![later, copy, nameless, absence], NOW).await.unwrap();
    assert_eq!(due(&world, NOW).await[0].answers, Some(message_id("2")));
}

pub async fn a_message_is_in_the_audit_log_before_and_after_it_leaves(world: World) {
    let store = world.store.as_ref();
    let id = live_ticket(store, "1", "a-anna").await;
    let claim = claim(store, id).await;
    let message = |kind, to| NewMessage { kind, to, values: "{}".to_owned() };
    let messages = vec![
        message(MessageKind::OwnerNotice, Addressee::Mail(address(ANNA))),
        message(MessageKind::OwnerWarning, Addressee::Phone(AccountId::new("a-anna"))),
    ];
    let step = Step { messages, ..step(sealed_state()) };
    store.commit(id, claim.fence, &sealed_state(), step).await.unwrap();
    let mut claims = due(&world, NOW).await;
    assert_eq!(claims.len(), 1, "each way for itself");
    claims.extend(store.claim_messages(Channel::Phone, "one", LEASE, 5, NOW).await.unwrap());
    assert_eq!(claims[1].message.to, Addressee::Phone(AccountId::new("a-anna")));
    for claim in &claims {
        assert_eq!(store.begin_message(claim.id, claim.fence, &cap(), NOW).await, Ok(Begun::Yes));
    }
    let silence = Outcome::Uncertain { cause: "silence".to_owned() };
    store.end_message(claims[0].id, claims[0].fence, &accepted("250 ok"), None, NOW).await.unwrap();
    store.end_message(claims[1].id, claims[1].fence, &silence, Some(NOW), NOW).await.unwrap();
    let again = store.claim_messages(Channel::Phone, "one", LEASE, 5, NOW).await.unwrap().remove(0);
    assert_eq!((again.tries, again.unclear), (1, 1));
    let told = world.texts("SELECT event FROM audit WHERE ticket = 1 ORDER BY id").await;
    assert_eq!(
        told,
        ["ticket.made", "mail.intended", "warning.intended", "mail.accepted", "warning.uncertain"]
    );
    // A warning is a text, and counts as one.
    let history = store.history(&AccountId::new("a-anna"), "", "", "", NOW).await.unwrap();
    assert_eq!(history.texts_day, 1);
}

pub async fn a_message_that_was_begun_and_never_ended_says_so_and_when_one_left_is_known(world: World) {
    waiting(&world).await;
    let store = world.store.as_ref();
    let claim = due(&world, NOW).await.remove(0);
    let left = async || store.message_left(claim.ticket, MessageKind::Acknowledgement).await.unwrap();
    assert!(!claim.interrupted);
    assert_eq!(left().await, None);
    assert_eq!(store.begin_message(claim.id, claim.fence, &cap(), NOW).await, Ok(Begun::Yes));
    assert_eq!(left().await, Some(NOW), "it may be leaving");
    world.run("UPDATE message SET lease_until = 1000").await;
    let again = due(&world, NOW).await.remove(0);
    assert!(again.interrupted, "nobody knows how that ended");
    let (later, latest) = (NOW.plus(HOUR), NOW.plus(HOUR).plus(HOUR));
    let not_sent = Outcome::NotSent { cause: "no connection".to_owned() };
    store.end_message(again.id, again.fence, &not_sent, Some(later), NOW).await.unwrap();
    assert_eq!(left().await, None);
    let third = due(&world, later).await.remove(0);
    assert!(!third.interrupted, "that is known");
    assert_eq!(store.begin_message(third.id, third.fence, &cap(), later).await, Ok(Begun::Yes));
    let unclear = Outcome::Uncertain { cause: "silence".to_owned() };
    store.end_message(third.id, third.fence, &unclear, Some(latest), later).await.unwrap();
    assert_eq!(left().await, Some(later));
    let last = due(&world, latest).await.remove(0);
    assert_eq!(store.begin_message(last.id, last.fence, &cap(), latest).await, Ok(Begun::Yes));
    store.end_message(last.id, last.fence, &not_sent, None, latest).await.unwrap();
    assert_eq!(left().await, Some(latest), "an earlier try may have");
    assert_eq!(store.message_left(claim.ticket, MessageKind::Reminder).await.unwrap(), None);
    world.run("UPDATE message SET returned = 'failed'").await;
    assert_eq!(left().await, None, "it has come back");
}
