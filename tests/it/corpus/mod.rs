//! Mails as people and programs write them (`tests/mails`): each `NAME.eml` with what must be read
//! from it in `NAME.json`. A wrong reading is worse than none, so one is enough to fail.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use nyckelbud::mail::{Authentication, reading};
use nyckelbud::request::{Reading, template};
use serde::Deserialize;

mod broken;
mod generated;

/// So many cases at least, so that an emptied folder does not pass.
const FEWEST_CASES: usize = 600;

/// What a case expects, and what is read: the values in full, for these people are invented.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct Read {
    reading: String,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    phone: Option<String>,
    #[serde(default)]
    automatic: Option<String>,
}

impl Read {
    fn of(reading: &Reading) -> Self {
        let (username, phone) = match reading {
            Reading::Request(request) => (Some(&request.username), Some(&request.phone)),
            Reading::Incomplete { username, phone } => (username.as_ref(), phone.as_ref()),
            Reading::Ambiguous { .. } | Reading::General | Reading::Automatic(_) => (None, None),
        };
        let automatic = match reading {
            Reading::Automatic(kind) => Some(kind.code().to_owned()),
            Reading::Request(_)
            | Reading::Incomplete { .. }
            | Reading::Ambiguous { .. }
            | Reading::General => None,
        };
        Self {
            reading: reading.code().to_owned(),
            username: username.map(|found| found.value.to_string()),
            phone: phone.map(|found| found.value.e164().to_owned()),
            automatic,
        }
    }

    fn is_request(&self) -> bool {
        self.reading == "request"
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mails")
}

/// The names of the cases with this ending.
fn names(ending: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.extension().is_some_and(|own| own == ending))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect()
}

fn read_mail(name: &str) -> Reading {
    let raw = std::fs::read(folder().join(format!("{name}.eml"))).unwrap();
    let domains = ["kommun.example".to_owned()];
    let mail = reading::read(&raw, &Authentication::Trusted, None, &domains)
        .unwrap_or_else(|e| panic!("{name} cannot be read: {e}"));
    template::read(&mail)
}

#[test]
fn every_mail_says_what_is_expected_and_every_expectation_has_its_mail() {
    let cases = names("eml");
    assert_eq!(cases, names("json"), "a mail without its expectation, or the other way round");
    assert!(cases.len() >= FEWEST_CASES, "{} cases, too few to mean anything", cases.len());
    let (mut faults, mut wanted, mut hit, mut wrong) = (String::new(), 0, 0, 0);
    for name in &cases {
        let text = std::fs::read_to_string(folder().join(format!("{name}.json"))).unwrap();
        let expected: Read = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}.json: {e}"));
        let reading = read_mail(name);
        let read = Read::of(&reading);
        wanted += usize::from(expected.is_request());
        hit += usize::from(expected.is_request() && read == expected);
        wrong += usize::from(read.is_request() && read != expected);
        if read != expected {
            writeln!(faults, "{name}\n  expected {expected:?}\n  read     {read:?}\n  as {reading:?}")
                .unwrap();
        }
    }
    assert!(
        faults.is_empty(),
        "{} mails; {hit} of {wanted} requests read; {wrong} wrong requests\n{faults}",
        cases.len()
    );
}

/// A line without digits, `@` or label, which could stand in anybody's mail.
const NOISE: [&str; 5] = [
    "Hej igen!",
    "Jag sitter hemma och kommer ingenstans.",
    "It is cold here today.",
    "Kaffemaskinen låter konstigt också.",
    "Ha en fin dag",
];

#[test]
fn words_around_a_request_never_turn_it_into_another_one() {
    let mut seen = 0;
    for name in names("eml") {
        let Reading::Request(alone) = read_mail(&name) else { continue };
        let raw = std::fs::read(folder().join(format!("{name}.eml"))).unwrap();
        let mail = reading::read(&raw, &Authentication::Trusted, None, &[]).unwrap();
        for (place, noise) in NOISE.iter().enumerate() {
            let mut noisy = mail.clone();
            for text in [&mut noisy.plain, &mut noisy.html].into_iter().flatten() {
                let at = place * text.lines.len() / (NOISE.len() - 1);
                text.lines.insert(at, (*noise).to_owned());
            }
            if let Reading::Request(request) = template::read(&noisy) {
                seen += 1;
                assert_eq!(request.username.value, alone.username.value, "{name} with {noise:?}");
                assert_eq!(request.phone.value, alone.phone.value, "{name} with {noise:?}");
            }
        }
    }
    assert!(seen > 100, "only {seen} requests were read among other words");
}

#[test]
fn the_demos_samples_are_read_as_their_names_say() {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/demo");
    let mut seen = 0;
    for entry in std::fs::read_dir(demo).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.extension().is_none_or(|own| own != "eml") || name == "technician-cannot-be-read" {
            continue;
        }
        let expected = match name.as_str() {
            "asked-fields-missing" => "incomplete",
            "filed-out-of-office" => "automatic",
            "technician-fields-ambiguous" => "ambiguous",
            "technician-other-subject" => "general",
            _ => "request",
        };
        let mail =
            reading::read(&std::fs::read(&path).unwrap(), &Authentication::Trusted, None, &[]).unwrap();
        assert_eq!(template::read(&mail).code(), expected, "{name}");
        seen += 1;
    }
    assert!(seen >= 10, "only {seen} samples");
}
