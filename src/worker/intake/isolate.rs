//! Mails that the store does not take: one of them must not hold up the others of its group.

use super::super::Parts;
use super::super::answer::{Kept, quarantined};
use super::keeper::{Keeper, KeptMail};
use crate::mailbox::{Folder, MailUid, RawMail};
use crate::store::{Incoming, StoreError};

const REFUSED: &str = "the store refuses it";
const REFUSED_OCTETS: &str = "the store refuses it, even its octets; it stays where it lies, look there";

impl Keeper {
    /// Keeps a group. When that fails, its mails are kept one by one, and a mail that alone fails goes to
    /// quarantine; unless the store takes nothing at all, which is no mail's fault. Answers what is kept.
    pub(super) async fn record(&self, group: Vec<Incoming>) -> Result<Vec<KeptMail>, StoreError> {
        let now = self.parts.now();
        let places = group.iter().map(place).collect();
        let Err(_) = self.parts.store.record(group.clone(), now).await else { return Ok(places) };
        let mut kept = Vec::with_capacity(group.len());
        for mail in group {
            kept.push(self.record_alone(mail).await?);
        }
        Ok(kept)
    }

    async fn record_alone(&self, mail: Incoming) -> Result<KeptMail, StoreError> {
        let Parts { store, .. } = self.parts.as_ref();
        let Err(_) = store.record(vec![mail.clone()], self.parts.now()).await else {
            return Ok(place(&mail));
        };
        // Once more, now that the store is known to write: it may have been away for a moment.
        store.probe().await?;
        let Err(error) = store.record(vec![mail.clone()], self.parts.now()).await else {
            return Ok(place(&mail));
        };
        tracing::error!(mailbox = %mail.mailbox, uid = %mail.uid.as_str(), "a mail is not kept as it was read: {error}; \
            it goes to quarantine, the others are kept");
        let nothing = Incoming { raw: Vec::new(), ..mail.clone() };
        let whole = self.unread(mail, REFUSED);
        let at = place(&whole);
        if store.record(vec![whole], self.parts.now()).await.is_ok() {
            return Ok(at);
        }
        let listed = self.unread(nothing, REFUSED_OCTETS);
        let at = place(&listed);
        store.record(vec![listed], self.parts.now()).await?;
        Ok(at)
    }

    /// The mail as one that cannot be read, for this reason.
    fn unread(&self, mail: Incoming, why: &str) -> Incoming {
        let now = self.parts.now();
        let kept = Kept {
            mailbox: &self.scope.mailbox,
            shelf: self.scope.shelf,
            validity: self.scope.validity,
            automation: self.automation,
            rules: &self.parts.rules,
            year: self.parts.texts.year(now),
            now,
        };
        let truncated = mail.raw.is_empty();
        let received_at = Some(mail.received_at);
        quarantined(&kept, RawMail { uid: mail.uid, received_at, bytes: mail.raw, truncated }, why)
    }
}

fn place(mail: &Incoming) -> (MailUid, Option<Folder>) {
    (mail.uid.clone(), mail.folder)
}
