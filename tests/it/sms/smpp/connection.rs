//! The connection: it comes back by itself, is left cleanly, and goes to nobody else.

use super::*;

#[tokio::test]
async fn a_connection_that_was_cut_comes_back_before_the_next_text() {
    let centre = Centre::start();
    let operator = Bound::to(&centre);
    assert_eq!(kind(&operator.send(KEY).await), "accepted");
    for count in 2..5 {
        centre.cut().await;
        assert_eq!(centre.log_of("bind", count).await.len(), count);
        assert_eq!(kind(&operator.send(KEY).await), "accepted");
    }
    assert_eq!(centre.log("submit_sm").await.len(), 4, "nothing is sent twice");
}

#[tokio::test]
async fn a_connection_that_is_cut_in_place_of_an_answer_leaves_it_unclear() {
    let centre = Centre::that(r#"{"answer": "cut", "receipt": null}"#).await;
    let operator = Bound::to(&centre);
    let outcome = operator.send(KEY).await;
    assert_eq!(kind(&outcome), "uncertain", "{outcome:?}");
    centre.behave(r#"{"answer": "now"}"#).await;
    assert_eq!(kind(&operator.send("n2-text-1-0-1").await), "accepted");
    assert_eq!(centre.log("submit_sm").await.len(), 2, "nothing is sent twice");
}

#[tokio::test]
async fn a_session_that_the_message_centre_has_ended_or_forgotten_is_made_anew() {
    let centre = Centre::start();
    let operator = Bound::to(&centre);
    assert_eq!(kind(&operator.send(KEY).await), "accepted");
    // A leave that nobody took.
    centre.say("unbind_resp").await;
    centre.log_of("bind", 2).await;
    assert_eq!(kind(&operator.send(KEY).await), "accepted");
    centre.forget().await;
    assert!(operator.gateway.probe().await.is_err(), "it would take no text");
    centre.log_of("bind", 3).await;
    assert_eq!(kind(&operator.send(KEY).await), "accepted");
    centre.forget().await;
    assert_eq!(kind(&operator.send(KEY).await), "not-sent");
    centre.log_of("bind", 4).await;
    assert_eq!(kind(&operator.send(KEY).await), "accepted");
}

#[tokio::test]
async fn a_message_centre_that_is_not_there_has_taken_nothing() {
    let closed = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let centre = Centre::start();
    let operator = Bound::with(SmppSetup { port: closed, ..centre.setup() });
    assert_eq!(kind(&operator.send(KEY).await), "not-sent");
    assert!(operator.gateway.probe().await.is_err());
}

#[tokio::test]
async fn a_wrong_password_is_told_at_once_and_tried_once() {
    let centre = Centre::start();
    let wrong = SmppSetup { password: Secret::new("fel-4711".to_owned()), ..centre.setup() };
    let operator = Bound::with(wrong.clone());
    for _ in 0..3 {
        let outcome = operator.send(KEY).await;
        assert_eq!(kind(&outcome), "not-sent");
        assert!(outcome.detail().contains("refuses username or password"), "{outcome:?}");
    }
    let error = operator.gateway.probe().await.unwrap_err();
    assert!(error.contains("refuses username or password"), "{error}");
    assert_eq!(centre.log("bind").await.len(), 1, "whoever goes on is locked out");
    // Of one that nobody keeps up, `check` tries it.
    let error = SmppGateway::new(wrong).unwrap().probe().await.unwrap_err();
    assert!(error.contains("refuses username or password"), "{error}");
    assert_discreet(&error);
}

#[tokio::test]
async fn a_probe_binds_and_one_over_a_bound_connection_asks() {
    let centre = Centre::start();
    let said = Ok("bound; SMPP tells no balance".to_owned());
    assert_eq!(SmppGateway::new(centre.setup()).unwrap().probe().await, said);
    assert_eq!(centre.log_of("unbind", 1).await.len(), 1);
    let operator = Bound::to(&centre);
    centre.log_of("bind", 2).await;
    assert_eq!(operator.gateway.probe().await, said);
    assert_eq!((centre.log("bind").await.len(), centre.log("enquire_link").await.len()), (2, 1));
    assert!(centre.log("submit_sm").await.is_empty(), "nothing is sent");
}

#[tokio::test]
async fn a_desk_that_stops_takes_its_leave() {
    let centre = Centre::start();
    let mut operator = Bound::to(&centre);
    assert_eq!(kind(&operator.send(KEY).await), "accepted");
    operator.leave.notify_one();
    timeout(PATIENCE, &mut operator.attending).await.expect("it ends").unwrap();
    assert_eq!(centre.log("unbind").await.len(), 1);
    assert_eq!(kind(&operator.send(KEY).await), "not-sent");
    assert!(operator.gateway.probe().await.is_err(), "what another connection can do helps no text");
    assert_eq!(centre.log("bind").await.len(), 1);
}

#[tokio::test]
async fn a_message_centre_that_falls_silent_is_noticed_and_left() {
    let centre = Centre::start();
    let operator = Bound::to(&centre);
    assert_eq!(kind(&operator.send(KEY).await), "accepted");
    let connections = centre.log("connection").await.len();
    centre.behave(r#"{"silent": true}"#).await;
    assert!(operator.gateway.probe().await.is_err());
    // It has half a minute to say something, and then ten seconds to answer.
    centre.log_of("connection", connections + 1).await;
    centre.behave(r#"{"silent": false}"#).await;
    centre.log_of("bind", 2).await;
    assert_eq!(kind(&operator.send(KEY).await), "accepted");
}

#[tokio::test]
async fn under_tls_only_a_centre_with_a_trusted_certificate_hears_the_password() {
    let centre = Centre::start();
    let over_tls =
        SmppSetup { port: centre.tls_port(), tls: true, ca_file: Some(centre.ca_file()), ..centre.setup() };
    let operator = Bound::with(over_tls.clone());
    assert_eq!(kind(&operator.send(KEY).await), "accepted");
    assert_eq!(centre.log("submit_sm").await[0]["text"], WORDS);
    for (wrong, why) in [
        (SmppSetup { ca_file: None, ..over_tls.clone() }, "nobody trusts it"),
        (SmppSetup { host: "localhost".to_owned(), ..over_tls.clone() }, "it has no such name"),
        (SmppSetup { port: centre.port(), ..over_tls.clone() }, "it speaks no TLS"),
    ] {
        let stranger = SmppGateway::new(wrong).unwrap();
        let error = timeout(PATIENCE, stranger.probe()).await.unwrap().expect_err(why);
        assert!(error.contains("TLS"), "{why}: {error}");
        assert!(!error.contains(PASSWORD), "{error}");
    }
    assert_eq!(centre.log("bind").await.len(), 1);
}
