//! Getting in: nothing secret is said to a server that does not protect it, and nothing waits for
//! ever.

use std::time::Duration;

use nyckelbud::mailbox::imap::{ImapMailbox, ImapSettings, Timeouts};
use nyckelbud::mailbox::{Mailbox, MailboxError};
use nyckelbud::secret::Secret;
use nyckelbud::tls::Tls;
use nyckelbud::token::SignIn;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::support::scripted_imap::{PASSWORD, ScriptedServer, USUAL, short};

async fn opened(mailbox: &mut ImapMailbox) -> MailboxError {
    timeout(Duration::from_secs(20), mailbox.open()).await.expect("opening ends").unwrap_err()
}

#[tokio::test]
async fn a_server_that_does_not_greet_costs_bounded_time() {
    let server = ScriptedServer::start(|mut client| async move { client.gone().await }).await;
    let error = opened(&mut server.mailbox()).await;
    assert_eq!(error, MailboxError::TimedOut { command: "the greeting", seconds: 1 });
    server.finished().await;
}

#[tokio::test]
async fn a_host_that_does_not_answer_costs_bounded_time() {
    // Nobody takes connections from this queue, and once it is full the system answers no more.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let queue = socket.listen(1).unwrap();
    let place = queue.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(connected) = timeout(Duration::from_millis(500), TcpStream::connect(place)).await {
        waiting.push(connected.unwrap());
    }
    let settings = ScriptedServer::start(|_| async {}).await.settings();
    let settings = ImapSettings { port: place.port(), ..settings };
    let timeouts = Timeouts { connect: Duration::from_millis(500), ..short() };
    let error = opened(&mut ImapMailbox::new(settings).unwrap().with_timeouts(timeouts)).await;
    assert!(matches!(&error, MailboxError::Connect { cause, .. } if cause == "no answer in time"), "{error}");
}

#[tokio::test]
async fn talk_without_end_before_the_sign_in_fills_no_memory() {
    let (line, lines) = ("x".repeat(1000), "* CAPABILITY IMAP4rev1\r\n".repeat(10));
    for (greeting, talk, says) in [("", line, "too large"), ("* OK ready", lines, "does not end")] {
        let server = ScriptedServer::start(move |mut client| async move {
            client.say(greeting).await;
            // As long as anybody listens.
            while client.try_send(talk.as_bytes()).await {}
        })
        .await;
        let error = opened(&mut server.mailbox()).await;
        assert!(matches!(&error, MailboxError::Lost { cause, .. } if cause.contains(says)), "{error}");
        server.finished().await;
    }
}

#[tokio::test]
async fn a_server_that_is_not_an_imap_server_is_named_by_what_it_says() {
    for greeting in ["* BYE too many connections", "SSH-2.0-OpenSSH", "* PREAUTH welcome"] {
        let server = ScriptedServer::start(move |mut client| async move {
            client.say(greeting).await;
            assert_eq!(client.line().await, "", "nothing is said to it");
        })
        .await;
        let error = opened(&mut server.mailbox()).await;
        assert!(matches!(&error, MailboxError::Connect { cause, .. } if cause.contains(greeting)), "{error}");
        server.finished().await;
    }
}

#[tokio::test]
async fn without_starttls_nothing_secret_is_said() {
    for capabilities in ["IMAP4rev1 AUTH=PLAIN", "IMAP4rev1 STARTTLSX"] {
        let server = ScriptedServer::start(move |mut client| async move {
            client.say("* OK ready").await;
            client.answer("CAPABILITY", &format!("* CAPABILITY {capabilities}")).await;
            assert_eq!(client.line().await, "", "nothing follows");
        })
        .await;
        let mut settings = server.settings();
        settings.tls = Tls::StartTls;
        let error = opened(&mut ImapMailbox::new(settings).unwrap().with_timeouts(short())).await;
        assert!(
            matches!(&error, MailboxError::Connect { cause, .. } if cause.contains("STARTTLS")),
            "{error}"
        );
        server.finished().await;
    }
}

#[tokio::test]
async fn a_refused_starttls_is_not_gone_around() {
    let server = ScriptedServer::start(|mut client| async move {
        client.say("* OK ready").await;
        client.answer("CAPABILITY", "* CAPABILITY IMAP4rev1 STARTTLS").await;
        let tag = client.expect("STARTTLS").await;
        client.say(&format!("{tag} NO not today")).await;
        assert_eq!(client.line().await, "", "nothing follows");
    })
    .await;
    let mut settings = server.settings();
    settings.tls = Tls::StartTls;
    let error = opened(&mut ImapMailbox::new(settings).unwrap().with_timeouts(short())).await;
    assert!(matches!(error, MailboxError::Refused { command: "STARTTLS", .. }), "{error}");
    server.finished().await;
}

#[tokio::test]
async fn a_tls_handshake_that_is_not_answered_costs_bounded_time() {
    let server = ScriptedServer::start(|mut client| async move {
        let mut hello = [0; 64];
        while tokio::io::AsyncReadExt::read(client.stream(), &mut hello).await.is_ok_and(|read| read > 0) {}
    })
    .await;
    let mut settings = server.settings();
    settings.tls = Tls::Implicit;
    let timeouts = Timeouts { connect: Duration::from_millis(300), ..short() };
    let error = opened(&mut ImapMailbox::new(settings).unwrap().with_timeouts(timeouts)).await;
    assert!(matches!(&error, MailboxError::Connect { cause, .. } if cause.contains("in time")), "{error}");
    server.finished().await;
}

#[tokio::test]
async fn a_refused_login_says_the_servers_reason_and_never_the_password() {
    let server = ScriptedServer::start(|mut client| async move {
        client.say("* OK ready").await;
        client.answer("CAPABILITY", "* CAPABILITY IMAP4rev1").await;
        let tag = client.expect("LOGIN ").await;
        client.say(&format!("{tag} NO [AUTHENTICATIONFAILED] wrong")).await;
    })
    .await;
    let error = opened(&mut server.mailbox()).await;
    assert_eq!(error, MailboxError::SignIn { cause: "[AUTHENTICATIONFAILED] wrong".to_owned() });
    assert!(!format!("{error} {error:?}").contains(PASSWORD));
    server.finished().await;
}

#[tokio::test]
async fn a_second_challenge_holds_an_error_and_gets_no_password() {
    let server = ScriptedServer::start(|mut client| async move {
        client.say("* OK ready").await;
        client.answer("CAPABILITY", "* CAPABILITY IMAP4rev1 AUTH=PLAIN").await;
        let tag = client.expect("AUTHENTICATE PLAIN").await;
        client.say("+ ").await;
        assert_eq!(client.line().await, "AGRlc2tAa29tbXVuLmV4YW1wbGUAaGVtbGlndC00NzEx");
        client.say("+ eyJzdGF0dXMiOiI0MDAifQ==").await;
        assert_eq!(client.line().await, "");
        client
            .say(&format!("{tag} NO [AUTHENTICATIONFAILED] AGRlc2tAa29tbXVuLmV4YW1wbGUAaGVtbGlndC00NzEx"))
            .await;
    })
    .await;
    let error = opened(&mut server.mailbox()).await;
    assert!(matches!(error, MailboxError::SignIn { .. }), "{error}");
    assert!(
        !error.to_string().contains("AGRlc2t"),
        "a password that comes back encoded is not shown: {error}"
    );
    server.finished().await;
}

#[tokio::test]
async fn a_server_that_challenges_for_ever_costs_bounded_time() {
    let server = ScriptedServer::start(|mut client| async move {
        client.say("* OK ready").await;
        client.answer("CAPABILITY", "* CAPABILITY IMAP4rev1 AUTH=PLAIN").await;
        client.expect("AUTHENTICATE PLAIN").await;
        for _ in 0..100 {
            client.say("+ ").await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
    let timeouts = Timeouts { command: Duration::from_millis(500), ..short() };
    let error = opened(&mut ImapMailbox::new(server.settings()).unwrap().with_timeouts(timeouts)).await;
    assert_eq!(error, MailboxError::TimedOut { command: "sign-in and SELECT", seconds: 5 });
}

#[tokio::test]
async fn a_password_cannot_carry_a_command() {
    for (password, expected) in [
        ("a\" \\b", "LOGIN \"desk@kommun.example\" \"a\\\" \\\\b\""),
        ("a\r\nA2 DELETE INBOX", ""),
        ("lösen", ""),
    ] {
        let server = ScriptedServer::start(move |mut client| async move {
            client.say("* OK ready").await;
            client.answer("CAPABILITY", "* CAPABILITY IMAP4rev1").await;
            let line = client.line().await;
            assert_eq!(line.split_once(' ').map_or("", |(_, command)| command), expected);
        })
        .await;
        let mut settings = server.settings();
        settings.sign_in = SignIn::Password(Secret::new(password.to_owned()));
        opened(&mut ImapMailbox::new(settings).unwrap().with_timeouts(short())).await;
        server.finished().await;
    }
}

#[tokio::test]
async fn a_server_that_disables_passwords_gets_none() {
    let server = ScriptedServer::start(|mut client| async move {
        client.say("* OK ready").await;
        client.answer("CAPABILITY", "* CAPABILITY IMAP4rev1 LOGINDISABLED").await;
        assert_eq!(client.line().await, "", "no password is sent");
    })
    .await;
    let error = opened(&mut server.mailbox()).await;
    assert!(matches!(error, MailboxError::SignIn { .. }), "{error}");
    server.finished().await;
}

#[tokio::test]
async fn a_command_leaves_as_one_segment() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        let mut segment = [0; 256];
        let read = tokio::io::AsyncReadExt::read(client.stream(), &mut segment).await.unwrap();
        let text = String::from_utf8_lossy(&segment[..read]).into_owned();
        assert!(text.ends_with(" NOOP\r\n"), "{text:?}");
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    mailbox.list(None).await.unwrap_err();
    server.finished().await;
}

#[tokio::test]
async fn missing_folders_are_made_and_one_made_meanwhile_is_no_error() {
    let server = ScriptedServer::start(|mut client| async move {
        client.say("* OK ready").await;
        client.answer("CAPABILITY", "* CAPABILITY IMAP4rev1").await;
        client.answer("LOGIN", "").await;
        client.answer("CAPABILITY", "* CAPABILITY IMAP4rev1").await;
        client.answer("LIST \"\" \"\"", "* LIST (\\Noselect) \".\" \"\"").await;
        client.answer("LIST \"\" \"Nyckelbud.Hanterade\"", "").await;
        client.answer("CREATE \"Nyckelbud.Hanterade\"", "").await;
        client.answer("LIST \"\" \"Nyckelbud.Karant&AOQ-n\"", "* LIST (\\Noselect) \".\" Nyckelbud.X").await;
        let tag = client.expect("CREATE \"Nyckelbud.Karant&AOQ-n\"").await;
        client.say(&format!("{tag} NO [ALREADYEXISTS] it is there")).await;
        client.answer("SELECT \"INBOX\"", "* OK [UIDVALIDITY 77] ok").await;
    })
    .await;
    assert_eq!(server.mailbox().open().await.unwrap().validity, 77);
    server.finished().await;
}

#[tokio::test]
async fn a_server_whose_mails_have_no_lasting_names_is_refused() {
    for select in ["* 3 EXISTS", "* 3 EXISTS\n* OK [UIDVALIDITY 0] ok"] {
        let server = ScriptedServer::start(move |mut client| async move {
            client.open_until_select(USUAL).await;
            client.answer("SELECT \"INBOX\"", select).await;
            assert_eq!(client.line().await, "", "nothing follows");
        })
        .await;
        let error = server.mailbox().open().await.unwrap_err();
        assert!(matches!(&error, MailboxError::Unfit { cause } if cause.contains("UIDVALIDITY")), "{error}");
        server.finished().await;
    }
}
