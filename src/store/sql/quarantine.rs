//! Mails that could not be read: listed, and let out once a reader can read them.

use serde_json::json;
use sha2::{Digest, Sha256};

use super::SqlStore;
use super::dialect::Dialect;
use super::intake::{SAME_CONTENT, hashes, insert_ticket, kept_mail, say_link, signatures_text, take_turn};
use super::threads::{self, Joined, Place};
use super::tx::Tx;
use super::value::{Row, values};
use super::{acts, audit, bounces, claims, excerpts, floods, joins, ticket};
use crate::store::{
    AuditEntry, InQuarantine, Incoming, KeptMail, LetOut, MailId, Quarantined, Recorded, StoreError,
};
use crate::ticket::{Fate, Kind, State, TicketId};
use crate::types::{EmailAddress, Link, MessageId, Reason, TicketNumber, UnixMillis, mask_phones};

/// Each with its first mail, which is the one that could not be read. (The + keeps SQLite from walking
/// all tickets in the order of their numbers instead of the few of this kind.)
pub(super) const QUARANTINE: &str = concat!(
    "SELECT ",
    ticket::columns!(),
    ", CAST(length(m.raw) AS BIGINT), m.content_hash,
         coalesce((SELECT l.tries FROM ledger l WHERE l.mail = m.id AND l.mailbox = m.mailbox
             AND l.validity = m.validity AND l.uid = m.uid), 0)
     FROM ticket t JOIN mail m
         ON m.id = (SELECT MIN(f.id) FROM mail f WHERE f.ticket = t.id AND f.duplicate_of = 0)
     WHERE t.kind = 'quarantine' AND ($1 = 0 OR (t.year = $2 AND t.running = $1))
     ORDER BY +t.year, +t.running"
);
const FIRST: &str = "SELECT MIN(id) FROM mail WHERE ticket = $1 AND duplicate_of = 0";
/// Another mail than `$2` that could not be read and was kept in the same ticket.
const OTHERS: &str = "SELECT id FROM mail WHERE ticket = $1 AND duplicate_of = 0 AND id <> $2 LIMIT 1";
/// A mail that was kept whole without being read has the hash of its octets.
pub(super) const UNREAD_WHOLE: &str = "SELECT m.id FROM mail m JOIN ticket t ON t.id = m.ticket
     WHERE m.content_hash = $1 AND m.duplicate_of = 0 AND t.kind = 'quarantine'";
/// It or a copy of it in this mailbox, one without a place first.
pub(super) const COPY_HERE: &str = "SELECT m.id FROM mail m
     WHERE (m.id = $1 OR (m.duplicate_of = $1 AND m.duplicate_of > 0)) AND m.mailbox = $2
     ORDER BY EXISTS (SELECT 1 FROM place p WHERE p.mail = m.id AND p.mail > 0), m.id LIMIT 1";

impl<DB: Dialect> SqlStore<DB> {
    pub(super) async fn list_quarantine(
        &self,
        number: Option<TicketNumber>,
    ) -> Result<InQuarantine, StoreError> {
        let mut tx = self.read("listing the quarantine").await?;
        let (year, running) = number.map_or((0, 0), |number| (number.year(), number.running()));
        let mut listed = InQuarantine::default();
        for row in tx.rows(QUARANTINE, values![running, year]).await? {
            let number = claims::number(row.clone());
            match quarantined(row) {
                Ok(mail) => listed.mails.push(mail),
                Err(error) => listed.unreadable.push((number, error)),
            }
        }
        Ok(listed)
    }

    pub(super) async fn first_unread(&self, id: TicketId) -> Result<Option<KeptMail>, StoreError> {
        let mut tx = self.read("reading a mail in quarantine").await?;
        let sql = "SELECT m.received_at, m.mailbox, m.raw, m.signatures FROM mail m
             WHERE m.id = (SELECT MIN(f.id) FROM mail f WHERE f.ticket = $1 AND f.duplicate_of = 0)";
        tx.row(sql, values![id]).await?.map(kept_mail).transpose()
    }

    /// A mail of this mailbox that is kept whole and unread, by the hash of its octets.
    pub(super) async fn unread_with_hash(
        &self,
        mailbox: &str,
        octets: &[u8],
    ) -> Result<Option<MailId>, StoreError> {
        let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(octets));
        let mut tx = self.read("looking for a mail by its octets").await?;
        let Some(mut first) = tx.row(UNREAD_WHOLE, values![hash]).await? else { return Ok(None) };
        let copy = tx.row(COPY_HERE, values![first.number()?, mailbox]).await?;
        copy.map(|mut row| row.number().map(MailId)).transpose()
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
        let sql = "SELECT year, running, state FROM ticket WHERE id = $1 AND kind = $2 FOR UPDATE";
        let Some(mut row) = tx.row(sql, values![id, Kind::Quarantine.code()]).await? else {
            return Ok(LetOut::Gone);
        };
        let number = ticket::number(&mut row)?;
        let was = row.parsed("the state of a ticket", ticket::state_from)?;
        let first = tx.one(FIRST, values![id]).await?.number()?;
        bounces::own(&mut tx, &mut mail).await?;
        let recorded = self.settle(&mut tx, Joined { id, number }, first, &mut mail, now).await?;
        let sql = "SELECT state FROM ticket WHERE id = $1";
        let is = tx.one(sql, values![id]).await?.parsed("the state of a ticket", ticket::state_from)?;
        let data = json!({
            "number": number,
            "from": was.name(),
            "to": is.name(),
            "kind": mail.ticket.kind.code(),
            "joined": ticket_of(&recorded).map(|(_, number)| number).filter(|other| *other != number),
        });
        let event = "mail.let_out".to_owned();
        let entry = AuditEntry { actor: actor.to_owned(), event, data: data.to_string() };
        audit::write(&mut tx, id, &entry, now).await?;
        tx.commit().await?;
        Ok(LetOut::Recorded(recorded))
    }

    /// Does with the mail `first` of the ticket `own` what is done with a mail that has just come. Its
    /// ticket goes with it, unless others are kept there too.
    async fn settle(
        &self,
        tx: &mut Tx<DB>,
        own: Joined,
        first: i64,
        mail: &mut Incoming,
        now: UnixMillis,
    ) -> Result<Recorded, StoreError> {
        let from = Lain { own, first, alone: !tx.hits(OTHERS, values![own.id, first]).await? };
        let [hash, earlier] = hashes(mail);
        if let Some(mut row) = tx.row(SAME_CONTENT, values![hash, earlier]).await? {
            let original = row.number()?;
            let (id, number) = (TicketId(row.number()?), ticket::number(&mut row)?);
            if original != first {
                from.moves_to(tx, mail, Joined { id, number }, original, now).await?;
                return Ok(Recorded::Duplicate(id, number));
            }
        }
        if let Some(returned) = &mail.returned
            && let Some(kept_with) = bounces::came_back(tx, returned, now).await?
        {
            from.moves_to(tx, mail, kept_with, 0, now).await?;
            return Ok(Recorded::Joined(kept_with.id, kept_with.number));
        }
        let recorded = match threads::place(tx, &mail.arrival()).await? {
            Place::Joins(joined) => {
                let by_another = joins::is_of_another(tx, joined.id, mail).await?;
                joins::reply(tx, joined.id, by_another, now).await?;
                from.moves_to(tx, mail, joined, 0, now).await?;
                Recorded::Joined(joined.id, joined.number)
            }
            Place::Flood(Some(joined)) => {
                floods::first(mail);
                floods::goes_on(tx, &mail.arrival(), joined, now).await?;
                from.moves_to(tx, mail, joined, 0, now).await?;
                Recorded::Joined(joined.id, joined.number)
            }
            Place::Flood(None) => {
                mail.subject = floods::first(mail);
                let made = from.begins(tx, mail, None, now).await?;
                floods::goes_on(tx, &mail.arrival(), made, now).await?;
                Recorded::Made(made.id, made.number)
            }
            Place::Own(link) => {
                say_link(mail, link);
                let made = from.begins(tx, mail, link, now).await?;
                Recorded::Made(made.id, made.number)
            }
        };
        let in_ticket = ticket_of(&recorded).map_or(own.id, |(id, _)| id);
        self.acknowledge(tx, in_ticket, mail.ticket.acknowledge.take(), now).await?;
        Ok(recorded)
    }
}

/// Reads a row of [`QUARANTINE`].
fn quarantined(mut row: Row) -> Result<Quarantined, StoreError> {
    Ok(Quarantined {
        ticket: ticket::read(&mut row)?,
        octets: u64::try_from(row.number()?).unwrap_or_default(),
        content_hash: row.text()?,
        tries: row.count()?,
    })
}

/// Where a mail has lain that is let out.
struct Lain {
    own: Joined,
    first: i64,
    /// No other mail lies there.
    alone: bool,
}

impl Lain {
    /// The mail belongs to the ticket `to`, in which it repeats the mail `duplicate_of`, or none (0).
    async fn moves_to<DB: Dialect>(
        &self,
        tx: &mut Tx<DB>,
        mail: &Incoming,
        to: Joined,
        duplicate_of: i64,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        describe(tx, self.first, mail, to.id, duplicate_of).await?;
        if duplicate_of == 0 {
            excerpts::add(tx, to.id, self.first, mail).await?;
        }
        acts::changed(tx, to.id).await?;
        if self.alone {
            remake(tx, self.own.id, mail, &State::Coalesced { into: to.number }, None, now).await?;
        }
        Ok(())
    }

    /// The mail begins a ticket: its own one anew, or another one when that must stay for the others.
    async fn begins<DB: Dialect>(
        &self,
        tx: &mut Tx<DB>,
        mail: &Incoming,
        link: Option<Link>,
        now: UnixMillis,
    ) -> Result<Joined, StoreError> {
        if self.alone {
            describe(tx, self.first, mail, self.own.id, 0).await?;
            excerpts::anew(tx, self.own.id, self.first, mail).await?;
            remake(tx, self.own.id, mail, &mail.ticket.state, link, now).await?;
            return Ok(self.own);
        }
        let made = insert_ticket(tx, mail, &mail.subject, link, now).await?;
        describe(tx, self.first, mail, made.id, 0).await?;
        excerpts::add(tx, made.id, self.first, mail).await?;
        Ok(made)
    }
}

/// The ticket that the mail went to.
fn ticket_of(recorded: &Recorded) -> Option<(TicketId, TicketNumber)> {
    match recorded {
        Recorded::Made(id, number) | Recorded::Joined(id, number) | Recorded::Duplicate(id, number) => {
            Some((*id, *number))
        }
        Recorded::Known => None,
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
             subject = $6, sender = $7, trust = $8, writer = $9, signatures = $10, correspondent = $11
         WHERE id = $1";
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
        floods::counts_as(mail.ticket.kind, mail.from.as_ref(), &mail.mailbox),
    ];
    tx.run(sql, values).await
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
             due_at = $14, trail = $15, linked_to = $16, linked_by = $17, fence = fence + 1, lease_owner = '', lease_until = 0, woken = 0,
             version = version + 1
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
