//! Where tickets, mails, intents and the audit log live. One text of SQL for two databases: `SqlStore`
//! over a `Dialect`. sqlx is used only in this folder.
//!
//! Every method is one transaction (or one read). Leases and fences use the database's clock; every
//! other time is the caller's. No network call is ever made inside a transaction.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::delivery::Receipt;
use crate::keyring::Keyring;
use crate::ticket::{State, Ticket, TicketId};
use crate::types::{AccountId, History, Outcome, TicketNumber, UnixMillis};

mod accounts;
mod acts;
mod ledger;
mod operations;
mod programs;
mod queue;
mod sql;
mod status;
mod types;
mod views;
mod webhooks;

pub use accounts::{AccountStore, NewSession, OwnSession, Session, Staff, StaffChange, TryLimit};
pub use acts::ActStore;
pub use ledger::Ledger;
pub use operations::{AuditFilter, AuditRow, OperationStore, Outage, Unfreezing, Unfrozen};
pub use programs::{AskedOnce, KeptAnswer, OnceBegun, ProgramStore, Token};
pub use queue::QueueStore;
pub use status::{Ended, OfferCounts, StatusStore, TextCounts};
pub(crate) use types::MACHINE;
pub use types::{
    ActMade, Addressee, Arrival, AuditEntry, Begun, ByHand, Call, ChainReport, Channel, Claim, Committed,
    DueAct, Enough, Found, Freeze, Frozen, InQuarantine, Incoming, Intent, IntentChange, IntentKind,
    KeptMail, LedgerEntry, LetOut, Listed, MailHead, MailId, MailOctets, MailsLimit, MessageClaim,
    MessageKind, NewAct, NewMessage, NewTicket, NotAsked, Pause, Quarantined, Recorded, Related, RelatedHow,
    SavedDraft, SealedChange, SecondWord, Seconded, SentMessage, Settled, Started, Step, StoredReceipt,
    Switch, TextCap, TextSent, TextSoFar, Thread, TicketFile, TicketFilter, TicketView, Totals, UidScope,
};
pub use views::ViewStore;
pub use webhooks::{Chained, HookMessage, HookState, WebhookStore};

/// The store failed. What was not committed has not happened; nothing is half done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, is full, or broke an answer off. The commit may or may not
    /// have happened; doing the same again is safe.
    #[error("the database cannot be used: {0}")]
    Unavailable(String),
    /// A row holds what this program never writes.
    #[error("the database holds what this version cannot read: {0}")]
    Corrupt(String),
}

/// Opens the database that `url` names and brings it to this version's tables. Message-IDs of mails
/// that leave end in `mail_domain`.
///
/// # Errors
/// [`StoreError::Unavailable`] when it cannot be opened, [`StoreError::Corrupt`] when it is not ours or
/// was made by a later version.
pub async fn open(url: &str, mail_domain: &str) -> Result<Arc<dyn Store>, StoreError> {
    sql::open(url, mail_domain).await
}

/// Opens the database that `url` names as it is: for commands that look, or that work beside a running
/// program. Makes no file and no table.
///
/// # Errors
/// As [`open`]; also when there is no such database yet, or its tables are another version's.
pub async fn open_existing(url: &str, mail_domain: &str) -> Result<Arc<dyn Store>, StoreError> {
    sql::open_existing(url, mail_domain).await
}

/// Brings the database that `url` names to this version's tables; makes a SQLite file that is missing.
/// Answers the names of the migrations that were applied, in their order.
///
/// # Errors
/// As [`open`].
pub async fn migrate(url: &str) -> Result<Vec<String>, StoreError> {
    sql::migrate(url).await
}

/// The store of everything. All methods can fail with [`StoreError`]; then nothing has happened,
/// or, for [`StoreError::Unavailable`], possibly all of it.
#[async_trait]
pub trait Store:
    Ledger
    + AccountStore
    + ActStore
    + OperationStore
    + ProgramStore
    + QueueStore
    + StatusStore
    + ViewStore
    + WebhookStore
{
    /// Keeps mails, with their tickets and first events, in one transaction (M3). The answers stand
    /// in the order of the mails.
    async fn record(&self, mails: Vec<Incoming>, now: UnixMillis) -> Result<Vec<Recorded>, StoreError>;

    /// Takes on up to `limit` due tickets, oldest due first, each with a lease of `lease`.
    async fn claim(
        &self,
        owner: &str,
        lease: Duration,
        limit: u32,
        now: UnixMillis,
    ) -> Result<Vec<Claim>, StoreError>;
    /// Takes on one ticket, due or not; `None` when somebody else has it.
    async fn claim_ticket(
        &self,
        id: TicketId,
        owner: &str,
        lease: Duration,
    ) -> Result<Option<Claim>, StoreError>;
    /// Moves a claimed ticket: hits exactly one row with this fence and this state, or changes
    /// nothing.
    async fn commit(
        &self,
        id: TicketId,
        fence: i64,
        from: &State,
        step: Step,
    ) -> Result<Committed, StoreError>;
    /// Gives a lease back without a change; due again at `due_at`.
    async fn release(&self, id: TicketId, fence: i64, due_at: UnixMillis) -> Result<(), StoreError>;
    /// Gives a lease back without a change; not due any more.
    async fn rest(&self, id: TicketId, fence: i64) -> Result<(), StoreError>;
    /// Makes due at `now` what is due later: the clock was set back, and nobody can tell by how much
    /// a due time lies too far ahead. What is woken too early looks, and waits on. Answers how many
    /// tickets and messages.
    async fn wake_all(&self, now: UnixMillis) -> Result<u32, StoreError>;
    /// When the next ticket or message is due; `None` when nothing is.
    async fn next_due(&self) -> Result<Option<UnixMillis>, StoreError>;

    /// Takes on up to `limit` due messages that leave by `channel`.
    async fn claim_messages(
        &self,
        channel: Channel,
        owner: &str,
        lease: Duration,
        limit: u32,
        now: UnixMillis,
    ) -> Result<Vec<MessageClaim>, StoreError>;
    /// The intent to send a message, committed before the call; a text is counted against `cap`.
    async fn begin_message(
        &self,
        id: i64,
        fence: i64,
        cap: &TextCap,
        now: UnixMillis,
    ) -> Result<Begun, StoreError>;
    /// How sending ended; `again_at` for a further try, `None` when it is over.
    async fn end_message(
        &self,
        id: i64,
        fence: i64,
        outcome: &Outcome,
        again_at: Option<UnixMillis>,
        now: UnixMillis,
    ) -> Result<(), StoreError>;

    /// The same of a message that leaves by text.
    async fn end_text(
        &self,
        id: i64,
        fence: i64,
        sent: &TextSent,
        again_at: Option<UnixMillis>,
        now: UnixMillis,
    ) -> Result<(), StoreError>;
    /// Gives a message back without a change; due again at `again_at`, or never.
    async fn release_message(
        &self,
        id: i64,
        fence: i64,
        again_at: Option<UnixMillis>,
    ) -> Result<(), StoreError>;

    /// The ticket of a message that came back has heard of it; `again_at` when it could not be told
    /// yet. Such a message is over: it counts as refused.
    async fn end_returned(
        &self,
        id: i64,
        fence: i64,
        again_at: Option<UnixMillis>,
        now: UnixMillis,
    ) -> Result<(), StoreError>;

    /// When the ticket's last message of this kind left, or may have left; `None` when none has, or it came back.
    async fn message_left(
        &self,
        ticket: TicketId,
        kind: MessageKind,
    ) -> Result<Option<UnixMillis>, StoreError>;

    /// Keeps a receipt for the intent or message with this key or reference (the key wins), and makes
    /// its ticket due, or the message, when that still waits. `false` when none fits. Later receipts never
    /// undo `Delivered`.
    async fn receipt(
        &self,
        gateway: &str,
        key: Option<&str>,
        reference: &str,
        receipt: Receipt,
        now: UnixMillis,
    ) -> Result<bool, StoreError>;
    /// The receipt kept for an intent.
    async fn receipt_for(&self, key: &str) -> Result<Option<StoredReceipt>, StoreError>;
    /// The receipt kept for the last try of a message.
    async fn receipt_for_message(&self, id: i64) -> Result<Option<StoredReceipt>, StoreError>;

    /// What happened lately for an account, a sender's address, a phone's hash and a unit.
    async fn history(
        &self,
        account: &AccountId,
        sender: &str,
        phone_hash: &str,
        unit: &str,
        now: UnixMillis,
    ) -> Result<History, StoreError>;
    /// How many links went to the manager's phone with this keyed hash in the last hour.
    async fn links_to(&self, phone_hash: &str, now: UnixMillis) -> Result<u32, StoreError>;
    /// The mails of a ticket, oldest first, duplicates and machines' mails left out. `None`, and none of them is loaded, when
    /// they are more than `limit`: anybody can write to a ticket as often as they like.
    async fn mails_of(&self, id: TicketId, limit: MailsLimit) -> Result<Option<Vec<KeptMail>>, StoreError>;
    /// The ticket with this number of the store.
    async fn ticket(&self, id: TicketId) -> Result<Option<Ticket>, StoreError>;
    /// The ticket that the link with this hash opens, also when its time is over.
    async fn ticket_by_pickup(&self, pickup_hash: &str) -> Result<Option<Ticket>, StoreError>;
    /// Open tickets that are urgent, then all others, each in the order of their numbers. One that cannot be
    /// read hides no other.
    async fn list(&self, filter: &TicketFilter) -> Result<Listed, StoreError>;
    /// Those of [`Self::list`] that can be read.
    async fn tickets(&self, filter: &TicketFilter) -> Result<Vec<TicketView>, StoreError> {
        Ok(self.list(filter).await?.tickets)
    }
    /// The place that a mail would have among the tickets (for `explain`).
    async fn thread_of(&self, arrival: &Arrival<'_>) -> Result<Thread, StoreError>;

    /// Tickets of mails in quarantine, in the order of their numbers; with `number` only that one. Of
    /// mails that are kept together the first is told. One that cannot be read hides no other.
    async fn quarantine(&self, number: Option<TicketNumber>) -> Result<InQuarantine, StoreError>;
    /// The first mail of a ticket in quarantine, as it is kept.
    async fn unread(&self, id: TicketId) -> Result<Option<KeptMail>, StoreError>;
    /// Lets the first mail of ticket `id` out of quarantine, now that it can be read: `mail` is what it
    /// says, its octets and its place stay as they are. Others that are kept there stay. `actor` is who
    /// wanted it, for the audit log.
    async fn let_out(
        &self,
        id: TicketId,
        mail: Incoming,
        actor: &str,
        now: UnixMillis,
    ) -> Result<LetOut, StoreError>;

    /// The switch, when it was turned and still holds at `now`.
    async fn switch(&self, now: UnixMillis) -> Result<Option<Switch>, StoreError>;
    /// Turns the switch, with its audit row.
    async fn turn(&self, switch: &Switch, audit: AuditEntry) -> Result<(), StoreError>;

    /// Looks for mails that the store had forgotten since the last such look: it came out of a backup then.
    /// Everything that is under way is held, the automation is off until a person turns it on, whatever it was
    /// before, and people are told. Answers how many tickets are held; `None` when nothing tells of a backup.
    async fn hold_forgotten(&self, pause: &Pause, now: UnixMillis) -> Result<Option<u32>, StoreError>;
    /// Nobody can tell whether the store came out of a backup: every delivery that is under way is held, and
    /// people are told when there was one. What nobody has decided yet is not held. Answers how many tickets are.
    async fn hold_deliveries(&self, alarms: &[NewMessage], now: UnixMillis) -> Result<u32, StoreError>;

    /// Is the account frozen? With `lifted_at` only when its owner has said so after that.
    async fn is_frozen(&self, account: &AccountId, lifted_at: Option<UnixMillis>)
    -> Result<bool, StoreError>;
    /// Every frozen account: those that their owners had frozen, the oldest freeze first, and those with too many
    /// wrong phones in the day before `now`.
    async fn frozen(&self, now: UnixMillis) -> Result<Vec<Frozen>, StoreError>;
    /// A person lifts the freeze of the account with this identifier or username, with its audit row; its wrong
    /// phones are forgotten, too. What was lifted, or `None` when it was not frozen.
    async fn unfreeze(
        &self,
        whom: &str,
        audit: AuditEntry,
        now: UnixMillis,
    ) -> Result<Option<Frozen>, StoreError>;

    /// Chains up to `limit` waiting audit rows, in the order of their numbers. One sealer at a
    /// time. Answers how many.
    async fn seal_audit(&self, keyring: &Keyring, limit: u32) -> Result<u32, StoreError>;
    /// Reads the whole chain and checks every link.
    async fn verify_audit(&self, keyring: &Keyring) -> Result<ChainReport, StoreError>;
    /// Erases sealed passwords whose time is over (I11). Answers how many.
    async fn erase_expired(&self, now: UnixMillis) -> Result<u32, StoreError>;

    /// Frees every lease: only for a process that surely is the only one (it holds the lock file).
    /// `previous_lease_end` of the next claim still tells of them.
    async fn free_leases(&self) -> Result<(), StoreError>;
    /// Tries the database: writes and reads back. Answers in words.
    async fn probe(&self) -> Result<String, StoreError>;
}
