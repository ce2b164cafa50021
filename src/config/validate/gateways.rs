//! `[[sms.gateway]]`: each kind with the keys that it needs, and none that it has no use for.

use std::time::Duration;

use super::Checks;
use super::shape::{is_host, is_loopback};
use crate::config::key_path::KeyPath;
use crate::config::secrets::SecretSetting;
use crate::config::settings::{GatewayKind, GatewaySettings, Settings, Tls};
use crate::delivery::sms::http::{faults, uses};
use crate::delivery::sms::kannel::receipt_faults;
use crate::delivery::sms::{account_fault, sign_in_fault};
use crate::http::ServiceUrl;

/// Keys that every kind has.
const COMMON: [&str; 2] = ["name", "kind"];
/// Every other key.
const KEYS: [&str; 26] = [
    "base_url",
    "account",
    "username",
    "password",
    "callback",
    "callback_auth",
    "signature",
    "validity",
    "discard_content",
    "balance_low",
    "method",
    "url",
    "headers",
    "body",
    "success",
    "failure",
    "idempotent",
    "path",
    "host",
    "port",
    "tls",
    "ca_file",
    "system_type",
    "window",
    "alphabet",
    "receipt_ids",
];
/// What operators take: less would be over before a phone is found, and Twilio takes no more.
const VALIDITY: std::ops::RangeInclusive<Duration> = Duration::from_secs(60)..=Duration::from_secs(36_000);

/// A key that a kind needs, with what is expected there.
type Needed = (&'static str, &'static str);

/// What a kind needs, and what else it takes.
fn keys_of(kind: GatewayKind) -> (&'static [Needed], &'static [&'static str]) {
    match kind {
        GatewayKind::FortySixElks => (
            &[("username", "the API's username"), ("password", "a secret")],
            &["base_url", "callback", "callback_auth", "balance_low"],
        ),
        GatewayKind::Twilio => (
            &[("account", "the Account SID"), ("password", "the Auth Token, or an API key's secret")],
            &["base_url", "username", "callback", "signature", "validity", "discard_content", "balance_low"],
        ),
        GatewayKind::Sinch => (
            &[("account", "the service plan's ID"), ("password", "the API token")],
            &["base_url", "callback", "callback_auth", "signature", "validity"],
        ),
        GatewayKind::GatewayApi => (
            &[("password", "the API token")],
            &["base_url", "callback", "signature", "validity", "balance_low"],
        ),
        GatewayKind::Kannel => (
            &[
                ("base_url", "the address of smsbox's sendsms page"),
                ("username", "a sendsms-user"),
                ("password", "a secret"),
            ],
            &["callback", "callback_auth", "validity"],
        ),
        GatewayKind::Http => (
            &[("url", "the address, a template"), ("success", "the pattern of an answer that took the text")],
            &["method", "headers", "body", "failure", "idempotent", "username", "password"],
        ),
        GatewayKind::Spool => (&[("path", "the spool's folder")], &[]),
        GatewayKind::Smpp => (
            &[
                ("host", "the message centre's name"),
                ("username", "whom to bind as (system_id)"),
                ("password", "a secret"),
            ],
            &["port", "tls", "ca_file", "system_type", "validity", "window", "alphabet", "receipt_ids"],
        ),
    }
}

impl Checks<'_> {
    pub(super) fn gateway(&mut self, at: &KeyPath, gateway: &GatewaySettings) {
        // An unreadable kind was reported already, and reads as any.
        if self.is_reported(&at.key("kind")) {
            return;
        }
        let (needed, also) = keys_of(gateway.kind);
        for (key, expected) in needed {
            self.demand(&at.key(key), is_there(gateway, key), expected);
        }
        let known: Vec<&str> = COMMON.into_iter().chain(needed.iter().map(|(key, _)| *key)).collect();
        let known = [known.as_slice(), also].concat();
        for key in KEYS.into_iter().filter(|key| !known.contains(key)) {
            if self.is_written(&at.key(key)) {
                let why = format!("is no key of this kind of gateway; it takes {}", known.join(", "));
                self.refuse(&at.key(key), why);
            }
        }
        self.gateway_address(at, gateway);
        self.receipts(at, gateway);
        let has_account = matches!(gateway.kind, GatewayKind::Twilio | GatewayKind::Sinch);
        if has_account
            && !gateway.account.is_empty()
            && let Some(fault) = account_fault(&gateway.account)
        {
            self.refuse(&at.key(fault.key), fault.why);
        }
        self.expect(
            &at.key("validity"),
            VALIDITY.contains(&gateway.validity),
            format_args!("{:?}", gateway.validity),
            "a duration from 1m to 10h",
        );
        if gateway.kind == GatewayKind::Smpp {
            self.message_centre(at, gateway);
        }
        if gateway.kind == GatewayKind::Http {
            // Those that are missing are named above.
            let missing = |key: &str| !is_there(gateway, key);
            let found =
                faults(&gateway.templates()).into_iter().filter(|(key, _)| !missing(key) || *key == "body");
            for (key, why) in found {
                self.refuse(&at.key(key), why);
            }
            self.templates_sign_in(at, gateway);
        }
    }

    /// Secrets that cannot stand in the address for receipts, once they are read; those that could not be are
    /// empty, and told of.
    pub(in crate::config) fn gateway_secrets(&mut self, settings: &Settings) {
        for (index, gateway) in settings.sms.gateways.iter().enumerate() {
            let at = KeyPath::of("sms.gateway").index(index);
            let callback = gateway.callback.as_ref().map(SecretSetting::secret).filter(|s| !s.is_empty());
            let auth = gateway.callback_auth.as_ref().map(SecretSetting::secret).filter(|s| !s.is_empty());
            let mut found: Vec<_> = auth.and_then(sign_in_fault).into_iter().collect();
            #[cfg(feature = "smpp")]
            if gateway.kind == GatewayKind::Smpp {
                let password = gateway.password.as_ref().map(SecretSetting::secret);
                found.extend(password.and_then(crate::delivery::sms::smpp::password_fault));
            }
            if let Some(callback) = callback.filter(|_| gateway.kind == GatewayKind::Kannel) {
                found.extend(receipt_faults(&settings.desk.public_url, callback, auth));
            }
            for fault in found {
                let outside = fault.key.contains('.');
                let path = if outside { KeyPath::of(fault.key) } else { at.key(fault.key) };
                self.refuse(&path, fault.why);
            }
        }
    }

    /// A name goes with a password, and a password that nothing writes signs nobody in.
    fn templates_sign_in(&mut self, at: &KeyPath, gateway: &GatewaySettings) {
        let signs_in = !gateway.username.is_empty();
        self.demand(
            &at.key("password"),
            !signs_in || gateway.password.is_some(),
            "a secret, as there is a username",
        );
        if !signs_in && gateway.password.is_some() && !uses(&gateway.templates(), "password") {
            let why = "nothing uses it: add username, or write {{ password }} in a template";
            self.refuse(&at.key("password"), why);
        }
        if signs_in && gateway.headers.keys().any(|name| name.eq_ignore_ascii_case("authorization")) {
            self.refuse(&at.key("headers"), "Authorization is written from username and password already");
        }
    }

    fn gateway_address(&mut self, at: &KeyPath, gateway: &GatewaySettings) {
        if gateway.base_url.is_empty() {
            return;
        }
        if let Err(error) = ServiceUrl::parse(&gateway.base_url) {
            self.refuse(&at.key("base_url"), error.to_string());
        }
    }

    /// Where the message centre is, and what travels to it as text of SMPP.
    fn message_centre(&mut self, at: &KeyPath, gateway: &GatewaySettings) {
        let GatewaySettings { host, port, tls, window, .. } = gateway;
        let is_good = host.is_empty() || is_host(host);
        self.expect(&at.key("host"), is_good, format_args!("{host:?}"), "a host name or an address");
        self.expect(&at.key("port"), *port > 0, port, "a port from 1 to 65535");
        self.expect(&at.key("window"), (1..=100).contains(window), window, "a number from 1 to 100");
        let expected = match tls {
            Tls::Implicit => None,
            Tls::Starttls => Some("\"implicit\" or \"none\": SMPP has no STARTTLS"),
            Tls::None if host.is_empty() || is_loopback(host) => None,
            Tls::None => Some("\"implicit\": without TLS only a loopback address may be used"),
        };
        if let Some(expected) = expected {
            let found = if *tls == Tls::None { "\"none\"" } else { "\"starttls\"" };
            self.expect(&at.key("tls"), false, found, expected);
        }
        for (key, text) in [("username", &gateway.username), ("system_type", &gateway.system_type)] {
            // As long as `sms::smpp::BIND_TEXT_MAX`, which is not there in every program.
            let is_good = text.len() <= 64 && text.bytes().all(|b| b == b' ' || b.is_ascii_graphic());
            let expected = "letters, digits and marks of ASCII, at most 64";
            self.expect(&at.key(key), is_good, format_args!("{text:?}"), expected);
        }
    }

    /// What belongs to receipts is of no use without them.
    fn receipts(&mut self, at: &KeyPath, gateway: &GatewaySettings) {
        let for_receipts = [("callback_auth", &gateway.callback_auth), ("signature", &gateway.signature)];
        for (key, secret) in for_receipts {
            if secret.is_some() && gateway.callback.is_none() {
                let expected = format!("a secret, because {key} is there");
                self.demand(&at.key("callback"), false, &expected);
            }
        }
        let by_key = !gateway.username.is_empty() && gateway.username != gateway.account;
        if gateway.kind == GatewayKind::Twilio && by_key && gateway.callback.is_some() {
            let expected = "the account's Auth Token: receipts are signed with it, not with an API key";
            self.demand(&at.key("signature"), gateway.signature.is_some(), expected);
        }
    }
}

/// Has the key a value?
fn is_there(gateway: &GatewaySettings, key: &str) -> bool {
    let secret = |secret: &Option<SecretSetting>| secret.is_some();
    match key {
        "base_url" => !gateway.base_url.is_empty(),
        "account" => !gateway.account.is_empty(),
        "username" => !gateway.username.is_empty(),
        "password" => secret(&gateway.password),
        "url" => !gateway.url.is_empty(),
        "success" => !gateway.success.is_empty(),
        "host" => !gateway.host.is_empty(),
        "path" => !gateway.path.as_os_str().is_empty(),
        _ => true,
    }
}
