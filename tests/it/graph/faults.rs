//! Tokens that are refused, services that ask to wait, and answers that come late or not at all.

use std::time::{Duration, Instant};

use nyckelbud::directory::{Directory, DirectoryError, Who};
use nyckelbud::types::AccountId;

use super::{annas_facts, directory, directory_within, found};
use crate::support::graph::{Fault, Graph};
use crate::support::token_endpoint::{Does, SECRET, TOKEN_MARK};

fn anna() -> Who {
    Who::Id(AccountId::new("id-anna"))
}

#[tokio::test]
async fn a_token_is_fetched_once_and_renewed_once_when_it_is_refused() {
    let graph = Graph::start().await;
    let directory = directory(&graph);
    for _ in 0..3 {
        directory.facts(&anna(), 1).await.unwrap();
    }
    assert_eq!(graph.tokens.calls(), 1);
    graph.tokens.revoke_all();
    assert_eq!(found(&directory.facts(&anna(), 1).await.unwrap()), "id-anna");
    assert_eq!(graph.tokens.calls(), 2, "all calls of the look share the new one");
    graph.fault("GET /users", 2, Fault::Says(401, None, "InvalidAuthenticationToken"));
    let error = directory.facts(&anna(), 0).await.unwrap_err();
    assert!(matches!(&error, DirectoryError::Unavailable(why) if why.contains("401")), "{error}");
    assert_eq!(graph.tokens.calls(), 3, "a new token that is refused is not renewed");
}

#[tokio::test]
async fn a_refused_client_is_told_without_its_secret() {
    let graph = Graph::start().await;
    let expired = "{\"error\":\"invalid_client\",\"error_codes\":[7000222]}";
    graph.tokens.does(Does::Says(401, None, expired.to_owned()));
    let error = annas_facts(&graph).await.unwrap_err().to_string();
    assert!(error.contains("the client secret has expired"), "{error}");
    assert!(!error.contains(SECRET) && !error.contains(TOKEN_MARK), "{error}");
    assert!(graph.asked().is_empty());
}

#[tokio::test]
async fn a_wish_to_wait_is_kept_and_the_look_goes_on() {
    let graph = Graph::start().await;
    graph.fault("/users/id-anna/authentication", 1, Fault::Says(429, Some(1), "TooManyRequests"));
    let began = Instant::now();
    assert_eq!(found(&annas_facts(&graph).await.unwrap()), "id-anna");
    assert!(began.elapsed() >= Duration::from_secs(1));
    for (status, code) in [(429, "TooManyRequests"), (503, "serviceNotAvailable"), (504, "UnknownError")] {
        let before = graph.count("/users/id-anna/authentication");
        graph.fault("/users/id-anna/authentication", 2, Fault::Says(status, None, code));
        assert_eq!(found(&annas_facts(&graph).await.unwrap()), "id-anna");
        assert_eq!(graph.count("/users/id-anna/authentication"), before + 3, "{status}");
    }
}

#[tokio::test]
async fn a_wish_that_is_longer_than_the_look_ends_it_at_once() {
    let graph = Graph::start().await;
    graph.fault("GET /users", 1, Fault::Says(429, Some(600), "TooManyRequests"));
    let began = Instant::now();
    let error = annas_facts(&graph).await.unwrap_err().to_string();
    assert!(error.contains("429 TooManyRequests, to ask again in 600 s"), "{error}");
    assert!(error.contains("request-id 7ea5e7e1"), "{error}");
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_late_answer_is_waited_for_and_one_that_never_comes_is_an_error_in_time() {
    let graph = Graph::start().await;
    graph.fault("phoneMethods", 1, Fault::Late(Duration::from_millis(700)));
    assert_eq!(found(&annas_facts(&graph).await.unwrap()), "id-anna");
    graph.fault("phoneMethods", 100, Fault::Hangs);
    let limit = Duration::from_secs(10);
    let directory = directory_within(&graph, limit);
    let answered = tokio::time::timeout(limit, directory.facts(&anna(), 1)).await;
    answered.expect("before whoever asked gives up").unwrap_err();
}

#[tokio::test]
async fn a_connection_that_is_cut_costs_a_second_try() {
    let graph = Graph::start().await;
    graph.fault("phoneMethods", 1, Fault::Cut);
    assert_eq!(found(&annas_facts(&graph).await.unwrap()), "id-anna");
}

#[tokio::test]
async fn the_rest_of_a_list_is_asked_for_nowhere_else() {
    let (graph, other) = (Graph::start().await, Graph::start().await);
    let next = format!("{}/groups", other.base_url());
    let page = format!("{{\"value\":[],\"@odata.nextLink\":\"{next}\"}}");
    graph.fault("microsoft.graph.group", 1, Fault::Body(page));
    let error = annas_facts(&graph).await.unwrap_err();
    assert!(matches!(&error, DirectoryError::Half(why) if why.contains("another service")), "{error}");
    assert!(other.asked().is_empty(), "the token went elsewhere");
}

#[tokio::test]
async fn a_closed_port_is_an_error_and_nobody() {
    let graph = Graph::start().await;
    let directory = directory_within(&graph, Duration::from_secs(5));
    directory.facts(&anna(), 0).await.unwrap();
    drop(graph);
    let error = directory.facts(&anna(), 0).await.unwrap_err();
    assert!(matches!(error, DirectoryError::Unavailable(_) | DirectoryError::TimedOut), "{error}");
}
