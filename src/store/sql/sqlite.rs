//! SQLite: a file, one connection that writes, a few that read. One process works on it at a time;
//! its commands (`tickets`, `automation`) may look in and write beside it.

use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::str::FromStr;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use sqlx::error::DatabaseError;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Pool, SqlSafeStr, SqlStr, Sqlite, SqliteConnection};

use super::dialect::Dialect;
use super::value::{self, Row, Value};
use super::{Pools, unavailable};
use crate::store::StoreError;

/// How long a write waits for another process's.
const BUSY_WAIT: Duration = Duration::from_secs(10);
/// How long a switch to the write-ahead log that another process forbids is put off.
const SWITCH_AGAIN: Duration = Duration::from_millis(20);
/// SQLITE_BUSY; its variants have it in their last octet (<https://sqlite.org/rescode.html>).
const BUSY: u32 = 5;
/// Reads that may go on at the same time.
const READERS: u32 = 4;
/// What each of them keeps of the database, as SQLite counts it (negative: KiB). The system's own cache holds the
/// rest once for all of them; SQLite's default of 2 MB each fills up with a large database.
const READER_CACHE: &str = "-256";

const DOING: &str = "opening the SQLite file";

/// Opens the file, made readable for its owner only when it is missing.
pub(super) async fn open(url: &str) -> Result<Pools<Sqlite>, StoreError> {
    let path = path_of(url)?;
    make_private(path)
        .map_err(|error| StoreError::Unavailable(format!("{DOING}: {}: {error}", path.display())))?;
    connect(url, path).await
}

/// Opens a file that is there.
pub(super) async fn open_existing(url: &str) -> Result<Pools<Sqlite>, StoreError> {
    let path = path_of(url)?;
    match std::fs::metadata(path) {
        Ok(_) => connect(url, path).await,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(StoreError::Unavailable(format!(
            "there is none at {} yet; `nyckelbud run` and `nyckelbud migrate` make it",
            path.display()
        ))),
        Err(error) => Err(StoreError::Unavailable(format!("{DOING}: {}: {error}", path.display()))),
    }
}

fn path_of(url: &str) -> Result<&Path, StoreError> {
    let rest = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(url);
    let path = rest.split('?').next().unwrap_or(rest);
    if path.is_empty() || path.contains(":memory:") || rest.contains("mode=memory") {
        return Err(StoreError::Unavailable(format!("{DOING}: it must be a file, or mails would be lost")));
    }
    Ok(Path::new(path))
}

async fn connect(url: &str, path: &Path) -> Result<Pools<Sqlite>, StoreError> {
    let options = SqliteConnectOptions::from_str(url)
        .map_err(unavailable(DOING))?
        // As it stands: sqlx would take %41 for A, while the lock file beside it does not.
        .filename(path)
        // NORMAL loses committed mails at a power loss.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_WAIT)
        // Erased secrets are overwritten, not left in free pages.
        .pragma("secure_delete", "ON")
        .disable_statement_logging();
    let pool = |connections| {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            // On a full disk SQLite rolls back by itself, and sqlx then takes the transaction for one
            // that never ends: such a connection can write nothing more.
            .before_acquire(|connection, _| {
                let usable = !connection.is_in_transaction();
                Box::pin(async move { Ok(usable) })
            })
    };
    let writer = pool(1).connect_with(options.clone()).await.map_err(unavailable(DOING))?;
    use_write_ahead_log(&writer).await.map_err(unavailable(DOING))?;
    let reading = options.pragma("query_only", "ON").pragma("cache_size", READER_CACHE);
    let reader = pool(READERS).connect_lazy_with(reading);
    Ok(Pools { writer, reader })
}

/// The file remembers its journal mode, so this switches once in its life. The switch turns a read lock
/// into a write lock, and for that SQLite never waits, whatever the busy timeout: when others are at the
/// file in that moment, it is tried again.
async fn use_write_ahead_log(pool: &Pool<Sqlite>) -> Result<(), sqlx::Error> {
    let until = Instant::now() + BUSY_WAIT;
    loop {
        let switched: Result<String, sqlx::Error> = async {
            let mode = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(pool).await?;
            if mode == "wal" {
                return Ok(mode);
            }
            sqlx::query_scalar("PRAGMA journal_mode = WAL").fetch_one(pool).await
        }
        .await;
        match switched {
            Err(error) if is_busy(&error) && Instant::now() < until => {
                tokio::time::sleep(SWITCH_AGAIN).await;
            }
            other => return other.map(|_| ()),
        }
    }
}

fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    code.and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| code & 0xff == BUSY)
}

/// SQLite gives the files beside the database (`-wal`, `-shm`) the mode of the database itself.
fn make_private(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

#[async_trait]
impl Dialect for Sqlite {
    // A transaction that reads first and writes later fails at once when another one has written.
    const BEGIN_WRITE: &'static str = "BEGIN IMMEDIATE";
    const BEGIN_READ: &'static str = "BEGIN";
    const CLOCK: &'static str = "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)";

    const KEEP_WORDS: &'static str = "INSERT OR REPLACE INTO search (rowid, words) VALUES ($1, $2)";
    const FIND_WORDS: &'static str =
        "SELECT m.id, m.ticket FROM search CROSS JOIN mail m ON m.id = search.rowid
         WHERE search MATCH $1 AND search.rowid < $2 ORDER BY search.rowid DESC LIMIT $3";

    /// It goes through them from the newest on.
    const NARROWER: u32 = 0;

    fn among_newest(words: &str, _: i64, _: u32) -> String {
        words.to_owned()
    }

    /// Quoted: a word may be one of the language's own (`and`, `near`).
    fn whole_words(words: &[String]) -> String {
        words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" ")
    }

    fn beginnings(words: &[String]) -> String {
        words.iter().map(|word| format!("\"{word}\"*")).collect::<Vec<_>>().join(" ")
    }

    /// The one writer locks the whole database, so rows need no locks of their own.
    fn words(sql: &'static str) -> SqlStr {
        if sql.contains(" FOR UPDATE") {
            AssertSqlSafe(
                sql.replace(" FOR UPDATE SKIP LOCKED", "")
                    .replace(" FOR UPDATE OF a", "")
                    .replace(" FOR UPDATE", ""),
            )
            .into_sql_str()
        } else {
            sql.into_sql_str()
        }
    }

    async fn fetch(
        connection: &mut SqliteConnection,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, sqlx::Error> {
        value::fetch::<Self>(connection, Self::words(sql), values).await
    }

    fn lacks_table(error: &dyn DatabaseError, table: &str) -> bool {
        error.message() == format!("no such table: {table}")
    }

    async fn migrate(pool: &Pool<Self>, migrator: &Migrator) -> Result<(), sqlx::Error> {
        let mut transaction = pool.begin_with(Self::BEGIN_WRITE).await?;
        migrator.run_direct(None, &mut *transaction, false).await?;
        transaction.commit().await
    }

    /// The write-ahead log keeps old pages until it is emptied.
    async fn tidy(pool: &Pool<Self>) -> Result<(), sqlx::Error> {
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(pool).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use sqlx::Row as _;

    use super::*;

    #[tokio::test]
    async fn every_connection_is_durable_wipes_what_it_erases_and_waits_for_others() {
        let dir = tempfile::tempdir().unwrap();
        let pools = open(&format!("sqlite://{}", dir.path().join("desk.db").display())).await.unwrap();
        for pool in [&pools.writer, &pools.reader] {
            let settings = ["journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout"];
            let mut found = Vec::new();
            for name in settings {
                let sql = AssertSqlSafe(format!("PRAGMA {name}"));
                let row = sqlx::query(sql).fetch_one(pool).await.unwrap();
                found.push(
                    row.try_get::<String, _>(0).or_else(|_| row.try_get::<i64, _>(0).map(|n| n.to_string())),
                );
            }
            let found: Vec<_> = found.into_iter().map(Result::unwrap).collect();
            assert_eq!(found, ["wal", "2", "1", "1", "10000"]);
        }
        let refused = sqlx::query("CREATE TABLE x (y TEXT)").execute(&pools.reader).await;
        assert!(refused.is_err(), "a reader writes");
    }
}
