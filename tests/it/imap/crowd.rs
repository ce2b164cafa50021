//! A mailbox of a hundred thousand mails: listed in answers of bounded size, and every command within what servers
//! take in one line.

use nyckelbud::mailbox::{Folder, Mailbox};

use super::{fetch_all, uids};
use crate::support::scripted_imap::{Dialogue, ScriptedServer, USUAL};

/// RFC 7162 4: servers take lines of at least so many octets.
const LINE_MAX: usize = 8192;

/// Every second UID of the longest: no two become a range.
fn scattered(count: u32) -> Vec<u32> {
    (0..count).map(|n| 4_000_000_000 + n * 2).collect()
}

/// Answers OK to `command`s until so many mails were named in them.
async fn taken(client: &mut Dialogue, command: &str, mails: usize) {
    let mut named = 0;
    while named < mails {
        let line = client.line().await;
        assert!(line.len() + 2 <= LINE_MAX && line.contains(command), "{}: {line}", line.len());
        named += line.matches(',').count() + 1;
        client.say(&format!("{} OK done", line.split(' ').next().unwrap())).await;
    }
    assert_eq!(named, mails);
}

#[tokio::test]
async fn no_command_is_longer_than_servers_take() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        taken(&mut client, " UID MOVE ", 2000).await;
        taken(&mut client, " UID FETCH ", 20_000).await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    mailbox.file(Folder::Handled, &uids(&scattered(2000))).await.unwrap();
    let (_, ended) = fetch_all(&mut mailbox, &uids(&scattered(20_000))).await;
    ended.unwrap();
    server.finished().await;
}

/// The UIDs of the mails `from` to `to`, as a server tells them.
fn numbered(from: usize, to: usize) -> String {
    let uids: Vec<String> = (from..=to).map(|number| (number * 10).to_string()).collect();
    format!("* SEARCH {}", uids.join(" "))
}

/// The time to parse one answer grows with the square of its length.
#[tokio::test]
async fn a_hundred_thousand_mails_are_listed_in_answers_that_can_be_read_in_time() {
    const CROWD: u32 = 100_000;
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        client.answer("NOOP", "* 100000 EXISTS").await;
        for high in (5000..=100_000).rev().step_by(5000) {
            let low = high - 4999;
            client.answer(&format!("UID SEARCH {low}:{high}"), &numbered(low, high)).await;
        }
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    let all: Vec<u32> = (1..=CROWD).map(|number| number * 10).collect();
    assert_eq!(mailbox.list(None).await.unwrap(), uids(&all));
    server.finished().await;
}

#[tokio::test]
async fn a_mail_removed_while_a_crowd_is_listed_hides_no_other() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        client.answer("NOOP", "* 10001 EXISTS").await;
        client.answer("UID SEARCH 5002:10001", &numbered(5002, 10_001)).await;
        // Mail 2 goes. What was number 5002 is 5001 now, and told a second time.
        let second = format!("* 2 EXPUNGE\n{} 50020", numbered(3, 5001));
        client.answer("UID SEARCH 2:5001", &second).await;
        client.answer("UID SEARCH 1:1", "* SEARCH 10").await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    let all: Vec<u32> = std::iter::once(1).chain(3..=10_001).map(|number| number * 10).collect();
    assert_eq!(mailbox.list(None).await.unwrap(), uids(&all));
    server.finished().await;
}

#[tokio::test]
async fn a_folder_that_is_emptied_while_it_is_listed_is_asked_for_nothing_more() {
    let server = ScriptedServer::start(|mut client| async move {
        client.open(USUAL).await;
        client.answer("NOOP", "* 5002 EXISTS").await;
        let gone = "\n* 1 EXPUNGE".repeat(5002);
        client.answer("UID SEARCH 3:5002", &format!("{}{gone}", numbered(3, 5002))).await;
        client.answer("UID MOVE 30 ", "").await;
    })
    .await;
    let mut mailbox = server.mailbox();
    mailbox.open().await.unwrap();
    assert_eq!(mailbox.list(None).await.unwrap().len(), 5000);
    mailbox.file(Folder::Handled, &uids(&[30])).await.unwrap();
    server.finished().await;
}
