//! A system of the site that is told by webhooks. It keeps what it is told, and misbehaves on demand.

use std::sync::{Arc, Mutex};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::http_request::{header, request, until_gone};

/// What whoever is signed with: 32 octets.
pub const SECRET: &str = "whsec_bnlja2VsYnVkLXdlYmhvb2stc2VjcmV0LTMyLW8=";

/// What it does when it is told something.
#[derive(Clone, Default)]
pub enum Does {
    /// Takes it.
    #[default]
    Takes,
    /// Answers with this status, and further fields.
    Says(u16, String),
    /// Reads it and says nothing.
    Hangs,
}

/// What it was told.
#[derive(Clone, Debug)]
pub struct Told {
    pub head: String,
    pub body: String,
}

impl Told {
    pub fn header(&self, name: &str) -> String {
        header(&self.head, name).unwrap_or_else(|| panic!("no {name} in {}", self.head)).to_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The type of its event.
    pub fn event(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    /// Is it signed with [`SECRET`]? OpenSSL judges, which knows nothing of the program.
    pub fn is_signed(&self) -> bool {
        let key = data_encoding::BASE64.decode(SECRET.trim_start_matches("whsec_").as_bytes()).unwrap();
        let key = format!("hexkey:{}", data_encoding::HEXLOWER.encode(&key));
        let signed =
            [self.header("webhook-id"), self.header("webhook-timestamp"), self.body.clone()].join(".");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("signed");
        std::fs::write(&file, signed).unwrap();
        let mut openssl = std::process::Command::new("openssl");
        openssl.args(["dgst", "-sha256", "-mac", "HMAC", "-macopt", &key, "-binary"]).arg(&file);
        let made = openssl.output().expect("openssl");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        format!("v1,{}", data_encoding::BASE64.encode(&made.stdout)) == self.header("webhook-signature")
    }
}

/// A running receiver; it stops on drop.
pub struct HookReceiver {
    pub port: u16,
    does: Arc<Mutex<Does>>,
    told: Arc<Mutex<Vec<Told>>>,
    task: JoinHandle<()>,
}

impl HookReceiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (does, told) = (Arc::new(Mutex::new(Does::Takes)), Arc::new(Mutex::new(Vec::new())));
        let (doing, keeping) = (Arc::clone(&does), Arc::clone(&told));
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (doing, keeping) = (Arc::clone(&doing), Arc::clone(&keeping));
                tokio::spawn(async move {
                    let Some((head, body)) = request(&mut stream).await else { return };
                    keeping.lock().unwrap().push(Told { head, body });
                    let does = doing.lock().unwrap().clone();
                    let answer = match does {
                        Does::Takes => "204 No Content\r\n".to_owned(),
                        Does::Says(status, fields) => format!("{status} So\r\n{fields}"),
                        Does::Hangs => return until_gone(&mut stream).await,
                    };
                    let answer = format!("HTTP/1.1 {answer}content-length: 0\r\nconnection: close\r\n\r\n");
                    let _ = stream.write_all(answer.as_bytes()).await;
                });
            }
        });
        Self { port, does, told, task }
    }

    pub fn does(&self, does: Does) {
        *self.does.lock().unwrap() = does;
    }

    pub fn told(&self) -> Vec<Told> {
        self.told.lock().unwrap().clone()
    }

    pub fn events(&self) -> Vec<String> {
        self.told().iter().map(Told::event).collect()
    }

    pub fn forget(&self) {
        self.told.lock().unwrap().clear();
    }

    /// The configuration of a desk that tells it.
    pub fn lines(&self, more: &str) -> String {
        format!(
            "[[notify.webhook]]\nurl = \"http://127.0.0.1:{}/hook?sig=hemligt-i-adressen\"\nsecret = \"{SECRET}\"\n{more}\n",
            self.port
        )
    }
}

impl Drop for HookReceiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}
