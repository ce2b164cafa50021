//! Who works at the desk: [`AccountStore`] over SQL.

use std::time::Duration;

use async_trait::async_trait;
use sha2::{Digest, Sha256};

use super::dialect::Dialect;
use super::tx::Tx;
use super::value::{Row, values};
use super::{SqlStore, audit};
use crate::store::{
    AccountStore, AuditEntry, NewSession, OwnSession, Session, Staff, StaffChange, StoreError, TryLimit,
};
use crate::ticket::TicketId;
use crate::types::{Preferences, Role, Shortcuts, StaffMember, StaffName, Theme, TotpKey, UnixMillis};

/// What an audit row belongs to that is about no ticket.
const NO_TICKET: TicketId = TicketId(0);
/// A session's last use is written down at most so often: a page that is looked at writes nothing else.
const SEEN_EVERY: Duration = Duration::from_secs(60);
/// A clock that is set back must not lengthen a session: one that began later than now, by more than two nodes'
/// clocks differ, is none.
const APART: Duration = Duration::from_secs(60);

macro_rules! accounts {
    ($which:literal) => {
        concat!(
            "SELECT name, shown, role, provider, password, totp_key, totp_nonce, disabled, signed_in_at, person FROM staff",
            $which
        )
    };
}
pub(super) const SESSION: &str =
    "SELECT s.name, p.shown, s.role, p.language, p.theme, p.shortcuts, s.seen_at, s.ends_at
     FROM session s JOIN staff p ON p.name = s.name
     WHERE s.hash = $1 AND s.ends_at > $2 AND s.seen_at > $3 AND s.begun_at < $4 AND p.disabled = 0";
pub(super) const SESSIONS_OF: &str = "SELECT hash, begun_at, seen_at FROM session
     WHERE name = $1 AND ends_at > $2 AND seen_at > $3 ORDER BY begun_at DESC LIMIT 50";
pub(super) const TRIES: &str = "SELECT tried_at FROM sign_in_try
     WHERE subject = $1 AND tried_at > $2 AND tried_at < $3 ORDER BY tried_at DESC";

fn name(row: &mut Row) -> Result<StaffName, StoreError> {
    row.parsed("the name of an account", |text| StaffName::parse(text).ok())
}

fn member(row: &mut Row) -> Result<StaffMember, StoreError> {
    let name = name(row)?;
    Ok(StaffMember { name, shown: row.text()?, role: row.parsed("the role of an account", Role::of_code)? })
}

fn read(mut row: Row) -> Result<Staff, StoreError> {
    let (member, provider, password) = (member(&mut row)?, row.text()?, row.text()?);
    let (key_id, nonce) = (row.text()?, row.text()?);
    let totp = (!key_id.is_empty()).then_some(TotpKey { key_id, nonce });
    let (disabled, signed_in_at, person) = (row.yes()?, row.time_or_none()?, row.text()?);
    Ok(Staff { member, provider, password, totp, disabled, signed_in_at, person })
}

fn parts(totp: Option<&TotpKey>) -> (&str, &str) {
    totp.map_or(("", ""), |totp| (totp.key_id.as_str(), totp.nonce.as_str()))
}

/// Adds an account, unless the name is taken.
async fn insert<DB: Dialect>(tx: &mut Tx<DB>, staff: &Staff, now: UnixMillis) -> Result<bool, StoreError> {
    let sql = "INSERT INTO staff (name, shown, role, password, totp_key, totp_nonce, totp_step, disabled,
             language, theme, shortcuts, made_at, signed_in_at, provider)
         VALUES ($1, $2, $3, $4, $5, $6, 0, $7, '', '', 1, $8, 0, $9) ON CONFLICT (name) DO NOTHING RETURNING name";
    let StaffMember { name, shown, role } = &staff.member;
    let (key_id, nonce) = parts(staff.totp.as_ref());
    let (password, provider) = (staff.password.as_str(), staff.provider.as_str());
    let values = values![
        name.as_str(),
        shown.as_str(),
        role.code(),
        password,
        key_id,
        nonce,
        staff.disabled,
        now,
        provider
    ];
    tx.hits(sql, values).await
}

async fn change<DB: Dialect>(tx: &mut Tx<DB>, name: &str, change: &StaffChange) -> Result<bool, StoreError> {
    match change {
        StaffChange::Password(hash) => {
            let sql = "UPDATE staff SET password = $2 WHERE name = $1 RETURNING name";
            tx.hits(sql, values![name, hash.as_str()]).await
        }
        StaffChange::Totp(totp) => {
            let sql = "UPDATE staff SET totp_key = $2, totp_nonce = $3, totp_step = 0 WHERE name = $1 RETURNING name";
            let (key_id, nonce) = parts(totp.as_ref());
            tx.hits(sql, values![name, key_id, nonce]).await
        }
        StaffChange::Disabled(disabled) => {
            let sql = "UPDATE staff SET disabled = $2 WHERE name = $1 RETURNING name";
            tx.hits(sql, values![name, *disabled]).await
        }
        StaffChange::Person(person) => {
            let sql = "UPDATE staff SET person = $2 WHERE name = $1 RETURNING name";
            tx.hits(sql, values![name, person.as_str()]).await
        }
        StaffChange::Role(role) => {
            let sql = "UPDATE staff SET role = $2 WHERE name = $1 RETURNING name";
            tx.hits(sql, values![name, role.code()]).await
        }
    }
}

/// When the next try may be made, for the subject with this limit; `None`: now.
async fn free_at<DB: Dialect>(
    tx: &mut Tx<DB>,
    limit: &TryLimit,
    within: Duration,
    now: UnixMillis,
) -> Result<Option<UnixMillis>, StoreError> {
    // What lies in the future was tried under a clock that was wrong by then.
    let values = values![hashed(&limit.subject), now.minus(within), now.plus(APART)];
    let rows = tx.rows(TRIES, values).await?;
    // The oldest of those that fill the limit has to grow old first.
    let last = usize::try_from(limit.most).unwrap_or(usize::MAX).saturating_sub(1);
    let Some(mut row) = rows.into_iter().nth(last) else { return Ok(None) };
    Ok(Some(row.time()?.min(now).plus(within)))
}

/// What stands in a column in place of what somebody wrote as a name.
fn hashed(subject: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(subject))
}

/// A try has succeeded: it does not count, and neither do those before it by the same person in the same place.
async fn take_back<DB: Dialect>(tx: &mut Tx<DB>, tries: &[TryLimit]) -> Result<(), StoreError> {
    let Some((person, others)) = tries.split_first() else { return Ok(()) };
    tx.run("DELETE FROM sign_in_try WHERE subject = $1", values![hashed(&person.subject)]).await?;
    for other in others {
        let sql = "DELETE FROM sign_in_try WHERE id = (SELECT max(id) FROM sign_in_try WHERE subject = $1)";
        tx.run(sql, values![hashed(&other.subject)]).await?;
    }
    Ok(())
}

/// Under which name somebody of the identity provider is kept.
async fn name_here<DB: Dialect>(
    tx: &mut Tx<DB>,
    staff: &Staff,
    now: UnixMillis,
) -> Result<Option<StaffName>, StoreError> {
    let known = "SELECT name FROM staff WHERE provider = $1";
    if let Some(mut row) = tx.row(known, values![staff.provider.as_str()]).await? {
        return name(&mut row).map(Some);
    }
    let own = staff.member.name.clone();
    let others = (2..100).filter_map(|number| StaffName::parse(&format!("{own}-{number}")).ok());
    for name in std::iter::once(own.clone()).chain(others) {
        let member = StaffMember { name: name.clone(), ..staff.member.clone() };
        if insert(tx, &Staff { member, ..staff.clone() }, now).await? {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// Notes that somebody comes in now; `false` when they may not, or are not who was judged.
async fn comes_in<DB: Dialect>(
    tx: &mut Tx<DB>,
    name: &StaffName,
    staff: &Staff,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let (shown, role) = (staff.member.shown.as_str(), staff.member.role.code());
    if staff.provider.is_empty() {
        let sql = "UPDATE staff SET signed_in_at = $2 WHERE name = $1 AND disabled = 0 AND provider = ''
                 AND role = $3 AND password = $4 AND totp_key = $5 AND totp_nonce = $6 RETURNING name";
        let (key_id, nonce) = parts(staff.totp.as_ref());
        return tx.hits(sql, values![name.as_str(), now, role, staff.password.as_str(), key_id, nonce]).await;
    }
    let sql = "UPDATE staff SET signed_in_at = $2, shown = $3, role = $4
         WHERE name = $1 AND disabled = 0 AND provider = $5 RETURNING name";
    tx.hits(sql, values![name.as_str(), now, shown, role, staff.provider.as_str()]).await
}

#[async_trait]
impl<DB: Dialect> AccountStore for SqlStore<DB> {
    async fn add_staff(
        &self,
        staff: &Staff,
        entry: &AuditEntry,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        let mut tx = self.write("adding an account").await?;
        if !insert(&mut tx, staff, now).await? {
            return Ok(false);
        }
        audit::write(&mut tx, NO_TICKET, entry, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn staff(&self, name: &StaffName) -> Result<Option<Staff>, StoreError> {
        let mut tx = self.read("reading an account").await?;
        tx.row(accounts!(" WHERE name = $1"), values![name.as_str()]).await?.map(read).transpose()
    }

    async fn all_staff(&self) -> Result<Vec<Staff>, StoreError> {
        let mut tx = self.read("listing accounts").await?;
        let mut staff: Vec<Staff> =
            tx.rows(accounts!(""), values![]).await?.into_iter().map(read).collect::<Result<_, _>>()?;
        staff.sort_by(|one, other| one.member.name.cmp(&other.member.name));
        Ok(staff)
    }

    async fn change_staff(
        &self,
        name: &StaffName,
        changed: &StaffChange,
        entry: &AuditEntry,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        let mut tx = self.write("changing an account").await?;
        if !change(&mut tx, name.as_str(), changed).await? {
            return Ok(false);
        }
        tx.run("DELETE FROM session WHERE name = $1", values![name.as_str()]).await?;
        audit::write(&mut tx, NO_TICKET, entry, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn count_try(
        &self,
        limits: &[TryLimit],
        within: Duration,
        now: UnixMillis,
    ) -> Result<Option<UnixMillis>, StoreError> {
        let mut tx = self.write("counting a try to sign in").await?;
        tx.run("UPDATE turn SET taken = taken + 1 WHERE name = 'sign-in'", values![]).await?;
        tx.run("DELETE FROM sign_in_try WHERE tried_at <= $1", values![now.minus(within)]).await?;
        let mut wait = None;
        for limit in limits {
            wait = wait.max(free_at(&mut tx, limit, within, now).await?);
        }
        if wait.is_some() {
            // Whoever waits costs no write.
            return Ok(wait);
        }
        for limit in limits {
            let sql = "INSERT INTO sign_in_try (subject, tried_at) VALUES ($1, $2)";
            tx.run(sql, values![hashed(&limit.subject), now]).await?;
        }
        tx.commit().await?;
        Ok(None)
    }

    async fn use_code(&self, name: &StaffName, step: u64) -> Result<bool, StoreError> {
        let mut tx = self.write("using a one-time code").await?;
        let sql = "UPDATE staff SET totp_step = $2 WHERE name = $1 AND totp_step < $2 RETURNING name";
        let step = i64::try_from(step).unwrap_or(i64::MAX);
        let used = tx.hits(sql, values![name.as_str(), step]).await?;
        tx.commit().await?;
        Ok(used)
    }

    async fn begin_session(
        &self,
        session: &NewSession,
        tries: &[TryLimit],
        entry: &AuditEntry,
        now: UnixMillis,
    ) -> Result<Option<StaffName>, StoreError> {
        let mut tx = self.write("beginning a session").await?;
        let NewSession { hash, staff, ends_at } = session;
        let name = if staff.provider.is_empty() {
            Some(staff.member.name.clone())
        } else {
            name_here(&mut tx, staff, now).await?
        };
        let Some(name) = name else { return Ok(None) };
        if !comes_in(&mut tx, &name, staff, now).await? {
            return Ok(None);
        }
        let sql = "INSERT INTO session (hash, name, role, begun_at, seen_at, ends_at) VALUES ($1, $2, $3, $4, $4, $5)";
        let role = staff.member.role.code();
        tx.run(sql, values![hash.as_str(), name.as_str(), role, now, *ends_at]).await?;
        tx.run("DELETE FROM session WHERE ends_at <= $1", values![now]).await?;
        take_back(&mut tx, tries).await?;
        audit::write(&mut tx, NO_TICKET, &AuditEntry { actor: name.actor(), ..entry.clone() }, now).await?;
        tx.commit().await?;
        Ok(Some(name))
    }

    async fn session(
        &self,
        hash: &str,
        idle: Duration,
        used: bool,
        now: UnixMillis,
    ) -> Result<Option<Session>, StoreError> {
        let mut tx = self.read("reading a session").await?;
        let values = values![hash, now, now.minus(idle), now.plus(APART)];
        let Some(mut row) = tx.row(SESSION, values).await? else { return Ok(None) };
        let member = member(&mut row)?;
        let (language, theme, shortcuts) = (row.text()?, Theme::of_code(&row.text()?), row.number()?);
        let shortcuts = usize::try_from(shortcuts).ok().and_then(|place| Shortcuts::ALL.get(place).copied());
        let shortcuts = shortcuts.unwrap_or_default();
        let (seen_at, ends_at) = (row.time()?, row.time()?);
        drop(tx);
        let ends_at = ends_at.min(if used { now } else { seen_at }.plus(idle));
        if used && now.since(seen_at) >= SEEN_EVERY {
            let mut tx = self.write("noting the use of a session").await?;
            tx.run("UPDATE session SET seen_at = $2 WHERE hash = $1", values![hash, now]).await?;
            tx.commit().await?;
        }
        Ok(Some(Session { member, preferences: Preferences { language, theme, shortcuts }, ends_at }))
    }

    async fn end_session(&self, hash: &str, entry: &AuditEntry, now: UnixMillis) -> Result<(), StoreError> {
        let mut tx = self.write("ending a session").await?;
        if tx.hits("DELETE FROM session WHERE hash = $1 RETURNING name", values![hash]).await? {
            audit::write(&mut tx, NO_TICKET, entry, now).await?;
        }
        tx.commit().await
    }

    async fn sessions_of(
        &self,
        name: &StaffName,
        idle: Duration,
        now: UnixMillis,
    ) -> Result<Vec<OwnSession>, StoreError> {
        let mut tx = self.read("listing somebody's sessions").await?;
        let mut sessions = Vec::new();
        for mut row in tx.rows(SESSIONS_OF, values![name.as_str(), now, now.minus(idle)]).await? {
            sessions.push(OwnSession { hash: row.text()?, begun_at: row.time()?, seen_at: row.time()? });
        }
        Ok(sessions)
    }

    async fn end_other_sessions(
        &self,
        name: &StaffName,
        hash: &str,
        entry: &AuditEntry,
        now: UnixMillis,
    ) -> Result<usize, StoreError> {
        let mut tx = self.write("ending somebody's other sessions").await?;
        let sql = "DELETE FROM session WHERE name = $1 AND hash <> $2 RETURNING hash";
        let ended = tx.rows(sql, values![name.as_str(), hash]).await?.len();
        if ended > 0 {
            audit::write(&mut tx, NO_TICKET, entry, now).await?;
        }
        tx.commit().await?;
        Ok(ended)
    }

    async fn prefer(&self, name: &StaffName, preferences: &Preferences) -> Result<(), StoreError> {
        let mut tx = self.write("keeping how somebody wants the pages").await?;
        let Preferences { language, theme, shortcuts } = preferences;
        let sql = "UPDATE staff SET language = $2, theme = $3, shortcuts = $4 WHERE name = $1";
        tx.run(sql, values![name.as_str(), language.as_str(), theme.code(), *shortcuts as i64]).await?;
        tx.commit().await
    }

    async fn note(&self, entry: &AuditEntry, now: UnixMillis) -> Result<(), StoreError> {
        let mut tx = self.write("writing an audit row").await?;
        audit::write(&mut tx, NO_TICKET, entry, now).await?;
        tx.commit().await
    }
}
