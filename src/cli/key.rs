//! `key new`, `key rotate`: the sealing key, a file of 32 random bytes outside the database.

use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
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
    write(path, &*key).map_err(|e| match e.kind() {
        std::io::ErrorKind::AlreadyExists => CliError::No(format!(
            "{} exists already and was left as it is; `nyckelbud key rotate` makes a new key beside it",
            path.display()
        )),
        _ => CliError::No(format!("cannot write {}: {e}; no key was made", path.display())),
    })?;
    Ok(keyring::key_id(&key))
}

fn write(path: &Path, key: &[u8]) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(key)?;
    file.sync_all()?;
    sync_folder(path)
}

/// Makes names durable: a key that seals must not be gone after a power loss.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(folder)?.sync_all()
}

fn rotate(path: &Path) -> Result<(), CliError> {
    let unread = |e: &dyn std::fmt::Display| {
        CliError::No(format!("cannot rotate {}: {e}; nothing was changed", path.display()))
    };
    let bytes = std::fs::read(path).map(zeroize::Zeroizing::new).map_err(|e| unread(&e))?;
    let old_id = keyring::key_id(&keyring::key_from_bytes(&bytes).map_err(|e| unread(&e))?);
    let key = keyring::generate_key(&mut rand::rng());
    let id = keyring::key_id(&key);
    let (kept, fresh) = (beside(path, &old_id), beside(path, &id));
    replace(path, &kept, &fresh, &*key).map_err(|e| {
        CliError::No(format!("cannot rotate {}: {e}; the old key is still in use", path.display()))
    })?;
    output::line(&format!("{} is key {id} now; the old key {old_id} is {}", path.display(), kept.display()))?;
    output::line("Add it to [password] in the configuration, so that it may open what it has sealed:")?;
    output::line(&format!("  old_keys = [{{ file = \"{}\" }}]", kept.display()))?;
    output::line("Keep it there as long as `audit verify` shall check rows of its time.")
}

/// At no instant is there no key: the old one is linked to its new name before the new one takes its
/// place. A rotation that was broken off has done so already.
fn replace(path: &Path, kept: &Path, fresh: &Path, key: &[u8]) -> std::io::Result<()> {
    match std::fs::hard_link(path, kept) {
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists && same_file(path, kept)? => {}
        linked => linked?,
    }
    write(fresh, key)?;
    // Rotated by root, it still belongs to the program's user.
    let old = std::fs::metadata(path)?;
    std::os::unix::fs::chown(fresh, Some(old.uid()), Some(old.gid()))?;
    std::fs::rename(fresh, path)?;
    sync_folder(path)
}

fn same_file(left: &Path, right: &Path) -> std::io::Result<bool> {
    let (left, right) = (std::fs::metadata(left)?, std::fs::metadata(right)?);
    Ok((left.dev(), left.ino()) == (right.dev(), right.ino()))
}

fn beside(path: &Path, id: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{id}"));
    PathBuf::from(name)
}
