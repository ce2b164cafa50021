//! The states of a ticket. Everything a state needs lies inside it; [`State::next`] says what it
//! wants done. The events that lead from one to the other are in [`super::event`].

use serde::{Deserialize, Serialize};

use super::by_people::{Closing, Directed};
use super::hand::{Job, Offer, Way};
use super::password_fact::PasswordFact;
use super::texting::Texting;
use super::{Fate, Standing};
use crate::types::{Credential, Reason, TicketNumber, UnixMillis};

/// Where a ticket stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum State {
    /// Its mails are here; facts and decision are due.
    Requested {
        /// Waits for the directory since then, when it failed.
        waiting_since: Option<UnixMillis>,
        /// What a person has decided.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        directed: Option<Box<Directed>>,
    },
    /// A password is made and sealed; it may have been set (see the intents).
    Sealed {
        /// Its way.
        job: Job,
    },
    /// A pass is to be issued; it may have been (see the intents). There is nothing to seal before the
    /// directory has answered.
    Issuing {
        /// Its way.
        job: Job,
    },
    /// The directory has taken the password, or issued the pass.
    Applied {
        /// Its way.
        job: Job,
    },
    /// The password is on its way through the gateways.
    Sending {
        /// Its way.
        job: Job,
        /// Through which gateway.
        text: Texting,
    },
    /// A gateway has taken it; its receipt is awaited.
    Sent {
        /// Its way.
        job: Job,
        /// Through which gateway.
        text: Texting,
    },
    /// Somebody is offered a link; nothing changes before they use it.
    Offered {
        /// The link.
        offer: Offer,
        /// The text with the link.
        text: Texting,
    },
    /// The password was shown.
    Revealed {
        /// Its way.
        job: Job,
        /// Since when.
        since: UnixMillis,
        /// True when it can no longer be shown again.
        erased: bool,
    },
    /// A password reached a hand.
    Done {
        /// Which generation.
        generation: u32,
        /// When it was set or handed over; unused after `password.valid` opens the ticket again.
        since: UnixMillis,
        /// True when its use was looked up, or cannot be.
        checked: bool,
        /// What reached it.
        #[serde(default, skip_serializing_if = "Credential::is_password")]
        credential: Credential,
        /// Until when a pass opens the account.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        valid_until: Option<UnixMillis>,
    },
    /// The writer was asked for what is missing.
    Asked,
    /// A technician takes over.
    Technician {
        /// What became of the password.
        password: PasswordFact,
    },
    /// Kept, never answered.
    Filed,
    /// Decided while the automation observed; never acted on.
    Observed,
    /// Another ticket of the same account is live.
    Coalesced {
        /// That one.
        into: TicketNumber,
    },
    /// Held after the store was restored from a backup.
    Held,
    /// A person has written, and waits for the answer.
    Waiting {
        /// What became of the password.
        password: PasswordFact,
    },
    /// A person has ended it.
    Closed {
        /// How.
        how: Closing,
        /// What became of the password.
        password: PasswordFact,
    },
    /// A person has put it together with another ticket, which goes on.
    Merged {
        /// That one.
        into: TicketNumber,
    },
}

/// What a state wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Read the facts and decide.
    Decide,
    /// Set the sealed password.
    SetPassword,
    /// Have a pass issued.
    IssuePass,
    /// Read the directory again and begin to text the password.
    BeginText,
    /// Go on with the text of a password.
    Text,
    /// Go on with the text of a link; expire the offer at its end.
    OfferLink,
    /// Wait for the browser; hand to a technician at the deadline.
    AwaitBrowser,
    /// Erase what can be shown again, and open the ticket when nobody confirms.
    AwaitConfirmation,
    /// Look up whether the password was used.
    CheckUse,
    /// Nothing.
    Rest,
}

impl State {
    /// A ticket whose decision is due.
    #[must_use]
    pub fn requested() -> Self {
        Self::Requested { waiting_since: None, directed: None }
    }

    /// The stable word.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Requested { .. } => "requested",
            Self::Sealed { .. } => "sealed",
            Self::Issuing { .. } => "issuing",
            Self::Applied { .. } => "applied",
            Self::Sending { .. } => "sending",
            Self::Sent { .. } => "sent",
            Self::Offered { .. } => "offered",
            Self::Revealed { .. } => "revealed",
            Self::Done { .. } => "done",
            Self::Asked => "asked",
            Self::Technician { .. } => "technician",
            Self::Filed => "filed",
            Self::Observed => "observed",
            Self::Coalesced { .. } => "coalesced",
            Self::Held => "held",
            Self::Waiting { .. } => "waiting",
            Self::Closed { .. } => "closed",
            Self::Merged { .. } => "merged",
        }
    }

    /// What it wants done next.
    #[must_use]
    pub fn next(&self) -> Effect {
        match self {
            Self::Requested { .. } => Effect::Decide,
            Self::Sealed { .. } => Effect::SetPassword,
            Self::Issuing { .. } => Effect::IssuePass,
            Self::Applied { job: Job { way: Way::Text, .. } } => Effect::BeginText,
            Self::Applied { job: Job { way: Way::Page { .. }, .. } } => Effect::AwaitBrowser,
            Self::Sending { .. } | Self::Sent { .. } => Effect::Text,
            Self::Offered { .. } => Effect::OfferLink,
            Self::Revealed { .. } => Effect::AwaitConfirmation,
            Self::Done { checked: false, .. } => Effect::CheckUse,
            Self::Done { checked: true, .. }
            | Self::Asked
            | Self::Technician { .. }
            | Self::Filed
            | Self::Observed
            | Self::Coalesced { .. }
            | Self::Held
            | Self::Waiting { .. }
            | Self::Closed { .. }
            | Self::Merged { .. } => Effect::Rest,
        }
    }

    /// Does it block other requests for the same account (I7)?
    #[must_use]
    pub fn live(&self) -> bool {
        match self {
            Self::Sealed { .. }
            | Self::Issuing { .. }
            | Self::Applied { .. }
            | Self::Sending { .. }
            | Self::Sent { .. }
            | Self::Offered { .. }
            | Self::Revealed { .. } => true,
            Self::Requested { .. }
            | Self::Done { .. }
            | Self::Asked
            | Self::Technician { .. }
            | Self::Filed
            | Self::Observed
            | Self::Coalesced { .. }
            | Self::Held
            | Self::Waiting { .. }
            | Self::Closed { .. }
            | Self::Merged { .. } => false,
        }
    }

    /// Does it still need its sealed password?
    #[must_use]
    pub fn keeps_password(&self) -> bool {
        match self {
            Self::Revealed { erased, .. } => !erased,
            Self::Offered { offer, .. } => offer.already_set.is_some(),
            Self::Sealed { .. } | Self::Applied { .. } | Self::Sending { .. } | Self::Sent { .. } => true,
            Self::Requested { .. }
            | Self::Issuing { .. }
            | Self::Done { .. }
            | Self::Asked
            | Self::Technician { .. }
            | Self::Filed
            | Self::Observed
            | Self::Coalesced { .. }
            | Self::Held
            | Self::Waiting { .. }
            | Self::Closed { .. }
            | Self::Merged { .. } => false,
        }
    }

    /// How people see it.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match self {
            Self::Requested { .. }
            | Self::Sealed { .. }
            | Self::Issuing { .. }
            | Self::Applied { .. }
            | Self::Sending { .. }
            | Self::Sent { .. } => Standing::Working,
            // Somebody is locked out already (I14).
            Self::Offered { offer, .. } if offer.locks_out() => Standing::Open,
            Self::Waiting { password } if password.locks_out() => Standing::Open,
            Self::Offered { .. } | Self::Revealed { .. } | Self::Asked | Self::Waiting { .. } => {
                Standing::Pending
            }
            Self::Done { .. } | Self::Closed { how: Closing::Resolved, .. } => Standing::Resolved,
            Self::Technician { .. } | Self::Held => Standing::Open,
            Self::Filed
            | Self::Observed
            | Self::Coalesced { .. }
            | Self::Closed { how: Closing::Phishing, .. }
            | Self::Merged { .. } => Standing::Closed,
        }
    }

    /// The job that is under way.
    #[must_use]
    pub fn job(&self) -> Option<&Job> {
        match self {
            Self::Sealed { job }
            | Self::Issuing { job }
            | Self::Applied { job }
            | Self::Sending { job, .. }
            | Self::Sent { job, .. }
            | Self::Revealed { job, .. } => Some(job),
            Self::Requested { .. }
            | Self::Offered { .. }
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
}

/// What a change of state means for the ticket as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The new state.
    pub to: State,
    /// The ticket's outcome from now on; `None` leaves it.
    pub outcome: Option<Fate>,
    /// The ticket's reason from now on; `None` leaves it.
    pub reason: Option<Reason>,
}
