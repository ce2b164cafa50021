//! An account's owner says "it was not me" (decisions, 8). Who was warned in time stops the offer to the manager, and a
//! technician takes over. Who comes later, or was told of a change, has their account frozen, until a person lifts
//! that, and the ticket comes before all others. Only these two links do that: they went to the registered mobile, or
//! to the account's own mailbox. A mail proves nobody, so a reply puts its ticket first and freezes nothing.

use std::sync::Arc;

use super::Parts;
use super::handover::claim_soon;
use super::offer::{OwnersLink, owners_mac};
use super::typed;
use super::work::{Draft, Work, WorkError};
use crate::delivery::pickup::StopToken;
use crate::store::StoreError;
use crate::ticket::{Event, PasswordFact, State, Ticket, TicketId};
use crate::types::{Check, CheckResult, Reason, UnixMillis};
use crate::web::PickupView;

/// What the link of a warning or a notice shows. Changes nothing.
pub(crate) async fn view(parts: &Parts, token: &StopToken) -> Result<PickupView, WorkError> {
    let Some(ticket) = parts.store.ticket(TicketId(token.ticket)).await? else { return Ok(PickupView::Gone) };
    Ok(match purpose(parts, &ticket, token) {
        Some(OwnersLink::Stop) => of_warning(&ticket, parts).await?,
        Some(OwnersLink::Disown) => of_change(&ticket, parts).await?,
        None => PickupView::Gone,
    })
}

/// What the link is for, if it is one. A key that was rotated meanwhile may have made it. After a restore nobody knows
/// what became of the offer: there is nothing to stop any more, but its owner can still say that it was not them.
fn purpose(parts: &Parts, ticket: &Ticket, token: &StopToken) -> Option<OwnersLink> {
    let keyring = parts.keyring.as_ref()?;
    let link = [OwnersLink::Stop, OwnersLink::Disown].into_iter().find(|link| {
        keyring.ids().any(|id| {
            owners_mac(keyring, id, *link, ticket).is_some_and(|mac| token.is_of(mac))
                || (*link == OwnersLink::Stop && typed::is_stop_token(keyring, id, ticket, token))
        })
    })?;
    Some(if ticket.state == State::Held { OwnersLink::Disown } else { link })
}

async fn of_change(ticket: &Ticket, parts: &Parts) -> Result<PickupView, WorkError> {
    if ticket.account.is_none() || !(is_begun(&ticket.state) || is_disownable(&ticket.state)) {
        return Ok(PickupView::Gone);
    }
    Ok(if is_done(ticket, parts).await? { PickupView::Frozen } else { PickupView::Changed })
}

/// Is a change about to be made, which a freeze stops?
fn is_begun(state: &State) -> bool {
    matches!(state, State::Sealed { .. } | State::Issuing { .. })
}

fn is_disownable(state: &State) -> bool {
    state.on(Event::Disowned).is_ok()
}

/// What an owner who was warned can still do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Still {
    /// Nothing was changed since they were warned: they stop it.
    Stop,
    /// The manager was faster: they have the account frozen.
    Freeze,
    /// Nobody got anything, and a technician has it.
    Stopped,
    /// It is over.
    Nothing,
}

fn still(ticket: &Ticket, now: UnixMillis) -> Still {
    match &ticket.state {
        State::Offered { offer, .. } if now < offer.expires_at => Still::Stop,
        State::Sealed { .. }
        | State::Issuing { .. }
        | State::Applied { .. }
        | State::Sending { .. }
        | State::Sent { .. }
        | State::Revealed { .. }
        | State::Done { .. } => Still::Freeze,
        State::Technician { password } | State::Waiting { password } | State::Closed { password, .. }
            if *password != PasswordFact::NotChanged && !was_stopped(ticket) =>
        {
            Still::Freeze
        }
        State::Technician { .. } | State::Waiting { .. } | State::Closed { .. } => Still::Stopped,
        State::Offered { .. }
        | State::Requested { .. }
        | State::Asked
        | State::Filed
        | State::Observed
        | State::Coalesced { .. }
        | State::Held
        | State::Merged { .. } => Still::Nothing,
    }
}

fn was_stopped(ticket: &Ticket) -> bool {
    ticket.trail.0.iter().any(|line| line.evidence == STOPPED)
}

/// Why a warning of this ticket need not leave any more; `None` while its link is of use.
pub(crate) async fn over(parts: &Parts, ticket: TicketId) -> Result<Option<&'static str>, StoreError> {
    let Some(ticket) = parts.store.ticket(ticket).await? else { return Ok(Some("its ticket is gone")) };
    let over = matches!(still(&ticket, parts.now()), Still::Stopped | Still::Nothing);
    Ok(over.then_some("nobody can get the password any more that it warns of"))
}

async fn of_warning(ticket: &Ticket, parts: &Parts) -> Result<PickupView, WorkError> {
    Ok(match still(ticket, parts.now()) {
        Still::Stop => warning(ticket),
        Still::Freeze if is_done(ticket, parts).await? => PickupView::Frozen,
        Still::Freeze => PickupView::TooLate,
        Still::Stopped => PickupView::Stopped,
        Still::Nothing => PickupView::Gone,
    })
}

fn warning(ticket: &Ticket) -> PickupView {
    let State::Offered { offer, .. } = &ticket.state else { return PickupView::Gone };
    let undelivered = ticket.reason == Some(Reason::DeliveryFailed);
    let changed = offer.already_set.is_some();
    PickupView::Warning { until: offer.expires_at, undelivered, changed }
}

/// Is the account frozen, and does the ticket come first? Frozen because of another ticket, this one does not yet.
async fn is_done(ticket: &Ticket, parts: &Parts) -> Result<bool, StoreError> {
    let Some(account) = &ticket.account else { return Ok(false) };
    Ok(ticket.urgent && parts.store.is_frozen(account, None).await?)
}

/// Stops the offer if it still stands, or freezes the account; says what to show.
pub(crate) async fn stop(parts: &Arc<Parts>, token: &StopToken) -> Result<PickupView, WorkError> {
    let id = TicketId(token.ticket);
    let ticket = parts.store.ticket(id).await?;
    if let Some(link) = ticket.and_then(|ticket| purpose(parts, &ticket, token)) {
        let Some(mut work) = claim_soon(parts, id).await? else { return Ok(PickupView::Busy) };
        match (link, still(&work.claim.ticket, parts.now())) {
            (OwnersLink::Stop, Still::Stop) => stop_offer(&mut work).await?,
            (OwnersLink::Stop, Still::Freeze) => freeze(&mut work, TOO_LATE).await?,
            (OwnersLink::Stop, Still::Stopped | Still::Nothing) => {}
            (OwnersLink::Disown, _) => freeze(&mut work, NOT_THEM).await?,
        }
        work.give_back(parts.now()).await?;
        parts.wake.notify_one();
    }
    view(parts, token).await
}

const STOPPED: &str = "the account's owner was warned, and says that they did not ask";

async fn stop_offer(work: &mut Work) -> Result<(), WorkError> {
    let draft = Draft { actor: Some("owner".to_owned()), note: Some(STOPPED), ..Draft::default() };
    work.commit(Event::Stopped, draft).await?;
    Ok(())
}

const NOT_THEM: &str = "the account's owner was told of the change, and says that it was not them";
const TOO_LATE: &str =
    "the account's owner was warned, came too late to stop it, and says that it was not them";

async fn freeze(work: &mut Work, why: &'static str) -> Result<(), WorkError> {
    // What is not set yet is stopped by the freeze itself, where it is about to be.
    let begun = is_begun(work.state());
    if !begun && !is_disownable(work.state()) {
        return Ok(());
    }
    if is_done(&work.claim.ticket, &work.parts).await? {
        return Ok(());
    }
    let mut trail = work.claim.ticket.trail.clone();
    let line = format!("{why}; the account is frozen until a person lifts it");
    trail.add(Check::Outcome, CheckResult::Fail, line);
    let draft =
        Draft { actor: Some("owner".to_owned()), trail: Some(trail), freeze: Some(why), ..Draft::default() };
    if begun {
        work.commit_same(draft).await?
    } else {
        work.commit(Event::Disowned, draft).await?
    };
    Ok(())
}
