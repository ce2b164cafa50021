//! Bounds on the memory and the processor time of a run, proportional to its input. libFuzzer's own
//! limits are for whole processes, and so wide that a mail of a few lines could take seconds.

use std::alloc::System;
use std::panic;
use std::sync::Once;
use std::time::Duration;

use cap::Cap;
use rustix::time::{ClockId, clock_gettime};

use crate::targets::Target;

/// Ends the program when more is asked for than a run may take.
#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// What every run may take, for caches that grow with use (octets).
const MEMORY: usize = 32 * 1024 * 1024;
/// The same for time; a run of a few lines takes less than a millisecond.
const TIME: Duration = Duration::from_millis(200);

/// Runs `target` on `data`.
///
/// # Panics
/// When it took too long. When it takes too much memory the program ends.
pub fn held(target: &Target, data: &[u8]) {
    static FIRST: Once = Once::new();
    FIRST.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            // To tell of a finding takes memory, too.
            ALLOCATOR.set_limit(usize::MAX).ok();
            report(info);
        }));
        // Tables that are made at first use are no run's fault.
        (target.run)(target.example.as_bytes());
    });
    let octets = data.len();
    let (memory_each, time_each) = for_each_octet(target.name);
    let memory = MEMORY + memory_each * octets;
    if ALLOCATOR.set_limit(ALLOCATOR.allocated() + memory).is_err() {
        panic!("the limit of memory cannot be set");
    }
    let limit = TIME + time_each * u32::try_from(octets).unwrap_or(u32::MAX);
    let mut took = timed(target, data);
    if took > limit {
        // Again without the tables that it was the first to need: each country's numbers have theirs.
        took = timed(target, data);
    }
    ALLOCATOR.set_limit(usize::MAX).ok();
    assert!(took <= limit, "{octets} octets took {took:?}, {limit:?} are allowed");
}

fn timed(target: &Target, data: &[u8]) -> Duration {
    let began = processor_time();
    (target.run)(data);
    processor_time().saturating_sub(began)
}

/// Memory (octets) and processor time for each octet of input. A mail is read a dozen times a run, and
/// each of a server's answers may be a few octets long and has room of its own. HTML whose attributes are
/// compared with each other costs most, up to the limits of `mail/html`; the fuzzer counts each comparison.
fn for_each_octet(target: &str) -> (usize, Duration) {
    match target {
        "mail" => (2_000, Duration::from_micros(120)),
        "authentication_results" => (2_000, Duration::from_micros(20)),
        "imap" => (10_000, Duration::from_micros(50)),
        _ => (100, Duration::from_micros(20)),
    }
}

/// Of this thread alone: other programs on the machine do not count.
fn processor_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(now).unwrap_or_default()
}
