//! An open folder: the inbox to work in, or any of the mailbox's folders to look into.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tracing::warn;

use super::ImapSettings;
use super::connection::{Connection, Idled};
use super::folders::{self, Selected};
use crate::mailbox::{Folder, MailboxError, Shelf, Woken};

/// What is known while a folder is open.
pub(super) struct Open {
    pub(super) connection: Connection,
    pub(super) names: Names,
    pub(super) selected: Selected,
}

/// The folders' names on the wire.
pub(super) struct Names {
    inbox: String,
    handled: String,
    quarantine: String,
}

impl Names {
    pub(super) async fn of(
        connection: &mut Connection,
        settings: &ImapSettings,
    ) -> Result<Self, MailboxError> {
        let separator = folders::separator(connection).await?;
        let name = |configured: &str| folders::wire_name(configured, separator.as_deref());
        Ok(Self {
            inbox: name(&settings.inbox),
            handled: name(&settings.handled),
            quarantine: name(&settings.quarantine),
        })
    }

    fn of_shelf(&self, shelf: Shelf) -> &str {
        match shelf {
            Shelf::Inbox => &self.inbox,
            Shelf::Filed(folder) => self.folder(folder),
        }
    }

    pub(super) fn folder(&self, folder: Folder) -> &str {
        match folder {
            Folder::Handled => &self.handled,
            Folder::Quarantine => &self.quarantine,
        }
    }
}

impl Open {
    /// Opens the inbox to work in it.
    pub(super) async fn to_work(
        mut connection: Connection,
        settings: &ImapSettings,
    ) -> Result<Self, MailboxError> {
        let names = Names::of(&mut connection, settings).await?;
        folders::ensure(&mut connection, &names.handled).await?;
        folders::ensure(&mut connection, &names.quarantine).await?;
        let selected = folders::select(&mut connection, &names.inbox, Shelf::Inbox, false).await?;
        Ok(Self { connection, names, selected })
    }

    /// Opens `shelf` only to look; `None` when there is no such folder.
    pub(super) async fn to_look(
        mut connection: Connection,
        names: Names,
        shelf: Shelf,
    ) -> Result<Option<Self>, MailboxError> {
        if !folders::is_there(&mut connection, names.of_shelf(shelf)).await? {
            return Ok(None);
        }
        let selected = folders::select(&mut connection, names.of_shelf(shelf), shelf, true).await?;
        Ok(Some(Self { connection, names, selected }))
    }

    /// Lets the server tell what has changed; called before a full look.
    pub(super) async fn refresh(&mut self) -> Result<(), MailboxError> {
        const NAME: &str = "NOOP";
        // A server may show new mails only after it has told of them: NOOP lets it.
        self.connection.command(NAME, NAME, |_| {}).await?;
        if self.connection.take_warning() {
            // Dovecot says no more than this when the folder was deleted and made again, and goes on
            // to show the old one.
            let Selected { shelf, to_look, validity, next } = self.selected;
            let name = self.names.of_shelf(shelf);
            self.selected = folders::select(&mut self.connection, name, shelf, to_look).await?;
            if self.selected.validity != validity || self.selected.next < next {
                let cause =
                    "the folder was made anew: its UIDVALIDITY is another, or its UIDNEXT lower".to_owned();
                return Err(MailboxError::Lost { command: NAME, cause });
            }
        }
        self.connection.forget_arrivals();
        Ok(())
    }

    /// Idles in spans of `refresh` until a mail arrives or `end`.
    pub(super) async fn idle(&mut self, refresh: Duration, end: Instant) -> Result<Woken, MailboxError> {
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
