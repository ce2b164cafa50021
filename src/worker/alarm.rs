//! People are told of what a machine cannot judge: a link that a second browser opens after it was used.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::Parts;
use super::handover::bound_to;
use super::work::{Draft, Due, Work, WorkError};
use crate::store::{Addressee, AuditEntry, MACHINE, MessageKind, NewMessage};
use crate::ticket::{PasswordFact, State, Ticket, Way};
use crate::types::{Check, CheckResult, UnixMillis};

const SECOND: &str = "the page was opened in a second browser after it was used; it showed nothing there";

/// Longer than a program that was stopped keeps a ticket to itself: nobody silences the alarm by that.
const PATIENCE: Duration = Duration::from_secs(5 * 60);
/// A ticket that somebody has is tried for again after so long: nobody waits for the alarm's own end.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The mails to the people of `notify.mail`, with `text`.
pub(crate) fn to_people(parts: &Parts, text: &str) -> Vec<NewMessage> {
    let mail = |to: &crate::types::EmailAddress| NewMessage {
        kind: MessageKind::Alarm,
        to: Addressee::Mail(to.clone()),
        values: json!({ "text": text }).to_string(),
    };
    parts.rules.alarm_to.iter().map(mail).collect()
}

/// A browser with this hash looks at a link that another one has used. Told once a link.
pub(crate) async fn opened_elsewhere(
    parts: &Arc<Parts>,
    ticket: &Ticket,
    browser: &str,
) -> Result<(), WorkError> {
    let told = |ticket: &Ticket| ticket.trail.0.iter().any(|line| line.evidence == SECOND);
    if told(ticket) {
        return Ok(());
    }
    let until = parts.moment() + PATIENCE;
    let mut work = loop {
        let taken = parts.moment();
        let claim = parts.store.claim_ticket(ticket.id, &parts.owner, parts.timing.lease).await?;
        if let Some(claim) = claim {
            break Work::new(Arc::clone(parts), claim, taken);
        }
        if parts.moment() >= until {
            return Err(WorkError::Lacks("a moment in which nobody has it"));
        }
        tokio::time::sleep(LOOK_EVERY).await;
        // Whoever reloads the page is waited for as often as they reload it.
        if parts.store.ticket(ticket.id).await?.is_none_or(|now| told(&now)) {
            return Ok(());
        }
    };
    if used_by_another(&work, browser) && !told(&work.claim.ticket) {
        let number = ticket.number;
        let text = format!(
            "Ticket {number}: {SECOND}. Ask the person whom the link or code went to whether both browsers \
             were theirs. If not, somebody else has it: set another password."
        );
        let mut trail = work.claim.ticket.trail.clone();
        trail.add(Check::Outcome, CheckResult::Fail, SECOND);
        let audit = AuditEntry {
            actor: MACHINE.to_owned(),
            event: "pickup.second-browser".to_owned(),
            data: json!({ "state": work.state().name() }).to_string(),
        };
        let draft = Draft {
            trail: Some(trail),
            told: vec![audit],
            messages: to_people(parts, &text),
            due: Due::At(parts.now()),
            ..Draft::default()
        };
        tracing::warn!(ticket = %number, "{SECOND}");
        work.commit_same(draft).await?;
    }
    work.give_back(parts.now()).await?;
    parts.wake.notify_one();
    Ok(())
}

/// Has another browser than this one seen the password? Also when it has ended the matter since: whoever has
/// stolen a link would say "handed over" first, and the manager, who comes later, would be told nothing.
fn used_by_another(work: &Work, browser: &str) -> bool {
    if work.state().job().is_some_and(|job| matches!(job.way, Way::Page { .. })) {
        return !bound_to(work.state(), browser);
    }
    let seen = match work.state() {
        State::Done { .. } => true,
        State::Technician { password } | State::Waiting { password } | State::Closed { password, .. } => {
            *password != PasswordFact::NotChanged
        }
        State::Requested { .. }
        | State::Sealed { .. }
        | State::Issuing { .. }
        | State::Applied { .. }
        | State::Sending { .. }
        | State::Sent { .. }
        | State::Offered { .. }
        | State::Revealed { .. }
        | State::Asked
        | State::Filed
        | State::Observed
        | State::Coalesced { .. }
        | State::Held
        | State::Merged { .. } => false,
    };
    let ticket = &work.claim.ticket;
    let by = &ticket.pickup_browser;
    let lately = |at: UnixMillis| work.now() < at.plus(work.parts.rules.pickup_valid);
    seen && !by.is_empty() && by != browser && ticket.settled_at.is_none_or(lately)
}
