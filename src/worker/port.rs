//! The desk as the pages see it: [`DeskPort`] implements [`Desk`].

use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use super::Parts;
use super::alarm;
use super::facts;
use super::handover::{self, Reveal, actor, bound_to};
use super::health::Health;
use super::receipts;
use super::sign_in;
use super::step::{looked_up_at, shown_until};
use super::stop;
use super::work::{Draft, Due, WorkError};
use crate::delivery::pickup::{PickupToken, StopToken};
use crate::delivery::{Receipt, ReceiptReading};
use crate::directory::{Account, Lookup, Who};
use crate::ticket::{Event, Guard, Hand, Offer, PasswordFact, State, Ticket, WRONG_CODES};
use crate::types::{CallbackRequest, Reason, UnixMillis};
use crate::web::{
    Asks, Browser, CodeAnswer, Desk, Page, PickupAnswer, PickupView, Proof, Readiness, ReceiptAnswer,
    Returned, RevealPage, Revealed, SignIn, SignedIn,
};

mod acts;
mod guesses;
mod people;
mod programs;
mod typed;

pub use acts::ActsPort;
pub(super) use guesses::after_a_stop;
pub use people::PeoplePort;
pub(super) use programs::KEPT;
pub use programs::ProgramsPort;

/// What a manager with a link can say.
const SAID: [Reason; 2] = [Reason::ManagerDeclined, Reason::HandoverUnconfirmed];
const NOT_ASKED: &str = "the owner of the registered phone says that they did not ask; the account is frozen until a \
                         person lifts it";

/// The desk behind the pages.
pub struct DeskPort {
    parts: Arc<Parts>,
    health: Arc<Health>,
    page: Box<RevealPage>,
    ready: CancellationToken,
    /// Wrong codes of late.
    guesses: Arc<guesses::Guesses>,
    /// Until when codes may be open that were sent before links were.
    codes_from_before: OnceCell<UnixMillis>,
}

impl DeskPort {
    /// The desk over `parts`; `page` makes the page that shows a password. Before `ready` is cancelled no link shows
    /// one, nor sets one: the store may have come out of a backup, which thinks that the link was never used (I22).
    #[must_use]
    pub fn new(
        parts: Arc<Parts>,
        health: Arc<Health>,
        page: Box<RevealPage>,
        ready: CancellationToken,
    ) -> Self {
        let (guesses, codes_from_before) = (Arc::default(), OnceCell::new());
        Self { parts, health, page, ready, guesses, codes_from_before }
    }

    /// The ticket that the link opens; `Err` says what to show when there is none to be had.
    async fn ticket(&self, token: &str) -> Result<Ticket, PickupView> {
        let token = PickupToken::parse(token).ok_or(PickupView::Gone)?;
        let found = self.parts.store.ticket_by_pickup(&token.hash()).await.map_err(|error| {
            tracing::error!("a pickup link could not be looked up: {error}; nothing was changed");
            PickupView::Busy
        })?;
        found.ok_or(PickupView::Gone)
    }

    async fn view(&self, ticket: &Ticket, browser: Option<&Browser>) -> PickupView {
        let hash = browser.map(Browser::hash).unwrap_or_default();
        let now = self.parts.now();
        match &ticket.state {
            State::Offered { offer, .. } if now >= offer.expires_at => PickupView::Gone,
            State::Offered { offer, .. } => {
                let Some(account) = self.person(ticket).await else { return PickupView::Busy };
                PickupView::Offer {
                    pass: offer.already_set.is_none() && !account.credential.is_password(),
                    name: account.name,
                    unit: account.unit,
                    until: offer.expires_at,
                    own: offer.hand == Hand::Requester,
                    asks: asks(offer),
                }
            }
            State::Revealed { since, .. } if !bound_to(&ticket.state, &hash) => {
                PickupView::UsedElsewhere { at: *since }
            }
            State::Revealed { since, erased, job } => {
                let name = self.name(ticket).await;
                let until = shown_until(*since, job.valid_until);
                if *erased || now >= until {
                    PickupView::Erased { name }
                } else {
                    PickupView::Shown { name, until }
                }
            }
            State::Sealed { job } | State::Issuing { job } | State::Applied { job }
                if bound_to(&ticket.state, &hash) =>
            {
                let name = self.name(ticket).await;
                PickupView::Shown { name, until: job.deadline }
            }
            State::Sealed { .. } | State::Issuing { .. } | State::Applied { .. } => {
                PickupView::UsedElsewhere { at: now }
            }
            // To any other browser a link that is over is like one that never was.
            State::Done { .. } if used_by(ticket, &hash) => PickupView::Confirmed,
            State::Technician { .. } if used_by(ticket, &hash) && handed_back(ticket) => {
                PickupView::HandedBack
            }
            State::Done { .. } | State::Technician { .. } => PickupView::Gone,
            State::Requested { .. }
            | State::Sending { .. }
            | State::Sent { .. }
            | State::Asked
            | State::Filed
            | State::Observed
            | State::Coalesced { .. }
            | State::Held
            | State::Waiting { .. }
            | State::Closed { .. }
            | State::Merged { .. } => PickupView::Gone,
        }
    }

    /// The ticket's account, as the directory has it now.
    async fn person(&self, ticket: &Ticket) -> Option<Box<Account>> {
        let facts = facts::read(&self.parts, &Who::Id(ticket.account.clone()?)).await.ok()?;
        let Lookup::One(account) = facts.lookup else { return None };
        Some(account)
    }

    /// The person's name; empty when the directory does not answer.
    async fn name(&self, ticket: &Ticket) -> String {
        self.person(ticket).await.map(|account| account.name).unwrap_or_default()
    }

    async fn say(&self, ticket: &Ticket, browser: &str, answer: PickupAnswer) -> Result<bool, WorkError> {
        let parts = &self.parts;
        let Some(mut work) = handover::claim_soon(parts, ticket.id).await? else { return Ok(false) };
        let now = parts.now();
        let bound = bound_to(work.state(), browser);
        let mut draft = Draft { actor: who(work.state()), ..Draft::default() };
        let event = match answer {
            PickupAnswer::NotMine => {
                draft.pickup_browser = Some(browser.to_owned());
                offered_to_a_manager(work.state()).then_some(Event::Declined)
            }
            PickupAnswer::HandedOver if bound && shown(work.state()) => {
                let valid_until = work.state().job().and_then(|job| job.valid_until);
                draft.due = Due::At(looked_up_at(&parts.rules, now, valid_until));
                Some(Event::Confirmed { now })
            }
            PickupAnswer::DidNotWork => (bound && shown(work.state())).then_some(Event::DidNotWork),
            PickupAnswer::NotMe if offered_to_the_owner(work.state()) => {
                draft.pickup_browser = Some(browser.to_owned());
                draft.note = Some(NOT_ASKED);
                draft.freeze = Some("the owner of the registered phone says that they did not ask");
                Some(Event::Stopped)
            }
            // The latter is the answer to a warning, not to a manager's link.
            PickupAnswer::HandedOver | PickupAnswer::NotMe => None,
        };
        match event {
            Some(event) => work.commit(event, draft).await?,
            None => work.give_back(now).await?,
        };
        parts.wake.notify_one();
        Ok(true)
    }
}

/// What the page of an offer asks for.
fn asks(offer: &Offer) -> Asks {
    match offer.guard {
        Guard::Nothing | Guard::TypedCode => Asks::Nothing,
        Guard::SignIn { .. } => Asks::SignIn { signed_in: false, wrong: false },
        Guard::CodeByText | Guard::CodeByMail => {
            Asks::Code { wrong: false, left: WRONG_CODES.saturating_sub(offer.wrong_codes) }
        }
    }
}

/// Has this browser used or answered the ticket's link?
fn used_by(ticket: &Ticket, browser: &str) -> bool {
    !browser.is_empty() && ticket.pickup_browser == browser
}

/// Did the person with the link say something that a technician has to look at?
fn handed_back(ticket: &Ticket) -> bool {
    // A freeze after a change was not said by whoever has the link.
    let stopped = ticket.state == State::Technician { password: PasswordFact::NotChanged };
    let said = |reason| SAID.contains(&reason) || (stopped && reason == Reason::AccountFrozen);
    ticket.reason.is_some_and(said)
}

fn shown(state: &State) -> bool {
    matches!(state, State::Revealed { .. })
}

fn offered_to_a_manager(state: &State) -> bool {
    matches!(state, State::Offered { offer, .. } if offer.hand != Hand::Requester)
}

fn offered_to_the_owner(state: &State) -> bool {
    matches!(state, State::Offered { offer, .. } if offer.hand == Hand::Requester)
}

/// Who holds the link, in the words of the audit log.
fn who(state: &State) -> Option<String> {
    if let State::Offered { offer, .. } = state {
        return Some(actor(&offer.hand));
    }
    state.job().map(|job| actor(&job.hand))
}

/// The offer, which says that what it asks for was missing or wrong.
fn unproven(mut view: PickupView) -> PickupView {
    if let PickupView::Offer { asks: Asks::Code { wrong, .. } | Asks::SignIn { wrong, .. }, .. } = &mut view {
        *wrong = true;
    }
    view
}

fn stop_view(answer: Result<PickupView, WorkError>) -> PickupView {
    answer.unwrap_or_else(|error| {
        tracing::error!("the link of a warning could not be used: {error}; it can be used again");
        PickupView::Busy
    })
}

#[async_trait]
impl Desk for DeskPort {
    async fn pickup(&self, token: &str, browser: Option<&Browser>) -> PickupView {
        if let Some(token) = StopToken::parse(token) {
            return stop_view(stop::view(&self.parts, &token).await);
        }
        match self.ticket(token).await {
            Ok(ticket) => self.view(&ticket, browser).await,
            Err(view) => view,
        }
    }

    async fn reveal(
        &self,
        token: &str,
        browser: &Browser,
        proof: &Proof,
        language: &str,
    ) -> Result<Page, PickupView> {
        let ticket = self.ticket(token).await?;
        let hash = browser.hash();
        if !handover::may_be_shown(&ticket.state) {
            return Err(self.view(&ticket, Some(browser)).await);
        }
        if !self.ready.is_cancelled() {
            return Err(PickupView::Busy);
        }
        match handover::reveal(&self.parts, ticket.id, &hash, proof).await {
            Ok(Reveal::Shown { password, name, job, until }) => {
                let pass_until = job.valid_until;
                let own = job.hand == Hand::Requester;
                let revealed = Revealed { name: &name, own, password: &password, pass_until, until };
                (self.page)(token, browser, language, &revealed).map_err(|error| {
                    tracing::error!(
                        "the page with a password could not be made: {error}; it can be opened again"
                    );
                    PickupView::Busy
                })
            }
            Ok(Reveal::Unproven) => Err(unproven(self.pickup(token, Some(browser)).await)),
            Ok(Reveal::Look) => Err(self.pickup(token, Some(browser)).await),
            Ok(Reveal::Busy) => Err(PickupView::Busy),
            Err(error) => {
                tracing::error!(ticket = %ticket.number, "a link could not be used: {error}");
                Err(PickupView::Busy)
            }
        }
    }

    async fn has_codes(&self) -> bool {
        self.may_have_codes().await
    }

    async fn typed_code(&self, code: &str, from: Option<IpAddr>, browser: &Browser) -> CodeAnswer {
        self.judge(code, from, browser).await
    }

    async fn sign_in(&self, token: &str, browser: &Browser) -> SignIn {
        let ticket = match self.ticket(token).await {
            Ok(ticket) => ticket,
            Err(view) => return SignIn::Instead(view),
        };
        let kept = sign_in::begun(self.parts.now());
        match sign_in::address(&self.parts, &ticket, browser, &kept).await {
            Ok(Some(address)) => SignIn::At { address, kept },
            Ok(None) => SignIn::Instead(self.view(&ticket, Some(browser)).await),
            Err(error) => {
                tracing::error!(ticket = %ticket.number, "a manager cannot sign in: {error}; the link stays valid");
                SignIn::NotNow
            }
        }
    }

    async fn signed_in(&self, token: &str, browser: &Browser, returned: &Returned<'_>) -> SignedIn {
        let Ok(ticket) = self.ticket(token).await else { return SignedIn::Look };
        let Returned { kept, code, state } = *returned;
        match sign_in::returned(&self.parts, &ticket, browser, kept, code, state).await {
            Ok(said) => said,
            Err(error) => {
                tracing::error!(ticket = %ticket.number, "a sign-in failed: {error}; the link stays valid");
                SignedIn::Failed
            }
        }
    }

    async fn opened_elsewhere(&self, token: &str, browser: Option<&Browser>) {
        let Ok(ticket) = self.ticket(token).await else { return };
        let hash = browser.map(Browser::hash).unwrap_or_default();
        if let Err(error) = alarm::opened_elsewhere(&self.parts, &ticket, &hash).await {
            let ticket = ticket.number;
            tracing::error!(%ticket, "a second browser at a link could not be told of: {error}");
        }
    }

    async fn answer(&self, token: &str, browser: Option<&Browser>, answer: PickupAnswer) -> PickupView {
        if let (PickupAnswer::NotMe, Some(token)) = (answer, StopToken::parse(token)) {
            return stop_view(stop::stop(&self.parts, &token).await);
        }
        let ticket = match self.ticket(token).await {
            Ok(ticket) => ticket,
            Err(view) => return view,
        };
        let hash = browser.map(Browser::hash).unwrap_or_default();
        match self.say(&ticket, &hash, answer).await {
            Ok(true) => self.pickup(token, browser).await,
            Ok(false) => PickupView::Busy,
            Err(error) => {
                tracing::error!(ticket = %ticket.number, "an answer could not be kept: {error}");
                PickupView::Busy
            }
        }
    }

    async fn receipt(&self, name: &str, secret: &str, request: &CallbackRequest<'_>) -> ReceiptAnswer {
        let Some(gateway) = self.parts.gateways.iter().find(|gateway| gateway.name() == name) else {
            return ReceiptAnswer::Unknown;
        };
        let (key, reference, receipt) = match gateway.receipt(secret, request) {
            ReceiptReading::Foreign => return ReceiptAnswer::Unknown,
            ReceiptReading::Malformed => return ReceiptAnswer::Malformed,
            ReceiptReading::Told { receipt: Receipt::Pending, .. } => return ReceiptAnswer::Taken,
            ReceiptReading::Told { key, reference, receipt } => (key, reference, receipt),
        };
        let kept = receipts::keep(&self.parts, name, key.as_deref(), &reference, receipt).await;
        if kept { ReceiptAnswer::Taken } else { ReceiptAnswer::TryAgain }
    }

    async fn ready(&self) -> Readiness {
        self.health.readiness(&self.parts).await
    }
}
