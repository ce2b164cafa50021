//! A private border mail server for one test, started by `tests/servers/border` in a network of its own
//! and stopped on drop, also when the test panics.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use tempfile::TempDir;

use super::island::Island;
use super::wait::until;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/border");

/// A running mail server that takes mails in for servicedesk@kommun.example.
pub struct Border<'a> {
    dir: TempDir,
    island: &'a Island,
}

impl<'a> Border<'a> {
    pub fn start(island: &'a Island) -> Self {
        let dir = tempfile::Builder::new().prefix("nyckelbud-border-").tempdir().unwrap();
        // Made first: it also stops what started half-way.
        let border = Self { dir, island };
        let output = border.script("start");
        assert!(output.status.success(), "no border: {}", String::from_utf8_lossy(&output.stderr));
        border
    }

    /// The mailbox it delivers to.
    pub fn mailbox(&self) -> PathBuf {
        self.dir.path().join("mail/desk")
    }

    /// Sends `mail` as `client` (an address) for `envelope`, and waits until it is delivered. Answers its
    /// file.
    pub async fn send(&self, client: &str, envelope: &str, mail: &str) -> PathBuf {
        let before = self.delivered();
        self.island.inside(|| dialogue(client, envelope, mail));
        until("the mail is delivered", Duration::from_secs(40), || {
            self.delivered().into_iter().find(|file| !before.contains(file))
        })
        .await
    }

    fn delivered(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(self.mailbox().join("new")).into_iter().flatten();
        files.map(|file| file.unwrap().path()).collect()
    }

    fn script(&self, command: &str) -> Output {
        let mut script = Command::new(SCRIPT);
        script.arg(command).arg(self.dir.path()).arg("25");
        self.island.command(&script).output().expect("nsenter runs")
    }
}

impl Drop for Border<'_> {
    fn drop(&mut self) {
        self.script("stop");
    }
}

/// SMTP, with the address of another client (Postfix's XCLIENT).
fn dialogue(client: &str, envelope: &str, mail: &str) {
    let mut stream = TcpStream::connect("127.0.0.1:25").unwrap();
    let mut answers = BufReader::new(stream.try_clone().unwrap());
    let mut say = |words: &str| {
        stream.write_all(words.as_bytes()).unwrap();
        let mut answer = String::new();
        while answer.lines().last().is_none_or(|line| line.as_bytes().get(3) == Some(&b'-')) {
            assert!(answers.read_line(&mut answer).unwrap() > 0, "it hung up after {words}");
        }
        assert!(answer.starts_with(['2', '3']), "{words}: {answer}");
    };
    say("");
    say("EHLO test\r\n");
    say(&format!("XCLIENT ADDR={client} NAME=client.example\r\n"));
    say("EHLO client.example\r\n");
    say(&format!("MAIL FROM:<{envelope}>\r\n"));
    say("RCPT TO:<servicedesk@kommun.example>\r\n");
    say("DATA\r\n");
    say(&format!("{mail}.\r\n"));
    say("QUIT\r\n");
}
