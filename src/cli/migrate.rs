//! `migrate`: brings the database to this version's tables.

use serde_json::json;

use super::{CliError, Common, assembly, output, run};

pub(super) async fn run(common: &Common) -> Result<(), CliError> {
    let loaded = assembly::load_without_secrets(common)?;
    // A desk at work would meet other tables than those it has opened.
    let _only_one = run::lock(&loaded.settings)?;
    let url = &loaded.settings.store.url;
    let applied = crate::store::migrate(url.expose()).await?;
    if common.json {
        return output::json(&json!({ "applied": applied }));
    }
    if applied.is_empty() {
        return output::line(&format!("{url} has this version's tables already"));
    }
    for name in applied {
        output::line(&format!("applied {name}"))?;
    }
    output::line(&format!("{url} has this version's tables"))
}
