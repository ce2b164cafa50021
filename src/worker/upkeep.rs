//! What goes on beside the work: the audit chain is sealed, expired secrets are erased, and it is
//! known which parts have answered lately.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Parts;
use crate::types::UnixMillis;

/// A part that has not answered for longer than this is missing.
const LATELY: Duration = Duration::from_secs(5 * 60);
/// Audit rows chained in one transaction.
const CHAIN_BATCH: u32 = 500;

/// Which parts have answered, and when.
#[derive(Debug, Default)]
pub struct Health {
    answered: Mutex<BTreeMap<String, UnixMillis>>,
    expected: Vec<String>,
}

impl Health {
    /// Expects answers of the store, the directory, and these mailboxes.
    #[must_use]
    pub fn expecting(mailboxes: &[String]) -> Self {
        let mut expected = vec!["store".to_owned(), "directory".to_owned()];
        expected.extend(mailboxes.iter().map(|name| format!("mailbox:{name}")));
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
        let known = self.answered.lock().map(|answered| answered.clone()).unwrap_or_default();
        let fresh = |part: &String| known.get(part).is_some_and(|at| now.since(*at) <= LATELY);
        self.expected.iter().filter(|part| !fresh(part)).cloned().collect()
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
