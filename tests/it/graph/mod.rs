//! People and passwords by Microsoft Graph, against a service that behaves as its pages document.

mod account;
mod census;
mod checking;
mod coverage;
mod faults;
mod journey;
mod lookup;
mod managers;
mod names;
mod pass_journey;
mod pass_workflow;
mod passes;
mod setting;

use std::sync::Arc;
use std::time::Duration;

use nyckelbud::clock::SystemClock;
use nyckelbud::directory::graph::{GraphDirectory, GraphSettings};
use nyckelbud::directory::{Account, Directory, DirectoryError, Facts, Lookup, Who};
use nyckelbud::http::ServiceUrl;
use nyckelbud::secret::Secret;
use nyckelbud::token::{Credential, TokenSettings, Tokens};
use nyckelbud::types::{AccountId, Credential as Given, Username};

use crate::support::graph::{Graph, Person};
use crate::support::token_endpoint::{CLIENT, SECRET};

/// What is different about somebody.
type Change = fn(&mut Person);

/// Enough for every answer on a busy machine.
const PATIENT: Duration = Duration::from_secs(30);

pub fn directory(graph: &Graph) -> GraphDirectory {
    directory_within(graph, PATIENT)
}

/// One whose every answer takes at most `timeout`.
pub(crate) fn directory_within(graph: &Graph, timeout: Duration) -> GraphDirectory {
    directory_with(graph, timeout, 1000)
}

/// One that asks about at most `per_second` people in a walk.
fn directory_with(graph: &Graph, timeout: Duration, per_second: u32) -> GraphDirectory {
    directory_for(graph, timeout, per_second, Given::Password)
}

/// One whose people are handed passes.
fn directory_of_passes(graph: &Graph) -> GraphDirectory {
    graph.hands_out_passes();
    directory_for(graph, PATIENT, 1000, Given::TemporaryAccessPass)
}

/// One whose site protects the groups of these names.
fn directory_watching(graph: &Graph, groups: &[&str]) -> GraphDirectory {
    let watched_groups = groups.iter().map(|&name| name.to_owned()).collect();
    let settings = settings(graph, PATIENT, 1000, Given::Password);
    GraphDirectory::new(GraphSettings { watched_groups, ..settings }, Arc::new(SystemClock)).unwrap()
}

fn directory_for(graph: &Graph, timeout: Duration, per_second: u32, given: Given) -> GraphDirectory {
    GraphDirectory::new(settings(graph, timeout, per_second, given), Arc::new(SystemClock)).unwrap()
}

fn settings(graph: &Graph, timeout: Duration, per_second: u32, given: Given) -> GraphSettings {
    let origin = graph.base_url().replace("/v1.0", "");
    let tokens = Tokens::default().source(TokenSettings {
        url: ServiceUrl::parse(&graph.tokens.url()).unwrap(),
        client_id: CLIENT.to_owned(),
        credential: Credential::Secret(Secret::new(SECRET.to_owned())),
        scope: format!("{origin}/.default"),
    });
    GraphSettings {
        base_url: graph.base_url(),
        tokens: tokens.unwrap(),
        timeout,
        domains: vec!["kommun.example".to_owned(), "edu.kommun.example".to_owned()],
        per_second,
        watched_groups: vec!["Ekonomi's chefer".to_owned()],
        credential: given,
    }
}

async fn facts(graph: &Graph, name: &str) -> Result<Facts, DirectoryError> {
    let who = Who::Named(Username::parse(name).unwrap());
    let facts = directory(graph).facts(&who, 3).await;
    graph.assert_documented();
    facts
}

async fn annas_facts(graph: &Graph) -> Result<Facts, DirectoryError> {
    let facts = directory(graph).facts(&Who::Id(AccountId::new("id-anna")), 3).await;
    graph.assert_documented();
    facts
}

async fn anna(graph: &Graph) -> Account {
    match annas_facts(graph).await.unwrap().lookup {
        Lookup::One(account) => *account,
        other => panic!("{other:?}"),
    }
}

/// `Nobody`, `Several`, or the one's identifier.
fn found(facts: &Facts) -> &str {
    match &facts.lookup {
        Lookup::One(account) => account.id.as_str(),
        Lookup::Nobody => "Nobody",
        Lookup::Several => "Several",
    }
}
