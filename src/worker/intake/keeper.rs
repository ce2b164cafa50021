//! Keeps the mails of one fetch in groups, while the fetch goes on.

use std::sync::Arc;

use tokio::task::JoinError;

use super::super::answer::{Kept, incoming, quarantined, unrecorded, word};
use super::super::{Parts, reads, signatures};
use super::{Tell, Told};
use crate::decision::Automation;
use crate::mail::{Authentication, Signatures};
use crate::mailbox::{Folder, MailUid, RawMail, RawMailReceiver, Shelf};
use crate::store::{Found, Incoming, Settled, StoreError, UidScope};

/// Mails that share a transaction: their disk flush is the price of keeping them.
const COMMIT_BATCH: usize = 100;
/// Octets that share a transaction, at most (one mail may be larger).
const COMMIT_OCTETS: usize = 4 * 1024 * 1024;
/// So many mails are kept without waiting for more that are not there yet.
const COMPANY: usize = 16;

const TOO_LARGE: &str = "it is larger than the mailbox's max_mail_size";

/// A mail that is in the store, and where it goes; `None` when it stays in the inbox.
pub(super) type KeptMail = (MailUid, Option<Folder>);

/// A mail, and what was found of its signatures.
type Checked = (RawMail, Option<Signatures>);

fn broken_off(_: JoinError) -> StoreError {
    StoreError::Unavailable("the reading of mails was broken off".to_owned())
}

/// Reads and keeps mails of one mailbox.
pub(super) struct Keeper {
    pub(super) parts: Arc<Parts>,
    /// Where they lie.
    pub(super) scope: UidScope,
    pub(super) authentication: Authentication,
    pub(super) automation: Automation,
    /// Set, in words, when these mails are not to be read: they are kept as they came.
    pub(super) unread: Option<String>,
    /// They cannot be moved, because they did not come: only something of them is here.
    pub(super) stay: bool,
    /// The mailbox's folders were compared with the store before, since the start.
    pub(super) compared: bool,
    /// Hears of every group that is kept.
    pub(super) told: Option<Tell>,
}

impl Keeper {
    /// Keeps what comes until the sender is dropped. Answers what is in the store.
    pub(super) async fn keep_all(self, mut from: RawMailReceiver) -> Result<Vec<KeptMail>, StoreError> {
        let keeper = Arc::new(self);
        let mut kept = Vec::new();
        let mut group = Vec::new();
        let mut octets = 0;
        loop {
            let mail = from.recv().await;
            let ended = mail.is_none();
            if let Some(mail) = mail {
                octets += mail.bytes.len();
                group.push(mail);
            }
            let full = group.len() >= COMMIT_BATCH || octets >= COMMIT_OCTETS;
            let enough = group.len() >= COMPANY && from.is_empty();
            if full || enough || (ended && !group.is_empty()) {
                octets = 0;
                kept.extend(Arc::clone(&keeper).keep(std::mem::take(&mut group)).await?);
                if let Some(told) = &keeper.told {
                    told(Told::Progress);
                    if let Shelf::Filed(_) = keeper.scope.shelf {
                        told(Told::SweptInPart);
                    }
                }
            }
            if ended {
                return Ok(kept);
            }
        }
    }

    async fn keep(self: Arc<Self>, group: Vec<RawMail>) -> Result<Vec<KeptMail>, StoreError> {
        match self.scope.shelf {
            Shelf::Inbox => {
                let checked = self.checked(group).await.map_err(broken_off)?;
                let incoming = Arc::clone(&self).read_all(checked).await?;
                self.record(incoming).await
            }
            Shelf::Filed(folder) => self.settle(folder, group).await,
        }
    }

    /// The mails with what their signatures prove; those that are not to be read are not touched.
    async fn checked(&self, group: Vec<RawMail>) -> Result<Vec<Checked>, JoinError> {
        match self.unread {
            Some(_) => Ok(group.into_iter().map(|mail| (mail, None)).collect()),
            None => signatures::checked(&self.parts, &self.authentication, group).await,
        }
    }

    /// The mails lie in a folder for filed mails. Those that were kept without being read are known by
    /// their octets, so that they are not read here either. What is not known becomes a technician's,
    /// whoever signed it.
    async fn settle(
        self: Arc<Self>,
        folder: Folder,
        group: Vec<RawMail>,
    ) -> Result<Vec<KeptMail>, StoreError> {
        let store = Arc::clone(&self.parts.store);
        let places = group.iter().map(|mail| (mail.uid.clone(), None)).collect();
        let (mut found, mut unknown) = (Vec::new(), Vec::new());
        for mail in group {
            match store.kept_unread(&self.scope.mailbox, &mail.bytes).await? {
                Some(id) => found.push(Found::Kept(mail.uid, id)),
                None => unknown.push((mail, None)),
            }
        }
        let read = Arc::clone(&self).read_all(unknown).await?;
        found.extend(read.into_iter().map(|mail| Found::Read(Box::new(unrecorded(mail, folder)))));
        let settled = store.settle(&self.scope, found, self.compared, self.parts.now()).await?;
        let made = settled.iter().filter(|settled| matches!(settled, Settled::Made(..))).count();
        if made > 0 {
            tracing::warn!(mailbox = %self.scope.mailbox, mails = made, "mails lie in the {} folder that this \
                desk had no record of, as after a restore; each is a ticket for a technician now", word(folder));
        }
        Ok(places)
    }

    async fn read_all(self: Arc<Self>, group: Vec<Checked>) -> Result<Vec<Incoming>, StoreError> {
        // Parsing is work for the processor: not on the threads that wait for servers.
        let read = move || group.into_iter().map(|(mail, found)| self.read(mail, found)).collect();
        tokio::task::spawn_blocking(read).await.map_err(broken_off)
    }

    fn read(&self, raw: RawMail, signatures: Option<Signatures>) -> Incoming {
        let now = self.parts.now();
        let kept = Kept {
            mailbox: &self.scope.mailbox,
            shelf: self.scope.shelf,
            validity: self.scope.validity,
            automation: self.automation,
            rules: &self.parts.rules,
            year: self.parts.texts.year(now),
            now,
        };
        if let Some(why) = &self.unread {
            let mail = quarantined(&kept, raw, why);
            return if self.stay { Incoming { folder: None, ..mail } } else { mail };
        }
        if raw.truncated {
            return quarantined(&kept, raw, TOO_LARGE);
        }
        let own = &self.parts.rules.own_domains;
        let read = |octets: &[u8], found: Option<&Signatures>| {
            reads::read_mail(octets, &self.authentication, found, own)
        };
        incoming(&kept, raw, signatures, read)
    }
}
