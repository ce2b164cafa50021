//! Outages, and what else whoever runs the desk looks at: [`OperationStore`] over SQL.

use async_trait::async_trait;

use super::dialect::Dialect;
use super::tx::{Failure, Tx};
use super::value::{Row, values};
use super::{SqlStore, audit};
use crate::store::{
    AuditEntry, AuditFilter, AuditRow, OperationStore, Outage, StoreError, Unfreezing, Unfrozen,
};
use crate::ticket::TicketId;
use crate::types::UnixMillis;

macro_rules! outages {
    ($which:literal) => {
        concat!("SELECT began_at, ended_at, why, begun_by FROM outage ", $which)
    };
}

fn outage(mut row: Row) -> Result<Outage, StoreError> {
    Ok(Outage {
        began_at: row.time()?,
        ended_at: row.time_or_none()?,
        why: row.text()?,
        begun_by: row.text()?,
    })
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
        self.list_audit(filter, limit).await
    }

    async fn ask_unfreeze(&self, wanted: &Unfreezing, lapsed: UnixMillis) -> Result<Unfrozen, StoreError> {
        self.hear_unfreezing(wanted, lapsed).await
    }

    async fn unfreezings(&self, lapsed: UnixMillis) -> Result<Vec<Unfreezing>, StoreError> {
        self.list_unfreezings(lapsed).await
    }
}
