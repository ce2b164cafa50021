//! What goes on beside the work: the audit chain is sealed, expired secrets are erased, and it is
//! known which parts have answered lately.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Parts;
use crate::types::UnixMillis;

/// A part that has not answered for longer than this after an answer was due is missing.
const LATELY: Duration = Duration::from_secs(5 * 60);
/// Audit rows chained in one transaction.
const CHAIN_BATCH: u32 = 500;

/// Which parts have answered, and when.
#[derive(Debug, Default)]
pub struct Health {
    answered: Mutex<BTreeMap<String, UnixMillis>>,
    /// Each part, and for how long its answer counts.
    expected: Vec<(String, Duration)>,
}

impl Health {
    /// Expects answers of the store, the directory, and these mailboxes; beside a mailbox's name
    /// stands how often a full look at it is due, which is its only answer while it idles.
    #[must_use]
    pub fn expecting(mailboxes: &[(String, Duration)]) -> Self {
        let mut expected = vec![("store".to_owned(), LATELY), ("directory".to_owned(), LATELY)];
        expected.extend(mailboxes.iter().map(|(name, poll)| (format!("mailbox:{name}"), LATELY + *poll)));
        Self { answered: Mutex::default(), expected }
    }

    /// This part has answered.
    pub fn answered(&self, part: &str, at: UnixMillis) {
        if let Ok(mut answered) = self.answered.lock() {
            answered.insert(part.to_owned(), at);
        }
    }

    /// The parts that have not answered lately.
    pub(crate) async fn missing(&self, parts: &Parts) -> Vec<String> {
        let now = parts.now();
        if parts.store.switch(now).await.is_ok() {
            self.answered("store", now);
        }
        self.missing_at(now)
    }

    fn missing_at(&self, now: UnixMillis) -> Vec<String> {
        let known = self.answered.lock().map(|answered| answered.clone()).unwrap_or_default();
        let fresh = |part: &str, counts| known.get(part).is_some_and(|at| now.since(*at) <= counts);
        self.expected.iter().filter(|(part, counts)| !fresh(part, *counts)).map(|(p, _)| p.clone()).collect()
    }
}

/// Seals the audit chain and erases what has expired, until `stop`; a last time after it.
pub(crate) async fn run(parts: Arc<Parts>, health: Arc<Health>, stop: CancellationToken) {
    let mut look_at_directory = 0_u32;
    loop {
        once(&parts).await;
        if look_at_directory == 0 {
            match tokio::time::timeout(parts.timing.directory, parts.directory.probe()).await {
                Ok(Ok(_)) => health.answered("directory", parts.now()),
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

    #[test]
    fn a_mailbox_that_idles_until_its_next_look_is_not_missing() {
        let minutes = |n: u64| Duration::from_secs(60 * n);
        let health = Health::expecting(&[("quick".to_owned(), minutes(0)), ("calm".to_owned(), minutes(60))]);
        let start = UnixMillis(1_795_338_845_000);
        assert_eq!(health.missing_at(start), ["store", "directory", "mailbox:quick", "mailbox:calm"]);
        for part in ["store", "directory", "mailbox:quick", "mailbox:calm"] {
            health.answered(part, start);
        }
        assert!(health.missing_at(start.plus(minutes(5))).is_empty());
        assert_eq!(health.missing_at(start.plus(minutes(60))), ["store", "directory", "mailbox:quick"]);
        assert!(health.missing_at(start.plus(minutes(66))).contains(&"mailbox:calm".to_owned()));
    }
}
