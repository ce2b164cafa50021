//! Four eyes: a colleague approves or declines an override, having seen the same ticket.

use super::super::dialect::Dialect;
use super::super::tx::Tx;
use super::super::value::values;
use super::super::{SqlStore, audit};
use super::make::about;
use super::{end, one, since, told, waiting};
use crate::store::{MACHINE, SecondWord, Seconded, StoreError};
use crate::ticket::{ActStatus, Changed, TicketId};
use crate::types::Person;

impl<DB: Dialect> SqlStore<DB> {
    pub(super) async fn hear_colleague(&self, word: SecondWord) -> Result<Seconded, StoreError> {
        let mut tx = self.write("hearing a colleague").await?;
        // The ticket first, as where acts are made.
        let sql = "SELECT t.id, t.version FROM ticket t
             WHERE t.id = (SELECT a.ticket FROM act a WHERE a.id = $1) FOR UPDATE";
        let Some(mut row) = tx.row(sql, values![word.act]).await? else { return Ok(Seconded::Gone) };
        let (id, version) = (TicketId(row.number()?), row.number()?);
        let act = one(&mut tx, word.act).await?;
        if act.status != ActStatus::Colleague || word.now >= act.due_at {
            return Ok(Seconded::Gone);
        }
        if act.by.name == word.by.name {
            return Ok(Seconded::NotYourOwn);
        }
        let waits = ActStatus::Colleague;
        if !word.approves {
            let declined = (ActStatus::Declined, "");
            end(&mut tx, act.id, waits, declined, &word.by.name.actor(), word.now).await?;
            let sql =
                "UPDATE act SET colleague = $2, colleague_shown = $3 WHERE id = $1 AND status = 'declined'";
            tx.run(sql, values![act.id, word.by.name.as_str(), word.by.shown.as_str()]).await?;
            let declined = one(&mut tx, act.id).await?;
            tx.commit().await?;
            return Ok(Seconded::Kept(declined));
        }
        if may_not(&mut tx, &act.by, &word.by).await? {
            let why = (ActStatus::Lapsed, "whoever wanted it may not act any more");
            end(&mut tx, act.id, waits, why, MACHINE, word.now).await?;
            tx.commit().await?;
            return Ok(Seconded::MayNot);
        }
        if are_one(&mut tx, &act.by, &word.by).await? {
            return Ok(Seconded::MayBeYou);
        }
        let changed = has_changed(&mut tx, id, act.version, version).await?;
        if changed || has_changed(&mut tx, id, word.version, version).await? {
            let since = since(&mut tx, id, act.version.min(word.version)).await?;
            if changed {
                let why = (ActStatus::Lapsed, "the ticket changed before a colleague had seen it");
                end(&mut tx, act.id, waits, why, &word.by.name.actor(), word.now).await?;
                tx.commit().await?;
            }
            return Ok(Seconded::Changed(Changed { version, since }));
        }
        if let Some(waits) = waiting(&mut tx, id).await? {
            return Ok(Seconded::Waits(waits));
        }
        let values = values![act.id, word.by.name.as_str(), word.by.shown.as_str(), word.due_at];
        if !tx.hits(SECONDED, values).await? {
            return Ok(Seconded::Gone);
        }
        let mut data = about(act.id, &act.act);
        data["of"] = act.by.name.actor().into();
        audit::write(&mut tx, id, &told(&word.by, "act.seconded", &data), word.now).await?;
        let seconded = one(&mut tx, act.id).await?;
        tx.commit().await?;
        Ok(Seconded::Kept(seconded))
    }
}

/// Taking back and lapsing lock the act alone: what has ended meanwhile must not wait again, or its ticket would wait for
/// it for ever.
const SECONDED: &str = "UPDATE act SET status = 'waiting', colleague = $2, colleague_shown = $3, due_at = $4
     WHERE id = $1 AND status = 'colleague' AND ended_at = 0 RETURNING id";

/// Notes, and who has the ticket, are no change of what is decided about: a colleague may take it to look at it. Each is
/// one version and one row.
const BESIDE: &str = "SELECT COUNT(*) FROM audit
     WHERE ticket = $1 AND version > $2 AND event IN ('ticket.noted', 'ticket.assigned')";

/// Is the ticket another one than whoever saw the version `seen` saw?
async fn has_changed<DB: Dialect>(
    tx: &mut Tx<DB>,
    id: TicketId,
    seen: i64,
    version: i64,
) -> Result<bool, StoreError> {
    let beside = tx.one(BESIDE, values![id, seen]).await?.number()?;
    Ok(version.saturating_sub(seen) != beside)
}

/// Is one of them disabled since, or one who only reads?
pub(in crate::store::sql) async fn may_not<DB: Dialect>(
    tx: &mut Tx<DB>,
    one: &Person,
    other: &Person,
) -> Result<bool, StoreError> {
    let sql = "SELECT name FROM staff WHERE name IN ($1, $2) AND (disabled = 1 OR role = 'auditor')";
    tx.hits(sql, values![one.name.as_str(), other.name.as_str()]).await
}

/// May they be one person who has an account of the pages' own, and another one at the identity provider? What an
/// administrator has said of both counts; else what they are called.
pub(in crate::store::sql) async fn are_one<DB: Dialect>(
    tx: &mut Tx<DB>,
    one: &Person,
    other: &Person,
) -> Result<bool, StoreError> {
    let sql = "SELECT person FROM staff WHERE name IN ($1, $2) AND person <> ''";
    let rows = tx.rows(sql, values![one.name.as_str(), other.name.as_str()]).await?;
    let said: Vec<String> = rows.into_iter().map(|mut row| row.text()).collect::<Result<_, _>>()?;
    Ok(match said.as_slice() {
        [one, other] => one == other,
        _unsaid => one.may_be(other),
    })
}
