//! A server that behaves like Exchange Online: what it can do and cannot, how it answers, and how it
//! asks to be left alone.

use std::time::Duration;

use nyckelbud::mailbox::{Folder, Mailbox, MailboxError, Woken};

use super::{fetch_all, uids};
use crate::support::scripted_imap::{Dialogue, ScriptedServer};

const BEFORE: &str = "* CAPABILITY IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS ID UNSELECT \
    CHILDREN IDLE NAMESPACE LITERAL+";
const AFTER: &str = "* CAPABILITY IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT \
    CLIENTACCESSRULES CLIENTNETWORKPRESENCELOCATION BACKENDAUTHENTICATE CHILDREN IDLE NAMESPACE LITERAL+";
const SELECTED: &str = "* 3 EXISTS\n* 0 RECENT\n* FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent)\n\
    * OK [PERMANENTFLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent)] Permanent flags\n\
    * OK [UNSEEN 1] Is the first unseen message\n* OK [UIDVALIDITY 14] UIDVALIDITY value\n\
    * OK [UIDNEXT 715] The next unique identifier value";

/// Up to the selected inbox.
async fn open(client: &mut Dialogue) {
    client.say("* OK The Microsoft Exchange IMAP4 service is ready. [TABPADIAUAAxADIAMwBDAEEA]").await;
    client.answer("CAPABILITY", BEFORE).await;
    let tag = client.expect("AUTHENTICATE PLAIN").await;
    client.say("+ ").await;
    client.line().await;
    client.say(&format!("{tag} OK AUTHENTICATE completed.")).await;
    client.answer("CAPABILITY", AFTER).await;
    client.answer("LIST \"\" \"\"", "* LIST (\\Noselect \\HasChildren) \"/\" \"\"").await;
    client.answer("LIST", "* LIST (\\HasNoChildren) \"/\" Nyckelbud/Hanterade").await;
    client.answer("LIST", "* LIST (\\HasNoChildren) \"/\" \"Nyckelbud/Karant&AOQ-n\"").await;
    client.answer("SELECT", SELECTED).await;
}

/// A mail as Exchange gives it: items in its own order, and a size that it only estimates.
fn fetched(number: u32, uid: u32, mail: &str) -> String {
    format!(
        "* {number} FETCH (BODY[]<0> {{{}}}\r\n{mail} FLAGS (\\Seen) UID {uid} RFC822.SIZE {} \
         INTERNALDATE \"24-Nov-2026 10:14:05 +0000\")\r\n",
        mail.len(),
        mail.len() * 4 / 3 + 713,
    )
}

#[tokio::test]
async fn mails_come_whole_in_whatever_order_and_size_exchange_tells_them() {
    let server = ScriptedServer::start(|mut client| async move {
        open(&mut client).await;
        client.answer("NOOP", "").await;
        client.answer("UID SEARCH ALL", "* SEARCH 714 12 99").await;
        let tag = client.expect("UID FETCH 12,99,714 ").await;
        for (number, uid) in [(3, 714), (1, 12), (2, 99)] {
            client.send(fetched(number, uid, &format!("Subject: {uid}\r\n\r\n")).as_bytes()).await;
        }
        client.say(&format!("{tag} OK FETCH completed.")).await;
        client
            .answer(
                "UID MOVE 12,99,714 ",
                "* OK [COPYUID 31 12,99,714 4:6]\n* 1 EXPUNGE\n* 1 EXPUNGE\n* 1 EXPUNGE\n* 0 EXISTS",
            )
            .await;
    })
    .await;
    let mut mailbox = server.mailbox();
    assert_eq!(mailbox.open().await.unwrap().validity, 14);
    let listed = mailbox.list(None).await.unwrap();
    assert_eq!(listed, uids(&[12, 99, 714]), "oldest first");
    let (mails, ended) = fetch_all(&mut mailbox, &listed).await;
    ended.unwrap();
    assert_eq!(mails.len(), 3);
    for mail in mails {
        assert_eq!(mail.bytes, format!("Subject: {}\r\n\r\n", mail.uid.as_str()).into_bytes());
        assert!(!mail.truncated && mail.received_at.is_some(), "an estimated size is no proof: {mail:?}");
    }
    mailbox.file(Folder::Handled, &listed).await.unwrap();
    server.finished().await;
}

#[tokio::test]
async fn nothing_is_asked_for_that_exchange_does_not_have() {
    // No CONDSTORE, no keyword, no extended search, no UTF-8: open, list, fetch, file and wait with
    // commands of RFC 3501, UIDPLUS and MOVE.
    let server = ScriptedServer::start(|mut client| async move {
        open(&mut client).await;
        client.answer("NOOP", "").await;
        let tag = client.expect("UID SEARCH ").await;
        client.say(&format!("* SEARCH 12\n{tag} OK SEARCH completed.")).await;
        let line = client.line().await;
        let (tag, command) = line.split_once(' ').unwrap();
        assert_eq!(command, "UID FETCH 12 (UID INTERNALDATE RFC822.SIZE BODY.PEEK[]<0.1000>)");
        client.send(fetched(1, 12, "Subject: 12\r\n\r\n").as_bytes()).await;
        client.say(&format!("{tag} OK FETCH completed.")).await;
        let line = client.line().await;
        assert!(line.ends_with(" UID MOVE 12 \"Nyckelbud/Hanterade\""), "{line}");
        client.say(&format!("{} OK MOVE completed.", line.split(' ').next().unwrap())).await;
        let line = client.line().await;
        assert!(line.ends_with(" IDLE"), "{line}");
        client.say("+ IDLE accepted, awaiting DONE command.\n* 4 EXISTS").await;
        assert_eq!(client.line().await, "DONE");
        client.say(&format!("{} OK IDLE completed.", line.split(' ').next().unwrap())).await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    let listed = mailbox.list(None).await.unwrap();
    fetch_all(&mut mailbox, &listed).await.1.unwrap();
    mailbox.file(Folder::Handled, &listed).await.unwrap();
    assert_eq!(mailbox.wait(Duration::from_secs(60)).await, Ok(Woken::ByMail));
    server.finished().await;
}

#[tokio::test]
async fn a_throttled_command_says_how_long_to_wait_and_nothing_more_is_asked() {
    for refusal in ["NO", "BAD"] {
        let server = ScriptedServer::start(move |mut client| async move {
            open(&mut client).await;
            let tag = client.expect("UID FETCH 1:2 ").await;
            client
                .say(&format!(
                    "{tag} {refusal} Request is throttled. Suggested Backoff Time: 299910 milliseconds"
                ))
                .await;
            client.say("* BYE Connection closed. 14").await;
            assert_eq!(client.line().await, "", "it is left alone");
        })
        .await;
        let mut mailbox = server.mailbox();
        mailbox.open().await.unwrap();
        let (_, ended) = fetch_all(&mut mailbox, &uids(&[1, 2])).await;
        let Err(MailboxError::Busy { command: "UID FETCH", pause, .. }) = ended else { panic!("{ended:?}") };
        assert_eq!(pause, Duration::from_millis(299_910));
        server.finished().await;
    }
}

#[tokio::test]
async fn a_throttled_sign_in_is_no_wrong_password() {
    let server = ScriptedServer::start(|mut client| async move {
        client.say("* OK ready").await;
        client.answer("CAPABILITY", "* CAPABILITY IMAP4rev1").await;
        let tag = client.expect("LOGIN").await;
        client
            .say(&format!("{tag} BAD Request is throttled. Suggested Backoff Time: 60000 milliseconds"))
            .await;
    })
    .await;
    let error = server.mailbox().open().await.unwrap_err();
    assert!(matches!(error, MailboxError::Busy { command: "LOGIN", .. }), "{error}");
    server.finished().await;
}

#[tokio::test]
async fn the_end_of_a_token_or_of_a_long_idle_is_an_error_that_a_new_connection_mends() {
    for last_words in ["* BYE Session invalidated - AccessTokenExpired", "* BYE Connection is closed. 13"] {
        let server = ScriptedServer::start_twice(
            move |mut client| async move {
                open(&mut client).await;
                client.expect("IDLE").await;
                client.say(&format!("+ IDLE accepted, awaiting DONE command.\n{last_words}")).await;
            },
            |mut client| async move {
                open(&mut client).await;
                client.answer("NOOP", "").await;
                client.answer("UID SEARCH ALL", "* SEARCH").await;
            },
        )
        .await;
        let mut mailbox = server.mailbox();
        mailbox.open().await.unwrap();
        let error = mailbox.wait(Duration::from_secs(60)).await.unwrap_err();
        assert!(matches!(&error, MailboxError::Lost { command: "IDLE", .. }), "{error}");
        assert!(error.to_string().contains(&last_words[6..]), "{error}");
        mailbox.open().await.unwrap();
        assert_eq!(mailbox.list(None).await, Ok(Vec::new()));
        server.finished().await;
    }
}
