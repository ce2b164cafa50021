//! The rows of the audit log as they lie in the database: what the program tells of itself is
//! checked against them.

use std::path::Path;

use sqlx::{ConnectOptions, Row};

/// Ticket, event and data of every row, oldest first.
pub async fn read(database: &Path) -> Vec<(i64, String, String)> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(database).read_only(true);
    let mut connection = options.connect().await.expect("the database opens");
    let rows = sqlx::query("SELECT ticket, event, data FROM audit ORDER BY id").fetch_all(&mut connection).await;
    let row = |row: sqlx::sqlite::SqliteRow| (row.get(0), row.get(1), row.get(2));
    rows.expect("rows").into_iter().map(row).collect()
}
