//! The configuration's JSON Schema, for editors that complete and check while one writes.

use super::settings::Settings;

/// The JSON Schema (2020-12) of `nyckelbud.toml`.
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Settings);
    schema.insert("title".to_owned(), "nyckelbud.toml".into());
    schema.to_value()
}
