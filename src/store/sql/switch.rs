//! The automation switch, and the store's answer to "do you work?".

use super::SqlStore;
use super::dialect::Dialect;
use super::tx::Tx;
use super::value::values;
use super::{audit, value};
use crate::decision::Automation;
use crate::store::{AuditEntry, NewMessage, Pause, StoreError, Switch};
use crate::ticket::TicketId;
use crate::types::UnixMillis;

fn word(automation: Automation) -> &'static str {
    match automation {
        Automation::On => "on",
        Automation::Observe => "observe",
        Automation::Off => "off",
    }
}

fn from_word(text: &str) -> Option<Automation> {
    [Automation::On, Automation::Observe, Automation::Off].into_iter().find(|a| word(*a) == text)
}

macro_rules! turn {
    () => {
        "INSERT INTO automation (id, automation, why, turned_by, turned_at, until)
             VALUES (1, $1, $2, $3, $4, $5)
             ON CONFLICT (id) DO UPDATE SET automation = excluded.automation, why = excluded.why,
                 turned_by = excluded.turned_by, turned_at = excluded.turned_at, until = excluded.until"
    };
}

fn turned(switch: &Switch) -> Vec<value::Value> {
    let until = switch.until.unwrap_or_default();
    values![word(switch.automation), switch.why.as_str(), switch.by.as_str(), switch.at, until]
}

/// Turns the switch for the machine itself, which never undoes what people decided. Answers who is told: nobody,
/// when it was turned away from `on` before and that still holds.
pub(super) async fn pause<'p, DB: Dialect>(
    tx: &mut Tx<DB>,
    pause: &'p Pause,
) -> Result<&'p [NewMessage], StoreError> {
    let sql = concat!(
        turn!(),
        " WHERE automation.automation = 'on' OR (automation.until > 0 AND automation.until <= $4)
         RETURNING id"
    );
    let paused = turn_by_itself(tx, sql, pause).await?;
    Ok(if paused { &pause.alarms } else { &[] })
}

/// As [`pause`], but what was turned away from `on` for a while only does not end by itself either: who turned it did
/// not know what the machine knows now.
pub(super) async fn pause_for_good<DB: Dialect>(tx: &mut Tx<DB>, pause: &Pause) -> Result<(), StoreError> {
    let sql = concat!(turn!(), " WHERE automation.automation = 'on' OR automation.until > 0 RETURNING id");
    turn_by_itself(tx, sql, pause).await?;
    Ok(())
}

async fn turn_by_itself<DB: Dialect>(
    tx: &mut Tx<DB>,
    sql: &'static str,
    pause: &Pause,
) -> Result<bool, StoreError> {
    let turned = tx.hits(sql, turned(&pause.switch)).await?;
    if turned {
        audit::write(tx, TicketId(0), &pause.audit, pause.switch.at).await?;
    }
    Ok(turned)
}

impl<DB: Dialect> SqlStore<DB> {
    pub(super) async fn read_switch(&self, now: UnixMillis) -> Result<Option<Switch>, StoreError> {
        let mut tx = self.read("reading the switch").await?;
        let sql = "SELECT automation, why, turned_by, turned_at, until FROM automation
             WHERE id = 1 AND (until = 0 OR until > $1)";
        let switch = |mut row: value::Row| {
            Ok(Switch {
                automation: row.parsed("the switch", from_word)?,
                why: row.text()?,
                by: row.text()?,
                at: row.time()?,
                until: row.time_or_none()?,
            })
        };
        tx.row(sql, values![now]).await?.map(switch).transpose()
    }

    pub(super) async fn turn_switch(&self, switch: &Switch, entry: AuditEntry) -> Result<(), StoreError> {
        let mut tx = self.write("turning the switch").await?;
        tx.run(concat!(turn!(), " RETURNING id"), turned(switch)).await?;
        audit::write(&mut tx, TicketId(0), &entry, switch.at).await?;
        tx.commit().await
    }

    pub(super) async fn try_database(&self) -> Result<String, StoreError> {
        let mut tx = self.write("trying the database").await?;
        let sql = "UPDATE turn SET taken = taken + 1 WHERE name = 'probe' RETURNING taken";
        let written = tx.one(sql, values![]).await?.number()?;
        tx.commit().await?;
        let mut tx = self.read("trying the database").await?;
        let read = tx.one("SELECT taken FROM turn WHERE name = 'probe'", values![]).await?.number()?;
        if read < written {
            return Err(value::corrupt("a row was written and committed, and is not there"));
        }
        let tickets = tx.one("SELECT COUNT(*) FROM ticket", values![]).await?.number()?;
        Ok(format!("{} writes and reads; {tickets} tickets", DB::NAME))
    }
}
