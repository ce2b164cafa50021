//! What pages ask of a store with stops: nobody looks in these worlds, so there are no stops here.

use async_trait::async_trait;
use nyckelbud::store::*;
use nyckelbud::ticket::TicketId;
use nyckelbud::types::{TicketNumber, UnixMillis};

use super::stopping_store::{Around, StoppingStore};

#[async_trait]
impl<A: Around> ViewStore for StoppingStore<A> {
    async fn ticket_file(&self, number: TicketNumber) -> Result<Option<TicketFile>, StoreError> {
        self.around.call(self.inner.ticket_file(number)).await
    }
    async fn mail_octets(
        &self,
        ticket: TicketId,
        mail: MailId,
        most: u64,
    ) -> Result<Option<MailOctets>, StoreError> {
        self.around.call(self.inner.mail_octets(ticket, mail, most)).await
    }
    async fn sought_people(
        &self,
        ticket: TicketId,
        actor: &str,
        words: &str,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        self.around.call(self.inner.sought_people(ticket, actor, words, now)).await
    }
    async fn looked_at(
        &self,
        ticket: TicketId,
        actor: &str,
        since: UnixMillis,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        self.around.call(self.inner.looked_at(ticket, actor, since, now)).await
    }
}
