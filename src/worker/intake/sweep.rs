//! The sweep (M5): what lies in the folders for filed mails is compared with the store, at start and daily.
//! It notes where kept mails lie, and takes in what nobody knows: the mailbox is the log from which a
//! store that lost something, or came from a backup, is brought up to date.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::complaint::Say;
use super::{Intake, RoundError, Told};
use crate::mailbox::{Folder, Shelf};
use crate::store::UidScope;
use crate::worker::answer::word;

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
    /// Everything was compared once, since the start: what is unknown from now on was put there by a person.
    pub(super) compared: bool,
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
        self.compared |= matches!(how, Ended::Whole);
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
        let (mut whole, mut failed) = (true, false);
        for folder in [Folder::Handled, Folder::Quarantine] {
            match self.sweep_folder(folder, stop).await {
                Ok(ended) => {
                    whole &= ended;
                    let complaint = self.unswept.entry(folder).or_default();
                    if let Some(past) = complaint.works(self.parts.moment()) {
                        let mailbox = self.inbox.mailbox.name();
                        tracing::info!(%mailbox, "the mails in the {} folder are compared with the store again, \
                            after {past}", word(folder));
                    }
                }
                // The other folder has its turn all the same, over a connection of its own.
                Err(error) => {
                    failed = true;
                    self.cannot_sweep(folder, &error.to_string());
                }
            }
        }
        let ended = match (failed, whole) {
            (true, _) => Ended::Failed,
            (false, true) => Ended::Whole,
            (false, false) => Ended::InPart,
        };
        self.sweep.ended(ended, self.parts.moment());
        match ended {
            Ended::Whole => self.tell(Told::Swept),
            // What was found by then is told.
            Ended::InPart | Ended::Failed => {}
        }
    }

    fn cannot_sweep(&mut self, folder: Folder, error: &str) {
        let now = self.parts.moment();
        let said = self.unswept.entry(folder).or_default().failed(error, now);
        let (mailbox, folder) = (self.inbox.mailbox.name(), word(folder));
        match said {
            Say::News => {
                tracing::warn!(%mailbox, "the mails in the {folder} folder could not be compared with the store: \
                    {error}; new mails come in all the same; it is tried again every ten minutes");
            }
            Say::Still(past) => {
                tracing::warn!(%mailbox, "the mails in the {folder} folder can still not be compared with the \
                    store, after {past}: {error}; new mails come in all the same");
            }
            Say::Nothing => {}
        }
    }

    /// `false`: there is more in it than one turn takes.
    async fn sweep_folder(&mut self, folder: Folder, stop: &CancellationToken) -> Result<bool, RoundError> {
        let (mailbox, shelf) = (self.inbox.mailbox.name().to_owned(), Shelf::Filed(folder));
        let Some(opened) = self.inbox.mailbox.look(shelf).await? else { return Ok(true) };
        let scope = UidScope { mailbox, shelf, validity: opened.validity };
        let mark = match self.parts.store.mark(&scope.mailbox, shelf).await? {
            Some(mark) => mark,
            None => self.first_mark(&scope).await?,
        };
        let listed = self.inbox.mailbox.list(Some(&mark)).await?;
        let now = self.parts.moment();
        self.breaks(&scope).listed(&listed, now);
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
