//! What lies in a desk's SQLite file, read past the program.

use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Row, SqliteConnection};

/// One value: its table, its column, its octets.
pub struct Value {
    pub table: String,
    pub column: String,
    pub octets: Vec<u8>,
}

/// Every value of every table.
pub async fn values(database: &Path) -> Vec<Value> {
    let mut connection = open(database, true).await;
    let names =
        "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table'";
    let columns = sqlx::query(names).fetch_all(&mut connection).await.expect("the tables");
    let mut values = Vec::new();
    for row in columns {
        let (table, column): (String, String) = (row.get(0), row.get(1));
        let all = format!("SELECT CAST(\"{column}\" AS BLOB) FROM \"{table}\"");
        let rows = sqlx::query(AssertSqlSafe(all)).fetch_all(&mut connection).await.expect("a column");
        values.extend(rows.iter().map(|row| {
            let octets: Option<Vec<u8>> = row.get(0);
            Value { table: table.clone(), column: column.clone(), octets: octets.unwrap_or_default() }
        }));
    }
    values
}

/// The mails as they were kept.
pub async fn raw_mails(database: &Path) -> Vec<Vec<u8>> {
    let raw = |value: &Value| value.table == "mail" && value.column == "raw";
    values(database).await.into_iter().filter(raw).map(|value| value.octets).collect()
}

/// Changes it as nobody may.
pub async fn change(database: &Path, sql: &'static str, value: &str) {
    let mut connection = open(database, false).await;
    sqlx::query(sql).bind(value).execute(&mut connection).await.expect("a change");
}

async fn open(database: &Path, read_only: bool) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(database).read_only(read_only);
    options.connect().await.expect("the database opens")
}

/// A copy of it, beside it, made as the README says.
pub async fn back_up(database: &Path) -> PathBuf {
    let copy = database.with_file_name("copy.db");
    let mut connection = open(database, false).await;
    let into = copy.to_str().expect("a path in letters");
    sqlx::query("VACUUM INTO $1").bind(into).execute(&mut connection).await.expect("a copy");
    copy
}

/// The copy takes its place; nothing works on it meanwhile.
pub fn put_back(copy: &Path, database: &Path) {
    for end in ["-wal", "-shm"] {
        let beside = database.with_extension(format!("db{end}"));
        if beside.exists() {
            std::fs::remove_file(beside).expect("removed");
        }
    }
    std::fs::copy(copy, database).expect("the copy takes its place");
}
