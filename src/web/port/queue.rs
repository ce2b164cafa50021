//! The technicians' queue: lists, counters, looking for tickets. Nothing here changes a ticket.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::{OutageNow, SwitchNow, Unavailable};
use crate::ticket::TicketId;
use crate::ticket::alike::Cluster;
use crate::ticket::queue::{Counts, FoundRows, Row, Wanted};
use crate::types::{StaffName, TicketNumber, UnixMillis};

/// The counters of one moment, and what they were counted with.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// What was counted.
    pub counts: Counts,
    /// Another number when something else was counted; the same on every node.
    pub version: u64,
    /// When.
    pub at: UnixMillis,
    /// When today began where the desk is.
    pub today: UnixMillis,
    /// What waits since then or longer turns amber, and red.
    pub late: [UnixMillis; 2],
    /// How people at the desk are called, by the name that tickets are assigned to.
    pub people: BTreeMap<String, String>,
    /// Those of them who act on tickets.
    pub colleagues: BTreeMap<String, String>,
    /// Where the automation switch stands.
    pub automation: SwitchNow,
    /// The outage of the phones that is not over.
    pub outage: Option<OutageNow>,
    /// Overrides that wait for a colleague.
    pub overrides: usize,
}

/// What the status page tells beside the counters, of today.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pulse {
    /// How long tickets took that needed nobody of the desk: half of them no longer, within a tenth.
    pub alone: Option<Duration>,
    /// The same of those that did.
    pub helped: Option<Duration>,
    /// Texts that a gateway has taken, or may have.
    pub sent: u32,
    /// Those that are in the phone, as receipts say.
    pub delivered: u32,
    /// Those that never will be.
    pub failed: u32,
    /// Links that nobody has opened.
    pub waiting: u32,
    /// Passwords that were shown by a link, and not confirmed as handed over.
    pub shown: u32,
}

/// Open tickets put together by their texts.
#[derive(Clone, Debug, Default)]
pub struct Alike {
    /// Those of nearly the same text, the largest group first.
    pub clusters: Vec<Cluster>,
    /// All others, in the order of the queue.
    pub alone: Vec<TicketId>,
}

/// What a search leads to.
#[derive(Clone, Debug)]
pub enum Found {
    /// To one ticket: its number was written.
    Ticket(TicketNumber),
    /// To these.
    Rows(FoundRows),
}

/// The technicians' queue.
#[async_trait]
pub trait Queue: Send + Sync {
    /// The counters, some two seconds old. No request counts: a task does while somebody asks.
    async fn snapshot(&self) -> Result<Arc<Snapshot>, Unavailable>;
    /// What the status page tells beside them, some ten seconds old.
    async fn pulse(&self) -> Result<Arc<Pulse>, Unavailable>;
    /// Something was changed that the counters must tell of: whoever asks next waits for new ones.
    fn outdate(&self);
    /// A page of a list.
    async fn page(&self, wanted: &Wanted) -> Result<Vec<Row>, Unavailable>;
    /// The rows of these tickets, in their order.
    async fn rows(&self, ids: &[TicketId]) -> Result<Vec<Row>, Unavailable>;
    /// The row of the ticket with this number; `None` when there is none.
    async fn row(&self, number: TicketNumber) -> Result<Option<Row>, Unavailable>;
    /// These tickets, and the open ones for which their rows stand.
    async fn behind(&self, ids: &[TicketId]) -> Result<Vec<TicketId>, Unavailable>;
    /// Open tickets put together by their texts; as old as the counters at most.
    async fn alike(&self) -> Result<Arc<Alike>, Unavailable>;
    /// Looks for what somebody has written into the search field, only before the mail `before`.
    async fn search(
        &self,
        text: &str,
        before: Option<i64>,
        limit: u32,
        by: &StaffName,
    ) -> Result<Found, Unavailable>;
    /// How long a ticket that waits since `since` has waited while the desk was open.
    fn waited(&self, since: UnixMillis, now: UnixMillis) -> Duration;
}
