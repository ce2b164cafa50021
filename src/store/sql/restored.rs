//! The store came out of a backup (I22): what it thinks is under way may have been brought to its end since. It is
//! held, and the automation pauses.

use serde_json::json;

use super::dialect::Dialect;
use super::intake::told;
use super::tx::Tx;
use super::value::values;
use super::{NEVER, SqlStore, audit, ceiling, messages, switch, ticket};
use crate::store::{Pause, StoreError};
use crate::ticket::{Event, Fate, State, TicketId};
use crate::types::{Check, CheckResult, Reason, Trail, UnixMillis};

const NEWEST: &str = "SELECT coalesce(max(id), 0) FROM ticket WHERE reason = 'store-restored'";
const UNDER_WAY: &str = "SELECT id, state, trail FROM ticket
     WHERE live = 1 OR standing IN ('new', 'working') ORDER BY id FOR UPDATE";
const HELD: &str = "the database came out of a backup: held, because nobody knows what has happened to it since, \
                    nor whether the password was changed";

impl<DB: Dialect> SqlStore<DB> {
    pub(super) async fn hold_what_was_forgotten(
        &self,
        pause: Option<&Pause>,
        now: UnixMillis,
    ) -> Result<u32, StoreError> {
        let mut tx = self.write("looking for signs of a restore").await?;
        ceiling::take_turn(&mut tx).await?;
        let newest = tx.one(NEWEST, values![]).await?.number()?;
        let known = tx.one("SELECT taken FROM turn WHERE name = 'restored'", values![]).await?.number()?;
        if newest <= known {
            return Ok(0);
        }
        let mut held = 0;
        if let Some(pause) = pause {
            held = hold(&mut tx, now).await?;
            for alarm in switch::pause(&mut tx, pause).await? {
                messages::queue(&mut tx, TicketId(newest), alarm, &self.mail_domain, now).await?;
            }
        }
        let sql = concat!(
            "UPDATE turn SET taken = (SELECT coalesce(max(id), 0) FROM ticket ",
            "WHERE reason = 'store-restored') WHERE name = 'restored'"
        );
        tx.run(sql, values![]).await?;
        tx.commit().await?;
        self.tidy.something_was_erased();
        Ok(held)
    }
}

/// Takes everything that is under way out of everybody's hands.
async fn hold<DB: Dialect>(tx: &mut Tx<DB>, now: UnixMillis) -> Result<u32, StoreError> {
    let rows = tx.rows(UNDER_WAY, values![]).await?;
    let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    for mut row in rows {
        let id = TicketId(row.number()?);
        let state: State = row.parsed("the state of a ticket", ticket::state_from)?;
        let mut trail: Trail = row.parsed("the trail of a ticket", |json| serde_json::from_str(json).ok())?;
        let Ok(moved) = state.on(Event::Forgotten) else { continue };
        trail.add(Check::Outcome, CheckResult::Fail, HELD);
        let sql =
            "UPDATE ticket SET state = $2, standing = $3, live = 0, outcome = $4, reason = $5, trail = $6,
                 settled_at = $7, due_at = $8, woken = 0, fence = fence + 1, lease_owner = '', lease_until = 0
             WHERE id = $1";
        let values = values![
            id,
            ticket::state_text(&moved.to)?,
            moved.to.standing().code(),
            moved.outcome.map_or("", Fate::code),
            moved.reason.map_or("", Reason::code),
            ticket::json(&trail, "the trail of a ticket")?,
            now,
            NEVER,
        ];
        tx.run(sql, values).await?;
        tx.run("DELETE FROM sealed WHERE ticket = $1", values![id]).await?;
        let entry = told("ticket.held", &json!({ "from": state.name(), "to": moved.to.name() }));
        audit::write(tx, id, &entry, now).await?;
    }
    Ok(count)
}
