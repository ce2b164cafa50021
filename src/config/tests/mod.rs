//! What the configuration promises, and the documents that the tests share.

use std::collections::BTreeMap;
use std::path::Path;

use super::*;

mod example;
mod gateways;
mod good;
mod graph;
mod ldap;
mod mistakes;
mod oauth;
mod secret;

/// The smallest configuration of this version, with `more` after it.
fn small(more: &str) -> String {
    format!(
        r#"
[desk]
address = "servicedesk@kommun.example"
public_url = "https://servicedesk.kommun.example/"

[[mailbox]]
name = "drop"
kind = "maildir"
path = "var/mailbox"
authentication = "trusted"

[directory]
kind = "file"

[smtp]
kind = "spool"
path = "var/mail-out"

[policy]
domains = ["kommun.example"]

[[sms.gateway]]
name = "modem"
kind = "spool"
path = "var/sms"
{more}"#
    )
}

fn environment_of(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Loads `text` as `/etc/nyckelbud/nyckelbud.toml`.
fn load_text(text: &str, env: &[(&str, &str)]) -> Result<Loaded, ConfigErrors> {
    parse(text, Path::new("/etc/nyckelbud/nyckelbud.toml"), &environment_of(env), Secrets::Read)
}

/// The mistakes of `text`, a line each, without the file's folder.
fn mistakes(text: &str, env: &[(&str, &str)]) -> Vec<String> {
    match load_text(text, env) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.to_string().lines().map(|line| line.replace("/etc/nyckelbud/", "")).collect(),
    }
}

/// The line (from 1) of `text` that holds `part`.
fn line_of(text: &str, part: &str) -> usize {
    text.lines().position(|line| line.contains(part)).expect("the line is there") + 1
}
