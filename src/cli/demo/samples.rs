//! The demo's sample mails, and what must become of each. A name begins with the outcome.

use std::time::Duration;

use crate::clock::{Clock, SystemClock, rfc5322};
use crate::store::TicketView;
use crate::ticket::{Fate, Standing};
use crate::types::Reason;

/// A mail, and what must become of it.
pub(super) struct Sample {
    /// Its name, which says what must become of it.
    pub(super) name: &'static str,
    text: &'static str,
    /// How long ago it came.
    pub(super) age: Option<Duration>,
    state: Standing,
    pub(super) outcome: Fate,
    reason: Option<Reason>,
}

macro_rules! sample {
    ($name:literal, $state:ident, $outcome:ident, $reason:expr) => {
        sample!($name, $state, $outcome, $reason, None)
    };
    ($name:literal, $state:ident, $outcome:ident, $reason:expr, $age:expr) => {
        Sample {
            name: $name,
            text: include_str!(concat!("../../../deploy/demo/", $name, ".eml")),
            age: $age,
            state: Standing::$state,
            outcome: Fate::$outcome,
            reason: $reason,
        }
    };
}

const TWO_DAYS: Option<Duration> = Some(Duration::from_secs(2 * 24 * 3600));

/// In the order in which they come.
pub(super) const SAMPLES: &[Sample] = &[
    sample!("sms-registered-phone", Resolved, Sms, None),
    sample!("sms-in-english", Resolved, Sms, None),
    sample!("sms-from-a-colleague", Resolved, Sms, None),
    sample!("manager-phone-mismatch", Pending, Manager, Some(Reason::PhoneMismatch)),
    sample!("merged-second-request", Closed, Merged, None),
    sample!("manager-no-phone", Pending, Manager, Some(Reason::NoPhone)),
    sample!("manager-phone-takes-no-sms", Pending, Manager, Some(Reason::PhoneTakesNoSms)),
    sample!("asked-fields-missing", Pending, Asked, Some(Reason::FieldsMissing)),
    sample!("technician-fields-ambiguous", Open, Technician, Some(Reason::FieldsAmbiguous)),
    sample!("technician-account-unknown", Open, Technician, Some(Reason::AccountUnknown)),
    sample!("technician-account-disabled", Open, Technician, Some(Reason::AccountDisabled)),
    sample!("technician-account-protected", Open, Technician, Some(Reason::AccountProtected)),
    sample!("technician-sender-unverified", Open, Technician, Some(Reason::SenderUnverified)),
    sample!("technician-no-manager", Open, Technician, Some(Reason::NoManager)),
    sample!("technician-limit-account", Open, Technician, Some(Reason::LimitAccount)),
    sample!("technician-mail-too-old", Open, Technician, Some(Reason::MailTooOld), TWO_DAYS),
    sample!("technician-other-subject", Open, Technician, Some(Reason::OtherSubject)),
    sample!("technician-cannot-be-read", Open, Technician, None),
    sample!("filed-out-of-office", Closed, Filed, None),
];

impl Sample {
    /// The mail as it comes, written just now: one with an old Date would not be acted on.
    pub(super) fn mail(&self) -> Vec<u8> {
        let date = rfc5322(SystemClock.now());
        let lines = self.text.lines().map(|line| match line.strip_prefix("Date: ") {
            Some(_) => format!("Date: {date}\r\n"),
            None => format!("{line}\r\n"),
        });
        lines.collect::<String>().into_bytes()
    }

    /// Its Message-ID, if its reader can find one.
    pub(super) fn message_id(&self) -> Option<String> {
        let line = self.text.lines().find_map(|line| line.strip_prefix("Message-ID: <"))?;
        line.strip_suffix('>').map(ToOwned::to_owned)
    }

    /// Did it become what its name says?
    pub(super) fn fits(&self, view: &TicketView) -> bool {
        let ticket = &view.ticket;
        ticket.state.standing() == self.state
            && ticket.outcome == Some(self.outcome)
            && ticket.reason == self.reason
    }
}
