//! What can happen to a ticket. Where each event leads is in `transitions`.

use super::Fate;
use super::by_people::Closing;
use super::hand::{Job, Offer};
use super::password_fact::PasswordFact;
use super::texting::Texting;
use crate::types::{Order, Reason, TicketNumber, UnixMillis};

/// What a decision plans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Seal a password and set it.
    Seal(Job),
    /// Have a pass issued.
    Issue(Job),
    /// Offer a link.
    Offer(Offer),
    /// Ask the writer.
    Ask,
    /// A technician.
    Technician,
    /// Keep it, never answer.
    File,
    /// Record only what would have been done.
    Observe(Fate),
    /// Wait for the directory, and decide again.
    Wait {
        /// Waiting since then.
        since: UnixMillis,
    },
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A decision was made.
    Decided {
        /// What is planned.
        plan: Plan,
        /// Why a human or the manager is involved.
        reason: Option<Reason>,
    },
    /// Another ticket of the same account is live.
    Coalesced {
        /// That one.
        into: TicketNumber,
    },
    /// The directory took the password.
    PasswordSet,
    /// The directory refused the value; a new generation is sealed in the same commit.
    ValueRefused {
        /// The new one.
        generation: u32,
    },
    /// The directory has issued a pass.
    PassIssued {
        /// Until when it opens the account.
        valid_until: UnixMillis,
    },
    /// A pass that was asked for cannot be handed over: its answer was lost, or it cannot be texted. The
    /// next one takes its place.
    PassLost {
        /// The generation of the next one.
        generation: u32,
    },
    /// The directory refuses, or nobody knows and enough was tried.
    ResetGivenUp {
        /// Why.
        reason: Reason,
        /// What became of the password.
        password: PasswordFact,
    },
    /// The text of the password went on.
    Texted {
        /// Where it is now.
        text: Texting,
        /// Now.
        now: UnixMillis,
    },
    /// The password is set but cannot be texted: the manager is offered the same one (a pass is issued anew
    /// when the link is used), or nobody can be.
    Rerouted {
        /// The offer, when a manager can be reached.
        offer: Option<Offer>,
        /// Why.
        reason: Reason,
    },
    /// The text of a link went on.
    LinkTexted {
        /// Where it is now.
        text: Texting,
    },
    /// The mail with the link or its code will not arrive.
    LinkNotMailed,
    /// Who was offered the link may not have it any more.
    OfferWithdrawn {
        /// Why.
        reason: Reason,
    },
    /// Whoever has not opened the link is reminded in the same commit.
    Reminded,
    /// A wrong code was entered at the link.
    WrongCode,
    /// Somebody used the link.
    Opened {
        /// The job that begins.
        job: Job,
    },
    /// The page with the password is about to be shown.
    Shown {
        /// Now.
        now: UnixMillis,
    },
    /// What could be shown again is erased.
    Erased,
    /// The handover was confirmed.
    Confirmed {
        /// Now.
        now: UnixMillis,
    },
    /// The password was shown, but it did not work.
    DidNotWork,
    /// "Not my employee."
    Declined,
    /// "It was not me", of the account's owner.
    Stopped,
    /// "It was not me", of the account's owner, of a change that was made, whoever has got it by now.
    Disowned,
    /// The time of this state is over.
    TimeOver {
        /// What became of the password.
        password: PasswordFact,
    },
    /// The owner has used the password, or nobody can tell.
    UseKnown,
    /// The owner has not used the password.
    Unused,
    /// A further mail joined the ticket.
    Replied {
        /// Whoever wrote it is not who wrote the first one, or answers the notice of a change: what people think of the
        /// first mail says nothing of this one.
        by_another: bool,
    },
    /// The question to the writer cannot be sent: nobody will answer it.
    QuestionLost,
    /// The store came out of a backup, and has forgotten what has happened since.
    Forgotten,
    /// A person has decided about the request: it is looked at again, with that.
    Ordered {
        /// What they decided.
        order: Order,
    },
    /// A person asks the writer for details.
    Questioned,
    /// A person writes to the writer.
    Answered {
        /// And ends the ticket with it; else it waits for the answer.
        closes: bool,
    },
    /// A person ends the ticket.
    Closed {
        /// How.
        how: Closing,
    },
    /// A person takes the ticket up again.
    Reopened,
    /// A person puts the ticket together with another one.
    Merged {
        /// That one.
        into: TicketNumber,
    },
}

impl Event {
    /// The stable word, for the audit log.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Decided { .. } => "decided",
            Self::Coalesced { .. } => "coalesced",
            Self::PasswordSet => "password-set",
            Self::ValueRefused { .. } => "value-refused",
            Self::PassIssued { .. } => "pass-issued",
            Self::PassLost { .. } => "pass-lost",
            Self::ResetGivenUp { .. } => "reset-given-up",
            Self::Texted { .. } => "texted",
            Self::Rerouted { .. } => "rerouted",
            Self::LinkTexted { .. } => "link-texted",
            Self::LinkNotMailed => "link-not-mailed",
            Self::OfferWithdrawn { .. } => "offer-withdrawn",
            Self::Reminded => "reminded",
            Self::WrongCode => "wrong-code",
            Self::Opened { .. } => "opened",
            Self::Shown { .. } => "shown",
            Self::Erased => "erased",
            Self::Confirmed { .. } => "confirmed",
            Self::DidNotWork => "did-not-work",
            Self::Declined => "declined",
            Self::Stopped => "stopped",
            Self::Disowned => "disowned",
            Self::TimeOver { .. } => "time-over",
            Self::UseKnown => "use-known",
            Self::Unused => "unused",
            Self::Replied { .. } => "replied",
            Self::QuestionLost => "question-lost",
            Self::Forgotten => "forgotten",
            Self::Ordered { .. } => "ordered",
            Self::Questioned => "questioned",
            Self::Answered { .. } => "answered",
            Self::Closed { .. } => "closed",
            Self::Reopened => "reopened",
            Self::Merged { .. } => "merged",
        }
    }
}

/// This state does not expect this event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a ticket that is {state} cannot take the event {event}")]
pub struct Illegal {
    /// The state's name.
    pub state: &'static str,
    /// The event's name.
    pub event: &'static str,
}
