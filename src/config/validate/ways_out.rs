//! Texts, and what keeps the program going: page, retention, log, templates.

use std::time::Duration;

use super::Checks;
use super::shape::is_sms_sender;
use crate::config::key_path::KeyPath;
use crate::config::settings::{Settings, SmsSettings};

/// A piece of work is leased for 60 s, of which a text needs 20 and the end 10 (workflow.md): with
/// a longer wait for the directory nothing could ever begin.
const LONGEST_DIRECTORY_CALL: Duration = Duration::from_secs(25);

impl Checks<'_> {
    pub(super) fn sms(&mut self, sms: &SmsSettings) {
        let at = KeyPath::of("sms");
        let sender = &sms.sender;
        let expected = "at most 11 letters and digits that begin with a letter, or a number such as \"+46…\"";
        self.expect(&at.key("sender"), is_sms_sender(sender), format_args!("{sender:?}"), expected);
        let gateways = at.key("gateway");
        if sms.gateways.is_empty() {
            self.warn(&gateways, "there is no gateway: no password can be handed over, every request waits");
        }
        self.unique_names(&gateways, sms.gateways.iter().map(|gateway| gateway.name.as_str()));
        for (index, gateway) in sms.gateways.iter().enumerate() {
            self.gateway(&gateways.index(index), gateway);
        }
    }

    pub(super) fn upkeep(&mut self, settings: &Settings) {
        let directory = KeyPath::of("directory");
        let timeout = settings.directory.timeout;
        self.expect(
            &directory.key("timeout"),
            !timeout.is_zero() && timeout <= LONGEST_DIRECTORY_CALL,
            format_args!("{timeout:?}"),
            "a duration longer than 0 and at most 25s",
        );
        if settings.directory.file.path.as_os_str().is_empty() {
            self.demand(&directory.key("file").key("path"), false, "the file of accounts");
        }
        self.longer_than_zero(&KeyPath::of("web.session"), settings.web.session);
        let hours = &settings.web.opening_hours;
        if let Err(why) = crate::clock::OpeningHours::parse(hours) {
            let path = KeyPath::of("web.opening_hours");
            let expected = format!("hours such as \"Mon-Fri 07:30-16:30\" ({why})");
            self.expect(&path, false, format_args!("{hours:?}"), &expected);
        }
        let [amber, red] = settings.web.late;
        if amber > red {
            self.refuse(&KeyPath::of("web.late"), "expected the time after which a ticket turns amber first");
        }
        if !settings.web.local_accounts && settings.web.oidc.is_none() {
            let path = KeyPath::of("web.local_accounts");
            self.warn(&path, "nobody can sign in to the page: there are neither local accounts nor oidc");
        }
        let retention = &settings.retention;
        if retention.raw_mail > retention.ticket {
            self.refuse(&KeyPath::of("retention.raw_mail"), "expected no longer than retention.ticket");
        }
        for (key, span) in
            [("raw_mail", retention.raw_mail), ("ticket", retention.ticket), ("audit", retention.audit)]
        {
            self.longer_than_zero(&KeyPath::of("retention").key(key), span);
        }
        let log = &settings.telemetry.log;
        if let Err(why) = crate::telemetry::check_filter(log) {
            let path = KeyPath::of("telemetry.log");
            self.expect(&path, false, format_args!("{log:?}"), &format!("RUST_LOG syntax ({why})"));
        }
        if let Some(folder) = &settings.templates.directory
            && !folder.is_dir()
        {
            let path = KeyPath::of("templates.directory");
            self.expect(&path, false, folder.display(), "a folder that exists");
        }
    }
}
