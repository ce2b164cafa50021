//! An account that is frozen while a request for it is under way: nothing more of it is set, issued, texted, offered
//! or shown, wherever it stands.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use nyckelbud::clock::Clock;
use nyckelbud::directory::DirectoryError;
use nyckelbud::password::generate::generate;
use nyckelbud::password::{AccessPass, AccessPasses, Used};
use nyckelbud::types::Outcome;
use nyckelbud::web::{PickupAnswer, PickupView};

use super::frozen::{ANNA, notice_token};
use super::pickup::FailsFrom;
use super::time::Door;
use super::*;
use crate::crash::passes::OfPasses;
use crate::support::letters;
use crate::support::scripted_gateway::accepted;

/// Anna's second request.
const SECOND: &str = "the-second";
const OWN: &str = "070-174 06 05";
const ANOTHER: &str = "070-174 06 77";

/// A desk over a gateway, of which Anna has got a password before, and the link by which she says that it was
/// not her.
struct Before {
    place: Place,
    gateway: Arc<ScriptedGateway>,
    token: String,
}

impl Before {
    async fn new() -> Self {
        let place = Place::new();
        let gateway = ScriptedGateway::new("a", false, |_, _| accepted(""));
        place.deliver(TEXTED);
        open_with(&place, &[&gateway]).await.work().await;
        let token = notice_token(&place, ANNA);
        place.clock.turn(20);
        Self { place, gateway, token }
    }

    async fn desk(&self, change: impl FnOnce(&mut nyckelbud::worker::Parts)) -> OpenDesk {
        OpenDesk::open(&self.place.folder, &self.place.clock, |parts| {
            parts.gateways = vec![Arc::clone(&self.gateway) as _];
            change(parts);
        })
        .await
    }

    /// She asks again, with this phone, and the desk works as far as it gets.
    async fn asks(&self, desk: &OpenDesk, phone: &str) -> State {
        let mail = letters::request(SECOND, "anna.andersson", phone).replace('\n', "\r\n");
        demo_desk::deliver_raw(&self.place.folder, SECOND, mail.as_bytes());
        desk.work().await;
        desk.ticket(SECOND).await.state
    }

    async fn freeze(&self, desk: &OpenDesk) {
        assert_eq!(desk.answer(&self.token, None, PickupAnswer::NotMe).await, PickupView::Frozen);
    }

    /// A few minutes later the second one is a technician's, who knows what of it happened; nothing of it left.
    async fn ends(&self, desk: &OpenDesk, password: PasswordFact) {
        for _ in 0..3 {
            self.place.clock.turn(1);
            desk.work().await;
        }
        technician_has(desk, SECOND, Reason::AccountFrozen, password).await;
        assert_eq!(self.gateway.sent().len(), 1, "{:?}", self.gateway.sent());
    }

    fn passwords(&self) -> String {
        std::fs::read_to_string(self.place.folder.join("credentials.toml")).unwrap()
    }
}

#[tokio::test]
async fn a_password_that_is_sealed_is_not_set_any_more() {
    let before = Before::new().await;
    let open = Arc::new(AtomicBool::new(false));
    let door = Arc::clone(&open);
    let desk = before
        .desk(|parts| parts.reset = Arc::new(Door { open: door, behind: Arc::clone(&parts.reset) }))
        .await;
    let (state, passwords) = (before.asks(&desk, OWN).await, before.passwords());
    assert!(matches!(state, State::Sealed { .. }), "{state:?}");
    before.freeze(&desk).await;
    open.store(true, Ordering::SeqCst);
    before.ends(&desk, PasswordFact::NotChanged).await;
    assert_eq!(before.passwords(), passwords, "it was set");
}

#[tokio::test]
async fn a_password_that_is_set_is_not_texted_any_more() {
    let before = Before::new().await;
    before.gateway.set_down(true);
    let desk = before.desk(|_| {}).await;
    let state = before.asks(&desk, OWN).await;
    assert!(matches!(state, State::Sending { .. }), "{state:?}");
    before.freeze(&desk).await;
    before.gateway.set_down(false);
    before.ends(&desk, PasswordFact::Changed).await;
}

#[tokio::test]
async fn a_managers_link_is_not_texted_any_more() {
    let before = Before::new().await;
    before.gateway.set_down(true);
    let desk = before.desk(|_| {}).await;
    let (state, passwords) = (before.asks(&desk, ANOTHER).await, before.passwords());
    assert!(matches!(state, State::Offered { .. }), "{state:?}");
    before.freeze(&desk).await;
    before.gateway.set_down(false);
    before.ends(&desk, PasswordFact::NotChanged).await;
    assert_eq!(before.passwords(), passwords);
}

/// Issues passes once somebody has opened the door, and counts them.
#[derive(Default)]
struct Passes {
    open: AtomicBool,
    issued: AtomicUsize,
}

#[async_trait]
impl AccessPasses for Passes {
    async fn issue(&self, _: &AccountId) -> Result<AccessPass, Outcome> {
        if !self.open.load(Ordering::SeqCst) {
            return Err(Outcome::NotSent { cause: "no connection".to_owned() });
        }
        self.issued.fetch_add(1, Ordering::SeqCst);
        let valid_until = nyckelbud::clock::SystemClock.now().plus(Duration::from_secs(24 * 3600));
        Ok(AccessPass { pass: generate(&mut rand::rng(), 12, &[]), id: "pass-1".to_owned(), valid_until })
    }

    async fn opened(&self, _: &AccountId, _: &str) -> Result<Used, DirectoryError> {
        Err(DirectoryError::TimedOut)
    }
}

#[tokio::test]
async fn a_pass_is_not_issued_any_more() {
    let before = Before::new().await;
    let passes = Arc::new(Passes::default());
    let (issues, people) = (Arc::clone(&passes), OfPasses);
    let desk = before
        .desk(|parts| {
            parts.passes = Some(issues);
            parts.directory = Arc::new(people(Arc::clone(&parts.directory)));
        })
        .await;
    let state = before.asks(&desk, OWN).await;
    assert!(matches!(state, State::Issuing { .. }), "{state:?}");
    before.freeze(&desk).await;
    passes.open.store(true, Ordering::SeqCst);
    before.ends(&desk, PasswordFact::NotChanged).await;
    assert_eq!(passes.issued.load(Ordering::SeqCst), 0, "it was issued");
}

/// Her manager has pressed the button, and the page has not left yet.
#[tokio::test]
async fn a_password_that_is_set_for_a_page_is_not_shown_any_more() {
    let before = Before::new().await;
    let desk = before.desk(|_| {}).await;
    before.asks(&desk, ANOTHER).await;
    let sent = before.gateway.sent();
    let link = sent.iter().find(|sent| sent.text.contains("behöver")).expect("the manager's text");
    let token = token_in(&link.text);
    let dying = before
        .desk(|parts| parts.directory = Arc::new(FailsFrom::new(2, Arc::clone(&parts.directory))))
        .await;
    assert_eq!(dying.reveal(&token, &karins_phone()).await, Err(PickupView::Busy));
    let state = desk.ticket(SECOND).await.state;
    assert!(matches!(state, State::Applied { .. }), "{state:?}");
    before.freeze(&desk).await;
    assert_eq!(desk.reveal(&token, &karins_phone()).await, Err(PickupView::Gone));
    technician_has(&desk, SECOND, Reason::AccountFrozen, PasswordFact::Changed).await;
}
