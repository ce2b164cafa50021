//! The part of the store that whoever runs the desk looks at: outages, and the audit log a page at a time.

use async_trait::async_trait;

use super::{AuditEntry, StoreError};
use crate::types::{StaffName, TicketNumber, UnixMillis};

/// A time in which the phones of the desk were down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// Since when.
    pub began_at: UnixMillis,
    /// Until when; `None`: they still are.
    pub ended_at: Option<UnixMillis>,
    /// What is known of it, in somebody's words.
    pub why: String,
    /// Who said so, as in the audit log.
    pub begun_by: String,
}

/// Which rows of the audit log are wanted; what is empty or `None` leaves none out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Written then or later.
    pub from: Option<UnixMillis>,
    /// Written before then.
    pub to: Option<UnixMillis>,
    /// By exactly this actor.
    pub actor: String,
    /// Events that begin so.
    pub event: String,
    /// Of this ticket.
    pub ticket: Option<TicketNumber>,
    /// Only rows before this one: the last of the page before.
    pub before: Option<i64>,
}

/// A row of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// The store's name for it; later rows have greater ones.
    pub id: i64,
    /// When it was written.
    pub at: UnixMillis,
    /// Of which ticket, if of one.
    pub ticket: Option<TicketNumber>,
    /// Who did what.
    pub entry: AuditEntry,
    /// Its place in the chain; 0 until it is chained.
    pub place: i64,
    /// Its link's hash; empty until it is chained.
    pub hash: String,
}

/// Somebody wants to lift a freeze, and a colleague must do it with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfreezing {
    /// Whose freeze: the username, or the account's identifier.
    pub whom: String,
    /// Who wants it.
    pub by: StaffName,
    /// Why, in their words.
    pub why: String,
    /// When they asked.
    pub at: UnixMillis,
}

/// What became of the wish to lift a freeze.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfrozen {
    /// A colleague must want it, too.
    Asked,
    /// It is lifted.
    Lifted,
    /// There is no such freeze, or its owner says in this very moment that it was not them.
    Gone,
}

/// What whoever runs the desk looks at. Fails as every method of [`super::Store`] does.
#[async_trait]
pub trait OperationStore: Send + Sync {
    /// The outage that is not over, if there is one.
    async fn outage(&self) -> Result<Option<Outage>, StoreError>;

    /// The newest outages, the newest first.
    async fn outages(&self, limit: u32) -> Result<Vec<Outage>, StoreError>;

    /// Begins an outage; `false` when one is not over yet, and nothing has changed.
    async fn begin_outage(
        &self,
        outage: &Outage,
        audit: &AuditEntry,
        now: UnixMillis,
    ) -> Result<bool, StoreError>;

    /// Ends the outage; `None` when there is none, or when it began after `at`.
    async fn end_outage(
        &self,
        at: UnixMillis,
        audit: &AuditEntry,
        now: UnixMillis,
    ) -> Result<Option<Outage>, StoreError>;

    /// Up to `limit` rows of the audit log, the newest first.
    async fn audit_rows(&self, filter: &AuditFilter, limit: u32) -> Result<Vec<AuditRow>, StoreError>;

    /// Notes that somebody wants to lift a freeze, with its audit row. When another person has asked for it after
    /// `lapsed`, the freeze is lifted in the same moment, with its audit row.
    async fn ask_unfreeze(&self, wanted: &Unfreezing, lapsed: UnixMillis) -> Result<Unfrozen, StoreError>;

    /// What was asked for after `lapsed`, and waits for a colleague.
    async fn unfreezings(&self, lapsed: UnixMillis) -> Result<Vec<Unfreezing>, StoreError>;
}
