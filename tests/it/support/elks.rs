//! 46elks as its pages document it, on loopback: it takes nothing that the pages do not allow, and
//! misbehaves on demand.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use data_encoding::BASE64;
use nyckelbud::delivery::sms::GatewaySetup;
use nyckelbud::http::Timeouts;
use nyckelbud::secret::Secret;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::http_request::{form, header, request, until_gone};

pub const USERNAME: &str = "u0000";
/// The password that must never show up in an error.
pub const PASSWORD: &str = "API-hemlighet-4711";
/// The name that a text gets.
pub const ID: &str = "s3633fa8e62f823e52fbc67ebf6925ab5";

/// How it answers.
#[derive(Clone, Debug)]
pub enum Reply {
    /// As documented; a text has this status.
    Documented(&'static str),
    /// As documented, but a text to this number is refused.
    Refuses { number: &'static str, status: &'static str },
    /// As documented, once the gate has permits.
    Held { gate: Arc<Semaphore>, status: &'static str },
    /// This status and body, whatever was asked.
    Status(u16, String),
    /// Leads to another address.
    Redirect(u16, String),
    /// Reads the request and says nothing.
    Silent,
    /// Says half of an answer and then nothing.
    Half,
    /// Closes the connection without reading.
    CutUnread,
    /// Reads the request and closes the connection.
    CutRead,
    /// Answers without end.
    Endless,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub line: String,
    pub form: BTreeMap<String, String>,
}

/// The running service.
pub struct Elks {
    port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

impl Elks {
    pub async fn start(reply: Reply) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (reply, log) = (reply.clone(), Arc::clone(&log));
                tokio::spawn(async move { serve(stream, &reply, &log).await });
            }
        });
        Self { port, asked, task }
    }

    pub fn settings(&self) -> GatewaySetup {
        settings(&self.base_url())
    }

    /// Where the API is.
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}/a1", self.port)
    }

    /// The texts that it was asked to send so far.
    pub fn texts(&self) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| asked.line.starts_with("POST ")).collect()
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Elks {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub fn settings(base_url: &str) -> GatewaySetup {
    GatewaySetup {
        name: "elks".to_owned(),
        base_url: base_url.to_owned(),
        username: USERNAME.to_owned(),
        password: Secret::new(PASSWORD.to_owned()),
        callback: Some(Secret::new("väg/4711".to_owned())),
        public_url: "https://servicedesk.kommun.example".to_owned(),
        sender: "Servicedesk".to_owned(),
        account: String::new(),
        callback_auth: None,
        signature: None,
        validity: Duration::from_secs(600),
        discard_content: false,
        balance_low: 0,
        timeouts: Timeouts::default(),
    }
}

async fn serve(mut stream: TcpStream, reply: &Reply, log: &Mutex<Vec<Asked>>) {
    if matches!(reply, Reply::CutUnread) {
        return;
    }
    let Some((head, body)) = request(&mut stream).await else { return };
    let line = head.lines().next().unwrap().to_owned();
    log.lock().unwrap().push(Asked { line: line.clone(), form: form(&body).unwrap_or_default() });
    match reply {
        Reply::Refuses { number, .. }
            if form(&body).is_some_and(|f| f.get("to").is_some_and(|to| to == number)) =>
        {
            say(&mut stream, 403, "\"Not enough credits\"").await;
        }
        Reply::Documented(status) | Reply::Refuses { status, .. } | Reply::Held { status, .. } => {
            if let Reply::Held { gate, .. } = reply {
                gate.acquire().await.unwrap().forget();
            }
            let (code, text) =
                strict(&line, &head, &body, status).unwrap_or_else(|(code, text)| (code, text.to_owned()));
            say(&mut stream, code, &text).await;
        }
        Reply::Status(code, text) => say(&mut stream, *code, text).await,
        Reply::Redirect(code, to) => {
            let head = format!("HTTP/1.1 {code} x\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
        }
        Reply::Silent => until_gone(&mut stream).await,
        Reply::Half => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\":\"s36").await.unwrap();
            until_gone(&mut stream).await;
        }
        Reply::CutUnread | Reply::CutRead => {}
        Reply::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            while stream.write_all(&[b' '; 4096]).await.is_ok() {}
        }
    }
}

async fn say(stream: &mut TcpStream, code: u16, text: &str) {
    let head = format!(
        "HTTP/1.1 {code} x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        text.len()
    );
    stream.write_all(format!("{head}{text}").as_bytes()).await.unwrap();
}

/// The documented answer, or the refusal of what is not documented.
fn strict(line: &str, head: &str, body: &str, status: &str) -> Result<(u16, String), (u16, &'static str)> {
    let expected = format!("Basic {}", BASE64.encode(format!("{USERNAME}:{PASSWORD}").as_bytes()));
    if header(head, "authorization") != Some(expected.as_str()) {
        return Err((401, "API access requires Basic HTTP authentication"));
    }
    match line {
        "POST /a1/sms HTTP/1.1" => {
            if header(head, "content-type") != Some("application/x-www-form-urlencoded") {
                return Err((415, "not a form"));
            }
            text(&form(body).ok_or((400, "fields repeat or are badly encoded"))?)?;
            Ok((200, sms(status)))
        }
        "GET /a1/me HTTP/1.1" => Ok((
            200,
            "{\"id\":\"u0000\",\"currency\":\"SEK\",\"balance\":9670500,\"displayname\":\"x\"}".to_owned(),
        )),
        _ if line == format!("GET /a1/sms/{ID} HTTP/1.1") => Ok((200, sms(status))),
        _ => Err((404, "Not found")),
    }
}

fn text(form: &BTreeMap<String, String>) -> Result<(), (u16, &'static str)> {
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    let known = ["from", "to", "message", "dontlog", "whendelivered"];
    let number = |text: &str| {
        text.strip_prefix("+")
            .is_some_and(|d| (8..=15).contains(&d.len()) && d.bytes().all(|b| b.is_ascii_digit()))
    };
    let name = |text: &str| (1..=11).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
    if form.keys().any(|key| !known.contains(&key.as_str())) {
        return Err((400, "an unknown field"));
    }
    if !number(field("to")) {
        return Err((400, "Invalid to number"));
    }
    if !number(field("from")) && !name(field("from")) {
        return Err((400, "Invalid from"));
    }
    if field("message").is_empty() || field("dontlog") != "message" {
        return Err((400, "no message, or one that would be logged"));
    }
    Ok(())
}

fn sms(status: &str) -> String {
    format!(
        "{{\"id\":\"{ID}\",\"direction\":\"outgoing\",\"from\":\"Servicedesk\",\"to\":\"+46701740605\",\
         \"created\":\"2026-11-22T10:00:00.000000\",\"status\":\"{status}\",\"parts\":1,\"cost\":3500}}"
    )
}
