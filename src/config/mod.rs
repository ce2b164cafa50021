//! The configuration: `nyckelbud.toml` and the environment, read into [`Settings`], with every
//! mistake named in one run. The crate `config` is used only in this folder.
//!
//! [`load`] goes through five steps, a file each: `layers` (what is written, and where), `reader`
//! and `collect` (what it means), `bind` (paths and secrets of this machine), `validate` (does it
//! fit together).

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

mod bind;
mod collect;
mod error;
mod key_path;
mod layers;
mod reader;
mod schema;
mod secrets;
mod settings;
mod show;
mod validate;
mod values;

#[cfg(test)]
mod tests;

pub use error::{ConfigError, ConfigErrors, Problem, Source};
pub use schema::schema;
pub use secrets::{SecretError, SecretSetting, SecretSource};
pub use settings::*;
pub use show::{Shown, shown, table};

/// Names the file when the command line does not.
pub const FILE_VARIABLE: &str = "NYCKELBUD_CONFIG";
/// The file when nothing names one.
pub const DEFAULT_FILE: &str = "/etc/nyckelbud/nyckelbud.toml";

/// A configuration without mistakes.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The effective values.
    pub settings: Settings,
    /// Where each of them comes from.
    pub sources: Sources,
    /// What works, and yet should be looked at.
    pub warnings: Vec<ConfigError>,
    /// The file that was read.
    pub file: PathBuf,
}

/// Where values come from, by key: `mailbox[0].host`.
#[derive(Clone, Debug)]
pub struct Sources(BTreeMap<String, Source>);

impl Sources {
    /// Where the value of `key` comes from.
    #[must_use]
    pub fn of(&self, key: &str) -> Source {
        self.0.get(key).cloned().unwrap_or(Source::Default)
    }
}

/// What is done about secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// They are read; one that cannot be is a mistake. For programs that will work.
    Read,
    /// They are left alone. For showing the configuration.
    Leave,
}

/// Loads the configuration: `path`, or the file that `NYCKELBUD_CONFIG` names, or
/// `/etc/nyckelbud/nyckelbud.toml`, with the overrides of `env` over it; reads its secrets.
///
/// # Errors
/// Every mistake, in the order of the file.
pub fn load(
    path: Option<&Path>,
    env: impl Iterator<Item = (String, String)>,
) -> Result<Loaded, ConfigErrors> {
    load_with(path, env, Secrets::Read)
}

/// As [`load`], and lets the caller say what is done about secrets.
///
/// # Errors
/// Every mistake, in the order of the file.
pub fn load_with(
    path: Option<&Path>,
    env: impl Iterator<Item = (String, String)>,
    secrets: Secrets,
) -> Result<Loaded, ConfigErrors> {
    let env: BTreeMap<String, String> = env.collect();
    let file = path.map(Path::to_owned).unwrap_or_else(|| {
        env.get(FILE_VARIABLE)
            .filter(|file| !file.is_empty())
            .map_or_else(|| DEFAULT_FILE.into(), PathBuf::from)
    });
    let text = std::fs::read_to_string(&file).map_err(|error| ConfigError {
        place: Source::WholeFile(file.clone()),
        key: String::new(),
        problem: Problem::Unreadable(format!(
            "the configuration cannot be read: {error}; name another file with --config or {FILE_VARIABLE}, \
             or begin with `nyckelbud config example`"
        )),
    })?;
    parse(&text, &file, &env, secrets)
}

/// Reads a configuration out of `text`, the contents of `file`.
///
/// # Errors
/// Every mistake, in the order of the file.
pub fn parse(
    text: &str,
    file: &Path,
    env: &BTreeMap<String, String>,
    secrets: Secrets,
) -> Result<Loaded, ConfigErrors> {
    let mut tree = layers::Tree::read(text, file, env).map_err(ConfigErrors)?;
    let sources = Sources(tree.places.clone());
    let collected = collect::settings(&mut tree);
    let mut errors = collected.errors;
    let Some(mut settings) = collected.settings else { return Err(in_order(errors)) };
    let folder = folder_of(file);
    bind::to_machine(&mut settings, &folder, env);
    let mut checks = validate::Checks::new(&tree, &collected.reported);
    checks.all(&settings);
    bind::warn_of_literals(&mut settings, &mut checks);
    if secrets == Secrets::Read {
        bind::read_secrets(&mut settings, &mut checks);
        checks.gateway_secrets(&settings);
        checks.webhook_secrets(&settings.notify);
    }
    let (found, warnings) = checks.finish();
    errors.extend(found);
    if errors.is_empty() {
        Ok(Loaded { settings, sources, warnings, file: file.to_owned() })
    } else {
        Err(in_order(errors))
    }
}

/// The environment of this process, for [`load`].
///
/// # Errors
/// A variable that overrides a key holds no Unicode text; it is named, its value is not.
pub fn environment() -> Result<Vec<(String, String)>, ConfigErrors> {
    unicode_only(std::env::vars_os())
}

fn unicode_only(
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Vec<(String, String)>, ConfigErrors> {
    let (mut texts, mut errors) = (Vec::new(), Vec::new());
    for (name, value) in variables {
        let ours = name.to_string_lossy().starts_with(layers::PREFIX);
        match (name.into_string(), value.into_string()) {
            (Ok(name), Ok(value)) => texts.push((name, value)),
            (name, _) if ours => errors.push(ConfigError {
                place: Source::Environment(name.unwrap_or_else(|name| name.to_string_lossy().into_owned())),
                key: String::new(),
                problem: Problem::Refused("its name or value is no Unicode text".to_owned()),
            }),
            // another program's business
            _ => {}
        }
    }
    if errors.is_empty() { Ok(texts) } else { Err(in_order(errors)) }
}

/// The commented example, as `nyckelbud config example` prints it.
#[must_use]
pub fn example() -> &'static str {
    include_str!("../../deploy/nyckelbud.toml")
}

/// The folder that relative paths start from.
fn folder_of(file: &Path) -> PathBuf {
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    file.parent().map(Path::to_owned).unwrap_or_default()
}

fn in_order(mut errors: Vec<ConfigError>) -> ConfigErrors {
    errors.sort_by(|a, b| (&a.place, &a.key).cmp(&(&b.place, &b.key)));
    ConfigErrors(errors)
}
