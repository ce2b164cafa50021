//! The site's own templates: which files of the directory count, and what is wrong with them.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::embedded::EMBEDDED;

/// A template is text that people write by hand; a larger file is a mistake. In octets.
const MAX_FILE: u64 = 64 * 1024;

/// A file that replaces a built-in template.
pub(super) struct Override {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) source: String,
}

/// Every template in `directory` and in its folders, in order, or in words why it cannot be used.
/// Only files named `*.txt` and `*.html` count, hidden ones never, so that notes and the backups
/// of editors may lie beside them; but a template whose name is misspelt must not be ignored.
pub(super) fn read(directory: &Path) -> Vec<Result<Override, String>> {
    let mut found = Vec::new();
    match entries(directory) {
        Err(problem) => found.push(Err(problem)),
        Ok(paths) => {
            for path in paths {
                if !path.is_dir() {
                    found.extend(template(directory, path));
                    continue;
                }
                match entries(&path) {
                    Ok(inner) => found.extend(inner.into_iter().filter_map(|path| template(directory, path))),
                    Err(problem) => found.push(Err(problem)),
                }
            }
        }
    }
    found
}

/// What lies in a folder, sorted, without hidden files.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let said = |error: io::Error| format!("{}: cannot be read ({error})", folder.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(said)? {
        let entry = entry.map_err(said)?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

/// The template at `path`, when it is one.
fn template(directory: &Path, path: PathBuf) -> Option<Result<Override, String>> {
    let name = path.strip_prefix(directory).ok()?.to_string_lossy().into_owned();
    if !name.ends_with(".txt") && !name.ends_with(".html") || path.is_dir() {
        return None;
    }
    if !EMBEDDED.iter().any(|(known, _)| *known == name) {
        return Some(Err(format!("{}: there is no template {name}{}", path.display(), nearest(&name))));
    }
    Some(match text(&path) {
        Ok(source) => Ok(Override { name, path, source }),
        Err(error) => Err(format!("{}: cannot be read ({error})", path.display())),
    })
}

/// `, did you mean …?`, when a name comes close.
fn nearest(name: &str) -> String {
    let likeness = |known: &str| {
        strsim::jaro_winkler(known, name).max(strsim::jaro_winkler(known, &format!("sms/{name}")))
    };
    EMBEDDED
        .iter()
        .map(|(known, _)| (likeness(known), known))
        .filter(|(likeness, _)| *likeness > 0.85)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map_or_else(String::new, |(_, known)| format!(", did you mean {known}?"))
}

fn text(path: &Path) -> io::Result<String> {
    let mut source = String::new();
    File::open(path)?.take(MAX_FILE + 1).read_to_string(&mut source)?;
    if source.len() as u64 > MAX_FILE {
        return Err(io::Error::other(format!("larger than {MAX_FILE} octets")));
    }
    // As editors of other systems write it.
    Ok(source.trim_start_matches('\u{feff}').replace("\r\n", "\n"))
}
