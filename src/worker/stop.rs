//! An account's owner says "it was not me" (decisions, 8). Who was warned stops the offer to the manager, and a
//! technician takes over. Who was told of a change has their account frozen, until a person lifts that, and the
//! ticket comes before all others.

use std::sync::Arc;

use super::Parts;
use super::facts;
use super::handover::claim_soon;
use super::offer::{OwnersLink, owners_mac};
use super::work::{Draft, Work, WorkError};
use crate::delivery::pickup::StopToken;
use crate::ticket::{Event, State, Ticket, TicketId};
use crate::types::{Check, CheckResult, Reason};
use crate::web::PickupView;

/// What the link of a warning or a notice shows. Changes nothing.
pub(crate) async fn view(parts: &Parts, token: &StopToken) -> Result<PickupView, WorkError> {
    let Some(ticket) = parts.store.ticket(TicketId(token.ticket)).await? else { return Ok(PickupView::Gone) };
    Ok(match purpose(parts, &ticket, token) {
        Some(OwnersLink::Stop) => of(&ticket, parts),
        Some(OwnersLink::Disown) => of_change(&ticket, parts).await?,
        None => PickupView::Gone,
    })
}

/// What the link is for, if it is one. A key that was rotated meanwhile may have made it. After a restore nobody knows
/// what became of the offer: there is nothing to stop any more, but its owner can still say that it was not them.
fn purpose(parts: &Parts, ticket: &Ticket, token: &StopToken) -> Option<OwnersLink> {
    let keyring = parts.keyring.as_ref()?;
    let link = [OwnersLink::Stop, OwnersLink::Disown].into_iter().find(|link| {
        keyring.ids().any(|id| owners_mac(keyring, id, *link, ticket).is_some_and(|mac| token.is_of(mac)))
    })?;
    Some(if ticket.state == State::Held { OwnersLink::Disown } else { link })
}

async fn of_change(ticket: &Ticket, parts: &Parts) -> Result<PickupView, WorkError> {
    let Some(account) = ticket.account.as_ref().filter(|_| is_disownable(&ticket.state)) else {
        return Ok(PickupView::Gone);
    };
    Ok(if facts::is_frozen(parts, account).await? { PickupView::Frozen } else { PickupView::Changed })
}

fn is_disownable(state: &State) -> bool {
    state.on(Event::Disowned).is_ok()
}

fn of(ticket: &Ticket, parts: &Parts) -> PickupView {
    match &ticket.state {
        State::Offered { offer, .. } if parts.now() < offer.expires_at => {
            let undelivered = ticket.reason == Some(Reason::DeliveryFailed);
            let changed = offer.already_set.is_some();
            PickupView::Warning { until: offer.expires_at, undelivered, changed }
        }
        State::Technician { .. } => PickupView::Stopped,
        State::Sealed { .. }
        | State::Issuing { .. }
        | State::Applied { .. }
        | State::Sending { .. }
        | State::Sent { .. }
        | State::Revealed { .. }
        | State::Done { .. } => PickupView::TooLate,
        State::Offered { .. }
        | State::Requested { .. }
        | State::Asked
        | State::Filed
        | State::Observed
        | State::Coalesced { .. }
        | State::Held => PickupView::Gone,
    }
}

/// Stops the offer if it still stands, or freezes the account; says what to show.
pub(crate) async fn stop(parts: &Arc<Parts>, token: &StopToken) -> Result<PickupView, WorkError> {
    let id = TicketId(token.ticket);
    let ticket = parts.store.ticket(id).await?;
    if let Some(link) = ticket.and_then(|ticket| purpose(parts, &ticket, token)) {
        let Some(mut work) = claim_soon(parts, id).await? else { return Ok(PickupView::Busy) };
        match link {
            OwnersLink::Stop => stop_offer(&mut work).await?,
            OwnersLink::Disown => freeze(&mut work).await?,
        }
        work.give_back(parts.now()).await?;
        parts.wake.notify_one();
    }
    view(parts, token).await
}

async fn stop_offer(work: &mut Work) -> Result<(), WorkError> {
    if matches!(work.state(), State::Offered { .. }) {
        let draft = Draft {
            actor: Some("owner".to_owned()),
            note: Some("the account's owner was warned, and says that they did not ask"),
            ..Draft::default()
        };
        work.commit(Event::Stopped, draft).await?;
    }
    Ok(())
}

const NOT_THEM: &str = "the account's owner was told of the change, and says that it was not them";

async fn freeze(work: &mut Work) -> Result<(), WorkError> {
    if is_disownable(work.state()) && !facts::is_frozen(&work.parts, &work.account()?).await? {
        let mut trail = work.claim.ticket.trail.clone();
        let line = format!("{NOT_THEM}; the account is frozen until a person lifts it");
        trail.add(Check::Outcome, CheckResult::Fail, line);
        let draft = Draft {
            actor: Some("owner".to_owned()),
            trail: Some(trail),
            freeze: Some(NOT_THEM),
            ..Draft::default()
        };
        work.commit(Event::Disowned, draft).await?;
    }
    Ok(())
}
