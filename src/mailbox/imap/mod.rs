//! An IMAP mailbox (RFC 3501), for Exchange Online, Dovecot and their like. async-imap is used only
//! in this folder; `connection.rs` says why so little of it.
//!
//! A call takes the connection out of its place and puts it back when all went well. So an error,
//! and also a call that is given up half-way, leaves no connection behind: the rest of an answer
//! can never be taken for the next one.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::warn;

use self::answer::Answer;
use self::connect::cannot_connect;
use self::connection::{Connection, Idled};
use self::failure::of_opening;
use self::mark::ImapMark;
use crate::mailbox::{Folder, MailUid, Mailbox, MailboxError, Mark, Opened, RawMail, Woken};
use crate::tls::{Tls, is_loopback_address};
use crate::token::SignIn;

mod answer;
mod connect;
mod connection;
mod failure;
mod folders;
mod frame;
mod mark;
mod reading;
mod sign_in;
mod uid_set;
mod wire;

/// No more of a mail than this is read, whatever is configured (octets): it lies in memory.
const MAIL_MAX: u32 = 256 * 1024 * 1024;

/// Where an IMAP mailbox is and how to get in.
#[derive(Clone, Debug)]
pub struct ImapSettings {
    /// The mailbox's name in logs and in the ledger.
    pub name: String,
    /// The server's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// Trust anchors beside the system's, in PEM form.
    pub ca_file: Option<PathBuf>,
    /// Whom to sign in as.
    pub username: String,
    /// With what.
    pub sign_in: SignIn,
    /// The folder that mails come to; levels of a name are parted by `/`.
    pub inbox: String,
    /// The folder for mails that became tickets.
    pub handled: String,
    /// The folder for mails that could not be read.
    pub quarantine: String,
    /// How long to idle before idling anew.
    pub idle_refresh: Duration,
    /// No more of a mail than this is read (octets).
    pub max_mail_size: u64,
}

/// How long each kind of wait may last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Name look-up and TCP; then again the TLS handshake.
    pub connect: Duration,
    /// A command without any octet coming or going.
    pub command: Duration,
    /// The end of idling.
    pub done: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            command: Duration::from_secs(60),
            done: Duration::from_secs(15),
        }
    }
}

impl Timeouts {
    /// A command, and the opening as a whole, never lasts longer than this, even when the server
    /// keeps saying something. Reading mails may: they are many and a line may be slow.
    fn in_all(self) -> Duration {
        self.command.saturating_mul(10)
    }
}

/// A mailbox on an IMAP server.
pub struct ImapMailbox {
    settings: ImapSettings,
    timeouts: Timeouts,
    open: Option<Box<Open>>,
    warned_of_filing: bool,
}

/// What is known while the inbox is open.
struct Open {
    connection: Connection,
    validity: u32,
    next: Option<u32>,
    handled: String,
    quarantine: String,
}

impl ImapMailbox {
    /// A mailbox that is not connected yet.
    ///
    /// # Errors
    /// When the settings would send the password in clear over a network.
    pub fn new(settings: ImapSettings) -> Result<Self, MailboxError> {
        if settings.tls == Tls::None && !is_loopback_address(&settings.host) {
            let cause = "tls = \"none\" is for loopback addresses (127.0.0.1, ::1) only; use \"implicit\" or \"starttls\"";
            return Err(cannot_connect(&settings, cause));
        }
        Ok(Self { settings, timeouts: Timeouts::default(), open: None, warned_of_filing: false })
    }

    /// The same mailbox with other time limits.
    #[must_use]
    pub fn with_timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    fn take(&mut self, command: &'static str) -> Result<Box<Open>, MailboxError> {
        self.open
            .take()
            .ok_or_else(|| MailboxError::Lost { command, cause: "the mailbox is not open".to_owned() })
    }
}

impl ImapSettings {
    fn mail_max(&self) -> u32 {
        u32::try_from(self.max_mail_size).unwrap_or(u32::MAX).clamp(1, MAIL_MAX)
    }
}

impl Open {
    async fn select(mut connection: Connection, settings: &ImapSettings) -> Result<Self, MailboxError> {
        let separator = folders::separator(&mut connection).await?;
        let name = |configured: &str| folders::wire_name(configured, separator.as_deref());
        let (handled, quarantine) = (name(&settings.handled), name(&settings.quarantine));
        folders::ensure(&mut connection, &handled).await?;
        folders::ensure(&mut connection, &quarantine).await?;
        let (mut validity, mut next) = (None, None);
        connection
            .command("SELECT", &format!("SELECT {}", name(&settings.inbox)), |answer| match answer {
                Answer::Validity(value) => validity = Some(value),
                Answer::Next(value) => next = Some(value),
                _ => {}
            })
            .await?;
        connection.forget_arrivals();
        // nz-number (RFC 3501 9). One that is missing means UIDs that do not last (RFC 3501 6.3.1): mails
        // would be taken for others, and not come in.
        let validity = validity.filter(|value| *value > 0).ok_or_else(|| MailboxError::Unfit {
            cause:
                "the server gives its inbox no UIDVALIDITY (RFC 9051 2.3.1.1), so its mails cannot be told \
                    apart from one connection to the next"
                    .to_owned(),
        })?;
        Ok(Self { connection, validity, next, handled, quarantine })
    }

    /// Idles in spans of `refresh` until a mail arrives or `end`.
    async fn idle(&mut self, refresh: Duration, end: Instant) -> Result<Woken, MailboxError> {
        loop {
            if self.connection.arrived() {
                return Ok(Woken::ByMail);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Woken::ByTime);
            }
            if !self.connection.can("IDLE") {
                sleep_until(end).await;
                continue;
            }
            match self.connection.idle(left.min(refresh)).await? {
                Idled::Arrival | Idled::Quiet => {}
                Idled::Refused => warn!("the server does not let us idle; new mails are found by polling"),
            }
        }
    }
}

#[async_trait]
impl Mailbox for ImapMailbox {
    fn name(&self) -> &str {
        &self.settings.name
    }

    async fn open(&mut self) -> Result<Opened, MailboxError> {
        self.open = None;
        let opening = async {
            let connection = connect::connect(&self.settings, self.timeouts).await?;
            Open::select(connection, &self.settings).await
        };
        let limit = self.timeouts.in_all();
        let too_late = MailboxError::TimedOut { command: "sign-in and SELECT", seconds: limit.as_secs() };
        let open = timeout(limit, opening).await.unwrap_or(Err(too_late)).map_err(of_opening)?;
        let validity = open.validity;
        self.open = Some(Box::new(open));
        Ok(Opened { validity })
    }

    async fn list(&mut self, after: Option<&Mark>) -> Result<Vec<MailUid>, MailboxError> {
        let mut open = self.take("UID SEARCH")?;
        let after = after.map(ImapMark::from_mark).transpose()?;
        let uids = reading::list(&mut open.connection, open.validity, after).await?;
        self.open = Some(open);
        Ok(uids.into_iter().map(|uid| MailUid(uid.to_string())).collect())
    }

    async fn mark(&mut self) -> Result<Mark, MailboxError> {
        let mut open = self.take("UID SEARCH")?;
        let mark = reading::mark(&mut open.connection, open.validity, open.next).await?;
        self.open = Some(open);
        Ok(mark.to_mark())
    }

    async fn fetch(&mut self, uids: &[MailUid], to: mpsc::Sender<RawMail>) -> Result<(), MailboxError> {
        let mut open = self.take("UID FETCH")?;
        let uids = uid_set::numbers("UID FETCH", uids)?;
        if reading::fetch(&mut open.connection, &uids, self.settings.mail_max(), &to).await? {
            self.open = Some(open);
        }
        Ok(())
    }

    async fn file(&mut self, folder: Folder, uids: &[MailUid]) -> Result<(), MailboxError> {
        let mut open = self.take("UID MOVE")?;
        let uids = uid_set::numbers("UID MOVE", uids)?;
        if !folders::removes_filed_mails(&open.connection)
            && !std::mem::replace(&mut self.warned_of_filing, true)
        {
            warn!(
                mailbox = %self.settings.name,
                "the server has neither MOVE nor UIDPLUS: handled mails are copied, and stay in the inbox marked as deleted"
            );
        }
        let name = match folder {
            Folder::Handled => open.handled.clone(),
            Folder::Quarantine => open.quarantine.clone(),
        };
        folders::file(&mut open.connection, &name, &uids).await?;
        self.open = Some(open);
        Ok(())
    }

    async fn wait(&mut self, limit: Duration) -> Result<Woken, MailboxError> {
        let mut open = self.take("IDLE")?;
        let woken = open.idle(self.settings.idle_refresh, Instant::now() + limit).await?;
        self.open = Some(open);
        Ok(woken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn settings(host: &str, tls: Tls) -> ImapSettings {
        ImapSettings {
            name: "servicedesk".to_owned(),
            host: host.to_owned(),
            port: 143,
            tls,
            ca_file: None,
            username: "servicedesk@kommun.example".to_owned(),
            sign_in: SignIn::Password(Secret::new("hunter2".to_owned())),
            inbox: "INBOX".to_owned(),
            handled: "Nyckelbud/Hanterade".to_owned(),
            quarantine: "Nyckelbud/Karantän".to_owned(),
            idle_refresh: Duration::from_secs(540),
            max_mail_size: 1024,
        }
    }

    #[test]
    fn a_password_never_leaves_this_machine_in_clear() {
        for host in ["imap.kommun.example", "192.0.2.1", "0.0.0.0", "localhost", "127.0.0.1.kommun.example"] {
            assert!(ImapMailbox::new(settings(host, Tls::None)).is_err(), "{host}");
            assert!(ImapMailbox::new(settings(host, Tls::StartTls)).is_ok(), "{host}");
        }
        for host in ["127.0.0.1", "127.1.2.3", "::1"] {
            assert!(ImapMailbox::new(settings(host, Tls::None)).is_ok(), "{host}");
        }
    }

    #[test]
    fn the_password_does_not_show_in_the_settings() {
        let shown = format!("{:?}", settings("localhost", Tls::None));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
