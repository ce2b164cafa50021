//! What a commit of a ticket carries beside the new state.

use crate::password::seal::Sealed;
use crate::store::{AuditEntry, Intent, NewMessage, Pause, Started};
use crate::types::{AccountId, Limits, Outcome, Reason, Trail, UnixMillis, Username};

/// When a ticket is due after a commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Due {
    /// Its next effect runs at once, under the same lease.
    #[default]
    Now,
    /// Then; the lease is given back.
    At(UnixMillis),
}

/// What a commit carries beside the new state.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) account: Option<(AccountId, Username)>,
    pub(crate) trail: Option<Trail>,
    pub(crate) asked: bool,
    pub(crate) sealed: Option<Sealed>,
    pub(crate) begin: Option<Intent>,
    pub(crate) end: Option<(String, Outcome)>,
    pub(crate) pickup_hash: Option<String>,
    /// The browser that has used or answered the link.
    pub(crate) pickup_browser: Option<String>,
    /// What somebody said, for the trail.
    pub(crate) note: Option<&'static str>,
    pub(crate) started: Option<Started>,
    /// Why the account is frozen, and its ticket looked at first; in words.
    pub(crate) freeze: Option<&'static str>,
    /// The desk's breaker opens.
    pub(crate) pause: Option<Pause>,
    pub(crate) messages: Vec<NewMessage>,
    /// The act that is carried out with it.
    pub(crate) act: Option<i64>,
    /// Freezes of the account up to then do not count for the ticket any more.
    pub(crate) lifts_freeze: Option<UnixMillis>,
    /// The username that a person named.
    pub(crate) named: Option<Username>,
    /// What the delivery that begins must not exceed, where people have set something aside.
    pub(crate) limits: Option<Limits>,
    /// The reasons whose checks people have set aside from now on.
    pub(crate) set_aside: Option<Vec<Reason>>,
    /// What else the audit log is told.
    pub(crate) told: Vec<AuditEntry>,
    /// Who did it, when it was not the machine.
    pub(crate) actor: Option<String>,
    pub(crate) due: Due,
}

impl Draft {
    /// What of a decision stays true when its delivery is left to another ticket.
    pub(crate) fn merged(&self) -> Self {
        Self { account: self.account.clone(), trail: self.trail.clone(), ..Self::default() }
    }
}
