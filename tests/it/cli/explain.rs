//! `explain`: what would be done with a mail, without doing it.

use std::path::Path;

use serde_json::Value;

use super::{answer, contents, desk};
use crate::support::demo_desk;
use crate::support::program::{Running, ended, on_desk};

/// Each sample as the first mail of a desk: reading, username, phone, outcome, reason. The second
/// request, the fourth in a day and the old mail have become ordinary: nothing was before them, and a
/// mail that is explained comes now.
const FIRST: [(&str, &str, &str, &str, &str, &str); 19] = [
    ("asked-fields-missing", "incomplete", "", "", "asked", "fields-missing"),
    ("filed-out-of-office", "automatic", "", "", "filed", ""),
    ("manager-no-phone", "request", "bo.granlund", "33", "manager", "no-phone"),
    ("manager-phone-mismatch", "request", "filip.nord", "71", "manager", "phone-mismatch"),
    ("manager-phone-takes-no-sms", "request", "cecilia.dahl", "01", "manager", "phone-takes-no-sms"),
    ("merged-second-request", "request", "filip.nord", "24", "sms", ""),
    ("sms-from-a-colleague", "request", "gun.persson", "07", "sms", ""),
    ("sms-in-english", "request", "john.smith", "06", "sms", ""),
    ("sms-registered-phone", "request", "anna.andersson", "05", "sms", ""),
    ("technician-account-disabled", "request", "david.holm", "08", "technician", "account-disabled"),
    ("technician-account-protected", "request", "eva.lind", "09", "technician", "account-protected"),
    ("technician-account-unknown", "request", "vikarie.okand", "40", "technician", "account-unknown"),
    ("technician-cannot-be-read", "unreadable", "", "", "technician", ""),
    ("technician-fields-ambiguous", "ambiguous", "", "", "technician", "fields-ambiguous"),
    ("technician-limit-account", "request", "anna.andersson", "05", "sms", ""),
    ("technician-mail-too-old", "request", "john.smith", "06", "sms", ""),
    ("technician-no-manager", "request", "ext-1a2b3c", "55", "technician", "no-manager"),
    ("technician-other-subject", "general", "", "", "technician", "other-subject"),
    ("technician-sender-unverified", "request", "anna.andersson", "05", "technician", "sender-unverified"),
];

fn sample(name: &str) -> String {
    format!("{}/deploy/demo/{name}.eml", env!("CARGO_MANIFEST_DIR"))
}

fn explained(folder: &Path, mail: &str) -> Value {
    answer(folder, ["explain", "--json", mail]).expect(0).objects().remove(0)
}

#[test]
fn every_sample_is_explained_as_the_interface_says() {
    let folder = desk();
    let before = contents(folder.path());
    for (name, reading, username, phone, outcome, reason) in FIRST {
        let object = explained(folder.path(), &sample(name));
        let mut keys: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        let all = ["acknowledge", "outcome", "phone", "reading", "reason", "sender", "trail", "username"];
        assert_eq!(keys, all, "{name}");
        assert_eq!((&object["reading"], &object["outcome"]), (&reading.into(), &outcome.into()), "{name}");
        assert_eq!(object["reason"].as_str().unwrap_or_default(), reason, "{name}");
        let account = object["username"].as_str().unwrap_or_default();
        assert_eq!(account.trim_end_matches("@kommun.example"), username, "{name}");
        let number = object["phone"].as_str().unwrap_or_default();
        assert!(number.ends_with(phone) && number.is_empty() == phone.is_empty(), "{name}");
        assert!(!object["trail"].as_array().unwrap().is_empty(), "{name}");
        for key in ["address", "trust", "evidence"] {
            assert!(object["sender"].get(key).is_some(), "{name}: sender.{key}");
        }
        assert!(object["acknowledge"].is_boolean(), "{name}");
    }
    let after = contents(folder.path());
    let only_files = |all: &[(std::path::PathBuf, Vec<u8>)]| -> Vec<std::path::PathBuf> {
        all.iter().map(|(path, _)| path.clone()).filter(|p| !p.to_string_lossy().contains(".db-")).collect()
    };
    assert_eq!(only_files(&after), only_files(&before), "no file came or went");
    assert_eq!(answer(folder.path(), ["tickets"]).expect(0).out, "");
}

#[test]
fn limits_and_threads_come_from_the_desks_own_database_which_stays_as_it_is() {
    let folder = super::demo();
    let before = (answer(folder.path(), ["tickets", "--json"]).expect(0).out, texts_and_mails(folder.path()));
    let again = explained(folder.path(), &sample("technician-limit-account"));
    assert_eq!((&again["outcome"], &again["reason"]), (&"technician".into(), &"limit-account".into()));
    let after = (answer(folder.path(), ["tickets", "--json"]).expect(0).out, texts_and_mails(folder.path()));
    assert_eq!(after, before);
}

fn texts_and_mails(folder: &Path) -> Vec<String> {
    ["sms", "mail", "mailbox/new", "mailbox/cur"]
        .into_iter()
        .flat_map(|p| demo_desk::files(&folder.join(p)))
        .collect()
}

#[test]
fn before_the_first_start_it_explains_and_leaves_no_database() {
    let folder = tempfile::tempdir().unwrap();
    demo_desk::build(folder.path());
    let before = contents(folder.path());
    let mut command = on_desk(folder.path(), ["explain", &sample("manager-no-phone")]);
    let passing = tempfile::tempdir().unwrap();
    let explained = ended(command.env("TMPDIR", passing.path())).expect(0);
    assert!(explained.out.contains("→ manager, no-phone"), "{}", explained.out);
    assert!(explained.err.contains("no database yet"), "{}", explained.err);
    assert_eq!(contents(folder.path()), before);
    assert_eq!(demo_desk::files(passing.path()), [""; 0], "nothing is left over");
}

#[test]
fn a_mail_may_come_by_standard_input() {
    let folder = desk();
    let mut command = on_desk(folder.path(), ["explain", "--json", "-"]);
    let mail = sample("sms-in-english");
    let explained = Running::fed(&mut command, Path::new(&mail)).end().expect(0);
    assert_eq!(explained.objects()[0]["username"], "john.smith@kommun.example");
}

#[test]
fn the_lines_for_people_say_what_was_read_and_every_check() {
    let folder = desk();
    let out = answer(folder.path(), ["explain", &sample("manager-phone-mismatch")]).expect(0).out;
    for part in [
        "username         filip.nord@kommun.example",
        "phone            +46701740671",
        "✗ phone-registered ••• 71 is none of mobile ••• 24",
        "→ manager, phone-mismatch",
        "nothing was changed or sent",
    ] {
        assert!(out.contains(part), "no {part:?} in\n{out}");
    }
}

/// The texts of the fenced blocks of `docs/staff.md`, in their order: a mail and its link, twice.
fn blocks_for_staff() -> Vec<String> {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/staff.md")).unwrap();
    let blocks = page.split("```text\n").skip(1).map(|block| block.split("```").next().unwrap().to_owned());
    blocks.collect()
}

/// The octets that `%C3%B6` and its like stand for.
fn decoded(link: &str) -> String {
    let mut octets = Vec::new();
    let mut rest = link.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let code = std::str::from_utf8(&after[..2]).unwrap();
            octets.push(u8::from_str_radix(code, 16).unwrap());
            rest = &after[2..];
        } else {
            octets.push(*first);
            rest = after;
        }
    }
    String::from_utf8(octets).unwrap()
}

#[test]
fn the_mail_for_staff_and_its_link_say_the_same_and_are_read_when_filled_in() {
    let folder = desk();
    let blocks = blocks_for_staff();
    assert_eq!(blocks.len(), 4);
    for mail in blocks.chunks(2) {
        let (_, body) = mail[1].trim_end().split_once("&body=").expect("a link with a body");
        assert_eq!(decoded(body).replace("\r\n", "\n"), mail[0]);
        let lines: Vec<&str> = mail[0].trim_end().lines().collect();
        let filled = format!("{}\n{} anna.andersson\n{} 070-174 06 05", lines[0], lines[1], lines[2]);
        let letter = crate::support::letters::letter("staff", "anna.andersson", "New password", &filled);
        let file = folder.path().join("staff.eml");
        std::fs::write(&file, letter.replace('\n', "\r\n")).unwrap();
        assert_eq!(explained(folder.path(), &file.to_string_lossy())["outcome"], "sms", "{filled}");
    }
}

#[test]
fn what_is_no_mail_is_explained_as_one_that_cannot_be_read() {
    let folder = desk();
    let noise: Vec<u8> = (0..200_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for (name, octets) in
        [("empty", &b""[..]), ("blank", b"\r\n\r\n"), ("noise", &noise), ("nul", &[0; 9000])]
    {
        let file = folder.path().join(name);
        std::fs::write(&file, octets).unwrap();
        let object = explained(folder.path(), &file.to_string_lossy());
        assert_eq!(object["outcome"], "technician", "{name}");
        assert_eq!((&object["username"], &object["phone"]), (&Value::Null, &Value::Null), "{name}");
    }
}

#[test]
fn a_mail_is_cut_where_its_mailbox_would_cut_it() {
    let folder = desk();
    let mut mail = demo_desk::mail("sms-registered-phone");
    mail.extend(b"x ".repeat(40_000));
    let file = folder.path().join("large.eml");
    std::fs::write(&file, mail).unwrap();
    let mut command = on_desk(folder.path(), ["explain", "--json", "large.eml"]);
    command.current_dir(folder.path()).env("NYCKELBUD__MAILBOX__0__MAX_MAIL_SIZE", "64KiB");
    let object = ended(&mut command).expect(0).objects().remove(0);
    assert_ne!(object["outcome"], "sms", "what is not whole is not acted on: {object}");
}

#[test]
fn a_file_that_cannot_be_read_is_wrong_use() {
    let folder = desk();
    for (path, why) in [("/nowhere/x.eml", "No such file"), ("/", "directory")] {
        let ended = answer(folder.path(), ["explain", path]).expect(2);
        assert!(ended.err.contains(path) && ended.err.contains(why), "{}", ended.err);
    }
    let ended = answer(folder.path(), ["explain", "--mailbox", "other", &sample("sms-in-english")]).expect(2);
    assert!(ended.err.contains("\"other\"; configured: servicedesk"), "{}", ended.err);
}
