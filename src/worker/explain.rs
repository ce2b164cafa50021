//! What would be done with a mail, and why: reads the directory, changes and sends nothing.

use std::time::Duration;

use serde::Serialize;
use serde_json::json;
use tokio::task::JoinError;

use super::answer::{Kept, acknowledgement, kind_of};
use super::looked::{Looked, look};
use super::reads::ReadMail;
use super::work::WorkError;
use super::{Parts, decide, reads, signatures};
use crate::decision::Automation;
use crate::directory::{Facts, Lookup};
use crate::mail::{Authentication, Unreadable};
use crate::mailbox::Shelf;
use crate::request::Reading;
use crate::store::{Arrival, Thread};
use crate::telemetry::how_it_ended;
use crate::ticket::flood;
use crate::types::{Trail, UnixMillis};

/// The answer of `explain`, in the words of its `--json`.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// `request`, `incomplete`, `ambiguous`, `general`, `automatic`, `follow-up`, `unreadable`.
    pub reading: String,
    /// The account's canonical name, else the text as read.
    pub username: Option<String>,
    /// The phone as read, in full: it is this mail's own.
    pub phone: Option<String>,
    /// Who wrote it, and who vouches.
    pub sender: serde_json::Value,
    /// Would the writer get the acknowledgement?
    pub acknowledge: bool,
    /// What would become of it.
    pub outcome: String,
    /// Why a human or the manager would be involved.
    pub reason: Option<String>,
    /// The ticket it would join.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// Another writer's ticket that it names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linked_to: Option<String>,
    /// Every check with its evidence.
    pub trail: Trail,
}

/// Explains one mail as if it had just been written, and come to a mailbox with this authentication. `truncated` says that
/// `raw` is only its beginning.
///
/// # Errors
/// In words: the store or the directory could not be asked.
pub async fn explain(
    parts: &Parts,
    raw: Vec<u8>,
    truncated: bool,
    authentication: Authentication,
    received_at: UnixMillis,
) -> Result<Explanation, String> {
    if truncated {
        return Ok(unread("it is larger than the mailbox's max_mail_size"));
    }
    let read = match read(parts, raw, authentication).await.map_err(|e| how_it_ended(&e).to_owned())? {
        Ok(read) => read,
        Err(unreadable) => return Ok(unread(&unreadable.to_string())),
    };
    let automation = parts.automation().await.map_err(|e| e.to_string())?;
    let (rules, now) = (&parts.rules, parts.now());
    let kept = Kept { mailbox: "", shelf: Shelf::Inbox, validity: 0, automation, rules, year: 0, now };
    let acknowledge = acknowledgement(&kept, &read.mail, received_at).is_some();
    let arrival = Arrival {
        kind: kind_of(&read.reading),
        mailbox: kept.mailbox,
        from: read.mail.sender.address.as_ref(),
        trust: read.mail.sender.trust,
        answers: &read.mail.answers,
        tag: read.mail.tag,
        received_at,
        observed: automation == Automation::Observe,
    };
    let thread = parts.store.thread_of(&arrival).await.map_err(|e| e.to_string())?;
    let link = if let Thread::Own(link) = thread { link } else { None };
    let together = reads::Together {
        // A mail that is explained may be an old one; it is as if it had come when it was written.
        delay: Duration::ZERO,
        ..reads::Together::of(&read.mail, read.reading, received_at)
    };
    let looked = look(parts, together, automation, false, link, None, None)
        .await
        .map_err(|e: WorkError| e.to_string())?;
    Ok(in_its_place(said(looked, acknowledge), thread, &arrival))
}

/// What the mail alone would bring about.
fn said(looked: Looked, acknowledge: bool) -> Explanation {
    let (outcome, reason) = decide::would_be(&looked.decided.decision);
    let (username, phone) = fields(&looked.together.reading);
    let canonical = match &looked.facts {
        Some(Ok(Facts { lookup: Lookup::One(account), .. })) => Some(account.username.to_string()),
        Some(Ok(Facts { lookup: Lookup::Nobody | Lookup::Several, .. }) | Err(_)) | None => None,
    };
    let sender = &looked.together.sender;
    Explanation {
        reading: looked.together.reading.code().to_owned(),
        username: canonical.or(username),
        phone,
        sender: json!({
            "address": sender.address,
            "trust": sender.trust.code(),
            "evidence": sender.evidence,
        }),
        acknowledge,
        outcome: outcome.code().to_owned(),
        reason: reason.map(|r| r.code().to_owned()),
        ticket: None,
        linked_to: None,
        trail: looked.decided.trail,
    }
}

/// The same with what its place among the tickets makes of it.
fn in_its_place(alone: Explanation, thread: Thread, arrival: &Arrival<'_>) -> Explanation {
    match thread {
        Thread::Own(link) => Explanation { linked_to: link.map(|link| link.to.to_string()), ..alone },
        Thread::Joins(ticket) => {
            Explanation { reading: "follow-up".to_owned(), ticket: Some(ticket.to_string()), ..alone }
        }
        Thread::Flood(ticket) => {
            let begin = flood::begin(arrival.kind, arrival.observed);
            Explanation {
                acknowledge: false,
                outcome: begin.outcome.map_or_else(String::new, |outcome| outcome.code().to_owned()),
                reason: begin.reason.map(|reason| reason.code().to_owned()),
                ticket: ticket.map(|ticket| ticket.to_string()),
                trail: flood::trail(&flood::subject(arrival.from)),
                ..alone
            }
        }
    }
}

/// Reads the mail; its signatures are checked as when it comes.
async fn read(
    parts: &Parts,
    raw: Vec<u8>,
    authentication: Authentication,
) -> Result<Result<ReadMail, Unreadable>, JoinError> {
    let domains = parts.rules.own_domains.clone();
    let checked = signatures::checked(parts, &authentication, vec![raw]).await?;
    tokio::task::spawn_blocking(move || {
        let read = |(raw, found): &(Vec<u8>, _)| {
            reads::read_mail(raw, &authentication, Option::as_ref(found), &domains)
        };
        checked.first().map_or(Err(Unreadable::Empty), read)
    })
    .await
}

fn fields(reading: &Reading) -> (Option<String>, Option<String>) {
    match reading {
        Reading::Request(request) => {
            (Some(request.username.value.to_string()), Some(request.phone.value.e164().to_owned()))
        }
        Reading::Incomplete { username, phone } => (
            username.as_ref().map(|f| f.value.to_string()),
            phone.as_ref().map(|f| f.value.e164().to_owned()),
        ),
        Reading::Ambiguous { .. } | Reading::General | Reading::Automatic(_) => (None, None),
    }
}

fn unread(why: &str) -> Explanation {
    let mut trail = Trail::default();
    trail.add(crate::types::Check::Reading, crate::types::CheckResult::Fail, why);
    Explanation {
        reading: "unreadable".to_owned(),
        username: None,
        phone: None,
        sender: json!({ "address": null, "trust": "unverified", "evidence": "the mail cannot be read" }),
        acknowledge: false,
        outcome: "technician".to_owned(),
        reason: None,
        ticket: None,
        linked_to: None,
        trail,
    }
}
