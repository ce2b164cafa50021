//! An owner who was warned says "it was not me" (decisions, 8): the offer to the manager is stopped,
//! and a technician takes over.

use std::sync::Arc;

use super::Parts;
use super::handover::claim_soon;
use super::offer::stop_mac;
use super::work::{Draft, WorkError};
use crate::delivery::pickup::StopToken;
use crate::ticket::{Event, State, Ticket, TicketId};
use crate::types::Reason;
use crate::web::PickupView;

/// What the link of a warning shows. Changes nothing.
pub(crate) async fn view(parts: &Parts, token: &StopToken) -> Result<PickupView, WorkError> {
    let ticket = parts.store.ticket(TicketId(token.ticket)).await?;
    Ok(match ticket {
        Some(ticket) if is_genuine(parts, &ticket, token) => of(&ticket, parts),
        Some(_) | None => PickupView::Gone,
    })
}

/// A key that was rotated meanwhile may have made the link.
fn is_genuine(parts: &Parts, ticket: &Ticket, token: &StopToken) -> bool {
    let Some(keyring) = &parts.keyring else { return false };
    keyring.ids().any(|id| stop_mac(keyring, id, ticket).is_some_and(|mac| token.is_of(mac)))
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

/// Stops the offer, if it still stands; says what to show.
pub(crate) async fn stop(parts: &Arc<Parts>, token: &StopToken) -> Result<PickupView, WorkError> {
    let id = TicketId(token.ticket);
    let ticket = parts.store.ticket(id).await?;
    if ticket.is_some_and(|ticket| is_genuine(parts, &ticket, token)) {
        let Some(mut work) = claim_soon(parts, id).await? else { return Ok(PickupView::Busy) };
        if matches!(work.state(), State::Offered { .. }) {
            let draft = Draft {
                actor: Some("owner".to_owned()),
                note: Some("the account's owner was warned, and says that they did not ask"),
                ..Draft::default()
            };
            work.commit(Event::Stopped, draft).await?;
        }
        work.give_back(parts.now()).await?;
        parts.wake.notify_one();
    }
    view(parts, token).await
}
