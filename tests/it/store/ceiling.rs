//! Limits that are exact: also for many at once, at the edges of a window, and under a clock that jumps.

use std::sync::Arc;
use std::time::Duration;

use nyckelbud::decision::Automation;
use nyckelbud::delivery::Receipt;
use nyckelbud::store::*;
use nyckelbud::ticket::State;
use nyckelbud::types::{AccountId, History, Limits, Outcome, UnixMillis};
use tokio::task::JoinSet;

use super::make::*;
use super::world::World;

const NONE: Limits = Limits {
    cooldown: Duration::ZERO,
    account_day: 1000,
    sender_day: 1000,
    phone_day: 1000,
    unit_hour: 1000,
    desk_hour: 1000,
    manager_hour: 1000,
    texts_day: 1000,
    wrong_phones: 3,
    freezes: true,
};
const DAY: Duration = Duration::from_secs(24 * 3600);

/// What the `n`-th of them begins: somebody else's in every respect.
fn started(n: usize) -> Started {
    Started {
        account: AccountId::new(format!("a-{n}")),
        sender: format!("user-{n}@kommun.example"),
        phone_hash: format!("phone-{n}"),
        unit: format!("unit-{n}"),
        texted_hash: String::new(),
        texts: 1,
        counts: true,
        mismatch: false,
    }
}

/// A step that begins it and leaves no live ticket behind.
fn begins(started: Started, limits: Limits) -> Step {
    Step { started: Some(started), limits: Some(limits), ..step(technician()) }
}

/// `step` of so many tickets, all at the same moment, through two stores; how each ended.
async fn at_once(world: &World, count: usize, step: impl Fn(usize) -> Step) -> Vec<Committed> {
    let stores = [Arc::clone(&world.store), world.another().await];
    let before = world.number("SELECT COUNT(*) FROM mail").await;
    let barrier = Arc::new(tokio::sync::Barrier::new(count));
    let mut beginning = JoinSet::new();
    for n in 0..count {
        let store = Arc::clone(&stores[n % 2]);
        let id = keep(store.as_ref(), crowd_mail(&format!("{before}-{n}"))).await;
        let claim = claim(store.as_ref(), id).await;
        let (step, barrier) = (step(n), Arc::clone(&barrier));
        beginning.spawn(async move {
            barrier.wait().await;
            store.commit(id, claim.fence, &claim.ticket.state, step).await.unwrap()
        });
    }
    beginning.join_all().await
}

fn count(ended: &[Committed], how: &Committed) -> usize {
    ended.iter().filter(|ended| *ended == how).count()
}

pub async fn of_twenty_that_begin_at_once_no_more_than_each_limit_do(world: World) {
    type Same = fn(&mut Started, &Started);
    let kinds: [(Limits, Same); 6] = [
        (Limits { account_day: 3, ..NONE }, |one, same| one.account = same.account.clone()),
        (Limits { sender_day: 3, ..NONE }, |one, same| one.sender.clone_from(&same.sender)),
        (Limits { phone_day: 3, ..NONE }, |one, same| one.phone_hash.clone_from(&same.phone_hash)),
        (Limits { unit_hour: 3, ..NONE }, |one, same| one.unit.clone_from(&same.unit)),
        (Limits { manager_hour: 3, ..NONE }, |one, _| one.texted_hash = "a manager's".to_owned()),
        (Limits { desk_hour: 18, ..NONE }, |_, _| {}),
    ];
    for (round, (limits, same)) in kinds.into_iter().enumerate() {
        let ended = at_once(&world, 20, |n| {
            let mut one = started(100 * round + n);
            same(&mut one, &started(100 * round));
            begins(one, limits)
        })
        .await;
        // Fifteen have begun before the last round.
        assert_eq!(count(&ended, &Committed::Done), 3, "{limits:?}: {ended:?}");
        assert_eq!(count(&ended, &Committed::OverLimit), 17, "{limits:?}: {ended:?}");
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM started").await, 18);
}

/// Begins one at `now`, which needs no more than `limits` allow; did it?
async fn one_more(world: &World, n: usize, limits: Limits, now: UnixMillis) -> bool {
    let id = keep(world.store.as_ref(), crowd_mail(&format!("more-{n}"))).await;
    let claim = claim(world.store.as_ref(), id).await;
    let step = Step { now, ..begins(started(1), limits) };
    world.store.commit(id, claim.fence, &claim.ticket.state, step).await.unwrap() == Committed::Done
}

pub async fn a_window_is_exact_at_its_edges(world: World) {
    let milli = Duration::from_millis(1);
    let (day, hour, quarter) =
        (Limits { account_day: 1, ..NONE }, Limits { desk_hour: 1, ..NONE }, Duration::from_secs(900));
    let pause = Limits { cooldown: quarter, ..NONE };
    assert!(one_more(&world, 0, NONE, NOW).await);
    for (n, (limits, window)) in [(day, DAY), (hour, HOUR), (pause, quarter)].into_iter().enumerate() {
        assert!(!one_more(&world, 10 * n + 1, limits, NOW.plus(window).minus(milli)).await, "{limits:?}");
    }
    // Each later than the one before, or they would count one another.
    assert!(one_more(&world, 2, pause, NOW.plus(quarter)).await);
    world.run("UPDATE started SET counts = 0 WHERE id > 1").await;
    assert!(one_more(&world, 3, hour, NOW.plus(HOUR)).await);
    world.run("UPDATE started SET counts = 0 WHERE id > 1").await;
    assert!(one_more(&world, 4, day, NOW.plus(DAY)).await);
}

fn alarm() -> NewMessage {
    NewMessage {
        kind: MessageKind::Alarm,
        to: Addressee::Mail(address("drift@kommun.example")),
        values: "{\"text\":\"used up\"}".to_owned(),
    }
}

fn cap_of(per_day: u32) -> TextCap {
    TextCap { per_day, alarms: vec![alarm()], again_at: NOW.plus(HOUR) }
}

pub async fn of_twenty_texts_at_once_no_more_than_the_cap_begin_and_people_are_told_once(world: World) {
    let ended = at_once(&world, 20, |n| {
        let begun = IntentChange::Begin(intent(&format!("n{n}-text-1"), IntentKind::Text));
        Step { intent: begun, text_cap: Some(cap_of(7)), due_at: Some(NOW), ..step(State::requested()) }
    })
    .await;
    assert_eq!(count(&ended, &Committed::Done), 7, "{ended:?}");
    assert_eq!(count(&ended, &Committed::TextsUsedUp), 13, "{ended:?}");
    assert_eq!(world.number("SELECT COUNT(*) FROM intent").await, 7);
    let waiting =
        format!("SELECT COUNT(*) FROM ticket WHERE lease_owner = '' AND due_at = {}", NOW.plus(HOUR).0);
    assert_eq!(world.number(&waiting).await, 13, "nobody is lost");
    assert_eq!(world.number("SELECT COUNT(*) FROM message WHERE kind = 'alarm'").await, 1);
    // What surely did not leave makes room; what nobody knows of does not.
    for (key, code) in [("n0-text-1", "uncertain"), ("n1-text-1", "not-sent"), ("n2-text-1", "refused")] {
        world.run(&format!("UPDATE intent SET outcome = '{code}' WHERE intent_key = '{key}'")).await;
    }
    let gone = world.number("SELECT COUNT(*) FROM intent WHERE outcome IN ('not-sent', 'refused')").await;
    let texts = world.store.history(&AccountId::new("a"), "", "", "", NOW).await.unwrap().texts_day;
    assert_eq!(i64::from(texts), 7 - gone);
}

pub async fn a_warning_waits_for_the_cap_too(world: World) {
    let id = keep(world.store.as_ref(), mail("1")).await;
    let claimed = claim(world.store.as_ref(), id).await;
    let to = || Addressee::Phone(AccountId::new("a-anna"));
    let warning = || NewMessage { kind: MessageKind::OwnerWarning, to: to(), values: "{}".to_owned() };
    let step = Step { messages: vec![warning(), warning()], ..step(technician()) };
    world.store.commit(id, claimed.fence, &claimed.ticket.state, step).await.unwrap();
    let owed = async || world.store.history(&AccountId::new("a"), "", "", "", NOW).await.unwrap();
    assert_eq!((owed().await.texts_day, owed().await.texts_owed), (0, 2));
    let due = world.store.claim_messages(Channel::Phone, "one", LEASE, 5, NOW).await.unwrap();
    let begin =
        async |n: usize| world.store.begin_message(due[n].id, due[n].fence, &cap_of(1), NOW).await.unwrap();
    assert_eq!((begin(0).await, begin(1).await), (Begun::Yes, Begun::TextsUsedUp));
    let waits =
        format!("SELECT COUNT(*) FROM message WHERE lease_owner = '' AND due_at = {}", NOW.plus(HOUR).0);
    assert_eq!(world.number(&waits).await, 1, "it is not tried again and again");
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'warning.not-sent'").await, 0);
    assert_eq!((owed().await.texts_day, owed().await.texts_owed), (1, 1));
    let unclear = Outcome::Uncertain { cause: String::new() };
    world.store.end_message(due[0].id, due[0].fence, &unclear, Some(NOW), NOW).await.unwrap();
    assert_eq!(owed().await.texts_day, 1, "it may have left");
    let again = world.store.claim_messages(Channel::Phone, "one", LEASE, 5, NOW).await.unwrap();
    let begun = world.store.begin_message(again[0].id, again[0].fence, &cap_of(2), NOW).await;
    assert_eq!((begun, owed().await.texts_day), (Ok(Begun::Yes), 2), "and once more");
    world.store.free_leases().await.unwrap();
    let stopped = world.store.claim_messages(Channel::Phone, "two", LEASE, 5, NOW).await.unwrap();
    let begun = world.store.begin_message(stopped[0].id, stopped[0].fence, &cap_of(3), NOW).await;
    assert_eq!((begun, owed().await.texts_day), (Ok(Begun::Yes), 3), "nor does a stop in between undo one");
}

/// A delivery that begins, texts once with this outcome and receipt, and ends with a technician; how many count.
async fn ends(world: &World, n: usize, outcome: Option<Outcome>, receipt: Option<Receipt>) -> u32 {
    let store = world.store.as_ref();
    let id = live_ticket(store, &format!("ends-{n}"), &format!("a-ends-{n}")).await;
    let key = format!("n{}-text-1", id.0);
    let begin = IntentChange::Begin(Intent { outcome, ..intent(&key, IntentKind::Text) });
    for step in
        [Step { intent: begin, started: Some(started(n)), ..step(sealed_state()) }, step(technician())]
    {
        if matches!(step.state, State::Technician { .. })
            && let Some(receipt) = receipt
        {
            store.receipt("elks", Some(&key), "r", receipt, NOW).await.unwrap();
        }
        let claim = claim(store, id).await;
        assert_eq!(store.commit(id, claim.fence, &sealed_state(), step).await.unwrap(), Committed::Done);
    }
    store.history(&started(n).account, "", "", "", NOW).await.unwrap().account_day
}

pub async fn what_surely_left_nothing_counts_for_nothing_and_everything_else_does(world: World) {
    let cause = String::new;
    let cases = [
        (Some(Outcome::Refused { cause: cause() }), None, 0),
        (Some(Outcome::NotSent { cause: cause() }), None, 0),
        (Some(accepted("r")), Some(Receipt::Failed), 0),
        (Some(accepted("r")), None, 1),
        (Some(accepted("r")), Some(Receipt::Delivered), 1),
        (Some(Outcome::Uncertain { cause: cause() }), None, 1),
        (None, None, 1),
    ];
    for (n, (outcome, receipt, counts)) in cases.into_iter().enumerate() {
        assert_eq!(ends(&world, n, outcome.clone(), receipt).await, counts, "{outcome:?} {receipt:?}");
    }
}

/// A delivery whose text was refused, with this intent before it and this message beside it, ends with a
/// technician; how many count for its account, and for the desk.
async fn ends_with(
    world: &World,
    n: usize,
    set: Option<Outcome>,
    message: Option<(MessageKind, Option<Outcome>)>,
) -> (u32, u32) {
    let store = world.store.as_ref();
    let id = live_ticket(store, &format!("ends-with-{n}"), &format!("a-with-{n}")).await;
    let refused = Outcome::Refused { cause: String::new() };
    let text = Intent { outcome: Some(refused), ..intent(&format!("n{}-text-1", id.0), IntentKind::Text) };
    let set = set.map(|outcome| Intent {
        outcome: Some(outcome),
        ..intent(&format!("n{}-set-1", id.0), IntentKind::Set)
    });
    let to = || Addressee::Mail(address("karin@kommun.example"));
    let messages =
        message.iter().map(|(kind, _)| NewMessage { kind: *kind, to: to(), values: "{}".to_owned() });
    let mut steps = vec![
        Step {
            intent: IntentChange::Begin(text),
            started: Some(started(n)),
            messages: messages.collect(),
            ..step(sealed_state())
        },
        step(technician()),
    ];
    steps.splice(1..1, set.map(|set| Step { intent: IntentChange::Begin(set), ..step(sealed_state()) }));
    let sent = message.and_then(|(_, outcome)| outcome);
    for (at, step) in steps.into_iter().enumerate() {
        if let (1, Some(outcome)) = (at, &sent) {
            let due = store.claim_messages(Channel::Mail, "one", LEASE, 9, NOW).await.unwrap().remove(0);
            store.begin_message(due.id, due.fence, &cap(), NOW).await.unwrap();
            store.end_message(due.id, due.fence, outcome, None, NOW).await.unwrap();
        }
        let claim = claim(store, id).await;
        assert_eq!(store.commit(id, claim.fence, &sealed_state(), step).await.unwrap(), Committed::Done);
    }
    world.run("UPDATE message SET due_at = 9223372036854775807").await;
    let Started { account, sender, .. } = started(n);
    let history = store.history(&account, &sender, "", "", NOW).await.unwrap();
    (history.account_day, history.sender_day)
}

pub async fn what_left_by_mail_counts_and_a_changed_password_for_its_account_alone(world: World) {
    let unclear = || Outcome::Uncertain { cause: String::new() };
    let refused = || Outcome::Refused { cause: String::new() };
    use MessageKind::*;
    let cases = [
        (None, None, (0, 0)),
        (Some(refused()), None, (0, 0)),
        (Some(accepted("")), None, (1, 0)),
        (Some(unclear()), None, (1, 0)),
        (None, Some((ManagerLink, Some(accepted("")))), (1, 1)),
        (None, Some((ManagerCode, Some(unclear()))), (1, 1)),
        (None, Some((OwnerWarning, Some(accepted("")))), (1, 1)),
        (None, Some((ManagerLink, Some(refused()))), (0, 0)),
        (None, Some((ManagerLink, None)), (0, 0)),
        // It leaves yet, whatever became of the offer.
        (None, Some((ManagerNotice, None)), (1, 1)),
        (None, Some((OwnerNotice, Some(accepted("")))), (0, 0)),
    ];
    for (n, (set, message, counts)) in cases.into_iter().enumerate() {
        let found = ends_with(&world, n, set.clone(), message.clone()).await;
        assert_eq!(found, counts, "{set:?} {message:?}");
    }
}

pub async fn a_text_is_kept_for_whom_it_is_owed_and_a_link_goes_with_its_warning(world: World) {
    let store = world.store.as_ref();
    let owed = async || store.history(&AccountId::new("a"), "", "", "", NOW).await.unwrap().texts_owed;
    assert_eq!(owed().await, 0);
    // Its password is set, and nobody has taken its text.
    let id = live_ticket(store, "owed", "a-owed").await;
    let not_sent = Outcome::NotSent { cause: String::new() };
    let text = Intent { outcome: Some(not_sent), ..intent("n1-text-1", IntentKind::Text) };
    let claimed = claim(store, id).await;
    let begun = Step { intent: IntentChange::Begin(text), ..step(sealed_state()) };
    store.commit(id, claimed.fence, &sealed_state(), begun).await.unwrap();
    assert_eq!(owed().await, 1);
    let limits = Limits { texts_day: 3, ..NONE };
    for (texts, fits) in [(3, Committed::OverLimit), (2, Committed::Done)] {
        let id = keep(store, crowd_mail(&format!("texts-{texts}"))).await;
        let claim = claim(store, id).await;
        let step = begins(Started { texts, ..started(1) }, limits);
        assert_eq!(store.commit(id, claim.fence, &claim.ticket.state, step).await, Ok(fits), "{texts}");
    }
}

pub async fn a_clock_that_was_set_back_keeps_what_counts_within_its_window(world: World) {
    let store = world.store.as_ref();
    let month = DAY * 30;
    let id = keep(store, mail("1")).await;
    let claimed = claim(store, id).await;
    let begun = IntentChange::Begin(Intent { at: NOW.plus(month), ..intent("n1-text-1", IntentKind::Text) });
    let step = Step { started: Some(started(1)), intent: begun, now: NOW.plus(month), ..step(technician()) };
    store.commit(id, claimed.fence, &claimed.ticket.state, step).await.unwrap();
    store.wake_all(NOW).await.unwrap();
    let at = async |now: UnixMillis| {
        let history = store.history(&started(1).account, "", "", "", now).await.unwrap();
        (history.account_last, history.account_day, history.texts_day)
    };
    assert_eq!(at(NOW).await, (Some(NOW), 1, 1), "it is not forgotten");
    assert_eq!(at(NOW.plus(DAY)).await, (Some(NOW), 0, 0), "nor kept for a month");
    let text = format!("SELECT COUNT(*) FROM intent WHERE begun_at = {}", NOW.plus(month).0);
    assert_eq!(world.number(&text).await, 1, "what the call itself goes by stays");
}

fn turned(automation: Automation, by: &str, at: UnixMillis) -> Switch {
    Switch { automation, why: "a drill".to_owned(), by: by.to_owned(), at, until: None }
}

fn told(by: &str) -> AuditEntry {
    AuditEntry { actor: by.to_owned(), event: "automation.turned".to_owned(), data: "{}".to_owned() }
}

/// A ticket that is decided while the desk's breaker opens; how many alarms there are then.
async fn pauses(world: &World, n: usize, at: UnixMillis) -> i64 {
    let id = keep(world.store.as_ref(), crowd_mail(&format!("pauses-{n}"))).await;
    let claim = claim(world.store.as_ref(), id).await;
    let values = format!("{{\"text\":\"paused at {}\"}}", at.0);
    let pause = Pause {
        switch: turned(Automation::Off, "nyckelbud", at),
        audit: told("nyckelbud"),
        alarms: vec![NewMessage { values, ..alarm() }],
    };
    let step = Step { pause: Some(pause), now: at, ..step(technician()) };
    world.store.commit(id, claim.fence, &claim.ticket.state, step).await.unwrap();
    world.number("SELECT COUNT(*) FROM message WHERE kind = 'alarm'").await
}

pub async fn a_pause_never_undoes_what_a_person_turned_and_tells_once(world: World) {
    let store = world.store.as_ref();
    let later = NOW.plus(HOUR);
    assert_eq!(
        (pauses(&world, 1, NOW).await, pauses(&world, 2, later).await),
        (1, 1),
        "it is paused already"
    );
    for (n, automation) in [Automation::Off, Automation::Observe].into_iter().enumerate() {
        let by_anna = turned(automation, "cli:anna", NOW);
        store.turn(&by_anna, told("cli:anna")).await.unwrap();
        assert_eq!(pauses(&world, 10 + n, later).await, 1);
        assert_eq!(store.switch(later).await.unwrap(), Some(by_anna));
    }
    store.turn(&turned(Automation::On, "cli:anna", NOW), told("cli:anna")).await.unwrap();
    assert_eq!(pauses(&world, 3, later).await, 2, "a second time");
    let paused = store.switch(later.plus(DAY * 400)).await.unwrap().expect("it does not come back by itself");
    assert_eq!((paused.automation, paused.by.as_str()), (Automation::Off, "nyckelbud"));
    let rows = "SELECT COUNT(*) FROM audit WHERE event = 'automation.turned'";
    assert_eq!(world.number(rows).await, 5, "two pauses, three turns");
}

pub async fn after_a_persons_word_the_desk_counts_anew(world: World) {
    let store = world.store.as_ref();
    let limits = Limits { desk_hour: 1, ..NONE };
    assert!(one_more(&world, 1, limits, NOW).await);
    let soon = NOW.plus(Duration::from_secs(60));
    assert!(!one_more(&world, 2, limits, soon).await);
    store.turn(&turned(Automation::On, "cli:anna", soon), told("cli:anna")).await.unwrap();
    assert!(one_more(&world, 3, limits, soon.plus(Duration::from_millis(1))).await);
    // Under a clock that was set back nobody can tell when that was.
    let history: History =
        store.history(&AccountId::new("a"), "", "", "", NOW.plus(Duration::from_millis(1))).await.unwrap();
    assert_eq!(history.desk_hour, 2);
}
