//! Tickets as the pages see them: [`ViewPort`] implements [`TicketView`]. Mails are opened here, off the
//! threads that answer, few at a time, and what was opened is remembered: a mail never changes.

use std::sync::Arc;
use std::time::{Duration, Instant};

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
/// So many mails of a ticket are shown with their words, the newest; others are named, and opened when somebody asks.
const SHOWN: usize = 5;
/// The newest one is opened up to this size for a page, in octets. Larger ones are opened when somebody asks.
const NEWEST: u64 = 2 * 1024 * 1024;
/// All others together.
const OTHERS: u64 = 256 * 1024;
/// A page waits no longer for its mails, and the one that somebody has asked for.
const WITHIN: Duration = Duration::from_millis(500);
const ASKED_WITHIN: Duration = Duration::from_secs(10);
/// Mails that are opened at the same time. Each takes its size in memory, and a few times its text.
const AT_ONCE: usize = 2;
/// No mailbox keeps larger mails (`max_mail_size`).
const LARGEST: u64 = 256 * 1024 * 1024;

/// The tickets behind the pages.
pub struct ViewPort {
    parts: Arc<Parts>,
    opened: Arc<Opened>,
    turns: Arc<Semaphore>,
}

impl ViewPort {
    /// The tickets of `parts`.
    #[must_use]
    pub fn new(parts: Arc<Parts>) -> Self {
        Self { parts, opened: Arc::default(), turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Somebody looks: no look without its row.
    async fn looked(&self, ticket: TicketId, who: &StaffMember) -> Result<(), StoreError> {
        let now = self.parts.now();
        self.parts.store.looked_at(ticket, &who.name.actor(), now.minus(LOOK), now).await
    }

    async fn page(
        &self,
        number: TicketNumber,
        asked: MailId,
        who: &StaffMember,
    ) -> Result<Option<TicketShown>, StoreError> {
        let Some(file) = self.parts.store.ticket_file(number).await? else { return Ok(None) };
        self.looked(file.ticket.id, who).await?;
        let until = Instant::now() + WITHIN;
        let (mut mails, mut room) = (Vec::with_capacity(file.mails.len()), OTHERS);
        for (back, head) in file.mails.iter().rev().enumerate() {
            let (most, within) = match back {
                _ if head.id == asked => (LARGEST, ASKED_WITHIN),
                0 => (NEWEST, until.saturating_duration_since(Instant::now())),
                1..SHOWN => (room, until.saturating_duration_since(Instant::now())),
                _ => (0, Duration::ZERO),
            };
            let (body, octets) = self.body(file.ticket.id, head.id, most, within).await?;
            if back > 0 && head.id != asked {
                room = room.saturating_sub(octets);
            }
            mails.push(mail(head, number, body));
        }
        mails.reverse();
        Ok(Some(shown::ticket(file, mails)))
    }

    /// What a mail of at most `most` octets says, and its size when it had to be opened; `None` when it is larger, is
    /// gone, or could not be opened in time. Then it goes on being opened, and the next page has it.
    async fn body(
        &self,
        ticket: TicketId,
        id: MailId,
        most: u64,
        within: Duration,
    ) -> Result<(Option<Arc<MailBody>>, u64), StoreError> {
        if let Some(body) = self.opened.get(id) {
            return Ok((Some(body), 0));
        }
        if most == 0 || within.is_zero() {
            return Ok((None, 0));
        }
        let turn = tokio::time::timeout(within, Arc::clone(&self.turns).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Ok((None, 0)) };
        let Some(octets) = self.parts.store.mail_octets(ticket, id, most).await? else {
            return Ok((None, 0));
        };
        let size = octets.raw.len() as u64;
        let (parts, opened) = (Arc::clone(&self.parts), Arc::clone(&self.opened));
        let open = tokio::task::spawn_blocking(move || {
            let body = opened.keep(id, open(&parts, &octets));
            drop(turn);
            body
        });
        Ok(match tokio::time::timeout(within, open).await {
            Ok(Ok(body)) => (Some(body), size),
            Ok(Err(_)) => (Some(self.opened.keep(id, unreadable(crate::mail::Unreadable::Panicked))), size),
            Err(_) => (None, size),
        })
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

/// Reads a mail for its page.
fn open(parts: &Parts, octets: &MailOctets) -> MailBody {
    let rules = &parts.rules;
    let opened = guarded(|| {
        let displayed = display::display(&octets.raw);
        let (raw, signatures) = (&octets.raw, octets.signatures.as_ref());
        let read = read_of(&octets.mailbox, raw, signatures, &rules.authentications, &rules.own_domains);
        let marks = read.map(|read| marks(&read.reading, |number| line(&displayed, number)));
        Ok(MailBody { marks: marks.unwrap_or_default(), displayed })
    });
    opened.unwrap_or_else(unreadable)
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
        asked: i64,
        who: &StaffMember,
    ) -> Result<Option<TicketShown>, Unavailable> {
        told("a ticket", number, self.page(number, MailId(asked), who).await)
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
