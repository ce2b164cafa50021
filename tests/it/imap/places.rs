//! Where filed mails lie now: as the server tells it, or not at all, but never at a wrong place.

use nyckelbud::mailbox::{Folder, Mailbox, Shelf};

use super::dovecot::{mail, on_the_wire, opened};
use super::{fetch_all, places, uids};
use crate::support::dovecot::Dovecot;
use crate::support::scripted_imap::{ScriptedServer, USUAL};

/// What `file` answers for mails 1 to 3 when the server says `before` and `ok` to the move.
async fn told(before: &'static str, ok: &'static str) -> Vec<Option<(u32, u32)>> {
    let server = ScriptedServer::start(move |mut client| async move {
        client.open(USUAL).await;
        let tag = client.expect("UID MOVE 1:3 ").await;
        client.say(format!("{before}\n{tag} OK {ok}").trim_start()).await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    let filed = mailbox.file(Folder::Handled, &uids(&[2, 1, 3])).await.unwrap();
    assert_eq!(filed.iter().map(|mail| mail.uid.clone()).collect::<Vec<_>>(), uids(&[1, 2, 3]));
    server.finished().await;
    places(&filed)
}

#[tokio::test]
async fn places_are_read_wherever_the_server_tells_them() {
    let all = vec![Some((7, 11)), Some((7, 12)), Some((7, 13))];
    assert_eq!(told("* OK [COPYUID 7 1:3 11:13] moved", "done").await, all);
    assert_eq!(told("", "[COPYUID 7 1:3 11:13] done").await, all);
    assert_eq!(told("", "[COPYUID 7 3:1 13:11]").await, all, "a range has no direction");
    let several = "* OK [COPYUID 7 3 13] moved\n* 3 EXPUNGE\n* OK [COPYUID 7 1:2 11:12] moved";
    assert_eq!(told(several, "done").await, all);
    let in_another_order = vec![Some((7, 21)), Some((7, 22)), Some((7, 9))];
    assert_eq!(told("* OK [COPYUID 7 3,1:2 9,21:22] moved", "done").await, in_another_order);
}

#[tokio::test]
async fn what_is_told_of_some_of_the_mails_is_known_of_those() {
    assert_eq!(told("* OK [COPYUID 7 2 12] moved", "done").await, [None, Some((7, 12)), None]);
}

#[tokio::test]
async fn no_place_is_guessed() {
    for code in [
        "",
        "[COPYUID 7 1:3 11:12]",
        "[COPYUID 7 1:2 11:13]",
        "[COPYUID 7 1:4 11:14]",
        "[COPYUID 7 1:3 11,11,12]",
        "[COPYUID 7 0:4294967295 0:4294967295]",
        "[COPYUID 0 1:3 11:13]",
        "[COPYUID 7 1:3 *]",
        "[COPYUID 7 1:3]",
    ] {
        assert_eq!(told("", Box::leak(format!("{code} done").into_boxed_str())).await, [None; 3], "{code}");
    }
}

#[tokio::test]
async fn what_was_told_earlier_is_about_other_mails() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        client.answer("NOOP", "* OK [COPYUID 7 1 99] of another time").await;
        client.answer("UID SEARCH ALL", "* SEARCH 1 2").await;
        client.answer("UID MOVE 1 ", "").await;
        client.answer("UID MOVE 2 ", "* OK [COPYUID 7 2 12] moved").await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    mailbox.list(None).await.unwrap();
    assert_eq!(places(&mailbox.file(Folder::Handled, &uids(&[1])).await.unwrap()), [None]);
    assert_eq!(places(&mailbox.file(Folder::Quarantine, &uids(&[2])).await.unwrap()), [Some((7, 12))]);
    server.finished().await;
}

/// Files two mails and finds each where the answer says.
async fn found_where_told(server: Dovecot) {
    // So that a UID in the folder differs from that in the inbox.
    for (name, subject) in [("0.z", "noll"), ("1.a", "ett"), ("2.b", "två")] {
        server.deliver(name, &mail(subject));
    }
    let mut mailbox = opened(&server).await;
    let listed = mailbox.list(None).await.unwrap();
    let filed = mailbox.file(Folder::Handled, &listed[1..]).await.unwrap();
    assert_eq!(server.files("").len(), 1, "the others have left");
    let opened = mailbox.look(Shelf::Filed(Folder::Handled)).await.unwrap().expect("the folder");
    for (filed, subject) in filed.iter().zip(["ett", "två"]) {
        let spot = filed.now.clone().expect("Dovecot tells it");
        assert_eq!(spot.validity, opened.validity);
        let (mails, ended) = fetch_all(&mut mailbox, &[spot.uid]).await;
        ended.unwrap();
        assert_eq!(
            mails.iter().map(|mail| mail.bytes.clone()).collect::<Vec<_>>(),
            [on_the_wire(&mail(subject))]
        );
    }
}

#[tokio::test]
async fn a_moved_mail_lies_where_dovecot_said() {
    found_where_told(Dovecot::start()).await;
}

#[tokio::test]
async fn a_copied_mail_lies_where_dovecot_said() {
    found_where_told(Dovecot::start_with_capabilities("IMAP4rev1 IDLE UIDPLUS")).await;
}
