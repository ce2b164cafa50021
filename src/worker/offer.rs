//! Offers: a link that somebody may open. Making one changes nothing in the directory. The
//! effect `OfferLink` texts the link and lets the offer expire.

use serde_json::json;

use super::facts::{self, StillGood};
use super::texting;
use super::work::{Draft, Due, Flow, Work, WorkError};
use crate::delivery::SmsText;
use crate::delivery::pickup::PickupToken;
use crate::directory::{Account, Manager, Who};
use crate::keyring::Keyring;
use crate::store::{Addressee, IntentKind, MessageKind, NewMessage};
use crate::ticket::{Event, Hand, Offer, PasswordFact, State, TextingStep, Ticket};
use crate::types::{AccountId, Reason};

/// A new offer, valid from now.
pub(crate) fn make(
    work: &Work,
    hand: Hand,
    number: u32,
    already_set: Option<u32>,
) -> Result<Offer, WorkError> {
    let keyring = work.parts.keyring.as_ref().ok_or(WorkError::Lacks("a sealing key"))?;
    Ok(Offer {
        number,
        hand,
        expires_at: work.now().plus(work.parts.rules.pickup_valid),
        key_id: keyring.current_id().to_owned(),
        nonce: data_encoding::HEXLOWER.encode(&rand::random::<[u8; 16]>()),
        already_set,
    })
}

/// The token of an offer: derived, so that it need not be kept.
pub(crate) fn token(work: &Work, offer: &Offer) -> Result<PickupToken, WorkError> {
    let keyring = work.parts.keyring.as_ref().ok_or(WorkError::Lacks("a sealing key"))?;
    let place = format!("{}/{}/{}", work.id().0, offer.number, offer.nonce);
    let mac = keyring
        .mac(&offer.key_id, "pickup", place.as_bytes())
        .ok_or(WorkError::Lacks("the key from which its link was made"))?;
    Ok(PickupToken::from_mac(mac))
}

/// The keyed hash of the link that stops a ticket's offer. When its first mail came tells it from a
/// ticket that gets the same number after the store was restored.
pub(crate) fn stop_mac(keyring: &Keyring, key_id: &str, ticket: &Ticket) -> Option<[u8; 32]> {
    let first_mail = ticket.message_id.as_ref().map_or("", |id| id.as_str());
    let place = format!("{}/{}/{first_mail}", ticket.id.0, ticket.received_at.0);
    keyring.mac(key_id, "stop", place.as_bytes())
}

/// The warning to the registered mobile of an account whose manager is asked (decisions, 8);
/// nothing when no mobile is registered.
pub(crate) fn owner_warning(work: &Work, account: &Account) -> Option<NewMessage> {
    let key = work.parts.keyring.as_ref()?.current_id();
    let policy = &work.parts.rules.policy;
    let texted = |phone| crate::decision::texting_number(phone, policy, work.now()).is_some();
    account.phones.iter().any(texted).then(|| NewMessage {
        kind: MessageKind::OwnerWarning,
        to: Addressee::Phone(account.id.clone()),
        values: json!({ "key": key }).to_string(),
    })
}

/// The mail to the manager which says that a link came by text.
pub(crate) fn manager_notice(
    work: &Work,
    account: &Account,
    manager: &AccountId,
    managers: &[Manager],
) -> Option<NewMessage> {
    let manager = managers.iter().find(|m| m.id == *manager)?;
    let to = manager.mail.clone().filter(|_| work.parts.rules.manager_mail)?;
    let values = json!({
        "manager": manager.name,
        "name": account.name,
        "unit": account.unit,
        "until": work.now().plus(work.parts.rules.pickup_valid),
    });
    Some(NewMessage { kind: MessageKind::ManagerNotice, to: Addressee::Mail(to), values: values.to_string() })
}

/// The effect `OfferLink`.
pub(crate) async fn run(work: &mut Work) -> Result<Flow, WorkError> {
    let State::Offered { offer, text } = work.state() else { return Err(WorkError::Lacks("an offer")) };
    let (offer, text) = (offer.clone(), text.clone());
    let now = work.now();
    if now >= offer.expires_at {
        let event = Event::TimeOver { password: PasswordFact::NotChanged };
        return work.commit(event, Draft::default()).await;
    }
    if let Some(after) = texting::interrupted(work, &text, IntentKind::Link, offer.number) {
        let draft = Draft { end: Some(after.end), ..Draft::default() };
        return work.commit(Event::LinkTexted { text: after.text }, draft).await;
    }
    match text.step(now, work.parts.gateways.len()) {
        TextingStep::Submit { gateway } => submit(work, &offer, &text, gateway).await,
        // A link that nobody uses expires by itself, and a technician then takes over.
        TextingStep::Delivered | TextingStep::Silent => work.give_back(offer.expires_at).await,
        TextingStep::Wait { .. } | TextingStep::Ask { .. } => {
            match texting::wait(work, &text, IntentKind::Link, offer.number).await? {
                texting::Waited::Still(until) => work.give_back(until.min(offer.expires_at)).await,
                texting::Waited::Changed(text) => {
                    work.commit(Event::LinkTexted { text }, Draft::default()).await
                }
            }
        }
        TextingStep::Exhausted => {
            work.commit(Event::OfferWithdrawn { reason: Reason::DeliveryFailed }, Draft::default()).await
        }
    }
}

async fn submit(
    work: &mut Work,
    offer: &Offer,
    text: &crate::ticket::Texting,
    gateway: usize,
) -> Result<Flow, WorkError> {
    let parts = std::sync::Arc::clone(&work.parts);
    if !work.lease_allows(parts.timing.directory + parts.timing.gateway) {
        return work.give_back(work.now()).await;
    }
    let account = work.account()?;
    let Ok(facts) = facts::read(&parts, &Who::Id(account.clone())).await else {
        return work.give_back(work.now().plus(parts.timing.retry.saturating_mul(4))).await;
    };
    let keyring = parts.keyring.as_ref().ok_or(WorkError::Lacks("a sealing key"))?;
    let good = facts::still_good(
        &facts,
        &account,
        &offer.hand,
        &work.claim.phone_hash,
        keyring,
        &parts.rules.policy,
        parts.now(),
    );
    let (account, phone) = match good {
        StillGood::Yes { account, phone, .. } => (account, phone),
        StillGood::AccountOut(reason) | StillGood::HandGone(reason) => {
            return work.commit(Event::OfferWithdrawn { reason }, Draft::default()).await;
        }
    };
    let words = words(work, offer, &account)?;
    let (next, intent) = texting::begin(work, text, gateway, IntentKind::Link, offer.number, &phone)?;
    let draft = Draft { begin: Some(intent.clone()), ..Draft::default() };
    match work.commit(Event::LinkTexted { text: next.clone() }, draft).await? {
        Flow::On => {}
        flow @ (Flow::Stop | Flow::Busy(_) | Flow::AskedEnough(_)) => return Ok(flow),
    }
    let outcome = texting::send(work, gateway, &phone, &words, &intent.key).await;
    let answered = next.answered(&outcome, &parts.gateway_traits(), work.now());
    let draft = Draft { end: Some((intent.key, outcome)), due: Due::Now, ..Draft::default() };
    work.commit(Event::LinkTexted { text: answered }, draft).await
}

fn words(work: &Work, offer: &Offer, account: &Account) -> Result<SmsText, WorkError> {
    let url = token(work, offer)?.url(&work.parts.rules.public_url);
    let texts = &work.parts.texts;
    let text = match &offer.hand {
        Hand::Requester => texts.link_for_requester(offer.expires_at, &url),
        Hand::Manager(_) => texts.link(&account.name, offer.expires_at, &url),
    };
    text.map_err(|e| WorkError::Text(e.to_string()))
}
