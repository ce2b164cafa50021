//! What the fuzzer starts from, and what it has found: each kept input runs through its target, as
//! `fuzz/run` would run it. A finding panics.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use nyckelbud::mail::{Authentication, reading};

#[path = "../../../fuzz/src/targets/mod.rs"]
mod targets;

use targets::{ALL, Target};

/// So many inputs of a target at least, so that an emptied folder does not pass.
const FEWEST: usize = 10;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// The kept inputs of `target`, in `folder` (`corpus`, `regressions`).
fn kept(folder: &str, target: &str) -> Vec<PathBuf> {
    let place = fuzz().join(folder).join(target);
    let Ok(entries) = fs::read_dir(place) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    // What a fuzzer adds by itself is called by its SHA-1; a kept input says what it is.
    files.retain(|path| path.file_name().unwrap().len() != 40);
    files.sort();
    files
}

/// Runs every file, and answers with those that are findings.
fn findings(target: &Target, files: &[PathBuf]) -> Vec<String> {
    let is_finding = |path: &&PathBuf| {
        let data = fs::read(path).unwrap();
        catch_unwind(AssertUnwindSafe(|| (target.run)(&data))).is_err()
    };
    files.iter().filter(is_finding).map(|path| path.display().to_string()).collect()
}

fn replay(name: &str) {
    let target = ALL.iter().find(|target| target.name == name).unwrap();
    (target.run)(target.example.as_bytes());
    let corpus = kept("corpus", name);
    assert!(corpus.len() >= FEWEST, "{} inputs in the corpus of {name}", corpus.len());
    let all = [corpus, kept("regressions", name)].concat();
    let found = findings(target, &all);
    assert!(found.is_empty(), "findings of {name}, see above why:\n{}", found.join("\n"));
}

#[test]
fn kept_mails_are_read_without_a_finding() {
    replay("mail");
    let mails = fs::read_dir(fuzz().join("../tests/mails")).unwrap().map(|entry| entry.unwrap().path());
    let mails: Vec<PathBuf> = mails.filter(|path| path.extension().is_some_and(|own| own == "eml")).collect();
    assert!(mails.len() >= 300, "{} mails", mails.len());
    let target = ALL.iter().find(|target| target.name == "mail").unwrap();
    assert_eq!(findings(target, &mails), Vec::<String>::new());
}

#[test]
fn kept_delivery_reports_are_read_as_reports_and_what_is_none_is_not() {
    let own = ["kommun.example".to_owned()];
    let (mut told, mut others) = (0, 0);
    for path in kept("corpus", "mail") {
        let mail = reading::read(&fs::read(&path).unwrap(), &Authentication::Trusted, None, &own);
        let is_report = mail.is_ok_and(|mail| mail.returned.is_some());
        let name = path.file_name().unwrap().to_str().unwrap();
        assert_eq!(is_report, name.starts_with("report-"), "{name}");
        (told, others) = (told + usize::from(is_report), others + usize::from(!is_report));
    }
    assert!(told >= 5 && others >= FEWEST, "{told} reports, {others} others");
}

#[test]
fn kept_phone_numbers_are_read_as_by_a_second_implementation() {
    replay("phone");
}

#[test]
fn kept_headers_make_nobody_trusted_whom_no_server_vouches_for() {
    replay("authentication_results");
}

#[test]
fn kept_receipts_say_what_the_documentation_says() {
    replay("receipts");
}

#[test]
fn kept_deliveries_of_message_centres_say_what_the_specification_says() {
    replay("smpp");
}

#[test]
fn kept_dialogues_with_servers_end_and_hand_over_nothing_else() {
    replay("imap");
}

#[test]
fn every_target_has_its_program_its_words_and_a_replay_and_nothing_lies_elsewhere() {
    let names: BTreeSet<String> = ALL.iter().map(|target| target.name.to_owned()).collect();
    let listed = |folder: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(fuzz().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        entries.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
    };
    for folder in ["corpus", "fuzz_targets", "dictionaries"] {
        assert_eq!(listed(folder), names, "{folder}");
    }
    assert!(listed("regressions").is_subset(&names));
    let own = include_str!("mod.rs");
    for name in names {
        assert!(own.contains(&format!("replay({name:?})")), "{name} is not replayed");
    }
}

/// Name and version of each package in a lock file.
fn locked(path: &str) -> BTreeSet<(String, String)> {
    let text = fs::read_to_string(fuzz().join(path)).unwrap();
    let table: toml::Table = text.parse().unwrap();
    let text = |package: &toml::Value, key: &str| package[key].as_str().unwrap().to_owned();
    let packages = table["package"].as_array().unwrap().iter();
    packages.map(|package| (text(package, "name"), text(package, "version"))).collect()
}

#[test]
fn what_is_fuzzed_is_built_of_the_same_crates_as_the_program() {
    let (program, fuzzer) = (locked("../Cargo.lock"), locked("Cargo.lock"));
    let manifest = fs::read_to_string(fuzz().join("../Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let direct = manifest["dependencies"].as_table().unwrap();
    let known: BTreeSet<&String> = fuzzer.iter().map(|(name, _)| name).collect();
    let concerns = |name: &String| direct.contains_key(name) || known.contains(name);
    let other: Vec<_> = program.difference(&fuzzer).filter(|(name, _)| concerns(name)).collect();
    assert!(
        other.is_empty(),
        "fuzz/Cargo.lock lacks {other:?}: cp Cargo.lock fuzz/Cargo.lock && cargo metadata --format-version 1 \
         --manifest-path fuzz/Cargo.toml >/dev/null"
    );
}

#[test]
fn a_finding_fails_its_replay_and_an_emptied_corpus_too() {
    let folder = tempfile::tempdir().unwrap();
    let (quiet, loud) = (folder.path().join("quiet"), folder.path().join("loud"));
    fs::write(&quiet, "quiet").unwrap();
    fs::write(&loud, "loud").unwrap();
    let target = Target { run: |data| assert_ne!(data, b"loud"), ..targets::ALL[0] };
    assert_eq!(findings(&target, &[quiet, loud.clone()]), [loud.display().to_string()]);
    assert!(catch_unwind(|| replay("none")).is_err());
}
