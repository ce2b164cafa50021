//! `audit verify`: is the log what was written?

use std::path::Path;

use sqlx::ConnectOptions;

use super::{answer, demo};

async fn write(folder: &Path, sql: &'static str) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.join("var/nyckelbud.db"));
    let mut connection = options.connect().await.unwrap();
    let done = sqlx::query(sql).execute(&mut connection).await.unwrap();
    assert!(done.rows_affected() > 0, "{sql}");
}

#[tokio::test]
async fn a_whole_chain_is_whole_and_a_row_that_was_changed_is_named() {
    let folder = demo();
    let whole = answer(folder.path(), ["audit", "verify"]).expect(0);
    assert!(whole.out.contains("the chain is whole") && whole.out.contains(" 0 waiting"), "{}", whole.out);
    let object = answer(folder.path(), ["audit", "verify", "--json"]).expect(0).objects().remove(0);
    assert_eq!((&object["whole"], &object["waiting"]), (&true.into(), &0.into()));

    write(folder.path(), "UPDATE audit SET data = '{}' WHERE place = 7").await;
    let broken = answer(folder.path(), ["audit", "verify"]).expect(1);
    assert!(broken.err.contains("broken at row 7") && broken.err.contains("copy"), "{}", broken.err);
    let object = answer(folder.path(), ["audit", "verify", "--json"]).expect(1).objects().remove(0);
    assert_eq!((&object["whole"], &object["position"]), (&false.into(), &7.into()));
}

#[tokio::test]
async fn a_row_that_was_taken_out_is_noticed() {
    let folder = demo();
    write(folder.path(), "DELETE FROM audit WHERE place = (SELECT MAX(place) FROM audit)").await;
    let broken = answer(folder.path(), ["audit", "verify"]).expect(1);
    assert!(broken.err.contains("the last rows are missing"), "{}", broken.err);
}

#[test]
fn a_key_that_is_not_at_hand_is_said() {
    let folder = demo();
    let key = folder.path().join("seal.key");
    std::fs::remove_file(&key).unwrap();
    let missing = answer(folder.path(), ["audit", "verify"]).expect(1);
    assert!(missing.err.contains("without its key") && missing.err.contains("seal.key"), "{}", missing.err);
    answer(folder.path(), ["key", "new"]).expect(0);
    let other = answer(folder.path(), ["audit", "verify"]).expect(1);
    assert!(other.err.contains("add it to password.old_keys"), "{}", other.err);
}
