//! The people of the stories, put into each register.

use std::path::Path;
use std::time::Duration;

use data_encoding::BASE64;
use nyckelbud::clock::{Clock, SystemClock, rfc3339};
use nyckelbud::directory::ldap::ObjectGuid;
use nyckelbud::password::file::{credentials_path, verify};
use nyckelbud::types::{AccountId, UnixMillis};
use serde_json::json;

use super::{Kind, Person, Phone, Register, Told};
use crate::support::demo_desk;
use crate::support::graph::{Graph, Person as Entra, Replies, phone};
use crate::support::samba::{SERVICE, SERVICE_PASSWORD, SignedIn, Unit, domain};

const DESK: &str = "[desk]\nname = \"Servicedesk\"\naddress = \"servicedesk@kommun.example\"\n\
    public_url = \"http://127.0.0.1:8025\"\nself_service = \"\"\nhelp = \"\"\n\
    username_hint = \"din e-postadress\"\n\
    [password]\nkey = { file = \"seal.key\" }\n[store]\nurl = \"sqlite://var/nyckelbud.db\"\n\
    [[mailbox]]\nname = \"servicedesk\"\nkind = \"maildir\"\npath = \"mailbox\"\nstart = \"all\"\n\
    authentication = \"authserv:mx.kommun.example\"\n\
    [[sms.gateway]]\nname = \"modem\"\nkind = \"spool\"\npath = \"sms\"\n\
    [smtp]\nkind = \"spool\"\npath = \"mail\"\n";

/// The group whose members are never automated, before the register's own ending.
const PROTECTED: &str = "Skyddade";
/// Since when a phone is registered that is not new.
const LONG_AGO: &str = "2026-01-02T03:04:05Z";
/// 1 January 2024, as Active Directory counts.
const IN_2024: &str = "133485408000000000";

/// A register with the people of its stories.
pub(super) struct Fitted {
    pub(super) register: Register,
    pub(super) graph: Option<Graph>,
    pub(super) unit: Option<Unit>,
    /// Where Active Directory is reached, if not at its own port.
    pub(super) port: Option<u16>,
    /// How long a call may take.
    pub(super) timeout: &'static str,
    file: String,
}

impl Fitted {
    pub(super) async fn new(register: Register, stories: &[Told]) -> Self {
        let (cloud, ground) = match register {
            Register::File => (false, false),
            Register::Samba => (false, true),
            Register::Graph => (true, false),
            Register::Hybrid => (true, true),
        };
        let graph = if cloud { Some(Graph::start().await) } else { None };
        let unit = ground.then(|| domain().unit());
        let mut fitted = Self { register, graph, unit, port: None, timeout: "15s", file: String::new() };
        let people = || stories.iter().flat_map(|told| told.story.people.iter().map(move |one| (told, one)));
        if let Some(unit) = &fitted.unit {
            fitted.add_to_active_directory(&people().collect::<Vec<_>>());
            let hidden = people().filter(|(_, person)| person.phone == Phone::Hidden);
            hidden.for_each(|(told, person)| unit.hide_mobile(&told.name(person.role)));
        }
        for (told, person) in people() {
            if fitted.graph.is_some() {
                fitted.add_to_entra(told, person);
            } else if register == Register::File {
                let entry = fitted.entry(told, person);
                fitted.file.push_str(&entry);
            }
        }
        fitted
    }

    /// What the register calls somebody.
    pub(super) fn called(&self, name: &str) -> String {
        self.unit.as_ref().map_or_else(|| name.to_owned(), |unit| unit.account(name))
    }

    /// A desk in `folder` whose people these are.
    pub(super) fn build(&self, folder: &Path, policy: &str) {
        let port = self.port;
        let ldap = |unit: &Unit| ldap(&unit.dn(), port.unwrap_or_else(|| domain().ldaps_port()));
        let people = match (&self.graph, &self.unit) {
            (None, None) => {
                "[directory]\nkind = \"file\"\n[directory.file]\npath = \"directory.toml\"\n".to_owned()
            }
            (None, Some(unit)) => "[directory]\nkind = \"ldap\"\n".to_owned() + &ldap(unit),
            (Some(graph), None) => graph.config(),
            (Some(graph), Some(unit)) => graph.config().replace("\"graph\"", "\"hybrid\"") + &ldap(unit),
        };
        let timed = format!("[directory]\ntimeout = \"{}\"\n", self.timeout);
        let people = people.replacen("[directory]\n", &timed, 1);
        build_with(folder, &people, &self.called(PROTECTED), policy);
        if self.register == Register::File {
            std::fs::write(folder.join("directory.toml"), &self.file).unwrap();
        }
    }

    /// Does `password` open the account, and must it be changed then? The file cannot say the latter.
    pub(super) fn opens(&self, folder: &Path, name: &str, password: &str) -> bool {
        let id = format!("id-{name}");
        match (&self.graph, &self.unit) {
            (graph, Some(unit)) => {
                let in_the_cloud =
                    graph.as_ref().is_some_and(|g| g.passwords().iter().any(|(of, _)| *of == id));
                !in_the_cloud && unit.sign_in(name, password, None) == SignedIn::MustChange
            }
            (Some(graph), None) => graph.opens(&id, password) == Some(true),
            (None, None) => {
                let credentials = credentials_path(&folder.join("directory.toml"));
                verify(&credentials, &AccountId::new(id), password)
            }
        }
    }

    /// Was no password of the account set?
    pub(super) fn is_unchanged(&self, folder: &Path, name: &str) -> bool {
        let id = format!("id-{name}");
        let cloud = self.graph.as_ref().is_none_or(|g| g.passwords().iter().all(|(of, _)| *of != id));
        // A guest is in the cloud only.
        let ground = |unit: &Unit| unit.attribute(name, "pwdLastSet").is_none_or(|set| set != "0");
        let credentials = credentials_path(&folder.join("directory.toml"));
        let file = std::fs::read_to_string(credentials).unwrap_or_default();
        cloud && self.unit.as_ref().is_none_or(ground) && !file.contains(&id)
    }

    /// Somebody signs in with `password` and chooses one of their own. Graph hears of it after some minutes.
    pub(super) fn choose_own(&self, folder: &Path, name: &str, password: &str) {
        match (&self.graph, &self.unit) {
            (_, Some(unit)) => {
                assert_eq!(unit.sign_in(name, password, Some("Eget-Losenord-99")), SignedIn::Changed);
            }
            (Some(graph), None) => {
                let at = SystemClock.now().plus(Duration::from_secs(5 * 60));
                graph.change(&format!("id-{name}"), |one| one.changed_at = Some(rfc3339(at)));
            }
            (None, None) => {
                let credentials = credentials_path(&folder.join("directory.toml"));
                let old = std::fs::read_to_string(&credentials).unwrap();
                std::fs::write(&credentials, old.replace("must_change = true", "must_change = false"))
                    .unwrap();
            }
        }
    }

    fn entry(&self, told: &Told, person: &Person) -> String {
        let name = told.name(person.role);
        let (mut username, mut groups, mut more) = (name.clone(), Vec::new(), String::new());
        match person.kind {
            Kind::Ordinary | Kind::Disabled => {}
            Kind::Guest => more.push_str("protected = \"a guest\"\n"),
            Kind::Privileged => more.push_str("protected = \"Domain Admins\"\n"),
            Kind::Protected => groups.push(PROTECTED),
            // All groups, nested ones too.
            Kind::ProtectedBelow => groups.extend(["Inre", PROTECTED]),
            Kind::Away => more.push_str("absent = true\n"),
            Kind::Twin => {
                more.push_str(&format!("aliases = [\"{}@kommun.example\"]\n", told.name("anna")));
            }
            Kind::Renamed => {
                username = told.bare();
                more.push_str(&format!("mail = \"{name}@kommun.example\"\n"));
            }
            Kind::Namesake => {
                username = format!("other-{name}");
                more.push_str(&format!("aliases = [\"{}\"]\n", told.bare()));
            }
            Kind::Expired | Kind::Locked | Kind::Contact | Kind::Gone => {
                panic!("not in a file: {:?}", person.kind)
            }
        }
        if let Some(manager) = person.manager {
            more.push_str(&format!("manager = \"id-{}\"\n", told.name(manager)));
        }
        if let Some(number) = shown(told, person) {
            let since = since(person);
            more.push_str(&format!(
                "[[account.phone]]\nnumber = \"{number}\"\ntype = \"mobile\"\nregistered_at = {since}\n"
            ));
        }
        format!(
            "[[account]]\nid = \"id-{name}\"\nusername = \"{username}@kommun.example\"\nname = \"{name}\"\n\
             unit = \"Förskola\"\nenabled = {}\ngroups = {groups:?}\n{more}\n",
            person.kind != Kind::Disabled
        )
    }

    /// As Entra Connect brings them there, when they are in Active Directory, too: what that alone knows
    /// is not seen here.
    fn add_to_entra(&self, told: &Told, person: &Person) {
        let graph = self.graph.as_ref().expect("a tenant");
        let (name, hybrid) = (told.name(person.role), self.unit.is_some());
        let mut one =
            Entra::new(&format!("id-{name}"), &name, &format!("{}@kommun.example", self.called(&name)), "");
        let number = shown(told, person);
        one.phones = json!(
            number
                .map(|number| {
                    let mut shown = phone(&number, "mobile");
                    shown["createdDateTime"] = json!(since(person));
                    shown
                })
                .into_iter()
                .collect::<Vec<_>>()
        );
        one.manager = person.manager.map(|manager| format!("id-{}", told.name(manager)));
        one.sponsors = person.sponsors.iter().map(|sponsor| format!("id-{}", told.name(sponsor))).collect();
        match person.kind {
            Kind::Ordinary | Kind::Locked => {}
            Kind::Disabled => one.enabled = Some(false),
            Kind::Guest => one.user_type = "Guest".to_owned(),
            Kind::Away => one.replies = Replies::Set(json!({ "status": "alwaysEnabled" })),
            Kind::Contact => one.kind = "orgContact",
            Kind::Gone => return,
            Kind::Renamed => one.upn = format!("{}@kommun.example", self.called(&told.bare())),
            Kind::Namesake => {
                one.upn = format!("other-{}", one.upn);
                one.sam = Some(self.called(&told.bare()));
            }
            Kind::Twin => {
                one.proxies.push(format!("smtp:{}@kommun.example", self.called(&told.name("anna"))))
            }
            Kind::Expired | Kind::Privileged | Kind::Protected | Kind::ProtectedBelow if hybrid => {}
            Kind::Expired => one.leaves = Some("2026-01-31T23:00:00Z".to_owned()),
            Kind::Privileged => one.roles = vec!["Teams Administrator".to_owned()],
            Kind::Protected => one.groups.push((PROTECTED.to_owned(), false)),
            Kind::ProtectedBelow => {
                one.groups.push(("Inre".to_owned(), false));
                graph.nest("Inre", PROTECTED);
            }
        }
        if let (Some(unit), false) = (&self.unit, matches!(person.kind, Kind::Guest | Kind::Contact)) {
            let guid = unit.attribute(&name, "objectGUID").expect("an identifier");
            let guid = ObjectGuid::parse(&guid).expect("an identifier");
            one.synced = Some(true);
            one.immutable_id = Some(BASE64.encode(guid.octets()));
            one.sam = Some(unit.account(&name));
        }
        graph.add(one);
    }

    fn add_to_active_directory(&self, people: &[(&Told, &Person)]) {
        let unit = self.unit.as_ref().expect("a unit");
        let (mut first, mut then) = (String::new(), String::new());
        let (mut added, mut protected, mut below) = (Vec::new(), Vec::new(), Vec::new());
        for (told, person) in people {
            let name = told.name(person.role);
            let dn = unit.dn_of(&name);
            let mut attributes: Vec<(&str, String)> =
                told.phone(person.role).map(|n| ("mobile", n)).into_iter().collect();
            match person.kind {
                Kind::Ordinary | Kind::Locked | Kind::Away | Kind::Gone | Kind::Privileged => {}
                // Not of this organisation.
                Kind::Guest => continue,
                Kind::Disabled => attributes.push(("userAccountControl", "514".to_owned())),
                Kind::Expired => attributes.push(("accountExpires", IN_2024.to_owned())),
                Kind::Protected => protected.push(dn.clone()),
                Kind::ProtectedBelow => below.push(dn.clone()),
                Kind::Twin => attributes.push(("mail", unit.mail(&told.name("anna")))),
                Kind::Renamed => attributes.push(("userPrincipalName", unit.mail(&told.bare()))),
                Kind::Namesake => {
                    let other = format!("other-{}", unit.mail(&name));
                    attributes.extend([("userPrincipalName", other.clone()), ("mail", other)]);
                }
                Kind::Contact => {
                    first.push_str(&format!("dn: {dn}\nchangetype: add\nobjectClass: contact\n\n"));
                    continue;
                }
            }
            if let Some(manager) = person.manager {
                let above = unit.dn_of(&told.name(manager));
                then.push_str(&format!(
                    "dn: {dn}\nchangetype: modify\nreplace: manager\nmanager: {above}\n\n"
                ));
            }
            added.push((name, attributes));
        }
        if !first.is_empty() {
            domain().ldif(&first);
        }
        let shown: Vec<(&str, Vec<(&str, &str)>)> = added
            .iter()
            .map(|(n, a)| (n.as_str(), a.iter().map(|(k, v)| (*k, v.as_str())).collect()))
            .collect();
        unit.people(
            &shown.iter().map(|(name, attributes)| (*name, attributes.as_slice())).collect::<Vec<_>>(),
        );
        if !then.is_empty() {
            domain().ldif(&then);
        }
        if !below.is_empty() {
            protected.push(unit.group("Inre", &below));
            unit.group(PROTECTED, &protected);
        }
        self.finish_in_active_directory(people);
    }

    /// What becomes of those who are there.
    fn finish_in_active_directory(&self, people: &[(&Told, &Person)]) {
        let unit = self.unit.as_ref().expect("a unit");
        for (told, person) in people {
            let name = told.name(person.role);
            match person.kind {
                Kind::Locked => unit.lock(&name),
                Kind::Privileged => unit.join("CN=Domain Admins,CN=Users", &unit.dn_of(&name)),
                Kind::Gone => domain().ldif(&format!("dn: {}\nchangetype: delete\n", unit.dn_of(&name))),
                Kind::Ordinary | Kind::Disabled | Kind::Expired | Kind::Guest | Kind::Protected => {}
                Kind::ProtectedBelow | Kind::Away | Kind::Contact => {}
                Kind::Twin | Kind::Renamed | Kind::Namesake => {}
            }
        }
    }
}

/// The desk's configuration with these people, for whom `protected` is a protected group.
pub(super) fn build_with(folder: &Path, people: &str, protected: &str, policy: &str) {
    let policy = format!(
        "[policy]\ndomains = [\"kommun.example\"]\nper_phone_per_day = 100\n\
         protected_groups = [\"{protected}\"]\n{policy}"
    );
    demo_desk::build_from(folder, &format!("{DESK}\n{policy}\n{people}"));
}

/// The lines of configuration that read people of the domain behind this port.
pub(super) fn ldap(base_dn: &str, port: u16) -> String {
    format!(
        "[directory.ldap]\nservers = [\"ldaps://127.0.0.1:{port}\"]\nca_file = \"{}\"\nbind_dn = \"{SERVICE}\"\n\
         bind_password = \"{SERVICE_PASSWORD}\"\nbase_dn = \"{base_dn}\"\n",
        domain().ca_file().display()
    )
}

/// The number as a register shows it that masks what may not be read.
fn shown(told: &Told, person: &Person) -> Option<String> {
    let number = told.phone(person.role);
    if person.phone == Phone::Hidden { Some("+46 *******05".to_owned()) } else { number }
}

fn since(person: &Person) -> String {
    if person.phone == Phone::New {
        rfc3339(UnixMillis(SystemClock.now().0 - 3_600_000))
    } else {
        LONG_AGO.to_owned()
    }
}
