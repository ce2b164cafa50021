//! After a restore nothing runs before reconciliation (I22). The mailboxes tell of one: mails lie in the folder of
//! handled mails that the store has never seen. So work begins when every mailbox's folders have been compared
//! with the store, and what a store from a backup thinks is under way is held.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;

use super::{Parts, limits};

/// A mailbox that does not answer holds nobody up for longer: people wait for what is under way.
const WITHIN: Duration = Duration::from_secs(60);
/// A store that failed is asked again.
const AGAIN_AFTER: Duration = Duration::from_secs(2);

/// How a mailbox was found.
pub(super) enum Found {
    /// Its folders were compared with the store.
    Swept(usize),
    /// It refuses the sign-in. It is asked again only long after [`WITHIN`], so waiting for it would tell nothing.
    Closed(usize),
}

/// Hears how the mailboxes are found, and opens `ready` when there is nothing more to learn of any of them, or at the
/// latest after [`WITHIN`].
pub(super) async fn watch(
    parts: Arc<Parts>,
    mailboxes: usize,
    mut found: UnboundedReceiver<Found>,
    ready: CancellationToken,
    stop: CancellationToken,
) {
    let mut waiting: BTreeSet<usize> = (0..mailboxes).collect();
    let mut closed = BTreeSet::new();
    let late = tokio::time::sleep(WITHIN);
    tokio::pin!(late);
    // What was found before a stop, and not acted on yet.
    look(&parts, true, &stop).await;
    loop {
        if waiting.is_subset(&closed) && !ready.is_cancelled() {
            if !waiting.is_empty() {
                tracing::warn!(
                    "a mailbox that refuses the sign-in could not be compared with the store: work begins all \
                    the same; if the database came out of a backup, turn the automation off"
                );
            }
            ready.cancel();
        }
        tokio::select! {
            () = stop.cancelled() => return,
            how = found.recv() => match how {
                None => return,
                Some(Found::Closed(mailbox)) => drop(closed.insert(mailbox)),
                Some(Found::Swept(mailbox)) => {
                    // A mail that somebody moves there later tells of no restore.
                    let at_start = waiting.remove(&mailbox);
                    look(&parts, at_start, &stop).await;
                }
            },
            () = &mut late, if !ready.is_cancelled() => {
                tracing::warn!("not every mailbox could be compared with the store within a minute: work begins all \
                    the same; if the database came out of a backup, turn the automation off");
                ready.cancel();
            }
        }
    }
}

async fn look(parts: &Parts, at_start: bool, stop: &CancellationToken) {
    let pause = at_start.then(|| limits::restored(parts));
    loop {
        match parts.store.hold_forgotten(pause.as_ref(), parts.now()).await {
            Ok(0) => return,
            Ok(held) => {
                tracing::error!(held, "the database came out of a backup: what was under way is held");
                return;
            }
            Err(error) => tracing::error!("signs of a restore could not be looked for: {error}; tried again"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(AGAIN_AFTER) => {}
        }
    }
}
