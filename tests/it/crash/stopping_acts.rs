//! The same for what people do to tickets.

use async_trait::async_trait;
use nyckelbud::store::*;
use nyckelbud::ticket::{ActStatus, KeptAct, Note, Ticket};
use nyckelbud::types::{StaffName, TicketNumber, UnixMillis};

use super::stopping_store::{Around, StoppingStore, stopped};

#[async_trait]
impl<A: Around> ActStore for StoppingStore<A> {
    async fn make_act(&self, new: NewAct) -> Result<ActMade, StoreError> {
        stopped!(self, "make_act", self.inner.make_act(new))
    }
    async fn undo_act(&self, act: i64, by: &StaffName, now: UnixMillis) -> Result<bool, StoreError> {
        stopped!(self, "undo_act", self.inner.undo_act(act, by, now))
    }
    async fn second_act(&self, word: SecondWord) -> Result<Seconded, StoreError> {
        stopped!(self, "second_act", self.inner.second_act(word))
    }
    async fn due_acts(&self, limit: u32, now: UnixMillis) -> Result<Vec<DueAct>, StoreError> {
        self.around.call(self.inner.due_acts(limit, now)).await
    }
    async fn end_act(
        &self,
        act: i64,
        was: ActStatus,
        ended: (ActStatus, &str),
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        stopped!(self, "end_act", self.inner.end_act(act, was, ended, now))
    }
    async fn acts_of(&self, ticket: TicketNumber) -> Result<Vec<KeptAct>, StoreError> {
        self.around.call(self.inner.acts_of(ticket)).await
    }
    async fn acts_for_colleagues(&self) -> Result<Vec<KeptAct>, StoreError> {
        self.around.call(self.inner.acts_for_colleagues()).await
    }
    async fn count_for_colleagues(&self) -> Result<u32, StoreError> {
        self.around.call(self.inner.count_for_colleagues()).await
    }
    async fn make_by_hand(&self, made: ByHand) -> Result<Option<TicketNumber>, StoreError> {
        stopped!(self, "make_by_hand", self.inner.make_by_hand(made))
    }
    async fn numbered(&self, ticket: TicketNumber) -> Result<Option<Ticket>, StoreError> {
        self.around.call(self.inner.numbered(ticket)).await
    }
    async fn notes_of(&self, ticket: TicketNumber) -> Result<Vec<Note>, StoreError> {
        self.around.call(self.inner.notes_of(ticket)).await
    }
    async fn save_draft(&self, ticket: TicketNumber, draft: &SavedDraft) -> Result<bool, StoreError> {
        stopped!(self, "save_draft", self.inner.save_draft(ticket, draft))
    }
    async fn draft_of(&self, ticket: TicketNumber, by: &StaffName) -> Result<Option<SavedDraft>, StoreError> {
        self.around.call(self.inner.draft_of(ticket, by)).await
    }
}
