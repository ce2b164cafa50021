//! Mails through a real Postfix.

use mail_parser::MessageParser;
use nyckelbud::delivery::notice::{SmtpSender, SmtpSettings};
use nyckelbud::delivery::{MailSender, OutgoingMail};
use nyckelbud::tls::Tls;
use nyckelbud::types::Outcome;

use super::{address, notice, reply};
use crate::support::postfix::Postfix;
use crate::support::proxy::Proxy;

fn to(person: &str) -> OutgoingMail {
    OutgoingMail { to: address(person), ..reply() }
}

#[tokio::test]
async fn a_mail_arrives_whole_with_every_header() {
    let server = Postfix::start();
    let sender = SmtpSender::new(server.settings()).unwrap();
    let outcome = sender.send(&reply()).await;
    let Outcome::Accepted { reference } = &outcome else { panic!("{outcome:?}") };
    assert!(reference.contains("queued as"), "{reference}");
    let mail = server.delivered(1).await.remove(0);
    let read = MessageParser::default().parse(mail.as_bytes()).unwrap();
    assert_eq!(read.subject(), Some("[26-1141] Vi har fått ditt ärende"));
    assert_eq!(read.from().unwrap().first().unwrap().name(), Some("Servicedesk på Kommunen"));
    assert_eq!(read.body_text(0).unwrap(), reply().text);
    for line in [
        "Return-Path: <>",
        "From: =?utf-8?",
        "Message-ID: <n1.7f3a@kommun.example>",
        "Date: Sun, 22 Nov 2026 09:14:05 +0000",
        "In-Reply-To: <a@kommun.example>",
        "References: <a@kommun.example> <b@kommun.example>",
        "Auto-Submitted: auto-replied",
        "X-Auto-Response-Suppress: All",
    ] {
        assert_eq!(mail.lines().filter(|l| l.starts_with(line)).count(), 1, "{line}: {mail}");
    }
    assert!(mail.contains("(Postfix) with ESMTPS"), "{mail}");
}

#[tokio::test]
async fn a_notice_tells_where_it_comes_back_to() {
    let server = Postfix::start();
    let settings = SmtpSettings { port: server.smtps_port(), tls: Tls::Implicit, ..server.settings() };
    let sender = SmtpSender::new(settings).unwrap();
    assert_eq!(sender.probe().await.unwrap().split_once(' ').unwrap().0, "connected");
    assert_eq!(sender.send(&notice()).await.code(), "accepted");
    let mail = server.delivered(1).await.remove(0);
    assert!(mail.lines().any(|line| line == "Return-Path: <servicedesk@kommun.example>"), "{mail}");
}

#[tokio::test]
async fn an_unknown_person_is_refused_and_one_put_off_is_not() {
    let server = Postfix::start();
    let sender = SmtpSender::new(server.settings()).unwrap();
    let refused = sender.send(&to("nobody@kommun.example")).await;
    assert!(matches!(&refused, Outcome::Refused { cause } if cause.contains("550")), "{refused:?}");
    let later = sender.send(&to("later@kommun.example")).await;
    assert!(matches!(&later, Outcome::NotSent { cause } if cause.contains("450")), "{later:?}");
    assert_eq!(sender.send(&reply()).await.code(), "accepted", "the others are not held up");
}

#[tokio::test]
async fn a_server_whose_certificate_does_not_hold_gets_no_mail() {
    let server = Postfix::start();
    for (port, tls) in [(server.settings().port, Tls::StartTls), (server.smtps_port(), Tls::Implicit)] {
        let unknown = SmtpSettings { port, tls, ca_file: None, ..server.settings() };
        let outcome = SmtpSender::new(unknown).unwrap().send(&reply()).await;
        assert!(
            matches!(&outcome, Outcome::NotSent { cause } if cause.contains("certificate")),
            "{outcome:?}"
        );
        let elsewhere = Proxy::on("127.0.0.2", port).await;
        let other_name =
            SmtpSettings { host: "127.0.0.2".to_owned(), port: elsewhere.port(), tls, ..server.settings() };
        let outcome = SmtpSender::new(other_name).unwrap().send(&reply()).await;
        assert!(
            matches!(&outcome, Outcome::NotSent { cause } if cause.contains("certificate")),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn many_mails_at_once_all_arrive_once() {
    let server = Postfix::start();
    let sender = std::sync::Arc::new(SmtpSender::new(server.settings()).unwrap());
    let mails: Vec<_> = (0..16)
        .map(|number| OutgoingMail { message_id: super::id(&format!("n{number}@kommun.example")), ..reply() })
        .collect();
    let mut sending = tokio::task::JoinSet::new();
    for mail in mails.clone() {
        let sender = std::sync::Arc::clone(&sender);
        sending.spawn(async move { sender.send(&mail).await });
    }
    for outcome in sending.join_all().await {
        assert_eq!(outcome.code(), "accepted", "{outcome:?}");
    }
    let arrived = server.delivered(16).await;
    for mail in &mails {
        let line = format!("Message-ID: <{}>", mail.message_id);
        assert_eq!(arrived.iter().filter(|text| text.lines().any(|l| l == line)).count(), 1, "{line}");
    }
}
