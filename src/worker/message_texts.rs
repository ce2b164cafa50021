//! Messages that leave by text: through which gateway, and what became of them there. A gateway that gives receipts
//! is waited for; when it tells that a text did not arrive, the next gateway gets it.

use std::time::Instant;

use super::Parts;
use super::breaker::{self, Breaker};
use super::facts;
use super::messages::{owners_code, owners_url, too_late};
use super::offer::OwnersLink;
use super::texting;
use crate::decision::Pickup;
use crate::delivery::{Receipt, SmsText};
use crate::directory::{Lookup, Who};
use crate::store::{MessageClaim, StoreError, TextSent};
use crate::ticket::texting::{ASK_EVERY, RECEIPT_WAIT, UNCLEAR_WAIT};
use crate::types::{AccountId, Outcome, PhoneNumber, UnixMillis};

/// No gateway has it.
pub(crate) fn nowhere(outcome: Outcome) -> TextSent {
    TextSent { outcome, gateway: String::new(), key: String::new(), failed_by: Vec::new() }
}

/// When it is looked up what became of a text; `None` when its gateway does not tell.
pub(crate) fn looks_at(parts: &Parts, sent: &TextSent) -> Option<UnixMillis> {
    let Outcome::Accepted { reference } = &sent.outcome else { return None };
    let gateway = parts.gateways.iter().find(|gateway| gateway.name() == sent.gateway)?;
    let traits = gateway.traits();
    ((traits.receipts || traits.can_be_asked) && !reference.is_empty()).then(|| parts.now().plus(ASK_EVERY))
}

/// Before a text of which nobody knows leaves again, its receipt is waited for, as a password's is: the gateway that may
/// have it may be passed over by then, and nobody would look at its receipt any more.
pub(crate) fn not_before(parts: &Parts, sent: &TextSent, again: UnixMillis) -> UnixMillis {
    let Outcome::Uncertain { .. } = &sent.outcome else { return again };
    let gateway = parts.gateways.iter().find(|gateway| gateway.name() == sent.gateway);
    if gateway.is_some_and(|gateway| gateway.traits().receipts) {
        return again.max(parts.now().plus(UNCLEAR_WAIT));
    }
    again
}

/// Looks up what became of the last try, and gives the message back when it need not leave again, or not yet.
/// `false`: it shall leave (again); a gateway where it failed is then among those it does not go through.
pub(crate) async fn is_waited_for(
    parts: &Parts,
    claim: &mut MessageClaim,
    taken: Instant,
) -> Result<bool, StoreError> {
    let so_far = &claim.text;
    if so_far.gateway.is_empty() || so_far.failed_by.contains(&so_far.gateway) {
        return Ok(false);
    }
    let (store, now) = (&parts.store, parts.now());
    match receipt(parts, claim, taken).await? {
        // The day's count has it twice, as unclear and as accepted: it errs on the safe side.
        Receipt::Delivered if so_far.taken.is_none() => {
            let outcome = Outcome::Accepted { reference: String::new() };
            store.end_message(claim.id, claim.fence, &outcome, None, now).await?;
            Ok(true)
        }
        Receipt::Delivered => give_back(parts, claim, None).await,
        Receipt::Failed => {
            let gateway = so_far.gateway.clone();
            tracing::warn!(ticket = %claim.number, gateway, "a message did not arrive; the next gateway gets it");
            claim.text.failed_by.push(gateway);
            Ok(false)
        }
        Receipt::Pending => match &so_far.taken {
            // What lies ahead was taken before the clock was set back: nobody can tell how long ago.
            Some((at, _)) if *at <= now && now < at.plus(RECEIPT_WAIT) => {
                give_back(parts, claim, Some(now.plus(ASK_EVERY))).await
            }
            // It may be in the phone.
            Some(_) => give_back(parts, claim, None).await,
            None => Ok(false),
        },
    }
}

async fn give_back(
    parts: &Parts,
    claim: &MessageClaim,
    again: Option<UnixMillis>,
) -> Result<bool, StoreError> {
    parts.store.release_message(claim.id, claim.fence, again).await?;
    Ok(true)
}

/// What is known of the last try: what has come by itself, and what its gateway answers when asked.
async fn receipt(parts: &Parts, claim: &MessageClaim, taken: Instant) -> Result<Receipt, StoreError> {
    if let Some(kept) = parts.store.receipt_for_message(claim.id).await? {
        return Ok(kept.receipt);
    }
    let gateway = parts.gateways.iter().find(|gateway| gateway.name() == claim.text.gateway);
    let (Some((_, reference)), Some(gateway)) = (&claim.text.taken, gateway) else {
        return Ok(Receipt::Pending);
    };
    if !gateway.traits().can_be_asked || !parts.lease_allows(taken, parts.timing.gateway) {
        return Ok(Receipt::Pending);
    }
    let asked = tokio::time::timeout(parts.timing.gateway, gateway.ask(reference)).await;
    let told = asked.ok().and_then(Result::ok).unwrap_or(Receipt::Pending);
    match told {
        // Kept, so that it is known when the message waits for something else meanwhile, and after a stop.
        Receipt::Delivered | Receipt::Failed => {
            parts.store.receipt(gateway.name(), None, reference, told, parts.now()).await?;
        }
        Receipt::Pending => {}
    }
    Ok(told)
}

/// A text to the owner's registered mobile, as the directory has it now: a manager was asked.
pub(crate) async fn warn_owner(
    parts: &Parts,
    claim: &MessageClaim,
    account: &AccountId,
    taken: Instant,
) -> TextSent {
    if !parts.lease_allows(taken, parts.timing.directory) {
        return nowhere(too_late());
    }
    match warning(parts, claim, account).await {
        Ok((number, text)) => through_gateways(parts, claim, &number, &text, taken).await,
        Err(outcome) => nowhere(outcome),
    }
}

async fn warning(
    parts: &Parts,
    claim: &MessageClaim,
    account: &AccountId,
) -> Result<(PhoneNumber, SmsText), Outcome> {
    let refused = |cause: &str| Outcome::Refused { cause: cause.to_owned() };
    let facts = facts::read(parts, &Who::Id(account.clone())).await;
    let facts = facts.map_err(|error| Outcome::NotSent { cause: error.to_string() })?;
    let Lookup::One(account) = facts.lookup else { return Err(refused("the account is gone")) };
    let (policy, now) = (&parts.rules.policy, parts.now());
    let number = account.phones.iter().find_map(|p| crate::decision::texting_number(p, policy, now).cloned());
    let number = number.ok_or_else(|| refused("no registered phone takes texts any more"))?;
    let typed = policy.pickup == Pickup::Code;
    let stop = if typed {
        owners_code(parts, claim).await
    } else {
        owners_url(parts, claim, OwnersLink::Stop).await
    };
    let stop = stop.map_err(|error| Outcome::NotSent { cause: error.to_string() })?;
    let stop = stop.ok_or_else(|| refused("the key of its link is not at hand"))?;
    let texts = &parts.texts;
    let text = if typed { texts.typed_code_warning(&stop) } else { texts.owner_warning(&stop) };
    Ok((number, text.map_err(|error| refused(&format!("its text cannot be made: {error}")))?))
}

/// The next gateway is used only when the one before surely did not take it, or told that it did not arrive.
pub(crate) async fn through_gateways(
    parts: &Parts,
    claim: &MessageClaim,
    to: &PhoneNumber,
    text: &SmsText,
    taken: Instant,
) -> TextSent {
    let Ok(key) = texting::key_for(parts, &format!("m{}", claim.id), to) else {
        return nowhere(Outcome::Refused { cause: "there is no sealing key".to_owned() });
    };
    let failed_by = &claim.text.failed_by;
    let mut last = nowhere(if failed_by.is_empty() {
        Outcome::NotSent { cause: "no SMS gateway is configured".to_owned() }
    } else {
        let names = failed_by.join(", ");
        Outcome::Refused { cause: format!("it did not arrive, says {names}, and there is no other gateway") }
    });
    for gateway in parts.gateways.iter().filter(|gateway| !failed_by.iter().any(|f| f == gateway.name())) {
        // Passed over like one that surely did not take it.
        if parts.breakers.of(gateway.name(), parts.now()) == Breaker::Open {
            let cause = "no SMS gateway can be reached just now".to_owned();
            last = nowhere(Outcome::NotSent { cause });
            continue;
        }
        if !parts.lease_allows(taken, parts.timing.gateway) {
            return nowhere(too_late());
        }
        let outcome = breaker::send(parts, gateway.as_ref(), to, text, &key).await;
        match outcome {
            Outcome::Accepted { .. } | Outcome::Uncertain { .. } => {
                let gateway = gateway.name().to_owned();
                return TextSent { gateway, key, ..nowhere(outcome) };
            }
            Outcome::Refused { .. } | Outcome::NotSent { .. } => last = nowhere(outcome),
        }
    }
    last
}
