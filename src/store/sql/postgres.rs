//! PostgreSQL 15 and later: many processes, many connections, rows locked one by one.

use std::str::FromStr;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::error::DatabaseError;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Executor, PgConnection, Pool, Postgres, SqlSafeStr, SqlStr};

use super::dialect::Dialect;
use super::value::{self, Row, Value};
use super::{Pools, unavailable};
use crate::store::StoreError;

/// Connections of one process.
const CONNECTIONS: u32 = 10;
/// How long a connection is waited for.
const CONNECT_WAIT: Duration = Duration::from_secs(15);
/// A statement or a transaction that stands still is ended by the server, so that none of ours waits for
/// ever on a row whose owner has gone. A commit is durable when it is answered, whatever the
/// server's default.
const SESSION: &str = "SET statement_timeout = '30s'; SET idle_in_transaction_session_timeout = '60s'; \
                       SET synchronous_commit = on";

/// Connects.
pub(super) async fn open(url: &str) -> Result<Pools<Postgres>, StoreError> {
    let doing = "connecting to PostgreSQL";
    let options = PgConnectOptions::from_str(url)
        // the parser's own words may quote the URL, which may hold a password
        .map_err(|_| StoreError::Unavailable(format!("{doing}: the URL cannot be read")))?
        .application_name("nyckelbud")
        .disable_statement_logging();
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(CONNECT_WAIT)
        .after_connect(|connection, _| Box::pin(async move { connection.execute(SESSION).await.map(|_| ()) }))
        .connect_with(options)
        .await
        .map_err(unavailable(doing))?;
    look_at_server(&pool).await?;
    Ok(Pools { writer: pool.clone(), reader: pool })
}

/// Refuses a database that cannot hold every letter, and warns of one that forgets at a power loss.
async fn look_at_server(pool: &Pool<Postgres>) -> Result<(), StoreError> {
    let doing = "asking PostgreSQL for its settings";
    let setting = |name: &'static str| async move {
        let value: String = sqlx::query_scalar("SELECT current_setting($1)")
            .bind(name)
            .fetch_one(pool)
            .await
            .map_err(unavailable(doing))?;
        Ok::<_, StoreError>(value)
    };
    if setting("server_encoding").await? != "UTF8" {
        return Err(StoreError::Unavailable(
            "the PostgreSQL database does not use UTF8; nothing was changed; make one with ENCODING 'UTF8'"
                .to_owned(),
        ));
    }
    for name in ["fsync", "full_page_writes"] {
        if setting(name).await? != "on" {
            tracing::warn!("PostgreSQL runs with {name} = off: a power loss may lose mails; switch it on");
        }
    }
    Ok(())
}

#[async_trait]
impl Dialect for Postgres {
    const BEGIN_WRITE: &'static str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
    const BEGIN_READ: &'static str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    const CLOCK: &'static str = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)";

    const KEEP_WORDS: &'static str =
        "INSERT INTO search (rowid, words) VALUES ($1, array_to_tsvector(string_to_array($2, ' ') || ARRAY[
             '#0.' || CAST($1 AS BIGINT) / 4096, '#1.' || CAST($1 AS BIGINT) / 131072]))
         ON CONFLICT (rowid) DO UPDATE SET words = excluded.words";
    // The index knows no order, and whoever looks for few of many would rather go over the table.
    const FIND_WORDS: &'static str = "WITH f AS MATERIALIZED
             (SELECT s.rowid FROM search s WHERE s.words @@ CAST($1 AS tsquery) AND s.rowid < $2),
         n AS MATERIALIZED (SELECT f.rowid FROM f ORDER BY f.rowid DESC LIMIT $3)
         SELECT m.id, m.ticket FROM n JOIN mail m ON m.id = n.rowid ORDER BY m.id DESC";
    const NARROWER: u32 = 2;

    /// Each mail carries the numbers of the parts of the table in which it lies; the newest part may have just
    /// begun. Words that fill no page there are so rare that they are few in the next larger part.
    fn among_newest(words: &str, newest: i64, step: u32) -> String {
        if step >= Self::NARROWER {
            return words.to_owned();
        }
        let part = newest / (4096 << (5 * step));
        format!("{words} & ('#{step}.{part}' | '#{step}.{}')", part - 1)
    }

    fn whole_words(words: &[String]) -> String {
        words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" & ")
    }

    fn beginnings(words: &[String]) -> String {
        words.iter().map(|word| format!("'{word}':*")).collect::<Vec<_>>().join(" & ")
    }

    fn words(sql: &'static str) -> SqlStr {
        sql.into_sql_str()
    }

    async fn fetch(
        connection: &mut PgConnection,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, sqlx::Error> {
        value::fetch::<Self>(connection, Self::words(sql), values).await
    }

    /// `undefined_table`; it names no table, and the statement that is asked about has one.
    fn lacks_table(error: &dyn DatabaseError, _: &str) -> bool {
        error.code().is_some_and(|code| code == "42P01")
    }

    async fn migrate(pool: &Pool<Self>, migrator: &Migrator) -> Result<(), sqlx::Error> {
        // A connection of its own: a migration that fails leaves sqlx's advisory lock behind, which
        // ends with the connection.
        let mut connection = PgConnection::connect_with(&pool.connect_options()).await?;
        let applied = migrator.run_direct(None, &mut connection, false).await;
        connection.close().await?;
        Ok(applied?)
    }

    /// Old row versions are PostgreSQL's own to vacuum; what lies in them is ciphertext.
    async fn tidy(_: &Pool<Self>) -> Result<(), sqlx::Error> {
        Ok(())
    }
}
