//! A mailbox in memory that does what no real one does on demand: break off at a mail, refuse moves,
//! change its UIDVALIDITY.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use nyckelbud::mailbox::*;
use tokio::sync::mpsc;

/// What lies in the mailbox, and how it behaves. Shared with the test.
#[derive(Default)]
pub struct Held {
    /// The inbox.
    pub mails: Vec<RawMail>,
    /// UIDVALIDITY as the next opening tells it.
    pub validity: u32,
    /// UIDVALIDITY once a move was refused.
    pub validity_after_refusal: Option<u32>,
    /// Moves are refused.
    pub full: bool,
    /// The names of what was asked for, a fetch each.
    pub fetched: Vec<Vec<String>>,
    /// What was moved.
    pub moved: Vec<(String, Folder)>,
}

/// The mailbox over it.
pub struct ShelfMailbox(pub Arc<Mutex<Held>>);

impl ShelfMailbox {
    fn shelf(&self) -> std::sync::MutexGuard<'_, Held> {
        self.0.lock().expect("no test panics while it looks")
    }
}

/// A mail with these octets.
pub fn raw(uid: &str, octets: &[u8]) -> RawMail {
    RawMail { uid: MailUid(uid.to_owned()), received_at: None, bytes: octets.to_vec(), truncated: false }
}

#[async_trait]
impl Mailbox for ShelfMailbox {
    fn name(&self) -> &'static str {
        "servicedesk"
    }

    async fn open(&mut self) -> Result<Opened, MailboxError> {
        Ok(Opened { validity: self.shelf().validity })
    }

    async fn list(&mut self, _: Option<&Mark>) -> Result<Vec<MailUid>, MailboxError> {
        Ok(self.shelf().mails.iter().map(|mail| mail.uid.clone()).collect())
    }

    async fn mark(&mut self) -> Result<Mark, MailboxError> {
        Ok(Mark(String::new()))
    }

    async fn fetch(&mut self, uids: &[MailUid], to: mpsc::Sender<RawMail>) -> Result<(), MailboxError> {
        let mails: Vec<RawMail> = {
            let mut shelf = self.shelf();
            shelf.fetched.push(uids.iter().map(|uid| uid.0.clone()).collect());
            shelf.mails.iter().filter(|mail| uids.contains(&mail.uid)).cloned().collect()
        };
        for mail in mails {
            if to.send(mail).await.is_err() {
                break;
            }
        }
        Ok(())
    }

    async fn look(&mut self, shelf: Shelf) -> Result<Option<Opened>, MailboxError> {
        match shelf {
            Shelf::Inbox => self.open().await.map(Some),
            Shelf::Filed(_) => Ok(None),
        }
    }

    async fn file(&mut self, folder: Folder, uids: &[MailUid]) -> Result<Vec<Filed>, MailboxError> {
        let mut shelf = self.shelf();
        if shelf.full {
            shelf.validity = shelf.validity_after_refusal.unwrap_or(shelf.validity);
            return Err(MailboxError::Refused {
                command: "UID MOVE",
                cause: "the folder is full".to_owned(),
            });
        }
        shelf.mails.retain(|mail| !uids.contains(&mail.uid));
        shelf.moved.extend(uids.iter().map(|uid| (uid.0.clone(), folder)));
        Ok(uids.iter().map(|uid| Filed { uid: uid.clone(), now: None }).collect())
    }

    async fn wait(&mut self, _: Duration) -> Result<Woken, MailboxError> {
        Ok(Woken::ByTime)
    }
}
