//! Somebody types a code. Guesses are counted before they are judged, by place and for the whole site, in the store, so
//! that neither a restart nor many at once get more; `docs/architecture.md` has the arithmetic.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::{DeskPort, stop_view};
use crate::delivery::pickup::Typed;
use crate::store::{AuditEntry, StoreError, TryLimit};
use crate::ticket::{Ticket, TicketId};
use crate::types::UnixMillis;
use crate::web::{Browser, CodeAnswer, PickupView};
use crate::worker::accounts::{TRIES_COUNT, place};
use crate::worker::{alarm, stop, typed, watch};

/// So many wrong codes from one place: phones share an address, and people mistype.
const PLACE_GUESSES: u32 = 20;
/// So many from everywhere. Beyond it somebody guesses from many places.
const SITE_GUESSES: u32 = 150;
/// Then each place has so many, which is enough for whoever has a code …
const LATE_GUESSES: u32 = 3;
/// … until there were so many more. Then nobody has any before the first ones have grown old.
const LATE_SITE_GUESSES: u32 = 1_500;
/// A wrong code is answered after this time, whatever was looked up for it.
const WRONG_TAKES: Duration = Duration::from_millis(250);
/// People are told of guesses once in this time.
const TOLD_FOR: Duration = Duration::from_secs(6 * 3600);

impl DeskPort {
    /// Judges what somebody has typed.
    pub(super) async fn judge(&self, text: &str, from: Option<IpAddr>, browser: &Browser) -> CodeAnswer {
        let begun = self.parts.moment();
        let answer = match self.try_code(text, from, browser).await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::error!("a typed code could not be looked up: {error}; nothing was changed");
                CodeAnswer::Busy
            }
        };
        if matches!(answer, CodeAnswer::Wrong) {
            let taken = self.parts.moment().saturating_duration_since(begun);
            tokio::time::sleep(WRONG_TAKES.saturating_sub(taken)).await;
        }
        answer
    }

    async fn try_code(
        &self,
        text: &str,
        from: Option<IpAddr>,
        browser: &Browser,
    ) -> Result<CodeAnswer, StoreError> {
        let (store, now) = (&self.parts.store, self.parts.now());
        let limits = match self.count(from, now).await? {
            Ok(limits) => limits,
            Err(until) => {
                return Ok(CodeAnswer::Wait { minutes: until.since(now).as_secs().div_ceil(60).max(1) });
            }
        };
        if let Some(token) = self.token_of(text, browser).await? {
            store.take_back_try(&limits).await?;
            return Ok(CodeAnswer::LeadsTo(token));
        }
        let from = from.map(|address| address.to_string());
        let data = json!({ "from": from }).to_string();
        let audit = AuditEntry { actor: "web".to_owned(), event: "pickup.wrong-code".to_owned(), data };
        store.note(&audit, now).await?;
        Ok(CodeAnswer::Wrong)
    }

    /// Counts a guess, and says by what; `Err`: when the next one may be made.
    async fn count(
        &self,
        from: Option<IpAddr>,
        now: UnixMillis,
    ) -> Result<Result<Vec<TryLimit>, UnixMillis>, StoreError> {
        let place = from.map_or_else(|| "-".to_owned(), place);
        let limit = |subject: String, most| TryLimit { subject, most };
        let of_place = limit(format!("code-place/{place}"), PLACE_GUESSES);
        let usual = vec![of_place.clone(), limit("code".to_owned(), SITE_GUESSES)];
        let store = &self.parts.store;
        if store.count_try(&usual, TRIES_COUNT, now).await?.is_none() {
            return Ok(Ok(usual));
        }
        let late = vec![
            of_place,
            limit(format!("code-late/{place}"), LATE_GUESSES),
            limit("code-late".to_owned(), LATE_SITE_GUESSES),
        ];
        let Some(until) = store.count_try(&late, TRIES_COUNT, now).await? else {
            self.tell_of_guesses(now);
            return Ok(Ok(late));
        };
        Ok(Err(until))
    }

    /// Where a code leads, if there is anything for this browser. The same is looked up for every one of its form.
    async fn token_of(
        &self,
        text: &str,
        browser: &Browser,
    ) -> Result<Option<zeroize::Zeroizing<String>>, StoreError> {
        let (Some(typed), Some(keyring)) = (Typed::read(text), &self.parts.keyring) else { return Ok(None) };
        let mut found = None;
        for id in keyring.ids() {
            if let Some(number) = typed.ticket {
                let token = typed::stop_token(keyring, id, number, &typed.code);
                let ticket = self.parts.store.ticket(TicketId(number)).await?;
                let fits = ticket
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

    fn tell_of_guesses(&self, now: UnixMillis) {
        let mut told = self.told_of_guesses.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if told.is_some_and(|at| at <= now && now < at.plus(TOLD_FOR)) {
            return;
        }
        *told = Some(now);
        let text = format!(
            "More than {SITE_GUESSES} wrong codes were typed at the desk's page within {} minutes, from many places: \
             somebody guesses. That opens nothing: the odds are one in millions an hour. Each place has {LATE_GUESSES} \
             tries for now, so whoever has a code can still use it. Requests that nobody collects in time become \
             tickets. The audit log has from where (pickup.wrong-code); the proxy can keep those away.",
            TRIES_COUNT.as_secs() / 60
        );
        tracing::error!("{text}");
        watch::tell_all(&self.parts, text);
    }
}
