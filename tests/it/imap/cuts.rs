//! Connections that break at the worst moments: each is an error within bounds, and opening again
//! goes on where the mailbox stands.

use std::time::Duration;

use nyckelbud::mailbox::imap::ImapMailbox;
use nyckelbud::mailbox::{Folder, Mailbox, MailboxError};
use tokio::time::timeout;

use super::fetch_all;
use crate::support::dovecot::Dovecot;
use crate::support::proxy::Proxy;

const HANDLED: &str = ".Nyckelbud.Hanterade &AOQ-renden";

async fn behind_a_proxy(server: &Dovecot) -> (Proxy, ImapMailbox) {
    let mut settings = server.settings();
    let proxy = Proxy::to(settings.port).await;
    settings.port = proxy.port();
    let mut mailbox = ImapMailbox::new(settings).unwrap();
    mailbox.open().await.unwrap();
    (proxy, mailbox)
}

fn deliver(server: &Dovecot, count: usize) {
    for number in 0..count {
        server.deliver(&format!("{number}.a"), &format!("Subject: {number}\n\n{}\n", "x".repeat(10_000)));
    }
}

#[tokio::test]
async fn a_cut_while_idling_is_an_error_at_once() {
    let server = Dovecot::start();
    let (proxy, mut mailbox) = behind_a_proxy(&server).await;
    let waiting = async { timeout(Duration::from_secs(30), mailbox.wait(Duration::from_secs(60))).await };
    let cutting = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        proxy.cut();
    };
    let (woken, ()) = tokio::join!(waiting, cutting);
    assert!(matches!(woken, Ok(Err(MailboxError::Lost { .. }))), "{woken:?}");
    deliver(&server, 1);
    mailbox.open().await.unwrap();
    assert_eq!(mailbox.list(None).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_cut_while_fetching_loses_no_mail() {
    let server = Dovecot::start();
    deliver(&server, 10);
    let (proxy, mut mailbox) = behind_a_proxy(&server).await;
    let listed = mailbox.list(None).await.unwrap();
    proxy.cut_after(35_000);
    let (some, ended) = fetch_all(&mut mailbox, &listed).await;
    assert!(matches!(ended, Err(MailboxError::Lost { .. })), "{ended:?}");
    assert!(!some.is_empty() && some.len() < 10, "{}", some.len());
    assert!(some.iter().all(|mail| mail.bytes.len() > 10_000 && mail.bytes.ends_with(b"x\r\n")));
    proxy.heal();
    mailbox.open().await.unwrap();
    assert_eq!(mailbox.list(None).await.unwrap(), listed);
    let (all, ended) = fetch_all(&mut mailbox, &listed).await;
    ended.unwrap();
    assert_eq!(all.len(), 10);
}

#[tokio::test]
async fn a_cut_before_filing_is_an_error_and_filing_again_works() {
    let server = Dovecot::start();
    deliver(&server, 3);
    let (proxy, mut mailbox) = behind_a_proxy(&server).await;
    let listed = mailbox.list(None).await.unwrap();
    proxy.cut();
    let error = mailbox.file(Folder::Handled, &listed).await.unwrap_err();
    assert!(matches!(error, MailboxError::Lost { .. }), "{error}");
    assert_eq!(server.files("").len(), 3);
    mailbox.open().await.unwrap();
    mailbox.file(Folder::Handled, &listed).await.unwrap();
    assert_eq!((server.files("").len(), server.files(HANDLED).len()), (0, 3));
}

#[tokio::test]
async fn a_lost_answer_to_filing_leaves_each_mail_once() {
    let server = Dovecot::start();
    deliver(&server, 3);
    let (proxy, mut mailbox) = behind_a_proxy(&server).await;
    let listed = mailbox.list(None).await.unwrap();
    // The command reaches the server, its answer does not reach us.
    proxy.cut_after(0);
    let error = mailbox.file(Folder::Handled, &listed).await.unwrap_err();
    assert!(matches!(error, MailboxError::Lost { .. }), "{error}");
    proxy.heal();
    mailbox.open().await.unwrap();
    mailbox.file(Folder::Handled, &listed).await.unwrap();
    assert_eq!((server.files("").len(), server.files(HANDLED).len()), (0, 3));
}

#[tokio::test]
async fn a_kick_by_the_administrator_is_an_error_at_once() {
    let server = Dovecot::start();
    let mut mailbox = ImapMailbox::new(server.settings()).unwrap();
    mailbox.open().await.unwrap();
    server.kick();
    let woken = timeout(Duration::from_secs(30), mailbox.wait(Duration::from_secs(60))).await;
    assert!(matches!(woken, Ok(Err(MailboxError::Lost { .. }))), "{woken:?}");
    mailbox.open().await.unwrap();
}
