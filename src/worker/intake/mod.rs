//! From the mailbox into the store (M0 to M4): list, count the try, fetch, keep, commit, move.
//! One task a mailbox, so that one that fails never stops another.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Parts;
use super::backoff::Backoff;
use crate::mail::Authentication;
use crate::mailbox::{Folder, MailUid, Mailbox, MailboxError, RawMail};
use crate::store::{LedgerEntry, StoreError};

mod keeper;
mod plan;

use keeper::{Keeper, KeptMail};
use plan::{Breaks, Plan};

/// Mails asked for in one go.
const FETCH_BATCH: usize = 200;
/// Mails moved with one command; one command a mail is quadratic in the mailbox's size.
const MOVE_BATCH: usize = 500;
/// Mails that lie between the connection and the store; each may be as large as `max_mail_size`.
const IN_FLIGHT: usize = 8;
/// How long nothing is moved after the mailbox refused it: what cannot be moved now (a full folder, a
/// missing right) holds up neither reading nor waiting.
const FILE_AGAIN_AFTER: Duration = Duration::from_secs(300);

/// The same credentials will be refused again, and hammering locks accounts.
const SIGN_IN_AGAIN_AFTER: Duration = Duration::from_secs(300);

const POISON: &str = "its reading stopped the program three times";
const DEADLY: &str = "its fetching stopped the program, even unread; it stays in the inbox, look there";
const WITHHELD: &str = "the mailbox lists it but does not hand it over; it stays in the inbox, look there";

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
    breaks: Breaks,
    /// Tries counted for mails that were not to blame, and not taken back yet: the store failed.
    unforgiven: Vec<MailUid>,
    /// Nothing is moved before this time.
    file_from: Option<Instant>,
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

impl Intake {
    /// The intake of `inbox`.
    #[must_use]
    pub fn new(inbox: Inbox, parts: Arc<Parts>) -> Self {
        Self { inbox, parts, breaks: Breaks::default(), unforgiven: Vec::new(), file_from: None }
    }

    /// Works the mailbox until `stop`: every failure is logged, and followed by a new connection
    /// after a pause. `told` hears how it goes.
    pub async fn run(mut self, stop: CancellationToken, told: impl Fn(Told) + Send) {
        let name = self.inbox.mailbox.name().to_owned();
        let mut backoff = Backoff::new(Duration::from_secs(2), Duration::from_secs(300));
        while let Err(error) = self.session(&stop, &told, &mut backoff).await {
            let pause = if let RoundError::Mailbox(MailboxError::SignIn { .. }) = &error {
                told(Told::SignInRefused);
                tracing::error!(mailbox = %name, "{error}; sign in again: somebody has to put that right \
                    (`nyckelbud check` tries it); no mail is lost, it stays in the inbox");
                SIGN_IN_AGAIN_AFTER
            } else {
                let pause = backoff.next_pause(&mut rand::rng());
                tracing::warn!(mailbox = %name, pause_ms = u64::try_from(pause.as_millis()).unwrap_or(0),
                    "{error}; no mail is lost, it stays in the inbox; next try after the pause");
                pause
            };
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
        let opened = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            opened = self.inbox.mailbox.open() => opened?,
        };
        loop {
            self.round(opened.validity, stop).await?;
            backoff.reset();
            told(Told::FullRound);
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                woken = self.inbox.mailbox.wait(self.inbox.settings.poll) => { woken?; }
            }
        }
    }

    /// Works until nothing new is in the inbox; for tests and benchmarks.
    ///
    /// # Errors
    /// In words, what failed; what was not committed stays in the inbox.
    pub async fn drain(&mut self) -> Result<(), String> {
        let opened = self.inbox.mailbox.open().await.map_err(|e| e.to_string())?;
        self.round(opened.validity, &CancellationToken::new()).await.map_err(|e| e.to_string())
    }

    /// One full look.
    async fn round(&mut self, validity: u32, stop: &CancellationToken) -> Result<(), RoundError> {
        let name = self.inbox.mailbox.name().to_owned();
        let store = Arc::clone(&self.parts.store);
        self.breaks.under(validity);
        self.forgive(&name, validity, Vec::new()).await?;
        let mut mark = store.mark(&name).await?;
        if mark.is_none() && self.inbox.settings.start_now {
            let first = self.inbox.mailbox.mark().await?;
            store.set_mark(&name, &first, self.parts.now()).await?;
            mark = Some(first);
        }
        let listed = self.inbox.mailbox.list(mark.as_ref()).await?;
        let ledger = store.ledger(&name, validity).await?;
        let mut to_file = self.left_over(&name, validity, &listed, &ledger).await?;

        let plan = Plan::new(&listed, &ledger, &self.breaks, Instant::now());
        // First, for one that breaks the connection would put these off.
        self.give_up(&name, validity, &plan.deadly, DEADLY).await?;
        self.give_up(&name, validity, &plan.withheld, WITHHELD).await?;
        let batches = plan.fresh.chunks(FETCH_BATCH).map(|batch| (batch, None));
        let alone = plan.alone.chunks(1).map(|one| (one, None));
        let poison = plan.poison.chunks(1).map(|one| (one, Some(POISON)));
        for (uids, unread) in batches.chain(alone).chain(poison) {
            if stop.is_cancelled() {
                return Ok(());
            }
            to_file.extend(self.take(&name, validity, uids, unread, stop).await?);
        }
        if stop.is_cancelled() { Ok(()) } else { self.file(&name, validity, &to_file).await }
    }

    /// What was kept but not moved when the program or the connection ended.
    async fn left_over(
        &mut self,
        name: &str,
        validity: u32,
        listed: &[MailUid],
        ledger: &[LedgerEntry],
    ) -> Result<Vec<KeptMail>, StoreError> {
        let present: HashSet<&MailUid> = listed.iter().collect();
        let (here, gone): (Vec<&LedgerEntry>, Vec<&LedgerEntry>) =
            ledger.iter().filter(|e| e.kept).partition(|e| present.contains(&e.uid));
        let gone: Vec<MailUid> = gone.into_iter().map(|e| e.uid.clone()).collect();
        if !gone.is_empty() {
            self.parts.store.moved(name, validity, &gone, self.parts.now()).await?;
        }
        Ok(here.into_iter().map(|e| (e.uid.clone(), e.folder)).collect())
    }

    /// Fetches and keeps one batch; answers what is to be moved. A try is counted before the fetch (M1), and
    /// taken back for what did not come: only what stops the program leaves a try behind.
    async fn take(
        &mut self,
        name: &str,
        validity: u32,
        uids: &[MailUid],
        unread: Option<&'static str>,
        stop: &CancellationToken,
    ) -> Result<Vec<KeptMail>, RoundError> {
        let store = Arc::clone(&self.parts.store);
        store.count_tries(name, validity, uids, self.parts.now()).await?;
        let keeper = self.keeper(name, validity, unread).await?;
        let (to, from) = mpsc::channel(IN_FLIGHT);
        let mailbox = &mut self.inbox.mailbox;
        let fetch = async {
            tokio::select! {
                fetched = mailbox.fetch(uids, to) => fetched,
                () = stop.cancelled() => Ok(()),
            }
        };
        let (fetched, kept) = tokio::join!(fetch, keeper.keep_all(from));
        let kept = match kept {
            Ok(kept) => kept,
            Err(error) => {
                self.unforgiven.extend_from_slice(uids);
                return Err(error.into());
            }
        };
        let came: HashSet<&MailUid> = kept.iter().map(|(uid, _)| uid).collect();
        let now = Instant::now();
        came.iter().for_each(|uid| self.breaks.clear(uid));
        if fetched.is_ok() || !came.is_empty() {
            self.breaks.good(now);
        }
        let missing: Vec<MailUid> = uids.iter().filter(|uid| !came.contains(uid)).cloned().collect();
        if !stop.is_cancelled() {
            // A connection breaks at the first mail that did not come; a server that withholds
            // mails without an error withholds all of these.
            let blamed = if fetched.is_err() { 1 } else { missing.len() };
            missing.iter().take(blamed).for_each(|uid| self.breaks.count(uid, now));
        }
        self.forgive(name, validity, missing).await?;
        self.parts.wake.notify_one();
        fetched?;
        Ok(kept)
    }

    async fn keeper(
        &mut self,
        name: &str,
        validity: u32,
        unread: Option<&'static str>,
    ) -> Result<Keeper, StoreError> {
        let parts = Arc::clone(&self.parts);
        Ok(Keeper {
            automation: parts.automation().await?,
            parts,
            mailbox: name.to_owned(),
            validity,
            authentication: self.inbox.settings.authentication.clone(),
            unread,
        })
    }

    /// Takes tries back. What the store cannot take back now is taken back in the next round.
    async fn forgive(&mut self, name: &str, validity: u32, more: Vec<MailUid>) -> Result<(), StoreError> {
        self.unforgiven.extend(more);
        if !self.unforgiven.is_empty() {
            self.parts.store.forgive_tries(name, validity, &self.unforgiven).await?;
            self.unforgiven.clear();
        }
        Ok(())
    }

    /// A mail that cannot be had gets a ticket that says `why`, so that it is not lost in silence; it
    /// stays where it is.
    async fn give_up(
        &mut self,
        name: &str,
        validity: u32,
        uids: &[MailUid],
        why: &'static str,
    ) -> Result<(), RoundError> {
        if uids.is_empty() {
            return Ok(());
        }
        let keeper = self.keeper(name, validity, Some(why)).await?;
        let (to, from) = mpsc::channel(uids.len());
        for uid in uids {
            let nothing = RawMail { uid: uid.clone(), received_at: None, bytes: Vec::new(), truncated: true };
            // The channel has room for all of them.
            let _ = to.try_send(nothing);
        }
        drop(to);
        keeper.keep_all(from).await?;
        Ok(())
    }

    /// Moves mails out of the inbox, when that was not refused a short while ago.
    async fn file(&mut self, name: &str, validity: u32, mails: &[KeptMail]) -> Result<(), RoundError> {
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
                self.inbox.mailbox.file(folder, batch).await?;
                self.parts.store.moved(name, validity, batch, self.parts.now()).await?;
            }
        }
        Ok(())
    }
}
