//! Tickets as people ask for them.

use std::collections::HashMap;

use super::SqlStore;
use super::dialect::Dialect;
use super::value::values;
use super::{claims, ticket};
use crate::store::{Listed, StoreError, TicketFilter, TicketView};
use crate::ticket::{Standing, Ticket, TicketId};

// The filter is part of both statements: an empty word leaves everything in.
pub(super) const TICKETS: &str = concat!(
    "SELECT ",
    ticket::columns!(),
    " FROM ticket t WHERE ($1 = '' OR t.standing = $1) AND ($2 = '' OR t.mailbox = $2)
     ORDER BY CASE WHEN t.standing = 'open' THEN t.urgent ELSE 0 END DESC, t.year, t.running"
);
const MESSAGES: &str = "SELECT m.ticket, m.message_id FROM mail m JOIN ticket t ON t.id = m.ticket
     WHERE m.duplicate_of = 0 AND ($1 = '' OR t.standing = $1) AND ($2 = '' OR t.mailbox = $2)
     ORDER BY m.received_at, m.id";
const BY_ID: &str = concat!("SELECT ", ticket::columns!(), " FROM ticket t WHERE t.id = $1");
pub(super) const BY_PICKUP: &str =
    concat!("SELECT ", ticket::columns!(), " FROM ticket t WHERE t.pickup_hash = $1 AND t.pickup_hash <> ''");

impl<DB: Dialect> SqlStore<DB> {
    pub(super) async fn read_tickets(&self, filter: &TicketFilter) -> Result<Listed, StoreError> {
        let mut tx = self.read("listing tickets").await?;
        let standing = filter.standing.map_or("", Standing::code);
        let mailbox = filter.mailbox.as_deref().unwrap_or_default();
        let rows = tx.rows(TICKETS, values![standing, mailbox]).await?;
        let mut messages: HashMap<TicketId, Vec<Result<String, StoreError>>> = HashMap::new();
        for mut row in tx.rows(MESSAGES, values![standing, mailbox]).await? {
            messages.entry(TicketId(row.number()?)).or_default().push(row.text());
        }
        let mut listed = Listed::default();
        for mut row in rows {
            let number = claims::number(row.clone());
            let read = ticket::read(&mut row).and_then(|ticket| {
                let messages = messages.remove(&ticket.id).unwrap_or_default();
                Ok(TicketView { ticket, messages: messages.into_iter().collect::<Result<_, _>>()? })
            });
            match read {
                Ok(view) => listed.tickets.push(view),
                Err(error) => listed.unreadable.push((number, error)),
            }
        }
        Ok(listed)
    }

    pub(super) async fn find_ticket(&self, id: TicketId) -> Result<Option<Ticket>, StoreError> {
        let mut tx = self.read("looking for a ticket").await?;
        let row = tx.row(BY_ID, values![id]).await?;
        row.map(|mut row| ticket::read(&mut row)).transpose()
    }

    pub(super) async fn find_by_pickup(&self, pickup_hash: &str) -> Result<Option<Ticket>, StoreError> {
        let mut tx = self.read("looking for the ticket of a link").await?;
        let row = tx.row(BY_PICKUP, values![pickup_hash]).await?;
        row.map(|mut row| ticket::read(&mut row)).transpose()
    }
}
