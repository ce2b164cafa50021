//! `[desk]`: the desk, as people see it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::values;
use crate::types::EmailAddress;

/// The first language of texts and pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// Swedish.
    Sv,
    /// English.
    En,
}

impl Language {
    /// The code, as in `templates/mail/…`: `sv`, `en`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Sv => "sv",
            Self::En => "en",
        }
    }
}

/// `[desk]`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeskSettings {
    /// Signs everything that people read.
    #[serde(default = "default_name")]
    pub name: String,
    /// From of every mail sent.
    #[schemars(with = "String")]
    pub address: EmailAddress,
    /// The first language of texts and pages.
    #[serde(default = "default_language")]
    pub language: Language,
    /// A name of the tz database.
    #[serde(default = "default_time_zone")]
    pub time_zone: String,
    /// Where pickup links and ticket links point; without a slash at its end.
    #[serde(with = "values::http_url")]
    #[schemars(with = "String")]
    pub public_url: String,
    /// Another way to reach the desk, for times when the phones are down.
    #[serde(default = "default_help")]
    pub help: String,
    /// The page where people reset by themselves; empty leaves it out.
    #[serde(default = "default_self_service", with = "values::optional_http_url")]
    #[schemars(with = "String")]
    pub self_service: String,
    /// What a username looks like here, for mails that ask for one; empty leaves it out.
    #[serde(default)]
    pub username_hint: String,
}

fn default_name() -> String {
    "Servicedesk".to_owned()
}

fn default_language() -> Language {
    Language::Sv
}

fn default_time_zone() -> String {
    "Europe/Stockholm".to_owned()
}

fn default_help() -> String {
    "besök receptionen".to_owned()
}

fn default_self_service() -> String {
    "https://aka.ms/sspr".to_owned()
}
