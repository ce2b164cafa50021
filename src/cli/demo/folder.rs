//! The demo's folder: built anew, filled sample by sample, looked at from outside.

use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::super::{CliError, key};
use super::samples::SAMPLES;

const CONFIG: &str = include_str!("../../../deploy/demo/nyckelbud.toml");
const DIRECTORY: &str = include_str!("../../../deploy/demo/directory.toml");
/// Tried first, so that the address is easy to remember.
const PORT: u16 = 8025;

/// Builds the desk's folder and answers with its place, and with the door that its pages are asked at:
/// held open, so that no other program can take it.
pub(super) fn build(dir: Option<PathBuf>) -> Result<(PathBuf, TcpListener), CliError> {
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
    for part in ["", "samples", "mailbox/tmp", "mailbox/new", "mailbox/cur", "sms", "mail", "var"] {
        let folder = dir.join(part);
        private.create(&folder).map_err(|e| cannot(&folder, &e))?;
    }
    let door = TcpListener::bind(("127.0.0.1", PORT)).or_else(|_| TcpListener::bind(("127.0.0.1", 0)));
    let unserved = |e| CliError::No(format!("no port is free for the pickup page: {e}; nothing was begun"));
    let door = door.map_err(unserved)?;
    let port = door.local_addr().map_err(unserved)?.port();
    write(&dir.join("nyckelbud.toml"), CONFIG.replace("8025", &port.to_string()))?;
    write(&dir.join("directory.toml"), DIRECTORY)?;
    for sample in SAMPLES {
        write(&dir.join("samples").join(format!("{}.eml", sample.name)), sample.mail())?;
    }
    key::write_new(&dir.join("seal.key"))?;
    Ok((dir, door))
}

/// Delivers a mail as a mail server does: written aside, then renamed in.
pub(super) fn drop_in(dir: &Path, name: &str, mail: &[u8], age: Option<Duration>) -> Result<(), CliError> {
    let aside = dir.join("mailbox/tmp").join(name);
    let place = dir.join("mailbox/new").join(name);
    let mut file = std::fs::File::create(&aside).map_err(|e| cannot(&aside, &e))?;
    file.write_all(mail).map_err(|e| cannot(&aside, &e))?;
    if let Some(age) = age {
        let then = std::time::SystemTime::now() - age;
        file.set_modified(then).map_err(|e| cannot(&aside, &e))?;
    }
    std::fs::rename(&aside, &place).map_err(|e| cannot(&place, &e))
}

/// How much has left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Left {
    pub(super) sms: usize,
    pub(super) mails: usize,
}

impl Left {
    /// What left between `before` and now.
    pub(super) fn since(self, before: &Self) -> Self {
        Self { sms: self.sms.saturating_sub(before.sms), mails: self.mails.saturating_sub(before.mails) }
    }
}

/// Everything that has left until now.
pub(super) fn leaving(dir: &Path) -> Left {
    let count = |part: &str| files(&dir.join(part)).count();
    Left { sms: count("sms"), mails: count("mail") }
}

/// The files in a folder that are whole: one that is being written begins with a dot.
fn files(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|e| !e.file_name().as_encoded_bytes().starts_with(b".")).map(|e| e.path())
}

/// A text that offers a password to a manager: its file's name and its words. A link whose token has
/// a hyphen is an owner's, to stop it.
pub(super) fn link_to_a_manager(dir: &Path, public_url: &str) -> Option<(String, String)> {
    let link = format!("{public_url}/p/");
    let mut paths: Vec<PathBuf> = files(&dir.join("sms")).collect();
    paths.sort();
    paths.into_iter().find_map(|path| {
        let file = std::fs::read_to_string(&path).ok()?;
        let (_, words) = file.split_once("\n\n")?;
        let token = words.split_once(&link)?.1.split_whitespace().next()?;
        let name = path.file_name()?.to_string_lossy().into_owned();
        (!token.contains('-')).then(|| (name, words.to_owned()))
    })
}

fn write(path: &Path, text: impl AsRef<[u8]>) -> Result<(), CliError> {
    std::fs::write(path, text).map_err(|e| cannot(path, &e))
}

fn cannot(path: &Path, error: &std::io::Error) -> CliError {
    CliError::No(format!("cannot use {}: {error}", path.display()))
}
