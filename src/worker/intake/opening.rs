//! Opening the inbox, and knowing it again.

use tokio_util::sync::CancellationToken;

use super::{Intake, RoundError};
use crate::mailbox::{AnotherInbox, Folder, Mailbox, Opened, Shelf};
use crate::store::{Store, StoreError};

impl Intake {
    /// `None`: the program stops.
    pub(super) async fn open(&mut self, stop: &CancellationToken) -> Result<Option<Opened>, RoundError> {
        let opened = tokio::select! {
            () = stop.cancelled() => return Ok(None),
            opened = self.inbox.mailbox.open() => opened?,
        };
        self.know_again(&opened).await?;
        Ok(Some(opened))
    }

    /// An inbox under a known UIDVALIDITY may be another one all the same: the mailbox was made again, comes
    /// from a backup, or is somebody else's. Its mails have names that others had, and would be taken for
    /// those: never read, or moved unread.
    async fn know_again(&mut self, opened: &Opened) -> Result<(), RoundError> {
        let name = self.inbox.mailbox.name().to_owned();
        let found =
            another_inbox(self.inbox.mailbox.as_mut(), self.parts.store.as_ref(), opened.validity).await?;
        let Some((shelf, another)) = found else { return self.claim_marks(&name).await };
        let (store, now) = (&self.parts.store, self.parts.now());
        let known = store.another_inbox(&name, opened.validity, shelf, &another, now).await?;
        self.breaks.retain(|shelf, _| *shelf != Shelf::Inbox && !another.account);
        tracing::error!(mailbox = %name, known, "this is another inbox than before: {}; what was known of its mails \
            is put aside, and they are compared by content; with `start = \"now\"`, mails from before the first \
            connection are left out by their time", another.why);
        Ok(())
    }

    /// Marks of older versions do not say whose they are. The inbox is the one that is known, so they are its.
    async fn claim_marks(&mut self, name: &str) -> Result<(), RoundError> {
        let store = &self.parts.store;
        for shelf in [Shelf::Inbox, Shelf::Filed(Folder::Handled), Shelf::Filed(Folder::Quarantine)] {
            let mark = store.mark(name, shelf).await?;
            if let Some(mark) = mark.and_then(|mark| self.inbox.mailbox.claimed(&mark)) {
                store.amend_mark(name, shelf, &mark).await?;
            }
        }
        Ok(())
    }
}

/// Why the open inbox is another one than the one that is known under its UIDVALIDITY, and whose mark that
/// concerns. With `start = "all"` the inbox has no mark; that of the folder of handled mails says whose
/// mailbox it was.
pub(in crate::worker) async fn another_inbox(
    mailbox: &mut dyn Mailbox,
    store: &dyn Store,
    validity: u32,
) -> Result<Option<(Shelf, AnotherInbox)>, StoreError> {
    let (name, handled) = (mailbox.name().to_owned(), Shelf::Filed(Folder::Handled));
    let mark = store.mark(&name, Shelf::Inbox).await?;
    if mark.is_none()
        && let Some(of_folder) = store.mark(&name, handled).await?
        && let Some(another) = mailbox.of_another(&of_folder)
    {
        return Ok(Some((handled, another)));
    }
    let last = store.last(&name, validity).await?;
    Ok(mailbox.another(mark.as_ref(), last.as_ref()).map(|another| (Shelf::Inbox, another)))
}
