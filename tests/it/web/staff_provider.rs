//! The desk's people sign in at a real identity provider, whose groups say what they are.

use std::time::{Duration, Instant};

use super::staff::{Open, open_with};
use crate::support::browser::Browser;
use crate::support::client::Answer;
use crate::support::oidc::Oidc;
use crate::support::staff::{PASSWORD, sign_in};

async fn open(provider: &Oidc) -> Open {
    let groups = "technicians = [\"tech\"]\nauditors = [\"audit\"]\nadministrators = [\"admin\"]\n";
    open_with("", &format!("{}{groups}", provider.lines())).await
}

/// Goes to the provider and comes back as `person`.
async fn comes_back(provider: &Oidc, browser: &mut Browser, person: Option<&str>) -> Answer {
    browser.open("/login").await;
    let away = browser.open("/login/provider").await;
    assert_eq!(away.status, 303, "{}", away.body);
    let address = away.header("location").to_owned();
    for part in ["code_challenge_method=S256", "state=", "nonce=", "login%2Fcallback"] {
        assert!(address.contains(part), "{address}");
    }
    let back = provider.sign_in(&address, person).await;
    let page = browser.follow(&back).await;
    if page.status == 200 { browser.open("/account").await } else { page }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_say_what_somebody_is_at_each_sign_in() {
    let provider = Oidc::start();
    let open = open(&provider).await;
    let mut browser = open.browser();
    let page = comes_back(&provider, &mut browser, Some("a-ida.ek!tech")).await;
    assert!(page.status == 200 && page.body.contains("tekniker"), "{}", page.body);
    assert!(page.body.contains("ida.ek@kommun.example"), "{}", page.body);
    let page = comes_back(&provider, &mut open.browser(), Some("a-ida.ek!audit!tech!admin")).await;
    assert!(page.body.contains("administratör"), "{}", page.body);
    assert!(
        browser.open("/account").await.body.contains("tekniker"),
        "a session keeps the role that it began with"
    );
    let signed_in = open.events("user.signed-in").await;
    assert_eq!(signed_in.len(), 2, "{signed_in:?}");
    assert!(signed_in.iter().all(|data| data.contains("provider")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_in_no_group_or_in_too_many_to_tell_has_nothing_to_do_here() {
    let provider = Oidc::start();
    let open = open(&provider).await;
    let page = comes_back(&provider, &mut open.browser(), Some("a-bo.berg!other")).await;
    assert!(page.status == 403 && page.body.contains("inte med i någon grupp"), "{}", page.body);
    assert_eq!(open.events("user.nobody-here").await.len(), 1);
    let page = comes_back(&provider, &mut open.browser(), Some("a-bo.berg!tech!many")).await;
    assert!(page.status == 403 && page.body.contains("Uppgifterna stämmer inte"), "{}", page.body);
    let page = comes_back(&provider, &mut open.browser(), None).await;
    assert!(page.status == 403 && page.body.contains("avbröts"), "{}", page.body);
    assert!(open.events("user.signed-in").await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_at_the_provider_never_becomes_somebody_elses_account() {
    let provider = Oidc::start();
    let open = open(&provider).await;
    let local = "eva.lind@kommun.example";
    open.desk
        .employ(&crate::support::staff::account(local, nyckelbud::types::Role::Administrator, None))
        .await;
    for (person, name) in
        [("a-eva.lind!tech", "eva.lind@kommun.example-2"), ("b-eva.lind!tech", "eva.lind@kommun.example-3")]
    {
        for _ in 0..2 {
            let page = comes_back(&provider, &mut open.browser(), Some(person)).await;
            assert!(page.status == 200 && page.body.contains(&format!("{name} ")), "{name}: {}", page.body);
            assert!(page.body.contains("tekniker"), "{}", page.body);
        }
    }
    let mut admin = open.browser();
    sign_in(&mut admin, local, PASSWORD, "").await;
    let page = admin.open("/account").await;
    assert!(page.status == 200 && page.body.contains("administratör"), "the local account is as it was");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_way_back_is_worth_nothing_in_another_browser_or_twice() {
    let provider = Oidc::start();
    let open = open(&provider).await;
    let (mut own, mut other) = (open.browser(), open.browser());
    own.open("/login").await;
    other.open("/login").await;
    let address = own.open("/login/provider").await.header("location").to_owned();
    let back = provider.sign_in(&address, Some("a-ida.ek!tech")).await;
    let page = other.follow(&back).await;
    assert!(
        page.status == 403 && page.body.contains("för gammal"),
        "the provider is not even asked: {}",
        page.body
    );
    assert_eq!(own.follow(&back).await.status, 200);
    own.open("/login").await;
    assert_eq!(own.follow(&back).await.status, 403, "the code and what this browser kept are used up");
    assert_eq!(open.events("user.signed-in").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_provider_is_down_the_page_says_so_and_opens_the_other_way() {
    let provider = Oidc::start();
    let open = open(&provider).await;
    let page = open.browser().open("/login").await;
    assert!(
        page.body.contains("Logga in med kommunkonto")
            && !page.body.contains("<details class=\"fold\" open>")
    );
    provider.stop();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !open.browser().open("/login").await.body.contains("svarar inte just nu") {
        assert!(Instant::now() < deadline, "nobody notices");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let page = open.browser().open("/login").await;
    assert!(page.body.contains("<details class=\"fold\" open>"), "{}", page.body);
    assert_eq!(sign_in(&mut open.browser(), "eva.lind", PASSWORD, "").await.status, 200);
}
