//! The files that the rules read, and how a breach is told.

use std::fmt::{self, Display, Formatter};
use std::fs;
use std::path::{Path, PathBuf};

/// A file of the project.
pub struct Source {
    /// Its place, counted from the project's folder, with `/` between the names.
    pub path: String,
    pub text: String,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// The syntax tree.
    pub fn syntax(&self) -> syn::File {
        syn::parse_file(&self.text).unwrap_or_else(|e| panic!("{} is no Rust: {e}", self.path))
    }

    /// Does it lie in this file or folder (`src/web/`, `src/http.rs`; `src/http` is both)?
    pub fn is_in(&self, place: &str) -> bool {
        match self.path.strip_prefix(place) {
            Some(rest) => place.ends_with('/') || rest.is_empty() || rest == ".rs" || rest.starts_with('/'),
            None => false,
        }
    }

    /// The module that the file holds: `["mail", "reading"]`; the crate's root is empty.
    pub fn module(&self) -> Vec<String> {
        let inner = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let inner = inner.strip_suffix(".rs").unwrap_or(inner);
        let mut parts: Vec<String> = inner.split('/').map(ToOwned::to_owned).collect();
        if parts.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
            parts.pop();
        }
        parts
    }
}

/// Something that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Breach {
    pub path: String,
    pub line: usize,
    /// What is wrong, and what to do.
    pub what: String,
}

impl Breach {
    pub fn new(source: &Source, line: usize, what: impl Into<String>) -> Self {
        Self { path: source.path.clone(), line, what: what.into() }
    }
}

impl Display for Breach {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// Fails with every breach on a line of its own.
pub fn assert_none(breaches: &[Breach]) {
    let lines: Vec<String> = breaches.iter().map(ToString::to_string).collect();
    assert!(
        lines.is_empty(),
        "the house's rules are broken in {} places:\n{}",
        lines.len(),
        lines.join("\n")
    );
}

/// Where the project lies.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All text files below `place` whose names end with `ending`, in the order of their paths.
pub fn files(place: &str, ending: &str) -> Vec<Source> {
    let mut found = Vec::new();
    collect(&root(), &root().join(place), ending, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Every Rust file of the program itself, without the files that only tests compile.
pub fn program() -> Vec<Source> {
    let found: Vec<Source> = files("src", ".rs").into_iter().filter(|file| !is_test(&file.path)).collect();
    assert!(found.len() > 50, "only {} files were found in src: the rules would hold nothing", found.len());
    found
}

/// Is this a file that only tests compile (`tests.rs`, or a file in a folder `tests`)?
fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

fn collect(root: &Path, place: &Path, ending: &str, found: &mut Vec<Source>) {
    if place.is_dir() {
        for entry in fs::read_dir(place).unwrap() {
            let path = entry.unwrap().path();
            let built = ["target", ".git", "fuzz/target"].iter().any(|place| path == root.join(place));
            if !built && !path.is_symlink() {
                collect(root, &path, ending, found);
            }
        }
        return;
    }
    let name = place.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
    if name.ends_with(ending)
        && let Ok(text) = fs::read_to_string(place)
    {
        found.push(Source { path: name, text });
    }
}

#[test]
fn a_file_knows_its_module_and_its_place() {
    let modules: Vec<String> =
        ["src/lib.rs", "src/mail/mod.rs", "src/mail/text.rs", "src/http.rs", "src/a/b/c.rs"]
            .map(|path| Source::new(path, "").module().join("::"))
            .into();
    assert_eq!(modules, ["", "mail", "mail::text", "http", "a::b::c"]);
    let notice = Source::new("src/delivery/notice/spool.rs", "");
    assert!(notice.is_in("src/delivery/") && notice.is_in("src/delivery/notice"));
    assert!(!notice.is_in("src/delivery/not") && !notice.is_in("src/web/"));
    assert!(Source::new("src/http.rs", "").is_in("src/http"));
}
