//! The world around a desk under test: a folder that outlives the program.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nyckelbud::cli::assembly;
use nyckelbud::clock::Clock;
use nyckelbud::store::{Store, TicketFilter};
use nyckelbud::ticket::State;
use nyckelbud::token::Tokens;
use nyckelbud::types::UnixMillis;
use nyckelbud::worker::{Health, Inbox, Intake, Parts, Worker};

use super::clock::KeptClock;
use super::gateways::TellingGateway;
use super::passes::{FilePasses, OfPasses};
use super::people::People;
use super::stopping_store::StoppingStore;
use super::stops::{CallLog, Stopper, Stopping};
use super::story::{Story, UNRECORDED};
use crate::support::demo_desk;

pub const KARINS_MOBILE: &str = "+46701740610";

/// A folder with a desk's outside parts.
pub struct World {
    folder: PathBuf,
    story: Story,
    /// Keeps the folder for as long as this value; `None` in the process that is killed.
    _guard: Option<tempfile::TempDir>,
}

impl World {
    /// A new one, with the story's mails in the mailbox, which was connected before they came.
    pub fn of(story: Story) -> Self {
        static FRESH: Mutex<BTreeMap<Story, tempfile::TempDir>> = Mutex::new(BTreeMap::new());
        let guard = tempfile::tempdir().expect("a folder");
        let folder = guard.path().to_owned();
        let mut fresh = FRESH.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = fresh.entry(story).or_insert_with(|| Self::build(story));
        copy(fresh.path(), &folder);
        Self { folder, story, _guard: Some(guard) }
    }

    /// Made once: all of a story begin as copies of it.
    fn build(story: Story) -> tempfile::TempDir {
        let guard = tempfile::tempdir().expect("a folder");
        let folder = guard.path().to_owned();
        demo_desk::build_with(&folder, &story.configuration());
        story.write_into(&folder);
        connect(&folder);
        // Its database is closed in a thread of its own.
        let end = Instant::now() + Duration::from_secs(10);
        while folder.join("var/nyckelbud.db-wal").exists() && Instant::now() < end {
            std::thread::yield_now();
        }
        if story == Story::Plain {
            let handled = folder.join("mailbox/.Nyckelbud.Hanterade/cur").join(UNRECORDED);
            std::fs::write(handled, demo_desk::mail(UNRECORDED)).expect("a mail");
        }
        for (name, raw) in story.mails() {
            demo_desk::deliver_raw(&folder, &name, &raw);
        }
        guard
    }

    pub fn story(&self) -> Story {
        self.story
    }

    pub fn note(&self, what: &str) {
        std::fs::write(self.folder.join(format!("note-{what}")), "").expect("a note");
    }

    pub fn was_noted(&self, what: &str) -> bool {
        self.folder.join(format!("note-{what}")).exists()
    }

    /// The later mail of this place in the story comes; `false`: it did before.
    pub fn bring(&self, place: usize) -> bool {
        let (name, raw) = self.story.later_mails().swap_remove(place);
        let note = format!("mail-{name}");
        if self.was_noted(&note) {
            return false;
        }
        demo_desk::deliver_raw(&self.folder, &name, &raw);
        self.note(&note);
        true
    }

    /// Every mail that has come, or will.
    pub fn mails(&self) -> Vec<String> {
        let all = self.story.mails().into_iter().chain(self.story.later_mails());
        all.map(|(name, _)| name).chain((self.story == Story::Plain).then(|| UNRECORDED.to_owned())).collect()
    }

    /// What was sent to `short` by mail, as they read it.
    pub fn mails_to(&self, short: &str) -> Vec<String> {
        let folder = self.folder.join("mail");
        let read = |name: String| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        let mails = demo_desk::files(&folder).into_iter().map(read);
        let mails = mails.map(|mail| mail.replace("=\r\n", "").replace("=\n", ""));
        mails.filter(|mail| mail.contains(&format!("To: {short}@kommun.example"))).collect()
    }

    pub fn mails_to_karin(&self) -> Vec<String> {
        self.mails_to("karin.ek")
    }

    /// And by text.
    pub fn texts_to(&self, number: &str) -> Vec<String> {
        let to = format!("To: {}\n", number.trim_start_matches('+'));
        demo_desk::texts(&self.folder).into_iter().filter(|text| text.starts_with(&to)).collect()
    }

    pub fn texts_to_karin(&self) -> Vec<String> {
        self.texts_to(KARINS_MOBILE)
    }

    /// The one in `folder`.
    pub fn existing(folder: PathBuf) -> Self {
        Self { story: Story::in_folder(&folder), folder, _guard: None }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn log(&self) -> CallLog {
        CallLog(self.folder.join("calls.log"))
    }

    /// Runs the desk until everything is settled, it panics, or `limit` is over.
    pub fn run(&self, stopper: &Stopper, limit: Duration) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        // A panic here is the end of the program; the next run is its restart.
        let _ = catch_unwind(AssertUnwindSafe(|| runtime.block_on(self.work(stopper, limit))));
    }

    async fn work(&self, stopper: &Stopper, limit: Duration) {
        let until = Instant::now() + limit;
        let settings = demo_desk::settings(&self.folder);
        let inner = assembly::store(&settings).await.expect("the store opens");
        inner.free_leases().await.expect("leases are freed");
        let clock = Arc::new(KeptClock::of(&self.folder));
        let mut parts = self.parts(&settings, Arc::clone(&inner), stopper);
        parts.clock = Arc::clone(&clock) as _;
        let parts = Arc::new(parts);
        let worker = Worker::new(Arc::clone(&parts), Arc::new(Health::expecting(&[])));
        let mut intake = self.intake(&settings, &parts, stopper);
        let people = People::new(self, &parts, stopper);
        self.log().write("start");
        loop {
            intake.drain().await.expect("the mailbox is read");
            worker.drain().await.expect("the store works");
            let acted = people.act().await;
            if (!acted && self.settled(&inner, clock.now()).await) || Instant::now() > until {
                return;
            }
            if !acted {
                self.time_passes(&inner, &clock).await;
            }
        }
    }

    /// Nobody does anything before the next thing is due.
    async fn time_passes(&self, store: &Arc<dyn Store>, clock: &KeptClock) {
        match store.next_due().await.expect("due") {
            Some(due) if clock.now() < due && self.story.reaches(clock.now(), due) => clock.turn_to(due),
            Some(_) | None => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }

    fn parts(
        &self,
        settings: &nyckelbud::config::Settings,
        store: Arc<dyn Store>,
        stopper: &Stopper,
    ) -> Parts {
        let mut parts = assembly::parts(settings, store, &Tokens::default()).expect("the parts fit");
        let (stopper, log) = (stopper.clone(), self.log());
        macro_rules! stopping {
            ($inner:expr) => {
                Stopping { inner: $inner, stopper: stopper.clone(), log: log.clone() }
            };
        }
        if self.story == Story::Passes {
            parts.directory = Arc::new(OfPasses(parts.directory));
            parts.passes =
                Some(Arc::new(FilePasses { folder: self.folder.clone(), stopper: stopper.clone() }));
        }
        parts.directory = Arc::new(stopping!(parts.directory));
        parts.reset = Arc::new(stopping!(parts.reset));
        parts.gateways = if matches!(self.story, Story::Receipts | Story::Limits | Story::Held) {
            let telling = |name| TellingGateway::new(name, &self.folder, log.clone());
            vec![Arc::new(stopping!(telling("alpha"))), Arc::new(stopping!(telling("beta")))]
        } else {
            let spool = nyckelbud::delivery::sms::spool::SpoolGateway::new("modem", self.folder.join("sms"));
            vec![Arc::new(stopping!(spool))]
        };
        parts.mail = Arc::new(stopping!(demo_desk::mail_spool(settings)));
        parts.store = Arc::new(StoppingStore { inner: parts.store, around: stopper.clone() });
        parts.timing = self.story.timing();
        self.story.change(&mut parts.rules);
        parts
    }

    fn intake(
        &self,
        settings: &nyckelbud::config::Settings,
        parts: &Arc<Parts>,
        stopper: &Stopper,
    ) -> Intake {
        let inbox = assembly::inboxes(settings, &Tokens::default()).expect("the mailbox").remove(0);
        let mailbox =
            Stopping { inner: DynMailbox(inbox.mailbox), stopper: stopper.clone(), log: self.log() };
        Intake::new(Inbox { mailbox: Box::new(mailbox), settings: inbox.settings }, Arc::clone(parts))
    }

    /// Is nothing left to do: every mail in, every ticket settled, nothing due that the story reaches?
    async fn settled(&self, store: &Arc<dyn Store>, now: UnixMillis) -> bool {
        let inbox_is_empty = demo_desk::inbox(&self.folder).is_empty();
        let tickets = store.tickets(&TicketFilter::default()).await.expect("tickets");
        let all_settled = tickets.iter().all(|view| view.ticket.state.standing().settled());
        let due = store.next_due().await.expect("due");
        let picked_up = tickets
            .iter()
            .all(|view| !matches!(view.ticket.state, State::Offered { .. } | State::Revealed { .. }));
        let in_store = tickets.iter().map(|view| view.messages.len()).sum::<usize>();
        inbox_is_empty
            && in_store >= self.mails().len()
            && all_settled
            && picked_up
            && due.is_none_or(|due| !self.story.reaches(now, due))
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a folder") {
        let (entry, kind) = entry.and_then(|entry| Ok((entry.path(), entry.file_type()?))).expect("an entry");
        let to = to.join(entry.file_name().expect("a name"));
        if kind.is_dir() {
            std::fs::create_dir(&to).expect("a folder");
            copy(&entry, &to);
        } else {
            std::fs::copy(&entry, &to).expect("a copy");
        }
    }
}

/// The first connection of the mailbox.
fn connect(folder: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let settings = demo_desk::settings(folder);
        let store = assembly::store(&settings).await.expect("the store opens");
        let parts = Arc::new(assembly::parts(&settings, store, &Tokens::default()).expect("the parts fit"));
        let inbox = assembly::inboxes(&settings, &Tokens::default()).expect("the mailbox").remove(0);
        Intake::new(inbox, parts).drain().await.expect("the mailbox is read");
    });
}

/// A boxed mailbox as a mailbox.
struct DynMailbox(Box<dyn nyckelbud::mailbox::Mailbox>);

mod dyn_mailbox {
    use std::time::Duration;

    use async_trait::async_trait;
    use nyckelbud::mailbox::*;

    #[async_trait]
    impl Mailbox for super::DynMailbox {
        fn name(&self) -> &str {
            self.0.name()
        }
        async fn open(&mut self) -> Result<Opened, MailboxError> {
            self.0.open().await
        }
        async fn list(&mut self, after: Option<&Mark>) -> Result<Vec<MailUid>, MailboxError> {
            self.0.list(after).await
        }
        async fn mark(&mut self) -> Result<Mark, MailboxError> {
            self.0.mark().await
        }
        async fn fetch(&mut self, uids: &[MailUid], to: RawMailSender) -> Result<(), MailboxError> {
            self.0.fetch(uids, to).await
        }
        async fn file(&mut self, folder: Folder, uids: &[MailUid]) -> Result<Vec<Filed>, MailboxError> {
            self.0.file(folder, uids).await
        }
        async fn look(&mut self, shelf: Shelf) -> Result<Option<Opened>, MailboxError> {
            self.0.look(shelf).await
        }
        async fn wait(&mut self, limit: Duration) -> Result<Woken, MailboxError> {
            self.0.wait(limit).await
        }
    }
}
