//! Acts are due: they are carried out in the commit of their ticket, or end.

use super::super::dialect::Dialect;
use super::super::tx::Tx;
use super::super::value::{Row, values};
use super::super::{SqlStore, ticket};
use super::make::mails_read;
use super::{columns, end, read};
use crate::store::{DueAct, MACHINE, StoreError};
use crate::ticket::{Act, ActStatus, TicketId};
use crate::types::UnixMillis;

/// Is whoever wanted the act, or approved it, disabled since, or one who only reads?
macro_rules! may_not {
    ($act:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM staff p WHERE p.name IN (",
            $act,
            ".by_name, ",
            $act,
            ".colleague) AND (p.disabled = 1 OR p.role = 'auditor'))"
        )
    };
}

pub(in crate::store::sql) const DUE: &str = concat!(
    "SELECT ",
    columns!(),
    ", a.seen_state, CAST(CASE WHEN a.seen_mail = ",
    mails_read!("a.ticket"),
    " THEN 0 ELSE 1 END AS BIGINT),
     CAST(CASE WHEN ",
    may_not!("a"),
    " THEN 1 ELSE 0 END AS BIGINT)
     FROM act a JOIN ticket t ON t.id = a.ticket WHERE a.ended_at = 0 AND a.due_at <= $1
     ORDER BY a.due_at, a.id LIMIT $2"
);
/// Hits nothing when it was taken back, a mail has come that its person has not seen, or they may not act any more.
pub(in crate::store::sql) const CARRY_OUT: &str = concat!(
    "UPDATE act SET status = 'done', ended_at = $3 WHERE id = $1 AND ticket = $2 AND status = 'waiting'
         AND seen_mail = ",
    mails_read!("$2"),
    " AND NOT ",
    may_not!("act"),
    " RETURNING by_name, what"
);
/// When the next act is due.
pub(in crate::store::sql) const NEXT: &str =
    "SELECT due_at FROM act WHERE ended_at = 0 ORDER BY due_at LIMIT 1";
/// What lies further ahead than any act waits was wanted before the clock was set back.
pub(in crate::store::sql) const WAKE: [&str; 2] = [
    "UPDATE act SET due_at = CAST($1 AS BIGINT) + 10000
         WHERE ended_at = 0 AND status = 'waiting' AND due_at > CAST($1 AS BIGINT) + 10000",
    "UPDATE act SET due_at = CAST($1 AS BIGINT) + 900000
         WHERE ended_at = 0 AND status = 'colleague' AND due_at > CAST($1 AS BIGINT) + 900000",
];

/// Ends an act as carried out; `false`: it must not be, and neither must what comes with it.
pub(in crate::store::sql) async fn carry_out<DB: Dialect>(
    tx: &mut Tx<DB>,
    ticket: TicketId,
    act: i64,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let Some(mut row) = tx.row(CARRY_OUT, values![act, ticket, now]).await? else { return Ok(false) };
    let (by, what) = (row.text()?, row.text()?);
    let act = serde_json::from_str::<Act>(&what);
    if act.is_ok_and(|act| act.writes()) {
        tx.run("DELETE FROM draft WHERE ticket = $1 AND by_name = $2", values![ticket, by]).await?;
    }
    Ok(true)
}

fn due(mut row: Row) -> Result<DueAct, StoreError> {
    Ok(DueAct {
        act: read(&mut row)?,
        seen: row.parsed("the state of a ticket", ticket::state_from)?,
        mail_came: row.yes()?,
        may_not: row.yes()?,
    })
}

impl<DB: Dialect> SqlStore<DB> {
    pub(super) async fn read_due_acts(&self, limit: u32, now: UnixMillis) -> Result<Vec<DueAct>, StoreError> {
        let rows = self.read("looking for acts that are due").await?.rows(DUE, values![now, limit]).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let id = row.first_number()?;
            match due(row) {
                Ok(act) => found.push(act),
                Err(error) => {
                    tracing::error!("an act cannot be carried out: {error}; its ticket was not changed");
                    let mut tx = self.write("ending an act").await?;
                    let (was, why) = (None, (ActStatus::Refused, "it cannot be read"));
                    end(&mut tx, id, was, why, MACHINE, now).await?;
                    tx.commit().await?;
                }
            }
        }
        Ok(found)
    }
}
