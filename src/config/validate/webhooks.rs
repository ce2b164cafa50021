//! `[[notify.webhook]]`: where, signed by what, told of what.

use super::Checks;
use crate::config::key_path::KeyPath;
use crate::config::settings::{NotifySettings, WebhookFormat, WebhookSettings};
use crate::delivery::webhook::{HookEvent, hook_key, hook_url};

impl Checks<'_> {
    pub(super) fn webhooks(&mut self, notify: &NotifySettings) {
        for (index, webhook) in notify.webhooks.iter().enumerate() {
            let at = KeyPath::of("notify.webhook").index(index);
            self.webhook(&at, webhook);
            let twice = notify.webhooks[..index].iter().any(|other| other.url == webhook.url);
            if twice {
                self.refuse(&at.key("url"), "another webhook has this address");
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
