//! SIGTERM: the running step ends, the exit is clean and in time, and after the next start nothing
//! is lost or doubled.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::elks::receipt_posted;
use super::{ANNA, annas_request, lines, password_in, ticket_of};
use crate::support::daemon::{Daemon, PATIENCE};
use crate::support::demo_desk;
use crate::support::dovecot::Dovecot;
use crate::support::elks::{Elks, Reply};
use crate::support::wait::until;

/// How long a stop may take.
const IN_TIME: Duration = Duration::from_secs(20);

fn ends_cleanly(program: &mut Daemon) {
    let (status, took) = program.ended();
    assert_eq!(status, Some(0), "the exit status");
    assert!(took < IN_TIME, "it took {took:?}");
}

fn deliver(program: &Daemon, id: &str) {
    let raw = annas_request(id).replace('\n', "\r\n");
    demo_desk::deliver_raw(program.folder(), &format!("{id}.a"), raw.as_bytes());
}

/// Waits until the gateway has been asked for a text; its words.
async fn words_at(gateway: &Elks) -> String {
    let asked = until("a text is at the gateway", PATIENCE, || gateway.texts().into_iter().next()).await;
    asked.form["message"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_while_idling_is_clean_and_the_next_start_goes_on() {
    let mailbox = Dovecot::start();
    let mut program = Daemon::started(&[lines::imap(&mailbox), lines::spools()].concat()).await;
    until("the program idles", PATIENCE, || mailbox.is_idling().then_some(())).await;
    program.terminate();
    ends_cleanly(&mut program);
    assert!(program.log().contains("stopped cleanly"));

    mailbox.deliver("1.a", &annas_request("one"));
    program.start().await;
    assert_eq!(ticket_of(&program.settled(1).await, "one")["outcome"], "sms");
    program.terminate();
    ends_cleanly(&mut program);
    program.start().await;
    assert_eq!(program.settled(1).await.len(), 1);
    assert_eq!(program.texts(1).await.len(), 1, "one text");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_that_is_under_way_when_the_stop_comes_is_not_sent_again() {
    let gate = Arc::new(Semaphore::new(0));
    let gateway = Elks::start(Reply::Held { gate: Arc::clone(&gate), status: "created" }).await;
    let config = [lines::MAILDIR, &lines::elks(&gateway, "elks"), lines::MAIL_SPOOL].concat();
    let mut program = Daemon::started(&config).await;
    deliver(&program, "one");
    let words = words_at(&gateway).await;
    program.terminate();
    until("the stop is heard", PATIENCE, || program.log().contains("stopping: no new work").then_some(()))
        .await;
    gate.add_permits(Semaphore::MAX_PERMITS / 2);
    ends_cleanly(&mut program);

    let asked = gateway.texts();
    program.start().await;
    receipt_posted(&program, &asked[0], "delivered").await;
    let tickets = program.tickets_when("resolved", |t| t.len() == 1 && t[0]["state"] == "resolved").await;
    assert_eq!(ticket_of(&tickets, "one")["outcome"], "sms");
    assert_eq!(gateway.texts().len(), 1, "one text");
    assert!(program.opens(ANNA, &password_in(&words)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_does_not_wait_for_a_gateway_that_stays_silent() {
    let gateway = Elks::start(Reply::Silent).await;
    let config = [lines::MAILDIR, &lines::elks(&gateway, "elks"), lines::MAIL_SPOOL].concat();
    let mut program = Daemon::started(&config).await;
    deliver(&program, "one");
    let words = words_at(&gateway).await;
    program.terminate();
    ends_cleanly(&mut program);

    program.start().await;
    // Nobody has answered, but the text had left: its receipt still finds its ticket.
    receipt_posted(&program, &gateway.texts()[0], "delivered").await;
    let tickets = program.tickets_when("resolved", |t| t.len() == 1 && t[0]["state"] == "resolved").await;
    assert_eq!(ticket_of(&tickets, "one")["outcome"], "sms");
    assert_eq!(gateway.texts().len(), 1, "one text");
    assert!(program.opens(ANNA, &password_in(&words)));
}
