//! The accounts of a store with stops: nobody signs in in these worlds, so there are no stops here.

use std::time::Duration;

use async_trait::async_trait;
use nyckelbud::store::*;
use nyckelbud::types::{Preferences, StaffName, UnixMillis};

use super::stopping_store::{Around, StoppingStore};

#[async_trait]
impl<A: Around> AccountStore for StoppingStore<A> {
    async fn add_staff(
        &self,
        staff: &Staff,
        audit: &AuditEntry,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        self.around.call(self.inner.add_staff(staff, audit, now)).await
    }
    async fn staff(&self, name: &StaffName) -> Result<Option<Staff>, StoreError> {
        self.around.call(self.inner.staff(name)).await
    }
    async fn all_staff(&self) -> Result<Vec<Staff>, StoreError> {
        self.around.call(self.inner.all_staff()).await
    }
    async fn change_staff(
        &self,
        name: &StaffName,
        change: &StaffChange,
        audit: &AuditEntry,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        self.around.call(self.inner.change_staff(name, change, audit, now)).await
    }
    async fn count_try(
        &self,
        limits: &[TryLimit],
        within: Duration,
        now: UnixMillis,
    ) -> Result<Option<UnixMillis>, StoreError> {
        self.around.call(self.inner.count_try(limits, within, now)).await
    }
    async fn use_code(&self, name: &StaffName, step: u64) -> Result<bool, StoreError> {
        self.around.call(self.inner.use_code(name, step)).await
    }
    async fn begin_session(
        &self,
        session: &NewSession,
        tries: &[TryLimit],
        audit: &AuditEntry,
        now: UnixMillis,
    ) -> Result<Option<StaffName>, StoreError> {
        self.around.call(self.inner.begin_session(session, tries, audit, now)).await
    }
    async fn session(
        &self,
        hash: &str,
        idle: Duration,
        used: bool,
        now: UnixMillis,
    ) -> Result<Option<Session>, StoreError> {
        self.around.call(self.inner.session(hash, idle, used, now)).await
    }
    async fn sessions_of(
        &self,
        name: &StaffName,
        idle: Duration,
        now: UnixMillis,
    ) -> Result<Vec<OwnSession>, StoreError> {
        self.around.call(self.inner.sessions_of(name, idle, now)).await
    }
    async fn end_other_sessions(
        &self,
        name: &StaffName,
        hash: &str,
        audit: &AuditEntry,
        now: UnixMillis,
    ) -> Result<usize, StoreError> {
        self.around.call(self.inner.end_other_sessions(name, hash, audit, now)).await
    }
    async fn end_session(&self, hash: &str, audit: &AuditEntry, now: UnixMillis) -> Result<(), StoreError> {
        self.around.call(self.inner.end_session(hash, audit, now)).await
    }
    async fn prefer(&self, name: &StaffName, preferences: &Preferences) -> Result<(), StoreError> {
        self.around.call(self.inner.prefer(name, preferences)).await
    }
    async fn note(&self, audit: &AuditEntry, now: UnixMillis) -> Result<(), StoreError> {
        self.around.call(self.inner.note(audit, now)).await
    }
}
