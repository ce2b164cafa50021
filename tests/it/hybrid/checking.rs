//! `check` where two registers are one: that people of Entra ID are found in Active Directory, and that nothing is
//! demanded there which Entra ID tells.

use data_encoding::BASE64;
use serde_json::Value;

use super::census::bring;
use super::{desk, synchronised};
use crate::support::graph::Graph;
use crate::support::program::{ended, on_desk};
use crate::support::samba::{DELEGATED, READ_NO_MANAGER, Unit, domain};

/// `mS-DS-ConsistencyGuid` of the account that has this line itself may not be read.
const NO_CONSISTENCY_GUID: &str = "(OD;;RP;23773dc2-b63a-11d2-90e1-00c04fd91ab1;;SVC)";

fn checked(graph: &Graph, unit: &Unit) -> Vec<Value> {
    let program = desk(graph, unit);
    let lines = ended(&mut on_desk(program.folder(), ["check", "--json"])).objects();
    graph.assert_documented();
    lines
}

/// What `check` says of people who are synchronised: verdict, text, and what to do.
fn joined(graph: &Graph, unit: &Unit) -> [String; 3] {
    let lines = checked(graph, unit);
    let own: Vec<&Value> = lines.iter().filter(|line| line["part"] == "synchronised accounts").collect();
    assert_eq!(own.len(), 1, "{lines:#?}");
    ["verdict", "text", "todo"].map(|key| own[0][key].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn that_people_are_looked_for_in_the_wrong_place_is_told() {
    let graph = Graph::start().await;
    let unit = synchronised(&graph, &[]);
    let elsewhere = domain().unit();
    elsewhere.people(&[("berit", &[])]);
    let [verdict, text, todo] = joined(&graph, &elsewhere);
    assert_eq!(verdict, "care", "{text}");
    assert!(text.starts_with("1 of 1 ") && text.contains("anna.andersson@kommun.example: "), "{text}");
    assert!(text.contains("not found below base_dn") && todo.contains("base_dn"), "{text}; {todo}");
    bring(&graph, &elsewhere, "berit");
    let [verdict, text, _] = joined(&graph, &elsewhere);
    assert!(verdict == "care" && text.starts_with("1 of 2 "), "{verdict}: {text}");
    // Whoever cannot sign in may be anywhere.
    graph.change("id-anna", |anna| anna.enabled = Some(false));
    let [verdict, text, todo] = joined(&graph, &elsewhere);
    assert_eq!((verdict.as_str(), todo.as_str()), ("good", ""), "{text}");
    graph.change("id-anna", |anna| anna.enabled = Some(true));
    graph.remove("id-berit");
    assert_eq!(joined(&graph, &unit)[0], "good");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn that_the_identifier_may_not_be_read_is_told() {
    let graph = Graph::start().await;
    let unit = synchronised(&graph, &[]);
    let anchor = BASE64.encode(&[9; 16]);
    let line = format!("replace: mS-DS-ConsistencyGuid\nmS-DS-ConsistencyGuid:: {anchor}");
    domain().ldif(&format!("dn: {}\nchangetype: modify\n{line}\n", unit.dn_of("anna")));
    graph.change("id-anna", |anna| anna.immutable_id = Some(anchor));
    assert_eq!(joined(&graph, &unit)[0], "good");
    unit.restrict("anna", NO_CONSISTENCY_GUID);
    let [verdict, text, todo] = joined(&graph, &unit);
    assert_eq!(verdict, "care", "{text}");
    assert!(todo.contains("mS-DS-ConsistencyGuid"), "{todo}");
    // Nor is one in order that is no identifier.
    graph.change("id-anna", |anna| anna.immutable_id = Some("*".to_owned()));
    let [verdict, text, _] = joined(&graph, &unit);
    assert!(verdict == "care" && text.contains("no identifier"), "{verdict}: {text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn that_nobody_is_synchronised_is_told() {
    let graph = Graph::start().await;
    let unit = domain().unit();
    unit.people(&[("anna", &[])]);
    let [verdict, text, todo] = joined(&graph, &unit);
    assert!(verdict == "care" && text.contains("nobody is synchronised"), "{verdict}: {text}");
    assert!(todo.contains("kind = \"graph\""), "{todo}");
    graph.change("id-anna", |anna| {
        anna.synced = Some(true);
        anna.enabled = Some(false);
    });
    let [verdict, text, _] = joined(&graph, &unit);
    assert!(verdict == "care" && text.contains("none of the first"), "{verdict}: {text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_above_need_not_be_read_in_active_directory() {
    let graph = Graph::start().await;
    let unit = synchronised(&graph, &[]);
    // What is delegated, as the account's own.
    let own = DELEGATED.map(|line| line.replace("CIIO", "")).concat();
    unit.restrict("anna", &format!("{READ_NO_MANAGER}{own}"));
    let lines = checked(&graph, &unit);
    let bad: Vec<&Value> = lines.iter().filter(|line| line["verdict"] == "bad").collect();
    assert!(bad.is_empty(), "{bad:#?}");
    let named = lines.iter().any(|line| line["part"] == "Reset Password");
    assert!(named && lines.iter().all(|line| line["part"] != "Read manager"), "{lines:#?}");
}
