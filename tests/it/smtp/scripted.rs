//! What each failure of a mail server says about the mail.

use std::time::Duration;

use nyckelbud::delivery::MailSender;
use nyckelbud::delivery::notice::{SmtpError, SmtpSender, SmtpSettings, Timeouts};
use nyckelbud::secret::Secret;
use nyckelbud::tls::Tls;
use nyckelbud::token::SignIn;
use nyckelbud::types::Outcome;
use tokio::net::TcpListener;

use super::{notice, reply};
use crate::support::scripted_smtp::{Does, Log, Script, ScriptedSmtp};

const PASSWORD: &str = "hemligt-4711";

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn sender(settings: SmtpSettings) -> SmtpSender {
    let patient = Timeouts { connect: seconds(20), offer: seconds(20), hand_over: seconds(20) };
    SmtpSender::new(settings).unwrap().with_timeouts(patient)
}

async fn sent_to(script: Script) -> (Outcome, Log) {
    let server = ScriptedSmtp::start(script).await;
    let outcome = sender(server.settings()).send(&reply()).await;
    (outcome, server.log())
}

fn signing_in(server: &ScriptedSmtp) -> SmtpSettings {
    SmtpSettings {
        username: Some("servicedesk@kommun.example".to_owned()),
        sign_in: Some(SignIn::Password(Secret::new(PASSWORD.to_owned()))),
        ..server.settings()
    }
}

#[tokio::test]
async fn a_mail_that_was_taken_has_the_servers_words_as_reference() {
    let (outcome, log) = sent_to(&[]).await;
    assert_eq!(outcome, Outcome::Accepted { reference: "2.0.0 Ok: queued as 4F2A1".to_owned() });
    assert_eq!(log.commands[1..], ["MAIL FROM:<>", "RCPT TO:<anna.andersson@kommun.example>", "DATA"]);
    assert_eq!(log.mails.len(), 1);
}

#[tokio::test]
async fn a_refusal_of_the_mail_is_final_and_a_delay_is_not() {
    for point in ["MAIL", "RCPT", "DATA", "END"] {
        let refuses: Script = Box::leak(Box::new([(point, Does::Says("550-5.1.1 No such\r\n550 person"))]));
        let (outcome, log) = sent_to(refuses).await;
        assert_eq!(outcome.code(), "refused", "{point}: {outcome:?}");
        assert!(outcome.detail().contains("550") && outcome.detail().contains("No such"), "{outcome:?}");
        assert_eq!(log.commands.last().map(String::as_str), Some("QUIT"), "{point}");
        let delays: Script = Box::leak(Box::new([(point, Does::Says("451 4.7.1 Greylisted"))]));
        let (outcome, _) = sent_to(delays).await;
        assert_eq!(outcome.code(), "not-sent", "{point}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_connection_lost_before_the_text_means_not_sent() {
    for point in ["GREETING", "EHLO", "MAIL", "RCPT", "DATA"] {
        let cuts: Script = Box::leak(Box::new([(point, Does::Cuts)]));
        let (outcome, log) = sent_to(cuts).await;
        assert_eq!(outcome.code(), "not-sent", "{point}: {outcome:?}");
        assert!(log.mails.is_empty());
    }
    let port = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap().port();
    let server = ScriptedSmtp::start(&[]).await;
    let closed = SmtpSettings { port, ..server.settings() };
    assert_eq!(sender(closed).send(&reply()).await.code(), "not-sent");
    assert_eq!(server.log().connections, 0);
}

#[tokio::test]
async fn a_connection_lost_after_the_text_leaves_it_unknown() {
    for script in [&[("TEXT", Does::Cuts)][..], &[("END", Does::Cuts)], &[("END", Does::Says("nonsense"))]] {
        let (outcome, _) = sent_to(script).await;
        assert_eq!(outcome.code(), "uncertain", "{script:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn every_wait_has_an_end() {
    let short = Duration::from_millis(500);
    let hurried = |settings, timeouts| SmtpSender::new(settings).unwrap().with_timeouts(timeouts);
    let long = Timeouts { connect: seconds(20), offer: seconds(20), hand_over: seconds(20) };
    for (point, timeouts, expected) in [
        ("GREETING", Timeouts { connect: short, ..long }, "not-sent"),
        ("EHLO", Timeouts { connect: short, ..long }, "not-sent"),
        ("RCPT", Timeouts { offer: short, ..long }, "not-sent"),
        ("END", Timeouts { hand_over: short, ..long }, "uncertain"),
    ] {
        let hangs: Script = Box::leak(Box::new([(point, Does::Hangs)]));
        let server = ScriptedSmtp::start(hangs).await;
        let outcome = hurried(server.settings(), timeouts).send(&reply()).await;
        assert_eq!(outcome.code(), expected, "{point}: {outcome:?}");
        assert!(outcome.detail().contains("in time"), "{outcome:?}");
    }
}

#[tokio::test]
async fn answers_out_of_step_never_count_as_taken() {
    // A word too many before the dialogue: every answer is read one command too early.
    let (outcome, log) = sent_to(&[("EHLO", Does::Says("250 mx.kommun.example\r\n250 slipped in"))]).await;
    assert_eq!(outcome.code(), "not-sent", "{outcome:?}");
    assert!(log.mails.is_empty());
    let (outcome, _) = sent_to(&[("DATA", Does::Says("354 go on\r\n354 slipped in"))]).await;
    assert!(!matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
}

#[tokio::test]
async fn one_connection_serves_many_mails_and_a_dead_one_is_replaced() {
    let server = ScriptedSmtp::start(&[]).await;
    let sender_ = sender(server.settings());
    for _ in 0..3 {
        assert_eq!(sender_.send(&reply()).await.code(), "accepted");
    }
    assert_eq!((server.log().connections, server.log().mails.len()), (1, 3));

    let server = ScriptedSmtp::start(&[("NOOP", Does::Cuts)]).await;
    let sender_ = sender(server.settings());
    for _ in 0..3 {
        assert_eq!(sender_.send(&reply()).await.code(), "accepted");
    }
    assert_eq!((server.log().connections, server.log().mails.len()), (3, 3));
}

#[tokio::test]
async fn the_envelope_makes_no_loop_and_lets_a_lost_notice_be_seen() {
    let server = ScriptedSmtp::start(&[]).await;
    let desk = "MAIL FROM:<servicedesk@kommun.example>";
    let without = sender(server.settings());
    without.send(&reply()).await;
    without.send(&notice()).await;
    sender(signing_in(&server)).send(&reply()).await;
    let mails: Vec<_> = server.log().commands.into_iter().filter(|c| c.starts_with("MAIL")).collect();
    assert_eq!(mails, ["MAIL FROM:<>", desk, desk]);
}

#[tokio::test]
async fn a_refused_sign_in_gives_no_mail_up_and_tells_no_password() {
    const REFUSED: Script = &[("AUTH", Does::Says("535 5.7.8 hemligt-4711 AGhlbWxpZ3QtNDcxMQ is wrong"))];
    let server = ScriptedSmtp::start(REFUSED).await;
    let sender = sender(signing_in(&server));
    let outcome = sender.send(&reply()).await;
    assert_eq!(outcome.code(), "not-sent", "{outcome:?}");
    let told = [outcome.detail().to_owned(), sender.probe().await.unwrap_err()];
    for words in told {
        assert!(words.contains("535") && words.contains("check username and password"), "{words}");
        assert!(!words.contains("4711") && !words.contains("AGhl"), "{words}");
    }
    assert!(!server.log().commands.iter().any(|c| c.starts_with("MAIL")));
}

#[tokio::test]
async fn starttls_that_is_not_offered_is_not_done_without() {
    let server = ScriptedSmtp::start(&[]).await;
    let settings = SmtpSettings { tls: Tls::StartTls, ..signing_in(&server) };
    assert_eq!(sender(settings).send(&reply()).await.code(), "not-sent");
    let log = server.log();
    assert!(log.mails.is_empty() && !log.commands.iter().any(|c| c.starts_with("AUTH")), "{log:?}");
}

#[tokio::test]
async fn settings_that_would_fail_with_the_first_mail_are_refused_at_once() {
    let server = ScriptedSmtp::start(&[]).await;
    let made = |settings| SmtpSender::new(settings).err();
    let far = SmtpSettings { host: "smtp.kommun.example".to_owned(), ..server.settings() };
    assert_eq!(made(far), Some(SmtpError::Unprotected));
    let half = SmtpSettings { sign_in: None, ..signing_in(&server) };
    assert_eq!(made(half), Some(SmtpError::HalfLogin));
    let missing = Some("/nonexistent/ca.pem".into());
    let no_ca = SmtpSettings { tls: Tls::Implicit, ca_file: missing, ..server.settings() };
    assert!(matches!(made(no_ca), Some(SmtpError::Tls(_))));
    let shown = format!("{:?}", signing_in(&server));
    assert!(!shown.contains(PASSWORD), "{shown}");
}

#[tokio::test]
async fn the_probe_says_how_the_server_was_reached() {
    let server = ScriptedSmtp::start(&[]).await;
    let told = sender(server.settings()).probe().await.unwrap();
    assert!(told.starts_with("connected to") && told.ends_with("without TLS"), "{told}");
    let told = sender(signing_in(&server)).probe().await.unwrap();
    assert!(told.starts_with("signed in to"), "{told}");
    assert!(!server.log().commands.iter().any(|c| c.starts_with("MAIL")));
}
