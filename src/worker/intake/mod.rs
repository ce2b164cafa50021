//! From the mailbox into the store (M0 to M5): list, count the try, fetch, keep, commit, move, and compare
//! what lies there with the ledger. One task a mailbox, so that one that fails never stops another.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::Parts;
use super::backoff::Backoff;
use crate::mail::Authentication;
use crate::mailbox::{MailUid, Mailbox, MailboxError, Opened, Shelf};
use crate::store::{StoreError, UidScope};

mod filing;
mod keeper;
mod plan;
mod round;
mod sweep;

use plan::Breaks;
use sweep::Sweep;

/// Pauses after failures grow from one to the other.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// The same credentials will be refused again, and hammering locks accounts.
const SIGN_IN_AGAIN_AFTER: Duration = Duration::from_secs(300);

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
    /// Nothing is moved before this time.
    file_from: Option<Instant>,
    sweep: Sweep,
}

/// How the intake of a mailbox goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Everything in it has been looked at.
    FullRound,
    /// Its credentials are refused: it stands still until somebody puts them right.
    SignInRefused,
}

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

fn refuses_sign_in(error: &RoundError) -> bool {
    matches!(error, RoundError::Mailbox(MailboxError::SignIn { .. }))
}

/// How long a mailbox is left alone after `error`. No error stops it for good.
fn pause_after(error: &RoundError, backoff: &mut Backoff, rng: &mut impl rand::Rng) -> Duration {
    if refuses_sign_in(error) { SIGN_IN_AGAIN_AFTER } else { backoff.next_pause(rng) }
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
            file_from: None,
            sweep: Sweep::default(),
        }
    }

    /// Works the mailbox until `stop`: every failure is logged, and followed by a new connection
    /// after a pause. `told` hears how it goes.
    pub async fn run(mut self, stop: CancellationToken, told: impl Fn(Told) + Send) {
        let name = self.inbox.mailbox.name().to_owned();
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        while let Err(error) = self.session(&stop, &told, &mut backoff).await {
            let pause = pause_after(&error, &mut backoff, &mut rand::rng());
            if refuses_sign_in(&error) {
                told(Told::SignInRefused);
                tracing::error!(mailbox = %name, "{error}; sign in again: somebody has to put that right \
                    (`nyckelbud check` tries it); no mail is lost, it stays in the inbox");
            } else {
                tracing::warn!(mailbox = %name, pause_ms = u64::try_from(pause.as_millis()).unwrap_or(0),
                    "{error}; no mail is lost, it stays in the inbox; next try after the pause");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// One connection, until `stop` or an error. A round that has begun is never cut in its middle:
    /// its tries are counted, and a mail must not look dangerous because the program was stopped.
    async fn session(
        &mut self,
        stop: &CancellationToken,
        told: &(impl Fn(Told) + Send),
        backoff: &mut Backoff,
    ) -> Result<(), RoundError> {
        let Some(mut opened) = self.open(stop).await? else { return Ok(()) };
        loop {
            if self.sweep.is_due(Instant::now()) {
                self.sweep(stop).await;
                // The sweep has looked into other folders.
                match self.open(stop).await? {
                    Some(again) => opened = again,
                    None => return Ok(()),
                }
            }
            let more = self.round(opened.validity, stop).await?;
            backoff.reset();
            told(Told::FullRound);
            let limit = self.inbox.settings.poll.min(self.sweep.rests(Instant::now()));
            if more || limit.is_zero() {
                continue;
            }
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                woken = self.inbox.mailbox.wait(limit) => { woken?; }
            }
        }
    }

    /// `None`: the program stops.
    async fn open(&mut self, stop: &CancellationToken) -> Result<Option<Opened>, RoundError> {
        tokio::select! {
            () = stop.cancelled() => Ok(None),
            opened = self.inbox.mailbox.open() => Ok(Some(opened?)),
        }
    }

    /// Works until nothing new is in the inbox; for tests and benchmarks.
    ///
    /// # Errors
    /// In words, what failed; what was not committed stays in the inbox.
    pub async fn drain(&mut self) -> Result<(), String> {
        let stop = CancellationToken::new();
        let mut opened = self.inbox.mailbox.open().await.map_err(|e| e.to_string())?;
        while self.sweep.is_due(Instant::now()) {
            self.sweep(&stop).await;
            opened = self.inbox.mailbox.open().await.map_err(|e| e.to_string())?;
        }
        while self.round(opened.validity, &stop).await.map_err(|e| e.to_string())? {}
        Ok(())
    }

    /// What this process remembers of fetches in the folder.
    fn breaks(&mut self, scope: &UidScope) -> &mut Breaks {
        let breaks = self.breaks.entry(scope.shelf).or_default();
        breaks.under(scope.validity);
        breaks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tries of an hour, when every one fails like this.
    fn tries(error: MailboxError) -> usize {
        let error = RoundError::Mailbox(error);
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        let (mut hour, mut tries) = (Duration::from_secs(3600), 1);
        while let Some(left) = hour.checked_sub(pause_after(&error, &mut backoff, &mut rand::rng())) {
            (hour, tries) = (left, tries + 1);
        }
        tries
    }

    #[test]
    fn refused_credentials_are_shown_every_five_minutes_and_no_failure_disables_a_mailbox() {
        let cause = || "words".to_owned();
        assert_eq!(tries(MailboxError::SignIn { cause: cause() }), 13);
        for error in [
            MailboxError::NoToken { cause: cause() },
            MailboxError::TimedOut { command: "SELECT", seconds: 60 },
            MailboxError::Refused { command: "LOGIN", cause: cause() },
            MailboxError::Lost { command: "LOGIN", cause: cause() },
        ] {
            assert!(tries(error) >= 13);
        }
    }
}
