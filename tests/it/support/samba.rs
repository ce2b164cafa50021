//! A real Active Directory, by Samba: one domain for all tests of a run, started by
//! `tests/servers/samba` in a network of its own, where each test has people in a unit of its own. It
//! ends with the test program, also when that is killed. Needs root.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use data_encoding::BASE64;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/samba");

/// The whole domain.
pub const DOMAIN: &str = "DC=ad,DC=kommun,DC=example";
const REALM: &str = "AD.KOMMUN.EXAMPLE";
const ADDRESS: &str = "10.53.57.1";

/// The service account, as it signs in.
pub const SERVICE: &str = "svc-nyckelbud@ad.kommun.example";
pub const SERVICE_PASSWORD: &str = "Svc-Losenord-Langt-1";
/// The password that everybody begins with.
pub const FIRST_PASSWORD: &str = "Borjan-Losenord-1";

/// What is delegated to the service account on a unit's people, by the names of the tools, as lines
/// of an access list (SDDL).
pub const RESET_PASSWORD: &str =
    "(OA;CIIO;CR;00299570-246d-11d0-a768-00aa006e0529;bf967aba-0de6-11d0-a285-00aa003049e2;SVC)";
pub const WRITE_PWD_LAST_SET: &str =
    "(OA;CIIO;RPWP;bf967a0a-0de6-11d0-a285-00aa003049e2;bf967aba-0de6-11d0-a285-00aa003049e2;SVC)";
pub const WRITE_LOCKOUT_TIME: &str =
    "(OA;CIIO;RPWP;28630ebf-41d5-11d1-a9c1-0000f80367c1;bf967aba-0de6-11d0-a285-00aa003049e2;SVC)";
/// More than is needed.
pub const WRITE_ACCOUNT_CONTROL: &str =
    "(OA;CIIO;RPWP;bf967a68-0de6-11d0-a285-00aa003049e2;bf967aba-0de6-11d0-a285-00aa003049e2;SVC)";
/// `employeeNumber` of an account may not be read.
pub const READ_NO_NUMBER: &str = "(OD;CIIO;RP;a8df73ef-c5ea-11d1-bbcb-0080c76670c0;;SVC)";
/// Whether an account is locked may not be read (`msDS-User-Account-Control-Computed`).
pub const READ_NO_LOCK: &str = "(OD;CIIO;RP;2cc4b836-b63f-4940-8d23-ea7acf06af56;;SVC)";
/// `mobile` of the account that has this line itself may not be read.
const READ_NO_MOBILE: &str = "(OD;;RP;f0f8ffa3-1191-11d0-a060-00aa006c33ed;;SVC)";
/// `manager` of the account that has this line itself may not be read: where it is inherited, the account's own
/// permission to read what everybody may see comes first.
pub const READ_NO_MANAGER: &str = "(OD;;RP;bf9679b5-0de6-11d0-a285-00aa003049e2;;SVC)";
/// The same for all of an account.
pub const READ_NOTHING_AT_ALL: &str = "(D;;RP;;;SVC)";
/// `userAccountControl` of the account that has this line itself may not be read.
pub const READ_NO_ACCOUNT_CONTROL: &str = "(OD;;RP;bf967a68-0de6-11d0-a285-00aa003049e2;;SVC)";
/// What lies in the unit may not be listed.
pub const LIST_NOTHING: &str = "(D;;LC;;;SVC)";
/// Nothing of an account may be read.
pub const READ_NOTHING: &str = "(D;CIIO;RP;;;SVC)";

/// The attribute without which nobody can say of an account whether its password must be changed.
pub const PWD_LAST_SET: &str = "bf967a0a-0de6-11d0-a285-00aa003049e2";

/// All that is needed.
pub const DELEGATED: [&str; 3] = [RESET_PASSWORD, WRITE_PWD_LAST_SET, WRITE_LOCKOUT_TIME];

/// The running domain.
pub struct Domain {
    /// Its standard input is what keeps the server.
    holder: Child,
    folder: PathBuf,
    service_sid: String,
    units: AtomicU32,
    ldaps: u16,
    ldap: u16,
}

/// The domain, made by the first test that wants it.
pub fn domain() -> &'static Domain {
    static DOMAIN: OnceLock<Domain> = OnceLock::new();
    DOMAIN.get_or_init(Domain::start)
}

impl Domain {
    fn start() -> Self {
        // Its own world removes it at its end; nothing here is dropped.
        let folder = tempfile::Builder::new().prefix("nyckelbud-samba-").tempdir().unwrap().keep();
        let mut serve = Command::new(SCRIPT);
        serve.arg("serve").arg(&folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut holder = serve.spawn().expect("tests/servers/samba runs");
        let mut ready = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        assert_eq!(ready, "ready\n", "no Samba to test against; its folder was {}", folder.display());
        let mut domain =
            Self { holder, folder, service_sid: String::new(), units: AtomicU32::new(1), ldaps: 0, ldap: 0 };
        domain.ldaps = domain.bridge(636);
        domain.ldap = domain.bridge(389);
        domain.ldif(&format!(
            "dn: {DOMAIN}\nchangetype: modify\n\
             replace: minPwdAge\nminPwdAge: 0\n-\nreplace: minPwdLength\nminPwdLength: 12\n-\n\
             replace: lockoutThreshold\nlockoutThreshold: 3\n-\n\
             replace: lockoutDuration\nlockoutDuration: -18000000000\n-\n\
             replace: lockOutObservationWindow\nlockOutObservationWindow: -18000000000\n\n\
             dn: CN=svc-nyckelbud,CN=Users,{DOMAIN}\nchangetype: add\nobjectClass: user\n\
             sAMAccountName: svc-nyckelbud\nuserPrincipalName: {SERVICE}\nuserAccountControl: 66048\n{}\n",
            password_line(SERVICE_PASSWORD)
        ));
        domain.service_sid = domain.attribute("(sAMAccountName=svc-nyckelbud)", "objectSid").unwrap();
        domain
    }

    /// The port of this machine behind which it speaks LDAPS.
    pub fn ldaps_port(&self) -> u16 {
        self.ldaps
    }

    /// The one for StartTLS.
    pub fn ldap_port(&self) -> u16 {
        self.ldap
    }

    /// The CA of its certificate, which names 127.0.0.1.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// A new unit with the usual delegation.
    pub fn unit(&'static self) -> Unit {
        self.unit_with(&DELEGATED)
    }

    /// A new unit on whose people the service account has `rights`.
    pub fn unit_with(&'static self, rights: &[&str]) -> Unit {
        let number = self.units.fetch_add(1, Ordering::SeqCst);
        let unit = Unit { domain: self, number };
        let list = rights.concat().replace("SVC", &self.service_sid);
        self.ldif(&format!(
            "dn: {}\nchangetype: add\nobjectClass: organizationalUnit\nnTSecurityDescriptor: O:DAG:DAD:{list}\n",
            unit.dn()
        ));
        unit
    }

    /// Changes the directory as its administrator does.
    #[track_caller]
    pub fn ldif(&self, text: &str) {
        let mut command = self.inside("ldbmodify");
        command.arg("-H").arg(self.database()).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
    }

    /// The first value of an attribute of the entry that `filter` finds.
    pub fn attribute(&self, filter: &str, name: &str) -> Option<String> {
        let output = self.inside("ldbsearch").arg("-H").arg(self.database()).args([filter, name]).output();
        let text = String::from_utf8(output.unwrap().stdout).unwrap();
        let start = format!("{name}: ");
        text.lines().find_map(|line| line.strip_prefix(&start).map(ToOwned::to_owned))
    }

    /// Signs in as people do. With a password that must be changed, to `own` if there is one.
    pub fn sign_in(&self, account: &str, password: &str, own: Option<&str>) -> SignedIn {
        let mut command = self.inside("kinit");
        command.args(["-c", "MEMORY:", &format!("{account}@{REALM}")]);
        command.env("LC_ALL", "C").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("kinit runs");
        let mut input = format!("{password}\n");
        if let Some(own) = own {
            input.push_str(&format!("{own}\n{own}\n"));
        }
        // It may end before it has read everything.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let said = [output.stdout, output.stderr].map(|s| String::from_utf8_lossy(&s).into_owned()).concat();
        if said.contains("must change it") || said.contains("Password expired") {
            if output.status.success() { SignedIn::Changed } else { SignedIn::MustChange }
        } else if output.status.success() {
            SignedIn::Yes
        } else {
            SignedIn::No(said)
        }
    }

    fn database(&self) -> PathBuf {
        self.folder.join("tree/private/sam.ldb")
    }

    /// A program in the server's network and file tree.
    fn inside(&self, program: &str) -> Command {
        let mut inside = Command::new("nsenter");
        inside.args(["--target", &self.holder.id().to_string(), "--net", "--mount", "--", program]);
        inside.env("KRB5_CONFIG", self.folder.join("krb5.conf"));
        inside
    }

    /// A port of this machine that leads to one of the server's.
    fn bridge(&self, port: u16) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap().port();
        let network = PathBuf::from(format!("/proc/{}/ns/net", self.holder.id()));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if let Some(server) = connected(&network, port) {
                    let pairs =
                        [(client.try_clone(), server.try_clone()), (server.try_clone(), client.try_clone())];
                    for (from, to) in pairs {
                        let (Ok(from), Ok(to)) = (from, to) else { continue };
                        std::thread::spawn(move || pump(from, to));
                    }
                }
            }
        });
        own
    }
}

fn connected(network: &Path, port: u16) -> Option<TcpStream> {
    let network = File::open(network).ok()?;
    let connect = move || {
        move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network)).ok()?;
        TcpStream::connect((ADDRESS, port)).ok()
    };
    std::thread::spawn(connect).join().ok()?
}

fn pump(mut from: TcpStream, mut to: TcpStream) {
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}

/// How a sign-in ended.
#[derive(Debug, PartialEq, Eq)]
pub enum SignedIn {
    Yes,
    /// The password is right, and must be changed first.
    MustChange,
    /// It was changed, and then the sign-in succeeded.
    Changed,
    No(String),
}

impl SignedIn {
    /// Is it a wrong password, and nothing else?
    pub fn is_wrong_password(&self) -> bool {
        matches!(self, Self::No(said) if said.contains("incorrect") || said.contains("Preauthentication"))
    }
}

/// A unit of one test's own.
pub struct Unit {
    domain: &'static Domain,
    number: u32,
}

impl Unit {
    pub fn dn(&self) -> String {
        format!("OU=Enhet {},{DOMAIN}", self.number)
    }

    /// The account name of one of its people, unlike those of every other test.
    pub fn account(&self, name: &str) -> String {
        format!("{name}{}", self.number)
    }

    /// The address of one of its people.
    pub fn mail(&self, name: &str) -> String {
        format!("{name}{}@kommun.example", self.number)
    }

    /// The distinguished name of one of its people.
    pub fn dn_of(&self, name: &str) -> String {
        format!("CN={name} {},{}", self.number, self.dn())
    }

    /// Adds people, each with attributes beside or in place of the usual ones.
    pub fn people(&self, people: &[(&str, &[(&str, &str)])]) {
        let added = |(name, attributes): &(&str, &[(&str, &str)])| {
            let (account, mail) = (self.account(name), self.mail(name));
            let mut text = format!("dn: {}\nchangetype: add\nobjectClass: user\n", self.dn_of(name));
            let usual = [
                ("sAMAccountName", account.as_str()),
                ("userPrincipalName", mail.as_str()),
                ("mail", mail.as_str()),
                ("displayName", name),
                ("userAccountControl", "512"),
            ];
            let kept = usual.iter().filter(|(key, _)| !attributes.iter().any(|(own, _)| own == key));
            for (key, value) in kept.chain(attributes.iter()) {
                text.push_str(&format!("{key}:: {}\n", BASE64.encode(value.as_bytes())));
            }
            text + &password_line(FIRST_PASSWORD) + "\n"
        };
        self.domain.ldif(&people.iter().map(added).collect::<String>());
    }

    /// Changes one attribute of one of its people; an empty value takes it away.
    pub fn set(&self, name: &str, attribute: &str, value: &str) {
        let dn = self.dn_of(name);
        let value = if value.is_empty() { String::new() } else { format!("{attribute}: {value}\n") };
        self.domain.ldif(&format!("dn: {dn}\nchangetype: modify\nreplace: {attribute}\n{value}"));
    }

    /// Hides the `mobile` of one of its people by the account's own access list, which counts before the unit's.
    pub fn hide_mobile(&self, name: &str) {
        self.restrict(name, READ_NO_MOBILE);
    }

    /// Gives one of its people an access list: this line, and that everybody may read.
    pub fn restrict(&self, name: &str, line: &str) {
        let line = line.replace("SVC", &self.domain.service_sid);
        self.set(name, "nTSecurityDescriptor", &format!("O:DAG:DAD:{line}(A;;RPLCLORC;;;AU)"));
    }

    /// From now on the service account may not read this attribute, by its identifier, of one of its people.
    pub fn hide(&self, name: &str, attribute: &str) {
        let list = format!("O:DAG:DAD:(OD;;RP;{attribute};;{})", self.domain.service_sid);
        self.set(name, "nTSecurityDescriptor", &list);
    }

    /// Adds a group with these members, by their distinguished names.
    pub fn group(&self, name: &str, members: &[String]) -> String {
        let dn = self.dn_of(name);
        let members: String = members.iter().map(|member| format!("member: {member}\n")).collect();
        let account = self.account(name);
        self.domain.ldif(&format!(
            "dn: {dn}\nchangetype: add\nobjectClass: group\nsAMAccountName: {account}\n{members}"
        ));
        dn
    }

    /// Puts somebody into a group of the whole domain.
    pub fn join(&self, group: &str, member: &str) {
        self.domain
            .ldif(&format!("dn: {group},{DOMAIN}\nchangetype: modify\nadd: member\nmember: {member}\n"));
    }

    /// An attribute of one of its people, now.
    pub fn attribute(&self, name: &str, attribute: &str) -> Option<String> {
        self.domain.attribute(&format!("(sAMAccountName={})", self.account(name)), attribute)
    }

    /// As [`Domain::sign_in`], for one of its people.
    pub fn sign_in(&self, name: &str, password: &str, own: Option<&str>) -> SignedIn {
        self.domain.sign_in(&self.account(name), password, own)
    }

    /// Wrong passwords until the account is locked.
    pub fn lock(&self, name: &str) {
        for _ in 0..3 {
            self.sign_in(name, "Fel-Losenord-99", None);
        }
        let locked = self.attribute(name, "lockoutTime").is_some_and(|time| time != "0");
        assert!(locked, "{name} is not locked");
    }
}

fn password_line(password: &str) -> String {
    let octets: Vec<u8> = password.encode_utf16().flat_map(u16::to_le_bytes).collect();
    format!("clearTextPassword:: {}\n", BASE64.encode(&octets))
}
