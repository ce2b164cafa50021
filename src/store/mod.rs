//! Where tickets, mails, intents and the audit log live. One text of SQL for two databases:
//! [`SqlStore`] over a `Dialect`. sqlx is used only in this folder.
//!
//! Every method is one transaction (or one read). Leases and fences use the database's clock; every
//! other time is the caller's. No network call is ever made inside a transaction.

use std::time::Duration;

use async_trait::async_trait;

use crate::decision::Automation;
use crate::delivery::Receipt;
use crate::keyring::Keyring;
use crate::mail::Trust;
use crate::mailbox::{Folder, MailUid, Mark};
use crate::password::seal::Sealed;
use crate::ticket::{Fate, Kind, Standing, State, Ticket, TicketId};
use crate::types::{
    AccountId, EmailAddress, History, MessageId, Outcome, Reason, TicketNumber, Trail, UnixMillis, Username,
};

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

/// A mail that the ledger knows and that has not been moved out of the inbox yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Its name in the mailbox.
    pub uid: MailUid,
    /// How often its fetch was begun.
    pub tries: u32,
    /// Is it in the store?
    pub kept: bool,
    /// Where it goes once it is kept; `None` leaves it in the inbox.
    pub folder: Option<Folder>,
}

/// A mail to be kept, with what shall become of it.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// The mailbox's configured name.
    pub mailbox: String,
    /// UIDVALIDITY.
    pub validity: u32,
    /// Its name in the mailbox.
    pub uid: MailUid,
    /// When it came.
    pub received_at: UnixMillis,
    /// Its octets as they came.
    pub raw: Vec<u8>,
    /// Equal content is the same mail (I3); a mail that cannot be read has the hash of its octets.
    pub content_hash: String,
    /// Its Message-ID.
    pub message_id: Option<MessageId>,
    /// The mails it answers, newest first.
    pub answers: Vec<MessageId>,
    /// A ticket number in its subject: joins only when the sender is that ticket's.
    pub tag: Option<TicketNumber>,
    /// The subject.
    pub subject: String,
    /// Who wrote it.
    pub from: Option<EmailAddress>,
    /// How far that can be believed.
    pub trust: Trust,
    /// The first words.
    pub snippet: String,
    /// Which folder it goes to afterwards; `None` leaves it in the inbox (observe).
    pub folder: Option<Folder>,
    /// The ticket it makes when it is no duplicate and joins none.
    pub ticket: NewTicket,
}

/// A ticket to be made.
#[derive(Clone, Debug)]
pub struct NewTicket {
    /// What it is about.
    pub kind: Kind,
    /// Where it begins.
    pub state: State,
    /// What became of it, if that is known already.
    pub outcome: Option<Fate>,
    /// Why a human is involved, if that is known already.
    pub reason: Option<Reason>,
    /// The trail so far.
    pub trail: Trail,
    /// Decided while the automation only observed.
    pub observed: bool,
    /// The year in its number.
    pub year: i64,
    /// The acknowledgement; left out by the store when the address got one within the last hour.
    pub acknowledge: Option<EmailAddress>,
}

/// What became of a mail that was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It made a ticket.
    Made(TicketId, TicketNumber),
    /// It joined a ticket.
    Joined(TicketId, TicketNumber),
    /// It is another copy of a mail that is kept already.
    Duplicate(TicketId, TicketNumber),
    /// This very mail (mailbox, UIDVALIDITY, UID) was recorded before.
    Known,
}

/// Work that this process has taken on: a lease until the database's clock passes its end.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The ticket as it stands.
    pub ticket: Ticket,
    /// Rises with every claim; every commit must carry the current one (I9).
    pub fence: i64,
    /// Until when the lease that was before this one ran, if it was never released (a crash):
    /// a reset of unknown outcome may still be under way until then and a little longer.
    pub previous_lease_end: Option<UnixMillis>,
    /// Every intent of the ticket, oldest first.
    pub intents: Vec<Intent>,
    /// The sealed password of the current generation.
    pub sealed: Option<Sealed>,
    /// The keyed hash and the last two digits of the phone that the mails named; empty at first.
    pub phone_hash: String,
}

/// What an intent is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IntentKind {
    /// Setting a password.
    Set,
    /// Texting a password.
    Text,
    /// Texting a link.
    Link,
    /// Texting the owner that a manager was asked.
    Warning,
    /// Sending a mail.
    Mail,
}

impl IntentKind {
    /// The stable word.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Text => "text",
            Self::Link => "link",
            Self::Warning => "warning",
            Self::Mail => "mail",
        }
    }

    /// The kind whose [`IntentKind::code`] is `code`.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Set, Self::Text, Self::Link, Self::Warning, Self::Mail].into_iter().find(|k| k.code() == code)
    }
}

/// An outside call: written before it, completed after it. One without outcome was interrupted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The idempotency key: unique, letters, digits and hyphens.
    pub key: String,
    /// What for.
    pub kind: IntentKind,
    /// Of which generation (of a password) or number (of an offer).
    pub generation: u32,
    /// Through which gateway; empty where there is none.
    pub gateway: String,
    /// When it was committed.
    pub at: UnixMillis,
    /// The answer; `None` when it was interrupted.
    pub outcome: Option<Outcome>,
}

/// A receipt that came for an intent before or after its outcome was known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredReceipt {
    /// What became of the text.
    pub receipt: Receipt,
    /// When it came.
    pub at: UnixMillis,
}

/// What a step changes about the sealed password.
#[derive(Clone, Debug)]
pub enum SealedChange {
    /// Nothing.
    Keep,
    /// A new one, in place of any before.
    Put(Sealed),
    /// It is erased.
    Erase,
}

/// What a step says about an intent.
#[derive(Clone, Debug)]
pub enum IntentChange {
    /// Nothing.
    None,
    /// A call is about to begin.
    Begin(Intent),
    /// A call has ended.
    End {
        /// Which one.
        key: String,
        /// How.
        outcome: Outcome,
        /// When.
        at: UnixMillis,
    },
}

/// Words that shall leave, beside the password itself. Written in the transaction of what they
/// tell; sent later, at least once, always under the same Message-ID or key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// Which words.
    pub kind: MessageKind,
    /// To whom.
    pub to: Addressee,
    /// Values for the template, as JSON text; never a secret or a full phone number.
    pub values: String,
}

/// Which words leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// "We have received your mail."
    Acknowledgement,
    /// "We need one more detail."
    AskForDetails,
    /// To the manager: a link came by text.
    ManagerNotice,
    /// To the owner: your password was changed.
    OwnerNotice,
    /// A text to the owner's phone: a manager was asked.
    OwnerWarning,
    /// To the people of `notify.mail`.
    Alarm,
}

impl MessageKind {
    /// The stable word.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Acknowledgement => "acknowledgement",
            Self::AskForDetails => "ask-for-details",
            Self::ManagerNotice => "manager-notice",
            Self::OwnerNotice => "owner-notice",
            Self::OwnerWarning => "owner-warning",
            Self::Alarm => "alarm",
        }
    }

    /// The kind whose [`MessageKind::code`] is `code`.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [
            Self::Acknowledgement,
            Self::AskForDetails,
            Self::ManagerNotice,
            Self::OwnerNotice,
            Self::OwnerWarning,
            Self::Alarm,
        ]
        .into_iter()
        .find(|k| k.code() == code)
    }
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Addressee {
    /// To a mailbox.
    Mail(EmailAddress),
    /// To the registered mobile of an account, read from the directory when the text leaves.
    Phone(AccountId),
}

/// A message to be sent, claimed by this process.
#[derive(Clone, Debug)]
pub struct MessageClaim {
    /// The store's name for it.
    pub id: i64,
    /// Every change must carry the current fence.
    pub fence: i64,
    /// The ticket it belongs to.
    pub ticket: TicketId,
    /// That ticket's number.
    pub number: TicketNumber,
    /// What and to whom.
    pub message: NewMessage,
    /// Fixed for this message; its local part holds 128 random bits, so that an answer to it is
    /// proof of having got it.
    pub message_id: MessageId,
    /// When it was written.
    pub created_at: UnixMillis,
    /// Attempts before this one.
    pub tries: u32,
    /// The Message-ID of the ticket's newest mail from a person, which this one answers.
    pub answers: Option<MessageId>,
    /// The ticket's subject.
    pub subject: String,
}

/// A line of the audit log, written in the transaction of what it tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Who did it: `nyckelbud`, `manager:ID`, `requester:ID`, `cli:USER`.
    pub actor: String,
    /// What: `ticket.decided`, `password.set.intended`, `password.set.accepted` …
    pub event: String,
    /// More, as JSON text; never a secret or a full phone number.
    pub data: String,
}

/// Counts towards limits from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// For whom.
    pub account: AccountId,
    /// Asked for by which address; empty when unknown.
    pub sender: String,
    /// Keyed hash of the phone in the mail; empty when there was none.
    pub phone_hash: String,
    /// The unit; empty when unknown.
    pub unit: String,
    /// True for a delivery that was begun, false for a wrong phone only.
    pub counts: bool,
    /// True when the phone in the mail was not a registered one.
    pub mismatch: bool,
}

/// One move of a claimed ticket: all of it or nothing.
#[derive(Clone, Debug)]
pub struct Step {
    /// The new state.
    pub state: State,
    /// The new outcome; `None` leaves it.
    pub outcome: Option<Fate>,
    /// The new reason; `None` leaves it.
    pub reason: Option<Reason>,
    /// Account and canonical username, once known; `None` leaves them.
    pub account: Option<(AccountId, Username)>,
    /// The whole trail, when it changed.
    pub trail: Option<Trail>,
    /// True from now on, when the decision was only observed.
    pub observed: bool,
    /// True from now on, when details were asked for.
    pub asked: bool,
    /// The sealed password.
    pub sealed: SealedChange,
    /// An outside call.
    pub intent: IntentChange,
    /// A pickup link's hash that opens this ticket from now on, in place of any before.
    pub pickup_hash: Option<String>,
    /// What counts towards limits.
    pub started: Option<Started>,
    /// What leaves.
    pub messages: Vec<NewMessage>,
    /// What the audit log tells.
    pub audit: Vec<AuditEntry>,
    /// When the ticket is due again; `None` for never (it is then at rest).
    pub due_at: Option<UnixMillis>,
    /// True gives the lease back in the same commit.
    pub release: bool,
    /// Now.
    pub now: UnixMillis,
}

/// How a commit ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Committed {
    /// It is done.
    Done,
    /// The ticket has a new owner, or another state than thought: nothing was changed, stop.
    Lost,
    /// The account has another live ticket: nothing was changed, coalesce into it.
    AccountBusy(TicketNumber),
}

/// Which tickets to list.
#[derive(Clone, Debug, Default)]
pub struct TicketFilter {
    /// Only this standing.
    pub standing: Option<Standing>,
    /// Only this mailbox.
    pub mailbox: Option<String>,
}

/// A ticket with what a list shows of its mails.
#[derive(Clone, Debug)]
pub struct TicketView {
    /// The ticket.
    pub ticket: Ticket,
    /// Message-IDs of its mails, oldest first; empty text for a mail without one. Its length is the
    /// number of mails; duplicates are not counted.
    pub messages: Vec<String>,
}

/// A mail kept for a ticket.
#[derive(Clone, Debug)]
pub struct KeptMail {
    /// When it came.
    pub received_at: UnixMillis,
    /// Which mailbox it came to (its configured name).
    pub mailbox: String,
    /// Its octets.
    pub raw: Vec<u8>,
}

/// The automation switch as it was last turned at run time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switch {
    /// Where it stands.
    pub automation: Automation,
    /// Why, in somebody's words.
    pub why: String,
    /// Who turned it.
    pub by: String,
    /// When.
    pub at: UnixMillis,
    /// Until when; afterwards the configuration's value holds again.
    pub until: Option<UnixMillis>,
}

/// What `audit verify` found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainReport {
    /// Every sealed row is where and as it was.
    Whole {
        /// Rows in the chain.
        sealed: u64,
        /// Rows written but not chained yet.
        waiting: u64,
        /// The last row's hash, empty for an empty chain.
        head: String,
    },
    /// The first place where the chain does not hold.
    Broken {
        /// Place in the chain, counted from 1.
        position: u64,
        /// In words, what is wrong there.
        what: String,
    },
    /// Rows that were sealed with a key that is not at hand.
    KeyMissing {
        /// That key's id.
        key_id: String,
    },
}

/// The store of everything. All methods can fail with [`StoreError`]; then nothing has happened,
/// or, for [`StoreError::Unavailable`], possibly all of it.
#[async_trait]
pub trait Store: Send + Sync {
    /// The mark of the mailbox's first connection; `None` before that.
    async fn mark(&self, mailbox: &str) -> Result<Option<Mark>, StoreError>;
    /// Keeps the mark; the first one stays.
    async fn set_mark(&self, mailbox: &str, mark: &Mark, now: UnixMillis) -> Result<(), StoreError>;
    /// Ledger entries of mails not moved out of the inbox yet.
    async fn ledger(&self, mailbox: &str, validity: u32) -> Result<Vec<LedgerEntry>, StoreError>;
    /// Counts one try for each, before they are fetched (M1); makes the entries that are missing.
    async fn count_tries(
        &self,
        mailbox: &str,
        validity: u32,
        uids: &[MailUid],
        now: UnixMillis,
    ) -> Result<(), StoreError>;
    /// Takes one try back: the connection failed, not these mails.
    async fn forgive_tries(&self, mailbox: &str, validity: u32, uids: &[MailUid]) -> Result<(), StoreError>;
    /// Keeps mails, with their tickets and first events, in one transaction (M3). The answers stand
    /// in the order of the mails.
    async fn record(&self, mails: Vec<Incoming>, now: UnixMillis) -> Result<Vec<Recorded>, StoreError>;
    /// The mails have left the inbox (M4).
    async fn moved(
        &self,
        mailbox: &str,
        validity: u32,
        uids: &[MailUid],
        now: UnixMillis,
    ) -> Result<(), StoreError>;

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
    /// When the next ticket or message is due; `None` when nothing is.
    async fn next_due(&self) -> Result<Option<UnixMillis>, StoreError>;

    /// Takes on up to `limit` due messages.
    async fn claim_messages(
        &self,
        owner: &str,
        lease: Duration,
        limit: u32,
        now: UnixMillis,
    ) -> Result<Vec<MessageClaim>, StoreError>;
    /// The intent to send a message, committed before the call. `false`: somebody else has it.
    async fn begin_message(&self, id: i64, fence: i64, now: UnixMillis) -> Result<bool, StoreError>;
    /// How sending ended; `again_at` for a further try, `None` when it is over.
    async fn end_message(
        &self,
        id: i64,
        fence: i64,
        outcome: &Outcome,
        again_at: Option<UnixMillis>,
        now: UnixMillis,
    ) -> Result<(), StoreError>;

    /// Keeps a receipt for the intent with this key or reference (the key wins), and makes its
    /// ticket due. `false` when no intent fits. Later receipts never undo `Delivered`.
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

    /// What happened lately for an account, a sender's address, a phone's hash and a unit.
    async fn history(
        &self,
        account: &AccountId,
        sender: &str,
        phone_hash: &str,
        unit: &str,
        now: UnixMillis,
    ) -> Result<History, StoreError>;
    /// The mails of a ticket, oldest first, duplicates left out.
    async fn mails_of(&self, id: TicketId) -> Result<Vec<KeptMail>, StoreError>;
    /// The ticket that the link with this hash opens, also when its time is over.
    async fn ticket_by_pickup(&self, pickup_hash: &str) -> Result<Option<Ticket>, StoreError>;
    /// Tickets in the order of their numbers.
    async fn tickets(&self, filter: &TicketFilter) -> Result<Vec<TicketView>, StoreError>;
    /// The ticket that mails with these Message-IDs or this tag would join (for `explain`).
    async fn ticket_answered(
        &self,
        answers: &[MessageId],
        tag: Option<TicketNumber>,
        from: Option<&EmailAddress>,
    ) -> Result<Option<TicketNumber>, StoreError>;

    /// The switch, when it was turned and still holds at `now`.
    async fn switch(&self, now: UnixMillis) -> Result<Option<Switch>, StoreError>;
    /// Turns the switch, with its audit row; queues `alarm` for the given addresses.
    async fn turn(&self, switch: &Switch, audit: AuditEntry) -> Result<(), StoreError>;

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
