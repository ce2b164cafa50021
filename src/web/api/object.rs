//! What programs get: objects of JSON, and their schemas in the interface's document.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::clock::rfc3339;
use crate::ticket::{Fate, Happened, KeptAct, Note, Ticket};
use crate::types::{Reason, TrailLine};

/// A ticket, here and from `nyckelbud tickets --json`.
#[derive(Debug, Serialize, ToSchema)]
pub struct TicketObject {
    /// The number people quote
    #[schema(example = "26-1141", pattern = "^[0-9]{2}-[1-9][0-9]*$")]
    number: String,
    /// new, working, open, pending, resolved or closed
    state: String,
    /// password, general, automatic or quarantine
    kind: String,
    /// sms, manager, asked, technician, filed or merged; null while undecided
    outcome: Option<String>,
    /// Why a person or the manager is involved: a stable code
    reason: Option<String>,
    /// The account's username
    account: Option<String>,
    /// The mailbox that its first mail came to; empty for a ticket made by hand
    mailbox: String,
    /// Of its first mail
    message_id: Option<String>,
    /// Phone numbers are masked
    subject: String,
    /// Who wrote its first mail
    from: Option<String>,
    /// When its first mail came
    #[schema(format = DateTime)]
    received_at: String,
    /// Since when nothing is left for the machine to do
    #[schema(format = DateTime)]
    settled_at: Option<String>,
    /// Who has taken it
    assignee: Option<String>,
    /// How many mails it has
    mails: usize,
    /// Their Message-IDs; null for a mail that has none
    messages: Vec<Option<String>>,
    /// The ticket that goes on in its place
    merged_into: Option<String>,
    /// Another writer's ticket that its first mail names
    linked_to: Option<String>,
    /// Only there, and true, when it comes before others: an owner says that it was not them
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(default = false)]
    urgent: bool,
    /// Only there, and true, when the automation observed: nothing of it was done
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(default = false)]
    observed: bool,
    /// Why it was decided so; not in lists, which leave no trace of who looks
    #[serde(skip_serializing_if = "Option::is_none")]
    trail: Option<Vec<CheckObject>>,
}

/// A check of the decision
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckObject {
    /// What was checked
    #[schema(value_type = String)]
    check: crate::types::Check,
    /// pass, fail, unknown or skipped
    #[schema(value_type = String)]
    result: crate::types::CheckResult,
    /// What the answer rests on
    evidence: String,
}

pub(super) fn check(line: &TrailLine) -> CheckObject {
    CheckObject { check: line.check, result: line.result, evidence: line.evidence.clone() }
}

impl TicketObject {
    /// The object of a ticket whose mails have these Message-IDs; empty for one that has none.
    #[must_use]
    pub fn of(ticket: &Ticket, messages: &[String]) -> Self {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Self {
            number: ticket.number.to_string(),
            state: ticket.state.standing().code().to_owned(),
            kind: ticket.kind.code().to_owned(),
            outcome: ticket.outcome.map(|outcome| Fate::code(outcome).to_owned()),
            reason: ticket.reason.map(|reason| Reason::code(reason).to_owned()),
            account: ticket.username.as_ref().map(ToString::to_string),
            mailbox: ticket.mailbox.clone(),
            message_id: ticket.message_id.as_ref().map(|id| id.as_str().to_owned()),
            subject: ticket.subject.clone(),
            from: ticket.from.as_ref().map(|from| from.as_str().to_owned()),
            received_at: rfc3339(ticket.received_at),
            settled_at: ticket.settled_at.map(rfc3339),
            assignee: some(&ticket.assignee),
            mails: messages.len(),
            messages: messages.iter().map(|id| some(id)).collect(),
            merged_into: ticket.merged_into.map(|number| number.to_string()),
            linked_to: ticket.link.map(|link| link.to.to_string()),
            urgent: ticket.urgent,
            observed: ticket.observed,
            trail: Some(ticket.trail.0.iter().map(check).collect()),
        }
    }

    /// As it stands in a list.
    #[must_use]
    pub(super) fn listed(self) -> Self {
        Self { trail: None, ..self }
    }
}

/// Somebody has done something
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HappenedObject {
    /// When
    #[schema(format = DateTime)]
    pub at: String,
    /// Who: `user:NAME`, `token:NAME`, `nyckelbud` …
    pub actor: String,
    /// What: a stable word
    pub event: String,
    /// More
    #[schema(value_type = Object)]
    pub data: Value,
}

impl HappenedObject {
    pub fn of(row: &Happened) -> Self {
        Self::new(rfc3339(row.at), &row.actor, &row.event, &row.data)
    }

    pub fn new(at: String, actor: &str, event: &str, data: &str) -> Self {
        let data = serde_json::from_str(data).ok().filter(Value::is_object).unwrap_or_default();
        let data = if data.is_object() { data } else { Value::Object(serde_json::Map::new()) };
        Self { at, actor: actor.to_owned(), event: event.to_owned(), data }
    }
}

/// Something that somebody does, or did, to a ticket
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ActObject {
    /// By which it is undone
    pub id: i64,
    /// Of which ticket
    pub ticket: String,
    /// What: a stable word
    pub act: String,
    /// Who
    pub by: String,
    /// The colleague who approved or declined it
    pub with: Option<String>,
    /// waiting (until due_at, to be undone), colleague (waits for one), done, undone, refused, declined or lapsed
    pub status: String,
    /// Why it was not carried out; empty otherwise
    pub why: String,
    /// The ticket's version as whoever wanted it saw it
    pub version: i64,
    /// When it was wanted
    #[schema(format = DateTime)]
    pub made_at: String,
    /// When it is carried out, or has lapsed without a colleague
    #[schema(format = DateTime)]
    pub due_at: String,
}

impl ActObject {
    pub fn of(act: &KeptAct) -> Self {
        Self {
            id: act.id,
            ticket: act.number.to_string(),
            act: act.act.code().to_owned(),
            by: act.by.name.actor(),
            with: act.with.as_ref().map(|with| with.name.actor()),
            status: act.status.code().to_owned(),
            why: act.why.clone(),
            version: act.version,
            made_at: rfc3339(act.made_at),
            due_at: rfc3339(act.due_at),
        }
    }
}

/// A word to colleagues
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NoteObject {
    /// Who wrote it
    pub by: String,
    /// The word
    pub text: String,
    /// When
    #[schema(format = DateTime)]
    pub at: String,
}

impl NoteObject {
    pub fn of(note: &Note) -> Self {
        Self { by: note.by.name.actor(), text: note.text.clone(), at: rfc3339(note.at) }
    }
}

/// A page of tickets
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TicketsPage {
    /// The tickets, in the order of the list
    pub tickets: Vec<TicketObject>,
    /// Where the next page begins; null on the last
    pub next: Option<String>,
    /// So many further tickets of the writers and reasons of this page are left out
    pub left_out: usize,
}

/// The acts of a ticket, oldest first
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ActsPage {
    /// The acts
    pub acts: Vec<ActObject>,
}

/// A ticket that was made
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Made {
    /// Its number
    pub number: String,
}
