//! The tables, version by version: `migrations/`, built into the program. A file that was applied
//! once is never edited; sqlx compares checksums and refuses one that was.

use std::cmp::Ordering;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, Pool, SqlSafeStr};

use super::dialect::Dialect;
use super::unavailable;
use crate::store::StoreError;

/// A migration as its file holds it.
pub(super) struct File {
    /// The file's name.
    name: &'static str,
    sql: &'static str,
}

macro_rules! files {
    ($folder:literal: $($name:literal),*) => {
        &[$(File {
            name: $name,
            sql: include_str!(concat!("../../../migrations/", $folder, "/", $name)),
        }),*]
    };
}

/// Every migration of SQLite, oldest first.
pub(super) const SQLITE: &[File] = files!(
    "sqlite": "0001_first.sql", "0002_places.sql", "0003_threads.sql", "0004_vouching.sql", "0005_bounces.sql",
    "0006_crowds.sql", "0007_limits.sql", "0008_links.sql", "0009_told.sql", "0010_accounts.sql",
    "0011_queue.sql", "0012_acts.sql", "0013_view.sql", "0014_operations.sql",
    "0015_aside.sql", "0016_status.sql", "0017_api.sql"
);
/// Every migration of PostgreSQL, oldest first, with the same names.
pub(super) const POSTGRES: &[File] = files!(
    "postgres": "0001_first.sql", "0002_places.sql", "0003_threads.sql", "0004_vouching.sql", "0005_bounces.sql",
    "0006_crowds.sql", "0007_limits.sql", "0008_links.sql", "0009_told.sql", "0010_accounts.sql",
    "0011_queue.sql", "0012_acts.sql", "0013_view.sql", "0014_operations.sql",
    "0015_aside.sql", "0016_status.sql", "0017_api.sql"
);

/// Applies what is missing. Answers the names of what it applied.
pub(super) async fn apply<DB: Dialect>(pool: &Pool<DB>, files: &[File]) -> Result<Vec<String>, StoreError> {
    let doing = "bringing the database to this version's tables";
    let migrations = (1..).zip(files).map(|(version, file)| {
        let sql = AssertSqlSafe(file.sql).into_sql_str();
        Migration::new(version, file.name.into(), MigrationType::Simple, sql, false)
    });
    let migrator = Migrator::with_migrations(migrations.collect());
    let before = applied(pool).await?;
    DB::migrate(pool, &migrator).await.map_err(|error| failure(doing, error))?;
    Ok(files.iter().skip(before).map(|file| file.name.to_owned()).collect())
}

/// Refuses a database with another version's tables, or with none; changes nothing.
pub(super) async fn demand<DB: Dialect>(pool: &Pool<DB>, files: &[File]) -> Result<(), StoreError> {
    match applied(pool).await?.cmp(&files.len()) {
        Ordering::Equal => Ok(()),
        Ordering::Less => Err(StoreError::Unavailable(
            "it does not have this version's tables yet; `nyckelbud run` and `nyckelbud migrate` make them"
                .to_owned(),
        )),
        Ordering::Greater => Err(StoreError::Corrupt(
            "its tables are a later version's; use the program of that version".to_owned(),
        )),
    }
}

fn failure(doing: &'static str, error: sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::Migrate(error) => match *error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                unavailable(doing)(error)
            }
            other => StoreError::Corrupt(format!(
                "{doing}: {other}; was it made by a later version of the program? nothing was changed"
            )),
        },
        other => unavailable(doing)(other),
    }
}

/// How many migrations have been applied; 0 for an empty database.
async fn applied<DB: Dialect>(pool: &Pool<DB>) -> Result<usize, StoreError> {
    let doing = "looking for the database's tables";
    let mut connection = pool.acquire().await.map_err(unavailable(doing))?;
    let count = "SELECT COUNT(*) FROM _sqlx_migrations";
    match DB::fetch(&mut connection, count, Vec::new()).await {
        Ok(mut rows) => match rows.first_mut() {
            Some(row) => Ok(row.count()? as usize),
            None => Ok(0),
        },
        // Whatever else is wrong, a locked file or a right that is missing, says nothing about tables.
        Err(sqlx::Error::Database(error)) if DB::lacks_table(error.as_ref(), "_sqlx_migrations") => Ok(0),
        Err(error) => Err(unavailable(doing)(error)),
    }
}

/// The migrations' own texts.
#[cfg(test)]
pub(super) fn texts(files: &'static [File]) -> impl Iterator<Item = &'static str> {
    files.iter().map(|file| file.sql)
}
