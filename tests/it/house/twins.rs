//! What comes in pairs: every text in Swedish and in English, every migration for both databases.

use std::collections::BTreeSet;

use super::source::{Breach, Source, assert_none, files};

/// A text's language is a part of its path: `mail/receipt.sv.txt`, `mail/sv/receipt.txt`.
fn other_language(path: &str) -> Option<String> {
    let part = |c: char| c == '/' || c == '.';
    let other = |from: &str, to: &str| {
        let has = path.split(part).any(|piece| piece == from);
        has.then(|| path.split_inclusive(part).map(|piece| swapped(piece, from, to)).collect())
    };
    other("sv", "en").or_else(|| other("en", "sv"))
}

fn swapped(piece: &str, from: &str, to: &str) -> String {
    match piece.strip_prefix(from) {
        Some(mark) if mark.len() <= 1 => format!("{to}{mark}"),
        _ => piece.to_owned(),
    }
}

fn lonely_texts(paths: &BTreeSet<String>) -> Vec<Breach> {
    let mut found = Vec::new();
    for path in paths {
        let twin = other_language(path);
        let must = path.starts_with("templates/mail/") || path.starts_with("templates/sms/");
        let lonely = twin.as_ref().map_or(must, |twin| !paths.contains(twin));
        if lonely {
            let wanted = twin.unwrap_or_else(|| "its language in its name: `sv` or `en`".to_owned());
            found.push(Breach::new(&Source::new(path, ""), 1, format!("it lacks {wanted}")));
        }
    }
    found
}

fn lonely_migrations(paths: &BTreeSet<String>) -> Vec<Breach> {
    let twin = |path: &String| match path.strip_prefix("migrations/sqlite/") {
        Some(name) => format!("migrations/postgres/{name}"),
        None => path.replacen("migrations/postgres/", "migrations/sqlite/", 1),
    };
    let lonely = paths.iter().filter(|path| !paths.contains(&twin(path)));
    lonely.map(|path| Breach::new(&Source::new(path, ""), 1, format!("it lacks {}", twin(path)))).collect()
}

fn paths(place: &str) -> BTreeSet<String> {
    let found: BTreeSet<String> = files(place, "").into_iter().map(|file| file.path).collect();
    assert!(!found.is_empty(), "{place} holds no file");
    found
}

#[test]
fn every_text_is_there_in_swedish_and_in_english() {
    assert_none(&lonely_texts(&paths("templates")));
}

#[test]
fn both_databases_have_the_same_migrations() {
    let found = paths("migrations");
    assert!(found.iter().any(|path| path.starts_with("migrations/sqlite/")), "none for SQLite");
    assert_none(&lonely_migrations(&found));
}

#[test]
fn a_lonely_twin_is_seen() {
    let set = |paths: &[&str]| -> BTreeSet<String> { paths.iter().map(|path| (*path).to_owned()).collect() };
    let both = set(&[
        "templates/mail/a.sv.txt",
        "templates/mail/a.en.txt",
        "templates/sms/sv/b.txt",
        "templates/sms/en/b.txt",
    ]);
    assert_eq!(lonely_texts(&both), []);
    for lonely in ["templates/mail/a.sv.txt", "templates/sms/en/b.txt", "templates/mail/a.txt"] {
        assert_eq!(lonely_texts(&set(&[lonely, "templates/page/style.css"])).len(), 1, "{lonely}");
    }
    assert_eq!(lonely_migrations(&set(&["migrations/sqlite/1.sql", "migrations/postgres/1.sql"])), []);
    for lonely in ["migrations/sqlite/2.sql", "migrations/postgres/2.sql"] {
        assert_eq!(lonely_migrations(&set(&[lonely])).len(), 1, "{lonely}");
    }
}
