//! The place of a mail among the tickets: it joins the one it belongs to, is kept with the flood it is
//! part of, or makes its own, which may name another one.

use super::SqlStore;
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

/// The trust of the ticket `t`'s first mail.
macro_rules! trust {
    () => {
        "coalesce((SELECT f.trust FROM mail f WHERE f.ticket = t.id AND f.duplicate_of = 0
             ORDER BY f.id LIMIT 1), 'own-domain')"
    };
}
/// Tickets of kept mails with these Message-IDs, and whether they are the answering person's. A
/// Message-ID is its sender's choice: the own tickets come first, and of a mail with thousands of
/// namesakes only so many are looked at.
pub(super) const BY_MAIL: &str = concat!(
    "SELECT m.message_id, t.id, t.year, t.running, ",
    trust!(),
    ", CAST(CASE WHEN t.sender = $2 THEN 1 ELSE 0 END AS BIGINT)
     FROM mail m JOIN ticket t ON t.id = m.ticket
     WHERE m.message_id IN (SELECT value FROM json_each($1)) AND m.message_id <> ''
     ORDER BY CASE WHEN t.sender = $2 THEN 0 ELSE 1 END, m.id DESC LIMIT 200"
);
/// Tickets of our own mails with these Message-IDs, and whether they went to the answering person.
pub(super) const BY_MESSAGE: &str = concat!(
    "SELECT o.message_id, t.id, t.year, t.running, ",
    trust!(),
    ", CAST(CASE WHEN o.addressee = $2 THEN 1 ELSE 0 END AS BIGINT)
     FROM message o JOIN ticket t ON t.id = o.ticket
     WHERE o.message_id IN (SELECT value FROM json_each($1)) AND o.channel = 'mail'"
);
pub(super) const BY_TAG: &str = concat!(
    "SELECT '', t.id, t.year, t.running, ",
    trust!(),
    ", CAST(CASE WHEN t.sender = $3 THEN 1 ELSE 0 END AS BIGINT)
     FROM ticket t WHERE t.year = $1 AND t.running = $2"
);

/// The place of a mail. A machine's mail joins nothing and names nothing: an out-of-office answer to our
/// own mail must not reopen a ticket or answer a question. It is filed under a number of its own.
pub(super) async fn place<DB: Dialect>(tx: &mut Tx<DB>, arrival: &Arrival<'_>) -> Result<Place, StoreError> {
    match arrival.kind {
        Kind::Quarantine => return Ok(Place::Own(None)),
        Kind::Automatic | Kind::Password | Kind::General => {}
    }
    if floods::is_part(tx, arrival).await? {
        return Ok(Place::Flood(floods::ticket(tx, arrival).await?));
    }
    match arrival.kind {
        Kind::Automatic | Kind::Quarantine => Ok(Place::Own(None)),
        Kind::Password | Kind::General => Ok(among(&named(tx, arrival).await?, arrival.trust)),
    }
}

/// A ticket that a mail names.
struct Named {
    message_id: String,
    joined: Joined,
    by: NamedBy,
    /// The trust that it takes to join it.
    needs: Trust,
    /// It is the writer's: they requested it, or we wrote to them about it.
    own: bool,
}

/// Whose ticket it is, is for its requester's address and for whoever we wrote to about it. None of what
/// names a ticket proves the address: Message-IDs and numbers travel with forwarded mails. So a mail
/// whose sender is less sure than the ticket's own does not join it, or a forged one could speak there.
fn among(named: &[Named], trust: Trust) -> Place {
    if let Some(own) = named.iter().find(|n| n.own && n.needs <= trust) {
        return Place::Joins(own.joined);
    }
    let link = |n: &Named| Link { to: n.joined.number, by: n.by };
    let claimed = named.iter().map(link).find(|link| link.claims());
    Place::Own(claimed.or_else(|| named.first().map(link)))
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
    let needs = row.parsed("the trust of a mail", Trust::from_code)?;
    let own = row.yes()? && known;
    let by = if own && by == NamedBy::TheirMail { NamedBy::OwnMail } else { by };
    Ok(Named { message_id, joined, by, needs, own })
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
