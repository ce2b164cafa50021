//! The daemon: a folder with a desk in it, `nyckelbud run` over it, and what a person in front of it
//! would see. It is killed with the test; a test that fails shows its log.

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use nyckelbud::password::file::{credentials_path, verify};
use nyckelbud::types::AccountId;
use rustix::process::{Resource, Rlimit, Signal};
use serde_json::Value;
use tempfile::TempDir;

use super::browser::Browser;
use super::client::{Answer, Asked, ask};
use super::demo_desk;
use super::program::{Running, ended, on_desk};
use super::wait::until;

/// How long anything may take on a machine that runs all tests at the same time, with a mailbox that does not
/// answer: it holds up the first work for a minute, and one that failed for longer is tried again after two.
pub const PATIENCE: Duration = Duration::from_secs(180);

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

/// The people of the demo's file.
const PEOPLE: &str = "[directory]\nkind = \"file\"\n[directory.file]\npath = \"directory.toml\"\n";

/// A desk's folder and the process that works it.
pub struct Daemon {
    folder: TempDir,
    run: Option<Run>,
    /// What earlier runs said.
    said: String,
}

struct Run {
    process: Running,
    address: SocketAddr,
}

impl Daemon {
    /// A desk with `more` configuration; nothing runs yet.
    pub fn new(more: &str) -> Self {
        Self::with_people(PEOPLE, more)
    }

    /// As [`Daemon::new`], with the people of this `[directory]`.
    pub fn with_people(people: &str, more: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("nyckelbud-desk-").tempdir().unwrap();
        demo_desk::build_from(folder.path(), &format!("{DESK}\n{people}\n{more}"));
        Self { folder, run: None, said: String::new() }
    }

    /// A desk with `more` configuration that runs.
    pub async fn started(more: &str) -> Self {
        let mut daemon = Self::new(more);
        daemon.start().await;
        daemon
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts it and waits until its pages are served.
    pub async fn start(&mut self) {
        // Another program may take the port in between.
        for _ in 0..3 {
            let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            let mut command = on_desk(self.folder(), ["run"]);
            command.env("NYCKELBUD__WEB__LISTEN", address.to_string());
            let process = Running::start(&mut with_errors_of_a_full_disk(&command));
            let run = self.run.insert(Run { process, address });
            let serves = until("the pages are served, or the program ends", PATIENCE, || {
                let ended = run.process.is_over().then_some(false);
                ended.or_else(|| TcpStream::connect(address).ok().map(|_| true))
            });
            if serves.await {
                return;
            }
            self.kill();
        }
        panic!("the program does not start");
    }

    /// SIGKILL, when it runs.
    pub fn kill(&mut self) {
        if let Some(Run { process, .. }) = self.run.take() {
            process.signal(Signal::KILL);
            self.keep(process);
        }
    }

    fn keep(&mut self, process: Running) -> Option<i32> {
        let end = process.end();
        self.said.push_str(&end.out);
        self.said.push_str(&end.err);
        end.status
    }

    /// SIGTERM; [`Daemon::ended`] waits for the end.
    pub fn terminate(&self) {
        self.running().process.signal(Signal::TERM);
    }

    /// The exit status with which it ended by itself, and how long that took from now.
    pub fn ended(&mut self) -> (Option<i32>, Duration) {
        let began = Instant::now();
        let Run { process, .. } = self.run.take().expect("it runs");
        (self.keep(process), began.elapsed())
    }

    /// The disk takes nothing more from it, or everything again.
    pub fn fill_the_disk(&self, full: bool) {
        let limit = Rlimit { current: full.then_some(0), maximum: None };
        rustix::process::prlimit(Some(self.running().process.id()), Resource::Fsize, limit).unwrap();
    }

    fn running(&self) -> &Run {
        self.run.as_ref().expect("the program runs")
    }

    /// Everything that its runs wrote to standard output and standard error.
    pub fn log(&self) -> String {
        let now = self.run.as_ref().map(|run| run.process.out() + &run.process.err());
        self.said.clone() + &now.unwrap_or_default()
    }

    /// Where it serves its pages.
    pub fn address(&self) -> SocketAddr {
        self.running().address
    }

    pub fn browser(&self) -> Browser {
        Browser::new(self.running().address)
    }

    pub async fn ask(&self, asked: &Asked<'_>) -> Answer {
        ask(self.running().address, asked).await
    }

    /// What `tickets --json` prints.
    pub fn tickets(&self) -> Vec<Value> {
        ended(&mut on_desk(self.folder(), ["tickets", "--json"])).expect(0).objects()
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

impl Drop for Daemon {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let mut shown = std::io::stderr().lock();
            let _ = writeln!(shown, "what the program said:\n{}", self.log());
        }
    }
}

/// `command`, for whom a write beyond a limit is an error, as on a full disk, and no deadly signal.
fn with_errors_of_a_full_disk(command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]);
    shell.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell
}
