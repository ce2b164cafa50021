//! A walk over both registers says of everybody what a look at each of them says.

use std::sync::Mutex;

use data_encoding::BASE64;
use nyckelbud::directory::hybrid::HybridDirectory;
use nyckelbud::directory::ldap::ObjectGuid;
use nyckelbud::directory::{
    Census, Directory, DirectoryError, Listed, Lookup, Privilege, Progress, Standing, Walk, Who,
};
use nyckelbud::types::AccountId;

use super::desk;
use crate::support::graph::{Graph, Person};
use crate::support::program::{ended, on_desk};
use crate::support::samba::{PWD_LAST_SET, Unit, domain};

/// As `tests/it/graph` watches it.
const WATCHED: &str = "Ekonomi's chefer";

fn base64_of(unit: &Unit, name: &str) -> String {
    let guid = unit.attribute(name, "objectGUID").expect("an identifier");
    BASE64.encode(ObjectGuid::parse(&guid).expect("an identifier").octets())
}

/// Somebody of `unit`, as Entra Connect brings them to Entra ID.
pub(super) fn bring(graph: &Graph, unit: &Unit, name: &str) {
    let mut person =
        Person::new(&format!("id-{name}"), name, &format!("{name}@kommun.example"), "+46 701740620");
    person.synced = Some(true);
    person.immutable_id = Some(base64_of(unit, name));
    person.sam = Some(unit.account(name));
    graph.add(person);
}

pub(super) fn both(graph: &Graph, unit: &Unit) -> HybridDirectory {
    let there = crate::ldap::people_beside_another_register(unit);
    HybridDirectory::new(crate::graph::directory(graph), there)
}

async fn walked(both: &HybridDirectory) -> (Vec<Listed>, Vec<Progress>) {
    let told = Mutex::new(Vec::new());
    let tell = |progress| told.lock().unwrap().push(progress);
    let listed = both.walk(Walk::Coverage, &tell).await.unwrap();
    (listed, told.into_inner().unwrap())
}

fn id_of(name: &str) -> AccountId {
    AccountId::new(format!("id-{name}"))
}

/// People of whom Active Directory knows more than Entra ID.
fn the_unit(graph: &Graph) -> Unit {
    let unit = domain().unit();
    let old = BASE64.encode(&[9; 16]);
    unit.people(&[
        ("berit", &[("accountExpires", "133485408000000000")]),
        ("cilla", &[]),
        ("doris", &[]),
        ("eva", &[("userAccountControl", "514")]),
        ("filip", &[]),
        ("gunnar", &[]),
        ("hanna", &[]),
        ("ivar", &[]),
        ("johan", &[]),
    ]);
    unit.join("CN=Domain Admins,CN=Users", &unit.dn_of("cilla"));
    unit.lock("doris");
    let group = |name: &str, account: &str, member: &str| {
        domain().ldif(&format!(
            "dn: CN={name},{}\nchangetype: add\nobjectClass: group\nsAMAccountName: {account}\nmember: {member}\n",
            unit.dn()
        ));
        format!("CN={name},{}", unit.dn())
    };
    let inner = group("Inre", &unit.account("inre"), &unit.dn_of("hanna"));
    group("Chefer", WATCHED, &inner);
    let names = ["berit", "cilla", "doris", "eva", "filip", "gunnar", "hanna", "ivar", "johan"];
    for (name, above) in names.into_iter().zip(names.into_iter().skip(1).chain(["kalle"])) {
        bring(graph, &unit, name);
        // So that each is somebody's manager, but the first.
        graph.change(&format!("id-{name}"), |one| one.manager = Some(format!("id-{above}")));
    }
    graph.change("id-filip", |one| one.sam = Some("annan".to_owned()));
    graph.change("id-gunnar", |one| one.immutable_id = None);
    graph.change("id-ivar", |one| one.sam = None);
    // Moved from another forest: the identifier of that time counts.
    let line = format!("replace: mS-DS-ConsistencyGuid\nmS-DS-ConsistencyGuid:: {old}");
    domain().ldif(&format!("dn: {}\nchangetype: modify\n{line}\n", unit.dn_of("johan")));
    graph.change("id-johan", |one| one.immutable_id = Some(old));
    unit
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_walk_says_of_everybody_what_a_look_says() {
    let graph = Graph::start().await;
    let unit = the_unit(&graph);
    let both = both(&graph, &unit);
    // Deleted in Active Directory since.
    graph.add(Person {
        synced: Some(true),
        ..Person::new("id-kalle", "kalle", "kalle@kommun.example", "+46 701740620")
    });
    graph.change("id-kalle", |one| {
        one.immutable_id = Some(BASE64.encode(&[7; 16]));
        one.manager = Some("id-berit".to_owned());
    });
    let (listed, told) = walked(&both).await;
    assert_eq!(listed.len(), 3 + 10, "{told:?}");
    let mut managers = 0;
    for one in &listed {
        let facts = both.facts(&Who::Id(one.account.id.clone()), 1).await.unwrap();
        let Lookup::One(looked) = facts.lookup else { panic!("{:?}", one.account.id) };
        assert_eq!(one.account.standing, looked.standing, "{:?}", one.account.id);
        let (by, looked_by) = (&one.account.privilege, &looked.privilege);
        assert_eq!(by, looked_by, "{:?}", one.account.id);
        let is_watched = |groups: &[String]| groups.iter().any(|group| group == WATCHED);
        assert_eq!(is_watched(&one.account.groups), is_watched(&looked.groups), "{:?}", one.account.id);
        for manager in facts.managers {
            let above = listed.iter().find(|other| other.account.id == manager.id).expect("in the walk");
            match (&above.account.standing, &above.account.privilege) {
                // Nobody can tell who it is: protected in a walk, and nobody's manager.
                (Standing::Open, Privilege::Unknown(_)) => {
                    assert_ne!(manager.standing, Standing::Open, "{manager:?}");
                }
                (standing, _) => assert_eq!(manager.standing, *standing, "{manager:?}"),
            }
            managers += 1;
        }
    }
    assert_eq!(managers, 2 + 10, "everybody but Sven has one");
    let of = |name: &str| &listed.iter().find(|one| one.account.id == id_of(name)).expect(name).account;
    assert_eq!(of("doris").standing, Standing::Open, "a reset unlocks it");
    assert_eq!(of("eva").standing, Standing::Closed("switched off (in Active Directory)".to_owned()));
    assert_eq!(of("hanna").groups, [WATCHED], "and no other group is kept");
    graph.assert_documented();

    let program = desk(&graph, &unit);
    let said = ended(&mut on_desk(program.folder(), ["coverage", "--csv"])).expect(0);
    // The report knows nothing of those who are switched off, and they are nobody to be helped.
    for (name, why) in [("cilla", "protected"), ("filip", "protected"), ("kalle", "protected")] {
        assert!(said.out.contains(&format!("{name}@kommun.example,{name},{why}\n")), "{}", said.out);
    }
    for name in ["berit", "eva", "doris", "johan"] {
        assert!(!said.out.contains(name), "closed, or helped: {}", said.out);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_cannot_be_made_out_in_active_directory_is_left_out_and_told() {
    let graph = Graph::start().await;
    let unit = domain().unit();
    unit.people(&[("berit", &[]), ("cilla", &[]), ("doris", &[]), ("eva", &[])]);
    let line =
        format!("replace: mS-DS-ConsistencyGuid\nmS-DS-ConsistencyGuid:: {}", base64_of(&unit, "cilla"));
    domain().ldif(&format!("dn: {}\nchangetype: modify\n{line}\n", unit.dn_of("doris")));
    for name in ["berit", "cilla", "eva"] {
        bring(&graph, &unit, name);
    }
    unit.hide("berit", PWD_LAST_SET);
    graph.change("id-eva", |eva| eva.immutable_id = Some("*".to_owned()));
    let both = both(&graph, &unit);
    let (listed, told) = walked(&both).await;
    assert_eq!(listed.len(), 3, "those of the cloud");
    let first = told.iter().find_map(|progress| match progress {
        Progress::LeftOut { accounts: 3, first } => Some(first.clone()),
        _ => None,
    });
    let first = first.unwrap_or_else(|| panic!("{told:?}"));
    assert!(first.contains("berit@kommun.example, in Active Directory: pwdLastSet"), "{first}");
    for name in ["berit", "cilla", "eva"] {
        let looked = both.facts(&Who::Id(id_of(name)), 0).await;
        assert!(matches!(&looked, Err(DirectoryError::Half(_))), "{name}: {looked:?}");
    }
    for name in ["anna", "karin", "sven"] {
        graph.remove(&format!("id-{name}"));
    }
    let error = both.walk(Walk::Coverage, &|_| {}).await.unwrap_err();
    assert!(matches!(&error, DirectoryError::Half(why) if why.contains("no account")), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_active_directory_a_walk_brings_nothing_and_asks_nobody() {
    let graph = Graph::start().await;
    let unit = domain().unit();
    let program = desk(&graph, &unit);
    let path = program.folder().join("nyckelbud.toml");
    let text = std::fs::read_to_string(&path).expect("the configuration");
    let port = format!("127.0.0.1:{}", domain().ldaps_port());
    std::fs::write(&path, text.replace(&port, "127.0.0.1:1")).expect("another one");
    let said = ended(&mut on_desk(program.folder(), ["coverage"])).expect(1);
    assert!(said.err.contains("who could be helped is not known"), "{}", said.err);
    assert_eq!(graph.count("/users"), 0, "nobody waits for half a walk");
}
