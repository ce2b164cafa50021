//! Temporary Access Passes: what Graph is asked, who gets none, and what each answer says of it.

use std::time::Duration;

use nyckelbud::directory::{Directory, Lookup, Verdict, Who};
use nyckelbud::password::graph::GraphPasswordReset;
use nyckelbud::password::{AccessPass, AccessPasses, PasswordReset, Used};
use nyckelbud::types::{AccountId, Credential, Outcome};

use super::{Change, directory_of_passes};
use crate::support::graph::{Fault, Graph, PassPolicy, Person, USER_ADMINISTRATOR};

fn anna() -> AccountId {
    AccountId::new("id-anna")
}

async fn changed(change: impl FnOnce(&mut Person)) -> (Graph, GraphPasswordReset) {
    let graph = Graph::start().await;
    graph.change("id-anna", change);
    let passes = GraphPasswordReset::new(directory_of_passes(&graph), vec!["skyddade".to_owned()]);
    (graph, passes)
}

async fn issued(passes: &GraphPasswordReset) -> AccessPass {
    passes.issue(&anna()).await.expect("a pass")
}

/// The outcome of a call that brought no pass.
async fn refused(passes: &GraphPasswordReset) -> Outcome {
    passes.issue(&anna()).await.expect_err("no pass")
}

#[tokio::test]
async fn a_pass_opens_the_account_once_and_leaves_its_password() {
    let (graph, passes) = changed(|_| {}).await;
    let pass = issued(&passes).await;
    let lifetime = pass.valid_until.since(nyckelbud::clock::parse_rfc3339("2026-01-01T00:00:00Z").unwrap());
    assert!(lifetime > Duration::from_secs(3600));
    assert_eq!(passes.opened(&anna(), &pass.id).await, Ok(Used::No));
    assert!(graph.signs_in("id-anna", pass.pass.expose()));
    assert!(!graph.signs_in("id-anna", pass.pass.expose()), "once");
    assert_eq!(passes.opened(&anna(), &pass.id).await, Ok(Used::Yes));
    assert_eq!((graph.passwords(), graph.count("PATCH")), (Vec::new(), 0));
    graph.assert_documented();
}

#[tokio::test]
async fn cloud_accounts_are_handed_passes_and_synchronised_ones_are_not() {
    for (synced, credential) in [(false, Credential::TemporaryAccessPass), (true, Credential::Password)] {
        let graph = Graph::start().await;
        graph.change("id-anna", |anna| anna.synced = Some(synced));
        let facts = directory_of_passes(&graph).facts(&Who::Id(anna()), 1).await.unwrap();
        let Lookup::One(account) = facts.lookup else { panic!("{facts:?}") };
        assert_eq!(account.credential, credential);
    }
}

#[tokio::test]
async fn whoever_may_get_no_password_gets_no_pass() {
    let changes: [(&str, Change); 6] = [
        ("its password lives in Active Directory", |a| a.synced = Some(true)),
        ("switched off", |a| a.enabled = Some(false)),
        ("a guest", |a| a.user_type = "Guest".to_owned()),
        ("the role Teams Administrator", |a| a.roles = vec!["Teams Administrator".to_owned()]),
        ("may activate the role", |a| a.eligible = vec![USER_ADMINISTRATOR.to_owned()]),
        ("protected group Skyddade", |a| a.groups = vec![("Skyddade".to_owned(), false)]),
    ];
    for (words, change) in changes {
        let (graph, passes) = changed(change).await;
        let outcome = refused(&passes).await;
        assert!(outcome.code() == "refused" && outcome.detail().contains(words), "{outcome:?}");
        assert_eq!(graph.count("POST"), 0, "{words}");
    }
}

#[tokio::test]
async fn each_answer_says_whether_there_may_be_a_pass() {
    for (fault, kind) in [
        (Fault::Says(400, None, "badRequest"), "refused"),
        (Fault::Says(429, Some(600), "TooManyRequests"), "not-sent"),
        (Fault::Says(503, Some(7), "serviceNotAvailable"), "uncertain"),
        (Fault::Says(500, None, "InternalServerError"), "uncertain"),
        (Fault::Body("{}".to_owned()), "uncertain"),
        (Fault::Cut, "uncertain"),
        (Fault::LosesAnswer, "uncertain"),
    ] {
        let (graph, passes) = changed(|_| {}).await;
        graph.fault("POST", 1, fault);
        assert_eq!(refused(&passes).await.code(), kind);
        assert!(graph.count("POST") <= 1, "asked once");
        if kind == "not-sent" {
            let outcome = refused(&passes).await;
            assert!(outcome.detail().contains("asked to wait"), "{outcome:?}");
        }
    }
}

#[tokio::test]
async fn after_a_lost_answer_the_next_pass_is_the_only_one_that_opens_anything() {
    let (graph, passes) = changed(|_| {}).await;
    graph.fault("POST", 1, Fault::LosesAnswer);
    assert_eq!(refused(&passes).await.code(), "uncertain");
    let pass = issued(&passes).await;
    let lost = graph.passes().remove(0);
    assert!(!graph.signs_in("id-anna", &lost.pass));
    assert!(graph.signs_in("id-anna", pass.pass.expose()));
    assert_eq!(passes.opened(&anna(), &lost.id).await, Ok(Used::Yes), "another has taken its place");
}

#[tokio::test]
async fn a_pass_that_opens_nothing_is_handed_to_nobody() {
    let (graph, passes) = changed(|_| {}).await;
    graph.set_pass_policy(PassPolicy { includes: false, ..PassPolicy::default() });
    let outcome = refused(&passes).await;
    assert!(outcome.code() == "refused" && outcome.detail().contains("DisabledByPolicy"), "{outcome:?}");
    let pass = graph.passes().remove(0).pass;
    assert!(!outcome.detail().contains(&pass), "{outcome:?}");
    for looks in ["", "a b", "åäö#", &"x".repeat(49)] {
        graph.set_pass_policy(PassPolicy { looks: looks.to_owned(), ..PassPolicy::default() });
        assert_eq!(refused(&passes).await.code(), "uncertain", "{looks}");
    }
    graph.set_pass_policy(PassPolicy { lifetime: 0, ..PassPolicy::default() });
    assert_eq!(refused(&passes).await.code(), "uncertain");
}

#[tokio::test]
async fn check_names_the_permission_for_passes_and_what_is_too_many_beside_it() {
    let (graph, passes) = changed(|_| {}).await;
    assert!(passes.probe().await.is_ok());
    let rights = passes.rights().await;
    assert!(rights.iter().all(|right| right.verdict == Verdict::Good), "{rights:?}");
    let reading = directory_of_passes(&graph).rights().await;
    assert!(reading.iter().all(|right| !right.text.contains("more than is needed")), "{reading:?}");

    // A role that setting passwords would need is one too many here, and so is the permission.
    graph.set_own_roles(&[(USER_ADMINISTRATOR, "/")]);
    let rights = passes.rights().await;
    assert!(rights.iter().any(|r| r.right == "roles" && r.verdict == Verdict::Care), "{rights:?}");
    graph.tokens.set_roles(&["User.Read.All", "User-PasswordProfile.ReadWrite.All"]);
    graph.tokens.revoke_all();
    let fresh = GraphPasswordReset::new(again(&graph), Vec::new());
    let rights = fresh.rights().await;
    assert!(rights[0].verdict == Verdict::Bad && rights[0].right.contains("TAP"), "{rights:?}");
    assert!(fresh.probe().await.is_err());
    let reading = again(&graph).rights().await;
    let beyond = reading.iter().find(|right| right.right == "permissions").expect("one too many");
    assert!(beyond.text.contains("User-PasswordProfile"), "{beyond:?}");
}

/// With a token of its own, and the permissions as they are.
fn again(graph: &Graph) -> nyckelbud::directory::graph::GraphDirectory {
    super::directory_for(graph, super::PATIENT, 1000, Credential::TemporaryAccessPass)
}
