//! A private Postfix for one test, started by `tests/servers/postfix` and stopped on drop, also when
//! the test panics.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use nyckelbud::delivery::notice::SmtpSettings;
use nyckelbud::tls::Tls;
use nyckelbud::types::EmailAddress;
use tempfile::TempDir;

use super::dovecot::two_free_ports;
use super::wait::until;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/postfix");

/// A running Postfix that delivers some people's mails.
pub struct Postfix {
    dir: TempDir,
    port: u16,
}

impl Postfix {
    pub fn start() -> Self {
        let mut failure = String::new();
        // Another program may take the ports in between.
        for _ in 0..3 {
            let dir = tempfile::Builder::new().prefix("nyckelbud-postfix-").tempdir().unwrap();
            let port = two_free_ports();
            let output = script("start", dir.path(), port);
            // Made first: it also stops what started half-way.
            let server = Self { dir, port };
            if output.status.success() {
                return server;
            }
            failure = String::from_utf8_lossy(&output.stderr).into_owned();
        }
        panic!("no Postfix to test against: {failure}");
    }

    /// How to reach it over STARTTLS, with its CA.
    pub fn settings(&self) -> SmtpSettings {
        SmtpSettings {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            tls: Tls::StartTls,
            ca_file: Some(self.dir.path().join("ca.pem")),
            username: None,
            sign_in: None,
            from_name: "Servicedesk på Kommunen".to_owned(),
            from: EmailAddress::parse("servicedesk@kommun.example").unwrap(),
        }
    }

    /// The port for implicit TLS.
    pub fn smtps_port(&self) -> u16 {
        self.port + 1
    }

    /// Anna's mails, once there are `count` of them.
    pub async fn delivered(&self, count: usize) -> Vec<String> {
        self.delivered_to("anna", count).await
    }

    /// The mails of `anna`, `filip` or `karin`, once there are `count` of them.
    pub async fn delivered_to(&self, whom: &str, count: usize) -> Vec<String> {
        let enough = || Some(self.mails(whom)).filter(|mails| mails.len() >= count);
        until("the mails are delivered", Duration::from_secs(60), enough).await
    }

    /// A file or folder of the server's own folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn mails(&self, whom: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(&format!("mail/{whom}/new"))) else { return Vec::new() };
        entries.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap()).collect()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        script("stop", self.dir.path(), self.port);
    }
}

fn script(command: &str, dir: &Path, port: u16) -> Output {
    let mut script = Command::new(SCRIPT);
    script.arg(command).arg(dir).arg(port.to_string()).output().expect("tests/servers/postfix runs")
}
