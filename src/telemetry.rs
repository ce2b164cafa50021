//! The log: where it goes, how it looks, and what never enters it. tracing-subscriber and
//! tracing-journald are used only here.
//!
//! Some libraries write whole protocol lines at their lower levels, sign-ins included. Their
//! targets are capped here in code: no filter, from the configuration or from `RUST_LOG`, can lift
//! the cap, so a log at `trace` holds no password.

use std::any::Any;
use std::io::{IsTerminal, Write};
use std::panic::Location;

use tokio::task::JoinError;

use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::{EnvFilter, FilterExt};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, Filter, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{LogFormat, TelemetrySettings};

/// Targets that could carry secrets, and the lowest level at which they do not.
const CAPS: [(&str, LevelFilter); 15] = [
    // every line of the protocol at trace, unreadable answers at debug
    ("async_imap", LevelFilter::INFO),
    ("imap_proto", LevelFilter::INFO),
    // answers with their values, at warn
    ("ldap3", LevelFilter::ERROR),
    // every line of the protocol, AUTH included
    ("lettre", LevelFilter::INFO),
    // statements with their values
    ("sqlx", LevelFilter::WARN),
    // headers and bodies: bearer tokens, texts
    ("h2", LevelFilter::INFO),
    ("hyper", LevelFilter::INFO),
    ("hyper_util", LevelFilter::INFO),
    ("reqwest", LevelFilter::INFO),
    ("axum", LevelFilter::INFO),
    ("tower", LevelFilter::INFO),
    // every number that it reads, at trace
    ("rlibphonenumber", LevelFilter::INFO),
    // key material
    ("rustls", LevelFilter::INFO),
    ("tokio_rustls", LevelFilter::INFO),
    ("rustls_platform_verifier", LevelFilter::INFO),
];

/// Why the log cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is not written in RUST_LOG syntax.
    #[error("the log filter cannot be read: {0}; correct telemetry.log or RUST_LOG")]
    Filter(String),
    /// The journal does not answer.
    #[error("the journal cannot be used: {0}; choose another telemetry.format")]
    Journal(#[source] std::io::Error),
    /// Something set up a log before.
    #[error("the log was set up twice")]
    Twice,
}

/// How a log to a stream looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamFormat {
    /// Lines for people; with colours or without.
    Text {
        /// With colours?
        colours: bool,
    },
    /// One JSON object a line.
    Json,
}

/// Sets up the log of this process. `RUST_LOG`, when set, takes the place of `telemetry.log`.
///
/// # Errors
/// [`TelemetryError`] says what to do.
pub fn init(settings: &TelemetrySettings) -> Result<(), TelemetryError> {
    let from_environment = std::env::var("RUST_LOG").ok().filter(|filter| !filter.is_empty());
    let filter = from_environment.as_deref().unwrap_or(&settings.log);
    let terminal = std::io::stderr().is_terminal();
    let text = StreamFormat::Text {
        colours: terminal && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty()),
    };
    let stream = match settings.format {
        LogFormat::Text => text,
        LogFormat::Json => StreamFormat::Json,
        LogFormat::Journald => {
            return to_journal(tracing_journald::layer().map_err(TelemetryError::Journal)?, filter);
        }
        LogFormat::Auto if terminal => text,
        LogFormat::Auto if stderr_is_journal() => match tracing_journald::layer() {
            Ok(journal) => return to_journal(journal, filter),
            // a sandbox may hide its socket; standard error still arrives there
            Err(_) => StreamFormat::Json,
        },
        LogFormat::Auto => StreamFormat::Json,
    };
    tracing_subscriber::registry()
        .with(stream_layer(filter, stream, std::io::stderr)?)
        .try_init()
        .map_err(|_| TelemetryError::Twice)
}

/// From now on a panic tells in the log where it happened, and nothing of what was being worked on: the
/// words of a panic may quote a whole mail (a text that is cut in the middle of a letter does).
pub fn hush_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let thread = std::thread::current();
        let words = panic_words(panic.location(), thread.name(), panic.payload());
        if tracing::dispatcher::has_been_set() {
            tracing::error!("{words}");
        } else {
            let _ = writeln!(std::io::stderr(), "{words}");
        }
    }));
}

/// Words that stand in the program itself hold nothing; those that were made may.
fn panic_words(place: Option<&Location<'_>>, thread: Option<&str>, payload: &(dyn Any + Send)) -> String {
    let place = place.map_or_else(|| "an unknown place".to_owned(), |p| format!("{}:{}", p.file(), p.line()));
    let thread = thread.unwrap_or("without a name");
    let why = payload.downcast_ref::<&'static str>().map_or_else(String::new, |why| format!(": {why}"));
    format!("the program panicked at {place} (thread {thread}){why}; please report this line")
}

/// How a task ended that should have answered. The error's own words quote a panic.
#[must_use]
pub fn how_it_ended(error: &JoinError) -> &'static str {
    if error.is_panic() { "it panicked" } else { "it was cancelled" }
}

/// A layer that writes to `writer` what `filter` and the caps let through: the log of [`init`], for
/// any stream.
///
/// # Errors
/// [`TelemetryError::Filter`].
pub fn stream_layer<S, W>(
    filter: &str,
    format: StreamFormat,
    writer: W,
) -> Result<Box<dyn Layer<S> + Send + Sync>, TelemetryError>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let filter = capped(filter)?;
    Ok(match format {
        StreamFormat::Text { colours } => lines.with_ansi(colours).with_filter(filter).boxed(),
        StreamFormat::Json => lines.json().flatten_event(true).with_filter(filter).boxed(),
    })
}

/// Is `filter` written in RUST_LOG syntax?
///
/// # Errors
/// In words, what is wrong.
pub fn check_filter(filter: &str) -> Result<(), String> {
    EnvFilter::try_new(filter).map(|_| ()).map_err(|error| error.to_string())
}

fn to_journal(journal: tracing_journald::Layer, filter: &str) -> Result<(), TelemetryError> {
    tracing_subscriber::registry()
        .with(journal.with_filter(capped(filter)?))
        .try_init()
        .map_err(|_| TelemetryError::Twice)
}

/// Does standard error go to the journal? systemd names its device and inode (systemd.exec(5),
/// `JOURNAL_STREAM`); a redirected process inherits the variable, not the stream.
fn stderr_is_journal() -> bool {
    let Ok(named) = std::env::var("JOURNAL_STREAM") else { return false };
    rustix::fs::fstat(std::io::stderr())
        .is_ok_and(|about| named == format!("{}:{}", about.st_dev, about.st_ino))
}

fn capped<S>(filter: &str) -> Result<impl Filter<S> + Send + Sync + 'static, TelemetryError>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let chosen = EnvFilter::try_new(filter).map_err(|error| TelemetryError::Filter(error.to_string()))?;
    Ok(FilterExt::<S>::and(chosen, Caps))
}

/// Lets through what the caps allow. Records of the `log` crate are asked about under their own
/// target too.
struct Caps;

impl Caps {
    fn allow(target: &str, level: &Level) -> bool {
        let root = target.split("::").next().unwrap_or(target);
        CAPS.iter().find(|(capped, _)| *capped == root).is_none_or(|(_, cap)| level <= cap)
    }
}

impl<S> Filter<S> for Caps {
    fn enabled(&self, about: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        Self::allow(about.target(), about.level())
    }

    fn callsite_enabled(&self, about: &'static Metadata<'static>) -> Interest {
        if Self::allow(about.target(), about.level()) { Interest::always() } else { Interest::never() }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What a log with `filter` holds after `work`.
    fn logged(filter: &str, format: StreamFormat, work: impl FnOnce()) -> String {
        let page = Page::default();
        let writer = page.clone();
        let layer = stream_layer(filter, format, move || writer.clone()).unwrap();
        let guard = tracing_subscriber::registry().with(layer).set_default();
        work();
        drop(guard);
        let bytes = page.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    const TEXT: StreamFormat = StreamFormat::Text { colours: false };

    #[test]
    fn a_password_in_a_protocol_line_never_reaches_a_log_at_trace() {
        for filter in ["trace", "async_imap=trace", "trace,async_imap::client=trace,lettre=trace,sqlx=trace"]
        {
            let log = logged(filter, TEXT, || {
                tracing::trace!(target: "async_imap", "C: LOGIN desk hemligt");
                tracing::debug!(target: "async_imap::client", "S: hemligt");
                tracing::trace!(target: "imap_proto::parser", "hemligt");
                tracing::debug!(target: "lettre::transport::smtp", "AUTH PLAIN hemligt");
                log::warn!(target: "ldap3::conn", "ldap search item send error: hemligt");
                tracing::debug!(target: "hyper::proto::h1", "authorization: Bearer hemligt");
                tracing::trace!(target: "h2", "hemligt");
                tracing::debug!(target: "reqwest::connect", "hemligt");
                tracing::debug!(target: "rustls::client", "hemligt");
                tracing::info!(target: "sqlx::query", "INSERT hemligt");
                // what async-imap really does
                log::trace!(target: "async_imap::imap_stream", "C: LOGIN desk hemligt");
            });
            assert!(!log.contains("hemligt"), "{filter}: {log}");
        }
    }

    #[test]
    fn a_phone_number_that_is_read_never_reaches_a_log_at_trace() {
        let log = logged("trace", TEXT, || {
            crate::types::PhoneNumber::parse("070-174 06 05").unwrap();
            log::trace!(target: "rlibphonenumber::phonenumberutil", "Number '701740605' is a mobile number.");
        });
        assert!(!log.contains("1740605"), "{log}");
    }

    #[test]
    fn the_caps_let_the_rest_through() {
        let log = logged("trace", TEXT, || {
            tracing::info!(target: "async_imap", "one");
            tracing::warn!(target: "sqlx::query", "two");
            tracing::trace!(target: "nyckelbud::worker", "three");
            tracing::trace!(target: "async_imap_like", "four");
            log::trace!(target: "another_library", "five");
        });
        for word in ["one", "two", "three", "four", "five"] {
            assert!(log.contains(word), "{word} is missing: {log}");
        }
    }

    #[test]
    fn the_chosen_filter_still_filters() {
        let log = logged("warn,nyckelbud::mail=debug", TEXT, || {
            tracing::info!(target: "nyckelbud::store", "no");
            tracing::debug!(target: "nyckelbud::mail", "yes");
            tracing::info!(target: "async_imap", "no");
        });
        assert!(log.contains("yes") && !log.contains("no\n"), "{log}");
    }

    #[test]
    fn json_is_one_object_a_line() {
        let log = logged("info", StreamFormat::Json, || {
            tracing::info!(mailbox = "servicedesk", "a mail\nof two lines");
            tracing::info!("another");
        });
        let lines: Vec<serde_json::Value> =
            log.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["mailbox"], "servicedesk");
    }

    /// Set for this test's own child, which panics over a mail.
    const PANICS: &str = "NYCKELBUD_TEST_PANICS";

    #[test]
    fn a_panic_over_a_mail_tells_where_it_happened_and_nothing_of_the_mail() {
        let name = "telemetry::tests::a_panic_over_a_mail_tells_where_it_happened_and_nothing_of_the_mail";
        if std::env::var_os(PANICS).is_some() {
            hush_panics();
            let cut = || "Mitt lösenord: hemligt"[7..].to_owned();
            assert!(std::thread::spawn(cut).join().is_err());
            assert!(std::thread::spawn(|| panic!("words of the program")).join().is_err());
            return;
        }
        let this = std::env::current_exe().unwrap();
        let child = std::process::Command::new(this)
            .args(["--exact", name, "--nocapture", "--test-threads=1"])
            .env(PANICS, "1")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&child.stderr);
        assert!(child.status.success(), "{said}");
        assert_eq!(said.matches("the program panicked at ").count(), 2, "{said}");
        assert!(said.contains(&format!("{}:", file!())) && said.contains(": words of the program"), "{said}");
        assert!(!said.contains("hemligt"), "{said}");
    }

    #[tokio::test]
    async fn a_task_that_panicked_says_nothing_of_what_it_worked_on() {
        let error = tokio::spawn(async { panic!("{}", "hemligt".to_owned()) }).await.unwrap_err();
        assert!(error.to_string().contains("hemligt"), "else nothing has to be kept away");
        assert_eq!(how_it_ended(&error), "it panicked");
    }

    #[test]
    fn a_filter_that_cannot_be_read_is_refused() {
        assert!(check_filter("info,nyckelbud=debug").is_ok());
        assert!(check_filter("nyckelbud=loud").is_err());
    }
}
