//! Work on a ticket: the claim that gives the right to it, and the step that moves it.

use super::{AuditEntry, NewMessage, Switch};
use crate::delivery::Receipt;
use crate::password::seal::Sealed;
use crate::ticket::{Fate, State, Ticket};
use crate::types::{AccountId, Limits, Outcome, Reason, TicketNumber, Trail, UnixMillis, Username};

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
    /// Having a pass issued.
    Pass,
    /// Replacing a password that nobody used.
    Scramble,
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
            Self::Pass => "pass",
            Self::Scramble => "scramble",
            Self::Text => "text",
            Self::Link => "link",
            Self::Warning => "warning",
            Self::Mail => "mail",
        }
    }

    /// The kind whose [`IntentKind::code`] is `code`.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Set, Self::Pass, Self::Scramble, Self::Text, Self::Link, Self::Warning, Self::Mail]
            .into_iter()
            .find(|k| k.code() == code)
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

/// Counts towards limits from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// For whom.
    pub account: AccountId,
    /// Asked for by which address; empty when unknown.
    pub sender: String,
    /// Keyed hash of the phone in the mail; empty when there was none.
    pub phone_hash: String,
    /// Keyed hash of the manager's phone that gets a link; empty when none does.
    pub texted_hash: String,
    /// The unit; empty when unknown.
    pub unit: String,
    /// How many texts it needs now.
    pub texts: u32,
    /// True for a delivery that was begun, false for a wrong phone only.
    pub counts: bool,
    /// True when the phone in the mail was not a registered one.
    pub mismatch: bool,
}

/// The texts of a day, where one is begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextCap {
    /// So many may leave in a day (`sms.per_day`).
    pub per_day: u32,
    /// Who is told, once, when they are used up.
    pub alarms: Vec<NewMessage>,
    /// When it is tried again then.
    pub again_at: UnixMillis,
}

/// The automation pauses, unless it is paused already: then nobody is told a second time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// Where the switch is turned to.
    pub switch: Switch,
    /// What the audit log tells.
    pub audit: AuditEntry,
    /// Who is told.
    pub alarms: Vec<NewMessage>,
}

/// Nothing is automated for the account of this ticket any more, until a person lifts that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freeze {
    /// Whose.
    pub account: AccountId,
    /// The account's canonical username; empty when unknown.
    pub username: String,
    /// Why, in words.
    pub why: String,
    /// Who wanted it, as in the audit log.
    pub by: String,
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
    /// The act of a person that is carried out with it; without it, nothing is.
    pub act: Option<i64>,
    /// Freezes of the account up to then do not count for the ticket any more; `None` leaves that.
    pub freeze_lifted_at: Option<UnixMillis>,
    /// The reasons whose checks people have set aside from now on; `None` leaves them.
    pub set_aside: Option<Vec<Reason>>,
    /// The username that a person named; `None` leaves it.
    pub named: Option<Username>,
    /// The sealed password.
    pub sealed: SealedChange,
    /// An outside call.
    pub intent: IntentChange,
    /// A pickup link's hash that opens this ticket from now on, in place of any before.
    pub pickup_hash: Option<String>,
    /// The browser that has used or answered the link, from now on; `None` leaves it.
    pub pickup_browser: Option<String>,
    /// What counts towards limits.
    pub started: Option<Started>,
    /// What a delivery that begins must not exceed; counted when nobody else can begin one.
    pub limits: Option<Limits>,
    /// What a text that begins must not exceed; counted in the same way.
    pub text_cap: Option<TextCap>,
    /// The automation pauses with it.
    pub pause: Option<Pause>,
    /// An account is frozen with it.
    pub freeze: Option<Freeze>,
    /// True from now on, when a technician must look at it before all others.
    pub urgent: bool,
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
    /// A limit is reached by now: nothing was changed, decide again.
    OverLimit,
    /// The texts of the day are used up: nothing was changed but that the ticket was given back, due later.
    TextsUsedUp,
    /// The question of this step may not be asked: its addressee got enough of them. Nothing was changed.
    AskedEnough(Enough),
}

/// Why an address is not written to again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enough {
    /// It got one within the hour.
    OneInTheHour,
    /// It got three within the day, and nobody has acted on its tickets since.
    ThreeInTheDay,
}
