//! `config check|show|schema|example`.

use serde_json::json;

use super::{CliError, Common, output};
use crate::config::{self, ConfigErrors, Loaded, Secrets};

/// The commands of `config`.
#[derive(Debug, clap::Subcommand)]
pub(super) enum ConfigCommand {
    /// Name every mistake, with its line
    Check,
    /// Show the effective values and where each comes from
    Show,
    /// Print the JSON Schema of the configuration file
    Schema,
    /// Print the commented example
    Example,
}

pub(super) fn run(common: &Common, command: &ConfigCommand) -> Result<(), CliError> {
    match command {
        ConfigCommand::Schema => {
            let schema = serde_json::to_string_pretty(&config::schema())
                .map_err(|e| CliError::No(format!("the schema cannot be made: {e}")))?;
            output::line(&schema)
        }
        ConfigCommand::Example => output::line(config::example().trim_end()),
        ConfigCommand::Check => {
            let loaded = load(common, Secrets::Read);
            if common.json { report(loaded) } else { tell(&loaded?) }
        }
        ConfigCommand::Show => {
            let loaded = load(common, Secrets::Leave)?;
            if common.json {
                return output::json(&config::shown(&loaded));
            }
            output::line(config::table(&loaded).trim_end())
        }
    }
}

fn tell(loaded: &Loaded) -> Result<(), CliError> {
    for warning in &loaded.warnings {
        output::warn(&warning.to_string());
    }
    output::line(&format!("{} holds no mistakes", loaded.file.display()))
}

/// The same for programs; the exit status says which.
fn report(loaded: Result<Loaded, ConfigErrors>) -> Result<(), CliError> {
    match loaded {
        Ok(loaded) => output::json(&json!({ "mistakes": [], "warnings": loaded.warnings })),
        Err(errors) => {
            output::json(&json!({ "mistakes": errors.0, "warnings": [] }))?;
            Err(errors.into())
        }
    }
}

fn load(common: &Common, secrets: Secrets) -> Result<Loaded, ConfigErrors> {
    config::load_with(common.config.as_deref(), config::environment()?.into_iter(), secrets)
}
