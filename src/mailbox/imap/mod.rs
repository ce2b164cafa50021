//! An IMAP mailbox (RFC 3501), for Exchange Online, Dovecot and their like. async-imap is used only
//! in this folder; `connection.rs` says why so little of it.
//!
//! A call takes the connection out of its place and puts it back when all went well. So an error,
//! and also a call that is given up half-way, leaves no connection behind: the rest of an answer
//! can never be taken for the next one.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{Instant, timeout};

use self::connect::cannot_connect;
use self::failure::of_opening;
use self::filing::Filing;
use self::folders::Selected;
use self::mark::ImapMark;
use self::open::{Names, Open};
use crate::clock::{Clock, SystemClock};
use crate::mailbox::{
    AnotherInbox, Filed, Folder, MailUid, Mailbox, MailboxError, Mark, Opened, RawMailSender, Shelf, Woken,
};
use crate::tls::{Tls, is_loopback_address};
use crate::token::SignIn;
use crate::types::UnixMillis;

mod answer;
mod connect;
mod connection;
mod failure;
mod filing;
mod folders;
mod frame;
mod mark;
mod open;
mod places;
mod reading;
mod sign_in;
mod uid_set;
mod wire;

/// No more of a mail than this is read, whatever is configured (octets): it lies in memory.
const MAIL_MAX: u32 = 256 * 1024 * 1024;

const OF_ANOTHER: &str = "its host, username or inbox is another than at the first connection";
/// RFC 3501 2.3.1.1 forbids it; so it is said.
const SAME: &str = "under the same UIDVALIDITY";

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

    /// Lets `opening` last no longer than that.
    async fn bound<T>(
        self,
        command: &'static str,
        opening: impl Future<Output = Result<T, MailboxError>>,
    ) -> Result<T, MailboxError> {
        let limit = self.in_all();
        let too_late = MailboxError::TimedOut { command, seconds: limit.as_secs() };
        timeout(limit, opening).await.unwrap_or(Err(too_late))
    }
}

/// A mailbox on an IMAP server.
pub struct ImapMailbox {
    settings: ImapSettings,
    timeouts: Timeouts,
    open: Option<Box<Open>>,
    filing: filing::Memory,
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
        Ok(Self { settings, timeouts: Timeouts::default(), open: None, filing: filing::Memory::default() })
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

    /// The same, for what cannot be done where the folder was opened only to look.
    fn take_to_work(&mut self, command: &'static str) -> Result<Box<Open>, MailboxError> {
        let open = self.take(command)?;
        if open.selected.to_look {
            let cause = "the folder was opened only to look; the mailbox must be opened again".to_owned();
            return Err(MailboxError::Refused { command, cause });
        }
        Ok(open)
    }

    /// Keeps what was opened.
    fn keep(&mut self, mut open: Open) -> Opened {
        let Selected { validity, shelf, next, .. } = open.selected;
        if shelf == Shelf::Inbox {
            self.filing.recall(&mut open.connection, validity, next);
        }
        self.open = Some(Box::new(open));
        Opened { validity }
    }
}

impl ImapSettings {
    /// Whose inbox it is, as one word of a mark.
    fn whose(&self) -> String {
        let parts = [&self.host, &self.username, &self.inbox];
        parts.map(|part| part.replace('%', "%25").replace(' ', "%20")).join("/")
    }

    fn mail_max(&self) -> u32 {
        u32::try_from(self.max_mail_size).unwrap_or(u32::MAX).clamp(1, MAIL_MAX)
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
            Open::to_work(connection, &self.settings).await
        };
        let open = self.timeouts.bound("sign-in and SELECT", opening).await.map_err(of_opening)?;
        Ok(self.keep(open))
    }

    async fn look(&mut self, shelf: Shelf) -> Result<Option<Opened>, MailboxError> {
        let before = self.open.take();
        let opening = async {
            let (connection, names) = match before {
                Some(open) => (open.connection, open.names),
                None => {
                    let mut connection = connect::connect(&self.settings, self.timeouts).await?;
                    let names = Names::of(&mut connection, &self.settings).await?;
                    (connection, names)
                }
            };
            Open::to_look(connection, names, shelf).await
        };
        let open = self.timeouts.bound("sign-in and EXAMINE", opening).await.map_err(of_opening)?;
        Ok(open.map(|open| self.keep(open)))
    }

    async fn list(&mut self, after: Option<&Mark>) -> Result<Vec<MailUid>, MailboxError> {
        let mut open = self.take("UID SEARCH")?;
        let after = after.map(ImapMark::from_mark).transpose()?;
        open.refresh().await?;
        let whose = self.settings.whose();
        let uids = reading::list(&mut open.connection, open.selected, after.as_ref(), &whose).await?;
        if open.selected.shelf == Shelf::Inbox {
            self.filing.forget_all_but(&uids);
        }
        self.open = Some(open);
        Ok(uids.into_iter().map(MailUid::from).collect())
    }

    async fn mark(&mut self) -> Result<Mark, MailboxError> {
        let mut open = self.take("UID SEARCH")?;
        let at = SystemClock.now();
        open.refresh().await?;
        let mark = reading::mark(&mut open.connection, open.selected, at, self.settings.whose()).await?;
        self.open = Some(open);
        Ok(mark.to_mark())
    }

    fn another(&self, mark: Option<&Mark>, last: Option<&MailUid>) -> Option<AnotherInbox> {
        let selected = self.open.as_ref()?.selected;
        let (whose, next) = (self.settings.whose(), selected.next.unwrap_or(u32::MAX));
        let mark = mark.and_then(|mark| ImapMark::from_mark(mark).ok());
        let last = last.and_then(|uid| uid.0.parse().ok());
        let account = mark.as_ref().is_some_and(|mark| mark.is_of_another(&whose));
        let why = match &mark {
            Some(_) if account => OF_ANOTHER.to_owned(),
            Some(mark) if mark.validity == selected.validity && next < mark.next => {
                let was = mark.next;
                format!("its next UID is {next}, and was {was} at the first connection, {SAME}")
            }
            Some(_) | None if last.is_some_and(|last| next <= last) => {
                format!("its next UID is {next}, and a mail of a higher one has lain there, {SAME}")
            }
            Some(_) | None => return None,
        };
        Some(AnotherInbox { why, account, mark: mark.map(|mark| mark.only_time(&whose).to_mark()) })
    }

    fn of_another(&self, mark: &Mark) -> Option<AnotherInbox> {
        let whose = self.settings.whose();
        let mark = ImapMark::from_mark(mark).ok().filter(|mark| mark.is_of_another(&whose))?;
        let mark = Some(mark.only_time(&whose).to_mark());
        Some(AnotherInbox { why: OF_ANOTHER.to_owned(), account: true, mark })
    }

    fn claimed(&self, mark: &Mark) -> Option<Mark> {
        let mark = ImapMark::from_mark(mark).ok().filter(|mark| mark.whose.is_none())?;
        Some(ImapMark { whose: Some(self.settings.whose()), ..mark }.to_mark())
    }

    async fn received(&mut self, uid: &MailUid) -> Result<Option<UnixMillis>, MailboxError> {
        let mut open = self.take("UID FETCH")?;
        let number = uid_set::number("UID FETCH", uid)?;
        let received = reading::received(&mut open.connection, number).await?;
        self.open = Some(open);
        Ok(received)
    }

    async fn header(&mut self, uid: &MailUid) -> Result<Vec<u8>, MailboxError> {
        let mut open = self.take("UID FETCH")?;
        let number = uid_set::number("UID FETCH", uid)?;
        let header = reading::header(&mut open.connection, number).await?;
        self.open = Some(open);
        Ok(header)
    }

    async fn fetch(&mut self, uids: &[MailUid], to: RawMailSender) -> Result<(), MailboxError> {
        let mut open = self.take("UID FETCH")?;
        let uids = uid_set::numbers("UID FETCH", uids)?;
        if reading::fetch(&mut open.connection, &uids, self.settings.mail_max(), &to).await? {
            self.open = Some(open);
        }
        Ok(())
    }

    async fn file(&mut self, folder: Folder, uids: &[MailUid]) -> Result<Vec<Filed>, MailboxError> {
        let mut open = self.take_to_work("UID MOVE")?;
        let uids = uid_set::numbers("UID MOVE", uids)?;
        let filing = Filing {
            connection: &mut open.connection,
            memory: &mut self.filing,
            mailbox: &self.settings.name,
            folder,
            shown: match folder {
                Folder::Handled => &self.settings.handled,
                Folder::Quarantine => &self.settings.quarantine,
            },
            name: open.names.folder(folder),
        };
        let filed = filing.file(&uids).await?;
        self.open = Some(open);
        Ok(filed)
    }

    async fn wait(&mut self, limit: Duration) -> Result<Woken, MailboxError> {
        let mut open = self.take_to_work("IDLE")?;
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
