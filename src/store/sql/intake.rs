//! Mails are kept (M3): each becomes a ticket, joins one, or is linked to the mail that it repeats.
//! Every mail of a batch sees those before it, so that a batch is the same as one by one.

use std::time::Duration;

use serde_json::json;

use super::SqlStore;
use super::dialect::Dialect;
use super::joins::{self, Joined};
use super::ledger::folder_word;
use super::tx::Tx;
use super::value::values;
use super::{audit, messages, places, ticket};
use crate::mailbox::Folder;
use crate::store::{
    Addressee, AuditEntry, Incoming, KeptMail, MailId, MailsLimit, MessageKind, NewMessage, Recorded,
    StoreError, UidScope,
};
use crate::ticket::{Fate, Kind, TicketId};
use crate::types::{EmailAddress, MessageId, Reason, TicketNumber, UnixMillis, mask_phones};

/// An address gets at most one acknowledgement in this time (decisions.md 7).
const ACKNOWLEDGE_EVERY: Duration = Duration::from_secs(3600);

/// The place alone does not tell: a maildir's file names may be used again, for another mail.
pub(super) const KNOWN: &str = "SELECT m.id FROM ledger l JOIN mail m ON m.id = l.mail
     WHERE l.mailbox = $1 AND l.validity = $2 AND l.uid = $3 AND m.content_hash = $4";
pub(super) const SAME_CONTENT: &str =
    "SELECT m.id, t.id, t.year, t.running FROM mail m JOIN ticket t ON t.id = m.ticket
     WHERE m.content_hash = $1 AND m.duplicate_of = 0";
/// Neither database reads the octets for their length.
pub(super) const MAILS_SIZE: &str = "SELECT COUNT(*), CAST(coalesce(SUM(length(raw)), 0) AS BIGINT) FROM mail
     WHERE ticket = $1 AND duplicate_of = 0";
pub(super) const ACKNOWLEDGED: &str =
    "SELECT id FROM message WHERE addressee = $1 AND kind = $2 AND created_at > $3 LIMIT 1";

impl<DB: Dialect> SqlStore<DB> {
    pub(super) async fn keep_mails(
        &self,
        mails: Vec<Incoming>,
        now: UnixMillis,
    ) -> Result<Vec<Recorded>, StoreError> {
        if mails.is_empty() {
            return Ok(Vec::new());
        }
        let mut tx = self.write("keeping mails").await?;
        take_turn(&mut tx).await?;
        let mut recorded = Vec::with_capacity(mails.len());
        for mut mail in mails {
            // People write their numbers there; only the raw mail keeps them (decisions, 21).
            mail.subject = mask_phones(&mail.subject);
            recorded.push(self.keep(&mut tx, mail, now).await?);
        }
        tx.commit().await?;
        Ok(recorded)
    }

    async fn keep(&self, tx: &mut Tx<DB>, mail: Incoming, now: UnixMillis) -> Result<Recorded, StoreError> {
        let (place, hash) = ((mail.mailbox.as_str(), mail.uid.0.as_str()), mail.content_hash.as_str());
        if tx.hits(KNOWN, values![place.0, mail.validity, place.1, hash]).await? {
            return Ok(Recorded::Known);
        }
        if let Some(mut row) = tx.row(SAME_CONTENT, values![mail.content_hash.as_str()]).await? {
            let first = row.number()?;
            let id = TicketId(row.number()?);
            let number = ticket::number(&mut row)?;
            insert_mail(tx, mail, id, first, Lies::InInbox, now).await?;
            let entry = told("mail.duplicate", &json!({ "number": number }));
            audit::write(tx, id, &entry, now).await?;
            return Ok(Recorded::Duplicate(id, number));
        }
        let acknowledge = mail.ticket.acknowledge.clone();
        let recorded = match joined(tx, &mail).await? {
            Some(joined) => {
                joins::reply(tx, joined.id, now).await?;
                insert_mail(tx, mail, joined.id, 0, Lies::InInbox, now).await?;
                Recorded::Joined(joined.id, joined.number)
            }
            None => {
                let (id, number) = ticket::make(tx, &mail, now).await?;
                audit::write(tx, id, &made(&mail, number), now).await?;
                insert_mail(tx, mail, id, 0, Lies::InInbox, now).await?;
                Recorded::Made(id, number)
            }
        };
        if let (Some(to), Recorded::Made(id, _) | Recorded::Joined(id, _)) = (acknowledge, &recorded) {
            self.acknowledge(tx, *id, to, now).await?;
        }
        Ok(recorded)
    }

    async fn acknowledge(
        &self,
        tx: &mut Tx<DB>,
        id: TicketId,
        to: EmailAddress,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let kind = MessageKind::Acknowledgement;
        let since = now.minus(ACKNOWLEDGE_EVERY);
        if tx.hits(ACKNOWLEDGED, values![to.as_str(), kind.code(), since]).await? {
            return Ok(());
        }
        let message = NewMessage { kind, to: Addressee::Mail(to), values: "{}".to_owned() };
        messages::queue(tx, id, &message, &self.mail_domain, now).await
    }

    pub(super) async fn read_mails(
        &self,
        id: TicketId,
        limit: MailsLimit,
    ) -> Result<Option<Vec<KeptMail>>, StoreError> {
        let mut tx = self.read("reading a ticket's mails").await?;
        let mut size = tx.one(MAILS_SIZE, values![id]).await?;
        if size.number()? > i64::from(limit.count) || size.number()? > i64::from(limit.octets) {
            return Ok(None);
        }
        let sql = "SELECT received_at, mailbox, raw FROM mail WHERE ticket = $1 AND duplicate_of = 0
             ORDER BY received_at, id";
        let rows = tx.rows(sql, values![id]).await?;
        let kept = |mut row: super::value::Row| {
            Ok(KeptMail { received_at: row.time()?, mailbox: row.text()?, raw: row.octets()? })
        };
        rows.into_iter().map(kept).collect::<Result<_, _>>().map(Some)
    }
}

/// The ticket that `mail` joins. A machine's mail joins none: an out-of-office answer to our own mail
/// must not reopen a ticket or answer a question. It is filed under a number of its own.
async fn joined<DB: Dialect>(tx: &mut Tx<DB>, mail: &Incoming) -> Result<Option<Joined>, StoreError> {
    match mail.ticket.kind {
        Kind::Automatic | Kind::Quarantine => Ok(None),
        Kind::Password | Kind::General => {
            joins::find(tx, &mail.answers, mail.tag, mail.from.as_ref(), mail.trust).await
        }
    }
}

/// One intake at a time: two would not see each other's mails, and would make two tickets of one mail
/// that came to two mailboxes.
pub(super) async fn take_turn<DB: Dialect>(tx: &mut Tx<DB>) -> Result<(), StoreError> {
    tx.run("UPDATE turn SET taken = taken + 1 WHERE name = 'intake'", values![]).await
}

/// Where a mail lies that is being kept.
pub(super) enum Lies<'a> {
    /// Where mails come to; the ledger says where it goes.
    InInbox,
    /// In a folder for filed mails, and there it stays.
    In(&'a UidScope, Folder),
}

/// Keeps the mail's octets for its ticket, and its place. `duplicate_of` is 0 for a mail that came for
/// the first time.
pub(super) async fn insert_mail<DB: Dialect>(
    tx: &mut Tx<DB>,
    mail: Incoming,
    ticket: TicketId,
    duplicate_of: i64,
    lies: Lies<'_>,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO mail (ticket, duplicate_of, mailbox, validity, uid, received_at, kept_at,
             content_hash, message_id, subject, sender, trust, raw)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING id";
    let values = values![
        ticket,
        duplicate_of,
        mail.mailbox.as_str(),
        mail.validity,
        mail.uid.0.as_str(),
        mail.received_at,
        now,
        mail.content_hash,
        mail.message_id.as_ref().map_or("", MessageId::as_str),
        mail.subject,
        mail.from.as_ref().map_or("", EmailAddress::as_str),
        mail.trust.code(),
        mail.raw,
    ];
    let id = tx.one(sql, values).await?.number()?;
    if let Lies::In(scope, folder) = lies {
        return places::note(tx, scope, folder, &mail.uid, MailId(id), now).await;
    }
    let sql = "INSERT INTO ledger (mailbox, validity, uid, tries, mail, folder, seen_at, moved_at)
         VALUES ($1, $2, $3, 0, $4, $5, $6, 0)
         ON CONFLICT (mailbox, validity, uid)
             DO UPDATE SET mail = excluded.mail, folder = excluded.folder, moved_at = 0";
    let place = folder_word(mail.folder);
    tx.run(sql, values![mail.mailbox, mail.validity, mail.uid.0, id, place, now]).await
}

pub(super) fn made(mail: &Incoming, number: TicketNumber) -> AuditEntry {
    let new = &mail.ticket;
    told(
        "ticket.made",
        &json!({
            "number": number,
            "mailbox": mail.mailbox,
            "kind": new.kind.code(),
            "to": new.state.name(),
            "outcome": new.outcome.map(Fate::code),
            "reason": new.reason.map(Reason::code),
            "observed": new.observed,
        }),
    )
}

/// What the machine itself has done.
pub(super) fn told(event: &str, data: &serde_json::Value) -> AuditEntry {
    AuditEntry { actor: "nyckelbud".to_owned(), event: event.to_owned(), data: data.to_string() }
}
