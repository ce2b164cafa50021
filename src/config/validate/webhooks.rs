//! `[[notify.webhook]]`: where, signed by what, told of what.

use super::Checks;
use crate::config::key_path::KeyPath;
use crate::config::settings::{NotifySettings, WebhookFormat, WebhookSettings};
use crate::delivery::webhook::{HookEvent, hook_key, hook_url};

/// Letters of a name.
const LONGEST_NAME: usize = 40;

/// What people and the store know it by: two must not be known as one.
fn known_as(webhook: &WebhookSettings) -> String {
    let host = || {
        let origin = hook_url(&webhook.url).map(|url| url.origin().to_owned()).unwrap_or_default();
        origin.split_once("://").map_or(origin.clone(), |(_, host)| host.to_owned())
    };
    webhook.name.clone().unwrap_or_else(host)
}

impl Checks<'_> {
    pub(super) fn webhooks(&mut self, notify: &NotifySettings) {
        for (index, webhook) in notify.webhooks.iter().enumerate() {
            let at = KeyPath::of("notify.webhook").index(index);
            self.webhook(&at, webhook);
            let others = &notify.webhooks[..index];
            if others.iter().any(|other| known_as(other) == known_as(webhook)) {
                let why = "another webhook is known as this: give each of them a name of its own";
                self.refuse(&at.key(if webhook.name.is_some() { "name" } else { "url" }), why);
            }
        }
    }

    /// What is wrong with a secret, once it is read; one that could not be is told of already.
    pub(in crate::config) fn webhook_secrets(&mut self, notify: &NotifySettings) {
        for (index, webhook) in notify.webhooks.iter().enumerate() {
            let secret =
                webhook.secret.as_ref().map(|secret| secret.secret()).filter(|secret| !secret.is_empty());
            if let Some(Err(why)) = secret.map(hook_key) {
                self.refuse(&KeyPath::of("notify.webhook").index(index).key("secret"), why.to_string());
            }
        }
    }

    fn webhook(&mut self, at: &KeyPath, webhook: &WebhookSettings) {
        let (url, secret, events) = (at.key("url"), at.key("secret"), at.key("events"));
        if let Some(name) = &webhook.name {
            let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            let fits = (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(fits);
            let expected = "1 to 40 letters, digits, hyphens, underscores or dots";
            self.expect(&at.key("name"), fits, format_args!("{name:?}"), expected);
        }
        if !self.is_reported(&url)
            && let Err(why) = hook_url(&webhook.url)
        {
            self.refuse(&url, why.to_string());
        }
        if webhook.format == WebhookFormat::Standard {
            let expected = "what the webhook is signed with: whsec_ and 24 to 64 random octets in base64";
            self.demand(&secret, webhook.secret.is_some() || self.is_reported(&secret), expected);
        }
        if let Some(unknown) = webhook.events.iter().find(|word| HookEvent::of_code(word).is_none()) {
            let known = HookEvent::ALL.map(HookEvent::code).join(", ");
            self.expect(&events, false, format_args!("{unknown:?}"), &format!("some of {known}"));
        }
    }
}
