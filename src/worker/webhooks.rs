//! Webhooks are told what the audit log tells: its row is written in the transaction of what happens, so nothing that
//! happened is left out, and nothing is told that did not. A row becomes messages in one transaction with the mark up to
//! which a webhook was told; a message has the same name and the same body in every try, and goes until it is taken,
//! at least once.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Parts;
use crate::clock::rfc3339;
use crate::delivery::webhook::{HookAnswer, Webhook};
use crate::store::{AuditEntry, HookMessage, MACHINE, StoreError};

mod told;

/// Rows that are looked at in one round.
const ROWS: u32 = 200;
/// Messages of one webhook that leave at the same time.
const AT_ONCE: u32 = 8;
/// A try is over by then: connecting, and the whole call, have shorter limits. What was under way when the program was
/// stopped is told again after it.
const TRY: Duration = Duration::from_secs(30);
/// The pauses between tries (Standard Webhooks, "Retry schedule"); after the last the message is given up.
const PAUSES: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 60 * 60),
    Duration::from_secs(5 * 60 * 60),
    Duration::from_secs(10 * 60 * 60),
    Duration::from_secs(14 * 60 * 60),
    Duration::from_secs(20 * 60 * 60),
    Duration::from_secs(24 * 60 * 60),
];
/// Nothing has got through for so long, and was tried on most of those days: the webhook is told no more until the program
/// is started again. A clock that is set forward makes no days of tries.
const DISABLED_AFTER: Duration = Duration::from_secs(5 * 24 * 60 * 60);
const DAYS_TRIED: u32 = 4;
/// Rows of the audit log are in the chain by then, or nothing is told.
const CHAINED_WITHIN: Duration = Duration::from_secs(60);
/// How often a node says which webhooks its configuration names.
const NAMED_EVERY: Duration = Duration::from_secs(60 * 60);

/// Tells all webhooks, each in a task of its own, until `stop`: one that hangs holds up no other.
pub(crate) async fn run(parts: Arc<Parts>, stop: CancellationToken) {
    while let Err(error) = parts.store.open_hooks(&ids(&parts), parts.now()).await {
        tracing::error!("webhooks wait: {error}");
        if pause(&stop, Duration::from_secs(5)).await {
            return;
        }
    }
    let mut telling = JoinSet::new();
    for hook in &parts.webhooks {
        let (parts, hook, stop) = (Arc::clone(&parts), Arc::clone(hook), stop.clone());
        telling.spawn(async move {
            while !stop.is_cancelled() {
                let done = round(&parts, &hook, &stop).await.unwrap_or_else(|error| {
                    tracing::error!(webhook = hook.shown(), "a webhook waits: {error}");
                    0
                });
                if done == 0 && pause(&stop, Duration::from_millis(500)).await {
                    return;
                }
            }
        });
    }
    while !pause(&stop, NAMED_EVERY).await {
        if let Err(error) = parts.store.name_hooks(&ids(&parts), parts.now()).await {
            tracing::error!("which webhooks there are could not be kept: {error}; it is tried again");
        }
    }
    while telling.join_next().await.is_some() {}
}

fn ids(parts: &Parts) -> Vec<String> {
    parts.webhooks.iter().map(|hook| hook.id().to_owned()).collect()
}

/// Was it stopped meanwhile?
async fn pause(stop: &CancellationToken, length: Duration) -> bool {
    tokio::time::timeout(length, stop.cancelled()).await.is_ok()
}

/// Tells all of them what there is to tell now. Answers how much it was.
pub(crate) async fn drain(parts: &Arc<Parts>) -> Result<usize, StoreError> {
    let (mut all, stop) = (0, CancellationToken::new());
    for hook in &parts.webhooks {
        if parts.store.hook_state(hook.id()).await?.is_none() {
            parts.store.open_hooks(&ids(parts), parts.now()).await?;
        }
        loop {
            let done = round(parts, hook, &stop).await?;
            all += done;
            if done == 0 {
                break;
            }
        }
    }
    Ok(all)
}

/// Looks once. Answers how much there was to do.
async fn round(
    parts: &Arc<Parts>,
    hook: &Arc<Webhook>,
    stop: &CancellationToken,
) -> Result<usize, StoreError> {
    let rows = parts.store.untold(hook.id(), ROWS).await?;
    if let Some(last) = rows.last() {
        let of_row = |row| told::messages(parts, hook, row).into_iter().map(|message| (row.place, message));
        let messages: Vec<_> = rows.iter().flat_map(of_row).collect();
        parts.store.tell(hook.id(), &messages, last.place, parts.now()).await?;
    }
    let now = parts.now();
    let due = parts.store.claim_hook_messages(hook.id(), AT_ONCE, now.plus(TRY), now).await?;
    let done = rows.len() + due.len();
    let mut sending = JoinSet::new();
    for message in due {
        let (parts, hook, stop) = (Arc::clone(parts), Arc::clone(hook), stop.clone());
        sending.spawn(async move { send(&parts, &hook, &message, &stop).await });
    }
    while let Some(sent) = sending.join_next().await {
        match sent {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!("what a webhook said was not kept: {error}; it is told again"),
            Err(error) => {
                tracing::error!("telling a webhook broke off, {}", crate::telemetry::how_it_ended(&error));
            }
        }
    }
    Ok(done)
}

async fn send(
    parts: &Parts,
    hook: &Webhook,
    message: &HookMessage,
    stop: &CancellationToken,
) -> Result<(), StoreError> {
    let at = parts.now().0.div_euclid(1000);
    let (id, name) = (hook.id(), message.message.as_str());
    let answer = tokio::select! {
        answer = hook.send(name, at, &message.body) => answer,
        // One that hangs holds up no stop: the message is due again, and this was no try.
        () = stop.cancelled() => return Ok(()),
    };
    match answer {
        HookAnswer::Took => parts.store.hook_took(id, name, parts.now()).await,
        HookAnswer::Gone => disable(parts, hook, "it answers 410: it wants nothing more").await,
        HookAnswer::Not { why, after } => {
            let now = parts.now();
            let tried = usize::try_from(message.tries).unwrap_or(usize::MAX).saturating_sub(1);
            let again = PAUSES.get(tried).map(|pause| {
                let most = PAUSES[PAUSES.len() - 1];
                now.plus(spread(*pause).max(after.unwrap_or_default().min(most)))
            });
            match again {
                Some(_) => {
                    tracing::warn!(webhook = hook.shown(), "a webhook was not told: {why}; tried again")
                }
                None => {
                    tracing::error!(webhook = hook.shown(), "a webhook is not told {name}: {why}; given up")
                }
            }
            parts.store.hook_failed(id, name, &why, again, now).await?;
            let state = parts.store.hook_state(id).await?;
            let for_days = state.is_some_and(|state| {
                let long = state.failing_since.is_some_and(|since| now.since(since) >= DISABLED_AFTER);
                long && state.failed_days >= DAYS_TRIED
            });
            if for_days {
                disable(parts, hook, "nothing has got through for five days").await?;
            }
            Ok(())
        }
    }
}

/// Many that failed together do not come back together.
fn spread(pause: Duration) -> Duration {
    pause.mul_f64(rand::random_range(1.0..1.2))
}

async fn disable(parts: &Parts, hook: &Webhook, why: &str) -> Result<(), StoreError> {
    let data = json!({ "webhook": hook.shown(), "why": why }).to_string();
    let audit = AuditEntry { actor: MACHINE.to_owned(), event: "webhook.disabled".to_owned(), data };
    if parts.store.disable_hook(hook.id(), &audit, parts.now()).await? {
        let host = hook.shown();
        tracing::error!(webhook = host, "a webhook is told no more: {why}; mend it, then reload or restart");
    }
    Ok(())
}

/// How a webhook is, in words. Nothing is sent for it: what happened last tells.
///
/// # Errors
/// In words, why it is not well.
pub(crate) async fn state(parts: &Parts, hook: &Webhook) -> Result<String, String> {
    let state = parts.store.hook_state(hook.id()).await.map_err(|error| error.to_string())?;
    let Some(state) = state else {
        return Err("nothing was told yet: the program has just started".to_owned());
    };
    let (said, waiting) = (&state.said, state.waiting);
    if let Some(at) = state.disabled_at {
        return Err(format!("told no more since {}: {said}; mend it, then reload or restart", rfc3339(at)));
    }
    if let Some(since) = state.failing_since {
        return Err(format!("nothing gets through since {}: {said}; {waiting} wait", rfc3339(since)));
    }
    if !said.is_empty() {
        return Err(format!("what it was to be told last was given up: {said}; {waiting} wait"));
    }
    let unchained = state.unchained_since.filter(|since| parts.now().since(*since) >= CHAINED_WITHIN);
    if let Some(since) = unchained {
        let since = rfc3339(since);
        return Err(format!("nothing is told since {since}: the audit log is not sealed; see its key"));
    }
    Ok(match state.answered_at {
        Some(at) => format!("took something at {}; {waiting} wait", rfc3339(at)),
        None => format!("was not told anything yet; {waiting} wait"),
    })
}
