//! The effective values, each with where it comes from; secrets only as `[secret]`.

use serde::Serialize;
use serde_json::Value;

use super::Loaded;

/// One effective value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    /// The key: `mailbox[0].host`.
    pub key: String,
    /// The value as JSON; a secret is `"[secret]"`, what is not set is `null`.
    pub value: Value,
    /// `nyckelbud.toml:12`, `environment NYCKELBUD__SMS__SENDER` or `default`.
    pub source: String,
}

impl Shown {
    /// The value as a line of TOML would have it; what is not set is `[not set]`.
    #[must_use]
    pub fn text(&self) -> String {
        match &self.value {
            Value::Null => "[not set]".to_owned(),
            Value::String(secret) if secret == "[secret]" => secret.clone(),
            value => value.to_string(),
        }
    }
}

/// Every effective value, sorted by key; its JSON form is the answer of `config show --json`.
#[must_use]
pub fn shown(loaded: &Loaded) -> Vec<Shown> {
    let mut all = Vec::new();
    // the settings hold nothing that JSON lacks, so this cannot fail
    let tree = serde_json::to_value(&loaded.settings).unwrap_or_default();
    walk(loaded, "", &tree, &mut all);
    all
}

/// The same for people: a line a value.
#[must_use]
pub fn table(loaded: &Loaded) -> String {
    use std::fmt::Write as _;
    let all = shown(loaded);
    let lines: Vec<String> = all.iter().map(|shown| format!("{} = {}", shown.key, shown.text())).collect();
    let width = lines.iter().map(|line| line.chars().count()).filter(|width| *width <= 60).max().unwrap_or(0);
    let mut text = String::new();
    for (line, shown) in lines.iter().zip(&all) {
        // writing to a text cannot fail
        let _ = writeln!(text, "{line:width$}  # {}", shown.source);
    }
    text
}

fn walk(loaded: &Loaded, key: &str, value: &Value, all: &mut Vec<Shown>) {
    match value {
        Value::Object(table) => {
            for (name, value) in table {
                let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                walk(loaded, &key, value, all);
            }
        }
        Value::Array(list) if list.iter().any(Value::is_object) => {
            for (index, value) in list.iter().enumerate() {
                walk(loaded, &format!("{key}[{index}]"), value, all);
            }
        }
        value => all.push(Shown {
            key: key.to_owned(),
            value: value.clone(),
            source: loaded.sources.of(key).to_string(),
        }),
    }
}
