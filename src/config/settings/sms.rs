//! `[sms]`: how texts leave.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Tls;
use crate::config::secrets::SecretSetting;
use crate::config::values;
use crate::delivery::sms::http::Templates;
use crate::http::Method;

/// `[sms]`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SmsSettings {
    /// Whom texts come from: at most 11 letters and digits, or a number.
    pub sender: String,
    /// No more texts than this in a day.
    pub per_day: u32,
    /// Tried in this order.
    #[serde(rename = "gateway")]
    pub gateways: Vec<GatewaySettings>,
}

impl Default for SmsSettings {
    fn default() -> Self {
        Self { sender: "Servicedesk".to_owned(), per_day: 500, gateways: Vec::new() }
    }
}

/// Whose gateway it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum GatewayKind {
    /// 46elks.
    #[serde(rename = "46elks")]
    FortySixElks,
    /// Twilio.
    Twilio,
    /// Sinch.
    Sinch,
    /// GatewayAPI.
    GatewayApi,
    /// Kannel.
    Kannel,
    /// Any SMPP 3.4 server.
    Smpp,
    /// Any gateway that takes an HTTP request.
    Http,
    /// Files for SMS Server Tools 3.
    Spool,
}

/// How a text is handed over by HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum HttpMethod {
    /// In the address alone.
    #[serde(rename = "GET")]
    Get,
    /// With a body.
    #[default]
    #[serde(rename = "POST")]
    Post,
    /// With a body, at an address of our choice.
    #[serde(rename = "PUT")]
    Put,
}

/// In which alphabet a message centre takes texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SmppAlphabet {
    /// Its default one, which is that of GSM.
    #[default]
    Gsm,
    /// ISO 8859-1.
    Latin1,
}

/// How the receipts of a message centre write the names that its answers give.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SmppReceiptIds {
    /// Letter by letter.
    #[default]
    Same,
    /// As decimal numbers; the answers write them in hexadecimal.
    Decimal,
    /// In hexadecimal; the answers write them as decimal numbers.
    Hexadecimal,
}

/// One `[[sms.gateway]]`. Which of its keys a kind takes, and which it needs, is checked.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GatewaySettings {
    /// Its name in tickets, logs and callback paths; unique.
    pub name: String,
    /// Whose it is.
    pub kind: GatewayKind,
    /// Where the gateway answers; empty for the address of the kind's own service.
    #[serde(default, with = "values::optional_http_url")]
    #[schemars(with = "String")]
    pub base_url: String,
    /// Twilio: the Account SID. Sinch: the service plan's ID.
    #[serde(default)]
    pub account: String,
    /// Whom to sign in as.
    #[serde(default)]
    pub username: String,
    /// With which password, or token.
    #[serde(default)]
    pub password: Option<SecretSetting>,
    /// The secret part of the path that receipts come to; without it none do.
    #[serde(default)]
    pub callback: Option<SecretSetting>,
    /// `username:password` that receipts must show, too.
    #[serde(default)]
    pub callback_auth: Option<SecretSetting>,
    /// What receipts are signed with. Twilio: the Auth Token, when `username` is an API key.
    #[serde(default)]
    pub signature: Option<SecretSetting>,
    /// A text that has waited longer is not delivered any more. Twilio: in its own queue; what the operator has
    /// taken by then may arrive later.
    #[serde(default = "GatewaySettings::default_validity", with = "values::duration")]
    #[schemars(with = "String")]
    pub validity: Duration,
    /// Twilio: ask that the words are not kept; a right of the account.
    #[serde(default)]
    pub discard_content: bool,
    /// A balance below this is told as low, in whole units of its currency; so is one with nothing left.
    #[serde(default)]
    pub balance_low: u32,
    /// HTTP: how the text is handed over.
    #[serde(default)]
    pub method: HttpMethod,
    /// HTTP: the address, a template.
    #[serde(default)]
    pub url: String,
    /// HTTP: headers, templates.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// HTTP: the body, a template.
    #[serde(default)]
    pub body: String,
    /// HTTP: the pattern of an answer that took the text.
    #[serde(default)]
    pub success: String,
    /// HTTP: the pattern of an answer that refused it.
    #[serde(default)]
    pub failure: String,
    /// HTTP: does the service take the same `key` only once?
    #[serde(default)]
    pub idempotent: bool,
    /// Spool: the folder.
    #[serde(default)]
    pub path: PathBuf,
    /// SMPP: the message centre's name or address.
    #[serde(default)]
    pub host: String,
    /// SMPP: its port.
    #[serde(default = "GatewaySettings::default_port")]
    pub port: u16,
    /// SMPP: how the connection is protected; it has no STARTTLS.
    #[serde(default = "GatewaySettings::default_tls")]
    pub tls: Tls,
    /// SMPP: an extra trust anchor, beside the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// SMPP: what the operator calls this kind of client; mostly empty.
    #[serde(default)]
    pub system_type: String,
    /// SMPP: so many texts may be unanswered at once.
    #[serde(default = "GatewaySettings::default_window")]
    pub window: usize,
    /// SMPP: in which alphabet texts are taken.
    #[serde(default)]
    pub alphabet: SmppAlphabet,
    /// SMPP: how receipts write the names of texts.
    #[serde(default)]
    pub receipt_ids: SmppReceiptIds,
}

impl GatewaySettings {
    /// Where the gateway answers: what is written, or the address of the kind's own service.
    #[must_use]
    pub fn address(&self) -> &str {
        match self.kind {
            GatewayKind::FortySixElks if self.base_url.is_empty() => "https://api.46elks.com/a1",
            GatewayKind::Twilio if self.base_url.is_empty() => "https://api.twilio.com",
            GatewayKind::Sinch if self.base_url.is_empty() => "https://eu.sms.api.sinch.com",
            GatewayKind::GatewayApi if self.base_url.is_empty() => "https://gatewayapi.com",
            GatewayKind::FortySixElks
            | GatewayKind::Twilio
            | GatewayKind::Sinch
            | GatewayKind::GatewayApi
            | GatewayKind::Kannel
            | GatewayKind::Smpp
            | GatewayKind::Http
            | GatewayKind::Spool => &self.base_url,
        }
    }

    /// The request of kind `http`.
    #[must_use]
    pub fn templates(&self) -> Templates {
        Templates {
            method: match self.method {
                HttpMethod::Get => Method::Get,
                HttpMethod::Post => Method::Post,
                HttpMethod::Put => Method::Put,
            },
            url: self.url.clone(),
            headers: self.headers.clone().into_iter().collect(),
            body: self.body.clone(),
            success: self.success.clone(),
            failure: self.failure.clone(),
            idempotent: self.idempotent,
        }
    }

    fn default_validity() -> Duration {
        Duration::from_secs(10 * 60)
    }

    fn default_port() -> u16 {
        2775
    }

    fn default_tls() -> Tls {
        Tls::Implicit
    }

    fn default_window() -> usize {
        10
    }
}
