//! What each failure of the endpoint is called, and that nothing secret is in it.

use std::time::{Duration, Instant};

use nyckelbud::secret::Secret;
use nyckelbud::token::{Credential, TokenError, Tokens};
use tokio::net::TcpListener;

use crate::support::token_endpoint::{Does, SECRET, TokenEndpoint};

async fn failure(endpoint: &TokenEndpoint) -> TokenError {
    let error = endpoint.source().token().await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(shown.contains(&endpoint.url()), "{shown}");
    assert!(!shown.contains("4711"), "{shown}");
    error
}

#[tokio::test]
async fn what_may_pass_is_told_from_what_somebody_has_to_put_right() {
    let says = |status, wait, body: &str| Does::Says(status, wait, body.to_owned());
    for (does, words) in [
        (says(500, None, SECRET), "answers 500"),
        (says(503, Some(30), ""), "answers 503, to ask again in 30 s"),
        (says(429, Some(17), "{}"), "asks to wait (429), to ask again in 17 s"),
        (says(200, None, "<html>a proxy</html>"), "holds no token"),
        (says(200, None, &"x".repeat(100_000)), "longer than"),
        (says(302, None, ""), "leads elsewhere"),
        (says(401, None, "<html>"), "without a reason"),
    ] {
        let endpoint = TokenEndpoint::start().await;
        endpoint.does(does);
        let error = failure(&endpoint).await;
        assert!(matches!(error, TokenError::Unavailable { .. }), "{error:?}");
        assert!(error.to_string().contains(words), "{error}");
    }
    let endpoint = TokenEndpoint::start().await;
    for (body, words) in [
        (
            "{\"error\":\"invalid_client\",\"error_codes\":[7000222]}",
            "AADSTS7000222): the client secret has expired",
        ),
        ("{\"error\":\"invalid_client\"}", "(invalid_client)"),
    ] {
        endpoint.does(Does::Says(401, None, body.to_owned()));
        let error = failure(&endpoint).await;
        assert!(matches!(error, TokenError::Refused { .. }), "{error:?}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn a_wrong_secret_is_refused_in_the_portals_words_and_not_sent_again_at_once() {
    let endpoint = TokenEndpoint::start().await;
    let credential = Credential::Secret(Secret::new("fel-hemlighet-0815".to_owned()));
    let source = Tokens::default().source(endpoint.settings(credential)).unwrap();
    for _ in 0..20 {
        let error = source.token().await.unwrap_err();
        assert!(matches!(error, TokenError::Refused { .. }), "{error:?}");
        let shown = format!("{error} {error:?} {source:?}");
        assert!(shown.contains("AADSTS7000215") && shown.contains("not its Secret ID"), "{shown}");
        assert!(!shown.contains("0815"), "the endpoint repeats it, the error does not: {shown}");
    }
    assert_eq!(endpoint.calls(), 1);
}

#[tokio::test]
async fn an_endpoint_that_asks_to_wait_is_left_alone() {
    let endpoint = TokenEndpoint::start().await;
    endpoint.does(Does::Says(429, Some(300), String::new()));
    let source = endpoint.source();
    let first = source.token().await.unwrap_err();
    endpoint.does(Does::Right);
    // Longer than the pause after any other failure of this kind.
    let end = Instant::now() + Duration::from_secs(6);
    while Instant::now() < end {
        assert_eq!(source.token().await.unwrap_err(), first);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(endpoint.calls(), 1);
}

#[tokio::test]
async fn an_endpoint_that_says_nothing_costs_bounded_time_and_blames_no_credentials() {
    let endpoint = TokenEndpoint::start().await;
    endpoint.does(Does::Hangs);
    let began = Instant::now();
    let error = failure(&endpoint).await;
    assert!(began.elapsed() < Duration::from_secs(20));
    assert!(matches!(&error, TokenError::Unavailable { cause, .. } if cause.contains("time")), "{error}");
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_named() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let endpoint = TokenEndpoint::start().await;
    let mut settings = endpoint.settings(Credential::Secret(Secret::new(SECRET.to_owned())));
    settings.url = nyckelbud::http::ServiceUrl::parse(&format!("http://127.0.0.1:{closed}/token")).unwrap();
    let error = Tokens::default().source(settings).unwrap().token().await.unwrap_err();
    assert!(error.to_string().contains("no connection"), "{error}");
}
