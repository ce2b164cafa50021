//! `tickets`: the list for people, and the objects for programs.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use super::{answer, demo, desk};
use crate::support::demo_desk;
use crate::support::program::on_desk;

/// In the order of the interface.
const KEYS: [&str; 19] = [
    "number",
    "state",
    "kind",
    "outcome",
    "reason",
    "account",
    "mailbox",
    "message_id",
    "subject",
    "from",
    "received_at",
    "settled_at",
    "assignee",
    "mails",
    "messages",
    "merged_into",
    "linked_to",
    "trail",
    "",
];

#[test]
fn every_ticket_is_an_object_a_line_and_a_row_for_people() {
    let folder = demo();
    let answered = answer(folder.path(), ["tickets", "--json"]).expect(0);
    let tickets = answered.objects();
    assert_eq!(tickets.len(), 59);
    for line in answered.out.lines() {
        let mut rest = line;
        for key in KEYS.iter().filter(|key| !key.is_empty()) {
            let (_, behind) =
                rest.split_once(&format!("\"{key}\":")).unwrap_or_else(|| panic!("{key}: {line}"));
            rest = behind;
        }
    }
    for ticket in &tickets {
        assert_eq!(ticket.as_object().unwrap().len(), KEYS.len() - 1, "{ticket}");
        for key in ["received_at", "settled_at"] {
            let time = ticket[key].as_str().unwrap();
            assert!(time.len() == "2026-11-22T09:14:05Z".len() && time.ends_with('Z'), "{time}");
        }
        for line in ticket["trail"].as_array().unwrap() {
            assert!(line["check"].is_string() && line["result"].is_string() && line["evidence"].is_string());
        }
    }
    let first = &tickets[0];
    let id = "sms-registered-phone@kommun.example";
    for (key, value) in [
        ("state", json!("resolved")),
        ("kind", json!("password")),
        ("outcome", json!("sms")),
        ("reason", Value::Null),
        ("account", json!("anna.andersson@kommun.example")),
        ("mailbox", json!("servicedesk")),
        ("message_id", json!(id)),
        ("subject", json!("Nytt lösenord")),
        ("from", json!("anna.andersson@kommun.example")),
        ("assignee", Value::Null),
        ("mails", json!(1)),
        ("messages", json!([id])),
        ("merged_into", Value::Null),
        ("linked_to", Value::Null),
    ] {
        assert_eq!(first[key], value, "{key}");
    }
    let live = tickets.iter().find(|t| t["reason"] == "phone-mismatch").unwrap();
    let merged = tickets.iter().find(|t| t["outcome"] == "merged").unwrap();
    assert_eq!(merged["merged_into"], live["number"]);

    let rows = answer(folder.path(), ["tickets"]).expect(0).out;
    assert_eq!(rows.lines().count(), 59);
    let row = rows.lines().next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    let number = first["number"].as_str().unwrap();
    assert_eq!(row, format!("{number} resolved sms - anna.andersson@kommun.example Nytt lösenord"));
    assert!(!rows.contains('\u{1b}'));
}

#[test]
fn each_state_lists_its_own_tickets_and_a_wrong_one_is_refused() {
    let folder = demo();
    for (state, count) in
        [("new", 0), ("working", 0), ("open", 50), ("pending", 4), ("resolved", 3), ("closed", 2)]
    {
        let listed = answer(folder.path(), ["tickets", "--json", "--state", state]).expect(0).objects();
        assert_eq!(listed.len(), count, "{state}");
        assert!(listed.iter().all(|ticket| ticket["state"] == state), "{state}");
    }
    let wrong = answer(folder.path(), ["tickets", "--state", "done"]).expect(2);
    assert!(wrong.err.contains("new, working, open, pending, resolved, closed"), "{}", wrong.err);
}

#[test]
fn a_mailbox_that_nobody_knows_is_wrong_use_and_one_without_tickets_is_not() {
    let folder = desk();
    let empty = answer(folder.path(), ["tickets", "--mailbox", "servicedesk"]).expect(0);
    assert_eq!((empty.out.as_str(), empty.err.as_str()), ("", "No tickets.\n"));
    let wrong = answer(folder.path(), ["tickets", "--mailbox", "servisedesk"]).expect(2);
    assert!(
        wrong.err.contains("\"servisedesk\"") && wrong.err.contains("configured: servicedesk"),
        "{}",
        wrong.err
    );
    let empty = answer(folder.path(), ["tickets", "--json"]).expect(0);
    assert_eq!(empty.out, "", "programs read no line");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = demo();
    for arguments in [["tickets", "--json"], ["config", "schema"], ["config", "example"]] {
        let mut command = on_desk(folder.path(), arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::with_capacity(1, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.is_empty());
        let ended = child.wait_with_output().unwrap();
        let err = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success() && err.is_empty(), "{arguments:?}: {} {err}", ended.status);
    }
}

#[tokio::test]
async fn a_ticket_that_cannot_be_read_is_named_and_the_others_are_listed() {
    let folder = demo();
    let file = folder.path().join("var/nyckelbud.db");
    let mut database = SqliteConnectOptions::new().filename(&file).connect().await.unwrap();
    sqlx::raw_sql("UPDATE ticket SET trail = 'x' WHERE id = 2").execute(&mut database).await.unwrap();
    database.close().await.unwrap();
    let ended = answer(folder.path(), ["tickets", "--json"]).expect(1);
    assert_eq!(ended.objects().len(), 58);
    assert!(ended.err.contains("-2 cannot be read") && ended.err.contains("the trail"), "{}", ended.err);
}

#[test]
fn without_a_database_it_says_so_and_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    demo_desk::build(folder.path());
    for arguments in
        [&["tickets"][..], &["automation"], &["audit", "verify"], &["automation", "off", "--why", "x"]]
    {
        let mut command = on_desk(folder.path(), []);
        let ended = crate::support::program::ended(command.args(arguments)).expect(1);
        assert!(
            ended.err.contains("nyckelbud.db yet") && ended.err.contains("nyckelbud migrate"),
            "{}",
            ended.err
        );
    }
    assert_eq!(demo_desk::files(&folder.path().join("var")), [""; 0]);
}

#[test]
fn a_database_of_another_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    demo_desk::build(folder.path());
    let database = folder.path().join("var/nyckelbud.db");
    std::fs::write(&database, "").unwrap();
    let ended = answer(folder.path(), ["tickets"]).expect(1);
    assert!(ended.err.contains("this version's tables yet"), "{}", ended.err);
    assert!(answer(folder.path(), ["migrate"]).expect(0).out.contains("applied 0001_first.sql"));
    answer(folder.path(), ["tickets"]).expect(0);

    let folder = tempfile::tempdir().unwrap();
    demo_desk::build(folder.path());
    let database = folder.path().join("var/nyckelbud.db");
    std::fs::write(&database, "no database at all, but a text of some length".repeat(99)).unwrap();
    let ended = answer(folder.path(), ["tickets"]).expect(1);
    assert!(ended.err.contains("the database cannot be used"), "{}", ended.err);
}
