//! `key new`, `key rotate`: the sealing key, a file of 32 random bytes outside the database.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::{CliError, Common, output};
use crate::config::{SecretSource, Secrets};
use crate::keyring;

/// The commands of `key`.
#[derive(Debug, clap::Subcommand)]
pub(super) enum KeyCommand {
    /// Make the key, where password.key says; an existing key is never overwritten
    New,
    /// Make a new key and keep the old one beside it, to open what it has sealed
    Rotate,
}

pub(super) fn run(common: &Common, command: &KeyCommand) -> Result<(), CliError> {
    let loaded = crate::config::load_with(
        common.config.as_deref(),
        crate::config::environment()?.into_iter(),
        Secrets::Leave,
    )?;
    let SecretSource::File(path) = &loaded.settings.password.key else {
        return Err(CliError::Wrong(
            "password.key does not name a file: make 32 random bytes where it points to".to_owned(),
        ));
    };
    match command {
        KeyCommand::New => {
            let id = write_new(path)?;
            output::line(&format!("made {} (key {id}), mode 0600", path.display()))?;
        }
        KeyCommand::Rotate => rotate(path)?,
    }
    output::note("Keep a copy apart from the copies of the database. Restart or reload nyckelbud to use it.");
    Ok(())
}

/// Writes a new key and answers with its id.
pub(super) fn write_new(path: &Path) -> Result<String, CliError> {
    let key = keyring::generate_key(&mut rand::rng());
    let failed = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::AlreadyExists => CliError::No(format!(
            "{} exists already and was left as it is; `nyckelbud key rotate` makes a new key beside it",
            path.display()
        )),
        _ => CliError::No(format!("cannot write {}: {e}; no key was made", path.display())),
    };
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(&*key).and_then(|()| file.sync_all()).map_err(failed)?;
    Ok(keyring::key_id(&key))
}

fn rotate(path: &Path) -> Result<(), CliError> {
    let bytes = std::fs::read(path)
        .map(zeroize::Zeroizing::new)
        .map_err(|e| CliError::No(format!("cannot read {}: {e}; nothing was changed", path.display())))?;
    let old = keyring::key_from_bytes(&bytes)
        .map_err(|e| CliError::No(format!("{}: {e}; nothing was changed", path.display())))?;
    let old_id = keyring::key_id(&old);
    let beside = beside(path, &old_id);
    let failed = |e: std::io::Error| {
        CliError::No(format!("cannot rotate {}: {e}; the old key is still in use", path.display()))
    };
    // The old key is linked to its new name before the new one takes its place: at no instant is
    // there no key.
    std::fs::hard_link(path, &beside).map_err(failed)?;
    let fresh = path.with_extension("new");
    let id = write_new(&fresh)?;
    std::fs::rename(&fresh, path).map_err(failed)?;
    output::line(&format!(
        "{} is now key {id}; the old key {old_id} is {}",
        path.display(),
        beside.display()
    ))?;
    output::line(
        "add it to the configuration, so that it may open what it has sealed, and remove it after a day:",
    )?;
    output::line(&format!("  old_keys = [{{ file = \"{}\" }}]", beside.display()))
}

fn beside(path: &Path, id: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{id}"));
    PathBuf::from(name)
}
