//! `[web]`: the technicians' page.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::secrets::SecretSetting;
use crate::config::values;

/// `[web]`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WebSettings {
    /// Where the page is served.
    #[serde(with = "values::address")]
    #[schemars(with = "String")]
    pub listen: SocketAddr,
    /// Accounts of the page's own.
    pub local_accounts: bool,
    /// Addresses whose `Forwarded` and `X-Forwarded-For` count.
    #[schemars(with = "Vec<String>")]
    pub trusted_proxies: Vec<IpAddr>,
    /// When the desk is open; empty is always.
    pub opening_hours: String,
    /// How long a sign-in lasts.
    #[serde(with = "values::duration")]
    #[schemars(with = "String")]
    pub session: Duration,
    /// When a waiting ticket turns amber, and red.
    #[serde(with = "values::duration_pair")]
    #[schemars(with = "[String; 2]")]
    pub late: [Duration; 2],
    /// `[web.oidc]`.
    pub oidc: Option<OidcSettings>,
}

impl Default for WebSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8025)),
            local_accounts: true,
            trusted_proxies: Vec::new(),
            opening_hours: String::new(),
            session: Duration::from_secs(8 * 3600),
            late: [Duration::from_secs(15 * 60), Duration::from_secs(30 * 60)],
            oidc: None,
        }
    }
}

/// Entra ID's name for somebody, which never changes and is never given to somebody else.
fn object_id() -> String {
    "oid".to_owned()
}

/// `[web.oidc]`: sign-in at the organisation's own identity provider.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OidcSettings {
    /// The provider.
    #[serde(with = "values::http_url")]
    #[schemars(with = "String")]
    pub issuer: String,
    /// The application.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretSetting,
    /// The claim that says who a manager is: compared with the directory's identifier, with the username
    /// (`preferred_username`, `upn`, `unique_name`) or with the mail address (`email`, verified only).
    #[serde(default = "object_id")]
    pub claim: String,
    /// Groups or roles whose members are technicians.
    #[serde(default)]
    pub technicians: Vec<String>,
    /// Groups or roles whose members are auditors.
    #[serde(default)]
    pub auditors: Vec<String>,
    /// Groups or roles whose members are administrators.
    #[serde(default)]
    pub administrators: Vec<String>,
}

impl OidcSettings {
    /// The groups and roles that make somebody something at the desk.
    pub fn roles(&self) -> impl Iterator<Item = &String> {
        self.technicians.iter().chain(&self.auditors).chain(&self.administrators)
    }
}
