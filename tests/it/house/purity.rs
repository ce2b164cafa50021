//! Four stages are pure: the same arguments, the same answer. They wait for nothing, reach nothing
//! outside, and are handed the time and the randomness.

use super::paths::{NamedPath, Names};
use super::source::{Breach, Source, assert_none, program};

const PURE: [&str; 4] = ["src/mail/", "src/request/", "src/decision/", "src/ticket/"];

/// What reaches outside, waits, or answers differently each time.
const IMPURE: &[&str] = &[
    "async_imap",
    "async_trait",
    "axum",
    "futures_util",
    "ldap3",
    "lettre",
    "rand",
    "reqwest",
    "rustix",
    "rustls",
    "sqlx",
    "std::env",
    "std::fs",
    "std::io::stdin",
    "std::net",
    "std::os",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "tokio",
    "tokio_rustls",
    "tokio_util",
    "uuid",
];

/// Words that need no path.
const IMPURE_WORDS: [&str; 5] = ["async", "await", "Instant", "SystemTime", "SystemClock"];

fn breaches(sources: &[Source]) -> Vec<Breach> {
    let mut found = Vec::new();
    for source in sources.iter().filter(|source| PURE.iter().any(|stage| source.is_in(stage))) {
        let names = Names::of(source);
        for (_, path) in names.outside() {
            if let Some(impure) = IMPURE.iter().find(|impure| begins_with(path, impure)) {
                let what =
                    format!("a pure stage may not use `{impure}`: let `worker` do it, and take its result");
                found.push(Breach::new(source, path.line, what));
            }
        }
        for (word, line) in &names.words {
            if IMPURE_WORDS.contains(&word.as_str()) {
                let what =
                    format!("a pure stage may not say `{word}`: time is an argument, and nothing is awaited");
                found.push(Breach::new(source, *line, what));
            }
        }
    }
    found
}

fn begins_with(path: &NamedPath, start: &str) -> bool {
    let start: Vec<&str> = start.split("::").collect();
    path.names.len() >= start.len() && start.iter().zip(&path.names).all(|(a, b)| a == b)
}

#[test]
fn the_pure_stages_are_pure() {
    let sources = program();
    for stage in PURE {
        assert!(sources.iter().any(|source| source.is_in(stage)), "{stage} holds no file");
    }
    assert_none(&breaches(&sources));
}

#[test]
fn each_impurity_is_seen() {
    for text in [
        "use tokio::fs;",
        "async fn f() {}",
        "fn f() { let now = std::time::SystemTime::now(); }",
        "use std::time::{Duration, Instant};",
        "fn f() -> u8 { rand::rng().random() }",
        "fn f() { std::fs::read(\"x\").ok(); }",
    ] {
        assert!(!breaches(&[Source::new("src/decision/decide.rs", text)]).is_empty(), "{text}");
        assert_eq!(breaches(&[Source::new("src/worker/run.rs", text)]), [], "{text}");
    }
    let fine = "use std::time::Duration;\n#[cfg(test)]\nmod tests { use std::fs; }";
    assert_eq!(breaches(&[Source::new("src/decision/decide.rs", fine)]), []);
}
