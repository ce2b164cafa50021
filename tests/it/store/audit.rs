//! The audit chain over real rows.

use nyckelbud::keyring::Keyring;
use nyckelbud::store::*;

use super::make::*;
use super::world::World;

async fn fill(world: &World, names: std::ops::Range<u32>) {
    for name in names {
        keep(world.store.as_ref(), mail(&name.to_string())).await;
    }
}

async fn seal(world: &World) -> u32 {
    world.store.seal_audit(&keyring(1), 100).await.unwrap()
}

async fn verify(world: &World) -> ChainReport {
    world.store.verify_audit(&keyring(1)).await.unwrap()
}

pub async fn a_chain_grows_in_parts_and_is_whole(world: World) {
    let empty = ChainReport::Whole { sealed: 0, waiting: 0, head: String::new() };
    assert_eq!(verify(&world).await, empty);
    assert_eq!(seal(&world).await, 0);
    fill(&world, 0..5).await;
    assert_eq!(world.store.seal_audit(&keyring(1), 2).await.unwrap(), 2);
    assert!(matches!(verify(&world).await, ChainReport::Whole { sealed: 2, waiting: 3, .. }));
    assert_eq!(seal(&world).await, 3);
    fill(&world, 5..6).await;
    assert_eq!(seal(&world).await, 1);
    let ChainReport::Whole { sealed: 6, waiting: 0, head } = verify(&world).await else { panic!() };
    assert_eq!(world.texts("SELECT hash FROM audit WHERE place = 6").await, [head]);
}

pub async fn every_kind_of_tampering_is_found(world: World) {
    fill(&world, 0..4).await;
    seal(&world).await;
    world
        .run("CREATE TABLE kept AS SELECT * FROM audit; CREATE TABLE kept_head AS SELECT * FROM audit_head")
        .await;
    let tampering = [
        ("UPDATE audit SET actor = 'manager:1' WHERE place = 2", 2),
        ("UPDATE audit SET event = 'x' WHERE place = 3", 3),
        ("UPDATE audit SET data = '{}' WHERE place = 1", 1),
        ("UPDATE audit SET written_at = 1 WHERE place = 4", 4),
        ("UPDATE audit SET ticket = 9 WHERE place = 4", 4),
        ("UPDATE audit SET hash = 'ff' WHERE place = 2", 2),
        ("DELETE FROM audit WHERE place = 2", 2),
        ("DELETE FROM audit WHERE place = 1", 1),
        ("UPDATE audit SET place = 0 WHERE place = 3", 3),
        ("UPDATE audit SET place = -1 WHERE place = 3", 3),
        (
            "UPDATE audit SET place = 9 WHERE place = 2; UPDATE audit SET place = 2 WHERE place = 3;
          UPDATE audit SET place = 3 WHERE place = 9",
            2,
        ),
        ("DELETE FROM audit WHERE place = 4", 4),
        ("DELETE FROM audit WHERE place > 2", 3),
        ("DELETE FROM audit", 1),
        (
            "INSERT INTO audit (ticket, actor, event, data, written_at, place, key_id, hash)
          SELECT ticket, actor, event, data, written_at, 5, key_id, hash FROM audit WHERE place = 4",
            5,
        ),
        (
            "UPDATE audit SET place = place + 1000 WHERE place > 1; UPDATE audit SET place = place - 999
          WHERE place > 1000; INSERT INTO audit (ticket, actor, event, data, written_at, place, key_id, hash)
          SELECT ticket, actor, event, data, written_at, 2, key_id, hash FROM audit WHERE place = 1",
            2,
        ),
        (
            "DELETE FROM audit WHERE place = 4; UPDATE audit_head SET place = 3,
          hash = (SELECT hash FROM audit WHERE place = 3)",
            3,
        ),
        ("DELETE FROM audit WHERE place = 4; UPDATE audit_head SET place = 3", 3),
        ("UPDATE audit_head SET place = 0, hash = '', key_id = '', signature = ''", 1),
        ("DELETE FROM audit_head", 5),
    ];
    for (sql, place) in tampering {
        world.run(sql).await;
        match verify(&world).await {
            ChainReport::Broken { position, .. } => assert_eq!(position, place, "{sql}"),
            other => panic!("{sql}: {other:?}"),
        }
        world.run("DELETE FROM audit; INSERT INTO audit SELECT * FROM kept").await;
        world.run("DELETE FROM audit_head; INSERT INTO audit_head SELECT * FROM kept_head").await;
        assert!(matches!(verify(&world).await, ChainReport::Whole { sealed: 4, .. }), "after {sql}");
    }
}

pub async fn a_sealer_does_not_heal_a_cut_chain(world: World) {
    fill(&world, 0..4).await;
    seal(&world).await;
    world.run("DELETE FROM audit WHERE place = 4").await;
    fill(&world, 4..6).await;
    // It goes on behind the recorded end, so the gap stays.
    assert_eq!(seal(&world).await, 2);
    assert!(matches!(verify(&world).await, ChainReport::Broken { position: 4, .. }));
    // An end that was moved is not signed again.
    world.run("UPDATE audit_head SET place = 3, hash = (SELECT hash FROM audit WHERE place = 3)").await;
    fill(&world, 6..7).await;
    let refused = world.store.seal_audit(&keyring(1), 100).await;
    assert!(matches!(refused, Err(StoreError::Corrupt(_))), "{refused:?}");
}

pub async fn a_missing_key_is_named(world: World) {
    fill(&world, 0..2).await;
    seal(&world).await;
    let both = Keyring::new(key(2), vec![key(1)]);
    fill(&world, 2..3).await;
    assert_eq!(world.store.seal_audit(&both, 100).await.unwrap(), 1);
    let report = world.store.verify_audit(&both).await.unwrap();
    assert!(matches!(report, ChainReport::Whole { sealed: 3, .. }), "{report:?}");
    let missing = |ring: &Keyring| ChainReport::KeyMissing { key_id: ring.current_id().to_owned() };
    assert_eq!(world.store.verify_audit(&keyring(2)).await.unwrap(), missing(&keyring(1)));
    assert_eq!(verify(&world).await, missing(&keyring(2)));
}

/// On PostgreSQL numbers are given before commits: a smaller number may appear after a greater one.
pub async fn a_row_that_is_committed_late_is_chained_late(world: World) {
    fill(&world, 0..1).await;
    world.run("UPDATE audit SET id = 1000").await;
    seal(&world).await;
    let columns = "ticket, actor, event, data, written_at, place, key_id, hash";
    world
        .run(&format!("INSERT INTO audit (id, {columns}) VALUES (7, 0, 'a', 'late', '{{}}', 1, 0, '', '')"))
        .await;
    assert_eq!(seal(&world).await, 1);
    assert!(matches!(verify(&world).await, ChainReport::Whole { sealed: 2, waiting: 0, .. }));
    assert_eq!(world.texts("SELECT event FROM audit ORDER BY place").await, ["ticket.made", "late"]);
}
