//! Where each event leads. An event that a state does not expect is refused: the caller then knows
//! that somebody else was faster.

use std::time::Duration;

use super::event::{Event, Illegal, Plan};
use super::guard::WRONG_CODES;
use super::state::{Job, Move, Offer, PasswordFact, State, Way};
use super::texting::{Phase, Texting};
use super::{Fate, Hand};
use crate::types::{Credential, Reason, TicketNumber, UnixMillis};

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
            Event::Replied => Some(self.replied()),
            Event::QuestionLost => self.question_lost(),
            Event::Forgotten => self.forgotten(),
        }
        .ok_or(illegal)
    }

    fn decided(&self, plan: Plan, reason: Option<Reason>) -> Option<Move> {
        let Self::Requested { .. } = self else { return None };
        Some(match plan {
            Plan::Seal(job) => {
                let outcome = Some(fate_of(&job.hand));
                Move { to: Self::Sealed { job }, outcome, reason }
            }
            Plan::Issue(job) => {
                let outcome = Some(fate_of(&job.hand));
                Move { to: Self::Issuing { job }, outcome, reason }
            }
            Plan::Offer(offer) => {
                let outcome = Some(fate_of(&offer.hand));
                // The offer counts from now; its text has not left yet.
                let text = Texting::fresh(UnixMillis(0));
                Move { to: Self::Offered { offer, text }, outcome, reason }
            }
            Plan::Ask => Move { to: Self::Asked, outcome: Some(Fate::Asked), reason },
            Plan::Technician => technician(PasswordFact::NotChanged, reason),
            Plan::File => Move { to: Self::Filed, outcome: Some(Fate::Filed), reason: None },
            Plan::Observe(fate) => Move { to: Self::Observed, outcome: Some(fate), reason },
            Plan::Wait { since } => {
                Move { to: Self::Requested { waiting_since: Some(since) }, outcome: None, reason: None }
            }
        })
    }

    fn coalesced(&self, into: TicketNumber) -> Option<Move> {
        let Self::Requested { .. } = self else { return None };
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
        let (Self::Sealed { .. } | Self::Issuing { .. }) = self else { return None };
        // Asking for a pass leaves the password alone, whatever came of it.
        let leaves_it = matches!(self, Self::Issuing { .. });
        Some(technician(if leaves_it { PasswordFact::NotChanged } else { password }, Some(reason)))
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
            None => Some(technician(PasswordFact::after(job.credential), Some(reason))),
            Some(offer) if job.way == Way::Text && offer.already_set == kept(job) => {
                let outcome = Some(fate_of(&offer.hand));
                let text = Texting::fresh(UnixMillis(0));
                Some(Move { to: Self::Offered { offer, text }, outcome, reason: Some(reason) })
            }
            Some(_) => None,
        }
    }

    fn link_texted(&self, text: Texting) -> Option<Move> {
        let Self::Offered { offer, .. } = self else { return None };
        Some(match text.phase {
            Phase::Exhausted => match offer.guard.without_text() {
                Some(guard) => stay(Self::Offered { offer: Offer { guard, ..offer.clone() }, text }),
                None => technician(set_already(offer), Some(Reason::DeliveryFailed)),
            },
            Phase::Ready { .. }
            | Phase::Submitted
            | Phase::Unclear { .. }
            | Phase::Taken { .. }
            | Phase::Silent
            | Phase::Delivered => stay(Self::Offered { offer: offer.clone(), text }),
        })
    }

    fn link_not_mailed(&self) -> Option<Move> {
        let Self::Offered { offer, text } = self else { return None };
        if !offer.guard.mails() {
            return None;
        }
        Some(match offer.guard.without_mail() {
            Some(guard) => {
                stay(Self::Offered { offer: Offer { guard, ..offer.clone() }, text: text.clone() })
            }
            None => technician(set_already(offer), Some(Reason::DeliveryFailed)),
        })
    }

    fn offer_withdrawn(&self, reason: Reason) -> Option<Move> {
        let Self::Offered { offer, .. } = self else { return None };
        Some(technician(set_already(offer), Some(reason)))
    }

    fn reminded(&self) -> Option<Move> {
        let Self::Offered { offer, text } = self else { return None };
        offer.remind_at?;
        let offer = Offer { remind_at: None, ..offer.clone() };
        Some(stay(Self::Offered { offer, text: text.clone() }))
    }

    /// Whoever enters wrong codes may be somebody who found the link.
    fn wrong_code(&self) -> Option<Move> {
        let Self::Offered { offer, text } = self else { return None };
        if !offer.guard.is_code() {
            return None;
        }
        let wrong_codes = offer.wrong_codes + 1;
        if wrong_codes >= WRONG_CODES {
            return Some(technician(set_already(offer), Some(Reason::DeliveryFailed)));
        }
        let offer = Offer { wrong_codes, ..offer.clone() };
        Some(stay(Self::Offered { offer, text: text.clone() }))
    }

    /// The reason why the manager was asked stays the ticket's reason; the trail tells of the owner. Where
    /// the owner alone was asked, somebody else has written in their name: the account is frozen.
    fn stopped(&self) -> Option<Move> {
        let Self::Offered { offer, .. } = self else { return None };
        let reason = (offer.hand == Hand::Requester).then_some(Reason::AccountFrozen);
        Some(technician(set_already(offer), reason))
    }

    /// Of a change: what is not set yet is stopped by the freeze.
    fn disowned(&self) -> Option<Move> {
        let password = match self {
            Self::Applied { job }
            | Self::Sending { job, .. }
            | Self::Sent { job, .. }
            | Self::Revealed { job, .. } => PasswordFact::after(job.credential),
            Self::Done { credential, .. } => PasswordFact::after(*credential),
            // Of what is held nobody knows whether it was handed over.
            Self::Technician { .. } | Self::Held => {
                return Some(Move { reason: Some(Reason::AccountFrozen), ..stay(self.clone()) });
            }
            Self::Requested { .. }
            | Self::Sealed { .. }
            | Self::Issuing { .. }
            | Self::Offered { .. }
            | Self::Asked
            | Self::Filed
            | Self::Observed
            | Self::Coalesced { .. } => return None,
        };
        Some(technician(password, Some(Reason::AccountFrozen)))
    }

    fn opened(&self, job: Job) -> Option<Move> {
        let Self::Offered { offer, .. } = self else { return None };
        if job.hand != offer.hand || job.way == Way::Text {
            return None;
        }
        Some(stay(match offer.already_set {
            Some(generation) if kept(&job) == Some(generation) => Self::Applied { job },
            Some(_) => return None,
            None if job.credential == Credential::TemporaryAccessPass => Self::Issuing { job },
            None => Self::Sealed { job },
        }))
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
            | Self::Held => None,
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
        Some(technician(PasswordFact::after(job.credential), Some(Reason::HandoverUnconfirmed)))
    }

    fn time_over(&self, password: PasswordFact) -> Option<Move> {
        let (password, reason) = match self {
            Self::Sealed { .. } if password == PasswordFact::NotChanged => {
                (password, Reason::DirectoryFailed)
            }
            Self::Sealed { .. } => (password, Reason::ResetUncertain),
            Self::Issuing { .. } => (PasswordFact::NotChanged, Reason::DirectoryFailed),
            Self::Applied { job: job @ Job { way: Way::Page { .. }, .. } } | Self::Revealed { job, .. } => {
                (PasswordFact::after(job.credential), Reason::HandoverUnconfirmed)
            }
            Self::Applied { job } | Self::Sending { job, .. } | Self::Sent { job, .. } => {
                (PasswordFact::after(job.credential), Reason::DeliveryFailed)
            }
            Self::Offered { offer, .. } => (set_already(offer), Reason::PickupExpired),
            Self::Requested { .. }
            | Self::Done { .. }
            | Self::Asked
            | Self::Technician { .. }
            | Self::Filed
            | Self::Observed
            | Self::Coalesced { .. }
            | Self::Held => return None,
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

    fn question_lost(&self) -> Option<Move> {
        let Self::Asked = self else { return None };
        Some(technician(PasswordFact::NotChanged, Some(Reason::FieldsMissing)))
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
    fn replied(&self) -> Move {
        match self {
            Self::Asked => stay(Self::requested()),
            Self::Done { credential, .. } => {
                technician(PasswordFact::after(*credential), Some(Reason::OtherSubject))
            }
            Self::Filed | Self::Observed | Self::Coalesced { .. } => {
                technician(PasswordFact::NotChanged, Some(Reason::OtherSubject))
            }
            Self::Requested { .. }
            | Self::Sealed { .. }
            | Self::Issuing { .. }
            | Self::Applied { .. }
            | Self::Sending { .. }
            | Self::Sent { .. }
            | Self::Offered { .. }
            | Self::Revealed { .. }
            | Self::Technician { .. }
            | Self::Held => stay(self.clone()),
        }
    }
}

fn stay(to: State) -> Move {
    Move { to, outcome: None, reason: None }
}

fn technician(password: PasswordFact, reason: Option<Reason>) -> Move {
    Move { to: State::Technician { password }, outcome: Some(Fate::Technician), reason }
}

/// A delivery that has reached its hand; whether it was used is looked up later.
fn done(job: &Job, since: UnixMillis) -> State {
    let Job { generation, credential, valid_until, .. } = *job;
    State::Done { generation, since, checked: false, credential, valid_until }
}

/// What an offer that follows this job shows again: a password that is set. A pass harms nobody who does
/// not get it, and soon ends: the next one is issued when it is wanted.
fn kept(job: &Job) -> Option<u32> {
    job.credential.is_password().then_some(job.generation)
}

fn set_already(offer: &Offer) -> PasswordFact {
    if offer.already_set.is_some() { PasswordFact::Changed } else { PasswordFact::NotChanged }
}

fn fate_of(hand: &Hand) -> Fate {
    match hand {
        Hand::Requester => Fate::Sms,
        Hand::Manager(_) => Fate::Manager,
    }
}
