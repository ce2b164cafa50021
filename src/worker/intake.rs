//! From the mailbox into the store (M0 to M4): list, count the try, fetch, keep, commit, move.
//! One task a mailbox, so that one that fails never stops another.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::answer::{Kept, incoming, quarantined};
use super::backoff::Backoff;
use super::{Parts, reads};
use crate::decision::Automation;
use crate::mail::Authentication;
use crate::mailbox::{Folder, MailUid, Mailbox, MailboxError, RawMail};
use crate::store::{Incoming, LedgerEntry, StoreError};

/// A mail whose reading was begun this often and never ended goes to quarantine.
const MAX_TRIES: u32 = 3;
/// Mails asked for in one go.
const FETCH_BATCH: usize = 200;
/// Mails that share a transaction: their disk flush is the price of keeping them.
const COMMIT_BATCH: usize = 100;
/// Octets that share a transaction, at most (one mail may be larger).
const COMMIT_OCTETS: usize = 4 * 1024 * 1024;
/// Mails moved with one command; one command a mail is quadratic in the mailbox's size.
const MOVE_BATCH: usize = 500;

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
}

/// Why a round ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RoundError {
    #[error(transparent)]
    Mailbox(#[from] MailboxError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Intake {
    /// The intake of `inbox`.
    #[must_use]
    pub fn new(inbox: Inbox, parts: Arc<Parts>) -> Self {
        Self { inbox, parts }
    }

    /// Works the mailbox until `stop`: every failure is logged, and followed by a new connection
    /// after a pause. `seen` is told after every full round.
    pub async fn run(mut self, stop: CancellationToken, seen: impl Fn() + Send) {
        let name = self.inbox.mailbox.name().to_owned();
        let mut backoff = Backoff::new(Duration::from_secs(2), Duration::from_secs(300));
        while !stop.is_cancelled() {
            let error = tokio::select! {
                () = stop.cancelled() => return,
                error = self.session(&seen, &mut backoff) => error,
            };
            let pause = match &error {
                // The same credentials will be refused again, and hammering locks accounts.
                RoundError::Mailbox(MailboxError::SignIn { .. }) => Duration::from_secs(300),
                RoundError::Mailbox(_) | RoundError::Store(_) => backoff.next_pause(&mut rand::rng()),
            };
            tracing::warn!(mailbox = %name, pause_ms = u64::try_from(pause.as_millis()).unwrap_or(0),
                "{error}; no mail is lost, it stays in the inbox; next try after the pause");
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn session(&mut self, seen: &(impl Fn() + Send), backoff: &mut Backoff) -> RoundError {
        loop {
            let validity = match self.inbox.mailbox.open().await {
                Ok(opened) => opened.validity,
                Err(error) => return error.into(),
            };
            loop {
                if let Err(error) = self.round(validity).await {
                    return error;
                }
                backoff.reset();
                seen();
                if let Err(error) = self.inbox.mailbox.wait(self.inbox.settings.poll).await {
                    return error.into();
                }
            }
        }
    }

    /// Works until nothing new is in the inbox; for `demo --once` and tests.
    ///
    /// # Errors
    /// In words, what failed; what was not committed stays in the inbox.
    pub async fn drain(&mut self) -> Result<(), String> {
        let opened = self.inbox.mailbox.open().await.map_err(|e| e.to_string())?;
        self.round(opened.validity).await.map_err(|e| e.to_string())
    }

    /// One full look.
    async fn round(&mut self, validity: u32) -> Result<(), RoundError> {
        let name = self.inbox.mailbox.name().to_owned();
        let store = Arc::clone(&self.parts.store);
        let mut mark = store.mark(&name).await?;
        if mark.is_none() && self.inbox.settings.start_now {
            let first = self.inbox.mailbox.mark().await?;
            store.set_mark(&name, &first, self.parts.now()).await?;
            mark = Some(first);
        }
        let listed = self.inbox.mailbox.list(mark.as_ref()).await?;
        let ledger = store.ledger(&name, validity).await?;
        self.file_kept(&name, validity, &listed, &ledger).await?;

        let plan = Plan::new(&listed, &ledger);
        for batch in plan.fresh.chunks(FETCH_BATCH) {
            self.take(&name, validity, batch, false).await?;
        }
        // One by one, so that the mail that stopped the program last time harms no other.
        for uid in &plan.tried {
            self.take(&name, validity, std::slice::from_ref(uid), false).await?;
        }
        for uid in &plan.poison {
            self.take(&name, validity, std::slice::from_ref(uid), true).await?;
        }
        Ok(())
    }

    /// Moves what was kept but not moved when the program or the connection ended.
    async fn file_kept(
        &mut self,
        name: &str,
        validity: u32,
        listed: &[MailUid],
        ledger: &[LedgerEntry],
    ) -> Result<(), RoundError> {
        let present: HashSet<&MailUid> = listed.iter().collect();
        let kept = |entry: &&LedgerEntry| entry.kept.is_some();
        let gone: Vec<MailUid> =
            ledger.iter().filter(kept).filter(|e| !present.contains(&e.uid)).map(|e| e.uid.clone()).collect();
        if !gone.is_empty() {
            self.parts.store.moved(name, validity, &gone, self.parts.now()).await?;
        }
        let left: Vec<(Folder, MailUid)> = ledger
            .iter()
            .filter(|e| present.contains(&e.uid))
            .filter_map(|e| e.kept.map(|folder| (folder, e.uid.clone())))
            .collect();
        self.file(name, validity, &left).await
    }

    /// Fetches and keeps one batch, then moves it. A try is counted before the fetch (M1).
    async fn take(
        &mut self,
        name: &str,
        validity: u32,
        uids: &[MailUid],
        poison: bool,
    ) -> Result<(), RoundError> {
        self.parts.store.count_tries(name, validity, uids, self.parts.now()).await?;
        let automation = self.parts.automation().await?;
        let (to, from) = mpsc::channel(32);
        let keeper = Keeper {
            parts: Arc::clone(&self.parts),
            mailbox: name.to_owned(),
            validity,
            authentication: self.inbox.settings.authentication.clone(),
            automation,
            poison,
        };
        let (fetched, kept) = tokio::join!(self.inbox.mailbox.fetch(uids, to), keeper.keep_all(from));
        let kept = kept?;
        if let Err(error) = fetched {
            // The connection failed, not the mails: only a mail that was alone is suspected.
            if uids.len() > 1 {
                let done: HashSet<&MailUid> = kept.iter().map(|(_, uid)| uid).collect();
                let innocent: Vec<MailUid> = uids.iter().filter(|u| !done.contains(u)).cloned().collect();
                self.parts.store.forgive_tries(name, validity, &innocent).await?;
            }
            return Err(error.into());
        }
        self.parts.wake.notify_one();
        self.file(name, validity, &kept).await
    }

    async fn file(
        &mut self,
        name: &str,
        validity: u32,
        mails: &[(Folder, MailUid)],
    ) -> Result<(), RoundError> {
        for folder in [Folder::Handled, Folder::Quarantine] {
            let uids: Vec<MailUid> =
                mails.iter().filter(|(f, _)| *f == folder).map(|(_, uid)| uid.clone()).collect();
            for batch in uids.chunks(MOVE_BATCH) {
                self.inbox.mailbox.file(folder, batch).await?;
                self.parts.store.moved(name, validity, batch, self.parts.now()).await?;
            }
        }
        Ok(())
    }
}

/// What to fetch, and how carefully.
struct Plan {
    fresh: Vec<MailUid>,
    tried: Vec<MailUid>,
    poison: Vec<MailUid>,
}

impl Plan {
    fn new(listed: &[MailUid], ledger: &[LedgerEntry]) -> Self {
        let known: std::collections::HashMap<&MailUid, &LedgerEntry> =
            ledger.iter().map(|e| (&e.uid, e)).collect();
        let mut plan = Self { fresh: Vec::new(), tried: Vec::new(), poison: Vec::new() };
        for uid in listed {
            match known.get(uid) {
                None => plan.fresh.push(uid.clone()),
                Some(entry) if entry.kept.is_some() => {}
                Some(entry) if entry.tries == 0 => plan.fresh.push(uid.clone()),
                Some(entry) if entry.tries < MAX_TRIES => plan.tried.push(uid.clone()),
                Some(_) => plan.poison.push(uid.clone()),
            }
        }
        plan
    }
}

/// Keeps the mails of one fetch in groups, while the fetch goes on.
struct Keeper {
    parts: Arc<Parts>,
    mailbox: String,
    validity: u32,
    authentication: Authentication,
    automation: Automation,
    poison: bool,
}

impl Keeper {
    async fn keep_all(self, mut from: mpsc::Receiver<RawMail>) -> Result<Vec<(Folder, MailUid)>, StoreError> {
        let keeper = Arc::new(self);
        let mut filed = Vec::new();
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
            // Nothing else is there to be read at once: do not let these wait for company.
            let alone = from.is_empty() && !group.is_empty() && group.len() >= 16;
            if full || alone || (ended && !group.is_empty()) {
                octets = 0;
                filed.extend(keeper.clone().keep(std::mem::take(&mut group)).await?);
            }
            if ended {
                return Ok(filed);
            }
        }
    }

    async fn keep(self: Arc<Self>, group: Vec<RawMail>) -> Result<Vec<(Folder, MailUid)>, StoreError> {
        let keeper = Arc::clone(&self);
        let read = move || group.into_iter().map(|mail| keeper.read(mail)).collect::<Vec<_>>();
        let incoming = tokio::task::spawn_blocking(read)
            .await
            .map_err(|_| StoreError::Unavailable("the reading of mails was broken off".to_owned()))?;
        let places: Vec<(Option<Folder>, MailUid)> =
            incoming.iter().map(|m| (m.folder, m.uid.clone())).collect();
        self.parts.store.record(incoming, self.parts.now()).await?;
        Ok(places.into_iter().filter_map(|(folder, uid)| folder.map(|f| (f, uid))).collect())
    }

    fn read(&self, raw: RawMail) -> Incoming {
        let now = self.parts.now();
        let kept = Kept {
            mailbox: &self.mailbox,
            validity: self.validity,
            automation: self.automation,
            rules: &self.parts.rules,
            year: self.parts.texts.year(now),
            now,
        };
        if self.poison {
            return quarantined(&kept, raw, "its reading stopped the program three times");
        }
        let own = &self.parts.rules.own_domains;
        match reads::read_mail(&raw.bytes, raw.truncated, &self.authentication, own) {
            Ok(read) => incoming(&kept, raw, read),
            Err(unreadable) => quarantined(&kept, raw, &unreadable.to_string()),
        }
    }
}
