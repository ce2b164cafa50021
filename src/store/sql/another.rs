//! An inbox that is another one under the same UIDVALIDITY: what the ledger knows under it is put aside.
//! When it is somebody else's, so is what is known of the folders for filed mails.

use serde_json::json;

use super::SqlStore;
use super::audit;
use super::dialect::Dialect;
use super::intake::told;
use super::ledger::folder_word;
use super::tx::Tx;
use super::value::values;
use crate::mailbox::{AnotherInbox, MailUid, Mark, Shelf};
use crate::store::StoreError;
use crate::ticket::TicketId;
use crate::types::UnixMillis;

/// UIDs are numbers without leading zeros (RFC 3501 9).
const LAST: &str = "SELECT uid FROM ledger WHERE mailbox = $1 AND validity = $2
     ORDER BY length(uid) DESC, uid DESC LIMIT 1";
/// No server counts below 1, so that nothing is ever found under such a number again.
const FREE: &str = "SELECT CAST(coalesce(MIN(validity), 0) AS BIGINT) FROM ledger
     WHERE mailbox = $1 AND validity < 0";
const ASIDE: &str = "UPDATE ledger SET validity = $3,
         moved_at = CASE WHEN mail = 0 AND moved_at = 0 THEN CAST($4 AS BIGINT) ELSE moved_at END
     WHERE mailbox = $1 AND validity = $2";

/// As [`FREE`], for the folders.
const FREE_PLACE: &str = "SELECT CAST(coalesce(MIN(validity), 0) AS BIGINT) FROM place
     WHERE mailbox = $1 AND validity < 0";
/// Each UIDVALIDITY gets a number of its own, since one UID may stand under several.
const PLACES_ASIDE: &str = "UPDATE place SET validity = CAST($2 AS BIGINT) - validity
     WHERE mailbox = $1 AND validity > 0";

/// Writes `mark` over the one that is kept.
pub(super) async fn replace_mark<DB: Dialect>(
    tx: &mut Tx<DB>,
    mailbox: &str,
    shelf: Shelf,
    mark: &Mark,
) -> Result<(), StoreError> {
    match shelf {
        Shelf::Inbox => {
            let sql = "UPDATE mailbox_mark SET mark = $2 WHERE mailbox = $1";
            tx.run(sql, values![mailbox, mark.0.as_str()]).await
        }
        Shelf::Filed(folder) => {
            let sql = "UPDATE folder_mark SET mark = $2 WHERE mailbox = $1 AND folder = $3";
            tx.run(sql, values![mailbox, mark.0.as_str(), folder_word(Some(folder))]).await
        }
    }
}

impl<DB: Dialect> SqlStore<DB> {
    pub(super) async fn highest_uid(
        &self,
        mailbox: &str,
        validity: u32,
    ) -> Result<Option<MailUid>, StoreError> {
        let mut tx = self.read("reading the ledger").await?;
        let row = tx.row(LAST, values![mailbox, validity]).await?;
        row.map(|mut row| row.text().map(MailUid::new)).transpose()
    }

    pub(super) async fn put_aside(
        &self,
        mailbox: &str,
        validity: u32,
        shelf: Shelf,
        another: &AnotherInbox,
        now: UnixMillis,
    ) -> Result<u64, StoreError> {
        let mut tx = self.in_turn("putting the ledger of another inbox aside").await?;
        let count = "SELECT COUNT(*) FROM ledger WHERE mailbox = $1 AND validity = $2";
        let known = tx.one(count, values![mailbox, validity]).await?.number()?;
        let free = tx.one(FREE, values![mailbox]).await?.number()? - 1;
        tx.run(ASIDE, values![mailbox, validity, free, now]).await?;
        if another.account {
            let free = tx.one(FREE_PLACE, values![mailbox]).await?.number()?;
            tx.run(PLACES_ASIDE, values![mailbox, free]).await?;
        }
        if let Some(mark) = &another.mark {
            replace_mark(&mut tx, mailbox, shelf, mark).await?;
        }
        let data = json!({ "mailbox": mailbox, "uidvalidity": validity, "known": known });
        audit::write(&mut tx, TicketId(0), &told("mailbox.another", &data), now).await?;
        tx.commit().await?;
        Ok(known.unsigned_abs())
    }
}
