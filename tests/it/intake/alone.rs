//! A mail that the server never hands over, and whose fetch breaks the connection each time: the others
//! come in meanwhile as if it were not there.

use std::time::Duration;

use nyckelbud::worker::Told;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::inbox::raw;
use super::{Desk, intake, letter};
use crate::support::wait::until;

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_breaks_the_connection_each_time_does_not_delay_the_others() {
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
