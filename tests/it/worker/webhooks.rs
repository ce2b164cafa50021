//! Webhooks: told at least once, under the same name, signed, with nothing of a person in it; whatever the receiver does,
//! and whatever stops the program.

use nyckelbud::types::UnixMillis;
use nyckelbud::web::Operations;
use nyckelbud::web::port::{ByHandForm, MadeByHand, TicketActs};

use crate::support::audit_rows;
use crate::support::daemon::{Daemon, PATIENCE};
use crate::support::demo_desk;
use crate::support::desk::{OpenDesk, TurnedClock};
use crate::support::hook_receiver::{Does, HookReceiver};
use crate::support::wait::until;

/// A desk that tells these receivers.
struct World {
    folder: tempfile::TempDir,
    clock: TurnedClock,
    desk: OpenDesk,
}

impl World {
    async fn telling(lines: &str) -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), TurnedClock::default());
        demo_desk::build_with(folder.path(), lines);
        let desk = OpenDesk::open(folder.path(), &clock, |_| {}).await;
        // What comes from now on is told.
        desk.drain().await;
        Self { folder, clock, desk }
    }

    async fn mail(&self, name: &str) {
        demo_desk::deliver(self.folder.path(), name);
        self.desk.work().await;
    }

    async fn pass(&self, seconds: u32) {
        self.clock.pass(seconds);
        self.desk.drain().await;
    }

    fn now(&self) -> UnixMillis {
        self.desk.parts.clock.now()
    }

    async fn said(&self) -> String {
        let settings = &self.desk.settings;
        let tokens = std::sync::Arc::new(nyckelbud::token::Tokens::default());
        let operations =
            nyckelbud::cli::assembly::operations(settings, Vec::new(), &self.desk.parts, &tokens).unwrap();
        let port = settings.notify.webhooks[0].url.split([':', '/']).nth(4).unwrap().to_owned();
        let part = operations.test(&format!("webhook:127.0.0.1:{port}")).await.expect("it has a sign");
        format!("{:?} {}", part.well, part.said)
    }
}

#[tokio::test]
async fn a_ticket_is_told_in_signed_messages_without_a_word_of_whom_it_is_about() {
    let receiver = HookReceiver::start().await;
    let world = World::telling(&receiver.lines("")).await;
    assert_eq!(receiver.events(), [""; 0], "nothing of what was before");
    world.mail("technician-account-disabled").await;
    world.mail("sms-registered-phone").await;
    let told = receiver.told();
    let wanted = ["ticket.created", "ticket.opened", "ticket.created", "ticket.resolved"];
    let mut events = receiver.events();
    events.sort();
    let mut wanted = wanted.map(str::to_owned).to_vec();
    wanted.sort();
    assert_eq!(events, wanted);
    let mut ids: Vec<String> = told.iter().map(|told| told.header("webhook-id")).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4, "each has a name of its own");
    for told in &told {
        assert!(told.is_signed(), "{told:?}");
        let at: i64 = told.header("webhook-timestamp").parse().unwrap();
        assert!((world.now().0 / 1000 - at).abs() < 60, "{at}");
        let whole = format!("{} {}", told.head, told.body).to_lowercase();
        for word in ["anna", "andersson", "070", "4670", "lösenord", "kommun.example\"", "subject"] {
            assert!(!whole.contains(word), "{word}: {whole}");
        }
        assert!(told.json()["data"]["url"].as_str().unwrap().contains("/tickets/"), "{}", told.body);
    }
    let opened = told.iter().find(|told| told.event() == "ticket.opened").unwrap().json();
    assert_eq!(
        (&opened["data"]["state"], &opened["data"]["reason"]),
        (&"open".into(), &"account-disabled".into())
    );
    assert!(world.said().await.starts_with("Some(true) took something at "), "{}", world.said().await);
    receiver.forget();
    world.pass(60 * 60).await;
    assert_eq!(receiver.events(), [""; 0], "what was taken is not told again");
}

#[tokio::test]
async fn what_was_not_taken_is_told_again_later_under_the_same_name() {
    let receiver = HookReceiver::start().await;
    let world = World::telling(&receiver.lines("events = [\"ticket.created\"]")).await;
    receiver.does(Does::Says(500, String::new()));
    world.mail("technician-account-disabled").await;
    assert_eq!(receiver.events(), ["ticket.created"], "only what it wants");
    world.pass(1).await;
    assert_eq!(receiver.told().len(), 1, "not at once");
    assert!(
        world.said().await.starts_with("Some(false) nothing gets through since "),
        "{}",
        world.said().await
    );
    assert!(!world.said().await.contains("hemligt"), "{}", world.said().await);
    world.pass(8).await;
    receiver.does(Does::Says(503, "retry-after: 3600\r\n".to_owned()));
    world.pass(7 * 60).await;
    assert_eq!(receiver.told().len(), 3);
    receiver.does(Does::Takes);
    world.pass(40 * 60).await;
    assert_eq!(receiver.told().len(), 3, "it asked for an hour");
    world.pass(30 * 60).await;
    let told = receiver.told();
    assert_eq!(told.len(), 4);
    for again in &told[1..] {
        assert_eq!(again.header("webhook-id"), told[0].header("webhook-id"));
        assert_eq!(again.body, told[0].body);
        assert!(again.is_signed(), "each try is signed for its own time");
    }
    assert!(world.said().await.starts_with("Some(true)"), "{}", world.said().await);
    world.pass(10 * 24 * 60 * 60).await;
    assert_eq!(receiver.told().len(), 4);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (receiver, elsewhere) = (HookReceiver::start().await, HookReceiver::start().await);
    let world = World::telling(&receiver.lines("")).await;
    for status in [301, 302, 307, 308] {
        receiver.does(Does::Says(status, format!("location: http://127.0.0.1:{}/\r\n", elsewhere.port)));
        receiver.forget();
        demo_desk::deliver_raw(world.folder.path(), &format!("{status}.eml"), mail(status).as_bytes());
        world.desk.work().await;
        assert!(!receiver.told().is_empty(), "{status}");
    }
    assert!(elsewhere.told().is_empty(), "{:?}", elsewhere.told());
    assert!(world.said().await.contains("it answers 308"), "{}", world.said().await);
}

fn mail(number: u16) -> String {
    format!(
        "From: a{number}@kommun.example\r\nTo: servicedesk@kommun.example\r\nSubject: Skrivaren {number}\r\n\
         Date: Tue, 24 Nov 2099 10:00:00 +0100\r\nMessage-ID: <{number}@kommun.example>\r\n\r\nDen blinkar {number}.\r\n"
    )
}

#[tokio::test]
async fn one_that_fails_for_days_is_told_no_more_until_the_program_starts_again() {
    let receiver = HookReceiver::start().await;
    let world = World::telling(&receiver.lines("")).await;
    receiver.does(Does::Says(500, String::new()));
    for day in 0..6 {
        demo_desk::deliver_raw(world.folder.path(), &format!("{day}.eml"), mail(day).as_bytes());
        world.desk.work().await;
        world.pass(24 * 60 * 60).await;
    }
    let rows = audit_rows::read(&world.folder.path().join("var/nyckelbud.db")).await;
    let disabled: Vec<_> = rows.iter().filter(|(_, event, _)| event == "webhook.disabled").collect();
    assert_eq!(disabled.len(), 1, "{disabled:?}");
    assert!(disabled[0].2.contains("127.0.0.1") && !disabled[0].2.contains("hemligt"), "{}", disabled[0].2);
    assert!(world.said().await.contains("told no more since "), "{}", world.said().await);
    receiver.forget();
    receiver.does(Does::Takes);
    demo_desk::deliver_raw(world.folder.path(), "7.eml", mail(7).as_bytes());
    world.desk.work().await;
    assert!(receiver.told().is_empty(), "{:?}", receiver.events());
    let hooks = [world.desk.parts.webhooks[0].id().to_owned()];
    world.desk.parts.store.open_hooks(&hooks, world.now()).await.unwrap();
    demo_desk::deliver_raw(world.folder.path(), "8.eml", mail(8).as_bytes());
    world.desk.work().await;
    assert_eq!(receiver.events().first().map(String::as_str), Some("ticket.created"));
}

/// Minutes that are longer than the pauses between tries.
const PAUSES: [u32; 9] = [1, 7, 40, 150, 370, 730, 1010, 1450, 1740];

#[tokio::test]
async fn one_that_failed_long_ago_and_fails_once_more_is_tried_again() {
    let receiver = HookReceiver::start().await;
    let world = World::telling(&receiver.lines("events = [\"ticket.created\"]")).await;
    receiver.does(Does::Says(500, String::new()));
    demo_desk::deliver_raw(world.folder.path(), "1.eml", mail(1).as_bytes());
    world.desk.work().await;
    for minutes in PAUSES {
        world.pass(minutes * 60).await;
    }
    assert_eq!(receiver.told().len(), 10, "it was given up");
    assert!(world.said().await.starts_with("Some(false) what it was to be told last was given up"));
    // Nothing happens for a month; then the one alarm comes, and the receiver is slow to wake.
    world.pass(30 * 24 * 60 * 60).await;
    receiver.forget();
    demo_desk::deliver_raw(world.folder.path(), "2.eml", mail(2).as_bytes());
    world.desk.work().await;
    assert_eq!(receiver.told().len(), 1);
    receiver.does(Does::Takes);
    world.pass(8).await;
    assert_eq!(receiver.told().len(), 2, "it is tried again after seconds");
    assert!(world.said().await.starts_with("Some(true)"), "{}", world.said().await);
}

#[tokio::test]
async fn a_clock_that_is_set_forward_turns_no_webhook_off() {
    let receiver = HookReceiver::start().await;
    let world = World::telling(&receiver.lines("events = [\"ticket.created\"]")).await;
    receiver.does(Does::Says(500, String::new()));
    demo_desk::deliver_raw(world.folder.path(), "1.eml", mail(1).as_bytes());
    world.desk.work().await;
    world.pass(6 * 24 * 60 * 60).await;
    receiver.does(Does::Takes);
    world.pass(7 * 60).await;
    assert_eq!(receiver.told().len(), 3, "{}", world.said().await);
    assert!(world.said().await.starts_with("Some(true)"), "{}", world.said().await);
}

#[tokio::test]
async fn a_ticket_that_somebody_makes_by_hand_waits_for_a_technician() {
    let receiver = HookReceiver::start().await;
    let world = World::telling(&receiver.lines("")).await;
    let acts = nyckelbud::worker::ActsPort::new(std::sync::Arc::clone(&world.desk.parts));
    let eva = super::acts::eva();
    let by_hand = ByHandForm {
        key: "1".to_owned(),
        name: "Bo Berg".to_owned(),
        username: None,
        note: "Legitimerad".to_owned(),
    };
    assert!(matches!(acts.make_by_hand(&eva, by_hand).await, MadeByHand::Made(_)));
    world.desk.drain().await;
    let mut events = receiver.events();
    events.sort();
    assert_eq!(events, ["ticket.created", "ticket.opened"]);
    for told in receiver.told() {
        assert!(!told.body.contains("Berg"), "{}", told.body);
        assert_eq!(told.json()["data"]["observed"], false);
    }
}

#[tokio::test]
async fn after_a_restore_no_name_is_used_again() {
    let receiver = HookReceiver::start().await;
    let world = World::telling(&receiver.lines("")).await;
    let backup = tempfile::tempdir().unwrap();
    demo_desk::build_with(backup.path(), &receiver.lines(""));
    std::fs::copy(world.folder.path().join("seal.key"), backup.path().join("seal.key")).unwrap();
    let (file, copy) = (world.folder.path().join("var/nyckelbud.db"), backup.path().join("var/nyckelbud.db"));
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
    let mut database = <sqlx::SqliteConnection as sqlx::Connection>::connect_with(&options).await.unwrap();
    let sql = sqlx::AssertSqlSafe(format!("VACUUM INTO '{}'", copy.display()));
    sqlx::raw_sql(sql).execute(&mut database).await.unwrap();
    demo_desk::deliver_raw(world.folder.path(), "1.eml", mail(1).as_bytes());
    world.desk.work().await;
    let lost = receiver.told();
    receiver.forget();
    let restored = OpenDesk::open(backup.path(), &world.clock, |_| {}).await;
    demo_desk::deliver_raw(backup.path(), "2.eml", mail(2).as_bytes());
    restored.work().await;
    let told = receiver.told();
    assert_eq!((lost.len(), told.len()), (2, 2), "{:?}", receiver.events());
    for (one, other) in lost.iter().zip(&told) {
        assert_eq!(one.json()["data"]["ticket"], other.json()["data"]["ticket"], "numbers are given again");
    }
    for message in &told {
        let known = lost.iter().any(|one| one.header("webhook-id") == message.header("webhook-id"));
        assert!(!known, "a receiver that remembers names would drop it");
    }
}

#[tokio::test]
async fn a_desk_whose_chain_does_not_go_on_says_that_nothing_is_told() {
    let receiver = HookReceiver::start().await;
    let mut world = World::telling(&receiver.lines("")).await;
    world.mail("technician-account-disabled").await;
    assert!(world.said().await.starts_with("Some(true)"), "{}", world.said().await);
    world.desk = OpenDesk::open(world.folder.path(), &world.clock, |parts| parts.keyring = None).await;
    demo_desk::deliver_raw(world.folder.path(), "1.eml", mail(1).as_bytes());
    world.desk.work().await;
    world.pass(120).await;
    let said = world.said().await;
    assert!(said.starts_with("Some(false) nothing is told since ") && said.contains("key"), "{said}");
}

#[tokio::test]
async fn whoever_wants_nothing_more_is_told_nothing_more() {
    let receiver = HookReceiver::start().await;
    let world = World::telling(&receiver.lines("")).await;
    receiver.does(Does::Says(410, String::new()));
    demo_desk::deliver_raw(world.folder.path(), "1.eml", mail(1).as_bytes());
    world.desk.work().await;
    receiver.does(Does::Takes);
    let before = receiver.told().len();
    world.pass(24 * 60 * 60).await;
    assert_eq!(receiver.told().len(), before);
    assert!(world.said().await.contains("told no more"), "{}", world.said().await);
}

#[tokio::test]
async fn teams_gets_a_card_and_no_signature() {
    let receiver = HookReceiver::start().await;
    let lines =
        format!("[[notify.webhook]]\nurl = \"http://127.0.0.1:{}/a\"\nformat = \"teams\"\n", receiver.port);
    let world = World::telling(&format!("{lines}events = [\"ticket.opened\"]\n")).await;
    world.mail("technician-account-disabled").await;
    let told = receiver.told();
    assert_eq!(told.len(), 1);
    assert!(!told[0].head.to_lowercase().contains("webhook-signature"), "{}", told[0].head);
    let card = told[0].json();
    assert_eq!(card["type"], "message");
    let content = &card["attachments"][0]["content"];
    assert_eq!((&content["type"], &content["version"]), (&"AdaptiveCard".into(), &"1.4".into()));
    assert!(content["body"][0]["text"].as_str().unwrap().contains("väntar på en tekniker"), "{card}");
    assert!(content["actions"][0]["url"].as_str().unwrap().contains("/tickets/"), "{card}");
    assert!(!told[0].body.to_lowercase().contains("anna"), "{card}");
}

const WAYS: &str = "[[mailbox]]\nname = \"desk\"\nkind = \"maildir\"\npath = \"mailbox\"\nstart = \"all\"\nauthentication = \"trusted\"\npoll = \"1s\"\n\
    [[sms.gateway]]\nname = \"modem\"\nkind = \"spool\"\npath = \"sms\"\n[smtp]\nkind = \"spool\"\npath = \"mail\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_while_it_is_told_loses_nothing_and_one_that_hangs_holds_up_no_other() {
    let (hanging, other) = (HookReceiver::start().await, HookReceiver::start().await);
    hanging.does(Does::Hangs);
    let mut daemon = Daemon::started(&format!("{WAYS}{}{}", hanging.lines(""), other.lines(""))).await;
    demo_desk::deliver_raw(daemon.folder(), "1.eml", mail(1).as_bytes());
    let opened = || other.events().contains(&"ticket.opened".to_owned()).then_some(());
    until("the other is told", PATIENCE, opened).await;
    until("the one that hangs is asked", PATIENCE, || (hanging.told().len() >= 2).then_some(())).await;
    daemon.kill();
    let mut before: Vec<_> =
        hanging.told().iter().map(|told| (told.header("webhook-id"), told.body.clone())).collect();
    before.sort();
    before.dedup();
    hanging.forget();
    hanging.does(Does::Takes);
    daemon.start().await;
    until("it is told again", PATIENCE, || (hanging.told().len() >= before.len()).then_some(())).await;
    let mut after: Vec<_> =
        hanging.told().iter().map(|told| (told.header("webhook-id"), told.body.clone())).collect();
    after.sort();
    assert_eq!(after, before, "the same messages under the same names, once");
    // The kill may have come between its answer and the store's hearing of it.
    let mut told: Vec<_> = other.told().iter().map(|told| told.header("webhook-id")).collect();
    told.sort();
    told.dedup();
    assert_eq!(told.len(), 2, "{:?}", other.events());
    assert!(!daemon.log().contains("hemligt"), "the address may hold a secret");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_hangs_holds_up_no_stop() {
    let hanging = HookReceiver::start().await;
    hanging.does(Does::Hangs);
    let mut daemon = Daemon::started(&format!("{WAYS}{}", hanging.lines(""))).await;
    for number in 0..20 {
        demo_desk::deliver_raw(daemon.folder(), &format!("{number}.eml"), mail(number).as_bytes());
    }
    until("it is asked", PATIENCE, || (hanging.told().len() >= 8).then_some(())).await;
    daemon.terminate();
    assert_eq!(daemon.ended().0, Some(0));
    assert!(!daemon.log().contains("did not end in time"), "{}", daemon.log());
}
