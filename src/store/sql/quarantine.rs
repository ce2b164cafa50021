//! Mails that could not be read: listed, and let out once a reader can read them.

use serde_json::json;

use super::SqlStore;
use super::dialect::Dialect;
use super::intake::{SAME_CONTENT, hashes, say_link, signatures_text, take_turn};
use super::threads::{self, Joined, Place};
use super::tx::Tx;
use super::value::values;
use super::{audit, bounces, floods, joins, ticket};
use crate::store::{AuditEntry, Incoming, LetOut, Quarantined, Recorded, StoreError};
use crate::ticket::{Fate, Kind, State, TicketId};
use crate::types::{EmailAddress, Link, MessageId, Reason, TicketNumber, UnixMillis, mask_phones};

/// Each with its first mail, which is the one that could not be read.
const QUARANTINE: &str = concat!(
    "SELECT ",
    ticket::columns!(),
    ", CAST(length(m.raw) AS BIGINT), m.content_hash,
         coalesce((SELECT l.tries FROM ledger l WHERE l.mail = m.id AND l.mailbox = m.mailbox
             AND l.validity = m.validity AND l.uid = m.uid), 0)
     FROM ticket t JOIN mail m ON m.id = (SELECT MIN(f.id) FROM mail f WHERE f.ticket = t.id)
     WHERE t.kind = $1 AND ($2 = 0 OR (t.year = $3 AND t.running = $2))
     ORDER BY t.year, t.running"
);

impl<DB: Dialect> SqlStore<DB> {
    pub(super) async fn list_quarantine(
        &self,
        number: Option<TicketNumber>,
    ) -> Result<Vec<Quarantined>, StoreError> {
        let mut tx = self.read("listing the quarantine").await?;
        let (year, running) = number.map_or((0, 0), |number| (number.year(), number.running()));
        let rows = tx.rows(QUARANTINE, values![Kind::Quarantine.code(), running, year]).await?;
        let one = |mut row| {
            Ok(Quarantined {
                ticket: ticket::read(&mut row)?,
                octets: u64::try_from(row.number()?).unwrap_or_default(),
                content_hash: row.text()?,
                tries: row.count()?,
            })
        };
        rows.into_iter().map(one).collect()
    }

    pub(super) async fn leave_quarantine(
        &self,
        id: TicketId,
        mut mail: Incoming,
        actor: &str,
        now: UnixMillis,
    ) -> Result<LetOut, StoreError> {
        mail.subject = mask_phones(&mail.subject);
        let mut tx = self.write("letting a mail out of quarantine").await?;
        // As for mails that come: nobody keeps the same content meanwhile.
        take_turn(&mut tx).await?;
        let sql = "SELECT year, running FROM ticket WHERE id = $1 AND kind = $2 FOR UPDATE";
        let Some(mut row) = tx.row(sql, values![id, Kind::Quarantine.code()]).await? else {
            return Ok(LetOut::Gone);
        };
        let number = ticket::number(&mut row)?;
        let first = tx.one("SELECT MIN(id) FROM mail WHERE ticket = $1", values![id]).await?.number()?;
        bounces::own(&mut tx, &mut mail).await?;
        let recorded = self.settle(&mut tx, Joined { id, number }, first, &mut mail, now).await?;
        let data = json!({
            "number": number,
            "kind": mail.ticket.kind.code(),
            "joined": recorded_elsewhere(&recorded).map(|(_, number)| number),
        });
        let event = "mail.let_out".to_owned();
        let entry = AuditEntry { actor: actor.to_owned(), event, data: data.to_string() };
        audit::write(&mut tx, id, &entry, now).await?;
        tx.commit().await?;
        Ok(LetOut::Recorded(recorded))
    }

    /// Does with the mail `first` of the ticket `own` what is done with a mail that has just come.
    async fn settle(
        &self,
        tx: &mut Tx<DB>,
        own: Joined,
        first: i64,
        mail: &mut Incoming,
        now: UnixMillis,
    ) -> Result<Recorded, StoreError> {
        let [hash, earlier] = hashes(mail);
        if let Some(mut row) = tx.row(SAME_CONTENT, values![hash, earlier]).await? {
            let original = row.number()?;
            let (id, number) = (TicketId(row.number()?), ticket::number(&mut row)?);
            if original != first {
                describe(tx, first, mail, id, original).await?;
                merge(tx, own.id, mail, number, now).await?;
                return Ok(Recorded::Duplicate(id, number));
            }
        }
        if let Some(returned) = &mail.returned
            && let Some(kept_with) = bounces::came_back(tx, returned, now).await?
        {
            describe(tx, first, mail, kept_with.id, 0).await?;
            merge(tx, own.id, mail, kept_with.number, now).await?;
            return Ok(Recorded::Joined(kept_with.id, kept_with.number));
        }
        let made = Recorded::Made(own.id, own.number);
        let recorded = match threads::place(tx, &mail.arrival()).await? {
            Place::Joins(joined) => {
                joins::reply(tx, joined.id, now).await?;
                describe(tx, first, mail, joined.id, 0).await?;
                merge(tx, own.id, mail, joined.number, now).await?;
                Recorded::Joined(joined.id, joined.number)
            }
            Place::Flood(Some(joined)) => {
                floods::first(mail);
                floods::goes_on(tx, &mail.arrival(), joined, now).await?;
                describe(tx, first, mail, joined.id, 0).await?;
                merge(tx, own.id, mail, joined.number, now).await?;
                Recorded::Joined(joined.id, joined.number)
            }
            Place::Flood(None) => {
                mail.subject = floods::first(mail);
                floods::goes_on(tx, &mail.arrival(), own, now).await?;
                describe(tx, first, mail, own.id, 0).await?;
                remake(tx, own.id, mail, &mail.ticket.state, None, now).await?;
                made
            }
            Place::Own(link) => {
                say_link(mail, link);
                describe(tx, first, mail, own.id, 0).await?;
                remake(tx, own.id, mail, &mail.ticket.state, link, now).await?;
                made
            }
        };
        let in_ticket = recorded_elsewhere(&recorded).map_or(own.id, |(id, _)| id);
        self.acknowledge(tx, in_ticket, mail.ticket.acknowledge.take(), now).await?;
        Ok(recorded)
    }
}

/// The ticket of others that the mail went to.
fn recorded_elsewhere(recorded: &Recorded) -> Option<(TicketId, TicketNumber)> {
    match recorded {
        Recorded::Joined(id, number) | Recorded::Duplicate(id, number) => Some((*id, *number)),
        Recorded::Made(..) | Recorded::Known => None,
    }
}

/// What is now known of the mail `id`, and where it belongs.
async fn describe<DB: Dialect>(
    tx: &mut Tx<DB>,
    id: i64,
    mail: &Incoming,
    ticket: TicketId,
    duplicate_of: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE mail SET ticket = $2, duplicate_of = $3, content_hash = $4, message_id = $5,
             subject = $6, sender = $7, trust = $8, writer = $9, signatures = $10 WHERE id = $1";
    let values = values![
        id,
        ticket,
        duplicate_of,
        mail.content_hash.as_str(),
        mail.message_id.as_ref().map_or("", MessageId::as_str),
        mail.subject.as_str(),
        mail.from.as_ref().map_or("", EmailAddress::as_str),
        mail.trust.code(),
        floods::writer(mail.ticket.kind),
        signatures_text(mail.signatures.as_ref()),
    ];
    tx.run(sql, values).await
}

/// The mail belongs to the ticket with this number.
async fn merge<DB: Dialect>(
    tx: &mut Tx<DB>,
    id: TicketId,
    mail: &Incoming,
    into: TicketNumber,
    now: UnixMillis,
) -> Result<(), StoreError> {
    remake(tx, id, mail, &State::Coalesced { into }, None, now).await
}

/// The ticket begins anew, in `state`. Whoever works on it has nothing left to do.
async fn remake<DB: Dialect>(
    tx: &mut Tx<DB>,
    id: TicketId,
    mail: &Incoming,
    state: &State,
    link: Option<Link>,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let merged = matches!(state, State::Coalesced { .. });
    let outcome = if merged { Some(Fate::Merged) } else { mail.ticket.outcome };
    let reason = if merged { None } else { mail.ticket.reason };
    let sql = "UPDATE ticket SET kind = $2, state = $3, standing = $4, live = $5, outcome = $6, reason = $7,
             message_id = $8, subject = $9, sender = $10, settled_at = $11, merged_into = $12, observed = $13,
             due_at = $14, trail = $15, linked_to = $16, linked_by = $17, fence = fence + 1, lease_owner = '', lease_until = 0, woken = 0
         WHERE id = $1";
    let values = values![
        id,
        mail.ticket.kind.code(),
        ticket::state_text(state)?,
        state.standing().code(),
        state.live(),
        outcome.map_or("", Fate::code),
        reason.map_or("", Reason::code),
        mail.message_id.as_ref().map_or("", MessageId::as_str),
        mail.subject.as_str(),
        mail.from.as_ref().map_or("", EmailAddress::as_str),
        ticket::settled_at(None, state, now),
        ticket::merged_into(state),
        mail.ticket.observed,
        ticket::due(state, now),
        ticket::json(&mail.ticket.trail, "the trail of a ticket")?,
        link.map_or_else(String::new, |link| link.to.to_string()),
        link.map_or("", |link| link.by.code()),
    ];
    tx.run(sql, values).await
}
