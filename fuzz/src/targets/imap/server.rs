//! The server's side: proper answers first, then those of the input.

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::PASSWORD;

/// A line of this alone parts two answers.
const PART: &[u8] = b"\n~\n";
/// Stands for the tag of the command that is answered.
const TAG: &[u8] = b"@@";
/// Stands for the password, in the answer to it.
const SECRET: &[u8] = b"%%";

/// What the server sent in all.
pub struct Said(Vec<u8>);

impl Said {
    pub fn sent(&self, octets: &[u8]) -> bool {
        octets.is_empty() || self.0.windows(octets.len()).any(|window| window == octets)
    }
}

/// Serves one connection.
pub async fn serve(listener: TcpListener, data: Vec<u8>) -> Said {
    let Ok((stream, _)) = listener.accept().await else { return Said(Vec::new()) };
    // Else each short answer waits for the one before it to be acknowledged.
    stream.set_nodelay(true).expect("TCP");
    let mut dialogue = Dialogue { stream: BufReader::new(stream), said: Vec::new(), tag: Vec::new() };
    dialogue.play(&data).await;
    Said(dialogue.said)
}

struct Dialogue {
    stream: BufReader<TcpStream>,
    said: Vec<u8>,
    /// Of the last command; the end of idling has none of its own.
    tag: Vec<u8>,
}

impl Dialogue {
    async fn play(&mut self, data: &[u8]) {
        let (proper, rest) = data.split_first().map_or((0, data), |(first, rest)| (first % 16, rest));
        let mut answers = parts(rest).into_iter();
        if proper == 0 {
            // Then the greeting is the input's as well.
            self.say(answers.next().unwrap_or_default()).await;
        } else {
            self.say(b"* OK ready\r\n").await;
        }
        for _ in 1..proper {
            let Some((tag, command)) = self.command().await else { return };
            self.say(proper_answer(&command)).await;
            if command != b"IDLE" {
                self.say(&[tag.as_slice(), b" OK done\r\n"].concat()).await;
            }
        }
        for answer in answers {
            let Some((tag, command)) = self.command().await else { return };
            let answer = replaced(answer, TAG, &tag);
            // No server knows it before.
            let signs_in =
                [b"LOGIN".as_slice(), b"AUTHENTICATE"].iter().any(|word| command.starts_with(word));
            let secret = if signs_in { PASSWORD.as_bytes() } else { SECRET };
            self.say(&replaced(&answer, SECRET, secret)).await;
        }
        self.stream.get_mut().shutdown().await.ok();
        while self.command().await.is_some() {}
    }

    async fn say(&mut self, octets: &[u8]) {
        self.said.extend_from_slice(octets);
        self.stream.write_all(octets).await.ok();
    }

    /// The next command: its tag, and the rest. `None` when the client has gone.
    async fn command(&mut self) -> Option<(Vec<u8>, Vec<u8>)> {
        let mut line = Vec::new();
        let read = self.stream.read_until(b'\n', &mut line).await.ok()?;
        let line = line.trim_ascii_end();
        match line.iter().position(|octet| *octet == b' ') {
            Some(blank) => {
                self.tag = line[..blank].to_vec();
                Some((self.tag.clone(), line[blank + 1..].to_vec()))
            }
            None => (read > 0).then(|| (self.tag.clone(), line.to_vec())),
        }
    }
}

/// What an ordinary server says before its tagged OK.
fn proper_answer(command: &[u8]) -> &'static [u8] {
    let starts = |with: &str| command.starts_with(with.as_bytes());
    match () {
        () if starts("CAPABILITY") => b"* CAPABILITY IMAP4rev1 IDLE UIDPLUS MOVE\r\n",
        () if starts("LIST \"\" \"\"") => b"* LIST (\\Noselect) \"/\" \"\"\r\n",
        () if starts("LIST") => b"* LIST () \"/\" folder\r\n",
        () if starts("SELECT") => b"* 3 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n* OK [UIDNEXT 4] ok\r\n",
        () if starts("UID SEARCH") => b"* SEARCH 1 2 3\r\n",
        () if starts("UID FETCH") => b"* 1 FETCH (UID 1 RFC822.SIZE 3 BODY[]<0> {3}\r\nabc)\r\n",
        () if starts("IDLE") => b"+ idling\r\n* 4 EXISTS\r\n",
        () => b"",
    }
}

fn parts(data: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut rest = data;
    while let Some(at) = rest.windows(PART.len()).position(|window| window == PART) {
        parts.push(&rest[..=at]);
        rest = &rest[at + PART.len()..];
    }
    parts.push(rest);
    parts
}

fn replaced(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut whole = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.windows(from.len()).position(|window| window == from) {
        whole.extend_from_slice(&rest[..at]);
        whole.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    whole.extend_from_slice(rest);
    whole
}
