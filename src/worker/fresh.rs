//! Something that is costly to find out and asked for often: a task finds it out again and again while somebody
//! asks, and whoever asks reads what was found last. Nobody counts in a request.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::web::Unavailable;

/// The task goes on so long after somebody has asked.
const WARM: Duration = Duration::from_secs(60);
/// Nobody waits longer for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was found out, when, and whether that was after the last [`Fresh::outdate`].
#[derive(Clone)]
struct Found<T> {
    round: u64,
    at: Instant,
    value: Result<Arc<T>, Unavailable>,
}

/// Finds out once.
type Find<T> = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<T, Unavailable>> + Send>> + Send + Sync>;

struct Asked {
    last: Instant,
    running: bool,
    /// What was found out in an earlier round is out of date.
    round: u64,
}

struct Inner<T> {
    every: Duration,
    find: Find<T>,
    asked: Mutex<Asked>,
    found: watch::Sender<Option<Found<T>>>,
    /// Whoever has changed something waits for no round.
    again: Notify,
}

/// See the file's head.
pub(super) struct Fresh<T>(Arc<Inner<T>>);

/// The task that finds out runs; when it ends, however it does, another may begin.
struct Running<T>(Arc<Inner<T>>);

impl<T> Drop for Running<T> {
    fn drop(&mut self) {
        self.0.asked().running = false;
    }
}

impl<T> Inner<T> {
    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Send + Sync + 'static> Fresh<T> {
    /// Finds out by `find`, every `every` while somebody asks.
    pub fn new(every: Duration, find: Find<T>) -> Self {
        let asked = Mutex::new(Asked { last: Instant::now(), running: false, round: 0 });
        Self(Arc::new(Inner { every, find, asked, found: watch::Sender::new(None), again: Notify::new() }))
    }

    /// What was found last. Waits only when nobody has asked for a while. What is older than a round and whatever anybody
    /// waits is no answer, however slow the store is.
    pub async fn get(&self) -> Result<Arc<T>, Unavailable> {
        let mut found = self.0.found.subscribe();
        let round = self.ask();
        let stale = self.0.every + PATIENCE;
        let fits = |found: &Option<Found<T>>| {
            found.as_ref().is_some_and(|found| found.round >= round && found.at.elapsed() < stale)
        };
        let waited = tokio::time::timeout(PATIENCE, found.wait_for(fits)).await;
        let Ok(Ok(found)) = waited else { return Err(Unavailable) };
        found.as_ref().map_or(Err(Unavailable), |found| found.value.clone())
    }

    /// Something was changed that whoever asks next must see.
    pub fn outdate(&self) {
        self.0.asked().round += 1;
        self.0.again.notify_one();
    }

    /// Notes that somebody asks, and sees to it that the task runs.
    fn ask(&self) -> u64 {
        let mut asked = self.0.asked();
        asked.last = Instant::now();
        if !asked.running {
            asked.running = true;
            tokio::spawn(find_out(Running(Arc::clone(&self.0))));
        }
        asked.round
    }
}

async fn find_out<T: Send + Sync + 'static>(running: Running<T>) {
    let inner = &running.0;
    loop {
        let round = inner.asked().round;
        let value = (inner.find)().await.map(Arc::new);
        inner.found.send_replace(Some(Found { round, at: Instant::now(), value }));
        tokio::select! {
            () = tokio::time::sleep(inner.every) => {}
            () = inner.again.notified() => {}
        }
        if inner.asked().last.elapsed() > WARM {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn counting(every: Duration) -> (Arc<AtomicU32>, Fresh<u32>) {
        let count = Arc::new(AtomicU32::new(0));
        let mine = Arc::clone(&count);
        let find = move || {
            let mine = Arc::clone(&mine);
            Box::pin(async move { Ok(mine.fetch_add(1, Ordering::SeqCst) + 1) })
                as Pin<Box<dyn Future<Output = _> + Send>>
        };
        (count, Fresh::new(every, Box::new(find)))
    }

    #[tokio::test]
    async fn a_thousand_questions_are_one_count_and_a_change_is_seen_by_the_next() {
        let (count, fresh) = counting(Duration::from_secs(600));
        for _ in 0..1000 {
            assert_eq!(*fresh.get().await.unwrap(), 1);
        }
        assert_eq!(count.load(Ordering::SeqCst), 1);
        fresh.outdate();
        assert_eq!(*fresh.get().await.unwrap(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_a_slow_round_while_the_last_one_is_at_hand_and_it_grows_too_old() {
        let rounds = Arc::new(AtomicU32::new(0));
        let mine = Arc::clone(&rounds);
        let find: Find<u32> = Box::new(move || {
            let round = mine.fetch_add(1, Ordering::SeqCst) + 1;
            Box::pin(async move {
                // The second one never ends.
                tokio::time::sleep(Duration::from_secs(if round == 1 { 0 } else { 3600 })).await;
                Ok(round)
            })
        });
        let fresh = Fresh::new(Duration::from_secs(10), find);
        assert_eq!(*fresh.get().await.unwrap(), 1);
        for second in 1..20 {
            tokio::time::advance(Duration::from_secs(1)).await;
            let asked = Instant::now();
            assert_eq!(*fresh.get().await.unwrap(), 1, "{second} s");
            assert_eq!(asked.elapsed(), Duration::ZERO, "{second} s");
        }
        assert_eq!(rounds.load(Ordering::SeqCst), 2, "the second round goes on");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(fresh.get().await.is_err(), "too old");
    }

    #[tokio::test]
    async fn a_store_that_fails_is_told_and_asked_again() {
        let failing: Find<u32> = Box::new(|| Box::pin(async { Err(Unavailable) }));
        let fresh = Fresh::new(Duration::from_millis(1), failing);
        assert!(fresh.get().await.is_err() && fresh.get().await.is_err());
    }
}
