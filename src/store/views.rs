//! The part of the store that shows a ticket to people. It changes nothing but the audit log, which tells
//! who has looked.

use async_trait::async_trait;

use super::{MailId, MailOctets, StoreError, TicketFile};
use crate::ticket::TicketId;
use crate::types::{TicketNumber, UnixMillis};

/// What is shown of tickets. Fails as every method of [`super::Store`] does.
#[async_trait]
pub trait ViewStore: Send + Sync {
    /// The ticket with this number and everything beside it, as of one moment; `None` when there is none.
    async fn ticket_file(&self, number: TicketNumber) -> Result<Option<TicketFile>, StoreError>;
    /// One mail of the ticket, or of one that was merged into it, as it is kept; `None` when it is no mail of
    /// theirs, or has more than `most` octets, which are then not loaded.
    async fn mail_octets(
        &self,
        ticket: TicketId,
        mail: MailId,
        most: u64,
    ) -> Result<Option<MailOctets>, StoreError>;
    /// `actor` looks in the directory for somebody by these words, at the ticket: a row in the audit log, each time.
    async fn sought_people(
        &self,
        ticket: TicketId,
        actor: &str,
        words: &str,
        now: UnixMillis,
    ) -> Result<(), StoreError>;
    /// `actor` looks at the ticket: a row in the audit log, unless there is one of theirs since `since`.
    async fn looked_at(
        &self,
        ticket: TicketId,
        actor: &str,
        since: UnixMillis,
        now: UnixMillis,
    ) -> Result<(), StoreError>;
}
