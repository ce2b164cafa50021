//! The part of the store that programs need: their tokens, and what they have asked once already.

use async_trait::async_trait;

use super::{AuditEntry, StoreError, TicketView};
use crate::ticket::TicketId;
use crate::types::{Scope, TokenName, UnixMillis};

/// A token, as the store knows it: all but the token itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Which program has it.
    pub name: TokenName,
    /// What it lets that program do.
    pub scopes: Vec<Scope>,
    /// Who made it, as in the audit log.
    pub made_by: String,
    /// When.
    pub made_at: UnixMillis,
    /// When it ends by itself; `None` for never.
    pub expires_at: Option<UnixMillis>,
    /// When somebody ended it.
    pub revoked_at: Option<UnixMillis>,
    /// When it was used last, to a minute; `None` for never.
    pub used_at: Option<UnixMillis>,
}

impl Token {
    /// Does it let anybody in at `now`?
    #[must_use]
    pub fn holds(&self, now: UnixMillis) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|at| now < at)
    }
}

/// A request that is to be carried out once, however often it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedOnce {
    /// Whose.
    pub token: TokenName,
    /// Its `Idempotency-Key`.
    pub key: String,
    /// What tells what is asked from anything else; of no use without a key that lies outside the store.
    pub fingerprint: String,
}

/// An answer that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    /// Its status.
    pub status: u16,
    /// Its `Location`; empty for none.
    pub location: String,
    /// Its body, which is JSON.
    pub body: String,
}

/// What is known of such a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnceBegun {
    /// It is new, or was left behind by a program that was stopped: it is carried out now.
    Now,
    /// It is being carried out.
    UnderWay,
    /// It was answered.
    Answered(KeptAnswer),
    /// Something else was asked with this key.
    Another,
}

/// What programs need. Fails as every method of [`super::Store`] does.
#[async_trait]
pub trait ProgramStore: Send + Sync {
    /// Adds a token of which `hash` is the SHA-256; `false` when the name was ever given, and nothing has changed.
    async fn add_token(
        &self,
        token: &Token,
        hash: &str,
        audit: &AuditEntry,
        now: UnixMillis,
    ) -> Result<bool, StoreError>;
    /// Every token that ever was, by name.
    async fn all_tokens(&self) -> Result<Vec<Token>, StoreError>;
    /// Ends a token; `false` when there is none of this name that somebody has not ended already.
    async fn revoke_token(
        &self,
        name: &TokenName,
        audit: &AuditEntry,
        now: UnixMillis,
    ) -> Result<bool, StoreError>;
    /// The token with this hash, which is being used now; `None` when it lets nobody in (any more).
    async fn token(&self, hash: &str, now: UnixMillis) -> Result<Option<Token>, StoreError>;

    /// Begins a request that is carried out once. One without an answer that was begun before `stale` was left behind.
    /// What was begun before `forget` is forgotten.
    async fn begin_once(
        &self,
        asked: &AskedOnce,
        stale: UnixMillis,
        forget: UnixMillis,
        now: UnixMillis,
    ) -> Result<OnceBegun, StoreError>;
    /// Keeps its answer; with `None` it was not carried out, and is forgotten.
    async fn end_once(&self, asked: &AskedOnce, answer: Option<&KeptAnswer>) -> Result<(), StoreError>;
    /// Forgets what was begun before this. Answers how much it was.
    async fn forget_asked(&self, before: UnixMillis) -> Result<u32, StoreError>;

    /// These tickets in their order; those that are not there are left out.
    async fn ticket_views(&self, ids: &[TicketId]) -> Result<Vec<TicketView>, StoreError>;
}
