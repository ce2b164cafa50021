//! What gateways tell of texts. A receipt may come before the outcome of its own submit: it is kept as
//! it came, and matched when it is asked for.

use super::dialect::Dialect;
use super::tx::Tx;
use super::value::{Row, values};
use super::{NEVER, SqlStore, messages, ticket};
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

pub(super) fn from_word(text: &str) -> Option<Receipt> {
    [Receipt::Delivered, Receipt::Failed, Receipt::Pending].into_iter().find(|r| word(*r) == text)
}

const BY_KEY: &str = "SELECT intent_key, ticket FROM intent WHERE intent_key = $1 AND gateway = $2";
// Some gateways give their names again, a year later or after a restart of theirs: without the key a receipt is for
// a text that was begun in the week before it came, and no earlier than it came. The clocks of two nodes may be a day
// apart.
/// A gateway that honours keys gets the same one for every try: the intent's, without the number of the try.
pub(super) const BY_TRIES: &str = "SELECT intent_key, ticket FROM intent
     WHERE ticket = $1 AND gateway = $2 AND outcome NOT IN ('not-sent', 'refused')
         AND substr(intent_key, 1, length($3)) = $3
     ORDER BY id DESC LIMIT 1";
pub(super) const BY_REFERENCE: &str = "SELECT intent_key, ticket FROM intent
     WHERE gateway = $1 AND detail = $2 AND outcome = 'accepted' AND detail <> '' AND begun_at > $3
     ORDER BY id DESC LIMIT 1";
pub(super) const FOR_INTENT: &str =
    "SELECT receipt, came_at FROM receipt WHERE intent_key = $1 AND intent_key <> ''
     UNION ALL
     SELECT r.receipt, r.came_at FROM intent i JOIN receipt r
         ON r.gateway = i.gateway AND r.intent_key = '' AND r.reference = i.detail
     WHERE i.intent_key = $1 AND i.outcome = 'accepted' AND i.detail <> ''
         AND r.came_at >= i.begun_at - 86400000";

/// The message that left under this key, or may have.
const MESSAGE: &str = "SELECT id FROM message WHERE id = $1 AND channel = 'phone' AND begun_at > 0";
pub(super) const MESSAGE_BY_REFERENCE: &str = "SELECT id, sent_key FROM message
     WHERE gateway = $1 AND gateway <> '' AND detail = $2 AND detail <> '' AND outcome = 'accepted'
         AND begun_at > $3
     ORDER BY id DESC LIMIT 1";
pub(super) const FOR_MESSAGE: &str =
    "SELECT r.receipt, r.came_at FROM message m JOIN receipt r ON r.gateway = m.gateway AND r.intent_key = m.sent_key
     WHERE m.id = $1 AND m.sent_key <> ''
     UNION ALL
     SELECT r.receipt, r.came_at FROM message m JOIN receipt r
         ON r.gateway = m.gateway AND r.intent_key = '' AND r.reference = m.detail
     WHERE m.id = $1 AND m.outcome = 'accepted' AND m.detail <> '' AND r.came_at >= m.begun_at - 86400000";

/// What a receipt is about.
enum About {
    Ticket(TicketId),
    Message(i64),
}

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
        let found = what_it_is_about(&mut tx, gateway, key, reference, now).await?;
        let (key, about) = found.map_or((String::new(), None), |(key, about)| (key, Some(about)));
        let sql = "INSERT INTO receipt (gateway, intent_key, reference, receipt, came_at)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (gateway, intent_key, reference) DO UPDATE
                 SET receipt = excluded.receipt, came_at = excluded.came_at
                 WHERE receipt.receipt <> 'delivered' OR receipt.intent_key = '' AND receipt.came_at <= $6";
        tx.run(sql, values![gateway, key, reference, word(receipt), now, long_ago(now)]).await?;
        match &about {
            Some(About::Ticket(ticket)) => wake(&mut tx, *ticket, now).await?,
            Some(About::Message(id)) => {
                // One that waits for it: whoever has it just now looks again by themselves.
                let sql = "UPDATE message SET due_at = $2 WHERE id = $1 AND due_at < $3 AND due_at > $2";
                tx.run(sql, values![*id, now, NEVER]).await?;
            }
            None => {}
        }
        tx.commit().await?;
        Ok(about.is_some())
    }

    pub(super) async fn find_receipt(&self, key: &str) -> Result<Option<StoredReceipt>, StoreError> {
        let mut tx = self.read("looking for a receipt").await?;
        best(tx.rows(FOR_INTENT, values![key]).await?)
    }

    pub(super) async fn find_message_receipt(&self, id: i64) -> Result<Option<StoredReceipt>, StoreError> {
        let mut tx = self.read("looking for the receipt of a message").await?;
        best(tx.rows(FOR_MESSAGE, values![id]).await?)
    }
}

/// The receipt that holds among these: nothing undoes a delivery.
fn best(rows: Vec<Row>) -> Result<Option<StoredReceipt>, StoreError> {
    let kept = |mut row: Row| {
        let receipt = row.parsed("a receipt", from_word)?;
        Ok(StoredReceipt { receipt, at: row.time()? })
    };
    let receipts = rows.into_iter().map(kept).collect::<Result<Vec<_>, StoreError>>()?;
    let rank = |kept: &StoredReceipt| (kept.receipt == Receipt::Delivered, kept.at);
    Ok(receipts.into_iter().max_by_key(rank))
}

/// What was told or begun by then has nothing to do with a receipt that comes now without a key.
fn long_ago(now: UnixMillis) -> UnixMillis {
    UnixMillis(now.0 - 7 * 86_400_000)
}

/// The intent or message that a receipt is about, and the key under which it left.
async fn what_it_is_about<DB: Dialect>(
    tx: &mut Tx<DB>,
    gateway: &str,
    key: Option<&str>,
    reference: &str,
    now: UnixMillis,
) -> Result<Option<(String, About)>, StoreError> {
    let mut intent = None;
    if let Some(key) = key {
        intent = tx.row(BY_KEY, values![key, gateway]).await?;
        if let (None, Some(ticket)) = (&intent, ticket_in(key)) {
            intent = tx.row(BY_TRIES, values![ticket, gateway, format!("{key}-")]).await?;
        }
        if let Some(id) = messages::id_in(key)
            && tx.hits(MESSAGE, values![id]).await?
        {
            return Ok(Some((key.to_owned(), About::Message(id))));
        }
    }
    if intent.is_none() {
        intent = tx.row(BY_REFERENCE, values![gateway, reference, long_ago(now)]).await?;
    }
    if let Some(mut row) = intent {
        return Ok(Some((row.text()?, About::Ticket(TicketId(row.number()?)))));
    }
    let sql = MESSAGE_BY_REFERENCE;
    let Some(mut row) = tx.row(sql, values![gateway, reference, long_ago(now)]).await? else {
        return Ok(None);
    };
    let id = row.number()?;
    Ok(Some((row.text()?, About::Message(id))))
}

/// The store's number of the ticket in a text's key, `n17-text-1-0-9f86d081`.
fn ticket_in(key: &str) -> Option<i64> {
    key.strip_prefix('n')?.split_once('-')?.0.parse().ok()
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
