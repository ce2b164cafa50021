//! The counters of the queue: one transaction that sees one moment. It goes over the open tickets by an
//! index of theirs, and over what came and ended today.

use super::SqlStore;
use super::dialect::Dialect;
use super::value::{Row, corrupt, values};
use crate::store::StoreError;
use crate::ticket::queue::{CountAt, Counts, OpenCount, RATE_POINTS, RATE_STEP, reason_at};
use crate::types::UnixMillis;

/// Of an address and a reason the first ticket has a row. The numbers of all of them make the mark.
pub(super) const OPEN: &str = "WITH o AS MATERIALIZED (SELECT t.place, t.assignee, t.waits_since, t.id,
         CASE WHEN t.sender = '' THEN 1 ELSE
             ROW_NUMBER() OVER (PARTITION BY t.sender, t.place ORDER BY t.calm, t.waits_since, t.id) END AS nth,
         CASE WHEN t.sender = '' THEN 1 ELSE ROW_NUMBER() OVER
             (PARTITION BY t.sender, t.place, t.assignee ORDER BY t.calm, t.waits_since, t.id) END AS own
         FROM ticket t WHERE t.standing = 'open')
     SELECT o.place, o.assignee, CAST(SUM(CASE WHEN o.nth = 1 THEN 1 ELSE 0 END) AS BIGINT),
         CAST(SUM(CASE WHEN o.nth = 1 AND o.waits_since <= $1 THEN 1 ELSE 0 END) AS BIGINT),
         MIN(o.waits_since), CAST(SUM(o.id) AS BIGINT),
         CAST(SUM(CASE WHEN o.own = 1 THEN 1 ELSE 0 END) AS BIGINT)
     FROM o GROUP BY o.place, o.assignee ORDER BY o.place, o.assignee";
pub(super) const PENDING: &str = "SELECT COUNT(*) FROM ticket WHERE standing = 'pending'";
pub(super) const DONE: &str = "SELECT COUNT(*) FROM ticket
     WHERE handled = 0 AND standing IN ('resolved', 'closed') AND settled_at >= $1";
pub(super) const TODAY: &str = "SELECT COUNT(*) FROM mail WHERE duplicate_of = 0 AND received_at >= $1";
pub(super) const RATE: &str = "SELECT (received_at - $1) / $2, COUNT(*) FROM mail
     WHERE duplicate_of = 0 AND received_at >= $1 AND received_at <= $3 GROUP BY 1";
pub(super) const OPENED: &str = "SELECT settled_at FROM ticket WHERE standing = 'open'
     ORDER BY settled_at DESC, id DESC LIMIT $1";

/// So many of the newest open tickets are told apart from those that somebody has seen.
const NEWEST: u32 = 100;

impl<DB: Dialect> SqlStore<DB> {
    pub(super) async fn count_queue(&self, at: &CountAt) -> Result<Counts, StoreError> {
        let mut tx = self.read("counting the queue").await?;
        let mut counts = Counts::default();
        for row in tx.rows(OPEN, values![at.late]).await? {
            counts.open.push(open(row)?);
        }
        counts.pending = tx.one(PENDING, values![]).await?.count()?;
        counts.done = tx.one(DONE, values![at.today]).await?.count()?;
        counts.today = tx.one(TODAY, values![at.today]).await?.count()?;
        let points = i64::try_from(RATE_POINTS).map_err(|_| corrupt("the points of a line"))?;
        let from = UnixMillis(at.now.0 - points * RATE_STEP + 1);
        for mut row in tx.rows(RATE, values![from, RATE_STEP, at.now]).await? {
            let point = usize::try_from(row.number()?).ok();
            if let Some(point) = point.and_then(|point| counts.rate.get_mut(point)) {
                *point = row.count()?;
            }
        }
        for mut row in tx.rows(OPENED, values![NEWEST]).await? {
            counts.opened.push(row.time()?);
        }
        Ok(counts)
    }
}

fn open(mut row: Row) -> Result<OpenCount, StoreError> {
    Ok(OpenCount {
        reason: reason_at(row.number()?),
        assignee: row.text()?,
        rows: row.count()?,
        late: row.count()?,
        oldest: row.time()?,
        mark: row.number()?,
        own: row.count()?,
    })
}
