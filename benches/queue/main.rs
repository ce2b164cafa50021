//! How long the queue, the search and the counters take among a million tickets.
//!
//! `cargo bench --bench queue -- --tickets 1000000 --open 5000` fills a SQLite file and a database of a
//! PostgreSQL that it starts, and then asks each for lists and searches, fifty a second, while the
//! counters are made anew every two seconds. A request is timed from the moment at which it was due, so
//! that one that is slow is not hidden by those that wait for it. With `--database sqlite` or `postgres`
//! only one of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use nyckelbud::store::{self, Store};
use tokio::task::JoinSet;
use tokio::time::{interval_at, sleep_until};

mod ask;
#[allow(dead_code)] // the tests use more of it
#[path = "../../tests/it/support/postgres.rs"]
mod postgres;
mod seed;

use ask::Ask;

/// Where Message-IDs of mails that leave end.
const DOMAIN: &str = "kommun.example";
/// How often the counters are made anew while somebody looks.
const COUNT_EVERY: Duration = Duration::from_secs(2);

/// Looks at a long queue.
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
    seconds: u64,
    /// Only this database: sqlite or postgres
    #[arg(long)]
    database: Option<String>,
    /// An empty PostgreSQL database, or an empty place for a SQLite file, of one's own; it stays as it was filled
    #[arg(long)]
    url: Option<String>,
    /// Do not fill it again
    #[arg(long)]
    filled: bool,
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
    let folder = tempfile::Builder::new().prefix("nyckelbud-queue-").tempdir().expect("a folder");
    let wanted = |name: &str| args.database.as_deref().is_none_or(|only| only == name);
    if let Some(url) = &args.url {
        return measure("given", url, &args).await;
    }
    if wanted("sqlite") {
        let url = format!("sqlite://{}", folder.path().join("queue.db").display());
        measure("sqlite", &url, &args).await;
    }
    if wanted("postgres") {
        measure("postgres", &postgres::fresh_database().await, &args).await;
    }
}

async fn measure(name: &str, url: &str, args: &Args) {
    store::migrate(url).await.expect("the tables");
    if !args.filled {
        let began = Instant::now();
        seed::fill(url, args.tickets, args.open).await;
        let seconds = began.elapsed().as_secs_f64();
        println!("{name:<10} {} tickets, {} of them open, in {seconds:.0} s", args.tickets, args.open);
    }
    let store = store::open(url, DOMAIN).await.expect("the store");
    // What is read for the first time comes from the disk; a desk's queue is read all day.
    run(&store, args, Duration::from_secs(10)).await;
    let times = run(&store, args, Duration::from_secs(args.seconds)).await;
    for (what, mut times) in times {
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
}

/// Asks for so long; answers how long each kind of request took.
async fn run(
    store: &Arc<dyn Store>,
    args: &Args,
    how_long: Duration,
) -> BTreeMap<&'static str, Vec<Duration>> {
    let mut asking: JoinSet<(&'static str, Duration)> = JoinSet::new();
    let start = tokio::time::Instant::now() + Duration::from_millis(100);
    let count = u32::try_from(how_long.as_secs()).expect("a few minutes") * args.rate;
    for nth in 0..count {
        let (store, due) = (Arc::clone(store), start + Duration::from_secs(1) * nth / args.rate);
        let ask = Ask::nth(nth, args.tickets);
        asking.spawn(async move {
            sleep_until(due).await;
            ask.of(store.as_ref()).await;
            (ask.name(), due.elapsed())
        });
    }
    let counting = Arc::clone(store);
    let until = start + how_long;
    asking.spawn(async move {
        let mut longest = Duration::ZERO;
        let mut ticks = interval_at(start, COUNT_EVERY);
        while ticks.tick().await < until {
            let began = Instant::now();
            counting.queue_counts(&seed::count_at()).await.expect("the counts");
            longest = longest.max(began.elapsed());
        }
        ("counters, the longest", longest)
    });
    let mut times: BTreeMap<&'static str, Vec<Duration>> = BTreeMap::new();
    while let Some(asked) = asking.join_next().await {
        let (name, time) = asked.expect("an answer");
        times.entry(name).or_default().push(time);
        if name != "counters, the longest" {
            let all = if name.starts_with("search") { "search: all" } else { "list: all" };
            times.entry(all).or_default().push(time);
        }
    }
    times
}
