//! The audit log as rows. A row is written in the transaction of what it tells; a sealer chains it
//! afterwards, so that the chain does not make the work wait.
//!
//! The order. A row's number is given when the row is written, not when it is committed: on PostgreSQL
//! a row with a smaller number may appear after one with a greater. So the sealer does not go on
//! "behind the last number". It takes every row that has no place yet, in the order of their numbers,
//! and gives them the next places: a late row is chained late, and none is skipped. Cause and effect
//! stay in order: whoever saw a committed row wrote theirs later, under a greater number, and both are
//! visible when the later one is.

use super::SqlStore;
use super::dialect::Dialect;
use super::tx::Tx;
use super::value::{self, values};
use crate::audit::{Checker, Fault, Head, Link, Row, Sealer};
use crate::keyring::Keyring;
use crate::store::{AuditEntry, ChainReport, StoreError};
use crate::ticket::TicketId;
use crate::types::UnixMillis;

/// Rows read at a time when the chain is checked.
const PAGE: u32 = 1000;

pub(super) const WAITING: &str = "SELECT id, ticket, written_at, actor, event, data FROM audit
     WHERE place = 0 ORDER BY id LIMIT $1";
pub(super) const CHAINED: &str =
    "SELECT id, ticket, written_at, actor, event, data, place, key_id, hash FROM audit
     WHERE place > 0 AND place > $1 ORDER BY place LIMIT $2";

/// Writes a row; ticket 0 is none.
pub(super) async fn write<DB: Dialect>(
    tx: &mut Tx<DB>,
    ticket: TicketId,
    entry: &AuditEntry,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO audit (ticket, actor, event, data, written_at, place, key_id, hash, version)
         VALUES ($1, $2, $3, $4, $5, 0, '', '', coalesce((SELECT version FROM ticket WHERE id = $1), 0))";
    let values = values![ticket, entry.actor.as_str(), entry.event.as_str(), entry.data.as_str(), now];
    tx.run(sql, values).await
}

impl<DB: Dialect> SqlStore<DB> {
    pub(super) async fn chain_waiting(&self, keyring: &Keyring, limit: u32) -> Result<u32, StoreError> {
        let mut tx = self.write("chaining the audit log").await?;
        // Whoever has the head is the only sealer; the others wait here, then see the new one.
        let head = read_head(&mut tx, true).await?.ok_or_else(|| {
            value::corrupt("the record of the audit chain's end is missing; run `nyckelbud audit verify`")
        })?;
        let waiting = tx.rows(WAITING, values![limit]).await?;
        if waiting.is_empty() {
            return Ok(0);
        }
        let mut sealer = Sealer::behind(keyring, &head).map_err(unsealable)?;
        let count = u32::try_from(waiting.len()).unwrap_or(u32::MAX);
        for mut waiting in waiting {
            let row = read_row(&mut waiting)?;
            let link = sealer.link(&row).map_err(unsealable)?;
            let sql = "UPDATE audit SET place = $2, key_id = $3, hash = $4 WHERE id = $1";
            tx.run(sql, values![row.id, link.place, link.key_id, link.hash]).await?;
        }
        let head = sealer.head().map_err(unsealable)?;
        let sql = "UPDATE audit_head SET place = $1, hash = $2, key_id = $3, signature = $4 WHERE id = 1";
        tx.run(sql, values![head.place, head.hash, head.key_id, head.signature]).await?;
        tx.commit().await?;
        Ok(count)
    }

    pub(super) async fn check_chain(&self, keyring: &Keyring) -> Result<ChainReport, StoreError> {
        let mut tx = self.read("checking the audit log").await?;
        let mut checker = Checker::new(keyring);
        loop {
            let rows = tx.rows(CHAINED, values![checker.place(), PAGE]).await?;
            if rows.is_empty() {
                break;
            }
            for mut chained in rows {
                let row = read_row(&mut chained)?;
                let link = Link { place: chained.number()?, key_id: chained.text()?, hash: chained.text()? };
                if let Err(fault) = checker.next(&row, &link) {
                    return Ok(report(fault));
                }
            }
        }
        let sealed = checker.place().unsigned_abs();
        let head = read_head(&mut tx, false).await?;
        let waiting = tx.one("SELECT COUNT(*) FROM audit WHERE place = 0", values![]).await?.number()?;
        Ok(match checker.end(head.as_ref()) {
            Ok(head) => ChainReport::Whole { sealed, waiting: waiting.unsigned_abs(), head },
            Err(fault) => report(fault),
        })
    }
}

async fn read_head<DB: Dialect>(tx: &mut Tx<DB>, lock: bool) -> Result<Option<Head>, StoreError> {
    let sql = if lock {
        "SELECT place, hash, key_id, signature FROM audit_head WHERE id = 1 FOR UPDATE"
    } else {
        "SELECT place, hash, key_id, signature FROM audit_head WHERE id = 1"
    };
    let head = |mut row: value::Row| {
        Ok(Head { place: row.number()?, hash: row.text()?, key_id: row.text()?, signature: row.text()? })
    };
    tx.row(sql, values![]).await?.map(head).transpose()
}

fn read_row(row: &mut value::Row) -> Result<Row, StoreError> {
    Ok(Row {
        id: row.number()?,
        ticket: row.number()?,
        at: row.time()?,
        actor: row.text()?,
        event: row.text()?,
        data: row.text()?,
    })
}

fn unsealable(fault: Fault) -> StoreError {
    StoreError::Corrupt(match fault {
        Fault::Broken { what, .. } => {
            format!("the audit chain cannot go on: {what}; nothing was changed; run `nyckelbud audit verify`")
        }
        Fault::KeyMissing { key_id } => {
            format!(
                "the audit chain ends with key {key_id}, which is not at hand: add it to password.old_keys"
            )
        }
    })
}

fn report(fault: Fault) -> ChainReport {
    match fault {
        Fault::Broken { place, what } => {
            ChainReport::Broken { position: place.unsigned_abs(), what: what.to_owned() }
        }
        Fault::KeyMissing { key_id } => ChainReport::KeyMissing { key_id },
    }
}
