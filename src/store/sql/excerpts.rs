//! What lists show of mails and what they are found by, written in the transaction that keeps them.

use super::dialect::Dialect;
use super::tx::Tx;
use super::value::values;
use crate::mail::Excerpt;
use crate::store::{Incoming, StoreError};
use crate::ticket::{Kind, TicketId};

/// One more mail of a person: lists show the newest.
const ADD: &str = "INSERT INTO excerpt (ticket, mails, name, snippet, attached, alike)
     VALUES ($1, 1, $2, $3, $4, $5)
     ON CONFLICT (ticket) DO UPDATE SET mails = excerpt.mails + 1, name = excluded.name,
         snippet = excluded.snippet, alike = excluded.alike,
         attached = CASE WHEN excluded.attached = 1 THEN 1 ELSE excerpt.attached END";
/// A machine's mail in a person's ticket is none of what the person wrote.
const ADD_MACHINE: &str = "INSERT INTO excerpt (ticket, mails, name, snippet, attached, alike)
     VALUES ($1, 1, $2, $3, $4, $5) ON CONFLICT (ticket) DO NOTHING";
const ANEW: &str =
    "UPDATE excerpt SET mails = 1, name = $2, snippet = $3, attached = $4, alike = $5 WHERE ticket = $1";

/// `mail` is kept as number `id` for the ticket.
pub(super) async fn add<DB: Dialect>(
    tx: &mut Tx<DB>,
    ticket: TicketId,
    id: i64,
    mail: &Incoming,
) -> Result<(), StoreError> {
    let sql = match mail.ticket.kind {
        Kind::Automatic => ADD_MACHINE,
        Kind::Password | Kind::General | Kind::Quarantine => ADD,
    };
    write(tx, sql, ticket, &mail.excerpt).await?;
    found_by(tx, id, &mail.excerpt).await
}

/// `mail`, which was kept unread as number `id`, is the ticket's only one, and says this.
pub(super) async fn anew<DB: Dialect>(
    tx: &mut Tx<DB>,
    ticket: TicketId,
    id: i64,
    mail: &Incoming,
) -> Result<(), StoreError> {
    write(tx, ANEW, ticket, &mail.excerpt).await?;
    found_by(tx, id, &mail.excerpt).await
}

async fn write<DB: Dialect>(
    tx: &mut Tx<DB>,
    sql: &'static str,
    ticket: TicketId,
    excerpt: &Excerpt,
) -> Result<(), StoreError> {
    let values = values![
        ticket,
        excerpt.name.as_str(),
        excerpt.snippet.as_str(),
        excerpt.attached,
        excerpt.alike.cast_signed(),
    ];
    tx.run(sql, values).await
}

async fn found_by<DB: Dialect>(tx: &mut Tx<DB>, id: i64, excerpt: &Excerpt) -> Result<(), StoreError> {
    if excerpt.words.is_empty() {
        return Ok(());
    }
    let words: Vec<&str> = excerpt.words.iter().map(String::as_str).collect();
    tx.run(DB::KEEP_WORDS, values![id, words.join(" ")]).await
}
