//! Systems of the site that are told over HTTP, signed as Standard Webhooks 1.0.0 say
//! (github.com/standard-webhooks/standard-webhooks, "spec/standard-webhooks.md"), or as a card for Teams. Only the
//! addresses of the configuration are asked: https, or http to this machine itself; no redirect is followed.

use std::time::Duration;

use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::http::{Auth, HttpClient, HttpSetupError, Method, Request, ServiceUrl, ServiceUrlError, Timeouts};
use crate::secret::Secret;

/// In front of a secret.
const SECRET: &str = "whsec_";
/// How many octets a secret has (Standard Webhooks, "Signature scheme").
const SECRET_OCTETS: std::ops::RangeInclusive<usize> = 24..=64;
/// Nothing of an answer but its status is read.
const ANSWER_MAX: usize = 64 * 1024;

/// What a webhook is told of. The words hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookEvent {
    /// A ticket came.
    TicketCreated,
    /// A ticket waits for a technician.
    TicketOpened,
    /// A ticket is solved: somebody has the password, or a person said so.
    TicketResolved,
    /// A ticket is over without that.
    TicketClosed,
    /// The machine turned its automation off by itself.
    AutomationPaused,
    /// A person turned the automation switch.
    AutomationTurned,
    /// The phones are down.
    OutageBegun,
    /// The phones work again.
    OutageEnded,
}

impl HookEvent {
    /// Every event.
    pub const ALL: [Self; 8] = [
        Self::TicketCreated,
        Self::TicketOpened,
        Self::TicketResolved,
        Self::TicketClosed,
        Self::AutomationPaused,
        Self::AutomationTurned,
        Self::OutageBegun,
        Self::OutageEnded,
    ];

    /// The stable word.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::TicketCreated => "ticket.created",
            Self::TicketOpened => "ticket.opened",
            Self::TicketResolved => "ticket.resolved",
            Self::TicketClosed => "ticket.closed",
            Self::AutomationPaused => "automation.paused",
            Self::AutomationTurned => "automation.turned",
            Self::OutageBegun => "outage.begun",
            Self::OutageEnded => "outage.ended",
        }
    }

    /// The event with this word.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.code() == code)
    }
}

/// How a body looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookFormat {
    /// `type`, `timestamp`, `data`; signed.
    Standard,
    /// A message with an adaptive card, for a workflow of Teams that begins "when a webhook request is received".
    Teams,
}

/// Why a webhook cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HookSetupError {
    /// Its address.
    #[error(transparent)]
    Url(#[from] ServiceUrlError),
    /// Its secret.
    #[error("expected a secret of Standard Webhooks: whsec_ and 24 to 64 octets in base64")]
    Secret,
    /// The HTTP client.
    #[error(transparent)]
    Http(#[from] HttpSetupError),
}

/// The key in a secret.
///
/// # Errors
/// It is none.
pub fn hook_key(secret: &Secret) -> Result<Zeroizing<Vec<u8>>, HookSetupError> {
    let text = secret.expose().strip_prefix(SECRET).ok_or(HookSetupError::Secret)?;
    let key = BASE64.decode(text.as_bytes()).map(Zeroizing::new).map_err(|_| HookSetupError::Secret)?;
    if SECRET_OCTETS.contains(&key.len()) { Ok(key) } else { Err(HookSetupError::Secret) }
}

/// Reads the address of a webhook.
///
/// # Errors
/// As [`ServiceUrl::parse_with_query`].
pub fn hook_url(text: &str) -> Result<ServiceUrl, HookSetupError> {
    Ok(ServiceUrl::parse_with_query(text)?)
}

/// What became of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookAnswer {
    /// It was taken.
    Took,
    /// Whoever it is for wants nothing more (410).
    Gone,
    /// It was not taken, or nobody knows.
    Not {
        /// Why.
        why: String,
        /// How long it asks not to be told again.
        after: Option<Duration>,
    },
}

/// A system that is told.
pub struct Webhook {
    id: String,
    shown: String,
    url: ServiceUrl,
    key: Option<Zeroizing<Vec<u8>>>,
    events: Vec<HookEvent>,
    format: HookFormat,
    client: HttpClient,
}

impl Webhook {
    /// One at `url`, which is told of `events`; of all, when there are none. `secret` signs. One with a `name` is the same
    /// when its address is another.
    ///
    /// # Errors
    /// [`HookSetupError`].
    pub fn new(
        name: Option<&str>,
        url: &str,
        secret: Option<&Secret>,
        events: Vec<HookEvent>,
        format: HookFormat,
    ) -> Result<Self, HookSetupError> {
        let address = hook_url(url)?;
        let host = address.origin().split_once("://").map(|(_, host)| host.to_owned()).unwrap_or_default();
        // No address is written like a name.
        let known_by = name.map_or_else(|| address.as_str().to_owned(), |name| format!("name {name}"));
        let mut id = HEXLOWER.encode(&Sha256::digest(known_by));
        id.truncate(32);
        let timeouts = Timeouts { connect: Duration::from_secs(5), total: Duration::from_secs(15) };
        let client = HttpClient::new(timeouts, ANSWER_MAX)?;
        let shown = name.map_or(host, str::to_owned);
        Ok(Self { id, shown, url: address, key: secret.map(hook_key).transpose()?, events, format, client })
    }

    /// The store's name for it: its address may hold a secret.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its name, or else its host with the port: what people know it by.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// How its bodies look.
    #[must_use]
    pub fn format(&self) -> HookFormat {
        self.format
    }

    /// Is it told of this?
    #[must_use]
    pub fn wants(&self, event: HookEvent) -> bool {
        self.events.is_empty() || self.events.contains(&event)
    }

    /// Tells it. `message` is the same in every try, `at` is the time of this one in seconds since 1970.
    pub async fn send(&self, message: &str, at: i64, body: &str) -> HookAnswer {
        let time = at.to_string();
        let signature = self.key.as_ref().map(|key| sign(key, message, &time, body));
        let mut headers = vec![
            ("content-type", "application/json"),
            ("webhook-id", message),
            ("webhook-timestamp", time.as_str()),
        ];
        headers.extend(signature.as_deref().map(|signature| ("webhook-signature", signature)));
        let request = Request {
            method: Method::Post,
            url: &self.url,
            auth: Auth::None,
            headers: &headers,
            body: Zeroizing::new(body.as_bytes().to_vec()),
        };
        match self.client.request(request).await {
            Ok(answer) => match answer.status {
                200..=299 => HookAnswer::Took,
                410 => HookAnswer::Gone,
                status => HookAnswer::Not { why: format!("it answers {status}"), after: answer.retry_after },
            },
            Err(error) => HookAnswer::Not { why: error.to_string(), after: None },
        }
    }
}

/// `v1,` and the HMAC-SHA256 of id, time and body.
fn sign(key: &[u8], message: &str, time: &str, body: &str) -> String {
    // A key of any length is one (RFC 2104), so this does not fail; without a signature nobody would believe it.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    for part in [message, ".", time, ".", body] {
        mac.update(part.as_bytes());
    }
    format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own libraries.
    #[test]
    fn a_signature_is_that_of_standard_webhooks() {
        let key = hook_key(&Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned())).unwrap();
        let signed = sign(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", r#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_that_is_none_is_refused_without_being_shown() {
        for text in ["", "whsec_", "whsec_AAAA", "whsec_%%%%", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
            let error = hook_key(&Secret::new(text.to_owned())).unwrap_err();
            assert!(!error.to_string().contains("AAAA"), "{error}");
        }
    }

    #[test]
    fn only_https_or_this_machine_is_told() {
        let url =
            |text: &str| Webhook::new(None, text, None, Vec::new(), HookFormat::Teams).map(|hook| hook.shown);
        assert_eq!(url("https://hooks.kommun.example/a?sig=b").unwrap(), "hooks.kommun.example");
        assert_eq!(url("http://127.0.0.1:9/a").unwrap(), "127.0.0.1:9");
        for text in
            ["http://hooks.kommun.example", "ftp://x", "https://u:p@x", "http://169.254.169.254/latest"]
        {
            assert!(url(text).is_err(), "{text}");
        }
    }

    #[test]
    fn one_with_a_name_is_the_same_at_another_address() {
        let at = |name, url| Webhook::new(name, url, None, Vec::new(), HookFormat::Teams).unwrap();
        let (old, new) = ("https://hooks.kommun.example/a?sig=b", "https://hooks.kommun.example/a?sig=c");
        assert_eq!(at(Some("on-call"), old).id(), at(Some("on-call"), new).id());
        assert_ne!(at(None, old).id(), at(None, new).id());
        assert_ne!(at(Some("on-call"), old).id(), at(Some("chat"), old).id(), "two flows of one address");
        assert_eq!((at(Some("chat"), old).shown(), at(None, old).shown()), ("chat", "hooks.kommun.example"));
    }

    #[test]
    fn an_event_is_known_by_its_word() {
        assert_eq!(HookEvent::ALL.map(|event| HookEvent::of_code(event.code())), HookEvent::ALL.map(Some));
        assert_eq!(HookEvent::of_code("ticket"), None);
    }
}
