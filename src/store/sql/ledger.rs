//! The ledger: what is known of the mails in a mailbox, and how often each was tried.

use super::SqlStore;
use super::dialect::Dialect;
use super::value::{list, values};
use crate::mailbox::{Folder, MailUid, Mark};
use crate::store::{LedgerEntry, StoreError};
use crate::types::UnixMillis;

pub(super) const LEDGER: &str = "SELECT uid, tries, mail, folder FROM ledger
     WHERE mailbox = $1 AND validity = $2 AND moved_at = 0";

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

fn names(uids: &[MailUid]) -> super::value::Value {
    list(uids.iter().map(|uid| &uid.0))
}

impl<DB: Dialect> SqlStore<DB> {
    pub(super) async fn read_mark(&self, mailbox: &str) -> Result<Option<Mark>, StoreError> {
        let mut tx = self.read("reading a mailbox's mark").await?;
        let row = tx.row("SELECT mark FROM mailbox_mark WHERE mailbox = $1", values![mailbox]).await?;
        row.map(|mut row| row.text().map(Mark)).transpose()
    }

    pub(super) async fn keep_mark(
        &self,
        mailbox: &str,
        mark: &Mark,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let mut tx = self.write("keeping a mailbox's mark").await?;
        let sql = "INSERT INTO mailbox_mark (mailbox, mark, made_at) VALUES ($1, $2, $3)
             ON CONFLICT (mailbox) DO NOTHING";
        tx.run(sql, values![mailbox, mark.0.as_str(), now]).await?;
        tx.commit().await
    }

    pub(super) async fn read_ledger(
        &self,
        mailbox: &str,
        validity: u32,
    ) -> Result<Vec<LedgerEntry>, StoreError> {
        let mut tx = self.read("reading the ledger").await?;
        let rows = tx.rows(LEDGER, values![mailbox, validity]).await?;
        let entry = |mut row: super::value::Row| {
            Ok(LedgerEntry {
                uid: MailUid(row.text()?),
                tries: row.count()?,
                kept: row.yes()?,
                folder: row.parsed_or_none("the folder of a mail", folder_from)?,
            })
        };
        rows.into_iter().map(entry).collect()
    }

    pub(super) async fn add_tries(
        &self,
        mailbox: &str,
        validity: u32,
        uids: &[MailUid],
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let mut tx = self.write("counting tries").await?;
        let sql = "INSERT INTO ledger (mailbox, validity, uid, tries, mail, folder, seen_at, moved_at)
             SELECT DISTINCT $1, CAST($2 AS BIGINT), value, 1, 0, '', CAST($3 AS BIGINT), 0
             FROM json_each($4) WHERE true
             ON CONFLICT (mailbox, validity, uid) DO UPDATE SET tries = ledger.tries + 1";
        tx.run(sql, values![mailbox, validity, now, names(uids)]).await?;
        tx.commit().await
    }

    pub(super) async fn take_tries_back(
        &self,
        mailbox: &str,
        validity: u32,
        uids: &[MailUid],
    ) -> Result<(), StoreError> {
        let mut tx = self.write("taking tries back").await?;
        let sql = "UPDATE ledger SET tries = tries - 1
             WHERE mailbox = $1 AND validity = $2 AND tries > 0 AND uid IN (SELECT value FROM json_each($3))";
        tx.run(sql, values![mailbox, validity, names(uids)]).await?;
        tx.commit().await
    }

    pub(super) async fn note_moved(
        &self,
        mailbox: &str,
        validity: u32,
        uids: &[MailUid],
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let mut tx = self.write("noting moved mails").await?;
        let sql = "UPDATE ledger SET moved_at = $4
             WHERE mailbox = $1 AND validity = $2 AND moved_at = 0 AND uid IN (SELECT value FROM json_each($3))";
        tx.run(sql, values![mailbox, validity, names(uids), now]).await?;
        tx.commit().await
    }
}
