//! The world around a desk under test: a folder that outlives the program.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nyckelbud::cli::assembly;
use nyckelbud::clock::{Clock, SystemClock};
use nyckelbud::store::{Store, TicketFilter};
use nyckelbud::ticket::State;
use nyckelbud::token::Tokens;
use nyckelbud::web::{Browser, Desk, Page, PickupAnswer, PickupView, Proof, RevealPage};
use nyckelbud::worker::{DeskPort, Health, Inbox, Intake, Parts, Timing, Worker};

use super::passes::{FilePasses, OfPasses};
use super::stopping_store::StoppingStore;
use super::stops::{CallLog, Stopper, Stopping};
use crate::support::demo_desk;

/// The samples that come in: a text, an offer, a ticket, a machine's mail.
pub const MAILS: [&str; 4] =
    ["sms-registered-phone", "manager-phone-mismatch", "technician-other-subject", "filed-out-of-office"];

/// The sample that lies in the folder of handled mails, and that the store has no record of.
pub const UNRECORDED: &str = "sms-in-english";

/// Lies in the folder of a world whose people are handed passes.
const PASSES: &str = "hands-out-passes";
/// Lies in the folder of a world where nobody uses a password, and all are replaced.
const SCRAMBLES: &str = "replaces-passwords";

/// Lies in the folder of a world whose manager's link asks for a code, after a reminder.
const CODES: &str = "asks-for-codes";
/// Lies in the folder of a world whose owner stops the offer, after a reminder.
const STOPS: &str = "is-stopped";

/// Everything scaled down, so that leases run out within a test.
const TIMING: Timing = Timing {
    lease: Duration::from_millis(1500),
    guard: Duration::from_millis(100),
    quiesce: Duration::from_millis(200),
    directory: Duration::from_millis(500),
    gateway: Duration::from_millis(500),
    mail: Duration::from_millis(500),
    patience: Duration::from_secs(5),
    retry: Duration::from_millis(20),
    look: Duration::from_millis(20),
    balances: Duration::from_secs(3600),
};

/// A folder with a desk's outside parts.
pub struct World {
    folder: PathBuf,
    /// Keeps the folder for as long as this value; `None` in the process that is killed.
    _guard: Option<tempfile::TempDir>,
}

impl World {
    /// A new one, with the mails in the mailbox, which was connected before they came.
    pub fn fresh() -> Self {
        Self::with("")
    }

    fn with(more: &str) -> Self {
        let guard = tempfile::tempdir().expect("a folder");
        let folder = guard.path().to_owned();
        demo_desk::build_with(&folder, more);
        connect(&folder);
        let handled = folder.join("mailbox/.Nyckelbud.Hanterade/cur").join(UNRECORDED);
        std::fs::write(handled, demo_desk::mail(UNRECORDED)).expect("a mail");
        for name in MAILS {
            demo_desk::deliver(&folder, name);
        }
        Self { folder, _guard: Some(guard) }
    }

    /// A new one whose people are handed passes.
    pub fn of_passes() -> Self {
        let world = Self::fresh();
        std::fs::write(world.folder.join(PASSES), "").expect("a note");
        world
    }

    /// A new one where nobody uses a password in time, and all are replaced.
    pub fn of_scrambles() -> Self {
        let world = Self::fresh();
        std::fs::write(world.folder.join(SCRAMBLES), "").expect("a note");
        world
    }

    /// Are passwords replaced that nobody used?
    pub fn replaces_passwords(&self) -> bool {
        self.folder.join(SCRAMBLES).exists()
    }

    /// A new one whose manager is reminded, enters a wrong code once, and then the right one.
    pub fn of_codes() -> Self {
        let world = Self::with("[delivery]\npickup = \"link-and-code\"\n");
        std::fs::write(world.folder.join(CODES), "").expect("a note");
        world
    }

    /// A new one whose manager is reminded, and whose owner then says that it was not them.
    pub fn of_stops() -> Self {
        let world = Self::fresh();
        std::fs::write(world.folder.join(STOPS), "").expect("a note");
        world
    }

    pub fn asks_for_codes(&self) -> bool {
        self.folder.join(CODES).exists()
    }

    pub fn is_stopped(&self) -> bool {
        self.folder.join(STOPS).exists()
    }

    /// What it sent to the manager by mail, as she reads it.
    pub fn mails_to_karin(&self) -> Vec<String> {
        let folder = self.folder.join("mail");
        let read = |name: String| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        let mails = demo_desk::files(&folder).into_iter().map(read);
        let mails = mails.map(|mail| mail.replace("=\r\n", "").replace("=\n", ""));
        mails.filter(|mail| mail.contains("To: karin.ek@kommun.example")).collect()
    }

    /// And by text.
    pub fn texts_to_karin(&self) -> Vec<String> {
        let texts = demo_desk::texts(&self.folder).into_iter();
        texts.filter(|text| text.starts_with("To: 46701740610\n")).collect()
    }

    /// Are its people handed passes?
    pub fn hands_out_passes(&self) -> bool {
        self.folder.join(PASSES).exists()
    }

    /// The one in `folder`.
    pub fn existing(folder: PathBuf) -> Self {
        Self { folder, _guard: None }
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
        let parts = Arc::new(self.parts(&settings, Arc::clone(&inner), stopper));
        let worker = Worker::new(Arc::clone(&parts), Arc::new(Health::expecting(&[])));
        let mut intake = self.intake(&settings, &parts, stopper);
        let manager = Manager::new(self, &parts);
        self.log().write("start");
        loop {
            intake.drain().await.expect("the mailbox is read");
            worker.drain().await.expect("the store works");
            manager.pick_up(stopper).await;
            if self.settled(&inner).await || Instant::now() > until {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
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
        if self.hands_out_passes() {
            parts.directory = Arc::new(OfPasses(parts.directory));
            parts.passes =
                Some(Arc::new(FilePasses { folder: self.folder.clone(), stopper: stopper.clone() }));
        }
        if self.replaces_passwords() {
            parts.rules.scramble = true;
            parts.rules.password_valid = Duration::from_millis(200);
        }
        parts.directory = Arc::new(stopping!(parts.directory));
        parts.reset = Arc::new(stopping!(parts.reset));
        let spool = nyckelbud::delivery::sms::spool::SpoolGateway::new("modem", self.folder.join("sms"));
        parts.gateways = vec![Arc::new(stopping!(spool))];
        parts.mail = Arc::new(stopping!(demo_desk::mail_spool(settings)));
        parts.store = Arc::new(StoppingStore { inner: parts.store, around: stopper.clone() });
        parts.timing = TIMING;
        if self.asks_for_codes() || self.is_stopped() {
            parts.rules.remind_after = Duration::from_millis(100);
        }
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

    /// Is nothing left to do: no mail in the inbox, every ticket settled, nothing due?
    async fn settled(&self, store: &Arc<dyn Store>) -> bool {
        let inbox_is_empty = demo_desk::inbox(&self.folder).is_empty();
        let tickets = store.tickets(&TicketFilter::default()).await.expect("tickets");
        let all_settled = tickets.iter().all(|view| view.ticket.state.standing().settled());
        let due = store.next_due().await.expect("due");
        // The expiry of the offer and the look at the password's use lie hours ahead.
        let soon = SystemClock.now().plus(Duration::from_secs(600));
        let picked_up = tickets
            .iter()
            .all(|view| !matches!(view.ticket.state, State::Offered { .. } | State::Revealed { .. }));
        inbox_is_empty
            && tickets.len() > MAILS.len()
            && all_settled
            && picked_up
            && due.is_none_or(|due| due > soon)
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

/// The manager with the link, in one and the same browser.
struct Manager<'a> {
    desk: DeskPort,
    world: &'a World,
}

impl<'a> Manager<'a> {
    fn new(world: &'a World, parts: &Arc<Parts>) -> Self {
        let page: Box<RevealPage> = Box::new(|_, _, _, revealed| {
            Ok(Page::new(zeroize::Zeroizing::new(revealed.password.expose().to_owned())))
        });
        let health = Arc::new(Health::expecting(&[]));
        Self { desk: DeskPort::new(Arc::clone(parts), health, page), world }
    }

    /// Opens the link that came by text, if it has come, and hands the password over.
    async fn pick_up(&self, stopper: &Stopper) {
        if self.world.is_stopped() {
            return self.stop(stopper).await;
        }
        if self.world.asks_for_codes() {
            return self.enter_the_code(stopper).await;
        }
        let Some(token) = demo_desk::pickup_token(self.world.folder()) else { return };
        self.open(&token, &Proof::default(), stopper).await;
    }

    /// The account's owner does, once the manager was reminded.
    async fn stop(&self, stopper: &Stopper) {
        let reminded = self.world.texts_to_karin().iter().any(|text| text.contains("Påminnelse"));
        let Some(token) = demo_desk::stop_token(self.world.folder()).filter(|_| reminded) else { return };
        if !matches!(self.desk.pickup(&token, None).await, PickupView::Warning { .. }) {
            return;
        }
        stopper.point("before stop");
        self.desk.answer(&token, None, PickupAnswer::NotMe).await;
        stopper.point("after stop");
    }

    /// A wrong code first, then the right one.
    async fn enter_the_code(&self, stopper: &Stopper) {
        let (mails, texts) = (self.world.mails_to_karin(), self.world.texts_to_karin());
        let Some(mail) = mails.iter().find(|mail| mail.contains("waiting for a password")) else { return };
        let after = |text: &str, before: &str| text.split_once(before).map(|(_, rest)| rest.to_owned());
        let token: String =
            after(mail, "/p/").expect("a link").chars().take_while(char::is_ascii_alphanumeric).collect();
        let Some(text) = texts.iter().find(|text| text.contains("Kod till")) else { return };
        let code = after(text, ":\n").and_then(|rest| after(&rest, ":\n").or(Some(rest))).expect("a code");
        let code = code.lines().find(|line| line.len() == 9 && line.as_bytes()[4] == b'-').expect("a code");
        let guessed = self.world.folder().join("guessed");
        if !guessed.exists() {
            std::fs::write(guessed, "").expect("a note");
            let wrong = if code.starts_with('3') { "4444-4444" } else { "3333-3333" };
            let proof = Proof { code: zeroize::Zeroizing::new(wrong.to_owned()), ..Proof::default() };
            stopper.point("before a wrong code");
            assert!(self.desk.reveal(&token, &Browser::new([7; 16]), &proof, "sv").await.is_err());
            stopper.point("after a wrong code");
        }
        let proof = Proof { code: zeroize::Zeroizing::new(code.to_owned()), ..Proof::default() };
        self.open(&token, &proof, stopper).await;
    }

    async fn open(&self, token: &str, proof: &Proof, stopper: &Stopper) {
        let browser = Browser::new([7; 16]);
        stopper.point("before reveal");
        let Ok(page) = self.desk.reveal(token, &browser, proof, "sv").await else { return };
        self.world.log().write(&format!("reveal {}", super::stops::fingerprint(page.html())));
        std::fs::write(self.world.folder().join("shown"), page.html()).expect("a note");
        stopper.point("after reveal");
        self.desk.answer(token, Some(&browser), PickupAnswer::HandedOver).await;
        stopper.point("after answer");
    }
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
