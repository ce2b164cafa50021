//! Moving kept mails out of the inbox (M4).

use std::time::{Duration, Instant};

use super::keeper::KeptMail;
use super::{Intake, RoundError};
use crate::mailbox::{Folder, MailUid, MailboxError};

/// Mails moved with one command; one command a mail is quadratic in the mailbox's size.
const MOVE_BATCH: usize = 500;
/// How long nothing is moved after the mailbox refused it: what cannot be moved now (a full folder, a
/// missing right) holds up neither reading nor waiting.
const FILE_AGAIN_AFTER: Duration = Duration::from_secs(300);

impl Intake {
    /// Moves mails out of the inbox, when that was not refused a short while ago.
    pub(super) async fn file(
        &mut self,
        name: &str,
        validity: u32,
        mails: &[KeptMail],
    ) -> Result<(), RoundError> {
        if self.file_from.is_some_and(|from| Instant::now() < from) {
            return Ok(());
        }
        match self.move_all(name, validity, mails).await {
            Err(RoundError::Mailbox(
                error
                @ (MailboxError::Refused { .. } | MailboxError::Full { .. } | MailboxError::File { .. }),
            )) => {
                tracing::error!(mailbox = %name, "mails cannot be moved out of the inbox: {error}; they are \
                    kept, and new ones are read; make room or give the right, it is tried again");
                self.file_from = Some(Instant::now() + FILE_AGAIN_AFTER);
                let opened = self.inbox.mailbox.open().await?;
                if opened.validity != validity {
                    return Err(RoundError::Renumbered(validity, opened.validity));
                }
                Ok(())
            }
            done => done,
        }
    }

    async fn move_all(&mut self, name: &str, validity: u32, mails: &[KeptMail]) -> Result<(), RoundError> {
        for folder in [Folder::Handled, Folder::Quarantine] {
            let goes_there = |(uid, to): &KeptMail| (*to == Some(folder)).then(|| uid.clone());
            let uids: Vec<MailUid> = mails.iter().filter_map(goes_there).collect();
            for batch in uids.chunks(MOVE_BATCH) {
                let filed = self.inbox.mailbox.file(folder, batch).await?;
                self.parts.store.filed(name, validity, folder, &filed, self.parts.now()).await?;
            }
        }
        Ok(())
    }
}
