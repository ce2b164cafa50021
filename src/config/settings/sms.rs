//! `[sms]`: how texts leave.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::secrets::SecretSetting;
use crate::config::values;

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

/// One `[[sms.gateway]]`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GatewaySettings {
    /// Its name in tickets, logs and callback paths; unique.
    pub name: String,
    /// Whose it is.
    pub kind: GatewayKind,
    /// 46elks: where the gateway answers.
    #[serde(default = "GatewaySettings::default_base_url", with = "values::http_url")]
    #[schemars(with = "String")]
    pub base_url: String,
    /// 46elks: whom to sign in as.
    #[serde(default)]
    pub username: String,
    /// 46elks: with which password.
    #[serde(default)]
    pub password: Option<SecretSetting>,
    /// 46elks: the secret part of the path that receipts come to; without it the gateway is asked.
    #[serde(default)]
    pub callback: Option<SecretSetting>,
    /// Spool: the folder.
    #[serde(default)]
    pub path: PathBuf,
}

impl GatewaySettings {
    fn default_base_url() -> String {
        "https://api.46elks.com/a1".to_owned()
    }
}
