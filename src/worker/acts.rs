//! Acts of people are carried out when the time in which they can be taken back is over: the ticket's event, what
//! leaves, the audit rows and the act's own end are one transaction. A ticket that is not any more what its person saw
//! is left as it is, and the act says why.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::Parts;
use super::work::{Draft, Due, Flow, Work, WorkError};
use crate::decision::Automation;
use crate::delivery::texts::{MailText, TextError, Texts};
use crate::store::{Addressee, AuditEntry, DueAct, MessageClaim, MessageKind, NewMessage, StoreError};
use crate::ticket::act::LATEST;
use crate::ticket::{Act, ActStatus, Effect, Event, KeptAct, Kind, Standing, Ticket};
use crate::types::{Check, CheckResult, Order, Person, Reason, UnixMillis};
use crate::web::port::Refusal;

/// Acts that are looked at in one round.
const AT_ONCE: u32 = 32;
const NOBODY_CAME: &str = "no colleague came in time";
const NOT_AS_SEEN: &str = "the ticket changed before it was carried out";
const TOO_LATE: &str = "it could not be carried out in time, and is not carried out later";
const MAY_NOT: &str = "whoever wanted or approved it may not act any more";
const OTHER_IS_OVER: &str = "the other ticket is over by now";

/// What `act` is to `ticket`; `None` for what is done beside it.
pub(crate) fn event(act: &Act, by: &Person, with: Option<&Person>, ticket: &Ticket) -> Option<Event> {
    act.event(by, with, ticket)
}

/// Why `act`, which is `event` to `ticket`, is not possible with it as it is.
pub(crate) fn not_possible(
    ticket: &Ticket,
    act: &Act,
    event: Event,
    automation: Automation,
) -> Option<Refusal> {
    let state = &ticket.state;
    if state.live() || state.next() == Effect::Decide {
        return Some(Refusal::AtWork);
    }
    if ticket.kind == Kind::Quarantine && (act.orders() || act.writes() || matches!(act, Act::Merge { .. })) {
        return Some(Refusal::Unreadable);
    }
    if state.on(event).is_err() {
        let keeps = matches!(act, Act::Ask | Act::Merge { .. }) && !state.known_password().is_not_changed();
        return Some(if keeps { Refusal::PasswordChanged } else { Refusal::NotNow });
    }
    // What was observed is never acted on, in whatever ticket its mails are read.
    if ticket.observed && matches!(act, Act::Merge { .. }) {
        return Some(Refusal::Observed);
    }
    let leaves = act.orders() || act.writes();
    if leaves && (ticket.observed || automation == Automation::Observe) {
        return Some(Refusal::Observed);
    }
    if act.orders() && automation == Automation::Off {
        return Some(Refusal::AutomationOff);
    }
    (act.writes() && ticket.from.is_none()).then_some(Refusal::NobodyToWriteTo)
}

/// What a look at the acts that are due came to.
pub(crate) struct Round {
    /// How many have ended.
    pub(crate) ended: usize,
    /// When the next one is due, of those that soon are.
    pub(crate) next: Option<UnixMillis>,
}

/// Carries out what is due.
pub(crate) async fn carry_out_due(parts: &Arc<Parts>) -> Result<Round, StoreError> {
    let mut round = Round { ended: 0, next: None };
    for due in parts.store.due_acts(AT_ONCE, parts.now().plus(parts.timing.look)).await? {
        let (id, number, was) = (due.act.id, due.act.number, due.act.status);
        if due.act.due_at > parts.now() {
            round.next = Some(due.act.due_at);
            break;
        }
        match carry_out(parts, due).await {
            Ok(true) => round.ended += 1,
            // Somebody works on the ticket just now, or took the act back.
            Ok(false) => {}
            // One ticket that cannot be read must not keep the acts of all others waiting.
            Err(WorkError::Store(error @ StoreError::Unavailable(_))) => return Err(error),
            Err(error) => {
                tracing::error!(ticket = %number, "an act cannot be carried out: {error}; nothing was changed");
                let why = error.to_string();
                parts.store.end_act(id, was, (ActStatus::Refused, &why), parts.now()).await?;
                round.ended += 1;
            }
        }
    }
    Ok(round)
}

async fn carry_out(parts: &Arc<Parts>, due: DueAct) -> Result<bool, WorkError> {
    let act = &due.act;
    if act.status == ActStatus::Colleague {
        return ends(parts, act, ActStatus::Lapsed, NOBODY_CAME).await;
    }
    if parts.now().since(act.due_at) > LATEST {
        return ends(parts, act, ActStatus::Lapsed, TOO_LATE).await;
    }
    if due.may_not {
        return ends(parts, act, ActStatus::Refused, MAY_NOT).await;
    }
    let taken = parts.moment();
    let Some(claim) = parts.store.claim_ticket(act.ticket, &parts.owner, parts.timing.lease).await? else {
        return Ok(false);
    };
    let mut work = Work::new(Arc::clone(parts), claim, taken);
    let tried = try_to(&mut work, &due).await;
    if !matches!(tried, Ok(true)) {
        // Nothing was done: whoever comes next need not wait for the end of the lease.
        give_back(&mut work).await?;
    }
    tried
}

async fn try_to(work: &mut Work, due: &DueAct) -> Result<bool, WorkError> {
    let DueAct { act, seen, mail_came, .. } = due;
    let refused = match () {
        () if work.state() != seen || *mail_came => Some(NOT_AS_SEEN),
        () => refusal(work, act).await?,
    };
    let Some(why) = refused else { return commit(work, act).await };
    give_back(work).await?;
    ends(&work.parts, act, ActStatus::Refused, why).await
}

async fn ends(parts: &Parts, act: &KeptAct, status: ActStatus, why: &'static str) -> Result<bool, WorkError> {
    parts.store.end_act(act.id, act.status, (status, why), parts.now()).await?;
    tracing::warn!(ticket = %act.number, act = act.act.code(), "an act of a person was not carried out: {why}");
    Ok(true)
}

async fn give_back(work: &mut Work) -> Result<(), WorkError> {
    if work.state().next() == Effect::Rest {
        return work.rest().await;
    }
    let (id, fence, now) = (work.id(), work.claim.fence, work.now());
    Ok(work.parts.store.release(id, fence, now).await?)
}

/// Why it is not carried out, though the ticket is as its person saw it.
async fn refusal(work: &Work, act: &KeptAct) -> Result<Option<&'static str>, WorkError> {
    let ticket = &work.claim.ticket;
    let Some(event) = event(&act.act, &act.by, act.with.as_ref(), ticket) else {
        return Err(WorkError::Lacks("anything to do"));
    };
    if let Some(refusal) = not_possible(ticket, &act.act, event, work.parts.automation().await?) {
        return Ok(Some(refusal.words()[1]));
    }
    let Act::Merge { into } = &act.act else { return Ok(None) };
    let Some(other) = work.parts.store.numbered(*into).await? else { return Ok(Some(OTHER_IS_OVER)) };
    Ok(not_into(&other).map(|refusal| match refusal {
        Refusal::OtherIsOver => OTHER_IS_OVER,
        refusal => refusal.words()[1],
    }))
}

/// Why nothing is put into this ticket, if so: nobody would look at it there, or nothing may be done with it.
pub(crate) fn not_into(other: &Ticket) -> Option<Refusal> {
    match other.state.standing() {
        Standing::Resolved | Standing::Closed => Some(Refusal::OtherIsOver),
        Standing::New | Standing::Working | Standing::Open | Standing::Pending if other.observed => {
            Some(Refusal::Observed)
        }
        Standing::New | Standing::Working | Standing::Open | Standing::Pending => {
            (other.kind == Kind::Quarantine).then_some(Refusal::Unreadable)
        }
    }
}

/// `false`: it was taken back in this very moment, or is not any more what its person saw.
async fn commit(work: &mut Work, act: &KeptAct) -> Result<bool, WorkError> {
    let ticket = &work.claim.ticket;
    let Some(event) = event(&act.act, &act.by, act.with.as_ref(), ticket) else {
        return Err(WorkError::Lacks("anything to do"));
    };
    let mut trail = ticket.trail.clone();
    let who = act.with.as_ref().map_or(act.by.to_string(), |with| format!("{} with {with}", act.by));
    trail.add(Check::Person, CheckResult::Pass, format!("{who} decided: {}", act.act.code()));
    let order = order(&event);
    let draft = Draft {
        actor: Some(act.by.name.actor()),
        act: Some(act.id),
        trail: Some(trail),
        asked: act.act == Act::Ask,
        named: order.and_then(|order| order.account.clone()),
        set_aside: order.map(|order| order.aside.clone()),
        // What its owner says after somebody chose this counts, however long a colleague took.
        lifts_freeze: order
            .filter(|order| order.because == Reason::AccountFrozen && order.sets_aside(Reason::AccountFrozen))
            .map(|_| act.made_at.min(work.now())),
        messages: message(ticket, &act.act).into_iter().collect(),
        told: vec![done(act)],
        due: Due::At(work.now()),
        ..Draft::default()
    };
    let lines = trail_lines(work);
    match work.commit(event, draft).await? {
        Flow::On | Flow::Stop => {}
        Flow::Busy(_) | Flow::AskedEnough(_) => return Ok(false),
    }
    // What was not committed is not remembered either.
    Ok(trail_lines(work) > lines)
}

/// What a person has ordered with it.
fn order(event: &Event) -> Option<&Order> {
    match event {
        Event::Ordered { order } => Some(order),
        Event::Decided { .. }
        | Event::Coalesced { .. }
        | Event::PasswordSet
        | Event::ValueRefused { .. }
        | Event::PassIssued { .. }
        | Event::PassLost { .. }
        | Event::ResetGivenUp { .. }
        | Event::Texted { .. }
        | Event::Rerouted { .. }
        | Event::LinkTexted { .. }
        | Event::LinkNotMailed
        | Event::OfferWithdrawn { .. }
        | Event::Reminded
        | Event::WrongCode
        | Event::Opened { .. }
        | Event::Shown { .. }
        | Event::Erased
        | Event::Confirmed { .. }
        | Event::DidNotWork
        | Event::Declined
        | Event::Stopped
        | Event::Disowned
        | Event::TimeOver { .. }
        | Event::UseKnown
        | Event::Unused
        | Event::Replied { .. }
        | Event::QuestionLost
        | Event::Forgotten
        | Event::Questioned
        | Event::Answered { .. }
        | Event::Closed { .. }
        | Event::Reopened
        | Event::Merged { .. } => None,
    }
}

fn trail_lines(work: &Work) -> usize {
    work.claim.ticket.trail.0.len()
}

/// Both names stand in the audit log.
fn done(act: &KeptAct) -> AuditEntry {
    let mut data = json!({ "id": act.id, "act": act.act.code() });
    if let Some(with) = &act.with {
        data["with"] = with.name.actor().into();
    }
    if let Act::Override { grounds, why, .. } = &act.act {
        data["grounds"] = json!(grounds);
        data["why"] = json!(why);
    }
    AuditEntry { actor: act.by.name.actor(), event: "act.done".to_owned(), data: data.to_string() }
}

/// What goes to the writer.
fn message(ticket: &Ticket, act: &Act) -> Option<NewMessage> {
    let to = Addressee::Mail(ticket.from.clone()?);
    let (kind, values) = match act {
        Act::Ask => (MessageKind::AskForDetails, json!({})),
        Act::Reply { language, text, .. } => {
            (MessageKind::Reply, json!({ "language": language, "text": text }))
        }
        Act::Canned { reply, at, .. } => (MessageKind::Reply, json!({ "ready": reply.code(), "at": at })),
        Act::Approve
        | Act::Retry
        | Act::ToManager { .. }
        | Act::ChooseAccount { .. }
        | Act::Override { .. }
        | Act::Close
        | Act::Phishing
        | Act::Reopen
        | Act::Merge { .. }
        | Act::Take
        | Act::Release
        | Act::Assign { .. }
        | Act::Note { .. } => return None,
    };
    Some(NewMessage { kind, to, values: Value::to_string(&values) })
}

/// The values of what people write.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Written {
    language: String,
    text: String,
    ready: String,
    at: Option<UnixMillis>,
}

/// The words of what somebody of the desk writes.
pub(crate) fn letter(texts: &Texts, claim: &MessageClaim) -> Result<MailText, TextError> {
    let written: Written = serde_json::from_str(&claim.message.values).unwrap_or_default();
    if written.ready.is_empty() {
        return texts.reply(&written.language, claim.number, &claim.subject, &written.text);
    }
    texts.ready(&written.ready, claim.number, written.at)
}
