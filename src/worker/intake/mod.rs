//! From the mailbox into the store (M0 to M5): list, count the try, fetch, keep, commit, move, and compare
//! what lies there with the ledger. One task a mailbox, so that one that fails never stops another.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::Parts;
use crate::mail::Authentication;
use crate::mailbox::{Folder, MailUid, Mailbox, MailboxError, Shelf};
use crate::store::{StoreError, UidScope};

mod complaint;
mod filing;
mod given_up;
mod isolate;
mod keeper;
mod opening;
mod pauses;
mod plan;
mod returns;
mod round;
mod sweep;

use complaint::{Complaint, Say};
use filing::Unmoved;
pub(in crate::worker) use opening::another_inbox;
use pauses::Pauses;
use plan::Breaks;
use sweep::Sweep;

/// How one mailbox is worked.
#[derive(Clone, Debug)]
pub struct IntakeSettings {
    /// True takes only what comes after the first connection ever.
    pub start_now: bool,
    /// A full look at least this often.
    pub poll: Duration,
    /// Who vouches for senders.
    pub authentication: Authentication,
}

/// A mailbox with its settings.
pub struct Inbox {
    /// The connection.
    pub mailbox: Box<dyn Mailbox>,
    /// How it is worked.
    pub settings: IntakeSettings,
}

/// The intake of one mailbox.
pub struct Intake {
    inbox: Inbox,
    parts: Arc<Parts>,
    breaks: HashMap<Shelf, Breaks>,
    /// Tries counted for mails that were not to blame, and not taken back yet: the store failed.
    unforgiven: Vec<(UidScope, Vec<MailUid>)>,
    /// Moves that were refused.
    unmoved: Unmoved,
    /// About moves that were answered, and did nothing.
    idle_moves: Complaint,
    sweep: Sweep,
    /// When everything in it was last looked at.
    worked: Option<Instant>,
    /// Hears how it goes.
    told: Option<Tell>,
    /// About the mailbox.
    complaint: Complaint,
    /// About looking into the folders for filed mails.
    unswept: HashMap<Folder, Complaint>,
}

/// How the intake of a mailbox goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Everything in it has been looked at.
    FullRound,
    /// Everything in its folders for filed mails has been compared with the store.
    Swept,
    /// A part of it has.
    SweptInPart,
    /// Mails of it were kept; there are more.
    Progress,
    /// That did not come about, for this reason.
    Failed(String),
    /// Its credentials are refused: it stands still until somebody puts them right.
    SignInRefused(String),
}

/// Hears how the intake goes.
type Tell = Arc<dyn Fn(Told) + Send + Sync>;

/// Why a round ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RoundError {
    #[error(transparent)]
    Mailbox(#[from] MailboxError),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The names that this round works with mean other mails now.
    #[error("the mailbox counts its mails anew: its UIDVALIDITY was {0} and is {1}")]
    Renumbered(u32, u32),
}

impl Intake {
    /// The intake of `inbox`.
    #[must_use]
    pub fn new(inbox: Inbox, parts: Arc<Parts>) -> Self {
        Self {
            inbox,
            parts,
            breaks: HashMap::new(),
            unforgiven: Vec::new(),
            unmoved: Unmoved::default(),
            idle_moves: Complaint::default(),
            sweep: Sweep::default(),
            worked: None,
            told: None,
            complaint: Complaint::default(),
            unswept: HashMap::new(),
        }
    }

    /// Works the mailbox until `stop`: every failure is followed by a new connection after a pause.
    /// `told` hears how it goes.
    pub async fn run(mut self, stop: CancellationToken, told: impl Fn(Told) + Send + Sync + 'static) {
        self.told = Some(Arc::new(told));
        let mut pauses = Pauses::new(self.inbox.settings.poll);
        loop {
            let began = self.parts.moment();
            let Err(error) = self.session(&stop).await else { return };
            self.complain(&error);
            self.tell(match &error {
                RoundError::Mailbox(MailboxError::SignIn { .. }) => Told::SignInRefused(error.to_string()),
                RoundError::Mailbox(_) | RoundError::Store(_) | RoundError::Renumbered(..) => {
                    Told::Failed(error.to_string())
                }
            });
            let worked = self
                .worked
                .is_some_and(|worked| worked >= began)
                .then(|| self.parts.moment().saturating_duration_since(began));
            let pause = pauses.after(&error, worked, &mut rand::rng());
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    fn tell(&self, how: Told) {
        if let Some(told) = &self.told {
            told(how);
        }
    }

    fn complain(&mut self, error: &RoundError) {
        let said = self.complaint.failed(&error.to_string(), self.parts.moment());
        let mailbox = self.inbox.mailbox.name();
        match (said, error) {
            (Say::News, RoundError::Mailbox(MailboxError::SignIn { .. })) => {
                tracing::error!(%mailbox, "{error}; sign in again: somebody has to put that right \
                    (`nyckelbud check` tries it); no mail is lost, it stays in the inbox");
            }
            (Say::News, _) => {
                tracing::warn!(%mailbox, "{error}; no mail is lost, it stays in the inbox; it is tried again \
                    after a pause");
            }
            (Say::Still(past), _) => {
                tracing::warn!(%mailbox, "the mailbox still does not work, after {past}: {error}; no mail is \
                    lost, it stays in the inbox; it is tried on");
            }
            (Say::Nothing, _) => tracing::debug!(%mailbox, "{error}, again"),
        }
    }

    /// Everything in the mailbox has been looked at.
    fn has_worked(&mut self) {
        let now = self.parts.moment();
        self.worked = Some(now);
        if let Some(past) = self.complaint.works(now) {
            tracing::info!(mailbox = %self.inbox.mailbox.name(), "the mailbox works again, after {past}");
        }
    }

    /// One connection, until `stop` or an error. A round that has begun is never cut in its middle:
    /// its tries are counted, and a mail must not look dangerous because the program was stopped.
    async fn session(&mut self, stop: &CancellationToken) -> Result<(), RoundError> {
        let Some(mut opened) = self.open(stop).await? else { return Ok(()) };
        loop {
            if self.sweep.is_due(self.parts.moment()) {
                self.sweep(stop).await;
                // The sweep has looked into other folders.
                match self.open(stop).await? {
                    Some(again) => opened = again,
                    None => return Ok(()),
                }
            }
            let more = self.round(opened.validity, stop).await?;
            self.has_worked();
            self.tell(Told::FullRound);
            let limit = self.inbox.settings.poll.min(self.sweep.rests(self.parts.moment()));
            if more || limit.is_zero() {
                continue;
            }
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                woken = self.inbox.mailbox.wait(limit) => { woken?; }
            }
        }
    }

    /// Works until nothing new is in the inbox; for tests and benchmarks.
    ///
    /// # Errors
    /// In words, what failed; what was not committed stays in the inbox.
    pub async fn drain(&mut self) -> Result<(), String> {
        let stop = CancellationToken::new();
        self.drain_until(&stop).await.map_err(|error| error.to_string())
    }

    async fn drain_until(&mut self, stop: &CancellationToken) -> Result<(), RoundError> {
        let mut opened = self.open(stop).await?;
        while self.sweep.is_due(self.parts.moment()) {
            self.sweep(stop).await;
            opened = self.open(stop).await?;
        }
        if let Some(opened) = opened {
            while self.round(opened.validity, stop).await? {}
        }
        Ok(())
    }

    /// What this process remembers of fetches in the folder.
    fn breaks(&mut self, scope: &UidScope) -> &mut Breaks {
        let breaks = self.breaks.entry(scope.shelf).or_default();
        breaks.under(scope.validity);
        breaks
    }
}
