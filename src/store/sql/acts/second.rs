//! Four eyes: a colleague approves or declines an override, having seen the same ticket.

use super::super::dialect::Dialect;
use super::super::value::values;
use super::super::{SqlStore, audit};
use super::make::about;
use super::{end, one, since, told, waiting};
use crate::store::{SecondWord, Seconded, StoreError};
use crate::ticket::{ActStatus, Changed, TicketId};

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
        if !word.approves {
            end(&mut tx, act.id, ActStatus::Declined, "", &word.by.name.actor(), word.now).await?;
            let sql = "UPDATE act SET colleague = $2, colleague_shown = $3 WHERE id = $1";
            tx.run(sql, values![act.id, word.by.name.as_str(), word.by.shown.as_str()]).await?;
            let declined = one(&mut tx, act.id).await?;
            tx.commit().await?;
            return Ok(Seconded::Kept(declined));
        }
        if version != act.version || word.version != act.version {
            let since = since(&mut tx, id, act.version.min(word.version)).await?;
            if version != act.version {
                let why = "the ticket changed before a colleague had seen it";
                end(&mut tx, act.id, ActStatus::Lapsed, why, &word.by.name.actor(), word.now).await?;
                tx.commit().await?;
            }
            return Ok(Seconded::Changed(Changed { version, since }));
        }
        if let Some(waits) = waiting(&mut tx, id).await? {
            return Ok(Seconded::Waits(waits));
        }
        let sql = "UPDATE act SET status = 'waiting', colleague = $2, colleague_shown = $3, due_at = $4
             WHERE id = $1";
        let values = values![act.id, word.by.name.as_str(), word.by.shown.as_str(), word.due_at];
        tx.run(sql, values).await?;
        let mut data = about(act.id, &act.act);
        data["of"] = act.by.name.actor().into();
        audit::write(&mut tx, id, &told(&word.by, "act.seconded", &data), word.now).await?;
        let seconded = one(&mut tx, act.id).await?;
        tx.commit().await?;
        Ok(Seconded::Kept(seconded))
    }
}
