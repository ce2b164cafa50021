//! What must not stand anywhere in the project: places of the machine it was written on.

use super::source::{Breach, Source, assert_none, files};

/// Written in two pieces, so that this file does not hold them.
fn forbidden() -> [String; 3] {
    [["/ho", "me/"].concat(), ["/ro", "ot/"].concat(), ["/Us", "ers/"].concat()]
}

fn breaches(sources: &[Source]) -> Vec<Breach> {
    let forbidden = forbidden();
    let mut found = Vec::new();
    for source in sources {
        for (at, line) in source.text.lines().enumerate() {
            for word in forbidden.iter().filter(|word| line.contains(word.as_str())) {
                let what = format!(
                    "`{word}…` is a place on one machine: write a relative path, or one below /etc, /var, /tmp"
                );
                found.push(Breach::new(source, at + 1, what));
            }
        }
    }
    found
}

#[test]
fn nobodys_home_is_named_anywhere() {
    let sources = files("", "");
    assert!(sources.len() > 100, "only {} files were read", sources.len());
    assert_none(&breaches(&sources));
}

#[test]
fn a_home_is_seen() {
    for home in forbidden() {
        let found = breaches(&[Source::new("README.md", &format!("first\nsee {home}anna/x\n"))]);
        assert_eq!(found.iter().map(|breach| breach.line).collect::<Vec<_>>(), [2], "{home}");
    }
    assert_eq!(breaches(&[Source::new("README.md", "/etc/nyckelbud/nyckelbud.toml")]), []);
}
