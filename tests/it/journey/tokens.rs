//! Mailboxes whose sign-in is refused: they are named at once, left alone, and stop no other.

use std::time::{Duration, Instant};

use nyckelbud::tls::Tls;

use super::mailboxes::is_ready_as;
use super::{annas_request, lines, ticket_of};
use crate::support::daemon::Daemon;
use crate::support::dovecot::{Dovecot, PASSWORD};
use crate::support::letters::chatter;
use crate::support::token_endpoint::{Does, SECRET, TOKEN_MARK, TokenEndpoint};

/// A part of the secret that looks the same in a form.
const SECRET_PART: &str = "klient.4711";
const REFUSED: (u16, &str) = (503, "mailbox:annex refuses the sign-in: sign in again");

/// The lines of a mailbox that signs in by token; a full look every second.
fn by_token(server: &Dovecot, name: &str, endpoint: &TokenEndpoint) -> String {
    let lines = lines::imap_at(server, name, server.imaps_port(), Tls::Implicit);
    let lines = lines.replace(&format!("password = \"{PASSWORD}\"\n"), "").replace("\"10m\"", "\"1s\"");
    lines + &endpoint.oauth("mailbox")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_token_is_told_at_once_and_other_mailboxes_are_read() {
    let (good, bad) = (TokenEndpoint::start().await, TokenEndpoint::start().await);
    let well = Dovecot::start_with_tokens(&good.introspection_url());
    let ill = Dovecot::start_with_tokens(&bad.introspection_url());
    bad.judges(Does::Says(200, None, "{\"active\":false}".to_owned()));
    let config =
        [by_token(&well, "servicedesk", &good), by_token(&ill, "annex", &bad), lines::spools()].concat();
    let program = Daemon::started(&config).await;
    is_ready_as(&program, REFUSED).await;
    assert!(program.log().contains("sign in again"), "an operator is told, too");

    for n in 1..=3 {
        let name = format!("one-{n}");
        well.deliver(&format!("{n}.a"), &chatter(&name, 100));
        let tickets = program.settled(n).await;
        assert_eq!(ticket_of(&tickets, &name)["mailbox"], "servicedesk");
    }
    assert_eq!((good.calls(), bad.calls()), (1, 1), "the refused one is left alone");
    assert!(SECRET.contains(SECRET_PART));
    let log = program.log();
    for secret in [TOKEN_MARK, SECRET_PART, &data_encoding::BASE64.encode(b"user=desk@kommun.exam")] {
        assert!(!log.contains(secret), "a secret is in the log");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_that_has_expired_is_told_in_the_same_round_and_an_outage_is_not_called_so() {
    let endpoint = TokenEndpoint::start().await;
    let expired = "{\"error\":\"invalid_client\",\"error_codes\":[7000222]}";
    let server = Dovecot::start_with_tokens(&endpoint.introspection_url());
    let config = [by_token(&server, "annex", &endpoint), lines::spools()].concat();

    endpoint.does(Does::Says(503, None, String::new()));
    let mut program = Daemon::started(&config).await;
    is_ready_as(&program, (503, "mailbox:annex has not answered for")).await;
    assert!(!program.log().contains("sign in again"), "an outage is no refusal");
    program.kill();

    endpoint.does(Does::Says(401, None, expired.to_owned()));
    program.start().await;
    let began = Instant::now();
    is_ready_as(&program, REFUSED).await;
    assert!(began.elapsed() < Duration::from_secs(30), "long before it would be missed");
    assert!(program.log().contains("the client secret has expired"));
    program.kill();

    endpoint.does(Does::Right);
    server.deliver("1.a", &annas_request("one"));
    program.start().await;
    program.settled(1).await;
    is_ready_as(&program, (200, "ready\n")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_does_not_hammer() {
    let (well, ill) = (Dovecot::start(), Dovecot::start_with_penalty());
    let wrong = lines::imap_at(&ill, "annex", ill.imaps_port(), Tls::Implicit).replace(PASSWORD, "fel");
    let program = Daemon::started(&[lines::imap(&well), wrong, lines::spools()].concat()).await;
    is_ready_as(&program, REFUSED).await;
    // Long enough for several tries of a mailbox that failed in any other way, and for the answers to
    // them, which the server puts off.
    let began = Instant::now();
    let mut delivered = 0;
    while began.elapsed() < Duration::from_secs(15) {
        delivered += 1;
        well.deliver(&format!("{delivered}.a"), &chatter(&format!("one-{delivered}"), 100));
        program.settled(delivered).await;
    }
    assert_eq!(ill.refused_sign_ins(), 1);
}
