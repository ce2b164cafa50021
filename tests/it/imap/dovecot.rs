//! The IMAP mailbox against a real Dovecot.

use std::time::{Duration, SystemTime};

use nyckelbud::mailbox::imap::ImapMailbox;
use nyckelbud::mailbox::{Folder, MailUid, Mailbox, MailboxError, Woken};
use nyckelbud::secret::Secret;
use nyckelbud::tls::Tls;
use nyckelbud::token::SignIn;
use tokio::time::timeout;

use super::{fetch_all, uids};
use crate::support::dovecot::Dovecot;
use crate::support::proxy::Proxy;

pub(super) const HANDLED: &str = ".Nyckelbud.Hanterade &AOQ-renden";
const QUARANTINE: &str = ".Nyckelbud.Karant&AOQ-n";

pub(super) fn mail(subject: &str) -> String {
    format!("From: anna.andersson@kommun.example\nSubject: {subject}\n\nHej\n")
}

/// As IMAP gives it: with CRLF.
pub(super) fn on_the_wire(mail: &str) -> Vec<u8> {
    mail.replace('\n', "\r\n").into_bytes()
}

pub(super) async fn opened(server: &Dovecot) -> ImapMailbox {
    let mut mailbox = ImapMailbox::new(server.settings()).unwrap();
    mailbox.open().await.unwrap();
    mailbox
}

fn an_hour_ago() -> SystemTime {
    SystemTime::now() - Duration::from_secs(3600)
}

#[tokio::test]
async fn mails_are_listed_fetched_and_filed_over_tls_and_stay_unread() {
    let server = Dovecot::start();
    for (name, subject) in [("1.a", "ett"), ("2.b", "två"), ("3.c", "tre")] {
        server.deliver(name, &mail(subject));
    }
    let mut mailbox = opened(&server).await;
    let listed = mailbox.list(None).await.unwrap();
    assert_eq!(listed, uids(&[1, 2, 3]));
    let (mails, ended) = fetch_all(&mut mailbox, &listed).await;
    ended.unwrap();
    let bodies: Vec<_> = mails.iter().map(|mail| mail.bytes.clone()).collect();
    assert_eq!(bodies, ["ett", "två", "tre"].map(|subject| on_the_wire(&mail(subject))));
    assert!(mails.iter().all(|mail| mail.received_at.is_some() && !mail.truncated));

    mailbox.file(Folder::Handled, &listed[..2]).await.unwrap();
    mailbox.file(Folder::Quarantine, &listed[2..]).await.unwrap();
    assert!(mailbox.list(None).await.unwrap().is_empty());
    let (handled, quarantine) = (server.files(HANDLED), server.files(QUARANTINE));
    assert_eq!((handled.len(), quarantine.len()), (2, 1));
    let flags = |name: &String| name.rsplit_once(":2,").map_or(String::new(), |(_, flags)| flags.to_owned());
    assert!(handled.iter().chain(&quarantine).all(|name| flags(name).is_empty()), "no \\Seen: {handled:?}");
}

#[tokio::test]
async fn filing_again_and_fetching_what_is_gone_are_no_errors() {
    let server = Dovecot::start();
    server.deliver("1.a", &mail("ett"));
    let mut mailbox = opened(&server).await;
    let listed = mailbox.list(None).await.unwrap();
    mailbox.file(Folder::Handled, &listed).await.unwrap();
    mailbox.file(Folder::Handled, &listed).await.unwrap();
    let (mails, ended) = fetch_all(&mut mailbox, &listed).await;
    ended.unwrap();
    assert!(mails.is_empty());
    assert_eq!(server.files(HANDLED).len(), 1);
}

#[tokio::test]
async fn a_folder_whose_name_is_not_ascii_can_be_the_inbox_whatever_the_separator() {
    for separator in ["/", "."] {
        let server = Dovecot::start_with_separator(separator);
        server.deliver("1.a", &mail("ett"));
        let mut mailbox = opened(&server).await;
        let listed = mailbox.list(None).await.unwrap();
        mailbox.file(Folder::Handled, &listed).await.unwrap();
        let mut settings = server.settings();
        settings.inbox = settings.handled.clone();
        let mut handled = ImapMailbox::new(settings).unwrap();
        handled.open().await.unwrap();
        assert_eq!(handled.list(None).await.unwrap().len(), 1);
        // The second opening finds its folders made.
        mailbox.open().await.unwrap();
    }
}

#[tokio::test]
async fn a_mail_above_the_limit_comes_with_its_first_part_and_says_so() {
    let server = Dovecot::start();
    let limit = server.settings().max_mail_size;
    let long = format!("{}{}", mail("lång"), "x".repeat(usize::try_from(limit).unwrap()));
    server.deliver("1.a", &long);
    server.deliver("2.b", &mail("kort"));
    let mut mailbox = opened(&server).await;
    let listed = mailbox.list(None).await.unwrap();
    let (mails, ended) = fetch_all(&mut mailbox, &listed).await;
    ended.unwrap();
    assert_eq!(mails[0].bytes, on_the_wire(&long)[..usize::try_from(limit).unwrap()]);
    assert!(mails[0].truncated);
    assert!(!mails[1].truncated);
}

#[tokio::test]
async fn starttls_protects_the_whole_talk() {
    let server = Dovecot::start();
    server.deliver("1.a", &mail("ett"));
    let mut settings = server.settings();
    (settings.port, settings.tls) = (server.imap_port(), Tls::StartTls);
    let mut mailbox = ImapMailbox::new(settings).unwrap();
    mailbox.open().await.unwrap();
    assert_eq!(mailbox.list(None).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_server_whose_ca_nobody_trusts_is_refused() {
    let server = Dovecot::start();
    for (port, tls) in [(server.imaps_port(), Tls::Implicit), (server.imap_port(), Tls::StartTls)] {
        let mut settings = server.settings();
        (settings.port, settings.tls, settings.ca_file) = (port, tls, None);
        let error = ImapMailbox::new(settings).unwrap().open().await.unwrap_err();
        assert!(
            matches!(&error, MailboxError::Connect { cause, .. } if cause.contains("certificate")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_server_of_another_name_is_refused() {
    let server = Dovecot::start();
    for (port, tls) in [(server.imaps_port(), Tls::Implicit), (server.imap_port(), Tls::StartTls)] {
        let proxy = Proxy::on("127.0.0.2", port).await;
        let mut settings = server.settings();
        (settings.host, settings.port, settings.tls) = ("127.0.0.2".to_owned(), proxy.port(), tls);
        let error = ImapMailbox::new(settings).unwrap().open().await.unwrap_err();
        assert!(
            matches!(&error, MailboxError::Connect { cause, .. } if cause.contains("certificate")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_wrong_password_is_told_apart_from_a_broken_server() {
    let server = Dovecot::start();
    let mut settings = server.settings();
    settings.sign_in = SignIn::Password(Secret::new("gissning".to_owned()));
    let error = ImapMailbox::new(settings).unwrap().open().await.unwrap_err();
    assert!(matches!(error, MailboxError::SignIn { .. }), "{error}");
    assert!(!error.to_string().contains("gissning"), "{error}");
}

#[tokio::test]
async fn a_delivery_wakes_whoever_idles() {
    let server = Dovecot::start();
    let mut mailbox = opened(&server).await;
    let waiting = async {
        timeout(Duration::from_secs(30), mailbox.wait(Duration::from_secs(60))).await.expect("it wakes")
    };
    let delivering = async { server.deliver("1.a", &mail("ett")) };
    let (woken, ()) = tokio::join!(waiting, delivering);
    assert_eq!(woken, Ok(Woken::ByMail));
    assert_eq!(mailbox.list(None).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_delivery_between_list_and_wait_wakes_at_once() {
    let server = Dovecot::start();
    let mut mailbox = opened(&server).await;
    assert!(mailbox.list(None).await.unwrap().is_empty());
    server.deliver("1.a", &mail("ett"));
    let woken = timeout(Duration::from_secs(30), mailbox.wait(Duration::from_secs(60))).await;
    assert_eq!(woken.expect("it wakes"), Ok(Woken::ByMail));
}

#[tokio::test]
async fn waiting_ends_with_its_time() {
    let server = Dovecot::start();
    let mut mailbox = opened(&server).await;
    assert_eq!(mailbox.wait(Duration::from_millis(300)).await, Ok(Woken::ByTime));
    assert!(mailbox.list(None).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_mark_leaves_out_the_mails_that_were_there_first() {
    let server = Dovecot::start();
    server.deliver_at("1.a", &mail("gammal"), an_hour_ago());
    let mut mailbox = opened(&server).await;
    // Arrives after the opening and before the mark: there first, too.
    server.deliver_at("2.b", &mail("gammal"), an_hour_ago());
    let mark = mailbox.mark().await.unwrap();
    assert!(mailbox.list(Some(&mark)).await.unwrap().is_empty());
    server.deliver("3.c", &mail("ny"));
    assert_eq!(mailbox.list(Some(&mark)).await.unwrap(), uids(&[3]));
    assert_eq!(mailbox.list(None).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_mark_of_an_empty_inbox_lets_every_mail_in() {
    let server = Dovecot::start();
    let mut mailbox = opened(&server).await;
    let mark = mailbox.mark().await.unwrap();
    server.deliver_at("1.a", &mail("ny"), an_hour_ago());
    assert_eq!(mailbox.list(Some(&mark)).await.unwrap(), uids(&[1]));
}

#[tokio::test]
async fn a_mark_holds_when_the_server_renames_every_mail() {
    a_mark_holds_when(|server| {
        server.doveadm(&["mailbox", "update"], &["--uid-validity", "4711", "INBOX"]);
    })
    .await;
}

#[tokio::test]
async fn a_mark_holds_when_the_server_counts_from_one_again() {
    // By their UIDs the newest is the first now, and an old one stands where new ones were.
    a_mark_holds_when(|server| server.forget_uids("")).await;
}

async fn a_mark_holds_when(rename: fn(&Dovecot)) {
    let server = Dovecot::start();
    for name in ["1.a", "2.b", "3.c"] {
        server.deliver_at(name, &mail("gammal"), an_hour_ago());
    }
    let mut mailbox = opened(&server).await;
    let mark = mailbox.mark().await.unwrap();
    server.deliver_at("0.d", &mail("ny"), SystemTime::now() + Duration::from_secs(2));
    assert_eq!(mailbox.list(Some(&mark)).await.unwrap().len(), 1);

    let before = mailbox.open().await.unwrap();
    rename(&server);
    assert_ne!(mailbox.open().await.unwrap(), before, "its mails have other names now");
    let listed = mailbox.list(Some(&mark)).await.unwrap();
    let (mails, ended) = fetch_all(&mut mailbox, &listed).await;
    ended.unwrap();
    let bodies: Vec<_> = mails.into_iter().map(|mail| mail.bytes).collect();
    assert_eq!(bodies, [on_the_wire(&mail("ny"))]);
}

#[tokio::test]
async fn a_mail_read_by_somebody_during_our_session_disturbs_nothing() {
    let server = Dovecot::start();
    server.deliver("1.a", &mail("ett"));
    let mut mailbox = opened(&server).await;
    let listed = mailbox.list(None).await.unwrap();
    server.doveadm(&["flags", "add"], &["\\Seen", "mailbox", "INBOX", "all"]);
    let (mails, ended) = fetch_all(&mut mailbox, &listed).await;
    ended.unwrap();
    assert_eq!(mails.len(), 1);
    assert_eq!(mailbox.list(None).await.unwrap(), vec![MailUid::new("1")]);
}

#[tokio::test]
async fn a_drain_of_many_mails_keeps_their_order_and_loses_none() {
    const COUNT: u32 = 1200;
    let server = Dovecot::start();
    for number in 1..=COUNT {
        server.deliver(&format!("{number:05}.a"), &mail(&number.to_string()));
    }
    let mut mailbox = opened(&server).await;
    let listed = mailbox.list(None).await.unwrap();
    let (mails, ended) = fetch_all(&mut mailbox, &listed).await;
    ended.unwrap();
    assert_eq!(mails.iter().map(|mail| &mail.uid).collect::<Vec<_>>(), listed.iter().collect::<Vec<_>>());
    assert_eq!(mails.len(), usize::try_from(COUNT).unwrap());
    mailbox.file(Folder::Handled, &listed).await.unwrap();
    assert_eq!(server.files(HANDLED).len(), usize::try_from(COUNT).unwrap());
    assert!(server.files("").is_empty());
}
