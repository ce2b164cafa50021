//! Opening the inbox, and knowing it again.

use tokio_util::sync::CancellationToken;

use super::{Intake, RoundError};
use crate::mailbox::{Opened, Shelf};

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
        let mark = self.parts.store.mark(&name, Shelf::Inbox).await?;
        let last = self.parts.store.last(&name, opened.validity).await?;
        let Some(another) = self.inbox.mailbox.another(mark.as_ref(), last.as_ref()) else { return Ok(()) };
        let (mark, now) = (another.mark.as_ref(), self.parts.now());
        let known = self.parts.store.another_inbox(&name, opened.validity, mark, now).await?;
        self.breaks.remove(&Shelf::Inbox);
        tracing::error!(mailbox = %name, known, "this is another inbox than before, under the same UIDVALIDITY \
            {}: {}; what was known of its mails is put aside, and they are compared by content; mails from before \
            the first connection are left out by their time", opened.validity, another.why);
        Ok(())
    }
}
