//! How often the endpoint is asked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use nyckelbud::secret::Secret;
use nyckelbud::token::{Credential, TokenError, TokenSource, Tokens};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::support::token_endpoint::{Does, SECRET, TokenEndpoint};
use crate::support::wait::until;

/// Asks as often at the same time, and gives back the answers.
async fn crowd(source: &TokenSource, count: usize) -> Vec<Result<String, TokenError>> {
    let mut asking = JoinSet::new();
    for _ in 0..count {
        let source = source.clone();
        asking.spawn(async move { source.token().await.map(|token| token.expose().to_owned()) });
    }
    asking.join_all().await
}

#[tokio::test]
async fn a_token_is_fetched_once_and_kept() {
    let endpoint = TokenEndpoint::start().await;
    let source = endpoint.source();
    let first = source.token().await.unwrap();
    assert!(!first.was_kept());
    for _ in 0..100 {
        let token = source.token().await.unwrap();
        assert_eq!((token.expose(), token.was_kept()), (first.expose(), true));
    }
    assert_eq!(endpoint.calls(), 1);
}

#[tokio::test]
async fn two_mailboxes_of_the_same_client_share_a_token_and_a_wrong_secret_gets_none() {
    let endpoint = TokenEndpoint::start().await;
    let tokens = Tokens::default();
    let with = |secret: &str| {
        let credential = Credential::Secret(Secret::new(secret.to_owned()));
        tokens.source(endpoint.settings(credential)).unwrap()
    };
    let (one, two) = (with(SECRET).token().await.unwrap(), with(SECRET).token().await.unwrap());
    assert_eq!((one.expose(), endpoint.calls()), (two.expose(), 1));
    with("wrong").token().await.unwrap_err();
    assert_eq!(endpoint.calls(), 2);
}

#[tokio::test]
async fn however_many_wait_one_of_them_asks() {
    let endpoint = TokenEndpoint::start().await;
    let gate = Arc::new(Semaphore::new(0));
    endpoint.does(Does::Held(Arc::clone(&gate)));
    let source = endpoint.source();
    let waiting = tokio::spawn(async move { crowd(&source, 50).await });
    until("the endpoint is asked", Duration::from_secs(10), || (endpoint.calls() > 0).then_some(())).await;
    gate.add_permits(1);
    let mut tokens: Vec<_> = waiting.await.unwrap().into_iter().map(Result::unwrap).collect();
    tokens.dedup();
    assert_eq!((tokens.len(), endpoint.calls()), (1, 1));
}

#[tokio::test]
async fn a_failure_is_told_to_all_who_wait_and_asked_for_once() {
    let endpoint = TokenEndpoint::start().await;
    endpoint.does(Does::Says(500, None, String::new()));
    let source = endpoint.source();
    let began = Instant::now();
    for answer in crowd(&source, 50).await {
        assert!(matches!(answer.unwrap_err(), TokenError::Unavailable { .. }));
    }
    assert!(began.elapsed() < Duration::from_secs(5), "this machine is too slow to tell");
    assert_eq!(endpoint.calls(), 1);
}

#[tokio::test]
async fn who_gives_up_waiting_does_not_break_off_the_fetch_of_the_others() {
    let endpoint = TokenEndpoint::start().await;
    let gate = Arc::new(Semaphore::new(0));
    endpoint.does(Does::Held(Arc::clone(&gate)));
    let source = endpoint.source();
    let impatient = source.clone();
    let impatient = tokio::spawn(async move { impatient.token().await });
    until("the endpoint is asked", Duration::from_secs(10), || (endpoint.calls() > 0).then_some(())).await;
    impatient.abort();
    assert!(impatient.await.is_err());
    gate.add_permits(1);
    assert!(source.token().await.unwrap().was_kept(), "it came of the first call");
    assert_eq!(endpoint.calls(), 1);
}

#[tokio::test]
async fn a_token_that_lives_short_is_renewed_before_it_ends() {
    let endpoint = TokenEndpoint::start().await;
    endpoint.set_life(Duration::from_secs(4));
    let source = endpoint.source();
    let began = Instant::now();
    let first = source.token().await.unwrap();
    loop {
        let token = source.token().await.unwrap();
        if token.expose() != first.expose() {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(4), "it is used beyond its end");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert!(began.elapsed() >= Duration::from_secs(2), "it is renewed too early");
    assert_eq!(endpoint.calls(), 2);
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_for_all_who_had_it() {
    let endpoint = TokenEndpoint::start().await;
    let source = endpoint.source();
    let old = source.token().await.unwrap();
    let (one, two) = (source.instead_of(&old).await.unwrap(), source.instead_of(&old).await.unwrap());
    assert_ne!(one.expose(), old.expose());
    assert_eq!((one.expose(), endpoint.calls()), (two.expose(), 2));
    assert!(!one.was_kept() && two.was_kept());
}
