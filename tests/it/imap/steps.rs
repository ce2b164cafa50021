//! One whole session, from the greeting to idling, with a server that fails at each of its steps in
//! turn: whatever it does, the call ends in time with an error that names the step and shows nothing of
//! what was said, and the connection is closed.

use std::time::Duration;

use nyckelbud::mailbox::imap::{ImapMailbox, Timeouts};
use nyckelbud::mailbox::{Folder, Mailbox, MailboxError};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::{fetch_all, uids};
use crate::support::scripted_imap::{Dialogue, PASSWORD, ScriptedServer, fetched};

const CAPABILITIES: &str = "* CAPABILITY IMAP4rev1 IDLE UIDPLUS MOVE";
/// What must be in no error.
const PRIVATE: &str = "ring mig hemma";

/// What the client says after the greeting, and the answer to it.
const STEPS: [(&str, &str); 12] = [
    ("CAPABILITY", CAPABILITIES),
    ("LOGIN", ""),
    ("CAPABILITY", CAPABILITIES),
    ("LIST", "* LIST (\\Noselect) \"/\" \"\""),
    ("LIST", "* LIST () \"/\" Nyckelbud/Hanterade"),
    ("LIST", ""),
    ("CREATE", ""),
    ("SELECT", "* 1 EXISTS\n* OK [UIDVALIDITY 1] ok"),
    ("NOOP", ""),
    ("UID SEARCH", "* SEARCH 1"),
    ("UID FETCH", ""),
    ("UID MOVE", "* 1 EXPUNGE"),
];
/// After them the client idles.
const IDLE: usize = STEPS.len();

/// What a server does in place of an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Silence,
    Close,
    Goodbye,
    HalfALine,
    Nonsense,
    LineWithoutEnd,
    TalkWithoutEnd,
    OctetBySecond,
    HugeLiteral,
    DeepBrackets,
    No,
    Bad,
}

impl Fault {
    async fn happen(self, client: &mut Dialogue, tag: &str) {
        match self {
            Self::Silence => {}
            Self::Close => return,
            Self::Goodbye => return client.say(&format!("* BYE {PRIVATE}")).await,
            Self::HalfALine => return client.send(b"* 1 FET").await,
            Self::Nonsense => client.say(&format!("%%% {PRIVATE}")).await,
            Self::LineWithoutEnd => {
                let piece = PRIVATE.repeat(10_000);
                while client.try_send(piece.as_bytes()).await {}
            }
            Self::TalkWithoutEnd => {
                while client.try_send(b"* OK still here\r\n").await {
                    sleep(Duration::from_millis(5)).await;
                }
            }
            Self::OctetBySecond => {
                // A second in a server's life is 20 ms here.
                while client.try_send(b"*").await {
                    sleep(Duration::from_millis(20)).await;
                }
            }
            Self::HugeLiteral => client.send(b"* 1 FETCH (UID 1 BODY[]<0> {4294967295}\r\n").await,
            Self::DeepBrackets => {
                let deep = "(".repeat(200_000);
                client.send(format!("* 1 FETCH (UID 1 BODYSTRUCTURE {deep}\r\n").as_bytes()).await;
            }
            Self::No => return client.say(&format!("{tag} NO {PRIVATE}")).await,
            Self::Bad => return client.say(&format!("{tag} BAD {PRIVATE}")).await,
        }
        client.gone().await;
    }
}

/// Plays the session, up to the step at which `fault` happens.
async fn play(mut client: Dialogue, at: usize, fault: Fault) {
    client.say("* OK ready").await;
    for (number, (command, untagged)) in STEPS.into_iter().enumerate() {
        let tag = client.expect(command).await;
        if number == at {
            return fault.happen(&mut client, &tag).await;
        }
        if command == "UID FETCH" {
            client.send(fetched(1, PRIVATE).as_bytes()).await;
        }
        client.say(format!("{untagged}\n{tag} OK done").trim_start()).await;
    }
    let tag = client.expect("IDLE").await;
    client.say("+ idling").await;
    fault.happen(&mut client, &tag).await;
}

async fn session(mailbox: &mut ImapMailbox) -> Result<(), MailboxError> {
    mailbox.open().await?;
    mailbox.list(None).await?;
    fetch_all(mailbox, &uids(&[1])).await.1?;
    mailbox.file(Folder::Handled, &uids(&[1])).await?;
    mailbox.wait(Duration::from_secs(60)).await.map(drop)
}

/// How the session ends when `fault` happens at the step `at`.
async fn ended(at: usize, fault: Fault) -> MailboxError {
    let server = ScriptedServer::start(move |client| play(client, at, fault)).await;
    let timeouts = Timeouts {
        connect: Duration::from_secs(5),
        command: Duration::from_millis(500),
        done: Duration::from_millis(500),
    };
    let mut mailbox = ImapMailbox::new(server.settings()).unwrap().with_timeouts(timeouts);
    let ended = timeout(Duration::from_secs(40), session(&mut mailbox)).await;
    let error = ended
        .unwrap_or_else(|_| panic!("{fault:?} at step {at} is never over"))
        .expect_err(&format!("{fault:?} at step {at} is a failure"));
    server.finished().await;
    let after = mailbox.list(None).await.unwrap_err();
    assert!(after.to_string().contains("not open"), "{fault:?} at step {at}: {after}");
    error
}

/// The session's ends with `fault` at each of `steps`.
async fn at_each(fault: Fault, steps: impl IntoIterator<Item = usize>) -> Vec<(usize, MailboxError)> {
    let mut running = JoinSet::new();
    for at in steps {
        running.spawn(async move { (at, ended(at, fault).await) });
    }
    let ends = running.join_all().await;
    for (at, error) in &ends {
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(PASSWORD), "{fault:?} at step {at}: {shown}");
        // Words of a refusal and of a goodbye are the server's own; everything else may be a mail.
        let own = matches!(fault, Fault::No | Fault::Bad | Fault::Goodbye);
        assert!(own || !shown.contains(PRIVATE), "{fault:?} at step {at}: {shown}");
    }
    ends
}

fn names_the_step(at: usize, error: &MailboxError) -> bool {
    let name = STEPS.get(at).map_or("IDLE", |(command, _)| command);
    // The opening has a limit in all, too.
    error.to_string().contains(name) || error.to_string().contains("sign-in and SELECT")
}

#[tokio::test]
async fn a_server_that_falls_silent_at_any_step_costs_bounded_time() {
    // While we idle, silence is what is expected.
    for (at, error) in at_each(Fault::Silence, 0..IDLE).await {
        assert!(matches!(error, MailboxError::TimedOut { .. }), "step {at}: {error}");
        assert!(names_the_step(at, &error), "step {at}: {error}");
    }
}

#[tokio::test]
async fn a_server_that_closes_at_any_step_is_an_error_that_names_the_step() {
    for fault in [Fault::Close, Fault::HalfALine] {
        for (at, error) in at_each(fault, 0..=IDLE).await {
            assert!(matches!(error, MailboxError::Lost { .. }), "{fault:?}, step {at}: {error}");
            assert!(names_the_step(at, &error), "{fault:?}, step {at}: {error}");
        }
    }
}

#[tokio::test]
async fn a_goodbye_at_any_step_is_an_error_that_says_why() {
    for (at, error) in at_each(Fault::Goodbye, 0..=IDLE).await {
        assert!(matches!(error, MailboxError::Lost { .. }), "step {at}: {error}");
        assert!(names_the_step(at, &error), "step {at}: {error}");
        assert!(error.to_string().contains(PRIVATE), "step {at}: {error}");
    }
}

#[tokio::test]
async fn nonsense_at_any_step_is_an_error_that_does_not_show_it() {
    for (at, error) in at_each(Fault::Nonsense, 0..=IDLE).await {
        assert!(
            matches!(error, MailboxError::Lost { .. } | MailboxError::TimedOut { .. }),
            "step {at}: {error}"
        );
    }
}

#[tokio::test]
async fn an_answer_without_end_at_any_step_costs_bounded_time() {
    for fault in [Fault::LineWithoutEnd, Fault::TalkWithoutEnd, Fault::OctetBySecond] {
        // While we idle, a server may talk until the idling is renewed.
        for (at, error) in at_each(fault, 0..IDLE).await {
            let in_bounds = matches!(error, MailboxError::Lost { .. } | MailboxError::TimedOut { .. });
            assert!(in_bounds, "{fault:?}, step {at}: {error}");
        }
    }
}

#[tokio::test]
async fn what_would_fill_the_memory_or_the_stack_is_refused_at_any_step() {
    for fault in [Fault::HugeLiteral, Fault::DeepBrackets] {
        for (at, error) in at_each(fault, 1..=IDLE).await {
            assert!(
                matches!(&error, MailboxError::Lost { cause, .. } if cause.contains("too ")),
                "{fault:?}, step {at}: {error}"
            );
        }
    }
}

#[tokio::test]
async fn a_refusal_at_any_step_is_an_error_with_the_servers_words() {
    for fault in [Fault::No, Fault::Bad] {
        // A refused MOVE falls back to COPY (filing.rs), and a refused IDLE to the poll (idling.rs).
        for (at, error) in at_each(fault, 0..IDLE - 1).await {
            let as_expected = match (&error, STEPS[at].0, fault) {
                (MailboxError::SignIn { .. }, "LOGIN", Fault::No) => true,
                (MailboxError::Refused { command, .. }, step, _) => *command == step,
                _ => false,
            };
            assert!(as_expected && error.to_string().contains(PRIVATE), "{fault:?}, step {at}: {error}");
        }
    }
}
