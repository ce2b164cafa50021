//! What the two databases do not share: how a transaction begins, what o'clock it is, how rows are
//! locked, how migrations are kept apart. The SQL itself is one text, written in PostgreSQL's words.

use async_trait::async_trait;
use sqlx::error::DatabaseError;
use sqlx::migrate::Migrator;
use sqlx::{Database, Pool, SqlStr};

use super::value::{Row, Value};

/// One of the databases.
#[async_trait]
pub(super) trait Dialect: Database {
    /// Begins a transaction that will write. Its later statements see what others have committed
    /// before it got the rows it locks.
    const BEGIN_WRITE: &'static str;
    /// Begins a transaction that only reads, and sees one moment of the database.
    const BEGIN_READ: &'static str;
    /// Answers the database's clock in Unix milliseconds.
    const CLOCK: &'static str;

    /// Keeps the words `$2` of the mail `$1`, in place of any before.
    const KEEP_WORDS: &'static str;
    /// Finds mails with the words `$1`, as [`Self::whole_words`] or [`Self::beginnings`] write them, before the
    /// mail `$2`, the newest first, and their tickets; `$3` is how many.
    const FIND_WORDS: &'static str;
    /// So many times less is looked through before all mails are: for a database that gathers everything it
    /// finds before it puts it in order.
    const NARROWER: u32;

    /// Asks for mails with each of these words.
    fn whole_words(words: &[String]) -> String;
    /// Asks for mails with a word that begins with each of these.
    fn beginnings(words: &[String]) -> String;
    /// Asks for those of `words` among the newest mails up to `newest`; of more with each `step`.
    fn among_newest(words: &str, newest: i64, step: u32) -> String;

    /// The statement in this database's words.
    fn words(sql: &'static str) -> SqlStr;

    /// Runs one statement and answers its rows.
    async fn fetch(
        connection: &mut Self::Connection,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, sqlx::Error>;

    /// Does this error say that there is no such table, and nothing else?
    fn lacks_table(error: &dyn DatabaseError, table: &str) -> bool;

    /// Applies what is missing, all of it or nothing of a migration; two at a time wait for each other.
    async fn migrate(pool: &Pool<Self>, migrator: &Migrator) -> Result<(), sqlx::Error>;

    /// Overwrites what erased secrets have left in the database's own files, as far as it can be told
    /// to.
    async fn tidy(pool: &Pool<Self>) -> Result<(), sqlx::Error>;
}
