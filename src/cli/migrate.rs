//! `migrate`: brings the database to this version's tables.

use serde_json::json;

use super::{CliError, Common, assembly, output};

pub(super) async fn run(common: &Common) -> Result<(), CliError> {
    let loaded = assembly::load(common)?;
    let applied = crate::store::migrate(loaded.settings.store.url.expose()).await?;
    if common.json {
        return output::json(&json!({ "applied": applied }));
    }
    if applied.is_empty() {
        return output::line("the database has this version's tables already");
    }
    for name in applied {
        output::line(&format!("applied {name}"))?;
    }
    Ok(())
}
