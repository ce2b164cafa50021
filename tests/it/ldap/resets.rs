//! Setting passwords, and what the domain says to it.

use std::time::Duration;

use nyckelbud::clock::{Clock, SystemClock};
use nyckelbud::directory::ldap::{LdapDirectory, ObjectGuid};
use nyckelbud::password::{PasswordReset, TemporaryPassword, Used, ValueRefused, made_at};
use nyckelbud::types::{AccountId, Outcome, UnixMillis};

use super::{a_password, id_of, people, reset_of};
use crate::support::samba::{
    DELEGATED, DOMAIN, FIRST_PASSWORD, READ_NO_LOCK, RESET_PASSWORD, SignedIn, WRITE_PWD_LAST_SET, domain,
};

const OWN: &str = "Eget-Losenord-99";

/// Sets `password`; when that was, by the domain's clock.
async fn set(people: &LdapDirectory, account: &AccountId, password: &TemporaryPassword) -> UnixMillis {
    let outcome = reset_of(people).set(account, password).await.unwrap();
    assert_eq!(outcome.code(), "accepted", "{outcome:?}");
    made_at(&outcome).expect("a time")
}

#[tokio::test]
async fn a_password_opens_the_account_once_and_must_be_changed() {
    let unit = domain().unit();
    unit.people(&[("anna", &[])]);
    let people = people(&unit);
    let (reset, anna) = (reset_of(&people), id_of(&people, &unit.account("anna")).await);
    let (password, before) = (a_password(), SystemClock.now());
    set(&people, &anna, &password).await;
    // The same again harms nobody.
    let set_at = set(&people, &anna, &password).await;
    assert!(set_at.plus(Duration::from_secs(1)) >= before && set_at <= SystemClock.now(), "{set_at:?}");
    assert_eq!(reset.used(&anna, set_at).await, Ok(Used::No));
    assert_eq!(unit.sign_in("anna", password.expose(), None), SignedIn::MustChange);
    assert!(unit.sign_in("anna", FIRST_PASSWORD, None).is_wrong_password());
    assert_eq!(unit.sign_in("anna", password.expose(), Some(OWN)), SignedIn::Changed);
    assert_eq!(unit.sign_in("anna", OWN, None), SignedIn::Yes);
    assert_eq!(reset.used(&anna, set_at).await, Ok(Used::Yes));
    let later = UnixMillis(set_at.0 + 600_000);
    assert_eq!(
        reset.used(&anna, later).await,
        Ok(Used::No),
        "as on a server that has not heard of a later one"
    );
}

#[tokio::test]
async fn a_password_is_exchanged_only_while_it_is_the_one_that_we_set() {
    let unit = domain().unit();
    unit.people(&[("anna", &[]), ("berit", &[])]);
    let people = people(&unit);
    let reset = reset_of(&people);
    let (anna, berit) =
        (id_of(&people, &unit.account("anna")).await, id_of(&people, &unit.account("berit")).await);
    let (first, other, new) = (a_password(), a_password(), a_password());
    assert!(reset.exchanges());
    let set_at = set(&people, &anna, &first).await;
    let outcome = reset.exchange(&anna, &other, &new).await;
    assert_eq!(outcome.code(), "refused", "{outcome:?}");
    assert_eq!(unit.sign_in("anna", first.expose(), None), SignedIn::MustChange, "nothing was changed");
    let outcome = reset.exchange(&anna, &first, &new).await;
    assert_eq!(outcome.code(), "accepted", "{outcome:?}");
    assert!(unit.sign_in("anna", first.expose(), None).is_wrong_password());
    // After an exchange the domain cannot tell it from a password that its owner chose.
    assert_eq!(reset.used(&anna, set_at).await, Ok(Used::Yes));
    // The race: she has chosen hers a moment ago.
    set(&people, &berit, &first).await;
    assert_eq!(unit.sign_in("berit", first.expose(), Some(OWN)), SignedIn::Changed);
    let outcome = reset.exchange(&berit, &first, &new).await;
    assert_eq!(outcome.code(), "refused", "{outcome:?}");
    assert_eq!(unit.sign_in("berit", OWN, None), SignedIn::Yes);
}

#[tokio::test]
async fn another_temporary_password_of_somebody_else_ends_ours() {
    let unit = domain().unit();
    unit.people(&[("anna", &[])]);
    let people = people(&unit);
    let (reset, anna) = (reset_of(&people), id_of(&people, &unit.account("anna")).await);
    let set_at = set(&people, &anna, &a_password()).await;
    assert_eq!(reset.used(&anna, set_at).await, Ok(Used::No));
    let earlier = set_at.minus(Duration::from_secs(600));
    assert_eq!(reset.used(&anna, earlier).await, Ok(Used::Yes), "set ten minutes later");
}

#[tokio::test]
async fn a_locked_account_is_unlocked_and_another_is_left_alone() {
    let unit = domain().unit();
    unit.people(&[("anna", &[])]);
    unit.lock("anna");
    let people = people(&unit);
    let anna = id_of(&people, &unit.account("anna")).await;
    let password = a_password();
    set(&people, &anna, &password).await;
    assert_eq!(unit.attribute("anna", "lockoutTime").as_deref(), Some("0"));
    assert_eq!(unit.sign_in("anna", password.expose(), Some(OWN)), SignedIn::Changed);

    // Who is not locked needs no right for it.
    let unit = domain().unit_with(&[RESET_PASSWORD, WRITE_PWD_LAST_SET]);
    unit.people(&[("anna", &[]), ("berit", &[])]);
    unit.lock("berit");
    let people = super::people(&unit);
    let (anna, berit) =
        (id_of(&people, &unit.account("anna")).await, id_of(&people, &unit.account("berit")).await);
    set(&people, &anna, &a_password()).await;
    let outcome = reset_of(&people).set(&berit, &a_password()).await.unwrap();
    let told = matches!(&outcome, Outcome::Refused { cause } if cause.contains("Write lockoutTime"));
    assert!(told, "{outcome:?}");
    assert_eq!(unit.attribute("berit", "pwdLastSet").as_deref().map(|at| at == "0"), Some(false));
}

#[tokio::test]
async fn an_account_that_may_be_locked_is_unlocked_too() {
    let unit = domain().unit_with(&[&DELEGATED[..], &[READ_NO_LOCK]].concat());
    unit.people(&[("anna", &[])]);
    unit.lock("anna");
    let people = people(&unit);
    let anna = id_of(&people, &unit.account("anna")).await;
    let guid = ObjectGuid::parse(anna.as_str()).unwrap();
    assert_eq!(people.by_guid(&guid).await.unwrap().unwrap().locked, None, "it may not be read");
    let password = a_password();
    set(&people, &anna, &password).await;
    assert_eq!(unit.attribute("anna", "lockoutTime").as_deref(), Some("0"));
    assert_eq!(unit.sign_in("anna", password.expose(), Some(OWN)), SignedIn::Changed);

    // Neither to be read nor to be unlocked: better no password than one that opens nothing.
    let unit = domain().unit_with(&[RESET_PASSWORD, WRITE_PWD_LAST_SET, READ_NO_LOCK]);
    unit.people(&[("berit", &[])]);
    let people = super::people(&unit);
    let berit = id_of(&people, &unit.account("berit")).await;
    let outcome = reset_of(&people).set(&berit, &a_password()).await.unwrap();
    let told = |cause: &str| cause.contains("cannot be read") && cause.contains("Write lockoutTime");
    assert!(matches!(&outcome, Outcome::Refused { cause } if told(cause)), "{outcome:?}");
    assert_eq!(unit.sign_in("berit", FIRST_PASSWORD, None), SignedIn::Yes);
}

#[tokio::test]
async fn what_the_policy_does_not_take_is_refused_in_words() {
    let unit = domain().unit();
    unit.people(&[("anna", &[])]);
    let policy = format!("CN=Langa {},CN=Password Settings Container,CN=System,{DOMAIN}", unit.account("p"));
    domain().ldif(&format!(
        "dn: {policy}\nchangetype: add\nobjectClass: msDS-PasswordSettings\n\
         msDS-PasswordSettingsPrecedence: 10\nmsDS-PasswordReversibleEncryptionEnabled: FALSE\n\
         msDS-PasswordHistoryLength: 0\nmsDS-PasswordComplexityEnabled: TRUE\n\
         msDS-MinimumPasswordLength: 40\nmsDS-MinimumPasswordAge: 0\nmsDS-MaximumPasswordAge: -864000000000\n\
         msDS-LockoutThreshold: 0\nmsDS-LockoutObservationWindow: 0\nmsDS-LockoutDuration: 0\n\
         msDS-PSOAppliesTo: {}\n",
        unit.dn_of("anna")
    ));
    let people = people(&unit);
    let anna = id_of(&people, &unit.account("anna")).await;
    let ValueRefused(cause) = reset_of(&people).set(&anna, &a_password()).await.unwrap_err();
    assert!(cause.contains("password policy") && cause.contains("0000052D"), "{cause}");
    assert_eq!(unit.sign_in("anna", FIRST_PASSWORD, None), SignedIn::Yes);
}

#[tokio::test]
async fn closed_unknown_and_undelegated_accounts_are_refused() {
    let unit = domain().unit();
    unit.people(&[("anna", &[("userAccountControl", "514")])]);
    let people = people(&unit);
    let reset = reset_of(&people);
    let anna = id_of(&people, &unit.account("anna")).await;
    for (account, why) in
        [(anna, "switched off"), (AccountId::new("11111111-2222-3333-4444-555555555555"), "any more")]
    {
        let outcome = reset.set(&account, &a_password()).await.unwrap();
        assert!(matches!(&outcome, Outcome::Refused { cause } if cause.contains(why)), "{outcome:?}");
    }
    let unit = domain().unit_with(&[]);
    unit.people(&[("berit", &[])]);
    let people = super::people(&unit);
    let berit = id_of(&people, &unit.account("berit")).await;
    let outcome = reset_of(&people).set(&berit, &a_password()).await.unwrap();
    let told = matches!(&outcome, Outcome::Refused { cause } if cause.contains("Reset Password"));
    assert!(told, "{outcome:?}");
}
