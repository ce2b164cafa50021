//! Offers: a link that somebody may open. Making one changes nothing in the directory. The
//! effect `OfferLink` texts the link or its code, reminds of it once, and lets the offer expire.

use serde_json::json;

use super::facts::{self, StillGood};
use super::work::{Draft, Due, Flow, Work, WorkError};
use super::{Parts, left, texting, typed};
use crate::decision::{Pickup, Policy, reachable_at};
use crate::delivery::SmsText;
use crate::delivery::pickup::{PickupCode, PickupToken, TypedCode};
use crate::directory::{Account, Manager, Who};
use crate::keyring::Keyring;
use crate::store::{Addressee, IntentKind, MessageKind, NewMessage};
use crate::ticket::texting::Phase;
use crate::ticket::{Event, Guard, Hand, Offer, PasswordFact, State, Texting, TextingStep, Ticket, TicketId};
use crate::types::{Reason, UnixMillis};

const NOT_TEXTED: &str = "no text of the link could leave in time (delivery.deadline)";

/// A new offer, valid from now.
pub(crate) fn make(
    work: &Work,
    hand: Hand,
    already_set: Option<u32>,
    managers: &[Manager],
) -> Result<Offer, WorkError> {
    let keyring = work.parts.keyring.as_ref().ok_or(WorkError::Lacks("a sealing key"))?;
    let rules = &work.parts.rules;
    let now = work.now();
    let expires_at = now.plus(rules.pickup_valid);
    let guard = guard(&rules.policy, &hand, managers, now).ok_or(WorkError::Lacks("a way to its manager"))?;
    // Whoever asked waits with the phone in hand, and needs no reminder.
    let remind_at = Some(now.plus(rules.remind_after))
        .filter(|at| hand != Hand::Requester && at.plus(left::TIME_TO_USE) <= expires_at);
    Ok(Offer {
        number: work.last_generation(IntentKind::Link) + 1,
        hand,
        expires_at,
        key_id: keyring.current_id().to_owned(),
        nonce: data_encoding::HEXLOWER.encode(&rand::random::<[u8; 16]>()),
        already_set,
        guard,
        wrong_codes: 0,
        deliver_by: Some(now.plus(rules.deadline)),
        remind_at,
        // It goes along with the ticket's state.
        before: PasswordFact::NotChanged,
    })
}

/// What an offer to `hand` asks for beside its link; `None` when the hand cannot be reached.
fn guard(policy: &Policy, hand: &Hand, managers: &[Manager], now: UnixMillis) -> Option<Guard> {
    // The registered phone is what the requester shows.
    let Some(id) = hand.manager() else {
        let typed = policy.pickup == Pickup::Code;
        return Some(if typed { Guard::TypedCode } else { Guard::Nothing });
    };
    let manager = managers.iter().find(|manager| manager.id == *id)?;
    let reach = reachable_at(manager, &facts::policy_for(policy, hand), now).ok()?;
    Some(match policy.link_asks() {
        Pickup::Link => Guard::Nothing,
        Pickup::LinkAndCode if policy.manager_told.mail => Guard::CodeByText,
        Pickup::LinkAndCode => Guard::CodeByMail,
        Pickup::Code => Guard::TypedCode,
        Pickup::SignIn => Guard::SignIn { by_text: reach.phone.is_some(), by_mail: reach.mail.is_some() },
    })
}

/// May the text of such an offer leave, as the site has it now? Where texts carry no links, an offer from before has none
/// to send any more.
pub(crate) fn may_text(guard: Guard, policy: &Policy) -> bool {
    let has_link = guard != Guard::TypedCode && guard.link_by_text();
    !(has_link && policy.pickup == Pickup::Code)
}

/// The token of an offer: derived, so that it need not be kept.
pub(crate) fn token(parts: &Parts, ticket: TicketId, offer: &Offer) -> Result<PickupToken, WorkError> {
    if offer.guard == Guard::TypedCode {
        let (code, keyring) = (typed_code(parts, ticket, offer)?, parts.keyring.as_ref());
        let token = keyring.and_then(|keyring| typed::token(keyring, &offer.key_id, &code));
        return token.ok_or(WorkError::Lacks("the key from which its code was made"));
    }
    derived(parts, ticket, offer, "pickup").map(PickupToken::from_mac)
}

/// The code of an offer whose texts carry no link. Its token is derived from it.
pub(crate) fn typed_code(parts: &Parts, ticket: TicketId, offer: &Offer) -> Result<TypedCode, WorkError> {
    derived(parts, ticket, offer, "typed-code").map(TypedCode::from_mac)
}

/// The code of an offer: derived as well, and kept nowhere.
pub(crate) fn code(parts: &Parts, ticket: TicketId, offer: &Offer) -> Result<PickupCode, WorkError> {
    derived(parts, ticket, offer, "pickup-code").map(PickupCode::from_mac)
}

pub(crate) fn derived(
    parts: &Parts,
    ticket: TicketId,
    offer: &Offer,
    purpose: &str,
) -> Result<[u8; 32], WorkError> {
    let keyring = parts.keyring.as_ref().ok_or(WorkError::Lacks("a sealing key"))?;
    let place = format!("{}/{}/{}", ticket.0, offer.number, offer.nonce);
    keyring
        .mac(&offer.key_id, purpose, place.as_bytes())
        .ok_or(WorkError::Lacks("the key from which its link was made"))
}

/// What the link in words to an account's owner is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OwnersLink {
    /// In the warning by text: it stops the offer.
    Stop,
    /// In the notice by mail: it freezes the account.
    Disown,
}

/// The keyed hash of the link to an account's owner. When its first mail came tells it from a ticket that gets
/// the same number after the store was restored.
pub(crate) fn owners_mac(
    keyring: &Keyring,
    key_id: &str,
    link: OwnersLink,
    ticket: &Ticket,
) -> Option<[u8; 32]> {
    let purpose = match link {
        OwnersLink::Stop => "stop",
        OwnersLink::Disown => "disown",
    };
    let first_mail = ticket.message_id.as_ref().map_or("", |id| id.as_str());
    let place = format!("{}/{}/{first_mail}", ticket.id.0, ticket.received_at.0);
    keyring.mac(key_id, purpose, place.as_bytes())
}

/// The warning to the registered mobile of an account whose manager is asked (decisions, 8);
/// nothing when no mobile is registered.
pub(crate) fn owner_warning(work: &Work, account: &Account) -> Option<NewMessage> {
    let key = work.parts.keyring.as_ref()?.current_id();
    can_be_warned(&work.parts, account).then(|| NewMessage {
        kind: MessageKind::OwnerWarning,
        to: Addressee::Phone(account.id.clone()),
        values: json!({ "key": key }).to_string(),
    })
}

/// Has the account a registered mobile that takes texts?
pub(crate) fn can_be_warned(parts: &Parts, account: &Account) -> bool {
    let (policy, now) = (&parts.rules.policy, parts.now());
    account.phones.iter().any(|phone| crate::decision::texting_number(phone, policy, now).is_some())
}

/// The effect `OfferLink`.
pub(crate) async fn run(work: &mut Work) -> Result<Flow, WorkError> {
    let State::Offered { offer, text } = work.state() else { return Err(WorkError::Lacks("an offer")) };
    let (offer, text) = (offer.clone(), text.clone());
    if work.now() >= offer.expires_at {
        let event = Event::TimeOver { password: PasswordFact::NotChanged };
        return work.commit(event, Draft::default()).await;
    }
    if let Some(after) = texting::interrupted(work, &text, IntentKind::Link, offer.number) {
        let draft = Draft { end: Some(after.end), ..Draft::default() };
        return work.commit(Event::LinkTexted { text: after.text }, draft).await;
    }
    if left::is_overdue(work, &offer) {
        let draft = Draft { note: Some(NOT_TEXTED), ..Draft::default() };
        return work.commit(Event::OfferWithdrawn { reason: Reason::DeliveryFailed }, draft).await;
    }
    if !offer.guard.texts() {
        return wait_for_a_press(work, &offer).await;
    }
    // Whom a mail has reached is reminded, whatever becomes of the text.
    let until = if offer.guard.does_without_text() {
        match remind(work, &offer).await? {
            Reminded::Flow(flow) => return Ok(flow),
            Reminded::NotBefore(at) => at,
        }
    } else {
        offer.deliver_by.filter(|by| work.now() < *by).unwrap_or(offer.expires_at)
    };
    go_on_with_the_text(work, &offer, &text, until).await
}

/// The text with the link or its code, as far as it has come. It is looked at again at `until`, at the latest.
async fn go_on_with_the_text(
    work: &mut Work,
    offer: &Offer,
    text: &Texting,
    until: UnixMillis,
) -> Result<Flow, WorkError> {
    let (now, gateways) = (work.now(), work.parts.gateways.len());
    match text.step(now, gateways) {
        TextingStep::Submit { gateway } if texting::is_passed_over(work, text, gateway) => {
            let text = text.passed_over(gateways, now);
            work.commit(Event::LinkTexted { text }, Draft::default()).await
        }
        TextingStep::Submit { gateway } => submit(work, offer, text, gateway).await,
        TextingStep::Delivered | TextingStep::Silent if offer.guard.does_without_text() => {
            work.give_back(until).await
        }
        TextingStep::Delivered | TextingStep::Silent => wait_for_a_press(work, offer).await,
        TextingStep::Wait { .. } | TextingStep::Ask { .. } => {
            match texting::wait(work, text, IntentKind::Link, offer.number).await? {
                texting::Waited::Still(at) => work.give_back(at.min(offer.expires_at).min(until)).await,
                texting::Waited::Changed(text) => {
                    work.commit(Event::LinkTexted { text }, Draft::default()).await
                }
            }
        }
        // What is left of the offer without a text, if anything, the event says.
        TextingStep::Exhausted => {
            let text = Texting { phase: Phase::Exhausted, ..text.clone() };
            work.commit(Event::LinkTexted { text }, Draft::default()).await
        }
    }
}

/// What became of the look at the reminder.
enum Reminded {
    /// The ticket went on, or was given back.
    Flow(Flow),
    /// Nothing before this time.
    NotBefore(UnixMillis),
}

/// Brings a link to mind once, when its time for that has come.
async fn remind(work: &mut Work, offer: &Offer) -> Result<Reminded, WorkError> {
    let Some(at) = offer.remind_at else { return Ok(Reminded::NotBefore(offer.expires_at)) };
    if work.now() < at {
        return Ok(Reminded::NotBefore(at.min(offer.expires_at)));
    }
    if !work.lease_allows(work.parts.timing.directory) {
        return Ok(Reminded::Flow(work.give_back(work.now()).await?));
    }
    Ok(match left::reminder(work, offer).await? {
        left::Reminding::Now(messages) => {
            let draft = Draft { messages, ..Draft::default() };
            Reminded::Flow(work.commit(Event::Reminded, draft).await?)
        }
        left::Reminding::Later(at) => Reminded::NotBefore(at.min(offer.expires_at)),
    })
}

/// A link that nobody uses is brought to mind once, and expires by itself; a technician then takes over.
async fn wait_for_a_press(work: &mut Work, offer: &Offer) -> Result<Flow, WorkError> {
    match remind(work, offer).await? {
        Reminded::Flow(flow) => Ok(flow),
        Reminded::NotBefore(at) => work.give_back(at).await,
    }
}

async fn submit(work: &mut Work, offer: &Offer, text: &Texting, gateway: usize) -> Result<Flow, WorkError> {
    let parts = std::sync::Arc::clone(&work.parts);
    if !work.lease_allows(parts.timing.directory + parts.timing.gateway) {
        return work.give_back(work.now()).await;
    }
    let account = work.account()?;
    if facts::is_frozen(&parts, &work.claim.ticket).await? {
        let event = Event::OfferWithdrawn { reason: Reason::AccountFrozen };
        return work.commit(event, Draft::default()).await;
    }
    if !may_text(offer.guard, &parts.rules.policy) {
        let note = Some("its link may not be texted any more: delivery.pickup is \"code\" by now");
        let event = if offer.guard.does_without_text() {
            Event::LinkTexted { text: Texting { phase: Phase::Exhausted, ..text.clone() } }
        } else {
            Event::OfferWithdrawn { reason: Reason::DeliveryFailed }
        };
        return work.commit(event, Draft { note, ..Draft::default() }).await;
    }
    let Ok(facts) = facts::read_for(&parts, &Who::Id(account.clone()), &offer.hand).await else {
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
        StillGood::Yes { account, phone: Some(phone), .. } => (account, phone),
        StillGood::Yes { phone: None, .. } if offer.guard.does_without_text() => {
            let event = Event::LinkTexted { text: Texting { phase: Phase::Exhausted, ..text.clone() } };
            return work.commit(event, Draft::default()).await;
        }
        StillGood::Yes { phone: None, .. } => {
            let reason = Reason::NoManager;
            return work.commit(Event::OfferWithdrawn { reason }, Draft::default()).await;
        }
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
    let (parts, id) = (&work.parts, work.id());
    let texts = &parts.texts;
    let url = || token(parts, id, offer).map(|token| token.url(&parts.rules.public_url));
    let text = match (&offer.hand, offer.guard) {
        (hand, Guard::TypedCode) => {
            let (code, until) = (typed_code(parts, id, offer)?.written(), offer.expires_at);
            match hand {
                Hand::Requester => texts.typed_code_for_requester(until, &code),
                Hand::Manager(_) | Hand::Chosen(_) => texts.typed_code(&account.name, until, &code),
            }
        }
        (Hand::Requester, _) => texts.link_for_requester(offer.expires_at, &url()?),
        (Hand::Manager(_) | Hand::Chosen(_), Guard::CodeByText) => {
            texts.code(&account.name, offer.expires_at, &code(parts, id, offer)?.written())
        }
        (Hand::Manager(_) | Hand::Chosen(_), Guard::Nothing | Guard::CodeByMail | Guard::SignIn { .. }) => {
            texts.link(&account.name, offer.expires_at, &url()?)
        }
    };
    text.map_err(|e| WorkError::Text(e.to_string()))
}
