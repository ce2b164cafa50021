//! A private message centre for one test, started by `tests/servers/smpp` and stopped on drop.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use nyckelbud::delivery::sms::smpp::{Alphabet, ReceiptIds, SmppSetup};
use nyckelbud::secret::Secret;
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::Instant;

use super::client::{Asked, ask};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/smpp");

/// Whom it knows.
pub const USERNAME: &str = "desk";
pub const PASSWORD: &str = "pw-4711";

/// A running message centre.
pub struct Centre {
    folder: TempDir,
    port: u16,
}

impl Centre {
    pub fn start() -> Self {
        let mut failure = String::new();
        // Another program may take the ports in between.
        for _ in 0..3 {
            let folder = tempfile::Builder::new().prefix("nyckelbud-smpp-").tempdir().unwrap();
            // Made first: it also stops what started half-way.
            let centre = Self { folder, port: three_free_ports() };
            let output = centre.script("start");
            if output.status.success() {
                return centre;
            }
            failure = String::from_utf8_lossy(&output.stderr).into_owned();
        }
        panic!("no message centre to test against: {failure}");
    }

    /// One that behaves as `manners` say (tests/smpp/centre.mjs).
    pub async fn that(manners: &str) -> Self {
        let centre = Self::start();
        centre.behave(manners).await;
        centre
    }

    fn script(&self, command: &str) -> Output {
        let mut script = Command::new(SCRIPT);
        script.arg(command).arg(self.folder.path()).arg(self.port.to_string());
        script.output().expect("tests/servers/smpp runs")
    }

    /// Where it speaks SMPP.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The same under TLS.
    pub fn tls_port(&self) -> u16 {
        self.port + 1
    }

    /// The trust anchor of its certificate, which holds the address 127.0.0.1.
    pub fn ca_file(&self) -> PathBuf {
        let path: &Path = self.folder.path();
        path.join("ca.pem")
    }

    /// A gateway's settings for it.
    pub fn setup(&self) -> SmppSetup {
        SmppSetup {
            name: "operator".to_owned(),
            host: "127.0.0.1".to_owned(),
            port: self.port,
            tls: false,
            ca_file: None,
            username: USERNAME.to_owned(),
            password: Secret::new(PASSWORD.to_owned()),
            system_type: "desks".to_owned(),
            sender: "Servicedesk".to_owned(),
            validity: Duration::from_secs(600),
            timeout: Duration::from_secs(18),
            window: 10,
            alphabet: Alphabet::Gsm,
            receipt_ids: ReceiptIds::Same,
        }
    }

    /// The same as lines of a desk's configuration, over TLS.
    pub fn lines(&self) -> String {
        format!(
            "[[sms.gateway]]\nname = \"operator\"\nkind = \"smpp\"\nhost = \"127.0.0.1\"\nport = {}\n\
             ca_file = \"{}\"\nusername = \"{USERNAME}\"\npassword = \"{PASSWORD}\"\n",
            self.tls_port(),
            self.ca_file().display(),
        )
    }

    async fn order(&self, path: &str, json: &str) -> Value {
        let address = SocketAddr::from(([127, 0, 0, 1], self.port + 2));
        let answer = ask(address, &Asked::post(path, json)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.body))
    }

    /// Changes how it behaves.
    pub async fn behave(&self, manners: &str) {
        self.order("/behave", manners).await;
    }

    /// Cuts every connection.
    pub async fn cut(&self) {
        self.order("/cut", "").await;
    }

    /// Says this of itself over every connection.
    pub async fn say(&self, command: &str) {
        self.order("/say", &serde_json::json!({ "command": command }).to_string()).await;
    }

    /// Knows nothing of the sessions any more; their connections stand.
    pub async fn forget(&self) {
        self.order("/forget", "").await;
    }

    /// Gives the answers that it has kept back.
    pub async fn answer(&self) {
        self.order("/answer", "").await;
    }

    /// Delivers the receipts that it has kept back.
    pub async fn deliver(&self) {
        self.order("/deliver", "").await;
    }

    /// A phone writes to the desk.
    pub async fn write(&self, words: &str) {
        let text = serde_json::json!({
            "source_addr": "46701740606", "destination_addr": "Servicedesk", "short_message": words,
        });
        self.order("/write", &text.to_string()).await;
    }

    /// Everything that happened with this operation.
    pub async fn log(&self, operation: &str) -> Vec<Value> {
        let Value::Array(log) = self.order("/log", "").await else { panic!("no log") };
        log.into_iter().filter(|entry| entry["op"] == operation).collect()
    }

    /// The same, once it has so many entries.
    pub async fn log_of(&self, operation: &str, count: usize) -> Vec<Value> {
        let end = Instant::now() + super::daemon::PATIENCE;
        loop {
            let log = self.log(operation).await;
            if log.len() >= count {
                return log;
            }
            assert!(Instant::now() < end, "not {count} times {operation}: {log:?}");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }
}

impl Drop for Centre {
    fn drop(&mut self) {
        self.script("stop");
    }
}

/// The first of three ports in a row that nobody has just now.
fn three_free_ports() -> u16 {
    for _ in 0..100 {
        let first = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = first.local_addr().unwrap().port();
        let others: Vec<_> = (1..3)
            .filter_map(|more| TcpListener::bind(("127.0.0.1", port.checked_add(more)?)).ok())
            .collect();
        if others.len() == 2 {
            return port;
        }
    }
    panic!("no three free ports in a row");
}
