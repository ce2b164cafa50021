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
    /// The hash of its link.
    pub hash: String,
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
    /// How often it was tried, this time counted: tries that were ended, and this one.
    pub tries: u32,
}

/// How a webhook is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HookState {
    /// Since when nothing has got through; `None`: the last try did, there was none, or nothing waits any more.
    pub failing_since: Option<UnixMillis>,
    /// On how many days after that it was tried.
    pub failed_days: u32,
    /// When it was told no more, because nothing got through for days.
    pub disabled_at: Option<UnixMillis>,
    /// When it took something last.
    pub answered_at: Option<UnixMillis>,
    /// What went wrong last; empty when nothing did.
    pub said: String,
    /// What waits to be told.
    pub waiting: u32,
    /// Since when there are rows of the audit log outside the chain: what they tell waits.
    pub unchained_since: Option<UnixMillis>,
}

/// What webhooks are told. Fails as every method of [`super::Store`] does.
#[async_trait]
pub trait WebhookStore: Send + Sync {
    /// A program that tells these webhooks starts. As [`Self::name_hooks`]; and one that was told no more gets another
    /// try. What waits stays due when it is.
    async fn open_hooks(&self, hooks: &[String], now: UnixMillis) -> Result<(), StoreError>;
    /// A configuration names these webhooks. One that is new hears what comes from now on. One that none has named for a
    /// day is forgotten, with what waits for it: another node's may name it.
    async fn name_hooks(&self, hooks: &[String], now: UnixMillis) -> Result<(), StoreError>;
    /// Up to `limit` chained rows that this webhook was not told of yet, in their order.
    async fn untold(&self, hook: &str, limit: u32) -> Result<Vec<Chained>, StoreError>;
    /// Keeps what it is to be told of them, each with the place of its row, and that it was told up to `place`. What it
    /// was told of already, by another node, is left out. One that is told no more gets nothing.
    async fn tell(
        &self,
        hook: &str,
        messages: &[(i64, HookMessage)],
        place: i64,
        now: UnixMillis,
    ) -> Result<(), StoreError>;
    /// Takes on up to `limit` messages that are due. One whose try is not ended is due again at `again_at`, and was not
    /// tried.
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
