//! The program is stopped before and after every outside call and every commit, by a panic and by
//! SIGKILL, started again, and must have kept its promises: no mail lost, one fate a mail, one
//! value a generation, nothing handed over that was not set, nothing sealed left over, no silent
//! lock-out, every effect in the audit log.
//!
//! The outside world is made of files (a maildir, a directory, spools), so it survives the kill.
//! Every outside call writes a line into a log of its own before and after; the invariants are
//! checked from that log, the files and the store's rows.

mod acts;
mod clock;
mod effects;
mod gateways;
mod invariants;
pub(crate) mod passes;
mod people;
mod pickups;
mod stopping_accounts;
mod stopping_acts;
mod stopping_operations;
mod stopping_programs;
mod stopping_queue;
pub(crate) mod stopping_store;
mod stopping_views;
mod stops;
mod story;
mod world;

use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use stops::{Stop, Stopper};
use story::Story;
use world::World;

use crate::support::oidc::Oidc;

/// More points than any run has: a run that gets here has lost its way.
const TOO_MANY: u64 = 2_000;
/// A desk that is not settled by then has lost its way, and the invariants say where.
const PATIENCE: Duration = Duration::from_secs(30);
/// The test that the killed process runs; it does nothing unless it is asked to.
const CHILD: &str = "crash::child";
const CHILD_FOLDER: &str = "NYCKELBUD_TEST_CRASH_FOLDER";
const CHILD_POINT: &str = "NYCKELBUD_TEST_CRASH_POINT";

/// The process that is killed at the given point.
#[test]
fn child() {
    let (Ok(folder), Ok(point)) = (std::env::var(CHILD_FOLDER), std::env::var(CHILD_POINT)) else { return };
    let point: u64 = point.parse().expect("a number");
    let world = World::existing(folder.into());
    world.run(&Stopper::new(Stop::Kill, point), PATIENCE);
}

/// Runs the desk in a process of its own, which kills itself at `point`. `true`: it came to its end.
fn run_killed_at(world: &World, point: u64) -> bool {
    let this = std::env::current_exe().expect("this program");
    let status = Command::new(this)
        .args(["--exact", CHILD, "--nocapture", "--test-threads=1", "-q"])
        .env(CHILD_FOLDER, world.folder())
        .env(CHILD_POINT, point.to_string())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()
        .expect("the child runs");
    use std::os::unix::process::ExitStatusExt;
    assert!(status.success() || status.signal() == Some(9), "the child ended by itself: {status}");
    status.success()
}

/// Runs `desk_stopped_at` for point after point, several at a time (they mostly wait for leases to
/// end), until one comes to its end unstopped. Answers how many points there were.
fn every_point(least: u64, desk_stopped_at: impl Fn(u64) -> bool + Sync) -> u64 {
    let (next, end) = (AtomicU64::new(1), AtomicU64::new(TOO_MANY));
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                loop {
                    let point = next.fetch_add(1, Ordering::SeqCst);
                    if point >= end.load(Ordering::SeqCst) {
                        return;
                    }
                    if desk_stopped_at(point) {
                        end.fetch_min(point, Ordering::SeqCst);
                    }
                }
            });
        }
    });
    let points = end.into_inner();
    assert!(points < TOO_MANY, "the desk never came to its end");
    assert!(points > least, "only {points} points: the stops are not where they should be");
    points
}

/// Kills the desk of this story at point after point, and starts it again each time.
fn survives_kills(story: Story, least: u64) {
    every_point(least, |point| {
        let world = World::of(story);
        let reached_its_end = run_killed_at(&world, point);
        world.run(&Stopper::never(), PATIENCE);
        invariants::hold(&world, &format!("{story:?}, killed at point {point}"));
        reached_its_end
    });
}

#[test]
fn a_kill_at_any_point_loses_nothing_and_doubles_nothing() {
    survives_kills(Story::Plain, 20);
}

#[test]
fn a_kill_at_any_point_leaves_no_pass_in_a_hand_but_the_one_that_opens_the_account() {
    survives_kills(Story::Passes, 20);
}

#[test]
fn a_kill_at_any_point_leaves_no_unused_password_open_and_nobody_forgotten() {
    survives_kills(Story::Scrambles, 20);
}

#[test]
fn a_kill_at_any_point_reminds_once_or_so_and_forgets_no_wrong_code() {
    survives_kills(Story::Codes, 20);
}

#[test]
fn a_kill_at_any_point_leaves_no_manager_with_a_link_that_was_stopped() {
    survives_kills(Story::Stops, 12);
    survives_kills(Story::MailedStops, 12);
}

#[test]
fn a_kill_at_any_point_brings_each_password_once_through_gateways_that_fail() {
    survives_kills(Story::Receipts, 20);
}

#[test]
fn a_kill_at_any_point_freezes_an_account_once_and_until_a_person_lifts_it() {
    survives_kills(Story::Freezes, 20);
}

#[test]
fn a_kill_at_any_point_exceeds_no_limit_and_pauses_once() {
    survives_kills(Story::Limits, 20);
}

#[test]
fn a_kill_at_any_point_serves_owners_by_link_and_managers_by_text() {
    survives_kills(Story::OtherHands, 20);
}

#[test]
fn a_kill_at_any_point_forgets_no_no_of_a_manager_and_no_alarm() {
    survives_kills(Story::Declines, 20);
}

#[test]
fn a_kill_at_any_point_gives_nobody_a_sixth_code() {
    survives_kills(Story::MailedCodes, 20);
}

#[test]
fn a_kill_at_any_point_leads_from_the_same_code_to_the_same_page() {
    survives_kills(Story::TypedCodes, 20);
}

#[test]
fn a_kill_at_any_point_leaves_a_sign_in_to_begin_anew_and_sets_nothing_before_it() {
    let provider = Oidc::start();
    story::PROVIDER.set(provider.lines()).expect("one provider");
    survives_kills(Story::SignIns, 20);
}

#[test]
fn a_kill_at_any_point_lets_nothing_go_on_that_is_held() {
    survives_kills(Story::Held, 20);
}

#[test]
fn a_kill_at_any_point_carries_out_what_people_did_once_and_nothing_that_they_took_back() {
    survives_kills(Story::Acts, 20);
}

#[test]
fn a_panic_at_any_point_loses_nothing_and_doubles_nothing() {
    every_point(80, |point| {
        let world = World::of(Story::Plain);
        let stopper = Stopper::new(Stop::Panic, point);
        world.run(&stopper, PATIENCE);
        world.run(&Stopper::never(), PATIENCE);
        invariants::hold(&world, &format!("panicked at point {point}"));
        !stopper.reached()
    });
}
