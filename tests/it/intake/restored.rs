//! The store came out of a backup: what lies in the folders tells of it, and what was under way is held before work
//! begins.

use std::time::Duration;

use nyckelbud::decision::Automation;
use nyckelbud::store::{AuditEntry, Switch};
use nyckelbud::ticket::{State, Ticket};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::support::daemon::PATIENCE;
use crate::support::wait::until;

const OFFERED: &str = "manager-phone-mismatch";
const HANDLED: Folder = Folder::Handled;
/// What one fetch brings.
const FETCH: usize = 200;

/// A desk whose manager was asked. The program has stopped then.
async fn with_an_offer() -> Desk {
    let mut desk = Desk::new().await;
    desk.shelf().mails = vec![raw("1", &demo_desk::mail(OFFERED))];
    desk.drain().await;
    desk.work().await;
    let offered = the_offer(&desk).await;
    assert!(matches!(offered.state, State::Offered { .. }), "{offered:?}");
    desk
}

/// The ticket of the manager's offer, whatever became of it.
async fn the_offer(desk: &Desk) -> Ticket {
    let id = format!("{OFFERED}@kommun.example");
    let tickets = desk.tickets().await;
    tickets.into_iter().find(|view| view.messages.contains(&id)).expect("its ticket").ticket
}

/// The store has never seen this mail, which lies among the handled ones.
fn forget(desk: &Desk) {
    desk.shelf().lay(HANDLED, raw("", &demo_desk::mail("sms-registered-phone")));
}

/// The program at work.
struct Program {
    ready: CancellationToken,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Program {
    fn start(desk: &Desk) -> Self {
        let (ready, stop) = (CancellationToken::new(), CancellationToken::new());
        let mailbox = Box::new(ShelfMailbox::over("servicedesk", &desk.shelf));
        let inbox = Inbox { mailbox, settings: desk.settings.clone() };
        let worker = Worker::new(Arc::clone(&desk.parts), Arc::new(Health::expecting(&[])));
        let run = worker.run(vec![inbox], ready.clone(), stop.clone());
        let running = tokio::spawn(async move { run.await.expect("it works") });
        Self { ready, stop, running }
    }

    /// Work begins, at the latest after the minute for which a mailbox is waited for.
    async fn works(&self) {
        until("work begins", PATIENCE, || self.ready.is_cancelled().then_some(())).await;
    }

    async fn stop(self) {
        self.stop.cancel();
        self.running.await.expect("it ends");
    }
}

async fn is_held_before_work(desk: &Desk, program: &Program) {
    while !program.ready.is_cancelled() && the_offer(desk).await.state != State::Held {
        tokio::task::yield_now().await;
    }
    assert!(!program.ready.is_cancelled(), "work has begun: {:?}", the_offer(desk).await.state);
}

async fn turned_off(desk: &Desk) {
    let at = desk.parts.clock.now();
    let by = "cli:anna".to_owned();
    let audit = AuditEntry { actor: by.clone(), event: "automation.off".to_owned(), data: "{}".to_owned() };
    let switch = Switch { automation: Automation::Off, why: "a restore".to_owned(), by, at, until: None };
    desk.parts.store.turn(&switch, audit).await.expect("turned");
}

async fn is_paused(desk: &Desk) -> bool {
    let switch = desk.parts.store.switch(desk.parts.clock.now()).await.expect("the switch");
    switch.is_some_and(|switch| switch.automation == Automation::Off && switch.until.is_none())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_folder_tells_counts_although_the_other_cannot_be_read() {
    let desk = with_an_offer().await;
    forget(&desk);
    desk.shelf().blind = vec![Folder::Quarantine];
    let program = Program::start(&desk);
    is_held_before_work(&desk, &program).await;
    assert!(is_paused(&desk).await);
    program.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comparison_that_goes_on_is_waited_for_and_what_it_finds_last_is_held() {
    let desk = with_an_offer().await;
    // Copies of a mail that is known, and behind them what tells of the restore.
    let known = demo_desk::mail(OFFERED);
    for _ in 0..FETCH {
        desk.shelf().lay(HANDLED, raw("", &known));
    }
    forget(&desk);
    desk.shelf().slow = Duration::from_secs(35);
    let program = Program::start(&desk);
    program.works().await;
    assert_eq!(the_offer(&desk).await.state, State::Held);
    assert!(is_paused(&desk).await);
    program.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_nobody_can_tell_of_a_restore_and_the_automation_is_off_nothing_goes_on() {
    let (off, on) = (with_an_offer().await, with_an_offer().await);
    turned_off(&off).await;
    for desk in [&off, &on] {
        desk.shelf().blind = vec![HANDLED, Folder::Quarantine];
    }
    let programs = [Program::start(&off), Program::start(&on)];
    for program in &programs {
        program.works().await;
    }
    assert_eq!(the_offer(&off).await.state, State::Held);
    let waits = the_offer(&on).await.state;
    assert!(matches!(waits, State::Offered { .. }), "a mailbox that fails holds up no manager: {waits:?}");
    for program in programs {
        program.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_found_before_a_stop_is_acted_on_after_it() {
    let mut desk = with_an_offer().await;
    forget(&desk);
    desk.restart();
    desk.drain().await;
    assert_eq!(desk.tickets().await.len(), 2, "the program is stopped before it acts on that");
    // The mailbox tells nothing any more.
    desk.shelf().blind = vec![HANDLED, Folder::Quarantine];
    let program = Program::start(&desk);
    is_held_before_work(&desk, &program).await;
    program.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_somebody_moves_by_day_holds_nothing_not_even_after_a_stop() {
    let mut desk = with_an_offer().await;
    forget(&desk);
    desk.clock.pass(25 * 60 * 60);
    desk.clock.turn(-25 * 60);
    desk.drain().await;
    assert_eq!(desk.tickets().await.len(), 2, "the daily sweep has found it");
    let program = Program::start(&desk);
    program.works().await;
    let waits = the_offer(&desk).await.state;
    assert!(matches!(waits, State::Offered { .. }), "{waits:?}");
    assert!(!is_paused(&desk).await);
    program.stop().await;
}
