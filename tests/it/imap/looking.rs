//! Looking into folders: nothing is made, moved or marked, and only what reads is possible.

use std::time::Duration;

use nyckelbud::mailbox::imap::ImapMailbox;
use nyckelbud::mailbox::{Folder, Mailbox, Mark, Opened, Shelf};

use super::dovecot::{HANDLED, mail, on_the_wire, opened};
use super::{fetch_all, uids};
use crate::support::dovecot::Dovecot;
use crate::support::scripted_imap::{Dialogue, ScriptedServer, USUAL};

async fn examined(client: &mut Dialogue) {
    client.answer("LIST \"\" \"Nyckelbud/Hanterade\"", "* LIST () \"/\" Nyckelbud/Hanterade").await;
    client
        .answer(
            "EXAMINE \"Nyckelbud/Hanterade\"",
            "* 9 EXISTS\n* OK [UIDVALIDITY 7] ok\n* OK [UIDNEXT 10] ok",
        )
        .await;
}

#[tokio::test]
async fn a_look_makes_nothing_and_uses_the_connection_that_is_there() {
    let server = ScriptedServer::start(|mut client| async move {
        client.sign_in(USUAL).await;
        client.answer("LIST \"\" \"\"", "* LIST (\\Noselect) \"/\" \"\"").await;
        examined(&mut client).await;
        client.answer("NOOP", "").await;
        client.answer("UID SEARCH ALL", "* SEARCH 4 5").await;
        client.answer("LIST \"\" \"Nyckelbud/Karant&AOQ-n\"", "").await;
    })
    .await;
    let mut mailbox = server.mailbox();
    assert_eq!(mailbox.look(Shelf::Filed(Folder::Handled)).await, Ok(Some(Opened { validity: 7 })));
    assert_eq!(mailbox.list(None).await, Ok(uids(&[4, 5])));
    assert_eq!(mailbox.look(Shelf::Filed(Folder::Quarantine)).await, Ok(None), "it is not there");
    server.finished().await;
}

#[tokio::test]
async fn nothing_is_moved_and_nobody_waits_in_a_folder_that_was_opened_to_look() {
    for waits in [true, false] {
        let server = ScriptedServer::start(|mut client| async move {
            client.open(USUAL).await;
            examined(&mut client).await;
            assert_eq!(client.line().await, "", "nothing more is said");
        })
        .await;
        let mut mailbox = server.mailbox();
        mailbox.open().await.unwrap();
        mailbox.look(Shelf::Filed(Folder::Handled)).await.unwrap().expect("the folder");
        let error = if waits {
            mailbox.wait(Duration::from_secs(1)).await.unwrap_err()
        } else {
            mailbox.file(Folder::Handled, &uids(&[1])).await.unwrap_err()
        };
        assert!(error.to_string().contains("opened only to look"), "{error}");
        server.finished().await;
    }
}

#[tokio::test]
async fn mails_that_people_marked_as_deleted_are_seen_in_a_folder_even_where_the_inbox_hides_them() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open("IMAP4rev1").await;
        examined(&mut client).await;
        client.answer("NOOP", "").await;
        let line = client.line().await;
        let tag = line.strip_suffix(" UID SEARCH ALL").unwrap_or_else(|| panic!("{line}"));
        client.say(&format!("* SEARCH 4\n{tag} OK done")).await;
        client.answer("LIST \"\" \"INBOX\"", "* LIST () \"/\" INBOX").await;
        client.answer("EXAMINE \"INBOX\"", "* OK [UIDVALIDITY 1] ok").await;
        client.answer("NOOP", "").await;
        client.answer("UID SEARCH ALL UNDELETED", "* SEARCH 2").await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    mailbox.look(Shelf::Filed(Folder::Handled)).await.unwrap().expect("the folder");
    assert_eq!(mailbox.list(None).await, Ok(uids(&[4])));
    mailbox.look(Shelf::Inbox).await.unwrap().expect("the inbox");
    assert_eq!(mailbox.list(None).await, Ok(uids(&[2])));
    server.finished().await;
}

#[tokio::test]
async fn a_look_at_dovecot_leaves_every_mail_as_it_was() {
    let server = Dovecot::start();
    server.deliver("1.a", &mail("ett"));
    server.deliver("2.b", &mail("två"));
    let mut worker = opened(&server).await;
    worker.file(Folder::Handled, &uids(&[1])).await.unwrap();

    let mut mailbox = ImapMailbox::new(server.settings()).unwrap();
    for (shelf, subject) in [(Shelf::Filed(Folder::Handled), "ett"), (Shelf::Inbox, "två")] {
        let opened = mailbox.look(shelf).await.unwrap().expect("the folder");
        assert_ne!(opened.validity, 0);
        let listed = mailbox.list(None).await.unwrap();
        let (mails, ended) = fetch_all(&mut mailbox, &listed).await;
        ended.unwrap();
        assert_eq!(
            mails.iter().map(|mail| mail.bytes.clone()).collect::<Vec<_>>(),
            [on_the_wire(&mail(subject))]
        );
    }
    let unread = |name: &String| !name.split_once(":2,").is_some_and(|(_, flags)| flags.contains('S'));
    assert!(server.files("").iter().chain(&server.files(HANDLED)).all(unread), "nothing was marked read");
    // What the look saw does not keep the worker from going on.
    mailbox.open().await.unwrap();
    assert_eq!(mailbox.list(None).await.unwrap(), uids(&[2]));
    server.doveadm(&["mailbox", "delete"], &["Nyckelbud/Hanterade ärenden"]);
    assert_eq!(mailbox.look(Shelf::Filed(Folder::Handled)).await, Ok(None), "a look makes no folder");
    assert!(!server.path("mail/desk@kommun.example/Maildir").join(HANDLED).exists());
}

#[tokio::test]
async fn an_inbox_that_counts_below_its_mark_is_another_one_and_is_listed_by_time() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        client.answer("NOOP", "").await;
        client.answer("UID SEARCH SINCE 23-Nov-2026", "* SEARCH 1 2 3").await;
        let times = [(1, "23-Nov-2026"), (2, "25-Nov-2026"), (3, "26-Nov-2026")]
            .map(|(uid, day)| format!("* {uid} FETCH (UID {uid} INTERNALDATE \"{day} 10:00:00 +0000\")"));
        client.answer("UID FETCH 1:3 (UID INTERNALDATE)", &times.join("\n")).await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    // Its UIDNEXT is 4: the mails up to 4711 lay in another inbox, with the same UIDVALIDITY.
    let mark = Mark("uidvalidity=1 uidnext=4711 at=2026-11-24T09:14:05Z".to_owned());
    assert_eq!(mailbox.list(Some(&mark)).await.unwrap(), uids(&[2, 3]));
    server.finished().await;
}

#[tokio::test]
async fn an_inbox_of_another_account_or_below_its_mark_is_known_as_another_one() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        client.answer("NOOP", "").await;
        client.answer("UID SEARCH UID 4:*", "").await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    let mark = mailbox.mark().await.unwrap();
    assert_eq!(mailbox.another(Some(&mark), Some(&uids(&[3])[0])), None);
    let why = |mark: &str, last: u32| {
        mailbox.another(Some(&Mark(mark.to_owned())), Some(&uids(&[last])[0])).map(|another| another.why)
    };
    assert!(why(&mark.0, 4).unwrap().contains("its next UID is 4"));
    let moved = mark.0.replace("desk@kommun.example", "annex@kommun.example");
    assert!(why(&moved, 3).unwrap().contains("username"));
    let below = "uidvalidity=1 uidnext=4711 at=2026-11-24T09:14:05Z";
    assert!(why(below, 3).unwrap().contains("4711"));
    let another = mailbox.another(Some(&Mark(below.to_owned())), None).unwrap().mark;
    assert_eq!(mailbox.another(another.as_ref(), Some(&uids(&[3])[0])), None, "said once");
    // A mark of another folder says only whose mailbox it is.
    assert_eq!(mailbox.of_another(&mark), None);
    assert_eq!(mailbox.of_another(&Mark(below.to_owned())), None, "marks of older versions do not say");
    let claimed = mailbox.claimed(&Mark(below.to_owned())).expect("it did not say");
    assert_eq!(mailbox.claimed(&claimed), None, "now it does");
    assert_eq!(claimed.0, format!("{below} of={}", mark.0.split(" of=").last().unwrap()));
    assert_eq!(mailbox.claimed(&Mark(moved.clone())), None, "nobody's mark is taken over");
    let another = mailbox.of_another(&Mark(moved)).unwrap();
    assert!(another.account);
    assert!(another.why.contains("username"), "{}", another.why);
    assert_eq!(mailbox.of_another(&another.mark.unwrap()), None, "said once");
    server.finished().await;
}

#[tokio::test]
async fn a_mail_that_is_not_handed_over_is_still_dated_and_named() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        let date = "* 2 FETCH (UID 2 INTERNALDATE \"25-Nov-2026 10:00:00 +0000\")";
        client.answer("UID FETCH 2 (UID INTERNALDATE)", date).await;
        let header = "* 2 FETCH (UID 2 BODY[HEADER]<0> {18}\r\nSubject: Hej\r\n\r\nA)\r\n";
        let tag = client.expect("UID FETCH 2 (UID BODY.PEEK[HEADER]<0.8000>)").await;
        client.send(header.replace("\r\n\r\nA", "\r\n\r\n  ").as_bytes()).await;
        client.say(&format!("{tag} OK done")).await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    let uid = &uids(&[2])[0];
    assert_eq!(mailbox.received(uid).await.unwrap(), nyckelbud::clock::parse_rfc3339("2026-11-25T10:00:00Z"));
    assert!(mailbox.header(uid).await.unwrap().starts_with(b"Subject: Hej\r\n"));
    server.finished().await;
}
