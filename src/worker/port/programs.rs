//! [`ProgramsPort`] implements [`Programs`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::keyring::{Keyring, generate_key};
use crate::store::{AskedOnce, AuditEntry, AuditFilter, KeptAnswer, OnceBegun, StoreError};
use crate::ticket::TicketId;
use crate::types::{Role, StaffMember, StaffName, TicketNumber, TokenName};
use crate::web::port::{GivenAnswer, Known, LetIn, Once, Program, Programs, TicketListed, Unavailable};
use crate::worker::Parts;

/// Requests of one token that are answered at once, by one node …
const BURST: f64 = 600.0;
/// … and in a second from then on.
const PER_SECOND: f64 = 20.0;
/// No longer token is looked for.
const LONGEST_TOKEN: usize = 200;
/// A request that was begun so long ago, and not answered, was left behind: no connection lives as long.
const LEFT_BEHIND: Duration = Duration::from_secs(150);
/// An answer is repeated for so long.
pub(crate) const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// Whoever reads the audit log for longer stands in it again.
const READING_NOTED: Duration = Duration::from_secs(60 * 60);

/// What a token may still ask, and since when that is known.
struct Room {
    left: f64,
    at: Instant,
}

/// Programs over `parts`.
pub struct ProgramsPort {
    parts: Arc<Parts>,
    /// What is asked is kept under a key only: it may hold phones, of which there are few.
    keyring: Arc<Keyring>,
    rooms: Mutex<HashMap<TokenName, Room>>,
}

impl ProgramsPort {
    /// The port over `parts`.
    #[must_use]
    pub fn new(parts: Arc<Parts>) -> Self {
        // Without a key nobody knows a request again after a restart: its repeat is refused, and not done twice.
        let for_now = || Arc::new(Keyring::new(generate_key(&mut rand::rng()), Vec::new()));
        let keyring = parts.keyring.clone().unwrap_or_else(for_now);
        Self { parts, keyring, rooms: Mutex::default() }
    }

    fn asked(&self, once: &Once) -> AskedOnce {
        let Once { token, key, fingerprint } = once.clone();
        let mac = self.keyring.mac(self.keyring.current_id(), "request", fingerprint.as_bytes());
        // The current key is on its ring.
        let fingerprint = HEXLOWER.encode(&mac.unwrap_or_default());
        AskedOnce { token, key, fingerprint }
    }

    /// How long the token has to wait; `None`: it may ask, and has.
    fn waits(&self, name: &TokenName, now: Instant) -> Option<Duration> {
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        let room = rooms.entry(name.clone()).or_insert(Room { left: BURST, at: now });
        let passed = now.saturating_duration_since(room.at).as_secs_f64();
        room.left = BURST.min(room.left + passed * PER_SECOND);
        room.at = now;
        if room.left < 1.0 {
            return Some(Duration::from_secs_f64((1.0 - room.left) / PER_SECOND));
        }
        room.left -= 1.0;
        None
    }
}

fn not_now(error: StoreError) -> Unavailable {
    tracing::error!("a program could not be answered: {error}; nothing was changed");
    Unavailable
}

#[async_trait]
impl Programs for ProgramsPort {
    async fn let_in(&self, token: &str) -> Result<LetIn, Unavailable> {
        if token.is_empty() || token.len() > LONGEST_TOKEN {
            return Ok(LetIn::No);
        }
        let hash = HEXLOWER.encode(&Sha256::digest(token));
        let found = self.parts.store.token(&hash, self.parts.now()).await.map_err(not_now)?;
        let Some(token) = found else { return Ok(LetIn::No) };
        if let Some(wait) = self.waits(&token.name, self.parts.moment()) {
            return Ok(LetIn::Wait(wait));
        }
        let name = token.name.actor();
        // What it may do is told by its scopes; on tickets it acts as one who deals with them.
        let member = StaffMember { shown: name.to_string(), name, role: Role::Technician };
        Ok(LetIn::Yes(Program { name: token.name, scopes: token.scopes, member }))
    }

    async fn begin(&self, once: &Once) -> Result<Known, Unavailable> {
        let now = self.parts.now();
        let asked = self.asked(once);
        let begun = self.parts.store.begin_once(&asked, now.minus(LEFT_BEHIND), now.minus(KEPT), now);
        Ok(match begun.await.map_err(not_now)? {
            OnceBegun::Now => Known::New,
            OnceBegun::UnderWay => Known::UnderWay,
            OnceBegun::Another => Known::Another,
            OnceBegun::Answered(KeptAnswer { status, location, body }) => {
                Known::Answered(GivenAnswer { status, location, body })
            }
        })
    }

    async fn end(&self, once: &Once, answer: Option<&GivenAnswer>) -> Result<(), Unavailable> {
        let answer = answer.cloned().map(|given| KeptAnswer {
            status: given.status,
            location: given.location,
            body: given.body,
        });
        self.parts.store.end_once(&self.asked(once), answer.as_ref()).await.map_err(not_now)
    }

    async fn numbered(&self, number: TicketNumber) -> Result<Option<TicketId>, Unavailable> {
        self.parts.store.queue_number(number).await.map_err(not_now)
    }

    async fn tickets(&self, ids: &[TicketId]) -> Result<Vec<TicketListed>, Unavailable> {
        let views = self.parts.store.ticket_views(ids).await.map_err(not_now)?;
        let listed =
            views.into_iter().map(|view| TicketListed { ticket: view.ticket, messages: view.messages });
        Ok(listed.collect())
    }

    async fn note_reading(&self, by: &StaffName) -> Result<(), Unavailable> {
        let (store, now) = (&self.parts.store, self.parts.now());
        let (actor, event) = (by.actor(), "audit.read".to_owned());
        let from = Some(now.minus(READING_NOTED));
        let filter =
            AuditFilter { from, actor: actor.clone(), event: event.clone(), ..AuditFilter::default() };
        if store.audit_rows(&filter, 1).await.map_err(not_now)?.is_empty() {
            let entry = AuditEntry { actor, event, data: "{}".to_owned() };
            store.note(&entry, now).await.map_err(not_now)?;
        }
        Ok(())
    }
}
