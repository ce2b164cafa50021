//! The pages over a real listener, in front of a desk that only writes down what it is asked.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use nyckelbud::clock::{Clock, SystemClock, Zone};
use nyckelbud::password::{TemporaryPassword, generate, words};
use nyckelbud::render::Renderer;
use nyckelbud::types::CallbackRequest;
use nyckelbud::web::{
    self, Asks, Browser, CodeAnswer, Desk, Page, PickupAnswer, PickupView, Ports, Proof, Readiness,
    ReceiptAnswer, Returned, RevealPage, Revealed, SignIn, SignedIn, WebSettings,
};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

mod active;
mod answers;
mod api;
mod api_acts;
mod api_once;
mod api_schema;
mod below;
mod callbacks;
use crate::support::client;
use crate::support::nobody::{NoQueue, Nobody};
mod desk_now;
mod forms;
mod guards;
mod narrow;
mod operations;
mod pages;
mod pickup;
mod queue;
mod queue_browser;
mod reveal;
mod review;
mod staff;
mod staff_guesses;
mod staff_provider;
mod staff_table;
mod steps;
mod ticket_acts;
mod tickets;
mod typed_codes;

use client::{Answer, Asked};
use pages::views;

const TOKEN: &str = "Zm9yLXRlc3RzLW9ubHktMTI4";
const HTTP: &str = "http://127.0.0.1:8025";
const HTTPS: &str = "https://servicedesk.kommun.example";

fn offer() -> PickupView {
    let until = SystemClock.now();
    PickupView::Offer {
        pass: false,
        name: "Anna Andersson".to_owned(),
        unit: "Hemtjänst Norr".to_owned(),
        until,
        own: false,
        asks: Asks::Nothing,
    }
}

/// Answers with what it is told to, and writes down what it is asked.
struct FakeDesk {
    view: Mutex<PickupView>,
    receipt: Mutex<ReceiptAnswer>,
    troubles: Mutex<Vec<String>>,
    /// When set, `reveal` says so instead of showing the password.
    reveals: Mutex<Option<PickupView>>,
    /// Who comes back from the provider.
    comes_back: Mutex<SignedIn>,
    /// May anybody have a code to type?
    has_codes: Mutex<bool>,
    /// What becomes of a typed code.
    typed: Mutex<Typed>,
    password: TemporaryPassword,
    shows: Mutex<Shows>,
    page: Box<RevealPage>,
    /// A reveal needs a permit of it to go on.
    gate: Semaphore,
    calls: Mutex<Vec<String>>,
}

/// What becomes of a typed code.
#[derive(Clone, Copy, Debug)]
enum Typed {
    Leads,
    Wrong,
    Busy,
}

/// What the page with the password says beside it.
#[derive(Clone)]
struct Shows {
    name: String,
    own: bool,
    pass: bool,
}

impl FakeDesk {
    fn note(&self, call: String) {
        self.calls.lock().unwrap().push(call);
    }

    fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }

    /// What it was asked beside looking.
    fn acts(&self) -> Vec<String> {
        self.calls().into_iter().filter(|call| !call.starts_with("pickup")).collect()
    }
}

#[async_trait]
impl Desk for FakeDesk {
    async fn pickup(&self, token: &str, browser: Option<&Browser>) -> PickupView {
        self.note(format!("pickup {token} {}", browser.map_or("-", Browser::as_str)));
        self.view.lock().unwrap().clone()
    }

    async fn reveal(
        &self,
        token: &str,
        browser: &Browser,
        proof: &Proof,
        language: &str,
    ) -> Result<Page, PickupView> {
        let code = if proof.code.is_empty() { String::new() } else { format!(" {}", *proof.code) };
        self.note(format!("reveal {token} {} {language}{code}", browser.as_str()));
        self.gate.acquire().await.unwrap().forget();
        self.note("revealed".to_owned());
        if let Some(view) = self.reveals.lock().unwrap().clone() {
            return Err(view);
        }
        let (Shows { name, own, pass }, until) = (self.shows.lock().unwrap().clone(), SystemClock.now());
        let (name, pass_until) = (name.as_str(), pass.then_some(until));
        let revealed = Revealed { name, own, password: &self.password, pass_until, until };
        Ok((self.page)(token, browser, language, &revealed).unwrap())
    }

    async fn has_codes(&self) -> bool {
        *self.has_codes.lock().unwrap()
    }

    async fn typed_code(&self, code: &str, from: Option<IpAddr>, browser: &Browser) -> CodeAnswer {
        self.note(format!("typed {code} {} {}", from.unwrap(), browser.as_str()));
        match *self.typed.lock().unwrap() {
            Typed::Leads => CodeAnswer::LeadsTo(zeroize::Zeroizing::new(TOKEN.to_owned())),
            Typed::Wrong => CodeAnswer::Wrong,
            Typed::Busy => CodeAnswer::Busy,
        }
    }

    async fn sign_in(&self, token: &str, browser: &Browser) -> SignIn {
        self.note(format!("sign-in {token} {}", browser.as_str()));
        SignIn::At { address: "http://127.0.0.1:9/authorize?state=s".to_owned(), kept: "k.1".to_owned() }
    }

    async fn signed_in(&self, token: &str, browser: &Browser, returned: &Returned<'_>) -> SignedIn {
        let Returned { kept, code, state } = returned;
        self.note(format!("signed-in {token} {} {kept} {code} {state}", browser.as_str()));
        if self.gate.available_permits() == 0 {
            self.gate.acquire().await.unwrap().forget();
            self.note("heard".to_owned());
        }
        self.comes_back.lock().unwrap().clone()
    }

    async fn opened_elsewhere(&self, token: &str, browser: Option<&Browser>) {
        self.note(format!("elsewhere {token} {}", browser.map_or("-", Browser::as_str)));
    }

    async fn answer(&self, token: &str, browser: Option<&Browser>, answer: PickupAnswer) -> PickupView {
        self.note(format!("answer {token} {} {answer:?}", browser.map_or("-", Browser::as_str)));
        self.view.lock().unwrap().clone()
    }

    async fn receipt(&self, gateway: &str, secret: &str, request: &CallbackRequest<'_>) -> ReceiptAnswer {
        let (method, query, body) = (request.method, request.query, String::from_utf8_lossy(request.body));
        let signature = request.header("x-signature");
        self.note(format!("receipt {gateway} {secret} {method} {query:?} {signature:?} {body:?}"));
        *self.receipt.lock().unwrap()
    }

    async fn ready(&self) -> Readiness {
        Readiness { troubles: self.troubles.lock().unwrap().clone() }
    }
}

/// Pages that are being served; they stop with the test.
struct Served {
    address: SocketAddr,
    desk: Arc<FakeDesk>,
    stop: CancellationToken,
    running: tokio::task::JoinHandle<Result<(), web::ServeError>>,
}

fn settings(public_url: &str) -> WebSettings {
    WebSettings {
        listen: ([127, 0, 0, 1], 0).into(),
        public_url: public_url.to_owned(),
        desk_name: "Servicedesk".to_owned(),
        desk_address: "servicedesk@kommun.example".to_owned(),
        language: "sv".to_owned(),
        zone: Zone::named("Europe/Stockholm").unwrap(),
        help: "besök receptionen".to_owned(),
        trusted_proxies: Vec::new(),
        typed_codes: false,
    }
}

impl Served {
    async fn new(view: PickupView) -> Self {
        Self::at(HTTP, view).await
    }

    async fn at(public_url: &str, view: PickupView) -> Self {
        Self::with(public_url, view, generate::generate(&mut rand::rng(), 12, &[])).await
    }

    /// The longest kind of password of words.
    async fn of_words() -> Self {
        Self::with(HTTP, offer(), words::phrase(&mut rand::rng(), 8, &[])).await
    }

    async fn with(public_url: &str, view: PickupView, password: TemporaryPassword) -> Self {
        Self::of(settings(public_url), view, password).await
    }

    async fn of(settings: WebSettings, view: PickupView, password: TemporaryPassword) -> Self {
        let renderer = Arc::new(Renderer::new(None).unwrap());
        let desk = Arc::new(FakeDesk {
            view: Mutex::new(view),
            receipt: Mutex::new(ReceiptAnswer::Taken),
            troubles: Mutex::default(),
            reveals: Mutex::default(),
            comes_back: Mutex::new(SignedIn::Failed),
            has_codes: Mutex::new(true),
            typed: Mutex::new(Typed::Wrong),
            password,
            shows: Mutex::new(Shows { name: "Anna Andersson".to_owned(), own: false, pass: false }),
            page: web::reveal_page(settings.clone(), Arc::clone(&renderer)),
            gate: Semaphore::new(1000),
            calls: Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let behind = Ports {
            desk: Arc::clone(&desk) as _,
            accounts: Arc::new(Nobody),
            operations: Arc::new(Nobody),
            queue: Arc::new(NoQueue),
            view: Arc::new(Nobody),
            acts: Arc::new(Nobody),
            people: Arc::new(Nobody),
            programs: Arc::new(Nobody),
        };
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let running = tokio::spawn(web::serve(listener, settings, renderer, behind, stopped));
        Self { address, desk, stop, running }
    }

    async fn ask(&self, asked: Asked<'_>) -> Answer {
        client::ask(self.address, &asked).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(Asked::get(path)).await
    }

    /// Opens the link as a browser does; its cookie and the token of its form.
    async fn open(&self, path: &str) -> Opened {
        let page = self.get(path).await;
        let cookie = page.header("set-cookie").split(';').next().unwrap().to_owned();
        let form = page.body.split("name=\"form\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        Opened { cookie, form: format!("form={form}") }
    }

    /// Opens the link and presses a button that posts to `path`.
    async fn press(&self, path: &str) -> Answer {
        let opened = self.open(&format!("/p/{TOKEN}")).await;
        let fields = [("cookie", opened.cookie.as_str()), ("sec-fetch-site", "same-origin")];
        self.ask(Asked::post(path, &opened.form).with(&fields)).await
    }
}

/// What a browser holds after it opened a link.
struct Opened {
    cookie: String,
    form: String,
}

impl Opened {
    fn browser(&self) -> &str {
        self.cookie.split_once('=').unwrap().1
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
