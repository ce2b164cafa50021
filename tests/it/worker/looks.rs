//! Looks at parts, coverage and the audit chain that break off: each says so, and can be begun again.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use nyckelbud::directory::{Census, DirectoryError, Listed, Progress, Walk};
use nyckelbud::store::{Claim, Committed, Step};
use nyckelbud::ticket::TicketId;
use nyckelbud::web::{ChainState, Operations, PartHealth};
use nyckelbud::worker::{OperationsParts, OperationsPort, Probe};
use tokio::sync::Notify;

use super::acts::eva;
use super::*;
use crate::crash::stopping_store::{Around, StoppingStore};

const PART: &str = "mailbox:servicedesk";
const NO_ANSWER: &str = "it ended without an answer; the log says why";

/// What a part or a register does, try by try; afterwards it answers.
struct Scripted {
    tries: AtomicU32,
    first: First,
    go_on: Notify,
}

#[derive(Clone, Copy, PartialEq)]
enum First {
    Panics,
    /// Until it is told to go on; the second try waits for ever.
    Waits,
}

impl Scripted {
    fn new(first: First) -> Arc<Self> {
        Arc::new(Self { tries: AtomicU32::new(0), first, go_on: Notify::new() })
    }

    async fn answer(&self) {
        let tries = self.tries.fetch_add(1, Ordering::SeqCst);
        match (tries, self.first) {
            (0, First::Panics) => panic!("a client that breaks off"),
            (0, First::Waits) => self.go_on.notified().await,
            (1, First::Waits) => std::future::pending().await,
            (_, First::Panics | First::Waits) => {}
        }
    }
}

#[async_trait]
impl Probe for Scripted {
    fn part(&self) -> String {
        PART.to_owned()
    }

    async fn try_it(&self) -> Result<String, String> {
        self.answer().await;
        Ok("hello".to_owned())
    }
}

#[async_trait]
impl Census for Scripted {
    async fn walk(
        &self,
        _: Walk,
        _: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Vec<Listed>, DirectoryError> {
        self.answer().await;
        Ok(Vec::new())
    }
}

/// A store of which every call breaks off.
struct Broken;

impl Around for Broken {
    type Noted = ();

    async fn point(&self, _: &'static str) {}

    async fn call<T: Send>(&self, _: impl Future<Output = T> + Send) -> T {
        panic!("a store that breaks off")
    }

    fn claimed(&self, _: &mut [Claim]) {}

    fn note(&self, _: TicketId, _: &Step) {}

    async fn committed(&self, (): (), _: &Committed) {}
}

fn port(desk: &OpenDesk, scripted: &Arc<Scripted>) -> OperationsPort {
    let (probe, census) = (Arc::clone(scripted), Arc::clone(scripted));
    let own = OperationsParts { probes: vec![probe], census, settings: Vec::new() };
    OperationsPort::new(Arc::clone(&desk.parts), own)
}

/// Waits until `found` answers something.
async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut found: impl FnMut() -> F) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = found().await {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{what}");
        tokio::task::yield_now().await;
    }
}

async fn part(port: &OperationsPort) -> PartHealth {
    port.health().await.into_iter().find(|part| part.part == PART).unwrap()
}

#[tokio::test]
async fn a_part_whose_look_breaks_off_is_not_well_and_can_be_tried_again() {
    let place = Place::new();
    let desk = place.open().await;
    let port = port(&desk, &Scripted::new(First::Panics));
    let said =
        until("the look has ended", async || Some(part(&port).await).filter(|part| part.well.is_some()));
    let said = said.await;
    assert_eq!((said.well, said.said.as_str()), (Some(false), NO_ANSWER));
    let again = port.test(PART).await.unwrap();
    assert_eq!((again.well, again.said.as_str()), (Some(true), "hello"));
}

#[tokio::test]
async fn whoever_goes_away_from_a_try_says_nothing_about_the_look_that_goes_on() {
    let place = Place::new();
    let desk = place.open().await;
    let scripted = Scripted::new(First::Waits);
    let port = port(&desk, &scripted);
    let tries = async |count: u32| {
        until("tried", async || (scripted.tries.load(Ordering::SeqCst) == count).then_some(())).await;
    };
    assert_eq!(part(&port).await.well, None);
    tries(1).await;
    tokio::select! {
        _ = port.test(PART) => panic!("it never answers"),
        () = tries(2) => {}
    }
    assert_eq!(part(&port).await.well, None);
    scripted.go_on.notify_one();
    let said =
        until("the look has ended", async || Some(part(&port).await).filter(|part| part.well.is_some()));
    assert_eq!(said.await.well, Some(true));
}

#[tokio::test]
async fn a_walk_over_everybody_that_breaks_off_can_be_begun_again() {
    let place = Place::new();
    let desk = place.open().await;
    let port = port(&desk, &Scripted::new(First::Panics));
    let ends = async || {
        until("the walk has ended", async || Some(port.coverage().await).filter(|now| !now.looking)).await
    };
    port.look_up_coverage(&eva()).await;
    let broken = ends().await;
    assert_eq!((broken.at, broken.failed.as_deref()), (None, Some(NO_ANSWER)));
    port.look_up_coverage(&eva()).await;
    let walked = ends().await;
    assert!(walked.at.is_some() && walked.failed.is_none());
}

#[tokio::test]
async fn a_look_at_the_audit_chain_that_breaks_off_is_told() {
    let place = Place::new();
    let desk = OpenDesk::open(&place.folder, &place.clock, |parts| {
        parts.store = Arc::new(StoppingStore { inner: Arc::clone(&parts.store), around: Broken });
    });
    let desk = desk.await;
    let port = port(&desk, &Scripted::new(First::Panics));
    for _ in 0..2 {
        port.verify().await;
        let ended = async || Some(port.chain().await).filter(|chain| *chain != ChainState::Looking);
        let told = until("the look has ended", ended).await;
        assert_eq!(told, ChainState::Untold { why: NO_ANSWER.to_owned() });
    }
}
