//! What happens to a link that somebody may open.

use super::guard::WRONG_CODES;
use super::hand::{Hand, Job, Offer, Way};
use super::state::{Move, State};
use super::texting::{Phase, Texting};
use super::transitions::{kept, stay, technician};
use crate::types::{Credential, Reason};

impl State {
    pub(super) fn link_texted(&self, text: Texting) -> Option<Move> {
        let Self::Offered { offer, .. } = self else { return None };
        Some(match text.phase {
            Phase::Exhausted => match offer.guard.without_text() {
                Some(guard) => stay(Self::Offered { offer: Offer { guard, ..offer.clone() }, text }),
                None => technician(offer.password(), Some(Reason::DeliveryFailed)),
            },
            Phase::Ready { .. }
            | Phase::Submitted
            | Phase::Unclear { .. }
            | Phase::Taken { .. }
            | Phase::Silent
            | Phase::Delivered => stay(Self::Offered { offer: offer.clone(), text }),
        })
    }

    pub(super) fn link_not_mailed(&self) -> Option<Move> {
        let Self::Offered { offer, text } = self else { return None };
        if !offer.guard.mails() {
            return None;
        }
        Some(match offer.guard.without_mail() {
            Some(guard) => {
                stay(Self::Offered { offer: Offer { guard, ..offer.clone() }, text: text.clone() })
            }
            None => technician(offer.password(), Some(Reason::DeliveryFailed)),
        })
    }

    pub(super) fn offer_withdrawn(&self, reason: Reason) -> Option<Move> {
        let Self::Offered { offer, .. } = self else { return None };
        Some(technician(offer.password(), Some(reason)))
    }

    pub(super) fn reminded(&self) -> Option<Move> {
        let Self::Offered { offer, text } = self else { return None };
        offer.remind_at?;
        let offer = Offer { remind_at: None, ..offer.clone() };
        Some(stay(Self::Offered { offer, text: text.clone() }))
    }

    /// Whoever enters wrong codes may be somebody who found the link.
    pub(super) fn wrong_code(&self) -> Option<Move> {
        let Self::Offered { offer, text } = self else { return None };
        if !offer.guard.is_code() {
            return None;
        }
        let wrong_codes = offer.wrong_codes + 1;
        if wrong_codes >= WRONG_CODES {
            return Some(technician(offer.password(), Some(Reason::DeliveryFailed)));
        }
        let offer = Offer { wrong_codes, ..offer.clone() };
        Some(stay(Self::Offered { offer, text: text.clone() }))
    }

    /// The reason why the manager was asked stays the ticket's reason; the trail tells of the owner. Where
    /// the owner alone was asked, somebody else has written in their name: the account is frozen.
    pub(super) fn stopped(&self) -> Option<Move> {
        let Self::Offered { offer, .. } = self else { return None };
        let reason = (offer.hand == Hand::Requester).then_some(Reason::AccountFrozen);
        Some(technician(offer.password(), reason))
    }

    pub(super) fn opened(&self, job: Job) -> Option<Move> {
        let Self::Offered { offer, .. } = self else { return None };
        if job.hand != offer.hand || job.way == Way::Text {
            return None;
        }
        let job = Job { before: offer.before, ..job };
        Some(stay(match offer.already_set {
            Some(generation) if kept(&job) == Some(generation) => Self::Applied { job },
            Some(_) => return None,
            None if job.credential == Credential::TemporaryAccessPass => Self::Issuing { job },
            None => Self::Sealed { job },
        }))
    }
}
