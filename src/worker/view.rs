//! Tickets as the pages see them: [`ViewPort`] implements [`TicketView`]. Mails are opened here, off the
//! threads that answer, few at a time, and what was opened is remembered: a mail never changes.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Semaphore;

use super::Parts;
use super::reads::{guarded, read_of};
use crate::mail::Trust;
use crate::mail::display::{self, Download, Formatted, PassageKind};
use crate::request::marks::marks;
use crate::store::{MailHead, MailId, MailOctets, StoreError};
use crate::ticket::TicketId;
use crate::types::{StaffMember, TicketNumber};
use crate::web::{MailBody, MailShown, Ready, ReadyText, TicketShown, TicketView, Unavailable};
use opened::Opened;

mod opened;
mod shown;

/// A look is told of once in this time.
const LOOK: Duration = Duration::from_secs(60 * 60);
/// So many mails of a ticket are shown with their words; older ones are named.
const SHOWN: usize = 20;
/// Mails that are opened at the same time. Each takes its size in memory, and a few times its text.
const AT_ONCE: usize = 2;
/// No mailbox keeps larger mails (`max_mail_size`).
const LARGEST: u64 = 256 * 1024 * 1024;

/// The tickets behind the pages.
pub struct ViewPort {
    parts: Arc<Parts>,
    opened: Opened,
    turns: Semaphore,
}

impl ViewPort {
    /// The tickets of `parts`.
    #[must_use]
    pub fn new(parts: Arc<Parts>) -> Self {
        Self { parts, opened: Opened::default(), turns: Semaphore::new(AT_ONCE) }
    }

    /// Somebody looks: no look without its row.
    async fn looked(&self, ticket: TicketId, who: &StaffMember) -> Result<(), StoreError> {
        let now = self.parts.now();
        self.parts.store.looked_at(ticket, &who.name.actor(), now.minus(LOOK), now).await
    }

    async fn page(&self, number: TicketNumber, who: &StaffMember) -> Result<Option<TicketShown>, StoreError> {
        let Some(file) = self.parts.store.ticket_file(number).await? else { return Ok(None) };
        self.looked(file.ticket.id, who).await?;
        let mut mails = Vec::with_capacity(file.mails.len());
        let named_only = file.mails.len().saturating_sub(SHOWN);
        for (place, head) in file.mails.iter().enumerate() {
            let body = if place < named_only { None } else { self.body(file.ticket.id, head.id).await? };
            mails.push(mail(head, number, body));
        }
        Ok(Some(shown::ticket(file, mails)))
    }

    /// What a mail says; `None` when it is gone.
    async fn body(&self, ticket: TicketId, id: MailId) -> Result<Option<Arc<MailBody>>, StoreError> {
        if let Some(body) = self.opened.get(id) {
            return Ok(Some(body));
        }
        let Ok(_turn) = self.turns.acquire().await else { return Ok(None) };
        let Some(octets) = self.parts.store.mail_octets(ticket, id, LARGEST).await? else { return Ok(None) };
        let rules = &self.parts.rules;
        let (authentications, domains) = (rules.authentications.clone(), rules.own_domains.clone());
        let open = move || {
            guarded(|| {
                let displayed = display::display(&octets.raw);
                let (raw, signatures) = (&octets.raw, octets.signatures.as_ref());
                let read = read_of(&octets.mailbox, raw, signatures, &authentications, &domains);
                let marks = read.map(|read| marks(&read.reading, |number| line(&displayed, number)));
                Ok(MailBody { marks: marks.unwrap_or_default(), displayed })
            })
        };
        let body = match tokio::task::spawn_blocking(open).await {
            Ok(Ok(body)) => body,
            Ok(Err(why)) => unreadable(why),
            Err(_) => unreadable(crate::mail::Unreadable::Panicked),
        };
        Ok(Some(self.opened.keep(id, body)))
    }

    /// Does something to one mail's octets, as [`Self::body`] does.
    async fn open<T: Send + 'static>(
        &self,
        number: TicketNumber,
        mail: i64,
        who: &StaffMember,
        open: impl FnOnce(MailOctets) -> Option<T> + Send + 'static,
    ) -> Result<Option<T>, StoreError> {
        let Some(ticket) = self.parts.store.numbered(number).await?.map(|ticket| ticket.id) else {
            return Ok(None);
        };
        let Ok(_turn) = self.turns.acquire().await else { return Ok(None) };
        let found = self.parts.store.mail_octets(ticket, MailId(mail), LARGEST).await?;
        let Some(octets) = found else { return Ok(None) };
        self.looked(ticket, who).await?;
        let open = move || guarded(|| Ok(open(octets)));
        Ok(tokio::task::spawn_blocking(open).await.ok().and_then(Result::ok).flatten())
    }
}

/// A line of what the writer wrote, as evidence counts.
fn line(displayed: &display::Displayed, number: usize) -> Option<&str> {
    let written = displayed.text.iter().filter(|passage| passage.kind == PassageKind::Written);
    let mut within = written.filter_map(|passage| passage.lines.get(number.checked_sub(passage.first)?));
    within.next().map(String::as_str)
}

fn unreadable(why: crate::mail::Unreadable) -> MailBody {
    let displayed = display::Displayed { unreadable: Some(why), ..display::Displayed::default() };
    MailBody { displayed, marks: Vec::new() }
}

fn mail(head: &MailHead, number: TicketNumber, body: Option<Arc<MailBody>>) -> MailShown {
    MailShown {
        id: head.id.0,
        of: Some(head.ticket).filter(|ticket| *ticket != number),
        received_at: head.received_at,
        vouched: head.trust != Trust::Unverified,
        machine: head.machine,
        sender: head.sender.clone(),
        body,
    }
}

/// For the log; the page says that it could not be shown.
fn told<T>(doing: &str, number: TicketNumber, done: Result<T, StoreError>) -> Result<T, Unavailable> {
    done.map_err(|error| {
        tracing::error!(ticket = %number, "{doing} could not be shown: {error}; nothing was changed");
        Unavailable
    })
}

#[async_trait]
impl TicketView for ViewPort {
    async fn ticket(
        &self,
        number: TicketNumber,
        who: &StaffMember,
    ) -> Result<Option<TicketShown>, Unavailable> {
        told("a ticket", number, self.page(number, who).await)
    }

    async fn frame(
        &self,
        number: TicketNumber,
        mail: i64,
        who: &StaffMember,
    ) -> Result<Option<Formatted>, Unavailable> {
        let open = |octets: MailOctets| display::formatted(&octets.raw);
        told("a mail", number, self.open(number, mail, who, open).await)
    }

    async fn attachment(
        &self,
        number: TicketNumber,
        mail: i64,
        place: usize,
        who: &StaffMember,
    ) -> Result<Option<Download>, Unavailable> {
        let open = move |octets: MailOctets| display::download(&octets.raw, place);
        told("an attachment", number, self.open(number, mail, who, open).await)
    }

    fn ready(&self, number: TicketNumber, which: Ready) -> Option<ReadyText> {
        let made = match which {
            Ready::Ask => self.parts.texts.ask_for_details(number),
            Ready::Canned(canned) => self.parts.texts.ready(canned.code(), number, None),
        };
        made.ok().map(|mail| ReadyText { subject: mail.subject, text: mail.text })
    }
}
