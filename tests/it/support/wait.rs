//! Waiting for what must come: a condition and a deadline, never a fixed pause.

use std::time::{Duration, Instant};

/// How often is looked.
const LOOK: Duration = Duration::from_millis(25);

/// What `look` finds, at the latest after `limit`; a panic that says `what` did not come.
pub async fn until<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "within {limit:?} this did not come: {what}");
        tokio::time::sleep(LOOK).await;
    }
}
