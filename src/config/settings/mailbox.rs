//! `[[mailbox]]` and `[smtp]`: where mails come from and how they leave.

use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::secrets::{SecretSetting, SecretSource};
use crate::config::values;
use crate::mail::Authentication;
use crate::token::Certificate;

/// What kind of mailbox it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MailboxKind {
    /// On an IMAP server.
    Imap,
    /// A maildir on this machine.
    Maildir,
}

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Tls {
    /// From the first byte.
    Implicit,
    /// By STARTTLS, demanded.
    Starttls,
    /// Not at all: loopback addresses only.
    None,
}

/// What the first connection ever takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// Mails that arrive from now on.
    Now,
    /// The whole inbox.
    All,
}

/// One `[[mailbox]]`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MailboxSettings {
    /// Its name in tickets and logs; unique.
    pub name: String,
    /// What kind it is.
    #[serde(default = "MailboxSettings::default_kind")]
    pub kind: MailboxKind,
    /// IMAP: the server's name or address; not empty.
    #[serde(default)]
    pub host: String,
    /// IMAP: the server's port.
    #[serde(default = "MailboxSettings::default_port")]
    pub port: u16,
    /// IMAP: how the connection is protected.
    #[serde(default = "MailboxSettings::default_tls")]
    pub tls: Tls,
    /// IMAP: an extra trust anchor, beside the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// IMAP: whom to sign in as.
    #[serde(default)]
    pub username: String,
    /// IMAP: with which password.
    #[serde(default)]
    pub password: Option<SecretSetting>,
    /// IMAP: in place of a password.
    #[serde(default)]
    pub oauth: Option<OauthSettings>,
    /// Maildir: its folder.
    #[serde(default)]
    pub path: PathBuf,
    /// IMAP: the folder that mails come to.
    #[serde(default = "MailboxSettings::default_inbox")]
    pub inbox: String,
    /// The folder that settled mails are moved to.
    #[serde(default = "MailboxSettings::default_handled")]
    pub handled: String,
    /// The folder for mails that cannot be read.
    #[serde(default = "MailboxSettings::default_quarantine")]
    pub quarantine: String,
    /// What the first connection ever takes.
    #[serde(default = "MailboxSettings::default_start")]
    pub start: Start,
    /// A full look at least this often.
    #[serde(default = "MailboxSettings::default_poll", with = "values::duration")]
    #[schemars(with = "String")]
    pub poll: Duration,
    /// IMAP: IDLE is renewed this often (RFC 2177: at least every 29 minutes).
    #[serde(default = "MailboxSettings::default_idle_refresh", with = "values::duration")]
    #[schemars(with = "String")]
    pub idle_refresh: Duration,
    /// Larger mails go to quarantine, and are kept in part; in bytes.
    #[serde(default = "MailboxSettings::default_max_mail_size", with = "values::size")]
    #[schemars(with = "String")]
    pub max_mail_size: u64,
    /// Who vouches for senders.
    #[serde(default = "MailboxSettings::default_authentication", with = "values::authentication")]
    #[schemars(with = "String")]
    pub authentication: Authentication,
}

impl MailboxSettings {
    fn default_kind() -> MailboxKind {
        MailboxKind::Imap
    }
    fn default_port() -> u16 {
        993
    }
    fn default_tls() -> Tls {
        Tls::Implicit
    }
    fn default_inbox() -> String {
        "INBOX".to_owned()
    }
    fn default_handled() -> String {
        "Nyckelbud/Hanterade".to_owned()
    }
    fn default_quarantine() -> String {
        "Nyckelbud/Karantän".to_owned()
    }
    fn default_start() -> Start {
        Start::Now
    }
    fn default_poll() -> Duration {
        Duration::from_secs(30)
    }
    fn default_idle_refresh() -> Duration {
        Duration::from_secs(9 * 60)
    }
    fn default_max_mail_size() -> u64 {
        25 * bytesize::MIB
    }
    fn default_authentication() -> Authentication {
        Authentication::Exchange
    }
}

/// XOAUTH2 with client credentials, in place of a password.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OauthSettings {
    /// Where tokens are fetched.
    #[serde(with = "values::http_url")]
    #[schemars(with = "String")]
    pub token_url: String,
    /// The application.
    pub client_id: String,
    /// Its secret.
    #[serde(default)]
    pub client_secret: Option<SecretSetting>,
    /// Its certificate with the private key, in place of a secret: a PEM file of mode 0600 or stricter.
    #[serde(default)]
    pub certificate: Option<PathBuf>,
    /// What the token shall be good for.
    #[serde(default = "OauthSettings::default_scope")]
    pub scope: String,
}

impl OauthSettings {
    fn default_scope() -> String {
        "https://outlook.office365.com/.default".to_owned()
    }

    /// Reads the certificate, if one is named.
    ///
    /// # Errors
    /// In words, which file and what is wrong with it.
    #[must_use]
    pub fn read_certificate(&self) -> Option<Result<Certificate, String>> {
        self.certificate.as_deref().map(certificate_in)
    }
}

/// The certificate in the file at `path`.
pub(super) fn certificate_in(path: &Path) -> Result<Certificate, String> {
    let pem = SecretSource::File(path.to_path_buf()).read_bytes().map_err(|error| error.to_string())?;
    let of_file = |error| format!("the file {} cannot be used: {error}", path.display());
    Certificate::from_pem(&pem).map_err(of_file)
}

/// How mails leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SmtpKind {
    /// Through an SMTP server.
    Smtp,
    /// As files in a folder.
    Spool,
}

/// `[smtp]`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SmtpSettings {
    /// How mails leave.
    pub kind: SmtpKind,
    /// SMTP: the server's name or address; not empty.
    pub host: String,
    /// SMTP: the server's port.
    pub port: u16,
    /// SMTP: how the connection is protected.
    pub tls: Tls,
    /// SMTP: an extra trust anchor, beside the system's.
    pub ca_file: Option<PathBuf>,
    /// SMTP: whom to sign in as; `None` does not sign in.
    pub username: Option<String>,
    /// SMTP: with which password.
    pub password: Option<SecretSetting>,
    /// SMTP: in place of a password.
    pub oauth: Option<OauthSettings>,
    /// Spool: the folder; one `.eml` file a mail.
    pub path: PathBuf,
}

impl Default for SmtpSettings {
    fn default() -> Self {
        Self {
            kind: SmtpKind::Smtp,
            host: String::new(),
            port: 587,
            tls: Tls::Starttls,
            ca_file: None,
            username: None,
            password: None,
            oauth: None,
            path: PathBuf::new(),
        }
    }
}
