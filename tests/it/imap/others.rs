//! Other people work in the same mailbox: they read, mark, move and delete mails, whole folders too.
//! No error comes of it that opening again does not mend, and no mail comes twice or gets lost.

use nyckelbud::mailbox::imap::ImapMailbox;
use nyckelbud::mailbox::{Folder, Mailbox, MailboxError, Shelf};

use super::dovecot::{HANDLED, mail, on_the_wire, opened};
use super::{fetch_all, places, uids};
use crate::support::dovecot::Dovecot;

/// Somebody else's session, in which mails are filed into a folder of theirs.
async fn colleague(server: &Dovecot) -> ImapMailbox {
    let mut settings = server.settings();
    settings.handled = "Annas egna".to_owned();
    let mut mailbox = ImapMailbox::new(settings).unwrap();
    mailbox.open().await.unwrap();
    mailbox
}

fn with_mails(server: &Dovecot, count: u32) {
    for number in 1..=count {
        server.deliver(&format!("{number}.a"), &mail(&number.to_string()));
    }
}

#[tokio::test]
async fn mails_that_a_colleague_moves_away_hold_up_no_others() {
    let server = Dovecot::start();
    with_mails(&server, 4);
    let (mut mailbox, mut colleague) = (opened(&server).await, colleague(&server).await);
    let listed = mailbox.list(None).await.unwrap();
    colleague.file(Folder::Handled, &listed[1..2]).await.unwrap();
    let (mails, ended) = fetch_all(&mut mailbox, &listed).await;
    ended.unwrap();
    assert!(mails.len() >= 3, "at most the one that left is missing");
    colleague.file(Folder::Handled, &listed[2..3]).await.unwrap();
    let filed = mailbox.file(Folder::Handled, &listed).await.unwrap();
    let known: Vec<bool> = places(&filed).iter().map(Option::is_some).collect();
    assert_eq!(known, [true, false, false, true]);
    assert_eq!((server.files("").len(), server.files(HANDLED).len()), (0, 2));
    assert_eq!(server.files(".Annas egna").len(), 2);
}

#[tokio::test]
async fn without_move_too_mails_that_a_colleague_moves_away_hold_up_no_others() {
    let server = Dovecot::start_with_capabilities("IMAP4rev1 IDLE UIDPLUS");
    with_mails(&server, 3);
    let (mut mailbox, mut colleague) = (opened(&server).await, colleague(&server).await);
    let listed = mailbox.list(None).await.unwrap();
    colleague.file(Folder::Handled, &listed[1..2]).await.unwrap();
    mailbox.file(Folder::Handled, &listed).await.unwrap();
    assert_eq!((server.files("").len(), server.files(HANDLED).len()), (0, 2));
}

#[tokio::test]
async fn a_mail_that_a_colleague_marked_as_deleted_is_filed_and_theirs_alone_stay_marked() {
    let server = Dovecot::start_with_capabilities("IMAP4rev1 IDLE UIDPLUS");
    with_mails(&server, 3);
    let mut mailbox = opened(&server).await;
    let listed = mailbox.list(None).await.unwrap();
    server.doveadm(&["flags", "add"], &["\\Deleted", "mailbox", "INBOX", "uid", "1,2"]);
    assert_eq!(mailbox.list(None).await.unwrap(), listed, "marked is not gone");
    mailbox.file(Folder::Handled, &listed[1..]).await.unwrap();
    let left = server.files("");
    assert!(left.len() == 1 && left[0].ends_with('T'), "the other is for its owner to expunge: {left:?}");
    assert_eq!(server.files(HANDLED).len(), 2);
}

#[tokio::test]
async fn a_mail_that_somebody_read_first_comes_like_any_other() {
    let server = Dovecot::start();
    with_mails(&server, 2);
    server.doveadm(&["flags", "add"], &["\\Seen", "mailbox", "INBOX", "uid", "1"]);
    let mut mailbox = opened(&server).await;
    let listed = mailbox.list(None).await.unwrap();
    let (mails, ended) = fetch_all(&mut mailbox, &listed).await;
    ended.unwrap();
    let bodies: Vec<_> = mails.into_iter().map(|mail| mail.bytes).collect();
    assert_eq!(bodies, [on_the_wire(&mail("1")), on_the_wire(&mail("2"))]);
}

#[tokio::test]
async fn a_folder_that_a_colleague_deletes_is_made_again() {
    let server = Dovecot::start();
    with_mails(&server, 2);
    let mut mailbox = opened(&server).await;
    let listed = mailbox.list(None).await.unwrap();
    let filed = mailbox.file(Folder::Handled, &listed[..1]).await.unwrap();
    server.doveadm(&["mailbox", "delete"], &["Nyckelbud/Hanterade ärenden"]);
    let again = mailbox.file(Folder::Handled, &listed[1..]).await.unwrap();
    assert_eq!(server.files(HANDLED).len(), 1);
    let validity = |filed: &[_]| places(filed)[0].expect("told").0;
    assert_ne!(validity(&filed), validity(&again), "another folder of the same name");
    let looked = mailbox.look(Shelf::Filed(Folder::Handled)).await.unwrap().expect("the folder");
    assert_eq!(looked.validity, validity(&again));
}

#[tokio::test]
async fn an_inbox_that_is_deleted_and_made_again_while_it_is_open_is_opened_again() {
    let server = Dovecot::start();
    server.doveadm(&["mailbox", "create"], &["Servicedesk"]);
    let mut settings = server.settings();
    settings.inbox = "Servicedesk".to_owned();
    let mut mailbox = ImapMailbox::new(settings).unwrap();
    let before = mailbox.open().await.unwrap();
    assert!(mailbox.list(None).await.unwrap().is_empty());

    server.doveadm(&["mailbox", "delete"], &["Servicedesk"]);
    let error = mailbox.list(None).await.unwrap_err();
    assert!(matches!(error, MailboxError::Lost { .. }), "{error}");
    let error = mailbox.open().await.unwrap_err();
    assert!(matches!(error, MailboxError::Refused { command: "SELECT", .. }), "{error}");
    server.doveadm(&["mailbox", "create"], &["Servicedesk"]);
    assert_ne!(mailbox.open().await.unwrap(), before, "its mails have other names now");
    assert!(mailbox.list(None).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_inbox_that_is_made_again_at_once_is_never_taken_for_the_old_one() {
    let server = Dovecot::start();
    server.doveadm(&["mailbox", "create"], &["Servicedesk"]);
    let mut settings = server.settings();
    settings.inbox = "Servicedesk".to_owned();
    let mut mailbox = ImapMailbox::new(settings).unwrap();
    let before = mailbox.open().await.unwrap();
    server.doveadm(&["mailbox", "delete"], &["Servicedesk"]);
    server.doveadm(&["mailbox", "create"], &["Servicedesk"]);
    // Dovecot itself goes on as if nothing had happened.
    let error = mailbox.list(None).await.unwrap_err();
    assert!(error.to_string().contains("made anew"), "{error}");
    assert_ne!(mailbox.open().await.unwrap(), before);
    assert_eq!(mailbox.list(None).await, Ok(uids(&[])));
}
