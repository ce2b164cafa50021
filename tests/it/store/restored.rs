//! Signs that the store came out of a backup, and what is held then.

use nyckelbud::decision::Automation;
use nyckelbud::store::*;
use nyckelbud::ticket::{Standing, State};
use nyckelbud::types::{Outcome, Reason};

use super::make::*;
use super::world::World;

fn pause() -> Pause {
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
    assert_eq!(store.hold_forgotten(Some(&pause()), NOW).await, Ok(0), "nothing tells of a restore");
    found(&world, "4").await;
    assert_eq!(store.hold_forgotten(Some(&pause()), NOW).await, Ok(2));
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
    assert_eq!(store.hold_forgotten(Some(&pause()), NOW).await, Ok(0));
    assert_eq!(store.claim("one", LEASE, 9, NOW.plus(HOUR)).await.unwrap().len(), 1);
}

pub async fn a_mail_that_somebody_moves_by_day_holds_nothing(world: World) {
    let store = world.store.as_ref();
    let live = live_ticket(store, "1", "a-anna").await;
    found(&world, "2").await;
    assert_eq!(store.hold_forgotten(None, NOW).await, Ok(0));
    assert_eq!(store.hold_forgotten(Some(&pause()), NOW).await, Ok(0), "nor at the next start");
    assert_eq!(store.ticket(live).await.unwrap().unwrap().state, sealed_state());
    assert_eq!(store.switch(NOW).await, Ok(None));
}
