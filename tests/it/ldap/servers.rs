//! Servers that are reached under TLS, or not at all, and the next one when one fails.

use std::net::TcpListener;

use nyckelbud::directory::{Directory, DirectoryError, Verdict};
use nyckelbud::password::PasswordReset;
use nyckelbud::secret::Secret;
use nyckelbud::types::Outcome;

use super::{a_password, directory, facts, id_of, named, one, reset_of, settings, settings_of};
use crate::support::certificates::Certified;
use crate::support::proxy::Proxy;
use crate::support::samba::{SignedIn, domain};

#[tokio::test]
async fn a_certificate_of_another_ca_or_for_another_name_is_refused() {
    let mut wrong = settings("DC=ad,DC=kommun,DC=example");
    let another = Certified::rsa();
    wrong.servers.ca_file = Some(another.file());
    let refused = directory(wrong).probe().await.unwrap_err();
    assert!(refused.to_string().to_lowercase().contains("certificate"), "{refused}");

    let address = format!("ldaps://localhost:{}", domain().ldaps_port());
    let refused = directory(settings_of(&[address], "DC=ad,DC=kommun,DC=example")).probe().await.unwrap_err();
    assert!(refused.to_string().to_lowercase().contains("certificate"), "{refused}");
}

#[tokio::test]
async fn without_ldaps_starttls_protects_the_sign_in() {
    let unit = domain().unit();
    unit.people(&[("anna", &[])]);
    let address = format!("ldap://127.0.0.1:{}", domain().ldap_port());
    let people = directory(settings_of(&[address], &unit.dn()));
    let anna = one(facts(&people, &unit.account("anna"), 0).await).id;
    let password = a_password();
    assert_eq!(reset_of(&people).set(&anna, &password).await.unwrap().code(), "accepted");
    assert_eq!(unit.sign_in("anna", password.expose(), None), SignedIn::MustChange);
}

#[tokio::test]
async fn a_wrong_password_of_ours_is_told_and_not_tried_until_the_account_is_locked() {
    let unit = domain().unit();
    unit.people(&[("anna", &[])]);
    let own = format!("ldaps://127.0.0.1:{}", domain().ldaps_port());
    let mut wrong = settings_of(&[own.clone(), own], &unit.dn());
    wrong.servers.bind_dn = unit.mail("anna");
    wrong.servers.bind_password = Secret::new("fel".to_owned());
    let people = directory(wrong.clone());
    for _ in 0..2 {
        let refused = people.probe().await.unwrap_err().to_string();
        assert!(refused.contains("the name or the password is wrong"), "{refused}");
        assert!(refused.contains("data 52e"), "{refused}");
        assert!(people.rights().await.iter().all(|f| f.verdict == Verdict::Bad));
    }
    assert_eq!(unit.attribute("anna", "badPwdCount").as_deref(), Some("1"));

    wrong.servers.bind_password = Secret::new(String::new());
    let refused = directory(wrong).facts(&named("anna"), 0).await.unwrap_err();
    assert!(matches!(&refused, DirectoryError::Unavailable(why) if why.contains("empty")), "{refused}");
}

#[tokio::test]
async fn the_next_server_is_asked_when_one_fails_before_the_change() {
    let unit = domain().unit();
    unit.people(&[("anna", &[])]);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (first, second) = (Proxy::to(domain().ldaps_port()).await, Proxy::to(domain().ldaps_port()).await);
    let addresses = [format!("ldaps://{closed}"), address(&first), address(&second)];
    let people = directory(settings_of(&addresses, &unit.dn()));
    let anna = id_of(&people, &unit.account("anna")).await;
    // The server that is used goes down between two calls, and within one.
    first.cut();
    assert_eq!(id_of(&people, &unit.account("anna")).await, anna);
    first.lose_a_command_after(1);
    second.lose_a_command_after(1);
    let password = a_password();
    assert_eq!(reset_of(&people).set(&anna, &password).await.unwrap().code(), "accepted");
    assert!(first.has_lost_the_command() || second.has_lost_the_command());
    assert_eq!(unit.sign_in("anna", password.expose(), None), SignedIn::MustChange);
}

#[tokio::test]
async fn without_any_server_nothing_is_concluded_and_nothing_was_sent() {
    let unit = domain().unit();
    unit.people(&[("anna", &[])]);
    let proxy = Proxy::to(domain().ldaps_port()).await;
    let people = directory(settings_of(&[address(&proxy)], &unit.dn()));
    let anna = id_of(&people, &unit.account("anna")).await;
    let was = unit.attribute("anna", "pwdLastSet");
    drop(proxy);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let people = directory(settings_of(&[format!("ldaps://{closed}")], &unit.dn()));
    let refused = people.facts(&named("anna"), 0).await.unwrap_err();
    assert!(matches!(refused, DirectoryError::Unavailable(_)), "{refused}");
    let outcome = reset_of(&people).set(&anna, &a_password()).await.unwrap();
    assert!(matches!(outcome, Outcome::NotSent { .. }), "{outcome:?}");
    assert_eq!(unit.attribute("anna", "pwdLastSet"), was);
}

pub(super) fn address(proxy: &Proxy) -> String {
    format!("ldaps://127.0.0.1:{}", proxy.port())
}
