//! The settings: a struct a section of `nyckelbud.toml`, a field a key, and the defaults.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod delivery;
mod desk;
mod directory;
mod mailbox;
mod policy;
mod sms;
mod store;
mod watch;
mod web;

pub use delivery::{DeliverySettings, Notice, PasswordSettings, PasswordStyle, PickupMethod, Unused};
pub use desk::{DeskSettings, Language};
pub use directory::{
    DirectoryKind, DirectorySettings, FileDirectorySettings, GraphCredential, GraphSettings, LdapSettings,
};
pub use mailbox::{MailboxKind, MailboxSettings, OauthSettings, SmtpKind, SmtpSettings, Start, Tls};
pub use policy::{
    Acknowledge, Automation, Fallback, ManagerAbsent, ManagerDelivery, PolicySettings, RequesterDelivery,
    Senders,
};
pub use sms::{GatewayKind, GatewaySettings, HttpMethod, SmppAlphabet, SmppReceiptIds, SmsSettings};
pub use store::{RetentionSettings, StoreSettings, StoreUrl};
pub use watch::{
    LogFormat, NotifySettings, TelemetrySettings, TemplateSettings, WebhookFormat, WebhookSettings,
};
pub use web::{OidcSettings, WebSettings};

/// The whole configuration.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The desk, as people see it.
    pub desk: DeskSettings,
    /// Where mails come from.
    #[serde(rename = "mailbox", default)]
    pub mailboxes: Vec<MailboxSettings>,
    /// Who people are.
    #[serde(default)]
    pub directory: DirectorySettings,
    /// What may be done without a human.
    #[serde(default)]
    pub policy: PolicySettings,
    /// What a temporary password looks like, and how it is sealed.
    #[serde(default)]
    pub password: PasswordSettings,
    /// How a password reaches a hand.
    #[serde(default)]
    pub delivery: DeliverySettings,
    /// How texts leave.
    #[serde(default)]
    pub sms: SmsSettings,
    /// How mails leave.
    #[serde(default)]
    pub smtp: SmtpSettings,
    /// Where tickets live.
    #[serde(default)]
    pub store: StoreSettings,
    /// How long what is kept.
    #[serde(default)]
    pub retention: RetentionSettings,
    /// The technicians' page.
    #[serde(default)]
    pub web: WebSettings,
    /// Who is told about new tickets and alarms.
    #[serde(default)]
    pub notify: NotifySettings,
    /// Log and metrics.
    #[serde(default)]
    pub telemetry: TelemetrySettings,
    /// Texts that replace the built-in ones.
    #[serde(default)]
    pub templates: TemplateSettings,
}
