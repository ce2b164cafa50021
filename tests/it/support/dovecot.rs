//! A private Dovecot for one test, started by `tests/servers/dovecot` and stopped on drop, also
//! when the test panics.

use std::fs::{self, File};
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use nyckelbud::mailbox::imap::ImapSettings;
use nyckelbud::secret::Secret;
use nyckelbud::tls::Tls;
use nyckelbud::token::SignIn;
use tempfile::TempDir;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/dovecot");
pub const USER: &str = "desk@kommun.example";

/// The user's password; not ASCII, as Swedish ones may be.
pub const PASSWORD: &str = "hemligt lösen";

/// A running Dovecot with one user.
pub struct Dovecot {
    dir: TempDir,
    port: u16,
}

impl Dovecot {
    /// Starts one whose folder names have `/` between their levels.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    pub fn start_with_separator(separator: &str) -> Self {
        Self::start_with(&[("SEPARATOR", separator)])
    }

    /// Starts one that takes tokens, too, and asks at `introspection` whether they are good.
    pub fn start_with_tokens(introspection: &str) -> Self {
        Self::start_with(&[("INTROSPECTION", introspection)])
    }

    /// Starts one that answers the later the more wrong passwords came, as a real one does.
    pub fn start_with_penalty() -> Self {
        Self::start_with(&[("PENALTY", "yes")])
    }

    /// Starts one whose folder Arkiv has a quota of its own: so many mails.
    pub fn start_with_archive(mails: usize) -> Self {
        Self::start_with(&[("ARCHIVE_MAX", &mails.to_string())])
    }

    /// Starts one that can do only this, as it says.
    pub fn start_with_capabilities(capabilities: &str) -> Self {
        Self::start_with(&[("CAPABILITIES", capabilities)])
    }

    /// Starts one that writes mails to the disk as a real one does: for measurements.
    #[allow(dead_code)] // the benchmark's
    pub fn start_durable() -> Self {
        Self::start_with(&[("FSYNC", "optimized")])
    }

    fn start_with(settings: &[(&str, &str)]) -> Self {
        let mut failure = String::new();
        // Another program may take the ports in between.
        for _ in 0..3 {
            let dir = tempfile::Builder::new().prefix("nyckelbud-dovecot-").tempdir().unwrap();
            let port = two_free_ports();
            let output = script("start", dir.path(), port, settings);
            // Made first: it also stops what started half-way.
            let server = Self { dir, port };
            if output.status.success() {
                return server;
            }
            failure = String::from_utf8_lossy(&output.stderr).into_owned();
        }
        panic!("no Dovecot to test against: {failure}");
    }

    /// Stops it; the mails stay.
    pub fn stop(&self) {
        assert!(script("stop", self.dir.path(), self.port, &[]).status.success(), "it stops");
    }

    /// Starts it again, on the same ports and over the same mails.
    pub fn start_again(&self) {
        let output = script("start", self.dir.path(), self.port, &[]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// How to reach it over implicit TLS, with its CA.
    pub fn settings(&self) -> ImapSettings {
        ImapSettings {
            name: "servicedesk".to_owned(),
            host: "127.0.0.1".to_owned(),
            port: self.imaps_port(),
            tls: Tls::Implicit,
            ca_file: Some(self.dir.path().join("ca.pem")),
            username: USER.to_owned(),
            sign_in: SignIn::Password(Secret::new(PASSWORD.to_owned())),
            inbox: "INBOX".to_owned(),
            handled: "Nyckelbud/Hanterade ärenden".to_owned(),
            quarantine: "Nyckelbud/Karantän".to_owned(),
            idle_refresh: Duration::from_secs(540),
            max_mail_size: 64 * 1024,
        }
    }

    /// The port for STARTTLS.
    pub fn imap_port(&self) -> u16 {
        self.port
    }

    /// The port for implicit TLS.
    pub fn imaps_port(&self) -> u16 {
        self.port + 1
    }

    /// Delivers a mail as a delivery agent does: written in `tmp/`, renamed to `new/`.
    pub fn deliver(&self, name: &str, mail: &str) {
        self.deliver_at(name, mail, SystemTime::now());
    }

    /// The same, received at `at` (INTERNALDATE).
    pub fn deliver_at(&self, name: &str, mail: &str, at: SystemTime) {
        self.lay("", name, mail, at);
    }

    /// The same for a folder as Dovecot names it on disk (`""` is the inbox).
    pub fn lay(&self, folder: &str, name: &str, mail: &str, at: SystemTime) {
        let maildir = self.maildir().join(folder);
        let written = maildir.join("tmp").join(name);
        let mut file = File::create(&written).unwrap();
        file.write_all(mail.as_bytes()).unwrap();
        file.set_modified(at).unwrap();
        // A mail that is not its own Dovecot may not link into another folder, and would copy it.
        let owner = fs::metadata(&maildir).unwrap();
        fchown(&file, Some(owner.uid()), Some(owner.gid())).unwrap();
        drop(file);
        fs::rename(written, maildir.join("new").join(name)).unwrap();
    }

    /// Fills the inbox with `count` mails that are all the same.
    #[allow(dead_code)] // the tests'
    pub fn fill(&self, count: usize, mail: &str) {
        self.deliver("0.first", mail);
        let new = self.maildir().join("new");
        for at in 1..count {
            fs::hard_link(new.join("0.first"), new.join(format!("{at}.copy"))).unwrap();
        }
    }

    /// The folder's UIDs are lost, as when a server is moved: it counts anew, under another UIDVALIDITY.
    #[allow(dead_code)] // the tests'
    pub fn forget_uids(&self, folder: &str) {
        for entry in fs::read_dir(self.maildir().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.starts_with("dovecot-uidlist") || name.starts_with("dovecot.index") {
                fs::remove_file(path).unwrap();
            }
        }
    }

    /// The file names in a folder as Dovecot names it on disk (`""` is the inbox).
    pub fn files(&self, folder: &str) -> Vec<String> {
        let folder = self.maildir().join(folder);
        let listed = ["new", "cur"].iter().filter_map(|part| fs::read_dir(folder.join(part)).ok());
        let mut names: Vec<_> =
            listed.flatten().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Runs `doveadm` for the user's mailbox.
    pub fn doveadm(&self, command: &[&str], arguments: &[&str]) {
        self.run_doveadm(&[command, &["-u", USER], arguments].concat());
    }

    /// Ends the user's sessions, as an administrator may.
    pub fn kick(&self) {
        self.run_doveadm(&["kick", USER]);
    }

    /// Does a client idle now?
    pub fn is_idling(&self) -> bool {
        self.has_session(" IDLE")
    }

    /// Has anybody a session whose title holds `doing`? One of a client that has gone may go on for a moment,
    /// and write what it knows.
    pub fn has_session(&self, doing: &str) -> bool {
        let place = self.dir.path().join("run/master.pid");
        let master = fs::read_to_string(place).unwrap().trim().to_owned();
        let processes = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
        processes.into_iter().any(|process| {
            // A process may end meanwhile.
            let read = |part: &str| fs::read_to_string(process.join(part)).unwrap_or_default();
            let title = read("cmdline");
            title.contains("dovecot/imap [")
                && title.contains(doing)
                && parent(&read("stat")) == Some(&master)
        })
    }

    /// How many sign-ins it has refused.
    pub fn refused_sign_ins(&self) -> usize {
        let log = fs::read_to_string(self.path("dovecot.log")).unwrap();
        log.lines().filter(|line| line.contains("Password mismatch")).count()
    }

    /// A file or folder of the server's own folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn run_doveadm(&self, arguments: &[&str]) {
        let config = self.dir.path().join("dovecot.conf");
        let output = Command::new("doveadm").arg("-c").arg(config).args(arguments).output().unwrap();
        assert!(output.status.success(), "doveadm: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn maildir(&self) -> PathBuf {
        self.dir.path().join("mail").join(USER).join("Maildir")
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        script("stop", self.dir.path(), self.port, &[]);
    }
}

/// The parent in `/proc/PID/stat` (proc(5)): the second word after the name in brackets.
fn parent(stat: &str) -> Option<&str> {
    stat.rsplit_once(") ")?.1.split(' ').nth(1)
}

fn script(command: &str, dir: &Path, port: u16, settings: &[(&str, &str)]) -> Output {
    let mut script = Command::new(SCRIPT);
    script.arg(command).arg(dir).arg(port.to_string()).envs(settings.iter().copied());
    script.output().expect("tests/servers/dovecot runs")
}

/// The first of two neighbouring ports that are free now.
pub(super) fn two_free_ports() -> u16 {
    loop {
        let first = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = first.local_addr().unwrap().port();
        if port < u16::MAX && TcpListener::bind(("127.0.0.1", port + 1)).is_ok() {
            return port;
        }
    }
}
