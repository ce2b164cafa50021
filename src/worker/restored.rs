//! After a restore nothing runs before reconciliation (I22). The mailboxes tell of one: mails lie in the folder of
//! handled mails that the store has never seen. So work begins, and links show passwords, when every mailbox's folders
//! have been compared with the store, and what a store from a backup thinks is under way is held.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Parts, limits};
use crate::decision::Automation;
use crate::store::StoreError;

/// A mailbox that does not answer holds nobody up for longer: people wait for what is under way. One whose comparison
/// goes on is waited for, because what it has forgotten comes last.
const WITHIN: Duration = Duration::from_secs(60);
/// A store that failed is asked again.
const AGAIN_AFTER: Duration = Duration::from_secs(2);

/// How the comparison of a mailbox goes.
pub(super) enum Found {
    /// Its folders were compared with the store.
    Swept(usize),
    /// A part of them was.
    InPart(usize),
    /// It refuses the sign-in. It is asked again only long after [`WITHIN`], so waiting for it would tell nothing.
    Closed(usize),
}

/// Hears how the comparisons go, and opens `ready` when all mailboxes have been compared but those which refuse the
/// sign-in, or when none has told anything for [`WITHIN`].
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
    look(&parts, &stop).await;
    loop {
        if !ready.is_cancelled() && waiting.is_subset(&closed) {
            if !waiting.is_empty() {
                in_doubt(&parts, "a mailbox refuses the sign-in", &stop).await;
            }
            ready.cancel();
        }
        tokio::select! {
            () = stop.cancelled() => return,
            how = found.recv() => {
                match how {
                    None => return,
                    Some(Found::Swept(mailbox)) => drop(waiting.remove(&mailbox)),
                    Some(Found::Closed(mailbox)) => drop(closed.insert(mailbox)),
                    Some(Found::InPart(mailbox)) => {
                        closed.remove(&mailbox);
                        late.as_mut().reset(Instant::now() + WITHIN);
                    }
                }
                look(&parts, &stop).await;
            }
            () = &mut late, if !ready.is_cancelled() => {
                in_doubt(&parts, "a mailbox has told nothing for a minute", &stop).await;
                ready.cancel();
            }
        }
    }
}

/// Acts on what tells of a backup.
async fn look(parts: &Parts, stop: &CancellationToken) {
    let pause = limits::restored(parts);
    let looked = until_it_works(stop, || parts.store.hold_forgotten(&pause, parts.now()));
    if let Some(Some(held)) = looked.await {
        tracing::error!(
            held,
            "the database came out of a backup: what was under way is held, the automation is off"
        );
    }
}

/// Work begins, and a mailbox has not told whether the store came out of a backup. Where a person has turned the
/// automation off, as they do when it has, nothing goes on that was begun before.
async fn in_doubt(parts: &Parts, why: &str, stop: &CancellationToken) {
    tracing::warn!(
        "not every mailbox could be compared with the store, because {why}: work begins all the same; if the database \
        came out of a backup, turn the automation off"
    );
    if until_it_works(stop, || parts.automation()).await.is_none_or(|automation| automation == Automation::On)
    {
        return;
    }
    let alarms = limits::perhaps_restored(&parts.rules);
    let held = until_it_works(stop, || parts.store.hold_deliveries(&alarms, parts.now())).await;
    if let Some(held @ 1..) = held {
        tracing::error!(
            held,
            "the automation is off, and the database may have come out of a backup: what was under \
            way is held"
        );
    }
}

/// What the store answers, as soon as it does; `None` when the program stops before.
async fn until_it_works<T, F>(stop: &CancellationToken, mut asked: impl FnMut() -> F) -> Option<T>
where
    F: Future<Output = Result<T, StoreError>>,
{
    loop {
        match asked().await {
            Ok(answer) => return Some(answer),
            Err(error) => tracing::error!("signs of a restore could not be looked for: {error}; tried again"),
        }
        tokio::select! {
            () = stop.cancelled() => return None,
            () = tokio::time::sleep(AGAIN_AFTER) => {}
        }
    }
}
