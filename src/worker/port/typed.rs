//! Somebody types a code. Every one is looked at, and a right one leads on, whoever guesses meanwhile and however much;
//! only wrong ones are counted. `docs/architecture.md` has the arithmetic.

use std::net::IpAddr;
use std::sync::Arc;

use serde_json::json;

use super::guesses::Follows;
use super::{DeskPort, stop_view};
use crate::decision::Pickup;
use crate::delivery::pickup::Typed;
use crate::store::{AuditEntry, StoreError, TicketFilter};
use crate::ticket::{Guard, Standing, State, Ticket, TicketId};
use crate::types::UnixMillis;
use crate::web::{Browser, CodeAnswer, PickupView};
use crate::worker::accounts::place;
use crate::worker::{Parts, alarm, stop, typed};

impl DeskPort {
    /// Judges what somebody has typed.
    pub(super) async fn judge(&self, text: &str, from: Option<IpAddr>, browser: &Browser) -> CodeAnswer {
        let begun = self.parts.moment();
        match self.token_of(text, browser).await {
            Ok(Some(token)) => return CodeAnswer::LeadsTo(token),
            Ok(None) => {}
            Err(error) => {
                tracing::error!("a typed code could not be looked up: {error}; nothing was changed");
                return CodeAnswer::Busy;
            }
        }
        let (now, place) = (self.parts.now(), from.map_or_else(|| "-".to_owned(), place));
        // Where there are no codes, nobody can be alarmed by guesses at them.
        let follows = match self.may_have_codes().await {
            true => self.guesses.wrong(&place, now),
            false => Follows::default(),
        };
        if follows.noted {
            let data = json!({ "from": place }).to_string();
            let audit = AuditEntry { actor: "web".to_owned(), event: "pickup.wrong-code".to_owned(), data };
            if let Err(error) = self.parts.store.note(&audit, now).await {
                tracing::error!("a wrong code could not be written down: {error}");
            }
        }
        if follows.alarm {
            tokio::spawn(Arc::clone(&self.guesses).tell(Arc::clone(&self.parts)));
        }
        self.guesses.wait(follows.slow, self.parts.moment().saturating_duration_since(begun)).await;
        CodeAnswer::Wrong
    }

    /// May somebody have a code that leads somewhere? Where links are sent, only codes from before that was so.
    pub(super) async fn may_have_codes(&self) -> bool {
        if self.parts.rules.policy.pickup == Pickup::Code {
            return true;
        }
        match self.codes_from_before.get_or_try_init(|| last_code(&self.parts)).await {
            Ok(until) => self.parts.now() < *until,
            Err(error) => {
                tracing::error!("whether a code is still open could not be looked up: {error}");
                true
            }
        }
    }

    /// Where a code leads, if there is anything for this browser. The same is looked up for every one of its form.
    async fn token_of(
        &self,
        text: &str,
        browser: &Browser,
    ) -> Result<Option<zeroize::Zeroizing<String>>, StoreError> {
        let (Some(typed), Some(keyring)) = (Typed::read(text), &self.parts.keyring) else { return Ok(None) };
        let mut found = None;
        let to_stop = match typed.ticket {
            Some(number) => self.parts.store.ticket(TicketId(number)).await?,
            None => None,
        };
        for id in keyring.ids() {
            if let Some(number) = typed.ticket {
                let token = typed::stop_token(keyring, id, number, &typed.code);
                let fits = to_stop
                    .as_ref()
                    .zip(token)
                    .filter(|(ticket, token)| typed::is_stop_token(keyring, id, ticket, token));
                if let Some((_, token)) = fits {
                    let view = stop_view(stop::view(&self.parts, &token).await);
                    found = (view != PickupView::Gone).then(|| token.letters()).or(found);
                }
            } else if let Some(token) = typed::token(keyring, id, &typed.code)
                && let Some(ticket) = self.parts.store.ticket_by_pickup(&token.hash()).await?
            {
                found = self.leads_on(ticket, browser).await.then(|| token.letters()).or(found);
            }
        }
        Ok(found)
    }

    /// Has the link's page something for this browser? If not, the code is as good as a wrong one; but people hear of
    /// one that another browser has used.
    async fn leads_on(&self, ticket: Ticket, browser: &Browser) -> bool {
        match self.view(&ticket, Some(browser)).await {
            PickupView::Gone | PickupView::UsedElsewhere { .. } => {
                let (parts, browser) = (Arc::clone(&self.parts), browser.hash());
                tokio::spawn(async move {
                    if let Err(error) = alarm::opened_elsewhere(&parts, &ticket, &browser).await {
                        let ticket = ticket.number;
                        tracing::error!(%ticket, "a second browser at a code could not be told of: {error}");
                    }
                });
                false
            }
            PickupView::Offer { .. }
            | PickupView::Shown { .. }
            | PickupView::Erased { .. }
            | PickupView::Confirmed
            | PickupView::HandedBack
            | PickupView::Warning { .. }
            | PickupView::Stopped
            | PickupView::TooLate
            | PickupView::Changed
            | PickupView::Frozen
            | PickupView::Busy => true,
        }
    }
}

/// Until when a code of an open offer may be used, whatever the settings say now.
async fn last_code(parts: &Parts) -> Result<UnixMillis, StoreError> {
    let mut last = UnixMillis::default();
    for standing in [Standing::Open, Standing::Pending] {
        let filter = TicketFilter { standing: Some(standing), ..TicketFilter::default() };
        for view in parts.store.tickets(&filter).await? {
            if let State::Offered { offer, .. } = &view.ticket.state
                && offer.guard == Guard::TypedCode
            {
                last = last.max(offer.expires_at);
            }
        }
    }
    Ok(last)
}
