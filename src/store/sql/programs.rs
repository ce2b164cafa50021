//! Programs and what they ask once: [`ProgramStore`] over SQL.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;

use super::dialect::Dialect;
use super::value::{Row, corrupt, list, values};
use super::{SqlStore, audit, ticket};
use crate::store::{
    AskedOnce, AuditEntry, KeptAnswer, OnceBegun, ProgramStore, StoreError, TicketView, Token,
};
use crate::ticket::TicketId;
use crate::types::{Scope, TokenName, UnixMillis};

/// A token's last use is written down at most so often: reading writes nothing else.
const USED_EVERY: Duration = Duration::from_secs(60);
/// What an audit row belongs to that is about no ticket.
const NO_TICKET: TicketId = TicketId(0);

macro_rules! tokens {
    ($which:literal) => {
        concat!("SELECT name, scopes, made_by, made_at, expires_at, revoked_at, used_at FROM token", $which)
    };
}
pub(super) const TOKEN: &str = tokens!(" WHERE hash = $1");
pub(super) const ASKED: &str = "SELECT fingerprint, status, location, answer, begun_at FROM api_request WHERE token = $1 AND request_key = $2";
pub(super) const FORGET: &str = "DELETE FROM api_request WHERE begun_at < $1";
pub(super) const OLD: &str = "SELECT token FROM api_request WHERE begun_at < $1 LIMIT 1";
/// Clocks of two nodes differ by less.
const SKEW: Duration = Duration::from_secs(60);
const VIEWS: &str = concat!(
    "SELECT ",
    ticket::columns!(),
    " FROM ticket t WHERE t.id IN (SELECT CAST(value AS BIGINT) FROM json_each($1))"
);
const MESSAGES: &str = "SELECT m.ticket, m.message_id FROM mail m
     WHERE m.duplicate_of = 0 AND m.ticket IN (SELECT CAST(value AS BIGINT) FROM json_each($1))
     ORDER BY m.received_at, m.id";

fn read(mut row: Row) -> Result<Token, StoreError> {
    let name = row.parsed("the name of a token", |text| TokenName::parse(text).ok())?;
    let scopes = row.text()?;
    let scopes = scopes.split_whitespace().map(Scope::of_code).collect::<Option<Vec<_>>>();
    Ok(Token {
        name,
        scopes: scopes.ok_or_else(|| corrupt("the scope of a token"))?,
        made_by: row.text()?,
        made_at: row.time()?,
        expires_at: row.time_or_none()?,
        revoked_at: row.time_or_none()?,
        used_at: row.time_or_none()?,
    })
}

#[async_trait]
impl<DB: Dialect> ProgramStore for SqlStore<DB> {
    async fn add_token(
        &self,
        token: &Token,
        hash: &str,
        entry: &AuditEntry,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        let mut tx = self.write("adding a token").await?;
        let sql = "INSERT INTO token (name, hash, scopes, made_by, made_at, expires_at, revoked_at, used_at)
             VALUES ($1, $2, $3, $4, $5, $6, 0, 0) ON CONFLICT (name) DO NOTHING RETURNING name";
        let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.code()).collect();
        let (name, made_by) = (token.name.as_str(), token.made_by.as_str());
        let expires_at = token.expires_at.unwrap_or_default();
        if !tx.hits(sql, values![name, hash, scopes.join(" "), made_by, token.made_at, expires_at]).await? {
            return Ok(false);
        }
        audit::write(&mut tx, NO_TICKET, entry, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn all_tokens(&self) -> Result<Vec<Token>, StoreError> {
        let mut tx = self.read("listing tokens").await?;
        let rows = tx.rows(tokens!(""), values![]).await?;
        let mut tokens: Vec<Token> = rows.into_iter().map(read).collect::<Result<_, _>>()?;
        tokens.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(tokens)
    }

    async fn revoke_token(
        &self,
        name: &TokenName,
        entry: &AuditEntry,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        let mut tx = self.write("ending a token").await?;
        let sql = "UPDATE token SET revoked_at = $2 WHERE name = $1 AND revoked_at = 0 RETURNING name";
        if !tx.hits(sql, values![name.as_str(), now]).await? {
            return Ok(false);
        }
        audit::write(&mut tx, NO_TICKET, entry, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn token(&self, hash: &str, now: UnixMillis) -> Result<Option<Token>, StoreError> {
        let row = self.read("looking for a token").await?.row(TOKEN, values![hash]).await?;
        let Some(token) = row.map(read).transpose()?.filter(|token| token.holds(now)) else {
            return Ok(None);
        };
        let noted = token.used_at.is_some_and(|at| now.since(at) < USED_EVERY && at <= now);
        if !noted {
            let mut tx = self.write("noting the use of a token").await?;
            tx.run("UPDATE token SET used_at = $2 WHERE hash = $1", values![hash, now]).await?;
            tx.commit().await?;
        }
        Ok(Some(token))
    }

    async fn begin_once(
        &self,
        asked: &AskedOnce,
        stale: UnixMillis,
        forget: UnixMillis,
        now: UnixMillis,
    ) -> Result<OnceBegun, StoreError> {
        let mut tx = self.write("beginning a request").await?;
        tx.run(FORGET, values![forget]).await?;
        let AskedOnce { token, key, fingerprint } = asked;
        let sql =
            "INSERT INTO api_request (token, request_key, fingerprint, begun_at, status, location, answer)
             VALUES ($1, $2, $3, $4, 0, '', '') ON CONFLICT (token, request_key) DO NOTHING RETURNING token";
        if tx.hits(sql, values![token.as_str(), key.as_str(), fingerprint.as_str(), now]).await? {
            tx.commit().await?;
            return Ok(OnceBegun::Now);
        }
        let mut row = tx.one(ASKED, values![token.as_str(), key.as_str()]).await?;
        if row.text()? != *fingerprint {
            return Ok(OnceBegun::Another);
        }
        let (status, location, body) = (row.count()?, row.text()?, row.text()?);
        if status > 0 {
            let status = u16::try_from(status).map_err(|_| corrupt("the status of an answer"))?;
            return Ok(OnceBegun::Answered(KeptAnswer { status, location, body }));
        }
        let begun_at = row.time()?;
        // Of two that come after a stop, one takes it up. A time to come is one of a clock that was set back since.
        let sql = "UPDATE api_request SET begun_at = $4
             WHERE token = $1 AND request_key = $2 AND begun_at = $3 AND status = 0 RETURNING token";
        let left = begun_at < stale || begun_at > now.plus(SKEW);
        if left && tx.hits(sql, values![token.as_str(), key.as_str(), begun_at, now]).await? {
            tx.commit().await?;
            return Ok(OnceBegun::Now);
        }
        Ok(OnceBegun::UnderWay)
    }

    async fn end_once(&self, asked: &AskedOnce, answer: Option<&KeptAnswer>) -> Result<(), StoreError> {
        let mut tx = self.write("keeping an answer").await?;
        let (token, key) = (asked.token.as_str(), asked.key.as_str());
        match answer {
            Some(KeptAnswer { status, location, body }) => {
                let sql = "UPDATE api_request SET status = $3, location = $4, answer = $5
                     WHERE token = $1 AND request_key = $2 AND status = 0";
                let status = u32::from(*status);
                tx.run(sql, values![token, key, status, location.as_str(), body.as_str()]).await?;
            }
            None => {
                let sql = "DELETE FROM api_request WHERE token = $1 AND request_key = $2 AND status = 0";
                tx.run(sql, values![token, key]).await?;
            }
        }
        tx.commit().await
    }

    async fn forget_asked(&self, before: UnixMillis) -> Result<u32, StoreError> {
        if !self.read("looking for old answers").await?.hits(OLD, values![before]).await? {
            return Ok(0);
        }
        let mut tx = self.write("forgetting old answers").await?;
        let sql = "DELETE FROM api_request WHERE begun_at < $1 RETURNING token";
        let forgotten = tx.rows(sql, values![before]).await?.len();
        tx.commit().await?;
        Ok(u32::try_from(forgotten).unwrap_or(u32::MAX))
    }

    async fn ticket_views(&self, ids: &[TicketId]) -> Result<Vec<TicketView>, StoreError> {
        let mut tx = self.read("reading tickets for a program").await?;
        let wanted = || values![list(ids.iter().map(|id| id.0))];
        let mut messages: HashMap<TicketId, Vec<String>> = HashMap::new();
        for mut row in tx.rows(MESSAGES, wanted()).await? {
            messages.entry(TicketId(row.number()?)).or_default().push(row.text()?);
        }
        let mut found = HashMap::new();
        for mut row in tx.rows(VIEWS, wanted()).await? {
            let ticket = ticket::read(&mut row)?;
            found.insert(ticket.id, ticket);
        }
        let view = |id: &TicketId| {
            let ticket = found.remove(id)?;
            Some(TicketView { ticket, messages: messages.remove(id).unwrap_or_default() })
        };
        Ok(ids.iter().filter_map(view).collect())
    }
}
