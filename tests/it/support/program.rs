//! The program as its users meet it: a process with a command line, two streams, signals and an exit
//! status.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Nothing here takes longer, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program with a command line, and nothing of this test's own environment that it heeds.
pub fn nyckelbud<const N: usize>(arguments: [&str; N]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nyckelbud"));
    for (name, _) in std::env::vars_os() {
        let heeded = ["NYCKELBUD", "RUST_LOG", "NO_COLOR", "CLICOLOR", "CREDENTIALS_DIRECTORY"];
        if heeded.iter().any(|start| name.to_string_lossy().starts_with(start)) {
            command.env_remove(name);
        }
    }
    command.args(arguments);
    command
}

/// The program over the desk in `folder`; its page has a port of its own.
pub fn on_desk<const N: usize>(folder: &Path, arguments: [&str; N]) -> Command {
    let mut command = nyckelbud(arguments);
    command
        .env("NYCKELBUD_CONFIG", folder.join("nyckelbud.toml"))
        .env("NYCKELBUD__WEB__LISTEN", "127.0.0.1:0");
    command
}

/// How the program ended, and what it said.
#[derive(Debug)]
pub struct Ended {
    /// `None` when a signal ended it.
    pub status: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ended {
    /// Fails the test, with all that was said, unless it ended with `status`.
    #[track_caller]
    pub fn expect(self, status: i32) -> Self {
        assert_eq!(
            self.status,
            Some(status),
            "standard output:\n{}\nstandard error:\n{}",
            self.out,
            self.err
        );
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }

    /// The objects of its output, one a line.
    #[track_caller]
    pub fn objects(&self) -> Vec<serde_json::Value> {
        objects(&self.out)
    }

    /// The objects of its log, one a line.
    #[track_caller]
    pub fn objects_of_the_log(&self) -> Vec<serde_json::Value> {
        objects(&self.err)
    }
}

#[track_caller]
fn objects(lines: &str) -> Vec<serde_json::Value> {
    let object = |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    lines.lines().map(object).collect()
}

/// Runs the program to its end.
pub fn ended(command: &mut Command) -> Ended {
    Running::start(command).end()
}

/// The program at work; killed when the test ends.
pub struct Running {
    child: Child,
    out: Heard,
    err: Heard,
}

impl Running {
    /// Starts it. Its standard input is empty, unless the command says otherwise.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        child = child.stdin(Stdio::null());
        Self::heard(child.spawn().expect("the program starts"))
    }

    /// Starts it with `input` on its standard input.
    pub fn fed(command: &mut Command, input: &Path) -> Self {
        let input = std::fs::File::open(input).expect("the input");
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(input);
        Self::heard(child.spawn().expect("the program starts"))
    }

    fn heard(mut child: Child) -> Self {
        let out = Heard::listen(child.stdout.take().expect("its output"));
        let err = Heard::listen(child.stderr.take().expect("its errors"));
        Self { child, out, err }
    }

    /// What it wrote to standard output until now.
    pub fn out(&self) -> String {
        self.out.text()
    }

    /// What it wrote to standard error until now.
    pub fn err(&self) -> String {
        self.err.text()
    }

    /// Waits until `what` is true; fails the test when it does not become so, or the program ends first.
    #[track_caller]
    pub fn until(&mut self, what: &str, mut is_true: impl FnMut(&Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !is_true(self) {
            let gone = self.child.try_wait().expect("its state");
            // It may have become true just before the end.
            if gone.is_some() && is_true(self) {
                return;
            }
            assert!(
                gone.is_none() && Instant::now() < end,
                "not so: {what}; ended: {gone:?}\nstandard output:\n{}\nstandard error:\n{}",
                self.out(),
                self.err()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Its number.
    pub fn id(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Has it ended?
    pub fn is_over(&mut self) -> bool {
        self.child.try_wait().expect("its state").is_some()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.id(), signal).expect("the signal is sent");
    }

    /// Waits for its end.
    #[track_caller]
    pub fn end(mut self) -> Ended {
        let status = self.wait();
        let (out, err) = (self.out.rest(), self.err.rest());
        Ended { status: status.code(), out, err }
    }

    #[track_caller]
    fn wait(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("its state") {
                return status;
            }
            assert!(Instant::now() < end, "it does not end\n{}\n{}", self.out(), self.err());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Most have ended by themselves.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A stream, read as it comes, so that the program never waits for its reader.
struct Heard {
    octets: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Heard {
    fn listen(mut stream: impl Read + Send + 'static) -> Self {
        let octets = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&octets);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                heard.lock().expect("no reader broke off").extend_from_slice(&buffer[..count]);
            }
        });
        Self { octets, reader: Some(reader) }
    }

    fn text(&self) -> String {
        // It may end within a letter.
        String::from_utf8_lossy(&self.octets.lock().expect("no reader broke off")).into_owned()
    }

    fn rest(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.join().expect("no reader broke off");
        }
        self.text()
    }
}
