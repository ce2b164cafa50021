//! What must not stand anywhere in the project: places of the machine it was written on, and test
//! servers that `tests/run` could not find again.

use super::source::{Breach, Source, assert_none, files};

/// What is forbidden, below which folder, and what to do. Each is written in two pieces, so that
/// this file does not hold it.
fn forbidden() -> [(String, &'static str, &'static str); 4] {
    let home = "this is a place on one machine: write a relative path, or one below /etc, /var, /tmp";
    let folder = "use `tempdir()`, which heeds TMPDIR: by it `tests/run` finds what a test leaves running";
    [
        (["/ho", "me/"].concat(), "", home),
        (["/ro", "ot/"].concat(), "", home),
        (["/Us", "ers/"].concat(), "", home),
        (["tempdir", "_in("].concat(), "tests/", folder),
    ]
}

fn breaches(sources: &[Source]) -> Vec<Breach> {
    let mut found = Vec::new();
    for source in sources {
        for (word, _, what) in forbidden().iter().filter(|(_, place, _)| source.path.starts_with(place)) {
            let lines = source.text.lines().enumerate().filter(|(_, line)| line.contains(word.as_str()));
            found.extend(lines.map(|(at, _)| Breach::new(source, at + 1, format!("`{word}`: {what}"))));
        }
    }
    found
}

#[test]
fn nothing_forbidden_stands_in_the_project() {
    let sources = files("", "");
    assert!(sources.len() > 100, "only {} files were read", sources.len());
    assert_none(&breaches(&sources));
}

#[test]
fn each_forbidden_word_is_seen() {
    for (word, place, _) in forbidden() {
        let text = format!("first\nsee {word}anna/x\n");
        let found = breaches(&[Source::new(&format!("{place}it/x.rs"), &text)]);
        assert_eq!(found.iter().map(|breach| breach.line).collect::<Vec<_>>(), [2], "{word}");
    }
    assert_eq!(breaches(&[Source::new("README.md", "/etc/nyckelbud/nyckelbud.toml")]), []);
}
