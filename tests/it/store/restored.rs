//! Signs that the store came out of a backup, and what is held then.

use nyckelbud::decision::Automation;
use nyckelbud::mailbox::Folder;
use nyckelbud::store::*;
use nyckelbud::ticket::{Standing, State};
use nyckelbud::types::{Outcome, Reason};

use super::make::*;
use super::world::World;

pub fn pause() -> Pause {
    Pause {
        switch: Switch {
            automation: Automation::Off,
            why: "a backup".to_owned(),
            by: "nyckelbud".to_owned(),
            at: NOW,
            until: None,
        },
        audit: AuditEntry {
            actor: "nyckelbud".to_owned(),
            event: "automation.paused".to_owned(),
            data: "{}".to_owned(),
        },
        alarms: vec![NewMessage {
            kind: MessageKind::Alarm,
            to: Addressee::Mail(address("drift@kommun.example")),
            values: "{}".to_owned(),
        }],
    }
}

/// A mail that the store had forgotten is found in the folder of handled mails.
async fn found(world: &World, name: &str) {
    let forgotten = mail_but(name, |mail| {
        mail.ticket.state = technician();
        mail.ticket.reason = Some(Reason::StoreRestored);
    });
    keep(world.store.as_ref(), forgotten).await;
}

pub async fn what_is_under_way_in_a_store_from_a_backup_is_held_once(world: World) {
    let store = world.store.as_ref();
    let live = live_ticket(store, "1", "a-anna").await;
    let worked_on = claim(store, live).await;
    let sealing = Step {
        sealed: SealedChange::Put(sealed("secret", NOW.plus(HOUR))),
        intent: IntentChange::Begin(intent("n1-set-1-1", IntentKind::Set)),
        release: false,
        ..step(sealed_state())
    };
    assert_eq!(store.commit(live, worked_on.fence, &sealed_state(), sealing).await, Ok(Committed::Done));
    let requested = keep(store, crowd_mail("2")).await;
    let over = keep(store, mail_but("3", |mail| mail.ticket.state = delivered(true))).await;
    assert_eq!(store.hold_forgotten(&pause(), NOW).await, Ok(None), "nothing tells of a restore");
    found(&world, "4").await;
    // Newer than the sign.
    let newest = keep(store, crowd_mail("6")).await;
    assert_eq!(store.hold_forgotten(&pause(), NOW).await, Ok(Some(3)));
    assert_eq!(store.ticket(newest).await.unwrap().unwrap().state, State::Held);
    let ended = "SELECT COUNT(*) FROM audit WHERE event = 'set.uncertain'";
    assert_eq!(world.number(ended).await, 1, "its call has an outcome");
    for id in [live, requested] {
        let ticket = store.ticket(id).await.unwrap().unwrap();
        assert_eq!((&ticket.state, ticket.reason), (&State::Held, Some(Reason::StoreRestored)));
        assert_eq!(ticket.state.standing(), Standing::Open);
        assert!(ticket.trail.0.iter().any(|line| line.evidence.contains("came out of a backup")));
    }
    assert_eq!(store.ticket(over).await.unwrap().unwrap().state, delivered(true));
    assert_eq!(world.number("SELECT COUNT(*) FROM sealed").await, 0);
    assert_eq!(store.claim("one", LEASE, 9, NOW.plus(HOUR)).await.unwrap().len(), 0, "nothing of it runs");
    // Whoever had it in their hands has lost it.
    let answered = IntentChange::End {
        key: "n1-set-1-1".to_owned(),
        outcome: Outcome::Accepted { reference: String::new() },
        at: NOW,
    };
    let late = Step { intent: answered, ..step(sealed_state()) };
    assert_eq!(store.commit(live, worked_on.fence, &sealed_state(), late).await, Ok(Committed::Lost));
    assert_eq!(store.switch(NOW).await.unwrap().expect("paused").automation, Automation::Off);
    assert_eq!(world.number("SELECT COUNT(*) FROM message WHERE kind = 'alarm'").await, 1);
    // A restart finds nothing new, and what came since goes on.
    keep(store, crowd_mail("5")).await;
    assert_eq!(store.hold_forgotten(&pause(), NOW).await, Ok(None));
    assert_eq!(store.claim("one", LEASE, 9, NOW.plus(HOUR)).await.unwrap().len(), 1);
}

/// The sweep finds a mail that nobody knows; `compared` as it says.
async fn swept(world: &World, name: &str, compared: bool) {
    let mail = mail_but(name, |mail| {
        mail.uid = uid(&format!("filed-{name}"));
        mail.ticket.state = technician();
        mail.ticket.reason = Some(Reason::StoreRestored);
    });
    let found = vec![Found::Read(Box::new(mail))];
    let settled = world.store.settle(&in_folder(Folder::Handled), found, compared, NOW).await.unwrap();
    assert!(matches!(settled[..], [Settled::Made(..)]), "{settled:?}");
}

pub async fn a_mail_that_somebody_moves_by_day_holds_nothing(world: World) {
    let store = world.store.as_ref();
    let live = live_ticket(store, "1", "a-anna").await;
    swept(&world, "2", true).await;
    assert_eq!(store.hold_forgotten(&pause(), NOW).await, Ok(None));
    assert_eq!(store.ticket(live).await.unwrap().unwrap().state, sealed_state());
    assert_eq!(store.switch(NOW).await, Ok(None));
    // But it hides no sign that nobody has looked at yet.
    swept(&world, "3", false).await;
    swept(&world, "4", true).await;
    assert_eq!(store.hold_forgotten(&pause(), NOW).await, Ok(Some(1)));
}

/// Alarms that wait or have left.
async fn alarms(world: &World) -> i64 {
    world.number("SELECT COUNT(*) FROM message WHERE kind = 'alarm'").await
}

pub async fn after_a_restore_nothing_turns_the_automation_on_by_itself_and_people_are_told(world: World) {
    let store = world.store.as_ref();
    let hour = Some(NOW.plus(HOUR));
    let turned = |automation, until| Switch {
        automation,
        until,
        why: "a restore".to_owned(),
        by: "cli:anna".to_owned(),
        at: NOW,
    };
    let cases = [
        (Automation::Off, hour, Automation::Off, true),
        (Automation::Observe, hour, Automation::Off, true),
        (Automation::On, hour, Automation::Off, true),
        // A person's word for good is not undone, and people hear all the same what was held.
        (Automation::Observe, None, Automation::Observe, false),
        (Automation::Off, None, Automation::Off, false),
    ];
    for (n, (automation, until, then, by_itself)) in cases.into_iter().enumerate() {
        let told =
            AuditEntry { actor: "cli:anna".to_owned(), event: "turned".to_owned(), data: "{}".to_owned() };
        store.turn(&turned(automation, until), told).await.unwrap();
        found(&world, &n.to_string()).await;
        let mut pause = pause();
        // Another day's words.
        pause.alarms[0].values = format!("{{\"text\":\"{n}\"}}");
        assert_eq!(store.hold_forgotten(&pause, NOW).await, Ok(Some(0)));
        let now = store.switch(NOW.plus(HOUR * 24 * 400)).await.unwrap().expect("it does not end by itself");
        assert_eq!((now.automation, now.until), (then, None), "{automation:?} {until:?}");
        assert_eq!(now.by == "nyckelbud", by_itself, "{automation:?} {until:?}");
        assert_eq!(alarms(&world).await, i64::try_from(n).unwrap() + 1, "{automation:?} {until:?}");
    }
}

pub async fn in_doubt_deliveries_are_held_and_new_requests_are_not(world: World) {
    let store = world.store.as_ref();
    let none = store.hold_deliveries(&pause().alarms, NOW).await;
    assert_eq!((none, alarms(&world).await), (Ok(0), 0), "nobody is told of nothing");
    let live = live_ticket(store, "1", "a-anna").await;
    let requested = keep(store, crowd_mail("2")).await;
    assert_eq!(store.hold_deliveries(&pause().alarms, NOW).await, Ok(1));
    let held = store.ticket(live).await.unwrap().unwrap();
    assert_eq!((&held.state, held.reason), (&State::Held, Some(Reason::StoreRestored)));
    assert!(
        held.trail.0.iter().any(|line| line.evidence.contains("could not be compared")),
        "{:?}",
        held.trail
    );
    assert_eq!(store.ticket(requested).await.unwrap().unwrap().state, State::requested());
    assert_eq!((store.switch(NOW).await, alarms(&world).await), (Ok(None), 1), "the switch stays as it is");
    assert_eq!(store.hold_forgotten(&pause(), NOW).await, Ok(None), "what was held tells of no backup");
}
