//! A private identity provider, started by `tests/servers/oidc`, and a person who signs in there.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::process::Command;

use super::client::{Answer, Asked, ask};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/oidc");

/// Where the desks of the tests are, as browsers would see them.
const DESK: &str = "http://127.0.0.1:8025";

/// A provider. It stops on drop.
pub struct Oidc {
    folder: tempfile::TempDir,
    port: u16,
}

impl Oidc {
    /// One that answers.
    pub fn start() -> Self {
        let provider = Self::down();
        provider.up();
        provider
    }

    /// One that does not run yet.
    pub fn down() -> Self {
        let folder = tempfile::Builder::new().prefix("nyckelbud-oidc-").tempdir().unwrap();
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        Self { folder, port }
    }

    /// Starts it.
    pub fn up(&self) {
        let back = format!("{DESK}/sign-in/callback,{DESK}/login/callback");
        let mut script = Command::new(SCRIPT);
        script.arg("start").arg(self.folder.path());
        let output = script.args([self.port.to_string(), back]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Stops it.
    pub fn stop(&self) {
        let script =
            Command::new(SCRIPT).arg("stop").arg(self.folder.path()).arg(self.port.to_string()).status();
        assert!(script.unwrap().success());
    }

    /// The configuration of a desk whose managers sign in here.
    pub fn lines(&self) -> String {
        format!(
            "[web.oidc]\nissuer = \"http://127.0.0.1:{}\"\nclient_id = \"nyckelbud\"\nclient_secret = \
             \"a-secret-of-the-tests\"\n",
            self.port
        )
    }

    /// Somebody is sent to `address`, signs in as `person` (nobody: breaks it off), and is sent back; the
    /// path at the desk that they come back to.
    pub async fn sign_in(&self, address: &str, person: Option<&str>) -> String {
        assert!(address.contains(&format!("127.0.0.1:{}", self.port)), "{address}");
        signed_in_at(address, person).await
    }
}

/// The same, for whoever knows only where they were sent.
pub async fn signed_in_at(address: &str, person: Option<&str>) -> String {
    let (here, port) = {
        let rest = address.strip_prefix("http://127.0.0.1:").expect("the provider's address");
        let port: u16 = rest.split('/').next().unwrap().parse().unwrap();
        (format!("http://127.0.0.1:{port}"), port)
    };
    let mut place = address.to_owned();
    let mut cookies: BTreeMap<String, String> = BTreeMap::new();
    for _ in 0..6 {
        if let Some(path) = place.strip_prefix(DESK) {
            return path.to_owned();
        }
        let path = place.strip_prefix(&here).unwrap_or(&place).to_owned();
        let answer = get(port, &path, person, &mut cookies).await;
        assert!((302..=303).contains(&answer.status), "{path}: {answer:?}");
        place = answer.header("location").to_owned();
    }
    panic!("nobody comes back: {place}");
}

async fn get(port: u16, path: &str, person: Option<&str>, cookies: &mut BTreeMap<String, String>) -> Answer {
    let cookie = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    let mut fields = vec![("cookie", cookie.as_str())];
    fields.extend(person.map(|person| ("x-test-person", person)));
    let answer = ask(SocketAddr::from(([127, 0, 0, 1], port)), &Asked::get(path).with(&fields)).await;
    for (_, set) in answer.fields.iter().filter(|(name, _)| name == "set-cookie") {
        let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
        cookies.insert(name.to_owned(), value.to_owned());
    }
    answer
}

impl Drop for Oidc {
    fn drop(&mut self) {
        let _ = Command::new(SCRIPT).arg("stop").arg(self.folder.path()).arg(self.port.to_string()).status();
    }
}
