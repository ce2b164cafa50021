//! Answers as servers give them: untagged ones at any time, literals anywhere, octets that are no
//! ASCII, and extensions that nobody asked for.

use nyckelbud::mailbox::imap::ImapMailbox;
use nyckelbud::mailbox::{Folder, Mailbox, MailboxError, Woken};
use std::time::{Duration, Instant};
use tokio::time::timeout;

use super::{fetch_all, uids};
use crate::support::scripted_imap::{Dialogue, ScriptedServer, USUAL, fetched, short};

const MAIL: &str = "Subject: lön\r\n\r\nring 070-174 06 05\r\n";

/// What another client, the administrator or an extension may cause at any moment.
const NEWS: &str = "* 0 RECENT\n* 2 FETCH (FLAGS (\\Seen $MDNSent \\*))\n* 9 FETCH (UID 9 MODSEQ (12))\n\
    * OK [ALERT] Plåtslagargatan {3}\n* OK [HIGHESTMODSEQ 715194045007] ok\n* OK [CLOSED] x\n* OK\n* NO low on disk\n\
    * BAD [X-ODD \"a\" (b)] odd\n* FLAGS (\\Answered \\Flagged)\n* VANISHED 41,43:116\n* ENABLED CONDSTORE\n\
    * NAMESPACE ((\"\" \"/\")) NIL NIL\n* XLIST (\\Inbox) \"/\" INBOX\n* 7 XPIRED\n* STATUS INBOX (MESSAGES 3)\n\
    * ID NIL\n* X-EXTENSION {5}\n(((((";

async fn answer(client: &mut Dialogue, command: &str, untagged: &str) {
    client.answer(command, &format!("{NEWS}\n{untagged}\n{NEWS}").replace("\n\n", "\n")).await;
}

#[tokio::test]
async fn untagged_answers_at_any_time_disturb_nothing() {
    let server = ScriptedServer::start(|mut client| async move {
        let capabilities = format!("* CAPABILITY {USUAL}");
        client.say(&format!("* OK ready\n{NEWS}")).await;
        answer(&mut client, "CAPABILITY", &capabilities).await;
        answer(&mut client, "LOGIN", "").await;
        // Between two commands, right behind the answer to the sign-in: read ahead by no one.
        client.say(NEWS).await;
        answer(&mut client, "CAPABILITY", &capabilities).await;
        answer(&mut client, "LIST \"\" \"\"", "* LIST (\\Noselect) \"/\" \"\"").await;
        answer(&mut client, "LIST", "* LIST () \"/\" Nyckelbud/Hanterade").await;
        answer(&mut client, "LIST", "* LIST () \"/\" \"Nyckelbud/Karant&AOQ-n\"").await;
        let selected = "* 3 EXISTS\n* OK [UIDVALIDITY 1] ok\n* OK [UIDNEXT 4] ok";
        answer(&mut client, "SELECT", selected).await;
        answer(&mut client, "NOOP", "").await;
        // A warning among the news may mean that the folder was made anew: it is opened again.
        answer(&mut client, "SELECT", selected).await;
        answer(&mut client, "UID SEARCH ALL", "* SEARCH 1 3").await;
        let tag = client.expect("UID FETCH 1,3 ").await;
        client.say(NEWS).await;
        client.send(fetched(1, MAIL).as_bytes()).await;
        client.say(NEWS).await;
        client.send(fetched(3, MAIL).as_bytes()).await;
        client.say(&format!("{NEWS}\n{tag} OK done")).await;
        answer(&mut client, "UID MOVE 1,3 ", "* 3 EXPUNGE\n* 1 EXPUNGE").await;
        let tag = client.expect("IDLE").await;
        client.say(&format!("{NEWS}\n+ idling\n{NEWS}\n* 4 EXISTS")).await;
        assert_eq!(client.line().await, "DONE");
        client.say(&format!("{NEWS}\n{tag} OK done")).await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    let listed = mailbox.list(None).await.unwrap();
    assert_eq!(listed, uids(&[1, 3]));
    let (mails, ended) = fetch_all(&mut mailbox, &listed).await;
    ended.unwrap();
    assert!(mails.len() == 2 && mails.iter().all(|mail| mail.bytes == MAIL.as_bytes()));
    mailbox.file(Folder::Handled, &listed).await.unwrap();
    assert_eq!(mailbox.wait(Duration::from_secs(60)).await, Ok(Woken::ByMail));
    server.finished().await;
}

/// What comes of the only mail, when the server answers its FETCH with these octets.
async fn fetched_as(answer: &[u8]) -> Result<Option<Vec<u8>>, MailboxError> {
    let answer = answer.to_vec();
    let server = ScriptedServer::start(move |mut client| async move {
        client.open(USUAL).await;
        let tag = client.expect("UID FETCH 1 ").await;
        // As it comes over a line: cut anywhere, in the middle of a literal's head, too.
        for piece in answer.chunks(3) {
            client.send(piece).await;
            client.flush().await;
        }
        client.say(&format!("{tag} OK done")).await;
        client.gone().await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    let (mails, ended) = fetch_all(&mut mailbox, &uids(&[1])).await;
    drop(mailbox);
    server.finished().await;
    ended.map(|()| mails.into_iter().next().map(|mail| mail.bytes))
}

#[tokio::test]
async fn a_mail_comes_as_a_literal_as_a_quoted_string_and_with_any_octets() {
    let cases: [(&[u8], &[u8]); 8] = [
        (b"* 1 FETCH (UID 1 BODY[]<0> {4}\r\na\r\nb)\r\n", b"a\r\nb"),
        (b"* 1 FETCH (UID 1 BODY[]<0> {4+}\r\na\r\nb)\r\n", b"a\r\nb"),
        (b"* 1 FETCH (BODY[]<0> {0}\r\n UID 1)\r\n", b""),
        (b"* 1 FETCH (UID 1 BODY[]<0> \"l\xc3\xb6n l\xf6n\")\r\n", b"l\xc3\xb6n l\xf6n"),
        (b"* 1 FETCH (UID 1 BODY[]<0> {7}\r\n\xff\x00{3}\r\n)\r\n", b"\xff\x00{3}\r\n"),
        (b"* 1 FETCH (FLAGS () BODY[]<0> {9}\r\n(((\"{9}\r\n INTERNALDATE \"24-Nov-2026 10:14:05 +0100\" UID 1)\r\n", b"(((\"{9}\r\n"),
        (b"* 1 FETCH (UID 1 RFC822.SIZE 4000000 BODY[]<0> {1}\r\na)\r\n", b"a"),
        (b"* 1 FETCH (ENVELOPE (NIL {2}\r\n\xc3\xb6 NIL NIL NIL NIL NIL NIL NIL {3}\r\n<i>) UID 1 BODY[]<0> {1}\r\na)\r\n", b"a"),
    ];
    for (answer, expected) in cases {
        let shown = String::from_utf8_lossy(answer);
        assert_eq!(fetched_as(answer).await, Ok(Some(expected.to_vec())), "{shown}");
    }
}

#[tokio::test]
async fn a_mail_of_which_the_server_has_nothing_is_left_out() {
    for answer in ["* 1 FETCH (UID 1 BODY[]<0> NIL)\r\n", "* 1 FETCH (UID 1)\r\n", ""] {
        assert_eq!(fetched_as(answer.as_bytes()).await, Ok(None), "{answer}");
    }
}

#[tokio::test]
async fn a_mail_in_an_answer_that_cannot_be_understood_is_not_passed_over() {
    for answer in ["* 1 FETCH (UID 1 BODY[]<0> (a))\r\n", "* 1 FETCH {1}\r\na\r\n"] {
        let ended = fetched_as(answer.as_bytes()).await;
        assert!(matches!(ended, Err(MailboxError::Lost { .. })), "{answer}: {ended:?}");
    }
}

#[tokio::test]
async fn a_folder_named_in_a_literal_or_with_octets_beyond_ascii_is_seen() {
    let server = ScriptedServer::start(|mut client| async move {
        let capabilities = format!("* CAPABILITY {USUAL}");
        client.say("* OK ready").await;
        client.answer("CAPABILITY", &capabilities).await;
        client.answer("LOGIN", "").await;
        client.answer("CAPABILITY", &capabilities).await;
        client.answer("LIST \"\" \"\"", "* LIST (\\Noselect) \"/\" {0}\n").await;
        client.answer("LIST", "* LIST () \"/\" {19}\nNyckelbud/Hanterade").await;
        client.answer("LIST", "* LIST (\\HasNoChildren) NIL \"Nyckelbud/Karantän\"").await;
        client.answer("SELECT", "* OK [UIDVALIDITY 1] ok").await;
    })
    .await;
    server.mailbox().open().await.unwrap();
    server.finished().await;
}

#[tokio::test]
async fn a_search_in_a_full_mailbox_is_read_in_one_go() {
    const COUNT: u32 = 300_000;
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        client.answer("NOOP", "").await;
        let found: Vec<String> =
            (1..=COUNT).map(|n| (4_000_000_000 + n % 1000 * 1000 + n / 1000).to_string()).collect();
        client.answer("UID SEARCH ALL", &format!("* SEARCH {}", found.join(" "))).await;
        client.gone().await;
    })
    .await;
    let timeouts = nyckelbud::mailbox::imap::Timeouts { command: Duration::from_secs(20), ..short() };
    let mut mailbox = ImapMailbox::new(server.settings()).unwrap().with_timeouts(timeouts);
    mailbox.open().await.unwrap();
    let began = Instant::now();
    assert_eq!(mailbox.list(None).await.unwrap().len(), COUNT as usize);
    // To parse it anew with every segment would last minutes.
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    drop(mailbox);
    server.finished().await;
}

#[tokio::test]
async fn a_slow_line_is_given_the_time_that_its_mail_needs_and_a_trickle_is_not() {
    // Five seconds stand for the ten minutes that a command may last.
    let timeouts = nyckelbud::mailbox::imap::Timeouts { command: Duration::from_millis(500), ..short() };
    for (piece, pause, comes) in [(200_000, 60, true), (1, 20, false)] {
        let server = ScriptedServer::start(move |mut client| async move {
            client.open(USUAL).await;
            let tag = client.expect("UID FETCH 1 ").await;
            let answer = fetched(1, &"x".repeat(20_000_000));
            for piece in answer.as_bytes().chunks(piece) {
                if !client.try_send(piece).await {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
            client.say(&format!("{tag} OK done")).await;
        })
        .await;
        let settings =
            nyckelbud::mailbox::imap::ImapSettings { max_mail_size: 25_000_000, ..server.settings() };
        let mut mailbox = ImapMailbox::new(settings).unwrap().with_timeouts(timeouts);
        mailbox.open().await.unwrap();
        let began = Instant::now();
        let fetching = async { fetch_all(&mut mailbox, &uids(&[1])).await };
        let (mails, ended) = timeout(Duration::from_secs(60), fetching).await.expect("it ends");
        if comes {
            ended.unwrap();
            assert_eq!(mails[0].bytes.len(), 20_000_000);
            assert!(began.elapsed() > Duration::from_secs(5), "longer than any other command may last");
        } else {
            assert_eq!(ended, Err(MailboxError::TimedOut { command: "UID FETCH", seconds: 5 }));
        }
        server.finished().await;
    }
}
