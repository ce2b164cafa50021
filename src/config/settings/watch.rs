//! `[notify]`, `[telemetry]` and `[templates]`: who is told, what is logged, and texts of one's own.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::secrets::SecretSetting;
use crate::config::values;
use crate::types::EmailAddress;

/// `[notify]`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NotifySettings {
    /// Addresses that alarms go to.
    #[schemars(with = "Vec<String>")]
    pub mail: Vec<EmailAddress>,
    /// Systems that are told.
    #[serde(rename = "webhook")]
    pub webhooks: Vec<WebhookSettings>,
}

/// How a webhook's body looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WebhookFormat {
    /// Standard Webhooks.
    Standard,
    /// A card for Teams.
    Teams,
}

/// One `[[notify.webhook]]`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    /// What people know it by, and what stays the same when its address changes. Left out: its host.
    #[serde(default)]
    pub name: Option<String>,
    /// Where it is told. Only its host is shown: a path or a query may be all that keeps others out.
    #[serde(with = "values::webhook_url")]
    #[schemars(with = "String")]
    pub url: String,
    /// Signs what it is told: `whsec_` and 24 to 64 octets in base64. Needed for the format `standard`.
    #[serde(default)]
    pub secret: Option<SecretSetting>,
    /// What it is told of; nothing is everything.
    #[serde(default)]
    pub events: Vec<String>,
    /// How that looks.
    #[serde(default = "WebhookSettings::default_format")]
    pub format: WebhookFormat,
}

impl WebhookSettings {
    fn default_format() -> WebhookFormat {
        WebhookFormat::Standard
    }
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// Text on a terminal, journald under systemd, else JSON.
    Auto,
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
    /// To the journal, with fields.
    Journald,
}

/// `[telemetry]`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TelemetrySettings {
    /// What is logged, in RUST_LOG syntax.
    pub log: String,
    /// How it is written.
    pub format: LogFormat,
    /// Where Prometheus reads; empty turns it off.
    #[serde(with = "values::optional_address")]
    #[schemars(with = "String")]
    pub metrics: Option<SocketAddr>,
    /// Where traces go (OTLP).
    pub otlp: Option<String>,
}

impl Default for TelemetrySettings {
    fn default() -> Self {
        Self {
            log: "info".to_owned(),
            format: LogFormat::Auto,
            metrics: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 9025))),
            otlp: None,
        }
    }
}

/// `[templates]`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TemplateSettings {
    /// Files here replace the built-in ones of the same name.
    pub directory: Option<PathBuf>,
}
