//! `audit verify`: is the chain of the audit log whole?

use serde_json::json;

use super::{CliError, Common, assembly, output};
use crate::store::ChainReport;

/// The commands of `audit`.
#[derive(Debug, clap::Subcommand)]
pub(super) enum AuditCommand {
    /// Read the whole chain and check every link; exit 1 when it is broken
    Verify,
}

pub(super) async fn run(common: &Common, command: AuditCommand) -> Result<(), CliError> {
    let AuditCommand::Verify = command;
    let loaded = assembly::load_without_secrets(common)?;
    let store = assembly::existing_store(&loaded.settings).await?;
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
