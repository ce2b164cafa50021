//! Servers that announce MOVE and refuse it, folders that are gone or full, mails that do not go: a
//! mail stays where it is, or is copied once and then removed; never both lost and never copied for ever.

use nyckelbud::mailbox::imap::ImapMailbox;
use nyckelbud::mailbox::{Folder, Mailbox, MailboxError};

use super::{places, uids};
use crate::support::scripted_imap::{Dialogue, ScriptedServer, USUAL};

/// Plays a server that says `answer` to one command.
async fn refuse(client: &mut Dialogue, command: &str, answer: &str) {
    let tag = client.expect(command).await;
    client.say(&format!("{tag} {answer}")).await;
}

async fn removed(client: &mut Dialogue, set: &str) {
    client.answer(&format!("UID STORE {set} +FLAGS.SILENT (\\Deleted)"), "").await;
    client.answer(&format!("UID EXPUNGE {set}"), "").await;
}

async fn opened(server: &ScriptedServer) -> ImapMailbox {
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    mailbox
}

#[tokio::test]
async fn a_refused_move_becomes_a_copy_and_only_our_own_mails_are_expunged() {
    for refusal in ["NO Server error - unique id not found", "BAD Command unknown: MOVE"] {
        let server = ScriptedServer::start(move |mut client| async move {
            client.open(USUAL).await;
            refuse(&mut client, "UID MOVE 1,3 ", refusal).await;
            client.answer("UID COPY 1,3 ", "* OK [COPYUID 7 1,3 11:12] copied").await;
            removed(&mut client, "1,3").await;
            // Once is enough.
            let tag = client.expect("UID COPY 2 ").await;
            client.say(&format!("{tag} OK [COPYUID 7 2 13] copied")).await;
            removed(&mut client, "2").await;
        })
        .await;
        let mut mailbox = opened(&server).await;
        let filed = mailbox.file(Folder::Handled, &uids(&[1, 3])).await.unwrap();
        assert_eq!(places(&filed), [Some((7, 11)), Some((7, 12))]);
        let filed = mailbox.file(Folder::Handled, &uids(&[2])).await.unwrap();
        assert_eq!(places(&filed), [Some((7, 13))]);
        server.finished().await;
    }
}

#[tokio::test]
async fn what_a_refused_move_moved_all_the_same_keeps_its_place() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        refuse(&mut client, "UID MOVE 1:2 ", "NO half of it").await;
        client.answer("UID COPY 1:2 ", "* OK [COPYUID 7 2 12] copied").await;
        removed(&mut client, "1:2").await;
    });
    let server = server.await;
    let mut mailbox = opened(&server).await;
    let filed = mailbox.file(Folder::Handled, &uids(&[1, 2])).await.unwrap();
    assert_eq!(places(&filed), [None, Some((7, 12))]);
    server.finished().await;
}

#[tokio::test]
async fn when_the_copy_is_refused_too_every_mail_stays() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        refuse(&mut client, "UID MOVE 1 ", "NO not today").await;
        refuse(&mut client, "UID COPY 1 ", "NO no such right").await;
        assert_eq!(client.line().await, "", "nothing follows");
    })
    .await;
    let mut mailbox = opened(&server).await;
    let error = mailbox.file(Folder::Handled, &uids(&[1])).await.unwrap_err();
    assert!(matches!(error, MailboxError::Refused { command: "UID COPY", .. }), "{error}");
    drop(mailbox);
    server.finished().await;
}

#[tokio::test]
async fn a_server_that_is_busy_is_left_alone() {
    for refusal in ["NO [UNAVAILABLE] later", "NO [INUSE] locked", "NO [LIMIT] too many"] {
        let server = ScriptedServer::start(move |mut client| async move {
            client.open(USUAL).await;
            refuse(&mut client, "UID MOVE 1 ", refusal).await;
            assert_eq!(client.line().await, "", "nothing follows");
        })
        .await;
        let mut mailbox = opened(&server).await;
        let error = mailbox.file(Folder::Handled, &uids(&[1])).await.unwrap_err();
        assert!(matches!(error, MailboxError::Refused { command: "UID MOVE", .. }), "{error}");
        drop(mailbox);
        server.finished().await;
    }
}

#[tokio::test]
async fn a_full_folder_is_said_in_words_that_help_and_nothing_is_copied() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        refuse(&mut client, "UID MOVE 1 ", "NO [OVERQUOTA] Quota exceeded").await;
        assert_eq!(client.line().await, "", "nothing follows");
    })
    .await;
    let mut mailbox = opened(&server).await;
    let error = mailbox.file(Folder::Quarantine, &uids(&[1])).await.unwrap_err();
    assert!(matches!(&error, MailboxError::Full { folder, .. } if folder == "Nyckelbud/Karantän"), "{error}");
    let words = error.to_string();
    assert!(words.contains("stays in the inbox") && words.contains("make room there"), "{words}");
    assert!(words.contains("Quota exceeded"), "{words}");
    drop(mailbox);
    server.finished().await;
}

#[tokio::test]
async fn a_folder_that_was_deleted_meanwhile_is_made_again_once() {
    for made_again in [true, false] {
        let server = ScriptedServer::start(move |mut client| async move {
            client.open(USUAL).await;
            refuse(&mut client, "UID MOVE 1 \"Nyckelbud/Hanterade\"", "NO [TRYCREATE] Mailbox doesn't exist")
                .await;
            client.answer("CREATE \"Nyckelbud/Hanterade\"", "").await;
            if made_again {
                client.answer("UID MOVE 1 \"Nyckelbud/Hanterade\"", "* OK [COPYUID 8 1 1] moved").await;
            } else {
                refuse(&mut client, "UID MOVE 1 ", "NO [TRYCREATE] Mailbox doesn't exist").await;
                assert_eq!(client.line().await, "", "nothing follows");
            }
        })
        .await;
        let mut mailbox = opened(&server).await;
        let filed = mailbox.file(Folder::Handled, &uids(&[1])).await;
        if made_again {
            assert_eq!(places(&filed.unwrap()), [Some((8, 1))]);
        } else {
            assert!(matches!(filed, Err(MailboxError::Refused { command: "UID MOVE", .. })), "{filed:?}");
        }
        drop(mailbox);
        server.finished().await;
    }
}

#[tokio::test]
async fn mails_that_somebody_removed_meanwhile_hold_up_no_others() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        refuse(&mut client, "UID MOVE 1:3 ", "NO [EXPUNGEISSUED] Some no longer exist").await;
        client.answer("NOOP", "* 2 EXPUNGE").await;
        client.answer("UID MOVE 1:3 ", "* OK [COPYUID 7 1,3 11:12] moved").await;
    })
    .await;
    let mut mailbox = opened(&server).await;
    let filed = mailbox.file(Folder::Handled, &uids(&[1, 2, 3])).await.unwrap();
    assert_eq!(places(&filed), [Some((7, 11)), None, Some((7, 12))]);
    server.finished().await;
}

#[tokio::test]
async fn a_connection_that_died_after_the_copy_makes_no_second_copy() {
    let server = ScriptedServer::start_twice(
        |mut client| async move {
            client.open("IMAP4rev1 UIDPLUS").await;
            client.answer("UID COPY 1:2 ", "* OK [COPYUID 7 1:2 11:12] copied").await;
            client.expect("UID STORE 1:2 ").await;
        },
        |mut client| async move {
            client.open("IMAP4rev1 UIDPLUS").await;
            client.answer("UID COPY 3 ", "* OK [COPYUID 7 3 13] copied").await;
            removed(&mut client, "1:3").await;
        },
    )
    .await;
    let mut mailbox = opened(&server).await;
    let error = mailbox.file(Folder::Handled, &uids(&[1, 2])).await.unwrap_err();
    assert!(matches!(error, MailboxError::Lost { command: "UID STORE", .. }), "{error}");
    mailbox.open().await.unwrap();
    let filed = mailbox.file(Folder::Handled, &uids(&[1, 2, 3])).await.unwrap();
    assert_eq!(places(&filed), [Some((7, 11)), Some((7, 12)), Some((7, 13))]);
    server.finished().await;
}

#[tokio::test]
async fn a_server_that_lets_go_of_no_mail_gets_one_copy_of_each() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open("IMAP4rev1 UIDPLUS").await;
        client.answer("UID COPY 1:2 ", "").await;
        // It says OK and does nothing.
        removed(&mut client, "1:2").await;
        client.answer("NOOP", "").await;
        client.answer("UID SEARCH ALL", "* SEARCH 1").await;
        removed(&mut client, "1").await;
        client.answer("NOOP", "").await;
        client.answer("UID SEARCH ALL", "* SEARCH").await;
        // It has left the inbox and come back: another mail, for all that is known.
        client.answer("UID COPY 1 ", "").await;
        removed(&mut client, "1").await;
    })
    .await;
    let mut mailbox = opened(&server).await;
    mailbox.file(Folder::Handled, &uids(&[1, 2])).await.unwrap();
    assert_eq!(mailbox.list(None).await.unwrap(), uids(&[1]));
    mailbox.file(Folder::Handled, &uids(&[1])).await.unwrap();
    assert!(mailbox.list(None).await.unwrap().is_empty());
    mailbox.file(Folder::Handled, &uids(&[1])).await.unwrap();
    server.finished().await;
}

#[tokio::test]
async fn mails_of_another_uidvalidity_are_copied_under_the_same_names() {
    let server = ScriptedServer::start_twice(
        |mut client| async move {
            client.open("IMAP4rev1 UIDPLUS").await;
            client.answer("UID COPY 1 ", "").await;
            client.expect("UID STORE 1 ").await;
        },
        |mut client| async move {
            client.open_until_select("IMAP4rev1 UIDPLUS").await;
            client.answer("SELECT \"INBOX\"", "* OK [UIDVALIDITY 2] ok").await;
            client.answer("UID COPY 1 ", "").await;
            removed(&mut client, "1").await;
        },
    )
    .await;
    let mut mailbox = opened(&server).await;
    mailbox.file(Folder::Handled, &uids(&[1])).await.unwrap_err();
    mailbox.open().await.unwrap();
    mailbox.file(Folder::Handled, &uids(&[1])).await.unwrap();
    server.finished().await;
}

#[tokio::test]
async fn a_refused_move_is_remembered_where_filed_mails_can_only_be_marked() {
    let server = ScriptedServer::start_twice(
        |mut client| async move {
            client.open("IMAP4rev1 MOVE").await;
            refuse(&mut client, "UID MOVE 1 ", "NO never").await;
            client.answer("UID COPY 1 ", "").await;
            client.answer("UID STORE 1 +FLAGS.SILENT (\\Deleted)", "").await;
        },
        |mut client| async move {
            client.open("IMAP4rev1 MOVE").await;
            client.answer("NOOP", "").await;
            client.answer("UID SEARCH ALL UNDELETED", "* SEARCH 2 3").await;
        },
    )
    .await;
    let mut mailbox = opened(&server).await;
    mailbox.file(Folder::Handled, &uids(&[1])).await.unwrap();
    mailbox.open().await.unwrap();
    assert_eq!(mailbox.list(None).await.unwrap(), uids(&[2, 3]), "the marked one is done with");
    server.finished().await;
}
