//! Where each event leads. An event that a state does not expect is refused: the caller then knows
//! that somebody else was faster.

use std::time::Duration;

use super::Fate;
use super::by_people::Closing;
use super::event::{Event, Illegal, Plan};
use super::hand::{Hand, Job, Offer, Way};
use super::password_fact::PasswordFact;
use super::state::{Move, State};
use super::texting::{Phase, Texting};
use crate::types::{Reason, TicketNumber, UnixMillis};

/// A pass that nobody has so long before its end is not on its way any longer: it would come too late.
const TIME_TO_USE: Duration = Duration::from_secs(5 * 60);

impl State {
    /// Where `event` leads.
    ///
    /// # Errors
    /// [`Illegal`] when this state does not expect it; nothing has happened then.
    pub fn on(&self, event: Event) -> Result<Move, Illegal> {
        let illegal = Illegal { state: self.name(), event: event.name() };
        match event {
            Event::Decided { plan, reason } => self.decided(plan, reason),
            Event::Coalesced { into } => self.coalesced(into),
            Event::PasswordSet => self.password_set(),
            Event::ValueRefused { generation } => self.value_refused(generation),
            Event::PassIssued { valid_until } => self.pass_issued(valid_until),
            Event::PassLost { generation } => self.pass_lost(generation),
            Event::ResetGivenUp { reason, password } => self.reset_given_up(reason, password),
            Event::Texted { text, now } => self.texted(text, now),
            Event::Rerouted { offer, reason } => self.rerouted(offer, reason),
            Event::LinkTexted { text } => self.link_texted(text),
            Event::LinkNotMailed => self.link_not_mailed(),
            Event::OfferWithdrawn { reason } => self.offer_withdrawn(reason),
            Event::Reminded => self.reminded(),
            Event::WrongCode => self.wrong_code(),
            Event::Opened { job } => self.opened(job),
            Event::Shown { now } => self.shown(now),
            Event::Erased => self.erased(),
            Event::Confirmed { now } => self.confirmed(now),
            Event::DidNotWork => self.did_not_work(),
            Event::Declined => self.offer_withdrawn(Reason::ManagerDeclined),
            Event::Stopped => self.stopped(),
            Event::Disowned => self.disowned(),
            Event::TimeOver { password } => self.time_over(password),
            Event::UseKnown => self.use_known(),
            Event::Unused => self.unused(),
            Event::Replied { by_another } => Some(self.replied(by_another)),
            Event::QuestionLost => self.question_lost(),
            Event::Forgotten => self.forgotten(),
            Event::Ordered { order } => self.ordered(order),
            Event::Questioned => self.questioned(),
            Event::Answered { closes } => self.answered(closes),
            Event::Closed { how } => self.closed(how),
            Event::Reopened => self.reopened(),
            Event::Merged { into } => self.merged(into),
        }
        .ok_or(illegal)
    }

    fn decided(&self, plan: Plan, reason: Option<Reason>) -> Option<Move> {
        let Self::Requested { directed, .. } = self else { return None };
        let password = self.known_password();
        Some(match plan {
            Plan::Seal(job) => {
                let job = Job { before: password, ..job };
                let outcome = Some(fate_of(&job.hand));
                Move { to: Self::Sealed { job }, outcome, reason }
            }
            Plan::Issue(job) => {
                let job = Job { before: password, ..job };
                let outcome = Some(fate_of(&job.hand));
                Move { to: Self::Issuing { job }, outcome, reason }
            }
            Plan::Offer(offer) => {
                let offer = Offer { before: password, ..offer };
                let outcome = Some(fate_of(&offer.hand));
                // The offer counts from now; its text has not left yet.
                let text = Texting::fresh(UnixMillis(0));
                Move { to: Self::Offered { offer, text }, outcome, reason }
            }
            Plan::Technician => technician(password, reason),
            // What a person has decided comes back to people.
            Plan::Ask | Plan::File | Plan::Observe(_) if directed.is_some() => technician(password, reason),
            Plan::Ask => Move { to: Self::Asked, outcome: Some(Fate::Asked), reason },
            Plan::File => Move { to: Self::Filed, outcome: Some(Fate::Filed), reason: None },
            Plan::Observe(fate) => Move { to: Self::Observed, outcome: Some(fate), reason },
            Plan::Wait { since } => {
                stay(Self::Requested { waiting_since: Some(since), directed: directed.clone() })
            }
        })
    }

    fn coalesced(&self, into: TicketNumber) -> Option<Move> {
        let Self::Requested { directed: None, .. } = self else { return None };
        Some(Move { to: Self::Coalesced { into }, outcome: Some(Fate::Merged), reason: None })
    }

    fn password_set(&self) -> Option<Move> {
        let Self::Sealed { job } = self else { return None };
        Some(stay(Self::Applied { job: job.clone() }))
    }

    fn value_refused(&self, generation: u32) -> Option<Move> {
        let Self::Sealed { job } = self else { return None };
        (generation == job.generation + 1)
            .then(|| stay(Self::Sealed { job: Job { generation, ..job.clone() } }))
    }

    /// What soon opens nothing any more is not brought to anybody.
    fn pass_issued(&self, valid_until: UnixMillis) -> Option<Move> {
        let Self::Issuing { job } = self else { return None };
        let deadline = job.deadline.min(valid_until.minus(TIME_TO_USE));
        let job = Job { deadline, valid_until: Some(valid_until), ..job.clone() };
        Some(stay(Self::Applied { job }))
    }

    fn pass_lost(&self, generation: u32) -> Option<Move> {
        let Self::Issuing { job } = self else { return None };
        (generation == job.generation + 1)
            .then(|| stay(Self::Issuing { job: Job { generation, ..job.clone() } }))
    }

    fn reset_given_up(&self, reason: Reason, password: PasswordFact) -> Option<Move> {
        let password = match self {
            Self::Sealed { .. } => password,
            // Asking for a pass leaves the password alone, whatever came of it.
            Self::Issuing { job } => job.before,
            Self::Requested { .. }
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
            | Self::Merged { .. } => return None,
        };
        Some(technician(password, Some(reason)))
    }

    fn texted(&self, text: Texting, now: UnixMillis) -> Option<Move> {
        let (Self::Applied { job } | Self::Sending { job, .. } | Self::Sent { job, .. }) = self else {
            return None;
        };
        if job.way != Way::Text {
            return None;
        }
        let job = job.clone();
        Some(stay(match text.phase {
            Phase::Delivered => done(&job, now),
            Phase::Taken { .. } => Self::Sent { job, text },
            Phase::Ready { .. }
            | Phase::Submitted
            | Phase::Unclear { .. }
            | Phase::Silent
            | Phase::Exhausted => Self::Sending { job, text },
        }))
    }

    fn rerouted(&self, offer: Option<Offer>, reason: Reason) -> Option<Move> {
        let (Self::Applied { job } | Self::Sending { job, .. } | Self::Sent { job, .. }) = self else {
            return None;
        };
        match offer {
            None => Some(technician(job.password(), Some(reason))),
            Some(offer) if job.way == Way::Text && offer.already_set == kept(job) => {
                let outcome = Some(fate_of(&offer.hand));
                let offer = Offer { before: job.before, ..offer };
                let text = Texting::fresh(UnixMillis(0));
                Some(Move { to: Self::Offered { offer, text }, outcome, reason: Some(reason) })
            }
            Some(_) => None,
        }
    }

    /// Of a change: what is not set yet is stopped by the freeze.
    fn disowned(&self) -> Option<Move> {
        let password = match self {
            Self::Applied { job }
            | Self::Sending { job, .. }
            | Self::Sent { job, .. }
            | Self::Revealed { job, .. } => job.password(),
            Self::Done { credential, .. } => PasswordFact::after(*credential),
            // Of what is held nobody knows whether it was handed over.
            Self::Technician { .. } | Self::Held => {
                return Some(Move { reason: Some(Reason::AccountFrozen), ..stay(self.clone()) });
            }
            // Of a change before the one that people ordered.
            Self::Waiting { password } | Self::Closed { password, .. } => *password,
            Self::Requested { .. } | Self::Offered { .. } if !self.known_password().is_not_changed() => {
                self.known_password()
            }
            Self::Requested { .. }
            | Self::Sealed { .. }
            | Self::Issuing { .. }
            | Self::Offered { .. }
            | Self::Asked
            | Self::Filed
            | Self::Observed
            | Self::Coalesced { .. }
            | Self::Merged { .. } => return None,
        };
        Some(technician(password, Some(Reason::AccountFrozen)))
    }

    fn shown(&self, now: UnixMillis) -> Option<Move> {
        match self {
            Self::Applied { job: job @ Job { way: Way::Page { .. }, .. } } => {
                Some(stay(Self::Revealed { job: job.clone(), since: now, erased: false }))
            }
            Self::Revealed { erased: false, .. } => Some(stay(self.clone())),
            Self::Applied { job: Job { way: Way::Text, .. } }
            | Self::Revealed { erased: true, .. }
            | Self::Requested { .. }
            | Self::Sealed { .. }
            | Self::Issuing { .. }
            | Self::Sending { .. }
            | Self::Sent { .. }
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

    fn erased(&self) -> Option<Move> {
        let Self::Revealed { job, since, .. } = self else { return None };
        Some(stay(Self::Revealed { job: job.clone(), since: *since, erased: true }))
    }

    fn confirmed(&self, now: UnixMillis) -> Option<Move> {
        let Self::Revealed { job, .. } = self else { return None };
        Some(stay(done(job, now)))
    }

    fn did_not_work(&self) -> Option<Move> {
        let Self::Revealed { job, .. } = self else { return None };
        Some(technician(job.password(), Some(Reason::HandoverUnconfirmed)))
    }

    fn time_over(&self, password: PasswordFact) -> Option<Move> {
        let (password, reason) = match self {
            Self::Sealed { .. } if password == PasswordFact::NotChanged => {
                (password, Reason::DirectoryFailed)
            }
            Self::Sealed { .. } => (password, Reason::ResetUncertain),
            Self::Issuing { job } => (job.before, Reason::DirectoryFailed),
            Self::Applied { job: job @ Job { way: Way::Page { .. }, .. } } | Self::Revealed { job, .. } => {
                (job.password(), Reason::HandoverUnconfirmed)
            }
            Self::Applied { job } | Self::Sending { job, .. } | Self::Sent { job, .. } => {
                (job.password(), Reason::DeliveryFailed)
            }
            Self::Offered { offer, .. } => (offer.password(), Reason::PickupExpired),
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
            | Self::Merged { .. } => return None,
        };
        Some(technician(password, Some(reason)))
    }

    fn use_known(&self) -> Option<Move> {
        let Self::Done { generation, since, credential, valid_until, .. } = *self else { return None };
        Some(stay(Self::Done { generation, since, checked: true, credential, valid_until }))
    }

    fn unused(&self) -> Option<Move> {
        let Self::Done { checked: false, credential, .. } = self else { return None };
        Some(technician(PasswordFact::after(*credential), Some(Reason::PasswordUnused)))
    }

    /// Who never got our words does not answer them.
    fn question_lost(&self) -> Option<Move> {
        match self {
            Self::Asked => Some(technician(PasswordFact::NotChanged, Some(Reason::FieldsMissing))),
            Self::Waiting { password } | Self::Closed { how: Closing::Resolved, password } => {
                Some(technician(*password, None))
            }
            Self::Requested { .. }
            | Self::Sealed { .. }
            | Self::Issuing { .. }
            | Self::Applied { .. }
            | Self::Sending { .. }
            | Self::Sent { .. }
            | Self::Offered { .. }
            | Self::Revealed { .. }
            | Self::Done { .. }
            | Self::Technician { .. }
            | Self::Filed
            | Self::Observed
            | Self::Coalesced { .. }
            | Self::Held
            | Self::Closed { how: Closing::Phishing, .. }
            | Self::Merged { .. } => None,
        }
    }

    /// What rests is left alone: nothing of it would be done a second time.
    fn forgotten(&self) -> Option<Move> {
        let under_way = self.live() || matches!(self, Self::Requested { .. });
        let (outcome, reason) = (Some(Fate::Technician), Some(Reason::StoreRestored));
        under_way.then_some(Move { to: Self::Held, outcome, reason })
    }

    /// A reply never interrupts the machine. It answers a question, and it opens what was over, so
    /// that nobody's "it was not me" is lost. (The store brings one that came during a delivery again
    /// when that is over.)
    fn replied(&self, by_another: bool) -> Move {
        match self {
            Self::Asked => stay(Self::requested()),
            Self::Done { credential, .. } => {
                technician(PasswordFact::after(*credential), Some(Reason::OtherSubject))
            }
            Self::Filed | Self::Observed | Self::Coalesced { .. } => {
                technician(PasswordFact::NotChanged, Some(Reason::OtherSubject))
            }
            Self::Waiting { password } | Self::Closed { how: Closing::Resolved, password } => {
                technician(*password, None)
            }
            // They decided about what they had seen.
            Self::Requested { directed: Some(directed), .. } => technician(directed.password, None),
            // Somebody may be locked out by us, or it is the victim who writes.
            Self::Closed { how: Closing::Phishing, password } if by_another || !password.is_not_changed() => {
                technician(*password, None)
            }
            Self::Requested { directed: None, .. }
            | Self::Sealed { .. }
            | Self::Issuing { .. }
            | Self::Applied { .. }
            | Self::Sending { .. }
            | Self::Sent { .. }
            | Self::Offered { .. }
            | Self::Revealed { .. }
            | Self::Technician { .. }
            | Self::Held
            // Kept, and not answered.
            | Self::Closed { how: Closing::Phishing, .. }
            // The store brings it to the ticket that goes on.
            | Self::Merged { .. } => stay(self.clone()),
        }
    }
}

pub(super) fn stay(to: State) -> Move {
    Move { to, outcome: None, reason: None }
}

pub(super) fn technician(password: PasswordFact, reason: Option<Reason>) -> Move {
    Move { to: State::Technician { password }, outcome: Some(Fate::Technician), reason }
}

/// A delivery that has reached its hand; whether it was used is looked up later.
fn done(job: &Job, since: UnixMillis) -> State {
    let Job { generation, credential, valid_until, .. } = *job;
    State::Done { generation, since, checked: false, credential, valid_until }
}

/// What an offer that follows this job shows again: a password that is set. A pass harms nobody who does
/// not get it, and soon ends: the next one is issued when it is wanted.
pub(super) fn kept(job: &Job) -> Option<u32> {
    job.credential.is_password().then_some(job.generation)
}

fn fate_of(hand: &Hand) -> Fate {
    match hand {
        Hand::Requester => Fate::Sms,
        Hand::Manager(_) | Hand::Chosen(_) => Fate::Manager,
    }
}
