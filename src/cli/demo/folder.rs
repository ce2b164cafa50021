//! The demo's folder: built anew, filled sample by sample, looked at from outside.

use std::collections::BTreeSet;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::super::{CliError, key};
use super::samples::Sample;

const CONFIG: &str = include_str!("../../../deploy/demo/nyckelbud.toml");
const DIRECTORY: &str = include_str!("../../../deploy/demo/directory.toml");
/// Tried first, so that the address is easy to remember.
const PORT: u16 = 8025;

/// Builds the desk's folder and answers with its place.
pub(super) fn build(dir: Option<PathBuf>) -> Result<PathBuf, CliError> {
    let dir = dir.unwrap_or_else(|| {
        std::env::temp_dir().join(format!("nyckelbud-demo-{}", uuid::Uuid::new_v4().simple()))
    });
    let dir = std::path::absolute(&dir).map_err(|e| cannot(&dir, &e))?;
    if std::fs::read_dir(&dir).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(CliError::Wrong(format!(
            "{} is not empty; name another folder with --dir",
            dir.display()
        )));
    }
    let mut private = std::fs::DirBuilder::new();
    private.recursive(true).mode(0o700);
    for part in ["", "mailbox/tmp", "mailbox/new", "mailbox/cur", "sms", "mail", "var"] {
        let folder = dir.join(part);
        private.create(&folder).map_err(|e| cannot(&folder, &e))?;
    }
    let port = free_port()?;
    write(&dir.join("nyckelbud.toml"), &CONFIG.replace("8025", &port.to_string()))?;
    write(&dir.join("directory.toml"), DIRECTORY)?;
    key::write_new(&dir.join("seal.key"))?;
    Ok(dir)
}

fn free_port() -> Result<u16, CliError> {
    let any = std::net::TcpListener::bind(("127.0.0.1", PORT))
        .or_else(|_| std::net::TcpListener::bind(("127.0.0.1", 0)));
    any.and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|e| CliError::No(format!("no port is free for the pickup page: {e}")))
}

/// Delivers a sample as a mail server does: written aside, then renamed in.
pub(super) fn drop_in(dir: &Path, sample: &Sample) -> Result<(), CliError> {
    let aside = dir.join("mailbox/tmp").join(sample.name);
    let place = dir.join("mailbox/new").join(sample.name);
    let mut file = std::fs::File::create(&aside).map_err(|e| cannot(&aside, &e))?;
    file.write_all(&sample.mail()).map_err(|e| cannot(&aside, &e))?;
    if let Some(age) = sample.age {
        let then = std::time::SystemTime::now() - age;
        file.set_modified(then).map_err(|e| cannot(&aside, &e))?;
    }
    std::fs::rename(&aside, &place).map_err(|e| cannot(&place, &e))
}

/// The files that have left: `sms/…`, `mail/…`.
pub(super) fn leaving(dir: &Path) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    for part in ["sms", "mail"] {
        let Ok(entries) = std::fs::read_dir(dir.join(part)) else { continue };
        files.extend(entries.flatten().map(|e| format!("{part}/{}", e.file_name().to_string_lossy())));
    }
    files
}

/// `2 texts, 1 mail`.
pub(super) fn in_words(files: &[&str]) -> String {
    let count = |part: &str| files.iter().filter(|file| file.starts_with(part)).count();
    let words = |n: usize, one: &str| match n {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {one}s")),
    };
    let all: Vec<String> =
        [words(count("sms/"), "text"), words(count("mail/"), "mail")].into_iter().flatten().collect();
    all.join(", ")
}

/// Pickup links in the texts that left.
pub(super) fn links(dir: &Path, public_url: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(dir.join("sms")) else { return Vec::new() };
    let mut texts: Vec<(std::time::SystemTime, String)> = entries
        .flatten()
        .filter_map(|e| Some((e.metadata().ok()?.modified().ok()?, std::fs::read_to_string(e.path()).ok()?)))
        .collect();
    texts.sort();
    let link = |text: &String| {
        text.split_whitespace().find(|word| word.starts_with(public_url)).map(ToOwned::to_owned)
    };
    texts.iter().filter_map(|(_, text)| link(text)).collect()
}

fn write(path: &Path, text: &str) -> Result<(), CliError> {
    std::fs::write(path, text).map_err(|e| cannot(path, &e))
}

fn cannot(path: &Path, error: &std::io::Error) -> CliError {
    CliError::No(format!("cannot use {}: {error}", path.display()))
}
