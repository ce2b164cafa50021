//! What people do to tickets. An act waits as a row; it is carried out in the commit that moves its ticket, or not at
//! all.

use async_trait::async_trait;
use serde_json::json;

use super::dialect::Dialect;
use super::tx::Tx;
use super::value::{Row, Value, corrupt, values};
use super::{SqlStore, audit, ticket};
use crate::store::{
    ActMade, ActStore, AuditEntry, ByHand, DueAct, MACHINE, NewAct, SavedDraft, SecondWord, Seconded,
    StoreError,
};
use crate::ticket::{Act, ActStatus, Happened, KeptAct, Note, Ticket, TicketId};
use crate::types::{Person, StaffName, TicketNumber, UnixMillis};

mod due;
mod make;
mod merge;
pub(super) mod second;
mod words;

#[cfg(test)]
pub(super) use due::{CARRY_OUT, DUE};
pub(super) use due::{NEXT, WAKE, carry_out};
#[cfg(test)]
pub(super) use merge::KEPT;
pub(super) use merge::{follow, merge, part};
#[cfg(test)]
pub(super) use words::NOTES;

/// The columns that [`read`] reads, in its order, of tables named `a` and `t`.
macro_rules! columns {
    () => {
        "a.id, a.ticket, t.year, t.running, a.what, a.by_name, a.by_shown, a.colleague, a.colleague_shown, \
         a.seen_version, a.made_at, a.due_at, a.status, a.why"
    };
}
use columns;

pub(in crate::store::sql) const OF_TICKET: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM act a JOIN ticket t ON t.id = a.ticket WHERE t.year = $1 AND t.running = $2 ORDER BY a.id"
);
pub(in crate::store::sql) const FOR_COLLEAGUES: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM act a JOIN ticket t ON t.id = a.ticket WHERE a.ended_at = 0 AND a.status = 'colleague'
     ORDER BY a.due_at, a.id"
);
pub(in crate::store::sql) const COUNT_FOR_COLLEAGUES: &str =
    "SELECT COUNT(*) FROM act a WHERE a.ended_at = 0 AND a.status = 'colleague'";
const NUMBERED: &str =
    concat!("SELECT ", ticket::columns!(), " FROM ticket t WHERE t.year = $1 AND t.running = $2");
/// What happened to a ticket after a version of it. The answers of mail servers and gateways are no change that
/// somebody must have seen.
pub(in crate::store::sql) const SINCE: &str = "SELECT actor, event, data, written_at FROM audit
     WHERE ticket = $1 AND version > $2 ORDER BY id LIMIT 50";

fn person(row: &mut Row) -> Result<Person, StoreError> {
    let name = row.parsed("a name of the desk", |name| StaffName::kept(name).ok())?;
    Ok(Person { name, shown: row.text()? })
}

/// A person who may be nobody.
fn person_or_none(row: &mut Row) -> Result<Option<Person>, StoreError> {
    let name = row.parsed_or_none("a name of the desk", |name| StaffName::kept(name).ok())?;
    let shown = row.text()?;
    Ok(name.map(|name| Person { name, shown }))
}

fn read(row: &mut Row) -> Result<KeptAct, StoreError> {
    Ok(KeptAct {
        id: row.number()?,
        ticket: TicketId(row.number()?),
        number: ticket::number(row)?,
        act: row.parsed("an act", |json| serde_json::from_str::<Act>(json).ok())?,
        by: person(row)?,
        with: person_or_none(row)?,
        version: row.number()?,
        made_at: row.time()?,
        due_at: row.time()?,
        status: row.parsed("the status of an act", ActStatus::from_code)?,
        why: row.text()?,
    })
}

/// What somebody of the desk has done.
fn told(by: &Person, event: &str, data: &serde_json::Value) -> AuditEntry {
    AuditEntry { actor: by.name.actor(), event: event.to_owned(), data: data.to_string() }
}

async fn one<DB: Dialect>(tx: &mut Tx<DB>, id: i64) -> Result<KeptAct, StoreError> {
    let sql = concat!("SELECT ", columns!(), " FROM act a JOIN ticket t ON t.id = a.ticket WHERE a.id = $1");
    read(&mut tx.one(sql, values![id]).await?)
}

/// The act of a ticket that waits to be carried out.
async fn waiting<DB: Dialect>(tx: &mut Tx<DB>, ticket: TicketId) -> Result<Option<KeptAct>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM act a JOIN ticket t ON t.id = a.ticket WHERE a.ticket = $1 AND a.status = 'waiting' AND a.ended_at = 0"
    );
    tx.row(sql, values![ticket]).await?.map(|mut row| read(&mut row)).transpose()
}

/// The override of a ticket that waits for a colleague.
async fn for_a_colleague<DB: Dialect>(
    tx: &mut Tx<DB>,
    ticket: TicketId,
) -> Result<Option<KeptAct>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM act a JOIN ticket t ON t.id = a.ticket
         WHERE a.ticket = $1 AND a.status = 'colleague' AND a.ended_at = 0"
    );
    tx.row(sql, values![ticket]).await?.map(|mut row| read(&mut row)).transpose()
}

async fn since<DB: Dialect>(
    tx: &mut Tx<DB>,
    ticket: TicketId,
    version: i64,
) -> Result<Vec<Happened>, StoreError> {
    let happened = |mut row: Row| {
        Ok(Happened { actor: row.text()?, event: row.text()?, data: row.text()?, at: row.time()? })
    };
    tx.rows(SINCE, values![ticket, version]).await?.into_iter().map(happened).collect()
}

/// People see another ticket from now on.
pub(super) async fn changed<DB: Dialect>(tx: &mut Tx<DB>, ticket: TicketId) -> Result<(), StoreError> {
    tx.run("UPDATE ticket SET version = version + 1 WHERE id = $1", values![ticket]).await
}

/// Ends an act, if it stands as it was seen (`None`: however it does), with its audit row. Nothing when it has ended. What
/// was written with it is its person's draft again, unless they have begun a newer one.
async fn end<DB: Dialect>(
    tx: &mut Tx<DB>,
    id: i64,
    was: impl Into<Option<ActStatus>>,
    (status, why): (ActStatus, &str),
    by: &str,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let sql = "UPDATE act SET status = $2, why = $3, ended_at = $4
         WHERE id = $1 AND ended_at = 0 AND ($5 = '' OR status = $5) RETURNING ticket, by_name, what, made_at";
    let was = was.into().map_or("", ActStatus::code);
    let Some(mut row) = tx.row(sql, values![id, status.code(), why, now, was]).await? else { return Ok(()) };
    let (ticket, whose, what, made_at) = (TicketId(row.number()?), row.text()?, row.text()?, row.time()?);
    if let Ok(Act::Reply { text, .. }) = serde_json::from_str(&what) {
        words::give_back(tx, ticket, (&whose, &text), made_at, now).await?;
    }
    let whose = StaffName::kept(&whose).map_or(whose, |name| name.actor());
    let data = json!({ "id": id, "of": whose, "why": why });
    let event = format!("act.{}", status.code());
    audit::write(tx, ticket, &AuditEntry { actor: by.to_owned(), event, data: data.to_string() }, now).await
}

/// Ends every act that waits among these, because something has happened that nobody of theirs has seen. `sql` lists
/// their `id, status`.
pub(super) async fn end_all<DB: Dialect>(
    tx: &mut Tx<DB>,
    sql: &'static str,
    values: Vec<Value>,
    why: &str,
    now: UnixMillis,
) -> Result<usize, StoreError> {
    let rows = tx.rows(sql, values).await?;
    let count = rows.len();
    for mut row in rows {
        let (id, was) = (row.number()?, row.parsed("the status of an act", ActStatus::from_code)?);
        let status = if was == ActStatus::Colleague { ActStatus::Lapsed } else { ActStatus::Refused };
        end(tx, id, was, (status, why), MACHINE, now).await?;
    }
    Ok(count)
}

/// For [`end_all`]: those of a ticket. Locked: one that a colleague approves in this very moment is ended as what it has
/// become.
const OPEN_OF: &str = "SELECT id, status FROM act WHERE ticket = $1 AND ended_at = 0 ORDER BY id FOR UPDATE";
/// For [`end_all`]: those of the tickets of an account.
pub(super) const OPEN_OF_ACCOUNT: &str = "SELECT a.id, a.status FROM act a JOIN ticket t ON t.id = a.ticket
     WHERE a.ended_at = 0 AND t.account = $1 ORDER BY a.id FOR UPDATE OF a";
/// For [`end_all`]: all of them.
pub(super) const OPEN: &str = "SELECT id, status FROM act WHERE ended_at = 0 ORDER BY id FOR UPDATE";

#[async_trait]
impl<DB: Dialect> ActStore for SqlStore<DB> {
    async fn make_act(&self, new: NewAct) -> Result<ActMade, StoreError> {
        self.keep_act(new).await
    }

    async fn undo_act(&self, act: i64, by: &StaffName, now: UnixMillis) -> Result<bool, StoreError> {
        self.take_act_back(act, by, now).await
    }

    async fn second_act(&self, word: SecondWord) -> Result<Seconded, StoreError> {
        self.hear_colleague(word).await
    }

    async fn due_acts(&self, limit: u32, now: UnixMillis) -> Result<Vec<DueAct>, StoreError> {
        self.read_due_acts(limit, now).await
    }

    async fn end_act(
        &self,
        act: i64,
        was: ActStatus,
        (status, why): (ActStatus, &str),
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let mut tx = self.write("ending an act").await?;
        end(&mut tx, act, was, (status, why), MACHINE, now).await?;
        tx.commit().await
    }

    async fn acts_of(&self, ticket: TicketNumber) -> Result<Vec<KeptAct>, StoreError> {
        let mut tx = self.read("reading a ticket's acts").await?;
        let rows = tx.rows(OF_TICKET, values![ticket.year(), ticket.running()]).await?;
        rows.into_iter().map(|mut row| read(&mut row)).collect()
    }

    async fn acts_for_colleagues(&self) -> Result<Vec<KeptAct>, StoreError> {
        let mut tx = self.read("reading what waits for a colleague").await?;
        let mut found = Vec::new();
        for mut row in tx.rows(FOR_COLLEAGUES, values![]).await? {
            match read(&mut row) {
                Ok(act) => found.push(act),
                Err(error) => tracing::error!(
                    "an override that waits for a colleague is not listed: {error}; it lapses by itself"
                ),
            }
        }
        Ok(found)
    }

    async fn count_for_colleagues(&self) -> Result<u32, StoreError> {
        let mut tx = self.read("counting what waits for a colleague").await?;
        tx.one(COUNT_FOR_COLLEAGUES, values![]).await?.count()
    }

    async fn make_by_hand(&self, made: ByHand) -> Result<Option<TicketNumber>, StoreError> {
        self.keep_by_hand(made).await
    }

    async fn numbered(&self, number: TicketNumber) -> Result<Option<Ticket>, StoreError> {
        let mut tx = self.read("looking for a ticket").await?;
        let row = tx.row(NUMBERED, values![number.year(), number.running()]).await?;
        row.map(|mut row| ticket::read(&mut row)).transpose()
    }

    async fn notes_of(&self, ticket: TicketNumber) -> Result<Vec<Note>, StoreError> {
        self.read_notes(ticket).await
    }

    async fn save_draft(&self, ticket: TicketNumber, draft: &SavedDraft) -> Result<bool, StoreError> {
        self.keep_draft(ticket, draft).await
    }

    async fn draft_of(&self, ticket: TicketNumber, by: &StaffName) -> Result<Option<SavedDraft>, StoreError> {
        self.read_draft(ticket, by).await
    }
}

fn json_of(act: &Act) -> Result<String, StoreError> {
    serde_json::to_string(act).map_err(|_| corrupt("an act"))
}
