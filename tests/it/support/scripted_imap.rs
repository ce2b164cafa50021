//! An IMAP server that follows a script, for what no real server does on demand: refuse, break off,
//! say nothing, say nonsense.

use std::future::Future;
use std::time::Duration;

use nyckelbud::mailbox::imap::{ImapMailbox, ImapSettings, Timeouts};
use nyckelbud::secret::Secret;
use nyckelbud::tls::Tls;
use nyckelbud::token::SignIn;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// The password that must never show up in an error.
pub const PASSWORD: &str = "hemligt-4711";

/// What an ordinary server can do.
pub const USUAL: &str = "IMAP4rev1 IDLE UIDPLUS MOVE";

/// How long a script may last.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that serves one script after the other, a connection each.
pub struct ScriptedServer {
    port: u16,
    scripts: JoinHandle<()>,
}

impl ScriptedServer {
    /// Runs `script` with the first connection.
    pub async fn start<F, Running>(script: F) -> Self
    where
        F: FnOnce(Dialogue) -> Running + Send + 'static,
        Running: Future<Output = ()> + Send,
    {
        Self::listen(|listener| async move { script(Dialogue::accept(&listener).await).await }).await
    }

    /// Runs `script` with the first connection and `then` with the next.
    pub async fn start_twice<F, Running, G, Then>(script: F, then: G) -> Self
    where
        F: FnOnce(Dialogue) -> Running + Send + 'static,
        Running: Future<Output = ()> + Send,
        G: FnOnce(Dialogue) -> Then + Send + 'static,
        Then: Future<Output = ()> + Send,
    {
        Self::listen(|listener| async move {
            script(Dialogue::accept(&listener).await).await;
            then(Dialogue::accept(&listener).await).await;
        })
        .await
    }

    async fn listen<F, Running>(scripts: F) -> Self
    where
        F: FnOnce(TcpListener) -> Running + Send + 'static,
        Running: Future<Output = ()> + Send,
    {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        Self { port, scripts: tokio::spawn(async move { scripts(listener).await }) }
    }

    pub fn settings(&self) -> ImapSettings {
        ImapSettings {
            name: "servicedesk".to_owned(),
            host: "127.0.0.1".to_owned(),
            port: self.port,
            tls: Tls::None,
            ca_file: None,
            username: "desk@kommun.example".to_owned(),
            sign_in: SignIn::Password(Secret::new(PASSWORD.to_owned())),
            inbox: "INBOX".to_owned(),
            handled: "Nyckelbud/Hanterade".to_owned(),
            quarantine: "Nyckelbud/Karantän".to_owned(),
            idle_refresh: Duration::from_secs(540),
            max_mail_size: 1000,
        }
    }

    /// A mailbox with short time limits.
    pub fn mailbox(&self) -> ImapMailbox {
        ImapMailbox::new(self.settings()).unwrap().with_timeouts(short())
    }

    /// Waits until the script is through; fails when the client did not keep to it.
    pub async fn finished(self) {
        timeout(PATIENCE, self.scripts).await.expect("the script ends").unwrap();
    }
}

/// Time limits that a test can wait for, and a busy machine keeps.
pub fn short() -> Timeouts {
    Timeouts {
        connect: Duration::from_secs(5),
        command: Duration::from_secs(1),
        done: Duration::from_secs(1),
    }
}

/// One connection, seen from the server.
pub struct Dialogue {
    stream: BufReader<TcpStream>,
}

impl Dialogue {
    async fn accept(listener: &TcpListener) -> Self {
        Self { stream: BufReader::new(listener.accept().await.unwrap().0) }
    }

    /// Says lines; each ends with CRLF.
    pub async fn say(&mut self, text: &str) {
        let lines: String = text.lines().map(|line| format!("{}\r\n", line.trim_start())).collect();
        self.send(lines.as_bytes()).await;
    }

    /// Sends octets as they are; a client that has gone is no failure of the script.
    pub async fn send(&mut self, octets: &[u8]) {
        self.stream.write_all(octets).await.ok();
    }

    /// Sends octets, as long as the client is there.
    pub async fn try_send(&mut self, octets: &[u8]) -> bool {
        self.stream.write_all(octets).await.is_ok()
    }

    /// Lets what was sent leave on its own.
    pub async fn flush(&mut self) {
        tokio::task::yield_now().await;
    }

    /// Reads a line without its end; empty when the client has gone.
    pub async fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).await.ok();
        line.trim_end().to_owned()
    }

    /// Reads a command that must begin with `command`; its tag.
    pub async fn expect(&mut self, command: &str) -> String {
        let line = self.line().await;
        let (tag, rest) = line.split_once(' ').unwrap_or((&line, ""));
        assert!(rest.starts_with(command), "expected {command}, the client said {line:?}");
        tag.to_owned()
    }

    /// Expects `command` and answers with `untagged` lines and a tagged OK.
    pub async fn answer(&mut self, command: &str, untagged: &str) {
        let tag = self.expect(command).await;
        self.say(format!("{untagged}\n{tag} OK done").trim_start()).await;
    }

    /// Plays the server from the greeting until the inbox is selected, with three mails in it.
    pub async fn open(&mut self, capabilities: &str) {
        self.open_until_select(capabilities).await;
        self.answer("SELECT \"INBOX\"", "* 3 EXISTS\n* OK [UIDVALIDITY 1] ok\n* OK [UIDNEXT 4] ok").await;
    }

    /// The same, without the last step.
    pub async fn open_until_select(&mut self, capabilities: &str) {
        self.sign_in(capabilities).await;
        self.answer("LIST \"\" \"\"", "* LIST (\\Noselect) \"/\" \"\"").await;
        self.answer("LIST", "* LIST () \"/\" Nyckelbud/Hanterade").await;
        self.answer("LIST", "* LIST () \"/\" \"Nyckelbud/Karant&AOQ-n\"").await;
    }

    /// Plays the server from the greeting until somebody is signed in.
    pub async fn sign_in(&mut self, capabilities: &str) {
        let capabilities = format!("* CAPABILITY {capabilities}");
        self.say("* OK ready").await;
        self.answer("CAPABILITY", &capabilities).await;
        self.answer("LOGIN", "").await;
        self.answer("CAPABILITY", &capabilities).await;
    }

    /// The connection itself, for octets that are no lines.
    pub fn stream(&mut self) -> &mut (impl tokio::io::AsyncRead + Unpin) {
        &mut self.stream
    }

    /// Waits until the client closes the connection.
    pub async fn gone(&mut self) {
        while !self.line().await.is_empty() {}
    }
}

/// The answer to a FETCH of one mail.
pub fn fetched(uid: u32, mail: &str) -> String {
    format!(
        "* {uid} FETCH (UID {uid} INTERNALDATE \"24-Nov-2026 10:14:05 +0100\" RFC822.SIZE {} BODY[]<0> {{{}}}\r\n{mail})\r\n",
        mail.len(),
        mail.len()
    )
}
