//! The part of the store from which people are shown the queue. Nothing here reads a mail, and nothing is
//! counted but by [`QueueStore::queue_counts`].

use async_trait::async_trait;

use super::StoreError;
use crate::ticket::TicketId;
use crate::ticket::queue::{CountAt, Counts, FoundRows, Likeness, Row, Sought, Wanted};
use crate::types::{TicketNumber, UnixMillis};

/// The technicians' queue. Fails as every method of [`super::Store`] does.
#[async_trait]
pub trait QueueStore: Send + Sync {
    /// A page of a list. Of the open tickets of one address and reason only the first has a row.
    async fn queue_page(&self, wanted: &Wanted) -> Result<Vec<Row>, StoreError>;
    /// The rows of these tickets in their order, whatever has become of them; those that are not there are
    /// left out.
    async fn queue_rows(&self, ids: &[TicketId]) -> Result<Vec<Row>, StoreError>;
    /// These tickets, and the open ones that have no row of their own because one of these stands for them.
    async fn queue_behind(&self, ids: &[TicketId]) -> Result<Vec<TicketId>, StoreError>;
    /// Counts everything that stands beside the queue. It goes over every open ticket: for whoever keeps
    /// the answer for many requests.
    async fn queue_counts(&self, at: &CountAt) -> Result<Counts, StoreError>;
    /// What the texts of the open tickets that have a row are like, in the order of the queue. As costly as
    /// the counts.
    async fn queue_likenesses(&self) -> Result<Vec<Likeness>, StoreError>;
    /// Looks for tickets. Who looks for what is written to the audit log, whatever is found.
    async fn queue_search(&self, sought: &Sought, now: UnixMillis) -> Result<FoundRows, StoreError>;
    /// The ticket with this number.
    async fn queue_number(&self, number: TicketNumber) -> Result<Option<TicketId>, StoreError>;
}
