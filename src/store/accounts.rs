//! The part of the store that knows who works at the desk: local accounts, sessions, and tries to sign in.

use std::time::Duration;

use async_trait::async_trait;

use super::{AuditEntry, StoreError};
use crate::types::{Preferences, Role, StaffMember, StaffName, TotpKey, UnixMillis};

/// Somebody who works at the desk, as the store knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staff {
    /// By what name they sign in, how people call them, and what they are.
    pub member: StaffMember,
    /// The identity provider's own name for them; empty for an account of the pages' own.
    pub provider: String,
    /// The argon2id hash of their password; empty when they sign in at the identity provider.
    pub password: String,
    /// What their one-time codes are made from; `None`: they need none.
    pub totp: Option<TotpKey>,
    /// They cannot sign in.
    pub disabled: bool,
    /// When they came in last; `None` for never.
    pub signed_in_at: Option<UnixMillis>,
    /// Which person's the account is, in an administrator's word; empty when nobody has said so.
    pub person: String,
}

/// What is changed of an account. Each change ends the account's sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StaffChange {
    /// The hash of another password.
    Password(String),
    /// Other one-time codes; `None`: none at all.
    Totp(Option<TotpKey>),
    /// They may sign in no more, or again.
    Disabled(bool),
    /// They are something else.
    Role(Role),
    /// It is this person's, in an administrator's word; empty: nobody says whose.
    Person(String),
}

/// How many tries that failed are let through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TryLimit {
    /// By whose name, or from where; kept as a hash only.
    pub subject: String,
    /// So many in the time.
    pub most: u32,
}

/// A session that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSession {
    /// SHA-256 of the browser's cookie.
    pub hash: String,
    /// Who signed in, as they were judged: a session begins only while password, codes and role are still these.
    /// Somebody of the identity provider is known by its name for them alone. Whom the store does not know yet is
    /// kept, under another name when theirs is taken.
    pub staff: Staff,
    /// When it ends, however much it is used.
    pub ends_at: UnixMillis,
}

/// Somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub member: StaffMember,
    /// How they want the pages.
    pub preferences: Preferences,
    /// When it ends, unless it is used before.
    pub ends_at: UnixMillis,
}

/// A session, as its own person sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnSession {
    /// The hash of its browser's cookie.
    pub hash: String,
    /// When it began.
    pub begun_at: UnixMillis,
    /// When it was used last, within a minute.
    pub seen_at: UnixMillis,
}

/// Who works at the desk. Fails as every method of [`super::Store`] does.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// Adds an account; `false` when the name is taken, and nothing has changed.
    async fn add_staff(&self, staff: &Staff, audit: &AuditEntry, now: UnixMillis)
    -> Result<bool, StoreError>;

    /// The account with this name.
    async fn staff(&self, name: &StaffName) -> Result<Option<Staff>, StoreError>;

    /// Every account, by name.
    async fn all_staff(&self) -> Result<Vec<Staff>, StoreError>;

    /// Changes an account; `false` when there is none.
    async fn change_staff(
        &self,
        name: &StaffName,
        change: &StaffChange,
        audit: &AuditEntry,
        now: UnixMillis,
    ) -> Result<bool, StoreError>;

    /// Counts a try to sign in, before it is judged, so that many at once are counted, too; one that succeeds is
    /// taken back by [`AccountStore::begin_session`]. When a limit is reached it is not counted, and the answer
    /// says when the next may be made. Tries count for `within`.
    async fn count_try(
        &self,
        limits: &[TryLimit],
        within: Duration,
        now: UnixMillis,
    ) -> Result<Option<UnixMillis>, StoreError>;

    /// Uses the one-time code of this step; `false` when one of it or of a later step was used (RFC 6238, 5.2).
    async fn use_code(&self, name: &StaffName, step: u64) -> Result<bool, StoreError>;

    /// Begins a session. Of `tries`, those of the first subject are forgotten, and one of each other is taken back.
    /// Answers who it is of; `None` when the account is disabled, or was changed since it was judged. The audit row's
    /// actor is that person.
    async fn begin_session(
        &self,
        session: &NewSession,
        tries: &[TryLimit],
        audit: &AuditEntry,
        now: UnixMillis,
    ) -> Result<Option<StaffName>, StoreError>;

    /// The session with this hash, unless it is over, was not used for `idle`, or its account is disabled. `used`:
    /// a person uses it now, and no program of theirs.
    async fn session(
        &self,
        hash: &str,
        idle: Duration,
        used: bool,
        now: UnixMillis,
    ) -> Result<Option<Session>, StoreError>;

    /// Ends the session with this hash.
    async fn end_session(&self, hash: &str, audit: &AuditEntry, now: UnixMillis) -> Result<(), StoreError>;

    /// The sessions of somebody that are not over, the newest first.
    async fn sessions_of(
        &self,
        name: &StaffName,
        idle: Duration,
        now: UnixMillis,
    ) -> Result<Vec<OwnSession>, StoreError>;

    /// Ends all sessions of somebody but this one, with their audit row. How many there were.
    async fn end_other_sessions(
        &self,
        name: &StaffName,
        hash: &str,
        audit: &AuditEntry,
        now: UnixMillis,
    ) -> Result<usize, StoreError>;

    /// Keeps how somebody wants the pages.
    async fn prefer(&self, name: &StaffName, preferences: &Preferences) -> Result<(), StoreError>;

    /// Writes an audit row that no other change carries.
    async fn note(&self, audit: &AuditEntry, now: UnixMillis) -> Result<(), StoreError>;
}
