//! The store with stops before and after everything that commits. Plain reads have no stops: a
//! program that dies there has changed nothing.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use nyckelbud::delivery::Receipt;
use nyckelbud::keyring::Keyring;
use nyckelbud::mailbox::{AnotherInbox, Filed, Folder, MailUid, Mark, Shelf};
use nyckelbud::store::*;
use nyckelbud::ticket::{State, Ticket, TicketId};
use nyckelbud::types::{AccountId, History, Outcome, TicketNumber, UnixMillis};

/// What surrounds a store under test.
pub trait Around: Send + Sync {
    /// What is noted of a commit before it is made.
    type Noted: Send;

    /// A place at which the program may be stopped.
    fn point(&self, place: &'static str) -> impl Future<Output = ()> + Send;
    /// Makes one call.
    fn call<T: Send>(&self, call: impl Future<Output = T> + Send) -> impl Future<Output = T> + Send;
    /// Somebody has taken tickets on.
    fn claimed(&self, claims: &mut [Claim]);
    /// A commit is about to be made.
    fn note(&self, id: TicketId, step: &Step) -> Self::Noted;
    /// It was made, or refused; nobody is stopped in between.
    fn committed(&self, noted: Self::Noted, committed: &Committed) -> impl Future<Output = ()> + Send;
}

/// A store with stops.
pub struct StoppingStore<A> {
    pub inner: Arc<dyn Store>,
    pub around: A,
}

macro_rules! stopped {
    ($self:ident, $place:literal, $call:expr) => {{
        $self.around.point(concat!("before ", $place)).await;
        let answer = $self.around.call($call).await;
        $self.around.point(concat!("after ", $place)).await;
        answer
    }};
}

pub(super) use stopped;

#[async_trait]
impl<A: Around> Store for StoppingStore<A> {
    async fn record(&self, mails: Vec<Incoming>, now: UnixMillis) -> Result<Vec<Recorded>, StoreError> {
        stopped!(self, "record", self.inner.record(mails, now))
    }
    async fn claim(
        &self,
        owner: &str,
        lease: Duration,
        limit: u32,
        now: UnixMillis,
    ) -> Result<Vec<Claim>, StoreError> {
        let mut claims = self.around.call(self.inner.claim(owner, lease, limit, now)).await;
        if let Ok(claims) = &mut claims
            && !claims.is_empty()
        {
            self.around.claimed(claims);
            self.around.point("after claim").await;
        }
        claims
    }
    async fn claim_ticket(
        &self,
        id: TicketId,
        owner: &str,
        lease: Duration,
    ) -> Result<Option<Claim>, StoreError> {
        let mut claim = stopped!(self, "claim_ticket", self.inner.claim_ticket(id, owner, lease));
        if let Ok(Some(claim)) = &mut claim {
            self.around.claimed(std::slice::from_mut(claim));
        }
        claim
    }
    async fn commit(
        &self,
        id: TicketId,
        fence: i64,
        from: &State,
        step: Step,
    ) -> Result<Committed, StoreError> {
        let noted = self.around.note(id, &step);
        let commit = async {
            let committed = self.inner.commit(id, fence, from, step).await;
            if let Ok(committed) = &committed {
                self.around.committed(noted, committed).await;
            }
            committed
        };
        stopped!(self, "commit", commit)
    }
    async fn release(&self, id: TicketId, fence: i64, due_at: UnixMillis) -> Result<(), StoreError> {
        stopped!(self, "release", self.inner.release(id, fence, due_at))
    }
    async fn rest(&self, id: TicketId, fence: i64) -> Result<(), StoreError> {
        stopped!(self, "rest", self.inner.rest(id, fence))
    }
    async fn wake_all(&self, now: UnixMillis) -> Result<u32, StoreError> {
        stopped!(self, "wake_all", self.inner.wake_all(now))
    }
    async fn next_due(&self) -> Result<Option<UnixMillis>, StoreError> {
        self.around.call(self.inner.next_due()).await
    }
    async fn claim_messages(
        &self,
        channel: Channel,
        owner: &str,
        lease: Duration,
        limit: u32,
        now: UnixMillis,
    ) -> Result<Vec<MessageClaim>, StoreError> {
        let claims = self.around.call(self.inner.claim_messages(channel, owner, lease, limit, now)).await;
        if claims.as_ref().is_ok_and(|claims| !claims.is_empty()) {
            self.around.point("after claim_messages").await;
        }
        claims
    }
    async fn begin_message(
        &self,
        id: i64,
        fence: i64,
        cap: &TextCap,
        now: UnixMillis,
    ) -> Result<Begun, StoreError> {
        stopped!(self, "begin_message", self.inner.begin_message(id, fence, cap, now))
    }
    async fn end_returned(
        &self,
        id: i64,
        fence: i64,
        again_at: Option<UnixMillis>,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        stopped!(self, "end_returned", self.inner.end_returned(id, fence, again_at, now))
    }
    async fn end_message(
        &self,
        id: i64,
        fence: i64,
        outcome: &Outcome,
        again_at: Option<UnixMillis>,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        stopped!(self, "end_message", self.inner.end_message(id, fence, outcome, again_at, now))
    }
    async fn message_left(
        &self,
        ticket: TicketId,
        kind: MessageKind,
    ) -> Result<Option<UnixMillis>, StoreError> {
        self.around.call(self.inner.message_left(ticket, kind)).await
    }
    async fn end_text(
        &self,
        id: i64,
        fence: i64,
        sent: &TextSent,
        again_at: Option<UnixMillis>,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        stopped!(self, "end_text", self.inner.end_text(id, fence, sent, again_at, now))
    }
    async fn release_message(
        &self,
        id: i64,
        fence: i64,
        again_at: Option<UnixMillis>,
    ) -> Result<(), StoreError> {
        stopped!(self, "release_message", self.inner.release_message(id, fence, again_at))
    }
    async fn receipt(
        &self,
        gateway: &str,
        key: Option<&str>,
        reference: &str,
        receipt: Receipt,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        stopped!(self, "receipt", self.inner.receipt(gateway, key, reference, receipt, now))
    }
    async fn receipt_for(&self, key: &str) -> Result<Option<StoredReceipt>, StoreError> {
        self.around.call(self.inner.receipt_for(key)).await
    }
    async fn receipt_for_message(&self, id: i64) -> Result<Option<StoredReceipt>, StoreError> {
        self.around.call(self.inner.receipt_for_message(id)).await
    }
    async fn history(
        &self,
        account: &AccountId,
        sender: &str,
        phone_hash: &str,
        unit: &str,
        now: UnixMillis,
    ) -> Result<History, StoreError> {
        self.around.call(self.inner.history(account, sender, phone_hash, unit, now)).await
    }
    async fn links_to(&self, phone_hash: &str, now: UnixMillis) -> Result<u32, StoreError> {
        self.around.call(self.inner.links_to(phone_hash, now)).await
    }
    async fn mails_of(&self, id: TicketId, limit: MailsLimit) -> Result<Option<Vec<KeptMail>>, StoreError> {
        self.around.call(self.inner.mails_of(id, limit)).await
    }
    async fn ticket(&self, id: TicketId) -> Result<Option<Ticket>, StoreError> {
        self.around.call(self.inner.ticket(id)).await
    }
    async fn ticket_by_pickup(&self, pickup_hash: &str) -> Result<Option<Ticket>, StoreError> {
        self.around.call(self.inner.ticket_by_pickup(pickup_hash)).await
    }
    async fn list(&self, filter: &TicketFilter) -> Result<Listed, StoreError> {
        self.around.call(self.inner.list(filter)).await
    }
    async fn thread_of(&self, arrival: &Arrival<'_>) -> Result<Thread, StoreError> {
        self.around.call(self.inner.thread_of(arrival)).await
    }
    async fn unread(&self, id: TicketId) -> Result<Option<KeptMail>, StoreError> {
        self.around.call(self.inner.unread(id)).await
    }
    async fn quarantine(&self, number: Option<TicketNumber>) -> Result<InQuarantine, StoreError> {
        self.around.call(self.inner.quarantine(number)).await
    }
    async fn let_out(
        &self,
        id: TicketId,
        mail: Incoming,
        actor: &str,
        now: UnixMillis,
    ) -> Result<LetOut, StoreError> {
        stopped!(self, "let_out", self.inner.let_out(id, mail, actor, now))
    }
    async fn switch(&self, now: UnixMillis) -> Result<Option<Switch>, StoreError> {
        self.around.call(self.inner.switch(now)).await
    }
    async fn turn(&self, switch: &Switch, audit: AuditEntry) -> Result<(), StoreError> {
        stopped!(self, "turn", self.inner.turn(switch, audit))
    }
    async fn hold_forgotten(&self, pause: &Pause, now: UnixMillis) -> Result<Option<u32>, StoreError> {
        stopped!(self, "hold_forgotten", self.inner.hold_forgotten(pause, now))
    }
    async fn hold_deliveries(&self, alarms: &[NewMessage], now: UnixMillis) -> Result<u32, StoreError> {
        stopped!(self, "hold_deliveries", self.inner.hold_deliveries(alarms, now))
    }
    async fn is_frozen(
        &self,
        account: &AccountId,
        lifted_at: Option<UnixMillis>,
    ) -> Result<bool, StoreError> {
        self.around.call(self.inner.is_frozen(account, lifted_at)).await
    }
    async fn frozen(&self, now: UnixMillis) -> Result<Vec<Frozen>, StoreError> {
        self.around.call(self.inner.frozen(now)).await
    }
    async fn unfreeze(
        &self,
        whom: &str,
        audit: AuditEntry,
        now: UnixMillis,
    ) -> Result<Option<Frozen>, StoreError> {
        stopped!(self, "unfreeze", self.inner.unfreeze(whom, audit, now))
    }
    async fn seal_audit(&self, keyring: &Keyring, limit: u32) -> Result<u32, StoreError> {
        let sealed = self.around.call(self.inner.seal_audit(keyring, limit)).await;
        if sealed.as_ref().is_ok_and(|sealed| *sealed > 0) {
            self.around.point("after seal_audit").await;
        }
        sealed
    }
    async fn verify_audit(&self, keyring: &Keyring) -> Result<ChainReport, StoreError> {
        self.around.call(self.inner.verify_audit(keyring)).await
    }
    async fn erase_expired(&self, now: UnixMillis) -> Result<u32, StoreError> {
        self.around.call(self.inner.erase_expired(now)).await
    }
    async fn free_leases(&self) -> Result<(), StoreError> {
        self.around.call(self.inner.free_leases()).await
    }
    async fn probe(&self) -> Result<String, StoreError> {
        self.around.call(self.inner.probe()).await
    }
}

#[async_trait]
impl<A: Around> Ledger for StoppingStore<A> {
    async fn mark(&self, mailbox: &str, shelf: Shelf) -> Result<Option<Mark>, StoreError> {
        self.around.call(self.inner.mark(mailbox, shelf)).await
    }
    async fn set_mark(
        &self,
        mailbox: &str,
        shelf: Shelf,
        mark: &Mark,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        stopped!(self, "set_mark", self.inner.set_mark(mailbox, shelf, mark, now))
    }
    async fn amend_mark(&self, mailbox: &str, shelf: Shelf, mark: &Mark) -> Result<(), StoreError> {
        stopped!(self, "amend_mark", self.inner.amend_mark(mailbox, shelf, mark))
    }
    async fn last(&self, mailbox: &str, validity: u32) -> Result<Option<MailUid>, StoreError> {
        self.around.call(self.inner.last(mailbox, validity)).await
    }
    async fn another_inbox(
        &self,
        mailbox: &str,
        validity: u32,
        shelf: Shelf,
        another: &AnotherInbox,
        now: UnixMillis,
    ) -> Result<u64, StoreError> {
        stopped!(self, "another_inbox", self.inner.another_inbox(mailbox, validity, shelf, another, now))
    }
    async fn entries(&self, scope: &UidScope, uids: &[MailUid]) -> Result<Vec<LedgerEntry>, StoreError> {
        self.around.call(self.inner.entries(scope, uids)).await
    }
    async fn unmoved(
        &self,
        mailbox: &str,
        validity: u32,
        after: Option<&MailUid>,
        limit: u32,
    ) -> Result<Vec<LedgerEntry>, StoreError> {
        self.around.call(self.inner.unmoved(mailbox, validity, after, limit)).await
    }
    async fn count_tries(
        &self,
        scope: &UidScope,
        uids: &[MailUid],
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        stopped!(self, "count_tries", self.inner.count_tries(scope, uids, now))
    }
    async fn forgive_tries(&self, scope: &UidScope, uids: &[MailUid]) -> Result<(), StoreError> {
        stopped!(self, "forgive_tries", self.inner.forgive_tries(scope, uids))
    }
    async fn filed(
        &self,
        mailbox: &str,
        validity: u32,
        folder: Folder,
        mails: &[Filed],
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        stopped!(self, "filed", self.inner.filed(mailbox, validity, folder, mails, now))
    }
    async fn moved(
        &self,
        mailbox: &str,
        validity: u32,
        uids: &[MailUid],
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        stopped!(self, "moved", self.inner.moved(mailbox, validity, uids, now))
    }
    async fn gone(
        &self,
        mailbox: &str,
        validity: u32,
        uids: &[MailUid],
        now: UnixMillis,
    ) -> Result<u32, StoreError> {
        stopped!(self, "gone", self.inner.gone(mailbox, validity, uids, now))
    }
    async fn with_content(&self, hashes: &[String]) -> Result<Vec<(String, MailId)>, StoreError> {
        self.around.call(self.inner.with_content(hashes)).await
    }
    async fn kept_unread(&self, mailbox: &str, octets: &[u8]) -> Result<Option<MailId>, StoreError> {
        self.around.call(self.inner.kept_unread(mailbox, octets)).await
    }
    async fn of_mailbox(&self, mailbox: &str, mails: &[MailId]) -> Result<Vec<MailId>, StoreError> {
        self.around.call(self.inner.of_mailbox(mailbox, mails)).await
    }
    async fn copies(&self, mailbox: &str, mails: &[MailId]) -> Result<Vec<(MailId, MailId)>, StoreError> {
        self.around.call(self.inner.copies(mailbox, mails)).await
    }
    async fn settle(
        &self,
        scope: &UidScope,
        mails: Vec<Found>,
        compared: bool,
        now: UnixMillis,
    ) -> Result<Vec<Settled>, StoreError> {
        stopped!(self, "settle", self.inner.settle(scope, mails, compared, now))
    }
    async fn totals(&self, mailbox: &str) -> Result<Totals, StoreError> {
        self.around.call(self.inner.totals(mailbox)).await
    }
}
