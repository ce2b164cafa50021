//! The program is stopped before and after every outside call and every commit, by a panic and by
//! SIGKILL, started again, and must have kept its promises: no mail lost, one fate a mail, one
//! value a generation, nothing handed over that was not set, nothing sealed left over, no silent
//! lock-out, every effect in the audit log.
//!
//! The outside world is made of files (a maildir, a directory, spools), so it survives the kill.
//! Every outside call writes a line into a log of its own before and after; the invariants are
//! checked from that log, the files and the store's rows.

mod invariants;
mod stopping_store;
mod stops;
mod world;

use std::process::Command;
use std::time::Duration;

use stops::{Stop, Stopper};
use world::World;

/// More points than any run has: a run that gets here has lost its way.
const TOO_MANY: u64 = 2_000;
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
    world.run(&Stopper::new(Stop::Kill, point), Duration::from_secs(20));
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

#[test]
fn a_kill_at_any_point_loses_nothing_and_doubles_nothing() {
    for point in 1..TOO_MANY {
        let world = World::fresh();
        let reached_its_end = run_killed_at(&world, point);
        world.run(&Stopper::never(), Duration::from_secs(20));
        invariants::hold(&world, &format!("killed at point {point}"));
        if reached_its_end {
            assert!(point > 60, "only {point} points: the stops are not where they should be");
            return;
        }
    }
    panic!("the desk never came to its end");
}

#[test]
fn a_panic_at_any_point_loses_nothing_and_doubles_nothing() {
    for point in 1..TOO_MANY {
        let world = World::fresh();
        let stopper = Stopper::new(Stop::Panic, point);
        world.run(&stopper, Duration::from_secs(20));
        world.run(&Stopper::never(), Duration::from_secs(20));
        invariants::hold(&world, &format!("panicked at point {point}"));
        if !stopper.reached() {
            assert!(point > 60, "only {point} points: the stops are not where they should be");
            return;
        }
    }
    panic!("the desk never came to its end");
}
