//! `check` over both registers as one: each right that is taken away in either is named, and no other.

use serde_json::Value;

use super::fitting::{build_with, ldap};
use crate::support::graph::{ALL, Graph};
use crate::support::program::{ended, on_desk};
use crate::support::samba::{
    DELEGATED, READ_NOTHING, RESET_PASSWORD, WRITE_LOCKOUT_TIME, WRITE_PWD_LAST_SET, domain,
};

/// The rights in Active Directory, as `check` calls them.
const GROUND: [(&str, &str); 3] = [
    (RESET_PASSWORD, "Reset Password"),
    (WRITE_PWD_LAST_SET, "Write pwdLastSet"),
    (WRITE_LOCKOUT_TIME, "Write lockoutTime"),
];

/// What `check` says where the service account has `rights` in Active Directory.
fn checked(graph: &Graph, rights: &[&str]) -> Vec<Value> {
    let unit = domain().unit_with(rights);
    unit.people(&[("anna", &[("mobile", "070-174 06 05")])]);
    let folder = tempfile::tempdir().unwrap();
    let people = graph.config().replace("\"graph\"", "\"hybrid\"") + &ldap(&unit.dn(), domain().ldaps_port());
    build_with(folder.path(), &people, "Skyddade", "");
    ended(&mut on_desk(folder.path(), ["check", "--json"])).objects()
}

/// The rights that are not good.
fn missing(lines: &[Value]) -> Vec<&str> {
    let names = || ALL.into_iter().chain(GROUND.map(|(_, name)| name)).chain(["Read all properties"]);
    // That a leaving date cannot be read shows only where it is missing.
    let of = |name: &str| lines.iter().find(|line| line["part"] == name);
    let is_bad = |name: &&str| match of(name) {
        Some(line) => line["verdict"] != "good",
        None => *name != "User-LifeCycleInfo.Read.All",
    };
    names().filter(is_bad).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_right_that_is_taken_away_in_either_register_is_named() {
    let graph = Graph::start().await;
    assert_eq!(missing(&checked(&graph, &DELEGATED)), [""; 0]);
    for (line, name) in GROUND {
        let kept: Vec<&str> = DELEGATED.into_iter().filter(|other| *other != line).collect();
        assert_eq!(missing(&checked(&graph, &kept)), [name]);
    }
    let unread = checked(&graph, &[&DELEGATED[..], &[READ_NOTHING]].concat());
    assert!(missing(&unread).contains(&"Read all properties"), "{unread:#?}");
    for permission in ALL {
        graph.lacks(permission);
        let lines = checked(&graph, &DELEGATED);
        assert!(missing(&lines).contains(&permission), "{permission}: {lines:#?}");
        let told = lines.iter().find(|line| line["part"] == permission).expect("its line");
        assert!(told["todo"].as_str().is_some_and(|todo| todo.contains(permission)), "{told:#}");
    }
}
