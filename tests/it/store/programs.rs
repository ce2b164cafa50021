//! Tokens, requests that are done once, and what webhooks are told.

use std::time::Duration;

use nyckelbud::keyring::{KeyBytes, Keyring};
use nyckelbud::store::*;
use nyckelbud::types::{Scope, TokenName, UnixMillis};

use super::make::*;
use super::world::World;

const MINUTE: Duration = Duration::from_secs(60);

fn audit(event: &str) -> AuditEntry {
    AuditEntry { actor: "cli:eva".to_owned(), event: event.to_owned(), data: "{}".to_owned() }
}

fn token(name: &str) -> Token {
    Token {
        name: TokenName::parse(name).unwrap(),
        scopes: vec![Scope::Read, Scope::Audit],
        made_by: "cli:eva".to_owned(),
        made_at: NOW,
        expires_at: Some(NOW.plus(10 * MINUTE)),
        revoked_at: None,
        used_at: None,
    }
}

pub async fn a_token_is_found_by_its_hash_until_it_ends(world: World) {
    let store = world.store.as_ref();
    assert!(store.add_token(&token("bot"), "aa", &audit("token.added"), NOW).await.unwrap());
    assert!(!store.add_token(&token("bot"), "bb", &audit("token.added"), NOW).await.unwrap());
    let found = store.token("aa", NOW).await.unwrap().unwrap();
    assert_eq!(found, token("bot"));
    assert_eq!(store.token("bb", NOW).await.unwrap(), None);
    assert_eq!(store.all_tokens().await.unwrap()[0].used_at, Some(NOW));
    store.token("aa", NOW.plus(MINUTE / 2)).await.unwrap().unwrap();
    assert_eq!(store.all_tokens().await.unwrap()[0].used_at, Some(NOW), "once a minute");
    assert_eq!(store.token("aa", NOW.plus(10 * MINUTE)).await.unwrap(), None, "it has expired");
    let name = TokenName::parse("bot").unwrap();
    assert!(store.revoke_token(&name, &audit("token.revoked"), NOW).await.unwrap());
    assert!(!store.revoke_token(&name, &audit("token.revoked"), NOW).await.unwrap());
    assert_eq!(store.token("aa", NOW).await.unwrap(), None, "it was ended");
    assert!(
        !store.add_token(&token("bot"), "cc", &audit("token.added"), NOW).await.unwrap(),
        "no name twice"
    );
    let rows = store.audit_rows(&AuditFilter::default(), 10).await.unwrap();
    assert_eq!(
        rows.iter().map(|row| row.entry.event.as_str()).collect::<Vec<_>>(),
        ["token.revoked", "token.added"]
    );
}

pub async fn a_request_is_begun_by_one_of_many(world: World) {
    let begin = |n: u32| {
        let store = std::sync::Arc::clone(&world.store);
        async move {
            let token = TokenName::parse("bot").unwrap();
            let asked = AskedOnce { token, key: "k".to_owned(), fingerprint: "f".to_owned() };
            store
                .begin_once(&asked, NOW.minus(MINUTE), NOW.minus(MINUTE), NOW.plus(MINUTE * n))
                .await
                .unwrap()
        }
    };
    let (one, two, three) = tokio::join!(begin(0), begin(0), begin(0));
    let begun = [one, two, three].into_iter().filter(|known| *known == OnceBegun::Now).count();
    assert_eq!(begun, 1);
}

fn message(name: &str) -> HookMessage {
    HookMessage { message: name.to_owned(), body: "{}".to_owned(), made_at: NOW, tries: 0 }
}

fn names(hooks: &[&str]) -> Vec<String> {
    hooks.iter().map(|hook| (*hook).to_owned()).collect()
}

/// Chains a row of the audit log. Answers its place for a webhook that was told of all before.
async fn chained(store: &dyn Store, hook: &str) -> i64 {
    store.note(&audit("something"), NOW).await.unwrap();
    store.seal_audit(&Keyring::new(KeyBytes::new([7; 32]), Vec::new()), 100).await.unwrap();
    store.untold(hook, 10).await.unwrap().last().unwrap().place
}

pub async fn no_start_and_no_stop_is_a_try_or_makes_one_due(world: World) {
    let store = world.store.as_ref();
    store.open_hooks(&names(&["a"]), NOW).await.unwrap();
    let place = chained(store, "a").await;
    store.tell("a", &[(place, message("m1"))], place, NOW).await.unwrap();
    let claim =
        async |now: UnixMillis| store.claim_hook_messages("a", 10, now.plus(MINUTE), now).await.unwrap();
    let mut now = NOW;
    for _ in 0..20 {
        // The program is stopped while it tells it, and is started again.
        assert_eq!(claim(now).await[0].tries, 1, "no try was ended");
        store.open_hooks(&names(&["a"]), now).await.unwrap();
        now = now.plus(MINUTE);
    }
    assert_eq!(claim(now).await[0].tries, 1);
    store.hook_failed("a", "m1", "it answers 500", Some(now.plus(5 * MINUTE)), now).await.unwrap();
    for _ in 0..20 {
        store.open_hooks(&names(&["a"]), now).await.unwrap();
        assert!(claim(now).await.is_empty(), "a start makes nothing due");
    }
    assert_eq!(claim(now.plus(5 * MINUTE)).await[0].tries, 2);
}

pub async fn a_webhook_of_another_node_is_kept_until_no_node_has_named_it_for_a_day(world: World) {
    let store = world.store.as_ref();
    store.open_hooks(&names(&["a", "b"]), NOW).await.unwrap();
    let place = chained(store, "b").await;
    store.tell("b", &[(place, message("m1"))], place, NOW).await.unwrap();
    // A node starts whose configuration does not name it yet.
    store.open_hooks(&names(&["a"]), NOW.plus(HOUR)).await.unwrap();
    assert_eq!(store.hook_state("b").await.unwrap().unwrap().waiting, 1);
    store.name_hooks(&names(&["a", "b"]), NOW.plus(23 * HOUR)).await.unwrap();
    store.open_hooks(&names(&["a"]), NOW.plus(46 * HOUR)).await.unwrap();
    assert_eq!(store.hook_state("b").await.unwrap().unwrap().waiting, 1, "one has named it since");
    store.open_hooks(&names(&["a"]), NOW.plus(48 * HOUR)).await.unwrap();
    assert_eq!(store.hook_state("b").await.unwrap(), None);
    assert!(store.hook_state("a").await.unwrap().is_some());
    store.name_hooks(&names(&["b"]), NOW.plus(48 * HOUR)).await.unwrap();
    assert!(store.untold("b", 10).await.unwrap().is_empty(), "as a new one it hears what comes");
    let later = chained(store, "b").await;
    assert!(later > place);
}

pub async fn what_another_node_told_is_not_told_again(world: World) {
    let store = world.store.as_ref();
    store.open_hooks(&names(&["a"]), NOW).await.unwrap();
    let first = chained(store, "a").await;
    // This node has read the first row, and another one as well.
    store.tell("a", &[(first, message("m1"))], first, NOW).await.unwrap();
    assert_eq!(store.claim_hook_messages("a", 10, NOW.plus(MINUTE), NOW).await.unwrap().len(), 1);
    store.hook_took("a", "m1", NOW).await.unwrap();
    let second = chained(store, "a").await;
    store.tell("a", &[(first, message("m1")), (second, message("m2"))], second, NOW).await.unwrap();
    let due = store.claim_hook_messages("a", 10, NOW.plus(MINUTE), NOW).await.unwrap();
    assert_eq!(due.iter().map(|message| message.message.as_str()).collect::<Vec<_>>(), ["m2"]);
}

pub async fn failures_of_days_are_days_of_tries_and_end_when_nothing_waits(world: World) {
    let store = world.store.as_ref();
    store.open_hooks(&names(&["a"]), NOW).await.unwrap();
    let place = chained(store, "a").await;
    store.tell("a", &[(place, message("m1")), (place, message("m2"))], place, NOW).await.unwrap();
    let fails = async |name: &str, now: UnixMillis, again: Option<UnixMillis>| {
        store.hook_failed("a", name, "it answers 500", again, now).await.unwrap();
        let state = store.hook_state("a").await.unwrap().unwrap();
        (state.failing_since, state.failed_days)
    };
    let again = Some(NOW.plus(MINUTE));
    assert_eq!(fails("m1", NOW, again).await, (Some(NOW), 0));
    assert_eq!(fails("m2", NOW.plus(HOUR), again).await, (Some(NOW), 0));
    // The clock is set forward by a year.
    assert_eq!(fails("m1", NOW.plus(8760 * HOUR), again).await, (Some(NOW), 1));
    assert_eq!(fails("m2", NOW.plus(8761 * HOUR), again).await, (Some(NOW), 1));
    assert_eq!(fails("m1", NOW.plus(8790 * HOUR), None).await, (Some(NOW), 2), "another one waits");
    assert_eq!(fails("m2", NOW.plus(8790 * HOUR), None).await, (None, 0), "all was given up");
}

pub async fn what_waits_by_a_clock_that_was_set_back_is_told_soon(world: World) {
    let store = world.store.as_ref();
    let ahead = NOW.plus(1000 * HOUR);
    store.open_hooks(&names(&["a"]), NOW).await.unwrap();
    let place = chained(store, "a").await;
    store.tell("a", &[(place, message("m1")), (place, message("m2"))], place, ahead).await.unwrap();
    store.hook_failed("a", "m2", "it answers 500", Some(NOW.plus(20 * HOUR)), NOW).await.unwrap();
    store.wake_all(NOW).await.unwrap();
    let due = store.claim_hook_messages("a", 10, NOW.plus(MINUTE), NOW).await.unwrap();
    assert_eq!(due.iter().map(|message| message.message.as_str()).collect::<Vec<_>>(), ["m1"]);
}

pub async fn old_answers_are_forgotten_without_a_new_request(world: World) {
    let store = world.store.as_ref();
    let token = TokenName::parse("bot").unwrap();
    let asked = AskedOnce { token, key: "k".to_owned(), fingerprint: "f".to_owned() };
    store.begin_once(&asked, NOW, NOW, NOW).await.unwrap();
    assert_eq!(store.forget_asked(NOW).await.unwrap(), 0);
    assert_eq!(store.forget_asked(NOW.plus(MINUTE)).await.unwrap(), 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM api_request").await, 0);
}

pub async fn a_webhook_is_told_what_is_chained_once_and_in_one_place(world: World) {
    let store = world.store.as_ref();
    let ring = Keyring::new(KeyBytes::new([7; 32]), Vec::new());
    let chain = async |event: &str| {
        store.note(&audit(event), NOW).await.unwrap();
        store.seal_audit(&ring, 100).await.unwrap();
    };
    chain("before").await;
    store.open_hooks(&["a".to_owned(), "b".to_owned()], NOW).await.unwrap();
    assert!(store.untold("a", 10).await.unwrap().is_empty(), "nothing of what was before");
    store.note(&audit("waits"), NOW).await.unwrap();
    assert!(store.untold("a", 10).await.unwrap().is_empty(), "not before it is chained");
    chain("after").await;
    let rows = store.untold("a", 10).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.entry.event.as_str()).collect::<Vec<_>>(), ["waits", "after"]);
    let places = [rows[0].place, rows[1].place];
    let of_both = [(places[0], message("m1")), (places[1], message("m2"))];
    store.tell("a", &of_both, places[1], NOW).await.unwrap();
    store.tell("a", &of_both, places[1], NOW).await.unwrap();
    store.tell("a", &[(places[0], message("m3"))], places[0], NOW).await.unwrap();
    assert!(store.untold("a", 10).await.unwrap().is_empty());
    assert_eq!(store.untold("b", 10).await.unwrap().len(), 2, "each has a mark of its own");
    let claim =
        async |now: UnixMillis| store.claim_hook_messages("a", 10, now.plus(MINUTE), now).await.unwrap();
    let first = claim(NOW).await;
    assert_eq!(
        first.iter().map(|m| (m.message.as_str(), m.tries)).collect::<Vec<_>>(),
        [("m1", 1), ("m2", 1)]
    );
    assert!(claim(NOW).await.is_empty(), "one of two nodes has it");
    store.hook_took("a", "m1", NOW).await.unwrap();
    store.hook_failed("a", "m2", "it answers 500", Some(NOW.plus(5 * MINUTE)), NOW).await.unwrap();
    let state = store.hook_state("a").await.unwrap().unwrap();
    assert_eq!((state.failing_since, state.waiting, state.said.as_str()), (Some(NOW), 1, "it answers 500"));
    assert!(claim(NOW.plus(MINUTE)).await.is_empty());
    assert_eq!(claim(NOW.plus(5 * MINUTE)).await[0].tries, 2);
    assert!(store.disable_hook("a", &audit("webhook.disabled"), NOW).await.unwrap());
    assert!(!store.disable_hook("a", &audit("webhook.disabled"), NOW).await.unwrap());
    chain("later").await;
    let place = store.untold("a", 10).await.unwrap().last().unwrap().place;
    store.tell("a", &[(place, message("m4"))], place, NOW).await.unwrap();
    assert!(claim(NOW.plus(60 * MINUTE)).await.is_empty(), "it is told no more");
    store.open_hooks(&["a".to_owned()], NOW).await.unwrap();
    let state = store.hook_state("a").await.unwrap().unwrap();
    assert_eq!((state.disabled_at, state.failing_since), (None, None), "and after a start again");
}
