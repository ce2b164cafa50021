//! One look into a folder: which mails are not known, and taking them in.

use std::collections::HashSet;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::keeper::{Keeper, KeptMail};
use super::plan::Plan;
use super::{Intake, RoundError};
use crate::mailbox::{self, MailUid, MailboxError, Mark, Shelf};
use crate::store::{StoreError, UidScope};

/// Mails taken in before they are moved, and before the inbox is listed anew.
const ROUND: usize = 2000;
/// Mails asked for in one go.
const FETCH_BATCH: usize = 200;
/// Mails that the ledger is asked for in one go.
const LEDGER_BATCH: usize = 1000;

const POISON: &str = "its reading stopped the program three times";
const DEADLY: &str = "its fetching stopped the program, even unread";
const WITHHELD: &str = "the mailbox lists it but does not hand it over";

impl Intake {
    /// One look at the inbox. `true`: there is more, and another should follow at once.
    pub(super) async fn round(
        &mut self,
        validity: u32,
        stop: &CancellationToken,
    ) -> Result<bool, RoundError> {
        let mailbox = self.inbox.mailbox.name().to_owned();
        let scope = UidScope { mailbox, shelf: Shelf::Inbox, validity };
        self.forgive(None).await?;
        let mut mark = self.parts.store.mark(&scope.mailbox, Shelf::Inbox).await?;
        if mark.is_none() && self.inbox.settings.start_now {
            mark = Some(self.first_mark(&scope).await?);
        }
        let listed = self.inbox.mailbox.list(mark.as_ref()).await?;
        let now = self.parts.moment();
        self.breaks(&scope).listed(&listed, now);
        let mut to_file = self.left_over(&scope, &listed, mark.as_ref()).await?;
        let plan = self.plan(&scope, &listed, ROUND).await?;
        drop(listed);
        to_file.extend(self.carry_out(&scope, &plan, stop).await?);
        if stop.is_cancelled() {
            return Ok(false);
        }
        self.file(&scope.mailbox, validity, &to_file).await?;
        // Only now: what a lost connection left where it lay was not moved in vain.
        self.note_returns(&scope, &plan.returned);
        Ok(plan.more)
    }

    /// Marks what lies in the open folder, at the mailbox's first connection.
    pub(super) async fn first_mark(&mut self, scope: &UidScope) -> Result<Mark, RoundError> {
        let first = self.inbox.mailbox.mark().await?;
        self.parts.store.set_mark(&scope.mailbox, scope.shelf, &first, self.parts.now()).await?;
        Ok(first)
    }

    /// Compares the ledger with what is `listed`. Answers what was kept but not moved when the program or
    /// the connection ended.
    async fn left_over(
        &mut self,
        scope: &UidScope,
        listed: &[MailUid],
        mark: Option<&Mark>,
    ) -> Result<Vec<KeptMail>, RoundError> {
        let store = Arc::clone(&self.parts.store);
        let (mut left, mut missing, mut after) = (Vec::new(), Vec::new(), None);
        let limit = u32::try_from(LEDGER_BATCH).unwrap_or(u32::MAX);
        loop {
            let page = store.unmoved(&scope.mailbox, scope.validity, after.as_ref(), limit).await?;
            let last = page.len() < LEDGER_BATCH;
            after = page.last().map(|entry| entry.uid.clone());
            // Of this page only: nothing here grows with the folder.
            let asked: HashSet<&MailUid> = page.iter().map(|entry| &entry.uid).collect();
            let present: HashSet<MailUid> =
                listed.iter().filter(|uid| asked.contains(uid)).cloned().collect();
            let (here, absent): (Vec<_>, Vec<_>) =
                page.into_iter().partition(|entry| present.contains(&entry.uid));
            let kept = here.into_iter().filter(|entry| entry.mail.is_some() && entry.folder.is_some());
            left.extend(kept.map(|entry| (entry.uid, entry.folder)));
            missing.extend(absent.into_iter().map(|entry| (entry.uid, entry.mail.is_some())));
            if last {
                break;
            }
        }
        self.note_missing(scope, missing, mark).await?;
        Ok(left)
    }

    /// Mails that are not there any more, each with whether it is kept. Listed once more, because another
    /// process may have taken in one that came after the list, and a folder that others change while it is
    /// read may hide one.
    async fn note_missing(
        &mut self,
        scope: &UidScope,
        mut missing: Vec<(MailUid, bool)>,
        mark: Option<&Mark>,
    ) -> Result<(), RoundError> {
        if missing.is_empty() {
            return Ok(());
        }
        let listed: HashSet<MailUid> = self.inbox.mailbox.list(mark).await?.into_iter().collect();
        missing.retain(|(uid, _)| !listed.contains(uid));
        let (moved, unkept): (Vec<_>, Vec<_>) = missing.into_iter().partition(|(_, kept)| *kept);
        let names = |mails: Vec<(MailUid, bool)>| mails.into_iter().map(|(uid, _)| uid).collect::<Vec<_>>();
        let (moved, unkept, now) = (names(moved), names(unkept), self.parts.now());
        for some in moved.chunks(LEDGER_BATCH) {
            self.parts.store.moved(&scope.mailbox, scope.validity, some, now).await?;
        }
        // Somebody took these away before they were read.
        let gone = self.parts.store.gone(&scope.mailbox, scope.validity, &unkept, now).await?;
        if gone > 0 {
            tracing::warn!(mailbox = %scope.mailbox, mails = gone, "mails were taken out of the inbox by somebody \
                before they were read; this desk has not seen what they say");
        }
        Ok(())
    }

    /// What to fetch of the `listed` mails; at most `limit` that were never tried.
    pub(super) async fn plan(
        &mut self,
        scope: &UidScope,
        listed: &[MailUid],
        limit: usize,
    ) -> Result<Plan, StoreError> {
        let mut plan = Plan::default();
        let store = Arc::clone(&self.parts.store);
        for some in listed.chunks(LEDGER_BATCH) {
            let (known, now) = (store.entries(scope, some).await?, self.parts.moment());
            if !plan.add(some, &known, self.breaks(scope), limit, now) {
                break;
            }
        }
        Ok(plan)
    }

    /// Fetches and keeps what is planned; answers what is to be moved.
    pub(super) async fn carry_out(
        &mut self,
        scope: &UidScope,
        plan: &Plan,
        stop: &CancellationToken,
    ) -> Result<Vec<KeptMail>, RoundError> {
        let mut kept = Vec::new();
        // First, for one that breaks the connection would put these off.
        self.give_up(scope, &plan.deadly, DEADLY, false).await?;
        self.give_up(scope, &plan.withheld, WITHHELD, true).await?;
        let batches = plan.fresh.chunks(FETCH_BATCH).map(|batch| (batch, None));
        let alone = plan.alone.chunks(1).map(|one| (one, None));
        let poison = plan.poison.chunks(1).map(|one| (one, Some(POISON)));
        for (uids, unread) in batches.chain(alone).chain(poison) {
            if stop.is_cancelled() {
                break;
            }
            kept.extend(self.take(scope, uids, unread, stop).await?);
        }
        Ok(kept)
    }

    /// Fetches and keeps one batch; answers what is to be moved. A try is counted before the fetch (M1), and
    /// taken back for what did not come: only what stops the program leaves a try behind.
    async fn take(
        &mut self,
        scope: &UidScope,
        uids: &[MailUid],
        unread: Option<&'static str>,
        stop: &CancellationToken,
    ) -> Result<Vec<KeptMail>, RoundError> {
        let store = Arc::clone(&self.parts.store);
        store.count_tries(scope, uids, self.parts.now()).await?;
        let keeper = self.keeper(scope, unread.map(str::to_owned)).await?;
        let (to, from) = mailbox::channel();
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
                self.unforgiven.push((scope.clone(), uids.to_vec()));
                return Err(error.into());
            }
        };
        let came: HashSet<&MailUid> = kept.iter().map(|(uid, _)| uid).collect();
        let now = self.parts.moment();
        let breaks = self.breaks(scope);
        came.iter().for_each(|uid| breaks.clear(uid));
        if fetched.is_ok() || !came.is_empty() {
            breaks.good(now);
        }
        let missing: Vec<MailUid> = uids.iter().filter(|uid| !came.contains(uid)).cloned().collect();
        if !stop.is_cancelled() {
            // A connection breaks at the first mail that did not come; a server that withholds
            // mails without an error withholds all of these.
            let blamed = match &fetched {
                Ok(()) => missing.len(),
                // It is about us, not about a mail.
                Err(MailboxError::Busy { .. }) => 0,
                Err(_) => 1,
            };
            missing.iter().take(blamed).for_each(|uid| breaks.count(uid, now));
        }
        self.forgive(Some((scope, missing))).await?;
        self.parts.wake.notify_one();
        fetched?;
        Ok(kept)
    }

    pub(super) async fn keeper(
        &mut self,
        scope: &UidScope,
        unread: Option<String>,
    ) -> Result<Keeper, StoreError> {
        let parts = Arc::clone(&self.parts);
        Ok(Keeper {
            automation: parts.automation().await?,
            parts,
            scope: scope.clone(),
            authentication: self.inbox.settings.authentication.clone(),
            unread,
            stay: false,
            compared: self.sweep.compared,
            told: self.told.clone(),
        })
    }

    /// Takes tries back. What the store cannot take back now is taken back in the next round.
    async fn forgive(&mut self, more: Option<(&UidScope, Vec<MailUid>)>) -> Result<(), StoreError> {
        self.unforgiven.extend(more.map(|(scope, uids)| (scope.clone(), uids)));
        while let Some((scope, uids)) = self.unforgiven.last() {
            if !uids.is_empty() {
                self.parts.store.forgive_tries(scope, uids).await?;
            }
            self.unforgiven.pop();
        }
        Ok(())
    }
}
