//! What webhooks are told: [`WebhookStore`] over SQL.

use std::time::Duration;

use async_trait::async_trait;

use super::dialect::Dialect;
use super::tx::Tx;
use super::value::{Row, values};
use super::{SqlStore, audit, ticket};
use crate::store::{AuditEntry, Chained, HookMessage, HookState, StoreError, WebhookStore};
use crate::ticket::TicketId;
use crate::types::UnixMillis;

pub(super) const UNTOLD: &str = "SELECT place, hash, written_at, actor, event, data, ticket FROM audit
     WHERE place > 0 AND place > (SELECT h.place FROM webhook h WHERE h.hook = $1) ORDER BY place LIMIT $2";
const TICKET: &str = concat!("SELECT ", ticket::columns!(), " FROM ticket t WHERE t.id = $1");
pub(super) const DUE: &str = "SELECT message FROM webhook_message WHERE hook = $1 AND due_at <= $2
     ORDER BY due_at LIMIT $3";

pub(super) const UNCHAINED: &str = "SELECT written_at FROM audit WHERE place = 0 ORDER BY id LIMIT 1";
/// A message that waits for longer than the longest pause between two tries waits by a clock that was set back since.
pub(super) const SET_BACK: &str = "UPDATE webhook_message SET due_at = $1 WHERE due_at > $2";
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(30 * 60 * 60);
/// No configuration has named a webhook for so long: it is forgotten.
const UNNAMED: Duration = Duration::from_secs(24 * 60 * 60);
/// Two failures on one day are not so far apart.
const DAY_OF_TRIES: Duration = Duration::from_secs(20 * 60 * 60);

/// These webhooks are named now; what nobody names any more is forgotten.
async fn name<DB: Dialect>(tx: &mut Tx<DB>, hooks: &[String], now: UnixMillis) -> Result<(), StoreError> {
    for hook in hooks {
        let sql =
            "INSERT INTO webhook (hook, place, named_at, failing_since, failed_at, failed_days, disabled_at,
                 answered_at, said)
             VALUES ($1, (SELECT coalesce(MAX(place), 0) FROM audit WHERE place > 0), $2, 0, 0, 0, 0, 0, '')
             ON CONFLICT (hook) DO UPDATE SET named_at = excluded.named_at";
        tx.run(sql, values![hook.as_str(), now]).await?;
    }
    let before = now.minus(UNNAMED);
    let sql =
        "DELETE FROM webhook_message WHERE hook IN (SELECT h.hook FROM webhook h WHERE h.named_at < $1)";
    tx.run(sql, values![before]).await?;
    tx.run("DELETE FROM webhook WHERE named_at < $1", values![before]).await
}

fn message(mut row: Row) -> Result<HookMessage, StoreError> {
    Ok(HookMessage { message: row.text()?, body: row.text()?, made_at: row.time()?, tries: row.count()? })
}

#[async_trait]
impl<DB: Dialect> WebhookStore for SqlStore<DB> {
    async fn open_hooks(&self, hooks: &[String], now: UnixMillis) -> Result<(), StoreError> {
        let mut tx = self.write("opening webhooks").await?;
        name(&mut tx, hooks, now).await?;
        for hook in hooks {
            let sql = "UPDATE webhook SET disabled_at = 0, failing_since = 0, failed_at = 0, failed_days = 0, said = ''
                 WHERE hook = $1 AND disabled_at > 0";
            tx.run(sql, values![hook.as_str()]).await?;
        }
        tx.commit().await
    }

    async fn name_hooks(&self, hooks: &[String], now: UnixMillis) -> Result<(), StoreError> {
        let mut tx = self.write("naming webhooks").await?;
        name(&mut tx, hooks, now).await?;
        tx.commit().await
    }

    async fn untold(&self, hook: &str, limit: u32) -> Result<Vec<Chained>, StoreError> {
        let mut tx = self.read("reading what a webhook is told").await?;
        let mut chained = Vec::new();
        for mut row in tx.rows(UNTOLD, values![hook, limit]).await? {
            let (place, hash, at) = (row.number()?, row.text()?, row.time()?);
            let entry = AuditEntry { actor: row.text()?, event: row.text()?, data: row.text()? };
            let of = TicketId(row.number()?);
            let ticket = if of.0 == 0 { None } else { tx.row(TICKET, values![of]).await? };
            // One that cannot be read must not keep all later news back.
            let ticket = ticket.and_then(|mut row| ticket::read(&mut row).ok());
            chained.push(Chained { place, hash, at, entry, ticket });
        }
        Ok(chained)
    }

    async fn tell(
        &self,
        hook: &str,
        messages: &[(i64, HookMessage)],
        place: i64,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let mut tx = self.write("keeping what a webhook is told").await?;
        let sql = "SELECT place, disabled_at FROM webhook WHERE hook = $1 AND place < $2 FOR UPDATE";
        let Some(mut row) = tx.row(sql, values![hook, place]).await? else { return Ok(()) };
        let told = row.number()?;
        tx.run("UPDATE webhook SET place = $2 WHERE hook = $1", values![hook, place]).await?;
        if row.time_or_none()?.is_none() {
            // What another node told meanwhile may have been taken already.
            for (_, message) in messages.iter().filter(|(place, _)| *place > told) {
                let sql = "INSERT INTO webhook_message (message, hook, body, made_at, due_at, tries)
                     VALUES ($1, $2, $3, $4, $5, 0) ON CONFLICT (message) DO NOTHING";
                let (id, body) = (message.message.as_str(), message.body.as_str());
                tx.run(sql, values![id, hook, body, message.made_at, now]).await?;
            }
        }
        tx.commit().await
    }

    async fn claim_hook_messages(
        &self,
        hook: &str,
        limit: u32,
        again_at: UnixMillis,
        now: UnixMillis,
    ) -> Result<Vec<HookMessage>, StoreError> {
        let mut tx = self.read("looking for what webhooks are told").await?;
        let waiting = tx.rows(DUE, values![hook, now, limit]).await?;
        drop(tx);
        if waiting.is_empty() {
            return Ok(Vec::new());
        }
        let mut tx = self.write("taking on what webhooks are told").await?;
        let mut claimed = Vec::new();
        for mut row in waiting {
            // Of two nodes one hits it: the other finds that it is not due any more.
            let sql = "UPDATE webhook_message SET due_at = $3
                 WHERE message = $1 AND due_at <= $2 RETURNING message, body, made_at, tries + 1";
            let row = tx.row(sql, values![row.text()?, now, again_at]).await?;
            claimed.extend(row.map(message).transpose()?);
        }
        tx.commit().await?;
        Ok(claimed)
    }

    async fn hook_took(&self, hook: &str, message: &str, now: UnixMillis) -> Result<(), StoreError> {
        let mut tx = self.write("noting what a webhook took").await?;
        tx.run("DELETE FROM webhook_message WHERE message = $1", values![message]).await?;
        let sql = "UPDATE webhook SET failing_since = 0, failed_at = 0, failed_days = 0, answered_at = $2, said = ''
             WHERE hook = $1";
        tx.run(sql, values![hook, now]).await?;
        tx.commit().await
    }

    async fn hook_failed(
        &self,
        hook: &str,
        message: &str,
        said: &str,
        again_at: Option<UnixMillis>,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let mut tx = self.write("noting what a webhook did not take").await?;
        match again_at {
            Some(at) => {
                let sql = "UPDATE webhook_message SET due_at = $2, tries = tries + 1 WHERE message = $1";
                tx.run(sql, values![message, at]).await?;
            }
            None => tx.run("DELETE FROM webhook_message WHERE message = $1", values![message]).await?,
        }
        // However far the clock was set forward between two failures, they are of two days, not of many.
        let sql = "UPDATE webhook SET said = $3,
                 failed_days = CASE WHEN failing_since > 0 AND failed_at <= CAST($4 AS BIGINT)
                     THEN failed_days + 1 ELSE failed_days END,
                 failed_at = CASE WHEN failing_since = 0 OR failed_at <= CAST($4 AS BIGINT)
                         OR failed_at > CAST($2 AS BIGINT)
                     THEN CAST($2 AS BIGINT) ELSE failed_at END,
                 failing_since = CASE WHEN failing_since = 0 THEN CAST($2 AS BIGINT) ELSE failing_since END
             WHERE hook = $1";
        tx.run(sql, values![hook, now, said, now.minus(DAY_OF_TRIES)]).await?;
        // Nothing is tried any more: what fails next, perhaps in months, begins anew.
        let sql = "UPDATE webhook SET failing_since = 0, failed_at = 0, failed_days = 0
             WHERE hook = $1 AND NOT EXISTS (SELECT 1 FROM webhook_message m WHERE m.hook = $1)";
        tx.run(sql, values![hook]).await?;
        tx.commit().await
    }

    async fn disable_hook(
        &self,
        hook: &str,
        entry: &AuditEntry,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        let mut tx = self.write("telling a webhook no more").await?;
        let sql = "UPDATE webhook SET disabled_at = $2 WHERE hook = $1 AND disabled_at = 0 RETURNING hook";
        if !tx.hits(sql, values![hook, now]).await? {
            return Ok(false);
        }
        tx.run("DELETE FROM webhook_message WHERE hook = $1", values![hook]).await?;
        audit::write(&mut tx, TicketId(0), entry, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn hook_state(&self, hook: &str) -> Result<Option<HookState>, StoreError> {
        let mut tx = self.read("looking how a webhook is").await?;
        let sql =
            "SELECT failing_since, failed_days, disabled_at, answered_at, said FROM webhook WHERE hook = $1";
        let Some(mut row) = tx.row(sql, values![hook]).await? else { return Ok(None) };
        let count = "SELECT COUNT(*) FROM webhook_message WHERE hook = $1";
        let waiting = tx.one(count, values![hook]).await?.count()?;
        let unchained = tx.row(UNCHAINED, values![]).await?.map(|mut row| row.time()).transpose()?;
        Ok(Some(HookState {
            failing_since: row.time_or_none()?,
            failed_days: row.count()?,
            disabled_at: row.time_or_none()?,
            answered_at: row.time_or_none()?,
            said: row.text()?,
            waiting,
            unchained_since: unchained,
        }))
    }
}
