//! One move of a claimed ticket. A move is one conditional update that must hit its row, with
//! everything that it means in the same transaction; or nothing.

use super::ceiling::{self, Against};
use super::dialect::Dialect;
use super::tx::{Failure, Tx};
use super::value::values;
use super::{NEVER, SqlStore, acts, audit, frozen, intake, intents, joins, limits, messages, switch, ticket};
use crate::store::{
    Addressee, AuditEntry, Committed, Enough, MessageKind, NewMessage, SealedChange, Started, Step,
    StoreError,
};
use crate::ticket::{Fate, Standing, State, TicketId};
use crate::types::{AccountId, EmailAddress, Reason, TicketNumber, UnixMillis, Username};

/// How often a commit is tried when another ticket of the account comes and goes meanwhile.
const TRIES: usize = 3;

/// The row that a step may move.
struct Row {
    account: String,
    settled_at: UnixMillis,
    replied: bool,
    /// Who wrote its first mail.
    sender: Option<EmailAddress>,
}

impl<DB: Dialect> SqlStore<DB> {
    pub(super) async fn commit_step(
        &self,
        id: TicketId,
        fence: i64,
        from: &State,
        step: Step,
    ) -> Result<Committed, StoreError> {
        for _ in 0..TRIES {
            match self.try_step(id, fence, from, &step).await {
                Ok(committed) => return Ok(committed),
                // Another ticket of the account became live in this very moment: the next look
                // finds it.
                Err(Failure::Taken) => {}
                Err(Failure::Store(error)) => return Err(error),
            }
        }
        Err(StoreError::Unavailable("moving a ticket: its account is busy; try again".to_owned()))
    }

    async fn try_step(
        &self,
        id: TicketId,
        fence: i64,
        from: &State,
        step: &Step,
    ) -> Result<Committed, Failure> {
        let mut tx = self.write("moving a ticket").await?;
        if let Some(enough) = asked_enough(&mut tx, step).await? {
            return Ok(Committed::AskedEnough(enough));
        }
        match ceiling::against(&mut tx, step).await? {
            Against::Nothing => {}
            Against::Limit => return Ok(Committed::OverLimit),
            Against::Texts(cap) => {
                ceiling::put_off(&mut tx, id, fence, cap, &self.mail_domain, step.now).await?;
                tx.commit().await?;
                return Ok(Committed::TextsUsedUp);
            }
        }
        let before = ticket::state_text(from)?;
        let sql = "SELECT account, settled_at, replied, sender FROM ticket
             WHERE id = $1 AND fence = $2 AND state = $3 FOR UPDATE";
        let Some(mut row) = tx.row(sql, values![id, fence, before.as_str()]).await? else {
            return Ok(Committed::Lost);
        };
        let row = Row {
            account: row.text()?,
            settled_at: row.time()?,
            replied: row.yes()?,
            sender: row.parsed_or_none("an address", |from| EmailAddress::parse(from).ok())?,
        };
        if step.state.live()
            && let Some(number) = busy_with(&mut tx, id, account(&row, step)).await?
        {
            return Ok(Committed::AccountBusy(number));
        }
        if !update(&mut tx, id, fence, &before, from, &row, step).await? {
            return Ok(Committed::Lost);
        }
        if !by_people(&mut tx, id, from, step).await? {
            return Ok(Committed::Lost);
        }
        if !intents::change(&mut tx, id, &step.intent).await? {
            // The same commit again, after an answer that was lost: it has happened already.
            return Ok(Committed::Lost);
        }
        self.note(&mut tx, id, from, step).await?;
        if let Some(sender) = row.sender.as_ref().filter(|_| step.audit.iter().any(AuditEntry::by_a_person)) {
            limits::a_person_acted(&mut tx, sender, step.now).await?;
        }
        if row.replied && is_over(step.state.standing()) {
            joins::late_reply(&mut tx, id, step.now).await?;
        }
        tx.commit().await?;
        if !matches!(step.sealed, SealedChange::Keep) {
            self.tidy.something_was_erased();
        }
        Ok(Committed::Done)
    }

    /// Writes what the step means beside the ticket itself.
    async fn note(&self, tx: &mut Tx<DB>, id: TicketId, from: &State, step: &Step) -> Result<(), StoreError> {
        change_sealed(tx, id, &step.sealed).await?;
        if let Some(started) = &step.started {
            count(tx, id, started, step.now).await?;
        }
        ceiling::give_back(tx, id, from, &step.state).await?;
        if let Some(freeze) = &step.freeze {
            frozen::freeze(tx, id, freeze, step.now).await?;
        }
        let paused = match &step.pause {
            Some(pause) => switch::pause(tx, pause).await?,
            None => &[],
        };
        for message in step.messages.iter().chain(paused) {
            messages::queue(tx, id, message, &self.mail_domain, step.now).await?;
        }
        for entry in &step.audit {
            audit::write(tx, id, entry, step.now).await?;
        }
        Ok(())
    }
}

/// Ends the act that the step carries out, and puts tickets together. `false`: it must not be.
async fn by_people<DB: Dialect>(
    tx: &mut Tx<DB>,
    id: TicketId,
    from: &State,
    step: &Step,
) -> Result<bool, StoreError> {
    if let Some(act) = step.act
        && !acts::carry_out(tx, id, act, step.now).await?
    {
        return Ok(false);
    }
    if *from == step.state {
        return Ok(true);
    }
    if let State::Merged { into } = step.state {
        return acts::merge(tx, id, into, step).await;
    }
    if let State::Merged { .. } = from {
        acts::part(tx, id, step).await?;
    }
    Ok(true)
}

/// Why the step's question may not be asked of its addressee now, if so. Whoever writes one is alone with those who
/// acknowledge mails. The turn comes before the ticket, as where mails are kept.
async fn asked_enough<DB: Dialect>(tx: &mut Tx<DB>, step: &Step) -> Result<Option<Enough>, StoreError> {
    // Whoever of the desk asks knows what they do.
    if step.act.is_some() {
        return Ok(None);
    }
    let question = |message: &&NewMessage| message.kind == MessageKind::AskForDetails;
    let Some(NewMessage { to: Addressee::Mail(to), .. }) = step.messages.iter().find(question) else {
        return Ok(None);
    };
    intake::take_turn(tx).await?;
    limits::enough(tx, to, MessageKind::AskForDetails, step.now).await
}

fn account<'a>(row: &'a Row, step: &'a Step) -> &'a str {
    step.account.as_ref().map_or(row.account.as_str(), |(id, _)| id.as_str())
}

/// Will nobody look at it any more?
fn is_over(standing: Standing) -> bool {
    match standing {
        Standing::Resolved | Standing::Closed => true,
        Standing::New | Standing::Working | Standing::Open | Standing::Pending => false,
    }
}

/// The account's other live ticket (I7). The unique index `ticket_live_account` has the last word.
async fn busy_with<DB: Dialect>(
    tx: &mut Tx<DB>,
    id: TicketId,
    account: &str,
) -> Result<Option<TicketNumber>, StoreError> {
    let sql = "SELECT year, running FROM ticket
         WHERE account = $1 AND live = 1 AND account <> '' AND id <> $2";
    let row = tx.row(sql, values![account, id]).await?;
    row.map(|mut row| ticket::number(&mut row)).transpose()
}

/// The whole move. What was over and is not any more waits from now on.
const UPDATE: &str = "UPDATE ticket SET state = $4, standing = $5, live = $6,
         outcome = CASE WHEN $7 = '' THEN outcome ELSE $7 END,
         reason = CASE WHEN $8 = '' THEN reason ELSE $8 END,
         account = $9,
         username = CASE WHEN $10 = '' THEN username ELSE $10 END,
         trail = CASE WHEN $11 = '' THEN trail ELSE $11 END,
         observed = CASE WHEN $12 = 1 THEN 1 ELSE observed END,
         asked = CASE WHEN $13 = 1 THEN 1 ELSE asked END,
         pickup_hash = CASE WHEN $14 = '' THEN pickup_hash ELSE $14 END,
         pickup_browser = CASE WHEN $22 = '' THEN pickup_browser ELSE $22 END,
         phone_hash = CASE WHEN $15 = 1 THEN $16 ELSE phone_hash END,
         merged_into = CASE WHEN $17 = '' THEN merged_into ELSE $17 END,
         settled_at = $18,
         due_at = CASE WHEN $20 = 1 AND woken = 1 AND due_at < $19 THEN due_at ELSE $19 END,
         woken = CASE WHEN $20 = 1 THEN 0 ELSE woken END,
         replied = CASE WHEN $6 = 1 THEN replied ELSE 0 END,
         urgent = CASE WHEN $21 = 1 THEN 1 ELSE urgent END,
         owes_text = $23,
         waits_since = CASE WHEN standing IN ('resolved', 'closed') AND $5 NOT IN ('resolved', 'closed')
             THEN $24 ELSE waits_since END,
         handled = CASE WHEN $25 = 1 THEN 1 ELSE handled END,
         named = CASE WHEN $26 = '' THEN named ELSE $26 END,
         freeze_lifted_at = CASE WHEN $27 = 0 THEN freeze_lifted_at ELSE CAST($27 AS BIGINT) END,
         set_aside = CASE WHEN $28 = 0 THEN set_aside ELSE $29 END,
         version = version + CASE WHEN state <> $4 OR $8 <> '' AND reason <> $8 OR account <> $9
             OR $11 <> '' AND trail <> $11 OR $21 = 1 AND urgent = 0 THEN 1 ELSE 0 END,
         lease_owner = CASE WHEN $20 = 1 THEN '' ELSE lease_owner END,
         lease_until = CASE WHEN $20 = 1 THEN 0 ELSE lease_until END
     WHERE id = $1 AND fence = $2 AND state = $3 RETURNING id";

async fn update<DB: Dialect>(
    tx: &mut Tx<DB>,
    id: TicketId,
    fence: i64,
    before: &str,
    from: &State,
    row: &Row,
    step: &Step,
) -> Result<bool, Failure> {
    let started = step.started.as_ref();
    let trail = step.trail.as_ref().map(|trail| ticket::json(trail, "the trail of a ticket")).transpose()?;
    let values = values![
        id,
        fence,
        before,
        ticket::state_text(&step.state)?,
        step.state.standing().code(),
        step.state.live(),
        step.outcome.map_or("", Fate::code),
        step.reason.map_or("", Reason::code),
        account(row, step),
        step.account.as_ref().map_or("", |(_, username): &(AccountId, Username)| username.as_str()),
        trail.unwrap_or_default(),
        step.observed,
        step.asked,
        step.pickup_hash.as_deref().unwrap_or_default(),
        started.is_some(),
        started.map_or("", |started| started.phone_hash.as_str()),
        ticket::merged_into(&step.state),
        ticket::settled_at(Some((from.standing(), row.settled_at)), &step.state, step.now),
        step.due_at.unwrap_or(NEVER),
        step.release,
        step.urgent,
        step.pickup_browser.as_deref().unwrap_or_default(),
        step.state.owes_text(),
        step.now,
        step.audit.iter().any(AuditEntry::by_staff),
        step.named.as_ref().map_or("", Username::as_str),
        step.freeze_lifted_at.unwrap_or_default(),
        step.set_aside.is_some(),
        ticket::reasons_text(step.set_aside.as_deref().unwrap_or_default()),
    ];
    tx.hits_unless_taken(UPDATE, values).await
}

async fn change_sealed<DB: Dialect>(
    tx: &mut Tx<DB>,
    id: TicketId,
    change: &SealedChange,
) -> Result<(), StoreError> {
    match change {
        SealedChange::Keep => Ok(()),
        SealedChange::Erase => tx.run("DELETE FROM sealed WHERE ticket = $1", values![id]).await,
        SealedChange::Put(sealed) => {
            let sql = "INSERT INTO sealed (ticket, key_id, nonce, ciphertext, expires_at)
                 VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (ticket) DO UPDATE SET key_id = excluded.key_id, nonce = excluded.nonce,
                     ciphertext = excluded.ciphertext, expires_at = excluded.expires_at";
            let values = values![
                id,
                sealed.key_id.as_str(),
                sealed.nonce.as_str(),
                sealed.ciphertext.as_str(),
                sealed.expires_at,
            ];
            tx.run(sql, values).await
        }
    }
}

async fn count<DB: Dialect>(
    tx: &mut Tx<DB>,
    id: TicketId,
    started: &Started,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO started (ticket, account, sender, phone_hash, unit, counts, mismatch, begun_at,
             texted_hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let values = values![
        id,
        started.account.as_str(),
        started.sender.as_str(),
        started.phone_hash.as_str(),
        started.unit.as_str(),
        started.counts,
        started.mismatch,
        now,
        started.texted_hash.as_str(),
    ];
    tx.run(sql, values).await
}
