//! Which ticket a mail joins, and what its coming changes there.

use serde_json::json;

use super::SqlStore;
use super::dialect::Dialect;
use super::intake::told;
use super::tx::Tx;
use super::value::{Row, corrupt, list, values};
use super::{NEVER, audit, ticket};
use crate::mail::Trust;
use crate::store::StoreError;
use crate::ticket::{Effect, Event, Fate, Move, Standing, State, TicketId};
use crate::types::{Check, CheckResult, EmailAddress, MessageId, Reason, TicketNumber, Trail, UnixMillis};

/// A ticket that a mail belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Joined {
    pub(super) id: TicketId,
    pub(super) number: TicketNumber,
}

/// The trust of the ticket `t`'s first mail.
macro_rules! trust {
    () => {
        "coalesce((SELECT f.trust FROM mail f WHERE f.ticket = t.id AND f.duplicate_of = 0
             ORDER BY f.id LIMIT 1), 'own-domain')"
    };
}
/// Tickets of kept mails with these Message-IDs. A Message-ID is its sender's choice: of several mails
/// with the same one, the answering person's own comes first.
pub(super) const BY_MAIL: &str = concat!(
    "SELECT m.message_id, t.id, t.year, t.running, ",
    trust!(),
    " FROM mail m JOIN ticket t ON t.id = m.ticket
     WHERE m.message_id IN (SELECT value FROM json_each($1)) AND m.message_id <> ''
     ORDER BY CASE WHEN m.sender = $2 THEN 0 ELSE 1 END, m.id DESC"
);
/// Tickets of our own mails with these Message-IDs, when they went to the answering person. Those IDs
/// cannot be guessed: whoever names one has got the mail.
pub(super) const BY_MESSAGE: &str = "SELECT o.message_id, t.id, t.year, t.running, ''
     FROM message o JOIN ticket t ON t.id = o.ticket
     WHERE o.message_id IN (SELECT value FROM json_each($1)) AND o.channel = 'mail' AND o.addressee = $2";
pub(super) const BY_TAG: &str = concat!(
    "SELECT '', t.id, t.year, t.running, ",
    trust!(),
    " FROM ticket t WHERE t.year = $1 AND t.running = $2 AND t.sender = $3"
);

/// The ticket that a mail from `from` joins: by what it answers, the newest answered mail first; else
/// by the number in its subject, which anyone can write, so only for that ticket's requester. Message-IDs
/// and numbers are no secrets: a mail whose sender is less sure than the ticket's own joins by neither,
/// or a forged one could speak in somebody's ticket.
pub(super) async fn find<DB: Dialect>(
    tx: &mut Tx<DB>,
    answers: &[MessageId],
    tag: Option<TicketNumber>,
    from: Option<&EmailAddress>,
    trust: Trust,
) -> Result<Option<Joined>, StoreError> {
    let sender = from.map_or("", EmailAddress::as_str);
    if !answers.is_empty() {
        let ids = list(answers);
        let mut rows = Vec::new();
        if from.is_some() {
            rows.extend(tx.rows(BY_MESSAGE, values![ids.clone(), sender]).await?);
        }
        rows.extend(tx.rows(BY_MAIL, values![ids, sender]).await?);
        let found = rows.into_iter().map(named).collect::<Result<Vec<_>, _>>()?;
        for answered in answers {
            let fits = |named: &&Named| named.message_id == answered.as_str() && named.needs <= Some(trust);
            if let Some(named) = found.iter().find(fits) {
                return Ok(Some(named.joined));
            }
        }
    }
    let (Some(tag), Some(_)) = (tag, from) else { return Ok(None) };
    let row = tx.row(BY_TAG, values![tag.year(), tag.running(), sender]).await?;
    let found = row.map(named).transpose()?;
    Ok(found.filter(|named| named.needs <= Some(trust)).map(|named| named.joined))
}

/// A ticket that a mail names.
struct Named {
    message_id: String,
    joined: Joined,
    /// The trust that it takes to join it; `None`: any.
    needs: Option<Trust>,
}

fn named(mut row: Row) -> Result<Named, StoreError> {
    let message_id = row.text()?;
    let id = TicketId(row.number()?);
    let joined = Joined { id, number: ticket::number(&mut row)? };
    let needs = row.parsed_or_none("the trust of a mail", Trust::from_code)?;
    Ok(Named { message_id, joined, needs })
}

/// What a ticket is before a reply.
struct Before {
    state: State,
    standing: Standing,
    settled_at: UnixMillis,
    reason: Option<Reason>,
    trail: Trail,
}

/// A reply has come to the ticket.
///
/// Whoever is deciding on it just now has not read the reply. Where the ticket wants a decision
/// afterwards, it is therefore taken away from them: their commit is lost, and a new decision reads all
/// mails. Nothing outside is under way then, so nothing is interrupted.
///
/// A delivery goes on as it was. Its reply is remembered, and comes again when the delivery is over.
pub(super) async fn reply<DB: Dialect>(
    tx: &mut Tx<DB>,
    id: TicketId,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let before = lock(tx, id).await?;
    let moved = before.state.on(Event::Replied).map_err(|_| corrupt("a ticket that takes no reply"))?;
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
             replied = $11
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
    ];
    tx.run(sql, values).await?;
    if moved.to.next() == Effect::Decide {
        take_away(tx, id).await?;
    }
    audit::write(tx, id, &entry, now).await
}

/// A ticket that got a reply during its delivery is over now: the reply opens it, so that nobody's "it
/// was not me" is lost. Whoever works on it does not know it so; they have nothing left to do.
pub(super) async fn late_reply<DB: Dialect>(
    tx: &mut Tx<DB>,
    id: TicketId,
    now: UnixMillis,
) -> Result<(), StoreError> {
    reply(tx, id, now).await?;
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

impl<DB: Dialect> SqlStore<DB> {
    pub(super) async fn find_answered(
        &self,
        answers: &[MessageId],
        tag: Option<TicketNumber>,
        from: Option<&EmailAddress>,
        trust: Trust,
    ) -> Result<Option<TicketNumber>, StoreError> {
        let mut tx = self.read("looking for the ticket of an answer").await?;
        Ok(find(&mut tx, answers, tag, from, trust).await?.map(|joined| joined.number))
    }
}
