//! The desk itself: its counters, its health, its audit log, and a mail on trial.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{Asked, Sent};
use super::gate::Calling;
use super::object::{CheckObject, HappenedObject, check};
use super::problem::{Code, Problem};
use super::tickets::json;
use crate::clock::{parse_rfc3339, rfc3339};
use crate::types::{EmailAddress, TicketNumber, UnixMillis};
use crate::web::port::{AuditWish, Trial, Unavailable};
use crate::web::routes::App;

/// Letters of a mail on trial.
const LONGEST_TRIAL: usize = 200_000;
/// Letters of its subject.
const LONGEST_SUBJECT: usize = 1_000;
/// Letters of an actor, and of an event.
const LONGEST_ACTOR: usize = 300;
const LONGEST_EVENT: usize = 100;
/// The last moment that has a date (RFC 3339 knows four digits of a year).
const LAST: i64 = 253_402_300_799_999;

/// Where the desk stands
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StatusObject {
    /// Of which moment: at most two seconds old
    #[schema(format = DateTime)]
    at: String,
    /// on, observe or off
    automation: String,
    /// The phones of the desk are down since then
    #[schema(format = DateTime)]
    outage_since: Option<String>,
    /// Rows of the queue: open tickets, those of the same writer and reason counted once
    open: u32,
    /// Of them, those that wait for too long
    late: u32,
    /// Open rows by their reason
    reasons: Vec<ReasonCount>,
    /// Since when the oldest open ticket waits
    #[schema(format = DateTime)]
    oldest: Option<String>,
    /// Tickets that wait for the requester or the manager
    pending: u32,
    /// Tickets that came to an end today without a technician
    done: u32,
    /// Mails that came today
    mails: u32,
}

/// Open rows of a reason
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReasonCount {
    /// The reason's code
    reason: Option<String>,
    /// How many
    open: u32,
}

/// Tells where the desk stands
#[utoipa::path(
    get, path = "/api/v1/status", operation_id = "status", tag = "desk", security(("token" = ["tickets:read"])),
    responses((status = 200, description = "The counters beside the queue", body = StatusObject))
)]
pub(super) async fn status(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let snapshot = app.ports.queue.snapshot().await?;
    let counts = &snapshot.counts;
    let mut reasons: Vec<ReasonCount> = Vec::new();
    for count in &counts.open {
        let reason = count.reason.map(|reason| reason.code().to_owned());
        match reasons.iter_mut().find(|one| one.reason == reason) {
            Some(one) => one.open += count.rows,
            None => reasons.push(ReasonCount { reason, open: count.rows }),
        }
    }
    let outage =
        app.ports.operations.outages().await?.into_iter().next().filter(|one| one.ended_at.is_none());
    Ok(json(&StatusObject {
        at: rfc3339(snapshot.at),
        automation: app.ports.operations.switch().await?.automation,
        outage_since: outage.map(|outage| rfc3339(outage.began_at)),
        open: counts.rows(|_| true),
        late: counts.open.iter().map(|count| count.late).sum(),
        reasons,
        oldest: counts.oldest().map(rfc3339),
        pending: counts.pending,
        done: counts.done,
        mails: counts.today,
    }))
}

/// How the desk's dependencies are
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HealthObject {
    /// Nothing is known not to answer
    well: bool,
    parts: Vec<PartObject>,
}

/// Something outside that the desk needs
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PartObject {
    /// `store`, `directory`, `mailbox:NAME`, `gateway:NAME`, `mail out` …
    part: String,
    /// Did it answer when it was asked last? null: nobody has asked yet
    well: Option<bool>,
    /// When it answered last
    #[schema(format = DateTime)]
    answered_at: Option<String>,
    /// How long that took, in milliseconds
    took_ms: Option<u64>,
    /// What it said, or why it did not answer
    said: String,
}

/// Tells how the desk's dependencies are
///
/// As they were when they were asked last; those that were not asked for a minute are asked now, without waiting.
#[utoipa::path(
    get, path = "/api/v1/health", operation_id = "health", tag = "desk", security(("token" = ["health:read"])),
    responses((status = 200, description = "Every dependency", body = HealthObject))
)]
pub(super) async fn health(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let all = app.ports.operations.health().await;
    let well = all.iter().all(|part| part.well != Some(false));
    let parts = all.into_iter().map(|part| PartObject {
        part: part.part,
        well: part.well,
        answered_at: part.answered_at.map(rfc3339),
        took_ms: part.took.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
        said: part.said,
    });
    Ok(json(&HealthObject { well, parts: parts.collect() }))
}

/// Which rows of the audit log are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditQuery {
    /// Written then or later
    #[param(format = DateTime)]
    from: Option<String>,
    /// Written before then
    #[param(format = DateTime)]
    to: Option<String>,
    /// By exactly this actor
    #[param(max_length = 300)]
    actor: Option<String>,
    /// Events that begin so
    #[param(max_length = 100)]
    event: Option<String>,
    /// Of this ticket
    #[param(pattern = "^[0-9]{2}-[1-9][0-9]{0,8}$")]
    ticket: Option<String>,
    /// Where the page begins: `next` of the one before
    #[param(minimum = 1)]
    before: Option<i64>,
    /// How many rows at most
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// A page of the audit log
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuditPage {
    /// The newest first
    rows: Vec<AuditObject>,
    /// Where the next page begins; null on the last
    next: Option<i64>,
}

/// A row of the audit log
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuditObject {
    /// Later rows have greater ones
    id: i64,
    #[serde(flatten)]
    happened: HappenedObject,
    /// Of which ticket
    ticket: Option<String>,
    /// Its place in the chain; 0 until it is chained
    place: i64,
    /// Its link's hash; empty until it is chained
    hash: String,
}

fn instant(text: Option<&str>) -> Result<Option<UnixMillis>, Problem> {
    let wrong = || Problem::saying(Code::Malformed, "a time is written as 2026-11-22T09:14:05Z");
    text.map(|text| parse_rfc3339(text).filter(|at| (0..=LAST).contains(&at.0)).ok_or_else(wrong)).transpose()
}

/// Reads the audit log
///
/// That the program has read it stands in it, once an hour.
#[utoipa::path(
    get, path = "/api/v1/audit", operation_id = "readAudit", tag = "desk", params(AuditQuery),
    security(("token" = ["audit:read"])),
    responses((status = 200, description = "A page", body = AuditPage))
)]
pub(super) async fn audit(
    State(app): State<Arc<App>>,
    calling: Calling,
    Asked(query): Asked<AuditQuery>,
) -> Result<Response, Problem> {
    let wrong = |what: &'static str| Problem::saying(Code::Malformed, what);
    let limit = query.limit.unwrap_or(100);
    if !(1..=500).contains(&limit) || query.before.is_some_and(|before| before < 1) {
        return Err(wrong("limit is 1 to 500, before is `next` of a page before"));
    }
    let long =
        |text: &Option<String>, most: usize| text.as_deref().is_some_and(|text| text.chars().count() > most);
    if long(&query.actor, LONGEST_ACTOR) || long(&query.event, LONGEST_EVENT) {
        return Err(wrong("no actor and no event is as long"));
    }
    let ticket = query.ticket.as_deref().map(TicketNumber::parse).transpose();
    let wish = AuditWish {
        from: instant(query.from.as_deref())?,
        to: instant(query.to.as_deref())?,
        actor: query.actor.unwrap_or_default(),
        event: query.event.unwrap_or_default(),
        ticket: ticket.map_err(|_| wrong("a ticket's number is written as 26-1141"))?,
        before: query.before,
    };
    let mut lines = app.ports.operations.audit(&wish, limit + 1).await?;
    let more = lines.len() > limit as usize;
    lines.truncate(limit as usize);
    app.ports.programs.note_reading(&calling.program.member.name).await?;
    let next = lines.last().filter(|_| more).map(|line| line.id);
    let rows = lines.into_iter().map(|line| AuditObject {
        id: line.id,
        happened: HappenedObject::new(rfc3339(line.at), &line.actor, &line.event, &line.data),
        ticket: line.ticket.map(|number| number.to_string()),
        place: line.place,
        hash: line.hash,
    });
    Ok(json(&AuditPage { rows: rows.collect(), next }))
}

/// A mail on trial
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TrialWish {
    /// Who wrote it, when `text` is not a whole mail with a header of its own
    #[schema(max_length = 254)]
    from: Option<String>,
    /// Its subject, likewise
    #[serde(default)]
    #[schema(max_length = 1000)]
    subject: String,
    /// The text, or the whole mail
    #[schema(min_length = 1, max_length = 200_000)]
    text: String,
    /// As if the organisation's own mail system vouched for the writer
    #[serde(default)]
    vouched: bool,
}

/// What would be done with it
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TrialObject {
    /// request, incomplete, ambiguous, general, automatic, follow-up or unreadable
    reading: String,
    /// The account, or the text as read
    username: Option<String>,
    /// The phone, masked
    phone: Option<String>,
    /// What would become of it
    outcome: String,
    /// Why a person or the manager would be involved
    reason: Option<String>,
    /// Would the writer get the acknowledgement?
    acknowledge: bool,
    /// Every check
    trail: Vec<CheckObject>,
}

/// Tells what would be done with a mail
///
/// Nothing is changed or sent. That the program tried stands in the audit log.
#[utoipa::path(
    post, path = "/api/v1/try", operation_id = "tryMail", tag = "desk", request_body = TrialWish,
    security(("token" = ["try"])),
    responses((status = 200, description = "What would be done", body = TrialObject))
)]
pub(super) async fn judge(
    State(app): State<Arc<App>>,
    calling: Calling,
    Sent(wish): Sent<TrialWish>,
) -> Result<Response, Problem> {
    let long = wish.text.chars().count() > LONGEST_TRIAL || wish.subject.chars().count() > LONGEST_SUBJECT;
    if wish.text.is_empty() || long {
        return Err(Problem::saying(
            Code::Invalid,
            "`text` is 1 to 200,000 characters, `subject` 1,000 at most",
        ));
    }
    let from = wish.from.as_deref().filter(|from| !from.is_empty()).map(EmailAddress::parse).transpose();
    let from = from.map_err(|_| Problem::saying(Code::Invalid, "`from` is no address"))?;
    let trial = Trial { from, subject: wish.subject, text: wish.text, vouched: wish.vouched };
    let tried = app.ports.operations.trial(&calling.program.member, trial).await;
    let tried = tried.map_err(|why| {
        tracing::warn!("a program's mail could not be tried: {why}");
        Problem::from(Unavailable)
    })?;
    Ok(json(&TrialObject {
        reading: tried.reading,
        username: tried.username,
        phone: tried.phone,
        outcome: tried.outcome,
        reason: tried.reason,
        acknowledge: tried.acknowledge,
        trail: tried.trail.0.iter().map(check).collect(),
    }))
}
