//! The audit log a page at a time, each filter by its own index. An event is looked for by its beginning: the events
//! that begin so are few, and each is read by itself, so that a rare one does not walk through all the others.

use super::dialect::Dialect;
use super::tx::Tx;
use super::value::{Row, values};
use super::{NEVER, SqlStore, ticket};
use crate::store::{AuditEntry, AuditFilter, AuditRow, StoreError};
use crate::types::UnixMillis;

/// Takes the row before which, the first row, the times, who, what, and the limit.
macro_rules! rows {
    ($which:literal) => {
        concat!(
            "SELECT a.id, a.written_at, coalesce(t.year, 0), coalesce(t.running, 0), a.actor, a.event, a.data, a.place,
                 a.hash
             FROM audit a LEFT JOIN ticket t ON t.id = a.ticket
             WHERE a.id < $1 AND a.id >= $2 AND a.written_at >= $3 AND a.written_at < $4 AND ",
            $which,
            " ORDER BY a.id DESC LIMIT $7"
        )
    };
}
pub(super) const ALL: &str = rows!("$5 = '' AND $6 = ''");
pub(super) const BY_ACTOR: &str = rows!("a.actor = $5 AND $6 = ''");
pub(super) const BY_EVENT: &str = rows!("a.event = $6 AND ($5 = '' OR a.actor = $5)");
/// Of a ticket, whose rows are few.
pub(super) const OF_TICKET: &str = rows!(
    "a.ticket = (SELECT id FROM ticket WHERE year = $8 AND running = $9) AND ($5 = '' OR a.actor = $5)
     AND ($6 = '' OR substr(a.event, 1, length($6)) = $6)"
);
/// The next event of those that begin so.
pub(super) const NEXT_EVENT: &str =
    "SELECT event FROM audit WHERE event > $1 AND event < $2 ORDER BY event LIMIT 1";
pub(super) const FIRST: &str = "SELECT id FROM audit WHERE written_at >= $1 ORDER BY written_at, id LIMIT 1";
pub(super) const LAST: &str =
    "SELECT id FROM audit WHERE written_at < $1 ORDER BY written_at DESC, id DESC LIMIT 1";

/// Comes after every event that begins with what stands in front of it.
const END: char = '\u{10ffff}';
/// The clocks of two nodes may be a day apart.
const APART: i64 = 24 * 60 * 60 * 1000;

/// Between which rows the times of the filter lie.
async fn bounds<DB: Dialect>(tx: &mut Tx<DB>, filter: &AuditFilter) -> Result<(i64, i64), StoreError> {
    let mut bounds = (0, filter.before.unwrap_or(i64::MAX));
    if let Some(from) = filter.from {
        let row = tx.row(FIRST, values![UnixMillis(from.0.saturating_sub(APART))]).await?;
        bounds.0 = row.map(|mut row| row.number()).transpose()?.unwrap_or(i64::MAX);
    }
    if let Some(to) = filter.to {
        let row = tx.row(LAST, values![UnixMillis(to.0.saturating_add(APART))]).await?;
        let last = row.map(|mut row| row.number()).transpose()?.unwrap_or(-1);
        bounds.1 = bounds.1.min(last.saturating_add(1));
    }
    Ok(bounds)
}

impl<DB: Dialect> SqlStore<DB> {
    pub(super) async fn list_audit(
        &self,
        filter: &AuditFilter,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let mut tx = self.read("reading the audit log").await?;
        let AuditFilter { actor, event, ticket, .. } = filter;
        if ticket.is_some() || event.is_empty() {
            let sql = match (ticket, actor.as_str()) {
                (Some(_), _) => OF_TICKET,
                (None, "") => ALL,
                (None, _) => BY_ACTOR,
            };
            return read(&mut tx, sql, filter, event, limit).await;
        }
        let (mut found, mut last) = (Vec::new(), String::new());
        if tx.hits("SELECT id FROM audit WHERE event = $1 LIMIT 1", values![event.as_str()]).await? {
            found = read(&mut tx, BY_EVENT, filter, event, limit).await?;
        }
        let end = format!("{event}{END}");
        loop {
            let after = if last.is_empty() { event.as_str() } else { &last };
            let next = tx.row(NEXT_EVENT, values![after, end.as_str()]).await?;
            let Some(next) = next.map(|mut row| row.text()).transpose()? else { break };
            found.extend(read(&mut tx, BY_EVENT, filter, &next, limit).await?);
            found.sort_by_key(|row| std::cmp::Reverse(row.id));
            found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            last = next;
        }
        Ok(found)
    }
}

async fn read<DB: Dialect>(
    tx: &mut Tx<DB>,
    sql: &'static str,
    filter: &AuditFilter,
    event: &str,
    limit: u32,
) -> Result<Vec<AuditRow>, StoreError> {
    let (first, before) = bounds(tx, filter).await?;
    let (from, to) = (filter.from.unwrap_or_default(), filter.to.unwrap_or(NEVER));
    let mut values = values![before, first, from, to, filter.actor.as_str(), event, limit];
    if let Some(number) = filter.ticket {
        values.extend(values![number.year(), number.running()]);
    }
    tx.rows(sql, values).await?.into_iter().map(audit_row).collect()
}

fn audit_row(mut row: Row) -> Result<AuditRow, StoreError> {
    let (id, at) = (row.number()?, row.time()?);
    let ticket = if row.first_number()? == 0 {
        row.number()?;
        row.number()?;
        None
    } else {
        Some(ticket::number(&mut row)?)
    };
    let entry = AuditEntry { actor: row.text()?, event: row.text()?, data: row.text()? };
    Ok(AuditRow { id, at, ticket, entry, place: row.number()?, hash: row.text()? })
}
