//! Outages, and the audit log a page at a time: [`OperationStore`] over SQL.

use async_trait::async_trait;

use super::dialect::Dialect;
use super::tx::{Failure, Tx};
use super::value::{Row, values};
use super::{NEVER, SqlStore, audit, ticket};
use crate::store::{AuditEntry, AuditFilter, AuditRow, OperationStore, Outage, StoreError};
use crate::ticket::TicketId;
use crate::types::UnixMillis;

macro_rules! outages {
    ($which:literal) => {
        concat!("SELECT began_at, ended_at, why, begun_by FROM outage ", $which)
    };
}

macro_rules! audit_rows {
    ($which:literal) => {
        concat!(
            "SELECT a.id, a.written_at, coalesce(t.year, 0), coalesce(t.running, 0), a.actor, a.event, a.data, a.place,
                 a.hash
             FROM audit a LEFT JOIN ticket t ON t.id = a.ticket
             WHERE a.id < $1 AND a.written_at >= $2 AND a.written_at < $3
               AND ($4 = '' OR a.actor = $4) AND ($5 = '' OR (a.event >= $5 AND a.event < $6)) ",
            $which,
            " ORDER BY a.id DESC LIMIT $7"
        )
    };
}
pub(super) const AUDIT_OF_TICKET: &str =
    audit_rows!("AND a.ticket = (SELECT id FROM ticket WHERE year = $8 AND running = $9)");
/// The last placeholders are taken by the other statement only.
pub(super) const AUDIT: &str = audit_rows!("AND $8 = 0 AND $9 = 0");

/// Comes after every event that begins with what stands in front of it.
const LAST: char = '\u{10ffff}';

fn outage(mut row: Row) -> Result<Outage, StoreError> {
    Ok(Outage {
        began_at: row.time()?,
        ended_at: row.time_or_none()?,
        why: row.text()?,
        begun_by: row.text()?,
    })
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

async fn open_outage<DB: Dialect>(tx: &mut Tx<DB>) -> Result<Option<Outage>, StoreError> {
    tx.row(outages!("WHERE ended_at = 0"), values![]).await?.map(outage).transpose()
}

#[async_trait]
impl<DB: Dialect> OperationStore for SqlStore<DB> {
    async fn outage(&self) -> Result<Option<Outage>, StoreError> {
        open_outage(&mut self.read("looking for an outage").await?).await
    }

    async fn outages(&self, limit: u32) -> Result<Vec<Outage>, StoreError> {
        let mut tx = self.read("listing outages").await?;
        let rows = tx.rows(outages!("ORDER BY began_at DESC, id DESC LIMIT $1"), values![limit]).await?;
        rows.into_iter().map(outage).collect()
    }

    async fn begin_outage(
        &self,
        outage: &Outage,
        entry: &AuditEntry,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        let mut tx = self.write("beginning an outage").await?;
        let sql =
            "INSERT INTO outage (began_at, ended_at, why, begun_by, ended_by) VALUES ($1, 0, $2, $3, '')
             RETURNING id";
        let values = values![outage.began_at, outage.why.as_str(), outage.begun_by.as_str()];
        match tx.hits_unless_taken(sql, values).await {
            Ok(_) => {}
            Err(Failure::Taken) => return Ok(false),
            Err(Failure::Store(error)) => return Err(error),
        }
        audit::write(&mut tx, TicketId(0), entry, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn end_outage(
        &self,
        at: UnixMillis,
        entry: &AuditEntry,
        now: UnixMillis,
    ) -> Result<Option<Outage>, StoreError> {
        let mut tx = self.write("ending an outage").await?;
        let sql = "UPDATE outage SET ended_at = $1, ended_by = $2 WHERE ended_at = 0 AND began_at <= $1
             RETURNING began_at, ended_at, why, begun_by";
        let ended = tx.row(sql, values![at, entry.actor.as_str()]).await?.map(outage).transpose()?;
        if ended.is_some() {
            audit::write(&mut tx, TicketId(0), entry, now).await?;
            tx.commit().await?;
        }
        Ok(ended)
    }

    async fn audit_rows(&self, filter: &AuditFilter, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        let mut tx = self.read("reading the audit log").await?;
        let AuditFilter { from, to, actor, event, ticket, before } = filter;
        let (year, running) = ticket.map_or((0, 0), |number| (number.year(), number.running()));
        let sql = if ticket.is_some() { AUDIT_OF_TICKET } else { AUDIT };
        let values = values![
            before.unwrap_or(i64::MAX),
            from.unwrap_or_default(),
            to.unwrap_or(NEVER),
            actor.as_str(),
            event.as_str(),
            format!("{event}{LAST}"),
            limit,
            year,
            running,
        ];
        tx.rows(sql, values).await?.into_iter().map(audit_row).collect()
    }
}
