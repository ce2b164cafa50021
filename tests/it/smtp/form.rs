//! What a mail that leaves looks like.

use mail_parser::{HeaderName, MessageParser};
use nyckelbud::delivery::notice::MailSpool;
use nyckelbud::delivery::{MailSender, OutgoingMail};
use nyckelbud::types::Outcome;

use super::{address, id, notice, reply};

async fn written(mail: &OutgoingMail) -> String {
    let folder = tempfile::tempdir().unwrap();
    let spool =
        MailSpool::new(folder.path(), "Servicedesk på Kommunen", address("servicedesk@kommun.example"));
    let outcome = spool.send(mail).await;
    let Outcome::Accepted { reference } = outcome else { panic!("{outcome:?}") };
    std::fs::read_to_string(folder.path().join(reference)).unwrap()
}

#[tokio::test]
async fn the_headers_are_the_promised_ones() {
    let text = written(&reply()).await;
    for line in [
        "To: anna.andersson@kommun.example",
        "Message-ID: <n1.7f3a@kommun.example>",
        "Date: Sun, 22 Nov 2026 09:14:05 +0000",
        "In-Reply-To: <a@kommun.example>",
        "References: <a@kommun.example> <b@kommun.example>",
        "Auto-Submitted: auto-replied",
        "X-Auto-Response-Suppress: All",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
    ] {
        assert_eq!(text.split("\r\n").filter(|l| *l == line).count(), 1, "{line}: {text}");
    }
    assert_eq!(text.matches("\r\nDate:").count(), 1, "{text}");
}

#[tokio::test]
async fn swedish_letters_arrive_as_they_were_written() {
    let text = written(&reply()).await;
    assert!(text.is_ascii(), "{text}");
    let read = MessageParser::default().parse(text.as_bytes()).unwrap();
    assert_eq!(read.subject(), Some("[26-1141] Vi har fått ditt ärende"));
    let from = read.from().unwrap().first().unwrap();
    assert_eq!(from.name(), Some("Servicedesk på Kommunen"));
    assert_eq!(from.address(), Some("servicedesk@kommun.example"));
    assert_eq!(read.body_text(0).unwrap().replace("\r\n", "\n"), reply().text);
}

#[tokio::test]
async fn a_notice_is_no_reply() {
    let text = written(&notice()).await;
    assert!(text.contains("\r\nAuto-Submitted: auto-generated\r\n"), "{text}");
    assert!(!text.contains("In-Reply-To") && !text.contains("References"), "{text}");
}

#[tokio::test]
async fn a_subject_makes_no_header_of_its_own() {
    for bad in ["x\r\nBcc: a@b.example", "x\nBcc: a@b.example", "å\r\n\r\nbody", "x\r\n Bcc: a@b.example"] {
        let text = written(&OutgoingMail { subject: bad.to_owned(), ..reply() }).await;
        let read = MessageParser::default().parse(text.as_bytes()).unwrap();
        assert!(read.bcc().is_none(), "{text}");
        let subject = read.subject().unwrap();
        assert!(!subject.chars().any(char::is_control), "{subject:?}");
        assert_eq!(read.header_values(HeaderName::MessageId).count(), 1, "{text}");
    }
}

#[tokio::test]
async fn no_line_is_longer_than_a_mail_may_have() {
    let long = OutgoingMail {
        subject: "ö".repeat(3000),
        text: "å".repeat(5000) + &"x".repeat(5000),
        in_reply_to: Some(id(&format!("{}@kommun.example", "x".repeat(950)))),
        references: vec![id("å@kommun.example"), id(&format!("{}@b.example", "y".repeat(800)))],
        ..reply()
    };
    let text = written(&long).await;
    assert!(text.split("\r\n").all(|line| line.len() <= 998), "{text}");
    assert!(!text.contains("In-Reply-To"), "{text}");
    let read = MessageParser::default().parse(text.as_bytes()).unwrap();
    assert_eq!(read.subject(), Some(long.subject.as_str()));
    assert_eq!(read.body_text(0).unwrap().trim_end(), long.text);
}
