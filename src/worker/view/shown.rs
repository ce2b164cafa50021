//! What the store knows of a ticket, as its page shows it.

use crate::delivery::Receipt;
use crate::store::{
    Call, Channel, IntentKind, MessageKind, RelatedHow, SentMessage, StoredReceipt, TicketFile,
};
use crate::ticket::Happened;
use crate::ticket::proposal::proposal;
use crate::types::{Outcome, ReturnedFate, UnixMillis};
use crate::web::{
    HappenedShown, MailShown, RelatedBy, RelatedShown, SentShown, SentStatus, SentWhat, TicketShown,
};

/// The ticket of `file` with these mails.
pub(super) fn ticket(file: TicketFile, mails: Vec<MailShown>) -> TicketShown {
    let mut sent: Vec<SentShown> = file.messages.into_iter().map(message).collect();
    sent.extend(file.calls.into_iter().filter_map(call));
    sent.sort_by_key(|sent| sent.at);
    let ticket = file.ticket;
    let proposal = proposal(&ticket);
    let related = file.related.into_iter().map(|related| RelatedShown {
        number: related.number,
        how: match related.how {
            RelatedHow::MergedHere => RelatedBy::MergedHere,
            RelatedHow::MergedInto => RelatedBy::MergedInto,
            RelatedHow::NamesThis => RelatedBy::NamesThis,
            RelatedHow::NamedByThis => RelatedBy::NamedByThis,
        },
        subject: related.subject,
        standing: related.standing,
    });
    TicketShown {
        number: ticket.number,
        kind: ticket.kind,
        subject: ticket.subject,
        from: ticket.from.map(|from| from.as_str().to_owned()).unwrap_or_default(),
        received_at: ticket.received_at,
        settled_at: ticket.settled_at,
        standing: ticket.state.standing(),
        state: ticket.state,
        outcome: ticket.outcome,
        reason: ticket.reason,
        username: ticket.username.map(|name| name.as_str().to_owned()),
        named: ticket.named.map(|name| name.as_str().to_owned()),
        assignee: ticket.assignee,
        observed: ticket.observed,
        urgent: ticket.urgent,
        version: ticket.version,
        proposal,
        mails,
        more_mails: file.more_mails,
        trail: ticket.trail.0,
        sent,
        history: file.history.into_iter().map(happened).collect(),
        more_history: file.more_history,
        related: related.collect(),
    }
}

fn happened(row: Happened) -> HappenedShown {
    HappenedShown { at: row.at, actor: row.actor, event: row.event, data: row.data }
}

fn message(message: SentMessage) -> SentShown {
    let what = match message.kind {
        MessageKind::Acknowledgement => SentWhat::Acknowledgement,
        MessageKind::AskForDetails => SentWhat::AskForDetails,
        MessageKind::Reply => SentWhat::Reply,
        MessageKind::ManagerNotice => SentWhat::ManagerNotice,
        MessageKind::ManagerLink => SentWhat::ManagerLink,
        MessageKind::ManagerCode => SentWhat::ManagerCode,
        MessageKind::Reminder => SentWhat::Reminder,
        MessageKind::LinkClosed => SentWhat::LinkClosed,
        MessageKind::OwnerNotice => SentWhat::OwnerNotice,
        MessageKind::OwnerWarning => SentWhat::OwnerWarning,
        MessageKind::Alarm => SentWhat::Alarm,
    };
    let begun = message.begun_at;
    let ended = message.ended.as_ref().map(|(outcome, at)| (outcome, *at));
    let (status, at, detail) = match (&message.returned, message.waits) {
        (Some((ReturnedFate::Failed, code)), _) => {
            (SentStatus::Failed, ended.map_or(message.created_at, |(_, at)| at), code.clone())
        }
        (Some((ReturnedFate::Delayed, code)), _) => {
            (SentStatus::Delayed, ended.map_or(message.created_at, |(_, at)| at), code.clone())
        }
        (None, waits) => became(
            begun.unwrap_or(message.created_at),
            begun.is_some(),
            ended,
            waits,
            message.receipt.as_ref(),
        ),
    };
    let by_text = message.channel == Channel::Phone;
    SentShown { what, by_text, to: message.to, gateway: String::new(), at, status, detail }
}

/// A call that carried words; the others stand in the history.
fn call(call: Call) -> Option<SentShown> {
    let what = match call.kind {
        IntentKind::Text => SentWhat::Password,
        IntentKind::Link => SentWhat::Link,
        IntentKind::Warning => SentWhat::OwnerWarning,
        IntentKind::Mail => SentWhat::OtherMail,
        IntentKind::Set | IntentKind::Pass | IntentKind::Scramble => return None,
    };
    let ended = call.outcome.as_ref().map(|outcome| (outcome, call.begun_at));
    let (status, at, detail) = became(call.begun_at, true, ended, false, call.receipt.as_ref());
    let by_text = call.kind != IntentKind::Mail;
    Some(SentShown { what, by_text, to: String::new(), gateway: call.gateway, at, status, detail })
}

/// What became of words, since when, and why.
fn became(
    since: UnixMillis,
    begun: bool,
    ended: Option<(&Outcome, UnixMillis)>,
    waits: bool,
    receipt: Option<&StoredReceipt>,
) -> (SentStatus, UnixMillis, String) {
    match receipt.map(|told| (told.receipt, told.at)) {
        Some((Receipt::Delivered, at)) => return (SentStatus::Delivered, at, String::new()),
        Some((Receipt::Failed, at)) if !waits => return (SentStatus::Failed, at, String::new()),
        Some((Receipt::Failed | Receipt::Pending, _)) | None => {}
    }
    let Some((outcome, at)) = ended else {
        let status = if begun && !waits { SentStatus::Unknown } else { SentStatus::Queued };
        return (status, since, String::new());
    };
    let status = match outcome {
        Outcome::Accepted { .. } => return (SentStatus::Sent, at, String::new()),
        Outcome::Refused { .. } | Outcome::NotSent { .. } | Outcome::Uncertain { .. } if waits => {
            SentStatus::Retrying
        }
        Outcome::Refused { .. } => SentStatus::Failed,
        Outcome::NotSent { .. } => SentStatus::NotSent,
        Outcome::Uncertain { .. } => SentStatus::Unknown,
    };
    (status, at, outcome.detail().to_owned())
}
