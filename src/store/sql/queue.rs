//! The lists of the queue. Each walks an index that holds only its own tickets, in its own order, from where
//! the page before ended: what a page costs does not grow with the tickets that are over.

use std::collections::HashSet;

use async_trait::async_trait;

use super::SqlStore;
use super::dialect::Dialect;
use super::ticket;
use super::value::{self, list, values};
use crate::store::{QueueStore, StoreError};
use crate::ticket::queue::{
    CountAt, Counts, Cursor, FAILURES, FoundRows, Likeness, Order, Pile, Row, Sought, Wanted, place_of,
};
use crate::ticket::{Fate, Kind, Standing, TicketId};
use crate::types::{TicketNumber, UnixMillis};

/// The columns of a row, but for those that tell of the others it stands for.
macro_rules! columns {
    () => {
        "t.id, t.year, t.running, t.kind, t.reason, t.standing, t.outcome, t.username, t.subject, t.sender, \
         t.waits_since, t.settled_at, t.urgent, t.version, t.assignee, e.name, e.snippet, e.attached, t.state, \
         t.observed, CAST(CASE WHEN EXISTS (SELECT 1 FROM act a WHERE a.ticket = t.id AND a.ended_at = 0) \
         THEN 1 ELSE 0 END AS BIGINT)"
    };
}
pub(super) use columns;

/// Only the first open ticket of an address and reason has a row.
macro_rules! first {
    () => {
        first!("")
    };
    ($whose:literal) => {
        concat!(
            "(t.sender = '' OR NOT EXISTS (SELECT 1 FROM ticket o
             WHERE o.standing = 'open' AND o.sender = t.sender AND o.place = t.place",
            $whose,
            " AND (o.calm, o.waits_since, o.id) < (t.calm, t.waits_since, t.id)))"
        )
    };
}

/// A page of open tickets: the row's own columns, how many tickets it stands for, and their mails. The newest text
/// of all of them is shown.
macro_rules! open {
    ($which:literal, $order:literal) => {
        open!($which, "", $order)
    };
    ($which:literal, $whose:literal, $order:literal) => {
        concat!(
            "SELECT ",
            $crate::store::sql::queue::columns!(),
            ", CASE WHEN t.sender = '' THEN 1 ELSE (SELECT COUNT(*) FROM ticket o
                 WHERE o.standing = 'open' AND o.sender = t.sender AND o.place = t.place) END,
             CASE WHEN t.sender = '' THEN e.mails ELSE (SELECT CAST(coalesce(SUM(f.mails), 1) AS BIGINT)
                 FROM ticket o JOIN excerpt f ON f.ticket = o.id
                 WHERE o.standing = 'open' AND o.sender = t.sender AND o.place = t.place) END
             FROM ticket t JOIN excerpt e ON e.ticket = CASE WHEN t.sender = '' THEN t.id ELSE
                 (SELECT MAX(o.id) FROM ticket o
                 WHERE o.standing = 'open' AND o.sender = t.sender AND o.place = t.place) END
             WHERE t.standing = 'open' AND ",
            $which,
            " AND ",
            first!($whose),
            " ORDER BY ",
            $order
        )
    };
}

/// Takes the cursor, the last place, since when they wait at least, and the limit.
pub(super) const GROUPED: &str = open!(
    "(t.place, t.calm, t.waits_since, t.id) > ($1, $2, $3, $4) AND t.place <= $5 AND t.waits_since <= $6",
    "t.place, t.calm, t.waits_since, t.id LIMIT $7"
);
/// The same, and whose.
pub(super) const GROUPED_OF: &str = open!(
    "t.assignee = $8 AND (t.place, t.calm, t.waits_since, t.id) > ($1, $2, $3, $4) AND t.place <= $5
     AND t.waits_since <= $6",
    " AND o.assignee = t.assignee",
    "t.place, t.calm, t.waits_since, t.id LIMIT $7"
);
/// Takes the cursor, the first and the last place, since when they wait at least, and the limit. The sign before
/// the place keeps SQLite from an index in another order.
pub(super) const OLDEST: &str = open!(
    "(t.calm, t.waits_since, t.id) > ($1, $2, $3) AND +t.place >= $4 AND +t.place <= $5 AND +t.waits_since <= $6",
    "t.calm, t.waits_since, t.id LIMIT $7"
);
/// The same, and whose.
pub(super) const OLDEST_OF: &str = open!(
    "t.assignee = $8 AND (t.calm, t.waits_since, t.id) > ($1, $2, $3) AND +t.place >= $4 AND +t.place <= $5
     AND +t.waits_since <= $6",
    " AND o.assignee = t.assignee",
    "t.calm, t.waits_since, t.id LIMIT $7"
);
pub(super) const PENDING: &str = concat!(
    "SELECT ",
    columns!(),
    ", CAST(1 AS BIGINT), e.mails FROM ticket t JOIN excerpt e ON e.ticket = t.id
     WHERE t.standing = 'pending' AND (t.waits_since, t.id) > ($1, $2) ORDER BY t.waits_since, t.id LIMIT $3"
);
pub(super) const DONE: &str = concat!(
    "SELECT ",
    columns!(),
    ", CAST(1 AS BIGINT), e.mails FROM ticket t JOIN excerpt e ON e.ticket = t.id
     WHERE t.handled = 0 AND t.standing IN ('resolved', 'closed') AND t.settled_at >= $1
         AND (t.settled_at, t.id) < ($2, $3) ORDER BY t.settled_at DESC, t.id DESC LIMIT $4"
);
pub(super) const ROWS: &str = concat!(
    "SELECT ",
    columns!(),
    ", CAST(1 AS BIGINT), e.mails FROM ticket t JOIN excerpt e ON e.ticket = t.id
     WHERE t.id IN (SELECT CAST(value AS BIGINT) FROM json_each($1))"
);
pub(super) const BEHIND: &str = "SELECT o.id FROM ticket o
     WHERE o.standing = 'open' AND o.sender <> '' AND (o.sender, o.place) IN (SELECT t.sender, t.place FROM ticket t
         WHERE t.standing = 'open' AND t.id IN (SELECT CAST(value AS BIGINT) FROM json_each($1)))
     ORDER BY o.id";
pub(super) const LIKENESSES: &str = concat!(
    "SELECT t.id, t.subject, e.alike FROM ticket t JOIN excerpt e ON e.ticket = t.id WHERE t.standing = 'open' AND ",
    first!(),
    " ORDER BY t.place, t.calm, t.waits_since, t.id"
);
pub(super) const NUMBER: &str = "SELECT id FROM ticket WHERE year = $1 AND running = $2";

/// Beyond every place, time and number.
const END: i64 = i64::MAX;

#[async_trait]
impl<DB: Dialect> QueueStore for SqlStore<DB> {
    async fn queue_page(&self, wanted: &Wanted) -> Result<Vec<Row>, StoreError> {
        let mut tx = self.read("reading the queue").await?;
        let (after, limit) = (wanted.after, wanted.limit);
        let rows = match &wanted.pile {
            Pile::Pending => {
                let after = after.map_or((i64::MIN, 0), |after| (after.at.0, after.id.0));
                tx.rows(PENDING, values![after.0, after.1, limit]).await?
            }
            Pile::Done(since) => {
                let after = after.map_or((END, END), |after| (after.at.0, after.id.0));
                tx.rows(DONE, values![*since, after.0, after.1, limit]).await?
            }
            Pile::Open | Pile::Of(_) | Pile::Late(_) | Pile::Failed => {
                let (sql, values) = open_page(wanted);
                tx.rows(sql, values).await?
            }
        };
        rows.into_iter().map(read).collect()
    }

    async fn queue_rows(&self, ids: &[TicketId]) -> Result<Vec<Row>, StoreError> {
        let mut tx = self.read("reading rows of the queue").await?;
        let rows = tx.rows(ROWS, values![list(ids.iter().map(|id| id.0))]).await?;
        let mut rows = rows.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        rows.sort_by_key(|row| ids.iter().position(|id| *id == row.id));
        Ok(rows)
    }

    async fn queue_behind(&self, ids: &[TicketId]) -> Result<Vec<TicketId>, StoreError> {
        let mut tx = self.read("reading what rows stand for").await?;
        let mut all = ids.to_vec();
        let mut known: HashSet<TicketId> = ids.iter().copied().collect();
        for mut row in tx.rows(BEHIND, values![list(ids.iter().map(|id| id.0))]).await? {
            let id = TicketId(row.number()?);
            if known.insert(id) {
                all.push(id);
            }
        }
        Ok(all)
    }

    async fn queue_counts(&self, at: &CountAt) -> Result<Counts, StoreError> {
        self.count_queue(at).await
    }

    async fn queue_likenesses(&self) -> Result<Vec<Likeness>, StoreError> {
        let mut tx = self.read("reading what the queue's texts are like").await?;
        let rows = tx.rows(LIKENESSES, values![]).await?;
        let read = |mut row: value::Row| {
            Ok(Likeness {
                id: TicketId(row.number()?),
                subject: row.text()?,
                bits: row.number()?.cast_unsigned(),
            })
        };
        rows.into_iter().map(read).collect()
    }

    async fn queue_search(&self, sought: &Sought, now: UnixMillis) -> Result<FoundRows, StoreError> {
        self.search(sought, now).await
    }

    async fn queue_number(&self, number: TicketNumber) -> Result<Option<TicketId>, StoreError> {
        let mut tx = self.read("looking for a ticket's number").await?;
        let row = tx.row(NUMBER, values![number.year(), number.running()]).await?;
        row.map(|mut row| Ok(TicketId(row.number()?))).transpose()
    }
}

/// The statement of a page of open tickets, and its values.
fn open_page(wanted: &Wanted) -> (&'static str, Vec<value::Value>) {
    let failed = matches!(wanted.pile, Pile::Failed);
    let (first, last) = match (wanted.reason, failed) {
        (Some(reason), _) => (place_of(reason), place_of(reason)),
        (None, true) => (place_of(FAILURES.first().copied()), place_of(FAILURES.last().copied())),
        (None, false) => (0, END),
    };
    let late = if let Pile::Late(since) = wanted.pile { since.0 } else { END };
    let whose = if let Pile::Of(name) = &wanted.pile { Some(name.as_str()) } else { None };
    let start = Cursor { place: first, calm: -1, at: UnixMillis(i64::MIN), id: TicketId(0) };
    let after = wanted.after.unwrap_or(start);
    let limit = wanted.limit;
    let (sql, mut values) = match (wanted.order, whose) {
        (Order::Reason, whose) => {
            let values = values![after.place, after.calm, after.at, after.id, last, late, limit];
            (if whose.is_some() { GROUPED_OF } else { GROUPED }, values)
        }
        (Order::Oldest, whose) => {
            let values = values![after.calm, after.at, after.id, first, last, late, limit];
            (if whose.is_some() { OLDEST_OF } else { OLDEST }, values)
        }
    };
    values.extend(whose.map(value::Value::from));
    (sql, values)
}

/// Reads a row of the statements above. What a later version, or a damage, has put there in place of a known word
/// hides neither this row nor another: whoever opens the ticket is told.
pub(super) fn read(mut row: value::Row) -> Result<Row, StoreError> {
    Ok(Row {
        id: TicketId(row.number()?),
        number: ticket::number(&mut row)?,
        kind: row.parsed("the kind of a ticket", Kind::from_code).unwrap_or(Kind::Quarantine),
        reason: row.parsed_or_none("the reason of a ticket", |code| code.parse().ok()).unwrap_or(None),
        standing: row.parsed("the standing of a ticket", Standing::from_code).unwrap_or(Standing::Open),
        outcome: row.parsed_or_none("the outcome of a ticket", Fate::from_code).unwrap_or(None),
        username: row.text().unwrap_or_default(),
        subject: row.text().unwrap_or_default(),
        from: row.text().unwrap_or_default(),
        waits_since: row.time()?,
        settled_at: row.time()?,
        urgent: row.yes()?,
        version: row.number()?,
        assignee: row.text().unwrap_or_default(),
        name: row.text().unwrap_or_default(),
        snippet: row.text().unwrap_or_default(),
        attached: row.yes()?,
        state: row.parsed("the state of a ticket", ticket::state_from).ok(),
        observed: row.yes()?,
        acting: row.yes()?,
        tickets: row.count()?,
        mails: row.count()?,
    })
}
