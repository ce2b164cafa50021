//! A mail that the server never hands over, and whose fetch breaks the connection each time: the others
//! come in meanwhile as if it were not there, and it is not blamed for what a line or a disk did.

use std::time::Duration;

use nyckelbud::ticket::Kind;
use nyckelbud::worker::Told;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::inbox::raw;
use super::{Desk, intake, letter};
use crate::support::demo_desk;
use crate::support::said::Said;
use crate::support::wait::until;

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_mail_that_breaks_the_connection_each_time_does_not_delay_the_others() {
    let said = Said::listen();
    let mut desk = Desk::new().await;
    desk.settings.poll = Duration::from_millis(20);
    {
        let mut held = desk.shelf();
        held.mails =
            (1..=20).map(|n| raw(&format!("{n:02}"), &letter(&n.to_string(), None, "Hej"))).collect();
        held.breaks_at = Some("01".to_owned());
    }
    let (stop, (told, mut heard)) = (CancellationToken::new(), mpsc::unbounded_channel());
    let intake = intake(&desk.shelf, &desk.settings, &desk.parts);
    let running = tokio::spawn(intake.run(stop.clone(), move |how: Told| {
        let _ = told.send(how);
    }));

    until("the other mails of its page are filed", PATIENCE, || {
        (desk.shelf().mails.len() == 1).then_some(())
    })
    .await;
    // It has broken two connections: from now on it rests, and the mailbox is looked through as ever.
    let tries = |desk: &Desk| desk.shelf().fetched.iter().flatten().filter(|uid| *uid == "01").count();
    until("it rests", PATIENCE, || (tries(&desk) == 2).then_some(())).await;
    for n in 30..40 {
        desk.shelf().mails.push(raw(&n.to_string(), &letter(&n.to_string(), None, "Hej")));
        until("a new mail is filed", PATIENCE, || (desk.shelf().mails.len() == 1).then_some(())).await;
    }
    assert_eq!(tries(&desk), 2, "nobody waited for it");
    let told = said.lines("it is tried again after a pause");
    assert_eq!(told.len(), 1, "once, and not with each break: {told:?}");
    assert_eq!(desk.tickets().await.len(), 29);

    desk.shelf().breaks_at = None;
    stop.cancel();
    running.await.unwrap();
    let mut full_rounds = 0;
    while let Some(how) = heard.recv().await {
        full_rounds += usize::from(how == Told::FullRound);
    }
    assert!(full_rounds >= 10, "{full_rounds}");
}

#[tokio::test]
async fn a_line_that_breaks_again_and_again_makes_no_mail_look_dangerous() {
    let mut desk = Desk::new().await;
    desk.shelf().mails = vec![raw("1", &demo_desk::mail("sms-registered-phone"))];
    desk.shelf().breaks_at = Some("1".to_owned());
    // More often than a mail may stop the program, by programs that remember nothing of each other.
    for _ in 0..6 {
        desk.intake.drain().await.expect_err("the line breaks");
        desk.restart();
    }
    desk.shelf().breaks_at = None;
    desk.drain().await;
    let tickets = desk.tickets().await;
    assert_eq!(tickets.iter().map(|view| view.ticket.kind).collect::<Vec<_>>(), [Kind::Password]);
}

#[tokio::test]
async fn a_store_that_has_no_room_for_a_mail_makes_it_look_no_more_dangerous() {
    let mut desk = Desk::new().await;
    desk.shelf().mails = vec![raw("1", &demo_desk::mail("sms-registered-phone"))];
    let file = SqliteConnectOptions::new().filename(desk.folder.path().join("var/nyckelbud.db"));
    let mut database = file.connect().await.expect("the database");
    let full = "CREATE TRIGGER full BEFORE INSERT ON mail BEGIN SELECT RAISE(ABORT, 'no room'); END";
    sqlx::raw_sql(full).execute(&mut database).await.expect("a trigger");
    for _ in 0..6 {
        desk.intake.drain().await.expect_err("it is not kept");
    }
    sqlx::raw_sql("DROP TRIGGER full").execute(&mut database).await.expect("room");
    desk.drain().await;
    let tickets = desk.tickets().await;
    assert_eq!(tickets.iter().map(|view| view.ticket.kind).collect::<Vec<_>>(), [Kind::Password]);
}
