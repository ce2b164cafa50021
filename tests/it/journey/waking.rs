//! IDLE: a mail is found when it comes, not when the next full look is due.

use std::time::{Duration, Instant};

use super::{HANDLED, annas_request, lines};
use crate::support::daemon::{Daemon, PATIENCE};
use crate::support::dovecot::Dovecot;
use crate::support::wait::until;

/// A full look is due every ten minutes only.
const SOON: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_comes_while_idling_is_handled_within_seconds() {
    let mailbox = Dovecot::start();
    let program = Daemon::started(&[lines::imap(&mailbox), lines::spools()].concat()).await;
    for mail in 1..=2 {
        until("the program idles", PATIENCE, || mailbox.is_idling().then_some(())).await;
        assert_eq!(mailbox.files(HANDLED).len(), mail - 1);
        let delivered = Instant::now();
        mailbox.deliver(&format!("{mail}.a"), &annas_request(&format!("mail-{mail}")));
        until("the mail is handled", SOON, || (mailbox.files(HANDLED).len() == mail).then_some(())).await;
        assert!(delivered.elapsed() < SOON);
    }
    assert_eq!(program.settled(2).await.len(), 2);
}
