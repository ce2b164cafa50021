//! What people do to tickets: acts that wait, four eyes, versions, notes, drafts, tickets put together.

use nyckelbud::store::*;
use nyckelbud::ticket::act::{COLLEAGUE, UNDO};
use nyckelbud::ticket::{Act, ActStatus, Closing, Grounds, PasswordFact, Standing, State, TicketId};
use nyckelbud::types::{Override, Person, StaffName, TicketNumber, UnixMillis, Username};

use super::make::*;
use super::world::World;

pub(super) fn person(name: &str) -> Person {
    Person { name: StaffName::parse(name).unwrap(), shown: format!("{name} shown") }
}

pub(super) fn name(name: &str) -> StaffName {
    StaffName::parse(name).unwrap()
}

/// A ticket that a technician has.
pub(super) async fn open(store: &dyn Store, name: &str) -> (TicketId, TicketNumber) {
    let id = keep(store, mail(name)).await;
    let claimed = claim(store, id).await;
    store.commit(id, claimed.fence, &claimed.ticket.state, step(technician())).await.unwrap();
    (id, claimed.ticket.number)
}

pub(super) async fn version(store: &dyn Store, number: TicketNumber) -> i64 {
    store.numbered(number).await.unwrap().unwrap().version
}

/// Eva wants this of the ticket as it is now.
pub(super) async fn wants(store: &dyn Store, number: TicketNumber, key: &str, act: Act) -> NewAct {
    NewAct {
        ticket: number,
        version: version(store, number).await,
        key: key.to_owned(),
        act,
        by: person("eva"),
        needs_colleague: false,
        many: false,
        due_at: NOW.plus(UNDO),
        now: NOW,
    }
}

pub(super) fn made(made: ActMade) -> nyckelbud::ticket::KeptAct {
    match made {
        ActMade::Made(act) => act,
        other => panic!("{other:?}"),
    }
}

pub(super) fn override_act() -> Act {
    let (way, grounds, why) = (Override::ToRegisteredPhone, Grounds::InPerson, "stands here".to_owned());
    Act::Override { way, account: None, grounds, why, whom: String::new() }
}

pub(super) fn closed() -> State {
    State::Closed { how: Closing::Resolved, password: PasswordFact::NotChanged }
}

pub(super) async fn status(store: &dyn Store, number: TicketNumber) -> Vec<ActStatus> {
    store.acts_of(number).await.unwrap().into_iter().map(|act| act.status).collect()
}

pub async fn a_form_posted_twice_is_one_act_and_it_is_due_when_its_time_is_over(world: World) {
    let store = world.store.as_ref();
    let (_, number) = open(store, "1").await;
    let new = wants(store, number, "form", Act::Close).await;
    let act = made(store.make_act(new.clone()).await.unwrap());
    assert_eq!(store.make_act(new.clone()).await.unwrap(), ActMade::Before(act.clone()));
    // The same key in another's form is another form.
    let of_per = NewAct { by: person("per"), ..new };
    assert_eq!(store.make_act(of_per).await.unwrap(), ActMade::Waits(act.clone()));
    assert_eq!(store.due_acts(8, NOW).await.unwrap(), []);
    assert_eq!(store.next_due().await.unwrap(), Some(act.due_at));
    let due = store.due_acts(8, act.due_at).await.unwrap();
    assert_eq!((due.len(), &due[0].act, due[0].mail_came), (1, &act, false));
    assert_eq!(due[0].seen, technician());
}

pub async fn what_was_taken_back_is_not_carried_out_and_what_was_carried_out_is_not_taken_back(world: World) {
    let store = world.store.as_ref();
    let (id, number) = open(store, "1").await;
    let act = made(store.make_act(wants(store, number, "1", Act::Close).await).await.unwrap());
    assert!(!store.undo_act(act.id, &name("per"), NOW).await.unwrap(), "it is Eva's");
    assert!(store.undo_act(act.id, &name("eva"), NOW).await.unwrap());
    assert!(!store.undo_act(act.id, &name("eva"), NOW).await.unwrap());
    let claimed = claim(store, id).await;
    let closes = Step { act: Some(act.id), ..step(closed()) };
    let committed = store.commit(id, claimed.fence, &technician(), closes.clone()).await.unwrap();
    assert_eq!(committed, Committed::Lost);
    assert_eq!(store.ticket(id).await.unwrap().unwrap().state, technician());
    let again = made(store.make_act(wants(store, number, "2", Act::Close).await).await.unwrap());
    let closes = Step { act: Some(again.id), ..closes };
    let committed = store.commit(id, claimed.fence, &technician(), closes).await.unwrap();
    assert_eq!(committed, Committed::Done);
    assert!(!store.undo_act(again.id, &name("eva"), NOW).await.unwrap());
    assert_eq!(status(store, number).await, [ActStatus::Undone, ActStatus::Done]);
    assert_eq!(store.numbered(number).await.unwrap().unwrap().state.standing(), Standing::Resolved);
}

pub async fn an_act_whose_person_has_not_seen_a_mail_is_not_carried_out(world: World) {
    let store = world.store.as_ref();
    let (id, number) = open(store, "1").await;
    let act = made(store.make_act(wants(store, number, "1", Act::Close).await).await.unwrap());
    keep(store, reply("2", message_id("1"))).await;
    assert!(store.due_acts(8, act.due_at).await.unwrap()[0].mail_came);
    let claimed = claim(store, id).await;
    let closes = Step { act: Some(act.id), ..step(closed()) };
    assert_eq!(store.commit(id, claimed.fence, &technician(), closes).await.unwrap(), Committed::Lost);
    let ended = (ActStatus::Refused, "a mail came");
    store.end_act(act.id, ActStatus::Waiting, ended, NOW).await.unwrap();
    assert_eq!(status(store, number).await, [ActStatus::Refused]);
    assert_eq!(store.due_acts(8, act.due_at).await.unwrap(), []);
}

pub async fn whoever_saw_an_older_ticket_is_told_what_came_since(world: World) {
    let store = world.store.as_ref();
    let (id, number) = open(store, "1").await;
    let seen = wants(store, number, "1", Act::Close).await;
    // A lease is no change, nor is one that is given back.
    let claimed = claim(store, id).await;
    store.rest(id, claimed.fence).await.unwrap();
    assert_eq!(version(store, number).await, seen.version);
    let note = Act::Note { text: "Called 070-174 06 05".to_owned() };
    let by_per = NewAct { by: person("per"), ..wants(store, number, "n", note).await };
    made(store.make_act(by_per).await.unwrap());
    let ActMade::Changed(changed) = store.make_act(seen.clone()).await.unwrap() else { panic!("unseen") };
    assert_eq!(changed.version, version(store, number).await);
    let told: Vec<_> = changed.since.iter().map(|row| (row.actor.as_str(), row.event.as_str())).collect();
    assert_eq!(told, [("user:per", "ticket.noted")]);
    assert_eq!(status(store, number).await, [ActStatus::Done], "nothing of Eva's was kept");
    // A mail, a decision, and who has it are changes as well.
    for change in ["mail", "state", "assignee"] {
        let before = version(store, number).await;
        match change {
            "mail" => drop(keep(store, reply("2", message_id("1"))).await),
            "state" => {
                let claimed = claim(store, id).await;
                store.commit(id, claimed.fence, &technician(), step(closed())).await.unwrap();
            }
            _ => drop(made(store.make_act(wants(store, number, "t", Act::Take).await).await.unwrap())),
        }
        assert!(version(store, number).await > before, "{change}");
    }
    let notes = store.notes_of(number).await.unwrap();
    assert_eq!(notes[0].text, "Called ••• 05", "a phone is masked");
}

pub async fn of_two_who_take_a_ticket_the_second_is_told_and_a_note_is_never_refused(world: World) {
    let store = world.store.as_ref();
    let (_, number) = open(store, "1").await;
    let eva = wants(store, number, "1", Act::Take).await;
    let per = NewAct { by: person("per"), ..eva.clone() };
    made(store.make_act(eva.clone()).await.unwrap());
    assert!(matches!(store.make_act(per.clone()).await.unwrap(), ActMade::Changed(_)));
    assert_eq!(store.numbered(number).await.unwrap().unwrap().assignee, "eva");
    let note = NewAct { act: Act::Note { text: "seen".to_owned() }, key: "2".to_owned(), ..per.clone() };
    made(store.make_act(note.clone()).await.unwrap());
    assert!(matches!(store.make_act(note).await.unwrap(), ActMade::Before(_)), "once");
    assert_eq!(store.notes_of(number).await.unwrap().len(), 1);
    // What has changed beside that hinders nobody who gives it to somebody.
    let gives =
        NewAct { act: Act::Release, key: "3".to_owned(), ..wants(store, number, "3", Act::Release).await };
    made(store.make_act(gives).await.unwrap());
    assert_eq!(store.numbered(number).await.unwrap().unwrap().assignee, "");
}

pub async fn an_override_needs_another_person_who_saw_the_same(world: World) {
    let store = world.store.as_ref();
    let (id, number) = open(store, "1").await;
    let new = NewAct {
        needs_colleague: true,
        due_at: NOW.plus(COLLEAGUE),
        ..wants(store, number, "1", override_act()).await
    };
    let act = made(store.make_act(new.clone()).await.unwrap());
    assert_eq!(act.status, ActStatus::Colleague);
    let word = |by: &str, version, approves| SecondWord {
        act: act.id,
        by: person(by),
        version,
        approves,
        due_at: NOW.plus(UNDO),
        now: NOW,
    };
    let seen = act.version;
    assert_eq!(store.second_act(word("eva", seen, true)).await.unwrap(), Seconded::NotYourOwn);
    assert!(matches!(store.second_act(word("per", seen - 1, true)).await.unwrap(), Seconded::Changed(_)));
    // Not approved, it is not carried out by any way.
    let claimed = claim(store, id).await;
    let closes = Step { act: Some(act.id), ..step(closed()) };
    assert_eq!(store.commit(id, claimed.fence, &technician(), closes).await.unwrap(), Committed::Lost);
    store.rest(id, claimed.fence).await.unwrap();
    let Seconded::Kept(kept) = store.second_act(word("per", seen, true)).await.unwrap() else {
        panic!("gone")
    };
    assert_eq!((kept.status, kept.with), (ActStatus::Waiting, Some(person("per"))));
    assert_eq!(store.second_act(word("per", seen, true)).await.unwrap(), Seconded::Gone, "once");
    assert!(store.undo_act(act.id, &name("per"), NOW).await.unwrap(), "either may take it back");
    let actors = "SELECT actor || ' ' || event FROM audit WHERE event LIKE 'act.%' ORDER BY id";
    let told = world.texts(actors).await;
    assert_eq!(told, ["user:eva act.made", "user:per act.seconded", "user:per act.undone"]);
}

pub async fn an_override_that_was_declined_changed_or_late_is_over(world: World) {
    let store = world.store.as_ref();
    let (_, number) = open(store, "1").await;
    let asks = |key: &'static str| async move {
        let new = wants(store, number, key, override_act()).await;
        let due_at = NOW.plus(COLLEAGUE);
        made(store.make_act(NewAct { needs_colleague: true, due_at, ..new }).await.unwrap())
    };
    let word = |act: &nyckelbud::ticket::KeptAct, approves, now| SecondWord {
        act: act.id,
        by: person("per"),
        version: act.version,
        approves,
        due_at: NOW.plus(UNDO),
        now,
    };
    let declined = asks("1").await;
    let said = store.second_act(word(&declined, false, NOW)).await.unwrap();
    assert!(matches!(said, Seconded::Kept(act) if act.status == ActStatus::Declined));
    assert_eq!(store.second_act(word(&declined, true, NOW)).await.unwrap(), Seconded::Gone);
    let changed = asks("2").await;
    // A colleague who takes it to look at it has changed nothing; a mail has, also for whose page shows it.
    made(store.make_act(wants(store, number, "n", Act::Take).await).await.unwrap());
    keep(store, reply("2", message_id("1"))).await;
    let seen = SecondWord { version: version(store, number).await, ..word(&changed, true, NOW) };
    assert!(matches!(store.second_act(seen).await.unwrap(), Seconded::Changed(_)));
    let late = asks("3").await;
    assert_eq!(store.acts_for_colleagues().await.unwrap(), std::slice::from_ref(&late));
    assert_eq!(store.second_act(word(&late, true, late.due_at)).await.unwrap(), Seconded::Gone);
    let due = store.due_acts(8, late.due_at).await.unwrap();
    assert_eq!(due.iter().map(|due| due.act.id).collect::<Vec<_>>(), [late.id]);
    let expected = [ActStatus::Declined, ActStatus::Lapsed, ActStatus::Done, ActStatus::Colleague];
    assert_eq!(status(store, number).await, expected);
}

pub async fn tickets_put_together_are_read_together_and_the_older_one_gets_what_comes_later(world: World) {
    let store = world.store.as_ref();
    let (older, kept) = open(store, "1").await;
    let from_home = |mail: &mut Incoming| mail.from = Some(address("anna@home.example"));
    let newer = keep(store, mail_but("2", from_home)).await;
    let claimed = claim(store, newer).await;
    let merges = step(State::Merged { into: kept });
    assert_eq!(
        store.commit(newer, claimed.fence, &State::requested(), merges).await.unwrap(),
        Committed::Done
    );
    let merged = store.ticket(newer).await.unwrap().unwrap();
    assert_eq!((merged.merged_into, merged.state.standing()), (Some(kept), Standing::Closed));
    assert_eq!(mails_of(store, older).await.len(), 2);
    assert_eq!(mails_of(store, newer).await.len(), 1);
    let before = version(store, kept).await;
    let late = Incoming { from: Some(address("anna@home.example")), ..reply("3", message_id("2")) };
    assert_eq!(keep(store, late).await, older);
    assert!(version(store, kept).await > before);
    assert_eq!(mails_of(store, older).await.len(), 3);
}

pub async fn nothing_is_put_together_with_a_ticket_that_is_over(world: World) {
    let store = world.store.as_ref();
    let (older, kept) = open(store, "1").await;
    let claimed = claim(store, older).await;
    store.commit(older, claimed.fence, &technician(), step(closed())).await.unwrap();
    let from_bo = |mail: &mut Incoming| mail.from = Some(address("bo@kommun.example"));
    let newer = keep(store, mail_but("2", from_bo)).await;
    let claimed = claim(store, newer).await;
    let merges = step(State::Merged { into: kept });
    assert_eq!(
        store.commit(newer, claimed.fence, &State::requested(), merges).await.unwrap(),
        Committed::Lost
    );
    assert_eq!(store.ticket(newer).await.unwrap().unwrap().state, State::requested());
}

pub async fn phishing_is_kept_and_never_answered(world: World) {
    let store = world.store.as_ref();
    let (id, _) = open(store, "1").await;
    let claimed = claim(store, id).await;
    let phishing = State::Closed { how: Closing::Phishing, password: PasswordFact::NotChanged };
    store.commit(id, claimed.fence, &technician(), step(phishing.clone())).await.unwrap();
    let asks = |mail: &mut Incoming| mail.ticket.acknowledge = Some(address(ANNA));
    let mut again = reply("2", message_id("1"));
    asks(&mut again);
    assert_eq!(keep(store, again).await, id);
    assert_eq!(store.ticket(id).await.unwrap().unwrap().state, phishing);
    assert_eq!(world.number("SELECT COUNT(*) FROM message").await, 0);
    // Another ticket of the same address is answered.
    keep(store, mail_but("3", asks)).await;
    assert_eq!(world.number("SELECT COUNT(*) FROM message").await, 1);
}

pub async fn a_ticket_by_hand_is_made_once_with_its_note_and_is_its_makers(world: World) {
    let store = world.store.as_ref();
    let by_hand = ByHand {
        by: person("eva"),
        key: "form".to_owned(),
        subject: "Anna Andersson".to_owned(),
        username: Username::parse("anna.andersson").ok(),
        note: "Bo knows her; 070-174 06 05".to_owned(),
        year: 2026,
        now: NOW,
    };
    let number = store.make_by_hand(by_hand.clone()).await.unwrap().unwrap();
    assert_eq!(store.make_by_hand(by_hand.clone()).await.unwrap(), Some(number));
    for other in [
        ByHand { subject: "Bo Berg".to_owned(), ..by_hand.clone() },
        ByHand { note: "Another".to_owned(), ..by_hand.clone() },
        ByHand { username: None, ..by_hand.clone() },
    ] {
        assert_eq!(store.make_by_hand(other).await.unwrap(), None, "the form made another ticket");
    }
    let note = Act::Note { text: by_hand.note.clone() };
    let noted = NewAct { key: "noted".to_owned(), ..wants(store, number, "1", note).await };
    made(store.make_act(noted).await.unwrap());
    let noted = ByHand { key: "noted".to_owned(), ..by_hand };
    assert_eq!(store.make_by_hand(noted).await.unwrap(), None, "a note made no ticket");
    let ticket = store.numbered(number).await.unwrap().unwrap();
    assert_eq!((ticket.state.standing(), ticket.assignee.as_str()), (Standing::Open, "eva"));
    assert_eq!(ticket.named, Username::parse("anna.andersson").ok());
    assert_eq!(store.notes_of(number).await.unwrap()[0].text, "Bo knows her; ••• 05");
    assert_eq!(mails_of(store, ticket.id).await.len(), 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM ticket").await, 1);
}

pub async fn a_draft_is_one_a_person_and_ends_with_the_reply(world: World) {
    let store = world.store.as_ref();
    let (id, number) = open(store, "1").await;
    let draft = |by: &str, text: &str, at| SavedDraft { by: name(by), text: text.to_owned(), at };
    for (by, text) in [("eva", "He"), ("eva", "Hello"), ("per", "Hej")] {
        assert!(store.save_draft(number, &draft(by, text, NOW)).await.unwrap());
    }
    assert!(!store.save_draft(TicketNumber::new(26, 99), &draft("eva", "x", NOW)).await.unwrap());
    assert_eq!(store.draft_of(number, &name("eva")).await.unwrap(), Some(draft("eva", "Hello", NOW)));
    let reply = Act::Reply { language: "sv".to_owned(), text: "Hello".to_owned(), closes: true };
    let act = made(store.make_act(wants(store, number, "1", reply).await).await.unwrap());
    assert!(store.draft_of(number, &name("eva")).await.unwrap().is_some(), "it may be taken back");
    let claimed = claim(store, id).await;
    let closes = Step { act: Some(act.id), ..step(closed()) };
    store.commit(id, claimed.fence, &technician(), closes).await.unwrap();
    assert_eq!(store.draft_of(number, &name("eva")).await.unwrap(), None);
    assert!(store.draft_of(number, &name("per")).await.unwrap().is_some());
    assert!(store.save_draft(number, &draft("per", "", NOW)).await.unwrap());
    assert_eq!(store.draft_of(number, &name("per")).await.unwrap(), None);
}

pub async fn of_twenty_who_act_at_once_one_is_kept_and_an_unreadable_act_hides_no_other(world: World) {
    let (_, number) = open(world.store.as_ref(), "1").await;
    let mut acting = tokio::task::JoinSet::new();
    for one in 0..20 {
        let store = world.another().await;
        acting.spawn(async move {
            let new = wants(store.as_ref(), number, &one.to_string(), Act::Close).await;
            matches!(store.make_act(new).await.unwrap(), ActMade::Made(_))
        });
    }
    let kept = acting.join_all().await.into_iter().filter(|kept| *kept).count();
    assert_eq!(kept, 1);
    let store = world.store.as_ref();
    world.run("UPDATE act SET what = '{\"act\":\"of-a-later-version\"}'").await;
    let (_, other) = open(store, "2").await;
    let act = made(store.make_act(wants(store, other, "other", Act::Close).await).await.unwrap());
    let due = store.due_acts(8, act.due_at).await.unwrap();
    assert_eq!(due.into_iter().map(|due| due.act).collect::<Vec<_>>(), [act]);
    assert_eq!(world.texts("SELECT status FROM act ORDER BY id").await, ["refused", "waiting"]);
}

pub async fn a_clock_that_was_set_back_lets_no_act_wait_for_long(world: World) {
    let store = world.store.as_ref();
    let (_, number) = open(store, "1").await;
    let act = made(store.make_act(wants(store, number, "1", Act::Close).await).await.unwrap());
    let back = UnixMillis(NOW.0 - 30 * 24 * 3_600_000);
    store.wake_all(back).await.unwrap();
    assert_eq!(store.due_acts(8, back).await.unwrap(), [], "it may still be taken back");
    assert_eq!(store.due_acts(8, back.plus(UNDO)).await.unwrap()[0].act.id, act.id);
}

pub async fn a_freeze_that_was_set_aside_counts_again_when_its_owner_says_so_again(world: World) {
    let store = world.store.as_ref();
    let id = live_ticket(store, "1", "a-anna").await;
    let anna = nyckelbud::types::AccountId::new("a-anna");
    let freezes = |at: UnixMillis| async move {
        let claimed = claim(store, id).await;
        let (account, username) = (nyckelbud::types::AccountId::new("a-anna"), String::new());
        let freeze = Some(Freeze { account, username, why: "w".to_owned(), by: "owner".to_owned() });
        let same = Step { freeze, now: at, due_at: Some(at), ..step(claimed.ticket.state.clone()) };
        store.commit(id, claimed.fence, &claimed.ticket.state, same).await.unwrap();
    };
    freezes(NOW).await;
    let lifted = Some(NOW.plus(HOUR));
    assert!(store.is_frozen(&anna, None).await.unwrap());
    assert!(!store.is_frozen(&anna, lifted).await.unwrap());
    freezes(NOW.plus(2 * HOUR)).await;
    assert!(store.is_frozen(&anna, lifted).await.unwrap());
}
