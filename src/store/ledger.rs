//! The part of the store that proves where every mail is: the ledger of the inbox, the places of mails
//! that were filed, and what lay there before the first connection.

use async_trait::async_trait;

use super::{Found, LedgerEntry, MailId, Settled, StoreError, Totals, UidScope};
use crate::mailbox::{AnotherInbox, Filed, Folder, MailUid, Mark, Shelf};
use crate::types::UnixMillis;

/// What is known of the mails in a mailbox. Fails as every method of [`super::Store`] does.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// The mark of the mailbox's first connection, in this folder; `None` before that.
    async fn mark(&self, mailbox: &str, shelf: Shelf) -> Result<Option<Mark>, StoreError>;
    /// Keeps the mark; the first one stays.
    async fn set_mark(
        &self,
        mailbox: &str,
        shelf: Shelf,
        mark: &Mark,
        now: UnixMillis,
    ) -> Result<(), StoreError>;

    /// Writes this mark over the one that is kept.
    async fn amend_mark(&self, mailbox: &str, shelf: Shelf, mark: &Mark) -> Result<(), StoreError>;

    /// The highest UID, as a number, that was ever in the inbox under this UIDVALIDITY.
    async fn last(&self, mailbox: &str, validity: u32) -> Result<Option<MailUid>, StoreError>;
    /// The inbox is another one under this UIDVALIDITY: what is known under it is put aside, so that no mail is
    /// taken for another, and its mark replaces that of the first connection on `shelf`. When it is somebody
    /// else's, so is where filed mails lie, under any UIDVALIDITY. Said in the audit log.
    /// Answers how many mails of the inbox were known.
    async fn another_inbox(
        &self,
        mailbox: &str,
        validity: u32,
        shelf: Shelf,
        another: &AnotherInbox,
        now: UnixMillis,
    ) -> Result<u64, StoreError>;

    /// The entries of these mails; one that was never seen has none.
    async fn entries(&self, scope: &UidScope, uids: &[MailUid]) -> Result<Vec<LedgerEntry>, StoreError>;
    /// Entries of mails that have not been moved out of the inbox yet, in the order of their names: up to
    /// `limit` of those behind `after`.
    async fn unmoved(
        &self,
        mailbox: &str,
        validity: u32,
        after: Option<&MailUid>,
        limit: u32,
    ) -> Result<Vec<LedgerEntry>, StoreError>;
    /// Counts one try for each, before they are fetched (M1); makes the entries that are missing.
    async fn count_tries(
        &self,
        scope: &UidScope,
        uids: &[MailUid],
        now: UnixMillis,
    ) -> Result<(), StoreError>;
    /// Takes one try back: the connection failed, not these mails.
    async fn forgive_tries(&self, scope: &UidScope, uids: &[MailUid]) -> Result<(), StoreError>;

    /// The mails were moved into `folder` (M4), and lie where it is known.
    async fn filed(
        &self,
        mailbox: &str,
        validity: u32,
        folder: Folder,
        mails: &[Filed],
        now: UnixMillis,
    ) -> Result<(), StoreError>;
    /// The mails are not in the inbox any more; where they are, the sweep finds out.
    async fn moved(
        &self,
        mailbox: &str,
        validity: u32,
        uids: &[MailUid],
        now: UnixMillis,
    ) -> Result<(), StoreError>;
    /// The mails are not in the inbox any more, and were never kept: said in the audit log. Answers how
    /// many it is true of, and of no mail twice.
    async fn gone(
        &self,
        mailbox: &str,
        validity: u32,
        uids: &[MailUid],
        now: UnixMillis,
    ) -> Result<u32, StoreError>;

    /// Kept mails with these content hashes.
    async fn with_content(&self, hashes: &[String]) -> Result<Vec<(String, MailId)>, StoreError>;
    /// The mail of this mailbox that was kept without being read, and has these octets.
    async fn kept_unread(&self, mailbox: &str, octets: &[u8]) -> Result<Option<MailId>, StoreError>;
    /// Writes down where mails lie that were found in a folder (M5). What nobody knows is kept, for a
    /// technician. The answers stand in the order of the mails. `compared`: the mailbox's folders were compared
    /// with the store before, since the program started; what nobody knows was put there by a person then, and
    /// is no sign of a backup (see [`super::Store::hold_forgotten`]).
    async fn settle(
        &self,
        scope: &UidScope,
        mails: Vec<Found>,
        compared: bool,
        now: UnixMillis,
    ) -> Result<Vec<Settled>, StoreError>;
    /// Those of these mails that were kept from this mailbox; another one may have had a mail of this content
    /// first.
    async fn of_mailbox(&self, mailbox: &str, mails: &[MailId]) -> Result<Vec<MailId>, StoreError>;
    /// For each of these mails, those kept from this mailbox that nobody can tell from it: it and its copies,
    /// and of mails that were cut those with the same beginning.
    async fn copies(&self, mailbox: &str, mails: &[MailId]) -> Result<Vec<(MailId, MailId)>, StoreError>;
    /// How many mails of a mailbox are known.
    async fn totals(&self, mailbox: &str) -> Result<Totals, StoreError>;
}
