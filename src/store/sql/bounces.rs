//! Our own mails that come back: as a delivery report, or as they are.
//!
//! A report is believed by the Message-ID it names: 128 random bits that only the addressee and the
//! servers on the way have seen. A forged one, by one of those, can at most make the message that they
//! got count as lost: its ticket says so, a question that was asked in it goes to a technician, and the
//! message is not sent again. It changes no password, stops none, opens no ticket that is over, and
//! nothing leaves because of it.

use serde_json::json;

use super::dialect::Dialect;
use super::intake::told;
use super::threads::Joined;
use super::tx::Tx;
use super::value::{Row, corrupt, list, values};
use super::{NEVER, SqlStore, audit, ceiling, ticket};
use crate::store::{Incoming, StoreError};
use crate::ticket::{Event, Fate, Kind, Plan, State, TicketId};
use crate::types::{Check, CheckResult, MessageId, Returned, ReturnedFate, TicketNumber, Trail, UnixMillis};

/// Mails of ours with these Message-IDs that have left, or may have.
pub(super) const SENT: &str = "SELECT o.message_id, o.id, o.kind, o.returned, t.id, t.year, t.running
     FROM message o JOIN ticket t ON t.id = o.ticket
     WHERE o.message_id IN (SELECT value FROM json_each($1)) AND o.channel = 'mail' AND o.begun_at > 0";

/// A mail of ours.
struct Sent {
    message_id: String,
    id: i64,
    kind: String,
    returned: Option<ReturnedFate>,
    ticket: TicketId,
    number: TicketNumber,
}

/// Keeps what a report tells of a mail of ours, and answers the ticket that it is kept with; that ticket
/// stays as it is. A failure is due as a message, so that whoever sends them says it in the ticket and
/// does what follows. `None` when it is about no mail of ours, or tells nothing new: such a report is
/// filed like any machine's mail, so that a ticket holds at most two for each of its messages.
pub(super) async fn came_back<DB: Dialect>(
    tx: &mut Tx<DB>,
    returned: &Returned,
    now: UnixMillis,
) -> Result<Option<Joined>, StoreError> {
    let Some(sent) = sent(tx, &returned.ids).await? else { return Ok(None) };
    if sent.returned >= Some(returned.fate) {
        return Ok(None);
    }
    // One that is delayed may still arrive: nothing changes.
    let sql = "UPDATE message SET returned = $2, returned_status = $3,
             due_at = CASE WHEN $2 = 'failed' THEN $4 ELSE due_at END
         WHERE id = $1";
    let status = returned.status.as_str();
    tx.run(sql, values![sent.id, returned.fate.code(), status, now]).await?;
    let event = match returned.fate {
        ReturnedFate::Failed => "mail.returned",
        ReturnedFate::Delayed => "mail.delayed",
    };
    let data = json!({ "key": format!("m{}", sent.id), "message": sent.kind, "status": status });
    audit::write(tx, sent.ticket, &told(event, &data), now).await?;
    Ok(Some(Joined { id: sent.ticket, number: sent.number }))
}

/// Turns a mail that a program brought back to us (From is the desk's, and the Message-ID is one of ours)
/// into one that is filed, whatever else it says: we wrote it. Answers its Message-ID when it is one.
///
/// From alone shows nothing: a technician writes from the desk's mailbox, and anybody can forge it. Such
/// a mail is a person's, and makes a ticket like any other; only, the desk never answers itself.
pub(super) async fn own<DB: Dialect>(
    tx: &mut Tx<DB>,
    mail: &mut Incoming,
) -> Result<Option<MessageId>, StoreError> {
    let Some(id) = mail.message_id.clone().filter(|_| mail.from_desk) else { return Ok(None) };
    if sent(tx, std::slice::from_ref(&id)).await?.is_none() {
        return Ok(None);
    }
    let new = &mut mail.ticket;
    let plan = if new.observed { Plan::Observe(Fate::Filed) } else { Plan::File };
    let filed = State::requested().on(Event::Decided { plan, reason: None });
    let mut trail = Trail::default();
    trail.add(Check::Reading, CheckResult::Pass, "automatic: a mail of our own came back to us; it is filed");
    new.state = filed.map_err(|_| corrupt("a ticket that cannot be filed"))?.to;
    new.kind = Kind::Automatic;
    new.outcome = Some(Fate::Filed);
    new.reason = None;
    new.trail = trail;
    new.acknowledge = None;
    Ok(Some(id))
}

/// The mail of ours that the first of these names.
async fn sent<DB: Dialect>(tx: &mut Tx<DB>, ids: &[MessageId]) -> Result<Option<Sent>, StoreError> {
    if ids.is_empty() {
        return Ok(None);
    }
    let rows = tx.rows(SENT, values![list(ids)]).await?;
    let found = rows.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let place = |sent: &Sent| ids.iter().position(|id| id.as_str() == sent.message_id);
    Ok(found.into_iter().min_by_key(place))
}

fn read(mut row: Row) -> Result<Sent, StoreError> {
    Ok(Sent {
        message_id: row.text()?,
        id: row.number()?,
        kind: row.text()?,
        returned: row.parsed_or_none("what became of a message", ReturnedFate::from_code)?,
        ticket: TicketId(row.number()?),
        number: ticket::number(&mut row)?,
    })
}

impl<DB: Dialect> SqlStore<DB> {
    /// See [`crate::store::Store::end_returned`].
    pub(super) async fn finish_returned(
        &self,
        id: i64,
        fence: i64,
        again_at: Option<UnixMillis>,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let mut tx = self.write("ending a message that came back").await?;
        let sql = "UPDATE message SET due_at = $3, lease_owner = '', lease_until = 0,
                 outcome = CASE WHEN $3 = $4 THEN 'refused' ELSE outcome END,
                 detail = CASE WHEN $3 = $4 THEN 'it came back: ' || returned_status ELSE detail END,
                 ended_at = CASE WHEN $3 = $4 THEN $5 ELSE ended_at END
             WHERE id = $1 AND fence = $2 RETURNING ticket";
        let ended = tx.row(sql, values![id, fence, again_at.unwrap_or(NEVER), NEVER, now]).await?;
        if let (Some(mut row), None) = (ended, again_at) {
            ceiling::give_back_late(&mut tx, TicketId(row.number()?)).await?;
        }
        tx.commit().await
    }
}
