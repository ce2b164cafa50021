//! Signing in by token (XOAUTH2): what is said to the server, and what its answers mean.

use data_encoding::BASE64;
use nyckelbud::mailbox::imap::{ImapMailbox, ImapSettings};
use nyckelbud::mailbox::{Mailbox, MailboxError};
use nyckelbud::token::SignIn;

use crate::support::scripted_imap::{Dialogue, ScriptedServer, short};
use crate::support::token_endpoint::{Does, TOKEN_MARK, TokenEndpoint};

const USER: &str = "desk@kommun.example";
const TOKENS: &str = "IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR";
/// `{"status":"401"}`, as the protocol's page shows it.
const CHALLENGE: &str = "+ eyJzdGF0dXMiOiI0MDEifQ==";

fn mailbox(server: &ScriptedServer, endpoint: &TokenEndpoint) -> ImapMailbox {
    let sign_in = SignIn::Token(endpoint.source());
    ImapMailbox::new(ImapSettings { sign_in, ..server.settings() }).unwrap().with_timeouts(short())
}

/// Plays the server up to the sign-in; its tag, and the token in it.
async fn token_shown(client: &mut Dialogue) -> (String, String) {
    client.say("* OK ready").await;
    client.answer("CAPABILITY", &format!("* CAPABILITY {TOKENS}")).await;
    let line = client.line().await;
    let (tag, proof) = line.split_once(" AUTHENTICATE XOAUTH2 ").expect("the first answer comes along");
    (tag.to_owned(), token_in(proof))
}

fn token_in(proof: &str) -> String {
    let proof = String::from_utf8(BASE64.decode(proof.as_bytes()).unwrap()).unwrap();
    let token = proof.strip_prefix(&format!("user={USER}\x01auth=Bearer ")).expect("the protocol's form");
    token.strip_suffix("\x01\x01").expect("its end").to_owned()
}

/// Refuses the sign-in with `words`.
async fn refuse(client: &mut Dialogue, words: &str) -> String {
    let (tag, token) = token_shown(client).await;
    client.say(CHALLENGE).await;
    assert_eq!(client.line().await, "", "the answer to an error is empty");
    client.say(&format!("{tag} NO {words}")).await;
    token
}

/// Lets the client in, and plays the rest of the opening.
async fn let_in(client: &mut Dialogue, select: &str) -> String {
    let (tag, token) = token_shown(client).await;
    client.say(&format!("{tag} OK in")).await;
    client.answer("CAPABILITY", "* CAPABILITY IMAP4rev1").await;
    client.answer("LIST \"\" \"\"", "* LIST (\\Noselect) \"/\" \"\"").await;
    client.answer("LIST", "* LIST () \"/\" Nyckelbud/Hanterade").await;
    client.answer("LIST", "* LIST () \"/\" \"Nyckelbud/Karant&AOQ-n\"").await;
    let tag = client.expect("SELECT").await;
    client.say(&select.replace("TAG", &tag)).await;
    token
}

const SELECTED: &str = "* 3 EXISTS\n* OK [UIDVALIDITY 1] ok\nTAG OK done";

fn cause(error: &MailboxError) -> &str {
    match error {
        MailboxError::SignIn { cause } => cause,
        other => panic!("no refused sign-in: {other:?}"),
    }
}

#[tokio::test]
async fn the_first_answer_comes_along_where_the_server_takes_it() {
    let endpoint = TokenEndpoint::start().await;
    let server = ScriptedServer::start(|mut client| async move {
        assert!(let_in(&mut client, SELECTED).await.starts_with(TOKEN_MARK));
    })
    .await;
    mailbox(&server, &endpoint).open().await.unwrap();
    server.finished().await;
}

#[tokio::test]
async fn a_server_without_initial_answers_is_answered_when_it_asks() {
    let endpoint = TokenEndpoint::start().await;
    let server = ScriptedServer::start(|mut client| async move {
        client.say("* OK ready").await;
        client.answer("CAPABILITY", "* CAPABILITY IMAP4rev1 AUTH=XOAUTH2").await;
        let tag = client.expect("AUTHENTICATE XOAUTH2").await;
        client.say("+ ").await;
        assert!(token_in(&client.line().await).starts_with(TOKEN_MARK));
        client.say(CHALLENGE).await;
        assert_eq!(client.line().await, "", "the answer to an error is empty");
        client.say(&format!("{tag} NO AUTHENTICATE failed.")).await;
    })
    .await;
    let error = mailbox(&server, &endpoint).open().await.unwrap_err();
    assert!(cause(&error).starts_with("AUTHENTICATE failed."), "{error}");
    server.finished().await;
}

#[tokio::test]
async fn a_fresh_token_that_is_refused_is_shown_once() {
    let endpoint = TokenEndpoint::start().await;
    let server = ScriptedServer::start(|mut client| async move {
        refuse(&mut client, "[AUTHENTICATIONFAILED] no").await;
        client.gone().await;
    })
    .await;
    let error = mailbox(&server, &endpoint).open().await.unwrap_err();
    assert!(cause(&error).contains("check this client's right to the mailbox"), "{error}");
    assert_eq!(endpoint.calls(), 1);
    server.finished().await;
}

#[tokio::test]
async fn a_token_from_before_that_is_refused_is_replaced_once() {
    for good_again in [true, false] {
        let endpoint = TokenEndpoint::start().await;
        let server = ScriptedServer::start_twice(
            |mut client| async move {
                refuse(&mut client, "AUTHENTICATE failed.").await;
            },
            move |mut client| async move {
                if good_again {
                    let_in(&mut client, SELECTED).await;
                } else {
                    refuse(&mut client, "AUTHENTICATE failed.").await;
                }
            },
        )
        .await;
        let source = endpoint.source();
        let first = source.token().await.unwrap();
        let settings = ImapSettings { sign_in: SignIn::Token(source), ..server.settings() };
        let mut mailbox = ImapMailbox::new(settings).unwrap().with_timeouts(short());
        let opened = mailbox.open().await;
        assert_eq!(opened.is_ok(), good_again, "{opened:?}");
        if let Err(error) = opened {
            cause(&error);
            assert!(!format!("{error:?}").contains(first.expose()));
        }
        assert_eq!(endpoint.calls(), 2);
        server.finished().await;
    }
}

#[tokio::test]
async fn a_server_that_is_not_available_gets_no_new_token_and_blames_no_credentials() {
    for code in ["[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]"] {
        let endpoint = TokenEndpoint::start().await;
        let server = ScriptedServer::start(move |mut client| async move {
            refuse(&mut client, &format!("{code} Temporary authentication failure.")).await;
        })
        .await;
        let source = endpoint.source();
        source.token().await.unwrap();
        let settings = ImapSettings { sign_in: SignIn::Token(source), ..server.settings() };
        let error = ImapMailbox::new(settings).unwrap().with_timeouts(short()).open().await.unwrap_err();
        assert!(matches!(error, MailboxError::Refused { command: "AUTHENTICATE", .. }), "{error:?}");
        assert_eq!(endpoint.calls(), 1);
        server.finished().await;
    }
}

#[tokio::test]
async fn what_the_portal_lacks_is_said_in_its_words() {
    for (roles, words) in [
        (&["Mail.Send"][..], "the token lacks IMAP.AccessAsApp: add it under API permissions"),
        (&["IMAP.AccessAsApp"], "New-ServicePrincipal with the Object ID of the enterprise application"),
    ] {
        let endpoint = TokenEndpoint::start().await;
        endpoint.set_roles(roles);
        let server = ScriptedServer::start(|mut client| async move {
            refuse(&mut client, "AUTHENTICATE failed.").await;
        })
        .await;
        let error = mailbox(&server, &endpoint).open().await.unwrap_err();
        assert!(cause(&error).contains(words), "{error}");
        server.finished().await;
    }
}

#[tokio::test]
async fn a_mailbox_that_may_not_be_opened_is_told_from_a_refused_token() {
    for answer in ["NO", "BAD"] {
        let endpoint = TokenEndpoint::start().await;
        let server = ScriptedServer::start(move |mut client| async move {
            let answer = format!("TAG {answer} User is authenticated but not connected.");
            let_in(&mut client, &answer).await;
        })
        .await;
        let error = mailbox(&server, &endpoint).open().await.unwrap_err();
        assert!(cause(&error).contains("Add-MailboxPermission is missing"), "{error}");
        assert_eq!(endpoint.calls(), 1, "another token would not help");
        server.finished().await;
    }
}

#[tokio::test]
async fn a_server_that_repeats_the_token_is_not_quoted() {
    for encoded in [false, true] {
        let endpoint = TokenEndpoint::start().await;
        let server = ScriptedServer::start(move |mut client| async move {
            let (tag, token) = token_shown(&mut client).await;
            let proof = format!("user={USER}\x01auth=Bearer {token}\x01\x01");
            let said = if encoded { BASE64.encode(proof.as_bytes()) } else { token };
            client.say(&format!("{tag} NO what is {said}?")).await;
        })
        .await;
        let error = mailbox(&server, &endpoint).open().await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("left out") && !shown.contains(TOKEN_MARK), "{shown}");
        assert!(!shown.contains("what is"), "{shown}");
        server.finished().await;
    }
}

#[tokio::test]
async fn a_server_that_takes_no_tokens_gets_none() {
    let endpoint = TokenEndpoint::start().await;
    let server = ScriptedServer::start(|mut client| async move {
        client.say("* OK ready").await;
        client.answer("CAPABILITY", "* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR").await;
        assert_eq!(client.line().await, "", "nothing follows");
    })
    .await;
    let error = mailbox(&server, &endpoint).open().await.unwrap_err();
    assert!(matches!(&error, MailboxError::Unfit { cause } if cause.contains("XOAUTH2")), "{error}");
    server.finished().await;
}

#[tokio::test]
async fn without_a_token_nobody_is_connected_to_and_a_refusal_is_told_from_a_failure() {
    for (status, body, is_refusal) in
        [(500, "", false), (401, "{\"error\":\"invalid_client\",\"error_codes\":[7000222]}", true)]
    {
        let endpoint = TokenEndpoint::start().await;
        endpoint.does(Does::Says(status, None, body.to_owned()));
        let server =
            ScriptedServer::start(|mut client| async move { assert_eq!(client.line().await, "") }).await;
        let error = mailbox(&server, &endpoint).open().await.unwrap_err();
        assert_eq!(matches!(error, MailboxError::SignIn { .. }), is_refusal, "{error:?}");
        assert_eq!(matches!(error, MailboxError::NoToken { .. }), !is_refusal, "{error:?}");
    }
}
