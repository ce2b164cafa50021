//! Whole runs of the desk in a world where everything goes wrong that can, each by a seed: gateways with
//! faults of all kinds, a register that changes and fails, managers who decide otherwise, a program that is
//! stopped at any commit, clocks that are turned. Time passes as fast as the world does. After each run what
//! must always hold (workflow.md, Invariants) is read from the store's rows and the world's own log.
//!
//! The first seeds, always the same ones, run with all other tests; all ten thousand run by
//!
//! ```text
//! NYCKELBUD_SEEDS=10000 cargo test --locked --test it simulation
//! ```
//!
//! where `TMPDIR=/dev/shm` spares the disk. `NYCKELBUD_SEED=7` runs one seed and tells its history.

// What a run tells is for whoever runs it.
#![allow(clippy::print_stdout)]

mod chain;
mod deadlines;
mod dice;
mod failover;
mod gateway;
mod hands;
mod held;
mod history;
mod invariants;
mod log;
mod mailbox;
mod people;
mod plan;
mod process;
mod register;
mod runs;
mod table;
mod technicians;
mod told;
mod world;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use self::runs::{Ended, run};

/// How many runs there are when nobody says otherwise: what two idle cores do in three minutes.
const RUNS: u64 = 1_000;
/// After so many failures the rest would tell nothing new.
const ENOUGH: usize = 5;

/// A database that has its tables and nothing in them, in one file.
pub fn empty_database() -> &'static std::path::Path {
    &process::TEMPLATE.database
}

fn from_environment(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// What became of many runs.
#[derive(Default)]
struct Tally {
    ends: BTreeMap<String, u64>,
    failed: Vec<String>,
}

impl Tally {
    fn count(&mut self, seed: u64, ended: Ended) {
        for end in ended.ends {
            *self.ends.entry(end).or_default() += 1;
        }
        if !ended.broken.is_empty() {
            let broken = ended.broken.join("\n  ");
            println!("seed {seed}:\n  {broken}");
            self.failed.push(format!("seed {seed}:\n  {broken}\n{}", ended.history));
        }
    }
}

/// Runs these seeds, one on each core at a time.
fn run_all(seeds: std::ops::Range<u64>) -> Tally {
    let (next, tally) = (AtomicU64::new(seeds.start), Mutex::new(Tally::default()));
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= seeds.end || tally.lock().unwrap().failed.len() >= ENOUGH {
                        return;
                    }
                    let ended = run(seed);
                    tally.lock().unwrap().count(seed, ended);
                }
            });
        }
    });
    tally.into_inner().unwrap()
}

#[test]
fn whatever_goes_wrong_nobody_else_gets_a_password_and_nobody_is_forgotten() {
    let one = from_environment("NYCKELBUD_SEED");
    let seeds = one.map_or(0..from_environment("NYCKELBUD_SEEDS").unwrap_or(RUNS), |seed| seed..seed + 1);
    let tally = run_all(seeds.clone());
    for (end, count) in &tally.ends {
        println!("{count:6} {end}");
    }
    let failed = tally.failed.len();
    assert!(
        failed == 0,
        "{}\n{failed} failed; each runs alone with NYCKELBUD_SEED",
        tally.failed.join("\n\n")
    );
    if one.is_none() && seeds.end >= 1_000 {
        every_end_was_met(&tally);
    }
}

/// A simulation in which nothing happens proves nothing.
fn every_end_was_met(tally: &Tally) {
    let ends = [
        "done, by text",
        "done, by page",
        "merged",
        "technician: delivery-failed",
        "technician: pickup-expired",
        "technician: reset-uncertain",
        "technician: password-unused",
        "technician: manager-declined",
        "technician: handover-unconfirmed",
        "technician: directory-failed",
        "technician: account-frozen",
        "technician: limit-desk",
        "technician: limit-sender",
        "technician: automation-off",
        "an alarm",
        "a code by text",
        "a code by mail",
        "a typed code",
        "an owner's typed code",
        "a password that was replaced",
        "a stop of the program",
        "a clock that was turned",
        "a text that left twice",
        "a forged receipt",
        "a second browser",
        "act.done to-manager",
        "act.done override",
        "act.done override-to-registered-phone",
        "act.done override-to-another-manager",
        "act.undone ",
        "act.declined ",
        "act.lapsed ",
    ];
    let missing: Vec<_> = ends.into_iter().filter(|end| !tally.ends.contains_key(*end)).collect();
    assert!(missing.is_empty(), "in no run there was: {missing:?}; there was: {:?}", tally.ends);
}

#[test]
fn a_seed_tells_the_same_story_every_time() {
    for seed in 1..=20 {
        let plain = |ended: Ended| (ended.ends, ended.broken, ended.events);
        assert_eq!(plain(run(seed)), plain(run(seed)), "seed {seed}");
    }
}
