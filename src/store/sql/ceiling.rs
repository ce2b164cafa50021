//! Limits that are exact: who begins a delivery or a text takes a turn, and is counted together with everybody who
//! had it before. And what is taken back: a clock that was set back, and deliveries of which nothing left.

use super::dialect::Dialect;
use super::history::{self, DAY, Whose, texts};
use super::messages;
use super::ticket;
use super::tx::Tx;
use super::value::values;
use crate::store::{IntentChange, IntentKind, Step, StoreError, TextCap};
use crate::ticket::{State, TicketId};
use crate::types::UnixMillis;

pub(super) const TEXTS: &str = concat!("SELECT ", texts!("$1"));
/// It surely reached nobody: no text has left, or what left failed on its way, and no mail and no warning about its
/// link has. Then it counts for nothing; for its account alone (2) when the password was changed, or may have been,
/// or a pass issued: else it could be changed again and again.
pub(super) const NOTHING_LEFT: &str =
    "UPDATE started SET counts = CASE WHEN EXISTS (SELECT 1 FROM intent s
             WHERE s.ticket = $1 AND s.kind IN ('set', 'pass') AND s.outcome NOT IN ('not-sent', 'refused'))
         THEN 2 ELSE 0 END
     WHERE ticket = $1 AND counts = 1 AND NOT EXISTS (SELECT 1 FROM intent i
         WHERE i.ticket = $1 AND i.kind IN ('text', 'link') AND i.outcome NOT IN ('not-sent', 'refused')
             AND NOT EXISTS (SELECT 1 FROM receipt r
                 WHERE r.intent_key = i.intent_key AND r.intent_key <> '' AND r.receipt = 'failed')
             AND NOT EXISTS (SELECT 1 FROM receipt r
                 WHERE r.gateway = i.gateway AND r.intent_key = '' AND r.reference = i.detail
                     AND i.outcome = 'accepted' AND i.detail <> '' AND r.receipt = 'failed'
                     AND r.came_at >= i.begun_at - 86400000))
         AND NOT EXISTS (SELECT 1 FROM message m
             WHERE m.ticket = $1 AND (m.kind IN ('manager-link', 'manager-code', 'manager-notice', 'owner-warning')
                     AND (m.unclear > 0 OR m.begun_at > 0 AND m.outcome NOT IN ('not-sent', 'refused'))
                 OR m.kind = 'manager-notice' AND m.due_at < 9223372036854775807))";
/// What lies ahead was begun before the clock was set back: as long ago as that was, at most.
pub(super) const SET_BACK: [&str; 3] = [
    "UPDATE started SET begun_at = $1 WHERE begun_at > $1",
    "UPDATE intent SET counted_at = $1 WHERE kind IN ('text', 'link', 'warning') AND counted_at > $1",
    "UPDATE message SET counted_at = $1 WHERE channel = 'phone' AND counted_at > $1",
];

/// Waits until nobody else begins anything, and holds all others up until the end of the transaction. Comes
/// before any ticket is locked.
pub(super) async fn take_turn<DB: Dialect>(tx: &mut Tx<DB>) -> Result<(), StoreError> {
    tx.run("UPDATE turn SET taken = taken + 1 WHERE name = 'limits'", values![]).await
}

/// What stands against a step.
pub(super) enum Against<'s> {
    Nothing,
    Limit,
    /// The texts of the day.
    Texts(&'s TextCap),
}

/// Does a limit stand against what `step` begins?
pub(super) async fn against<'s, DB: Dialect>(
    tx: &mut Tx<DB>,
    step: &'s Step,
) -> Result<Against<'s>, StoreError> {
    let started = step.started.as_ref().filter(|started| started.counts);
    if let (Some(started), Some(limits)) = (started, &step.limits) {
        take_turn(tx).await?;
        let whose = Whose {
            account: &started.account,
            sender: &started.sender,
            phone_hash: &started.phone_hash,
            unit: &started.unit,
        };
        let history = history::read(tx, &whose, step.now).await?;
        if limits.are_reached(&history, !started.unit.is_empty(), started.texts, step.now) {
            return Ok(Against::Limit);
        }
        let links = history::links(tx, &started.texted_hash, step.now).await?;
        if !started.texted_hash.is_empty() && links >= limits.manager_hour {
            return Ok(Against::Limit);
        }
    }
    match &step.text_cap {
        Some(cap) if begins_a_text(step) => {
            take_turn(tx).await?;
            let used_up = are_used_up(tx, cap, step.now).await?;
            Ok(if used_up { Against::Texts(cap) } else { Against::Nothing })
        }
        Some(_) | None => Ok(Against::Nothing),
    }
}

fn begins_a_text(step: &Step) -> bool {
    let IntentChange::Begin(intent) = &step.intent else { return false };
    match intent.kind {
        IntentKind::Text | IntentKind::Link | IntentKind::Warning => true,
        IntentKind::Set | IntentKind::Pass | IntentKind::Scramble | IntentKind::Mail => false,
    }
}

/// Are the texts of the day used up? The caller has the turn.
pub(super) async fn are_used_up<DB: Dialect>(
    tx: &mut Tx<DB>,
    cap: &TextCap,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let texts = tx.one(TEXTS, values![now.minus(DAY)]).await?.count()?;
    Ok(texts >= cap.per_day)
}

/// The texts of the day are used up: people are told, and the ticket is given back.
pub(super) async fn put_off<DB: Dialect>(
    tx: &mut Tx<DB>,
    id: TicketId,
    fence: i64,
    cap: &TextCap,
    mail_domain: &str,
    now: UnixMillis,
) -> Result<(), StoreError> {
    for alarm in &cap.alarms {
        messages::queue(tx, id, alarm, mail_domain, now).await?;
    }
    let sql = "UPDATE ticket SET lease_owner = '', lease_until = 0, woken = 0,
             due_at = CASE WHEN woken = 1 AND due_at < $3 THEN due_at ELSE $3 END
         WHERE id = $1 AND fence = $2";
    tx.run(sql, values![id, fence, cap.again_at]).await
}

/// A delivery has ended with a technician: what of it left counts, and nothing else.
pub(super) async fn give_back<DB: Dialect>(
    tx: &mut Tx<DB>,
    id: TicketId,
    from: &State,
    to: &State,
) -> Result<(), StoreError> {
    if from.live() && matches!(to, State::Technician { .. }) {
        tx.run(NOTHING_LEFT, values![id]).await?;
    }
    Ok(())
}

/// The same when the last mail of a delivery did not leave, or came back, and a technician has its ticket already.
pub(super) async fn give_back_late<DB: Dialect>(tx: &mut Tx<DB>, id: TicketId) -> Result<(), StoreError> {
    let sql = "SELECT state FROM ticket WHERE id = $1";
    let Some(mut row) = tx.row(sql, values![id]).await? else { return Ok(()) };
    let state = row.parsed("the state of a ticket", ticket::state_from)?;
    if matches!(state, State::Technician { .. }) {
        tx.run(NOTHING_LEFT, values![id]).await?;
    }
    Ok(())
}
