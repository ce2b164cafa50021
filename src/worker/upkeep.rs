//! What goes on beside the work: the audit chain is sealed, expired secrets are erased, and it is
//! known which parts have answered lately.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::Parts;
use crate::types::UnixMillis;
use crate::web::Readiness;

/// A part that has not answered for longer than this is missing; a mailbox may sleep between two
/// looks before.
const LATELY: Duration = Duration::from_secs(5 * 60);
/// Audit rows chained in one transaction.
const CHAIN_BATCH: u32 = 500;
/// A clock that goes back by less is only being corrected.
const SET_BACK: Duration = Duration::from_secs(1);

/// Which parts have answered, and when. By a clock that nobody sets.
#[derive(Debug, Default)]
pub struct Health {
    answered: Mutex<BTreeMap<String, Instant>>,
    /// Those that refuse our credentials, since they last answered.
    refused: Mutex<BTreeSet<String>>,
    /// Each with how long it may be silent.
    expected: Vec<(String, Duration)>,
}

impl Health {
    /// Expects answers of the store, the directory, and these mailboxes; each is asked at least once
    /// in its `poll`.
    #[must_use]
    pub fn expecting(mailboxes: &[(String, Duration)]) -> Self {
        let mut expected = vec![("store".to_owned(), LATELY), ("directory".to_owned(), LATELY)];
        let mailbox = |(name, poll): &(String, Duration)| (format!("mailbox:{name}"), *poll + LATELY);
        expected.extend(mailboxes.iter().map(mailbox));
        Self { answered: Mutex::default(), refused: Mutex::default(), expected }
    }

    /// This part has answered.
    pub fn answered(&self, part: &str) {
        self.answered_at(part, Instant::now());
    }

    fn answered_at(&self, part: &str, at: Instant) {
        if let Ok(mut answered) = self.answered.lock() {
            answered.insert(part.to_owned(), at);
        }
        if let Ok(mut refused) = self.refused.lock() {
            refused.remove(part);
        }
    }

    /// This part refuses our credentials: nobody has to wait until it is missed.
    pub fn refused(&self, part: &str) {
        if let Ok(mut refused) = self.refused.lock() {
            refused.insert(part.to_owned());
        }
    }

    /// What keeps the desk from its work.
    pub(crate) async fn readiness(&self, parts: &Parts) -> Readiness {
        if parts.store.switch(parts.now()).await.is_ok() {
            self.answered("store");
        }
        let refused = self.refused.lock().map(|refused| refused.clone()).unwrap_or_default();
        let mut missing = self.missing_at(Instant::now());
        missing.retain(|part| !refused.contains(part));
        Readiness { missing, refused: refused.into_iter().collect() }
    }

    fn missing_at(&self, now: Instant) -> Vec<String> {
        let known = self.answered.lock().map(|answered| answered.clone()).unwrap_or_default();
        let fresh = |part: &str, silent: Duration| {
            known.get(part).is_some_and(|at| now.saturating_duration_since(*at) <= silent)
        };
        let missing = self.expected.iter().filter(|(part, silent)| !fresh(part, *silent));
        missing.map(|(part, _)| part.clone()).collect()
    }
}

/// What both clocks said: the one on the wall, which people set, and the one that only runs.
struct Hands {
    wall: UnixMillis,
    running: Instant,
}

impl Hands {
    /// Was the wall clock set back since the last look?
    fn were_set_back(&mut self, wall: UnixMillis, running: Instant) -> bool {
        let expected = self.wall.plus(running.saturating_duration_since(self.running));
        *self = Self { wall, running };
        expected.since(wall) > SET_BACK
    }
}

/// Seals the audit chain, erases what has expired and watches the clock, until `stop`; a last time
/// after it.
pub(crate) async fn run(parts: Arc<Parts>, health: Arc<Health>, stop: CancellationToken) {
    let mut look_at_directory = 0_u32;
    let mut hands = Hands { wall: parts.now(), running: Instant::now() };
    // The clock may have been set back while nothing ran.
    let mut wake = true;
    loop {
        if hands.were_set_back(parts.now(), Instant::now()) {
            tracing::warn!("the clock was set back: everything that waits looks again");
            wake = true;
        }
        wake = wake && !wake_all(&parts).await;
        once(&parts).await;
        if look_at_directory == 0 {
            match tokio::time::timeout(parts.timing.directory, parts.directory.probe()).await {
                Ok(Ok(_)) => health.answered("directory"),
                Ok(Err(error)) => tracing::warn!("{error}; requests wait, then go to a technician"),
                Err(_) => tracing::warn!("the directory did not answer in time; requests wait"),
            }
        }
        look_at_directory = (look_at_directory + 1) % 30;
        if stop.is_cancelled() {
            return;
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(Duration::from_secs(2)) => {}
        }
    }
}

/// Due times of a clock that was set back lie ahead, and nothing else tells of them (I16). Every effect
/// looks at its own times first, so waking one too early does no harm. `false`: to be done again.
async fn wake_all(parts: &Parts) -> bool {
    match parts.store.wake_all(parts.now()).await {
        Ok(_) => {
            parts.wake.notify_one();
            true
        }
        Err(error) => {
            tracing::error!("what waits could not be woken: {error}; it is tried again");
            false
        }
    }
}

/// One round of upkeep.
pub(crate) async fn once(parts: &Parts) {
    if let Some(keyring) = &parts.keyring {
        loop {
            match parts.store.seal_audit(keyring, CHAIN_BATCH).await {
                Ok(sealed) if sealed >= CHAIN_BATCH => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::error!("the audit chain waits: {error}");
                    break;
                }
            }
        }
    }
    match parts.store.erase_expired(parts.now()).await {
        Ok(0) => {}
        Ok(erased) => tracing::info!(erased, "expired secrets were erased"),
        Err(error) => tracing::error!("expired secrets could not be erased: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_mailbox_may_sleep_between_two_looks_and_no_longer() {
        let health = Health::expecting(&[("often".to_owned(), MINUTE), ("seldom".to_owned(), 30 * MINUTE)]);
        let begun = Instant::now();
        assert_eq!(health.missing_at(begun), ["store", "directory", "mailbox:often", "mailbox:seldom"]);
        for part in ["store", "directory", "mailbox:often", "mailbox:seldom"] {
            health.answered_at(part, begun);
        }
        let after = |minutes: u32| health.missing_at(begun + minutes * MINUTE);
        assert_eq!(after(5), [""; 0]);
        assert_eq!(after(6), ["store", "directory"]);
        assert_eq!(after(34), ["store", "directory", "mailbox:often"]);
        assert_eq!(after(36).len(), 4);
    }

    #[test]
    fn a_clock_that_is_set_back_is_noticed_once_and_a_corrected_one_never() {
        let (wall, running) = (UnixMillis(1_795_521_600_000), Instant::now());
        let mut hands = Hands { wall, running };
        let mut look = |wall: UnixMillis, minutes: u32| hands.were_set_back(wall, running + minutes * MINUTE);
        assert!(!look(wall.plus(MINUTE), 1));
        assert!(!look(wall.plus(2 * MINUTE).minus(Duration::from_millis(900)), 2));
        assert!(look(wall, 3), "it shows what it showed three minutes ago");
        assert!(!look(wall.plus(MINUTE), 4));
        assert!(!look(wall.plus(43_200 * MINUTE), 5), "set forward: all is due by itself");
        assert!(look(wall, 6));
    }
}
