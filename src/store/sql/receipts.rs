//! What gateways tell of texts. A receipt may come before the outcome of its own submit: it is kept as
//! it came, and matched when it is asked for.

use super::dialect::Dialect;
use super::tx::Tx;
use super::value::{Row, values};
use super::{SqlStore, ticket};
use crate::delivery::Receipt;
use crate::store::{StoreError, StoredReceipt};
use crate::ticket::{Effect, TicketId};
use crate::types::UnixMillis;

fn word(receipt: Receipt) -> &'static str {
    match receipt {
        Receipt::Delivered => "delivered",
        Receipt::Failed => "failed",
        Receipt::Pending => "pending",
    }
}

fn from_word(text: &str) -> Option<Receipt> {
    [Receipt::Delivered, Receipt::Failed, Receipt::Pending].into_iter().find(|r| word(*r) == text)
}

const BY_KEY: &str = "SELECT intent_key, ticket FROM intent WHERE intent_key = $1 AND gateway = $2";
pub(super) const BY_REFERENCE: &str = "SELECT intent_key, ticket FROM intent
     WHERE gateway = $1 AND detail = $2 AND outcome = 'accepted' AND detail <> '' ORDER BY id DESC LIMIT 1";
pub(super) const FOR_INTENT: &str =
    "SELECT receipt, came_at FROM receipt WHERE intent_key = $1 AND intent_key <> ''
     UNION ALL
     SELECT r.receipt, r.came_at FROM intent i JOIN receipt r
         ON r.gateway = i.gateway AND r.intent_key = '' AND r.reference = i.detail
     WHERE i.intent_key = $1 AND i.outcome = 'accepted' AND i.detail <> ''";

impl<DB: Dialect> SqlStore<DB> {
    pub(super) async fn keep_receipt(
        &self,
        gateway: &str,
        key: Option<&str>,
        reference: &str,
        receipt: Receipt,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        let mut tx = self.write("keeping a receipt").await?;
        let mut intent = None;
        if let Some(key) = key {
            intent = tx.row(BY_KEY, values![key, gateway]).await?;
        }
        if intent.is_none() {
            intent = tx.row(BY_REFERENCE, values![gateway, reference]).await?;
        }
        let (key, ticket) = match intent {
            Some(mut row) => (row.text()?, Some(TicketId(row.number()?))),
            None => (String::new(), None),
        };
        let sql = "INSERT INTO receipt (gateway, intent_key, reference, receipt, came_at)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (gateway, intent_key, reference) DO UPDATE
                 SET receipt = excluded.receipt, came_at = excluded.came_at
                 WHERE receipt.receipt <> 'delivered'";
        tx.run(sql, values![gateway, key, reference, word(receipt), now]).await?;
        if let Some(ticket) = ticket {
            wake(&mut tx, ticket, now).await?;
        }
        tx.commit().await?;
        Ok(ticket.is_some())
    }

    pub(super) async fn find_receipt(&self, key: &str) -> Result<Option<StoredReceipt>, StoreError> {
        let mut tx = self.read("looking for a receipt").await?;
        let kept = |mut row: Row| {
            let receipt = row.parsed("a receipt", from_word)?;
            Ok(StoredReceipt { receipt, at: row.time()? })
        };
        let rows = tx.rows(FOR_INTENT, values![key]).await?;
        let receipts = rows.into_iter().map(kept).collect::<Result<Vec<_>, StoreError>>()?;
        let rank = |kept: &StoredReceipt| (kept.receipt == Receipt::Delivered, kept.at);
        Ok(receipts.into_iter().max_by_key(rank))
    }
}

/// Makes a ticket due that is not at rest; who has it just now cannot put that off.
async fn wake<DB: Dialect>(tx: &mut Tx<DB>, id: TicketId, now: UnixMillis) -> Result<(), StoreError> {
    let mut row = tx.one("SELECT state FROM ticket WHERE id = $1 FOR UPDATE", values![id]).await?;
    let state = row.parsed("the state of a ticket", ticket::state_from)?;
    if state.next() == Effect::Rest {
        return Ok(());
    }
    let sql =
        "UPDATE ticket SET woken = 1, due_at = CASE WHEN due_at < $2 THEN due_at ELSE $2 END WHERE id = $1";
    tx.run(sql, values![id, now]).await
}
