//! How long the pages take on the server among a million tickets, and what two hundred open queue pages cost.
//!
//! `cargo bench --bench pages -- --tickets 1000000 --open 5000` fills a SQLite file and a database of a PostgreSQL that it
//! starts, runs the program over each, signs in, and asks for queue pages, tickets and searches, fifty a second over
//! HTTP. A request is timed from the moment at which it was due to the last octet of its answer. Then two hundred pages
//! ask for what has changed, every five seconds each, and the processor time of the program is read. With `--database
//! sqlite` or `postgres` only one of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use clap::Parser;
use tokio::task::JoinSet;
use tokio::time::sleep_until;

#[allow(dead_code)] // the tests use more of it
#[path = "../../tests/it/support/client.rs"]
mod client;
mod desk;
#[allow(dead_code)] // the tests use more of it
#[path = "../../tests/it/support/postgres.rs"]
mod postgres;
#[allow(dead_code)] // the other bench uses more of it
#[path = "../queue/seed.rs"]
mod seed;

use client::{Asked, ask};
use desk::Desk;

/// Looks at pages.
#[derive(Parser)]
struct Args {
    /// Tickets in the store
    #[arg(long, default_value_t = 1_000_000)]
    tickets: u32,
    /// How many of them are open
    #[arg(long, default_value_t = 5_000)]
    open: u32,
    /// Requests in a second
    #[arg(long, default_value_t = 50)]
    rate: u32,
    /// For how many seconds
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Queue pages that lie open
    #[arg(long, default_value_t = 200)]
    watching: u32,
    /// Only this database: sqlite or postgres
    #[arg(long)]
    database: Option<String>,
    /// What cargo adds
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() {
    let args = Args::parse();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!("machine    {cores} cores, load {} before the run", load.split(' ').next().unwrap_or("?"));
    let wanted = |name: &str| args.database.as_deref().is_none_or(|only| only == name);
    if wanted("sqlite") {
        measure("sqlite", "sqlite://var/nyckelbud.db", &args).await;
    }
    if wanted("postgres") {
        measure("postgres", &postgres::fresh_database().await, &args).await;
    }
}

async fn measure(name: &str, url: &str, args: &Args) {
    let began = Instant::now();
    let desk = Desk::open(url, args.tickets, args.open).await;
    println!(
        "{name:<10} {} tickets, {} open, in {:.0} s",
        args.tickets,
        args.open,
        began.elapsed().as_secs_f64()
    );
    // What is read for the first time comes from the disk; a desk's queue is read all day.
    pages(&desk, args, 10).await;
    for (what, mut times) in pages(&desk, args, args.seconds).await {
        times.sort_unstable();
        let at = |share: f64| {
            let place = ((times.len() as f64 * share).ceil() as usize).clamp(1, times.len()) - 1;
            times[place].as_secs_f64() * 1000.0
        };
        println!(
            "{name:<10} {what:<28} {:>5} times, p50 {:>6.2} ms, p99 {:>6.2} ms, at most {:>6.2} ms",
            times.len(),
            at(0.5),
            at(0.99),
            at(1.0)
        );
    }
    let share = watching(&desk, args).await;
    println!("{name:<10} {} open queue pages cost {share:.1} % of a core", args.watching);
}

/// The `nth` page that is asked for, and what the figures call it.
fn page(nth: u32, args: &Args) -> (&'static str, String) {
    let somebody = nth.wrapping_mul(2_654_435_761) % args.tickets;
    // Every second of the newest is open (seed.rs).
    let open = args.tickets - 2 * args.open + 2 * (nth.wrapping_mul(2_654_435_761) % args.open) + 1;
    match nth % 8 {
        0 | 4 => ("queue", "/queue".to_owned()),
        2 => ("queue: mine", "/queue?tab=mine".to_owned()),
        6 => ("queue: done today", "/queue?tab=done".to_owned()),
        1 | 3 | 5 => ("ticket", format!("/tickets/26-{open}")),
        _ => {
            let name = seed::full_name(somebody).replace(' ', "+");
            ("search", format!("/queue?q={name}"))
        }
    }
}

/// Asks for so many seconds; answers how long each kind of page took.
async fn pages(desk: &Desk, args: &Args, seconds: u32) -> BTreeMap<&'static str, Vec<Duration>> {
    let mut asking: JoinSet<(&'static str, Duration)> = JoinSet::new();
    let start = tokio::time::Instant::now() + Duration::from_millis(100);
    for nth in 0..seconds * args.rate {
        let (what, path) = page(nth, args);
        let due = start + Duration::from_secs(1) * nth / args.rate;
        let (address, cookie) = (desk.address, desk.cookie.clone());
        asking.spawn(async move {
            sleep_until(due).await;
            let status = get(address, &path, &cookie).await;
            assert_eq!(status, 200, "{path}");
            (what, due.elapsed())
        });
    }
    let mut times: BTreeMap<&'static str, Vec<Duration>> = BTreeMap::new();
    while let Some(done) = asking.join_next().await {
        let (what, took) = done.expect("an answer");
        times.entry(what).or_default().push(took);
    }
    times
}

/// Pages that lie open ask every five seconds whether something has changed; what share of a core the program takes.
async fn watching(desk: &Desk, args: &Args) -> f64 {
    let path = desk.delta().await;
    let (before, began) = (desk.processor_time(), tokio::time::Instant::now());
    let mut asking = JoinSet::new();
    for nth in 0..args.watching {
        let (address, cookie, mut path) = (desk.address, desk.cookie.clone(), path.clone());
        let first = began + Duration::from_secs(5) * nth / args.watching;
        let times = args.seconds / 5;
        asking.spawn(async move {
            for time in 0..times {
                sleep_until(first + Duration::from_secs(5) * time).await;
                let answer = ask(address, &Asked::get(&path).with(&[("cookie", &cookie)])).await;
                match answer.status {
                    // As the script does: from now on it knows this version.
                    200 => path = desk::knowing(&path, &answer.body),
                    status => assert_eq!(status, 204, "{path}"),
                }
            }
        });
    }
    while let Some(done) = asking.join_next().await {
        done.expect("an answer");
    }
    let took = desk.processor_time().saturating_sub(before);
    100.0 * took.as_secs_f64() / began.elapsed().as_secs_f64()
}

async fn get(address: SocketAddr, path: &str, cookie: &str) -> u16 {
    ask(address, &Asked::get(path).with(&[("cookie", cookie)])).await.status
}
