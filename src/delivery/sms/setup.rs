//! What a gateway over HTTP is made from, checked once.

use std::time::Duration;

use super::receipt::Callback;
use super::{LeftAlone, is_reference};
use crate::http::{HttpClient, HttpSetupError, ServiceUrl, ServiceUrlError, Timeouts};
use crate::secret::Secret;

/// No more of an answer is read (octets); the documented ones have some hundred.
const ANSWER_MAX: usize = 64 * 1024;

/// What gateways over HTTP are made from. A gateway leaves alone what it has no use for.
#[derive(Clone, Debug)]
pub struct GatewaySetup {
    /// The gateway's configured name, as it stands in the path of callbacks.
    pub name: String,
    /// Where it answers.
    pub base_url: String,
    /// Whose texts they are: Twilio's Account SID, Sinch's service plan.
    pub account: String,
    /// Whom to sign in as.
    pub username: String,
    /// With which password, or token.
    pub password: Secret,
    /// The secret in the path that receipts come to; without one, none are asked for.
    pub callback: Option<Secret>,
    /// `username:password` that receipts must show, too (RFC 7617).
    pub callback_auth: Option<Secret>,
    /// What receipts are signed with, where that is not `password`.
    pub signature: Option<Secret>,
    /// Where this desk is reached from outside, for receipts.
    pub public_url: String,
    /// Whom texts come from.
    pub sender: String,
    /// A text that has waited longer is not delivered any more; at Twilio only in its own queue.
    pub validity: Duration,
    /// Twilio: ask that the words are not kept.
    pub discard_content: bool,
    /// A balance below this is low, in whole units of its currency; so is one with nothing left.
    pub balance_low: u32,
    /// How long its answers may take.
    pub timeouts: Timeouts,
}

/// Why a gateway cannot be made from its settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// The gateway is not reached by this address.
    #[error("base_url: {0}")]
    BaseUrl(ServiceUrlError),
    /// Receipts would not come, or would carry their secret in the open.
    #[error("desk.public_url, which receipts are sent to: {0}")]
    PublicUrl(ServiceUrlError),
    /// Not a sender that phones can show.
    #[error("sms.sender: expected at most 11 letters and digits that begin with a letter, or +46…")]
    Sender,
    /// A value that cannot stand in a path, or in the address for receipts.
    #[error("{}: {}", .0.key, .0.why)]
    Value(Fault),
    /// Nothing to verify receipts with.
    #[error("signature: is missing; receipts are signed with the account's Auth Token, not with an API key")]
    Signature,
    /// A template or a pattern of a gateway of kind `http`.
    #[error("{key}: {why}")]
    Template {
        /// Under which key it stands.
        key: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// No HTTP client.
    #[error(transparent)]
    Http(#[from] HttpSetupError),
}

/// A value that no gateway of its kind can work with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Under which key of the gateway it stands, or `desk.public_url`.
    pub key: &'static str,
    /// What was expected.
    pub why: &'static str,
}

/// The account's name stands in the paths of the API.
#[must_use]
pub fn account_fault(account: &str) -> Option<Fault> {
    let why = "expected letters, digits, - and _ only";
    (!is_reference(account)).then_some(Fault { key: "account", why })
}

/// What every gateway over HTTP holds.
pub(super) struct Base {
    /// The configured name.
    pub name: String,
    /// To ask it with.
    pub client: HttpClient,
    /// Where its receipts come to.
    pub callback: Option<Callback>,
    /// Whom texts come from.
    pub sender: String,
    /// How long a text may wait at the operator.
    pub validity: Duration,
    /// In hundredths: a balance below this is low.
    pub balance_low: i64,
    /// Until when it asked to be left alone.
    pub left_alone: LeftAlone,
    /// What an answer may repeat, and a ticket must not.
    pub secrets: Vec<Secret>,
}

impl Base {
    /// Checks what all gateways share.
    ///
    /// # Errors
    /// [`SetupError`] says which setting is wrong.
    pub fn new(setup: &GatewaySetup) -> Result<Self, SetupError> {
        if !is_sender(&setup.sender) {
            return Err(SetupError::Sender);
        }
        Ok(Self {
            name: setup.name.clone(),
            client: HttpClient::new(setup.timeouts, ANSWER_MAX)?,
            callback: Callback::of(setup)?,
            sender: setup.sender.clone(),
            validity: setup.validity,
            balance_low: i64::from(setup.balance_low) * 100,
            left_alone: LeftAlone::default(),
            secrets: [
                Some(&setup.password),
                setup.callback.as_ref(),
                setup.callback_auth.as_ref(),
                setup.signature.as_ref(),
            ]
            .into_iter()
            .flatten()
            .cloned()
            .collect(),
        })
    }

    /// How long a text may wait at the operator, in whole units of `unit` seconds, at least one.
    pub fn validity_in(&self, unit: u64) -> u64 {
        self.validity.as_secs().div_ceil(unit).max(1)
    }
}

/// The address of a gateway's API.
///
/// # Errors
/// [`SetupError::BaseUrl`].
pub(super) fn base_url(setup: &GatewaySetup) -> Result<ServiceUrl, SetupError> {
    ServiceUrl::parse(&setup.base_url).map_err(SetupError::BaseUrl)
}

/// Up to 11 letters and digits, the first a letter (3GPP TS 23.040 9.1.2.5), or a number.
pub(super) fn is_sender(sender: &str) -> bool {
    let all = |text: &str, test: fn(&u8) -> bool| text.bytes().all(|b| test(&b));
    match sender.strip_prefix('+') {
        Some(digits) => (5..=15).contains(&digits.len()) && all(digits, u8::is_ascii_digit),
        None => {
            (1..=11).contains(&sender.len())
                && sender.starts_with(|c: char| c.is_ascii_alphabetic())
                && all(sender, u8::is_ascii_alphanumeric)
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Settings that every gateway takes.
    pub fn setup(password: &str) -> GatewaySetup {
        GatewaySetup {
            name: "gw".to_owned(),
            base_url: "https://sms.kommun.example".to_owned(),
            account: "AC1".to_owned(),
            username: String::new(),
            password: Secret::new(password.to_owned()),
            callback: Some(Secret::new("s3cret".to_owned())),
            callback_auth: None,
            signature: None,
            public_url: "https://servicedesk.kommun.example".to_owned(),
            sender: "Servicedesk".to_owned(),
            validity: Duration::from_secs(600),
            discard_content: false,
            balance_low: 0,
            timeouts: Timeouts::default(),
        }
    }

    #[test]
    fn a_sender_is_a_short_name_or_a_number() {
        for good in ["Servicedesk", "A", "IT2", "+46701740605"] {
            assert!(is_sender(good), "{good}");
        }
        for bad in ["", "Servicedesken", "1177", "Räddning", "IT desk", "+46 70", "+4", "46701740605"] {
            assert!(!is_sender(bad), "{bad}");
        }
    }
}
