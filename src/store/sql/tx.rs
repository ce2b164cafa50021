//! One transaction: everything in it happens, or nothing.

use sqlx::{Pool, Transaction};

use super::dialect::Dialect;
use super::unavailable;
use super::value::{Row, Value, corrupt};
use crate::store::StoreError;
use crate::types::UnixMillis;

/// A transaction that is under way. Dropped without [`Tx::commit`], it has not happened.
pub(super) struct Tx<DB: Dialect> {
    inner: Transaction<'static, DB>,
    doing: &'static str,
}

/// Why a write did not happen.
#[derive(Debug)]
pub(super) enum Failure {
    /// A unique index forbids it; the transaction can only be dropped.
    Taken,
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl<DB: Dialect> Tx<DB> {
    /// Begins one with `begin`; `doing` says in an error what failed.
    pub(super) async fn begin(
        pool: &Pool<DB>,
        begin: &'static str,
        doing: &'static str,
    ) -> Result<Self, StoreError> {
        let inner = pool.begin_with(begin).await.map_err(unavailable(doing))?;
        Ok(Self { inner, doing })
    }

    /// Makes everything since the beginning durable.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        self.inner.commit().await.map_err(unavailable(self.doing))
    }

    /// Runs a statement and answers its rows.
    pub(super) async fn rows(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        DB::fetch(&mut self.inner, sql, values).await.map_err(unavailable(self.doing))
    }

    /// Runs a statement and answers its first row, if it has one.
    pub(super) async fn row(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// Runs a statement that always has a row.
    pub(super) async fn one(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Row, StoreError> {
        self.row(sql, values).await?.ok_or_else(|| corrupt("no row where there is always one"))
    }

    /// Runs a statement for what it changes.
    pub(super) async fn run(&mut self, sql: &'static str, values: Vec<Value>) -> Result<(), StoreError> {
        self.rows(sql, values).await.map(|_| ())
    }

    /// Runs a statement with `RETURNING`: has it hit a row?
    pub(super) async fn hits(&mut self, sql: &'static str, values: Vec<Value>) -> Result<bool, StoreError> {
        Ok(!self.rows(sql, values).await?.is_empty())
    }

    /// The same, for a statement that a unique index may forbid.
    pub(super) async fn hits_unless_taken(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<bool, Failure> {
        match DB::fetch(&mut self.inner, sql, values).await {
            Ok(rows) => Ok(!rows.is_empty()),
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Err(Failure::Taken),
            Err(error) => Err(Failure::Store(unavailable(self.doing)(error))),
        }
    }

    /// The database's clock: the only one that leases go by.
    pub(super) async fn clock(&mut self) -> Result<UnixMillis, StoreError> {
        self.one(DB::CLOCK, Vec::new()).await?.time()
    }
}
