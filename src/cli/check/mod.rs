//! `check`: tries everything outside for real; a line each, what was tried, how long it took, and
//! what to do.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{CliError, Common, assembly, output};
use crate::config::{MailboxSettings, Settings};
use crate::worker::Parts;

/// Longer than any single wait inside a part.
const LIMIT: Duration = Duration::from_secs(40);
/// Below this much free space the store is at risk.
const LITTLE_SPACE_MIB: u64 = 512;

/// How a line ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Good,
    Care,
    Bad,
}

struct Line {
    verdict: Verdict,
    part: String,
    text: String,
    took: Duration,
}

pub(super) async fn run(common: &Common) -> Result<(), CliError> {
    let loaded = assembly::load(common)?;
    let settings = &loaded.settings;
    let mut lines = Vec::new();
    for mailbox in &settings.mailboxes {
        lines.push(timed(format!("mailbox {}", mailbox.name), try_mailbox(mailbox)).await);
    }
    let opened = Instant::now();
    match assembly::store(settings).await {
        Ok(store) => {
            let probe = async { store.probe().await.map_err(|e| e.to_string()) };
            lines.push(timed("store".to_owned(), probe).await);
            lines.extend(with_parts(settings, &assembly::parts(settings, store)?).await);
        }
        Err(error) => lines.push(Line {
            verdict: Verdict::Bad,
            part: "store".to_owned(),
            text: error.to_string(),
            took: opened.elapsed(),
        }),
    }
    lines.push(key_line(settings));
    lines.push(disk_line(settings));
    lines.push(clock_line());
    report(common, &lines)
}

async fn with_parts(settings: &Settings, parts: &Parts) -> Vec<Line> {
    let mut lines = Vec::new();
    let directory = async { parts.directory.probe().await.map_err(|e| e.to_string()) };
    lines.push(timed("directory".to_owned(), directory).await);
    let reset = async { parts.reset.probe().await.map_err(|e| e.to_string()) };
    lines.push(timed("password reset".to_owned(), reset).await);
    for gateway in &parts.gateways {
        lines.push(timed(format!("gateway {}", gateway.name()), gateway.probe()).await);
    }
    if settings.sms.gateways.is_empty() {
        let text = "no SMS gateway is configured: no password can be handed over".to_owned();
        lines.push(Line { verdict: Verdict::Bad, part: "gateway".to_owned(), text, took: Duration::ZERO });
    }
    lines.push(timed("mail out".to_owned(), parts.mail.probe()).await);
    lines
}

async fn try_mailbox(settings: &MailboxSettings) -> Result<String, String> {
    let mut mailbox = assembly::mailbox(settings).map_err(|e| e.to_string())?;
    mailbox.open().await.map_err(|e| e.to_string())?;
    let mails = mailbox.list(None).await.map_err(|e| e.to_string())?;
    Ok(format!("signed in, {} mails in {}", mails.len(), settings.inbox))
}

async fn timed(part: String, work: impl Future<Output = Result<String, String>>) -> Line {
    let began = Instant::now();
    let answer = tokio::time::timeout(LIMIT, work)
        .await
        .unwrap_or_else(|_| Err(format!("no answer within {} s", LIMIT.as_secs())));
    let (verdict, text) = match answer {
        Ok(text) => (Verdict::Good, text),
        Err(text) => (Verdict::Bad, text),
    };
    Line { verdict, part, text, took: began.elapsed() }
}

fn key_line(settings: &Settings) -> Line {
    let began = Instant::now();
    let (verdict, text) = match assembly::keyring(settings) {
        Ok(keyring) => (Verdict::Good, format!("key {} seals", keyring.current_id())),
        Err(error) => (
            Verdict::Bad,
            format!("{error}: tickets work, passwords wait. Make a key with `nyckelbud key new`"),
        ),
    };
    Line { verdict, part: "key".to_owned(), text, took: began.elapsed() }
}

fn disk_line(settings: &Settings) -> Line {
    let began = Instant::now();
    let folder = settings.store.url.sqlite_path().and_then(Path::parent).unwrap_or(Path::new("."));
    let (verdict, text) = match rustix::fs::statvfs(folder) {
        Ok(stat) => {
            let free = stat.f_bavail.saturating_mul(stat.f_frsize) / (1024 * 1024);
            let verdict = if free < LITTLE_SPACE_MIB { Verdict::Care } else { Verdict::Good };
            (verdict, format!("{free} MiB free where the store lies"))
        }
        Err(error) => (Verdict::Care, format!("the free space cannot be read: {error}")),
    };
    Line { verdict, part: "disk".to_owned(), text, took: began.elapsed() }
}

fn clock_line() -> Line {
    use crate::clock::{Clock, SystemClock, rfc3339};
    let now = SystemClock.now();
    // Any build of this version is younger than that.
    let sane = now.0 > 1_760_000_000_000;
    let (verdict, text) = if sane {
        (Verdict::Good, format!("{} (not compared with another clock)", rfc3339(now)))
    } else {
        (Verdict::Bad, format!("{} cannot be: set the clock", rfc3339(now)))
    };
    Line { verdict, part: "clock".to_owned(), text, took: Duration::ZERO }
}

fn report(common: &Common, lines: &[Line]) -> Result<(), CliError> {
    for line in lines {
        let (mark, word, style) = match line.verdict {
            Verdict::Good => ("✓", "good", output::GOOD),
            Verdict::Care => ("⚠", "care", output::CARE),
            Verdict::Bad => ("✗", "bad", output::BAD),
        };
        if common.json {
            output::json(&json!({
                "part": line.part,
                "verdict": word,
                "text": line.text,
                "took_ms": u64::try_from(line.took.as_millis()).unwrap_or(u64::MAX),
            }))?;
        } else {
            output::line(&format!(
                "{} {} {} {}",
                output::paint(style, mark),
                output::column(&line.part, 24),
                output::column(&format!("{} ms", line.took.as_millis()), 9),
                line.text
            ))?;
        }
    }
    let bad = lines.iter().filter(|line| line.verdict == Verdict::Bad).count();
    if bad == 0 {
        return Ok(());
    }
    Err(CliError::No(format!("{bad} of {} checks failed; nothing was changed or sent", lines.len())))
}
