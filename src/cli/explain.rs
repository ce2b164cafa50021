//! `explain MAIL.eml`: what would be done with a mail, and why.

use std::io::Read;
use std::path::PathBuf;

use super::{CliError, Common, assembly, output};
use crate::clock::{Clock, SystemClock};
use crate::types::CheckResult;
use crate::worker::Explanation;

/// The command line of `explain`.
#[derive(Debug, clap::Args)]
pub(super) struct ExplainArgs {
    /// The mail, or - for standard input
    mail: PathBuf,
    /// As if it had come to this mailbox [default: the first one]
    #[arg(long)]
    mailbox: Option<String>,
}

/// No mail is larger; what comes after is left out.
const MAX_OCTETS: u64 = 64 * 1024 * 1024;

pub(super) async fn run(common: &Common, args: ExplainArgs) -> Result<(), CliError> {
    let loaded = assembly::load(common)?;
    let settings = &loaded.settings;
    let mailbox = match &args.mailbox {
        None => settings.mailboxes.first(),
        Some(name) => settings.mailboxes.iter().find(|m| m.name == *name),
    };
    let mailbox = mailbox.ok_or_else(|| {
        CliError::Wrong(format!("no mailbox is named {:?}", args.mailbox.clone().unwrap_or_default()))
    })?;
    let raw = read(&args.mail)?;
    let store = assembly::store(settings).await?;
    let parts = assembly::parts(settings, store)?;
    let now = SystemClock.now();
    let explanation = crate::worker::explain(&parts, raw, mailbox.authentication.clone(), now)
        .await
        .map_err(|e| CliError::No(format!("the mail cannot be explained: {e}; nothing was changed")))?;
    if common.json { output::json(&explanation) } else { show(&explanation) }
}

fn read(path: &PathBuf) -> Result<Vec<u8>, CliError> {
    let mut raw = Vec::new();
    let reading = if path.as_os_str() == "-" {
        std::io::stdin().lock().take(MAX_OCTETS).read_to_end(&mut raw)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MAX_OCTETS).read_to_end(&mut raw))
    };
    reading.map_err(|e| CliError::Wrong(format!("cannot read {}: {e}", path.display())))?;
    Ok(raw)
}

fn show(explanation: &Explanation) -> Result<(), CliError> {
    for line in &explanation.trail.0 {
        let (mark, style) = match line.result {
            CheckResult::Pass => ("✓", output::GOOD),
            CheckResult::Fail => ("✗", output::BAD),
            CheckResult::Unknown => ("?", output::CARE),
            CheckResult::Skipped => ("·", output::FAINT),
        };
        let check = serde_json::to_value(line.check).ok();
        let check = check.as_ref().and_then(|c| c.as_str()).unwrap_or_default().to_owned();
        output::line(&format!(
            "{} {} {}",
            output::paint(style, mark),
            output::column(&check, 16),
            line.evidence
        ))?;
    }
    let reason = explanation.reason.as_ref().map(|r| format!(" ({r})")).unwrap_or_default();
    let joins = explanation.ticket.as_ref().map(|t| format!("; it joins ticket {t}")).unwrap_or_default();
    output::line(&format!("→ {}{reason}{joins}", output::paint(output::BOLD, &explanation.outcome)))?;
    let acknowledged = if explanation.acknowledge { "gets" } else { "does not get" };
    output::line(&format!("  the writer {acknowledged} the acknowledgement"))
}
