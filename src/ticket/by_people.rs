//! Where the acts of technicians lead. The machine is never interrupted: a ticket that is live takes none of them.

use serde::{Deserialize, Serialize};

use super::Fate;
use super::password_fact::PasswordFact;
use super::state::{Move, State};
use super::transitions::{stay, technician};
use crate::types::{Order, Reason, TicketNumber};

/// What a person has decided about a request that is looked at again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directed {
    /// What they decided.
    pub order: Order,
    /// What had become of the password by then.
    pub password: PasswordFact,
}

/// How a person ended a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Closing {
    /// It is solved.
    Resolved,
    /// It was phishing: never answered, and nothing is automated for it any more.
    Phishing,
}

impl State {
    /// What is known of the password before anything is done about it now.
    #[must_use]
    pub fn known_password(&self) -> PasswordFact {
        match self {
            Self::Requested { directed: Some(directed), .. } => directed.password,
            Self::Technician { password } | Self::Waiting { password } | Self::Closed { password, .. } => {
                *password
            }
            Self::Offered { offer, .. } => offer.before,
            // Nobody knows what has happened since the backup.
            Self::Held => PasswordFact::MayHaveChanged,
            Self::Done { credential, .. } => PasswordFact::after(*credential),
            Self::Sealed { job }
            | Self::Issuing { job }
            | Self::Applied { job }
            | Self::Sending { job, .. }
            | Self::Sent { job, .. }
            | Self::Revealed { job, .. } => job.before,
            Self::Requested { directed: None, .. }
            | Self::Asked
            | Self::Filed
            | Self::Observed
            | Self::Coalesced { .. }
            | Self::Merged { .. } => PasswordFact::NotChanged,
        }
    }

    /// What a person has decided about it, while it is looked at again.
    #[must_use]
    pub fn order(&self) -> Option<&Order> {
        match self {
            Self::Requested { directed: Some(directed), .. } => Some(&directed.order),
            Self::Requested { directed: None, .. }
            | Self::Sealed { .. }
            | Self::Issuing { .. }
            | Self::Applied { .. }
            | Self::Sending { .. }
            | Self::Sent { .. }
            | Self::Offered { .. }
            | Self::Revealed { .. }
            | Self::Done { .. }
            | Self::Asked
            | Self::Technician { .. }
            | Self::Filed
            | Self::Observed
            | Self::Coalesced { .. }
            | Self::Held
            | Self::Waiting { .. }
            | Self::Closed { .. }
            | Self::Merged { .. } => None,
        }
    }

    /// Is it with people: does it wait for one of the desk, or for whom one of them has asked?
    fn is_with_people(&self) -> bool {
        match self {
            Self::Technician { .. } | Self::Asked | Self::Held | Self::Waiting { .. } => true,
            Self::Requested { .. }
            | Self::Sealed { .. }
            | Self::Issuing { .. }
            | Self::Applied { .. }
            | Self::Sending { .. }
            | Self::Sent { .. }
            | Self::Offered { .. }
            | Self::Revealed { .. }
            | Self::Done { .. }
            | Self::Filed
            | Self::Observed
            | Self::Coalesced { .. }
            | Self::Closed { .. }
            | Self::Merged { .. } => false,
        }
    }

    pub(super) fn ordered(&self, order: Order) -> Option<Move> {
        let directed = Directed { order, password: self.known_password() };
        self.is_with_people()
            .then(|| stay(Self::Requested { waiting_since: None, directed: Some(Box::new(directed)) }))
    }

    /// Whoever is locked out by us is not asked for details, but helped.
    pub(super) fn questioned(&self) -> Option<Move> {
        let asks = self.is_with_people() && self.known_password().is_not_changed();
        let reason = Some(Reason::FieldsMissing);
        asks.then_some(Move { to: Self::Asked, outcome: Some(Fate::Asked), reason })
    }

    /// A ticket that is over and solved may still be written to.
    pub(super) fn answered(&self, closes: bool) -> Option<Move> {
        let resolved = matches!(self, Self::Closed { how: Closing::Resolved, .. } | Self::Done { .. });
        if !self.is_with_people() && !resolved {
            return None;
        }
        let password = self.known_password();
        Some(stay(match self {
            // Whether it is used is still looked up.
            Self::Done { .. } if closes => self.clone(),
            Self::Done { .. }
            | Self::Requested { .. }
            | Self::Sealed { .. }
            | Self::Issuing { .. }
            | Self::Applied { .. }
            | Self::Sending { .. }
            | Self::Sent { .. }
            | Self::Offered { .. }
            | Self::Revealed { .. }
            | Self::Asked
            | Self::Technician { .. }
            | Self::Filed
            | Self::Observed
            | Self::Coalesced { .. }
            | Self::Held
            | Self::Waiting { .. }
            | Self::Closed { .. }
            | Self::Merged { .. } => match closes {
                true => Self::Closed { how: Closing::Resolved, password },
                false => Self::Waiting { password },
            },
        }))
    }

    pub(super) fn closed(&self, how: Closing) -> Option<Move> {
        let password = self.known_password();
        self.is_with_people().then(|| stay(Self::Closed { how, password }))
    }

    pub(super) fn reopened(&self) -> Option<Move> {
        match self {
            Self::Closed { .. }
            | Self::Waiting { .. }
            | Self::Asked
            | Self::Done { .. }
            | Self::Filed
            | Self::Observed
            | Self::Coalesced { .. }
            // The store takes its mails out of the other one.
            | Self::Merged { .. } => Some(technician(self.known_password(), None)),
            Self::Requested { .. }
            | Self::Sealed { .. }
            | Self::Issuing { .. }
            | Self::Applied { .. }
            | Self::Sending { .. }
            | Self::Sent { .. }
            | Self::Offered { .. }
            | Self::Revealed { .. }
            | Self::Technician { .. }
            | Self::Held => None,
        }
    }

    /// A password that we set stays visible (I14): such a ticket is not put away under another one.
    pub(super) fn merged(&self, into: TicketNumber) -> Option<Move> {
        let may = self.is_with_people() && self.known_password().is_not_changed();
        may.then_some(Move { to: Self::Merged { into }, outcome: Some(Fate::Merged), reason: None })
    }
}
