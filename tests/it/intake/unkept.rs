//! A mail that the database refuses, while it takes every other.

use nyckelbud::mailbox::Folder;
use nyckelbud::ticket::Kind;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _};

use super::inbox::raw;
use super::{Desk, demo_desk, letter};

/// From now on the database refuses mails of which `when` is true.
async fn refuse(desk: &Desk, when: &str) {
    let url = demo_desk::settings(desk.folder.path()).store.url;
    let file = url.sqlite_path().expect("a file");
    let mut database = SqliteConnectOptions::new().filename(file).connect().await.expect("the database");
    let sql = format!(
        "CREATE TRIGGER refuse BEFORE INSERT ON mail WHEN {when} BEGIN SELECT RAISE(ABORT, 'refused'); END"
    );
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut database).await.expect("the trigger");
}

fn five(desk: &Desk) {
    let mails = (1..=5).map(|n| {
        let text = if n == 3 { "the unwanted one" } else { "Hej" };
        raw(&n.to_string(), &letter(&format!("mail-{n}"), None, text))
    });
    desk.shelf().mails = mails.collect();
}

#[tokio::test]
async fn a_mail_that_the_database_refuses_goes_to_quarantine_and_the_others_are_kept() {
    let mut desk = Desk::new().await;
    refuse(&desk, "NEW.message_id LIKE 'mail-3@%'").await;
    five(&desk);
    desk.drain().await;
    let tickets = desk.tickets().await;
    assert_eq!(tickets.len(), 5);
    let kinds: Vec<_> = tickets.iter().filter(|view| view.ticket.kind == Kind::Quarantine).collect();
    let [refused] = kinds.as_slice() else { panic!("{tickets:?}") };
    let why = &refused.ticket.trail.0[0].evidence;
    assert!(why.contains("the store refuses it") && why.contains("its octets are kept"), "{why}");
    let moved = desk.shelf().moved.clone();
    assert!(moved.contains(&("3".to_owned(), Folder::Quarantine)) && moved.len() == 5, "{moved:?}");
}

#[tokio::test]
async fn a_mail_whose_octets_the_database_refuses_stays_where_it_lies_and_has_a_ticket() {
    let mut desk = Desk::new().await;
    refuse(&desk, "instr(NEW.raw, CAST('unwanted' AS BLOB)) > 0").await;
    five(&desk);
    desk.drain().await;
    let tickets = desk.tickets().await;
    assert_eq!(tickets.len(), 5);
    let refused = tickets.iter().find(|view| view.ticket.kind == Kind::Quarantine).expect("the ticket");
    let why = &refused.ticket.trail.0[0].evidence;
    assert!(why.contains("the store refuses it") && why.contains("stays where it lies"), "{why}");
    assert_eq!(desk.shelf().mails.len(), 1);
    desk.drain().await;
    assert_eq!(desk.tickets().await.len(), 5, "it is not looked at again");
}

#[tokio::test]
async fn a_database_that_refuses_everything_blames_no_mail() {
    let mut desk = Desk::new().await;
    refuse(&desk, "1").await;
    five(&desk);
    desk.intake.drain().await.expect_err("nothing can be kept");
    assert!(desk.tickets().await.is_empty());
    assert_eq!(desk.shelf().mails.len(), 5);
}
