//! The queue and the status page of a store with stops. It only reads: a program that dies there has changed nothing.

use async_trait::async_trait;
use nyckelbud::store::{Ended, OfferCounts, QueueStore, StatusStore, StoreError, TextCounts};
use nyckelbud::ticket::TicketId;
use nyckelbud::ticket::queue::{CountAt, Counts, FoundRows, Likeness, Row, Sought, Wanted};
use nyckelbud::types::{TicketNumber, UnixMillis};

use super::stopping_store::{Around, StoppingStore};

#[async_trait]
impl<A: Around> QueueStore for StoppingStore<A> {
    async fn queue_page(&self, wanted: &Wanted) -> Result<Vec<Row>, StoreError> {
        self.around.call(self.inner.queue_page(wanted)).await
    }
    async fn queue_rows(&self, ids: &[TicketId]) -> Result<Vec<Row>, StoreError> {
        self.around.call(self.inner.queue_rows(ids)).await
    }
    async fn queue_behind(&self, ids: &[TicketId]) -> Result<Vec<TicketId>, StoreError> {
        self.around.call(self.inner.queue_behind(ids)).await
    }
    async fn queue_counts(&self, at: &CountAt) -> Result<Counts, StoreError> {
        self.around.call(self.inner.queue_counts(at)).await
    }
    async fn queue_likenesses(&self) -> Result<Vec<Likeness>, StoreError> {
        self.around.call(self.inner.queue_likenesses()).await
    }
    async fn queue_search(&self, sought: &Sought, now: UnixMillis) -> Result<FoundRows, StoreError> {
        self.around.call(self.inner.queue_search(sought, now)).await
    }
    async fn queue_number(&self, number: TicketNumber) -> Result<Option<TicketId>, StoreError> {
        self.around.call(self.inner.queue_number(number)).await
    }
}

#[async_trait]
impl<A: Around> StatusStore for StoppingStore<A> {
    async fn ended(
        &self,
        by_people: bool,
        after: (UnixMillis, TicketId),
        until: UnixMillis,
        limit: u32,
    ) -> Result<Vec<Ended>, StoreError> {
        self.around.call(self.inner.ended(by_people, after, until, limit)).await
    }
    async fn texts_since(&self, since: UnixMillis) -> Result<TextCounts, StoreError> {
        self.around.call(self.inner.texts_since(since)).await
    }
    async fn offers(&self) -> Result<OfferCounts, StoreError> {
        self.around.call(self.inner.offers()).await
    }
}
