//! What happened lately, in one read.

use std::time::Duration;

use super::SqlStore;
use super::dialect::Dialect;
use super::tx::Tx;
use super::{ticket, value::values};
use crate::store::StoreError;
use crate::types::{AccountId, History, UnixMillis};

pub(super) const DAY: Duration = Duration::from_secs(24 * 3600);
const HOUR: Duration = Duration::from_secs(3600);

/// Texts that left or may have left since then; a message's earlier tries may have, too.
macro_rules! texts {
    ($since:literal) => {
        concat!(
            "(SELECT COUNT(*) FROM intent WHERE kind IN ('text', 'link', 'warning') AND counted_at > ",
            $since,
            " AND outcome NOT IN ('not-sent', 'refused'))
             + (SELECT CAST(coalesce(SUM(unclear + CASE WHEN outcome IN ('', 'accepted') THEN 1 ELSE 0 END), 0)
                 AS BIGINT) FROM message WHERE channel = 'phone' AND counted_at > ",
            $since,
            ")"
        )
    };
}
pub(super) use texts;

/// Empty words are unknown ones, and count nothing. When the automation was turned on under a clock that was
/// set back since, nobody can tell when that was.
pub(super) const HISTORY: &str = concat!(
    "SELECT
     (SELECT coalesce(max(begun_at), 0) FROM started WHERE account = $1 AND counts > 0),
     (SELECT COUNT(*) FROM started WHERE account = $1 AND begun_at > $5 AND counts > 0),
     (SELECT COUNT(*) FROM started WHERE sender = $2 AND sender <> '' AND begun_at > $5 AND counts = 1),
     (SELECT COUNT(*) FROM started WHERE phone_hash = $3 AND phone_hash <> '' AND begun_at > $5 AND counts = 1),
     (SELECT COUNT(*) FROM started WHERE unit = $4 AND unit <> '' AND begun_at > $6 AND counts = 1),
     (SELECT COUNT(*) FROM started WHERE begun_at > $6 AND counts = 1 AND begun_at > coalesce(
         (SELECT turned_at FROM automation WHERE id = 1 AND automation = 'on' AND turned_at <= $7), 0)),
     ",
    texts!("$5"),
    ",
     (SELECT COUNT(*) FROM ticket WHERE live = 1 AND account <> '' AND owes_text = 1)
     + (SELECT COUNT(*) FROM message WHERE channel = 'phone' AND due_at < 9223372036854775807
         AND (counted_at = 0 OR outcome IN ('not-sent', 'refused', 'uncertain'))),
     (SELECT COUNT(*) FROM started WHERE account = $1 AND begun_at > $5 AND mismatch = 1),
     (SELECT COUNT(*) FROM frozen WHERE account = $1),
     coalesce((SELECT year FROM ticket WHERE account = $1 AND live = 1 AND account <> ''), 0),
     coalesce((SELECT running FROM ticket WHERE account = $1 AND live = 1 AND account <> ''), 0)"
);

/// Whose history.
pub(super) struct Whose<'a> {
    pub(super) account: &'a AccountId,
    pub(super) sender: &'a str,
    pub(super) phone_hash: &'a str,
    pub(super) unit: &'a str,
}

/// Counts what happened lately.
pub(super) async fn read<DB: Dialect>(
    tx: &mut Tx<DB>,
    whose: &Whose<'_>,
    now: UnixMillis,
) -> Result<History, StoreError> {
    let (day, hour) = (now.minus(DAY), now.minus(HOUR));
    let values = values![whose.account.as_str(), whose.sender, whose.phone_hash, whose.unit, day, hour, now];
    let mut row = tx.one(HISTORY, values).await?;
    Ok(History {
        account_last: row.time_or_none()?,
        account_day: row.count()?,
        sender_day: row.count()?,
        phone_day: row.count()?,
        unit_hour: row.count()?,
        desk_hour: row.count()?,
        texts_day: row.count()?,
        texts_owed: row.count()?,
        account_mismatches_day: row.count()?,
        frozen: row.yes()?,
        lifted: false,
        live: Some(ticket::number(&mut row)?).filter(|number| number.running() > 0),
    })
}

pub(super) const LINKS: &str = "SELECT COUNT(*) FROM started
     WHERE texted_hash = $1 AND texted_hash <> '' AND begun_at > $2 AND counts = 1";

/// How many links went to the phone with this hash in the last hour.
pub(super) async fn links<DB: Dialect>(
    tx: &mut Tx<DB>,
    texted_hash: &str,
    now: UnixMillis,
) -> Result<u32, StoreError> {
    tx.one(LINKS, values![texted_hash, now.minus(HOUR)]).await?.count()
}

impl<DB: Dialect> SqlStore<DB> {
    pub(super) async fn read_links(&self, texted_hash: &str, now: UnixMillis) -> Result<u32, StoreError> {
        links(&mut self.read("counting a manager's links").await?, texted_hash, now).await
    }

    pub(super) async fn read_history(
        &self,
        account: &AccountId,
        sender: &str,
        phone_hash: &str,
        unit: &str,
        now: UnixMillis,
    ) -> Result<History, StoreError> {
        let mut tx = self.read("counting what happened lately").await?;
        read(&mut tx, &Whose { account, sender, phone_hash, unit }, now).await
    }
}
