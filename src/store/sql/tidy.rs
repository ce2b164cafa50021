//! Erased secrets: what has expired is erased, and what was erased is overwritten in the files too.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::SqlStore;
use super::dialect::Dialect;
use super::intake::told;
use super::value::values;
use super::{audit, unavailable};
use crate::store::StoreError;
use crate::ticket::TicketId;
use crate::types::UnixMillis;

/// Emptying the log costs disk flushes: at most once in this time.
const TIDY_EVERY: Duration = Duration::from_secs(30);

/// Is there something to overwrite, and when was it done last?
#[derive(Debug, Default)]
pub(super) struct Tidy {
    wanted: AtomicBool,
    last: Mutex<Option<Instant>>,
}

impl Tidy {
    /// A sealed password was erased or replaced; its old pages are still in the log.
    pub(super) fn something_was_erased(&self) {
        self.wanted.store(true, Ordering::Relaxed);
    }

    fn is_time(&self) -> bool {
        let Ok(mut last) = self.last.lock() else { return false };
        if last.is_some_and(|at| at.elapsed() < TIDY_EVERY) || !self.wanted.swap(false, Ordering::Relaxed) {
            return false;
        }
        *last = Some(Instant::now());
        true
    }
}

impl<DB: Dialect> SqlStore<DB> {
    pub(super) async fn erase_sealed(&self, now: UnixMillis) -> Result<u32, StoreError> {
        let doing = "erasing expired secrets";
        let mut tx = self.write(doing).await?;
        let erased =
            tx.rows("DELETE FROM sealed WHERE expires_at <= $1 RETURNING ticket", values![now]).await?;
        let count = u32::try_from(erased.len()).unwrap_or(u32::MAX);
        for mut row in erased {
            let entry = told("password.expired", &json!({ "erased": true }));
            audit::write(&mut tx, TicketId(row.number()?), &entry, now).await?;
        }
        // Ends the transaction in any case: what follows needs the connection.
        tx.commit().await?;
        if count > 0 {
            self.tidy.something_was_erased();
        }
        if self.tidy.is_time() {
            DB::tidy(&self.pools.writer).await.map_err(unavailable(doing))?;
        }
        Ok(count)
    }
}
