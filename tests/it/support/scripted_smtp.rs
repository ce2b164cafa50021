//! An SMTP server that misbehaves on demand: refuses, breaks off, says nothing, says nonsense.

use std::sync::{Arc, Mutex};

use nyckelbud::delivery::notice::SmtpSettings;
use nyckelbud::tls::Tls;
use nyckelbud::types::EmailAddress;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What it does at one point of the dialogue.
#[derive(Clone, Copy, Debug)]
pub enum Does {
    /// Answers these lines.
    Says(&'static str),
    /// Closes the connection.
    Cuts,
    /// Keeps silent until the client goes.
    Hangs,
}

/// What it does where not as usual: the first word of a command, `GREETING`, or `END` for the end of
/// a mail's text.
pub type Script = &'static [(&'static str, Does)];

/// The running server.
pub struct ScriptedSmtp {
    port: u16,
    log: Arc<Mutex<Log>>,
    task: JoinHandle<()>,
}

/// What it has heard.
#[derive(Clone, Debug, Default)]
pub struct Log {
    pub connections: usize,
    /// Commands, in their order.
    pub commands: Vec<String>,
    /// Mails as they came, their dots still doubled.
    pub mails: Vec<String>,
}

impl ScriptedSmtp {
    pub async fn start(script: Script) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Arc::new(Mutex::new(Log::default()));
        let kept = Arc::clone(&log);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                kept.lock().unwrap().connections += 1;
                let log = Arc::clone(&kept);
                tokio::spawn(async move { serve(BufReader::new(stream), script, &log).await });
            }
        });
        Self { port, log, task }
    }

    /// How to reach it: no TLS, no sign-in.
    pub fn settings(&self) -> SmtpSettings {
        SmtpSettings {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            tls: Tls::None,
            ca_file: None,
            username: None,
            sign_in: None,
            from_name: "Servicedesk på Kommunen".to_owned(),
            from: EmailAddress::parse("servicedesk@kommun.example").unwrap(),
        }
    }

    pub fn log(&self) -> Log {
        self.log.lock().unwrap().clone()
    }
}

impl Drop for ScriptedSmtp {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn usual(point: &str) -> &'static str {
    match point {
        "GREETING" => "220 mx.kommun.example ESMTP",
        "EHLO" => "250-mx.kommun.example\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN",
        "AUTH" => "235 2.7.0 Accepted",
        "DATA" => "354 go on",
        "END" => "250 2.0.0 Ok: queued as 4F2A1",
        "QUIT" => "221 2.0.0 Bye",
        _ => "250 2.1.0 Ok",
    }
}

async fn serve(mut stream: BufReader<TcpStream>, script: Script, log: &Mutex<Log>) {
    if !does(&mut stream, script, "GREETING").await {
        return;
    }
    while let Some(line) = line(&mut stream).await {
        let verb = line.split_whitespace().next().unwrap_or_default().to_uppercase();
        log.lock().unwrap().commands.push(line);
        if !does(&mut stream, script, &verb).await {
            return;
        }
        let takes_text = script.iter().all(|(point, _)| *point != "DATA");
        if verb == "DATA" && takes_text {
            let Some(mail) = mail(&mut stream, script).await else { return };
            log.lock().unwrap().mails.push(mail);
            if !does(&mut stream, script, "END").await {
                return;
            }
        }
    }
}

/// The text up to its last line. `TEXT` in the script stands for its first line.
async fn mail(stream: &mut BufReader<TcpStream>, script: Script) -> Option<String> {
    let mut mail = String::new();
    loop {
        let line = line(stream).await?;
        if script.iter().any(|(point, _)| *point == "TEXT") {
            return None;
        }
        if line == "." {
            return Some(mail);
        }
        mail.push_str(&line);
        mail.push_str("\r\n");
    }
}

/// Does what the script says at `point`; false when that ends the dialogue.
async fn does(stream: &mut BufReader<TcpStream>, script: Script, point: &str) -> bool {
    let scripted = script.iter().find(|(at, _)| *at == point).map(|(_, does)| *does);
    match scripted.unwrap_or(Does::Says(usual(point))) {
        Does::Says(text) => stream.write_all(format!("{text}\r\n").as_bytes()).await.is_ok(),
        Does::Cuts => false,
        Does::Hangs => {
            while line(stream).await.is_some() {}
            false
        }
    }
}

async fn line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    let read = stream.read_line(&mut line).await.ok()?;
    (read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned())
}
