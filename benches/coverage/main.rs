//! How long a walk over a large register takes, how many requests it makes in a second, and how much
//! memory it needs: what `coverage` and `directory export` rest on.
//!
//! `cargo bench --bench coverage -- --people 20000 --on-premises 5000` plays Graph with so many people, and
//! fills a real Samba domain with the first of them. Each walk is a process of its own. By the registration
//! report the walk keeps the rates that the program keeps; by person it is let run faster, because how long
//! it takes at the permitted rate can be reckoned. Needs what `tests/run` installs for Samba, and root.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::time::{Duration, Instant};

use clap::Parser;

mod people;
mod support;
mod walk;

use support::graph::{Asked, Graph};
use support::samba::domain;
use walk::{Walked, Where};

/// How many people the program asks about in a second.
const PERMITTED: u32 = 10;

/// Walks over a large register.
#[derive(Parser)]
struct Args {
    /// People in Entra ID
    #[arg(long, default_value_t = 20_000)]
    people: usize,
    /// People in Active Directory; none leaves it out
    #[arg(long, default_value_t = 0)]
    on_premises: usize,
    /// People in a second where the permitted rate would take too long
    #[arg(long, default_value_t = 1000)]
    raised: u32,
    /// Walk in this process
    #[arg(long, hide = true)]
    walk: bool,
    #[command(flatten)]
    place: Where,
    /// What cargo adds
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let args = Args::parse();
    if args.walk {
        return args.place.walk().await;
    }
    let (cores, load) = machine();
    println!("machine    {cores} cores, load {load} before the run");
    let graph = Graph::start().await;
    people::in_the_cloud(&graph, args.people, 0);
    let cloud = by(&graph);
    measure(&graph, "report", &cloud).await;
    let by_person = measure(&graph, "by person", &cloud.by_person(args.raised)).await;
    let minutes = by_person.people as f64 / f64::from(PERMITTED) / 60.0;
    println!("           at the permitted {PERMITTED} a second: {minutes:.0} min");
    if args.on_premises == 0 {
        return;
    }
    let began = Instant::now();
    let unit = people::on_premises(args.on_premises);
    println!("filling    {} people in Samba in {:.0} s", args.on_premises, began.elapsed().as_secs_f64());
    let ground = Where {
        ldaps: Some(domain().ldaps_port()),
        ca_file: domain().ca_file().display().to_string(),
        base_dn: unit.dn(),
        ..Where::default()
    };
    measure(&graph, "ldap", &ground).await;
    let graph = Graph::start().await;
    people::in_the_cloud(&graph, args.people, args.on_premises);
    let both = Where { ldaps: ground.ldaps, ca_file: ground.ca_file, base_dn: ground.base_dn, ..by(&graph) };
    measure(&graph, "hybrid", &both).await;
}

/// The place where `graph` is, asked at the permitted rate.
fn by(graph: &Graph) -> Where {
    Where {
        graph: Some(graph.base_url()),
        token_url: graph.tokens.url(),
        per_second: PERMITTED,
        ..Where::default()
    }
}

/// Walks, and tells what it came to.
async fn measure(graph: &Graph, name: &str, place: &Where) -> Walked {
    let before = graph.asked().len();
    let walked = place.walked().await;
    let Walked { people, took, memory } = &walked;
    let (seconds, memory) = (took.as_secs_f64(), *memory as f64 / 1e6);
    println!("{name:<10} {people} people in {seconds:.1} s, {memory:.1} MB at most");
    let asked = graph.asked().split_off(before);
    for (what, end) in [
        ("pages of the report", "/userRegistrationDetails"),
        ("pages of people", "/users"),
        ("people's phones", "/phoneMethods"),
    ] {
        let times: Vec<Instant> = asked.iter().filter(|one| one.path.ends_with(end)).map(of).collect();
        if !times.is_empty() {
            let most = most_in(&times, Duration::from_secs(1));
            println!("           {} {what}, at most {most} in a second", times.len());
        }
    }
    graph.assert_documented();
    walked
}

fn of(asked: &Asked) -> Instant {
    asked.at
}

/// The most that came within any such span.
fn most_in(times: &[Instant], span: Duration) -> usize {
    let mut first = 0;
    let mut most = 0;
    for (at, time) in times.iter().enumerate() {
        while time.duration_since(times[first]) >= span {
            first += 1;
        }
        most = most.max(at + 1 - first);
    }
    most
}

fn machine() -> (usize, String) {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    (cores, load.split(' ').next().unwrap_or("?").to_owned())
}
