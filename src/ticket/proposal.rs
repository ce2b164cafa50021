//! The one next step that is proposed for a ticket, and what else lies near (design/ux.md, 2.3). The page of a ticket
//! and the queue show the same.

use super::{Canned, Closing, Kind, PasswordFact, State, Ticket};
use crate::types::Reason;

/// What a ticket was made from, as far as steps depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A mail of somebody to whom one can write.
    Writer,
    /// A mail of nobody to whom one can write.
    Nobody,
    /// No mail: somebody came in person, and one of the desk's people has made it.
    ByHand,
}

/// A step that somebody may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proposed {
    /// Approve the sender.
    Approve,
    /// Decide again.
    Retry,
    /// Ask the nearest manager.
    ToManager,
    /// Ask another manager, with a colleague.
    AnotherManager,
    /// Text a registered phone all the same, with a colleague.
    ToRegisteredPhone,
    /// Set a limit, a freeze or the age aside, with a colleague.
    SetAside,
    /// Name the account.
    ChooseAccount,
    /// Ask the writer for details.
    Ask,
    /// Write to the writer.
    Reply,
    /// One of the texts that lie ready.
    Canned(Canned),
    /// Phishing.
    Phishing,
    /// It is solved.
    Close,
    /// Take it up again.
    Reopen,
}

/// What is proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The next step.
    pub first: Proposed,
    /// What else lies near, the nearest first.
    pub others: Vec<Proposed>,
}

/// The proposal for `ticket`; `None` while the machine is at work, or when nothing is to be done.
#[must_use]
pub fn proposal(ticket: &Ticket) -> Option<Proposal> {
    let origin = match &ticket.from {
        Some(_) => Origin::Writer,
        None if ticket.mailbox.is_empty() => Origin::ByHand,
        None => Origin::Nobody,
    };
    proposal_of(&ticket.state, ticket.kind, ticket.observed, ticket.reason, origin)
}

/// The same of what a row of the queue knows of its ticket.
#[must_use]
pub fn proposal_of(
    state: &State,
    kind: Kind,
    observed: bool,
    reason: Option<Reason>,
    origin: Origin,
) -> Option<Proposal> {
    let proposal = step_of(state, kind, observed, reason)?;
    Some(match origin {
        Origin::Writer => proposal,
        Origin::Nobody => without(proposal, Proposed::Close, writes),
        // No mail says a phone by which the request could be decided, and nobody waits for an answer.
        Origin::ByHand => match proposal.first {
            Proposed::Reopen => proposal,
            Proposed::Approve
            | Proposed::Retry
            | Proposed::ToManager
            | Proposed::AnotherManager
            | Proposed::ToRegisteredPhone
            | Proposed::SetAside
            | Proposed::ChooseAccount
            | Proposed::Ask
            | Proposed::Reply
            | Proposed::Canned(_)
            | Proposed::Phishing
            | Proposed::Close => of(
                Proposed::ToRegisteredPhone,
                &[Proposed::ToManager, Proposed::AnotherManager, Proposed::Close],
            ),
        },
    })
}

/// Does it go to the writer, or is it about them?
fn writes(step: Proposed) -> bool {
    match step {
        Proposed::Ask | Proposed::Reply | Proposed::Canned(_) | Proposed::Approve => true,
        Proposed::Retry
        | Proposed::ToManager
        | Proposed::AnotherManager
        | Proposed::ToRegisteredPhone
        | Proposed::SetAside
        | Proposed::ChooseAccount
        | Proposed::Phishing
        | Proposed::Close
        | Proposed::Reopen => false,
    }
}

/// `proposal` without the steps that `cannot` be; `instead` is the first one then.
fn without(proposal: Proposal, instead: Proposed, cannot: fn(Proposed) -> bool) -> Proposal {
    let Proposal { first, mut others } = proposal;
    let first = if cannot(first) { instead } else { first };
    others.retain(|other| !cannot(*other) && *other != first);
    Proposal { first, others }
}

fn step_of(state: &State, kind: Kind, observed: bool, reason: Option<Reason>) -> Option<Proposal> {
    match state {
        State::Technician { .. } | State::Held if observed || kind == Kind::Quarantine => {
            Some(of(Proposed::Close, &[Proposed::Phishing]))
        }
        State::Technician { password } => Some(with_people(reason, *password)),
        State::Held => Some(with_people(reason, PasswordFact::MayHaveChanged)),
        State::Asked | State::Waiting { .. } => {
            Some(of(Proposed::Reply, &[Proposed::Retry, Proposed::Close, Proposed::Phishing]))
        }
        State::Closed { how: Closing::Resolved, .. }
        | State::Closed { how: Closing::Phishing, .. }
        | State::Done { .. }
        | State::Filed
        | State::Observed
        | State::Coalesced { .. }
        | State::Merged { .. } => Some(of(Proposed::Reopen, &[])),
        State::Requested { .. }
        | State::Sealed { .. }
        | State::Issuing { .. }
        | State::Applied { .. }
        | State::Sending { .. }
        | State::Sent { .. }
        | State::Offered { .. }
        | State::Revealed { .. } => None,
    }
}

fn of(first: Proposed, others: &[Proposed]) -> Proposal {
    Proposal { first, others: others.to_vec() }
}

fn with_people(reason: Option<Reason>, password: PasswordFact) -> Proposal {
    let first = match first(reason) {
        // Whoever is locked out by us is helped, not asked.
        Proposed::Ask if !password.is_not_changed() => Proposed::ToManager,
        first => first,
    };
    let mut others = others(reason);
    others.retain(|other| *other != first && (password.is_not_changed() || *other != Proposed::Ask));
    Proposal { first, others }
}

fn first(reason: Option<Reason>) -> Proposed {
    let Some(reason) = reason else { return Proposed::Reply };
    match reason {
        Reason::PhoneMismatch
        | Reason::NoPhone
        | Reason::PhoneTakesNoSms
        | Reason::PhoneTooNew
        | Reason::PhoneForeign
        | Reason::DeliveryFailed
        | Reason::PickupExpired
        | Reason::HandoverUnconfirmed => Proposed::ToManager,
        Reason::SenderUnverified => Proposed::Approve,
        Reason::FieldsMissing | Reason::FieldsAmbiguous | Reason::AccountUnknown | Reason::MailTooOld => {
            Proposed::Ask
        }
        Reason::AccountAmbiguous => Proposed::ChooseAccount,
        Reason::NoManager | Reason::ManagerDeclined => Proposed::AnotherManager,
        Reason::DirectoryFailed
        | Reason::ResetRefused
        | Reason::ResetUncertain
        | Reason::StoreRestored
        | Reason::AutomationOff => Proposed::Retry,
        Reason::LimitAccount | Reason::LimitSender | Reason::LimitDesk => Proposed::SetAside,
        Reason::AccountDisabled | Reason::AccountProtected => Proposed::Canned(Canned::Refusal),
        Reason::AccountFrozen | Reason::PasswordUnused | Reason::OtherSubject => Proposed::Reply,
    }
}

fn others(reason: Option<Reason>) -> Vec<Proposed> {
    let Some(reason) = reason else { return vec![Proposed::Close, Proposed::Phishing] };
    let mut others = match reason {
        Reason::PhoneMismatch | Reason::PhoneTooNew | Reason::PhoneForeign => {
            vec![Proposed::Ask, Proposed::AnotherManager, Proposed::ToRegisteredPhone]
        }
        Reason::NoPhone
        | Reason::PhoneTakesNoSms
        | Reason::DeliveryFailed
        | Reason::PickupExpired
        | Reason::HandoverUnconfirmed => vec![Proposed::AnotherManager, Proposed::Retry],
        Reason::SenderUnverified => vec![Proposed::Ask, Proposed::ToManager],
        Reason::FieldsMissing | Reason::AccountUnknown => {
            vec![Proposed::ChooseAccount, Proposed::ToManager]
        }
        // Which of its phones counts is not settled by naming the account.
        Reason::FieldsAmbiguous => vec![Proposed::ToManager],
        Reason::MailTooOld => vec![Proposed::SetAside, Proposed::ToManager],
        Reason::AccountAmbiguous => vec![Proposed::Ask],
        Reason::NoManager => vec![Proposed::Ask, Proposed::ToRegisteredPhone],
        Reason::ManagerDeclined => vec![Proposed::ToRegisteredPhone, Proposed::Reply],
        Reason::DirectoryFailed
        | Reason::ResetRefused
        | Reason::ResetUncertain
        | Reason::StoreRestored
        | Reason::AutomationOff => vec![Proposed::ToManager, Proposed::Reply],
        Reason::LimitAccount | Reason::LimitSender | Reason::LimitDesk => {
            vec![Proposed::Retry, Proposed::ToRegisteredPhone, Proposed::Reply]
        }
        Reason::AccountFrozen => vec![Proposed::SetAside, Proposed::ToRegisteredPhone],
        Reason::AccountDisabled | Reason::AccountProtected => vec![Proposed::Reply],
        Reason::PasswordUnused => vec![Proposed::ToManager, Proposed::ToRegisteredPhone],
        Reason::OtherSubject => vec![Proposed::Canned(Canned::OtherMatter), Proposed::ChooseAccount],
    };
    others.extend([Proposed::Reply, Proposed::Close, Proposed::Phishing]);
    let mut told = Vec::new();
    others.retain(|other| {
        !told.contains(other) && {
            told.push(*other);
            true
        }
    });
    others
}
