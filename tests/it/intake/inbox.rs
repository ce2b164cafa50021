//! A mailbox in memory that does what no real one does on demand: break off at a mail, refuse moves,
//! forget to tell where mails were moved, change its UIDVALIDITY.

use std::collections::HashMap;
use std::future::ready;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use nyckelbud::mailbox::*;
use nyckelbud::store::UidScope;
use nyckelbud::types::UnixMillis;
use tokio::task::unconstrained;

/// What lies in the mailbox, and how it behaves. Shared with the test.
#[derive(Default)]
pub struct Held {
    /// The inbox.
    pub mails: Vec<RawMail>,
    /// The folders for filed mails.
    pub folders: HashMap<Folder, Vec<RawMail>>,
    /// UIDVALIDITY as the next opening tells it.
    pub validity: u32,
    /// UIDVALIDITY once a move was refused.
    pub validity_after_refusal: Option<u32>,
    /// Moves are refused.
    pub full: bool,
    /// So many were.
    pub refused: usize,
    /// A move of any of these is refused, with all that it was to move.
    pub stuck: Vec<String>,
    /// Moves are said to be done, and the mails stay in the inbox all the same.
    pub sticky: bool,
    /// The next list leaves this one out: it is older than what others have done since.
    pub hides: Option<String>,
    /// Moves tell where the mails lie afterwards.
    pub tells_spots: bool,
    /// Mails that are listed and not handed over.
    pub withheld: Vec<String>,
    /// The connection breaks at this mail, each time.
    pub breaks_at: Option<String>,
    /// The inbox is known to be another one than before.
    pub another: bool,
    /// It is somebody else's account than before.
    pub of_another: bool,
    /// Marks say whose they are once they are claimed.
    pub claims: bool,
    /// Looks into these folders are refused.
    pub blind: Vec<Folder>,
    /// A fetch takes so long, beside what its mails take.
    pub slow: Duration,
    /// The names of what was asked for, a fetch each.
    pub fetched: Vec<Vec<String>>,
    /// What was moved.
    pub moved: Vec<(String, Folder)>,
    /// The most mails that were fetched and not moved yet.
    pub most_unmoved: usize,
    /// The most octets that were handed over without a wait, while nobody could take any.
    pub most_waiting: usize,
}

impl Held {
    /// Moves a mail as somebody else would, or a program that ended before it could note it.
    pub fn carry(&mut self, uid: &str, folder: Folder) {
        let at = self.mails.iter().position(|mail| mail.uid.as_str() == uid).expect("it is in the inbox");
        let mail = self.mails.remove(at);
        self.lay(folder, mail);
    }

    /// Lays a mail into a folder; answers its name there.
    pub fn lay(&mut self, folder: Folder, mail: RawMail) -> MailUid {
        let held = self.folders.entry(folder).or_default();
        let uid = MailUid::new(format!("{}", 1000 + held.len()));
        held.push(RawMail { uid: uid.clone(), ..mail });
        uid
    }

    fn on(&self, shelf: Shelf) -> Vec<RawMail> {
        match shelf {
            Shelf::Inbox => self.mails.clone(),
            Shelf::Filed(folder) => self.folders.get(&folder).cloned().unwrap_or_default(),
        }
    }
}

/// The word of a mark that says whose it is.
pub const OURS: &str = "ours";

/// The mailbox over it.
pub struct ShelfMailbox {
    name: &'static str,
    held: Arc<Mutex<Held>>,
    open: Shelf,
}

impl ShelfMailbox {
    pub fn over(name: &'static str, held: &Arc<Mutex<Held>>) -> Self {
        Self { name, held: Arc::clone(held), open: Shelf::Inbox }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().expect("no test panics while it looks")
    }
}

/// Whose names are meant in a test.
pub fn scope(shelf: Shelf, validity: u32) -> UidScope {
    UidScope { mailbox: "servicedesk".to_owned(), shelf, validity }
}

/// A mail with these octets.
pub fn raw(uid: &str, octets: &[u8]) -> RawMail {
    RawMail { uid: MailUid::new(uid), received_at: None, bytes: octets.to_vec(), truncated: false }
}

#[async_trait]
impl Mailbox for ShelfMailbox {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn open(&mut self) -> Result<Opened, MailboxError> {
        self.open = Shelf::Inbox;
        Ok(Opened { validity: self.held().validity })
    }

    fn another(&self, mark: Option<&Mark>, last: Option<&MailUid>) -> Option<AnotherInbox> {
        let held = self.held();
        let why = format!("{} is below {last:?}", held.mails.len());
        let another = held.another.then_some(AnotherInbox { why, account: false, mark: None });
        assert!(another.is_none() || mark.is_none(), "the tests of another inbox start with all mails");
        another
    }

    fn of_another(&self, mark: &Mark) -> Option<AnotherInbox> {
        const NOW: &str = "theirs";
        let known = mark.0.split(' ').any(|word| word == NOW) || !self.held().of_another;
        let mark = Some(Mark(format!("{} {NOW}", mark.0)));
        (!known).then(|| AnotherInbox { why: "its username is another".to_owned(), account: true, mark })
    }

    fn claimed(&self, mark: &Mark) -> Option<Mark> {
        let says = mark.0.split(' ').any(|word| word == OURS);
        (self.held().claims && !says).then(|| Mark(format!("{} {OURS}", mark.0)))
    }

    async fn received(&mut self, uid: &MailUid) -> Result<Option<UnixMillis>, MailboxError> {
        let mails = self.held().on(self.open);
        Ok(mails.into_iter().find(|mail| mail.uid == *uid).and_then(|mail| mail.received_at))
    }

    async fn list(&mut self, after: Option<&Mark>) -> Result<Vec<MailUid>, MailboxError> {
        let known: Vec<&str> = after.map_or_else(Vec::new, |mark| mark.0.split(' ').collect());
        let mut held = self.held();
        let (mails, hidden) = (held.on(self.open), held.hides.take());
        let is_listed =
            |uid: &MailUid| !known.contains(&uid.as_str()) && hidden.as_deref() != Some(uid.as_str());
        Ok(mails.into_iter().map(|mail| mail.uid).filter(is_listed).collect())
    }

    async fn mark(&mut self) -> Result<Mark, MailboxError> {
        let uids: Vec<String> =
            self.held().on(self.open).into_iter().map(|mail| mail.uid.as_str().to_owned()).collect();
        Ok(Mark(uids.join(" ")))
    }

    async fn fetch(&mut self, uids: &[MailUid], to: RawMailSender) -> Result<(), MailboxError> {
        let slow = self.held().slow;
        tokio::time::sleep(slow).await;
        let mails: Vec<RawMail> = {
            let mut held = self.held();
            held.fetched.push(uids.iter().map(|uid| uid.as_str().to_owned()).collect());
            let fetched: usize = held.fetched.iter().map(Vec::len).sum();
            held.most_unmoved = held.most_unmoved.max(fetched - held.moved.len().min(fetched));
            let wanted = |mail: &RawMail| {
                uids.contains(&mail.uid) && !held.withheld.iter().any(|uid| uid == mail.uid.as_str())
            };
            held.on(self.open).into_iter().filter(wanted).collect()
        };
        let mut waiting = 0;
        for mail in mails {
            if self.held().breaks_at.as_deref() == Some(mail.uid.as_str()) {
                return Err(MailboxError::Lost { command: "UID FETCH", cause: "closed".to_owned() });
            }
            let octets = mail.bytes.len();
            let mut sending = pin!(unconstrained(to.send(mail)));
            let sent = tokio::select! {
                biased;
                sent = &mut sending => sent,
                // Whoever takes them has its turn while this waits, and not before.
                () = ready(()) => {
                    waiting = 0;
                    sending.await
                }
            };
            if sent.is_err() {
                break;
            }
            waiting += octets;
            let mut held = self.held();
            held.most_waiting = held.most_waiting.max(waiting);
        }
        Ok(())
    }

    async fn look(&mut self, shelf: Shelf) -> Result<Option<Opened>, MailboxError> {
        if matches!(shelf, Shelf::Filed(folder) if self.held().blind.contains(&folder)) {
            return Err(MailboxError::Lost { command: "EXAMINE", cause: "cut".to_owned() });
        }
        self.open = shelf;
        let validity = match shelf {
            Shelf::Inbox => self.held().validity,
            Shelf::Filed(_) => 5,
        };
        Ok(Some(Opened { validity }))
    }

    async fn file(&mut self, folder: Folder, uids: &[MailUid]) -> Result<Vec<Filed>, MailboxError> {
        assert_eq!(self.open, Shelf::Inbox, "nothing is moved out of a folder that is only looked into");
        let mut held = self.held();
        if held.full || uids.iter().any(|uid| held.stuck.iter().any(|stuck| stuck == uid.as_str())) {
            held.refused += 1;
            held.validity = held.validity_after_refusal.unwrap_or(held.validity);
            return Err(MailboxError::Refused {
                command: "UID MOVE",
                cause: "the folder is full".to_owned(),
            });
        }
        held.moved.extend(uids.iter().map(|uid| (uid.as_str().to_owned(), folder)));
        if held.sticky {
            return Ok(uids.iter().map(|uid| Filed { uid: uid.clone(), now: None }).collect());
        }
        let (leave, stay): (Vec<_>, Vec<_>) =
            std::mem::take(&mut held.mails).into_iter().partition(|mail| uids.contains(&mail.uid));
        held.mails = stay;
        let filed = leave.into_iter().map(|mail| {
            let uid = mail.uid.clone();
            let now = Spot { validity: 5, uid: held.lay(folder, mail) };
            Filed { uid, now: held.tells_spots.then_some(now) }
        });
        Ok(filed.collect())
    }

    async fn wait(&mut self, limit: Duration) -> Result<Woken, MailboxError> {
        tokio::time::sleep(limit).await;
        Ok(Woken::ByTime)
    }
}
