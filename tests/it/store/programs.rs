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
    let message =
        |name: &str| HookMessage { message: name.to_owned(), body: "{}".to_owned(), made_at: NOW, tries: 0 };
    let place = rows[1].place;
    for _ in 0..2 {
        store.tell("a", &[message("m1"), message("m2")], place, NOW).await.unwrap();
    }
    store.tell("a", &[message("m3")], place - 1, NOW).await.unwrap();
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
    store.open_hooks(&["a".to_owned()], NOW.plus(MINUTE)).await.unwrap();
    assert_eq!(claim(NOW.plus(MINUTE)).await[0].tries, 2, "at once after a start");
    assert_eq!(store.hook_state("b").await.unwrap(), None, "it stands in no configuration any more");
    assert!(store.disable_hook("a", &audit("webhook.disabled"), NOW).await.unwrap());
    assert!(!store.disable_hook("a", &audit("webhook.disabled"), NOW).await.unwrap());
    chain("later").await;
    let place = store.untold("a", 10).await.unwrap().last().unwrap().place;
    store.tell("a", &[message("m4")], place, NOW).await.unwrap();
    assert!(claim(NOW.plus(60 * MINUTE)).await.is_empty(), "it is told no more");
    store.open_hooks(&["a".to_owned()], NOW).await.unwrap();
    let state = store.hook_state("a").await.unwrap().unwrap();
    assert_eq!((state.disabled_at, state.failing_since), (None, None), "and after a start again");
}
