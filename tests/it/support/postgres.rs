//! A private PostgreSQL for all tests of this process, started by `tests/servers/postgres` when the
//! first one asks. The script stops and removes it when this process has ended, also when it is killed.

use std::net::TcpListener;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, PgConnection};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/postgres");

static SERVER: OnceLock<String> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// The URL of a new, empty database.
pub async fn fresh_database() -> String {
    let server = SERVER.get_or_init(start);
    let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    let mut connection =
        PgConnection::connect(&format!("{server}/postgres")).await.expect("PostgreSQL answers");
    let sql = AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0 STRATEGY wal_log"));
    sqlx::raw_sql(sql).execute(&mut connection).await.expect("a database is made");
    connection.close().await.expect("the connection ends");
    format!("{server}/{name}")
}

/// Starts it. Answers its URL without a database.
fn start() -> String {
    let mut failure = String::new();
    // Another program may take the port in between.
    for _ in 0..3 {
        let dir = tempfile::Builder::new().prefix("nyckelbud-postgres-").tempdir().unwrap().keep();
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let owner = std::process::id();
        let mut script = Command::new(SCRIPT);
        script.arg("start").arg(&dir).args([port.to_string(), owner.to_string()]);
        let output = script.output().expect("tests/servers/postgres runs");
        if output.status.success() {
            return format!("postgres://postgres@127.0.0.1:{port}");
        }
        failure = String::from_utf8_lossy(&output.stderr).into_owned();
        let _ = std::fs::remove_dir_all(&dir);
    }
    panic!("no PostgreSQL to test against: {failure}");
}
