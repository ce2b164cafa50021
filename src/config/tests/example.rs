//! The example is true: it can be read, every commented line too, and what it calls a default is
//! the program's.

use std::collections::BTreeSet;

use config::{Map, Value, ValueKind};

use super::super::{collect, layers::Tree};
use super::*;

/// Keys whose value names a place, an account or a supplier: they have no default, or (the kinds)
/// another one.
const EXAMPLES: [&str; 57] = [
    "desk.address",
    "desk.public_url",
    "desk.username_hint",
    "mailbox.name",
    "mailbox.kind",
    "mailbox.host",
    "mailbox.ca_file",
    "mailbox.username",
    "mailbox.password",
    "mailbox.path",
    "mailbox.oauth.token_url",
    "mailbox.oauth.client_id",
    "mailbox.oauth.client_secret",
    "mailbox.oauth.certificate",
    "directory.kind",
    "directory.graph.tenant",
    "directory.graph.client_id",
    "directory.graph.client_secret",
    "directory.graph.certificate",
    "directory.ldap.servers",
    "directory.ldap.ca_file",
    "directory.ldap.bind_dn",
    "directory.ldap.bind_password",
    "directory.ldap.base_dn",
    "policy.domains",
    "sms.gateway.name",
    "sms.gateway.kind",
    "sms.gateway.base_url",
    "sms.gateway.account",
    "sms.gateway.username",
    "sms.gateway.password",
    "sms.gateway.callback",
    "sms.gateway.callback_auth",
    "sms.gateway.signature",
    "sms.gateway.url",
    "sms.gateway.headers",
    "sms.gateway.body",
    "sms.gateway.success",
    "sms.gateway.failure",
    "sms.gateway.path",
    "sms.gateway.host",
    "sms.gateway.ca_file",
    "smtp.host",
    "smtp.ca_file",
    "smtp.username",
    "smtp.password",
    "smtp.path",
    "web.oidc.issuer",
    "web.oidc.client_id",
    "web.oidc.client_secret",
    "web.oidc.technicians",
    "notify.webhook.name",
    "notify.webhook.url",
    "notify.webhook.secret",
    "notify.webhook.events",
    "telemetry.otlp",
    "templates.directory",
];

/// The example with every commented header and `key = value` line made to count.
pub(super) fn uncommented() -> String {
    let counts = |line: &str| {
        let is_header =
            line.starts_with('[') && line.split('#').next().unwrap_or("").trim_end().ends_with(']');
        let key = line.split(" = ").next().unwrap_or("");
        let is_key = line.contains(" = ")
            && !key.is_empty()
            && key.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        is_header || is_key
    };
    let lines = example().lines().map(|line| match line.strip_prefix("# ") {
        Some(rest) if counts(rest) => rest,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn read(text: &str) -> Tree {
    Tree::read(text, Path::new("nyckelbud.toml"), &BTreeMap::new()).expect("it is TOML")
}

/// `text` as settings, before anything is demanded of them, as JSON.
fn settings(mut tree: Tree) -> serde_json::Value {
    let collected = collect::settings(&mut tree);
    assert_eq!(collected.errors, []);
    serde_json::to_value(collected.settings.unwrap()).unwrap()
}

/// `mailbox[0].host` as `mailbox.host`.
fn without_numbers(key: &str) -> String {
    key.split('[').map(|part| part.split_once(']').map_or(part, |(_, rest)| rest)).collect()
}

#[test]
fn every_line_of_the_example_commented_or_not_can_be_read() {
    settings(read(example()));
    settings(read(&uncommented()));
}

#[test]
fn every_default_of_the_example_is_the_programs() {
    let said = settings(read(&uncommented()));
    let mut tree = read(&uncommented());
    keep_examples(&mut tree.root, "");
    let own = settings(tree);
    for (section, said) in said.as_object().unwrap() {
        assert_eq!(said, &own[section], "[{section}]");
    }
    assert_eq!(DirectorySettings::default().kind, DirectoryKind::Hybrid);
}

/// Leaves only examples and the sections they stand in.
fn keep_examples(value: &mut Value, key: &str) {
    let inner = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
    match &mut value.kind {
        ValueKind::Table(table) => {
            let kept: Map<String, Value> = std::mem::take(table)
                .into_iter()
                .filter_map(|(name, mut value)| {
                    let key = inner(&name);
                    if EXAMPLES.contains(&key.as_str()) {
                        return Some((name, value));
                    }
                    let is_section = match &value.kind {
                        ValueKind::Table(_) => key != "password.key",
                        ValueKind::Array(list) => {
                            list.first().is_some_and(|first| matches!(first.kind, ValueKind::Table(_)))
                        }
                        _ => false,
                    };
                    keep_examples(&mut value, &key);
                    is_section.then_some((name, value))
                })
                .collect();
            *table = kept;
        }
        ValueKind::Array(list) => list.iter_mut().for_each(|element| keep_examples(element, key)),
        _ => {}
    }
}

#[test]
fn the_example_names_every_key_there_is() {
    let written: BTreeSet<String> =
        read(&uncommented()).places.keys().map(|key| without_numbers(key)).collect();
    let schema = schema();
    let mut known = BTreeSet::new();
    keys(&schema, &schema, "", &mut known);
    let missing: Vec<_> = known
        .difference(&written)
        // smtp.oauth is written as a mailbox's
        .filter(|key| !key.starts_with("smtp.oauth"))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Every key of the schema, through its references.
fn keys(schema: &serde_json::Value, part: &serde_json::Value, key: &str, all: &mut BTreeSet<String>) {
    let found = part["$ref"].as_str().and_then(|name| schema.pointer(name.trim_start_matches('#')));
    if let Some(target) = found.filter(|target| target["properties"].is_object()) {
        keys(schema, target, key, all);
    }
    for choice in part["anyOf"].as_array().into_iter().flatten() {
        keys(schema, choice, key, all);
    }
    keys_of_list(schema, part, key, all);
    for (name, part) in part["properties"].as_object().into_iter().flatten() {
        let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
        all.insert(key.clone());
        keys(schema, part, &key, all);
    }
}

fn keys_of_list(schema: &serde_json::Value, part: &serde_json::Value, key: &str, all: &mut BTreeSet<String>) {
    if part["items"].is_object() {
        keys(schema, &part["items"], key, all);
    }
}

#[test]
fn once_its_secrets_are_there_the_example_starts() {
    let file = Path::new("/etc/nyckelbud/nyckelbud.toml");
    let loaded = parse(example(), file, &BTreeMap::new(), Secrets::Leave).map_err(|e| e.to_string()).unwrap();
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
}
