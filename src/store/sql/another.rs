//! An inbox that is another one under the same UIDVALIDITY: what the ledger knows under it is put aside.

use serde_json::json;

use super::SqlStore;
use super::audit;
use super::dialect::Dialect;
use super::intake::told;
use super::ledger::folder_word;
use super::value::values;
use crate::mailbox::{MailUid, Mark, Shelf};
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
        mark: Option<(Shelf, &Mark)>,
        now: UnixMillis,
    ) -> Result<u64, StoreError> {
        let mut tx = self.in_turn("putting the ledger of another inbox aside").await?;
        let count = "SELECT COUNT(*) FROM ledger WHERE mailbox = $1 AND validity = $2";
        let known = tx.one(count, values![mailbox, validity]).await?.number()?;
        let free = tx.one(FREE, values![mailbox]).await?.number()? - 1;
        tx.run(ASIDE, values![mailbox, validity, free, now]).await?;
        match mark {
            Some((Shelf::Inbox, mark)) => {
                let sql = "UPDATE mailbox_mark SET mark = $2 WHERE mailbox = $1";
                tx.run(sql, values![mailbox, mark.0.as_str()]).await?;
            }
            Some((Shelf::Filed(folder), mark)) => {
                let sql = "UPDATE folder_mark SET mark = $2 WHERE mailbox = $1 AND folder = $3";
                tx.run(sql, values![mailbox, mark.0.as_str(), folder_word(Some(folder))]).await?;
            }
            None => {}
        }
        let data = json!({ "mailbox": mailbox, "uidvalidity": validity, "known": known });
        audit::write(&mut tx, TicketId(0), &told("mailbox.another", &data), now).await?;
        tx.commit().await?;
        Ok(known.unsigned_abs())
    }
}
