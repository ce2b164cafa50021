//! Accounts for which nothing is automated until a person lifts that.

use super::dialect::Dialect;
use super::tx::Tx;
use super::value::{Row, values};
use super::{SqlStore, audit, ticket};
use crate::store::{AuditEntry, Freeze, Frozen, StoreError};
use crate::ticket::TicketId;
use crate::types::{AccountId, UnixMillis};

const ALL: &str = "SELECT f.account, f.username, t.year, t.running, f.why, f.frozen_by, f.frozen_at
     FROM frozen f JOIN ticket t ON t.id = f.ticket ORDER BY f.frozen_at, f.account";
pub(super) const ONE: &str = "SELECT account FROM frozen WHERE account = $1";

/// Freezes an account. One that is frozen already stays so, with the older reason.
pub(super) async fn freeze<DB: Dialect>(
    tx: &mut Tx<DB>,
    id: TicketId,
    freeze: &Freeze,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO frozen (account, username, ticket, why, frozen_by, frozen_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account) DO NOTHING";
    let Freeze { account, username, why, by } = freeze;
    tx.run(sql, values![account.as_str(), username.as_str(), id, why.as_str(), by.as_str(), now]).await
}

fn read(mut row: Row) -> Result<Frozen, StoreError> {
    Ok(Frozen {
        account: AccountId::new(row.text()?),
        username: row.text()?,
        ticket: ticket::number(&mut row)?,
        why: row.text()?,
        by: row.text()?,
        at: row.time()?,
    })
}

impl<DB: Dialect> SqlStore<DB> {
    pub(super) async fn look_for_freeze(&self, account: &AccountId) -> Result<bool, StoreError> {
        let mut tx = self.read("looking for a freeze").await?;
        tx.hits(ONE, values![account.as_str()]).await
    }

    pub(super) async fn list_frozen(&self) -> Result<Vec<Frozen>, StoreError> {
        let mut tx = self.read("listing frozen accounts").await?;
        tx.rows(ALL, values![]).await?.into_iter().map(read).collect()
    }

    pub(super) async fn lift_freeze(
        &self,
        whom: &str,
        entry: AuditEntry,
        now: UnixMillis,
    ) -> Result<Option<Frozen>, StoreError> {
        let mut tx = self.write("lifting a freeze").await?;
        let all: Vec<Frozen> =
            tx.rows(ALL, values![]).await?.into_iter().map(read).collect::<Result<_, _>>()?;
        let is =
            |frozen: &Frozen| frozen.account.as_str() == whom || frozen.username.eq_ignore_ascii_case(whom);
        let Some(frozen) = all.into_iter().find(is) else { return Ok(None) };
        let sql = "DELETE FROM frozen WHERE account = $1 RETURNING ticket";
        let Some(mut row) = tx.row(sql, values![frozen.account.as_str()]).await? else { return Ok(None) };
        audit::write(&mut tx, TicketId(row.number()?), &entry, now).await?;
        tx.commit().await?;
        Ok(Some(frozen))
    }
}
