//! A real Kannel: what goes on the air, and the receipts that come back.

use std::sync::Arc;

use nyckelbud::delivery::sms::GatewaySetup;
use nyckelbud::delivery::{Receipt, ReceiptReading, SmsGateway, SmsText};
use nyckelbud::secret::Secret;
use nyckelbud::types::{CallbackRequest, Outcome};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::{kind, number};
use crate::support::http_request::{header, request};
use crate::support::kannel::Kannel;
use crate::support::sms_service::{self, CALLBACK, CALLBACK_AUTH, Kind};

const LIMIT: std::time::Duration = std::time::Duration::from_secs(60);

fn words(text: &str) -> SmsText {
    SmsText::new(Zeroizing::new(text.to_owned()))
}

fn gateway(kannel: &Kannel, change: impl FnOnce(&mut GatewaySetup)) -> Arc<dyn SmsGateway> {
    let mut setup = sms_service::setup(Kind::Kannel, kannel.sendsms_port());
    change(&mut setup);
    sms_service::gateway(Kind::Kannel, &setup)
}

#[tokio::test]
async fn letters_arrive_as_they_are_and_no_log_of_kannel_holds_them() {
    let kannel = Kannel::start();
    let gateway = gateway(&kannel, |setup| (setup.callback, setup.callback_auth) = (None, None));
    let accepted = Outcome::Accepted { reference: "n1-text-1-0-1".to_owned() };
    let text = words("Tillfälligt lösenord på väg: {€} [Å] Kd7p-mWx4-9TrQ");
    assert_eq!(gateway.send(&number(), &text, "n1-text-1-0-1").await, accepted);
    let sent = kannel.on_the_air(1).await;
    assert_eq!(sent, [format!("Servicedesk +46701740605 text {}", text.expose())]);

    // What the GSM alphabet lacks goes as UCS-2, not as a question mark.
    let odd = words("Hej ☃");
    assert_eq!(kind(&gateway.send(&number(), &odd, "n1-text-1-0-2").await), "accepted");
    let sent = kannel.on_the_air(2).await;
    assert_eq!(sent[1], "Servicedesk +46701740605 ucs-2 %00H%00e%00j%00+%26%03");
    let logs = kannel.logs();
    assert!(!logs.contains("Kd7p") && !logs.contains(sms_service::PASSWORD), "{logs}");
}

#[tokio::test]
async fn kannel_is_probed_without_a_text() {
    let kannel = Kannel::start();
    assert_eq!(gateway(&kannel, |_| {}).probe().await, Ok("signed in; Kannel tells no balance".to_owned()));
    let stranger = gateway(&kannel, |setup| setup.password = Secret::new("fel".to_owned()));
    assert!(stranger.probe().await.unwrap_err().contains("check username, password"));
    let outcome = stranger.send(&number(), &words("hej"), "n1").await;
    assert_eq!(kind(&outcome), "refused");
    assert!(outcome.detail().contains("Authorization failed for sendsms"), "{outcome:?}");
    let lost = gateway(&kannel, |setup| setup.base_url = setup.base_url.replace("sendsms", "senddsms"));
    assert!(lost.probe().await.unwrap_err().contains("check base_url"));
}

#[tokio::test]
async fn a_receipt_comes_back_with_its_key_its_secret_and_its_sign_in() {
    let kannel = Kannel::start();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let gateway = gateway(&kannel, |setup| setup.public_url = format!("http://127.0.0.1:{port}"));
    let outcome = gateway.send(&number(), &words("på väg"), "n1-text-1-0-1").await;
    assert_eq!(kind(&outcome), "accepted");

    let (mut stream, _) = timeout(LIMIT, listener.accept()).await.expect("a receipt comes").unwrap();
    let (head, body) = timeout(LIMIT, request(&mut stream)).await.expect("it is whole").unwrap();
    stream.write_all(b"HTTP/1.1 200 x\r\n\r\n").await.unwrap();
    let target = head.split(' ').nth(1).unwrap();
    let (path, query) = target.split_once('?').unwrap();
    assert_eq!(path, format!("/callbacks/sms/gw/{CALLBACK}"));
    let sign_in = header(&head, "authorization").unwrap_or_default().to_owned();
    assert_eq!(sign_in, format!("Basic {}", data_encoding::BASE64.encode(CALLBACK_AUTH.as_bytes())));
    let headers = [("authorization".to_owned(), sign_in)];
    let method = head.split(' ').next().unwrap();
    let request = CallbackRequest { method, query, headers: &headers, body: body.as_bytes() };
    let key = "n1-text-1-0-1".to_owned();
    let told = ReceiptReading::Told { key: Some(key.clone()), reference: key, receipt: Receipt::Delivered };
    assert_eq!(gateway.receipt(CALLBACK, &request), told);
}
