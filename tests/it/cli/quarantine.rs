//! `quarantine`: mails that could not be read, as the person sees them who looks after them.

use std::path::Path;
use std::process::Stdio;

use sha2::{Digest as _, Sha256};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, SqliteConnection};

use super::{answer, demo, desk};
use crate::support::demo_desk;
use crate::support::program::{Ended, on_desk};

/// The number of the one mail in quarantine.
fn only(folder: &Path) -> String {
    let listed = answer(folder, ["quarantine", "list", "--json"]).expect(0).objects();
    assert_eq!(listed.len(), 1, "{listed:?}");
    listed[0]["number"].as_str().expect("a number").to_owned()
}

#[test]
fn a_mail_in_quarantine_is_listed_shown_and_given_back_as_it_came() {
    let folder = demo();
    let number = only(folder.path());
    let list = answer(folder.path(), ["quarantine", "list"]).expect(0).out;
    assert!(list.contains(&number) && list.contains("cannot be read"), "{list}");

    let shown = answer(folder.path(), ["quarantine", "show", &number]).expect(0).out;
    for part in ["Why", "cannot be read", "octets", "show ", "--raw", "retry "] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let object =
        answer(folder.path(), ["quarantine", "show", &number, "--json"]).expect(0).objects().remove(0);
    assert!(object["why"].as_str().is_some_and(|why| why.contains("cannot be read")), "{object}");
    assert!(object["tries"].as_u64().is_some_and(|tries| tries >= 1), "{object}");

    let mut raw = on_desk(folder.path(), ["quarantine", "show", &number, "--raw"]);
    let raw = raw.stderr(Stdio::null()).output().expect("the program runs").stdout;
    // The demo dates its mails when it writes them.
    let undated = |mail: &[u8]| {
        let text = String::from_utf8_lossy(mail).into_owned();
        text.split_inclusive('\n').filter(|line| !line.starts_with("Date: ")).collect::<String>()
    };
    let sample = demo_desk::mail("technician-cannot-be-read");
    assert!(raw.len() == sample.len() && undated(&raw) == undated(&sample), "{} octets", raw.len());
}

#[test]
fn a_retry_that_brings_nothing_says_why_and_changes_nothing() {
    let folder = demo();
    let number = only(folder.path());
    let before = answer(folder.path(), ["tickets", "--json"]).expect(0).out;
    let ended = answer(folder.path(), ["quarantine", "retry", &number]).expect(1);
    assert!(ended.out.contains("still in quarantine: the mail cannot be read"), "{}", ended.out);
    assert!(ended.err.contains("nothing was changed for"), "{}", ended.err);
    assert_eq!(answer(folder.path(), ["tickets", "--json"]).expect(0).out, before);
}

#[test]
fn a_number_without_a_mail_in_quarantine_is_said() {
    let folder = desk();
    let list = answer(folder.path(), ["quarantine", "list"]).expect(0);
    assert_eq!((list.out.as_str(), list.err.as_str()), ("", "No mail is in quarantine.\n"));
    for command in ["show", "retry"] {
        let ended = answer(folder.path(), ["quarantine", command, "26-7"]).expect(1);
        assert!(ended.err.contains("26-7 holds no mail in quarantine"), "{}", ended.err);
        let wrong = answer(folder.path(), ["quarantine", command, "seven"]).expect(2);
        assert!(wrong.err.contains("26-1141"), "{}", wrong.err);
    }
}

#[tokio::test]
async fn a_mail_whose_ticket_cannot_be_read_is_named_and_the_others_are_listed() {
    let folder = demo();
    let number = only(folder.path());
    let file = folder.path().join("var/nyckelbud.db");
    let mut database = SqliteConnectOptions::new().filename(&file).connect().await.expect("the database");
    // Another one, made of the ticket of a mail that was read.
    let damage = "UPDATE ticket SET kind = 'quarantine', trail = 'x' WHERE id = 2";
    sqlx::raw_sql(damage).execute(&mut database).await.expect("damaged");
    database.close().await.expect("closed");
    let check = |ended: Ended| {
        assert!(ended.out.contains(&number) && ended.out.lines().count() == 1, "{}", ended.out);
        assert!(ended.err.contains("-2 cannot be read and is left out of the list"), "{}", ended.err);
        assert!(ended.err.contains("the trail of a ticket"), "{}", ended.err);
    };
    check(answer(folder.path(), ["quarantine", "list"]).expect(1));
    check(answer(folder.path(), ["quarantine", "list", "--json"]).expect(1));
    let bad = number.replace(number.rsplit('-').next().expect("a number"), "2");
    for command in ["show", "retry"] {
        let ended = answer(folder.path(), ["quarantine", command, &bad]).expect(1);
        assert!(ended.err.contains("the trail of a ticket; nothing was changed"), "{}", ended.err);
    }
}

/// Three mails that were read lie in quarantine, as an older program would have put them there. Answers their
/// tickets' numbers.
async fn held_three(database: &mut SqliteConnection, number: &str) -> Vec<String> {
    let sql = "SELECT t.running, m.id, m.raw FROM mail m JOIN ticket t ON t.id = m.ticket
         WHERE m.duplicate_of = 0 AND t.kind <> 'quarantine' GROUP BY t.id HAVING COUNT(*) = 1 ORDER BY t.id LIMIT 3";
    let mails: Vec<(i64, i64, Vec<u8>)> = sqlx::query_as(sql).fetch_all(&mut *database).await.expect("mails");
    let mut numbers = Vec::new();
    for (running, id, raw) in mails {
        let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(raw));
        let sql = "UPDATE mail SET content_hash = ? WHERE id = ?";
        sqlx::query(sql).bind(hash).bind(id).execute(&mut *database).await.expect("held");
        let sql = "UPDATE ticket SET kind = 'quarantine' WHERE running = ?";
        sqlx::query(sql).bind(running).execute(&mut *database).await.expect("held");
        numbers.push(number.replace(number.rsplit('-').next().expect("a number"), &running.to_string()));
    }
    assert_eq!(numbers.len(), 3);
    numbers
}

#[tokio::test]
async fn a_number_that_cannot_be_tried_is_said_and_the_others_are_tried() {
    let folder = demo();
    let file = folder.path().join("var/nyckelbud.db");
    let mut database = SqliteConnectOptions::new().filename(&file).connect().await.expect("the database");
    let numbers = held_three(&mut database, &only(folder.path())).await;
    let damage = "UPDATE ticket SET trail = 'x' WHERE running = ?";
    let second = numbers[1].rsplit('-').next().expect("a number");
    sqlx::query(damage).bind(second).execute(&mut database).await.expect("damaged");
    database.close().await.expect("closed");
    let all = ["quarantine", "retry", &numbers[0], &numbers[1], "26-999999", &numbers[2]];
    let ended = answer(folder.path(), all).expect(1);
    for number in [&numbers[0], &numbers[2]] {
        assert!(ended.out.contains(&format!("{number}: read; ")), "{} {}", ended.out, ended.err);
        assert!(!ended.err.contains(&format!("{number}:")), "{}", ended.err);
    }
    let said = format!("{}: the database holds what this version cannot read: the trail", numbers[1]);
    assert!(ended.err.contains(&said) && ended.err.contains("nothing was changed for it"), "{}", ended.err);
    assert!(ended.err.contains("26-999999 holds no mail in quarantine"), "{}", ended.err);
}

#[tokio::test]
async fn a_retry_that_the_database_refuses_is_said_and_leaves_the_mail_in_quarantine() {
    let folder = demo();
    let file = folder.path().join("var/nyckelbud.db");
    let mut database = SqliteConnectOptions::new().filename(&file).connect().await.expect("the database");
    let numbers = held_three(&mut database, &only(folder.path())).await;
    // Where the letting-out ends: what it has changed before must be undone.
    let full = "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no room'); END";
    sqlx::raw_sql(full).execute(&mut database).await.expect("a trigger");
    let before = answer(folder.path(), ["tickets", "--json"]).expect(0).out;
    let ended = answer(folder.path(), ["quarantine", "retry", &numbers[0]]).expect(1);
    assert!(ended.err.contains(&format!("{}: ", numbers[0])), "{}", ended.err);
    assert!(ended.err.contains("no room") && ended.err.contains("nothing was changed"), "{}", ended.err);
    assert!(!ended.out.contains("read; "), "{}", ended.out);
    assert_eq!(answer(folder.path(), ["tickets", "--json"]).expect(0).out, before);
    sqlx::raw_sql("DROP TRIGGER full").execute(&mut database).await.expect("no trigger");
    database.close().await.expect("closed");
    let ended = answer(folder.path(), ["quarantine", "retry", &numbers[0]]).expect(0);
    assert!(ended.out.contains(&format!("{}: read; ", numbers[0])), "{} {}", ended.out, ended.err);
}

#[tokio::test]
async fn of_mails_kept_together_it_is_said_that_some_were_let_out() {
    let folder = demo();
    let file = folder.path().join("var/nyckelbud.db");
    let mut database = SqliteConnectOptions::new().filename(&file).connect().await.expect("the database");
    let numbers = held_three(&mut database, &only(folder.path())).await;
    let running = |n: usize| numbers[n].rsplit('-').next().expect("a number").to_owned();
    let (first, second) = (running(0), running(1));
    let damage = format!(
        "UPDATE mail SET content_hash = CAST(x'ff' AS TEXT), ticket = (SELECT id FROM ticket WHERE running = {first})
         WHERE ticket = (SELECT id FROM ticket WHERE running = {second})"
    );
    sqlx::raw_sql(AssertSqlSafe(damage)).execute(&mut database).await.expect("damaged");
    database.close().await.expect("closed");
    let ended = answer(folder.path(), ["quarantine", "retry", &numbers[0]]).expect(1);
    assert!(ended.out.contains(&format!("{}: read; ", numbers[0])), "{} {}", ended.out, ended.err);
    assert!(ended.err.contains("1 of its mails were let out before, and no others"), "{}", ended.err);
    assert!(!ended.err.contains("nothing was changed"), "{}", ended.err);
}

/// Mails in quarantine are looked at while something else does not work: neither a secret nor the
/// directory is needed.
#[test]
fn it_needs_nothing_but_the_store() {
    let folder = demo();
    let number = only(folder.path());
    std::fs::write(folder.path().join("directory.toml"), "this is no directory").expect("a file");
    let config = folder.path().join("nyckelbud.toml");
    let text = std::fs::read_to_string(&config).expect("the configuration");
    let more = "\n[[sms.gateway]]\nname = \"elks\"\nkind = \"46elks\"\nusername = \"u\"\n\
        password = { credential = \"elks\" }\n";
    std::fs::write(&config, format!("{text}{more}")).expect("a file");
    only(folder.path());
    let shown = answer(folder.path(), ["quarantine", "show", &number]).expect(0).out;
    assert!(shown.contains("cannot be read"), "{shown}");
    let ended = answer(folder.path(), ["quarantine", "retry", &number]).expect(1);
    assert!(
        ended.out.contains("still in quarantine: the mail cannot be read"),
        "{} {}",
        ended.out,
        ended.err
    );
}
