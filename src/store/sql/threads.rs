//! The place of a mail among the tickets: it joins the one it belongs to, is kept with the flood it is
//! part of, or makes its own, which may name another one.

use std::collections::{BTreeSet, HashMap};

use super::SqlStore;
use super::acts;
use super::dialect::Dialect;
use super::floods;
use super::ticket;
use super::tx::Tx;
use super::value::{Row, list, values};
use crate::mail::Trust;
use crate::store::{Arrival, StoreError, Thread};
use crate::ticket::{Kind, TicketId};
use crate::types::{EmailAddress, Link, NamedBy, TicketNumber};

/// A ticket that a mail belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Joined {
    pub(super) id: TicketId,
    pub(super) number: TicketNumber,
}

/// [`Thread`], with the store's name for the tickets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Own(Option<Link>),
    Joins(Joined),
    Flood(Option<Joined>),
}

/// Tickets of kept mails with these Message-IDs, and whether they are the answering person's. A
/// Message-ID is its sender's choice, and thousands of mails may have the same: each ticket counts once,
/// the own ones come first, and only so many are looked at.
pub(super) const BY_MAIL: &str = "SELECT m.message_id, t.id, t.year, t.running,
         CAST(CASE WHEN t.sender = $2 THEN 1 ELSE 0 END AS BIGINT)
     FROM mail m JOIN ticket t ON t.id = m.ticket
     WHERE m.message_id IN (SELECT value FROM json_each($1)) AND m.message_id <> ''
     GROUP BY m.message_id, t.id, t.year, t.running, t.sender
     ORDER BY CASE WHEN t.sender = $2 THEN 0 ELSE 1 END, MAX(m.id) DESC LIMIT 200";
/// Tickets of our own mails with these Message-IDs, and whether they went to the answering person.
pub(super) const BY_MESSAGE: &str = "SELECT o.message_id, t.id, t.year, t.running,
         CAST(CASE WHEN o.addressee = $2 THEN 1 ELSE 0 END AS BIGINT)
     FROM message o JOIN ticket t ON t.id = o.ticket
     WHERE o.message_id IN (SELECT value FROM json_each($1)) AND o.channel = 'mail'";
pub(super) const BY_TAG: &str = "SELECT '', t.id, t.year, t.running,
         CAST(CASE WHEN t.sender = $3 THEN 1 ELSE 0 END AS BIGINT)
     FROM ticket t WHERE t.year = $1 AND t.running = $2";
/// The trust of the first mail of each of these tickets. Asked for once a ticket and not for each mail
/// that names it: it looks at all of the ticket's mails.
pub(super) const TRUST: &str = "SELECT f.ticket, f.trust FROM mail f WHERE f.id IN
         (SELECT MIN(m.id) FROM mail m WHERE m.duplicate_of = 0
             AND m.ticket IN (SELECT CAST(value AS BIGINT) FROM json_each($1)) GROUP BY m.ticket)";

/// The place of a mail. A machine's mail joins nothing and names nothing: an out-of-office answer to our
/// own mail must not reopen a ticket or answer a question. It is filed under a number of its own.
pub(super) async fn place<DB: Dialect>(tx: &mut Tx<DB>, arrival: &Arrival<'_>) -> Result<Place, StoreError> {
    if floods::is_part(tx, arrival).await? {
        return Ok(Place::Flood(floods::ticket(tx, arrival).await?));
    }
    match arrival.kind {
        Kind::Automatic | Kind::Quarantine => Ok(Place::Own(None)),
        Kind::Password | Kind::General => {
            let named = named(tx, arrival).await?;
            let needs = needs(tx, &named).await?;
            Ok(match among(&named, &needs, arrival.trust) {
                Place::Joins(joined) => Place::Joins(acts::follow(tx, joined).await?),
                place @ (Place::Own(_) | Place::Flood(_)) => place,
            })
        }
    }
}

/// A ticket that a mail names.
struct Named {
    message_id: String,
    joined: Joined,
    by: NamedBy,
    /// It is the writer's: they requested it, or we wrote to them about it.
    own: bool,
}

/// Whose ticket it is, is for its requester's address and for whoever we wrote to about it. None of what
/// names a ticket proves the address: Message-IDs and numbers travel with forwarded mails. So a mail
/// whose sender is less sure than the ticket's own does not join it, or a forged one could speak there.
fn among(named: &[Named], needs: &HashMap<TicketId, Trust>, trust: Trust) -> Place {
    let joins = |n: &&Named| n.own && *needs.get(&n.joined.id).unwrap_or(&Trust::OwnDomain) <= trust;
    if let Some(own) = named.iter().find(joins) {
        return Place::Joins(own.joined);
    }
    let link = |n: &Named| Link { to: n.joined.number, by: n.by };
    let claimed = named.iter().map(link).find(|link| link.claims());
    Place::Own(claimed.or_else(|| named.first().map(link)))
}

/// The trust that it takes to join the writer's own tickets among these.
async fn needs<DB: Dialect>(
    tx: &mut Tx<DB>,
    named: &[Named],
) -> Result<HashMap<TicketId, Trust>, StoreError> {
    let own: BTreeSet<i64> = named.iter().filter(|named| named.own).map(|named| named.joined.id.0).collect();
    if own.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = tx.rows(TRUST, values![list(own)]).await?;
    let one =
        |mut row: Row| Ok((TicketId(row.number()?), row.parsed("the trust of a mail", Trust::from_code)?));
    rows.into_iter().map(one).collect()
}

/// Every ticket that the mail names: by what it answers, the newest answered mail first, then by the
/// number in its subject.
async fn named<DB: Dialect>(tx: &mut Tx<DB>, arrival: &Arrival<'_>) -> Result<Vec<Named>, StoreError> {
    let known = arrival.from.is_some();
    let sender = arrival.from.map_or("", EmailAddress::as_str);
    let mut found = Vec::new();
    if !arrival.answers.is_empty() {
        let ids = list(arrival.answers);
        for row in tx.rows(BY_MESSAGE, values![ids.clone(), sender]).await? {
            found.push(read(row, NamedBy::OurMail, known)?);
        }
        for row in tx.rows(BY_MAIL, values![ids, sender]).await? {
            found.push(read(row, NamedBy::TheirMail, known)?);
        }
        let answered = |named: &Named| arrival.answers.iter().position(|id| id.as_str() == named.message_id);
        found.sort_by_cached_key(answered);
    }
    if let Some(tag) = arrival.tag
        && let Some(row) = tx.row(BY_TAG, values![tag.year(), tag.running(), sender]).await?
    {
        found.push(read(row, NamedBy::Tag, known)?);
    }
    Ok(found)
}

/// `known` is false when the mail has no single writer: nothing is theirs then.
fn read(mut row: Row, by: NamedBy, known: bool) -> Result<Named, StoreError> {
    let message_id = row.text()?;
    let id = TicketId(row.number()?);
    let joined = Joined { id, number: ticket::number(&mut row)? };
    let own = row.yes()? && known;
    let by = if own && by == NamedBy::TheirMail { NamedBy::OwnMail } else { by };
    Ok(Named { message_id, joined, by, own })
}

impl<DB: Dialect> SqlStore<DB> {
    pub(super) async fn find_thread(&self, arrival: &Arrival<'_>) -> Result<Thread, StoreError> {
        let mut tx = self.read("looking for the ticket of a mail").await?;
        Ok(match place(&mut tx, arrival).await? {
            Place::Own(link) => Thread::Own(link),
            Place::Joins(joined) => Thread::Joins(joined.number),
            Place::Flood(joined) => Thread::Flood(joined.map(|joined| joined.number)),
        })
    }
}
