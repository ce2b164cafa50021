//! Freezes that somebody wants to lift, and that a colleague must lift with them (decisions, 18).

use serde_json::json;

use super::super::acts::second;
use super::super::dialect::Dialect;
use super::super::tx::Tx;
use super::super::value::values;
use super::super::{SqlStore, audit};
use crate::store::{AuditEntry, StoreError, Unfreezing, Unfrozen};
use crate::ticket::TicketId;
use crate::types::{Person, StaffName, UnixMillis};

impl<DB: Dialect> SqlStore<DB> {
    /// One transaction: whoever is stopped in it has neither used up a colleague's word nor lifted anything.
    pub(in crate::store::sql) async fn hear_unfreezing(
        &self,
        wanted: &Unfreezing,
        lapsed: UnixMillis,
    ) -> Result<Unfrozen, StoreError> {
        let mut tx = self.write("lifting a freeze with a colleague").await?;
        let Some(frozen) = super::find(&mut tx, &wanted.whom, wanted.at).await? else {
            return Ok(Unfrozen::Gone);
        };
        let is = |other: &Unfreezing| other.whom.eq_ignore_ascii_case(&wanted.whom);
        let before = list(&mut tx, lapsed).await?.into_iter().find(is);
        let by = wanted.by.actor();
        let mut data = json!({ "account": wanted.whom, "why": wanted.why });
        // As where a colleague approves an override: another person, who still may.
        if let Some(other) = before
            && !is_alone(&mut tx, &other.by, &wanted.by).await?
        {
            data["of"] = other.by.actor().into();
            let entry =
                AuditEntry { actor: by, event: "account.unfrozen".to_owned(), data: data.to_string() };
            super::lift(&mut tx, &frozen, &entry, wanted.at).await?;
            tx.commit().await?;
            return Ok(Unfrozen::Lifted);
        }
        let sql = "INSERT INTO unfreezing (whom, by_name, why, asked_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (whom) DO UPDATE SET by_name = excluded.by_name, why = excluded.why,
                 asked_at = excluded.asked_at";
        let (name, why) = (wanted.by.as_str(), wanted.why.as_str());
        tx.run(sql, values![wanted.whom.as_str(), name, why, wanted.at]).await?;
        let event = "account.unfreeze-asked".to_owned();
        let entry = AuditEntry { actor: by, event, data: data.to_string() };
        audit::write(&mut tx, TicketId(0), &entry, wanted.at).await?;
        tx.commit().await?;
        Ok(Unfrozen::Asked)
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

/// Forgets what was asked about a freeze that is another one by now, however whoever asked has spelled the name.
pub(super) async fn forget<DB: Dialect>(
    tx: &mut Tx<DB>,
    account: &str,
    username: &str,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM unfreezing WHERE whom IN ($1, $2)
         OR whom IN (SELECT username FROM frozen WHERE account = $1)";
    tx.run(sql, values![account, username]).await
}

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
