//! Guessing at the sign-in of the desk's people: what it costs the guesser, and whom it must not keep out.

use std::time::Duration;

use nyckelbud::clock::Clock;
use nyckelbud::totp;
use nyckelbud::types::{Role, StaffName, TotpKey};

use super::staff::{Open, code, open, open_behind};
use crate::support::client::{Asked, ask};
use crate::support::staff::{PASSWORD, account, sign_in};

/// Tries to sign in from an address that a proxy of ours tells of.
async fn tried_from(open: &Open, address: &str, name: &str, password: &str, known: &str) -> u16 {
    let page = open.browser().open("/login").await;
    let token =
        page.body.split("name=\"form\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let login = page.header("set-cookie").split(';').next().unwrap().to_owned();
    let cookie = if known.is_empty() { login } else { format!("{login}; nyckelbud-known={known}") };
    let body = format!("form={token}&name={name}&password={password}&code=");
    let fields =
        [("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin"), ("x-forwarded-for", address)];
    ask(open.address, &Asked::post("/login", &body).with(&fields)).await.status
}

#[tokio::test]
async fn strangers_who_guess_keep_out_nobody_who_has_signed_in_here_before() {
    let open = open_behind("trusted_proxies = [\"127.0.0.1\"]").await;
    let mut eva = open.browser();
    sign_in(&mut eva, "eva.lind", PASSWORD, "").await;
    let known = eva.cookie("nyckelbud-known");
    for guess in 0..30 {
        let from = format!("203.0.113.{guess}");
        assert_eq!(tried_from(&open, &from, "eva.lind", "wrong", "").await, 403, "{guess}");
    }
    let (front, last) = known.split_at(known.len() - 1);
    let [of_key, random, mac] = known.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    let forged = [
        format!("{front}{}", if last == "0" { "1" } else { "0" }),
        format!("{of_key}.{}.{mac}", random.chars().rev().collect::<String>()),
        format!("x.{random}.{mac}"),
        format!("{of_key}.{random}."),
    ];
    let right = async |from, known| tried_from(&open, from, "eva.lind", PASSWORD, known).await;
    assert_eq!(right("198.51.100.7", "").await, 429, "the name is guarded, wherever they ask from");
    assert_eq!(right("198.51.100.7", &known).await, 303, "in her own browser she comes in");
    for forged in &forged {
        assert_eq!(right("198.51.100.7", forged).await, 429, "what was not made here is worth nothing");
    }
    assert_eq!(tried_from(&open, "198.51.100.7", "per.ost", PASSWORD, &known).await, 303);
    for _ in 0..5 {
        assert_eq!(tried_from(&open, "198.51.100.7", "eva.lind", "wrong", &known).await, 403);
    }
    assert_eq!(right("198.51.100.7", &known).await, 429, "that browser is counted, too");
}

#[tokio::test]
async fn one_place_may_be_wrong_so_often_and_a_good_sign_in_does_not_count() {
    let open = open_behind("trusted_proxies = [\"127.0.0.1\"]").await;
    for _ in 0..3 {
        assert_eq!(tried_from(&open, "2001:db8:1:2::1", "eva.lind", PASSWORD, "").await, 303);
    }
    for guess in 0..50 {
        let (from, name) = (format!("2001:db8:1:2::{guess:x}"), format!("name{guess}"));
        assert_eq!(tried_from(&open, &from, &name, "wrong", "").await, 403, "{guess}");
    }
    assert_eq!(
        tried_from(&open, "2001:db8:1:2::ffff", "per.ost", PASSWORD, "").await,
        429,
        "one network is one place"
    );
    assert_eq!(tried_from(&open, "2001:db8:1:3::1", "per.ost", PASSWORD, "").await, 303);
}

#[tokio::test]
async fn who_guesses_waits_and_the_right_password_waits_with_them() {
    let open = open().await;
    let mut browser = open.browser();
    for _ in 0..5 {
        assert_eq!(sign_in(&mut browser, "eva.lind", "wrong", "").await.status, 403);
    }
    let page = sign_in(&mut browser, "eva.lind", PASSWORD, "").await;
    assert_eq!(page.status, 429);
    assert!(
        page.header("retry-after").parse::<u64>().unwrap() > 14 * 60 && page.body.contains("15 minuter"),
        "{}",
        page.body
    );
    assert_eq!(
        sign_in(&mut open.browser(), "per.ost", PASSWORD, "").await.status,
        200,
        "a colleague is not kept out"
    );
    open.clock.pass(15 * 60 + 1);
    assert_eq!(sign_in(&mut browser, "eva.lind", PASSWORD, "").await.status, 200);
    for _ in 0..4 {
        assert_eq!(
            sign_in(&mut open.browser(), "eva.lind", "wrong", "").await.status,
            403,
            "tries before a success are forgotten"
        );
    }
}

#[tokio::test]
async fn many_guesses_at_once_are_all_counted() {
    let open = open().await;
    let guesses = (0..12).map(|_| {
        let mut browser = open.browser();
        async move { sign_in(&mut browser, "eva.lind", "wrong", "").await.status }
    });
    let mut set = tokio::task::JoinSet::new();
    guesses.for_each(|guess| drop(set.spawn(guess)));
    let answers = tokio::time::timeout(Duration::from_secs(60), set.join_all()).await.unwrap();
    assert_eq!(answers.iter().filter(|status| **status == 403).count(), 5, "{answers:?}");
    assert_eq!(answers.iter().filter(|status| **status == 429).count(), 7, "{answers:?}");
}

#[tokio::test]
async fn a_sign_in_that_this_browser_did_not_begin_signs_nobody_in() {
    let open = open().await;
    let (mut one, mut other) = (open.browser(), open.browser());
    let page = one.open("/login").await;
    other.open("/login").await;
    let token =
        page.body.split("name=\"form\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let body = format!("form={token}&name=eva.lind&password={PASSWORD}&code=");
    let theirs = format!("nyckelbud-login={}", other.cookie("nyckelbud-login"));
    let own = format!("nyckelbud-login={}", one.cookie("nyckelbud-login"));
    for (cookie, site) in
        [(theirs.as_str(), "same-origin"), (own.as_str(), "cross-site"), ("a=b", "same-origin")]
    {
        let asked = Asked::post("/login", &body).with(&[("cookie", cookie), ("sec-fetch-site", site)]);
        let answer = ask(open.address, &asked).await;
        assert!(answer.status == 403 && answer.body.contains("Inget har hänt"), "{site}");
    }
    assert!(open.events("user.signed-in").await.is_empty());
}

#[tokio::test]
async fn codes_whose_key_is_not_at_hand_let_nobody_in() {
    let open = open().await;
    let key = TotpKey { key_id: "another".to_owned(), nonce: "0".repeat(32) };
    open.desk.employ(&account("siv.alm", Role::Administrator, Some(key))).await;
    for code in ["", "123456"] {
        let page = sign_in(&mut open.browser(), "siv.alm", PASSWORD, code).await;
        assert!(
            page.status == 403 && page.body.contains("Uppgifterna stämmer inte"),
            "{code:?}: {}",
            page.status
        );
    }
}

#[tokio::test]
async fn of_a_code_used_twice_at_the_same_moment_one_comes_in() {
    let open = open().await;
    let ring = open.desk.parts.keyring.clone().unwrap();
    let key = totp::new_key(&ring);
    open.desk.employ(&account("siv.alm", Role::Administrator, Some(key.clone()))).await;
    let address = totp::codes(&ring, &key, &StaffName::parse("siv.alm").unwrap()).unwrap().address().unwrap();
    let now = code(&address, open.clock.now());
    let mut set = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (mut browser, now) = (open.browser(), now.clone());
        set.spawn(async move { sign_in(&mut browser, "siv.alm", PASSWORD, &now).await.status });
    }
    let answers = tokio::time::timeout(Duration::from_secs(60), set.join_all()).await.unwrap();
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
}
