//! How far a walk over a register has come, on standard error: one line that changes where somebody looks
//! at it, and a line a minute in a log.

use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{CliError, output};
use crate::directory::{Census, Listed, Part, Progress, Walk};

/// Between two changes of the line that somebody looks at.
const SHOW_EVERY: Duration = Duration::from_millis(200);
/// Between two lines in a log.
const LOG_EVERY: Duration = Duration::from_secs(60);
/// A forecast rests on at least so much of the past.
const FORECAST_AFTER: Duration = Duration::from_secs(5);

/// What a walk brought.
pub(super) struct Walked {
    /// Everybody who could be made out.
    pub(super) listed: Vec<Listed>,
    /// So many accounts could not.
    pub(super) left_out: usize,
}

/// Walks over everybody, tells how far it has come and what it leaves out, and ends at Ctrl-C. `lost` says
/// what follows when it does not come to its end.
pub(super) async fn walk(census: &dyn Census, walk: Walk, lost: &str) -> Result<Walked, CliError> {
    let told = Told::new(std::io::stderr().is_terminal());
    let tell = |progress| told.tell(progress);
    let walked = tokio::select! {
        walked = census.walk(walk, &tell) => walked.map_err(|error| error.to_string()),
        Ok(()) = tokio::signal::ctrl_c() => Err("stopped by Ctrl-C".to_owned()),
    };
    let left_out = told.end();
    let listed = walked.map_err(|why| CliError::No(format!("{why}; {lost}")))?;
    Ok(Walked { listed, left_out })
}

struct Told {
    /// Is standard error a terminal?
    watched: bool,
    state: Mutex<State>,
}

struct State {
    /// What is being read, since when, and how much of it had been read then.
    part: Option<(Part, Instant, usize)>,
    last: Instant,
    /// Columns of the line that stands there now.
    width: usize,
    /// Accounts that could not be made out, so far.
    left_out: usize,
}

impl Told {
    fn new(watched: bool) -> Self {
        Self { watched, state: Mutex::new(State { part: None, last: Instant::now(), width: 0, left_out: 0 }) }
    }

    fn tell(&self, progress: Progress) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match progress {
            Progress::Read { what, done, all } => self.read(&mut state, what, done, all),
            Progress::LeftOut { accounts, first } => {
                state.clear();
                state.left_out += accounts;
                let first = output::plain(&first);
                output::note(&match accounts {
                    1 => format!("1 account cannot be made out and is left out: {first}; correct it there"),
                    many => format!(
                        "{many} accounts cannot be made out and are left out; the first: {first}; correct \
                         them there"
                    ),
                });
            }
            Progress::EachAsked(why) => {
                state.clear();
                let why = output::plain(&why);
                output::note(&format!("{why}; everybody's phones are asked for, which takes longer"));
            }
        }
    }

    fn read(&self, state: &mut State, what: Part, done: usize, all: Option<usize>) {
        let now = Instant::now();
        let every = if self.watched { SHOW_EVERY } else { LOG_EVERY };
        let (since, before) = match state.part {
            Some((part, since, before)) if part == what => (since, before),
            _ => {
                state.part = Some((what, now, done));
                // Something new is shown at once, and is no reason for a line in a log.
                state.last = if self.watched { now - SHOW_EVERY } else { state.last };
                (now, done)
            }
        };
        if now.duration_since(state.last) < every {
            return;
        }
        state.last = now;
        let left =
            all.and_then(|all| forecast(now.duration_since(since), done.saturating_sub(before), all, done));
        let text = words(what, done, all, left);
        if self.watched { state.show(&text) } else { output::note(&text) }
    }

    /// Takes the line away that changes; answers how many accounts were left out.
    fn end(&self) -> usize {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.clear();
        state.left_out
    }
}

impl State {
    fn show(&mut self, text: &str) {
        let width = text.chars().count();
        let blanks = " ".repeat(self.width.saturating_sub(width));
        // There is nobody left to tell when standard error is closed.
        let _ = write!(std::io::stderr(), "\r{text}{blanks}");
        self.width = width;
    }

    fn clear(&mut self) {
        if self.width > 0 {
            let _ = write!(std::io::stderr(), "\r{}\r", " ".repeat(self.width));
            self.width = 0;
        }
    }
}

fn words(what: Part, done: usize, all: Option<usize>, left: Option<Duration>) -> String {
    let read = match what {
        Part::Accounts => "Accounts",
        Part::OnPremises => "Accounts in Active Directory",
        Part::Report => "Registration report, people",
        Part::Sponsors => "Sponsors of people",
        Part::Phones => "Phones of people",
    };
    let of = all.map(|all| format!(" of {all}")).unwrap_or_default();
    let left =
        left.map(|left| format!(", about {} min left", left.as_secs().div_ceil(60))).unwrap_or_default();
    format!("{read}: {done}{of} read{left} …")
}

/// How long the rest takes, if it goes on as the `read` ones of `past`; nothing worth a word is `None`.
fn forecast(past: Duration, read: usize, all: usize, done: usize) -> Option<Duration> {
    if past < FORECAST_AFTER || read == 0 || all <= done {
        return None;
    }
    let left = past.as_secs_f64() / read as f64 * (all - done) as f64;
    Some(Duration::from_secs_f64(left)).filter(|left| *left >= FORECAST_AFTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forecast_rests_on_what_was_read_since_the_part_began() {
        let seconds = Duration::from_secs;
        assert_eq!(forecast(seconds(100), 1000, 20_000, 1000), Some(seconds(1900)));
        assert_eq!(forecast(seconds(1), 10, 20_000, 10), None, "too early to tell");
        assert_eq!(forecast(seconds(100), 0, 20_000, 5), None);
        assert_eq!(forecast(seconds(100), 1000, 1000, 1000), None, "it is done");
        assert_eq!(
            words(Part::Phones, 1000, Some(20_000), Some(seconds(1900))),
            "Phones of people: 1000 of 20000 read, about 32 min left …"
        );
        assert_eq!(words(Part::Report, 500, None, None), "Registration report, people: 500 read …");
    }
}
