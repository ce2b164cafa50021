//! Mails that cannot be had. Each gets a ticket that says why, and how to find it where it lies.

use super::keeper::Keeper;
use super::{Intake, RoundError};
use crate::clock::rfc3339;
use crate::mailbox::{self, MailUid, MailboxError, RawMail};
use crate::store::UidScope;
use crate::types::UnixMillis;
use crate::worker::answer::STAYS;

impl Intake {
    /// Tickets for these mails, which stay where they are, so that none is lost in silence. `look`: what the
    /// mailbox tells of their headers may be asked for.
    pub(super) async fn give_up(
        &mut self,
        scope: &UidScope,
        uids: &[MailUid],
        why: &'static str,
        look: bool,
    ) -> Result<(), RoundError> {
        for uid in uids {
            let (received_at, header, failed) = self.glance(uid, look).await;
            let received = received_at.map_or_else(String::new, |at| format!(", received {}", rfc3339(at)));
            let words = format!(
                "{why}; {STAYS}: look there (UID {}{received}); moved out of its folder and back, it is tried \
                 again",
                uid.as_str()
            );
            let keeper = Keeper { stay: true, ..self.keeper(scope, Some(words)).await? };
            let (to, from) = mailbox::channel();
            // There is room for one in any case.
            let _ = to.send(RawMail { uid: uid.clone(), received_at, bytes: header, truncated: true }).await;
            drop(to);
            keeper.keep_all(from).await?;
            // It is told by now, and the others follow over a new connection.
            if let Some(error) = failed {
                return Err(error.into());
            }
        }
        Ok(())
    }

    /// When it came, and its header, as far as the mailbox tells; and how asking failed.
    async fn glance(
        &mut self,
        uid: &MailUid,
        look: bool,
    ) -> (Option<UnixMillis>, Vec<u8>, Option<MailboxError>) {
        let received_at = match self.inbox.mailbox.received(uid).await {
            Ok(received_at) => received_at,
            Err(error) => return (None, Vec::new(), Some(error)),
        };
        if !look {
            return (received_at, Vec::new(), None);
        }
        match self.inbox.mailbox.header(uid).await {
            Ok(header) => (received_at, header, None),
            Err(error) => (received_at, Vec::new(), Some(error)),
        }
    }
}
