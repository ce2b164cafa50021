//! Tickets of invented people, so that their page is made once at start: a site's own template that cannot be
//! filled is found then, and not by a technician.

use std::sync::Arc;

use crate::mail::display::{Attachment, Blocked, Displayed, HtmlTold, Passage, PassageKind};
use crate::request::marks::{Mark, MarkedField};
use crate::ticket::{Canned, Kind, PasswordFact, Proposal, Proposed, State};
use crate::types::{Check, CheckResult, Reason, TicketNumber, TrailLine, UnixMillis};
use crate::web::port::{
    HappenedShown, MailBody, MailShown, RelatedBy, RelatedShown, SentShown, SentStatus, SentWhat, TicketShown,
};

/// Every step.
const ALL: [Proposed; 12] = [
    Proposed::Approve,
    Proposed::Retry,
    Proposed::AnotherManager,
    Proposed::ToRegisteredPhone,
    Proposed::SetAside,
    Proposed::ChooseAccount,
    Proposed::Ask,
    Proposed::Reply,
    Proposed::Canned(Canned::Refusal),
    Proposed::Phishing,
    Proposed::Close,
    Proposed::Reopen,
];

/// One with everything, and one with nothing.
pub(in crate::web::staff) fn tickets() -> [TicketShown; 2] {
    [full(), empty()]
}

fn empty() -> TicketShown {
    let state = State::requested();
    TicketShown {
        number: TicketNumber::new(26, 1),
        kind: Kind::Password,
        subject: String::new(),
        from: String::new(),
        received_at: UnixMillis(0),
        settled_at: None,
        standing: state.standing(),
        state,
        outcome: None,
        reason: None,
        username: None,
        named: None,
        assignee: String::new(),
        observed: false,
        urgent: false,
        version: 1,
        proposal: None,
        mails: Vec::new(),
        more_mails: false,
        trail: Vec::new(),
        sent: Vec::new(),
        history: Vec::new(),
        more_history: false,
        related: Vec::new(),
    }
}

fn full() -> TicketShown {
    let state = State::Technician { password: PasswordFact::NotChanged };
    let named = MailShown { body: None, of: Some(TicketNumber::new(26, 2)), ..mail() };
    let line = |check, result, evidence: &str| TrailLine { check, result, evidence: evidence.to_owned() };
    TicketShown {
        subject: "Nytt lösenord".to_owned(),
        from: "anna.andersson@kommun.example".to_owned(),
        settled_at: Some(UnixMillis(0)),
        standing: state.standing(),
        state,
        reason: Some(Reason::PhoneMismatch),
        username: Some("annand12".to_owned()),
        named: Some("annand12".to_owned()),
        assignee: "eva.lind".to_owned(),
        observed: true,
        urgent: true,
        proposal: Some(Proposal { first: Proposed::ToManager, others: ALL.to_vec() }),
        mails: vec![named, mail()],
        more_mails: true,
        trail: vec![
            line(Check::Username, CheckResult::Pass, "line 1"),
            line(Check::PhoneRegistered, CheckResult::Fail, "••• 05 is none of mobile ••• 24"),
            line(Check::Directory, CheckResult::Unknown, "no answer"),
            line(Check::PhoneAge, CheckResult::Skipped, "no least age is set"),
            line(Check::Outcome, CheckResult::Pass, "a technician (phone-mismatch)"),
        ],
        sent: vec![SentShown {
            what: SentWhat::Acknowledgement,
            by_text: false,
            to: "anna.andersson@kommun.example".to_owned(),
            gateway: String::new(),
            at: UnixMillis(0),
            status: SentStatus::Failed,
            detail: "5.1.1".to_owned(),
        }],
        history: vec![HappenedShown {
            at: UnixMillis(0),
            actor: "nyckelbud".to_owned(),
            event: "ticket.made".to_owned(),
            data: "{}".to_owned(),
        }],
        more_history: true,
        related: vec![RelatedShown {
            number: TicketNumber::new(26, 2),
            how: RelatedBy::MergedHere,
            subject: "Lösenord".to_owned(),
            standing: crate::ticket::Standing::Closed,
        }],
        ..empty()
    }
}

fn mail() -> MailShown {
    let passage = |kind, first, text: &str| Passage { kind, first, lines: vec![text.to_owned()] };
    let displayed = Displayed {
        name: "Anna Andersson".to_owned(),
        address: "anna.andersson@kommun.example".to_owned(),
        to: "servicedesk@kommun.example".to_owned(),
        text: vec![
            passage(PassageKind::Written, 1, "Användarnamn: annand12"),
            passage(PassageKind::Quoted, 0, "> Hej"),
            passage(PassageKind::Signature, 0, "Anna"),
        ],
        turned: 1,
        attachments: vec![Attachment {
            place: 0,
            name: "a.zip".to_owned(),
            size: 1,
            kind: "application/zip",
            blocked: Some(Blocked::Archive),
        }],
        html: Some(HtmlTold::default()),
        unreadable: None,
        ..Displayed::default()
    };
    let marks = vec![Mark { field: MarkedField::Username, line: 1, at: 15..23 }];
    MailShown {
        id: 1,
        of: None,
        received_at: UnixMillis(0),
        vouched: false,
        machine: false,
        sender: "anna.andersson@kommun.example".to_owned(),
        body: Some(Arc::new(MailBody { displayed, marks })),
    }
}
