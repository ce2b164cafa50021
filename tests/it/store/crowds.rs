//! Many at once: several processes' stores over one database.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nyckelbud::store::*;
use nyckelbud::types::TicketNumber;
use sqlx::{Connection, PgConnection};
use tokio::task::JoinSet;

use super::make::*;
use super::world::World;

pub async fn eight_claimers_share_a_thousand_tickets_without_a_double(world: World) {
    for hundred in 0..10 {
        let mails = (0..100).map(|one| crowd_mail(&format!("{hundred}-{one}"))).collect();
        world.store.record(mails, NOW).await.unwrap();
    }
    let stores = [Arc::clone(&world.store), world.another().await];
    let mut claimers = JoinSet::new();
    for claimer in 0..8 {
        let store = Arc::clone(&stores[claimer % 2]);
        claimers.spawn(async move {
            let mut taken = Vec::new();
            loop {
                let claims = store.claim(&format!("owner-{claimer}"), LEASE, 7, NOW).await.unwrap();
                // PostgreSQL passes over rows that others are just locking: look once more then.
                if claims.is_empty() && store.next_due().await.unwrap() != Some(NOW) {
                    return taken;
                }
                taken.extend(claims.into_iter().map(|claim| (claim.ticket.id, claim.fence)));
            }
        });
    }
    let taken = claimers.join_all().await.concat();
    assert_eq!(taken.len(), 1000);
    assert!(taken.iter().all(|(_, fence)| *fence == 1));
    assert_eq!(taken.iter().map(|(id, _)| *id).collect::<BTreeSet<_>>().len(), 1000);
}

pub async fn numbers_have_no_gap_when_many_keep_mails_at_once(world: World) {
    let stores = [Arc::clone(&world.store), world.another().await];
    let mut keepers = JoinSet::new();
    for keeper in 0..8 {
        let store = Arc::clone(&stores[keeper % 2]);
        keepers.spawn(async move {
            for batch in 0..5 {
                let mails = (0..5).map(|one| crowd_mail(&format!("{keeper}-{batch}-{one}"))).collect();
                store.record(mails, NOW).await.unwrap();
            }
        });
    }
    keepers.join_all().await;
    let tickets = world.store.tickets(&TicketFilter::default()).await.unwrap();
    let numbers: Vec<u32> = tickets.iter().map(|view| view.ticket.number.running()).collect();
    assert_eq!(numbers, (1..=200).collect::<Vec<_>>());
}

pub async fn two_programs_on_one_mailbox_never_wait_for_each_other(world: World) {
    let stores = [Arc::clone(&world.store), world.another().await];
    let mut programs = JoinSet::new();
    for program in 0..4 {
        let store = Arc::clone(&stores[program % 2]);
        programs.spawn(async move {
            let mut mails: Vec<_> = (0..200).map(|n| uid(&n.to_string())).collect();
            if program >= 2 {
                mails.reverse();
            }
            for _ in 0..20 {
                store.count_tries(&inbox(1), &mails, NOW).await.unwrap();
                store.forgive_tries(&inbox(1), &mails).await.unwrap();
                store.moved(BOX, 1, &mails, NOW).await.unwrap();
            }
        });
    }
    programs.join_all().await;
}

pub async fn of_many_racing_commits_for_one_account_one_wins(world: World) {
    let stores = [Arc::clone(&world.store), world.another().await];
    for round in 0..5 {
        let mut racers = JoinSet::new();
        for racer in 0..8 {
            let store = Arc::clone(&stores[racer % 2]);
            let id = keep(store.as_ref(), crowd_mail(&format!("{round}-{racer}"))).await;
            let claim = claim(store.as_ref(), id).await;
            racers.spawn(async move {
                let step = Step { account: Some(account(&format!("a-{round}"))), ..step(sealed_state()) };
                (claim.ticket.number, store.commit(id, claim.fence, &claim.ticket.state, step).await.unwrap())
            });
        }
        let ended = racers.join_all().await;
        let winners: Vec<_> = ended.iter().filter(|(_, how)| *how == Committed::Done).collect();
        assert_eq!(winners.len(), 1, "{ended:?}");
        let busy = Committed::AccountBusy(winners[0].0);
        assert_eq!(ended.iter().filter(|(_, how)| *how == busy).count(), 7, "{ended:?}");
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM ticket WHERE live = 1").await, 5);
}

/// The moment between the look for a busy account and the move: the database itself says no, and the
/// next look finds who was faster.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_overtaken_between_look_and_move_learns_by_whom() {
    let world = World::postgres().await;
    let store = Arc::clone(&world.store);
    let slow = keep(store.as_ref(), mail("1")).await;
    keep(store.as_ref(), mail("2")).await;
    let claim = claim(store.as_ref(), slow).await;

    let mut faster = PgConnection::connect(&world.url).await.unwrap();
    sqlx::raw_sql("BEGIN; UPDATE ticket SET live = 1, account = 'a-anna' WHERE running = 2")
        .execute(&mut faster)
        .await
        .unwrap();
    let step = Step { account: Some(account("a-anna")), ..step(sealed_state()) };
    let moving =
        tokio::spawn(async move { store.commit(slow, claim.fence, &claim.ticket.state, step).await });
    let until = Instant::now() + Duration::from_secs(20);
    while world.number("SELECT COUNT(*) FROM pg_locks WHERE NOT granted").await == 0 {
        assert!(Instant::now() < until, "the move never waited for the other one");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    sqlx::raw_sql("COMMIT").execute(&mut faster).await.unwrap();
    let overtaken = Committed::AccountBusy(TicketNumber::new(2026, 2));
    assert_eq!(moving.await.unwrap().unwrap(), overtaken);
}

pub async fn one_mail_in_two_mailboxes_at_once_makes_one_ticket(world: World) {
    let stores = [Arc::clone(&world.store), world.another().await];
    for round in 0..10 {
        let keep = |place: usize| {
            let store = Arc::clone(&stores[place]);
            let copy = mail_but(&round.to_string(), |mail| mail.mailbox = format!("mailbox-{place}"));
            async move { store.record(vec![copy], NOW).await.unwrap().remove(0) }
        };
        let (left, right) = tokio::join!(tokio::spawn(keep(0)), tokio::spawn(keep(1)));
        let both = [left.unwrap(), right.unwrap()];
        assert!(both.iter().any(|how| matches!(how, Recorded::Made(..))), "{both:?}");
        assert!(both.iter().any(|how| matches!(how, Recorded::Duplicate(..))), "{both:?}");
    }
}

pub async fn the_chain_keeps_its_order_under_many_writers_and_sealers(world: World) {
    let stores = [Arc::clone(&world.store), world.another().await];
    let mut writers = JoinSet::new();
    for writer in 0..6 {
        let store = Arc::clone(&stores[writer % 2]);
        writers.spawn(async move {
            let id = keep(store.as_ref(), mail(&writer.to_string())).await;
            for turn in 0..10 {
                let claim = claim(store.as_ref(), id).await;
                let told = AuditEntry {
                    actor: "nyckelbud".to_owned(),
                    event: "turn".to_owned(),
                    data: turn.to_string(),
                };
                let step = Step { audit: vec![told], ..step(technician()) };
                store.commit(id, claim.fence, &claim.ticket.state, step).await.unwrap();
            }
        });
    }
    let mut sealers = JoinSet::new();
    for store in &stores {
        let store = Arc::clone(store);
        sealers.spawn(async move {
            let keyring = keyring(1);
            let mut sealed = 0;
            while sealed < 20 {
                sealed += store.seal_audit(&keyring, 3).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
    }
    writers.join_all().await;
    sealers.join_all().await;
    while world.store.seal_audit(&keyring(1), 7).await.unwrap() > 0 {}

    let report = world.store.verify_audit(&keyring(1)).await.unwrap();
    assert!(matches!(report, ChainReport::Whole { sealed: 66, waiting: 0, .. }), "{report:?}");
    for ticket in 1..=6 {
        let sql = format!("SELECT data FROM audit WHERE ticket = {ticket} AND event = 'turn' ORDER BY place");
        let turns = world.texts(&sql).await;
        assert_eq!(turns, (0..10).map(|turn: i32| turn.to_string()).collect::<Vec<_>>());
    }
}
