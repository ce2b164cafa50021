//! The ledger: what is known of the mails in a mailbox, and how often each was tried. Mails in the inbox
//! have a row in `ledger`, those in the folders for filed mails one in `place`.

use async_trait::async_trait;
use serde_json::json;

use super::SqlStore;
use super::dialect::Dialect;
use super::intake::{self, told};
use super::tx::Tx;
use super::value::{Row, Value, list, values};
use super::{another, audit, places};
use crate::mailbox::{AnotherInbox, Filed, Folder, MailUid, Mark, Shelf};
use crate::store::{Found, Ledger, LedgerEntry, MailId, Settled, StoreError, Totals, UidScope};
use crate::ticket::TicketId;
use crate::types::UnixMillis;

pub(super) const IN_INBOX: &str = "SELECT uid, tries, mail, folder, moved_at FROM ledger
     WHERE mailbox = $1 AND validity = $2 AND uid IN (SELECT value FROM json_each($3))";
pub(super) const IN_FOLDER: &str = "SELECT uid, tries, mail, '', CAST(0 AS BIGINT) FROM place
     WHERE mailbox = $1 AND validity = $2 AND uid IN (SELECT value FROM json_each($3)) AND folder = $4";
pub(super) const UNMOVED: &str = "SELECT uid, tries, mail, folder, moved_at FROM ledger
     WHERE mailbox = $1 AND validity = $2 AND moved_at = 0 AND uid > $3 ORDER BY uid LIMIT $4";

/// The folder as its column holds it; '' is the inbox.
pub(super) fn folder_word(folder: Option<Folder>) -> &'static str {
    match folder {
        None => "",
        Some(Folder::Handled) => "handled",
        Some(Folder::Quarantine) => "quarantine",
    }
}

fn folder_from(word: &str) -> Option<Folder> {
    [Folder::Handled, Folder::Quarantine].into_iter().find(|folder| folder_word(Some(*folder)) == word)
}

fn names(uids: &[MailUid]) -> Value {
    list(uids.iter().map(|uid| uid.as_str()))
}

fn entry(mut row: Row) -> Result<LedgerEntry, StoreError> {
    Ok(LedgerEntry {
        uid: MailUid::new(row.text()?),
        tries: row.count()?,
        mail: Some(MailId(row.number()?)).filter(|id| id.0 != 0),
        folder: row.parsed_or_none("the folder of a mail", folder_from)?,
        moved: row.time_or_none()?.is_some(),
    })
}

impl<DB: Dialect> SqlStore<DB> {
    /// A transaction that changes many rows of the ledger. Two processes that work the same mailbox lock
    /// those rows in different orders, so each waits for its turn first.
    pub(super) async fn in_turn(&self, doing: &'static str) -> Result<Tx<DB>, StoreError> {
        let mut tx = self.write(doing).await?;
        intake::take_turn(&mut tx).await?;
        Ok(tx)
    }

    async fn leave_inbox(
        &self,
        mailbox: &str,
        validity: u32,
        uids: Value,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let mut tx = self.in_turn("noting moved mails").await?;
        tx.run(LEAVES, values![mailbox, validity, uids, now]).await?;
        tx.commit().await
    }
}

const LEAVES: &str = "UPDATE ledger SET moved_at = $4
     WHERE mailbox = $1 AND validity = $2 AND moved_at = 0 AND uid IN (SELECT value FROM json_each($3))";

#[async_trait]
impl<DB: Dialect> Ledger for SqlStore<DB> {
    async fn mark(&self, mailbox: &str, shelf: Shelf) -> Result<Option<Mark>, StoreError> {
        let mut tx = self.read("reading a mailbox's mark").await?;
        let row = match shelf {
            Shelf::Inbox => {
                tx.row("SELECT mark FROM mailbox_mark WHERE mailbox = $1", values![mailbox]).await?
            }
            Shelf::Filed(folder) => {
                let sql = "SELECT mark FROM folder_mark WHERE mailbox = $1 AND folder = $2";
                tx.row(sql, values![mailbox, folder_word(Some(folder))]).await?
            }
        };
        row.map(|mut row| row.text().map(Mark)).transpose()
    }

    async fn set_mark(
        &self,
        mailbox: &str,
        shelf: Shelf,
        mark: &Mark,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let mut tx = self.write("keeping a mailbox's mark").await?;
        match shelf {
            Shelf::Inbox => {
                let sql = "INSERT INTO mailbox_mark (mailbox, mark, made_at) VALUES ($1, $2, $3)
                     ON CONFLICT (mailbox) DO NOTHING";
                tx.run(sql, values![mailbox, mark.0.as_str(), now]).await?;
            }
            Shelf::Filed(folder) => {
                let sql = "INSERT INTO folder_mark (mailbox, folder, mark, made_at) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (mailbox, folder) DO NOTHING";
                tx.run(sql, values![mailbox, folder_word(Some(folder)), mark.0.as_str(), now]).await?;
            }
        }
        tx.commit().await
    }

    async fn amend_mark(&self, mailbox: &str, shelf: Shelf, mark: &Mark) -> Result<(), StoreError> {
        let mut tx = self.write("keeping a mailbox's mark").await?;
        another::replace_mark(&mut tx, mailbox, shelf, mark).await?;
        tx.commit().await
    }

    async fn last(&self, mailbox: &str, validity: u32) -> Result<Option<MailUid>, StoreError> {
        self.highest_uid(mailbox, validity).await
    }

    async fn another_inbox(
        &self,
        mailbox: &str,
        validity: u32,
        shelf: Shelf,
        another: &AnotherInbox,
        now: UnixMillis,
    ) -> Result<u64, StoreError> {
        self.put_aside(mailbox, validity, shelf, another, now).await
    }

    async fn entries(&self, scope: &UidScope, uids: &[MailUid]) -> Result<Vec<LedgerEntry>, StoreError> {
        let mut tx = self.read("reading the ledger").await?;
        let mut of = values![scope.mailbox.as_str(), scope.validity, names(uids)];
        let rows = match scope.shelf {
            Shelf::Inbox => tx.rows(IN_INBOX, of).await?,
            Shelf::Filed(folder) => {
                of.push(folder_word(Some(folder)).into());
                tx.rows(IN_FOLDER, of).await?
            }
        };
        rows.into_iter().map(entry).collect()
    }

    async fn unmoved(
        &self,
        mailbox: &str,
        validity: u32,
        after: Option<&MailUid>,
        limit: u32,
    ) -> Result<Vec<LedgerEntry>, StoreError> {
        let mut tx = self.read("reading the ledger").await?;
        let after = after.map_or("", |uid| uid.as_str());
        let rows = tx.rows(UNMOVED, values![mailbox, validity, after, limit]).await?;
        rows.into_iter().map(entry).collect()
    }

    async fn count_tries(
        &self,
        scope: &UidScope,
        uids: &[MailUid],
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let mut tx = self.in_turn("counting tries").await?;
        let mut of = values![scope.mailbox.as_str(), scope.validity, now, names(uids)];
        match scope.shelf {
            Shelf::Inbox => {
                let sql =
                    "INSERT INTO ledger (mailbox, validity, uid, tries, mail, folder, seen_at, moved_at)
                     SELECT DISTINCT $1, CAST($2 AS BIGINT), value, 1, 0, '', CAST($3 AS BIGINT), 0
                     FROM json_each($4) WHERE true
                     ON CONFLICT (mailbox, validity, uid) DO UPDATE SET tries = ledger.tries + 1,
                         moved_at = CASE WHEN ledger.mail = 0 THEN 0 ELSE ledger.moved_at END";
                tx.run(sql, of).await?;
            }
            Shelf::Filed(folder) => {
                let sql = "INSERT INTO place (mailbox, folder, validity, uid, tries, mail, seen_at)
                     SELECT DISTINCT $1, $5, CAST($2 AS BIGINT), value, 1, 0, CAST($3 AS BIGINT)
                     FROM json_each($4) WHERE true
                     ON CONFLICT (mailbox, folder, validity, uid) DO UPDATE SET tries = place.tries + 1";
                of.push(folder_word(Some(folder)).into());
                tx.run(sql, of).await?;
            }
        }
        tx.commit().await
    }

    async fn forgive_tries(&self, scope: &UidScope, uids: &[MailUid]) -> Result<(), StoreError> {
        let mut tx = self.in_turn("taking tries back").await?;
        let mut of = values![scope.mailbox.as_str(), scope.validity, names(uids)];
        match scope.shelf {
            Shelf::Inbox => {
                let sql = "UPDATE ledger SET tries = tries - 1 WHERE mailbox = $1 AND validity = $2
                         AND tries > 0 AND uid IN (SELECT value FROM json_each($3))";
                tx.run(sql, of).await?;
            }
            Shelf::Filed(folder) => {
                let sql = "UPDATE place SET tries = tries - 1 WHERE mailbox = $1 AND validity = $2
                         AND tries > 0 AND uid IN (SELECT value FROM json_each($3)) AND folder = $4";
                of.push(folder_word(Some(folder)).into());
                tx.run(sql, of).await?;
            }
        }
        tx.commit().await
    }

    async fn filed(
        &self,
        mailbox: &str,
        validity: u32,
        folder: Folder,
        mails: &[Filed],
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let mut tx = self.in_turn("noting filed mails").await?;
        let uids = list(mails.iter().map(|mail| mail.uid.as_str()));
        tx.run(LEAVES, values![mailbox, validity, uids, now]).await?;
        for mail in mails {
            if let Some(spot) = &mail.now {
                places::note_filed(&mut tx, (mailbox, validity, &mail.uid), folder, spot, now).await?;
            }
        }
        tx.commit().await
    }

    async fn moved(
        &self,
        mailbox: &str,
        validity: u32,
        uids: &[MailUid],
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        self.leave_inbox(mailbox, validity, names(uids), now).await
    }

    async fn gone(
        &self,
        mailbox: &str,
        validity: u32,
        uids: &[MailUid],
        now: UnixMillis,
    ) -> Result<u32, StoreError> {
        let mut tx = self.in_turn("noting mails that are gone").await?;
        // One that another process has kept meanwhile has a fate.
        let sql = "UPDATE ledger SET moved_at = $4 WHERE mailbox = $1 AND validity = $2 AND moved_at = 0
                 AND mail = 0 AND uid IN (SELECT value FROM json_each($3)) RETURNING uid";
        let rows = tx.rows(sql, values![mailbox, validity, names(uids), now]).await?;
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        if count > 0 {
            let uids = rows.into_iter().map(|mut row| row.text()).collect::<Result<Vec<_>, _>>()?;
            let data = json!({ "mailbox": mailbox, "uidvalidity": validity, "uids": uids });
            audit::write(&mut tx, TicketId(0), &told("mail.gone", &data), now).await?;
            tx.commit().await?;
        }
        Ok(count)
    }

    async fn with_content(&self, hashes: &[String]) -> Result<Vec<(String, MailId)>, StoreError> {
        self.mails_with_content(hashes).await
    }

    async fn kept_unread(&self, mailbox: &str, octets: &[u8]) -> Result<Option<MailId>, StoreError> {
        // What is kept whole is known by its hash; only what was cut is compared octet by octet.
        match self.unread_with_hash(mailbox, octets).await? {
            Some(id) => Ok(Some(id)),
            None => self.mail_kept_unread(mailbox, octets).await,
        }
    }

    async fn settle(
        &self,
        scope: &UidScope,
        mails: Vec<Found>,
        compared: bool,
        now: UnixMillis,
    ) -> Result<Vec<Settled>, StoreError> {
        self.settle_found(scope, mails, compared, now).await
    }

    async fn of_mailbox(&self, mailbox: &str, mails: &[MailId]) -> Result<Vec<MailId>, StoreError> {
        self.kept_from(mailbox, mails).await
    }

    async fn copies(&self, mailbox: &str, mails: &[MailId]) -> Result<Vec<(MailId, MailId)>, StoreError> {
        self.alike(mailbox, mails).await
    }

    async fn totals(&self, mailbox: &str) -> Result<Totals, StoreError> {
        self.count_mails(mailbox).await
    }
}
