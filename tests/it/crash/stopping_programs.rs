//! The same for what programs ask, and for what webhooks are told.

use async_trait::async_trait;
use nyckelbud::store::*;
use nyckelbud::ticket::TicketId;
use nyckelbud::types::{TokenName, UnixMillis};

use super::stopping_store::{Around, StoppingStore, stopped};

#[async_trait]
impl<A: Around> ProgramStore for StoppingStore<A> {
    async fn add_token(
        &self,
        token: &Token,
        hash: &str,
        audit: &AuditEntry,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        stopped!(self, "add_token", self.inner.add_token(token, hash, audit, now))
    }
    async fn all_tokens(&self) -> Result<Vec<Token>, StoreError> {
        self.around.call(self.inner.all_tokens()).await
    }
    async fn revoke_token(
        &self,
        name: &TokenName,
        audit: &AuditEntry,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        stopped!(self, "revoke_token", self.inner.revoke_token(name, audit, now))
    }
    async fn token(&self, hash: &str, now: UnixMillis) -> Result<Option<Token>, StoreError> {
        self.around.call(self.inner.token(hash, now)).await
    }
    async fn begin_once(
        &self,
        asked: &AskedOnce,
        stale: UnixMillis,
        forget: UnixMillis,
        now: UnixMillis,
    ) -> Result<OnceBegun, StoreError> {
        stopped!(self, "begin_once", self.inner.begin_once(asked, stale, forget, now))
    }
    async fn end_once(&self, asked: &AskedOnce, answer: Option<&KeptAnswer>) -> Result<(), StoreError> {
        stopped!(self, "end_once", self.inner.end_once(asked, answer))
    }
    async fn forget_asked(&self, before: UnixMillis) -> Result<u32, StoreError> {
        self.around.call(self.inner.forget_asked(before)).await
    }
    async fn ticket_views(&self, ids: &[TicketId]) -> Result<Vec<TicketView>, StoreError> {
        self.around.call(self.inner.ticket_views(ids)).await
    }
}

#[async_trait]
impl<A: Around> WebhookStore for StoppingStore<A> {
    async fn open_hooks(&self, hooks: &[String], now: UnixMillis) -> Result<(), StoreError> {
        stopped!(self, "open_hooks", self.inner.open_hooks(hooks, now))
    }
    async fn name_hooks(&self, hooks: &[String], now: UnixMillis) -> Result<(), StoreError> {
        stopped!(self, "name_hooks", self.inner.name_hooks(hooks, now))
    }
    async fn untold(&self, hook: &str, limit: u32) -> Result<Vec<Chained>, StoreError> {
        self.around.call(self.inner.untold(hook, limit)).await
    }
    async fn tell(
        &self,
        hook: &str,
        messages: &[(i64, HookMessage)],
        place: i64,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        stopped!(self, "tell", self.inner.tell(hook, messages, place, now))
    }
    async fn claim_hook_messages(
        &self,
        hook: &str,
        limit: u32,
        again_at: UnixMillis,
        now: UnixMillis,
    ) -> Result<Vec<HookMessage>, StoreError> {
        stopped!(self, "claim_hook_messages", self.inner.claim_hook_messages(hook, limit, again_at, now))
    }
    async fn hook_took(&self, hook: &str, message: &str, now: UnixMillis) -> Result<(), StoreError> {
        stopped!(self, "hook_took", self.inner.hook_took(hook, message, now))
    }
    async fn hook_failed(
        &self,
        hook: &str,
        message: &str,
        said: &str,
        again_at: Option<UnixMillis>,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        stopped!(self, "hook_failed", self.inner.hook_failed(hook, message, said, again_at, now))
    }
    async fn disable_hook(
        &self,
        hook: &str,
        audit: &AuditEntry,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        stopped!(self, "disable_hook", self.inner.disable_hook(hook, audit, now))
    }
    async fn hook_state(&self, hook: &str) -> Result<Option<HookState>, StoreError> {
        self.around.call(self.inner.hook_state(hook)).await
    }
}
