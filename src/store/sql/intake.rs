//! Mails are kept (M3): each becomes a ticket, joins one, or is linked to the mail that it repeats.
//! Every mail of a batch sees those before it, so that a batch is the same as one by one.

use serde_json::json;

use super::SqlStore;
use super::dialect::Dialect;
use super::joins;
use super::ledger::folder_word;
use super::threads::{self, Joined, Place};
use super::tx::Tx;
use super::value::{Row, values};
use super::{acts, audit, bounces, excerpts, floods, limits, messages, places, ticket};
use crate::mail::Signatures;
use crate::mailbox::Folder;
use crate::store::{
    Addressee, AuditEntry, Incoming, KeptMail, MACHINE, MailId, MailsLimit, MessageKind, NewMessage,
    Recorded, StoreError, UidScope,
};
use crate::ticket::{Fate, TicketId};
use crate::types::{
    Check, CheckResult, EmailAddress, Link, MessageId, Reason, TicketNumber, UnixMillis, mask_phones,
};

/// The place alone does not tell: a maildir's file names may be used again, for another mail.
pub(super) const KNOWN: &str = "SELECT m.id FROM ledger l JOIN mail m ON m.id = l.mail
     WHERE l.mailbox = $1 AND l.validity = $2 AND l.uid = $3 AND m.content_hash IN ($4, $5)";
/// Takes [`hashes`].
pub(super) const SAME_CONTENT: &str =
    "SELECT m.id, t.id, t.year, t.running FROM mail m JOIN ticket t ON t.id = m.ticket
     WHERE m.content_hash IN ($1, $2) AND m.duplicate_of = 0 ORDER BY m.id LIMIT 1";
/// The copy of mail `$1` that makes the limit, if there is one.
pub(super) const COPIES: &str =
    "SELECT id FROM mail WHERE duplicate_of = $1 AND duplicate_of > 0 LIMIT 1 OFFSET $2";
/// So many copies of a mail are kept with their octets, which tell the ways that they took. Of all
/// further ones only that they came: anybody can send the same mail again and again.
const KEPT_COPIES: u32 = 3;
/// Neither database reads the octets for their length.
pub(super) const MAILS_SIZE: &str = "SELECT COUNT(*), CAST(coalesce(SUM(length(raw)), 0) AS BIGINT) FROM mail
     WHERE ticket IN (SELECT CAST($1 AS BIGINT) UNION ALL SELECT id FROM ticket WHERE kept = $1 AND kept > 0)
         AND duplicate_of = 0 AND writer <> 'machine'";
/// With those of tickets that people have put together with it.
pub(super) const MAILS: &str = "SELECT received_at, mailbox, raw, signatures FROM mail
     WHERE ticket IN (SELECT CAST($1 AS BIGINT) UNION ALL SELECT id FROM ticket WHERE kept = $1 AND kept > 0)
         AND duplicate_of = 0 AND writer <> 'machine'
     ORDER BY received_at, id";

/// The hashes that a mail with this content may be kept with.
pub(super) fn hashes(mail: &Incoming) -> [String; 2] {
    let now = mail.content_hash.clone();
    [now.clone(), mail.earlier_hash.clone().unwrap_or(now)]
}

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

    async fn keep(
        &self,
        tx: &mut Tx<DB>,
        mut mail: Incoming,
        now: UnixMillis,
    ) -> Result<Recorded, StoreError> {
        let place = (mail.mailbox.as_str(), mail.uid.as_str());
        let [hash, earlier] = hashes(&mail);
        let values = values![place.0, mail.validity, place.1, hash.as_str(), earlier.as_str()];
        if tx.hits(KNOWN, values).await? {
            lies_there(tx, &mail).await?;
            return Ok(Recorded::Known);
        }
        if let Some(mut row) = tx.row(SAME_CONTENT, values![hash, earlier]).await? {
            let first = row.number()?;
            let id = TicketId(row.number()?);
            let number = ticket::number(&mut row)?;
            if tx.hits(COPIES, values![first, KEPT_COPIES.saturating_sub(1)]).await? {
                mail.raw = Vec::new();
            }
            insert_mail(tx, mail, id, first, Lies::InInbox, now).await?;
            let entry = told("mail.duplicate", &json!({ "number": number }));
            audit::write(tx, id, &entry, now).await?;
            return Ok(Recorded::Duplicate(id, number));
        }
        if let Some(returned) = &mail.returned
            && let Some(kept_with) = bounces::came_back(tx, returned, now).await?
        {
            insert_mail(tx, mail, kept_with.id, 0, Lies::InInbox, now).await?;
            acts::changed(tx, kept_with.id).await?;
            return Ok(Recorded::Joined(kept_with.id, kept_with.number));
        }
        let own = bounces::own(tx, &mut mail).await?;
        let recorded = match threads::place(tx, &mail.arrival()).await? {
            Place::Own(link) => self.make(tx, mail, link, now).await?,
            Place::Joins(joined) => self.join(tx, mail, joined, now).await?,
            Place::Flood(joined) => collapse(tx, mail, joined, now).await?,
        };
        if let (Some(id), Recorded::Made(ticket, _)) = (own, &recorded) {
            let entry = told("mail.own", &json!({ "message_id": id }));
            audit::write(tx, *ticket, &entry, now).await?;
        }
        Ok(recorded)
    }

    async fn make(
        &self,
        tx: &mut Tx<DB>,
        mut mail: Incoming,
        link: Option<Link>,
        now: UnixMillis,
    ) -> Result<Recorded, StoreError> {
        say_link(&mut mail, link);
        let subject = mail.subject.clone();
        let made = insert_ticket(tx, &mail, &subject, link, now).await?;
        joins::is_about_a_change(tx, made.id, &mail).await?;
        let acknowledge = mail.ticket.acknowledge.take();
        insert_mail(tx, mail, made.id, 0, Lies::InInbox, now).await?;
        self.acknowledge(tx, made.id, acknowledge, now).await?;
        Ok(Recorded::Made(made.id, made.number))
    }

    async fn join(
        &self,
        tx: &mut Tx<DB>,
        mut mail: Incoming,
        joined: Joined,
        now: UnixMillis,
    ) -> Result<Recorded, StoreError> {
        let by_another = joins::is_of_another(tx, joined.id, &mail).await?;
        let answered = joins::reply(tx, joined.id, by_another, now).await?;
        joins::is_about_a_change(tx, joined.id, &mail).await?;
        let acknowledge = mail.ticket.acknowledge.take().filter(|_| answered);
        insert_mail(tx, mail, joined.id, 0, Lies::InInbox, now).await?;
        self.acknowledge(tx, joined.id, acknowledge, now).await?;
        Ok(Recorded::Joined(joined.id, joined.number))
    }

    pub(super) async fn acknowledge(
        &self,
        tx: &mut Tx<DB>,
        id: TicketId,
        to: Option<EmailAddress>,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let Some(to) = to else { return Ok(()) };
        let kind = MessageKind::Acknowledgement;
        if limits::enough(tx, &to, kind, now).await?.is_some() {
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
        let rows = tx.rows(MAILS, values![id]).await?;
        rows.into_iter().map(kept_mail).collect::<Result<_, _>>().map(Some)
    }
}

/// Reads the columns `received_at, mailbox, raw, signatures`.
pub(super) fn kept_mail(mut row: Row) -> Result<KeptMail, StoreError> {
    let (received_at, mailbox, raw) = (row.time()?, row.text()?, row.octets()?);
    Ok(KeptMail { received_at, mailbox, raw, signatures: signatures(&row.text()?)? })
}

/// The link in the trail, until a decision writes a new one.
pub(super) fn say_link(mail: &mut Incoming, link: Option<Link>) {
    if let Some(link) = link {
        mail.ticket.trail.add(Check::Thread, CheckResult::Unknown, link.words());
    }
}

/// One mail too many of its address: it is kept with the others of the flood.
async fn collapse<DB: Dialect>(
    tx: &mut Tx<DB>,
    mut mail: Incoming,
    current: Option<Joined>,
    now: UnixMillis,
) -> Result<Recorded, StoreError> {
    let (joined, recorded) = match current {
        Some(joined) => (joined, Recorded::Joined(joined.id, joined.number)),
        None => {
            let subject = floods::first(&mut mail);
            let made = insert_ticket(tx, &mail, &subject, None, now).await?;
            (made, Recorded::Made(made.id, made.number))
        }
    };
    floods::goes_on(tx, &mail.arrival(), joined, now).await?;
    insert_mail(tx, mail, joined.id, 0, Lies::InInbox, now).await?;
    acts::changed(tx, joined.id).await?;
    Ok(recorded)
}

pub(super) async fn insert_ticket<DB: Dialect>(
    tx: &mut Tx<DB>,
    mail: &Incoming,
    subject: &str,
    link: Option<Link>,
    now: UnixMillis,
) -> Result<Joined, StoreError> {
    let (id, number) = ticket::make(tx, mail, subject, link, now).await?;
    audit::write(tx, id, &made(mail, number, link), now).await?;
    Ok(Joined { id, number })
}

/// One intake at a time: two would not see each other's mails, and would make two tickets of one mail
/// that came to two mailboxes.
pub(super) async fn take_turn<DB: Dialect>(tx: &mut Tx<DB>) -> Result<(), StoreError> {
    tx.run("UPDATE turn SET taken = taken + 1 WHERE name = 'intake'", values![]).await
}

/// A kept mail came out of the inbox again: it lies there whatever was noted of it, and waits for its move.
/// Its reading ended, so that earlier tries say nothing any more; those of a mail that is not read do.
async fn lies_there<DB: Dialect>(tx: &mut Tx<DB>, mail: &Incoming) -> Result<(), StoreError> {
    let sql = "UPDATE ledger SET moved_at = 0, folder = $4,
             tries = CASE WHEN tries <= 1 THEN tries WHEN $5 = 'quarantine' THEN tries - 1 ELSE 1 END
         WHERE mailbox = $1 AND validity = $2 AND uid = $3";
    let (folder, kind) = (folder_word(mail.folder), mail.ticket.kind.code());
    tx.run(sql, values![mail.mailbox.as_str(), mail.validity, mail.uid.as_str(), folder, kind]).await
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
    mut mail: Incoming,
    ticket: TicketId,
    duplicate_of: i64,
    lies: Lies<'_>,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO mail (ticket, duplicate_of, mailbox, validity, uid, received_at, kept_at,
             content_hash, message_id, subject, sender, trust, writer, raw, signatures, correspondent)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) RETURNING id";
    let correspondent = floods::counts_as(mail.ticket.kind, mail.from.as_ref(), &mail.mailbox);
    let values = values![
        ticket,
        duplicate_of,
        mail.mailbox.as_str(),
        mail.validity,
        mail.uid.as_str(),
        mail.received_at,
        now,
        mail.content_hash.as_str(),
        mail.message_id.as_ref().map_or("", MessageId::as_str),
        mail.subject.as_str(),
        mail.from.as_ref().map_or("", EmailAddress::as_str),
        mail.trust.code(),
        floods::writer(mail.ticket.kind),
        std::mem::take(&mut mail.raw),
        signatures_text(mail.signatures.as_ref()),
        correspondent,
    ];
    let (id, kind) = (tx.one(sql, values).await?.number()?, mail.ticket.kind.code());
    if duplicate_of == 0 {
        excerpts::add(tx, ticket, id, &mail).await?;
    }
    if let Lies::In(scope, folder) = lies {
        return places::note(tx, scope, folder, &mail.uid, MailId(id), now).await;
    }
    let sql = "INSERT INTO ledger (mailbox, validity, uid, tries, mail, folder, seen_at, moved_at)
         VALUES ($1, $2, $3, 0, $4, $5, $6, 0)
         ON CONFLICT (mailbox, validity, uid)
             DO UPDATE SET mail = excluded.mail, folder = excluded.folder, moved_at = 0,
                 tries = CASE WHEN ledger.tries <= 1 OR $7 = 'quarantine' THEN ledger.tries ELSE 1 END";
    let place = folder_word(mail.folder);
    tx.run(sql, values![mail.mailbox, mail.validity, mail.uid.as_str(), id, place, now, kind]).await
}

/// What was found of a mail's signatures, as it is kept; empty text when nobody looked.
pub(super) fn signatures_text(found: Option<&Signatures>) -> String {
    found.map(|found| json!(found).to_string()).unwrap_or_default()
}

pub(super) fn signatures(text: &str) -> Result<Option<Signatures>, StoreError> {
    if text.is_empty() {
        return Ok(None);
    }
    let corrupt = |error| StoreError::Corrupt(format!("what was found of a mail's signatures: {error}"));
    serde_json::from_str(text).map(Some).map_err(corrupt)
}

fn made(mail: &Incoming, number: TicketNumber, link: Option<Link>) -> AuditEntry {
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
            "linked_to": link.map(|link| link.to),
        }),
    )
}

/// What the machine itself has done.
pub(super) fn told(event: &str, data: &serde_json::Value) -> AuditEntry {
    AuditEntry { actor: MACHINE.to_owned(), event: event.to_owned(), data: data.to_string() }
}
