//! Setting passwords, and what the domain says to it.

use nyckelbud::clock::{Clock, SystemClock};
use nyckelbud::password::{PasswordReset, Used, ValueRefused};
use nyckelbud::types::{AccountId, Outcome, UnixMillis};

use super::{a_password, id_of, people, reset_of};
use crate::support::samba::{DOMAIN, FIRST_PASSWORD, RESET_PASSWORD, SignedIn, WRITE_PWD_LAST_SET, domain};

const OWN: &str = "Eget-Losenord-99";

fn accepted() -> Outcome {
    Outcome::Accepted { reference: String::new() }
}

#[tokio::test]
async fn a_password_opens_the_account_once_and_must_be_changed() {
    let unit = domain().unit();
    unit.people(&[("anna", &[])]);
    let people = people(&unit);
    let (reset, anna) = (reset_of(&people), id_of(&people, &unit.account("anna")).await);
    let password = a_password();
    let set_at = SystemClock.now();
    assert_eq!(reset.set(&anna, &password).await.unwrap(), accepted());
    assert_eq!(reset.set(&anna, &password).await.unwrap(), accepted(), "the same again harms nobody");
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
async fn another_temporary_password_of_somebody_else_ends_ours() {
    let unit = domain().unit();
    unit.people(&[("anna", &[])]);
    let people = people(&unit);
    let (reset, anna) = (reset_of(&people), id_of(&people, &unit.account("anna")).await);
    assert_eq!(reset.set(&anna, &a_password()).await.unwrap(), accepted());
    let now = SystemClock.now();
    assert_eq!(reset.used(&anna, now).await, Ok(Used::No));
    assert_eq!(reset.used(&anna, UnixMillis(now.0 - 600_000)).await, Ok(Used::Yes), "set ten minutes later");
}

#[tokio::test]
async fn a_locked_account_is_unlocked_and_another_is_left_alone() {
    let unit = domain().unit();
    unit.people(&[("anna", &[])]);
    unit.lock("anna");
    let people = people(&unit);
    let anna = id_of(&people, &unit.account("anna")).await;
    let password = a_password();
    assert_eq!(reset_of(&people).set(&anna, &password).await.unwrap(), accepted());
    assert_eq!(unit.attribute("anna", "lockoutTime").as_deref(), Some("0"));
    assert_eq!(unit.sign_in("anna", password.expose(), Some(OWN)), SignedIn::Changed);

    // Who is not locked needs no right for it.
    let unit = domain().unit_with(&[RESET_PASSWORD, WRITE_PWD_LAST_SET]);
    unit.people(&[("anna", &[]), ("berit", &[])]);
    unit.lock("berit");
    let people = super::people(&unit);
    let (anna, berit) =
        (id_of(&people, &unit.account("anna")).await, id_of(&people, &unit.account("berit")).await);
    assert_eq!(reset_of(&people).set(&anna, &a_password()).await.unwrap(), accepted());
    let outcome = reset_of(&people).set(&berit, &a_password()).await.unwrap();
    let told = matches!(&outcome, Outcome::Refused { cause } if cause.contains("Write lockoutTime"));
    assert!(told, "{outcome:?}");
    assert_eq!(unit.attribute("berit", "pwdLastSet").as_deref().map(|at| at == "0"), Some(false));
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
