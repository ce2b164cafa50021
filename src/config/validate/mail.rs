//! Mailboxes and SMTP: the keys that their kind demands, and connections that are protected.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Checks;
use super::shape::{is_host, is_loopback, is_plain_name};
use crate::config::key_path::KeyPath;
use crate::config::settings::{MailboxKind, MailboxSettings, OauthSettings, SmtpKind, SmtpSettings, Tls};
use crate::http::ServiceUrl;
use crate::mail::Authentication;

const NAME: &str = "a name of letters, digits and - _ .";
/// RFC 2177: a server may log an idle client off after 30 minutes.
const LONGEST_IDLE: Duration = Duration::from_secs(29 * 60);
/// IMAP cuts mails here whatever is configured, and a row of SQLite holds 1,000,000,000 octets
/// (<https://sqlite.org/limits.html>). Exchange Online takes 150 MB.
const LARGEST_MAIL: u64 = bytesize::MIB * 256;
/// Where mailboxes in Exchange Online are reached.
const EXCHANGE_ONLINE: [&str; 2] = [".office365.com", ".outlook.com"];

impl Checks<'_> {
    pub(super) fn mailboxes(&mut self, mailboxes: &[MailboxSettings]) {
        let all = KeyPath::of("mailbox");
        self.demand(&all, !mailboxes.is_empty(), "at least one [[mailbox]]");
        let names = mailboxes.iter().map(|mailbox| mailbox.name.as_str());
        self.unique_names(&all, names);
        for (index, mailbox) in mailboxes.iter().enumerate() {
            self.mailbox(&all.index(index), mailbox);
        }
    }

    /// Names are plain, and no two the same.
    pub(super) fn unique_names<'n>(&mut self, list: &KeyPath, names: impl Iterator<Item = &'n str>) {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for (index, name) in names.enumerate() {
            let at = list.index(index).key("name");
            if self.is_reported(&at) {
                continue;
            }
            self.expect(&at, is_plain_name(name), format_args!("{name:?}"), NAME);
            if let Some(first) = seen.insert(name.to_ascii_lowercase(), index) {
                self.refuse(&at, format!("{name:?} is the name of {} too", list.index(first)));
            }
        }
    }

    fn mailbox(&mut self, at: &KeyPath, mailbox: &MailboxSettings) {
        if !self.is_reported(&at.key("kind")) {
            match mailbox.kind {
                MailboxKind::Imap => self.imap(at, mailbox),
                MailboxKind::Maildir => {
                    let present = !mailbox.path.as_os_str().is_empty();
                    self.demand(&at.key("path"), present, "the maildir's folder");
                    for key in ["host", "username", "password", "oauth"] {
                        if self.is_written(&at.key(key)) {
                            self.warn(&at.key(key), "has no effect: a maildir needs none");
                        }
                    }
                }
            }
        }
        for (key, folder) in [("handled", &mailbox.handled), ("quarantine", &mailbox.quarantine)] {
            let fits = !folder.is_empty() && !folder.chars().any(char::is_control);
            self.expect(&at.key(key), fits, format_args!("{folder:?}"), "the name of a folder");
            // INBOX is the one name that is written in any case (RFC 3501 5.1).
            let both = [folder, &mailbox.inbox].iter().all(|name| name.eq_ignore_ascii_case("INBOX"));
            let other = *folder != mailbox.inbox && !both;
            self.expect(&at.key(key), other, format_args!("{folder:?}"), "another folder than the inbox");
        }
        if mailbox.handled == mailbox.quarantine {
            self.refuse(&at.key("quarantine"), "expected another folder than `handled`");
        }
        let poll = mailbox.poll;
        let expected = "a duration from 1s to 1h";
        let within = (Duration::from_secs(1)..=Duration::from_secs(3600)).contains(&poll);
        self.expect(&at.key("poll"), within, format_args!("{poll:?}"), expected);
        let size = mailbox.max_mail_size;
        let within = (bytesize::KIB * 64..=LARGEST_MAIL).contains(&size);
        self.expect(&at.key("max_mail_size"), within, format_args!("{size} bytes"), "64KiB to 256MiB");
        if mailbox.authentication == Authentication::Exchange {
            self.exchange(&at.key("authentication"), mailbox);
        }
        if mailbox.authentication == Authentication::Trusted && mailbox.kind == MailboxKind::Imap {
            self.warn(&at.key("authentication"), "\"trusted\" believes every From, forged ones too");
        }
    }

    /// What "exchange" believes, only Exchange keeps others from writing. Nobody gets that by not choosing.
    fn exchange(&mut self, at: &KeyPath, mailbox: &MailboxSettings) {
        let host = mailbox.host.to_ascii_lowercase();
        let online = EXCHANGE_ONLINE.iter().any(|domain| host.ends_with(domain));
        if mailbox.kind == MailboxKind::Imap && (online || host.is_empty()) {
            return;
        }
        if self.is_written(at) {
            self.warn(
                at,
                "\"exchange\" is for a mailbox in Exchange Online: anywhere else senders can forge it",
            );
        } else {
            self.demand(at, false, "who vouches for senders, because this is not Exchange Online");
        }
    }

    fn imap(&mut self, at: &KeyPath, mailbox: &MailboxSettings) {
        self.server(at, &mailbox.host, mailbox.port, mailbox.tls, "the IMAP server's name");
        self.demand(&at.key("username"), !mailbox.username.is_empty(), "whom to sign in as");
        match (&mailbox.password, &mailbox.oauth) {
            (Some(_), Some(_)) => {
                self.refuse(&at.key("oauth"), "expected either password or oauth, not both")
            }
            (None, None) => {
                let reported = self.is_reported(&at.key("oauth"));
                self.demand(&at.key("password"), reported, "a secret, or [mailbox.oauth] in its place");
            }
            (None, Some(oauth)) => self.oauth(&at.key("oauth"), oauth),
            (Some(_), None) => {}
        }
        self.expect(&at.key("inbox"), !mailbox.inbox.is_empty(), "\"\"", "the name of a folder");
        let refresh = mailbox.idle_refresh;
        let within = (Duration::from_secs(10)..=LONGEST_IDLE).contains(&refresh);
        self.expect(
            &at.key("idle_refresh"),
            within,
            format_args!("{refresh:?}"),
            "a duration from 10s to 29m (RFC 2177)",
        );
        if self.is_written(&at.key("path")) {
            self.warn(&at.key("path"), "has no effect: only a maildir has a path");
        }
    }

    fn oauth(&mut self, at: &KeyPath, oauth: &OauthSettings) {
        self.demand(&at.key("client_id"), !oauth.client_id.is_empty(), "the application's id");
        self.demand(&at.key("scope"), !oauth.scope.is_empty(), "what the token shall be good for");
        let url = at.key("token_url");
        if !self.is_reported(&url)
            && let Err(why) = ServiceUrl::parse(&oauth.token_url)
        {
            self.refuse(&url, why.to_string());
        }
        match (&oauth.client_secret, &oauth.certificate) {
            (Some(_), Some(_)) => {
                self.refuse(&at.key("certificate"), "expected either client_secret or certificate, not both");
            }
            (None, None) => {
                let reported = self.is_reported(&at.key("certificate"));
                self.demand(&at.key("client_secret"), reported, "a secret, or certificate in its place");
            }
            (Some(_), None) | (None, Some(_)) => {}
        }
    }

    fn server(&mut self, at: &KeyPath, host: &str, port: u16, tls: Tls, expected: &str) {
        self.demand(&at.key("host"), !host.is_empty(), expected);
        if !host.is_empty() {
            self.expect(
                &at.key("host"),
                is_host(host),
                format_args!("{host:?}"),
                "a host name or an address",
            );
        }
        self.expect(&at.key("port"), port > 0, port, "a port from 1 to 65535");
        if tls == Tls::None && !host.is_empty() && !is_loopback(host) && !self.is_reported(&at.key("host")) {
            let expected = "\"implicit\" or \"starttls\": without TLS only a loopback address may be used";
            self.expect(&at.key("tls"), false, "\"none\"", expected);
        }
    }

    pub(super) fn smtp(&mut self, smtp: &SmtpSettings) {
        let at = KeyPath::of("smtp");
        if self.is_reported(&at.key("kind")) {
            return;
        }
        match smtp.kind {
            SmtpKind::Smtp => {
                self.server(&at, &smtp.host, smtp.port, smtp.tls, "the SMTP server's name");
                match (&smtp.username, &smtp.password, &smtp.oauth) {
                    (_, Some(_), Some(_)) => {
                        self.refuse(&at.key("oauth"), "expected either password or oauth, not both");
                    }
                    (Some(_), None, None) => {
                        let expected = "a secret or [smtp.oauth], because there is a username";
                        self.demand(&at.key("password"), false, expected);
                    }
                    (None, Some(_), None) | (None, None, Some(_)) => {
                        self.demand(&at.key("username"), false, "whom to sign in as");
                    }
                    (Some(_), None, Some(oauth)) => self.oauth(&at.key("oauth"), oauth),
                    (Some(_), Some(_), None) | (None, None, None) => {}
                }
            }
            SmtpKind::Spool => {
                let present = !smtp.path.as_os_str().is_empty();
                self.demand(&at.key("path"), present, "the spool's folder");
            }
        }
    }
}
