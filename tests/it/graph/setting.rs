//! Setting a password: what it leaves in Entra ID, who is refused, and what each answer says of it.

use std::time::Duration;

use nyckelbud::clock::{Clock, SystemClock};
use nyckelbud::directory::DirectoryError;
use nyckelbud::password::generate::generate;
use nyckelbud::password::graph::GraphPasswordReset;
use nyckelbud::password::{PasswordReset, TemporaryPassword, Used, ValueRefused, made_at};
use nyckelbud::types::{AccountId, Outcome, UnixMillis};

use super::{Change, directory, directory_within};
use crate::support::graph::{ALL, Fault, Graph, Person, REQUEST_ID, USER_ADMINISTRATOR};

fn password() -> TemporaryPassword {
    generate(&mut rand::rng(), 12, &[])
}

fn anna() -> AccountId {
    AccountId::new("id-anna")
}

/// The outcome of one set, which is not about the value; its words repeat no part of the password.
async fn set(reset: &GraphPasswordReset, password: &TemporaryPassword) -> Outcome {
    let outcome = reset.set(&anna(), password).await.expect("no matter of the value");
    assert_silent(outcome.detail(), password);
    outcome
}

#[track_caller]
fn assert_silent(said: &str, password: &TemporaryPassword) {
    assert!(!password.expose().split('-').any(|part| said.contains(part)), "{said}");
}

async fn changed(change: impl FnOnce(&mut Person)) -> (Graph, GraphPasswordReset) {
    let graph = Graph::start().await;
    graph.change("id-anna", change);
    let reset = GraphPasswordReset::new(directory(&graph), vec!["skyddade".to_owned()]);
    (graph, reset)
}

#[tokio::test]
async fn a_password_opens_the_account_and_must_be_changed() {
    let (graph, reset) = changed(|_| {}).await;
    let password = password();
    let before = SystemClock.now();
    let outcome = set(&reset, &password).await;
    assert!(outcome.code() == "accepted" && outcome.detail().starts_with(REQUEST_ID), "{outcome:?}");
    // Graph's own time of it, to the second.
    let at = made_at(&outcome).expect("a time");
    assert!(at.plus(Duration::from_secs(1)) >= before && at <= SystemClock.now(), "{outcome:?}");
    assert_eq!(reset.used(&anna(), at).await, Ok(Used::No));
    assert_eq!(graph.opens("id-anna", password.expose()), Some(true));
    // The same value again is harmless.
    assert_eq!(set(&reset, &password).await.code(), "accepted");
    assert_eq!(graph.opens("id-anna", password.expose()), Some(true));
    graph.assert_documented();
}

#[tokio::test]
async fn who_may_not_get_one_is_read_anew_and_refused_before_anything_is_sent() {
    let changes: [(&str, Change); 8] = [
        ("its password lives in Active Directory", |a| a.synced = Some(true)),
        ("switched off", |a| a.enabled = Some(false)),
        ("left on 2026-01-31", |a| a.leaves = Some("2026-01-31T00:00:00Z".to_owned())),
        ("a guest", |a| a.user_type = "Guest".to_owned()),
        ("the role Teams Administrator", |a| a.roles = vec!["Teams Administrator".to_owned()]),
        ("may activate the role", |a| a.eligible = vec![USER_ADMINISTRATOR.to_owned()]),
        ("restricted management", |a| a.restricted = true),
        ("protected group Skyddade", |a| a.groups = vec![("Skyddade".to_owned(), false)]),
    ];
    for (words, change) in changes {
        let (graph, reset) = changed(change).await;
        let outcome = set(&reset, &password()).await;
        assert_eq!(outcome.code(), "refused", "{words}");
        assert!(outcome.detail().contains(words), "{outcome:?}");
        assert_eq!(graph.count("PATCH"), 0, "{words}");
    }
    let (graph, reset) = changed(|_| {}).await;
    graph.remove("id-anna");
    assert_eq!(set(&reset, &password()).await.code(), "refused");
    graph.lacks("RoleManagement.Read.Directory");
}

#[tokio::test]
async fn when_it_cannot_be_read_nothing_is_set() {
    let (graph, reset) = changed(|_| {}).await;
    graph.fault("roleAssignments", 1, Fault::Says(500, None, "InternalServerError"));
    assert_eq!(set(&reset, &password()).await.code(), "not-sent");
    let (graph, reset) = changed(|_| {}).await;
    graph.lacks("RoleManagement.Read.Directory");
    let outcome = set(&reset, &password()).await;
    assert!(outcome.code() == "refused" && outcome.detail().contains("RoleManagement"), "{outcome:?}");
    assert_eq!(graph.passwords(), []);
}

#[tokio::test]
async fn a_value_that_is_refused_can_be_followed_by_another() {
    let (graph, reset) = changed(|_| {}).await;
    let banned = password();
    graph.ban(banned.expose());
    let ValueRefused(why) = reset.set(&anna(), &banned).await.unwrap_err();
    assert!(why.contains("400 Request_BadRequest") && why.contains("another may do"), "{why}");
    assert_silent(&why, &banned);
    // A refusal that is not about the value.
    graph.fault("PATCH", 1, Fault::Says(400, None, "Request_BadRequest"));
    assert_eq!(set(&reset, &password()).await.code(), "refused");
    assert_eq!(set(&reset, &password()).await.code(), "accepted");
}

#[tokio::test]
async fn a_missing_permission_and_a_missing_role_are_told_apart() {
    let (graph, reset) = changed(|_| {}).await;
    graph.lacks("User-PasswordProfile.ReadWrite.All");
    let outcome = set(&reset, &password()).await;
    assert!(outcome.detail().contains("lacks User-PasswordProfile.ReadWrite.All"), "{outcome:?}");
    let (graph, reset) = changed(|_| {}).await;
    graph.set_own_roles(&[]);
    let outcome = set(&reset, &password()).await;
    assert!(outcome.detail().contains("lacks the role User Administrator"), "{outcome:?}");
    assert_eq!(outcome.code(), "refused");
    // A wider permission lets passwords be set as well: then it is the role that is missing.
    let (graph, reset) = changed(|_| {}).await;
    graph.set_own_roles(&[]);
    let narrow = "User-PasswordProfile.ReadWrite.All";
    let wider = ALL.into_iter().filter(|permission| *permission != narrow).chain(["User.ReadWrite.All"]);
    graph.tokens.set_roles(&wider.collect::<Vec<_>>());
    let outcome = set(&reset, &password()).await;
    assert!(outcome.detail().contains("lacks the role User Administrator"), "{outcome:?}");
}

#[tokio::test]
async fn a_change_is_sent_once_whatever_comes_back() {
    for (fault, kind) in [
        (Fault::Says(429, None, "TooManyRequests"), "not-sent"),
        (Fault::Says(503, Some(7), "serviceNotAvailable"), "uncertain"),
        (Fault::Says(503, None, "serviceNotAvailable"), "uncertain"),
        (Fault::Says(500, None, "InternalServerError"), "uncertain"),
        (Fault::Says(504, None, "UnknownError"), "uncertain"),
        (Fault::Body("{}".to_owned()), "uncertain"),
        (Fault::Cut, "uncertain"),
    ] {
        let (graph, reset) = changed(|_| {}).await;
        graph.fault("PATCH", 1, fault);
        assert_eq!(set(&reset, &password()).await.code(), kind);
        let reached = graph.count("PATCH");
        assert!(reached <= 1 && graph.passwords().is_empty(), "{reached}");
    }
}

#[tokio::test]
async fn a_wish_to_wait_holds_for_the_next_change_too() {
    let (graph, reset) = changed(|_| {}).await;
    graph.fault("PATCH", 1, Fault::Says(429, Some(600), "TooManyRequests"));
    assert_eq!(set(&reset, &password()).await.code(), "not-sent");
    let outcome = set(&reset, &password()).await;
    assert!(outcome.code() == "not-sent" && outcome.detail().contains("asked to wait"), "{outcome:?}");
    assert_eq!(graph.count("PATCH"), 1);
}

#[tokio::test]
async fn after_a_lost_answer_the_same_value_again_leaves_exactly_one_password() {
    let (graph, reset) = changed(|_| {}).await;
    graph.fault("PATCH", 1, Fault::LosesAnswer);
    let password = password();
    assert_eq!(set(&reset, &password).await.code(), "uncertain");
    assert_eq!(graph.opens("id-anna", password.expose()), Some(true), "it was changed all the same");
    assert_eq!(set(&reset, &password).await.code(), "accepted");
    let set = graph.passwords();
    assert!(set.len() == 2 && set.iter().all(|(_, value)| value == password.expose()));
}

#[tokio::test]
async fn a_change_that_gets_no_answer_is_uncertain_in_time() {
    let graph = Graph::start().await;
    let limit = Duration::from_secs(10);
    let reset = GraphPasswordReset::new(directory_within(&graph, limit), Vec::new());
    graph.fault("PATCH", 1, Fault::Hangs);
    let password = password();
    let answered = tokio::time::timeout(limit, set(&reset, &password)).await;
    assert_eq!(answered.expect("before the worker gives up").code(), "uncertain");
}

#[tokio::test]
async fn a_refused_token_is_renewed_and_the_change_made_once() {
    let (graph, reset) = changed(|_| {}).await;
    graph.fault("PATCH", 1, Fault::Says(401, None, "InvalidAuthenticationToken"));
    assert_eq!(set(&reset, &password()).await.code(), "accepted");
    assert_eq!((graph.tokens.calls(), graph.passwords().len()), (2, 1));
}

#[tokio::test]
async fn a_later_change_of_the_password_shows_that_ours_was_used() {
    let at = |text: &str| nyckelbud::clock::parse_rfc3339(text).unwrap();
    let (graph, reset) = changed(|a| a.changed_at = Some("2026-11-24T09:00:30Z".to_owned())).await;
    assert_eq!(reset.used(&anna(), at("2026-11-24T09:00:00Z")).await, Ok(Used::No), "it is ours");
    // Two minutes are the clocks' and a repeated call's; what comes later is somebody else's.
    for (set_at, used) in [("2026-11-24T08:58:30Z", Used::No), ("2026-11-24T08:58:29Z", Used::Yes)] {
        assert_eq!(reset.used(&anna(), at(set_at)).await, Ok(used), "{set_at}");
    }
    assert_eq!(reset.used(&anna(), at("2026-11-24T08:00:00Z")).await, Ok(Used::Yes));
    graph.change("id-anna", |a| a.changed_at = None);
    assert!(matches!(reset.used(&anna(), UnixMillis(0)).await, Err(DirectoryError::Half(_))));
    graph.remove("id-anna");
    assert!(reset.used(&anna(), UnixMillis(0)).await.is_err());
}
