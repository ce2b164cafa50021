//! The program as it is run, over a database that is filled, and somebody who is signed in there.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::client::{Answer, Asked, ask};
use super::seed;

const PROGRAM: &str = env!("CARGO_BIN_EXE_nyckelbud");
const CONFIG: &str = include_str!("../../deploy/demo/nyckelbud.toml");
const DIRECTORY: &str = include_str!("../../deploy/demo/directory.toml");
const PATIENCE: Duration = Duration::from_secs(60);

/// A desk. It ends on drop.
pub struct Desk {
    pub address: SocketAddr,
    /// Of the session.
    pub cookie: String,
    program: Child,
    _folder: tempfile::TempDir,
}

impl Desk {
    /// Makes one over the database at `url`, fills it, and signs in.
    pub async fn open(url: &str, tickets: u32, open: u32) -> Self {
        let folder = tempfile::Builder::new().prefix("nyckelbud-pages-").tempdir().expect("a folder");
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        build(folder.path(), url, port);
        run(folder.path(), &["key", "new"]);
        run(folder.path(), &["migrate"]);
        let file = format!("sqlite://{}", folder.path().join("var/nyckelbud.db").display());
        seed::fill(if url.starts_with("sqlite") { &file } else { url }, tickets, open).await;
        let arguments = ["user", "add", "eva.lind", "--role", "administrator", "--without-codes", "--json"];
        let said = run(folder.path(), &arguments);
        let account: serde_json::Value = serde_json::from_str(&said).expect("an account");
        let password = account["password"].as_str().expect("a password");

        let mut command = Command::new(PROGRAM);
        command.current_dir(folder.path()).args(["--config", "nyckelbud.toml", "run"]).stdout(Stdio::null());
        let program = command.spawn().expect("the program");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let end = Instant::now() + PATIENCE;
        while TcpStream::connect(address).is_err() {
            assert!(Instant::now() < end, "the program does not answer");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let cookie = sign_in(address, password).await;
        Self { address, cookie, program, _folder: folder }
    }

    /// What a page asks that shows the queue as it is now.
    pub async fn delta(&self) -> String {
        let page = ask(self.address, &Asked::get("/queue").with(&[("cookie", &self.cookie)])).await.body;
        let ids: Vec<&str> =
            page.split("data-id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let (version, seen) = (attribute(&page, "data-v"), attribute(&page, "data-seen"));
        format!("/queue/delta?v={version}&seen={seen}&ids={}", ids.join(","))
    }

    /// The time that the program has taken from the processors (proc(5): utime and stime, a hundredth of a second each).
    pub fn processor_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.program.id())).expect("its figures");
        let fields: Vec<&str> = stat.rsplit(") ").next().expect("fields").split(' ').collect();
        let ticks: u64 =
            [11, 12].iter().map(|&at: &usize| fields[at].parse::<u64>().expect("a number")).sum();
        Duration::from_millis(10 * ticks)
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// The same question from a page that has heeded `answer`.
pub fn knowing(path: &str, answer: &str) -> String {
    let (_, rest) = answer.split_once("\"v\":\"").expect("a version");
    let version = rest.split('"').next().expect("its end");
    let (_, others) = path.split_once('&').expect("the other values");
    format!("/queue/delta?v={version}&{others}")
}

fn build(folder: &Path, url: &str, port: u16) {
    for part in ["mailbox/tmp", "mailbox/new", "mailbox/cur", "sms", "mail", "var"] {
        std::fs::create_dir_all(folder.join(part)).expect("a folder");
    }
    let config = CONFIG.replace("8025", &port.to_string()).replace("sqlite://var/nyckelbud.db", url);
    std::fs::write(folder.join("nyckelbud.toml"), config).expect("a file");
    std::fs::write(folder.join("directory.toml"), DIRECTORY).expect("a file");
}

/// Runs a command of the program to its end; what it said.
fn run(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(PROGRAM);
    command.current_dir(folder).args(["--config", "nyckelbud.toml"]).args(arguments);
    let output = command.output().expect("the program");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

async fn sign_in(address: SocketAddr, password: &str) -> String {
    let page = ask(address, &Asked::get("/login")).await;
    let begun = cookie(&page);
    let token = page.body.split("name=\"form\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let form = format!("form={}&name=eva.lind&password={password}&code=", token.expect("a form"));
    let origin = format!("http://{address}");
    let fields = [("cookie", begun.as_str()), ("origin", origin.as_str())];
    let answer = ask(address, &Asked::post("/login", &form).with(&fields)).await;
    assert_eq!(answer.status, 303, "signed in");
    cookie(&answer)
}

/// The first cookie that an answer sets.
fn cookie(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().expect("a cookie").to_owned()
}

fn attribute(page: &str, name: &str) -> String {
    let found = page.split(&format!("{name}=\"")).nth(1).and_then(|rest| rest.split('"').next());
    found.unwrap_or_else(|| panic!("no {name}")).to_owned()
}
