//! The proof that every mail of a mailbox has a fate: what lies there is compared with the store, and what
//! nobody knows is named. Only reads, in both; works beside a running desk.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::answer::{Kept, incoming, quarantined};
use super::intake::another_inbox;
use super::{Rules, reads};
use crate::decision::Automation;
use crate::mail::Authentication;
use crate::mailbox::{self, AnotherInbox, Folder, MailUid, Mailbox, MailboxError, Opened, RawMail, Shelf};
use crate::store::{Incoming, MailId, Store, StoreError, Totals, UidScope};
use crate::types::{EmailAddress, MessageId, UnixMillis, mask_phones};

/// Mails that the ledger is asked for in one go.
const LEDGER_BATCH: usize = 1000;
/// Mails asked for in one go.
const FETCH_BATCH: usize = 200;
/// A new mail may wait for two looks, and for so long beyond them.
const GRACE: Duration = Duration::from_secs(5 * 60);

/// What lies in one folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FolderCount {
    /// The folder.
    pub shelf: Shelf,
    /// Mails in it.
    pub mails: usize,
    /// Kept mails that the ledger says lie here.
    pub by_place: usize,
    /// Mails whose content is kept.
    pub by_content: usize,
    /// Mails from before the mailbox's first connection; they are not ours.
    pub before: usize,
    /// New mails that will be read soon.
    pub waiting: usize,
    /// Mails without a known fate.
    pub unknown: usize,
}

/// What is known of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconciled {
    /// Folder by folder.
    pub folders: Vec<FolderCount>,
    /// Mails that are kept, and those that were gone before.
    pub totals: Totals,
    /// Kept mails, copies among them, that lie in none of the folders any more: moved on or deleted. One whose
    /// place is noted lies there; every further mail of a content stands for one copy that is kept of it. Beside
    /// a running desk the figure may miss what happens meanwhile.
    pub nowhere: u64,
    /// Why the inbox is another one than the desk knew.
    pub another: Option<String>,
}

/// A mail without a known fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownMail {
    /// Where it lies.
    pub shelf: Shelf,
    /// Its name there: the only one when the mail cannot be had.
    pub uid: MailUid,
    /// When it came.
    pub received_at: Option<UnixMillis>,
    /// Who wrote it.
    pub from: Option<EmailAddress>,
    /// Its subject, with phone numbers masked.
    pub subject: String,
    /// Its Message-ID.
    pub message_id: Option<MessageId>,
    /// Above 1: the desk began to read it so often, and never ended. It is not read here.
    pub begun: u32,
}

/// A mailbox could not be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReconcileError {
    /// The mailbox failed.
    #[error(transparent)]
    Mailbox(#[from] MailboxError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no inbox of this name.
    #[error("the mailbox has no such inbox; correct its `inbox`")]
    NoInbox,
}

/// Compares one mailbox with the store.
pub struct Reconciliation {
    /// The connection.
    pub mailbox: Box<dyn Mailbox>,
    /// Where its mails are kept.
    pub store: Arc<dyn Store>,
    /// As in the desk's intake, so that mails are read alike.
    pub rules: Arc<Rules>,
    /// Who vouches for its senders.
    pub authentication: Authentication,
    /// True takes only what comes after the first connection ever.
    pub start_now: bool,
    /// How often the desk looks at it, at least.
    pub poll: Duration,
    /// The time.
    pub now: UnixMillis,
}

impl Reconciliation {
    /// Looks into every folder. `name` is told of each mail without a known fate.
    ///
    /// # Errors
    /// The mailbox or the store failed; nothing was changed.
    pub async fn run(
        mut self,
        name: &mut (dyn FnMut(&UnknownMail) + Send),
    ) -> Result<Reconciled, ReconcileError> {
        let mailbox = self.mailbox.name().to_owned();
        // First: what is kept meanwhile is not missed.
        let totals = self.store.totals(&mailbox).await?;
        let (mut folders, mut seen) = (Vec::new(), Seen::default());
        let mut another: Option<AnotherInbox> = None;
        // A running desk moves mails from the first to the others.
        for shelf in [Shelf::Inbox, Shelf::Filed(Folder::Handled), Shelf::Filed(Folder::Quarantine)] {
            // Somebody else's folders are as little known as their inbox.
            let strange = another.as_ref().is_some_and(|another| another.account);
            let mut look =
                Look { count: FolderCount::none(shelf), strange, seen: &mut seen, name: &mut *name };
            match self.mailbox.look(shelf).await? {
                Some(opened) => another = self.folder(&opened, &mut look).await?.or(another),
                None if shelf == Shelf::Inbox => return Err(ReconcileError::NoInbox),
                None => {}
            }
            folders.push(look.count);
        }
        let somewhere = self.somewhere(&mailbox, seen).await?;
        let nowhere = totals.kept.saturating_sub(u64::try_from(somewhere).unwrap_or(u64::MAX));
        Ok(Reconciled { folders, totals, nowhere, another: another.map(|another| another.why) })
    }

    /// How many kept mails of this mailbox lie in its folders.
    async fn somewhere(&self, mailbox: &str, mut seen: Seen) -> Result<usize, StoreError> {
        let mut lies = HashSet::new();
        for some in seen.by_place.chunks(LEDGER_BATCH) {
            lies.extend(self.store.of_mailbox(mailbox, some).await?);
        }
        let found: Vec<MailId> = seen.by_content.keys().copied().collect();
        for some in found.chunks(LEDGER_BATCH) {
            for (mail, copy) in self.store.copies(mailbox, some).await? {
                let Some(left) = seen.by_content.get_mut(&mail).filter(|left| **left > 0) else { continue };
                *left -= usize::from(lies.insert(copy));
            }
        }
        Ok(lies.len())
    }

    /// Answers why the inbox is another one than the desk knew, if it is.
    async fn folder(
        &mut self,
        opened: &Opened,
        look: &mut Look<'_>,
    ) -> Result<Option<AnotherInbox>, ReconcileError> {
        let (mailbox, shelf) = (self.mailbox.name().to_owned(), look.count.shelf);
        let scope = UidScope { mailbox, shelf, validity: opened.validity };
        let mark = self.store.mark(&scope.mailbox, shelf).await?;
        let all = self.mailbox.list(None).await?;
        look.count.mails = all.len();
        let listed = match &mark {
            Some(_) => self.mailbox.list(mark.as_ref()).await?,
            None => all,
        };
        look.count.before = look.count.mails.saturating_sub(listed.len());
        let another = match shelf {
            Shelf::Inbox => {
                let found = another_inbox(self.mailbox.as_mut(), self.store.as_ref(), scope.validity).await?;
                found.map(|(_, another)| another)
            }
            Shelf::Filed(_) => None,
        };
        look.strange |= another.is_some();
        let mut unproven = self.not_in_ledger(&scope, listed, look).await?;
        // Nobody has connected yet, and the first connection will leave alone what lies there.
        let never = mark.is_none() && (shelf != Shelf::Inbox || self.start_now);
        if never {
            look.count.before += unproven.len();
            unproven.clear();
        }
        let begun = if look.strange { Vec::new() } else { self.begun(&scope, &mut unproven).await? };
        let mut missing = Vec::new();
        for some in unproven.chunks(FETCH_BATCH) {
            missing.extend(self.judge(&scope, some, look).await?);
        }
        self.missing(&scope, missing, look).await?;
        // A desk at work has ended some meanwhile.
        for uid in self.not_in_ledger(&scope, begun, look).await? {
            let entries = self.store.entries(&scope, std::slice::from_ref(&uid)).await?;
            let begun = entries.first().map_or(0, |entry| entry.tries);
            look.unknown(UnknownMail { begun, ..UnknownMail::unread(shelf, uid) });
        }
        Ok(another)
    }

    /// Takes out of `uids` the mails whose reading the desk began again and again and did not end: it may
    /// stop this program, too. One that was begun once is most likely being read by a desk at work.
    async fn begun(&self, scope: &UidScope, uids: &mut Vec<MailUid>) -> Result<Vec<MailUid>, StoreError> {
        let mut begun = HashSet::new();
        for some in uids.chunks(LEDGER_BATCH) {
            let known = self.store.entries(scope, some).await?;
            let tried = known.into_iter().filter(|entry| entry.mail.is_none() && entry.tries > 1);
            begun.extend(tried.map(|entry| entry.uid));
        }
        uids.retain(|uid| !begun.contains(uid));
        Ok(begun.into_iter().collect())
    }

    /// Counts what the ledger knows; answers the others.
    async fn not_in_ledger(
        &self,
        scope: &UidScope,
        listed: Vec<MailUid>,
        look: &mut Look<'_>,
    ) -> Result<Vec<MailUid>, StoreError> {
        if look.strange {
            return Ok(listed);
        }
        let mut others = Vec::new();
        for some in listed.chunks(LEDGER_BATCH) {
            let known = self.store.entries(scope, some).await?;
            let kept: HashSet<&MailUid> =
                known.iter().filter(|entry| entry.mail.is_some()).map(|entry| &entry.uid).collect();
            look.seen.by_place.extend(known.iter().filter_map(|entry| entry.mail));
            look.count.by_place += kept.len();
            others.extend(some.iter().filter(|uid| !kept.contains(uid)).cloned());
        }
        Ok(others)
    }

    /// Fetches mails and compares their content. Answers those that did not come.
    async fn judge(
        &mut self,
        scope: &UidScope,
        uids: &[MailUid],
        look: &mut Look<'_>,
    ) -> Result<Vec<MailUid>, ReconcileError> {
        let (to, mut from) = mailbox::channel();
        let reader = Reader {
            scope: scope.clone(),
            rules: Arc::clone(&self.rules),
            authentication: self.authentication.clone(),
            now: self.now,
        };
        let (store, newest) = (&self.store, self.now.minus(self.poll.saturating_mul(2) + GRACE));
        let compare = async {
            let mut came = HashSet::new();
            while let Some(mail) = from.recv().await {
                came.insert(mail.uid.clone());
                let received_at = mail.received_at;
                let (id, read) = reader.compare(store.as_ref(), mail).await?;
                let waits = scope.shelf == Shelf::Inbox && received_at.is_some_and(|at| at > newest);
                match id {
                    Some(id) => {
                        look.count.by_content += 1;
                        *look.seen.by_content.entry(id).or_default() += 1;
                    }
                    None if waits => look.count.waiting += 1,
                    None => look.unknown(UnknownMail { received_at, ..read }),
                }
            }
            Ok::<_, StoreError>(came)
        };
        let (fetched, came) = tokio::join!(self.mailbox.fetch(uids, to), compare);
        let came = came?;
        fetched?;
        Ok(uids.iter().filter(|uid| !came.contains(uid)).cloned().collect())
    }

    /// Mails that did not come: the desk, or somebody, has moved them meanwhile, or the server does not
    /// hand them over.
    async fn missing(
        &mut self,
        scope: &UidScope,
        missing: Vec<MailUid>,
        look: &mut Look<'_>,
    ) -> Result<(), ReconcileError> {
        if missing.is_empty() {
            return Ok(());
        }
        let missing = self.not_in_ledger(scope, missing, look).await?;
        let still: HashSet<MailUid> = self.mailbox.list(None).await?.into_iter().collect();
        for uid in missing {
            if still.contains(&uid) {
                look.unknown(UnknownMail::unread(scope.shelf, uid));
            } else {
                look.count.mails = look.count.mails.saturating_sub(1);
            }
        }
        Ok(())
    }
}

/// The kept mails that lie somewhere.
#[derive(Default)]
struct Seen {
    /// Where the ledger says.
    by_place: Vec<MailId>,
    /// Where it does not: one of those with the same content, and how many mails have it.
    by_content: HashMap<MailId, usize>,
}

/// One folder while it is looked at.
struct Look<'a> {
    count: FolderCount,
    /// The names that the ledger knows are other mails' there.
    strange: bool,
    seen: &'a mut Seen,
    name: &'a mut (dyn FnMut(&UnknownMail) + Send),
}

impl Look<'_> {
    fn unknown(&mut self, mail: UnknownMail) {
        self.count.unknown += 1;
        (self.name)(&mail);
    }
}

impl FolderCount {
    fn none(shelf: Shelf) -> Self {
        Self { shelf, mails: 0, by_place: 0, by_content: 0, before: 0, waiting: 0, unknown: 0 }
    }
}

impl UnknownMail {
    fn unread(shelf: Shelf, uid: MailUid) -> Self {
        Self { shelf, uid, received_at: None, from: None, subject: String::new(), message_id: None, begun: 0 }
    }
}

/// Reads mails as the intake does.
#[derive(Clone)]
struct Reader {
    scope: UidScope,
    rules: Arc<Rules>,
    authentication: Authentication,
    now: UnixMillis,
}

impl Reader {
    /// The kept mail that it is, if it is one, and what is on its envelope.
    async fn compare(
        &self,
        store: &dyn Store,
        mail: RawMail,
    ) -> Result<(Option<MailId>, UnknownMail), StoreError> {
        let unread = UnknownMail::unread(self.scope.shelf, mail.uid.clone());
        if let Some(id) = store.kept_unread(&self.scope.mailbox, &mail.bytes).await? {
            return Ok((Some(id), unread));
        }
        let reader = self.clone();
        let read = tokio::task::spawn_blocking(move || reader.read(mail)).await;
        let read =
            read.map_err(|_| StoreError::Unavailable("the reading of a mail was broken off".to_owned()))?;
        let hashes: Vec<String> = std::iter::once(read.content_hash).chain(read.earlier_hash).collect();
        let known = store.with_content(&hashes).await?;
        let named = UnknownMail {
            from: read.from,
            subject: mask_phones(&read.subject),
            message_id: read.message_id,
            ..unread
        };
        Ok((known.first().map(|(_, id)| *id), named))
    }

    fn read(&self, mail: RawMail) -> Incoming {
        let kept = Kept {
            mailbox: &self.scope.mailbox,
            shelf: self.scope.shelf,
            validity: self.scope.validity,
            automation: Automation::Off,
            rules: &self.rules,
            year: 0,
            now: self.now,
        };
        if mail.truncated {
            return quarantined(&kept, mail, "");
        }
        let own = &self.rules.own_domains;
        // What is the same mail does not depend on who vouches for it.
        incoming(&kept, mail, None, |octets, found| {
            reads::read_mail(octets, &self.authentication, found, own)
        })
    }
}
