//! A database that cannot be written: the mails stay where they are until it can.

use super::{HANDLED, annas_request, lines, ticket_of};
use crate::support::daemon::{Daemon, PATIENCE};
use crate::support::dovecot::Dovecot;
use crate::support::letters::chatter;
use crate::support::wait::until;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_disk_is_full_the_mails_stay_in_the_inbox() {
    let mailbox = Dovecot::start();
    let program = Daemon::started(&[lines::imap(&mailbox), lines::spools()].concat()).await;
    until("the program idles", PATIENCE, || mailbox.is_idling().then_some(())).await;

    program.fill_the_disk(true);
    let before = program.log().len();
    mailbox.deliver("1.a", &annas_request("one"));
    mailbox.deliver("2.a", &chatter("two", 20_000));
    until("the log says that the mails stay", PATIENCE, || {
        program.log()[before..].contains("no mail is lost, it stays in the inbox").then_some(())
    })
    .await;
    assert_eq!((mailbox.files("").len(), mailbox.files(HANDLED).len()), (2, 0));
    assert!(program.tickets().is_empty());

    program.fill_the_disk(false);
    let tickets = program.settled(2).await;
    assert_eq!(tickets.len(), 2);
    assert_eq!(ticket_of(&tickets, "one")["outcome"], "sms");
    assert_eq!(program.texts(1).await.len(), 1, "one text");
    until("the mails are in the handled folder", PATIENCE, || {
        (mailbox.files("").is_empty() && mailbox.files(HANDLED).len() == 2).then_some(())
    })
    .await;
}
