//! A folder that another program takes files from: a file is there whole and durably, or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tracing::warn;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::types::Outcome;

/// Temporary names begin with a dot and end in `.LOCK`: programs that watch a folder pass over
/// hidden files, and smsd over whatever ends so.
const TEMPORARY_START: &str = ".nyckelbud-";
const TEMPORARY_END: &str = ".LOCK";

/// A folder to put files into.
#[derive(Clone, Debug)]
pub(super) struct DropIn {
    folder: PathBuf,
    /// The permissions of the files, whatever the umask.
    mode: u32,
}

impl DropIn {
    /// The folder at `folder`. Temporary files that a stopped process left there are removed: they
    /// may hold a password. One that another process is writing right now may be hit too; that
    /// process then cannot rename it, which counts as not sent.
    pub(super) fn new(folder: PathBuf, mode: u32) -> Self {
        let left = fs::read_dir(&folder).into_iter().flatten().flatten();
        for entry in left.filter(|entry| is_temporary(&entry.file_name().to_string_lossy())) {
            if let Err(error) = fs::remove_file(entry.path()) {
                warn!("{} is left over and may hold a password: {error}; remove it", entry.path().display());
            }
        }
        Self { folder, mode }
    }

    /// Puts `content` there as `name`, in the place of a file of that name. What goes wrong before
    /// the file has its name is [`Outcome::NotSent`]; after that, only its durability is unknown.
    pub(super) async fn put(&self, name: &str, content: Zeroizing<Vec<u8>>) -> Outcome {
        let (this, name) = (self.clone(), name.to_owned());
        let written = tokio::task::spawn_blocking(move || this.put_now(&name, &content)).await;
        written.unwrap_or_else(|_| Outcome::Uncertain { cause: "writing the file was broken off".to_owned() })
    }

    fn put_now(&self, name: &str, content: &[u8]) -> Outcome {
        let temporary = self.temporary();
        let placed =
            self.write(&temporary, content).and_then(|()| fs::rename(&temporary, self.folder.join(name)));
        if let Err(error) = placed {
            // Often it was never made.
            let _ = fs::remove_file(&temporary);
            return Outcome::NotSent { cause: self.named("no file can be put into", &error) };
        }
        match File::open(&self.folder).and_then(|folder| folder.sync_all()) {
            Ok(()) => Outcome::Accepted { reference: name.to_owned() },
            Err(error) => Outcome::Uncertain {
                cause: self.named("a file was put there, but cannot be made durable:", &error),
            },
        }
    }

    /// Tries all but the rename.
    pub(super) async fn probe(&self) -> Result<String, String> {
        let this = self.clone();
        let tried = tokio::task::spawn_blocking(move || {
            let temporary = this.temporary();
            let written = this.write(&temporary, b"").and_then(|()| fs::remove_file(&temporary));
            written.map_err(|error| this.named("no file can be put into", &error))?;
            Ok(format!("files can be put into {}", this.folder.display()))
        });
        tried.await.unwrap_or_else(|_| Err("the attempt was broken off".to_owned()))
    }

    fn write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(content)?;
        // The umask may take rights away from the mode of `open`, not from this.
        file.set_permissions(fs::Permissions::from_mode(self.mode))?;
        file.sync_all()
    }

    fn temporary(&self) -> PathBuf {
        self.folder.join(format!("{TEMPORARY_START}{}{TEMPORARY_END}", Uuid::new_v4().simple()))
    }

    fn named(&self, what: &str, error: &io::Error) -> String {
        format!("{what} {}: {error}", self.folder.display())
    }
}

fn is_temporary(name: &str) -> bool {
    name.starts_with(TEMPORARY_START) && name.ends_with(TEMPORARY_END)
}
