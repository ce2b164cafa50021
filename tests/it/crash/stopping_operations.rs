//! What whoever runs the desk looks at, of a store with stops: nobody does in these worlds, so there are no stops
//! here.

use async_trait::async_trait;
use nyckelbud::store::*;
use nyckelbud::types::UnixMillis;

use super::stopping_store::{Around, StoppingStore};

#[async_trait]
impl<A: Around> OperationStore for StoppingStore<A> {
    async fn outage(&self) -> Result<Option<Outage>, StoreError> {
        self.around.call(self.inner.outage()).await
    }
    async fn outages(&self, limit: u32) -> Result<Vec<Outage>, StoreError> {
        self.around.call(self.inner.outages(limit)).await
    }
    async fn begin_outage(
        &self,
        outage: &Outage,
        audit: &AuditEntry,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        self.around.call(self.inner.begin_outage(outage, audit, now)).await
    }
    async fn end_outage(
        &self,
        at: UnixMillis,
        audit: &AuditEntry,
        now: UnixMillis,
    ) -> Result<Option<Outage>, StoreError> {
        self.around.call(self.inner.end_outage(at, audit, now)).await
    }
    async fn audit_rows(&self, filter: &AuditFilter, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        self.around.call(self.inner.audit_rows(filter, limit)).await
    }
    async fn ask_unfreeze(&self, wanted: &Unfreezing, lapsed: UnixMillis) -> Result<Unfrozen, StoreError> {
        self.around.call(self.inner.ask_unfreeze(wanted, lapsed)).await
    }
    async fn unfreezings(&self, lapsed: UnixMillis) -> Result<Vec<Unfreezing>, StoreError> {
        self.around.call(self.inner.unfreezings(lapsed)).await
    }
}
