//! The sweep (M5): what lies in the folders for filed mails is compared with the store, at start and daily.
//! It notes where kept mails lie, and takes in what nobody knows: the mailbox is the log from which a
//! store that lost something, or came from a backup, is brought up to date.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::{Intake, RoundError};
use crate::mailbox::{Folder, Shelf};
use crate::store::UidScope;

/// The folders are compared with the store so often.
const EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// After a failure it is tried again.
const AGAIN_AFTER: Duration = Duration::from_secs(10 * 60);
/// Mails of a folder that are fetched and compared before new ones get their turn.
const SLICE: usize = 2000;

/// When to sweep next.
#[derive(Debug, Default)]
pub(super) struct Sweep {
    /// `None` is at once.
    next: Option<Instant>,
}

/// How a sweep ended.
#[derive(Clone, Copy, Debug)]
enum Ended {
    /// Everything was looked at.
    Whole,
    /// There is more in a folder than one turn takes.
    InPart,
    /// It broke off.
    Failed,
}

impl Sweep {
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.next.is_none_or(|next| next <= now)
    }

    /// How long until it is due.
    pub(super) fn rests(&self, now: Instant) -> Duration {
        self.next.map_or(Duration::ZERO, |next| next.saturating_duration_since(now))
    }

    fn ended(&mut self, how: Ended, now: Instant) {
        self.next = match how {
            Ended::Whole => Some(now + EVERY),
            Ended::InPart => None,
            Ended::Failed => Some(now + AGAIN_AFTER),
        };
    }
}

impl Intake {
    /// Looks into the folders. A failure stops no intake; it is said, and tried again later. The mailbox
    /// must be opened anew afterwards.
    pub(super) async fn sweep(&mut self, stop: &CancellationToken) {
        let ended = match self.sweep_folders(stop).await {
            Ok(true) => Ended::Whole,
            Ok(false) => Ended::InPart,
            Err(error) => {
                let mailbox = self.inbox.mailbox.name();
                tracing::warn!(%mailbox, "the mails in the folders for handled mails could not be compared \
                    with the store: {error}; new mails come in all the same; it is tried again in ten minutes");
                Ended::Failed
            }
        };
        self.sweep.ended(ended, Instant::now());
    }

    /// `false`: there is more in them than one turn takes.
    async fn sweep_folders(&mut self, stop: &CancellationToken) -> Result<bool, RoundError> {
        let mut whole = true;
        for folder in [Folder::Handled, Folder::Quarantine] {
            whole &= self.sweep_folder(folder, stop).await?;
        }
        Ok(whole)
    }

    /// The same for one folder.
    async fn sweep_folder(&mut self, folder: Folder, stop: &CancellationToken) -> Result<bool, RoundError> {
        let (mailbox, shelf) = (self.inbox.mailbox.name().to_owned(), Shelf::Filed(folder));
        let Some(opened) = self.inbox.mailbox.look(shelf).await? else { return Ok(true) };
        let scope = UidScope { mailbox, shelf, validity: opened.validity };
        let mark = match self.parts.store.mark(&scope.mailbox, shelf).await? {
            Some(mark) => mark,
            None => self.first_mark(&scope).await?,
        };
        let listed = self.inbox.mailbox.list(Some(&mark)).await?;
        let plan = self.plan(&scope, &listed, SLICE).await?;
        drop(listed);
        self.carry_out(&scope, &plan, stop).await?;
        Ok(!plan.more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_is_due_at_the_start_every_day_soon_after_a_failure_and_at_once_while_there_is_more() {
        let (mut sweep, now) = (Sweep::default(), Instant::now());
        assert!(sweep.is_due(now), "at the start");
        for (how, pause) in [(Ended::Whole, EVERY), (Ended::Failed, AGAIN_AFTER), (Ended::Whole, EVERY)] {
            sweep.ended(how, now);
            assert_eq!(sweep.rests(now), pause, "{how:?}");
            assert!(!sweep.is_due(now + pause - Duration::from_millis(1)), "{how:?}");
            assert!(sweep.is_due(now + pause), "{how:?}");
        }
        sweep.ended(Ended::InPart, now);
        assert!(sweep.is_due(now) && sweep.rests(now).is_zero());
        assert!(AGAIN_AFTER < EVERY);
    }
}
