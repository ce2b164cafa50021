//! `outage begin|end`: when the phones of the desk went down and came back, as every page shows it.

use serde_json::json;

use super::{CliError, Common, actor, assembly, output};
use crate::clock::{Clock, SystemClock, parse_rfc3339, rfc3339};
use crate::store::{AuditEntry, Outage, Store};
use crate::types::UnixMillis;

/// The commands of `outage`.
#[derive(Debug, clap::Subcommand)]
pub(super) enum OutageCommand {
    /// The phones are down
    Begin {
        /// Since when (2026-11-24T08:12:00Z) [default: now]
        #[arg(long, value_name = "T")]
        at: Option<String>,
        /// What is known of it
        #[arg(long, value_name = "TEXT", default_value = "")]
        why: String,
    },
    /// They work again
    End {
        /// Since when (2026-11-24T11:40:00Z) [default: now]
        #[arg(long, value_name = "T")]
        at: Option<String>,
    },
    /// List the last ones
    List,
}

pub(super) async fn run(common: &Common, command: OutageCommand) -> Result<(), CliError> {
    let settings = assembly::load_without_secrets(common)?.settings;
    let store = assembly::existing_store(&settings).await?;
    let now = SystemClock.now();
    match command {
        OutageCommand::Begin { at, why } => {
            begin(common, store.as_ref(), past(at, now)?, &crate::worker::said(&why), now).await
        }
        OutageCommand::End { at } => end(common, store.as_ref(), past(at, now)?, now).await,
        OutageCommand::List => list(common, store.as_ref()).await,
    }
}

/// A time that is not still to come.
fn past(at: Option<String>, now: UnixMillis) -> Result<UnixMillis, CliError> {
    let Some(text) = at else { return Ok(now) };
    match parse_rfc3339(&text) {
        Some(at) if at <= now => Ok(at),
        Some(_) => Err(CliError::Wrong(format!("--at {text} is still to come; nothing was changed"))),
        None => Err(CliError::Wrong(format!(
            "--at {text}: expected a time (2026-11-24T08:12:00Z); nothing was changed"
        ))),
    }
}

async fn begin(
    common: &Common,
    store: &dyn Store,
    at: UnixMillis,
    why: &str,
    now: UnixMillis,
) -> Result<(), CliError> {
    let outage = Outage { began_at: at, ended_at: None, why: why.trim().to_owned(), begun_by: actor() };
    let data = json!({ "at": rfc3339(at), "why": outage.why }).to_string();
    let audit = AuditEntry { actor: actor(), event: "outage.begun".to_owned(), data };
    if !store.begin_outage(&outage, &audit, now).await? {
        return Err(CliError::No(
            "an outage is under way already; nothing was changed; `nyckelbud outage end` ends it".to_owned(),
        ));
    }
    say(common, &outage)
}

async fn end(common: &Common, store: &dyn Store, at: UnixMillis, now: UnixMillis) -> Result<(), CliError> {
    let data = json!({ "at": rfc3339(at) }).to_string();
    let audit = AuditEntry { actor: actor(), event: "outage.ended".to_owned(), data };
    match store.end_outage(at, &audit, now).await? {
        Some(outage) => say(common, &outage),
        None => Err(CliError::No(
            "no outage is under way, or it began later than that; nothing was changed; `nyckelbud outage list` lists \
             them"
                .to_owned(),
        )),
    }
}

async fn list(common: &Common, store: &dyn Store) -> Result<(), CliError> {
    let outages = store.outages(100).await?;
    if outages.is_empty() && !common.json {
        output::note("No outage was noted.");
    }
    outages.iter().try_for_each(|outage| say(common, outage))
}

fn say(common: &Common, outage: &Outage) -> Result<(), CliError> {
    let Outage { began_at, ended_at, why, begun_by } = outage;
    let (began, ended) = (rfc3339(*began_at), ended_at.map(rfc3339));
    if common.json {
        return output::json(&json!({ "began_at": began, "ended_at": ended, "why": why, "by": begun_by }));
    }
    let ended = ended.map_or_else(|| "the phones are down".to_owned(), |at| format!("until {at}"));
    let why = if why.is_empty() { String::new() } else { format!(": {}", output::plain(why)) };
    output::line(&format!("since {began}, {ended} ({begun_by}{why})"))
}
