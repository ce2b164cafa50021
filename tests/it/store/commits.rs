//! Moves of a claimed ticket.

use nyckelbud::store::*;
use nyckelbud::ticket::{Fate, Standing, State, TicketId};
use nyckelbud::types::{AccountId, Check, CheckResult, Outcome, Reason, Trail, UnixMillis};

use super::make::*;
use super::world::World;

pub async fn a_commit_moves_everything_at_once(world: World) {
    let store = world.store.as_ref();
    let id = keep(store, mail("1")).await;
    let claimed = claim(store, id).await;
    let mut trail = Trail::default();
    trail.add(Check::Username, CheckResult::Pass, "line 3");
    let started = Started {
        account: AccountId::new("a-anna"),
        sender: ANNA.to_owned(),
        phone_hash: "hash of a phone".to_owned(),
        unit: "Skola".to_owned(),
        texted_hash: String::new(),
        texts: 1,
        counts: true,
        mismatch: false,
    };
    let message = NewMessage {
        kind: MessageKind::OwnerNotice,
        to: Addressee::Mail(address(ANNA)),
        values: r#"{"name":"Anna"}"#.to_owned(),
    };
    let told = AuditEntry { actor: "nyckelbud".to_owned(), event: "told".to_owned(), data: "{}".to_owned() };
    let everything = Step {
        outcome: Some(Fate::Sms),
        reason: Some(Reason::NoPhone),
        account: Some(account("a-anna")),
        trail: Some(trail.clone()),
        observed: true,
        asked: true,
        sealed: SealedChange::Put(sealed("first", NOW.plus(HOUR))),
        intent: IntentChange::Begin(intent("n1-set-1-0", IntentKind::Set)),
        pickup_hash: Some("link".to_owned()),
        started: Some(started),
        messages: vec![message],
        audit: vec![told],
        due_at: Some(NOW),
        release: false,
        ..step(sealed_state())
    };
    let how = store.commit(id, claimed.fence, &claimed.ticket.state, everything).await.unwrap();
    assert_eq!(how, Committed::Done);
    // A later step that says nothing leaves all of it.
    store.commit(id, claimed.fence, &sealed_state(), step(sealed_state())).await.unwrap();

    let claimed = claim(store, id).await;
    let ticket = &claimed.ticket;
    assert_eq!(ticket.state, sealed_state());
    assert_eq!((ticket.outcome, ticket.reason), (Some(Fate::Sms), Some(Reason::NoPhone)));
    assert_eq!(ticket.account, Some(AccountId::new("a-anna")));
    assert_eq!(ticket.username.as_ref().unwrap().as_str(), "a-anna@kommun.example");
    assert_eq!((ticket.trail.clone(), ticket.observed, ticket.asked_before), (trail, true, true));
    assert_eq!(claimed.sealed, Some(sealed("first", NOW.plus(HOUR))));
    assert_eq!(claimed.intents, [intent("n1-set-1-0", IntentKind::Set)]);
    assert_eq!(claimed.phone_hash, "hash of a phone");
    assert_eq!(store.ticket_by_pickup("link").await.unwrap().unwrap().id, id);
    assert_eq!(store.claim_messages(Channel::Mail, "one", LEASE, 5, NOW).await.unwrap().len(), 1);
    assert_eq!(world.texts("SELECT event FROM audit ORDER BY id").await, ["ticket.made", "told"]);
}

pub async fn a_commit_with_an_old_fence_or_state_changes_nothing(world: World) {
    let store = world.store.as_ref();
    let id = keep(store, mail("1")).await;
    let claim = claim(store, id).await;
    let told = || AuditEntry { actor: "x".to_owned(), event: "told".to_owned(), data: "{}".to_owned() };
    let moved = || Step { audit: vec![told()], ..step(technician()) };
    let waiting = State::Requested { waiting_since: Some(NOW), directed: None };
    for (id, fence, from) in [
        (id, claim.fence - 1, &claim.ticket.state),
        (id, claim.fence + 1, &claim.ticket.state),
        (id, claim.fence, &waiting),
        (TicketId(99), claim.fence, &claim.ticket.state),
    ] {
        assert_eq!(store.commit(id, fence, from, moved()).await.unwrap(), Committed::Lost);
    }
    assert_eq!(view(store, id).await.ticket.state, State::requested());
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'told'").await, 0);
    assert_eq!(store.commit(id, claim.fence, &claim.ticket.state, moved()).await.unwrap(), Committed::Done);
}

pub async fn an_account_has_one_live_ticket(world: World) {
    let store = world.store.as_ref();
    let first = live_ticket(store, "1", "a-anna").await;
    let second = keep(store, mail("2")).await;
    let claimed = claim(store, second).await;
    let again = || Step {
        account: Some(account("a-anna")),
        sealed: SealedChange::Put(sealed("second", NOW.plus(HOUR))),
        ..step(sealed_state())
    };
    let state = &claimed.ticket.state;
    let busy = Committed::AccountBusy(number(1));
    assert_eq!(store.commit(second, claimed.fence, state, again()).await.unwrap(), busy);
    assert_eq!(view(store, second).await.ticket.account, None, "nothing was changed");
    assert_eq!(world.number("SELECT COUNT(*) FROM sealed").await, 0);
    // The database itself forbids it, whatever the program thinks.
    let forced = format!("UPDATE ticket SET live = 1, account = 'a-anna' WHERE id = {}", second.0);
    let world = std::sync::Arc::new(world);
    let forcing = {
        let world = std::sync::Arc::clone(&world);
        tokio::spawn(async move { world.run(&forced).await })
    };
    assert!(forcing.await.is_err(), "the unique index is missing");
    // The machine's own merge, and what is not live, are free.
    let store = world.store.as_ref();
    let merged = Step { account: Some(account("a-anna")), ..step(State::Coalesced { into: number(1) }) };
    assert_eq!(store.commit(second, claimed.fence, state, merged).await.unwrap(), Committed::Done);
    assert_eq!(view(store, second).await.ticket.merged_into, Some(number(1)));
    let first = claim(store, first).await;
    store.commit(first.ticket.id, first.fence, &sealed_state(), step(technician())).await.unwrap();
    live_ticket(store, "3", "a-anna").await;
}

pub async fn a_sealed_password_is_replaced_erased_and_expires(world: World) {
    let store = world.store.as_ref();
    let id = live_ticket(store, "1", "a-anna").await;
    let change = async |sealed: SealedChange| {
        let claim = claim(store, id).await;
        let step = Step { sealed, ..step(sealed_state()) };
        store.commit(id, claim.fence, &sealed_state(), step).await.unwrap();
        let claim = super::make::claim(store, id).await;
        store.release(id, claim.fence, NOW).await.unwrap();
        claim.sealed
    };
    let until = NOW.plus(HOUR);
    assert_eq!(change(SealedChange::Put(sealed("first", until))).await, Some(sealed("first", until)));
    assert_eq!(change(SealedChange::Put(sealed("second", until))).await, Some(sealed("second", until)));
    assert_eq!(change(SealedChange::Keep).await, Some(sealed("second", until)));
    assert_eq!(change(SealedChange::Erase).await, None);
    change(SealedChange::Put(sealed("third", until))).await;
    assert_eq!(store.erase_expired(UnixMillis(until.0 - 1)).await.unwrap(), 0);
    assert_eq!(store.erase_expired(until).await.unwrap(), 1);
    assert_eq!(store.erase_expired(until).await.unwrap(), 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM sealed").await, 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'password.expired'").await, 1);
}

pub async fn an_intent_is_begun_once_and_ended(world: World) {
    let store = world.store.as_ref();
    let id = live_ticket(store, "1", "a-anna").await;
    let claimed = claim(store, id).await;
    let change = |intent: IntentChange| Step { intent, release: false, ..step(sealed_state()) };
    let begin = || change(IntentChange::Begin(intent("n1-set-1-0", IntentKind::Set)));
    let commit = async |step| store.commit(id, claimed.fence, &sealed_state(), step).await;
    assert_eq!(commit(begin()).await.unwrap(), Committed::Done);
    // The same again, after an answer that was lost: it stands once.
    assert_eq!(commit(begin()).await.unwrap(), Committed::Lost);
    let outcomes = [
        accepted("r-1"),
        Outcome::Refused { cause: "no".to_owned() },
        Outcome::NotSent { cause: "later".to_owned() },
        Outcome::Uncertain { cause: "silence".to_owned() },
    ];
    for outcome in outcomes {
        let key = "n1-set-1-0".to_owned();
        let end = IntentChange::End { key, outcome: outcome.clone(), at: NOW };
        assert_eq!(commit(change(end)).await.unwrap(), Committed::Done);
        store.free_leases().await.unwrap();
        let seen = claim(store, id).await.intents;
        assert_eq!(seen[0].outcome, Some(outcome));
        world.run(&format!("UPDATE ticket SET fence = {}", claimed.fence)).await;
    }
    let unknown = IntentChange::End { key: "n1-set-1-9".to_owned(), outcome: accepted(""), at: NOW };
    assert!(matches!(commit(change(unknown)).await, Err(StoreError::Corrupt(_))));
}

pub async fn the_time_of_settling_is_kept_while_the_ticket_stands_still(world: World) {
    let store = world.store.as_ref();
    let id = keep(store, mail("1")).await;
    let done = delivered;
    let mut state = State::requested();
    let mut settled = Vec::new();
    let path = [State::Asked, State::requested(), done(false), done(true), technician()];
    for (hours, to) in (1..).zip(path) {
        let claim = claim(store, id).await;
        let now = UnixMillis(NOW.0 + hours);
        store.commit(id, claim.fence, &state, Step { now, ..step(to.clone()) }).await.unwrap();
        settled.push(view(store, id).await.ticket.settled_at.map(|at| at.0 - NOW.0));
        state = to;
    }
    assert_eq!(settled, [Some(1), None, Some(3), Some(3), Some(5)]);
    let open = TicketFilter { standing: Some(Standing::Open), mailbox: None };
    assert_eq!(store.tickets(&open).await.unwrap().len(), 1);
}

pub async fn a_pickup_hash_opens_its_ticket_in_place_of_the_one_before(world: World) {
    let store = world.store.as_ref();
    let id = live_ticket(store, "1", "a-anna").await;
    for hash in ["first", "second"] {
        let claim = claim(store, id).await;
        let step = Step { pickup_hash: Some(hash.to_owned()), ..step(sealed_state()) };
        store.commit(id, claim.fence, &sealed_state(), step).await.unwrap();
    }
    keep(store, mail("2")).await;
    assert_eq!(store.ticket_by_pickup("second").await.unwrap().unwrap().id, id);
    for none in ["first", "", "third"] {
        assert_eq!(store.ticket_by_pickup(none).await.unwrap(), None, "{none:?}");
    }
}
