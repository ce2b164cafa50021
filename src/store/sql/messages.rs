//! Words that leave beside passwords: queued in the transaction of what they tell, sent later, at
//! least once, always under the same Message-ID.

use std::time::Duration;

use data_encoding::HEXLOWER;
use rand::Rng;
use serde_json::json;

use super::dialect::Dialect;
use super::history::DAY;
use super::intake::told;
use super::tx::Tx;
use super::value::{Row, corrupt, list, values};
use super::{NEVER, SqlStore, audit, ceiling, ticket};
use crate::store::{
    Addressee, Begun, Channel, MessageClaim, MessageKind, NewMessage, StoreError, TextCap, TextSent,
    TextSoFar,
};
use crate::ticket::TicketId;
use crate::types::{AccountId, EmailAddress, MessageId, Outcome, UnixMillis};

const MAIL: &str = Channel::Mail.code();
const PHONE: &str = Channel::Phone.code();

pub(super) const DUE: &str =
    "SELECT o.id, o.fence, o.ticket, t.year, t.running, o.kind, o.channel, o.addressee, o.words,
         o.message_id, o.created_at, o.tries, o.unclear, o.begun_at, o.outcome,
         o.gateway, o.outcome, o.ended_at, o.detail, o.failed_by, o.returned_status, o.returned, t.subject,
         coalesce((SELECT m.message_id FROM mail m
             WHERE m.ticket = o.ticket AND m.duplicate_of = 0 AND m.writer <> 'machine'
                 AND m.message_id <> ''
             ORDER BY m.received_at DESC, m.id DESC LIMIT 1), '')
     FROM message o JOIN ticket t ON t.id = o.ticket
     WHERE o.id IN (SELECT CAST(value AS BIGINT) FROM json_each($1)) ORDER BY o.due_at, o.id";
pub(super) const LOCK_DUE: &str = "SELECT id FROM message
     WHERE due_at < 9223372036854775807 AND due_at <= $1 AND (lease_owner = '' OR lease_until <= $2)
         AND channel = $4
     ORDER BY due_at, id LIMIT $3 FOR UPDATE SKIP LOCKED";

/// The same alarm, word by word, written within the day.
pub(super) const SAID: &str = "SELECT id FROM message
     WHERE correspondent = $1 AND kind = 'alarm' AND created_at > $3 AND created_at < $4 AND words = $2";
/// What has left, or may have: also when a later try surely did not, and while a call lasts.
pub(super) const LEFT: &str =
    "SELECT coalesce(max(CASE WHEN outcome = '' THEN begun_at ELSE ended_at END), 0) FROM message
     WHERE ticket = $1 AND kind = $2 AND begun_at > 0 AND returned <> 'failed'
         AND (outcome IN ('', 'accepted', 'uncertain') OR unclear > 0)";
/// What lies further ahead was written under a clock that was wrong by then.
const AHEAD: Duration = Duration::from_secs(60 * 60);

/// Queues a message of `ticket`, due at once. An alarm is not repeated within a day.
pub(super) async fn queue<DB: Dialect>(
    tx: &mut Tx<DB>,
    ticket: TicketId,
    message: &NewMessage,
    mail_domain: &str,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let (channel, addressee, correspondent) = match &message.to {
        Addressee::Mail(address) => (MAIL, address.as_str(), address.correspondent()),
        Addressee::Phone(account) => (PHONE, account.as_str(), String::new()),
    };
    if message.kind == MessageKind::Alarm {
        let (day, ahead) = (now.minus(DAY), now.plus(AHEAD));
        if tx.hits(SAID, values![correspondent.as_str(), message.values.as_str(), day, ahead]).await? {
            return Ok(());
        }
    }
    let sql = "INSERT INTO message (ticket, kind, channel, addressee, words, message_id, created_at, due_at,
             tries, unclear, begun_at, outcome, detail, ended_at, fence, lease_owner, lease_until,
             correspondent)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 0, 0, 0, '', '', 0, 0, '', 0, $8)";
    let values = values![
        ticket,
        message.kind.code(),
        channel,
        addressee,
        message.values.as_str(),
        new_message_id(mail_domain),
        now,
        correspondent,
    ];
    tx.run(sql, values).await
}

/// 128 random bits: whoever answers to it has got the mail.
fn new_message_id(mail_domain: &str) -> String {
    let mut local = [0_u8; 16];
    rand::rng().fill_bytes(&mut local);
    format!("{}@{mail_domain}", HEXLOWER.encode(&local))
}

impl<DB: Dialect> SqlStore<DB> {
    pub(super) async fn claim_due_messages(
        &self,
        channel: Channel,
        owner: &str,
        lease: Duration,
        limit: u32,
        now: UnixMillis,
    ) -> Result<Vec<MessageClaim>, StoreError> {
        let mut tx = self.write("claiming messages").await?;
        let clock = tx.clock().await?;
        let locked = tx.rows(LOCK_DUE, values![now, clock, limit, channel.code()]).await?;
        if locked.is_empty() {
            return Ok(Vec::new());
        }
        let ids = locked.into_iter().map(|mut row| row.number()).collect::<Result<Vec<_>, _>>()?;
        let ids = list(ids);
        let sql = "UPDATE message SET fence = fence + 1, lease_owner = $2, lease_until = $3
             WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each($1))";
        tx.run(sql, values![ids.clone(), owner, clock.plus(lease)]).await?;
        let rows = tx.rows(DUE, values![ids]).await?;
        tx.commit().await?;
        Ok(rows.into_iter().filter_map(readable).collect())
    }

    pub(super) async fn when_left(
        &self,
        ticket: TicketId,
        kind: MessageKind,
    ) -> Result<Option<UnixMillis>, StoreError> {
        let mut tx = self.read("looking for a message").await?;
        let left = tx.one(LEFT, values![ticket, kind.code()]).await?.time()?;
        Ok(Some(left).filter(|left| left.0 > 0))
    }

    pub(super) async fn intend_message(
        &self,
        id: i64,
        fence: i64,
        cap: &TextCap,
        now: UnixMillis,
    ) -> Result<Begun, StoreError> {
        let mut tx = self.write("beginning a message").await?;
        let sql = "SELECT ticket, channel, tries, outcome FROM message WHERE id = $1 AND fence = $2 AND due_at < $3";
        let Some(mut row) = tx.row(sql, values![id, fence, NEVER]).await? else { return Ok(Begun::Lost) };
        let (ticket, channel) = (TicketId(row.number()?), row.text()?);
        let never_ended = row.number()? > 0 && row.text()?.is_empty();
        if channel == PHONE {
            ceiling::take_turn(&mut tx).await?;
            if ceiling::are_used_up(&mut tx, cap, now).await? {
                for alarm in &cap.alarms {
                    queue(&mut tx, ticket, alarm, &self.mail_domain, now).await?;
                }
                let sql = "UPDATE message SET due_at = $3, lease_owner = '', lease_until = 0
                     WHERE id = $1 AND fence = $2";
                tx.run(sql, values![id, fence, cap.again_at]).await?;
                tx.commit().await?;
                return Ok(Begun::TextsUsedUp);
            }
        }
        // One that was taken before has not arrived, and has left all the same; and one that was begun and never
        // ended may have, whoever stopped the program meanwhile.
        let sql = "UPDATE message SET tries = tries + 1, begun_at = $3, outcome = '', detail = '',
                 unclear = unclear + CASE WHEN outcome = 'accepted' OR tries > 0 AND outcome = '' THEN 1 ELSE 0 END,
                 counted_at = CASE WHEN channel = 'phone' THEN CAST($3 AS BIGINT) ELSE 0 END
             WHERE id = $1 AND fence = $2 AND due_at < $4 RETURNING kind, tries";
        let Some(mut row) = tx.row(sql, values![id, fence, now, NEVER]).await? else {
            return Ok(Begun::Lost);
        };
        if never_ended {
            let data = json!({ "key": key(id), "detail": "the program was stopped during the call" });
            audit::write(&mut tx, ticket, &told(&format!("{}.uncertain", call(&channel)), &data), now)
                .await?;
        }
        let event = format!("{}.intended", call(&channel));
        let data = json!({ "key": key(id), "message": row.text()?, "try": row.number()? });
        audit::write(&mut tx, ticket, &told(&event, &data), now).await?;
        tx.commit().await?;
        Ok(Begun::Yes)
    }

    pub(super) async fn finish_message(
        &self,
        id: i64,
        fence: i64,
        outcome: &Outcome,
        again_at: Option<UnixMillis>,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let mut tx = self.write("ending a message").await?;
        end(&mut tx, id, fence, outcome, again_at, now).await?;
        tx.commit().await
    }

    pub(super) async fn finish_text(
        &self,
        id: i64,
        fence: i64,
        sent: &TextSent,
        again_at: Option<UnixMillis>,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let mut tx = self.write("ending a text").await?;
        // After a try that surely did not leave the one before is still the last one.
        let sql = "UPDATE message SET failed_by = $5,
                 gateway = CASE WHEN $3 = '' THEN gateway ELSE $3 END,
                 sent_key = CASE WHEN $3 = '' THEN sent_key ELSE $4 END
             WHERE id = $1 AND fence = $2";
        let values = values![id, fence, sent.gateway.as_str(), sent.key.as_str(), list(&sent.failed_by)];
        tx.run(sql, values).await?;
        end(&mut tx, id, fence, &sent.outcome, again_at, now).await?;
        tx.commit().await
    }

    pub(super) async fn give_message_back(
        &self,
        id: i64,
        fence: i64,
        again_at: Option<UnixMillis>,
    ) -> Result<(), StoreError> {
        let mut tx = self.write("giving a message back").await?;
        let sql = "UPDATE message SET due_at = $3, lease_owner = '', lease_until = 0
             WHERE id = $1 AND fence = $2";
        tx.run(sql, values![id, fence, again_at.unwrap_or(NEVER)]).await?;
        tx.commit().await
    }
}

/// Nothing when somebody else has it by now.
async fn end<DB: Dialect>(
    tx: &mut Tx<DB>,
    id: i64,
    fence: i64,
    outcome: &Outcome,
    again_at: Option<UnixMillis>,
    now: UnixMillis,
) -> Result<(), StoreError> {
    // One that has come back meanwhile is due for that.
    let sql = "UPDATE message SET outcome = $3, detail = $4, ended_at = $5,
             due_at = CASE WHEN returned = 'failed' THEN due_at ELSE $6 END,
             unclear = unclear + CASE WHEN $3 = 'uncertain' THEN 1 ELSE 0 END,
             lease_owner = '', lease_until = 0
         WHERE id = $1 AND fence = $2 RETURNING ticket, channel";
    let due_at = again_at.unwrap_or(NEVER);
    let values = values![id, fence, outcome.code(), outcome.detail(), now, due_at];
    let Some(mut row) = tx.row(sql, values).await? else { return Ok(()) };
    let ticket = TicketId(row.number()?);
    let event = format!("{}.{}", call(&row.text()?), outcome.code());
    let data = json!({ "key": key(id), "detail": outcome.detail() });
    audit::write(tx, ticket, &told(&event, &data), now).await?;
    match (outcome, again_at) {
        (Outcome::Refused { .. } | Outcome::NotSent { .. }, None) => {
            ceiling::give_back_late(tx, ticket).await
        }
        (Outcome::Refused { .. } | Outcome::NotSent { .. }, Some(_))
        | (Outcome::Accepted { .. } | Outcome::Uncertain { .. }, _) => Ok(()),
    }
}

/// The call in the audit log's words.
fn call(channel: &str) -> &'static str {
    if channel == PHONE { "warning" } else { "mail" }
}

fn key(id: i64) -> String {
    format!("m{id}")
}

/// The message that is sent under `key`, if one can be: `m7-1f2e3d4c`.
pub(super) fn id_in(key: &str) -> Option<i64> {
    let (id, _number) = key.strip_prefix('m')?.split_once('-')?;
    id.parse().ok()
}

/// A message that cannot be read keeps its lease, and neither fails the others nor stands before them.
fn readable(row: Row) -> Option<MessageClaim> {
    let id = row.first_number().unwrap_or_default();
    claim(row)
        .inspect_err(|error| {
            tracing::error!("the message {} cannot be sent: {error}; it waits, the others go on", key(id));
        })
        .ok()
}

/// Was it begun without an end?
fn interrupted(row: &mut Row) -> Result<bool, StoreError> {
    let begun = row.number()? > 0;
    Ok(row.text()?.is_empty() && begun)
}

/// The code under which it came back, if it did; the code may be unknown.
fn returned(row: &mut Row) -> Result<Option<String>, StoreError> {
    let status = row.text()?;
    Ok((row.text()? == "failed").then_some(status))
}

/// Reads the columns `gateway, outcome, ended_at, detail, failed_by`.
fn text_so_far(row: &mut Row) -> Result<TextSoFar, StoreError> {
    let (gateway, outcome) = (row.text()?, row.text()?);
    let (at, reference) = (row.time()?, row.text()?);
    let taken = (outcome == "accepted").then_some((at, reference));
    let failed_by = row.parsed("gateways where a text failed", |json| serde_json::from_str(json).ok())?;
    Ok(TextSoFar { gateway, taken, failed_by })
}

fn claim(mut row: Row) -> Result<MessageClaim, StoreError> {
    let id = row.number()?;
    let fence = row.number()?;
    let ticket = TicketId(row.number()?);
    let number = ticket::number(&mut row)?;
    let kind = row.parsed("the kind of a message", MessageKind::from_code)?;
    let channel = row.text()?;
    let to = match channel.as_str() {
        MAIL => Addressee::Mail(row.parsed("an address", |text| EmailAddress::parse(text).ok())?),
        PHONE => Addressee::Phone(AccountId::new(row.text()?)),
        _ => return Err(corrupt("the channel of a message")),
    };
    Ok(MessageClaim {
        id,
        fence,
        ticket,
        number,
        message: NewMessage { kind, to, values: row.text()? },
        message_id: row.parsed("a Message-ID", |text| MessageId::parse(text).ok())?,
        created_at: row.time()?,
        tries: row.count()?,
        unclear: row.count()?,
        interrupted: interrupted(&mut row)?,
        text: text_so_far(&mut row)?,
        returned: returned(&mut row)?,
        subject: row.text()?,
        answers: row.parsed_or_none("a Message-ID", |text| MessageId::parse(text).ok())?,
    })
}
