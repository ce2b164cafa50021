//! A ticket as a row, both ways.

use super::NEVER;
use super::dialect::Dialect;
use super::tx::Tx;
use super::value::{Row, corrupt, values};
use crate::store::{Incoming, StoreError};
use crate::ticket::{Effect, Fate, Kind, Standing, State, Ticket, TicketId};
use crate::types::{
    AccountId, EmailAddress, Link, MessageId, NamedBy, Reason, TicketNumber, UnixMillis, Username,
};

/// The columns that [`read`] reads, in its order, of a table named `t`.
macro_rules! columns {
    () => {
        "t.id, t.year, t.running, t.kind, t.state, t.outcome, t.reason, t.account, t.username, t.mailbox, \
         t.message_id, t.subject, t.sender, t.received_at, t.settled_at, t.assignee, t.merged_into, \
         t.linked_to, t.linked_by, \
         t.observed, t.asked, t.urgent, t.trail, t.pickup_browser, t.version, t.named, t.freeze_lifted_at, \
         t.set_aside"
    };
}
pub(super) use columns;

/// Reads the ticket at the beginning of `row`.
pub(super) fn read(row: &mut Row) -> Result<Ticket, StoreError> {
    Ok(Ticket {
        id: TicketId(row.number()?),
        number: number(row)?,
        kind: row.parsed("the kind of a ticket", Kind::from_code)?,
        state: row.parsed("the state of a ticket", state_from)?,
        outcome: row.parsed_or_none("the outcome of a ticket", Fate::from_code)?,
        reason: row.parsed_or_none("the reason of a ticket", |code| code.parse::<Reason>().ok())?,
        account: Some(row.text()?).filter(|id| !id.is_empty()).map(AccountId::new),
        username: row.parsed_or_none("a username", |name| Username::parse(name).ok())?,
        mailbox: row.text()?,
        message_id: row.parsed_or_none("a Message-ID", |id| MessageId::parse(id).ok())?,
        subject: row.text()?,
        from: row.parsed_or_none("an address", |from| EmailAddress::parse(from).ok())?,
        received_at: row.time()?,
        settled_at: row.time_or_none()?,
        assignee: row.text()?,
        merged_into: row.parsed_or_none("a ticket's number", |text| TicketNumber::parse(text).ok())?,
        link: link(row)?,
        observed: row.yes()?,
        asked_before: row.yes()?,
        urgent: row.yes()?,
        trail: row.parsed("the trail of a ticket", |json| serde_json::from_str(json).ok())?,
        pickup_browser: row.text()?,
        version: row.number()?,
        named: row.parsed_or_none("a username", |name| Username::parse(name).ok())?,
        freeze_lifted_at: row.time_or_none()?,
        set_aside: reasons(&row.text()?),
    })
}

/// Reasons as their column holds them.
pub(super) fn reasons_text(reasons: &[Reason]) -> String {
    reasons.iter().map(|reason| reason.code()).collect::<Vec<_>>().join(",")
}

/// A word that is not known sets nothing aside.
fn reasons(text: &str) -> Vec<Reason> {
    text.split(',').filter_map(|code| code.parse().ok()).collect()
}

/// Reads the columns `linked_to, linked_by`.
fn link(row: &mut Row) -> Result<Option<Link>, StoreError> {
    let to = row.parsed_or_none("a ticket's number", |text| TicketNumber::parse(text).ok())?;
    let by = row.parsed_or_none("how a ticket is named", NamedBy::from_code)?;
    Ok(to.zip(by).map(|(to, by)| Link { to, by }))
}

/// Reads the columns `year, running`.
pub(super) fn number(row: &mut Row) -> Result<TicketNumber, StoreError> {
    let year = row.number()?;
    Ok(TicketNumber::new(year, row.count()?))
}

/// A state as its column holds it. The same state always gives the same text: commits compare it.
pub(super) fn state_text(state: &State) -> Result<String, StoreError> {
    json(state, "the state of a ticket")
}

pub(super) fn state_from(text: &str) -> Option<State> {
    serde_json::from_str(text).ok()
}

pub(super) fn json(value: &impl serde::Serialize, what: &str) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| corrupt(what))
}

/// The number that a merged ticket was merged into, else nothing.
pub(super) fn merged_into(state: &State) -> String {
    if let State::Coalesced { into } | State::Merged { into } = state {
        into.to_string()
    } else {
        String::new()
    }
}

/// When a ticket that has just come into `state` is due.
pub(super) fn due(state: &State, now: UnixMillis) -> UnixMillis {
    if state.next() == Effect::Rest { NEVER } else { now }
}

/// When the machine was done, after a move from `before` to `state`; 0 while it works. A ticket that
/// stands as it stood keeps its time.
pub(super) fn settled_at(
    before: Option<(Standing, UnixMillis)>,
    state: &State,
    now: UnixMillis,
) -> UnixMillis {
    let standing = state.standing();
    match before {
        _ if !standing.settled() => UnixMillis(0),
        Some((same, at)) if same == standing && at.0 != 0 => at,
        Some(_) | None => now,
    }
}

/// Makes the ticket that `mail` asks for under this subject, with the next number of its year. The number is part of this
/// transaction: without a commit it is given again.
pub(super) async fn make<DB: Dialect>(
    tx: &mut Tx<DB>,
    mail: &Incoming,
    subject: &str,
    link: Option<Link>,
    now: UnixMillis,
) -> Result<(TicketId, TicketNumber), StoreError> {
    let new = &mail.ticket;
    // As in the number itself, which has two digits of the year.
    let year = new.year.rem_euclid(100);
    let next = "INSERT INTO counter (year, last) VALUES ($1, 1)
         ON CONFLICT (year) DO UPDATE SET last = counter.last + 1 RETURNING last";
    let running = tx.one(next, values![year]).await?.count()?;
    let sql = "INSERT INTO ticket (year, running, kind, state, standing, live, outcome, reason, account,
             username, mailbox, message_id, subject, sender, received_at, settled_at, assignee, merged_into,
             observed, asked, phone_hash, pickup_hash, due_at, woken, replied, fence,
             lease_owner, lease_until, trail, linked_to, linked_by, waits_since)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', '', $9, $10, $11, $12, $13, $14, '', $15, $16, 0, '', '',
             $17, 0, 0, 0, '', 0, $18, $19, $20, $21) RETURNING id";
    let values = values![
        year,
        running,
        new.kind.code(),
        state_text(&new.state)?,
        new.state.standing().code(),
        new.state.live(),
        new.outcome.map_or("", Fate::code),
        new.reason.map_or("", Reason::code),
        mail.mailbox.as_str(),
        mail.message_id.as_ref().map_or("", MessageId::as_str),
        subject,
        mail.from.as_ref().map_or("", EmailAddress::as_str),
        mail.received_at,
        settled_at(None, &new.state, now),
        merged_into(&new.state),
        new.observed,
        due(&new.state, now),
        json(&new.trail, "the trail of a ticket")?,
        link.map_or_else(String::new, |link| link.to.to_string()),
        link.map_or("", |link| link.by.code()),
        // A server's clock may go ahead of ours.
        mail.received_at.min(now),
    ];
    let id = TicketId(tx.one(sql, values).await?.number()?);
    Ok((id, TicketNumber::new(year, running)))
}
