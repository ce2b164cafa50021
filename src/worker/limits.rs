//! What counts towards limits, and what happens when the desk as a whole has had enough: its breaker pauses the
//! automation, and the texts of the day have an end. People are told of both.

use std::time::Duration;

use serde_json::json;

use super::looked::Looked;
use super::{Parts, Rules, offer};
use crate::clock::rfc3339;
use crate::decision::{Automation, Decision};
use crate::directory::Account;
use crate::mail::Sender;
use crate::request::Reading;
use crate::store::{
    Addressee, AuditEntry, MACHINE, MessageKind, NewMessage, Pause, Started, Switch, TextCap,
};
use crate::types::{AccountId, EmailAddress, FROZEN_AFTER, Limits, Order, PhoneNumber, Reason, UnixMillis};

/// A text for which there is none left today is tried again so often: texts of a day ago cease to count.
const AGAIN_AFTER: Duration = Duration::from_secs(5 * 60);

impl Rules {
    /// What a delivery that begins must not exceed.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            cooldown: self.policy.cooldown,
            account_day: self.policy.per_account_per_day,
            sender_day: self.policy.per_sender_per_day,
            phone_day: self.policy.per_phone_per_day,
            unit_hour: self.policy.per_unit_per_hour,
            desk_hour: self.policy.per_hour,
            // Whoever leads a unit is asked for all of it, and for no more.
            manager_hour: self.policy.per_unit_per_hour,
            texts_day: self.texts_per_day,
            wrong_phones: FROZEN_AFTER,
            freezes: true,
        }
    }

    /// The same where people have set some of them aside: the texts of the day have an end all the same.
    pub(crate) fn limits_under(&self, order: &Order, account: &AccountId) -> Limits {
        let mut limits = self.limits();
        if order.sets_aside_of(Reason::LimitAccount, account) {
            (limits.cooldown, limits.account_day) = (Duration::ZERO, u32::MAX);
        }
        if order.sets_aside_of(Reason::AccountFrozen, account) {
            (limits.wrong_phones, limits.freezes) = (u32::MAX, false);
        }
        if order.sets_aside(Reason::LimitSender) {
            (limits.sender_day, limits.phone_day) = (u32::MAX, u32::MAX);
        }
        if order.sets_aside(Reason::LimitDesk) {
            (limits.unit_hour, limits.desk_hour) = (u32::MAX, u32::MAX);
        }
        // A manager's phone that has got enough links comes back so.
        if order.sets_aside(Reason::DeliveryFailed) {
            limits.manager_hour = u32::MAX;
        }
        limits
    }

    /// What a text that begins must not exceed; it is over at `until`.
    pub(crate) fn text_cap(&self, now: UnixMillis, until: Option<UnixMillis>) -> TextCap {
        let again_at = now.plus(AGAIN_AFTER);
        let again_at = until.map_or(again_at, |until| again_at.min(until));
        TextCap { per_day: self.texts_per_day, alarms: self.texts_used_up(), again_at }
    }

    /// The same words all day, so that people are told once.
    pub(crate) fn texts_used_up(&self) -> Vec<NewMessage> {
        self.alarms(&format!(
            "The {} texts of a day (sms.per_day) are used up. Texts wait until earlier ones are a day old; requests \
             that cannot wait go to the queue, and nothing is lost. If this is an outage and no abuse, raise \
             sms.per_day and reload.",
            self.texts_per_day
        ))
    }

    fn alarms(&self, text: &str) -> Vec<NewMessage> {
        let alarm = |to: &EmailAddress| NewMessage {
            kind: MessageKind::Alarm,
            to: Addressee::Mail(to.clone()),
            values: json!({ "text": text }).to_string(),
        };
        self.alarm_to.iter().map(alarm).collect()
    }
}

/// The keyed hash of the manager's phone that a decision texts; empty for none.
pub(crate) fn texted_hash(parts: &Parts, decision: &Decision) -> String {
    match (decision, &parts.keyring) {
        (Decision::OfferManager { phone: Some(phone), .. }, Some(keyring)) => keyring.phone_hash(phone),
        (Decision::OfferManager { .. }, _)
        | (
            Decision::TextRequester { .. }
            | Decision::Merge { .. }
            | Decision::AskForDetails
            | Decision::HandToTechnician { .. }
            | Decision::File,
            _,
        ) => String::new(),
    }
}

/// How many texts a decision needs at once: a manager's link goes with the warning to the owner, or not at all.
pub(crate) fn texts_needed(parts: &Parts, decision: &Decision, account: &Account) -> u32 {
    match decision {
        Decision::TextRequester { .. } => 1,
        Decision::OfferManager { phone, .. } => {
            u32::from(phone.is_some()) + u32::from(offer::can_be_warned(parts, account))
        }
        Decision::Merge { .. }
        | Decision::AskForDetails
        | Decision::HandToTechnician { .. }
        | Decision::File => 0,
    }
}

/// What counts towards limits: a delivery that begins, and a wrong phone for a known account.
/// Wrong phones of senders who may not ask are not counted: a stranger could freeze accounts. A phone is held against an
/// account once, when that is first known: people decide again as often as they like.
pub(crate) fn started(
    looked: &Looked,
    account: Option<&Account>,
    order: Option<&Order>,
    known_before: bool,
) -> Option<Started> {
    let account = account?;
    let phone = match &looked.together.reading {
        Reading::Request(request) => Some(&request.phone.value),
        Reading::Incomplete { phone, .. } if order.is_some() => phone.as_ref().map(|found| &found.value),
        _none if order.is_some() => None,
        Reading::Incomplete { .. } | Reading::Ambiguous { .. } | Reading::General | Reading::Automatic(_) => {
            return None;
        }
    };
    let is_wrong = |phone: &PhoneNumber| {
        !account.phones.is_empty()
            && account.phones.iter().all(|registered| registered.number.as_ref() != Some(phone))
    };
    let wrong_phone = !(order.is_some() && known_before) && phone.is_some_and(is_wrong);
    let (counts, mismatch) = match &looked.decided.decision {
        Decision::TextRequester { .. } => (true, false),
        Decision::OfferManager { .. } => (true, wrong_phone),
        Decision::HandToTechnician { reason: Reason::PhoneMismatch | Reason::NoManager, .. }
        | Decision::Merge { .. } => (false, wrong_phone),
        Decision::HandToTechnician { .. } | Decision::AskForDetails | Decision::File => (false, false),
    };
    (counts || mismatch).then(|| Started {
        account: account.id.clone(),
        sender: counted_sender(&looked.together.sender),
        phone_hash: looked.phone_hash.clone(),
        texted_hash: looked.texted_hash.clone(),
        unit: account.unit.clone(),
        texts: looked.texts,
        counts,
        mismatch,
    })
}

/// Whom a sender's limit counts: tags make no new one. Empty for nobody.
pub(crate) fn counted_sender(sender: &Sender) -> String {
    sender.address.as_ref().map_or_else(String::new, EmailAddress::correspondent)
}

/// The desk's breaker, when the whole desk is over its limit, and not only a unit: the automation is off until
/// a person turns it on again.
pub(crate) fn breaker(
    parts: &Parts,
    automation: Automation,
    reason: Option<Reason>,
    desk_is_over: bool,
) -> Option<Pause> {
    if automation != Automation::On || reason != Some(Reason::LimitDesk) || !desk_is_over {
        return None;
    }
    let at = parts.now();
    let why = format!(
        "more password requests in an hour than policy.per_hour allows ({})",
        parts.rules.policy.per_hour
    );
    let text = format!(
        "The automation was paused at {}: {why}. Every request goes to the queue now, and nothing is lost. Look at \
         `nyckelbud tickets`; when it is an outage and no attack, go on by `nyckelbud automation on --why TEXT`. It \
         does not come back by itself.",
        rfc3339(at)
    );
    Some(pause(&parts.rules, why, &text, at))
}

/// The store came out of a backup: nothing is automated before a person has looked. The same words all day, so that
/// people are told once, however many mails are found one after the other.
pub(crate) fn restored(parts: &Parts) -> Pause {
    let why = "the database came out of a backup".to_owned();
    let text = format!(
        "The automation is paused: {why}. Mails were found that it has forgotten, and what it thinks is under way is \
         held (store-restored). Look at `nyckelbud tickets`: passwords may have been handed over since. Go on by \
         `nyckelbud automation on --why TEXT`."
    );
    pause(&parts.rules, why, &text, parts.now())
}

/// Nobody can tell whether the store came out of a backup.
pub(crate) fn perhaps_restored(rules: &Rules) -> Vec<NewMessage> {
    rules.alarms(
        "The automation was off when the program started, and a mailbox could not be compared with the database: \
         whether the database came out of a backup is not known. What was under way is held (store-restored). Look at \
         `nyckelbud tickets`: passwords may have been handed over since. New requests are not concerned.",
    )
}

fn pause(rules: &Rules, why: String, text: &str, at: UnixMillis) -> Pause {
    let by = MACHINE.to_owned();
    let data = json!({ "why": why }).to_string();
    Pause {
        switch: Switch { automation: Automation::Off, why, by: by.clone(), at, until: None },
        audit: AuditEntry { actor: by, event: "automation.paused".to_owned(), data },
        alarms: rules.alarms(text),
    }
}
