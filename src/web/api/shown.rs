//! A whole ticket as programs get it: what its page shows. Of phones it holds the last two digits, but for those in the
//! mails themselves.

use serde::Serialize;
use utoipa::ToSchema;

use super::object::{ActObject, HappenedObject, NoteObject, TicketObject};
use crate::clock::rfc3339;
use crate::mail::display::{Attachment, Passage, PassageKind};
use crate::web::port::{MailShown, RelatedBy, RelatedShown, SentShown, SentStatus, SentWhat, TicketShown};

/// A ticket, and all that its page shows
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WholeTicket {
    /// The ticket as in a list
    #[serde(flatten)]
    pub ticket: TicketObject,
    /// Rises with every change that people see; an act carries the one that it is meant for
    pub version: i64,
    /// What was written in its mails, oldest first
    pub conversation: Vec<MailObject>,
    /// There are older mails
    pub more_conversation: bool,
    /// What left, or shall leave, oldest first
    pub sent: Vec<SentObject>,
    /// What happened, oldest first
    pub history: Vec<HappenedObject>,
    /// More happened, earlier
    pub more_history: bool,
    /// Tickets that belong to it
    pub related: Vec<RelatedObject>,
    /// What people do, or did, to it, oldest first
    pub acts: Vec<ActObject>,
    /// What colleagues noted, oldest first
    pub notes: Vec<NoteObject>,
}

/// A mail of a ticket
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MailObject {
    id: i64,
    /// The merged ticket that it came to, when it was not this one
    ticket: Option<String>,
    #[schema(format = DateTime)]
    received_at: String,
    /// Its sender's address; empty when that is not one
    from: String,
    /// What the sender calls themselves
    name: String,
    /// Somebody vouches for that address
    vouched: bool,
    /// A machine wrote it
    machine: bool,
    subject: String,
    /// What it says; empty for one of the older mails, which are only named
    text: Vec<PassageObject>,
    attachments: Vec<AttachmentObject>,
}

/// Lines of a mail
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PassageObject {
    /// Whose words: written, signature or quoted
    kind: String,
    lines: Vec<String>,
}

/// A part of a mail that is no text
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AttachmentObject {
    name: String,
    /// Octets
    size: usize,
    /// Its type by its octets; empty when they tell of none
    kind: String,
    /// It is not handed out
    blocked: bool,
}

/// Words that left, or shall leave
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SentObject {
    /// Which
    what: String,
    /// By text rather than by mail
    by_text: bool,
    /// To which mailbox; empty for a text
    to: String,
    /// Through which gateway; empty for a mail
    gateway: String,
    /// Since when it stands so
    #[schema(format = DateTime)]
    at: String,
    /// queued, retrying, sent, delivered, delayed, failed, not-sent or unknown
    status: String,
    /// Why
    detail: String,
}

/// A ticket that belongs to another
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RelatedObject {
    number: String,
    /// merged-here, merged-into, names-this or named-by-this
    how: String,
    subject: String,
    state: String,
}

/// The parts of `shown` beside the object itself.
pub(super) fn whole(
    ticket: TicketObject,
    shown: &TicketShown,
    acts: Vec<ActObject>,
    notes: Vec<NoteObject>,
) -> WholeTicket {
    let happened = |row: &crate::web::port::HappenedShown| {
        HappenedObject::new(rfc3339(row.at), &row.actor, &row.event, &row.data)
    };
    WholeTicket {
        ticket,
        version: shown.version,
        conversation: shown.mails.iter().map(mail).collect(),
        more_conversation: shown.more_mails,
        sent: shown.sent.iter().map(sent).collect(),
        history: shown.history.iter().map(happened).collect(),
        more_history: shown.more_history,
        related: shown.related.iter().map(related).collect(),
        acts,
        notes,
    }
}

fn mail(mail: &MailShown) -> MailObject {
    let body = mail.body.as_deref().map(|body| &body.displayed);
    MailObject {
        id: mail.id,
        ticket: mail.of.map(|number| number.to_string()),
        received_at: rfc3339(mail.received_at),
        from: mail.sender.clone(),
        name: body.map(|body| body.name.clone()).unwrap_or_default(),
        vouched: mail.vouched,
        machine: mail.machine,
        subject: body.map(|body| body.subject.clone()).unwrap_or_default(),
        text: body.map(|body| body.text.iter().map(passage).collect()).unwrap_or_default(),
        attachments: body.map(|body| body.attachments.iter().map(attachment).collect()).unwrap_or_default(),
    }
}

fn passage(passage: &Passage) -> PassageObject {
    let kind = match passage.kind {
        PassageKind::Written => "written",
        PassageKind::Signature => "signature",
        PassageKind::Quoted => "quoted",
    };
    PassageObject { kind: kind.to_owned(), lines: passage.lines.clone() }
}

fn attachment(attachment: &Attachment) -> AttachmentObject {
    AttachmentObject {
        name: attachment.name.clone(),
        size: attachment.size,
        kind: attachment.kind.to_owned(),
        blocked: attachment.blocked.is_some(),
    }
}

fn sent(sent: &SentShown) -> SentObject {
    let what = match sent.what {
        SentWhat::Acknowledgement => "acknowledgement",
        SentWhat::AskForDetails => "ask-for-details",
        SentWhat::Reply => "reply",
        SentWhat::Password => "password",
        SentWhat::Link => "link",
        SentWhat::ManagerNotice => "manager-notice",
        SentWhat::ManagerLink => "manager-link",
        SentWhat::ManagerCode => "manager-code",
        SentWhat::Reminder => "reminder",
        SentWhat::LinkClosed => "link-closed",
        SentWhat::OwnerNotice => "owner-notice",
        SentWhat::OwnerWarning => "owner-warning",
        SentWhat::Alarm => "alarm",
        SentWhat::OtherMail => "other-mail",
    };
    let status = match sent.status {
        SentStatus::Queued => "queued",
        SentStatus::Retrying => "retrying",
        SentStatus::Sent => "sent",
        SentStatus::Delivered => "delivered",
        SentStatus::Delayed => "delayed",
        SentStatus::Failed => "failed",
        SentStatus::NotSent => "not-sent",
        SentStatus::Unknown => "unknown",
    };
    SentObject {
        what: what.to_owned(),
        by_text: sent.by_text,
        to: sent.to.clone(),
        gateway: sent.gateway.clone(),
        at: rfc3339(sent.at),
        status: status.to_owned(),
        detail: sent.detail.clone(),
    }
}

fn related(related: &RelatedShown) -> RelatedObject {
    let how = match related.how {
        RelatedBy::MergedHere => "merged-here",
        RelatedBy::MergedInto => "merged-into",
        RelatedBy::NamesThis => "names-this",
        RelatedBy::NamedByThis => "named-by-this",
    };
    RelatedObject {
        number: related.number.to_string(),
        how: how.to_owned(),
        subject: related.subject.clone(),
        state: related.standing.code().to_owned(),
    }
}
