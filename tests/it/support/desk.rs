//! A whole desk of files within the test: the real store, directory, spools and worker, and a clock
//! whose hands the test turns. A desk can be stopped and opened again over the same folder.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use nyckelbud::cli::assembly;
use nyckelbud::clock::{Clock, SystemClock, Zone};
use nyckelbud::config::{PickupMethod, Settings};
use nyckelbud::render::Renderer;
use nyckelbud::store::TicketFilter;
use nyckelbud::ticket::Ticket;
use nyckelbud::token::Tokens;
use nyckelbud::types::{CallbackRequest, UnixMillis};
use nyckelbud::web::{
    self, Browser, CodeAnswer, Desk, Page, PickupAnswer, PickupView, Ports, Proof, ReceiptAnswer, RevealPage,
    WebSettings,
};
use nyckelbud::worker::{
    ActsPort, DeskPort, Health, Intake, Parts, PeoplePort, ProgramsPort, ViewPort, Worker,
};
use tokio_util::sync::CancellationToken;

use super::demo_desk;

/// The wall clock, and how far it was turned.
#[derive(Clone, Default)]
pub struct TurnedClock {
    turned: Arc<AtomicI64>,
    passed: Arc<AtomicU64>,
}

impl TurnedClock {
    /// Turns it by so many minutes, forwards or backwards.
    pub fn turn(&self, minutes: i64) {
        self.turned.fetch_add(minutes * 60_000, Ordering::SeqCst);
    }

    /// So many seconds go by, on every clock.
    pub fn pass(&self, seconds: u32) {
        self.turned.fetch_add(i64::from(seconds) * 1000, Ordering::SeqCst);
        self.passed.fetch_add(u64::from(seconds), Ordering::SeqCst);
    }
}

impl Clock for TurnedClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(SystemClock.now().0 + self.turned.load(Ordering::SeqCst))
    }

    fn moment(&self) -> Instant {
        Instant::now() + Duration::from_secs(self.passed.load(Ordering::SeqCst))
    }
}

/// Work has begun.
pub fn at_work() -> CancellationToken {
    let ready = CancellationToken::new();
    ready.cancel();
    ready
}

/// An open desk over a folder.
pub struct OpenDesk {
    pub parts: Arc<Parts>,
    pub settings: Settings,
    port: Arc<DeskPort>,
}

impl OpenDesk {
    /// Opens the desk in `folder` (see [`demo_desk::build`]); `change` may replace parts.
    pub async fn open(folder: &Path, clock: &TurnedClock, change: impl FnOnce(&mut Parts)) -> Self {
        let settings = demo_desk::settings(folder);
        let store = assembly::store(&settings).await.expect("the store opens");
        store.free_leases().await.expect("leases are freed");
        let mut parts = assembly::parts(&settings, store, &Tokens::default()).expect("the parts fit");
        parts.clock = Arc::new(clock.clone());
        change(&mut parts);
        let parts = Arc::new(parts);
        let page: Box<RevealPage> = Box::new(|_, _, _, revealed| {
            Ok(Page::new(zeroize::Zeroizing::new(revealed.password.expose().to_owned())))
        });
        let health = Arc::new(Health::expecting(&[]));
        let port = Arc::new(DeskPort::new(Arc::clone(&parts), health, page, at_work()));
        Self { parts, settings, port }
    }

    /// Serves its pages until the test ends; where.
    pub async fn serve(&self) -> SocketAddr {
        self.serve_as(&self.settings.desk.public_url).await
    }

    /// The same for browsers that find it at `public_url`.
    pub async fn serve_as(&self, public_url: &str) -> SocketAddr {
        let desk = &self.settings.desk;
        let settings = WebSettings {
            listen: ([127, 0, 0, 1], 0).into(),
            public_url: public_url.to_owned(),
            desk_name: desk.name.clone(),
            desk_address: desk.address.to_string(),
            language: desk.language.code().to_owned(),
            zone: Zone::named("Europe/Stockholm").expect("a zone"),
            help: desk.help.clone(),
            trusted_proxies: self.settings.web.trusted_proxies.clone(),
            typed_codes: self.settings.delivery.pickup == PickupMethod::Code,
        };
        let listener = tokio::net::TcpListener::bind(settings.listen).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let renderer = Arc::new(Renderer::new(None).expect("the templates"));
        let accounts = assembly::accounts(&self.settings, &self.parts).expect("the accounts fit");
        let tokens = Arc::new(Tokens::default());
        let operations = assembly::operations(&self.settings, Vec::new(), &self.parts, &tokens)
            .expect("the register opens");
        let queue = assembly::queue(&self.settings, &self.parts).expect("the queue fits");
        let view = Arc::new(ViewPort::new(Arc::clone(&self.parts)));
        let acts = Arc::new(ActsPort::new(Arc::clone(&self.parts)));
        let people = Arc::new(PeoplePort::new(Arc::clone(&self.parts)));
        let programs = Arc::new(ProgramsPort::new(Arc::clone(&self.parts)));
        let desk = Arc::clone(&self.port) as Arc<dyn Desk>;
        let behind = Ports { desk, accounts, operations, queue, view, acts, people, programs };
        tokio::spawn(web::serve(listener, settings, renderer, behind, std::future::pending()));
        address
    }

    /// Takes in what lies in the mailbox, and works until nothing is due.
    pub async fn work(&self) {
        self.take_in().await;
        self.drain().await;
    }

    /// Works until nothing is due.
    pub async fn drain(&self) {
        let worker = Worker::new(Arc::clone(&self.parts), Arc::new(Health::expecting(&[])));
        worker.drain().await.expect("the store works");
    }

    /// Takes in what lies in the mailbox.
    pub async fn take_in(&self) {
        let inbox = assembly::inboxes(&self.settings, &Tokens::default()).expect("the mailbox").remove(0);
        Intake::new(inbox, Arc::clone(&self.parts)).drain().await.expect("the mailbox is read");
    }

    /// Anna's password is changed, and she says that it was not she: her account is frozen.
    pub async fn freeze_anna(&self, folder: &Path) {
        demo_desk::deliver(folder, "sms-registered-phone");
        self.work().await;
        let mails = demo_desk::files(&folder.join("mail")).into_iter();
        let mut mails = mails.map(|name| std::fs::read_to_string(folder.join("mail").join(name)).unwrap());
        let notice = mails.find(|mail| mail.contains("/p/")).expect("a notice").replace("=\r\n", "");
        let (_, token) = notice.split_once("/p/").expect("a link");
        let token = token.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next();
        let view = self.answer(token.unwrap(), None, PickupAnswer::NotMe).await;
        assert_eq!(view, PickupView::Frozen);
    }

    /// The ticket of the demo's mail `name`.
    pub async fn ticket(&self, name: &str) -> Ticket {
        let id = format!("{name}@kommun.example");
        let tickets = self.parts.store.tickets(&TicketFilter::default()).await.expect("tickets");
        let view = tickets.into_iter().find(|view| view.messages.contains(&id));
        view.unwrap_or_else(|| panic!("no ticket of {name}")).ticket
    }

    pub async fn receipt(&self, gateway: &str, secret: &str, request: &CallbackRequest<'_>) -> ReceiptAnswer {
        self.port.receipt(gateway, secret, request).await
    }

    pub async fn look(&self, token: &str, browser: Option<&Browser>) -> PickupView {
        self.port.pickup(token, browser).await
    }

    pub async fn reveal(&self, token: &str, browser: &Browser) -> Result<String, PickupView> {
        self.reveal_with(token, browser, "").await
    }

    /// Presses the button with this code.
    pub async fn reveal_with(
        &self,
        token: &str,
        browser: &Browser,
        code: &str,
    ) -> Result<String, PickupView> {
        let code = zeroize::Zeroizing::new(code.to_owned());
        let proof = Proof { code, ..Proof::default() };
        self.port.reveal(token, browser, &proof, "sv").await.map(|page| page.html().to_owned())
    }

    /// A person in another browser looks at the link.
    pub async fn look_elsewhere(&self, token: &str, browser: Option<&Browser>) {
        self.port.opened_elsewhere(token, browser).await;
    }

    /// May anybody have a code to type?
    pub async fn has_codes(&self) -> bool {
        self.port.has_codes().await
    }

    /// Somebody types this code, from there.
    pub async fn type_code(&self, code: &str, from: &str, browser: &Browser) -> CodeAnswer {
        self.port.typed_code(code, from.parse().ok(), browser).await
    }

    pub async fn answer(&self, token: &str, browser: Option<&Browser>, answer: PickupAnswer) -> PickupView {
        self.port.answer(token, browser, answer).await
    }
}
