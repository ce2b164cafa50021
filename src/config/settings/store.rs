//! `[store]` and `[retention]`: where tickets live, and how long.

use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::config::reader::STAND_IN;
use crate::config::values;
use crate::secret::Secret;

/// `[store]`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StoreSettings {
    /// The database.
    pub url: StoreUrl,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self { url: StoreUrl(Secret::new("sqlite://var/nyckelbud.db".to_owned())) }
    }
}

/// The URL of a database: `sqlite://path` or `postgres://…`. It may hold a password, so it shows
/// itself without.
#[derive(Clone)]
pub struct StoreUrl(Secret);

impl StoreUrl {
    /// The whole URL, for the one call that connects.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The database's file, when it is SQLite.
    #[must_use]
    pub fn sqlite_path(&self) -> Option<&Path> {
        sqlite_parts(self.expose()).map(|(path, _)| Path::new(path))
    }

    /// The same database, its relative file found from `folder`.
    pub(in crate::config) fn bind(&mut self, folder: &Path) {
        if let Some((path, options)) = sqlite_parts(self.expose())
            && path != ":memory:"
        {
            let file: PathBuf = folder.join(path);
            self.0 = Secret::new(format!("sqlite://{}{options}", file.display()));
        }
    }
}

/// Path and options (with their `?`) of a SQLite URL.
fn sqlite_parts(url: &str) -> Option<(&str, &str)> {
    let rest = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"))?;
    Some(rest.find('?').map_or((rest, ""), |at| rest.split_at(at)))
}

impl std::fmt::Display for StoreUrl {
    /// Without password and options, which may hold one too.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let url = self.expose();
        let url = url.split('?').next().unwrap_or(url);
        match url.split_once("://") {
            // the last @ ends the user information, whatever the password holds
            Some((scheme, rest)) if !scheme.starts_with("sqlite") => match rest.rsplit_once('@') {
                Some((user, place)) => {
                    let user = user.split(':').next().unwrap_or_default();
                    write!(f, "{scheme}://{user}:[secret]@{place}")
                }
                None => write!(f, "{scheme}://{rest}"),
            },
            _ => f.write_str(url),
        }
    }
}

impl std::fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl<'de> Deserialize<'de> for StoreUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let url = String::deserialize(deserializer)?;
        let known = ["sqlite:", "postgres://", "postgresql://"].iter().any(|start| {
            url.strip_prefix(start).is_some_and(|rest| !rest.trim_start_matches('/').is_empty())
        });
        if known || url == STAND_IN {
            Ok(Self(Secret::new(url)))
        } else {
            // the value is not repeated: it may hold a password
            Err(serde::de::Error::custom("expected \"sqlite://path/to/file.db\" or \"postgres://…\""))
        }
    }
}

impl Serialize for StoreUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for StoreUrl {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "StoreUrl".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^(sqlite:|postgres://|postgresql://)" })
    }
}

/// `[retention]`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionSettings {
    /// Mails as they came.
    #[serde(with = "values::duration")]
    #[schemars(with = "String")]
    pub raw_mail: Duration,
    /// Tickets.
    #[serde(with = "values::duration")]
    #[schemars(with = "String")]
    pub ticket: Duration,
    /// The audit chain.
    #[serde(with = "values::duration")]
    #[schemars(with = "String")]
    pub audit: Duration,
    /// Number of the retention decision.
    pub decision: String,
}

impl Default for RetentionSettings {
    fn default() -> Self {
        let days = |days: u64| Duration::from_secs(days * 24 * 3600);
        Self { raw_mail: days(30), ticket: days(730), audit: days(1825), decision: String::new() }
    }
}
