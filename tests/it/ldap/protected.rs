//! Accounts that nobody resets by mail, although the server would let the service account.

use nyckelbud::directory::Privilege;
use nyckelbud::password::PasswordReset;
use nyckelbud::types::Outcome;

use super::{a_password, facts, one, people, reset_of};
use crate::support::samba::{FIRST_PASSWORD, SignedIn, Unit, domain};

/// Its look-up says so, a reset is refused, and the old password still opens it.
async fn refused(unit: &Unit, name: &str, why: &str) {
    let people = people(unit);
    let account = one(facts(&people, &unit.account(name), 0).await);
    let told = matches!(&account.privilege, Privilege::Privileged(by) if by.contains(why));
    assert!(told, "{name}: {:?}", account.privilege);
    let outcome = reset_of(&people).set(&account.id, &a_password()).await.unwrap();
    assert!(matches!(&outcome, Outcome::Refused { cause } if cause.contains(why)), "{outcome:?}");
}

#[tokio::test]
async fn members_of_protected_groups_are_refused_however_deep() {
    let unit = domain().unit();
    unit.people(&[("anna", &[]), ("berit", &[]), ("cilla", &[])]);
    unit.join("CN=Domain Admins,CN=Users", &unit.dn_of("anna"));
    let inner = unit.group("Inre", &[unit.dn_of("berit")]);
    let outer = unit.group("Yttre", &[inner]);
    unit.join("CN=Backup Operators,CN=Builtin", &outer);
    refused(&unit, "anna", "Domain Admins").await;
    refused(&unit, "berit", "Backup Operators").await;
    // Not by membership but as the primary group, which no attribute of the group tells.
    unit.join("CN=Schema Admins,CN=Users", &unit.dn_of("cilla"));
    unit.set("cilla", "primaryGroupID", "518");
    refused(&unit, "cilla", "Schema Admins").await;
    for name in ["anna", "berit", "cilla"] {
        assert_eq!(unit.sign_in(name, FIRST_PASSWORD, None), SignedIn::Yes, "{name}");
    }
}

#[tokio::test]
async fn service_accounts_and_smart_cards_are_refused() {
    let unit = domain().unit();
    unit.people(&[
        ("anna", &[("userAccountControl", "66048")]),
        ("berit", &[("servicePrincipalName", "HTTP/webb.ad.kommun.example")]),
        ("cilla", &[("adminCount", "1")]),
        ("doris", &[("userAccountControl", "262656")]),
    ]);
    refused(&unit, "anna", "never expires").await;
    refused(&unit, "berit", "servicePrincipalName").await;
    refused(&unit, "cilla", "adminCount").await;
    refused(&unit, "doris", "smart card").await;
}

#[tokio::test]
async fn the_sites_own_protected_groups_count_at_the_reset_too() {
    let unit = domain().unit();
    unit.people(&[("anna", &[])]);
    let inner = unit.group("Inre", &[unit.dn_of("anna")]);
    domain().ldif(&format!(
        "dn: CN=Skyddade,{}\nchangetype: add\nobjectClass: group\nsAMAccountName: Skyddade\nmember: {inner}\n",
        unit.dn()
    ));
    let people = people(&unit);
    let account = one(facts(&people, &unit.account("anna"), 0).await);
    assert!(account.groups.contains(&"Skyddade".to_owned()), "{:?}", account.groups);
    let outcome = reset_of(&people).set(&account.id, &a_password()).await.unwrap();
    assert!(matches!(&outcome, Outcome::Refused { cause } if cause.contains("Skyddade")), "{outcome:?}");
}
