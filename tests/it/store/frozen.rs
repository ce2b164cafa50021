//! Accounts that an owner has had frozen, and tickets that come before all others.

use nyckelbud::mail::Trust;
use nyckelbud::store::*;
use nyckelbud::ticket::State;
use nyckelbud::types::{AccountId, Role};

use super::accounts::{audit, staff};
use super::acts::name;
use super::make::*;
use super::world::World;

fn freeze(why: &str) -> Freeze {
    Freeze {
        account: AccountId::new("a-anna"),
        username: "anna@kommun.example".to_owned(),
        why: why.to_owned(),
        by: "owner".to_owned(),
    }
}

fn lifted() -> AuditEntry {
    AuditEntry { actor: "cli:eva".to_owned(), event: "account.unfrozen".to_owned(), data: "{}".to_owned() }
}

/// A ticket that freezes Anna's account.
pub(super) async fn freezes(world: &World, name: &str, why: &str) {
    let id = keep(world.store.as_ref(), mail(name)).await;
    let claim = claim(world.store.as_ref(), id).await;
    let step = Step { freeze: Some(freeze(why)), urgent: true, ..step(technician()) };
    let committed = world.store.commit(id, claim.fence, &claim.ticket.state, step).await.unwrap();
    assert_eq!(committed, Committed::Done);
}

pub async fn an_account_is_frozen_once_until_a_person_lifts_it(world: World) {
    let store = world.store.as_ref();
    let anna = AccountId::new("a-anna");
    assert_eq!(store.is_frozen(&anna, None).await, Ok(false));
    freezes(&world, "1", "the first").await;
    freezes(&world, "2", "the second").await;
    let all = store.frozen(NOW).await.unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].why.as_str(), all[0].ticket, all[0].at), ("the first", number(1), NOW));
    assert_eq!((all[0].again_at, all[0].said_at()), (NOW, NOW), "it was said again");
    assert!(
        store.is_frozen(&anna, None).await.unwrap()
            && store.history(&anna, "", "", "", NOW).await.unwrap().frozen
    );
    assert!(!store.is_frozen(&AccountId::new("a-bo"), None).await.unwrap());
    assert_eq!(store.unfreeze("nobody", lifted(), NOW).await, Ok(None));
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'account.unfrozen'").await, 0);
    assert_eq!(store.unfreeze("Anna@Kommun.Example", lifted(), NOW).await.unwrap().as_ref(), all.first());
    assert!(!store.is_frozen(&anna, None).await.unwrap());
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'account.unfrozen'").await, 1);
    freezes(&world, "3", "again").await;
    assert!(store.unfreeze("a-anna", lifted(), NOW).await.unwrap().is_some(), "by its identifier, too");
}

async fn order(world: &World) -> Vec<u32> {
    let all = world.store.tickets(&TicketFilter::default()).await.unwrap();
    all.iter().map(|view| view.ticket.number.running()).collect()
}

pub async fn what_is_urgent_comes_first_while_it_is_open(world: World) {
    keep(world.store.as_ref(), mail("1")).await;
    freezes(&world, "2", "x").await;
    keep(world.store.as_ref(), mail("3")).await;
    assert_eq!(order(&world).await, [2, 1, 3]);
    world.run("UPDATE ticket SET standing = 'closed' WHERE running = 2").await;
    assert_eq!(order(&world).await, [1, 2, 3]);
}

pub async fn who_answers_the_notice_of_a_change_comes_before_others(world: World) {
    let store = world.store.as_ref();
    let mut ids = Vec::new();
    for (name, kind) in [("1", MessageKind::Acknowledgement), ("2", MessageKind::OwnerNotice)] {
        let id = keep(store, crowd_mail(name)).await;
        let claim = claim(store, id).await;
        let owner = Addressee::Mail(address(&format!("owner-{name}@kommun.example")));
        let messages = vec![NewMessage { kind, to: owner, values: "{}".to_owned() }];
        let step = Step { messages, ..step(delivered(true)) };
        store.commit(id, claim.fence, &claim.ticket.state, step).await.unwrap();
        let sql = format!("SELECT message_id FROM message WHERE ticket = {}", id.0);
        let ours = world.texts(&sql).await.remove(0);
        let answer = mail_but(&format!("answer-{name}"), |mail| {
            mail.from = Some(address(&format!("owner-{name}@kommun.example")));
            mail.answers = vec![nyckelbud::types::MessageId::parse(&ours).unwrap()];
        });
        assert_eq!(keep(store, answer).await, id, "it joins");
        ids.push(id);
    }
    for (id, urgent) in ids.into_iter().zip([false, true]) {
        let ticket = store.ticket(id).await.unwrap().unwrap();
        assert!(matches!(ticket.state, State::Technician { .. }));
        assert_eq!(ticket.urgent, urgent);
    }
}

/// Somebody guesses phones of Anna's, as often as freezes her account.
pub(super) async fn guess(world: &World) {
    let store = world.store.as_ref();
    for n in 1..=3 {
        assert_eq!(store.frozen(NOW).await.unwrap(), [], "{n}");
        let id = keep(store, crowd_mail(&n.to_string())).await;
        let claim = claim(store, id).await;
        let started = Started {
            account: AccountId::new("a-anna"),
            sender: String::new(),
            phone_hash: format!("phone-{n}"),
            unit: String::new(),
            texted_hash: String::new(),
            texts: 0,
            counts: false,
            mismatch: true,
        };
        let step = Step { started: Some(started), account: Some(account("a-anna")), ..step(technician()) };
        store.commit(id, claim.fence, &claim.ticket.state, step).await.unwrap();
    }
}

pub async fn an_account_with_too_many_wrong_phones_is_listed_and_lifted_like_any_other(world: World) {
    let store = world.store.as_ref();
    let anna = AccountId::new("a-anna");
    guess(&world).await;
    let all = store.frozen(NOW).await.unwrap();
    let [frozen] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((&frozen.account, frozen.ticket, frozen.by.as_str()), (&anna, number(3), "nyckelbud"));
    assert_eq!(store.frozen(NOW.plus(HOUR * 24)).await.unwrap(), [], "a day later it has ended by itself");
    let username = frozen.username.clone();
    assert!(store.unfreeze(&username, lifted(), NOW).await.unwrap().is_some());
    assert_eq!(store.frozen(NOW).await.unwrap(), []);
    let history = store.history(&anna, "", "", "", NOW).await.unwrap();
    assert_eq!(history.account_mismatches_day, 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'account.unfrozen'").await, 1);
}

/// What the owner's mail is, and whether the ticket that it comes to is looked at first.
async fn comes_first(world: &World, name: &str, change: impl FnOnce(&mut Incoming)) -> bool {
    let id = keep(world.store.as_ref(), mail_but(name, change)).await;
    world.store.ticket(id).await.unwrap().unwrap().urgent
}

pub async fn an_owner_who_writes_anew_and_names_the_ticket_of_a_change_comes_before_others(world: World) {
    let store = world.store.as_ref();
    // A colleague has asked for the owner.
    let id = keep(store, crowd_mail("1")).await;
    let claim = claim(store, id).await;
    let owner = "owner@kommun.example";
    let notice = NewMessage {
        kind: MessageKind::OwnerNotice,
        to: Addressee::Mail(address(owner)),
        values: "{}".to_owned(),
    };
    let step = Step { messages: vec![notice], ..step(delivered(true)) };
    store.commit(id, claim.fence, &claim.ticket.state, step).await.unwrap();
    let writes = |from: &'static str, trust: Trust, tag: u32| {
        move |mail: &mut Incoming| {
            mail.from = Some(address(from));
            mail.trust = trust;
            mail.tag = Some(number(tag));
        }
    };
    assert!(comes_first(&world, "2", writes(owner, Trust::OwnDomain, 1)).await);
    assert!(!comes_first(&world, "3", writes(owner, Trust::Unverified, 1)).await, "nobody vouches for it");
    assert!(!comes_first(&world, "4", writes("other@kommun.example", Trust::OwnDomain, 1)).await);
    assert!(!comes_first(&world, "5", writes(owner, Trust::OwnDomain, 9)).await, "another number");
    assert_eq!(store.frozen(NOW).await.unwrap(), [], "a mail proves nobody");
}

pub async fn a_freeze_is_lifted_by_two_people_who_may_and_saw_the_same(world: World) {
    let store = world.store.as_ref();
    for who in ["eva", "eva-2", "per", "ida"] {
        assert!(store.add_staff(&staff(who, Role::Administrator), &audit(), NOW).await.unwrap());
    }
    let asks = async |by: &str| {
        let (whom, why) = ("anna@kommun.example".to_owned(), "she called".to_owned());
        let wanted = Unfreezing { whom, by: name(by), why, at: NOW };
        store.ask_unfreeze(&wanted, NOW.minus(HOUR)).await.unwrap()
    };
    assert_eq!(asks("eva").await, Unfrozen::Gone, "nothing is frozen");
    freezes(&world, "1", "the first").await;
    for by in ["eva", "eva", "eva-2"] {
        assert_eq!(asks(by).await, Unfrozen::Asked, "{by}");
    }
    world.run("UPDATE staff SET disabled = 1 WHERE name = 'eva-2'").await;
    assert_eq!(asks("per").await, Unfrozen::Asked, "who asked may not act any more");
    // Its owner says so anew: Per has not seen that, however they have written the name.
    let (account, username) = (AccountId::new("a-anna"), "Anna@Kommun.Example".to_owned());
    let again = Freeze { account, username, why: "again".to_owned(), by: "owner".to_owned() };
    let id = keep(store, mail("2")).await;
    let claimed = claim(store, id).await;
    let step = Step { freeze: Some(again), ..step(technician()) };
    store.commit(id, claimed.fence, &claimed.ticket.state, step).await.unwrap();
    assert_eq!(store.unfreezings(NOW.minus(HOUR)).await, Ok(Vec::new()));
    assert_eq!(asks("ida").await, Unfrozen::Asked, "nobody has asked about this");
    // Somebody lifts it on the command line: what was asked is over, too.
    assert!(store.unfreeze("a-anna", lifted(), NOW).await.unwrap().is_some());
    freezes(&world, "3", "the third").await;
    assert_eq!(asks("per").await, Unfrozen::Asked);
    assert_eq!(asks("ida").await, Unfrozen::Lifted);
    assert_eq!((store.frozen(NOW).await, store.unfreezings(NOW.minus(HOUR)).await), (Ok(vec![]), Ok(vec![])));
    let told =
        "SELECT actor || ' ' || data FROM audit WHERE event = 'account.unfrozen' AND actor LIKE 'user:%'";
    let told = world.texts(told).await;
    assert!(told.len() == 1 && told[0].starts_with("user:ida ") && told[0].contains("user:per"), "{told:?}");
}

pub async fn a_text_counts_once_however_many_gateways_were_tried(world: World) {
    let store = world.store.as_ref();
    keep(store, mail("1")).await;
    let tries = [
        ("a", 1, "refused"),
        ("b", 1, "accepted"),
        ("c", 2, "refused"),
        ("d", 2, "refused"),
        ("e", 3, "accepted"),
        ("f", 4, "uncertain"),
    ];
    for (key, generation, outcome) in tries {
        let sql = format!(
            "INSERT INTO intent (intent_key, ticket, kind, generation, gateway, begun_at, outcome, detail, ended_at, counted_at)
             VALUES ('{key}', 1, 'text', {generation}, 'g', {now}, '{outcome}', '{key}', {now}, {now})",
            now = NOW.0
        );
        world.run(&sql).await;
    }
    for (key, receipt) in [("b", "delivered"), ("e", "failed")] {
        let sql = format!(
            "INSERT INTO receipt (gateway, intent_key, reference, receipt, came_at)
             VALUES ('g', '{key}', '{key}', '{receipt}', {})",
            NOW.0
        );
        world.run(&sql).await;
    }
    let counts = store.texts_since(NOW.minus(HOUR)).await.unwrap();
    assert_eq!(counts, TextCounts { sent: 3, delivered: 1, failed: 2 });
}
