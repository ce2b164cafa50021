//! [`SqlStore`]: the store over an SQL database. Each file holds what one part of the program needs;
//! this one opens the database and hands every method of [`Store`] on.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::{Pool, Postgres, Sqlite};

use self::dialect::Dialect;
use self::tidy::Tidy;
use self::tx::Tx;
use super::{
    Arrival, AuditEntry, Begun, ChainReport, Channel, Claim, Committed, Frozen, InQuarantine, Incoming,
    KeptMail, LetOut, Listed, MailsLimit, MessageClaim, MessageKind, NewMessage, Pause, Recorded, Step,
    Store, StoreError, StoredReceipt, Switch, TextCap, TextSent, Thread, TicketFilter,
};
use crate::delivery::Receipt;
use crate::keyring::Keyring;
use crate::ticket::{State, Ticket, TicketId};
use crate::types::{AccountId, History, Outcome, TicketNumber, UnixMillis};

mod accounts;
mod acts;
mod another;
mod audit;
mod audit_rows;
mod bounces;
mod ceiling;
mod claims;
mod commit;
mod dialect;
mod excerpts;
mod floods;
mod frozen;
mod history;
mod intake;
mod intents;
mod joins;
mod ledger;
mod limits;
mod messages;
mod migrations;
mod operations;
mod places;
#[cfg(test)]
mod plans;
mod postgres;
mod programs;
mod quarantine;
mod queue;
mod queue_counts;
mod queue_search;
mod reads;
mod receipts;
mod restored;
mod sqlite;
mod status;
mod switch;
mod threads;
mod ticket;
mod tidy;
mod tx;
mod value;
mod views;
mod webhooks;

/// "Never due", as a column holds it.
const NEVER: UnixMillis = UnixMillis(i64::MAX);

/// The connections to a database.
struct Pools<DB: Dialect> {
    /// For transactions that write; on SQLite there is one.
    writer: Pool<DB>,
    /// For reads.
    reader: Pool<DB>,
}

/// The store over an SQL database.
struct SqlStore<DB: Dialect> {
    pools: Pools<DB>,
    mail_domain: String,
    tidy: Tidy,
}

/// See [`super::open`].
pub(super) async fn open(url: &str, mail_domain: &str) -> Result<Arc<dyn Store>, StoreError> {
    if is_postgres(url) {
        let pools = postgres::open(url).await?;
        migrations::apply::<Postgres>(&pools.writer, migrations::POSTGRES).await?;
        return Ok(SqlStore::over(pools, mail_domain));
    }
    let pools = sqlite::open(url).await?;
    migrations::apply::<Sqlite>(&pools.writer, migrations::SQLITE).await?;
    Ok(SqlStore::over(pools, mail_domain))
}

/// See [`super::open_existing`].
pub(super) async fn open_existing(url: &str, mail_domain: &str) -> Result<Arc<dyn Store>, StoreError> {
    if is_postgres(url) {
        let pools = postgres::open(url).await?;
        migrations::demand::<Postgres>(&pools.writer, migrations::POSTGRES).await?;
        return Ok(SqlStore::over(pools, mail_domain));
    }
    let pools = sqlite::open_existing(url).await?;
    migrations::demand::<Sqlite>(&pools.writer, migrations::SQLITE).await?;
    Ok(SqlStore::over(pools, mail_domain))
}

/// See [`super::migrate`].
pub(super) async fn migrate(url: &str) -> Result<Vec<String>, StoreError> {
    if is_postgres(url) {
        migrations::apply::<Postgres>(&postgres::open(url).await?.writer, migrations::POSTGRES).await
    } else {
        migrations::apply::<Sqlite>(&sqlite::open(url).await?.writer, migrations::SQLITE).await
    }
}

fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

/// An error of the database in words: what was being done, and the database's own message, which
/// names tables but no values.
fn unavailable(doing: &'static str) -> impl Fn(sqlx::Error) -> StoreError {
    move |error| match error {
        sqlx::Error::Database(error) => StoreError::Unavailable(format!("{doing}: {}", error.message())),
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
            StoreError::Corrupt(format!("{doing}: a column is of another type"))
        }
        other => StoreError::Unavailable(format!("{doing}: {other}")),
    }
}

impl<DB: Dialect> SqlStore<DB> {
    fn over(pools: Pools<DB>, mail_domain: &str) -> Arc<dyn Store> {
        Arc::new(Self { pools, mail_domain: mail_domain.to_owned(), tidy: Tidy::default() })
    }

    /// A transaction that writes.
    async fn write(&self, doing: &'static str) -> Result<Tx<DB>, StoreError> {
        Tx::begin(&self.pools.writer, DB::BEGIN_WRITE, doing).await
    }

    /// A transaction that reads one moment of the database.
    async fn read(&self, doing: &'static str) -> Result<Tx<DB>, StoreError> {
        Tx::begin(&self.pools.reader, DB::BEGIN_READ, doing).await
    }
}

#[async_trait]
impl<DB: Dialect> Store for SqlStore<DB> {
    async fn record(&self, mails: Vec<Incoming>, now: UnixMillis) -> Result<Vec<Recorded>, StoreError> {
        self.keep_mails(mails, now).await
    }

    async fn claim(
        &self,
        owner: &str,
        lease: Duration,
        limit: u32,
        now: UnixMillis,
    ) -> Result<Vec<Claim>, StoreError> {
        self.claim_due(owner, lease, limit, now).await
    }

    async fn claim_ticket(
        &self,
        id: TicketId,
        owner: &str,
        lease: Duration,
    ) -> Result<Option<Claim>, StoreError> {
        self.claim_one(id, owner, lease).await
    }

    async fn commit(
        &self,
        id: TicketId,
        fence: i64,
        from: &State,
        step: Step,
    ) -> Result<Committed, StoreError> {
        self.commit_step(id, fence, from, step).await
    }

    async fn release(&self, id: TicketId, fence: i64, due_at: UnixMillis) -> Result<(), StoreError> {
        self.give_back(id, fence, due_at).await
    }

    async fn rest(&self, id: TicketId, fence: i64) -> Result<(), StoreError> {
        self.give_back(id, fence, NEVER).await
    }

    async fn wake_all(&self, now: UnixMillis) -> Result<u32, StoreError> {
        self.wake_later(now).await
    }

    async fn next_due(&self) -> Result<Option<UnixMillis>, StoreError> {
        self.earliest_due().await
    }

    async fn claim_messages(
        &self,
        channel: Channel,
        owner: &str,
        lease: Duration,
        limit: u32,
        now: UnixMillis,
    ) -> Result<Vec<MessageClaim>, StoreError> {
        self.claim_due_messages(channel, owner, lease, limit, now).await
    }

    async fn begin_message(
        &self,
        id: i64,
        fence: i64,
        cap: &TextCap,
        now: UnixMillis,
    ) -> Result<Begun, StoreError> {
        self.intend_message(id, fence, cap, now).await
    }

    async fn end_message(
        &self,
        id: i64,
        fence: i64,
        outcome: &Outcome,
        again_at: Option<UnixMillis>,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        self.finish_message(id, fence, outcome, again_at, now).await
    }

    async fn end_text(
        &self,
        id: i64,
        fence: i64,
        sent: &TextSent,
        again_at: Option<UnixMillis>,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        self.finish_text(id, fence, sent, again_at, now).await
    }

    async fn release_message(
        &self,
        id: i64,
        fence: i64,
        again_at: Option<UnixMillis>,
    ) -> Result<(), StoreError> {
        self.give_message_back(id, fence, again_at).await
    }

    async fn end_returned(
        &self,
        id: i64,
        fence: i64,
        again_at: Option<UnixMillis>,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        self.finish_returned(id, fence, again_at, now).await
    }

    async fn message_left(
        &self,
        ticket: TicketId,
        kind: MessageKind,
    ) -> Result<Option<UnixMillis>, StoreError> {
        self.when_left(ticket, kind).await
    }

    async fn receipt(
        &self,
        gateway: &str,
        key: Option<&str>,
        reference: &str,
        receipt: Receipt,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        self.keep_receipt(gateway, key, reference, receipt, now).await
    }

    async fn receipt_for(&self, key: &str) -> Result<Option<StoredReceipt>, StoreError> {
        self.find_receipt(key).await
    }

    async fn receipt_for_message(&self, id: i64) -> Result<Option<StoredReceipt>, StoreError> {
        self.find_message_receipt(id).await
    }

    async fn history(
        &self,
        account: &AccountId,
        sender: &str,
        phone_hash: &str,
        unit: &str,
        now: UnixMillis,
    ) -> Result<History, StoreError> {
        self.read_history(account, sender, phone_hash, unit, now).await
    }

    async fn links_to(&self, phone_hash: &str, now: UnixMillis) -> Result<u32, StoreError> {
        self.read_links(phone_hash, now).await
    }

    async fn mails_of(&self, id: TicketId, limit: MailsLimit) -> Result<Option<Vec<KeptMail>>, StoreError> {
        self.read_mails(id, limit).await
    }

    async fn ticket(&self, id: TicketId) -> Result<Option<Ticket>, StoreError> {
        self.find_ticket(id).await
    }

    async fn ticket_by_pickup(&self, pickup_hash: &str) -> Result<Option<Ticket>, StoreError> {
        self.find_by_pickup(pickup_hash).await
    }

    async fn list(&self, filter: &TicketFilter) -> Result<Listed, StoreError> {
        self.read_tickets(filter).await
    }

    async fn thread_of(&self, arrival: &Arrival<'_>) -> Result<Thread, StoreError> {
        self.find_thread(arrival).await
    }

    async fn quarantine(&self, number: Option<TicketNumber>) -> Result<InQuarantine, StoreError> {
        self.list_quarantine(number).await
    }

    async fn unread(&self, id: TicketId) -> Result<Option<KeptMail>, StoreError> {
        self.first_unread(id).await
    }

    async fn let_out(
        &self,
        id: TicketId,
        mail: Incoming,
        actor: &str,
        now: UnixMillis,
    ) -> Result<LetOut, StoreError> {
        self.leave_quarantine(id, mail, actor, now).await
    }

    async fn switch(&self, now: UnixMillis) -> Result<Option<Switch>, StoreError> {
        self.read_switch(now).await
    }

    async fn turn(&self, switch: &Switch, audit: AuditEntry) -> Result<(), StoreError> {
        self.turn_switch(switch, audit).await
    }

    async fn is_frozen(
        &self,
        account: &AccountId,
        lifted_at: Option<UnixMillis>,
    ) -> Result<bool, StoreError> {
        self.look_for_freeze(account, lifted_at).await
    }

    async fn frozen(&self, now: UnixMillis) -> Result<Vec<Frozen>, StoreError> {
        self.list_frozen(now).await
    }

    async fn unfreeze(
        &self,
        whom: &str,
        audit: AuditEntry,
        now: UnixMillis,
    ) -> Result<Option<Frozen>, StoreError> {
        self.lift_freeze(whom, audit, now).await
    }

    async fn hold_forgotten(&self, pause: &Pause, now: UnixMillis) -> Result<Option<u32>, StoreError> {
        self.hold_what_was_forgotten(pause, now).await
    }

    async fn hold_deliveries(&self, alarms: &[NewMessage], now: UnixMillis) -> Result<u32, StoreError> {
        self.hold_in_doubt(alarms, now).await
    }

    async fn seal_audit(&self, keyring: &Keyring, limit: u32) -> Result<u32, StoreError> {
        self.chain_waiting(keyring, limit).await
    }

    async fn verify_audit(&self, keyring: &Keyring) -> Result<ChainReport, StoreError> {
        self.check_chain(keyring).await
    }

    async fn erase_expired(&self, now: UnixMillis) -> Result<u32, StoreError> {
        self.erase_sealed(now).await
    }

    async fn free_leases(&self) -> Result<(), StoreError> {
        self.free_all_leases().await
    }

    async fn probe(&self) -> Result<String, StoreError> {
        self.try_database().await
    }
}
