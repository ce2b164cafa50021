//! What happened lately, in one read.

use std::time::Duration;

use super::SqlStore;
use super::dialect::Dialect;
use super::{ticket, value::values};
use crate::store::StoreError;
use crate::types::{AccountId, History, UnixMillis};

const DAY: Duration = Duration::from_secs(24 * 3600);
const HOUR: Duration = Duration::from_secs(3600);

/// Empty words are unknown ones, and count nothing. A text that surely did not leave is none.
pub(super) const HISTORY: &str = "SELECT
     (SELECT coalesce(max(begun_at), 0) FROM started WHERE account = $1 AND counts = 1),
     (SELECT COUNT(*) FROM started WHERE account = $1 AND begun_at > $5 AND counts = 1),
     (SELECT COUNT(*) FROM started WHERE sender = $2 AND sender <> '' AND begun_at > $5 AND counts = 1),
     (SELECT COUNT(*) FROM started WHERE phone_hash = $3 AND phone_hash <> '' AND begun_at > $5 AND counts = 1),
     (SELECT COUNT(*) FROM started WHERE unit = $4 AND unit <> '' AND begun_at > $6 AND counts = 1),
     (SELECT COUNT(*) FROM started WHERE begun_at > $6 AND counts = 1),
     (SELECT COUNT(*) FROM intent WHERE kind IN ('text', 'link', 'warning') AND begun_at > $5
         AND outcome <> 'not-sent')
     + (SELECT COUNT(*) FROM message WHERE channel = 'phone' AND begun_at > $5 AND outcome <> 'not-sent'),
     (SELECT COUNT(*) FROM started WHERE account = $1 AND begun_at > $5 AND mismatch = 1),
     coalesce((SELECT year FROM ticket WHERE account = $1 AND live = 1 AND account <> ''), 0),
     coalesce((SELECT running FROM ticket WHERE account = $1 AND live = 1 AND account <> ''), 0)";

impl<DB: Dialect> SqlStore<DB> {
    pub(super) async fn read_history(
        &self,
        account: &AccountId,
        sender: &str,
        phone_hash: &str,
        unit: &str,
        now: UnixMillis,
    ) -> Result<History, StoreError> {
        let mut tx = self.read("counting what happened lately").await?;
        let values = values![account.as_str(), sender, phone_hash, unit, now.minus(DAY), now.minus(HOUR)];
        let mut row = tx.one(HISTORY, values).await?;
        Ok(History {
            account_last: row.time_or_none()?,
            account_day: row.count()?,
            sender_day: row.count()?,
            phone_day: row.count()?,
            unit_hour: row.count()?,
            desk_hour: row.count()?,
            texts_day: row.count()?,
            account_mismatches_day: row.count()?,
            live: Some(ticket::number(&mut row)?).filter(|number| number.running() > 0),
        })
    }
}
