//! Moving kept mails out of the inbox (M4).

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::complaint::{Complaint, Say};
use super::keeper::KeptMail;
use super::{Intake, RoundError};
use crate::mailbox::{Folder, MailUid, MailboxError};

/// Mails moved with one command; one command a mail is quadratic in the mailbox's size.
const MOVE_BATCH: usize = 500;
/// How long nothing is moved after the mailbox refused it: what cannot be moved now (a full folder, a
/// missing right) holds up neither reading nor waiting.
const FILE_AGAIN_AFTER: Duration = Duration::from_secs(300);

/// So many refusals in one round are enough: each costs a connection. They tell two mails of a batch apart.
const MOST_REFUSALS: u32 = 24;

/// What is remembered of moves that were refused.
#[derive(Debug, Default)]
pub(super) struct Unmoved {
    /// Nothing is moved before this time.
    from: Option<Instant>,
    /// Mails that cannot be moved, each with the time when it is tried again.
    stuck: HashMap<MailUid, Instant>,
    complaint: Complaint,
}

/// How moving goes, in one round.
#[derive(Debug, Default)]
struct Tally {
    moved: usize,
    refusals: u32,
    /// Refused, with no other mail beside them.
    alone: u32,
    /// A folder is full.
    full: bool,
}

impl Tally {
    /// It is not about single mails: nothing goes, and that will be so with the next one, too.
    fn is_hopeless(&self) -> bool {
        self.refusals >= MOST_REFUSALS || (self.moved == 0 && self.alone >= 2)
    }
}

fn is_refusal(error: &MailboxError) -> bool {
    matches!(error, MailboxError::Refused { .. } | MailboxError::Full { .. } | MailboxError::File { .. })
}

impl Intake {
    /// Moves mails out of the inbox, when that was not refused a short while ago. One that cannot be moved
    /// holds up no other.
    pub(super) async fn file(
        &mut self,
        name: &str,
        validity: u32,
        mails: &[KeptMail],
    ) -> Result<(), RoundError> {
        let now = self.parts.moment();
        if self.unmoved.from.is_some_and(|from| now < from) {
            return Ok(());
        }
        self.unmoved.stuck.retain(|_, again| now < *again);
        let mut tally = Tally::default();
        for folder in [Folder::Handled, Folder::Quarantine] {
            let stuck = &self.unmoved.stuck;
            let goes_there =
                |(uid, to): &KeptMail| (*to == Some(folder) && !stuck.contains_key(uid)).then(|| uid.clone());
            let uids: Vec<MailUid> = mails.iter().filter_map(goes_there).collect();
            self.move_all(name, validity, folder, &uids, &mut tally).await?;
        }
        if tally.full || tally.is_hopeless() {
            self.unmoved.from = Some(now + FILE_AGAIN_AFTER);
        }
        if tally.refusals == 0
            && tally.moved > 0
            && self.unmoved.stuck.is_empty()
            && let Some(past) = self.unmoved.complaint.works(now)
        {
            tracing::info!(mailbox = %name, "mails can be moved out of the inbox again, after {past}");
        }
        Ok(())
    }

    /// A batch that is refused is halved, until it is known which mail it is.
    async fn move_all(
        &mut self,
        name: &str,
        validity: u32,
        folder: Folder,
        uids: &[MailUid],
        tally: &mut Tally,
    ) -> Result<(), RoundError> {
        let mut batches: Vec<&[MailUid]> = uids.chunks(MOVE_BATCH).rev().collect();
        while let Some(batch) = batches.pop() {
            let error = match self.inbox.mailbox.file(folder, batch).await {
                Ok(filed) => {
                    self.parts.store.filed(name, validity, folder, &filed, self.parts.now()).await?;
                    tally.moved += batch.len();
                    continue;
                }
                Err(error) if is_refusal(&error) => error,
                Err(error) => return Err(error.into()),
            };
            tally.refusals += 1;
            let opened = self.inbox.mailbox.open().await?;
            if opened.validity != validity {
                return Err(RoundError::Renumbered(validity, opened.validity));
            }
            let full = matches!(error, MailboxError::Full { .. });
            match batch {
                _ if full => {
                    tally.full = true;
                    self.cannot_move(name, &error.to_string());
                    return Ok(());
                }
                [uid] => {
                    tally.alone += 1;
                    self.unmoved.stuck.insert(uid.clone(), self.parts.moment() + FILE_AGAIN_AFTER);
                    self.cannot_move(name, &format!("{error} (the mail with the UID {})", uid.as_str()));
                }
                _ => {
                    let (one, other) = batch.split_at(batch.len() / 2);
                    batches.extend([other, one]);
                }
            }
            if tally.is_hopeless() {
                self.cannot_move(name, &error.to_string());
                return Ok(());
            }
        }
        Ok(())
    }

    fn cannot_move(&mut self, name: &str, error: &str) {
        match self.unmoved.complaint.failed(error, self.parts.moment()) {
            Say::News => {
                tracing::error!(mailbox = %name, "mails cannot be moved out of the inbox: {error}; they are \
                    kept, and new ones are read; make room or give the right, it is tried again");
            }
            Say::Still(past) => {
                tracing::error!(mailbox = %name, "mails can still not be moved out of the inbox, after {past}: \
                    {error}; they are kept; make room or give the right");
            }
            Say::Nothing => {}
        }
    }
}
