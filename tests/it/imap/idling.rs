//! Idling is a hint that must neither hang, nor lie, nor go round and round.

use std::time::Duration;

use nyckelbud::mailbox::imap::{ImapMailbox, Timeouts};
use nyckelbud::mailbox::{Mailbox, MailboxError, Woken};
use tokio::time::{Instant, timeout};

use super::uids;
use crate::support::scripted_imap::{ScriptedServer, USUAL, short};

/// Longer than any test should take.
const LONG: Duration = Duration::from_secs(60);

async fn waited(mailbox: &mut ImapMailbox, limit: Duration) -> Result<Woken, MailboxError> {
    timeout(Duration::from_secs(20), mailbox.wait(limit)).await.expect("waiting ends")
}

#[tokio::test]
async fn a_new_mail_wakes_and_other_news_do_not() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        let tag = client.expect("IDLE").await;
        client.say("+ idling\n* OK still here\n* 1 FETCH (FLAGS (\\Seen))\n* 3 EXPUNGE\n* 2 EXISTS").await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        client.say("* 3 EXISTS").await;
        assert_eq!(client.line().await, "DONE");
        client.say(&format!("{tag} OK done")).await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    let started = Instant::now();
    assert_eq!(waited(&mut mailbox, LONG).await, Ok(Woken::ByMail));
    assert!(started.elapsed() >= Duration::from_millis(90), "only the EXISTS of a new mail wakes");
    server.finished().await;
}

#[tokio::test]
async fn a_mail_announced_before_idling_wakes_at_once_until_it_was_listed() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        client.answer("UID MOVE 1 ", "* 1 EXPUNGE\n* 3 EXISTS").await;
        client.answer("NOOP", "").await;
        client.answer("UID SEARCH ALL", "* SEARCH 2 3 4").await;
        let tag = client.expect("IDLE").await;
        client.say("+ idling").await;
        assert_eq!(client.line().await, "DONE");
        client.say(&format!("{tag} OK done")).await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    mailbox.file(nyckelbud::mailbox::Folder::Handled, &uids(&[1])).await.unwrap();
    assert_eq!(waited(&mut mailbox, LONG).await, Ok(Woken::ByMail));
    assert_eq!(mailbox.list(None).await.unwrap().len(), 3);
    assert_eq!(waited(&mut mailbox, Duration::from_millis(100)).await, Ok(Woken::ByTime));
    server.finished().await;
}

#[tokio::test]
async fn idling_is_renewed() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        for _ in 0..3 {
            let tag = client.expect("IDLE").await;
            client.say("+ idling").await;
            assert_eq!(client.line().await, "DONE");
            client.say(&format!("{tag} OK done")).await;
        }
        client.gone().await;
    })
    .await;
    let mut settings = server.settings();
    settings.idle_refresh = Duration::from_millis(100);
    let mut mailbox = ImapMailbox::new(settings).unwrap().with_timeouts(short());
    mailbox.open().await.unwrap();
    assert_eq!(waited(&mut mailbox, Duration::from_millis(250)).await, Ok(Woken::ByTime));
    drop(mailbox);
    server.finished().await;
}

#[tokio::test]
async fn a_refused_idle_falls_back_to_the_poll_and_keeps_the_connection() {
    for refusal in ["NO not now", "BAD what?", "OK already done"] {
        let server = ScriptedServer::start(move |mut client| async move {
            client.open(USUAL).await;
            let tag = client.expect("IDLE").await;
            client.say(&format!("{tag} {refusal}")).await;
            client.answer("NOOP", "").await;
            client.answer("UID SEARCH ALL", "* SEARCH").await;
        })
        .await;
        let mut mailbox = server.mailbox();
        mailbox.open().await.unwrap();
        assert_eq!(waited(&mut mailbox, Duration::from_millis(100)).await, Ok(Woken::ByTime));
        assert_eq!(mailbox.list(None).await, Ok(Vec::new()));
        server.finished().await;
    }
}

#[tokio::test]
async fn a_server_that_ends_every_idle_at_once_is_polled() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        let tag = client.expect("IDLE").await;
        client.say(&format!("+ idling\n{tag} OK enough")).await;
        assert_eq!(client.line().await, "", "it is not asked again");
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    assert_eq!(waited(&mut mailbox, Duration::from_millis(200)).await, Ok(Woken::ByTime));
    drop(mailbox);
    server.finished().await;
}

#[tokio::test]
async fn a_server_without_idle_is_polled() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open("IMAP4rev1 MOVE").await;
        assert_eq!(client.line().await, "", "nothing is said while waiting");
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    assert_eq!(waited(&mut mailbox, Duration::from_millis(100)).await, Ok(Woken::ByTime));
    drop(mailbox);
    server.finished().await;
}

#[tokio::test]
async fn a_server_that_closes_while_we_idle_is_an_error_and_not_a_quiet_mailbox() {
    for last_words in ["* OK still here", "* BYE shutting down"] {
        let server = ScriptedServer::start(move |mut client| async move {
            client.open(USUAL).await;
            client.expect("IDLE").await;
            client.say(&format!("+ idling\n{last_words}")).await;
        })
        .await;
        let mut mailbox = server.mailbox();
        mailbox.open().await.unwrap();
        let error = waited(&mut mailbox, LONG).await.unwrap_err();
        assert!(matches!(error, MailboxError::Lost { command: "IDLE", .. }), "{error}");
        server.finished().await;
    }
}

#[tokio::test]
async fn the_end_of_idling_is_bounded() {
    for talks in [false, true] {
        let server = ScriptedServer::start(move |mut client| async move {
            client.open(USUAL).await;
            client.expect("IDLE").await;
            client.say("+ idling\n* 4 EXISTS").await;
            while talks && client.try_send(b"* OK still here\r\n").await {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            client.gone().await;
        })
        .await;
        // The end has a limit of its own, shorter than that of a command.
        let timeouts = Timeouts { command: LONG, ..short() };
        let mut mailbox = ImapMailbox::new(server.settings()).unwrap().with_timeouts(timeouts);
        mailbox.open().await.unwrap();
        let error = waited(&mut mailbox, LONG).await.unwrap_err();
        assert_eq!(error, MailboxError::TimedOut { command: "DONE", seconds: 1 });
        server.finished().await;
    }
}

#[tokio::test]
async fn a_server_that_does_not_stop_talking_while_we_idle_is_left() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        client.expect("IDLE").await;
        client.say("+ idling").await;
        let talk = "* OK still here\r\n".repeat(1000);
        while client.try_send(talk.as_bytes()).await {}
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    let error = timeout(LONG, mailbox.wait(2 * LONG)).await.expect("it is left").unwrap_err();
    assert!(error.to_string().contains("does not stop talking"), "{error}");
    server.finished().await;
}

#[tokio::test]
async fn a_server_that_never_confirms_idling_costs_bounded_time() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        client.expect("IDLE").await;
        client.gone().await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    let error = waited(&mut mailbox, LONG).await.unwrap_err();
    assert_eq!(error, MailboxError::TimedOut { command: "IDLE", seconds: 1 });
    server.finished().await;
}

#[tokio::test]
async fn a_quiet_folder_is_no_silent_server() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        let tag = client.expect("IDLE").await;
        client.say("+ idling").await;
        assert_eq!(client.line().await, "DONE");
        client.say(&format!("{tag} OK done")).await;
        client.gone().await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    // Longer than a command may be silent.
    let limit = short().command + Duration::from_millis(500);
    assert_eq!(waited(&mut mailbox, limit).await, Ok(Woken::ByTime));
    drop(mailbox);
    server.finished().await;
}
