//! People from Entra ID whose passwords lie in Active Directory: a service that behaves as Graph is
//! documented, and a real Samba domain.

mod checking;
mod exchange;
mod managers;
mod time;

use data_encoding::BASE64;
use nyckelbud::directory::ldap::ObjectGuid;

use crate::support::browser::visible;
use crate::support::daemon::Daemon;
use crate::support::graph::Graph;
use crate::support::program::{ended, on_desk};
use crate::support::samba::{
    DELEGATED, FIRST_PASSWORD, READ_NO_NUMBER, SERVICE, SERVICE_PASSWORD, SignedIn, Unit, domain,
};
use crate::support::{demo_desk, letters};

mod census;

const WAYS: &str = "[[mailbox]]\nname = \"servicedesk\"\nkind = \"maildir\"\npath = \"mailbox\"\nstart = \"all\"\n\
    poll = \"1s\"\nauthentication = \"authserv:mx.kommun.example\"\n\
    [[sms.gateway]]\nname = \"modem\"\nkind = \"spool\"\npath = \"sms\"\n\
    [smtp]\nkind = \"spool\"\npath = \"mail\"\n";

fn desk(graph: &Graph, unit: &Unit) -> Daemon {
    desk_with(graph, unit, "")
}

/// The same, with `more` about Active Directory.
fn desk_with(graph: &Graph, unit: &Unit, more: &str) -> Daemon {
    let people = graph.config().replace("kind = \"graph\"", "kind = \"hybrid\"\ntimeout = \"15s\"");
    let ldap = format!(
        "\n[directory.ldap]\nservers = [\"ldaps://127.0.0.1:{}\"]\nca_file = \"{}\"\nbind_dn = \"{SERVICE}\"\n\
         bind_password = \"{SERVICE_PASSWORD}\"\nbase_dn = \"{}\"\n{more}",
        domain().ldaps_port(),
        domain().ca_file().display(),
        unit.dn()
    );
    Daemon::with_people(&(people + &ldap), WAYS)
}

/// Anna in Active Directory, and in Entra ID as Entra Connect brings her there.
fn synchronised(graph: &Graph, attributes: &[(&str, &str)]) -> Unit {
    synchronised_from(domain().unit(), graph, attributes)
}

/// The same, in this unit.
fn synchronised_from(unit: Unit, graph: &Graph, attributes: &[(&str, &str)]) -> Unit {
    unit.people(&[("anna", attributes)]);
    let guid = unit.attribute("anna", "objectGUID").expect("an identifier");
    let guid = ObjectGuid::parse(&guid).expect("an identifier");
    graph.change("id-anna", |anna| {
        anna.synced = Some(true);
        anna.immutable_id = Some(BASE64.encode(guid.octets()));
        anna.sam = Some(unit.account("anna"));
    });
    unit
}

fn ask(program: &Daemon, id: &str) {
    let raw = letters::request(id, "anna.andersson", "070-174 06 05").replace('\n', "\r\n");
    demo_desk::deliver_raw(program.folder(), &format!("{id}.a"), raw.as_bytes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_synchronised_accounts_password_is_set_where_it_lives() {
    let graph = Graph::start().await;
    let unit = synchronised(&graph, &[]);
    let mut program = desk(&graph, &unit);
    program.start().await;
    ask(&program, "one");
    let text = program.texts(1).await.remove(0);
    assert!(text.starts_with("To: 46701740605\n"), "the phone is that of Entra ID: {text}");
    let password = demo_desk::password_in(&visible(&text)).expect("a password").to_owned();
    assert_eq!(program.settled(1).await[0]["outcome"], "sms");
    assert_eq!(unit.sign_in("anna", &password, None), SignedIn::MustChange);
    assert_eq!(graph.passwords(), [], "nothing is set in the cloud");
    graph.assert_documented();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_in_active_directory_that_may_not_be_read_is_not_needed() {
    let graph = Graph::start().await;
    let hidden = domain().unit_with(&[&DELEGATED[..], &[READ_NO_NUMBER]].concat());
    let unit = synchronised_from(hidden, &graph, &[("employeeNumber", "070-174 06 99")]);
    let mut program = desk_with(&graph, &unit, "phone_attributes = [\"employeeNumber\"]\n");
    program.start().await;
    ask(&program, "one");
    let text = program.texts(1).await.remove(0);
    assert!(text.starts_with("To: 46701740605\n"), "the phone is that of Entra ID: {text}");
    let password = demo_desk::password_in(&visible(&text)).expect("a password").to_owned();
    assert_eq!(unit.sign_in("anna", &password, None), SignedIn::MustChange);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cloud_accounts_password_is_set_in_the_cloud() {
    let graph = Graph::start().await;
    let unit = domain().unit();
    unit.people(&[("anna", &[])]);
    let mut program = desk(&graph, &unit);
    program.start().await;
    ask(&program, "one");
    let text = program.texts(1).await.remove(0);
    let password = demo_desk::password_in(&visible(&text)).expect("a password").to_owned();
    assert_eq!(graph.opens("id-anna", &password), Some(true));
    assert_eq!(unit.sign_in("anna", FIRST_PASSWORD, None), SignedIn::Yes, "her namesake keeps hers");
}

/// What becomes of Anna's request; nothing may have been changed in either register.
async fn refused(graph: &Graph, unit: &Unit) -> serde_json::Value {
    let mut program = desk(graph, unit);
    program.start().await;
    ask(&program, "one");
    let waits = |tickets: &[serde_json::Value]| tickets.iter().any(|ticket| ticket["state"] == "open");
    let ticket = program.tickets_when("it is a technician's", waits).await.remove(0);
    assert_eq!(demo_desk::texts(program.folder()), [] as [String; 0]);
    assert_eq!(graph.passwords(), []);
    assert_ne!(unit.attribute("anna", "pwdLastSet").as_deref(), Some("0"), "nothing was changed");
    ticket
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_only_active_directory_knows_counts() {
    let graph = Graph::start().await;
    // 1 January 2024; Entra ID does not know it.
    let unit = synchronised(&graph, &[("accountExpires", "133485408000000000")]);
    let ticket = refused(&graph, &unit).await;
    assert_eq!(ticket["reason"], "account-disabled", "{ticket:#}");
    assert!(ticket["trail"].to_string().contains("in Active Directory"), "{ticket:#}");

    let graph = Graph::start().await;
    let unit = synchronised(&graph, &[]);
    unit.join("CN=Domain Admins,CN=Users", &unit.dn_of("anna"));
    let ticket = refused(&graph, &unit).await;
    assert_eq!(ticket["reason"], "account-protected", "{ticket:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_two_registers_disagree_about_somebody_a_technician_decides() {
    let graph = Graph::start().await;
    let unit = synchronised(&graph, &[]);
    graph.change("id-anna", |anna| anna.sam = Some("annan.person".to_owned()));
    let ticket = refused(&graph, &unit).await;
    assert_eq!(ticket["reason"], "account-protected", "{ticket:#}");
    assert!(ticket["trail"].to_string().contains("give it different names"), "{ticket:#}");

    let graph = Graph::start().await;
    let unit = synchronised(&graph, &[]);
    graph.change("id-anna", |anna| anna.immutable_id = Some(BASE64.encode(&[7; 16])));
    let ticket = refused(&graph, &unit).await;
    assert!(ticket["trail"].to_string().contains("not found below base_dn"), "{ticket:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_tells_the_rights_of_both_registers() {
    let graph = Graph::start().await;
    let unit = synchronised(&graph, &[]);
    let program = desk(&graph, &unit);
    let lines = ended(&mut on_desk(program.folder(), ["check", "--json"])).objects();
    for part in ["directory", "password reset", "User.Read.All", "Reset Password", "synchronised accounts"] {
        let line = lines.iter().find(|line| line["part"] == part);
        assert_eq!(line.map(|line| &line["verdict"]), Some(&"good".into()), "{part}: {lines:#?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_names_a_protected_group_only_where_neither_register_has_it() {
    let graph = Graph::start().await;
    graph.change("id-karin", |karin| karin.groups.push(("Ekonomi".to_owned(), false)));
    let unit = synchronised(&graph, &[]);
    unit.group("Skyddade", &[]);
    let program = desk(&graph, &unit);
    let config = program.folder().join("nyckelbud.toml");
    let old = std::fs::read_to_string(&config).unwrap();
    let on_premises = unit.account("Skyddade");
    let named = |lines: &[serde_json::Value]| -> Vec<String> {
        let own = lines.iter().filter(|line| line["part"] == "policy.protected_groups");
        own.map(|line| format!("{}: {}", line["verdict"].as_str().unwrap(), line["text"])).collect()
    };
    let checked = |names: &[&str]| {
        let policy = format!("[policy]\nprotected_groups = {names:?}\n");
        std::fs::write(&config, old.replacen("[policy]\n", &policy, 1)).unwrap();
        named(&ended(&mut on_desk(program.folder(), ["check", "--json"])).objects())
    };
    assert_eq!(checked(&["Ekonomi", &on_premises, "Domain Admins", "Key Admins"]), [""; 0]);
    let found = checked(&["Ekonomi", "Ekonomin", &on_premises]);
    let told = found.len() == 1 && found[0].starts_with("care: ") && found[0].contains("Ekonomin");
    assert!(told && found[0].contains("Entra ID or Active Directory"), "{found:?}");
    // What one of them does not tell is not known.
    graph.lacks("GroupMember.Read.All");
    assert_eq!(checked(&["Ekonomin"]), [""; 0]);
}
