//! Floods: whether a mail is one too many of its address, and the ticket in which such mails are kept.

use serde_json::json;

use super::dialect::Dialect;
use super::intake::told;
use super::threads::Joined;
use super::tx::Tx;
use super::value::values;
use super::{audit, ticket};
use crate::store::{Arrival, Incoming, NewTicket, StoreError};
use crate::ticket::{Kind, TicketId, flood};
use crate::types::{EmailAddress, UnixMillis, mask_phones};

/// The mail that makes the flood's limit, if there is one: the newest but so many.
pub(super) const AT_LIMIT: &str = "SELECT received_at FROM mail
     WHERE correspondent = $1 AND correspondent <> '' AND trust = $2 AND writer = $3 AND duplicate_of = 0
         AND received_at > $4 AND received_at <= $5
     ORDER BY received_at DESC LIMIT 1 OFFSET $6";
/// A flood's ticket lasts for an hour after its newest mail, and only while it stands as it began: what
/// somebody has closed gets no further mails.
pub(super) const CURRENT: &str =
    "SELECT t.id, t.year, t.running FROM flood f JOIN ticket t ON t.id = f.ticket
     WHERE f.sender = $1 AND f.trust = $2 AND f.writer = $3 AND f.observed = $4
         AND f.newest > $5 AND f.newest < $6 AND t.state = $7";

/// Who wrote a mail, as far as floods go: people's and machines' mails of one address are counted apart,
/// so that an out-of-office answer gone wild does not silence its owner. What cannot be read counts as
/// nobody's.
pub(super) fn writer(kind: Kind) -> &'static str {
    match kind {
        Kind::Password | Kind::General => "person",
        Kind::Automatic => "machine",
        Kind::Quarantine => "",
    }
}

/// As whose a mail counts. Mails without one writer are not one another's, and count as nobody's; those
/// that could not be read come from wherever, and count as their mailbox's. (The name of a mailbox is no
/// address, and no writer of a readable mail is ''.)
pub(super) fn counts_as(kind: Kind, from: Option<&EmailAddress>, mailbox: &str) -> String {
    match kind {
        Kind::Password | Kind::General | Kind::Automatic => {
            from.map(EmailAddress::correspondent).unwrap_or_default()
        }
        Kind::Quarantine => mailbox.to_owned(),
    }
}

fn of(arrival: &Arrival<'_>) -> String {
    counts_as(arrival.kind, arrival.from, arrival.mailbox)
}

/// Have [`flood::HANDLED`] mails of this address come within the hour before this one?
pub(super) async fn is_part<DB: Dialect>(tx: &mut Tx<DB>, arrival: &Arrival<'_>) -> Result<bool, StoreError> {
    let (of, at) = (of(arrival), arrival.received_at);
    if of.is_empty() {
        return Ok(false);
    }
    let since = at.minus(flood::SPAN);
    let values =
        values![of, arrival.trust.code(), writer(arrival.kind), since, at, flood::HANDLED.saturating_sub(1),];
    tx.hits(AT_LIMIT, values).await
}

/// The ticket of the flood that goes on.
pub(super) async fn ticket<DB: Dialect>(
    tx: &mut Tx<DB>,
    arrival: &Arrival<'_>,
) -> Result<Option<Joined>, StoreError> {
    let at = arrival.received_at;
    let values = values![
        of(arrival),
        arrival.trust.code(),
        writer(arrival.kind),
        arrival.observed,
        at.minus(flood::SPAN),
        at.plus(flood::SPAN),
        ticket::state_text(&flood::begin(arrival.kind, arrival.observed).to)?,
    ];
    let Some(mut row) = tx.row(CURRENT, values).await? else { return Ok(None) };
    let id = TicketId(row.number()?);
    Ok(Some(Joined { id, number: ticket::number(&mut row)? }))
}

/// Makes of `mail` the first mail of a flood's ticket: whatever it asks for, nothing is started for it
/// and nobody is answered.
pub(super) fn first(mail: &mut Incoming) -> String {
    let new = &mail.ticket;
    let begin = flood::begin(new.kind, new.observed);
    let kind = match new.kind {
        Kind::Automatic => Kind::Automatic,
        Kind::Password | Kind::General => Kind::General,
        Kind::Quarantine => Kind::Quarantine,
    };
    let what = match new.kind {
        Kind::Automatic | Kind::Password | Kind::General => flood::subject(mail.from.as_ref()),
        Kind::Quarantine => flood::unreadable(&mail.mailbox),
    };
    mail.ticket = NewTicket {
        kind,
        state: begin.to,
        outcome: begin.outcome,
        reason: begin.reason,
        trail: flood::trail(&what),
        observed: new.observed,
        year: new.year,
        acknowledge: None,
    };
    mask_phones(&what)
}

/// `mail` was kept in the flood's ticket: the flood goes on from here.
pub(super) async fn goes_on<DB: Dialect>(
    tx: &mut Tx<DB>,
    arrival: &Arrival<'_>,
    joined: Joined,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO flood (sender, trust, writer, observed, ticket, newest)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (sender, trust, writer, observed)
             DO UPDATE SET ticket = excluded.ticket, newest = excluded.newest";
    let values = values![
        of(arrival),
        arrival.trust.code(),
        writer(arrival.kind),
        arrival.observed,
        joined.id,
        arrival.received_at,
    ];
    tx.run(sql, values).await?;
    let entry = told("mail.collapsed", &json!({ "number": joined.number }));
    audit::write(tx, joined.id, &entry, now).await
}
