//! What people do not do to tickets: with mails that nobody has seen, as two that are one, after a backup.

use nyckelbud::store::*;
use nyckelbud::ticket::act::{COLLEAGUE, UNDO};
use nyckelbud::ticket::{Act, ActStatus, Closing, Directed, KeptAct, PasswordFact, State, TicketId};
use nyckelbud::types::{AccountId, Order, Ordered, Person, Reason, Role, StaffName, TicketNumber};

use super::accounts::{audit, staff};
use super::acts::{closed, made, name, open, override_act, person, status, version, wants};
use super::make::*;
use super::world::World;

async fn state(store: &dyn Store, id: TicketId) -> State {
    store.ticket(id).await.unwrap().unwrap().state
}

/// Another ticket, of Bo.
async fn of_bo(store: &dyn Store, name: &str) -> TicketId {
    let from_bo = |mail: &mut Incoming| {
        mail.from = Some(address("bo@kommun.example"));
        mail.ticket.state = technician();
    };
    keep(store, mail_but(name, from_bo)).await
}

async fn merges(store: &dyn Store, id: TicketId, into: TicketNumber) -> Committed {
    let claimed = claim(store, id).await;
    store.commit(id, claimed.fence, &technician(), step(State::Merged { into })).await.unwrap()
}

pub(super) async fn whys(world: &World) -> Vec<String> {
    world.texts("SELECT status || ': ' || why FROM act ORDER BY id").await
}

/// Eva asks for an override of the ticket as it is.
pub(super) async fn asks(store: &dyn Store, number: TicketNumber, key: &str) -> KeptAct {
    let new = wants(store, number, key, override_act()).await;
    let due_at = NOW.plus(COLLEAGUE);
    made(store.make_act(NewAct { needs_colleague: true, due_at, ..new }).await.unwrap())
}

pub(super) fn word(act: &KeptAct, by: Person) -> SecondWord {
    SecondWord { act: act.id, by, version: act.version, approves: true, due_at: NOW.plus(UNDO), now: NOW }
}

pub async fn whoever_we_wrote_to_is_heard_whatever_people_think_of_the_first_mail(world: World) {
    let store = world.store.as_ref();
    let (id, _) = open(store, "1").await;
    let claimed = claim(store, id).await;
    let phishing = State::Closed { how: Closing::Phishing, password: PasswordFact::NotChanged };
    let to_bo = NewMessage {
        kind: MessageKind::Reply,
        to: Addressee::Mail(address("bo@kommun.example")),
        values: "{}".to_owned(),
    };
    let closing = Step { messages: vec![to_bo], ..step(phishing.clone()) };
    store.commit(id, claimed.fence, &technician(), closing).await.unwrap();
    let ours = world.texts("SELECT message_id FROM message").await.remove(0);
    let answers = vec![nyckelbud::types::MessageId::parse(ours.trim_matches(['<', '>'])).unwrap()];
    let from_bo = Incoming { from: Some(address("bo@kommun.example")), answers, ..mail("2") };
    assert_eq!(keep(store, reply("3", message_id("1"))).await, id);
    assert_eq!(state(store, id).await, phishing, "whoever wrote it writes again");
    assert_eq!(keep(store, from_bo).await, id);
    assert_eq!(state(store, id).await, technician());
}

pub async fn a_merge_is_to_the_other_ticket_as_if_a_mail_had_come(world: World) {
    let store = world.store.as_ref();
    let (older, kept) = open(store, "1").await;
    let order = Order {
        by: person("eva"),
        with: None,
        what: Ordered::Again,
        account: None,
        named_before: false,
        because: Reason::PhoneMismatch,
        aside: Vec::new(),
        of: None,
    };
    let directed = Some(Box::new(Directed { order, password: PasswordFact::NotChanged }));
    let ordered = State::Requested { waiting_since: None, directed };
    let claimed = claim(store, older).await;
    store.commit(older, claimed.fence, &technician(), step(ordered.clone())).await.unwrap();
    // Somebody decides on it just now, with the mails that it had.
    let deciding = claim(store, older).await;
    assert_eq!(merges(store, of_bo(store, "2").await, kept).await, Committed::Done);
    assert_eq!(state(store, older).await, technician(), "they decided about what they had seen");
    let decided = store.commit(older, deciding.fence, &ordered, step(sealed_state())).await.unwrap();
    assert_eq!(decided, Committed::Lost);
    // Under a delivery it is remembered.
    let live = live_ticket(store, "3", "a-anna").await;
    let number = store.ticket(live).await.unwrap().unwrap().number;
    assert_eq!(merges(store, of_bo(store, "4").await, number).await, Committed::Done);
    let claimed = claim(store, live).await;
    store.commit(live, claimed.fence, &sealed_state(), step(delivered(true))).await.unwrap();
    assert_eq!(state(store, live).await, State::Technician { password: PasswordFact::Changed });
}

pub async fn mails_that_come_with_another_ticket_are_seen_however_old_they_are(world: World) {
    let store = world.store.as_ref();
    let (_, first) = open(store, "1").await;
    // The mail of this one is newer than all of those that come with the other.
    let bo = of_bo(store, "2").await;
    let (_, kept) = open(store, "3").await;
    let act = made(store.make_act(wants(store, kept, "1", Act::Close).await).await.unwrap());
    world.run(&format!("UPDATE ticket SET kept = {} WHERE id = {}", act.ticket.0, bo.0)).await;
    let due = store.due_acts(8, act.due_at).await.unwrap();
    assert!(due[0].mail_came, "an older mail was put under it");
    let claimed = claim(store, act.ticket).await;
    let closes = Step { act: Some(act.id), ..step(closed()) };
    assert_eq!(
        store.commit(act.ticket, claimed.fence, &technician(), closes).await.unwrap(),
        Committed::Lost
    );
    let observed = "UPDATE ticket SET observed = 1 WHERE running = 1";
    world.run(observed).await;
    assert_eq!(merges(store, of_bo(store, "4").await, first).await, Committed::Lost, "observed");
    world.run("UPDATE ticket SET observed = 0, kind = 'quarantine' WHERE running = 1").await;
    assert_eq!(merges(store, of_bo(store, "5").await, first).await, Committed::Lost, "unreadable");
}

pub async fn a_merged_ticket_comes_out_with_what_was_put_into_it(world: World) {
    let store = world.store.as_ref();
    let (oldest, kept) = open(store, "1").await;
    let middle = of_bo(store, "2").await;
    let newest = of_bo(store, "3").await;
    let middles = store.ticket(middle).await.unwrap().unwrap().number;
    assert_eq!(merges(store, newest, middles).await, Committed::Done);
    assert_eq!(merges(store, middle, kept).await, Committed::Done);
    assert_eq!(mails_of(store, oldest).await.len(), 3);
    let waits = made(store.make_act(wants(store, kept, "1", Act::Close).await).await.unwrap());
    let claimed = claim(store, middle).await;
    let merged = State::Merged { into: kept };
    store.commit(middle, claimed.fence, &merged, step(technician())).await.unwrap();
    assert_eq!((mails_of(store, oldest).await.len(), mails_of(store, middle).await.len()), (1, 2));
    assert_eq!(store.ticket(middle).await.unwrap().unwrap().merged_into, None);
    assert!(version(store, kept).await > waits.version);
    assert_eq!(whys(&world).await, ["refused: a ticket was taken out of it"]);
}

pub async fn a_merged_ticket_comes_out_with_what_was_put_into_that_in_its_turn(world: World) {
    let store = world.store.as_ref();
    let (oldest, kept) = open(store, "1").await;
    let mut ids = Vec::new();
    for name in ["2", "3", "4"] {
        ids.push(of_bo(store, name).await);
    }
    let mut numbers = Vec::new();
    for id in &ids {
        numbers.push(store.ticket(*id).await.unwrap().unwrap().number);
    }
    for (id, into) in [(ids[2], numbers[1]), (ids[1], numbers[0]), (ids[0], kept)] {
        assert_eq!(merges(store, id, into).await, Committed::Done);
    }
    assert_eq!(mails_of(store, oldest).await.len(), 4);
    let claimed = claim(store, ids[0]).await;
    store.commit(ids[0], claimed.fence, &State::Merged { into: kept }, step(technician())).await.unwrap();
    assert_eq!((mails_of(store, oldest).await.len(), mails_of(store, ids[0]).await.len()), (1, 3));
}

pub async fn an_override_that_cannot_be_read_is_counted_and_hides_no_other(world: World) {
    let store = world.store.as_ref();
    let (_, number) = open(store, "1").await;
    asks(store, number, "1").await;
    let (_, other) = open(store, "2").await;
    let readable = asks(store, other, "2").await;
    world.run("UPDATE act SET what = '{\"of a newer version\":1}' WHERE id = 1").await;
    assert_eq!(store.count_for_colleagues().await, Ok(2));
    assert_eq!(store.acts_for_colleagues().await, Ok(vec![readable]));
}

pub async fn what_an_owner_says_ends_every_lift_and_act_of_their_account(world: World) {
    let store = world.store.as_ref();
    let (live, anna) = (live_ticket(store, "1", "a-anna").await, AccountId::new("a-anna"));
    let (other, number) = open(store, "2").await;
    let (_, strangers) = open(store, "3").await;
    // People have set the freeze aside under a clock that goes before.
    let far = NOW.plus(30 * 24 * HOUR);
    let sql =
        format!("UPDATE ticket SET account = 'a-anna', freeze_lifted_at = {} WHERE id = {}", far.0, other.0);
    world.run(&sql).await;
    made(store.make_act(wants(store, number, "1", Act::Close).await).await.unwrap());
    made(store.make_act(wants(store, strangers, "2", Act::Close).await).await.unwrap());
    let claimed = claim(store, live).await;
    let (account, username) = (anna.clone(), String::new());
    let freeze = Some(Freeze { account, username, why: "w".to_owned(), by: "owner".to_owned() });
    let said = Step { freeze, ..step(claimed.ticket.state.clone()) };
    store.commit(live, claimed.fence, &claimed.ticket.state, said).await.unwrap();
    let lifted = store.ticket(other).await.unwrap().unwrap().freeze_lifted_at;
    assert!(store.is_frozen(&anna, lifted).await.unwrap());
    let expected = ["refused: the account's owner said that it was not them", "waiting: "];
    assert_eq!(whys(&world).await, expected);
}

pub async fn nobody_approves_with_a_second_account_of_theirs(world: World) {
    let store = world.store.as_ref();
    let (_, number) = open(store, "1").await;
    for name in ["eva", "eva-2", "per", "admin", "eva.b"] {
        assert!(store.add_staff(&staff(name, Role::Technician), &audit(), NOW).await.unwrap());
    }
    let act = asks(store, number, "1").await;
    let named =
        |name: &str, shown: &str| Person { name: StaffName::parse(name).unwrap(), shown: shown.to_owned() };
    for one in [named("eva-2", "E"), named("eva@kommun.example", "E"), named("admin", "EVA  shown")] {
        assert_eq!(store.second_act(word(&act, one)).await.unwrap(), Seconded::MayBeYou);
    }
    // An administrator knows better, in both directions.
    let says = |name: &'static str, person: &'static str| async move {
        let change = StaffChange::Person(person.to_owned());
        assert!(store.change_staff(&StaffName::parse(name).unwrap(), &change, &audit(), NOW).await.unwrap());
    };
    says("eva", "4711").await;
    says("per", "4711").await;
    says("admin", "12").await;
    assert_eq!(store.second_act(word(&act, person("per"))).await.unwrap(), Seconded::MayBeYou);
    let said = store.second_act(word(&act, named("eva-2", "E"))).await.unwrap();
    assert_eq!(said, Seconded::MayBeYou, "of one of them nobody has said");
    let said = store.second_act(word(&act, named("admin", "eva shown"))).await.unwrap();
    assert!(matches!(said, Seconded::Kept(act) if act.status == ActStatus::Waiting));
}

pub async fn who_may_not_act_any_more_approves_and_carries_out_nothing(world: World) {
    let store = world.store.as_ref();
    let (_, number) = open(store, "1").await;
    for name in ["eva", "per"] {
        assert!(store.add_staff(&staff(name, Role::Technician), &audit(), NOW).await.unwrap());
    }
    let changes = |name: &'static str, change: StaffChange| async move {
        assert!(store.change_staff(&StaffName::parse(name).unwrap(), &change, &audit(), NOW).await.unwrap());
    };
    let act = asks(store, number, "1").await;
    changes("eva", StaffChange::Disabled(true)).await;
    assert_eq!(store.second_act(word(&act, person("per"))).await.unwrap(), Seconded::MayNot);
    changes("eva", StaffChange::Disabled(false)).await;
    assert_eq!(status(store, number).await, [ActStatus::Lapsed]);
    let act = asks(store, number, "2").await;
    let Seconded::Kept(act) = store.second_act(word(&act, person("per"))).await.unwrap() else { panic!() };
    changes("per", StaffChange::Role(Role::Auditor)).await;
    let due = store.due_acts(8, act.due_at).await.unwrap();
    assert!(due[0].may_not);
    let claimed = claim(store, act.ticket).await;
    let closes = Step { act: Some(act.id), ..step(closed()) };
    assert_eq!(
        store.commit(act.ticket, claimed.fence, &technician(), closes).await.unwrap(),
        Committed::Lost
    );
}

pub async fn a_store_from_a_backup_does_nothing_twice(world: World) {
    let store = world.store.as_ref();
    let (_, number) = open(store, "1").await;
    let reply = Act::Reply { language: "sv".to_owned(), text: "Hej".to_owned(), closes: true };
    made(store.make_act(wants(store, number, "1", reply).await).await.unwrap());
    let (_, other) = open(store, "2").await;
    asks(store, other, "2").await;
    assert_eq!(store.hold_deliveries(&[], NOW).await.unwrap(), 0, "nothing is under way");
    let why = "the database may have come out of a backup: nobody knows whether this was done since";
    assert_eq!(whys(&world).await, [format!("refused: {why}"), format!("lapsed: {why}")]);
    assert_eq!(
        store.draft_of(number, &name("eva")).await.unwrap().map(|draft| draft.text),
        Some("Hej".to_owned())
    );
    let ended = "SELECT event FROM audit WHERE event IN ('act.refused', 'act.lapsed') ORDER BY id";
    assert_eq!(world.texts(ended).await, ["act.refused", "act.lapsed"]);
    made(store.make_act(wants(store, number, "3", Act::Close).await).await.unwrap());
    let forgotten = mail_but("4", |mail| {
        mail.ticket.state = technician();
        mail.ticket.reason = Some(Reason::StoreRestored);
    });
    keep(store, forgotten).await;
    let pause = super::restored::pause();
    assert!(store.hold_forgotten(&pause, NOW).await.unwrap().is_some());
    assert_eq!(status(store, number).await, [ActStatus::Refused, ActStatus::Refused]);
}

pub async fn an_act_that_is_another_one_by_now_is_not_ended(world: World) {
    let store = world.store.as_ref();
    let (_, number) = open(store, "1").await;
    let act = asks(store, number, "1").await;
    // A colleague came in the very moment in which another node lets it lapse.
    assert!(matches!(store.second_act(word(&act, person("per"))).await.unwrap(), Seconded::Kept(_)));
    store.end_act(act.id, ActStatus::Colleague, (ActStatus::Lapsed, "nobody came"), NOW).await.unwrap();
    assert_eq!(status(store, number).await, [ActStatus::Waiting]);
    // A newer draft is not written over.
    let (_, other) = open(store, "2").await;
    let reply = Act::Reply { language: "sv".to_owned(), text: "old".to_owned(), closes: true };
    let act = made(store.make_act(wants(store, other, "2", reply).await).await.unwrap());
    let newer = SavedDraft { by: name("eva"), text: "new".to_owned(), at: NOW.plus(UNDO) };
    assert!(store.save_draft(other, &newer).await.unwrap());
    assert!(store.undo_act(act.id, &name("eva"), NOW).await.unwrap());
    assert_eq!(store.draft_of(other, &name("eva")).await.unwrap(), Some(newer));
}

pub async fn what_was_set_aside_is_kept_until_a_mail_comes(world: World) {
    let store = world.store.as_ref();
    let (id, number) = open(store, "1").await;
    let aside = vec![Reason::LimitAccount, Reason::MailTooOld];
    let claimed = claim(store, id).await;
    let sets =
        Step { set_aside: Some(aside.clone()), named: Some(account("a-anna").1), ..step(technician()) };
    store.commit(id, claimed.fence, &technician(), sets).await.unwrap();
    let claimed = claim(store, id).await;
    store.commit(id, claimed.fence, &technician(), step(technician())).await.unwrap();
    let ticket = store.numbered(number).await.unwrap().unwrap();
    assert_eq!((ticket.set_aside, ticket.named), (aside, Some(account("a-anna").1)));
    assert_eq!(keep(store, reply("2", message_id("1"))).await, id);
    let ticket = store.numbered(number).await.unwrap().unwrap();
    assert_eq!((ticket.set_aside, ticket.named), (Vec::new(), None));
}
