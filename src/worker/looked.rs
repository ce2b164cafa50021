//! Everything that is looked at for one decision: the mails, the directory's answer, what happened lately, and whether
//! anything can be handed over now.

use super::Parts;
use super::breaker;
use super::facts;
use super::limits;
use super::reads::Together;
use super::work::WorkError;
use crate::decision::{Automation, Decided, Decision, Question, decide};
use crate::directory::{Account, DirectoryError, Facts, Lookup, Manager, Who};
use crate::request::Reading;
use crate::store::StoreError;
use crate::types::{History, Link, Order, PhoneNumber, Reason, UnixMillis, Username};

/// Everything that was looked at for one decision.
pub(crate) struct Looked {
    pub(crate) together: Together,
    pub(crate) facts: Option<Result<Facts, DirectoryError>>,
    pub(crate) decided: Decided,
    pub(crate) chosen: Option<Manager>,
    pub(crate) phone_hash: String,
    pub(crate) texted_hash: String,
    pub(crate) desk_is_over: bool,
    pub(crate) texts: u32,
    pub(crate) texts_are_used_up: bool,
}

/// What is known of whom a mail asks for.
#[derive(Default)]
struct Known {
    /// What the register answered; `None` when it was not asked.
    facts: Option<Result<Facts, DirectoryError>>,
    phone_hash: String,
    history: History,
    /// The manager whom people chose.
    chosen: Option<Manager>,
}

async fn known(
    parts: &Parts,
    together: &Together,
    automation: Automation,
    order: Option<&Order>,
    lifted_at: Option<UnixMillis>,
) -> Result<Known, WorkError> {
    let mut known = Known::default();
    let (Some((username, phone)), Automation::On | Automation::Observe) =
        (named(&together.reading, order), automation)
    else {
        return Ok(known);
    };
    let mut answer = facts::read(parts, &Who::Named(username.clone())).await;
    if let (Some(keyring), Some(phone)) = (&parts.keyring, phone) {
        known.phone_hash = keyring.phone_hash(phone);
    }
    if let Some(manager) = order.and_then(Order::chosen) {
        match facts::chosen(parts, manager).await {
            Ok(chosen) => known.chosen = chosen,
            Err(error) => answer = Err(error),
        }
    }
    if let Some(account) = account_of(&answer) {
        let (sender, now) = (limits::counted_sender(&together.sender), parts.now());
        let (phone, unit) = (&known.phone_hash, &account.unit);
        known.history = parts.store.history(&account.id, &sender, phone, unit, now).await?;
        known.history.lifted = known.history.frozen && !parts.store.is_frozen(&account.id, lifted_at).await?;
    }
    known.facts = Some(answer);
    Ok(known)
}

/// Whose account it is about, and the phone that the mails name.
fn named<'n>(
    reading: &'n Reading,
    order: Option<&'n Order>,
) -> Option<(&'n Username, Option<&'n PhoneNumber>)> {
    let (username, phone) = match reading {
        Reading::Request(request) => (Some(&request.username.value), Some(&request.phone.value)),
        Reading::Incomplete { username, phone } if order.is_some() => {
            (username.as_ref().map(|found| &found.value), phone.as_ref().map(|found| &found.value))
        }
        Reading::Incomplete { .. } | Reading::Ambiguous { .. } | Reading::General | Reading::Automatic(_) => {
            (None, None)
        }
    };
    Some((order.and_then(|order| order.account.as_ref()).or(username)?, phone))
}

/// Reads facts and history for what was read, and decides. Freezes up to `lifted_at` were set aside.
pub(crate) async fn look(
    parts: &Parts,
    together: Together,
    automation: Automation,
    asked_before: bool,
    link: Option<Link>,
    order: Option<&Order>,
    lifted_at: Option<UnixMillis>,
) -> Result<Looked, WorkError> {
    let known = known(parts, &together, automation, order, lifted_at).await?;
    let Known { facts, phone_hash, history, chosen } = known;
    let deliverable = deliverable(parts);
    let texts = texts(parts).await;
    // Nobody would answer a question to ourselves.
    let from_desk = together.sender.address.as_ref() == Some(&parts.rules.desk_address);
    let decide = |deliverable| {
        decide(&Question {
            reading: &together.reading,
            sender: &together.sender,
            received_at: together.received_at,
            delay: together.delay,
            wants_no_answer: together.wants_no_answer,
            facts: facts.as_ref(),
            history: &history,
            automation,
            policy: &parts.rules.policy,
            asked_before: asked_before || from_desk,
            link,
            order,
            chosen: chosen.as_ref(),
            deliverable,
            texts,
            now: parts.now(),
        })
    };
    let mut decided = decide(deliverable);
    let account = facts.as_ref().and_then(account_of);
    let needed = account.map_or(0, |account| limits::texts_needed(parts, &decided.decision, account));
    let texts_are_used_up = parts.rules.limits().texts_are_used_up(&history, needed);
    let texted_hash = limits::texted_hash(parts, &decided.decision);
    if texts_are_used_up {
        decided = decide(Err("the texts of the day are used up (sms.per_day)"));
    } else if has_enough_links(parts, &texted_hash, order).await? {
        decided = decide(Err("the manager's phone has got as many links in the hour as a unit may \
             (policy.per_unit_per_hour)"));
    }
    let phone_hash = texted_phone(parts, &decided.decision).unwrap_or(phone_hash);
    Ok(Looked {
        together,
        facts,
        decided,
        chosen,
        phone_hash,
        texted_hash,
        desk_is_over: history.desk_hour >= parts.rules.policy.per_hour,
        texts: needed,
        texts_are_used_up,
    })
}

/// People may have it texted to a registered phone that is not the one of the mails.
fn texted_phone(parts: &Parts, decision: &Decision) -> Option<String> {
    match decision {
        Decision::TextRequester { phone, .. } => Some(parts.keyring.as_ref()?.phone_hash(phone)),
        Decision::OfferManager { .. }
        | Decision::Merge { .. }
        | Decision::AskForDetails
        | Decision::HandToTechnician { .. }
        | Decision::File => None,
    }
}

/// Has the manager's phone got as many links as it may, and has nobody set that aside?
async fn has_enough_links(
    parts: &Parts,
    texted_hash: &str,
    order: Option<&Order>,
) -> Result<bool, StoreError> {
    if texted_hash.is_empty() || order.is_some_and(|order| order.sets_aside(Reason::DeliveryFailed)) {
        return Ok(false);
    }
    Ok(parts.store.links_to(texted_hash, parts.now()).await? >= parts.rules.limits().manager_hour)
}

fn deliverable(parts: &Parts) -> Result<(), &'static str> {
    if parts.keyring.is_none() {
        return Err("there is no sealing key: passwords wait (`nyckelbud key new`)");
    }
    Ok(())
}

async fn texts(parts: &Parts) -> Result<(), &'static str> {
    if parts.gateways.is_empty() {
        return Err("no SMS gateway is configured");
    }
    if !breaker::any_closed(parts).await {
        return Err("no SMS gateway can be reached");
    }
    Ok(())
}

pub(crate) fn account_of(facts: &Result<Facts, DirectoryError>) -> Option<&Account> {
    match facts {
        Ok(Facts { lookup: Lookup::One(account), .. }) => Some(account),
        Ok(Facts { lookup: Lookup::Nobody | Lookup::Several, .. }) | Err(_) => None,
    }
}

/// Whoever may be asked: the chain, and whom people chose.
pub(crate) fn managers_of(looked: &Looked) -> Vec<Manager> {
    let chain = match &looked.facts {
        Some(Ok(facts)) => facts.managers.clone(),
        Some(Err(_)) | None => Vec::new(),
    };
    chain.into_iter().chain(looked.chosen.clone()).collect()
}
