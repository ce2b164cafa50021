//! The program as a process: a folder with a desk in it, `nyckelbud run` over it, and what a person
//! in front of it would see. It is killed with the test; a test that fails shows its log.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nyckelbud::password::file::{credentials_path, verify};
use nyckelbud::types::AccountId;
use rustix::process::{Pid, Resource, Rlimit, Signal};
use serde_json::Value;
use tempfile::TempDir;

use super::browser::Browser;
use super::client::{Answer, Asked, ask};
use super::demo_desk;
use super::wait::until;

/// How long anything may take on a machine that runs all tests at the same time.
pub const PATIENCE: Duration = Duration::from_secs(40);

const BIN: &str = env!("CARGO_BIN_EXE_nyckelbud");

/// The part of the configuration that every desk of the tests has: the demo's people, everything
/// logged. Where mails come from and how words leave is added to it.
const DESK: &str = r#"
[desk]
name = "Servicedesk"
address = "servicedesk@kommun.example"
public_url = "http://127.0.0.1:8025"
self_service = ""
help = ""
username_hint = "din e-postadress"

[directory]
kind = "file"

[directory.file]
path = "directory.toml"

[policy]
domains = ["kommun.example"]

[password]
key = { file = "seal.key" }

[store]
url = "sqlite://var/nyckelbud.db"

[telemetry]
log = "trace"
format = "text"
"#;

/// A desk's folder and the process that works it.
pub struct Program {
    folder: TempDir,
    run: Option<Run>,
    said: Arc<Mutex<Vec<u8>>>,
}

struct Run {
    child: Child,
    address: SocketAddr,
}

impl Program {
    /// A desk with `more` configuration; nothing runs yet.
    pub fn new(more: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("nyckelbud-desk-").tempdir().unwrap();
        demo_desk::build_from(folder.path(), &format!("{DESK}\n{more}"));
        Self { folder, run: None, said: Arc::default() }
    }

    /// A desk with `more` configuration that runs.
    pub async fn started(more: &str) -> Self {
        let mut program = Self::new(more);
        program.start().await;
        program
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts it and waits until its pages are served.
    pub async fn start(&mut self) {
        // Another program may take the port in between.
        for _ in 0..3 {
            let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            let child = self.spawn(address);
            let run = self.run.insert(Run { child, address });
            let serves = until("the pages are served, or the program ends", PATIENCE, || {
                let ended = run.child.try_wait().unwrap().map(|_| false);
                ended.or_else(|| TcpStream::connect(address).ok().map(|_| true))
            });
            if serves.await {
                return;
            }
        }
        panic!("the program does not start");
    }

    fn spawn(&self, address: SocketAddr) -> Child {
        // A write beyond a limit is then an error, as on a full disk, and no deadly signal.
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", BIN, "--config"]);
        command.arg(self.folder().join("nyckelbud.toml")).arg("run");
        command.env_remove("RUST_LOG").env("NYCKELBUD__WEB__LISTEN", address.to_string());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        collect(child.stdout.take().unwrap(), &self.said);
        collect(child.stderr.take().unwrap(), &self.said);
        child
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        let Some(mut run) = self.run.take() else { return };
        run.child.kill().unwrap();
        run.child.wait().unwrap();
    }

    /// SIGTERM; [`Program::ended`] waits for the end.
    pub fn terminate(&self) {
        rustix::process::kill_process(self.pid(), Signal::TERM).unwrap();
    }

    /// How it ended by itself, and how long that took from now.
    pub async fn ended(&mut self) -> (ExitStatus, Duration) {
        let began = Instant::now();
        let mut run = self.run.take().expect("it runs");
        let status = until("the program ends", PATIENCE, || run.child.try_wait().unwrap()).await;
        (status, began.elapsed())
    }

    /// The disk takes nothing more from it, or everything again.
    pub fn fill_the_disk(&self, full: bool) {
        let limit = Rlimit { current: full.then_some(0), maximum: None };
        rustix::process::prlimit(Some(self.pid()), Resource::Fsize, limit).unwrap();
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.running().child)
    }

    fn running(&self) -> &Run {
        self.run.as_ref().expect("the program runs")
    }

    /// Everything that its runs wrote to standard output and standard error.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&self.said.lock().unwrap()).into_owned()
    }

    pub fn browser(&self) -> Browser {
        Browser::new(self.running().address)
    }

    pub async fn ask(&self, asked: &Asked<'_>) -> Answer {
        ask(self.running().address, asked).await
    }

    /// What `tickets --json` prints.
    pub fn tickets(&self) -> Vec<Value> {
        let mut command = Command::new(BIN);
        command.arg("--config").arg(self.folder().join("nyckelbud.toml")).args(["tickets", "--json"]);
        let output = command.env_remove("RUST_LOG").output().unwrap();
        assert!(output.status.success(), "tickets: {}", String::from_utf8_lossy(&output.stderr));
        let lines = String::from_utf8(output.stdout).unwrap();
        lines.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect()
    }

    /// The tickets, as soon as there are `count` of them and none waits for the machine.
    pub async fn settled(&self, count: usize) -> Vec<Value> {
        self.tickets_when("so many settled tickets", |tickets| {
            let settled = |t: &Value| t["state"] != "new" && t["state"] != "working";
            tickets.len() >= count && tickets.iter().all(settled)
        })
        .await
    }

    /// The tickets, as soon as they are as `wanted`.
    pub async fn tickets_when(&self, what: &str, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        until(what, PATIENCE, || Some(self.tickets()).filter(|tickets| wanted(tickets))).await
    }

    /// The files of the texts in the spool, as soon as there are `count` of them.
    pub async fn texts(&self, count: usize) -> Vec<String> {
        let enough = || Some(demo_desk::texts(self.folder())).filter(|texts| texts.len() >= count);
        until("so many texts", PATIENCE, enough).await
    }

    /// Does `password` open the account in the directory?
    pub fn opens(&self, account: &str, password: &str) -> bool {
        let credentials = credentials_path(&self.folder().join("directory.toml"));
        verify(&credentials, &AccountId::new(account), password)
    }

    /// The directory's passwords as they lie on disk; empty before the first is set.
    pub fn credentials(&self) -> String {
        let credentials = credentials_path(&self.folder().join("directory.toml"));
        std::fs::read_to_string(credentials).unwrap_or_default()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let mut shown = std::io::stderr().lock();
            let _ = writeln!(shown, "what the program said:\n{}", self.log());
        }
    }
}

/// Reads to the end, beside the test.
fn collect(mut from: impl Read + Send + 'static, to: &Arc<Mutex<Vec<u8>>>) {
    let to = Arc::clone(to);
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            to.lock().unwrap().extend_from_slice(&buffer[..read]);
        }
    });
}
