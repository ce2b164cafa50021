//! The queue as the pages see it: [`QueuePort`] implements [`Queue`]. Counting goes over every open ticket,
//! so it is done once for everybody who asks within two seconds.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio::sync::Mutex;

use super::Parts;
use crate::clock::{OpeningHours, Zone};
use crate::mail::{bare_subject, words_of};
use crate::store::StoreError;
use crate::ticket::TicketId;
use crate::ticket::alike::clusters;
use crate::ticket::queue::{CountAt, Row, Sought, Wanted};
use crate::types::{StaffName, TicketNumber, UnixMillis, Username};
use crate::web::{Alike, Found, Queue, Snapshot, Unavailable};

/// Counters are made anew when somebody asks and they are older than this.
const FRESH: Duration = Duration::from_secs(2);
/// Words that a search looks for; further ones make it no better.
const MOST_WORDS: usize = 8;

/// When the desk is open, and when a ticket is late.
#[derive(Clone, Debug)]
pub struct Ages {
    /// Where the desk is.
    pub zone: Zone,
    /// When it is open.
    pub opening: OpeningHours,
    /// After so long a waiting ticket turns amber, and red.
    pub late: [Duration; 2],
}

/// What was counted, and when.
struct Counted {
    at: Instant,
    snapshot: Arc<Snapshot>,
}

/// Which tickets were alike under this version of the counters.
struct Clustered {
    version: u64,
    alike: Arc<Alike>,
}

/// The queue behind the pages.
pub struct QueuePort {
    parts: Arc<Parts>,
    ages: Ages,
    counted: Mutex<Option<Counted>>,
    clustered: Mutex<Option<Clustered>>,
}

impl QueuePort {
    /// The queue over `parts`.
    #[must_use]
    pub fn new(parts: Arc<Parts>, ages: Ages) -> Self {
        Self { parts, ages, counted: Mutex::new(None), clustered: Mutex::new(None) }
    }

    async fn count(&self) -> Result<Snapshot, Unavailable> {
        let now = self.parts.now();
        let Ages { zone, opening, late } = &self.ages;
        let late = late.map(|length| opening.before(zone, now, length));
        let at = CountAt { now, today: zone.midnight(now), late: late[1] };
        let counts = self.parts.store.queue_counts(&at).await.map_err(not_now)?;
        let people = self.parts.store.all_staff().await.map_err(not_now)?.into_iter();
        let people =
            people.map(|staff| (staff.member.name.as_str().to_owned(), staff.member.shown)).collect();
        Ok(Snapshot { version: counts.version(), counts, at: now, today: at.today, late, people })
    }
}

#[async_trait]
impl Queue for QueuePort {
    /// Whoever comes while another counts waits for that one's answer.
    async fn snapshot(&self) -> Result<Arc<Snapshot>, Unavailable> {
        let mut counted = self.counted.lock().await;
        if let Some(counted) = &*counted
            && counted.at.elapsed() < FRESH
        {
            return Ok(Arc::clone(&counted.snapshot));
        }
        let snapshot = Arc::new(self.count().await?);
        *counted = Some(Counted { at: Instant::now(), snapshot: Arc::clone(&snapshot) });
        Ok(snapshot)
    }

    async fn page(&self, wanted: &Wanted) -> Result<Vec<Row>, Unavailable> {
        self.parts.store.queue_page(wanted).await.map_err(not_now)
    }

    async fn rows(&self, ids: &[TicketId]) -> Result<Vec<Row>, Unavailable> {
        self.parts.store.queue_rows(ids).await.map_err(not_now)
    }

    async fn behind(&self, ids: &[TicketId]) -> Result<Vec<TicketId>, Unavailable> {
        self.parts.store.queue_behind(ids).await.map_err(not_now)
    }

    async fn alike(&self) -> Result<Arc<Alike>, Unavailable> {
        let version = self.snapshot().await?.version;
        let mut clustered = self.clustered.lock().await;
        if let Some(clustered) = &*clustered
            && clustered.version == version
        {
            return Ok(Arc::clone(&clustered.alike));
        }
        let likenesses = self.parts.store.queue_likenesses().await.map_err(not_now)?;
        // Comparing thousands of texts is work for the processor: not on the threads that answer.
        let found = tokio::task::spawn_blocking(move || {
            let clusters = clusters(&likenesses, bare_subject);
            let together: HashSet<TicketId> =
                clusters.iter().flat_map(|cluster| cluster.tickets.iter().copied()).collect();
            let alone = likenesses.iter().map(|one| one.id).filter(|id| !together.contains(id)).collect();
            Alike { clusters, alone }
        });
        let alike = Arc::new(found.await.map_err(|_| Unavailable)?);
        *clustered = Some(Clustered { version, alike: Arc::clone(&alike) });
        Ok(alike)
    }

    async fn search(
        &self,
        text: &str,
        before: Option<i64>,
        limit: u32,
        by: &StaffName,
    ) -> Result<Found, Unavailable> {
        let year = self.parts.texts.year(self.parts.now());
        if let Some(number) = number_of(text, year)
            && self.parts.store.queue_number(number).await.map_err(not_now)?.is_some()
        {
            return Ok(Found::Ticket(number));
        }
        let sought = Sought {
            words: words_of(text).take(MOST_WORDS).collect(),
            login: Username::parse(text).ok().map(|name| login_of(&name)),
            actor: by.actor(),
            before,
            limit,
        };
        let found = self.parts.store.queue_search(&sought, self.parts.now()).await.map_err(not_now)?;
        Ok(Found::Rows(found))
    }

    fn waited(&self, since: UnixMillis, now: UnixMillis) -> Duration {
        self.ages.opening.between(&self.ages.zone, since, now)
    }
}

/// `26-1141`, `#26-1141`, or the running number alone, which is of this year.
fn number_of(text: &str, year: i64) -> Option<TicketNumber> {
    let text = text.trim().trim_start_matches(['#', '[']).trim_end_matches(']');
    let running = || text.parse().ok().filter(|running| *running > 0);
    TicketNumber::parse(text).ok().or_else(|| running().map(|running| TicketNumber::new(year, running)))
}

fn login_of(name: &Username) -> String {
    let folded = name.folded();
    folded.split('@').next().unwrap_or(&folded).to_owned()
}

fn not_now(error: StoreError) -> Unavailable {
    tracing::error!("the queue could not be read: {error}; nothing was changed");
    Unavailable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_known_however_people_write_it() {
        let number = TicketNumber::new(2026, 1141);
        for text in ["26-1141", " #26-1141 ", "[26-1141]", "1141"] {
            assert_eq!(number_of(text, 2026), Some(number), "{text}");
        }
        for text in ["", "anna", "0", "070-174", "annand12"] {
            assert_eq!(number_of(text, 2026), None, "{text}");
        }
    }
}
