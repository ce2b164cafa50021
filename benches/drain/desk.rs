//! The desk that is measured: the program as a process of its own, so that its processor time and its
//! memory are its alone; a configuration without limits that the mails could meet; its database, looked
//! into from outside.

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nyckelbud::mailbox::imap::ImapSettings;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Row};

/// The parts of a processor second that `/proc` counts in (USER_HZ, the same on every Linux).
const TICKS: f64 = 100.0;

/// A desk in a folder, and the program that works it; stopped on drop.
pub struct Desk {
    folder: PathBuf,
    program: Child,
}

/// What the program has used since it started.
pub struct Usage {
    pub user: Duration,
    pub system: Duration,
    /// Peak of the memory in use (octets).
    pub memory: u64,
    /// Octets handed to the disk.
    pub written: u64,
}

/// How far the mails have come.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    pub kept: usize,
    pub settled: usize,
    pub moved: usize,
    /// Mails and notices that have not left yet.
    pub to_send: usize,
}

impl Desk {
    /// Builds the desk in `folder` and starts the program on it.
    pub fn start(folder: &Path, imap: &ImapSettings, web_port: u16, directory: &str) -> Self {
        for part in ["sms", "mail", "var"] {
            fs::create_dir_all(folder.join(part)).expect("a folder");
        }
        let key = nyckelbud::keyring::generate_key(&mut rand::rng());
        write_private(&folder.join("seal.key"), &key[..]);
        write_private(&folder.join("imap.password"), super::dovecot::PASSWORD.as_bytes());
        fs::write(folder.join("directory.toml"), directory).expect("the directory");
        fs::write(folder.join("nyckelbud.toml"), configuration(imap, web_port)).expect("the configuration");
        let log = File::create(folder.join("log")).expect("a log");
        let program = Command::new(env!("CARGO_BIN_EXE_nyckelbud"))
            .arg("--config")
            .arg(folder.join("nyckelbud.toml"))
            .arg("run")
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("the program starts");
        Self { folder: folder.to_owned(), program }
    }

    /// A look into its database; only reads.
    pub async fn look(&self) -> Option<Look> {
        let file = self.folder.join("var/nyckelbud.db");
        let options = SqliteConnectOptions::new().filename(file).read_only(true).disable_statement_logging();
        options.connect().await.ok().map(Look)
    }

    /// Fails with the end of the log when the program is not there any more.
    pub fn must_live(&mut self) {
        if let Some(status) = self.program.try_wait().expect("a process") {
            panic!("the program ended ({status}):\n{}", self.log_end());
        }
    }

    /// The end of what the program has said.
    pub fn log_end(&self) -> String {
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(20).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// Warnings and errors that the program has logged.
    pub fn complaints(&self) -> usize {
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        log.lines().filter(|line| line.contains("WARN") || line.contains("ERROR")).count()
    }

    /// Runs `nyckelbud reconcile` beside the desk; answers how long it took, its peak of memory (octets)
    /// and the last line that it said.
    pub fn reconcile(&self) -> (Duration, u64, String) {
        let said = self.folder.join("reconcile.log");
        let began = Instant::now();
        let mut program = Command::new(env!("CARGO_BIN_EXE_nyckelbud"))
            .arg("--config")
            .arg(self.folder.join("nyckelbud.toml"))
            .arg("reconcile")
            .stdin(Stdio::null())
            .stdout(File::create(&said).expect("a file"))
            .spawn()
            .expect("the program starts");
        let mut memory = 0;
        let status = loop {
            if let Some(status) = program.try_wait().expect("a process") {
                break status;
            }
            let now = fs::read_to_string(format!("/proc/{}/status", program.id())).unwrap_or_default();
            // Of a process that has just ended nothing is told any more.
            if now.contains("VmHWM:") {
                memory = number_of(&now, "VmHWM:") * 1024;
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let (took, said) = (began.elapsed(), fs::read_to_string(said).unwrap_or_default());
        assert!(status.success(), "reconcile ended with {status}:\n{said}");
        (took, memory, said.trim_end().lines().next_back().unwrap_or_default().to_owned())
    }

    /// Forgets where mails were moved to, as behind a server that does not tell (no COPYUID): each is then
    /// known by its content only.
    pub async fn forget_places(&self) {
        let file = self.folder.join("var/nyckelbud.db");
        let options = SqliteConnectOptions::new().filename(file).busy_timeout(Duration::from_secs(10));
        let mut connection = options.connect().await.expect("the database");
        sqlx::query("DELETE FROM place").execute(&mut connection).await.expect("no places");
    }

    /// What it has used until now.
    pub fn usage(&self) -> Usage {
        let read = |file: &str| {
            fs::read_to_string(format!("/proc/{}/{file}", self.program.id())).expect("the program runs")
        };
        let stat = read("stat");
        // The name in parentheses may hold blanks; what follows it begins with field 3.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let seconds =
            |field: usize| Duration::from_secs_f64(fields[field - 3].parse::<f64>().unwrap() / TICKS);
        Usage {
            user: seconds(14),
            system: seconds(15),
            memory: number_of(&read("status"), "VmHWM:") * 1024,
            written: number_of(&read("io"), "write_bytes:"),
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

fn number_of(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)).expect("a known line");
    line.split_whitespace().next().and_then(|number| number.parse().ok()).expect("a number")
}

fn write_private(path: &Path, octets: &[u8]) {
    fs::write(path, octets).expect("a file");
    fs::set_permissions(path, Permissions::from_mode(0o600)).expect("permissions");
}

/// No limit of the policy is met: a paused desk would be fast for the wrong reason.
fn configuration(imap: &ImapSettings, web_port: u16) -> String {
    let ImapSettings { host, port, username, .. } = imap;
    let ca_file = imap.ca_file.as_deref().expect("a CA").display();
    format!(
        r#"[desk]
name = "Servicedesk"
address = "servicedesk@kommun.example"
public_url = "http://127.0.0.1:{web_port}"
[[mailbox]]
name = "servicedesk"
kind = "imap"
host = "{host}"
port = {port}
tls = "implicit"
ca_file = "{ca_file}"
username = "{username}"
password = {{ file = "imap.password" }}
start = "all"
authentication = "authserv:mx.kommun.example"
[directory]
kind = "file"
[directory.file]
path = "directory.toml"
[policy]
domains = ["kommun.example"]
per_phone_per_day = 1000000
per_unit_per_hour = 1000000
per_hour = 1000000
[password]
key = {{ file = "seal.key" }}
[sms]
per_day = 1000000
[[sms.gateway]]
name = "modem"
kind = "spool"
path = "sms"
[smtp]
kind = "spool"
path = "mail"
[store]
url = "sqlite://var/nyckelbud.db"
[web]
listen = "127.0.0.1:{web_port}"
[telemetry]
log = "warn"
format = "text"
metrics = ""
"#
    )
}

/// A connection of its own to the program's database.
pub struct Look(SqliteConnection);

impl Look {
    /// How far the mails have come; `None` while the tables are being made.
    pub async fn progress(&mut self) -> Option<Progress> {
        // Each is answered by an index or by one walk over small rows.
        let sql = "SELECT (SELECT COUNT(*) FROM ledger WHERE mail <> 0),
             (SELECT COUNT(*) FROM ticket WHERE standing NOT IN ('new', 'working')),
             (SELECT COUNT(*) FROM ledger WHERE moved_at <> 0),
             (SELECT COUNT(*) FROM message WHERE due_at < 9223372036854775807)";
        let row = sqlx::query(sql).fetch_one(&mut self.0).await.ok()?;
        let count = |column: usize| usize::try_from(row.get::<i64, _>(column)).unwrap_or(0);
        Some(Progress { kept: count(0), settled: count(1), moved: count(2), to_send: count(3) })
    }

    /// Tickets by outcome.
    pub async fn outcomes(&mut self) -> BTreeMap<String, usize> {
        let sql = "SELECT outcome, COUNT(*) FROM ticket GROUP BY outcome";
        let rows = sqlx::query(sql).fetch_all(&mut self.0).await.expect("the tickets");
        rows.iter().map(|row| (row.get(0), usize::try_from(row.get::<i64, _>(1)).unwrap_or(0))).collect()
    }
}
