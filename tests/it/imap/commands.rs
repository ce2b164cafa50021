//! Only a tagged OK is success: refusals, ends of stream and nonsense are errors, and none of them
//! shows a mail.

use std::time::Duration;

use nyckelbud::mailbox::imap::{ImapMailbox, Timeouts};
use nyckelbud::mailbox::{Mailbox, MailboxError, Woken, channel};
use tokio::time::timeout;

use super::{fetch_all, uids};
use crate::support::scripted_imap::{ScriptedServer, USUAL, fetched, short};

const MAIL: &str = "Subject: lön\r\n\r\nring 070-174 06 05\r\n";

#[tokio::test]
async fn a_throttled_fetch_is_not_an_empty_mailbox() {
    let all = ["UID FETCH 1:2 ", "UID FETCH 1 ", "UID FETCH 2 "];
    // The first says that it is about the moment and not about a mail: nothing more is asked.
    for (refusal, asked) in [("NO [UNAVAILABLE] throttled", 1), ("NO throttled", 3), ("BAD throttled", 3)] {
        let server = ScriptedServer::start(move |mut client| async move {
            client.open(USUAL).await;
            for command in &all[..asked] {
                let tag = client.expect(command).await;
                client.say(&format!("{tag} {refusal}")).await;
            }
            assert_eq!(client.line().await, "", "nothing follows");
        })
        .await;
        let mut mailbox = server.mailbox();
        mailbox.open().await.unwrap();
        let (mails, ended) = fetch_all(&mut mailbox, &uids(&[1, 2])).await;
        assert!(mails.is_empty());
        let error = ended.unwrap_err();
        assert!(matches!(&error, MailboxError::Refused { command: "UID FETCH", .. }), "{error}");
        assert!(error.to_string().contains("throttled"), "{error}");
        drop(mailbox);
        server.finished().await;
    }
}

#[tokio::test]
async fn a_mail_that_the_server_cannot_give_does_not_hold_up_the_others() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        let tag = client.expect("UID FETCH 1:3 ").await;
        client.send(fetched(1, MAIL).as_bytes()).await;
        client.say(&format!("{tag} NO Server Unavailable. 15")).await;
        let tag = client.expect("UID FETCH 2 ").await;
        client.say(&format!("{tag} NO Server Unavailable. 15")).await;
        let tag = client.expect("UID FETCH 3 ").await;
        client.send(fetched(3, MAIL).as_bytes()).await;
        client.say(&format!("{tag} OK done")).await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    let (mails, ended) = fetch_all(&mut mailbox, &uids(&[1, 2, 3])).await;
    ended.unwrap();
    assert_eq!(mails.iter().map(|mail| mail.uid.as_str()).collect::<Vec<_>>(), ["1", "3"]);
    server.finished().await;
}

#[tokio::test]
async fn a_refused_search_is_not_an_empty_mailbox() {
    for refusal in ["NO [UNAVAILABLE] throttled", "BAD Command Argument Error. 11"] {
        let server = ScriptedServer::start(move |mut client| async move {
            client.open(USUAL).await;
            client.answer("NOOP", "").await;
            let tag = client.expect("UID SEARCH ALL").await;
            client.say(&format!("{tag} {refusal}")).await;
        })
        .await;
        let mut mailbox = server.mailbox();
        mailbox.open().await.unwrap();
        let error = mailbox.list(None).await.unwrap_err();
        assert!(matches!(error, MailboxError::Refused { command: "UID SEARCH", .. }), "{error}");
        server.finished().await;
    }
}

#[tokio::test]
async fn a_connection_lost_in_a_mail_is_an_error_and_keeps_what_came_whole() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        client.expect("UID FETCH 1:3 ").await;
        client.send(fetched(1, MAIL).as_bytes()).await;
        client.send(&fetched(2, MAIL).as_bytes()[..90]).await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    let (mails, ended) = fetch_all(&mut mailbox, &uids(&[1, 2, 3])).await;
    assert_eq!(mails.iter().map(|mail| mail.uid.as_str()).collect::<Vec<_>>(), ["1"]);
    assert_eq!(mails[0].bytes, MAIL.as_bytes());
    assert!(matches!(ended, Err(MailboxError::Lost { command: "UID FETCH", .. })), "{ended:?}");
    server.finished().await;
}

#[tokio::test]
async fn a_connection_lost_between_mails_is_an_error() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        client.expect("UID FETCH 1:3 ").await;
        client.send(fetched(1, MAIL).as_bytes()).await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    let (mails, ended) = fetch_all(&mut mailbox, &uids(&[1, 2, 3])).await;
    assert_eq!(mails.len(), 1);
    assert!(matches!(ended, Err(MailboxError::Lost { .. })), "{ended:?}");
    server.finished().await;
}

#[tokio::test]
async fn a_goodbye_is_an_error_that_says_why() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        client.expect("NOOP").await;
        client.say("* BYE maintenance").await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    let error = mailbox.list(None).await.unwrap_err();
    assert!(matches!(&error, MailboxError::Lost { cause, .. } if cause.contains("maintenance")), "{error}");
    server.finished().await;
}

#[tokio::test]
async fn a_line_that_cannot_be_parsed_is_an_error_without_the_mail_in_it() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        client.expect("UID FETCH 1 ").await;
        let nonsense = format!("* 1 FETCH (UID 1 BODY[]<0> \"{}\" ((\r\n", MAIL.replace("\r\n", " "));
        client.send(nonsense.as_bytes()).await;
        client.gone().await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    let (_, ended) = fetch_all(&mut mailbox, &uids(&[1])).await;
    let error = ended.unwrap_err();
    assert!(matches!(error, MailboxError::Lost { .. }), "{error}");
    for shown in [error.to_string(), format!("{error:?}")] {
        assert!(!shown.contains("070") && !shown.contains("Subject"), "{shown}");
    }
    drop(mailbox);
    server.finished().await;
}

#[tokio::test]
async fn a_fetch_that_nobody_takes_leaves_nothing_for_the_next_one() {
    let server = ScriptedServer::start_twice(
        |mut client| async move {
            client.open(USUAL).await;
            let tag = client.expect("UID FETCH 1:3 ").await;
            for uid in 1..=3 {
                client.send(fetched(uid, MAIL).as_bytes()).await;
            }
            client.say(&format!("{tag} OK done")).await;
            client.gone().await;
        },
        |mut client| async move {
            client.open(USUAL).await;
            let tag = client.expect("UID FETCH 500 ").await;
            client.send(fetched(500, MAIL).as_bytes()).await;
            client.say(&format!("{tag} OK done")).await;
        },
    )
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    let (to, from) = channel();
    drop(from);
    mailbox.fetch(&uids(&[1, 2, 3]), to).await.unwrap();
    let error = mailbox.list(None).await.unwrap_err();
    assert!(matches!(error, MailboxError::Lost { .. }), "the connection is closed: {error}");
    mailbox.open().await.unwrap();
    let (mails, ended) = fetch_all(&mut mailbox, &uids(&[500])).await;
    ended.unwrap();
    assert_eq!(mails.iter().map(|mail| mail.uid.as_str()).collect::<Vec<_>>(), ["500"]);
    server.finished().await;
}

#[tokio::test]
async fn a_call_that_is_given_up_leaves_no_connection_behind() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        client.expect("NOOP").await;
        client.gone().await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    assert!(timeout(Duration::from_millis(50), mailbox.list(None)).await.is_err());
    let error = mailbox.list(None).await.unwrap_err();
    assert!(matches!(error, MailboxError::Lost { .. }), "{error}");
    server.finished().await;
}

#[tokio::test]
async fn changes_by_other_people_during_a_fetch_are_not_mails() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        let tag = client.expect("UID FETCH 2 ").await;
        // More than async-imap's own queue keeps.
        for _ in 0..150 {
            client.say("* 1 FETCH (UID 1 FLAGS (\\Seen))").await;
        }
        client.say("* 4 EXISTS").await;
        client.send(fetched(1, MAIL).as_bytes()).await;
        client.send(fetched(2, MAIL).as_bytes()).await;
        client.say(&format!("* 3 EXPUNGE\n{tag} OK done")).await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    let (mails, ended) = fetch_all(&mut mailbox, &uids(&[2])).await;
    ended.unwrap();
    assert_eq!(mails.iter().map(|mail| mail.uid.as_str()).collect::<Vec<_>>(), ["2"]);
    let woken = mailbox.wait(Duration::from_secs(60)).await;
    assert_eq!(woken, Ok(Woken::ByMail), "the arrival among them is not forgotten");
    server.finished().await;
}

#[tokio::test]
async fn mails_that_vanish_during_a_fetch_are_left_out() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        let tag = client.expect("UID FETCH 1:2 ").await;
        client.send(fetched(2, MAIL).as_bytes()).await;
        client.say(&format!("{tag} NO [EXPUNGEISSUED] some are gone")).await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    let (mails, ended) = fetch_all(&mut mailbox, &uids(&[1, 2])).await;
    ended.unwrap();
    assert_eq!(mails.len(), 1);
    server.finished().await;
}

#[tokio::test]
async fn an_answer_to_another_command_is_an_error() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        client.expect("NOOP").await;
        client.say("X999 OK done").await;
        client.gone().await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    let error = mailbox.list(None).await.unwrap_err();
    assert!(matches!(error, MailboxError::Lost { .. }), "{error}");
    drop(mailbox);
    server.finished().await;
}

#[tokio::test]
async fn an_answer_without_end_costs_bounded_memory() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        client.expect("UID FETCH 1 ").await;
        client.send(b"* 1 FETCH (UID 1 BODY[]<0> {400000000}\r\n").await;
        let piece = vec![b'a'; 1024 * 1024];
        for _ in 0..400 {
            client.send(&piece).await;
        }
        client.gone().await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    let (mails, ended) = fetch_all(&mut mailbox, &uids(&[1])).await;
    assert!(mails.is_empty());
    assert!(
        matches!(&ended, Err(MailboxError::Lost { cause, .. }) if cause.contains("too large")),
        "{ended:?}"
    );
    drop(mailbox);
    server.finished().await;
}

#[tokio::test]
async fn a_slow_taker_slows_the_server_down_instead_of_filling_the_memory() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        client.expect("UID FETCH 1:200 ").await;
        let mail = "x".repeat(1_000_000);
        for uid in 1..=200 {
            let sending = async { client.send(fetched(uid, &mail).as_bytes()).await };
            if timeout(Duration::from_millis(500), sending).await.is_err() {
                assert!(uid < 50, "{uid} MB were read though nobody takes them");
                return;
            }
        }
        panic!("all was read though nobody takes it");
    })
    .await;
    let mut settings = server.settings();
    settings.max_mail_size = 2_000_000;
    let mut mailbox = ImapMailbox::new(settings).unwrap().with_timeouts(short());
    mailbox.open().await.unwrap();
    let (to, _taker) = channel();
    let all = uids(&(1..=200).collect::<Vec<_>>());
    tokio::select! {
        ended = mailbox.fetch(&all, to) => panic!("it waits: {ended:?}"),
        () = server.finished() => {}
    }
}

#[tokio::test]
async fn a_server_that_never_answers_costs_bounded_time() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        client.gone().await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    let error = timeout(Duration::from_secs(10), mailbox.list(None)).await.unwrap().unwrap_err();
    assert_eq!(error, MailboxError::TimedOut { command: "NOOP", seconds: 1 });
    server.finished().await;
}

#[tokio::test]
async fn a_server_that_only_keeps_the_line_alive_costs_bounded_time() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        client.expect("NOOP").await;
        for _ in 0..100 {
            client.say("* OK Hang in there").await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
    let timeouts = Timeouts { command: Duration::from_millis(500), ..short() };
    let mut mailbox = ImapMailbox::new(server.settings()).unwrap().with_timeouts(timeouts);
    mailbox.open().await.unwrap();
    let error = timeout(Duration::from_secs(9), mailbox.list(None)).await.unwrap().unwrap_err();
    assert_eq!(error, MailboxError::TimedOut { command: "NOOP", seconds: 5 });
}

#[tokio::test]
async fn a_large_mail_on_a_slow_line_is_no_silence() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        let tag = client.expect("UID FETCH 1 ").await;
        // Longer in all than the limit on silence.
        for piece in fetched(1, MAIL).as_bytes().chunks(20) {
            client.send(piece).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        client.say(&format!("{tag} OK done")).await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    let (mails, ended) = fetch_all(&mut mailbox, &uids(&[1])).await;
    ended.unwrap();
    assert_eq!(mails.len(), 1);
    server.finished().await;
}
