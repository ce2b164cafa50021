//! The effects `BeginText` and `Text`: a password on its way through the gateways. Before every
//! submit the directory is read again, in the same attempt.

use super::breaker::{self, Breaker};
use super::facts::{self, StillGood};
use super::step::{looked_up_at, owner_notice};
use super::work::{Draft, Due, Flow, Work, WorkError};
use super::{Parts, links, offer, reset, scramble};
use crate::decision::nearest_manager;
use crate::delivery::{Receipt, SmsText};
use crate::directory::{Account, Facts, Lookup, Standing, Who};
use crate::store::{Intent, IntentKind};
use crate::ticket::texting::{ASK_EVERY, Phase, RECEIPT_WAIT, UNCLEAR_WAIT, is_over};
use crate::ticket::{Event, Hand, Job, PasswordFact, State, Texting, TextingStep};
use crate::types::{Credential, Outcome, PhoneNumber, Reason, UnixMillis};

/// The effects `BeginText` and `Text`.
pub(crate) async fn run(work: &mut Work) -> Result<Flow, WorkError> {
    let now = work.now();
    let job = work.state().job().cloned().ok_or(WorkError::Lacks("a job"))?;
    let text = if let State::Sending { text, .. } | State::Sent { text, .. } = work.state() {
        text.clone()
    } else {
        Texting::fresh(now)
    };
    if let Some(after) = interrupted(work, &text, IntentKind::Text, job.generation) {
        let draft = Draft { end: Some(after.end), ..Draft::default() };
        return texted(work, &job, after.text, draft).await;
    }
    if arrived(work, job.generation).await? {
        let text = text.receipt(Receipt::Delivered, work.parts.gateways.len(), now);
        return texted(work, &job, text, Draft::default()).await;
    }
    if now >= job.deadline {
        let password = PasswordFact::after(job.credential);
        return work.commit(Event::TimeOver { password }, Draft::default()).await;
    }
    match text.step(now, work.parts.gateways.len()) {
        TextingStep::Submit { gateway } if is_passed_over(work, &text, gateway) => {
            let text = text.passed_over(work.parts.gateways.len(), now);
            texted(work, &job, text, Draft::default()).await
        }
        TextingStep::Submit { gateway } => submit(work, &job, &text, gateway).await,
        TextingStep::Wait { .. } | TextingStep::Ask { .. } => {
            match wait(work, &text, IntentKind::Text, job.generation).await? {
                Waited::Still(until) => work.give_back(until.min(job.deadline)).await,
                Waited::Changed(text) => texted(work, &job, text, Draft::default()).await,
            }
        }
        TextingStep::Delivered => texted(work, &job, text, Draft::default()).await,
        // The password may be in the phone: nobody else is shown it before a person has looked.
        TextingStep::Silent => {
            let event = Event::Rerouted { offer: None, reason: Reason::DeliveryFailed };
            work.commit(event, Draft::default()).await
        }
        TextingStep::Exhausted => reroute(work, &job, &text).await,
    }
}

/// Did any text of this password arrive? A receipt may come long after the next gateway was tried.
async fn arrived(work: &Work, generation: u32) -> Result<bool, WorkError> {
    for intent in work.intents(IntentKind::Text, generation) {
        let may_have_left = match &intent.outcome {
            Some(Outcome::Refused { .. } | Outcome::NotSent { .. }) => false,
            Some(Outcome::Accepted { .. } | Outcome::Uncertain { .. }) | None => true,
        };
        if may_have_left {
            let kept = work.parts.store.receipt_for(&intent.key).await?;
            if kept.is_some_and(|kept| kept.receipt == Receipt::Delivered) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// What may have left goes the way that its answer was, unless that gateway asked to be left alone;
/// anything else, round a gateway that is down.
pub(crate) fn is_passed_over(work: &Work, text: &Texting, gateway: usize) -> bool {
    let (breakers, now) = (&work.parts.breakers, work.now());
    work.parts.gateways.get(gateway).is_some_and(|g| {
        breakers.asked_to_wait(g.name(), now)
            || text.unclear == 0 && breakers.of(g.name(), now) == Breaker::Open
    })
}

async fn submit(work: &mut Work, job: &Job, text: &Texting, gateway: usize) -> Result<Flow, WorkError> {
    let parts = std::sync::Arc::clone(&work.parts);
    if !work.lease_allows(parts.timing.directory + parts.timing.gateway) {
        return work.give_back(work.now()).await;
    }
    let account = work.account()?;
    if facts::is_frozen(&parts, &work.claim.ticket).await? {
        let event = Event::Rerouted { offer: None, reason: Reason::AccountFrozen };
        return work.commit(event, Draft::default()).await;
    }
    let Ok(facts) = facts::read_for(&parts, &Who::Id(account.clone()), &job.hand).await else {
        return work.give_back(work.now().plus(parts.timing.retry.saturating_mul(4)).min(job.deadline)).await;
    };
    let keyring = parts.keyring.as_ref().ok_or(WorkError::Lacks("a sealing key"))?;
    let hash = work.claim.phone_hash.clone();
    let good =
        facts::still_good(&facts, &account, &job.hand, &hash, keyring, &parts.rules.policy, parts.now());
    let (account, phone) = match good {
        StillGood::Yes { account, phone: Some(phone), .. } => (account, phone),
        // Only a manager can be without one.
        StillGood::Yes { phone: None, .. } => {
            return reroute_with(work, job, text, Reason::NoManager, &facts).await;
        }
        StillGood::AccountOut(reason) => {
            return work.commit(Event::Rerouted { offer: None, reason }, Draft::default()).await;
        }
        StillGood::HandGone(reason) => return reroute_with(work, job, text, reason, &facts).await,
    };
    let words = words(work, job, &account)?;
    let (next, intent) = begin(work, text, gateway, IntentKind::Text, job.generation, &phone)?;
    let draft = Draft { begin: Some(intent.clone()), ..Draft::default() };
    match work.commit(Event::Texted { text: next.clone(), now: work.now() }, draft).await? {
        Flow::On => {}
        flow @ (Flow::Stop | Flow::Busy(_) | Flow::AskedEnough(_)) => return Ok(flow),
    }
    let outcome = send(work, gateway, &phone, &words, &intent.key).await;
    let answered = next.answered(&outcome, &parts.gateway_traits(), work.now());
    let draft = Draft { end: Some((intent.key, outcome)), ..Draft::default() };
    texted(work, job, answered, draft).await
}

/// Commits where the text is now; when it has arrived, the owner is told by mail.
async fn texted(work: &mut Work, job: &Job, text: Texting, mut draft: Draft) -> Result<Flow, WorkError> {
    let now = work.now();
    match &text.phase {
        Phase::Delivered => {
            draft.messages.extend(owner_notice(work, job).await);
            draft.sealed = scramble::keep(work, job, now);
            draft.due = Due::At(looked_up_at(&work.parts.rules, now, job.valid_until));
        }
        Phase::Taken { .. } => draft.due = Due::At(now.plus(ASK_EVERY)),
        Phase::Unclear { until } => draft.due = Due::At(now.plus(ASK_EVERY).min(*until)),
        Phase::Ready { .. } | Phase::Submitted | Phase::Silent | Phase::Exhausted => {}
    }
    work.commit(Event::Texted { text, now }, draft).await
}

fn words(work: &Work, job: &Job, account: &Account) -> Result<SmsText, WorkError> {
    let password = work.open_sealed(job.generation)?;
    let texts = &work.parts.texts;
    let until = job.valid_until.unwrap_or(job.deadline);
    let text = match (job.credential, &job.hand) {
        (Credential::Password, Hand::Requester) => texts.password(&password),
        (Credential::Password, Hand::Manager(_) | Hand::Chosen(_)) => {
            texts.password_for_manager(&account.name, &password)
        }
        (Credential::TemporaryAccessPass, Hand::Requester) => texts.access_pass(&password, until),
        (Credential::TemporaryAccessPass, Hand::Manager(_) | Hand::Chosen(_)) => {
            texts.access_pass_for_manager(&account.name, &password, until)
        }
    };
    text.map_err(|e| WorkError::Text(e.to_string()))
}

/// The next submit and its intent. A manager may have another number by now: the key is another one then,
/// too, so that no gateway takes the text for one that it has sent already.
pub(crate) fn begin(
    work: &Work,
    text: &Texting,
    gateway: usize,
    kind: IntentKind,
    generation: u32,
    phone: &PhoneNumber,
) -> Result<(Texting, Intent), WorkError> {
    let next = text.submitted();
    let number = work.intents(kind, generation).count() + 1;
    let name = format!("n{}-{}-{generation}-{gateway}", work.id().0, kind.code());
    let intent = Intent {
        key: format!("{}-{number}", key_for(&work.parts, &name, phone)?),
        kind,
        generation,
        gateway: work.parts.gateways.get(gateway).map_or_else(String::new, |g| g.name().to_owned()),
        at: work.now(),
        outcome: None,
    };
    Ok((next, intent))
}

/// The idempotency key of what `name` names, when it goes to this number: a key stands for one number
/// ([`crate::delivery::SmsGateway::send`]).
pub(crate) fn key_for(parts: &Parts, name: &str, phone: &PhoneNumber) -> Result<String, WorkError> {
    let keyring = parts.keyring.as_ref().ok_or(WorkError::Lacks("a sealing key"))?;
    Ok(format!("{name}-{:.8}", keyring.phone_hash(phone)))
}

/// Hands a text to a gateway. One that honours keys gets the same key every time, for the same number.
pub(crate) async fn send(
    work: &Work,
    gateway: usize,
    phone: &PhoneNumber,
    words: &SmsText,
    key: &str,
) -> Outcome {
    let Some(gateway) = work.parts.gateways.get(gateway) else {
        return Outcome::NotSent { cause: "the gateway is no longer configured".to_owned() };
    };
    let key = if gateway.traits().honours_keys { key.rsplit_once('-').map_or(key, |(k, _)| k) } else { key };
    breaker::send(&work.parts, gateway.as_ref(), phone, words, key).await
}

/// What a lost answer means for a text.
pub(crate) struct Interrupted {
    pub(crate) text: Texting,
    pub(crate) end: (String, Outcome),
}

/// A submit whose answer was lost with an earlier owner counts as uncertain.
pub(crate) fn interrupted(
    work: &Work,
    text: &Texting,
    kind: IntentKind,
    generation: u32,
) -> Option<Interrupted> {
    if text.phase != Phase::Submitted {
        return None;
    }
    let left = work.intents(kind, generation).filter(|i| i.outcome.is_none()).last()?;
    let outcome = Outcome::Uncertain { cause: "the program was stopped during the call".to_owned() };
    let text = text.answered(&outcome, &work.parts.gateway_traits(), work.now());
    Some(Interrupted { text, end: (left.key.clone(), outcome) })
}

/// What waiting for a receipt has brought.
pub(crate) enum Waited {
    /// Nothing yet; look again then.
    Still(UnixMillis),
    /// The text goes on like this.
    Changed(Texting),
}

/// Looks for a receipt: what has come by itself, and what the gateway answers when asked.
pub(crate) async fn wait(
    work: &Work,
    text: &Texting,
    kind: IntentKind,
    generation: u32,
) -> Result<Waited, WorkError> {
    let now = work.now();
    let gateways = work.parts.gateways.len();
    let (reference, until, longest) = match &text.phase {
        Phase::Taken { reference, until } => (Some(reference.clone()), *until, RECEIPT_WAIT),
        Phase::Unclear { until } => (None, *until, UNCLEAR_WAIT),
        Phase::Ready { from } => return Ok(Waited::Still(*from)),
        Phase::Submitted | Phase::Delivered | Phase::Silent | Phase::Exhausted => {
            return Ok(Waited::Still(now));
        }
    };
    let key = work.intents(kind, generation).last().map(|i| i.key.clone()).unwrap_or_default();
    let mut receipt = work.parts.store.receipt_for(&key).await?.map_or(Receipt::Pending, |kept| kept.receipt);
    if let (Receipt::Pending, Some(reference), Some(gateway)) =
        (receipt, reference, work.parts.gateways.get(text.gateway))
        && gateway.traits().can_be_asked
        && work.lease_allows(work.parts.timing.gateway)
    {
        let asked = tokio::time::timeout(work.parts.timing.gateway, gateway.ask(&reference)).await;
        receipt = asked.ok().and_then(Result::ok).unwrap_or(Receipt::Pending);
        if receipt != Receipt::Pending {
            // What failed counts towards no limit, whichever way that was told.
            work.parts.store.receipt(gateway.name(), Some(&key), &reference, receipt, now).await?;
        }
    }
    Ok(match receipt {
        Receipt::Delivered | Receipt::Failed => Waited::Changed(text.receipt(receipt, gateways, now)),
        Receipt::Pending if is_over(until, longest, now) => Waited::Changed(text.silent(gateways, now)),
        Receipt::Pending => Waited::Still(now.plus(ASK_EVERY).min(until)),
    })
}

/// The password is set, but no text of it arrives: the nearest manager is offered the same one.
async fn reroute(work: &mut Work, job: &Job, text: &Texting) -> Result<Flow, WorkError> {
    let parts = std::sync::Arc::clone(&work.parts);
    if !work.lease_allows(parts.timing.directory) {
        return work.give_back(work.now()).await;
    }
    match facts::read(&parts, &Who::Id(work.account()?)).await {
        Ok(facts) => reroute_with(work, job, text, Reason::DeliveryFailed, &facts).await,
        Err(_) => {
            work.give_back(work.now().plus(parts.timing.retry.saturating_mul(4)).min(job.deadline)).await
        }
    }
}

async fn reroute_with(
    work: &mut Work,
    job: &Job,
    text: &Texting,
    reason: Reason,
    facts: &Facts,
) -> Result<Flow, WorkError> {
    let nobody = Event::Rerouted { offer: None, reason };
    let Lookup::One(account) = &facts.lookup else { return work.commit(nobody, Draft::default()).await };
    let policy = &work.parts.rules.policy;
    let out = account.standing != Standing::Open || crate::decision::is_protected(account, policy);
    // What may be in a phone is shown to nobody else before a person has looked. A manager whose text
    // failed is not asked a second time by the same way.
    let manager = match &job.hand {
        Hand::Requester if !out && text.unclear == 0 => {
            nearest_manager(&account.id, &facts.managers, policy, work.now()).0
        }
        Hand::Requester | Hand::Manager(_) | Hand::Chosen(_) => None,
    };
    let Some((manager, _)) = manager else { return work.commit(nobody, Draft::default()).await };
    let hand = Hand::Manager(manager.id.clone());
    // A pass would have ended before its manager has the time: the link brings a new one.
    let already_set = job.credential.is_password().then_some(job.generation);
    let offer = offer::make(work, hand, already_set, &facts.managers)?;
    let sealed =
        already_set.map(|generation| reset::reseal(work, generation, offer.expires_at)).transpose()?;
    let mails = links::mails(work, account, &offer, &facts.managers);
    let messages = offer::owner_warning(work, account).into_iter().chain(mails).collect();
    let pickup_hash = Some(offer::token(&work.parts, work.id(), &offer)?.hash());
    let draft = Draft { sealed, pickup_hash, messages, ..Draft::default() };
    work.commit(Event::Rerouted { offer: Some(offer), reason }, draft).await
}
