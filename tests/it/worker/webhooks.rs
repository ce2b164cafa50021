//! Webhooks: told at least once, under the same name, signed, with nothing of a person in it; whatever the receiver does,
//! and whatever stops the program.

use nyckelbud::types::UnixMillis;
use nyckelbud::web::Operations;

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
    assert_eq!(other.told().len(), 2, "and nothing twice to the one that took it: {:?}", other.events());
    assert!(!daemon.log().contains("hemligt"), "the address may hold a secret");
}
