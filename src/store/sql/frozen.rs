//! Accounts for which nothing is automated until a person lifts that.

use super::dialect::Dialect;
use super::history::DAY;
use super::tx::Tx;
use super::value::{Row, values};
use super::{SqlStore, acts, audit, ticket};
use crate::store::{AuditEntry, Freeze, Frozen, MACHINE, StoreError};
use crate::ticket::TicketId;
use crate::types::{AccountId, FROZEN_AFTER, UnixMillis};

mod unfreezing;

const ALL: &str =
    "SELECT f.account, f.username, t.year, t.running, f.why, f.frozen_by, f.frozen_at, f.again_at
     FROM frozen f JOIN ticket t ON t.id = f.ticket ORDER BY f.frozen_at, f.account";
pub(super) const ONE: &str = "SELECT account FROM frozen
     WHERE account = $1 AND (frozen_at > $2 OR again_at > $2)";

/// Freezes an account. One that is frozen already stays so, with the older reason, and notes that it was said again.
pub(super) async fn freeze<DB: Dialect>(
    tx: &mut Tx<DB>,
    id: TicketId,
    freeze: &Freeze,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO frozen (account, username, ticket, why, frozen_by, frozen_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account) DO UPDATE SET again_at = excluded.frozen_at";
    let Freeze { account, username, why, by } = freeze;
    tx.run(sql, values![account.as_str(), username.as_str(), id, why.as_str(), by.as_str(), now]).await?;
    tx.run(NO_LIFTS, values![account.as_str()]).await?;
    unfreezing::forget(tx, account.as_str(), username).await?;
    acts::end_all(tx, acts::OPEN_OF_ACCOUNT, values![account.as_str()], SAID, now).await?;
    Ok(())
}

/// What people set aside they did before its owner said this, whatever any clock shows.
pub(super) const NO_LIFTS: &str =
    "UPDATE ticket SET freeze_lifted_at = 0 WHERE account = $1 AND freeze_lifted_at > 0 RETURNING id";
const SAID: &str = "the account's owner said that it was not them";

/// Wrong phones of the last day, the oldest first.
pub(super) const GUESSES: &str = "SELECT s.account, t.username, t.year, t.running, s.begun_at
     FROM started s JOIN ticket t ON t.id = s.ticket WHERE s.begun_at > $1 AND s.mismatch = 1 ORDER BY s.begun_at, s.id";

fn read(row: &mut Row) -> Result<Frozen, StoreError> {
    Ok(Frozen {
        account: AccountId::new(row.text()?),
        username: row.text()?,
        ticket: ticket::number(row)?,
        why: row.text()?,
        by: row.text()?,
        at: row.time()?,
        again_at: row.time()?,
    })
}

/// Every frozen account: those that an owner has had frozen, and those of which somebody seems to guess phones.
async fn all<DB: Dialect>(tx: &mut Tx<DB>, now: UnixMillis) -> Result<Vec<Frozen>, StoreError> {
    let mut all: Vec<Frozen> = Vec::new();
    for mut row in tx.rows(ALL, values![]).await? {
        all.push(read(&mut row)?);
    }
    let mut guesses: Vec<Vec<Frozen>> = Vec::new();
    for mut row in tx.rows(GUESSES, values![now.minus(DAY)]).await? {
        let guess = Frozen {
            account: AccountId::new(row.text()?),
            username: row.text()?,
            ticket: ticket::number(&mut row)?,
            why: format!(
                "{FROZEN_AFTER} requests with wrong phones in a day; a day after them it ends by itself"
            ),
            by: MACHINE.to_owned(),
            at: row.time()?,
            again_at: UnixMillis(0),
        };
        match guesses.iter_mut().find(|of| of.first().is_some_and(|one| one.account == guess.account)) {
            Some(of) => of.push(guess),
            None => guesses.push(vec![guess]),
        }
    }
    let enough = usize::try_from(FROZEN_AFTER).unwrap_or(usize::MAX);
    let new = guesses.into_iter().filter(|of| of.len() >= enough).filter_map(|mut of| of.pop());
    for guessed in new {
        if all.iter().all(|frozen| frozen.account != guessed.account) {
            all.push(guessed);
        }
    }
    Ok(all)
}

impl<DB: Dialect> SqlStore<DB> {
    pub(super) async fn look_for_freeze(
        &self,
        account: &AccountId,
        lifted_at: Option<UnixMillis>,
    ) -> Result<bool, StoreError> {
        let mut tx = self.read("looking for a freeze").await?;
        tx.hits(ONE, values![account.as_str(), lifted_at.unwrap_or(UnixMillis(i64::MIN))]).await
    }

    pub(super) async fn list_frozen(&self, now: UnixMillis) -> Result<Vec<Frozen>, StoreError> {
        all(&mut self.read("listing frozen accounts").await?, now).await
    }

    pub(super) async fn lift_freeze(
        &self,
        whom: &str,
        entry: AuditEntry,
        now: UnixMillis,
    ) -> Result<Option<Frozen>, StoreError> {
        let mut tx = self.write("lifting a freeze").await?;
        let Some(frozen) = find(&mut tx, whom, now).await? else { return Ok(None) };
        lift(&mut tx, &frozen, &entry, now).await?;
        tx.commit().await?;
        Ok(Some(frozen))
    }
}

/// The freeze of this account, by username or identifier, locked; `None` as well when its owner says anew in this very
/// moment that it was not them: nobody who lifts it has seen that.
async fn find<DB: Dialect>(
    tx: &mut Tx<DB>,
    whom: &str,
    now: UnixMillis,
) -> Result<Option<Frozen>, StoreError> {
    let is = |frozen: &Frozen| frozen.account.as_str() == whom || frozen.username.eq_ignore_ascii_case(whom);
    let Some(frozen) = all(tx, now).await?.into_iter().find(is) else { return Ok(None) };
    let sql = "SELECT frozen_at, again_at FROM frozen WHERE account = $1 FOR UPDATE";
    let as_seen = match tx.row(sql, values![frozen.account.as_str()]).await? {
        Some(mut row) => (row.time()?, row.time()?) == (frozen.at, frozen.again_at),
        // Nobody has said anything: phones were guessed.
        None => frozen.by == MACHINE,
    };
    Ok(as_seen.then_some(frozen))
}

/// Takes the freeze away that [`find`] has seen, with its audit row. One that rests on guesses has no row that could be
/// locked: what its owner says in the same moment stays.
async fn lift<DB: Dialect>(
    tx: &mut Tx<DB>,
    frozen: &Frozen,
    entry: &AuditEntry,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let account = frozen.account.as_str();
    unfreezing::forget(tx, account, &frozen.username).await?;
    let sql = "DELETE FROM frozen WHERE account = $1 AND frozen_at = $2 AND again_at = $3";
    tx.run(sql, values![account, frozen.at, frozen.again_at]).await?;
    let forget = "UPDATE started SET mismatch = 0 WHERE account = $1 AND mismatch = 1";
    tx.run(forget, values![account]).await?;
    let sql = "SELECT id FROM ticket WHERE year = $1 AND running = $2";
    let mut row = tx.one(sql, values![frozen.ticket.year(), frozen.ticket.running()]).await?;
    audit::write(tx, TicketId(row.number()?), entry, now).await
}
