//! A text on its way through the gateways, tried in their order. The next gateway is used only
//! when the one before surely failed or stayed silent; number and words never change on the way.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::hand::Way;
use super::state::State;
use crate::delivery::{GatewayTraits, Receipt};
use crate::types::{Outcome, UnixMillis};

/// At most this many submits of one generation that may have left (I10), or were refused.
pub const MAX_SUBMITS: u32 = 4;
/// How long a receipt is awaited when nobody knows whether the gateway took the text.
pub const UNCLEAR_WAIT: Duration = Duration::from_secs(90);
/// How long a receipt is awaited for a text that the gateway took.
pub const RECEIPT_WAIT: Duration = Duration::from_secs(10 * 60);
/// How often a gateway is asked for a receipt.
pub const ASK_EVERY: Duration = Duration::from_secs(10);
/// How long to wait when no gateway could be reached at all; doubled with every round of them.
const RETRY_AFTER: Duration = Duration::from_secs(15);
/// The longest such wait.
const LONGEST_RETRY: Duration = Duration::from_secs(2 * 60);

/// So much the clocks of two nodes may differ.
const BETWEEN_NODES: Duration = Duration::from_secs(60);

/// Where a text is on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Texting {
    /// Which gateway, counted from 0 in the configured order.
    pub gateway: usize,
    /// Submits so far, all gateways together; those that surely did not leave are not counted.
    pub submits: u32,
    /// Submits of which nobody knows whether they left: the text may be in the phone.
    #[serde(default)]
    pub unclear: u32,
    /// Until when a receipt of the current gateway is awaited, which may have taken the text already.
    #[serde(default)]
    pub awaited: Option<UnixMillis>,
    /// Rounds in which not even the last gateway could be reached.
    #[serde(default)]
    pub unreached: u32,
    /// What is known of the current one.
    pub phase: Phase,
}

/// What is known of the current submit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Nothing is under way: the next submit may start.
    Ready {
        /// Not before this time.
        from: UnixMillis,
    },
    /// The intent of a submit is committed; its answer is not.
    Submitted,
    /// The gateway may or may not have taken it.
    Unclear {
        /// A receipt is awaited until then.
        until: UnixMillis,
    },
    /// The gateway took it and will tell what became of it.
    Taken {
        /// The gateway's name for it.
        reference: String,
        /// A receipt is awaited until then.
        until: UnixMillis,
    },
    /// It reached the phone, as far as the gateway tells.
    Delivered,
    /// A gateway took it, or may have, and never told what became of it: it may be in the phone.
    Silent,
    /// Surely no gateway took it.
    Exhausted,
}

/// What a text wants done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextingStep {
    /// Submit it to this gateway.
    Submit {
        /// Which one.
        gateway: usize,
    },
    /// Nothing before this time.
    Wait {
        /// Until when.
        until: UnixMillis,
    },
    /// Ask this gateway what became of it; at `until` it counts as lost.
    Ask {
        /// Which one.
        gateway: usize,
        /// Its name for the text.
        reference: String,
        /// Until when a receipt is awaited.
        until: UnixMillis,
    },
    /// It has arrived.
    Delivered,
    /// It may have arrived, and nobody tells.
    Silent,
    /// No gateway is left, and it surely did not arrive.
    Exhausted,
}

/// Is a wait until then over, which lasts `longest` at most? What lies further ahead was begun before the clock was set
/// back, and nobody can tell how long ago: it is over, too, so that nobody waits until the clock has caught up (I16).
pub(crate) fn is_over(until: UnixMillis, longest: Duration, now: UnixMillis) -> bool {
    now >= until || until > now.plus(longest).plus(BETWEEN_NODES)
}

impl Texting {
    /// A text that no gateway has seen yet.
    #[must_use]
    pub fn fresh(now: UnixMillis) -> Self {
        let phase = Phase::Ready { from: now };
        Self { gateway: 0, submits: 0, unclear: 0, awaited: None, unreached: 0, phase }
    }

    /// What to do at `now` with `gateways` configured.
    #[must_use]
    pub fn step(&self, now: UnixMillis, gateways: usize) -> TextingStep {
        match &self.phase {
            Phase::Ready { .. } if self.gateway >= gateways || self.submits >= MAX_SUBMITS => {
                if self.unclear > 0 { TextingStep::Silent } else { TextingStep::Exhausted }
            }
            Phase::Ready { from } if !is_over(*from, LONGEST_RETRY, now) => {
                TextingStep::Wait { until: *from }
            }
            Phase::Ready { .. } => TextingStep::Submit { gateway: self.gateway },
            // The answer was lost with a crash: `interrupted` decides before a step is taken.
            Phase::Submitted => TextingStep::Wait { until: now },
            Phase::Unclear { until } => TextingStep::Wait { until: *until },
            Phase::Taken { reference, until } => {
                TextingStep::Ask { gateway: self.gateway, reference: reference.clone(), until: *until }
            }
            Phase::Delivered => TextingStep::Delivered,
            Phase::Silent => TextingStep::Silent,
            Phase::Exhausted => TextingStep::Exhausted,
        }
    }

    /// The intent of a submit is about to be committed.
    #[must_use]
    pub fn submitted(&self) -> Self {
        Self { submits: self.submits + 1, ..self.with(Phase::Submitted) }
    }

    /// The current gateway cannot be reached: on to the next one, and behind the last one again from
    /// the first, after a pause. It ends with the time of whatever is texted, not here. One that may have
    /// taken the text before is given its time to tell.
    #[must_use]
    pub fn passed_over(&self, gateways: usize, now: UnixMillis) -> Self {
        if let Some(until) = self.awaited.filter(|until| !is_over(*until, UNCLEAR_WAIT, now)) {
            return self.with(Phase::Unclear { until });
        }
        if self.gateway + 1 < gateways {
            return self.at(self.gateway + 1, now);
        }
        let pause = RETRY_AFTER.saturating_mul(1 << self.unreached.min(8)).min(LONGEST_RETRY);
        let unreached = self.unreached.saturating_add(1);
        Self { unreached, ..self.at(0, now.plus(pause)) }
    }

    /// The current gateway has answered, or its answer is lost (`Uncertain`).
    #[must_use]
    pub fn answered(&self, outcome: &Outcome, gateways: &[GatewayTraits], now: UnixMillis) -> Self {
        let traits = gateways.get(self.gateway);
        match outcome {
            Outcome::Accepted { reference } => {
                if traits.is_some_and(|t| t.receipts || t.can_be_asked) && !reference.is_empty() {
                    let until = now.plus(RECEIPT_WAIT);
                    self.with(Phase::Taken { reference: reference.clone(), until })
                } else {
                    self.with(Phase::Delivered)
                }
            }
            Outcome::Refused { .. } => self.next_gateway(gateways.len(), now),
            Outcome::NotSent { .. } => {
                let submits = self.submits.saturating_sub(1);
                Self { submits, ..self.passed_over(gateways.len(), now) }
            }
            Outcome::Uncertain { .. } => {
                let unclear = self.unclear + 1;
                let awaited = traits.is_some_and(|t| t.receipts).then(|| now.plus(UNCLEAR_WAIT));
                Self { unclear, awaited, ..self.clone() }.after_unclear(gateways, now)
            }
        }
    }

    fn after_unclear(&self, gateways: &[GatewayTraits], now: UnixMillis) -> Self {
        let honours_keys = gateways.get(self.gateway).is_some_and(|t| t.honours_keys);
        // The last submit is the next gateway's: this one may never answer.
        let for_the_next = u32::from(self.gateway + 1 < gateways.len());
        match self.awaited {
            _ if honours_keys && self.submits + for_the_next < MAX_SUBMITS => {
                self.with(Phase::Ready { from: now })
            }
            Some(until) => self.with(Phase::Unclear { until }),
            None => self.next_or_again(gateways.len(), now),
        }
    }

    /// A receipt came, or was asked for.
    #[must_use]
    pub fn receipt(&self, receipt: Receipt, gateways: usize, now: UnixMillis) -> Self {
        match receipt {
            Receipt::Delivered => self.with(Phase::Delivered),
            Receipt::Failed => {
                let was_unclear = u32::from(matches!(self.phase, Phase::Unclear { .. }));
                let unclear = self.unclear.saturating_sub(was_unclear);
                Self { unclear, ..self.clone() }.next_gateway(gateways, now)
            }
            Receipt::Pending => self.clone(),
        }
    }

    /// The time to wait for a receipt is over. A text that nobody knows anything of goes to the
    /// next gateway; one that was taken and stayed silent ends the texting.
    #[must_use]
    pub fn silent(&self, gateways: usize, now: UnixMillis) -> Self {
        match &self.phase {
            Phase::Unclear { .. } => self.next_or_again(gateways, now),
            Phase::Taken { .. } => self.with(Phase::Silent),
            Phase::Ready { .. } | Phase::Submitted | Phase::Delivered | Phase::Silent | Phase::Exhausted => {
                self.clone()
            }
        }
    }

    fn next_gateway(&self, gateways: usize, now: UnixMillis) -> Self {
        if self.gateway + 1 < gateways && self.submits < MAX_SUBMITS {
            self.at(self.gateway + 1, now)
        } else if self.unclear > 0 {
            self.with(Phase::Silent)
        } else {
            self.with(Phase::Exhausted)
        }
    }

    /// Nobody knows whether the text left. The right phone may get the same words twice: better than
    /// another hand, or none. So the last gateway is used again, as long as there are submits left.
    fn next_or_again(&self, gateways: usize, now: UnixMillis) -> Self {
        if self.gateway + 1 < gateways || self.submits >= MAX_SUBMITS {
            return self.next_gateway(gateways, now);
        }
        self.with(Phase::Ready { from: now.plus(RETRY_AFTER) })
    }

    /// Ready for this gateway, which has not seen it yet or has had its time.
    fn at(&self, gateway: usize, from: UnixMillis) -> Self {
        Self { gateway, awaited: None, ..self.with(Phase::Ready { from }) }
    }

    fn with(&self, phase: Phase) -> Self {
        Self { phase, ..self.clone() }
    }
}

impl State {
    /// Will a text of this leave next, which has not left yet? One of those of the day is kept for it.
    #[must_use]
    pub fn owes_text(&self) -> bool {
        let ready = |text: &Texting| matches!(text.phase, Phase::Ready { .. });
        match self {
            Self::Sealed { job } | Self::Issuing { job } | Self::Applied { job } => job.way == Way::Text,
            Self::Sending { text, .. } => ready(text),
            Self::Offered { offer, text } => offer.guard.texts() && ready(text),
            Self::Sent { .. }
            | Self::Revealed { .. }
            | Self::Requested { .. }
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

    /// When what is texted is over.
    #[must_use]
    pub fn text_until(&self) -> Option<UnixMillis> {
        if let Self::Offered { offer, .. } = self {
            return Some(offer.expires_at);
        }
        self.job().map(|job| job.deadline)
    }
}
