//! Two registers, asked one after the other, have one end: whoever waits for both learns in time that nothing
//! was sent, and does not have to think that the password may have been changed.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64;
use nyckelbud::clock::{SystemClock, Zone};
use nyckelbud::directory::hybrid::HybridDirectory;
use nyckelbud::directory::ldap::{LdapDirectory, LdapServers, LdapSettings};
use nyckelbud::directory::{Directory, DirectoryError, Who};
use nyckelbud::password::PasswordReset;
use nyckelbud::password::generate::{MIN_LENGTH, generate};
use nyckelbud::password::graph::GraphPasswordReset;
use nyckelbud::password::hybrid::HybridPasswordReset;
use nyckelbud::password::ldap::LdapPasswordReset;
use nyckelbud::secret::Secret;
use nyckelbud::types::AccountId;

use crate::graph::directory_within;
use crate::support::graph::{Fault, Graph};
use crate::support::samba::{SERVICE, SERVICE_PASSWORD};

/// How long the worker waits for an answer.
const LIMIT: Duration = Duration::from_secs(4);
/// More often than anybody asks.
const ALWAYS: usize = 1_000;

/// Both registers; nobody ever says a word at the address of Active Directory.
fn registers(graph: &Graph, silent: &TcpListener) -> (HybridDirectory, HybridPasswordReset) {
    let servers = LdapServers {
        addresses: vec![format!("ldaps://{}", silent.local_addr().unwrap())],
        ca_file: None,
        bind_dn: SERVICE.to_owned(),
        bind_password: Secret::new(SERVICE_PASSWORD.to_owned()),
        timeout: LIMIT,
    };
    let base_dn = "DC=ad,DC=kommun,DC=example".to_owned();
    let settings = LdapSettings {
        servers,
        base_dn,
        phone_attributes: Vec::new(),
        domains: Vec::new(),
        watched_groups: Vec::new(),
        reads_managers: false,
    };
    let zone = Zone::named("Europe/Stockholm").unwrap();
    let ldap = LdapDirectory::new(settings, Arc::new(SystemClock), zone);
    let cloud = directory_within(graph, LIMIT);
    let people = HybridDirectory::new(cloud.clone(), ldap.clone());
    let reset = HybridPasswordReset::new(
        people.clone(),
        cloud.clone(),
        Arc::new(GraphPasswordReset::new(cloud, Vec::new())),
        LdapPasswordReset::new(ldap, Vec::new()),
    );
    (people, reset)
}

#[tokio::test]
async fn a_change_that_never_left_is_said_not_to_have_in_time() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let (anna, password) = (AccountId::new("id-anna"), generate(&mut rand::rng(), MIN_LENGTH, &[]));
    for synchronised in [true, false] {
        let graph = Graph::start().await;
        graph.change("id-anna", |anna| {
            anna.synced = Some(synchronised);
            anna.immutable_id = Some(BASE64.encode(&[7; 16]));
        });
        let (_, reset) = registers(&graph, &silent);
        graph.fault("/users/id-anna", 1, Fault::Late(LIMIT / 2));
        if !synchronised {
            graph.fault("/users/id-anna", ALWAYS, Fault::Hangs);
        }
        let outcome = tokio::time::timeout(LIMIT, reset.set(&anna, &password)).await;
        let outcome = outcome.expect("before the worker gives up").unwrap();
        assert_eq!(outcome.code(), "not-sent", "synchronised: {synchronised}, {outcome:?}");
        assert_eq!(graph.count("PATCH"), 0);
    }
}

#[tokio::test]
async fn a_look_says_in_time_which_register_did_not_answer() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let graph = Graph::start().await;
    graph.change("id-anna", |anna| {
        anna.synced = Some(true);
        anna.immutable_id = Some(BASE64.encode(&[7; 16]));
    });
    let (people, _) = registers(&graph, &silent);
    graph.fault("/users/id-anna", 1, Fault::Late(LIMIT / 2));
    let looked = tokio::time::timeout(LIMIT, people.facts(&Who::Id(AccountId::new("id-anna")), 0)).await;
    let error = looked.expect("before the worker gives up").expect_err("half of what is known");
    assert!(error.to_string().contains("Active Directory did not answer in time"), "{error}");
}

#[tokio::test]
async fn a_manager_of_whom_active_directory_says_nothing_is_waited_for() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let graph = Graph::start().await;
    let (people, _) = registers(&graph, &silent);
    let anna = Who::Id(AccountId::new("id-anna"));
    assert_eq!(people.facts(&anna, 1).await.unwrap().managers.len(), 1, "nobody comes from there");
    graph.change("id-karin", |karin| {
        karin.synced = Some(true);
        karin.immutable_id = Some(BASE64.encode(&[7; 16]));
    });
    let looked = tokio::time::timeout(LIMIT, people.facts(&anna, 1)).await;
    let error = looked.expect("before the worker gives up").expect_err("it is not known who may be asked");
    assert!(matches!(&error, DirectoryError::Unavailable(_) | DirectoryError::TimedOut), "{error}");
    graph.change("id-karin", |karin| karin.enabled = Some(false));
    assert_eq!(people.facts(&anna, 1).await.unwrap().managers.len(), 1, "whoever is closed is not asked for");
}
