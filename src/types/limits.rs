//! What must not be exceeded: asked once by the decision, and again where a delivery is begun, when nobody else
//! can begin one at the same moment.

use std::time::Duration;

use super::{History, UnixMillis};

/// So many requests with wrong phones in a day freeze an account: somebody may be guessing.
pub const FROZEN_AFTER: u32 = 3;

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
    /// Links to one manager's phone in an hour.
    pub manager_hour: u32,
    /// Texts in a day.
    pub texts_day: u32,
    /// So many requests with wrong phones in a day freeze an account.
    pub wrong_phones: u32,
    /// Does a freeze by the account's owner count?
    pub freezes: bool,
}

impl Limits {
    /// Must nothing more be begun? `unit` is whether the account's unit is known, `texts` how many it would need.
    #[must_use]
    pub fn are_reached(&self, history: &History, unit: bool, texts: u32, now: UnixMillis) -> bool {
        self.freezes && history.frozen
            || history.account_mismatches_day >= self.wrong_phones
            || self.cools_down(history, now).is_some()
            || history.account_day >= self.account_day
            || history.sender_day >= self.sender_day
            || history.phone_day >= self.phone_day
            || unit && history.unit_hour >= self.unit_hour
            || history.desk_hour >= self.desk_hour
            || self.texts_are_used_up(history, texts)
    }

    /// How long ago the account's last one was, when that is too short.
    #[must_use]
    pub fn cools_down(&self, history: &History, now: UnixMillis) -> Option<Duration> {
        history.account_last.map(|last| now.since(last)).filter(|ago| *ago < self.cooldown)
    }

    /// Are there fewer than `texts` left today, beside those that are owed?
    #[must_use]
    pub fn texts_are_used_up(&self, history: &History, texts: u32) -> bool {
        let taken = history.texts_day.saturating_add(history.texts_owed);
        texts > 0 && taken.saturating_add(texts) > self.texts_day
    }
}
