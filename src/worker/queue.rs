//! The queue as the pages see it: [`QueuePort`] implements [`Queue`]. Counting goes over every open ticket,
//! so a task does it every two seconds for everybody who asks, and no request does.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio::sync::Mutex;

use super::Parts;
use super::fresh::Fresh;
use super::operations::{outage_now, switch_now};
use super::pulse::Counter;
use crate::clock::{OpeningHours, Zone};
use crate::mail::{bare_subject, words_of};
use crate::store::StoreError;
use crate::ticket::TicketId;
use crate::ticket::alike::clusters;
use crate::ticket::queue::{CountAt, Row, Sought, Wanted};
use crate::types::{Role, StaffName, TicketNumber, UnixMillis, Username};
use crate::web::{Alike, Found, Pulse, Queue, Snapshot, Unavailable};

/// Counters are made anew so often while somebody asks.
const FRESH: Duration = Duration::from_secs(2);
/// What the status page tells beside them.
const PULSE: Duration = Duration::from_secs(10);
/// Texts are compared again at most so often.
const COMPARED: Duration = Duration::from_secs(5);
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

/// Which tickets were alike under this version of the counters.
struct Clustered {
    version: u64,
    at: Instant,
    alike: Arc<Alike>,
}

/// The queue behind the pages.
pub struct QueuePort {
    parts: Arc<Parts>,
    ages: Ages,
    counted: Fresh<Snapshot>,
    pulse: Fresh<Pulse>,
    clustered: Mutex<Option<Clustered>>,
}

impl QueuePort {
    /// The queue over `parts`.
    #[must_use]
    pub fn new(parts: Arc<Parts>, ages: Ages) -> Self {
        let (counted_of, ages_of) = (Arc::clone(&parts), ages.clone());
        let find = move || {
            let (parts, ages) = (Arc::clone(&counted_of), ages_of.clone());
            Box::pin(async move { count(&parts, &ages).await.map_err(not_now) }) as Pin<Box<_>>
        };
        let (counter, counter_of) = (Arc::new(Counter::new(ages.zone.clone())), Arc::clone(&parts));
        let count = move || {
            let (counter, parts) = (Arc::clone(&counter), Arc::clone(&counter_of));
            Box::pin(async move { counter.count(&parts).await.map_err(not_now) }) as Pin<Box<_>>
        };
        let (counted, pulse) = (Fresh::new(FRESH, Box::new(find)), Fresh::new(PULSE, Box::new(count)));
        Self { parts, ages, counted, pulse, clustered: Mutex::new(None) }
    }
}

async fn count(parts: &Parts, ages: &Ages) -> Result<Snapshot, StoreError> {
    let now = parts.now();
    let Ages { zone, opening, late } = ages;
    let late = late.map(|length| opening.before(zone, now, length));
    let at = CountAt { now, today: zone.midnight(now), late: late[1] };
    let counts = parts.store.queue_counts(&at).await?;
    let staff = parts.store.all_staff().await?;
    let acting = |one: &&crate::store::Staff| !one.disabled && one.member.role != Role::Auditor;
    let named = |one: &crate::store::Staff| (one.member.name.as_str().to_owned(), one.member.shown.clone());
    Ok(Snapshot {
        version: counts.version(),
        counts,
        at: now,
        today: at.today,
        late,
        colleagues: staff.iter().filter(acting).map(named).collect(),
        people: staff.iter().map(named).collect(),
        automation: switch_now(parts).await?,
        outage: parts.store.outage().await?.map(outage_now),
        overrides: parts.store.count_for_colleagues().await? as usize,
    })
}

#[async_trait]
impl Queue for QueuePort {
    async fn snapshot(&self) -> Result<Arc<Snapshot>, Unavailable> {
        self.counted.get().await
    }

    async fn pulse(&self) -> Result<Arc<Pulse>, Unavailable> {
        self.pulse.get().await
    }

    fn outdate(&self) {
        self.counted.outdate();
    }

    async fn page(&self, wanted: &Wanted) -> Result<Vec<Row>, Unavailable> {
        self.parts.store.queue_page(wanted).await.map_err(not_now)
    }

    async fn rows(&self, ids: &[TicketId]) -> Result<Vec<Row>, Unavailable> {
        self.parts.store.queue_rows(ids).await.map_err(not_now)
    }

    async fn row(&self, number: TicketNumber) -> Result<Option<Row>, Unavailable> {
        let Some(id) = self.parts.store.queue_number(number).await.map_err(not_now)? else { return Ok(None) };
        Ok(self.rows(&[id]).await?.into_iter().next())
    }

    async fn behind(&self, ids: &[TicketId]) -> Result<Vec<TicketId>, Unavailable> {
        self.parts.store.queue_behind(ids).await.map_err(not_now)
    }

    async fn alike(&self) -> Result<Arc<Alike>, Unavailable> {
        let version = self.snapshot().await?.version;
        let mut clustered = self.clustered.lock().await;
        if let Some(clustered) = &*clustered
            && (clustered.version == version || clustered.at.elapsed() < COMPARED)
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
        *clustered = Some(Clustered { version, at: Instant::now(), alike: Arc::clone(&alike) });
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
