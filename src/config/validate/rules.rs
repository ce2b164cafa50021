//! The desk, and the rules for passwords and their delivery.

use std::time::Duration;

use super::Checks;
use super::shape::is_domain;
use crate::clock::Zone;
use crate::config::key_path::KeyPath;
use crate::config::settings::{
    DeliverySettings, DeskSettings, DirectoryKind, ManagerDelivery, PasswordSettings, PasswordStyle,
    PickupMethod, PolicySettings, RequesterDelivery, Senders, Settings, Unused,
};
use crate::directory::PhoneType;
use crate::password::generate::bits as bits_of_characters;
use crate::password::words::bits as bits_of_words;

/// Fewer bits can be guessed.
const FEWEST_BITS: f64 = 64.0;
/// The same for words, which pass from one hand to another and through no text.
const FEWEST_BITS_OF_WORDS: f64 = 50.0;
/// More of them nobody reads aloud and types.
const MOST_WORDS: u8 = 8;
/// Longer ones do not fit one text together with its words.
const LONGEST_PASSWORD: u8 = 40;
/// Nothing is begun with less time left than this (workflow.md).
const SHORTEST_DEADLINE: Duration = Duration::from_secs(11 * 60);

impl Checks<'_> {
    pub(super) fn desk(&mut self, desk: &DeskSettings) {
        let at = KeyPath::of("desk");
        self.expect(&at.key("name"), !desk.name.trim().is_empty(), "\"\"", "a name to sign with");
        let one_line = |text: &str| !text.chars().any(char::is_control);
        let lines = [("name", &desk.name), ("help", &desk.help), ("username_hint", &desk.username_hint)];
        for (key, text) in lines {
            self.expect(&at.key(key), one_line(text), "several lines", "one line");
        }
        let zone = &desk.time_zone;
        let known = Zone::named(zone).is_some();
        let expected = "a name of the tz database, such as \"Europe/Stockholm\"";
        self.expect(&at.key("time_zone"), known, format_args!("{zone:?}"), expected);
    }

    pub(super) fn policy(&mut self, policy: &PolicySettings) {
        let at = KeyPath::of("policy");
        self.demand(&at.key("domains"), !policy.domains.is_empty(), "the organisation's own mail domains");
        for (index, domain) in policy.domains.iter().enumerate() {
            let path = at.key("domains").index(index);
            self.expect(&path, is_domain(domain), format_args!("{domain:?}"), "a domain, \"kommun.example\"");
        }
        for (index, country) in policy.countries.iter().enumerate() {
            let path = at.key("countries").index(index);
            let fits = country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase());
            self.expect(&path, fits, format_args!("{country:?}"), "an ISO 3166-1 code such as \"SE\"");
        }
        if let Some(index) = policy.phone_types.iter().position(|kind| *kind == PhoneType::Office) {
            let path = at.key("phone_types").index(index);
            self.warn(&path, "a desk phone takes no texts: such a request goes to the manager");
        }
        for (index, group) in policy.protected_groups.iter().enumerate() {
            let path = at.key("protected_groups").index(index);
            self.expect(&path, !group.trim().is_empty(), "\"\"", "the name of a group");
        }
        self.longer_than_zero(&at.key("max_mail_age"), policy.max_mail_age);
        if policy.senders == Senders::Any {
            self.warn(&at.key("senders"), "\"any\" lets forged mails start a reset");
        }
    }

    /// What is replaced must be compared with first, or its owner's own new password would be overwritten.
    pub(super) fn unused(&mut self, password: &PasswordSettings, directory: DirectoryKind) {
        let path = KeyPath::of("password.unused");
        match (password.unused, directory) {
            (Unused::Reopen, _) | (Unused::Scramble, DirectoryKind::File | DirectoryKind::Ldap) => {}
            (Unused::Scramble, DirectoryKind::Graph) => {
                let why = "\"scramble\" is not possible with directory.kind = \"graph\": Entra ID cannot compare \
                           the old password first, and a plain change could overwrite the one that its owner has \
                           just chosen; write \"reopen\"";
                self.refuse(&path, why);
            }
            (Unused::Scramble, DirectoryKind::Hybrid) => {
                let why = "\"scramble\" works for accounts whose password Active Directory owns; those of the cloud \
                           are only opened again";
                self.warn(&path, why);
            }
        }
    }

    pub(super) fn password(&mut self, password: &PasswordSettings, delivery: &DeliverySettings) {
        let at = KeyPath::of("password");
        let bits = bits_of_characters(password.length.into());
        let within = bits >= FEWEST_BITS && password.length <= LONGEST_PASSWORD;
        self.expect(
            &at.key("length"),
            within,
            format_args!("{} ({bits:.0} bits)", password.length),
            &format!(
                "{} to {LONGEST_PASSWORD} characters (at least {FEWEST_BITS} bits)",
                fewest(bits_of_characters, FEWEST_BITS)
            ),
        );
        let (words, bits) = (password.words, bits_of_words(password.words.into()));
        self.expect(
            &at.key("words"),
            bits >= FEWEST_BITS_OF_WORDS && words <= MOST_WORDS,
            format_args!("{words} ({bits:.0} bits)"),
            &format!(
                "{} to {MOST_WORDS} words (at least {FEWEST_BITS_OF_WORDS} bits)",
                fewest(bits_of_words, FEWEST_BITS_OF_WORDS)
            ),
        );
        let by_text_only = delivery.manager == ManagerDelivery::Password
            && delivery.requester == RequesterDelivery::Password;
        if password.style == PasswordStyle::Words && by_text_only {
            let why =
                "\"words\" has no effect: [delivery] sends every password by text, and those have characters";
            self.warn(&at.key("style"), why);
        }
        self.longer_than_zero(&at.key("valid"), password.valid);
    }

    pub(super) fn delivery(&mut self, delivery: &DeliverySettings) {
        let at = KeyPath::of("delivery");
        let depth = delivery.manager_depth;
        self.expect(&at.key("manager_depth"), (1..=10).contains(&depth), depth, "a number from 1 to 10");
        self.longer_than_zero(&at.key("pickup_valid"), delivery.pickup_valid);
        let deadline = delivery.deadline;
        self.expect(
            &at.key("deadline"),
            deadline >= SHORTEST_DEADLINE,
            format_args!("{deadline:?}"),
            "11m or more: nothing is begun with less than 10 minutes left",
        );
        let by_link = delivery.manager == ManagerDelivery::Pickup;
        let told = !delivery.manager_notice.is_empty();
        self.expect(&at.key("manager_notice"), told, "an empty list", "\"sms\", \"mail\" or both");
        let by_sms = delivery.manager_notice.contains(&crate::config::Notice::Sms);
        let by_text_only = matches!(delivery.pickup, PickupMethod::Link | PickupMethod::Code);
        if told && by_link && !by_sms && by_text_only {
            self.expect(
                &at.key("manager_notice"),
                false,
                "no \"sms\"",
                "\"sms\" too: with pickup = \"link\" or \"code\" nothing that opens goes by mail",
            );
        }
    }

    /// A host that is typed without its scheme is asked by http first, or by https at its own port.
    pub(super) fn typed_address(&mut self, settings: &Settings) {
        let url = &settings.desk.public_url;
        let host = url.strip_prefix("https://").and_then(|rest| rest.split('/').next());
        // What stands behind the last colon of [2001:db8::7] is no number.
        let port =
            host.and_then(|host| host.rsplit_once(':')?.1.parse::<u16>().ok()).filter(|port| *port != 443);
        if let (PickupMethod::Code, Some(port)) = (settings.delivery.pickup, port) {
            let why = format!(
                "with delivery.pickup = \"code\" people type this address without https://, and no browser finds port \
                 {port} then; serve it at 443, and answer at 80 by leading there"
            );
            self.refuse(&KeyPath::of("desk.public_url"), why);
        }
    }

    pub(super) fn longer_than_zero(&mut self, path: &KeyPath, span: Duration) {
        self.expect(path, !span.is_zero(), "no time", "a duration longer than 0");
    }
}

/// The smallest number of parts that are worth so many bits.
fn fewest(bits_of: fn(usize) -> f64, bits: f64) -> usize {
    (1..).find(|parts| bits_of(*parts) >= bits).unwrap_or(usize::MAX)
}
