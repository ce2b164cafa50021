//! The command line as a user meets it: the program as a process, its output, and its exit status.

use std::path::Path;

use crate::support::demo_desk;
use crate::support::program::{Ended, ended, nyckelbud, on_desk};

mod audit;
mod automation;
mod check;
mod check_tokens;
mod config;
mod coverage;
mod daemon;
mod demo;
mod explain;
mod keys;
mod reconcile;
mod quarantine;
mod reload;
mod tickets;
mod usage;
mod token;
mod user;

/// A desk of files with its tables, and no mail yet.
fn desk() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    demo_desk::build(folder.path());
    ended(&mut on_desk(folder.path(), ["migrate"])).expect(0);
    folder
}

/// The demo's desk after all its samples.
fn demo() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    ended(nyckelbud(["demo", "--once", "--dir"]).arg(folder.path())).expect(0);
    folder
}

fn answer<const N: usize>(folder: &Path, arguments: [&str; N]) -> Ended {
    ended(&mut on_desk(folder, arguments))
}

/// Every file below `folder` with its octets.
fn contents(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all.extend(contents(&path));
        } else {
            let octets = std::fs::read(&path).expect("a file");
            all.push((path, octets));
        }
    }
    all.sort();
    all
}
