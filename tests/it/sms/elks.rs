//! 46elks when all goes well: the request's form, asking, and the balance.

use nyckelbud::delivery::sms::elks::ElksGateway;
use nyckelbud::delivery::sms::{Fault, GatewaySetup, SetupError};
use nyckelbud::delivery::{GatewayTraits, Receipt, SmsGateway};
use nyckelbud::types::Outcome;

use super::{WORDS, number, text};
use crate::support::elks::{self, Elks, ID, Reply};

#[tokio::test]
async fn a_text_leaves_as_the_documented_form() {
    let server = Elks::start(Reply::Documented("created")).await;
    let gateway = ElksGateway::new(&server.settings()).unwrap();
    let outcome = gateway.send(&number(), &text(), "n1-text-1-0-1").await;
    assert_eq!(outcome, Outcome::Accepted { reference: ID.to_owned() });
    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    let fields: Vec<_> = asked[0].form.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(
        fields,
        [
            ("dontlog", "message"),
            ("from", "Servicedesk"),
            ("message", WORDS),
            ("to", "+46701740605"),
            (
                "whendelivered",
                "https://servicedesk.kommun.example/callbacks/sms/elks/v%C3%A4g%2F4711?key=n1-text-1-0-1"
            ),
        ]
    );
}

#[tokio::test]
async fn without_a_callback_no_receipts_are_asked_for() {
    let server = Elks::start(Reply::Documented("created")).await;
    let mut settings = server.settings();
    settings.callback = None;
    let gateway = ElksGateway::new(&settings).unwrap();
    gateway.send(&number(), &text(), "m1").await;
    assert!(!server.asked()[0].form.contains_key("whendelivered"));
    assert_eq!(gateway.traits(), GatewayTraits { receipts: false, honours_keys: false, can_be_asked: true });
}

#[tokio::test]
async fn a_text_that_was_taken_can_be_asked_for() {
    for (status, expected) in [
        ("created", Receipt::Pending),
        ("sent", Receipt::Pending),
        ("delivered", Receipt::Delivered),
        ("failed", Receipt::Failed),
    ] {
        let server = Elks::start(Reply::Documented(status)).await;
        let gateway = ElksGateway::new(&server.settings()).unwrap();
        assert_eq!(gateway.ask(ID).await, Ok(expected), "{status}");
        assert_eq!(server.asked()[0].line, format!("GET /a1/sms/{ID} HTTP/1.1"));
    }
}

#[tokio::test]
async fn what_is_asked_for_stays_inside_the_texts_of_the_api() {
    let server = Elks::start(Reply::Documented("delivered")).await;
    let gateway = ElksGateway::new(&server.settings()).unwrap();
    for odd in ["", "../me", "s36/../../me", "s 36"] {
        assert!(gateway.ask(odd).await.is_err(), "{odd}");
    }
    assert!(server.asked().is_empty());
    assert!(gateway.ask("s37").await.is_err(), "no such text");
}

#[tokio::test]
async fn the_probe_signs_in_whatever_the_account_holds() {
    let server = Elks::start(Reply::Documented("created")).await;
    let gateway = ElksGateway::new(&server.settings()).unwrap();
    assert_eq!(gateway.probe().await, Ok("signed in".to_owned()));
    let mut settings = server.settings();
    settings.username = "u0001".to_owned();
    let error = ElksGateway::new(&settings).unwrap().probe().await.unwrap_err();
    assert!(error.contains("check username, password"), "{error}");
    let empty = "{\"id\":\"u0\",\"currency\":\"SEK\",\"balance\":0}".to_owned();
    let server = Elks::start(Reply::Status(200, empty)).await;
    let gateway = ElksGateway::new(&server.settings()).unwrap();
    assert_eq!(gateway.probe().await, Ok("signed in".to_owned()));
    assert_eq!(
        gateway.balance().await.unwrap().map(|balance| balance.to_string()),
        Some("0.00 SEK".to_owned())
    );
}

#[test]
fn settings_that_would_fail_with_the_first_text_are_refused_at_once() {
    let made = |change: &dyn Fn(&mut GatewaySetup)| {
        let mut settings = elks::settings("https://api.46elks.com/a1");
        change(&mut settings);
        ElksGateway::new(&settings).err()
    };
    assert_eq!(made(&|_| {}), None);
    let sign_in = |text: &str| Some(nyckelbud::secret::Secret::new(text.to_owned()));
    let fault = made(&|s| s.callback_auth = sign_in("desk"));
    assert!(matches!(fault, Some(SetupError::Value(Fault { key: "callback_auth", .. }))), "{fault:?}");
    let open = |s: &mut GatewaySetup| {
        s.base_url = "http://api.46elks.com/a1".to_owned();
    };
    assert!(matches!(made(&open), Some(SetupError::BaseUrl(_))));
    assert!(matches!(
        made(&|s| s.public_url = "http://servicedesk.kommun.example".to_owned()),
        Some(SetupError::PublicUrl(_))
    ));
    assert!(matches!(made(&|s| s.sender = "Servicedesken".to_owned()), Some(SetupError::Sender)));
}
