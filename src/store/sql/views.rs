//! A ticket for its page: read at one moment, by indexes only, each list bounded.

use async_trait::async_trait;
use serde_json::json;

use super::dialect::Dialect;
use super::tx::Tx;
use super::value::{Row, corrupt, values};
use super::{NEVER, SqlStore, audit, intake, intents, receipts, ticket};
use crate::mail::Trust;
use crate::store::{
    AuditEntry, Call, Channel, IntentKind, MailHead, MailId, MailOctets, MessageKind, Related, RelatedHow,
    SentMessage, StoreError, StoredReceipt, TicketFile, ViewStore,
};
use crate::ticket::{Happened, Standing, TicketId};
use crate::types::{ReturnedFate, TicketNumber, UnixMillis, mask_phones};

/// So many of each are shown; who wants to know more asks the audit log, or the mailbox.
const MAILS: u32 = 100;
const MESSAGES: u32 = 100;
const CALLS: u32 = 100;
const ROWS: u32 = 200;
const RELATED: u32 = 50;

/// Looking at a ticket, in the audit log.
const LOOKED: &str = "ticket.viewed";
/// Looking for somebody in the directory.
const SOUGHT: &str = "directory.searched";

pub(super) const BY_NUMBER: &str =
    concat!("SELECT ", ticket::columns!(), " FROM ticket t WHERE t.year = $1 AND t.running = $2");
pub(super) const HEADS: &str =
    "SELECT m.id, t.year, t.running, m.received_at, m.sender, m.trust, m.subject, m.writer
     FROM mail m JOIN ticket t ON t.id = m.ticket
     WHERE m.duplicate_of = 0 AND m.ticket IN
         (SELECT CAST($1 AS BIGINT) UNION ALL SELECT g.id FROM ticket g WHERE g.merged_into = $2 AND g.merged_into <> ''
          UNION ALL SELECT k.id FROM ticket k WHERE k.kept = $1 AND k.kept > 0)
     ORDER BY m.received_at DESC, m.id DESC LIMIT $3";
pub(super) const OCTETS: &str = "SELECT m.mailbox, m.raw, m.signatures FROM mail m
     WHERE m.id = $1 AND length(m.raw) <= $3 AND m.ticket IN
         (SELECT CAST($2 AS BIGINT) UNION ALL SELECT g.id FROM ticket g WHERE g.merged_into = $4 AND g.merged_into <> ''
          UNION ALL SELECT k.id FROM ticket k WHERE k.kept = $2 AND k.kept > 0)";
pub(super) const SENT: &str =
    "SELECT o.kind, o.channel, o.addressee, o.created_at, o.begun_at, o.outcome, o.detail,
         o.ended_at, o.due_at, o.returned, o.returned_status,
         coalesce(
             (SELECT max(CAST(r.came_at AS TEXT) || ' ' || r.receipt) FROM receipt r
                 WHERE r.gateway = o.gateway AND r.intent_key = o.sent_key AND o.sent_key <> ''),
             (SELECT max(CAST(r.came_at AS TEXT) || ' ' || r.receipt) FROM receipt r
                 WHERE r.gateway = o.gateway AND r.intent_key = '' AND r.reference = o.detail
                     AND o.outcome = 'accepted' AND o.detail <> '' AND r.came_at >= o.begun_at - 86400000),
             '')
     FROM message o WHERE o.ticket = $1 ORDER BY o.id DESC LIMIT $2";
pub(super) const CALLED: &str = "SELECT i.kind, i.gateway, i.begun_at, i.outcome, i.detail,
         coalesce(
             (SELECT max(CAST(r.came_at AS TEXT) || ' ' || r.receipt) FROM receipt r
                 WHERE r.intent_key = i.intent_key AND r.intent_key <> ''),
             (SELECT max(CAST(r.came_at AS TEXT) || ' ' || r.receipt) FROM receipt r
                 WHERE r.gateway = i.gateway AND r.intent_key = '' AND r.reference = i.detail
                     AND i.outcome = 'accepted' AND i.detail <> '' AND r.came_at >= i.begun_at - 86400000),
             '')
     FROM intent i WHERE i.ticket = $1 ORDER BY i.id DESC LIMIT $2";
pub(super) const HAPPENED: &str = "SELECT written_at, actor, event, data FROM audit
     WHERE ticket = $1 AND ticket > 0 ORDER BY id DESC LIMIT $2";
pub(super) const RELATIVES: &str =
    "SELECT t.year, t.running, 'merged-here', t.subject, t.standing, t.id FROM ticket t
         WHERE t.merged_into = $1 AND t.merged_into <> ''
     UNION ALL
     SELECT t.year, t.running, 'names-this', t.subject, t.standing, t.id FROM ticket t
         WHERE t.linked_to = $1 AND t.linked_to <> ''
     UNION ALL
     SELECT t.year, t.running, 'merged-into', t.subject, t.standing, t.id FROM ticket t
         WHERE t.year = $2 AND t.running = $3
     UNION ALL
     SELECT t.year, t.running, 'named-by-this', t.subject, t.standing, t.id FROM ticket t
         WHERE t.year = $4 AND t.running = $5
     ORDER BY 6 DESC LIMIT $6";
pub(super) const LOOKS: &str = "SELECT id FROM audit
     WHERE ticket = $1 AND ticket > 0 AND actor = $2 AND event = 'ticket.viewed' AND written_at > $3 LIMIT 1";

#[async_trait]
impl<DB: Dialect> ViewStore for SqlStore<DB> {
    async fn ticket_file(&self, number: TicketNumber) -> Result<Option<TicketFile>, StoreError> {
        let mut tx = self.read("reading a ticket for its page").await?;
        let found = tx.row(BY_NUMBER, values![number.year(), number.running()]).await?;
        let Some(mut row) = found else { return Ok(None) };
        let ticket = ticket::read(&mut row)?;
        let (id, text) = (ticket.id, number.to_string());
        let mut mails = all(&mut tx, HEADS, values![id, text.as_str(), MAILS + 1], head).await?;
        let more_mails = cut(&mut mails, MAILS);
        let messages = all(&mut tx, SENT, values![id, MESSAGES], sent).await?;
        let calls = all(&mut tx, CALLED, values![id, CALLS], called).await?;
        let mut history = all(&mut tx, HAPPENED, values![id, ROWS + 1], happened).await?;
        let more_history = cut(&mut history, ROWS);
        let (into, named) = (ticket.merged_into, ticket.link.map(|link| link.to));
        let whole = |number: Option<TicketNumber>| number.map_or((-1, 0), |n| (n.year(), n.running()));
        let ((a, b), (c, d)) = (whole(into), whole(named));
        let related = all(&mut tx, RELATIVES, values![text, a, b, c, d, RELATED], relative).await?;
        Ok(Some(TicketFile { ticket, mails, more_mails, messages, calls, history, more_history, related }))
    }

    async fn mail_octets(
        &self,
        ticket: TicketId,
        mail: MailId,
        most: u64,
    ) -> Result<Option<MailOctets>, StoreError> {
        let mut tx = self.read("reading a mail for its page").await?;
        let sql = "SELECT year, running FROM ticket WHERE id = $1";
        let Some(mut row) = tx.row(sql, values![ticket]).await? else { return Ok(None) };
        let number = ticket::number(&mut row)?.to_string();
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let row = tx.row(OCTETS, values![mail.0, ticket, most, number]).await?;
        row.map(|mut row| {
            let (mailbox, raw) = (row.text()?, row.octets()?);
            Ok(MailOctets { mailbox, raw, signatures: intake::signatures(&row.text()?)? })
        })
        .transpose()
    }

    async fn sought_people(
        &self,
        ticket: TicketId,
        actor: &str,
        words: &str,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let mut tx = self.write("noting who was looked for in the directory").await?;
        let data = json!({ "words": mask_phones(words) }).to_string();
        let entry = AuditEntry { actor: actor.to_owned(), event: SOUGHT.to_owned(), data };
        audit::write(&mut tx, ticket, &entry, now).await?;
        tx.commit().await
    }

    async fn looked_at(
        &self,
        ticket: TicketId,
        actor: &str,
        since: UnixMillis,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let looks = || values![ticket, actor, since];
        if self.read("looking for who has looked").await?.row(LOOKS, looks()).await?.is_some() {
            return Ok(());
        }
        let mut tx = self.write("keeping who has looked").await?;
        // Two looks at the same moment come one after the other here.
        let lock = "SELECT id FROM ticket WHERE id = $1 FOR UPDATE";
        if tx.row(lock, values![ticket]).await?.is_none() || tx.row(LOOKS, looks()).await?.is_some() {
            return Ok(());
        }
        let entry = AuditEntry { actor: actor.to_owned(), event: LOOKED.to_owned(), data: "{}".to_owned() };
        audit::write(&mut tx, ticket, &entry, now).await?;
        tx.commit().await
    }
}

/// Reads all rows, which come newest first, as oldest first.
async fn all<DB: Dialect, T>(
    tx: &mut Tx<DB>,
    sql: &'static str,
    values: Vec<super::value::Value>,
    read: impl Fn(&mut Row) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    tx.rows(sql, values).await?.into_iter().rev().map(|mut row| read(&mut row)).collect()
}

/// Leaves the newest `most`; were there more?
fn cut<T>(all: &mut Vec<T>, most: u32) -> bool {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let over = all.len().saturating_sub(most);
    all.drain(..over);
    over > 0
}

fn head(row: &mut Row) -> Result<MailHead, StoreError> {
    Ok(MailHead {
        id: MailId(row.number()?),
        ticket: ticket::number(row)?,
        received_at: row.time()?,
        sender: row.text()?,
        trust: row.parsed("the trust of a mail", Trust::from_code)?,
        subject: row.text()?,
        machine: row.text()? == "machine",
    })
}

fn sent(row: &mut Row) -> Result<SentMessage, StoreError> {
    let kind = row.parsed("the kind of a message", MessageKind::from_code)?;
    let channel = row.parsed("the way of a message", |code| {
        [Channel::Mail, Channel::Phone].into_iter().find(|channel| channel.code() == code)
    })?;
    let to = row.text()?;
    let created_at = row.time()?;
    let begun_at = row.time_or_none()?;
    let outcome = intents::outcome(row)?;
    let ended_at = row.time()?;
    let waits = row.time()? < NEVER;
    let fate = row.parsed_or_none("what became of a message", ReturnedFate::from_code)?;
    let status = row.text()?;
    Ok(SentMessage {
        kind,
        channel,
        to: if channel == Channel::Mail { to } else { String::new() },
        created_at,
        begun_at,
        ended: outcome.map(|outcome| (outcome, ended_at)),
        waits,
        returned: fate.map(|fate| (fate, status)),
        receipt: receipt(&row.text()?)?,
    })
}

fn called(row: &mut Row) -> Result<Call, StoreError> {
    Ok(Call {
        kind: row.parsed("the kind of an intent", IntentKind::from_code)?,
        gateway: row.text()?,
        begun_at: row.time()?,
        outcome: intents::outcome(row)?,
        receipt: receipt(&row.text()?)?,
    })
}

/// Reads `1774000000000 delivered`.
fn receipt(text: &str) -> Result<Option<StoredReceipt>, StoreError> {
    if text.is_empty() {
        return Ok(None);
    }
    let read = || {
        let (at, word) = text.split_once(' ')?;
        Some(StoredReceipt { receipt: receipts::from_word(word)?, at: UnixMillis(at.parse().ok()?) })
    };
    read().map(Some).ok_or_else(|| corrupt("a receipt"))
}

fn happened(row: &mut Row) -> Result<Happened, StoreError> {
    Ok(Happened { at: row.time()?, actor: row.text()?, event: row.text()?, data: row.text()? })
}

fn relative(row: &mut Row) -> Result<Related, StoreError> {
    let number = ticket::number(row)?;
    let how = row.parsed("how tickets belong together", |word| match word {
        "merged-here" => Some(RelatedHow::MergedHere),
        "merged-into" => Some(RelatedHow::MergedInto),
        "names-this" => Some(RelatedHow::NamesThis),
        "named-by-this" => Some(RelatedHow::NamedByThis),
        _ => None,
    })?;
    let subject = row.text()?;
    let standing = row.parsed("the standing of a ticket", |code| {
        Standing::ALL.into_iter().find(|standing| standing.code() == code)
    })?;
    Ok(Related { number, how, subject, standing })
}
