//! Places of mails that were filed: written down when they are moved, or found out by the sweep (M5).

use super::SqlStore;
use super::dialect::Dialect;
use super::intake::{self, Lies};
use super::ledger::folder_word;
use super::restored;
use super::tx::Tx;
use super::value::{list, values};
use crate::mailbox::{Folder, MailUid, Shelf, Spot};
use crate::store::{Found, Incoming, MailId, Settled, StoreError, Totals, UidScope};
use crate::types::{UnixMillis, mask_phones};

pub(super) const FILED: &str = "INSERT INTO place (mailbox, folder, validity, uid, tries, mail, seen_at)
     SELECT l.mailbox, $4, CAST($5 AS BIGINT), $6, 0, l.mail, CAST($7 AS BIGINT) FROM ledger l
     WHERE l.mailbox = $1 AND l.validity = $2 AND l.uid = $3 AND l.mail > 0
     ON CONFLICT (mailbox, folder, validity, uid) DO UPDATE SET mail = excluded.mail";
pub(super) const WITH_CONTENT: &str = "SELECT content_hash, id FROM mail
     WHERE duplicate_of = 0 AND content_hash IN (SELECT value FROM json_each($1))";
/// Mails that were kept without being read have no content hash that another name would not change.
/// They are few, and neither database reads the octets of those with another length.
pub(super) const UNREAD: &str = "SELECT m.id FROM ticket t JOIN mail m ON m.ticket = t.id
     WHERE t.kind = 'quarantine' AND t.mailbox = $1 AND length(m.raw) = length($2) AND m.raw = $2
     ORDER BY EXISTS (SELECT 1 FROM place p WHERE p.mail = m.id AND p.mail > 0), m.id LIMIT 1";
/// Of the copies of a mail, one of this mailbox and without a place first.
pub(super) const COPY: &str = "SELECT m.id FROM mail m
     WHERE m.id = $1 OR (m.duplicate_of = $1 AND m.duplicate_of > 0)
     ORDER BY CASE WHEN m.mailbox = $2 THEN 0 ELSE 1 END,
         EXISTS (SELECT 1 FROM place p WHERE p.mail = m.id AND p.mail > 0), m.id LIMIT 1";
// Whose a mail is, is told afterwards: neither database shall look for these few among all of a mailbox.
pub(super) const WHOSE: &str =
    "SELECT id, mailbox FROM mail WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each($1))";
/// The first mail with this content, its copies, and what was kept unread with the same octets.
pub(super) const ALIKE: &str = "WITH k AS (SELECT id,
         CASE WHEN duplicate_of > 0 THEN duplicate_of ELSE id END AS original FROM mail
         WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each($1)))
     SELECT k.id, m.id, m.mailbox FROM k JOIN mail m ON m.id = k.original
     UNION ALL SELECT k.id, m.id, m.mailbox FROM k
         JOIN mail m ON m.duplicate_of = k.original AND m.duplicate_of > 0
     UNION ALL SELECT k.id, m.id, m.mailbox FROM k JOIN mail own ON own.id = k.id
         JOIN ticket t ON t.id = own.ticket AND t.kind = 'quarantine'
         JOIN ticket o ON o.mailbox = t.mailbox AND o.kind = 'quarantine'
         JOIN mail m ON m.ticket = o.id AND length(m.raw) = length(own.raw) AND m.raw = own.raw
         WHERE length(own.raw) > 0";
pub(super) const KEPT: &str = "SELECT COUNT(*) FROM mail WHERE mailbox = $1";
pub(super) const GONE: &str = "SELECT COUNT(*) FROM ledger WHERE mailbox = $1 AND mail = 0 AND moved_at > 0";

/// The kept mail of `from` (mailbox, UIDVALIDITY, UID in the inbox) lies in `folder` now.
pub(super) async fn note_filed<DB: Dialect>(
    tx: &mut Tx<DB>,
    from: (&str, u32, &MailUid),
    folder: Folder,
    spot: &Spot,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let (mailbox, validity, uid) = from;
    let folder = folder_word(Some(folder));
    let values = values![mailbox, validity, uid.as_str(), folder, spot.validity, spot.uid.as_str(), now];
    tx.run(FILED, values).await
}

/// The kept mail `id` lies there. Whether it has left the inbox is another question, which only a list of the
/// inbox answers: it may be a copy.
pub(super) async fn note<DB: Dialect>(
    tx: &mut Tx<DB>,
    scope: &UidScope,
    folder: Folder,
    uid: &MailUid,
    id: MailId,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO place (mailbox, folder, validity, uid, tries, mail, seen_at)
         VALUES ($1, $2, $3, $4, 0, $5, $6)
         ON CONFLICT (mailbox, folder, validity, uid) DO UPDATE SET mail = excluded.mail";
    let folder = folder_word(Some(folder));
    let values = values![scope.mailbox.as_str(), folder, scope.validity, uid.as_str(), id.0, now];
    tx.run(sql, values).await
}

impl<DB: Dialect> SqlStore<DB> {
    pub(super) async fn mails_with_content(
        &self,
        hashes: &[String],
    ) -> Result<Vec<(String, MailId)>, StoreError> {
        let mut tx = self.read("looking for mails by their content").await?;
        let rows = tx.rows(WITH_CONTENT, values![list(hashes)]).await?;
        rows.into_iter().map(|mut row| Ok((row.text()?, MailId(row.number()?)))).collect()
    }

    pub(super) async fn mail_kept_unread(
        &self,
        mailbox: &str,
        octets: &[u8],
    ) -> Result<Option<MailId>, StoreError> {
        if octets.is_empty() {
            // What the server did not hand over; nobody knows what it is.
            return Ok(None);
        }
        let mut tx = self.read("looking for a mail by its octets").await?;
        let row = tx.row(UNREAD, values![mailbox, octets.to_vec()]).await?;
        row.map(|mut row| row.number().map(MailId)).transpose()
    }

    pub(super) async fn settle_found(
        &self,
        scope: &UidScope,
        mails: Vec<Found>,
        compared: bool,
        now: UnixMillis,
    ) -> Result<Vec<Settled>, StoreError> {
        let Shelf::Filed(folder) = scope.shelf else {
            return Err(StoreError::Corrupt("mails of the inbox are recorded, not settled".to_owned()));
        };
        let mut tx = self.write("noting where mails lie").await?;
        intake::take_turn(&mut tx).await?;
        let mut settled = Vec::with_capacity(mails.len());
        for mail in mails {
            settled.push(match mail {
                Found::Kept(uid, id) => {
                    note(&mut tx, scope, folder, &uid, id, now).await?;
                    Settled::Known
                }
                Found::Read(mail) => settle_read(&mut tx, scope, folder, *mail, now).await?,
            });
        }
        if compared {
            restored::no_signs(&mut tx, &settled).await?;
        }
        tx.commit().await?;
        Ok(settled)
    }

    pub(super) async fn kept_from(&self, mailbox: &str, mails: &[MailId]) -> Result<Vec<MailId>, StoreError> {
        let mut tx = self.read("looking for a mailbox's mails").await?;
        let mut kept = Vec::new();
        for mut row in tx.rows(WHOSE, values![list(mails.iter().map(|id| id.0))]).await? {
            let id = MailId(row.number()?);
            kept.extend((row.text()? == mailbox).then_some(id));
        }
        Ok(kept)
    }

    pub(super) async fn alike(
        &self,
        mailbox: &str,
        mails: &[MailId],
    ) -> Result<Vec<(MailId, MailId)>, StoreError> {
        let mut tx = self.read("looking for copies of mails").await?;
        let mut alike = Vec::new();
        for mut row in tx.rows(ALIKE, values![list(mails.iter().map(|id| id.0))]).await? {
            let pair = (MailId(row.number()?), MailId(row.number()?));
            alike.extend((row.text()? == mailbox).then_some(pair));
        }
        Ok(alike)
    }

    pub(super) async fn count_mails(&self, mailbox: &str) -> Result<Totals, StoreError> {
        let mut tx = self.read("counting a mailbox's mails").await?;
        let kept = tx.one(KEPT, values![mailbox]).await?.number()?;
        let gone = tx.one(GONE, values![mailbox]).await?.number()?;
        Ok(Totals { kept: kept.unsigned_abs(), gone: gone.unsigned_abs() })
    }
}

async fn settle_read<DB: Dialect>(
    tx: &mut Tx<DB>,
    scope: &UidScope,
    folder: Folder,
    mut mail: Incoming,
    now: UnixMillis,
) -> Result<Settled, StoreError> {
    let [hash, earlier] = intake::hashes(&mail);
    if let Some(mut first) = tx.row(intake::SAME_CONTENT, values![hash, earlier]).await? {
        let mut copy = tx.one(COPY, values![first.number()?, scope.mailbox.as_str()]).await?;
        note(tx, scope, folder, &mail.uid, MailId(copy.number()?), now).await?;
        return Ok(Settled::Known);
    }
    mail.subject = mask_phones(&mail.subject);
    let subject = mail.subject.clone();
    let made = intake::insert_ticket(tx, &mail, &subject, None, now).await?;
    intake::insert_mail(tx, mail, made.id, 0, Lies::In(scope, folder), now).await?;
    Ok(Settled::Made(made.id, made.number))
}
