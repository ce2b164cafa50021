//! A link is used: the password is set, the link is bound to the browser, and the page is shown.
//! The POST drives the same states as the worker; when it dies half-way, the worker goes on, and
//! the same browser finds the password waiting.

use std::sync::Arc;
use std::time::Duration;

use super::Parts;
use super::facts::{self, StillGood};
use super::guard;
use super::issue;
use super::reset;
use super::scramble;
use super::step::{CONFIRM_WITHIN, owner_notice, shown_until};
use super::work::{Draft, Due, Flow, Work, WorkError};
use crate::decision::{Automation, ManagerAbsent, Policy};
use crate::directory::Who;
use crate::password::TemporaryPassword;
use crate::ticket::{Effect, Event, Hand, Job, Offer, State, TicketId, Way};
use crate::types::{Credential, Reason, UnixMillis};
use crate::web::Proof;

/// So long a press waits for a ticket that the machine has just now.
const PRESS_WAITS: Duration = Duration::from_secs(5);
/// And looks so often.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What a POST on a link came to.
pub(crate) enum Reveal {
    /// The password, for this browser's page.
    Shown {
        /// The password.
        password: TemporaryPassword,
        /// Whose.
        name: String,
        /// What it is, and until when a pass opens the account.
        job: Job,
        /// Until when it may be seen again.
        until: UnixMillis,
    },
    /// What the link asks for beside itself is missing or wrong: nothing was set.
    Unproven,
    /// Not now: look at the state again.
    Look,
    /// The machine is busy with it, or a part does not answer: nothing was shown.
    Busy,
}

/// Uses the link of `ticket` from the browser with this keyed hash.
pub(crate) async fn reveal(
    parts: &Arc<Parts>,
    ticket: TicketId,
    browser: &str,
    proof: &Proof,
) -> Result<Reveal, WorkError> {
    let Some(mut work) = claim_soon(parts, ticket).await? else { return Ok(Reveal::Busy) };
    let shown = open(&mut work, browser, proof).await;
    if !matches!(shown, Ok(Reveal::Shown { .. })) {
        // The worker takes it from here: at once, if something was begun.
        work.give_back(parts.now()).await?;
        parts.wake.notify_one();
    }
    shown
}

/// Takes a ticket on for a person who has pressed a button. The machine may be at it for a moment, with
/// a text that has arrived before its answer was kept: better to wait than to ask for another press.
pub(crate) async fn claim_soon(parts: &Arc<Parts>, ticket: TicketId) -> Result<Option<Work>, WorkError> {
    let until = parts.moment() + PRESS_WAITS;
    loop {
        let taken = parts.moment();
        let claim = parts.store.claim_ticket(ticket, &parts.owner, parts.timing.lease).await?;
        if let Some(claim) = claim {
            return Ok(Some(Work::new(Arc::clone(parts), claim, taken)));
        }
        if parts.moment() >= until {
            return Ok(None);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Is there something that a link can still show? A ticket that is over is left in peace.
pub(crate) fn may_be_shown(state: &State) -> bool {
    matches!(
        state,
        State::Offered { .. }
            | State::Sealed { .. }
            | State::Issuing { .. }
            | State::Applied { .. }
            | State::Revealed { .. }
    )
}

async fn open(work: &mut Work, browser: &str, proof: &Proof) -> Result<Reveal, WorkError> {
    if let State::Offered { offer, .. } = work.state() {
        let offer = offer.clone();
        if work.now() >= offer.expires_at {
            return Ok(Reveal::Look);
        }
        if !guard::admits(work, &offer, browser, proof).await? {
            return Ok(Reveal::Unproven);
        }
        if !begin(work, &offer, browser).await? {
            return Ok(Reveal::Look);
        }
    }
    loop {
        let effect = work.state().next();
        if !matches!(effect, Effect::SetPassword | Effect::IssuePass) {
            break;
        }
        if !bound_to(work.state(), browser) {
            return Ok(Reveal::Look);
        }
        let set = effect == Effect::SetPassword;
        match if set { reset::run(work).await? } else { issue::run(work).await? } {
            Flow::On => {}
            Flow::Stop | Flow::Busy(_) | Flow::AskedEnough(_) => return Ok(Reveal::Busy),
        }
    }
    if !bound_to(work.state(), browser) {
        return Ok(Reveal::Look);
    }
    show(work).await
}

/// From the offer to a sealed password, after one more look at the directory.
async fn begin(work: &mut Work, offer: &Offer, browser: &str) -> Result<bool, WorkError> {
    if work.parts.automation().await? != Automation::On {
        let reason = Reason::AutomationOff;
        work.commit(Event::OfferWithdrawn { reason }, Draft::default()).await?;
        return Ok(false);
    }
    let account = match still_good(work, &offer.hand).await? {
        Some(StillGood::Yes { account, .. }) => account,
        Some(StillGood::AccountOut(reason) | StillGood::HandGone(reason)) => {
            work.commit(Event::OfferWithdrawn { reason }, Draft::default()).await?;
            return Ok(false);
        }
        None => return Ok(false),
    };
    let deadline = work.now().plus(work.parts.rules.deadline);
    let way = Way::Page { browser: browser.to_owned() };
    let new = reset::new_job(work, &account, offer.hand.clone(), way, deadline);
    let mut draft = Draft {
        actor: Some(actor(&offer.hand)),
        pickup_browser: Some(browser.to_owned()),
        ..Draft::default()
    };
    let job = match offer.already_set {
        // Only a password is kept for the next hand.
        Some(generation) => Job { generation, credential: Credential::Password, ..new },
        None => {
            reset::begin(work, &new, &account, &mut draft)?;
            new
        }
    };
    Ok(work.commit(Event::Opened { job }, draft).await? == Flow::On)
}

/// What the directory says now of the account and the hand (I4); `None` when it does not answer. Who
/// presses the button is not away, whatever their automatic replies say.
async fn still_good(work: &Work, hand: &Hand) -> Result<Option<StillGood>, WorkError> {
    let (parts, id) = (&work.parts, work.account()?);
    if facts::is_frozen(parts, &work.claim.ticket).await? {
        return Ok(Some(StillGood::AccountOut(Reason::AccountFrozen)));
    }
    let Ok(facts) = facts::read_for(parts, &Who::Id(id.clone()), hand).await else { return Ok(None) };
    let keyring = parts.keyring.as_ref().ok_or(WorkError::Lacks("a sealing key"))?;
    let policy = Policy { manager_absent: ManagerAbsent::AskAnyway, ..parts.rules.policy.clone() };
    let hash = &work.claim.phone_hash;
    Ok(Some(facts::still_good(&facts, &id, hand, hash, keyring, &policy, parts.now())))
}

/// The state is committed as shown before the page leaves (I13).
async fn show(work: &mut Work) -> Result<Reveal, WorkError> {
    let Some(job) = work.state().job().cloned() else { return Ok(Reveal::Look) };
    let now = work.now();
    let since = if let State::Revealed { since, erased, .. } = work.state() {
        if *erased || now >= shown_until(*since, job.valid_until) {
            return Ok(Reveal::Look);
        }
        *since
    } else {
        now
    };
    let first = !matches!(work.state(), State::Revealed { .. });
    let name = match still_good(work, &job.hand).await? {
        Some(StillGood::Yes { account, .. }) => account.name.clone(),
        Some(StillGood::AccountOut(reason) | StillGood::HandGone(reason)) if first => {
            work.commit(Event::Rerouted { offer: None, reason }, Draft::default()).await?;
            return Ok(Reveal::Look);
        }
        None if first => return Ok(Reveal::Busy),
        // It was handed over already: the same hand may look again.
        Some(StillGood::AccountOut(_) | StillGood::HandGone(_)) | None => String::new(),
    };
    let password = work.open_sealed(job.generation)?;
    let until = shown_until(since, job.valid_until);
    let mut draft = Draft { due: Due::At(until), actor: Some(actor(&job.hand)), ..Draft::default() };
    if first {
        // It can be seen again for as long as the page says, whenever its job's deadline is; and kept for
        // longer, where it is replaced when nobody uses it.
        let kept = scramble::kept_until(work, job.credential, now.plus(CONFIRM_WITHIN));
        draft.sealed = Some(reset::reseal(work, job.generation, kept.map_or(until, |kept| kept.max(until)))?);
        draft.messages.extend(owner_notice(work, &job).await);
    }
    match work.commit(Event::Shown { now }, draft).await? {
        Flow::On | Flow::Stop if matches!(work.state(), State::Revealed { .. }) => {
            Ok(Reveal::Shown { password, name, job, until })
        }
        Flow::On | Flow::Stop | Flow::Busy(_) | Flow::AskedEnough(_) => Ok(Reveal::Busy),
    }
}

/// Is this state's password on its way to the browser with this hash?
pub(crate) fn bound_to(state: &State, browser: &str) -> bool {
    match state.job().map(|job| &job.way) {
        Some(Way::Page { browser: bound }) => bound == browser,
        Some(Way::Text) | None => false,
    }
}

/// Who uses a link, in the words of the audit log.
pub(crate) fn actor(hand: &Hand) -> String {
    match hand {
        Hand::Requester => "requester".to_owned(),
        Hand::Manager(id) | Hand::Chosen(id) => format!("manager:{id}"),
    }
}
