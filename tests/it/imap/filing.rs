//! Moving mails: a refusal stops before anything is lost, and nobody else's mails are expunged.

use nyckelbud::mailbox::{Folder, Mailbox, MailboxError};

use super::uids;
use crate::support::scripted_imap::ScriptedServer;

#[tokio::test]
async fn a_refused_flag_stops_before_the_expunge() {
    for refusal in ["NO read-only", "BAD what?"] {
        let server = ScriptedServer::start(move |mut client| async move {
            client.open("IMAP4rev1 UIDPLUS").await;
            client.answer("UID COPY 1 \"Nyckelbud/Karant&AOQ-n\"", "").await;
            let tag = client.expect("UID STORE 1 +FLAGS.SILENT (\\Deleted)").await;
            client.say(&format!("{tag} {refusal}")).await;
            assert_eq!(client.line().await, "", "nothing follows a refusal");
        })
        .await;
        let mut mailbox = server.mailbox();
        mailbox.open().await.unwrap();
        let error = mailbox.file(Folder::Quarantine, &uids(&[1])).await.unwrap_err();
        assert!(matches!(error, MailboxError::Refused { command: "UID STORE", .. }), "{error}");
        drop(mailbox);
        server.finished().await;
    }
}

#[tokio::test]
async fn a_refused_copy_deletes_nothing() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open("IMAP4rev1 UIDPLUS").await;
        let tag = client.expect("UID COPY 1 ").await;
        client.say(&format!("{tag} NO [OVERQUOTA] full")).await;
        assert_eq!(client.line().await, "", "nothing follows a refusal");
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    let error = mailbox.file(Folder::Handled, &uids(&[1])).await.unwrap_err();
    assert!(matches!(error, MailboxError::Full { .. }), "{error}");
    server.finished().await;
}

#[tokio::test]
async fn without_move_only_our_own_mails_are_expunged() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open("IMAP4rev1 UIDPLUS").await;
        client.answer("UID COPY 1,3 ", "").await;
        client.answer("UID STORE 1,3 +FLAGS.SILENT (\\Deleted)", "").await;
        client.answer("UID EXPUNGE 1,3", "* 3 EXPUNGE\n* 1 EXPUNGE").await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    mailbox.file(Folder::Handled, &uids(&[1, 3])).await.unwrap();
    server.finished().await;
}

#[tokio::test]
async fn without_uidplus_nothing_is_expunged_and_filed_mails_are_not_listed_again() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open("IMAP4rev1").await;
        client.answer("UID COPY 1 ", "").await;
        client.answer("UID STORE 1 +FLAGS.SILENT (\\Deleted)", "").await;
        client.answer("NOOP", "").await;
        client.answer("UID SEARCH ALL UNDELETED", "* SEARCH 3 2").await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    mailbox.file(Folder::Handled, &uids(&[1])).await.unwrap();
    assert_eq!(mailbox.list(None).await.unwrap(), uids(&[2, 3]));
    server.finished().await;
}
