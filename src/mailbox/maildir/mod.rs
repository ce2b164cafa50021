//! A maildir (<https://cr.yp.to/proto/maildir.html>) as a mailbox, with Maildir++ folders
//! (<https://www.courier-mta.org/imap/README.maildirquota.html>) as Dovecot and Courier lay them out.
//!
//! All work on the disk is done away from the async threads. A call takes the tree out of its place
//! and puts it back when all went well, so that after an error, or a call that was given up half-way,
//! the next one begins with a new look.

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use self::mark::MaildirMark;
use self::tree::Tree;
use crate::mailbox::{
    Filed, Folder, MailUid, Mailbox, MailboxError, Mark, Opened, RawMailSender, Shelf, Woken,
};

mod filing;
mod mark;
mod tree;
#[cfg(test)]
mod tests;

/// How often a waiting mailbox looks for new mails: two `stat` calls while nothing changes.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Where a maildir is.
#[derive(Clone, Debug)]
pub struct MaildirSettings {
    /// The mailbox's name in logs and in the ledger.
    pub name: String,
    /// The maildir: the folder that holds `new/` and `cur/`.
    pub path: PathBuf,
    /// The folder for mails that became tickets; levels of a name are parted by `/`.
    pub handled: String,
    /// The folder for mails that could not be read.
    pub quarantine: String,
    /// No more of a mail than this is read (octets).
    pub max_mail_size: u64,
}

/// A mailbox in a maildir on this machine.
pub struct MaildirMailbox {
    settings: MaildirSettings,
    tree: Option<Tree>,
}

impl MaildirMailbox {
    /// A mailbox that is not opened yet.
    #[must_use]
    pub fn new(settings: MaildirSettings) -> Self {
        Self { settings, tree: None }
    }

    fn broken_off(&self, cause: &str) -> MailboxError {
        MailboxError::File { path: shown(&self.settings.path), cause: cause.to_owned() }
    }

    async fn on_disk<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Tree) -> Result<T, MailboxError> + Send + 'static,
    ) -> Result<T, MailboxError> {
        let mut tree = self.tree.take().ok_or_else(|| self.broken_off("the mailbox is not open"))?;
        let working = spawn_blocking(move || work(&mut tree).map(|done| (tree, done)));
        let (tree, done) = working
            .await
            .map_err(|_| self.broken_off("the work on it was broken off; it is tried again"))??;
        self.tree = Some(tree);
        Ok(done)
    }
}

#[async_trait]
impl Mailbox for MaildirMailbox {
    fn name(&self) -> &str {
        &self.settings.name
    }

    async fn open(&mut self) -> Result<Opened, MailboxError> {
        self.tree = None;
        let settings = self.settings.clone();
        let opening = spawn_blocking(move || Tree::open(&settings)).await;
        self.tree = Some(opening.map_err(|_| self.broken_off("its opening was broken off"))??);
        Ok(Opened { validity: 0 })
    }

    async fn list(&mut self, after: Option<&Mark>) -> Result<Vec<MailUid>, MailboxError> {
        let after = after.map(|mark| MaildirMark::from_mark(mark, &self.settings.path)).transpose()?;
        self.on_disk(move |tree| tree.list(after.as_ref())).await
    }

    async fn mark(&mut self) -> Result<Mark, MailboxError> {
        self.on_disk(Tree::mark).await
    }

    async fn fetch(&mut self, uids: &[MailUid], to: RawMailSender) -> Result<(), MailboxError> {
        let (uids, max) = (uids.to_vec(), self.settings.max_mail_size);
        self.on_disk(move |tree| {
            tree.doubt_places();
            for uid in &uids {
                let Some(mail) = tree.read(uid, max)? else { continue };
                if to.blocking_send(mail).is_err() {
                    break;
                }
            }
            Ok(())
        })
        .await
    }

    async fn file(&mut self, folder: Folder, uids: &[MailUid]) -> Result<Vec<Filed>, MailboxError> {
        let uids = uids.to_vec();
        self.on_disk(move |tree| tree.file(folder, &uids)).await
    }

    async fn look(&mut self, shelf: Shelf) -> Result<Option<Opened>, MailboxError> {
        self.tree = None;
        let settings = self.settings.clone();
        let looking = spawn_blocking(move || Tree::look_into(&settings, shelf)).await;
        self.tree = looking.map_err(|_| self.broken_off("the look into it was broken off"))??;
        Ok(self.tree.as_ref().map(|_| Opened { validity: 0 }))
    }

    async fn wait(&mut self, limit: Duration) -> Result<Woken, MailboxError> {
        let end = Instant::now() + limit;
        loop {
            if self.on_disk(Tree::has_news).await? {
                return Ok(Woken::ByMail);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Woken::ByTime);
            }
            sleep(left.min(LOOK_EVERY)).await;
        }
    }
}

/// A path for a log or an error text. File names are made by whoever delivers: no control character
/// of theirs gets through.
fn shown(path: &Path) -> String {
    path.to_string_lossy().chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// `path` cannot be used because of `error`.
fn unusable(path: &Path, error: &std::io::Error) -> MailboxError {
    MailboxError::File { path: shown(path), cause: error.to_string() }
}
