//! Tickets that people have put together: the older one goes on, and gets what comes later.

use serde_json::json;

use super::super::dialect::Dialect;
use super::super::threads::Joined;
use super::super::tx::Tx;
use super::super::value::values;
use super::super::{audit, joins, ticket};
use super::{OPEN_OF, changed, end_all};
use crate::store::{AuditEntry, Step, StoreError};
use crate::ticket::{Effect, Standing, State, TicketId};
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
    let sql = "SELECT id, state FROM ticket
         WHERE year = $1 AND running = $2 AND id <> $3 AND observed = 0 AND kind <> 'quarantine' FOR UPDATE";
    let Some(mut row) = tx.row(sql, values![into.year(), into.running(), id]).await? else {
        return Ok(false);
    };
    let kept = TicketId(row.number()?);
    let state: State = row.parsed("the state of a ticket", ticket::state_from)?;
    if matches!(state.standing(), Standing::Resolved | Standing::Closed) {
        return Ok(false);
    }
    tx.run("UPDATE ticket SET kept = $2 WHERE id = $1 OR kept = $1 AND kept > 0", values![id, kept]).await?;
    // As when a mail comes: whoever decides just now, or has decided, has not read what is read with it from now on.
    joins::reply(tx, kept, true, step.now).await?;
    end_all(tx, OPEN_OF, values![kept], "another ticket was put into it", step.now).await?;
    tell(tx, id, kept, ("ticket.kept", "merged"), step).await?;
    Ok(true)
}

/// A step takes the ticket `id` out of the one that it was put into, with what had been put into it before.
pub(in crate::store::sql) async fn part<DB: Dialect>(
    tx: &mut Tx<DB>,
    id: TicketId,
    step: &Step,
) -> Result<(), StoreError> {
    let Some(mut row) = tx.row(KEPT, values![id]).await? else { return Ok(()) };
    let kept = TicketId(row.number()?);
    for with in put_into(tx, id, kept).await? {
        // Not one that somebody takes out in this very moment.
        tx.run("UPDATE ticket SET kept = $2 WHERE id = $1 AND kept = $3", values![with, id, kept]).await?;
    }
    tx.run("UPDATE ticket SET kept = 0, merged_into = '' WHERE id = $1", values![id]).await?;
    let sql = "SELECT state FROM ticket WHERE id = $1 FOR UPDATE";
    let state = tx.one(sql, values![kept]).await?.parsed("the state of a ticket", ticket::state_from)?;
    // Whoever decides just now has read mails that are not read with it any more.
    if state.next() == Effect::Decide {
        joins::reply(tx, kept, true, step.now).await?;
    } else {
        changed(tx, kept).await?;
    }
    end_all(tx, OPEN_OF, values![kept], "a ticket was taken out of it", step.now).await?;
    tell(tx, id, kept, ("ticket.parted", "parted"), step).await
}

/// What had been put into the ticket `id` before, and into that in its turn, of all that `kept` goes on for.
async fn put_into<DB: Dialect>(
    tx: &mut Tx<DB>,
    id: TicketId,
    kept: TicketId,
) -> Result<Vec<TicketId>, StoreError> {
    let sql = "SELECT id, year, running, merged_into FROM ticket WHERE kept = $1 AND kept > 0 ORDER BY id";
    let mut others = Vec::new();
    for mut row in tx.rows(sql, values![kept]).await? {
        others.push((TicketId(row.number()?), ticket::number(&mut row)?.to_string(), row.text()?));
    }
    let (mut found, mut names) = (Vec::new(), vec![number(tx, id).await?.to_string()]);
    while let Some(name) = names.pop() {
        for (other, own, _) in others.extract_if(.., |(_, _, into)| *into == name) {
            found.push(other);
            names.push(own);
        }
    }
    Ok(found)
}

async fn number<DB: Dialect>(tx: &mut Tx<DB>, id: TicketId) -> Result<TicketNumber, StoreError> {
    ticket::number(&mut tx.one("SELECT year, running FROM ticket WHERE id = $1", values![id]).await?)
}

/// The history of the ticket that goes on tells of it as well.
async fn tell<DB: Dialect>(
    tx: &mut Tx<DB>,
    id: TicketId,
    kept: TicketId,
    (event, name): (&str, &str),
    step: &Step,
) -> Result<(), StoreError> {
    let data = json!({ name: number(tx, id).await? }).to_string();
    let actor = step.audit.first().map_or_else(String::new, |entry| entry.actor.clone());
    audit::write(tx, kept, &AuditEntry { actor, event: event.to_owned(), data }, step.now).await
}
