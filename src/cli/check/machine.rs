//! What `check` looks at on this machine itself.

use std::fs::TryLockError;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::report::{Line, Verdict};
use crate::cli::run;
use crate::clock::{Clock, SystemClock, rfc3339};
use crate::config::Settings;
use crate::types::UnixMillis;

/// Below this much free space the store is at risk.
const LITTLE_SPACE_MIB: u64 = 512;

/// 2025-10-09. Every build of this version is younger, and so is what its clock shows.
const BUILT_AFTER: UnixMillis = UnixMillis(1_760_000_000_000);

/// Can the page be served? A port that is taken is well when the desk itself has it.
pub(super) async fn port(settings: &Settings) -> Line {
    let began = Instant::now();
    let listen = settings.web.listen;
    let (verdict, text) = match tokio::net::TcpListener::bind(listen).await {
        Ok(_) => (Verdict::Good, format!("{listen} is free")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => match at_work(settings) {
            Some(true) => (Verdict::Good, format!("{listen} is taken, and a nyckelbud is at work here")),
            None => {
                (Verdict::Care, format!("{listen} is taken: by a nyckelbud at work, or by another program"))
            }
            Some(false) => {
                let text = format!("{listen} is taken by another program");
                return Line::bad("page", &text, "stop it, or correct web.listen", began.elapsed());
            }
        },
        Err(error) => {
            let text = format!("{listen} cannot be listened on: {error}");
            return Line::bad("page", &text, "correct web.listen", began.elapsed());
        }
    };
    Line::new(verdict, "page", text, began.elapsed())
}

/// Does a nyckelbud hold the lock beside the SQLite file? `None` when there is none to look at.
fn at_work(settings: &Settings) -> Option<bool> {
    let place = run::lock_file(settings.store.url.sqlite_path()?);
    let Ok(file) = std::fs::File::open(place) else { return Some(false) };
    match file.try_lock_shared() {
        Ok(()) => Some(false),
        Err(TryLockError::WouldBlock) => Some(true),
        Err(TryLockError::Error(_)) => None,
    }
}

/// Could the file be made, with the folders above it?
pub(super) fn may_make(file: &Path) -> Result<(), String> {
    let folder = nearest(file);
    let named = |why: &dyn std::fmt::Display| format!("{} cannot be made: {why}", file.display());
    if !folder.is_dir() {
        return Err(named(&format_args!("{} is no folder", folder.display())));
    }
    rustix::fs::access(&folder, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK)
        .map_err(|error| named(&format_args!("{}: {error}", folder.display())))
}

/// The nearest thing above `file` that is there.
fn nearest(file: &Path) -> PathBuf {
    let above = file.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty());
    above.into_iter().find(|folder| folder.exists()).unwrap_or(Path::new(".")).to_owned()
}

pub(super) fn disk(settings: &Settings) -> Line {
    let began = Instant::now();
    let folder = settings.store.url.sqlite_path().map_or_else(|| PathBuf::from("."), nearest);
    let (verdict, text) = match rustix::fs::statvfs(&folder) {
        Ok(stat) => {
            let free = stat.f_bavail.saturating_mul(stat.f_frsize) / (1024 * 1024);
            let verdict = if free < LITTLE_SPACE_MIB { Verdict::Care } else { Verdict::Good };
            (verdict, format!("{free} MiB free at {}", folder.display()))
        }
        Err(error) => (Verdict::Care, format!("the free space cannot be read: {error}")),
    };
    Line::new(verdict, "disk", text, began.elapsed())
}

pub(super) fn clock() -> Line {
    let now = SystemClock.now();
    if now < BUILT_AFTER {
        let text = format!("{} cannot be", rfc3339(now));
        return Line::bad("clock", &text, "set the clock of this machine", Duration::ZERO);
    }
    let text = format!("{} (not compared with another clock)", rfc3339(now));
    Line::new(Verdict::Good, "clock", text, Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_be_made_below_a_folder_and_not_below_a_file() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(may_make(&folder.path().join("var/deep/x.db")), Ok(()));
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(may_make(&file.join("x.db")).is_err_and(|why| why.contains("is no folder")));
    }
}
