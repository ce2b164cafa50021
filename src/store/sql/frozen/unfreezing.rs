//! Freezes that somebody wants to lift, and that a colleague must lift with them (decisions, 18).

use super::super::acts::second;
use super::super::dialect::Dialect;
use super::super::tx::Tx;
use super::super::value::values;
use super::super::{SqlStore, audit};
use crate::store::{AuditEntry, StoreError, Unfreezing};
use crate::ticket::TicketId;
use crate::types::{Person, StaffName, UnixMillis};

impl<DB: Dialect> SqlStore<DB> {
    pub(in crate::store::sql) async fn keep_unfreezing(
        &self,
        wanted: &Unfreezing,
        lapsed: UnixMillis,
        entry: &AuditEntry,
    ) -> Result<Option<Unfreezing>, StoreError> {
        let mut tx = self.write("asking a colleague to lift a freeze").await?;
        let before = list(&mut tx, lapsed).await?.into_iter().find(|other| other.whom == wanted.whom);
        // As where a colleague approves an override: another person, who still may.
        let of_another = match before {
            Some(other) => (!is_alone(&mut tx, &other.by, &wanted.by).await?).then_some(other),
            None => None,
        };
        if let Some(other) = of_another {
            tx.run("DELETE FROM unfreezing WHERE whom = $1", values![wanted.whom.as_str()]).await?;
            tx.commit().await?;
            return Ok(Some(other));
        }
        let sql = "INSERT INTO unfreezing (whom, by_name, why, asked_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (whom) DO UPDATE SET by_name = excluded.by_name, why = excluded.why,
                 asked_at = excluded.asked_at";
        let (by, why) = (wanted.by.as_str(), wanted.why.as_str());
        tx.run(sql, values![wanted.whom.as_str(), by, why, wanted.at]).await?;
        audit::write(&mut tx, TicketId(0), entry, wanted.at).await?;
        tx.commit().await?;
        Ok(None)
    }

    pub(in crate::store::sql) async fn list_unfreezings(
        &self,
        lapsed: UnixMillis,
    ) -> Result<Vec<Unfreezing>, StoreError> {
        list(&mut self.read("listing freezes that wait for a colleague").await?, lapsed).await
    }
}

/// May these two be one person, or may one of them not act any more?
async fn is_alone<DB: Dialect>(
    tx: &mut Tx<DB>,
    one: &StaffName,
    other: &StaffName,
) -> Result<bool, StoreError> {
    if one == other {
        return Ok(true);
    }
    let (one, other) = (person(tx, one).await?, person(tx, other).await?);
    Ok(second::may_not(tx, &one, &other).await? || second::are_one(tx, &one, &other).await?)
}

/// Somebody of the desk, as they are called.
async fn person<DB: Dialect>(tx: &mut Tx<DB>, name: &StaffName) -> Result<Person, StoreError> {
    let row = tx.row("SELECT shown FROM staff WHERE name = $1", values![name.as_str()]).await?;
    let shown = row.map(|mut row| row.text()).transpose()?.unwrap_or_default();
    Ok(Person { name: name.clone(), shown })
}

/// What was asked about a freeze that is another one by now.
pub(super) const FORGET: &str = "DELETE FROM unfreezing WHERE whom IN ($1, $2)";

async fn list<DB: Dialect>(tx: &mut Tx<DB>, lapsed: UnixMillis) -> Result<Vec<Unfreezing>, StoreError> {
    let sql = "SELECT whom, by_name, why, asked_at FROM unfreezing WHERE asked_at > $1";
    let mut all = Vec::new();
    for mut row in tx.rows(sql, values![lapsed]).await? {
        all.push(Unfreezing {
            whom: row.text()?,
            by: row.parsed("a name of the desk", |name| StaffName::parse(name).ok())?,
            why: row.text()?,
            at: row.time()?,
        });
    }
    Ok(all)
}
