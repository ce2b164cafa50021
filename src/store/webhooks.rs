//! The part of the store that tells webhooks. What they are told is the audit log: its row is written in the
//! transaction of what it tells, and its place in the chain leaves none out.

use async_trait::async_trait;

use super::{AuditEntry, StoreError};
use crate::ticket::Ticket;
use crate::types::UnixMillis;

/// A chained row of the audit log, with its ticket as it is by now.
#[derive(Clone, Debug)]
pub struct Chained {
    /// Its place in the chain.
    pub place: i64,
    /// When it was written.
    pub at: UnixMillis,
    /// What it tells.
    pub entry: AuditEntry,
    /// Its ticket, if it is about one.
    pub ticket: Option<Ticket>,
}

/// Something that a webhook is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookMessage {
    /// Its `webhook-id`: the same in every try.
    pub message: String,
    /// What is sent, octet by octet the same in every try.
    pub body: String,
    /// When it was made.
    pub made_at: UnixMillis,
    /// How often it was tried, this time counted.
    pub tries: u32,
}

/// How a webhook is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HookState {
    /// Since when nothing has got through; `None`: the last try did, or there was none.
    pub failing_since: Option<UnixMillis>,
    /// When it was told no more, because nothing got through for days.
    pub disabled_at: Option<UnixMillis>,
    /// When it took something last.
    pub answered_at: Option<UnixMillis>,
    /// What went wrong last; empty when nothing did.
    pub said: String,
    /// What waits to be told.
    pub waiting: u32,
}

/// What webhooks are told. Fails as every method of [`super::Store`] does.
#[async_trait]
pub trait WebhookStore: Send + Sync {
    /// The program starts: these webhooks are told from now on, and no others. One that is new hears what comes; one that
    /// was told no more gets another try, and so does at once what waits, or was under way when the program was stopped.
    async fn open_hooks(&self, hooks: &[String], now: UnixMillis) -> Result<(), StoreError>;
    /// Up to `limit` chained rows that this webhook was not told of yet, in their order.
    async fn untold(&self, hook: &str, limit: u32) -> Result<Vec<Chained>, StoreError>;
    /// Keeps what it is to be told of them, and that it was told up to `place`; nothing when it was told of that
    /// already. One that is told no more gets nothing.
    async fn tell(
        &self,
        hook: &str,
        messages: &[HookMessage],
        place: i64,
        now: UnixMillis,
    ) -> Result<(), StoreError>;
    /// Takes on up to `limit` messages that are due. A try that is not ended counts as failed at `again_at`.
    async fn claim_hook_messages(
        &self,
        hook: &str,
        limit: u32,
        again_at: UnixMillis,
        now: UnixMillis,
    ) -> Result<Vec<HookMessage>, StoreError>;
    /// The webhook has taken it.
    async fn hook_took(&self, hook: &str, message: &str, now: UnixMillis) -> Result<(), StoreError>;
    /// It has not, because of `said`. Tried again at `again_at`; `None`: given up.
    async fn hook_failed(
        &self,
        hook: &str,
        message: &str,
        said: &str,
        again_at: Option<UnixMillis>,
        now: UnixMillis,
    ) -> Result<(), StoreError>;
    /// It is told no more, with its audit row; `false` when it is not already. What waited is forgotten.
    async fn disable_hook(&self, hook: &str, audit: &AuditEntry, now: UnixMillis)
    -> Result<bool, StoreError>;
    /// How a webhook is; `None` when there is none.
    async fn hook_state(&self, hook: &str) -> Result<Option<HookState>, StoreError>;
}
