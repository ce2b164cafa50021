//! What the coming of a mail changes in the ticket that it joins.

use serde_json::json;

use super::dialect::Dialect;
use super::intake::told;
use super::tx::Tx;
use super::value::{corrupt, list, values};
use super::{NEVER, audit, ticket};
use crate::mail::Trust;
use crate::store::{Incoming, StoreError};
use crate::ticket::{Closing, Effect, Event, Fate, Move, Standing, State, TicketId};
use crate::types::{Check, CheckResult, Reason, Trail, UnixMillis};

/// What a ticket is before a reply.
struct Before {
    state: State,
    standing: Standing,
    settled_at: UnixMillis,
    reason: Option<Reason>,
    trail: Trail,
}

/// Who answers the notice of a change may not have asked for it: a technician looks at that first.
pub(super) const ANSWERS_A_NOTICE: &str = "SELECT id FROM message
     WHERE message_id IN (SELECT value FROM json_each($1)) AND ticket = $2 AND kind = 'owner-notice'";

/// The ticket with this number told this address of a change.
pub(super) const TOLD_OF_A_CHANGE: &str = "SELECT o.id FROM message o JOIN ticket t ON t.id = o.ticket
     WHERE o.addressee = $1 AND o.kind = 'owner-notice' AND o.channel = 'mail' AND t.year = $2 AND t.running = $3";

/// A mail has come to the ticket `id`. Does it answer the notice of a change, or does whoever got one write anew and
/// name the ticket by its number? Then it comes first, and nothing more: a mail proves nobody.
pub(super) async fn is_about_a_change<DB: Dialect>(
    tx: &mut Tx<DB>,
    id: TicketId,
    mail: &Incoming,
) -> Result<(), StoreError> {
    if answers_a_notice(tx, id, mail).await? || names_a_change(tx, mail).await? {
        let sql = "UPDATE ticket SET urgent = 1, version = version + 1 WHERE id = $1";
        tx.run(sql, values![id]).await?;
    }
    Ok(())
}

async fn answers_a_notice<DB: Dialect>(
    tx: &mut Tx<DB>,
    id: TicketId,
    mail: &Incoming,
) -> Result<bool, StoreError> {
    Ok(!mail.answers.is_empty() && tx.hits(ANSWERS_A_NOTICE, values![list(&mail.answers), id]).await?)
}

/// Is the mail of somebody else than the ticket's first one, or the word of an owner about a change?
pub(super) async fn is_of_another<DB: Dialect>(
    tx: &mut Tx<DB>,
    id: TicketId,
    mail: &Incoming,
) -> Result<bool, StoreError> {
    let sender = tx.one("SELECT sender FROM ticket WHERE id = $1", values![id]).await?.text()?;
    let same = mail.from.as_ref().is_some_and(|from| from.as_str() == sender);
    Ok(!same || answers_a_notice(tx, id, mail).await?)
}

/// Only when somebody vouches for the sender: else anybody could put mails first under the owner's name.
async fn names_a_change<DB: Dialect>(tx: &mut Tx<DB>, mail: &Incoming) -> Result<bool, StoreError> {
    let (Some(from), Some(tag)) = (&mail.from, mail.tag) else { return Ok(false) };
    // An answer to another mail carries the number in its subject by itself.
    if mail.trust < Trust::Vouched || !mail.answers.is_empty() {
        return Ok(false);
    }
    tx.hits(TOLD_OF_A_CHANGE, values![from.as_str(), tag.year(), tag.running()]).await
}

/// A reply has come to the ticket.
///
/// Whoever is deciding on it just now has not read the reply. Where the ticket wants a decision
/// afterwards, it is therefore taken away from them: their commit is lost, and a new decision reads all
/// mails. Nothing outside is under way then, so nothing is interrupted.
///
/// A delivery goes on as it was. Its reply is remembered, and comes again when the delivery is over.
///
/// What people decided about the mails that they had seen, and the account that they named for them, is not carried over
/// to one that they have not.
///
/// `false`: people have said that it is phishing, and nothing answers it.
pub(super) async fn reply<DB: Dialect>(
    tx: &mut Tx<DB>,
    id: TicketId,
    by_another: bool,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let before = lock(tx, id).await?;
    let moved = before
        .state
        .on(Event::Replied { by_another })
        .map_err(|_| corrupt("a ticket that takes no reply"))?;
    let entry = told(
        "ticket.replied",
        &json!({
            "from": before.state.name(),
            "to": moved.to.name(),
            "outcome": moved.outcome.map(Fate::code),
            "reason": moved.reason.map(Reason::code),
        }),
    );
    let due = ticket::due(&moved.to, now);
    let sql = "UPDATE ticket SET state = $2, standing = $3, live = $4,
             outcome = CASE WHEN $5 = '' THEN outcome ELSE $5 END,
             reason = CASE WHEN $6 = '' THEN reason ELSE $6 END,
             settled_at = $7, trail = $8,
             due_at = CASE WHEN $9 < $10 AND due_at < $9 THEN due_at ELSE $9 END,
             woken = CASE WHEN $9 < $10 THEN 1 ELSE woken END,
             replied = $11, version = version + 1, named = '', set_aside = '',
             waits_since = CASE WHEN standing IN ('pending', 'resolved', 'closed') THEN $12 ELSE waits_since END
         WHERE id = $1";
    let values = values![
        id,
        ticket::state_text(&moved.to)?,
        moved.to.standing().code(),
        moved.to.live(),
        moved.outcome.map_or("", Fate::code),
        moved.reason.map_or("", Reason::code),
        ticket::settled_at(Some((before.standing, before.settled_at)), &moved.to, now),
        ticket::json(&trail(&before, &moved), "the trail of a ticket")?,
        due,
        NEVER,
        moved.to.live(),
        now,
    ];
    tx.run(sql, values).await?;
    if moved.to.next() == Effect::Decide {
        take_away(tx, id).await?;
    }
    audit::write(tx, id, &entry, now).await?;
    Ok(!matches!(moved.to, State::Closed { how: Closing::Phishing, .. }))
}

/// A ticket that got a reply during its delivery is over now: the reply opens it, so that nobody's "it
/// was not me" is lost. Whoever works on it does not know it so; they have nothing left to do.
pub(super) async fn late_reply<DB: Dialect>(
    tx: &mut Tx<DB>,
    id: TicketId,
    now: UnixMillis,
) -> Result<(), StoreError> {
    // Nobody remembers who wrote it.
    reply(tx, id, true, now).await?;
    take_away(tx, id).await
}

async fn take_away<DB: Dialect>(tx: &mut Tx<DB>, id: TicketId) -> Result<(), StoreError> {
    let sql =
        "UPDATE ticket SET fence = fence + 1, lease_owner = '', lease_until = 0, woken = 0 WHERE id = $1";
    tx.run(sql, values![id]).await
}

async fn lock<DB: Dialect>(tx: &mut Tx<DB>, id: TicketId) -> Result<Before, StoreError> {
    let sql = "SELECT state, settled_at, reason, trail FROM ticket WHERE id = $1 FOR UPDATE";
    let mut row = tx.one(sql, values![id]).await?;
    let state = row.parsed("the state of a ticket", ticket::state_from)?;
    Ok(Before {
        standing: state.standing(),
        state,
        settled_at: row.time()?,
        reason: row.parsed_or_none("the reason of a ticket", |code| code.parse().ok())?,
        trail: row.parsed("the trail of a ticket", |json| serde_json::from_str(json).ok())?,
    })
}

/// Whoever takes over must know what became of the password.
fn trail(before: &Before, moved: &Move) -> Trail {
    let mut trail = before.trail.clone();
    if let State::Technician { password } = &moved.to
        && before.state != moved.to
    {
        let reason = moved.reason.or(before.reason).map_or("other", Reason::code);
        let words = format!("{reason}: a reply came; a technician takes over; {}", password.words());
        trail.add(Check::Outcome, CheckResult::Fail, words);
    }
    trail
}
