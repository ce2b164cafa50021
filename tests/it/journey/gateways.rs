//! Whole journeys through other gateways: mail, text, receipt, resolved ticket.

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::{ANNA, annas_request, lines, password_in, ticket_of};
use crate::support::client::Asked;
use crate::support::daemon::{Daemon, PATIENCE};
use crate::support::demo_desk;
use crate::support::http_request::{header, request};
use crate::support::kannel::Kannel;
use crate::support::smpp::Centre;
use crate::support::sms_service::receipts::{Fate, Posted, Signer, receipt};
use crate::support::sms_service::{self, Fault, Kind, Service, Taken};
use crate::support::wait::until;

fn deliver(program: &Daemon, id: &str) {
    let raw = annas_request(id).replace('\n', "\r\n");
    demo_desk::deliver_raw(program.folder(), &format!("{id}.a"), raw.as_bytes());
}

async fn posted(program: &Daemon, receipt: &Posted) -> u16 {
    let headers: Vec<(&str, &str)> =
        receipt.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let asked = match receipt.method {
        "GET" => Asked::get(&receipt.target),
        _ => Asked::post(&receipt.target, &receipt.body),
    };
    program.ask(&asked.with(&headers)).await.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_twilio_only_a_signed_receipt_resolves_the_ticket() {
    let service = Service::start(Kind::Twilio, Fault::None).await;
    let config = [lines::MAILDIR, &lines::twilio(&service), lines::MAIL_SPOOL].concat();
    let program = Daemon::started(&config).await;
    deliver(&program, "one");
    let first = || service.taken().first().cloned();
    let text: Taken = until("the text is at Twilio", PATIENCE, first).await;
    assert_eq!(text.to, "+46701740605");
    assert!(program.opens(ANNA, &password_in(&text.text)));

    let forged = receipt(Kind::Twilio, &text, Fate::Delivered, Signer::SomebodyElse);
    let nowhere = Posted { target: "/callbacks/sms/nobody/guessed".to_owned(), ..forged.clone() };
    assert_eq!((posted(&program, &forged).await, posted(&program, &nowhere).await), (404, 404));
    let sent = receipt(Kind::Twilio, &text, Fate::Pending, Signer::Service);
    assert_eq!(posted(&program, &sent).await, 200);
    assert_eq!(program.tickets()[0]["state"], "working", "sent is not delivered");
    let delivered = receipt(Kind::Twilio, &text, Fate::Delivered, Signer::Service);
    assert_eq!(posted(&program, &delivered).await, 200);
    let tickets = program.tickets_when("resolved", |t| t[0]["state"] == "resolved").await;
    assert_eq!(ticket_of(&tickets, "one")["outcome"], "sms");
    let failed = receipt(Kind::Twilio, &text, Fate::Failed, Signer::Service);
    assert_eq!(posted(&program, &failed).await, 200);
    assert_eq!(program.tickets()[0]["state"], "resolved", "a late receipt moves nothing back");
    assert_eq!(service.taken().len(), 1, "one text");
    assert!(!program.log().contains(sms_service::PASSWORD) && !program.log().contains(lines::CALLBACK));
}

/// Kannel asks where the test listens; the test passes on what it asks.
async fn through_kannel(kannel: &Kannel, text: impl Future<Output = String>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let reached = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let mut program = Daemon::new(&[lines::MAILDIR, &lines::kannel(kannel), lines::MAIL_SPOOL].concat());
    let file = program.folder().join("nyckelbud.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, config.replace("http://127.0.0.1:8025", &reached)).unwrap();
    program.start().await;
    deliver(&program, "one");
    assert!(program.opens(ANNA, &password_in(&text.await)));

    let (mut stream, _) = timeout(PATIENCE, listener.accept()).await.expect("a receipt comes").unwrap();
    assert_eq!(program.tickets()[0]["state"], "working", "taken is not delivered");
    let (head, _) = request(&mut stream).await.unwrap();
    let target = head.split(' ').nth(1).unwrap();
    let sign_in = header(&head, "authorization").unwrap();
    let without = program.ask(&Asked::get(target)).await.status;
    let with = program.ask(&Asked::get(target).with(&[("authorization", sign_in)])).await.status;
    assert_eq!((without, with), (404, 200));
    stream.write_all(b"HTTP/1.1 200 x\r\n\r\n").await.unwrap();
    let tickets = program.tickets_when("resolved", |t| t[0]["state"] == "resolved").await;
    assert_eq!(ticket_of(&tickets, "one")["outcome"], "sms");
    let log = program.log();
    for secret in [sms_service::PASSWORD, lines::CALLBACK, sms_service::CALLBACK_AUTH, sign_in] {
        assert!(!log.contains(secret), "a secret of the gateway is in the log");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_a_real_kannel_a_text_arrives_and_its_receipt_resolves_the_ticket() {
    let kannel = Kannel::start();
    let text = async {
        let sent = kannel.on_the_air(1).await;
        assert!(sent[0].starts_with("Servicedesk +46701740605 text "), "{sent:?}");
        sent.join("\n")
    };
    through_kannel(&kannel, text).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_kannel_and_a_message_centre_behind_it_a_receipt_resolves_the_ticket() {
    let centre = Centre::start();
    let kannel = Kannel::before(centre.port());
    let text = async {
        let sent = centre.log_of("submit_sm", 1).await.remove(0);
        assert_eq!((&sent["from"], &sent["receipt"]), (&"Servicedesk".into(), &1.into()), "{sent}");
        sent["text"].as_str().unwrap().to_owned()
    };
    through_kannel(&kannel, text).await;
}
