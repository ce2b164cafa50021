//! What a webhook is told of a row of the audit log: its events, and their bodies. No name, no address, no number, no
//! word of a mail.

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::clock::rfc3339;
use crate::delivery::webhook::{HookEvent, HookFormat, Webhook};
use crate::store::{AuditEntry, Chained, HookMessage};
use crate::ticket::{Standing, Ticket};
use crate::types::Reason;
use crate::worker::Parts;

/// What a webhook is told of a row.
pub(super) fn messages(parts: &Parts, hook: &Webhook, row: &Chained) -> Vec<HookMessage> {
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
        // A place is given again after a restore, a link's hash never is.
        let name = Sha256::digest(format!("{} {} {}", hook.id(), row.hash, event.code()));
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
    // A mail that is let out of quarantine begins its ticket anew.
    if !entry.event.starts_with("ticket.") && entry.event != "mail.let_out" {
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
        "observed": ticket.observed,
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
    let observed = if data["observed"] == true { "people work on the mail" } else { "" };
    let facts: Vec<Value> = [("state", word("state")), ("reason", word("reason")), ("observed", observed)]
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
        assert_eq!(told("mail.let_out", r#"{"from":"technician","to":"coalesced"}"#), ["ticket.closed"]);
        assert_eq!(told("mail.let_out", r#"{"joined":null}"#), [""; 0], "others lie there still");
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
