//! The worker's loops: due tickets, due messages, upkeep, one intake a mailbox. All of them end
//! cleanly: no new work, the running steps end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::health::Health;
use super::intake::{Inbox, Intake, Told};
use super::restored::{self, Found};
use super::upkeep;
use super::work::Work;
use super::{Parts, acts, balances, messages, port, receipts, step, webhooks};
use crate::store::{Channel, StoreError};
use crate::telemetry::how_it_ended;
use crate::types::UnixMillis;

/// Steps that run at the same time.
const AT_ONCE: usize = 8;

/// Between two looks for what is due.
const SHORTEST_PAUSE: Duration = Duration::from_millis(20);

/// The worker could not go on.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// One of its loops panicked; the others were stopped cleanly.
    #[error("a part of the program broke off ({0}); it stopped, nothing is lost; start it again")]
    BrokeOff(&'static str),
}

/// The worker over its parts.
pub struct Worker {
    parts: Arc<Parts>,
    health: Arc<Health>,
}

impl Worker {
    /// A worker over `parts`.
    #[must_use]
    pub fn new(parts: Arc<Parts>, health: Arc<Health>) -> Self {
        Self { parts, health }
    }

    /// Works until `stop`, then lets the running steps end. Cancels `ready` when work begins: until then no link shows
    /// a password ([`super::DeskPort::new`]).
    ///
    /// # Errors
    /// [`WorkerError::BrokeOff`] when a loop panicked: one without the others would look alive and
    /// do half the work.
    pub async fn run(
        self,
        inboxes: Vec<Inbox>,
        ready: CancellationToken,
        stop: CancellationToken,
    ) -> Result<(), WorkerError> {
        let mut tasks = JoinSet::new();
        let (found, finds) = tokio::sync::mpsc::unbounded_channel();
        let watching = (Arc::clone(&self.parts), inboxes.len(), ready.clone(), stop.clone());
        tasks.spawn(restored::watch(watching.0, watching.1, finds, watching.2, watching.3));
        for (number, inbox) in inboxes.into_iter().enumerate() {
            let found = found.clone();
            let part = format!("mailbox:{}", inbox.mailbox.name());
            let health = Arc::clone(&self.health);
            let told = move |told| match told {
                // A backlog takes its time; a mailbox whose mails are kept does not stand still.
                Told::FullRound | Told::Progress => health.answered(&part),
                // Nobody listens any more when the program ends.
                Told::Swept => drop(found.send(Found::Swept(number))),
                Told::SweptInPart => drop(found.send(Found::InPart(number))),
                Told::Failed(why) => health.failed(&part, why),
                Told::SignInRefused(why) => {
                    drop(found.send(Found::Closed(number)));
                    health.refused(&part, why);
                }
            };
            tasks.spawn(Intake::new(inbox, Arc::clone(&self.parts)).run(stop.clone(), told));
        }
        drop(found);
        // Gateways are needed until the last step that may text has ended.
        let leave = CancellationToken::new();
        let texting = Arc::new(leave.clone().drop_guard());
        for number in 0..self.parts.gateways.len() {
            tasks.spawn(receipts::attend(Arc::clone(&self.parts), number, leave.clone()));
        }
        let working = Self::work_loop(Arc::clone(&self.parts), stop.clone());
        tasks.spawn(after(ready.clone(), stop.clone(), Arc::clone(&texting), working));
        for channel in [Channel::Phone, Channel::Mail] {
            let messages = Self::message_loop(Arc::clone(&self.parts), channel, stop.clone());
            tasks.spawn(after(ready.clone(), stop.clone(), Arc::clone(&texting), messages));
        }
        let acting = Self::acts_loop(Arc::clone(&self.parts), stop.clone());
        tasks.spawn(after(ready.clone(), stop.clone(), Arc::clone(&texting), acting));
        let telling = webhooks::run(Arc::clone(&self.parts), stop.clone());
        tasks.spawn(after(ready.clone(), stop.clone(), Arc::clone(&texting), telling));
        drop(texting);
        tasks.spawn(upkeep::run(Arc::clone(&self.parts), Arc::clone(&self.health), stop.clone()));
        tasks.spawn(port::after_a_stop(Arc::clone(&self.parts), stop.clone()));
        tasks.spawn(balances::run(Arc::clone(&self.parts), stop.clone()));
        let mut broken = None;
        while let Some(ended) = tasks.join_next().await {
            if let Err(error) = ended {
                broken = Some(how_it_ended(&error));
                stop.cancel();
            }
        }
        upkeep::once(&self.parts).await;
        broken.map_or(Ok(()), |error| Err(WorkerError::BrokeOff(error)))
    }

    async fn work_loop(parts: Arc<Parts>, stop: CancellationToken) {
        let mut running = JoinSet::new();
        while !stop.is_cancelled() {
            while let Some(ended) = running.try_join_next() {
                report(ended);
            }
            let room = AT_ONCE.saturating_sub(running.len());
            let taken = claim_and_spawn(&parts, &mut running, room).await;
            if taken == room && room > 0 {
                continue;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = parts.wake.notified() => {}
                Some(ended) = running.join_next(), if !running.is_empty() => report(ended),
                () = tokio::time::sleep(pause(&parts).await) => {}
            }
        }
        while let Some(ended) = running.join_next().await {
            report(ended);
        }
    }

    /// A loop for each way: a mail server that is slow holds up no warning to an owner.
    async fn message_loop(parts: Arc<Parts>, channel: Channel, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let sent = messages::send_due(&parts, channel).await.unwrap_or_else(|error| {
                tracing::error!("messages wait: {error}");
                0
            });
            if sent == 0 {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(parts.timing.look.min(Duration::from_millis(250))) => {}
                }
            }
        }
    }

    /// Acts of people, when the time in which they can be taken back is over.
    async fn acts_loop(parts: Arc<Parts>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let round = acts::carry_out_due(&parts).await.unwrap_or_else(|error| {
                tracing::error!("acts of people wait: {error}");
                acts::Round { ended: 0, next: None }
            });
            if round.ended > 0 {
                parts.wake.notify_one();
                continue;
            }
            // What somebody wants on another node is seen within a look.
            let soon = |at: UnixMillis| at.since(parts.now()).clamp(SHORTEST_PAUSE, parts.timing.look);
            tokio::select! {
                () = stop.cancelled() => {}
                () = parts.acted.notified() => {}
                () = tokio::time::sleep(round.next.map_or(parts.timing.look, soon)) => {}
            }
        }
    }

    /// Works until nothing is due now; for `demo --once` and tests. Answers how many steps ran.
    ///
    /// # Errors
    /// [`WorkerError`] when the store fails.
    pub async fn drain(&self) -> Result<usize, WorkerError> {
        let mut steps = 0;
        loop {
            let mut running = JoinSet::new();
            let parts = &self.parts;
            let taken = parts.moment();
            let limit = u32::try_from(AT_ONCE).unwrap_or(1);
            let claims = parts.store.claim(&parts.owner, parts.timing.lease, limit, parts.now()).await?;
            let claimed = claims.len();
            for claim in claims {
                running.spawn(advance(Arc::clone(parts), claim, taken));
            }
            while let Some(ended) = running.join_next().await {
                report(ended);
            }
            let acted = acts::carry_out_due(parts).await?.ended;
            let mut sent = messages::send_due(parts, Channel::Phone).await?;
            sent += messages::send_due(parts, Channel::Mail).await?;
            if claimed + acted + sent == 0 {
                upkeep::once(parts).await;
                steps += webhooks::drain(parts).await?;
                return Ok(steps);
            }
            steps += claimed + acted + sent;
        }
    }
}

async fn claim_and_spawn(parts: &Arc<Parts>, running: &mut JoinSet<()>, room: usize) -> usize {
    if room == 0 {
        return 0;
    }
    let taken = parts.moment();
    let limit = u32::try_from(room).unwrap_or(1);
    match parts.store.claim(&parts.owner, parts.timing.lease, limit, parts.now()).await {
        Ok(claims) => {
            let count = claims.len();
            for claim in claims {
                running.spawn(advance(Arc::clone(parts), claim, taken));
            }
            count
        }
        Err(error) => {
            tracing::error!("work waits: {error}");
            0
        }
    }
}

async fn advance(parts: Arc<Parts>, claim: crate::store::Claim, taken: Instant) {
    let number = claim.ticket.number;
    let mut work = Work::new(parts, claim, taken);
    if let Err(error) = step::advance(&mut work).await {
        tracing::error!(ticket = %number, "work on a ticket was broken off: {error}; it is taken up again");
        let again = work.now().plus(work.parts.timing.retry.saturating_mul(5));
        if let Err(error) = work.give_back(again).await {
            tracing::warn!(ticket = %number, "its lease runs out by itself: {error}");
        }
    }
}

/// `work`, once it may begin; nothing of it when the program is stopped before. `held` is let go at its end.
async fn after(
    ready: CancellationToken,
    stop: CancellationToken,
    held: Arc<DropGuard>,
    work: impl Future<Output = ()>,
) {
    let _held = held;
    tokio::select! {
        () = ready.cancelled() => work.await,
        () = stop.cancelled() => {}
    }
}

/// How long to wait when nothing is due: until the next due time, at most one look.
async fn pause(parts: &Parts) -> Duration {
    match parts.store.next_due().await {
        Ok(Some(due)) => due.since(parts.now()).clamp(SHORTEST_PAUSE, parts.timing.look),
        Ok(None) | Err(_) => parts.timing.look,
    }
}

/// A step that panicked leaves its lease to run out; the ticket is then taken up again.
fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        let how = how_it_ended(&error);
        tracing::error!("a step broke off, {how}; its ticket is taken up again when its lease has ended");
    }
}
