//! Stage 1: mails come in. A mailbox lists, hands over and files mails; it decides nothing and
//! remembers nothing between connections. What is known of a mail lives in the store's ledger.

use std::time::Duration;

use async_trait::async_trait;
use compact_str::{CompactString, ToCompactString};

use crate::types::UnixMillis;

mod channel;
pub mod imap;
pub mod maildir;

mod folder_name;

pub use channel::{NobodyTakes, RawMailReceiver, RawMailSender, channel};

/// A mail's name within one mailbox and one UIDVALIDITY: an IMAP UID in decimal digits, or the
/// unique part of a maildir file's name. Never shown to people.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailUid(CompactString);

impl MailUid {
    /// The name `text`. A UID needs no memory of its own: a list of a large folder is many of them.
    #[must_use]
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(CompactString::from(text.as_ref()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<u32> for MailUid {
    fn from(uid: u32) -> Self {
        Self(uid.to_compact_string())
    }
}

/// What opening a mailbox told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// UIDVALIDITY (RFC 3501 2.3.1.1); 0 for a maildir, whose names never change their meaning.
    pub validity: u32,
}

/// One mail as the mailbox holds it.
#[derive(Clone, Debug)]
pub struct RawMail {
    /// Its name in this mailbox.
    pub uid: MailUid,
    /// When the server received it, if it says so (INTERNALDATE; a file's time).
    pub received_at: Option<UnixMillis>,
    /// The mail's octets; at most `max_mail_size` of them.
    pub bytes: Vec<u8>,
    /// True when the mail is larger and only its first part is here.
    pub truncated: bool,
}

impl AsRef<[u8]> for RawMail {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Where handled mails go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Folder {
    /// The folder for mails that became tickets.
    Handled,
    /// The folder for mails that could not be read.
    Quarantine,
}

/// A folder of the mailbox that this program looks into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shelf {
    /// The one that mails come to.
    Inbox,
    /// One that mails are moved into.
    Filed(Folder),
}

/// A mail that was filed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filed {
    /// Its name in the inbox.
    pub uid: MailUid,
    /// Where it lies now, when the mailbox told: not every server does, and of a mail that was gone
    /// already there is nothing to tell.
    pub now: Option<Spot>,
}

/// A mail's place in a folder other than the inbox.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Spot {
    /// The folder's UIDVALIDITY; 0 for a maildir.
    pub validity: u32,
    /// The mail's name there.
    pub uid: MailUid,
}

/// Why waiting ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// The mailbox says that something arrived.
    ByMail,
    /// The time is over.
    ByTime,
}

/// A mailbox failed. After any error the connection is unusable: [`Mailbox::open`] makes a new one.
/// No text holds mail contents or secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailboxError {
    /// Name look-up, connection or TLS failed.
    #[error("cannot connect to {place}: {cause}")]
    Connect {
        /// Host and port, or a path.
        place: String,
        /// What went wrong.
        cause: String,
    },
    /// These credentials are refused; trying again at once will not help.
    #[error("the sign-in is refused: {cause}")]
    SignIn {
        /// The answer of the server, or of the token endpoint.
        cause: String,
    },
    /// There is no token to sign in with now. It may come by itself.
    #[error("no sign-in: {cause}")]
    NoToken {
        /// What went wrong.
        cause: String,
    },
    /// The server answered NO or BAD.
    #[error("the server refused {command}: {cause}")]
    Refused {
        /// The command's name.
        command: &'static str,
        /// The server's answer.
        cause: String,
    },
    /// The server has had too much of us, and wants to be left alone for a while.
    #[error("the server asks for a pause at {command}: {cause}")]
    Busy {
        /// The command's name.
        command: &'static str,
        /// The server's answer.
        cause: String,
        /// For so long, at least.
        pause: Duration,
    },
    /// The connection was lost, or an answer could not be understood.
    #[error("the connection was lost while waiting for {command}: {cause}")]
    Lost {
        /// The command's name.
        command: &'static str,
        /// What is known.
        cause: String,
    },
    /// No answer in time.
    #[error("no answer to {command} within {seconds} s")]
    TimedOut {
        /// The command's name.
        command: &'static str,
        /// How long was waited.
        seconds: u64,
    },
    /// A folder takes no more mails: the quota or the disk is at its end.
    #[error(
        "the folder {folder} is full: {cause}; what cannot be moved stays in the inbox; make room there, or raise the \
         limit"
    )]
    Full {
        /// Which one, as configured, or a path.
        folder: String,
        /// The server's answer, or the system's.
        cause: String,
    },
    /// It lacks what every step here rests on; that somebody has to mend.
    #[error("the mailbox cannot be worked: {cause}")]
    Unfit {
        /// What it lacks.
        cause: String,
    },
    /// A file or folder of a maildir could not be used.
    #[error("cannot use {path}: {cause}")]
    File {
        /// Which one.
        path: String,
        /// What went wrong.
        cause: String,
    },
}

/// A place that mails come to. One value is one connection: calls come one after the other.
#[async_trait]
pub trait Mailbox: Send {
    /// The configured name, for logs and the ledger.
    fn name(&self) -> &str;

    /// Connects (anew, if there was a connection) and selects the inbox; makes the handled and the
    /// quarantine folder if they are missing.
    async fn open(&mut self) -> Result<Opened, MailboxError>;

    /// Whether the open inbox is another one than that of the first connection, whose `mark` it is, although
    /// its UIDVALIDITY is the same: RFC 3501 2.3.1.1 forbids it, and servers on which every new inbox has the
    /// same do it all the same. `last` is the highest name that is known under this UIDVALIDITY.
    fn another(&self, mark: Option<&Mark>, last: Option<&MailUid>) -> Option<AnotherInbox> {
        let _ = (mark, last);
        None
    }

    /// Whether `mark`, of any folder, was made in somebody else's mailbox: with another host, username or inbox.
    /// The answer holds the mark as it is to be kept from now on.
    fn of_another(&self, mark: &Mark) -> Option<AnotherInbox> {
        let _ = mark;
        None
    }

    /// A mark that does not say whose mailbox it was made in (older versions wrote such marks), with this one's
    /// word for it; `None` when it says, or when nothing can be told.
    fn claimed(&self, mark: &Mark) -> Option<Mark> {
        let _ = mark;
        None
    }

    /// When the mailbox received a mail that it does not hand over, if it tells.
    async fn received(&mut self, uid: &MailUid) -> Result<Option<UnixMillis>, MailboxError> {
        let _ = uid;
        Ok(None)
    }

    /// The header of a mail that it does not hand over, or the beginning of it, if it tells.
    async fn header(&mut self, uid: &MailUid) -> Result<Vec<u8>, MailboxError> {
        let _ = uid;
        Ok(Vec::new())
    }

    /// The inbox's mails, oldest first; `after` leaves out those that were there when the mailbox
    /// was connected for the first time (see [`Mailbox::mark`]).
    async fn list(&mut self, after: Option<&Mark>) -> Result<Vec<MailUid>, MailboxError>;

    /// A mark of what lies in the inbox now: [`Mailbox::list`] with it names only mails that came
    /// later. Used once, at the first connection with `start = "now"`.
    async fn mark(&mut self) -> Result<Mark, MailboxError>;

    /// Reads mails without marking them read, and hands them over one by one as they arrive. A
    /// mail that has vanished meanwhile is left out. Ends early without error when the receiver is
    /// dropped (the connection is then closed).
    async fn fetch(&mut self, uids: &[MailUid], to: RawMailSender) -> Result<(), MailboxError>;

    /// Moves mails out of the inbox; those that are gone already are no error. Answers one [`Filed`]
    /// for every mail that was named, in no promised order.
    async fn file(&mut self, folder: Folder, uids: &[MailUid]) -> Result<Vec<Filed>, MailboxError>;

    /// Opens a folder only to look: nothing is made, moved or marked. Connects when there is no
    /// connection. `None`: there is no such folder. Until the next [`Mailbox::open`] or `look`, `list`,
    /// `mark` and `fetch` work on that folder; `file` and `wait` then fail with an error.
    async fn look(&mut self, shelf: Shelf) -> Result<Option<Opened>, MailboxError>;

    /// Waits until a mail arrives or `limit` is over. A hint only: a full look follows in any case.
    async fn wait(&mut self, limit: Duration) -> Result<Woken, MailboxError>;
}

/// Why an inbox is another one than the one that is known, although its UIDVALIDITY is the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnotherInbox {
    /// In words.
    pub why: String,
    /// It is somebody else's: then so are the folders for filed mails.
    pub account: bool,
    /// The mark of the first connection as it is to be kept from now on.
    pub mark: Option<Mark>,
}

/// What was in the inbox at the first connection, in the mailbox's own words. Kept by the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark(pub String);
