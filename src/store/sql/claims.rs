//! Leases and fences: who may work on which ticket. Leases end by the database's clock alone.

use std::collections::HashMap;
use std::time::Duration;

use super::dialect::Dialect;
use super::tx::Tx;
use super::value::{Row, corrupt, list, values};
use super::{NEVER, SqlStore, acts, ceiling, intents, ticket, webhooks};
use crate::password::seal::Sealed;
use crate::store::{Claim, StoreError};
use crate::ticket::TicketId;
use crate::types::UnixMillis;

// The claimed rows are locked until the end of the transaction, so nobody else takes them in between.
pub(super) const DUE: &str = concat!(
    "SELECT ",
    ticket::columns!(),
    ", t.fence, t.lease_until, t.phone_hash FROM ticket t
     WHERE t.due_at < 9223372036854775807 AND t.due_at <= $1 AND (t.lease_owner = '' OR t.lease_until <= $2)
     ORDER BY t.due_at, t.id LIMIT $3 FOR UPDATE SKIP LOCKED"
);
const ONE: &str = concat!(
    "SELECT ",
    ticket::columns!(),
    ", t.fence, t.lease_until, t.phone_hash FROM ticket t
     WHERE t.id = $1 AND (t.lease_owner = '' OR t.lease_until <= $2) FOR UPDATE SKIP LOCKED"
);
const TAKE: &str = "UPDATE ticket SET fence = fence + 1, lease_owner = $2, lease_until = $3, woken = 0
     WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each($1))";

impl<DB: Dialect> SqlStore<DB> {
    pub(super) async fn claim_due(
        &self,
        owner: &str,
        lease: Duration,
        limit: u32,
        now: UnixMillis,
    ) -> Result<Vec<Claim>, StoreError> {
        let mut tx = self.write("claiming tickets").await?;
        let clock = tx.clock().await?;
        let rows = tx.rows(DUE, values![now, clock, limit]).await?;
        let claims = take(&mut tx, rows, owner, clock.plus(lease)).await?;
        tx.commit().await?;
        Ok(claims)
    }

    pub(super) async fn claim_one(
        &self,
        id: TicketId,
        owner: &str,
        lease: Duration,
    ) -> Result<Option<Claim>, StoreError> {
        let mut tx = self.write("claiming a ticket").await?;
        let clock = tx.clock().await?;
        let rows = tx.rows(ONE, values![id, clock]).await?;
        let found = !rows.is_empty();
        let mut claims = take(&mut tx, rows, owner, clock.plus(lease)).await?;
        if found && claims.is_empty() {
            return Err(corrupt("a ticket that cannot be read; nothing was changed"));
        }
        tx.commit().await?;
        Ok(claims.pop())
    }

    /// Gives a lease back. What woke the ticket meanwhile keeps it due.
    pub(super) async fn give_back(
        &self,
        id: TicketId,
        fence: i64,
        due_at: UnixMillis,
    ) -> Result<(), StoreError> {
        let mut tx = self.write("giving a ticket back").await?;
        let sql = "UPDATE ticket SET lease_owner = '', lease_until = 0, woken = 0,
                 due_at = CASE WHEN woken = 1 AND due_at < $3 THEN due_at ELSE $3 END
             WHERE id = $1 AND fence = $2";
        tx.run(sql, values![id, fence, due_at]).await?;
        tx.commit().await
    }

    /// Whoever has a ticket just now has read the old clock: it is woken.
    pub(super) async fn wake_later(&self, now: UnixMillis) -> Result<u32, StoreError> {
        let mut tx = self.write("waking what waits").await?;
        let mut woken = 0;
        for sql in acts::WAKE {
            tx.run(sql, values![now]).await?;
        }
        for sql in [WAKE_TICKETS, WAKE_MESSAGES] {
            woken += tx.rows(sql, values![now]).await?.len();
        }
        for sql in ceiling::SET_BACK {
            tx.run(sql, values![now]).await?;
        }
        // What webhooks are told waits for a day and a bit at most.
        tx.run(webhooks::SET_BACK, values![now, now.plus(webhooks::LONGEST_PAUSE)]).await?;
        tx.commit().await?;
        Ok(u32::try_from(woken).unwrap_or(u32::MAX))
    }

    /// A leased ticket or message is due when its lease has ended, not before.
    pub(super) async fn earliest_due(&self) -> Result<Option<UnixMillis>, StoreError> {
        let mut tx = self.read("looking for what is due").await?;
        let clock = tx.clock().await?;
        let mut earliest = NEVER;
        for sql in [FREE_TICKET, LEASED_TICKET, FREE_MESSAGE, LEASED_MESSAGE] {
            if let Some(mut row) = tx.row(sql, values![clock]).await? {
                earliest = earliest.min(row.time()?);
            }
        }
        if let Some(mut row) = tx.row(acts::NEXT, values![]).await? {
            earliest = earliest.min(row.time()?);
        }
        Ok(Some(earliest).filter(|at| *at < NEVER))
    }

    pub(super) async fn free_all_leases(&self) -> Result<(), StoreError> {
        let mut tx = self.write("freeing leases").await?;
        // lease_until stays: the next claim must hear of it.
        tx.run("UPDATE ticket SET lease_owner = '' WHERE lease_owner <> ''", values![]).await?;
        tx.run("UPDATE message SET lease_owner = '' WHERE lease_owner <> ''", values![]).await?;
        tx.commit().await
    }
}

pub(super) const WAKE_TICKETS: &str = "UPDATE ticket SET due_at = $1, woken = 1
     WHERE due_at < 9223372036854775807 AND due_at > $1 RETURNING id";
pub(super) const WAKE_MESSAGES: &str = "UPDATE message SET due_at = $1
     WHERE due_at < 9223372036854775807 AND due_at > $1 RETURNING id";
pub(super) const FREE_TICKET: &str = "SELECT due_at FROM ticket
     WHERE due_at < 9223372036854775807 AND (lease_owner = '' OR lease_until <= $1) ORDER BY due_at LIMIT 1";
pub(super) const LEASED_TICKET: &str =
    "SELECT CASE WHEN lease_until < due_at THEN due_at ELSE lease_until END FROM ticket
     WHERE lease_owner <> '' AND lease_until > $1 AND due_at < 9223372036854775807 ORDER BY 1 LIMIT 1";
pub(super) const FREE_MESSAGE: &str = "SELECT due_at FROM message
     WHERE due_at < 9223372036854775807 AND (lease_owner = '' OR lease_until <= $1) ORDER BY due_at LIMIT 1";
pub(super) const LEASED_MESSAGE: &str =
    "SELECT CASE WHEN lease_until < due_at THEN due_at ELSE lease_until END FROM message
     WHERE lease_owner <> '' AND lease_until > $1 AND due_at < 9223372036854775807 ORDER BY 1 LIMIT 1";

async fn take<DB: Dialect>(
    tx: &mut Tx<DB>,
    rows: Vec<Row>,
    owner: &str,
    until: UnixMillis,
) -> Result<Vec<Claim>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids = rows.iter().map(Row::first_number).collect::<Result<Vec<_>, _>>()?;
    let ids = list(ids);
    tx.run(TAKE, values![ids.clone(), owner, until]).await?;
    let mut intents = intents::of_tickets(tx, ids.clone()).await?;
    let mut sealed = sealed_of(tx, ids).await?;
    let mut claims = Vec::with_capacity(rows.len());
    for row in rows {
        let number = number(row.clone());
        let whole = claim(row).and_then(|claim| {
            let intents = intents.remove(&claim.ticket.id).unwrap_or(Ok(Vec::new()))?;
            let sealed = sealed.remove(&claim.ticket.id);
            Ok(Claim { intents, sealed, ..claim })
        });
        match whole {
            Ok(claim) => claims.push(claim),
            // It keeps its lease, so that it does not stand before the others either.
            Err(error) => tracing::error!(ticket = %number, "a ticket cannot be worked on: {error}; it is \
                left alone, nothing of it was changed, the others go on"),
        }
    }
    Ok(claims)
}

/// The number of the ticket in `row`, as people quote it.
pub(super) fn number(mut row: Row) -> String {
    let number = row.number().and_then(|_id| ticket::number(&mut row));
    number.map_or_else(|_| "without a number".to_owned(), |number| number.to_string())
}

fn claim(mut row: Row) -> Result<Claim, StoreError> {
    Ok(Claim {
        ticket: ticket::read(&mut row)?,
        fence: row.number()?.checked_add(1).ok_or_else(|| corrupt("a fence"))?,
        previous_lease_end: row.time_or_none()?,
        phone_hash: row.text()?,
        intents: Vec::new(),
        sealed: None,
    })
}

async fn sealed_of<DB: Dialect>(
    tx: &mut Tx<DB>,
    ids: super::value::Value,
) -> Result<HashMap<TicketId, Sealed>, StoreError> {
    let sql = "SELECT ticket, key_id, nonce, ciphertext, expires_at FROM sealed
         WHERE ticket IN (SELECT CAST(value AS BIGINT) FROM json_each($1))";
    let sealed = |mut row: Row| {
        let ticket = TicketId(row.number()?);
        let sealed = Sealed {
            key_id: row.text()?,
            nonce: row.text()?,
            ciphertext: row.text()?,
            expires_at: row.time()?,
        };
        Ok((ticket, sealed))
    };
    tx.rows(sql, vec![ids]).await?.into_iter().map(sealed).collect()
}
