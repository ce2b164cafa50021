//! From a name to one account: by each of its names, read again, compared, and never one of several.

use nyckelbud::directory::graph::Until;
use nyckelbud::directory::{DirectoryError, Lookup};

use super::{PATIENT, anna, annas_facts, facts, found};
use crate::support::graph::{Fault, Graph, Person};

#[tokio::test]
async fn anna_is_found_by_each_of_her_names_whatever_their_case() {
    let graph = Graph::start().await;
    for name in [
        "anna.andersson@kommun.example",
        "ANNA.Andersson@Kommun.Example",
        "anna.andersson",
        "a.andersson@kommun.example",
        "anna@kommun.example",
        "aand01",
        "AAND01",
    ] {
        assert_eq!(found(&facts(&graph, name).await.unwrap()), "id-anna", "{name}");
    }
    for name in ["aand02", "a.andersson", "nobody@kommun.example", "anna+x@kommun.example", "and01"] {
        assert_eq!(found(&facts(&graph, name).await.unwrap()), "Nobody", "{name}");
    }
}

#[tokio::test]
async fn a_person_is_read_with_few_questions_each_of_which_is_answered() {
    let graph = Graph::start().await;
    facts(&graph, "aand01").await.unwrap();
    let asked = graph.asked();
    assert!(asked.len() <= 18 && asked.iter().all(|asked| [200, 404].contains(&asked.status)), "{asked:#?}");
    let searched = asked.iter().find(|asked| asked.query.contains_key("$count")).unwrap();
    assert_eq!(searched.query["$filter"], "onPremisesSamAccountName eq 'aand01'");
}

#[tokio::test]
async fn her_account_is_told_as_the_directory_has_it() {
    let graph = Graph::start().await;
    let account = anna(&graph).await;
    assert_eq!(account.username.as_str(), "anna.andersson@kommun.example");
    assert_eq!((account.name.as_str(), account.unit.as_str()), ("Anna Andersson", "Förskola"));
    assert_eq!(account.mail.unwrap().as_str(), "a.andersson@kommun.example");
    assert_eq!(account.groups, ["Alla"]);
    let phone = &account.phones[0];
    assert_eq!(phone.number.as_ref().unwrap().e164(), "+46701740605");
    assert!(phone.registered_at.is_some());
}

#[tokio::test]
async fn quotes_and_odd_characters_find_their_owner_and_nobody_else() {
    let graph = Graph::start().await;
    let upn = "o'hara_1!#^~-x@kommun.example";
    graph.add(Person::new("id-ohara", "O'Hara", upn, "+46 701740620"));
    assert_eq!(found(&facts(&graph, upn).await.unwrap()), "id-ohara");
    let injected = "x'or'1'eq'1@kommun.example";
    assert_eq!(found(&facts(&graph, injected).await.unwrap()), "Nobody");
}

#[tokio::test]
async fn two_who_answer_to_a_name_are_several_in_every_combination() {
    let graph = Graph::start().await;
    let mut other = Person::new("id-other", "Anna Andra", "anna.andra@kommun.example", "+46 701740621");
    other.proxies.push("smtp:a.andersson@kommun.example".to_owned());
    graph.add(other);
    assert_eq!(found(&facts(&graph, "a.andersson@kommun.example").await.unwrap()), "Several");
    let twin = Person::new("id-twin", "Tvilling", "aand01@edu.kommun.example", "+46 701740622");
    graph.add(twin);
    assert_eq!(found(&facts(&graph, "aand01").await.unwrap()), "Several");
}

#[tokio::test]
async fn what_a_late_index_tells_is_not_believed() {
    let graph = Graph::start().await;
    graph.freeze_index();
    graph.change("id-anna", |anna| anna.sam = Some("aand77".to_owned()));
    let error = facts(&graph, "aand01").await.unwrap_err();
    assert!(matches!(error, DirectoryError::Half(_)), "{error}");
    // By a name that the directory itself has, she is found; who was deleted is nobody.
    assert_eq!(found(&facts(&graph, "anna.andersson").await.unwrap()), "id-anna");
    graph.remove("id-anna");
    assert_eq!(found(&facts(&graph, "aand01").await.unwrap()), "Nobody");
}

#[tokio::test]
async fn a_filter_that_was_left_out_in_silence_gives_nobody_a_password() {
    let graph = Graph::start().await;
    let karin = "{\"value\":[{\"id\":\"id-karin\",\"userPrincipalName\":\"karin.chef@kommun.example\"}]}";
    graph.fault("GET /users", 1, Fault::Body(karin.to_owned()));
    let error = facts(&graph, "anna.andersson@kommun.example").await.unwrap_err();
    assert!(matches!(&error, DirectoryError::Half(why) if why.contains("another name")), "{error}");
}

#[tokio::test]
async fn a_look_by_identifier_is_answered_about_that_account_or_not_at_all() {
    let graph = Graph::start().await;
    let karin =
        "{\"id\":\"id-karin\",\"userPrincipalName\":\"karin.chef@kommun.example\",\"accountEnabled\":true}";
    graph.fault("GET /users/id-anna", 1, Fault::Body(karin.to_owned()));
    assert!(matches!(annas_facts(&graph).await, Err(DirectoryError::Half(_))));
    graph.remove("id-anna");
    assert_eq!(annas_facts(&graph).await.unwrap().lookup, Lookup::Nobody);
}

#[tokio::test]
async fn for_the_account_in_active_directory_its_names_there_are_told() {
    let graph = Graph::start().await;
    graph.change("id-anna", |anna| anna.synced = Some(true));
    let id = nyckelbud::types::AccountId::new("id-anna");
    let origin = super::directory(&graph).origin(&id, Until::within(PATIENT)).await.unwrap().unwrap();
    assert!(origin.synchronised);
    assert_eq!(origin.sam_account_name.as_deref(), Some("aand01"));
    assert_eq!(origin.immutable_id.as_deref(), Some("bm8gcmVhbCBndWlkISE="));
    let nobody = nyckelbud::types::AccountId::new("id-nobody");
    assert_eq!(super::directory(&graph).origin(&nobody, Until::within(PATIENT)).await, Ok(None));
}
