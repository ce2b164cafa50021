//! What must not be exceeded: asked once by the decision, and again where a delivery is begun, when nobody else
//! can begin one at the same moment.

use std::time::Duration;

use super::{FROZEN_AFTER, Policy};
use crate::types::{History, UnixMillis};

/// How much may be begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Per account, between two.
    pub cooldown: Duration,
    /// Per account in a day.
    pub account_day: u32,
    /// Per sender in a day.
    pub sender_day: u32,
    /// Per phone in a day.
    pub phone_day: u32,
    /// Per unit in an hour.
    pub unit_hour: u32,
    /// The whole desk in an hour.
    pub desk_hour: u32,
    /// Texts in a day.
    pub texts_day: u32,
}

impl Limits {
    /// The limits of `policy`, with so many texts in a day.
    #[must_use]
    pub fn of(policy: &Policy, texts_day: u32) -> Self {
        Self {
            cooldown: policy.cooldown,
            account_day: policy.per_account_per_day,
            sender_day: policy.per_sender_per_day,
            phone_day: policy.per_phone_per_day,
            unit_hour: policy.per_unit_per_hour,
            desk_hour: policy.per_hour,
            texts_day,
        }
    }

    /// Must nothing more be begun? `unit` is whether the account's unit is known.
    #[must_use]
    pub fn are_reached(&self, history: &History, unit: bool, now: UnixMillis) -> bool {
        history.frozen
            || history.account_mismatches_day >= FROZEN_AFTER
            || self.cools_down(history, now).is_some()
            || history.account_day >= self.account_day
            || history.sender_day >= self.sender_day
            || history.phone_day >= self.phone_day
            || unit && history.unit_hour >= self.unit_hour
            || history.desk_hour >= self.desk_hour
            || self.texts_are_used_up(history)
    }

    /// How long ago the account's last one was, when that is too short.
    #[must_use]
    pub fn cools_down(&self, history: &History, now: UnixMillis) -> Option<Duration> {
        history.account_last.map(|last| now.since(last)).filter(|ago| *ago < self.cooldown)
    }

    /// Are there no more texts for a further request today?
    #[must_use]
    pub fn texts_are_used_up(&self, history: &History) -> bool {
        history.texts_day.saturating_add(history.texts_owed) >= self.texts_day
    }
}
