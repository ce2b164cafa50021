//! Tickets that people have put together: the older one goes on, and gets what comes later.

use serde_json::json;

use super::super::dialect::Dialect;
use super::super::threads::Joined;
use super::super::tx::Tx;
use super::super::value::values;
use super::super::{audit, ticket};
use super::changed;
use crate::store::{AuditEntry, Step, StoreError};
use crate::ticket::{Standing, State, TicketId};
use crate::types::TicketNumber;

pub(in crate::store::sql) const KEPT: &str =
    "SELECT k.id, k.year, k.running FROM ticket t JOIN ticket k ON k.id = t.kept
     WHERE t.id = $1 AND t.kept > 0";

/// The ticket that goes on in place of `joined`: itself, or the one that it was put together with.
pub(in crate::store::sql) async fn follow<DB: Dialect>(
    tx: &mut Tx<DB>,
    joined: Joined,
) -> Result<Joined, StoreError> {
    let Some(mut row) = tx.row(KEPT, values![joined.id]).await? else { return Ok(joined) };
    Ok(Joined { id: TicketId(row.number()?), number: ticket::number(&mut row)? })
}

/// A step puts the ticket `id` together with another one. `false`: that one does not go on any more.
pub(in crate::store::sql) async fn merge<DB: Dialect>(
    tx: &mut Tx<DB>,
    id: TicketId,
    into: TicketNumber,
    step: &Step,
) -> Result<bool, StoreError> {
    let sql = "SELECT id, state FROM ticket WHERE year = $1 AND running = $2 AND id <> $3 FOR UPDATE";
    let Some(mut row) = tx.row(sql, values![into.year(), into.running(), id]).await? else {
        return Ok(false);
    };
    let kept = TicketId(row.number()?);
    let state: State = row.parsed("the state of a ticket", ticket::state_from)?;
    if matches!(state.standing(), Standing::Resolved | Standing::Closed) {
        return Ok(false);
    }
    tx.run("UPDATE ticket SET kept = $2 WHERE id = $1 OR kept = $1 AND kept > 0", values![id, kept]).await?;
    changed(tx, kept).await?;
    let sql = "SELECT id, year, running FROM ticket WHERE id = $1";
    let mut row = tx.one(sql, values![id]).await?;
    row.number()?;
    let data = json!({ "merged": ticket::number(&mut row)? }).to_string();
    let actor = step.audit.first().map_or_else(String::new, |entry| entry.actor.clone());
    let entry = AuditEntry { actor, event: "ticket.kept".to_owned(), data };
    audit::write(tx, kept, &entry, step.now).await?;
    Ok(true)
}
