//! The people of a world, with phones, browsers and a terminal. Each does what its story says as soon as it can,
//! and once: what was done is noted, and who was interrupted does it again.

use std::sync::Arc;

use nyckelbud::decision::Automation;
use nyckelbud::store::{AuditEntry, Store, Switch, TicketFilter};
use nyckelbud::ticket::{State, Ticket};
use nyckelbud::types::{CallbackRequest, Reason};
use nyckelbud::web::{Browser, Desk, Page, PickupAnswer, PickupView, Proof, ReceiptAnswer, RevealPage};
use nyckelbud::worker::{DeskPort, Health, Parts};
use zeroize::Zeroizing;

use super::gateways::{self, ANNAS_MOBILE, JOHNS_MOBILE};
use super::stops::{Stopper, fingerprint};
use super::story::Story;
use super::world::World;
use crate::support::demo_desk;
use crate::support::desk::at_work;

/// All of them, over one running desk.
pub struct People<'a> {
    pub(super) desk: DeskPort,
    pub(super) parts: Arc<Parts>,
    pub(super) world: &'a World,
    pub(super) stopper: &'a Stopper,
}

/// Karin's.
pub(super) const BROWSER: [u8; 16] = [7; 16];
pub(super) const ANOTHER: [u8; 16] = [8; 16];

fn with_code(code: &str) -> Proof {
    Proof { code: Zeroizing::new(code.to_owned()), ..Proof::default() }
}

/// The token of a link in this text.
pub(super) fn token_in(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("/p/")?;
    Some(rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect())
}

impl<'a> People<'a> {
    pub fn new(world: &'a World, parts: &Arc<Parts>, stopper: &'a Stopper) -> Self {
        let page: Box<RevealPage> = Box::new(|_, _, _, revealed| {
            Ok(Page::new(Zeroizing::new(revealed.password.expose().to_owned())))
        });
        let health = Arc::new(Health::expecting(&[]));
        Self {
            desk: DeskPort::new(Arc::clone(parts), health, page, at_work()),
            parts: Arc::clone(parts),
            world,
            stopper,
        }
    }

    pub(super) fn store(&self) -> &dyn Store {
        self.parts.store.as_ref()
    }

    /// Everybody does what they can do now. Answers whether anybody did anything.
    pub async fn act(&self) -> bool {
        match self.world.story() {
            Story::Plain | Story::Passes | Story::Scrambles => {
                let Some(token) = demo_desk::pickup_token(self.world.folder()) else { return false };
                self.open(&token, &Proof::default()).await
            }
            Story::Stops => self.stop().await,
            Story::MailedStops => self.stop_what_went_by_mail().await,
            Story::Codes => self.enter_the_code().await,
            Story::Receipts => self.call_back().await | self.open_the_link_about("John Smith").await,
            Story::Freezes => self.freeze().await,
            Story::Limits => self.turn_on_again().await,
            Story::OtherHands => self.fetch_their_own().await,
            Story::Declines => self.decline().await,
            Story::MailedCodes => self.guess_codes().await,
            Story::TypedCodes => self.type_codes().await,
            Story::SignIns => self.sign_in_and_open().await,
            Story::Held => self.hold().await,
            Story::Acts => self.act_on_tickets().await | self.open_the_link_about("Filip Nord").await,
        }
    }

    /// Does `what` unless that was done.
    pub(super) async fn once(&self, note: &str, what: impl Future<Output = ()>) -> bool {
        if self.world.was_noted(note) {
            return false;
        }
        self.stopper.point("before somebody acts");
        what.await;
        self.world.note(note);
        self.stopper.point("after somebody acted");
        true
    }

    /// Has Karin been reminded? A kill may have taken the reminder itself with it.
    async fn was_reminded(&self) -> bool {
        let tickets = self.store().tickets(&TicketFilter::default()).await.expect("tickets");
        tickets.iter().any(
            |view| matches!(&view.ticket.state, State::Offered { offer, .. } if offer.remind_at.is_none()),
        )
    }

    /// The account's owner says so, once the manager was reminded.
    async fn stop(&self) -> bool {
        let reminded = self.was_reminded().await;
        let Some(token) = demo_desk::stop_token(self.world.folder()).filter(|_| reminded) else {
            return false;
        };
        self.not_me(&token).await
    }

    async fn stop_what_went_by_mail(&self) -> bool {
        let reached = self.world.mails_to_karin().iter().any(|mail| mail.contains("/p/"));
        let Some(token) = demo_desk::stop_token(self.world.folder()).filter(|_| reached) else {
            return false;
        };
        self.not_me(&token).await
    }

    async fn not_me(&self, token: &str) -> bool {
        if !matches!(self.desk.pickup(token, None).await, PickupView::Warning { .. }) {
            return false;
        }
        self.once("stopped", async {
            self.desk.answer(token, None, PickupAnswer::NotMe).await;
        })
        .await
    }

    /// A wrong code first, then the right one.
    async fn enter_the_code(&self) -> bool {
        if !self.was_reminded().await && !self.world.was_noted("guessed") {
            return false;
        }
        let (mails, texts) = (self.world.mails_to_karin(), self.world.texts_to_karin());
        let mail = mails.iter().find(|mail| mail.contains("/p/"));
        let Some(token) = mail.and_then(|mail| token_in(mail)) else { return false };
        let text = texts.iter().find(|text| text.contains("Kod till"));
        let Some(code) = text.and_then(|text| code_in(text)) else { return false };
        // Noted beforehand: it is entered once, and may be counted once.
        if !self.world.was_noted("guessed") {
            self.world.note("guessed");
            let guess = with_code(wrong_one(code));
            assert!(self.desk.reveal(&token, &Browser::new(BROWSER), &guess, "sv").await.is_err());
            self.stopper.point("after a wrong code");
        }
        self.open(&token, &with_code(code)).await
    }

    /// Opens a link in Karin's browser, and hands the password over.
    pub(super) async fn open(&self, token: &str, proof: &Proof) -> bool {
        let Some(browser) = self.look_at_the_password(token, proof).await else { return false };
        self.desk.answer(token, Some(&browser), PickupAnswer::HandedOver).await;
        self.stopper.point("after answer");
        true
    }

    pub(super) async fn look_at_the_password(&self, token: &str, proof: &Proof) -> Option<Browser> {
        let browser = Browser::new(BROWSER);
        self.stopper.point("before reveal");
        let page = self.desk.reveal(token, &browser, proof, "sv").await.ok()?;
        self.world.log().write(&format!("reveal {}", fingerprint(page.html())));
        std::fs::write(self.world.folder().join("shown"), page.html()).expect("a note");
        self.stopper.point("after reveal");
        Some(browser)
    }

    /// The token of the link about `name` that Karin got by text.
    pub(super) fn link_about(&self, name: &str) -> Option<String> {
        let texts = self.world.texts_to_karin();
        let about = |text: &&String| text.contains(name) && text.contains("/p/");
        texts.iter().find(about).and_then(|text| token_in(text))
    }

    async fn open_the_link_about(&self, name: &str) -> bool {
        match self.link_about(name) {
            Some(token) => self.open(&token, &Proof::default()).await,
            None => false,
        }
    }

    /// The gateways tell what became of their texts, each twice.
    pub(super) async fn call_back(&self) -> bool {
        let mut told = false;
        for (number, receipt) in gateways::receipts(&self.world.log()).into_iter().enumerate() {
            for time in ["first", "second"] {
                let posting = async {
                    let body = receipt.body.as_bytes();
                    let request = CallbackRequest { method: "POST", query: "", headers: &[], body };
                    let answer = self.desk.receipt(&receipt.gateway, gateways::SECRET, &request).await;
                    assert_eq!(answer, ReceiptAnswer::Taken);
                };
                told |= self.once(&format!("told-{number}-{time}"), posting).await;
            }
        }
        told
    }

    /// Anna says that it was not her; Karin tries the link that was open then; somebody lifts the freeze.
    async fn freeze(&self) -> bool {
        let notice = self.world.mails_to("anna.andersson").into_iter().find_map(|mail| token_in(&mail));
        let Some(notice) = notice else { return false };
        let (now, world) = (self.parts.clock.now(), self.world);
        if world.bring(0) {
            return true;
        }
        let Some(link) = self.link_about("Anna Andersson") else { return false };
        for time in ["frozen", "frozen-again"] {
            let saying = async {
                let said = self.desk.answer(&notice, None, PickupAnswer::NotMe).await;
                assert!(matches!(said, PickupView::Frozen), "{said:?}");
                world.log().write(time);
            };
            if self.once(time, saying).await {
                return true;
            }
        }
        let trying = async {
            let opened = self.desk.reveal(&link, &Browser::new(BROWSER), &Proof::default(), "sv").await;
            assert!(opened.is_err(), "a link of a frozen account opens");
        };
        if self.once("tried", trying).await || world.bring(1) {
            return true;
        }
        if self.reason_of("while-frozen").await != Some(Reason::AccountFrozen) {
            return false;
        }
        let entry = AuditEntry {
            actor: "cli:eva".to_owned(),
            event: "account.unfrozen".to_owned(),
            data: "{}".to_owned(),
        };
        let lifting = async {
            world.log().write("lifted");
            self.store().unfreeze("a-anna", entry, now).await.expect("the store works");
        };
        self.once("lifted", lifting).await || world.bring(2)
    }

    /// Two requests too many come; a person turns the automation on again, and one more comes.
    async fn turn_on_again(&self) -> bool {
        if !self.is_texted("anna").await {
            return false;
        }
        if self.world.bring(0) {
            return true;
        }
        if self.reason_of("one-too-many").await != Some(Reason::LimitDesk) {
            return false;
        }
        if self.world.bring(1) {
            return true;
        }
        if self.reason_of("paused").await != Some(Reason::AutomationOff) {
            return false;
        }
        let at = self.parts.clock.now();
        let (why, by) = ("an outage, and no attack".to_owned(), "cli:eva".to_owned());
        let turned =
            AuditEntry { actor: by.clone(), event: "automation.turned".to_owned(), data: "{}".to_owned() };
        let switch = Switch { automation: Automation::On, why, by, at, until: None };
        let turning = async { self.store().turn(&switch, turned).await.expect("the store works") };
        self.once("turned", turning).await || self.world.bring(2)
    }

    pub(super) async fn ticket_of(&self, mail: &str) -> Option<Ticket> {
        let tickets = self.store().tickets(&TicketFilter::default()).await.expect("tickets");
        let id = format!("{mail}@kommun.example");
        tickets.into_iter().find(|view| view.messages.contains(&id)).map(|view| view.ticket)
    }

    /// Why the ticket of this mail is a technician's.
    async fn reason_of(&self, mail: &str) -> Option<Reason> {
        let ticket = self.ticket_of(mail).await?;
        ticket.reason.filter(|_| matches!(ticket.state, State::Technician { .. }))
    }

    /// Was a text begun for this mail's ticket?
    pub(super) async fn is_texted(&self, mail: &str) -> bool {
        let begun = |state: State| {
            matches!(state, State::Sending { .. } | State::Sent { .. } | State::Technician { .. })
        };
        self.ticket_of(mail).await.is_some_and(|ticket| begun(ticket.state))
    }

    /// Anna opens her link; John did not ask.
    async fn fetch_their_own(&self) -> bool {
        let link = |number: &str| {
            let texts = self.world.texts_to(number);
            texts.iter().find(|text| text.contains("ditt nya")).and_then(|text| token_in(text))
        };
        let mut acted = false;
        if let Some(token) = link(ANNAS_MOBILE) {
            acted |= self.open(&token, &Proof::default()).await;
        }
        if let Some(token) = link(JOHNS_MOBILE) {
            let browser = Browser::new(ANOTHER);
            let saying = async {
                self.desk.answer(&token, Some(&browser), PickupAnswer::NotMe).await;
            };
            acted |= self.once("not-john", saying).await;
        }
        acted
    }

    async fn decline(&self) -> bool {
        let mut acted = false;
        if let Some(token) = self.link_about("Filip Nord") {
            let browser = Browser::new(BROWSER);
            let saying = async {
                self.desk.answer(&token, Some(&browser), PickupAnswer::NotMine).await;
            };
            acted |= self.once("declined", saying).await;
        }
        if let Some(token) = self.link_about("Bo Granlund") {
            acted |= self.world.was_noted("looked") || {
                let looked = self.look_at_the_password(&token, &Proof::default()).await.is_some();
                if looked {
                    self.world.note("looked");
                }
                looked
            };
            acted &= !self.world.was_noted("looked");
        }
        if let Some(token) = self.link_about("John Smith") {
            acted |= self.say_that_it_did_not_work(&token).await;
        }
        acted
    }

    /// Then somebody else opens the same link.
    async fn say_that_it_did_not_work(&self, token: &str) -> bool {
        // Who was killed meanwhile may have said so already.
        if self.reason_of("john").await.is_none() {
            let Some(browser) = self.look_at_the_password(token, &Proof::default()).await else {
                return false;
            };
            return self
                .once("did-not-work", async {
                    self.desk.answer(token, Some(&browser), PickupAnswer::DidNotWork).await;
                })
                .await;
        }
        let stranger = Browser::new(ANOTHER);
        let looking = async { self.desk.opened_elsewhere(token, Some(&stranger)).await };
        self.once("another-browser", looking).await
    }

    /// Somebody guesses until the link about Filip is closed; Karin has the code for John's.
    async fn guess_codes(&self) -> bool {
        let mails = self.world.mails_to_karin();
        let code_about =
            |name: &str| mails.iter().find(|mail| mail.contains(name)).and_then(|mail| code_in(mail));
        if let (Some(token), Some(code)) = (self.link_about("John Smith"), code_about("John Smith"))
            && self.open(&token, &with_code(code)).await
        {
            return true;
        }
        let (Some(token), Some(code)) = (self.link_about("Filip Nord"), code_about("Filip Nord")) else {
            return false;
        };
        let browser = Browser::new(ANOTHER);
        if !matches!(self.desk.pickup(&token, Some(&browser)).await, PickupView::Offer { .. }) {
            return false;
        }
        self.world.log().write("guess");
        self.stopper.point("before a wrong code");
        let guess = with_code(wrong_one(code));
        assert!(self.desk.reveal(&token, &browser, &guess, "sv").await.is_err());
        self.stopper.point("after a wrong code");
        true
    }
}

/// The code in these words: two groups of four.
fn code_in(text: &str) -> Option<&str> {
    text.lines().find(|line| line.len() == 9 && line.as_bytes()[4] == b'-')
}

fn wrong_one(code: &str) -> &'static str {
    if code.starts_with('3') { "4444-4444" } else { "3333-3333" }
}
