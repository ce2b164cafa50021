//! What whoever runs the desk sees and turns: its health, the switch, outages, the audit log, the settings, a mail on
//! trial, the quarantine, and who could be helped.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;

use super::Unavailable;
use crate::types::{EmailAddress, StaffMember, StaffName, TicketNumber, Trail, UnixMillis};

/// Something outside that the desk needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartHealth {
    /// `store`, `directory`, `mailbox:NAME`, `gateway:NAME`, `mail out` …
    pub part: String,
    /// When it answered last.
    pub answered_at: Option<UnixMillis>,
    /// How long that took.
    pub took: Option<Duration>,
    /// What it said, or why it did not answer last.
    pub said: String,
    /// Did it answer when it was asked last? `None`: nobody has asked yet.
    pub well: Option<bool>,
}

/// Where the automation switch stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchNow {
    /// `on`, `observe` or `off`.
    pub automation: String,
    /// What the configuration says.
    pub configured: String,
    /// Who turned it, when, why and until when; `None`: nobody, it stands as configured.
    pub turned: Option<Turned>,
}

/// A switch that was turned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turned {
    /// Who, as in the audit log.
    pub by: String,
    /// When.
    pub at: UnixMillis,
    /// Why, in their words.
    pub why: String,
    /// Until when; afterwards the configuration holds again.
    pub until: Option<UnixMillis>,
}

/// An account for which nothing is automated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrozenAccount {
    /// By which the freeze is lifted: the username, or the identifier where that is not known.
    pub whom: String,
    /// The ticket that tells why.
    pub ticket: TicketNumber,
    /// Why.
    pub why: String,
    /// Since when.
    pub at: UnixMillis,
    /// Who wants to lift it and waits for a colleague, and why.
    pub asked: Option<(StaffName, String)>,
}

/// What came of lifting a freeze.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifted {
    /// It is lifted.
    Yes,
    /// A colleague has to lift it with whoever asked.
    Asked,
    /// There is none, or nothing was said why.
    No,
}

/// The phones of the desk are, or were, down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutageNow {
    /// Since when.
    pub began_at: UnixMillis,
    /// Until when; `None`: they still are.
    pub ended_at: Option<UnixMillis>,
    /// What is known of it.
    pub why: String,
    /// Who said so.
    pub by: String,
}

/// Which rows of the audit log are wanted; what is empty or `None` leaves none out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditWish {
    /// Written then or later.
    pub from: Option<UnixMillis>,
    /// Written before then.
    pub to: Option<UnixMillis>,
    /// By this actor: `user:NAME`, `nyckelbud`, `manager:ID` …
    pub actor: String,
    /// Events that begin so.
    pub event: String,
    /// Of this ticket.
    pub ticket: Option<TicketNumber>,
    /// Before this row.
    pub before: Option<i64>,
}

/// A row of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// Later ones have greater numbers.
    pub id: i64,
    /// When.
    pub at: UnixMillis,
    /// Of which ticket.
    pub ticket: Option<TicketNumber>,
    /// Who.
    pub actor: String,
    /// What.
    pub event: String,
    /// More, as JSON text.
    pub data: String,
    /// Its place in the chain; 0 until it is chained.
    pub place: i64,
    /// Its link's hash.
    pub hash: String,
}

/// Is the audit chain whole?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainState {
    /// Nobody has looked since the program started.
    Unknown,
    /// Somebody is looking.
    Looking,
    /// It is.
    Whole {
        /// Rows in it.
        rows: u64,
        /// Its last hash.
        head: String,
        /// When that was found.
        at: UnixMillis,
    },
    /// It is not.
    Broken {
        /// The first place that does not hold.
        place: u64,
        /// What is wrong there.
        what: String,
        /// When that was found.
        at: UnixMillis,
    },
    /// Nobody can tell.
    Untold {
        /// Why.
        why: String,
    },
}

/// A value of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The key.
    pub key: String,
    /// The value; a secret is only said to be one.
    pub value: String,
    /// Where it comes from.
    pub source: String,
}

/// A mail on trial.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Who wrote it, when `text` is not a whole mail with a header of its own.
    pub from: Option<EmailAddress>,
    /// Its subject, likewise.
    pub subject: String,
    /// The text, or the whole mail.
    pub text: String,
    /// As if the organisation's own mail system vouched for the writer.
    pub vouched: bool,
}

/// What would be done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// How it was read: `request`, `incomplete`, `ambiguous`, `general`, `automatic`, `follow-up`, `unreadable`.
    pub reading: String,
    /// The account, or the text as read.
    pub username: Option<String>,
    /// The phone, masked.
    pub phone: Option<String>,
    /// What would become of it.
    pub outcome: String,
    /// Why a person or the manager would be involved.
    pub reason: Option<String>,
    /// Would the writer get the acknowledgement?
    pub acknowledge: bool,
    /// Every check.
    pub trail: Trail,
}

/// A mail that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its ticket.
    pub ticket: TicketNumber,
    /// From which mailbox.
    pub mailbox: String,
    /// When it came.
    pub at: UnixMillis,
    /// Why it could not be read.
    pub why: String,
}

/// What came of another reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadAgain {
    /// It is read, and became this ticket's.
    Read(TicketNumber),
    /// Still not.
    Still(String),
    /// The store does not hold all of it, or it was never had.
    Partial,
    /// It is not in quarantine any more.
    Gone,
}

/// Who could be helped without a technician, if the phones went down now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// How many of each unit, by the stable word of how.
    pub units: BTreeMap<String, BTreeMap<&'static str, usize>>,
    /// When that was found; `None`: nobody has looked since the program started.
    pub at: Option<UnixMillis>,
    /// Is somebody looking?
    pub looking: bool,
    /// Why the last look failed.
    pub failed: Option<String>,
    /// Of some people only the types of their phones are known.
    pub by_type: bool,
}

/// What whoever runs the desk sees and turns.
#[async_trait]
pub trait Operations: Send + Sync {
    /// Every dependency, as it was when it was last asked. Asks those that were not asked lately, and does not wait.
    async fn health(&self) -> Vec<PartHealth>;
    /// Asks one dependency now, harmlessly; `None`: there is none of this name.
    async fn test(&self, part: &str) -> Option<PartHealth>;

    /// Where the switch stands.
    async fn switch(&self) -> Result<SwitchNow, Unavailable>;
    /// Turns the switch; `false`: `to` is no word for it, or `until` is over.
    async fn turn(
        &self,
        by: &StaffMember,
        to: &str,
        why: &str,
        until: Option<UnixMillis>,
    ) -> Result<bool, Unavailable>;
    /// Accounts for which nothing is automated.
    async fn frozen(&self) -> Result<Vec<FrozenAccount>, Unavailable>;
    /// Lifts the freeze that was seen: what its owner has said anew since `seen` stays. Where overrides need four eyes, the
    /// first one only asks, and a colleague lifts it.
    async fn unfreeze(
        &self,
        by: &StaffMember,
        whom: &str,
        seen: UnixMillis,
        why: &str,
    ) -> Result<Lifted, Unavailable>;

    /// The newest outages, the newest first; one that is not over is the first.
    async fn outages(&self) -> Result<Vec<OutageNow>, Unavailable>;
    /// Says that the phones are down; `false`: that was said already, or `at` is still to come.
    async fn begin_outage(
        &self,
        by: &StaffMember,
        at: Option<UnixMillis>,
        why: &str,
    ) -> Result<bool, Unavailable>;
    /// Says that they work again; `false`: they were not down, or not yet at that time.
    async fn end_outage(&self, by: &StaffMember, at: Option<UnixMillis>) -> Result<bool, Unavailable>;

    /// Up to `limit` rows of the audit log, the newest first.
    async fn audit(&self, wish: &AuditWish, limit: u32) -> Result<Vec<AuditLine>, Unavailable>;
    /// Writes down that somebody has taken rows along.
    async fn note_export(&self, by: &StaffMember, wish: &AuditWish, rows: usize);
    /// What is known of the chain.
    async fn chain(&self) -> ChainState;
    /// Begins to look whether the chain is whole, unless somebody does.
    async fn verify(&self);

    /// Every value of the configuration.
    fn settings(&self) -> Vec<Setting>;

    /// What would be done with a mail. Nothing is changed or sent; that somebody tried is written down.
    ///
    /// # Errors
    /// In words, why that cannot be said now.
    async fn trial(&self, by: &StaffMember, trial: Trial) -> Result<Tried, String>;

    /// Mails that could not be read.
    async fn quarantine(&self) -> Result<Vec<Held>, Unavailable>;
    /// Reads one again.
    async fn read_again(&self, by: &StaffMember, number: TicketNumber) -> Result<ReadAgain, Unavailable>;

    /// Who could be helped, as far as it was looked up.
    async fn coverage(&self) -> Coverage;
    /// Begins to look, unless somebody does.
    async fn look_up_coverage(&self, by: &StaffMember);
}
