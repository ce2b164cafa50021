//! What goes on beside the work: the audit chain is sealed, expired secrets are erased, and people are
//! told of mailboxes that stand still.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::Parts;
use super::health::Health;
use super::port::KEPT;
use super::watch;
use crate::types::UnixMillis;

/// Audit rows chained in one transaction.
const CHAIN_BATCH: u32 = 500;
/// A clock that goes back by less is only being corrected.
const SET_BACK: Duration = Duration::from_secs(1);

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
        watch::look(&parts, &health);
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
    if let Err(error) = parts.store.forget_asked(parts.now().minus(KEPT)).await {
        tracing::error!("old answers to programs could not be forgotten: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

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
