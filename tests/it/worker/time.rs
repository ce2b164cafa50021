//! Deadlines, and clocks that jump.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use nyckelbud::cli::assembly;
use nyckelbud::directory::{DirectoryError, Finding};
use nyckelbud::password::{PasswordReset, TemporaryPassword, Used, ValueRefused};
use nyckelbud::store::TicketFilter;
use nyckelbud::token::Tokens;
use nyckelbud::types::{Outcome, UnixMillis};
use nyckelbud::worker::{Health, Worker, WorkerError};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::reminders::Switched;
use super::*;

/// A right to set passwords that nobody can use now.
struct Closed;

#[async_trait]
impl PasswordReset for Closed {
    async fn set(&self, _: &AccountId, _: &TemporaryPassword) -> Result<Outcome, ValueRefused> {
        Ok(Outcome::NotSent { cause: "no connection".to_owned() })
    }

    async fn used(&self, _: &AccountId, _: UnixMillis) -> Result<Used, DirectoryError> {
        Err(DirectoryError::TimedOut)
    }

    async fn probe(&self) -> Result<String, DirectoryError> {
        Err(DirectoryError::TimedOut)
    }

    async fn rights(&self) -> Vec<Finding> {
        Vec::new()
    }
}

#[tokio::test]
async fn nothing_is_set_with_less_than_ten_minutes_left_and_the_ticket_says_that_nothing_was_changed() {
    let place = Place::new();
    place.deliver(TEXTED);
    let closed = OpenDesk::open(&place.folder, &place.clock, |parts| parts.reset = Arc::new(Closed)).await;
    closed.work().await;
    assert!(matches!(closed.ticket(TEXTED).await.state, State::Sealed { .. }));
    drop(closed);
    let desk = place.open().await;
    place.clock.turn(21);
    desk.work().await;
    technician_has(&desk, TEXTED, Reason::DirectoryFailed, PasswordFact::NotChanged).await;
    assert!(!place.was_set("a-anna"));
    assert!(demo_desk::texts(&place.folder).is_empty());
}

#[tokio::test]
async fn a_reset_that_never_left_is_tried_until_the_directory_comes_back() {
    let place = Place::new();
    place.deliver(TEXTED);
    let closed = OpenDesk::open(&place.folder, &place.clock, |parts| parts.reset = Arc::new(Closed)).await;
    for _ in 0..8 {
        closed.work().await;
        place.clock.turn(1);
    }
    assert!(matches!(closed.ticket(TEXTED).await.state, State::Sealed { .. }), "it waits");
    drop(closed);
    let desk = place.open().await;
    desk.work().await;
    assert!(matches!(desk.ticket(TEXTED).await.state, State::Done { .. }));
    let texts = demo_desk::texts(&place.folder);
    assert!(place.opens("a-anna", demo_desk::password_in(&texts[0]).unwrap()));
}

#[tokio::test]
async fn an_offer_that_nobody_uses_expires_and_changes_nothing() {
    let place = Place::new();
    place.deliver(OFFERED);
    let desk = place.open().await;
    desk.work().await;
    place.clock.turn(4 * 60 + 1);
    desk.work().await;
    technician_has(&desk, OFFERED, Reason::PickupExpired, PasswordFact::NotChanged).await;
    assert!(!place.was_set("a-filip"));
}

#[tokio::test]
async fn a_password_that_nobody_used_opens_its_ticket_again() {
    let place = Place::new();
    place.deliver(TEXTED);
    let desk = place.open().await;
    desk.work().await;
    place.clock.turn(24 * 60 + 1);
    desk.work().await;
    technician_has(&desk, TEXTED, Reason::PasswordUnused, PasswordFact::Changed).await;
}

#[tokio::test]
async fn when_no_register_answers_for_a_week_whether_it_was_used_a_technician_asks_the_owner() {
    let place = Place::new();
    place.deliver(TEXTED);
    let desk = place.open().await;
    desk.work().await;
    drop(desk);
    let closed = OpenDesk::open(&place.folder, &place.clock, |parts| parts.reset = Arc::new(Closed)).await;
    place.clock.turn(24 * 60 + 1);
    closed.work().await;
    assert!(matches!(closed.ticket(TEXTED).await.state, State::Done { checked: false, .. }), "asked again");
    place.clock.turn(7 * 24 * 60);
    closed.work().await;
    technician_has(&closed, TEXTED, Reason::PasswordUnused, PasswordFact::Changed).await;
    let ticket = closed.ticket(TEXTED).await;
    assert!(ticket.trail.0.iter().any(|line| line.evidence.contains("could not tell")), "{ticket:?}");
}

/// A register that does not say when it made a change, and calls every password used.
struct Timeless(Arc<dyn PasswordReset>);

#[async_trait]
impl PasswordReset for Timeless {
    async fn set(&self, account: &AccountId, password: &TemporaryPassword) -> Result<Outcome, ValueRefused> {
        match self.0.set(account, password).await {
            Ok(Outcome::Accepted { .. }) => Ok(Outcome::Accepted { reference: "its-name".to_owned() }),
            other => other,
        }
    }

    async fn used(&self, _: &AccountId, _: UnixMillis) -> Result<Used, DirectoryError> {
        Ok(Used::Yes)
    }

    async fn probe(&self) -> Result<String, DirectoryError> {
        self.0.probe().await
    }

    async fn rights(&self) -> Vec<Finding> {
        self.0.rights().await
    }
}

#[tokio::test]
async fn a_password_of_which_nobody_can_tell_whether_it_was_used_opens_its_ticket_again() {
    let place = Place::new();
    place.deliver(TEXTED);
    let desk = OpenDesk::open(&place.folder, &place.clock, |parts| {
        parts.reset = Arc::new(Timeless(Arc::clone(&parts.reset)));
    })
    .await;
    desk.work().await;
    place.clock.turn(24 * 60 + 1);
    desk.work().await;
    technician_has(&desk, TEXTED, Reason::PasswordUnused, PasswordFact::Changed).await;
}

/// The right to set passwords, once somebody has opened the door.
pub(super) struct Door {
    pub(super) open: Arc<AtomicBool>,
    pub(super) behind: Arc<dyn PasswordReset>,
}

#[async_trait]
impl PasswordReset for Door {
    async fn set(&self, account: &AccountId, password: &TemporaryPassword) -> Result<Outcome, ValueRefused> {
        let way = if self.open.load(Ordering::SeqCst) { self.behind.as_ref() } else { &Closed };
        way.set(account, password).await
    }

    async fn used(&self, account: &AccountId, since: UnixMillis) -> Result<Used, DirectoryError> {
        self.behind.used(account, since).await
    }

    async fn probe(&self) -> Result<String, DirectoryError> {
        self.behind.probe().await
    }

    async fn rights(&self) -> Vec<Finding> {
        self.behind.rights().await
    }
}

/// A desk over `place` that sets passwords once `open` says so; what fails waits for five minutes.
async fn behind_a_door(place: &Place, open: &Arc<AtomicBool>) -> OpenDesk {
    OpenDesk::open(&place.folder, &place.clock, |parts| {
        let (open, behind) = (Arc::clone(open), Arc::clone(&parts.reset));
        parts.reset = Arc::new(Door { open, behind });
        parts.timing.retry = Duration::from_secs(24 * 3600);
    })
    .await
}

/// Waits until the worker has tried the reset and put it off.
async fn put_off(desk: &OpenDesk) {
    let patience = Instant::now() + Duration::from_secs(30);
    let beyond_any_lease = || desk.parts.clock.now().plus(Duration::from_secs(120));
    while desk.parts.store.next_due().await.unwrap().is_none_or(|due| due < beyond_any_lease()) {
        assert!(Instant::now() < patience, "it is not put off: {:?}", desk.ticket(TEXTED).await.state);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until the worker has brought the password to its owner.
async fn done(desk: &OpenDesk) {
    let patience = Instant::now() + Duration::from_secs(30);
    while !matches!(desk.ticket(TEXTED).await.state, State::Done { .. }) {
        assert!(Instant::now() < patience, "it is stalled: {:?}", desk.ticket(TEXTED).await.state);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The worker at work, its mailbox included.
fn at_work(place: &Place, desk: &OpenDesk) -> (JoinHandle<Result<(), WorkerError>>, CancellationToken) {
    let stop = CancellationToken::new();
    let worker = Worker::new(Arc::clone(&desk.parts), Arc::new(Health::expecting(&[])));
    let inboxes = assembly::inboxes(&demo_desk::settings(&place.folder), &Tokens::default()).unwrap();
    (tokio::spawn(worker.run(inboxes, CancellationToken::new(), stop.clone())), stop)
}

const A_MONTH: i64 = 30 * 24 * 60;

#[tokio::test]
async fn a_clock_that_was_set_back_while_nothing_ran_stalls_no_ticket() {
    let place = Place::new();
    place.deliver(TEXTED);
    let open = Arc::new(AtomicBool::new(false));
    let desk = behind_a_door(&place, &open).await;
    desk.work().await;
    put_off(&desk).await;
    drop(desk);
    place.clock.turn(-A_MONTH);
    open.store(true, Ordering::SeqCst);
    let desk = behind_a_door(&place, &open).await;
    let (working, stop) = at_work(&place, &desk);
    done(&desk).await;
    stop.cancel();
    working.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_clock_that_is_set_back_at_work_stalls_no_ticket() {
    let place = Place::new();
    place.deliver(TEXTED);
    let open = Arc::new(AtomicBool::new(false));
    let desk = behind_a_door(&place, &open).await;
    let (working, stop) = at_work(&place, &desk);
    put_off(&desk).await;
    place.clock.turn(-A_MONTH);
    open.store(true, Ordering::SeqCst);
    done(&desk).await;
    stop.cancel();
    working.await.unwrap().unwrap();
}

/// The directory does not answer, and the clock is set back meanwhile: the wait ends in its time, and a technician hears.
#[tokio::test]
async fn a_wait_for_the_directory_ends_though_it_began_ahead_of_a_clock_that_was_set_back() {
    let place = Place::new();
    place.deliver(TEXTED);
    let answers = Arc::new(AtomicBool::new(false));
    let desk = OpenDesk::open(&place.folder, &place.clock, |parts| {
        parts.directory = Arc::new(Switched(Arc::clone(&answers), Arc::clone(&parts.directory)));
    })
    .await;
    let (working, stop) = at_work(&place, &desk);
    let patience = Instant::now() + Duration::from_secs(30);
    let waits = |state: &State| matches!(state, State::Requested { waiting_since: Some(_), .. });
    let is_in = async || !desk.parts.store.tickets(&TicketFilter::default()).await.unwrap().is_empty();
    while !is_in().await || !waits(&desk.ticket(TEXTED).await.state) {
        assert!(Instant::now() < patience, "it does not wait");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    place.clock.turn(-A_MONTH);
    while !matches!(desk.ticket(TEXTED).await.state, State::Technician { .. }) {
        assert!(Instant::now() < patience, "it waits: {:?}", desk.ticket(TEXTED).await.state);
        place.clock.turn(1);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    technician_has(&desk, TEXTED, Reason::DirectoryFailed, PasswordFact::NotChanged).await;
    stop.cancel();
    working.await.unwrap().unwrap();
}

/// A register that takes a password and never answers.
struct Mute {
    behind: Arc<dyn PasswordReset>,
    asked: Arc<Notify>,
}

#[async_trait]
impl PasswordReset for Mute {
    async fn set(&self, account: &AccountId, password: &TemporaryPassword) -> Result<Outcome, ValueRefused> {
        self.behind.set(account, password).await?;
        self.asked.notify_one();
        std::future::pending().await
    }

    async fn used(&self, account: &AccountId, set_at: UnixMillis) -> Result<Used, DirectoryError> {
        self.behind.used(account, set_at).await
    }

    async fn probe(&self) -> Result<String, DirectoryError> {
        self.behind.probe().await
    }

    async fn rights(&self) -> Vec<Finding> {
        self.behind.rights().await
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_after_a_stop_within_the_change_locks_nobody_out() {
    let place = Place::new();
    place.deliver(TEXTED);
    let asked = Arc::new(Notify::new());
    let desk = OpenDesk::open(&place.folder, &place.clock, |parts| {
        parts.reset = Arc::new(Mute { behind: Arc::clone(&parts.reset), asked: Arc::clone(&asked) });
    })
    .await;
    tokio::select! {
        () = desk.work() => panic!("it was not stopped"),
        () = asked.notified() => {}
    }
    drop(desk);
    place.clock.turn(-A_MONTH);
    let desk = place.open().await;
    for _ in 0..2 {
        // As the worker does at its start.
        desk.parts.store.wake_all(desk.parts.clock.now()).await.unwrap();
        desk.work().await;
        place.clock.turn(2);
    }
    let ticket = desk.ticket(TEXTED).await;
    assert!(matches!(ticket.state, State::Done { .. }), "{:?}", ticket.state);
    let texts = demo_desk::texts(&place.folder);
    assert!(place.opens("a-anna", demo_desk::password_in(&texts[0]).unwrap()));
}
