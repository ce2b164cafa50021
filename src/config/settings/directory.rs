//! `[directory]`: who people are.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::mailbox::certificate_in;
use crate::config::secrets::SecretSetting;
use crate::config::values;
use crate::token::Certificate;

/// Which register of people is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DirectoryKind {
    /// A file on this machine.
    File,
    /// Microsoft Graph.
    Graph,
    /// An LDAP directory.
    Ldap,
    /// People from Graph, passwords of synchronised accounts through LDAP.
    Hybrid,
}

/// `[directory]`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DirectorySettings {
    /// Which register is asked.
    pub kind: DirectoryKind,
    /// How long an answer may take.
    #[serde(with = "values::duration")]
    #[schemars(with = "String")]
    pub timeout: Duration,
    /// `[directory.file]`.
    pub file: FileDirectorySettings,
    /// `[directory.graph]`.
    pub graph: Option<GraphSettings>,
    /// `[directory.ldap]`.
    pub ldap: Option<LdapSettings>,
}

impl Default for DirectorySettings {
    fn default() -> Self {
        Self {
            kind: DirectoryKind::Hybrid,
            timeout: Duration::from_secs(10),
            file: FileDirectorySettings::default(),
            graph: None,
            ldap: None,
        }
    }
}

/// `[directory.file]`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FileDirectorySettings {
    /// Accounts, phones and managers.
    pub path: PathBuf,
}

impl Default for FileDirectorySettings {
    fn default() -> Self {
        Self { path: PathBuf::from("directory.toml") }
    }
}

/// What Graph hands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GraphCredential {
    /// A temporary password.
    Password,
    /// A Temporary Access Pass.
    TemporaryAccessPass,
}

/// `[directory.graph]`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GraphSettings {
    /// The tenant's identifier.
    pub tenant: String,
    /// The application.
    pub client_id: String,
    /// Its secret.
    #[serde(default)]
    pub client_secret: Option<SecretSetting>,
    /// Its certificate with the private key, in place of a secret: a PEM file of mode 0600 or stricter.
    #[serde(default)]
    pub certificate: Option<PathBuf>,
    /// Where Graph answers.
    #[serde(default = "GraphSettings::default_base_url", with = "values::http_url")]
    #[schemars(with = "String")]
    pub base_url: String,
    /// Where tokens are fetched.
    #[serde(default = "GraphSettings::default_login_url", with = "values::http_url")]
    #[schemars(with = "String")]
    pub login_url: String,
    /// What is handed out.
    #[serde(default = "GraphSettings::default_credential")]
    pub credential: GraphCredential,
}

impl GraphSettings {
    /// Reads the certificate, if one is named.
    ///
    /// # Errors
    /// In words, which file and what is wrong with it.
    #[must_use]
    pub fn read_certificate(&self) -> Option<Result<Certificate, String>> {
        self.certificate.as_deref().map(certificate_in)
    }

    fn default_base_url() -> String {
        "https://graph.microsoft.com/v1.0".to_owned()
    }
    fn default_login_url() -> String {
        "https://login.microsoftonline.com".to_owned()
    }
    fn default_credential() -> GraphCredential {
        GraphCredential::Password
    }
}

/// `[directory.ldap]`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LdapSettings {
    /// Tried in this order.
    pub servers: Vec<String>,
    /// An extra trust anchor, beside the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Whom to bind as.
    pub bind_dn: String,
    /// With which password.
    pub bind_password: SecretSetting,
    /// Where people are.
    pub base_dn: String,
    /// Attributes that hold registered phones.
    #[serde(default = "LdapSettings::default_phone_attributes")]
    pub phone_attributes: Vec<String>,
}

impl LdapSettings {
    fn default_phone_attributes() -> Vec<String> {
        vec!["mobile".to_owned()]
    }
}
