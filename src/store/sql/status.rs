//! What the status page is counted from: [`StatusStore`] over SQL, each by an index that holds little else.

use async_trait::async_trait;

use super::SqlStore;
use super::dialect::Dialect;
use super::ticket;
use super::value::values;
use crate::store::{Ended, OfferCounts, StatusStore, StoreError, TextCounts};
use crate::ticket::{State, TicketId};
use crate::types::UnixMillis;

macro_rules! ended {
    ($which:literal) => {
        concat!(
            "SELECT id, waits_since, settled_at FROM ticket WHERE ",
            $which,
            " AND standing IN ('resolved', 'closed') AND settled_at >= $1 AND (settled_at, id) > ($1, $2)
                 AND settled_at <= $3 ORDER BY settled_at, id LIMIT $4"
        )
    };
}
pub(super) const ENDED: &str = ended!("handled = 0");
pub(super) const ENDED_BY_PEOPLE: &str = ended!("handled = 1");

/// A text that one gateway has refused and another one delivered is one text, which came: the best of its tries counts.
macro_rules! texts {
    ($kind:literal) => {
        concat!(
            "SELECT CAST(MAX(CASE
                 WHEN EXISTS (SELECT 1 FROM receipt r WHERE r.intent_key = i.intent_key AND r.intent_key <> ''
                     AND r.receipt = 'delivered') THEN 3
                 WHEN EXISTS (SELECT 1 FROM receipt r WHERE r.gateway = i.gateway AND r.intent_key = ''
                     AND r.reference = i.detail AND i.outcome = 'accepted' AND i.detail <> ''
                     AND r.came_at >= i.begun_at - 86400000 AND r.receipt = 'delivered') THEN 3
                 WHEN EXISTS (SELECT 1 FROM receipt r WHERE r.intent_key = i.intent_key AND r.intent_key <> ''
                     AND r.receipt = 'failed') THEN 1
                 WHEN EXISTS (SELECT 1 FROM receipt r WHERE r.gateway = i.gateway AND r.intent_key = ''
                     AND r.reference = i.detail AND i.outcome = 'accepted' AND i.detail <> ''
                     AND r.came_at >= i.begun_at - 86400000 AND r.receipt = 'failed') THEN 1
                 WHEN i.outcome IN ('accepted', 'uncertain', '') THEN 2
                 WHEN i.outcome = 'refused' THEN 0 ELSE -1 END) AS BIGINT)
             FROM intent i WHERE i.kind = '",
            $kind,
            "' AND i.counted_at >= $1 GROUP BY i.ticket, i.generation"
        )
    };
}
/// Of the texts with a password, and of those with a link.
pub(super) const TEXTS: [&str; 2] = [texts!("text"), texts!("link")];
/// Tickets that the machine is at work on, and whose link is out. Written so that no index of all links there ever were is
/// walked.
pub(super) const OFFERS: &str =
    "SELECT state FROM ticket WHERE live = 1 AND account <> '' AND length(pickup_hash) > 0";

#[async_trait]
impl<DB: Dialect> StatusStore for SqlStore<DB> {
    async fn ended(
        &self,
        by_people: bool,
        after: (UnixMillis, TicketId),
        until: UnixMillis,
        limit: u32,
    ) -> Result<Vec<Ended>, StoreError> {
        let mut tx = self.read("reading what has ended").await?;
        let sql = if by_people { ENDED_BY_PEOPLE } else { ENDED };
        let mut ended = Vec::new();
        for mut row in tx.rows(sql, values![after.0, after.1, until, limit]).await? {
            ended.push(Ended { id: TicketId(row.number()?), waits_since: row.time()?, at: row.time()? });
        }
        Ok(ended)
    }

    async fn texts_since(&self, since: UnixMillis) -> Result<TextCounts, StoreError> {
        let mut tx = self.read("counting texts").await?;
        let mut counts = TextCounts::default();
        for sql in TEXTS {
            for mut row in tx.rows(sql, values![since]).await? {
                match row.number()? {
                    3 => {
                        counts.sent += 1;
                        counts.delivered += 1;
                    }
                    2 => counts.sent += 1,
                    1 => {
                        counts.sent += 1;
                        counts.failed += 1;
                    }
                    0 => counts.failed += 1,
                    _ => {}
                }
            }
        }
        Ok(counts)
    }

    async fn offers(&self) -> Result<OfferCounts, StoreError> {
        let mut tx = self.read("counting links that are out").await?;
        let mut counts = OfferCounts::default();
        for mut row in tx.rows(OFFERS, values![]).await? {
            match row.parsed("the state of a ticket", ticket::state_from) {
                Ok(State::Offered { .. }) => counts.waiting += 1,
                Ok(State::Revealed { .. }) => counts.shown += 1,
                // Others have no link any more, and one that cannot be read is told where it is opened.
                Ok(
                    State::Requested { .. }
                    | State::Sealed { .. }
                    | State::Issuing { .. }
                    | State::Applied { .. }
                    | State::Sending { .. }
                    | State::Sent { .. }
                    | State::Done { .. }
                    | State::Asked
                    | State::Technician { .. }
                    | State::Filed
                    | State::Observed
                    | State::Coalesced { .. }
                    | State::Waiting { .. }
                    | State::Closed { .. }
                    | State::Merged { .. }
                    | State::Held,
                )
                | Err(_) => {}
            }
        }
        Ok(counts)
    }
}
