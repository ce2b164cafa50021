//! What the desk knows of a real mailbox, and what it finds there that it does not know.

use std::time::{Duration, SystemTime};

use nyckelbud::mailbox::Mailbox;
use nyckelbud::mailbox::imap::ImapMailbox;
use serde_json::Value;

use super::{HANDLED, annas_request, lines, ticket_of};
use crate::support::daemon::{Daemon, PATIENCE};
use crate::support::dovecot::{Dovecot, USER};
use crate::support::letters::chatter;
use crate::support::program::{ended, on_desk};
use crate::support::wait::until;

/// What `reconcile --json` says beside the running desk, ending with `status`.
fn reconcile(program: &Daemon, status: i32) -> Vec<Value> {
    ended(&mut on_desk(program.folder(), ["reconcile", "--json"])).expect(status).objects()
}

/// Waits until the mails' move is noted.
async fn all_by_place(program: &Daemon, mails: usize) {
    until("every place is known", PATIENCE, || {
        let said = reconcile(program, 0);
        (said[0]["folders"][1]["by_place"] == mails).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_was_smuggled_past_the_desk_is_named_and_comes_to_a_technician() {
    let mailbox = Dovecot::start();
    let mut program = Daemon::started(&[lines::imap(&mailbox), lines::spools()].concat()).await;
    mailbox.deliver("1.a", &annas_request("one"));
    mailbox.deliver("2.a", &chatter("two", 100));
    program.settled(2).await;
    all_by_place(&program, 2).await;

    let long_ago = SystemTime::now() - Duration::from_secs(3600);
    mailbox.lay(HANDLED, "3.a", &annas_request("smuggled"), long_ago);
    let said = reconcile(&program, 1);
    assert_eq!((&said[0]["type"], &said[0]["folder"]), (&"unknown".into(), &"handled".into()));
    assert_eq!(said[0]["message_id"], "smuggled@kommun.example");

    program.kill();
    program.start().await;
    let tickets = program.settled(3).await;
    let ticket = ticket_of(&tickets, "smuggled");
    assert_eq!((&ticket["outcome"], &ticket["reason"]), (&"technician".into(), &"store-restored".into()));
    assert_eq!(program.texts(1).await.len(), 1, "nothing was done with it");
    all_by_place(&program, 3).await;
    assert_eq!(mailbox.files(HANDLED).len(), 3, "it stays where it lies");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_desk_before_a_full_mailbox_takes_only_what_comes() {
    let mailbox = Dovecot::start();
    mailbox.fill(50_000, &annas_request("old"));
    // The server makes its index of them.
    ImapMailbox::new(mailbox.settings()).unwrap().open().await.unwrap();
    let imap = lines::imap(&mailbox).replace("start = \"all\"", "start = \"now\"");
    let program = Daemon::started(&[imap, lines::spools()].concat()).await;
    until("the program idles", PATIENCE, || mailbox.is_idling().then_some(())).await;
    assert_eq!(program.tickets().len(), 0);
    mailbox.deliver("1.new", &annas_request("new"));
    let tickets = program.settled(1).await;
    assert_eq!((tickets.len(), &ticket_of(&tickets, "new")["outcome"]), (1, &"sms".into()));
    assert_eq!(program.texts(1).await.len(), 1, "nobody of long ago is answered");
    all_by_place(&program, 1).await;
    let said = reconcile(&program, 0);
    assert_eq!(said[0]["folders"][0]["before"], 50_000, "{said:#?}");
    assert_eq!(mailbox.files("").len(), 50_000, "they lie where they lay");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mailbox_that_counts_anew_doubles_nothing() {
    let mailbox = Dovecot::start();
    let mut program = Daemon::started(&[lines::imap(&mailbox), lines::spools()].concat()).await;
    for n in 0..5 {
        mailbox.deliver(&format!("{n}.a"), &chatter(&n.to_string(), 100));
    }
    program.settled(5).await;
    all_by_place(&program, 5).await;
    program.kill();
    until("nobody is signed in", PATIENCE, || (!mailbox.has_session(USER)).then_some(())).await;
    // Its memory of UIDs is lost: every folder counts anew, from another UIDVALIDITY.
    for folder in ["", HANDLED] {
        mailbox.forget_uids(folder);
    }
    program.start().await;
    all_by_place(&program, 5).await;
    mailbox.deliver("6.a", &chatter("6", 100));
    assert_eq!(program.settled(6).await.len(), 6);
}
