//! Webhooks are told what the audit log tells: its row is written in the transaction of what happens, so nothing that
//! happened is left out, and nothing is told that did not. A row becomes messages in one transaction with the mark up to
//! which a webhook was told; a message has the same name and the same body in every try, and goes until it is taken,
//! at least once.

use std::sync::Arc;
use std::time::Duration;

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Parts;
use crate::clock::rfc3339;
use crate::delivery::webhook::{HookAnswer, HookEvent, HookFormat, Webhook};
use crate::store::{AuditEntry, Chained, HookMessage, MACHINE, StoreError};
use crate::ticket::{Standing, Ticket};
use crate::types::Reason;

/// Rows that are looked at in one round.
const ROWS: u32 = 200;
/// Messages of one webhook that leave at the same time.
const AT_ONCE: u32 = 8;
/// A try is over by then: connecting, and the whole call, have shorter limits.
const TRY: Duration = Duration::from_secs(60);
/// The pauses between tries (Standard Webhooks, "Retry schedule"); after the last the message is given up.
const PAUSES: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 60 * 60),
    Duration::from_secs(5 * 60 * 60),
    Duration::from_secs(10 * 60 * 60),
    Duration::from_secs(14 * 60 * 60),
    Duration::from_secs(20 * 60 * 60),
    Duration::from_secs(24 * 60 * 60),
];
/// Nothing has got through for so long: the webhook is told no more until the program is started again.
const DISABLED_AFTER: Duration = Duration::from_secs(5 * 24 * 60 * 60);

/// Tells all webhooks, each in a task of its own, until `stop`: one that hangs holds up no other.
pub(crate) async fn run(parts: Arc<Parts>, stop: CancellationToken) {
    let all: Vec<String> = parts.webhooks.iter().map(|hook| hook.id().to_owned()).collect();
    while let Err(error) = parts.store.open_hooks(&all, parts.now()).await {
        tracing::error!("webhooks wait: {error}");
        if pause(&stop, Duration::from_secs(5)).await {
            return;
        }
    }
    let mut telling = JoinSet::new();
    for hook in &parts.webhooks {
        let (parts, hook, stop) = (Arc::clone(&parts), Arc::clone(hook), stop.clone());
        telling.spawn(async move {
            while !stop.is_cancelled() {
                let done = round(&parts, &hook).await.unwrap_or_else(|error| {
                    tracing::error!(webhook = hook.host(), "a webhook waits: {error}");
                    0
                });
                if done == 0 && pause(&stop, Duration::from_millis(500)).await {
                    return;
                }
            }
        });
    }
    while telling.join_next().await.is_some() {}
}

/// Was it stopped meanwhile?
async fn pause(stop: &CancellationToken, length: Duration) -> bool {
    tokio::time::timeout(length, stop.cancelled()).await.is_ok()
}

/// Tells all of them what there is to tell now. Answers how much it was.
pub(crate) async fn drain(parts: &Arc<Parts>) -> Result<usize, StoreError> {
    let mut all = 0;
    for hook in &parts.webhooks {
        if parts.store.hook_state(hook.id()).await?.is_none() {
            let ids: Vec<String> = parts.webhooks.iter().map(|hook| hook.id().to_owned()).collect();
            parts.store.open_hooks(&ids, parts.now()).await?;
        }
        loop {
            let done = round(parts, hook).await?;
            all += done;
            if done == 0 {
                break;
            }
        }
    }
    Ok(all)
}

/// Looks once. Answers how much there was to do.
async fn round(parts: &Arc<Parts>, hook: &Arc<Webhook>) -> Result<usize, StoreError> {
    let rows = parts.store.untold(hook.id(), ROWS).await?;
    if let Some(last) = rows.last() {
        let messages: Vec<HookMessage> = rows.iter().flat_map(|row| messages(parts, hook, row)).collect();
        parts.store.tell(hook.id(), &messages, last.place, parts.now()).await?;
    }
    let now = parts.now();
    let due = parts.store.claim_hook_messages(hook.id(), AT_ONCE, now.plus(TRY), now).await?;
    let done = rows.len() + due.len();
    let mut sending = JoinSet::new();
    for message in due {
        let (parts, hook) = (Arc::clone(parts), Arc::clone(hook));
        sending.spawn(async move { send(&parts, &hook, &message).await });
    }
    while let Some(sent) = sending.join_next().await {
        match sent {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!("what a webhook said was not kept: {error}; it is told again"),
            Err(error) => {
                tracing::error!("telling a webhook broke off, {}", crate::telemetry::how_it_ended(&error));
            }
        }
    }
    Ok(done)
}

async fn send(parts: &Parts, hook: &Webhook, message: &HookMessage) -> Result<(), StoreError> {
    let at = parts.now().0.div_euclid(1000);
    let (id, name) = (hook.id(), message.message.as_str());
    match hook.send(name, at, &message.body).await {
        HookAnswer::Took => parts.store.hook_took(id, name, parts.now()).await,
        HookAnswer::Gone => disable(parts, hook, "it answers 410: it wants nothing more").await,
        HookAnswer::Not { why, after } => {
            let now = parts.now();
            let tried = usize::try_from(message.tries).unwrap_or(usize::MAX).saturating_sub(1);
            let again = PAUSES.get(tried).map(|pause| {
                let most = PAUSES[PAUSES.len() - 1];
                now.plus(spread(*pause).max(after.unwrap_or_default().min(most)))
            });
            match again {
                Some(_) => {
                    tracing::warn!(webhook = hook.host(), "a webhook was not told: {why}; tried again")
                }
                None => {
                    tracing::error!(webhook = hook.host(), "a webhook is not told {name}: {why}; given up")
                }
            }
            parts.store.hook_failed(id, name, &why, again, now).await?;
            let state = parts.store.hook_state(id).await?;
            let since = state.and_then(|state| state.failing_since);
            if since.is_some_and(|since| now.since(since) >= DISABLED_AFTER) {
                disable(parts, hook, "nothing has got through for five days").await?;
            }
            Ok(())
        }
    }
}

/// Many that failed together do not come back together.
fn spread(pause: Duration) -> Duration {
    pause.mul_f64(rand::random_range(1.0..1.2))
}

async fn disable(parts: &Parts, hook: &Webhook, why: &str) -> Result<(), StoreError> {
    let data = json!({ "webhook": hook.host(), "why": why }).to_string();
    let audit = AuditEntry { actor: MACHINE.to_owned(), event: "webhook.disabled".to_owned(), data };
    if parts.store.disable_hook(hook.id(), &audit, parts.now()).await? {
        let host = hook.host();
        tracing::error!(webhook = host, "a webhook is told no more: {why}; mend it, then reload or restart");
    }
    Ok(())
}

/// How a webhook is, in words. Nothing is sent for it: what happened last tells.
///
/// # Errors
/// In words, why it is not well.
pub(crate) async fn state(parts: &Parts, hook: &Webhook) -> Result<String, String> {
    let state = parts.store.hook_state(hook.id()).await.map_err(|error| error.to_string())?;
    let Some(state) = state else {
        return Err("nothing was told yet: the program has just started".to_owned());
    };
    let (said, waiting) = (&state.said, state.waiting);
    if let Some(at) = state.disabled_at {
        return Err(format!("told no more since {}: {said}; mend it, then reload or restart", rfc3339(at)));
    }
    if let Some(since) = state.failing_since {
        return Err(format!("nothing gets through since {}: {said}; {waiting} wait", rfc3339(since)));
    }
    Ok(match state.answered_at {
        Some(at) => format!("took something at {}; {waiting} wait", rfc3339(at)),
        None => format!("was not told anything yet; {waiting} wait"),
    })
}

/// What a webhook is told of a row.
fn messages(parts: &Parts, hook: &Webhook, row: &Chained) -> Vec<HookMessage> {
    let now = row.ticket.as_ref().map(|ticket| ticket.state.standing());
    let wanted = events(&row.entry, now).into_iter().filter(|event| hook.wants(*event));
    let message = |event: HookEvent| {
        let data = data(parts, event, row)?;
        let body = match hook.format() {
            HookFormat::Standard => {
                json!({ "type": event.code(), "timestamp": rfc3339(row.at), "data": data })
            }
            HookFormat::Teams => card(event, &data),
        };
        let name = Sha256::digest(format!("{} {} {}", hook.id(), row.place, event.code()));
        let message = format!("msg_{}", &HEXLOWER.encode(&name)[..32]);
        Some(HookMessage { message, body: body.to_string(), made_at: row.at, tries: 0 })
    };
    wanted.filter_map(message).collect()
}

/// The events that a row of the audit log is.
fn events(entry: &AuditEntry, now: Option<Standing>) -> Vec<HookEvent> {
    let mut events = Vec::new();
    match entry.event.as_str() {
        "automation.paused" => events.push(HookEvent::AutomationPaused),
        "automation.on" | "automation.observe" | "automation.off" => events.push(HookEvent::AutomationTurned),
        "outage.begun" => events.push(HookEvent::OutageBegun),
        "outage.ended" => events.push(HookEvent::OutageEnded),
        "ticket.made" => events.push(HookEvent::TicketCreated),
        _ => {}
    }
    if !entry.event.starts_with("ticket.") {
        return events;
    }
    let data: Value = serde_json::from_str(&entry.data).unwrap_or_default();
    let word = |name: &str| data[name].as_str().unwrap_or_default().to_owned();
    let (from, to) = (standing(&word("from"), now), standing(&word("to"), now));
    if from != to {
        events.extend(to);
    }
    events
}

/// What it is to come into the state with this name (`State::name`), of a ticket that stands so by now: two names do not
/// say alone how a ticket stands.
fn standing(state: &str, now: Option<Standing>) -> Option<HookEvent> {
    match state {
        "technician" | "held" => Some(HookEvent::TicketOpened),
        // Somebody is locked out until the link is used.
        "offered" if now == Some(Standing::Open) => Some(HookEvent::TicketOpened),
        "done" => Some(HookEvent::TicketResolved),
        "closed" if now == Some(Standing::Resolved) => Some(HookEvent::TicketResolved),
        "filed" | "observed" | "coalesced" | "closed" | "merged" => Some(HookEvent::TicketClosed),
        _ => None,
    }
}

/// No name, no address, no number, no word of a mail.
fn data(parts: &Parts, event: HookEvent, row: &Chained) -> Option<Value> {
    match event {
        HookEvent::TicketCreated
        | HookEvent::TicketOpened
        | HookEvent::TicketResolved
        | HookEvent::TicketClosed => row.ticket.as_ref().map(|ticket| of_ticket(parts, ticket)),
        HookEvent::AutomationPaused => Some(json!({ "automation": "off" })),
        HookEvent::AutomationTurned => {
            Some(json!({ "automation": row.entry.event.trim_start_matches("automation.") }))
        }
        HookEvent::OutageBegun | HookEvent::OutageEnded => Some(json!({})),
    }
}

fn of_ticket(parts: &Parts, ticket: &Ticket) -> Value {
    json!({
        "ticket": ticket.number,
        "state": ticket.state.standing().code(),
        "kind": ticket.kind.code(),
        "outcome": ticket.outcome.map(crate::ticket::Fate::code),
        "reason": ticket.reason.map(Reason::code),
        "url": format!("{}/tickets/{}", parts.rules.public_url, ticket.number),
    })
}

/// A message of Teams: one adaptive card (adaptivecards.io, 1.4), in Swedish and English.
fn card(event: HookEvent, data: &Value) -> Value {
    let word = |name: &str| data[name].as_str().unwrap_or_default();
    let number = word("ticket");
    let (swedish, english) = match event {
        HookEvent::TicketCreated => (format!("Nytt ärende {number}"), format!("New ticket {number}")),
        HookEvent::TicketOpened => (
            format!("Ärende {number} väntar på en tekniker"),
            format!("Ticket {number} waits for a technician"),
        ),
        HookEvent::TicketResolved => {
            (format!("Ärende {number} är löst"), format!("Ticket {number} is resolved"))
        }
        HookEvent::TicketClosed => {
            (format!("Ärende {number} är stängt"), format!("Ticket {number} is closed"))
        }
        HookEvent::AutomationPaused => (
            "Nyckelbud har stängt av sin automatik".to_owned(),
            "Nyckelbud has turned its automation off".to_owned(),
        ),
        HookEvent::AutomationTurned => (
            format!("Automatiken står nu på {}", word("automation")),
            format!("The automation is now {}", word("automation")),
        ),
        HookEvent::OutageBegun => ("Telefonin ligger nere".to_owned(), "The phones are down".to_owned()),
        HookEvent::OutageEnded => ("Telefonin fungerar igen".to_owned(), "The phones work again".to_owned()),
    };
    let facts: Vec<Value> = [("state", word("state")), ("reason", word("reason"))]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(title, value)| json!({ "title": title, "value": value }))
        .collect();
    let mut body = vec![
        json!({ "type": "TextBlock", "text": swedish, "weight": "Bolder", "size": "Medium", "wrap": true }),
        json!({ "type": "TextBlock", "text": english, "isSubtle": true, "wrap": true }),
    ];
    if !facts.is_empty() {
        body.push(json!({ "type": "FactSet", "facts": facts }));
    }
    let open = json!({ "type": "Action.OpenUrl", "title": "Öppna / Open", "url": word("url") });
    let actions: Vec<Value> = Some(open).filter(|_| !word("url").is_empty()).into_iter().collect();
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": body,
                "actions": actions,
            },
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(event: &str, data: &str) -> Vec<&'static str> {
        let entry = AuditEntry { actor: String::new(), event: event.to_owned(), data: data.to_owned() };
        events(&entry, None).into_iter().map(HookEvent::code).collect()
    }

    #[test]
    fn a_row_is_told_when_a_ticket_stands_otherwise_after_it() {
        assert_eq!(told("ticket.made", r#"{"to":"technician"}"#), ["ticket.created", "ticket.opened"]);
        assert_eq!(told("ticket.made", r#"{"to":"requested"}"#), ["ticket.created"]);
        assert_eq!(told("ticket.decided", r#"{"from":"requested","to":"held"}"#), ["ticket.opened"]);
        assert_eq!(
            told("ticket.unused", r#"{"from":"held","to":"technician"}"#),
            [""; 0],
            "it is open already"
        );
        assert_eq!(told("ticket.texted", r#"{"from":"sending","to":"done"}"#), ["ticket.resolved"]);
        assert_eq!(told("ticket.viewed", "{}"), [""; 0]);
        assert_eq!(told("automation.off", "{}"), ["automation.turned"]);
        assert_eq!(told("user.signed-in", "no JSON"), [""; 0]);
    }

    #[test]
    fn a_state_that_is_no_end_and_waits_for_nobody_of_the_desk_is_not_told() {
        let known = ["requested", "sealed", "issuing", "applied", "sending", "sent", "offered", "revealed"];
        for state in known.iter().chain(&["asked", "waiting"]) {
            assert_eq!(standing(state, Some(Standing::Working)), None, "{state}");
        }
        assert_eq!(standing("offered", Some(Standing::Open)), Some(HookEvent::TicketOpened));
        assert_eq!(standing("closed", Some(Standing::Resolved)), Some(HookEvent::TicketResolved));
        assert_eq!(standing("closed", Some(Standing::Closed)), Some(HookEvent::TicketClosed));
    }
}
