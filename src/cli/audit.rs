//! `audit verify`: is the chain of the audit log whole? `audit export`: its rows, one JSON object a line.

use serde_json::json;

use super::{CliError, Common, assembly, output};
use crate::clock::{parse_rfc3339, rfc3339};
use crate::store::{AuditFilter, ChainReport, Store};
use crate::types::UnixMillis;

/// The commands of `audit`.
#[derive(Debug, clap::Subcommand)]
pub(super) enum AuditCommand {
    /// Read the whole chain and check every link; exit 1 when it is broken
    Verify,
    /// Write its rows, the oldest first, one JSON object a line
    Export {
        /// Only rows of then or later (2026-11-24T00:00:00Z)
        #[arg(long, value_name = "T")]
        from: Option<String>,
        /// Only rows before then
        #[arg(long, value_name = "T")]
        to: Option<String>,
    },
}

fn time(text: Option<String>) -> Result<Option<UnixMillis>, CliError> {
    let parsed = |text: String| {
        let wrong = || CliError::Wrong(format!("{text}: expected a time (2026-11-24T00:00:00Z)"));
        parse_rfc3339(&text).ok_or_else(wrong)
    };
    text.map(parsed).transpose()
}

/// Rows that are read at a time.
const PAGE: u32 = 1000;

async fn export(store: &dyn Store, from: Option<UnixMillis>, to: Option<UnixMillis>) -> Result<(), CliError> {
    let mut filter = AuditFilter { from, to, ..AuditFilter::default() };
    // The newest come first; the oldest are to be written first, and a long log does not fit into memory.
    let mut ends = Vec::new();
    loop {
        ends.push(filter.before);
        match store.audit_rows(&filter, PAGE).await?.last() {
            Some(last) => filter.before = Some(last.id),
            None => break,
        }
    }
    for before in ends.into_iter().rev() {
        filter.before = before;
        for row in store.audit_rows(&filter, PAGE).await?.into_iter().rev() {
            let data: serde_json::Value =
                serde_json::from_str(&row.entry.data).unwrap_or_else(|_| json!(row.entry.data));
            output::json(&json!({
                "id": row.id, "at": rfc3339(row.at), "ticket": row.ticket.map(|number| number.to_string()),
                "actor": row.entry.actor, "event": row.entry.event, "data": data, "place": row.place, "hash": row.hash,
            }))?;
        }
    }
    Ok(())
}

pub(super) async fn run(common: &Common, command: AuditCommand) -> Result<(), CliError> {
    let loaded = assembly::load_without_secrets(common)?;
    let store = assembly::existing_store(&loaded.settings).await?;
    if let AuditCommand::Export { from, to } = command {
        return export(store.as_ref(), time(from)?, time(to)?).await;
    }
    let keyring = assembly::keyring(&loaded.settings).map_err(|e| {
        CliError::No(format!("the chain cannot be checked without its key: {e}; see password.key"))
    })?;
    let report = store.verify_audit(&keyring).await?;
    if common.json {
        output::json(&match &report {
            ChainReport::Whole { sealed, waiting, head } => {
                json!({ "whole": true, "sealed": sealed, "waiting": waiting, "head": head })
            }
            ChainReport::Broken { position, what } => {
                json!({ "whole": false, "position": position, "what": what })
            }
            ChainReport::KeyMissing { key_id } => json!({ "whole": null, "key_missing": key_id }),
        })?;
    }
    match report {
        ChainReport::Whole { sealed, waiting, head } => {
            if !common.json {
                output::line(&format!(
                    "the chain is whole: {sealed} rows, {waiting} waiting to be chained, last checksum {}",
                    if head.is_empty() { "none" } else { &head }
                ))?;
            }
            Ok(())
        }
        ChainReport::Broken { position, what } => Err(CliError::No(format!(
            "the chain is broken at row {position}: {what}. Change nothing; keep a copy of the database, and \
             compare it with a backup"
        ))),
        ChainReport::KeyMissing { key_id } => Err(CliError::No(format!(
            "rows were chained with key {key_id}, which is not at hand: add it to password.old_keys"
        ))),
    }
}
