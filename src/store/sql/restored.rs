//! The store came out of a backup (I22): what it thinks is under way may have been brought to its end since. It is
//! held, and the automation pauses.

use serde_json::json;

use super::dialect::Dialect;
use super::intake::told;
use super::tx::Tx;
use super::value::values;
use super::{NEVER, SqlStore, acts, audit, ceiling, messages, switch, ticket};
use crate::store::{NewMessage, Pause, Settled, StoreError};
use crate::ticket::{Event, Fate, State, TicketId};
use crate::types::{Check, CheckResult, Reason, Trail, UnixMillis};

/// What was held for a restore has that reason, too, and is no sign of another one.
const NEWEST: &str =
    "SELECT coalesce(max(id), 0) FROM ticket WHERE reason = 'store-restored' AND state <> $1";
/// Unless there are signs that nobody has looked at yet.
const NO_SIGNS: &str = "UPDATE turn SET taken = $2 WHERE name = 'restored' AND taken < $2 AND NOT EXISTS (
         SELECT 1 FROM ticket t WHERE t.id > turn.taken AND t.id < $1
             AND t.reason = 'store-restored' AND t.state <> $3)";
const UNDER_WAY: &str = "SELECT id, state, trail FROM ticket
     WHERE live = 1 OR standing IN ('new', 'working') ORDER BY id FOR UPDATE";
const DELIVERIES: &str = "SELECT id, state, trail FROM ticket WHERE live = 1 ORDER BY id FOR UPDATE";
const HELD: &str = "the database came out of a backup: held, because nobody knows what has happened to it since, \
                    nor whether the password was changed";
const IN_DOUBT: &str = "at the start the automation was off, and a mailbox could not be compared with the database: \
                        held, because nobody knows whether the database came out of a backup, what has happened to \
                        it since, nor whether the password was changed";
const ACTS: &str = "the database may have come out of a backup: nobody knows whether this was done since";
const NOT_HEARD: &str = "its ticket was held before the answer was known";

impl<DB: Dialect> SqlStore<DB> {
    pub(super) async fn hold_what_was_forgotten(
        &self,
        pause: &Pause,
        now: UnixMillis,
    ) -> Result<Option<u32>, StoreError> {
        let mut tx = self.write("looking for signs of a restore").await?;
        ceiling::take_turn(&mut tx).await?;
        let newest = tx.one(NEWEST, values![ticket::state_text(&State::Held)?]).await?.number()?;
        let known = tx.one("SELECT taken FROM turn WHERE name = 'restored'", values![]).await?.number()?;
        if newest <= known {
            return Ok(None);
        }
        let held = hold(&mut tx, UNDER_WAY, HELD, now).await?;
        acts::end_all(&mut tx, acts::OPEN, values![], ACTS, now).await?;
        switch::pause_for_good(&mut tx, pause).await?;
        for alarm in &pause.alarms {
            messages::queue(&mut tx, TicketId(newest), alarm, &self.mail_domain, now).await?;
        }
        tx.run("UPDATE turn SET taken = $1 WHERE name = 'restored'", values![newest]).await?;
        tx.commit().await?;
        self.tidy.something_was_erased();
        Ok(Some(count(&held)))
    }

    pub(super) async fn hold_in_doubt(
        &self,
        alarms: &[NewMessage],
        now: UnixMillis,
    ) -> Result<u32, StoreError> {
        let mut tx = self.write("holding what is under way").await?;
        ceiling::take_turn(&mut tx).await?;
        let held = hold(&mut tx, DELIVERIES, IN_DOUBT, now).await?;
        // What somebody pressed may have been done since.
        let acts = acts::end_all(&mut tx, acts::OPEN, values![], ACTS, now).await?;
        if let Some(first) = held.first() {
            for alarm in alarms {
                messages::queue(&mut tx, *first, alarm, &self.mail_domain, now).await?;
            }
        } else if acts == 0 {
            return Ok(0);
        }
        tx.commit().await?;
        self.tidy.something_was_erased();
        Ok(count(&held))
    }
}

fn count(held: &[TicketId]) -> u32 {
    u32::try_from(held.len()).unwrap_or(u32::MAX)
}

/// A person put these mails where they were found: they tell of no backup.
pub(super) async fn no_signs<DB: Dialect>(tx: &mut Tx<DB>, settled: &[Settled]) -> Result<(), StoreError> {
    let made = || {
        settled.iter().filter_map(|settled| match settled {
            Settled::Made(id, _) => Some(*id),
            Settled::Known => None,
        })
    };
    if let (Some(first), Some(last)) = (made().min(), made().max()) {
        tx.run(NO_SIGNS, values![first, last, ticket::state_text(&State::Held)?]).await?;
    }
    Ok(())
}

/// Nobody comes back to the calls of what is held, and each has its outcome in the audit log (I17).
async fn end_what_was_begun<DB: Dialect>(
    tx: &mut Tx<DB>,
    id: TicketId,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let sql = "UPDATE intent SET outcome = 'uncertain', detail = $2, ended_at = $3
         WHERE ticket = $1 AND outcome = '' RETURNING intent_key, kind";
    for mut row in tx.rows(sql, values![id, NOT_HEARD, now]).await? {
        let (key, kind) = (row.text()?, row.text()?);
        let data = json!({ "key": key, "detail": NOT_HEARD });
        audit::write(tx, id, &told(&format!("{kind}.uncertain"), &data), now).await?;
    }
    Ok(())
}

/// Takes what is under way, as `sql` lists it, out of everybody's hands. Answers what was held.
async fn hold<DB: Dialect>(
    tx: &mut Tx<DB>,
    sql: &'static str,
    why: &str,
    now: UnixMillis,
) -> Result<Vec<TicketId>, StoreError> {
    let rows = tx.rows(sql, values![]).await?;
    let mut held = Vec::with_capacity(rows.len());
    for mut row in rows {
        let id = TicketId(row.number()?);
        let state: State = row.parsed("the state of a ticket", ticket::state_from)?;
        let mut trail: Trail = row.parsed("the trail of a ticket", |json| serde_json::from_str(json).ok())?;
        let Ok(moved) = state.on(Event::Forgotten) else { continue };
        trail.add(Check::Outcome, CheckResult::Fail, why);
        let sql =
            "UPDATE ticket SET state = $2, standing = $3, live = 0, outcome = $4, reason = $5, trail = $6,
                 settled_at = $7, due_at = $8, woken = 0, version = version + 1, fence = fence + 1, lease_owner = '', lease_until = 0
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
        end_what_was_begun(tx, id, now).await?;
        let entry = told("ticket.held", &json!({ "from": state.name(), "to": moved.to.name() }));
        audit::write(tx, id, &entry, now).await?;
        held.push(id);
    }
    Ok(held)
}
