//! A private Kannel for one test, started by `tests/servers/kannel` and stopped on drop, with the message
//! centre that comes with it.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use tempfile::TempDir;

use super::wait::until;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/kannel");

/// A running Kannel.
pub struct Kannel {
    dir: TempDir,
    port: u16,
}

impl Kannel {
    pub fn start() -> Self {
        Self::with(None)
    }

    /// One whose texts go over SMPP to the message centre at this port.
    pub fn before(centre: u16) -> Self {
        Self::with(Some(centre))
    }

    fn with(centre: Option<u16>) -> Self {
        let mut failure = String::new();
        // Another program may take the ports in between.
        for _ in 0..3 {
            let dir = tempfile::Builder::new().prefix("nyckelbud-kannel-").tempdir().unwrap();
            let port = four_free_ports();
            let output = script("start", dir.path(), port, centre);
            // Made first: it also stops what started half-way.
            let server = Self { dir, port };
            if output.status.success() {
                return server;
            }
            failure = String::from_utf8_lossy(&output.stderr).into_owned();
        }
        panic!("no Kannel to test against: {failure}");
    }

    /// The port of its `sendsms` page.
    pub fn sendsms_port(&self) -> u16 {
        self.port + 2
    }

    /// What the message centre got, once there are so many texts: sender, receiver, form, and words. It
    /// writes a line of a text a line.
    pub async fn on_the_air(&self, count: usize) -> Vec<String> {
        let log = self.dir.path().join("fakesmsc.out");
        let look = || {
            let said = String::from_utf8_lossy(&fs::read(&log).unwrap()).into_owned();
            let got: Vec<String> = said
                .lines()
                .filter_map(|line| line.split_once("DEBUG: Got message ")?.1.split_once(": <"))
                .map(|(_, text)| text.strip_suffix('>').unwrap_or(text).to_owned())
                .collect();
            Some(got).filter(|got| got.len() >= count)
        };
        until("the texts are on the air", Duration::from_secs(40), look).await
    }

    /// Everything that Kannel itself wrote down.
    pub fn logs(&self) -> String {
        let log = |name: &str| fs::read(self.dir.path().join(name)).unwrap();
        String::from_utf8_lossy(&[log("bearerbox.log"), log("smsbox.log")].concat()).into_owned()
    }
}

impl Drop for Kannel {
    fn drop(&mut self) {
        script("stop", self.dir.path(), self.port, None);
    }
}

fn script(command: &str, dir: &Path, port: u16, centre: Option<u16>) -> Output {
    let mut script = Command::new(SCRIPT);
    script
        .arg(command)
        .arg(dir)
        .arg(port.to_string())
        .args(centre.map(|port| port.to_string()))
        .output()
        .expect("tests/servers/kannel runs")
}

/// The first of four ports in a row that nobody has just now.
fn four_free_ports() -> u16 {
    for _ in 0..100 {
        let first = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = first.local_addr().unwrap().port();
        let others: Vec<_> = (1..4)
            .filter_map(|more| TcpListener::bind(("127.0.0.1", port.checked_add(more)?)).ok())
            .collect();
        if others.len() == 3 {
            return port;
        }
    }
    panic!("no four free ports in a row");
}
