//! Signing in by token to a real Dovecot, which asks the endpoint about each.

use std::time::Duration;

use nyckelbud::mailbox::imap::{ImapMailbox, ImapSettings};
use nyckelbud::mailbox::{Mailbox, MailboxError};
use nyckelbud::token::SignIn;

use crate::support::dovecot::Dovecot;
use crate::support::token_endpoint::{Does, TokenEndpoint};
use crate::support::wait::until;

async fn endpoint_and_server() -> (TokenEndpoint, Dovecot) {
    let endpoint = TokenEndpoint::start().await;
    let server = Dovecot::start_with_tokens(&endpoint.introspection_url());
    (endpoint, server)
}

fn mailbox(server: &Dovecot, endpoint: &TokenEndpoint) -> ImapMailbox {
    let sign_in = SignIn::Token(endpoint.source());
    ImapMailbox::new(ImapSettings { sign_in, ..server.settings() }).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_sign_ins_need_one_token() {
    let (endpoint, server) = endpoint_and_server().await;
    let mut mailbox = mailbox(&server, &endpoint);
    server.deliver("1.a", "Subject: ett\n\nHej\n");
    for _ in 0..100 {
        mailbox.open().await.unwrap();
    }
    assert_eq!(mailbox.list(None).await.unwrap().len(), 1);
    assert_eq!(endpoint.calls(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_was_revoked_is_replaced_and_the_mails_are_read() {
    let (endpoint, server) = endpoint_and_server().await;
    let mut mailbox = mailbox(&server, &endpoint);
    mailbox.open().await.unwrap();
    endpoint.revoke_all();
    mailbox.open().await.unwrap();
    assert_eq!(endpoint.calls(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_ends_during_the_connection_breaks_nothing() {
    let (endpoint, server) = endpoint_and_server().await;
    endpoint.set_life(Duration::from_secs(1));
    let mut mailbox = mailbox(&server, &endpoint);
    mailbox.open().await.unwrap();
    let ended = || (!endpoint.has_good_token()).then_some(());
    until("the token ends", Duration::from_secs(10), ended).await;
    mailbox.list(None).await.expect("a connection outlives its token");
    mailbox.open().await.expect("the next one has a new token");
    assert_eq!(endpoint.calls(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_is_bogus_expired_or_anothers_lets_nobody_in() {
    let (endpoint, server) = endpoint_and_server().await;
    let refused = async |what: &str| {
        let error = mailbox(&server, &endpoint).open().await.unwrap_err();
        assert!(matches!(error, MailboxError::SignIn { .. }), "{what}: {error:?}");
    };
    endpoint.judges(Does::Says(200, None, "{\"active\":false}".to_owned()));
    refused("bogus").await;
    endpoint.judges(Does::Right);
    endpoint.set_life(Duration::ZERO);
    refused("expired").await;
    endpoint.set_life(Duration::from_secs(3600));
    endpoint.set_user("annex@kommun.example");
    refused("another's").await;
    endpoint.set_user("desk@kommun.example");
    mailbox(&server, &endpoint).open().await.expect("the right one does");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_cannot_judge_a_token_does_not_make_it_a_wrong_one() {
    let (endpoint, server) = endpoint_and_server().await;
    let mut mailbox = mailbox(&server, &endpoint);
    mailbox.open().await.unwrap();
    for trouble in [Does::Says(500, None, String::new()), Does::Hangs] {
        endpoint.judges(trouble);
        let error = mailbox.open().await.unwrap_err();
        assert!(
            matches!(&error, MailboxError::Refused { cause, .. } if cause.contains("[UNAVAILABLE]")),
            "{error:?}"
        );
    }
    endpoint.judges(Does::Right);
    mailbox.open().await.unwrap();
    assert_eq!(endpoint.calls(), 1, "no token was to blame");
}
