//! Rows as they lie in the database: what the program tells of itself is checked against them.

use std::path::Path;

use sqlx::{ConnectOptions, Row, SqliteConnection};

async fn connect(database: &Path) -> SqliteConnection {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(database).read_only(true);
    options.connect().await.expect("the database opens")
}

/// Ticket, event and data of every row of the audit log, oldest first.
pub async fn read(database: &Path) -> Vec<(i64, String, String)> {
    let sql = "SELECT ticket, event, data FROM audit ORDER BY id";
    let rows = sqlx::query(sql).fetch_all(&mut connect(database).await).await;
    let row = |row: sqlx::sqlite::SqliteRow| (row.get(0), row.get(1), row.get(2));
    rows.expect("rows").into_iter().map(row).collect()
}

/// How many deliveries count towards limits.
pub async fn counted(database: &Path) -> i64 {
    let sql = "SELECT count(*) FROM started WHERE counts = 1";
    let row = sqlx::query(sql).fetch_one(&mut connect(database).await).await;
    row.expect("a row").get(0)
}

/// Changes rows past the program, as another version of it would.
pub async fn run(database: &Path, sql: &'static str) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(database);
    let mut connection = options.connect().await.expect("the database opens");
    sqlx::query(sql).execute(&mut connection).await.expect("rows");
}
