//! How fast a full mailbox becomes settled tickets, and at what price.
//!
//! `cargo bench --bench drain -- --mails 1000` fills a real Dovecot's inbox, measures how long the mere
//! reading of all mails takes (the limit), then starts the program on it and waits until every ticket
//! is settled, every mail is moved and everything that leaves has left. Figures of one run are noisy
//! where they wait for a disk; compare the ratio and the processor time. Needs what `tests/run` installs
//! for Dovecot, and root.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

use clap::Parser;
use nyckelbud::clock::{Clock, SystemClock};
use nyckelbud::mailbox::imap::ImapSettings;

mod desk;
#[allow(dead_code)] // the tests use more of it
#[path = "../../tests/it/support/dovecot.rs"]
mod dovecot;
mod encoding;
mod fetch;
mod mails;
mod people;
mod prose;

use desk::{Desk, Look, Progress};
use dovecot::Dovecot;
use mails::Mail;

/// How often the program's database is looked into: often enough for times of seconds, seldom enough
/// not to be in the way.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Without any progress for so long the run has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Drains a mailbox.
#[derive(Parser)]
struct Args {
    /// Mails in the mailbox
    #[arg(long, default_value_t = 1000)]
    mails: usize,
    /// Only short letters: for the memory of a large mailbox
    #[arg(long)]
    small: bool,
    /// Prove the fate of every mail afterwards
    #[arg(long)]
    reconcile: bool,
    /// What cargo adds
    #[arg(long, hide = true)]
    bench: bool,
}

/// When each end was reached, from the start of the program.
#[derive(Default)]
struct Times {
    kept: Option<Duration>,
    settled: Option<Duration>,
    moved: Option<Duration>,
    sent: Option<Duration>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let args = Args::parse();
    let make = if args.small { mails::small } else { mails::all };
    let mails = make(args.mails, SystemClock.now());
    let sizes = sizes(&mails);
    let server = Dovecot::start_durable();
    let settings = ImapSettings { max_mail_size: 25 * 1024 * 1024, ..server.settings() };
    let now = SystemTime::now();
    for (at, mail) in mails.iter().enumerate() {
        server.deliver_at(&format!("{at:06}.drain"), &mail.octets, now);
    }
    let mut wanted: BTreeMap<String, usize> = BTreeMap::new();
    for mail in mails {
        *wanted.entry(mail.outcome.to_owned()).or_default() += 1;
    }
    let (cores, load) = machine();
    println!("machine    {cores} cores, load {load} before the run");
    println!("mails      {} in the inbox, {sizes}", args.mails);
    let raw = fetch::measure(&settings, args.mails);
    let (seconds, count) = (raw.took.as_secs_f64(), args.mails as f64);
    println!(
        "raw fetch  {seconds:.3} s, {:.0} mails/s, {:.0} MB/s: one UID FETCH 1:* (BODY.PEEK[]) over TLS",
        count / seconds,
        raw.octets as f64 / 1e6 / seconds
    );

    let folder = tempfile::Builder::new().prefix("nyckelbud-drain-").tempdir().expect("a folder");
    let began = Instant::now();
    let directory = people::directory(if args.small { people::FEW } else { args.mails });
    let mut desk = Desk::start(folder.path(), &settings, dovecot::two_free_ports(), &directory);
    let (times, mut look) = wait(&mut desk, args.mails, began).await;
    report(&desk, &times, raw.took, args.mails);
    let outcomes = look.outcomes().await;
    println!("outcomes   {}", words(&outcomes));
    let complaints = desk.complaints();
    assert_eq!(outcomes, wanted, "not every mail became what it should");
    assert_eq!(complaints, 0, "the program complained:\n{}", desk.log_end());
    if args.reconcile {
        reconcile(&desk, "by place", args.mails);
        desk.forget_places().await;
        reconcile(&desk, "by content", args.mails);
    }
}

fn reconcile(desk: &Desk, how: &str, mails: usize) {
    let (took, memory, said) = desk.reconcile();
    let (seconds, memory) = (took.as_secs_f64(), memory as f64 / 1e6);
    let speed = mails as f64 / seconds;
    println!("reconcile  {how}: {seconds:.1} s, {speed:.0} mails/s, {memory:.1} MB at most: {}", said.trim());
}

/// Waits until nothing is left to be done.
async fn wait(desk: &mut Desk, mails: usize, began: Instant) -> (Times, Look) {
    let mut times = Times::default();
    let mut look = None;
    let (mut last, mut last_change) = (Progress::default(), Instant::now());
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        desk.must_live();
        if look.is_none() {
            look = desk.look().await;
        }
        let Some(open) = look.as_mut() else { continue };
        let Some(progress) = open.progress().await else { continue };
        let now = began.elapsed();
        let reached = |time: &mut Option<Duration>, there: bool| {
            if there {
                time.get_or_insert(now);
            }
        };
        reached(&mut times.kept, progress.kept >= mails);
        reached(&mut times.settled, progress.kept >= mails && progress.settled >= mails);
        reached(&mut times.moved, progress.moved >= mails);
        let all = times.settled.is_some() && times.moved.is_some();
        reached(&mut times.sent, all && progress.to_send == 0);
        if let (Some(_), Some(open)) = (times.sent, look.take_if(|_| times.sent.is_some())) {
            return (times, open);
        }
        if progress != last {
            (last, last_change) = (progress, Instant::now());
        }
        assert!(
            last_change.elapsed() < PATIENCE,
            "nothing goes on: of {mails} mails {} are kept, {} settled, {} moved, {} to send\n{}",
            last.kept,
            last.settled,
            last.moved,
            last.to_send,
            desk.log_end()
        );
    }
}

fn report(desk: &Desk, times: &Times, raw: Duration, mails: usize) {
    let count = mails as f64;
    for (name, time) in
        [("kept", times.kept), ("settled", times.settled), ("moved", times.moved), ("all sent", times.sent)]
    {
        let seconds = time.expect("reached").as_secs_f64();
        let ratio = seconds / raw.as_secs_f64();
        println!("{name:<10} {seconds:.2} s, {:.0} mails/s, {ratio:.1} times the raw fetch", count / seconds);
    }
    let usage = desk.usage();
    let per_thousand = |time: Duration| time.as_secs_f64() * 1000.0 / count;
    println!(
        "processor  {:.2} s per 1,000 mails (user {:.2}, system {:.2})",
        per_thousand(usage.user + usage.system),
        per_thousand(usage.user),
        per_thousand(usage.system)
    );
    println!("memory     {:.1} MB at most", usage.memory as f64 / 1e6);
    println!("written    {:.1} MB", usage.written as f64 / 1e6);
}

/// Mean, median, and largest.
fn sizes(mails: &[Mail]) -> String {
    let mut sizes: Vec<usize> = mails.iter().map(|mail| mail.octets.len()).collect();
    sizes.sort_unstable();
    let kilo = |octets: usize| octets as f64 / 1000.0;
    let mean = kilo(sizes.iter().sum::<usize>()) / sizes.len().max(1) as f64;
    let at = |share: usize| kilo(sizes.get(sizes.len() * share / 100).copied().unwrap_or_default());
    let largest = kilo(sizes.last().copied().unwrap_or_default());
    format!("{mean:.1} kB in the mean, p50 {:.1}, p90 {:.1}, largest {largest:.1}", at(50), at(90))
}

fn machine() -> (usize, String) {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    (cores, load.split(' ').next().unwrap_or("?").to_owned())
}

fn words(outcomes: &BTreeMap<String, usize>) -> String {
    let words: Vec<String> = outcomes.iter().map(|(outcome, count)| format!("{outcome} {count}")).collect();
    words.join(", ")
}
