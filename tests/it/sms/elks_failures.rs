//! 46elks when something goes wrong: what each failure says about the text.

use std::time::Duration;

use nyckelbud::delivery::SmsGateway;
use nyckelbud::delivery::sms::GatewaySetup;
use nyckelbud::delivery::sms::elks::ElksGateway;
use nyckelbud::http::Timeouts;
use nyckelbud::types::Outcome;
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::{kind, number, text};
use crate::support::elks::{self, Elks, ID, Reply};

/// Short enough for a test, long enough for a busy machine to answer in.
const SHORT: Timeouts = Timeouts { connect: Duration::from_secs(5), total: Duration::from_millis(700) };
const PATIENT: Timeouts = Timeouts { connect: Duration::from_secs(20), total: Duration::from_secs(30) };

async fn sent_to(server: &Elks, timeouts: Timeouts) -> Outcome {
    let gateway = ElksGateway::new(&GatewaySetup { timeouts, ..server.settings() }).unwrap();
    let (number, text) = (number(), text());
    let sending = gateway.send(&number, &text, "n1-text-1-0-1");
    timeout(Duration::from_secs(40), sending).await.expect("every wait has an end")
}

async fn answered(status: u16, body: &str) -> Outcome {
    let server = Elks::start(Reply::Status(status, body.to_owned())).await;
    let outcome = sent_to(&server, PATIENT).await;
    assert_eq!(server.asked().len(), 1, "nothing is sent twice");
    outcome
}

#[tokio::test]
async fn a_refusal_is_one_and_gives_its_reason() {
    for (status, body, reason) in [
        (400, "Invalid to number +46701740605", "Invalid to number"),
        (400, "{\"message\":\"Tillfälligt lösenord: Kd7p-mWx4-9TrQ\"}", "message"),
        (401, "API access requires Basic HTTP authentication", "check username, password"),
        (403, "Not enough credits", "Not enough credits"),
        (404, "Not found", "Not found"),
        (415, "", "415"),
    ] {
        let outcome = answered(status, body).await;
        assert_eq!(kind(&outcome), "refused", "{status}");
        assert!(outcome.detail().contains(reason), "{outcome:?}");
    }
    let failed = format!("{{\"id\":\"{ID}\",\"status\":\"failed\"}}");
    assert_eq!(kind(&answered(200, &failed).await), "refused");
}

#[tokio::test]
async fn a_wish_to_wait_means_that_nothing_was_taken() {
    for status in [408, 425, 429] {
        assert_eq!(kind(&answered(status, "slow down").await), "not-sent", "{status}");
    }
}

#[tokio::test]
async fn a_broken_server_may_have_taken_the_text() {
    for status in [500, 502, 503, 504] {
        assert_eq!(kind(&answered(status, "oops +46701740605").await), "uncertain", "{status}");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_the_documented_one_is_not_taken_for_it() {
    let texts = [
        "",
        "OK",
        "<html>Logga in på hotellets nät</html>",
        "{\"status\":\"created\"}",
        "{\"id\":\"s36\"}",
        "{\"id\":\"\",\"status\":\"created\"}",
        "{\"id\":\"../me\",\"status\":\"created\"}",
        "{\"id\":\"s36\",\"status\":\"queued\"}",
        "{\"id\":36,\"status\":\"created\"}",
        "[{\"id\":\"s36\",\"status\":\"created\"}]",
        "{\"message\":\"Kd7p-mWx4-9TrQ\",\"id\":",
    ];
    for body in texts {
        assert_eq!(kind(&answered(200, body).await), "uncertain", "{body}");
    }
}

#[tokio::test]
async fn a_server_that_is_silent_or_stops_halfway_may_have_taken_the_text() {
    for reply in [Reply::Silent, Reply::Half] {
        let server = Elks::start(reply.clone()).await;
        let outcome = sent_to(&server, SHORT).await;
        assert_eq!(kind(&outcome), "uncertain", "{reply:?}");
        assert!(outcome.detail().contains("time"), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_connection_that_is_cut_may_have_brought_the_text() {
    for reply in [Reply::CutUnread, Reply::CutRead] {
        let server = Elks::start(reply.clone()).await;
        assert_eq!(kind(&sent_to(&server, PATIENT).await), "uncertain", "{reply:?}");
    }
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    let server = Elks::start(Reply::Endless).await;
    let outcome = sent_to(&server, PATIENT).await;
    assert_eq!(kind(&outcome), "uncertain");
    assert!(outcome.detail().contains("longer than"), "{outcome:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Elks::start(Reply::Documented("created")).await;
    for status in [301, 302, 303, 307, 308] {
        let to = format!("{}/sms", elsewhere.settings().base_url);
        let server = Elks::start(Reply::Redirect(status, to)).await;
        assert_eq!(kind(&sent_to(&server, PATIENT).await), "refused", "{status}");
    }
    assert!(elsewhere.asked().is_empty(), "the password of the API went elsewhere");
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_has_taken_nothing() {
    let closed = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap().port();
    let speaks_no_tls = Elks::start(Reply::CutUnread).await.settings();
    for base_url in [
        format!("http://127.0.0.1:{closed}/a1"),
        "https://api.46elks.invalid/a1".to_owned(),
        speaks_no_tls.base_url.replace("http:", "https:"),
    ] {
        let gateway =
            ElksGateway::new(&GatewaySetup { timeouts: PATIENT, ..elks::settings(&base_url) }).unwrap();
        let outcome = gateway.send(&number(), &text(), "n1-text-1-0-1").await;
        assert_eq!(kind(&outcome), "not-sent", "{base_url}: {outcome:?}");
        assert!(gateway.ask(ID).await.is_err());
        assert!(gateway.probe().await.is_err());
    }
}

#[tokio::test]
async fn a_server_that_never_ends_the_handshake_has_taken_nothing() {
    let server = Elks::start(Reply::Silent).await;
    let base_url = server.settings().base_url.replace("http:", "https:");
    let short = Timeouts { connect: Duration::from_millis(700), ..PATIENT };
    let gateway = ElksGateway::new(&GatewaySetup { timeouts: short, ..elks::settings(&base_url) }).unwrap();
    let outcome = gateway.send(&number(), &text(), "n1-text-1-0-1").await;
    assert_eq!(kind(&outcome), "not-sent", "{outcome:?}");
}
