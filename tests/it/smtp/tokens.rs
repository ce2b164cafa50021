//! Signing in to the mail server by token.

use data_encoding::BASE64;
use nyckelbud::delivery::MailSender;
use nyckelbud::delivery::notice::{SmtpSender, SmtpSettings, Timeouts};
use nyckelbud::token::{SignIn, TokenSource};
use std::time::Duration;

use super::reply;
use crate::support::scripted_smtp::{Does, Script, ScriptedSmtp};
use crate::support::token_endpoint::{self, TOKEN_MARK, TokenEndpoint};

const USER: &str = "servicedesk@kommun.example";
const OFFERS: (&str, Does) = ("EHLO", Does::Says("250-mx.kommun.example\r\n250 AUTH PLAIN XOAUTH2"));

fn sender(server: &ScriptedSmtp, source: TokenSource) -> SmtpSender {
    let sign_in = Some(SignIn::Token(source));
    let settings = SmtpSettings { username: Some(USER.to_owned()), sign_in, ..server.settings() };
    let patient = Duration::from_secs(20);
    let timeouts = Timeouts { connect: patient, offer: patient, hand_over: patient };
    SmtpSender::new(settings).unwrap().with_timeouts(timeouts)
}

/// The tokens that the server was shown.
fn shown(server: &ScriptedSmtp) -> Vec<String> {
    let commands = server.log().commands;
    let proofs = commands.iter().filter_map(|command| command.strip_prefix("AUTH XOAUTH2 "));
    let token = |proof: &str| {
        let proof = String::from_utf8(BASE64.decode(proof.as_bytes()).unwrap()).unwrap();
        let token = proof.strip_prefix(&format!("user={USER}\x01auth=Bearer ")).unwrap();
        token.strip_suffix("\x01\x01").unwrap().to_owned()
    };
    proofs.map(token).collect()
}

#[tokio::test]
async fn a_mail_leaves_by_token_and_the_token_serves_many() {
    let endpoint = TokenEndpoint::start().await;
    let server = ScriptedSmtp::start(&[OFFERS]).await;
    let source = endpoint.source();
    for _ in 0..3 {
        let sender = sender(&server, source.clone());
        assert_eq!(sender.send(&reply()).await.code(), "accepted");
        assert!(sender.probe().await.unwrap().starts_with("signed in to"));
    }
    assert_eq!((server.log().mails.len(), shown(&server).len(), endpoint.calls()), (3, 6, 1));
    assert!(shown(&server).iter().all(|token| token.starts_with(TOKEN_MARK)));
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_and_the_server_is_then_left_alone() {
    const CHALLENGES: Script = &[
        OFFERS,
        ("AUTH", Does::Says("334 eyJzdGF0dXMiOiI0MDEifQ==")),
        ("", Does::Says("535 5.7.3 Authentication unsuccessful")),
    ];
    const REFUSES: Script = &[OFFERS, ("AUTH", Does::Says("535 5.7.3 Authentication unsuccessful"))];
    for script in [REFUSES, CHALLENGES] {
        let endpoint = TokenEndpoint::start().await;
        endpoint.set_roles(&["Mail.Send"]);
        let server = ScriptedSmtp::start(script).await;
        let source = endpoint.source();
        source.token().await.unwrap();
        let sender = sender(&server, source);
        for _ in 0..10 {
            let outcome = sender.send(&reply()).await;
            assert_eq!(outcome.code(), "not-sent", "{outcome:?}");
            let told = outcome.detail();
            assert!(told.contains("535") && told.contains("SMTP.SendAsApp"), "{told}");
            assert!(!format!("{outcome:?}").contains(TOKEN_MARK));
        }
        let tokens = shown(&server);
        assert_eq!((tokens.len(), endpoint.calls()), (2, 2), "for the ten mails together");
        assert_ne!(tokens[0], tokens[1]);
        assert!(!server.log().commands.iter().any(|command| command.starts_with("MAIL")));
    }
}

#[tokio::test]
async fn a_server_that_cannot_judge_a_token_gets_no_other_and_is_tried_again() {
    let endpoint = TokenEndpoint::start().await;
    let server = ScriptedSmtp::start(&[OFFERS, ("AUTH", Does::Says("454 4.7.0 Temporary failure"))]).await;
    let source = endpoint.source();
    source.token().await.unwrap();
    let sender = sender(&server, source);
    for tries in 1..=2 {
        assert!(sender.send(&reply()).await.detail().contains("454"));
        assert_eq!((shown(&server).len(), endpoint.calls()), (tries, 1));
    }
}

#[tokio::test]
async fn without_a_token_or_a_server_that_takes_it_nothing_secret_is_said() {
    let endpoint = TokenEndpoint::start().await;
    let server = ScriptedSmtp::start(&[]).await;
    let outcome = sender(&server, endpoint.source()).send(&reply()).await;
    assert!(outcome.code() == "not-sent" && outcome.detail().contains("XOAUTH2"), "{outcome:?}");
    endpoint.does(token_endpoint::Does::Says(500, None, String::new()));
    let outcome = sender(&server, endpoint.source()).send(&reply()).await;
    assert!(outcome.code() == "not-sent" && outcome.detail().contains("answers 500"), "{outcome:?}");
    assert!(!server.log().commands.iter().any(|command| command.starts_with("AUTH")));
}
