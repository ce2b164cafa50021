//! A phone that may not be read is not a phone that is not there.

use nyckelbud::directory::{Census, Directory, DirectoryError, ListedPhones, Standing, Verdict, Walk};

use super::{directory, facts, named, one, settings};
use crate::support::samba::{DELEGATED, READ_NO_NUMBER, Unit, domain};

/// The people of `unit`, whose phones stand in an attribute that a line of its own can hide.
fn people(unit: &Unit) -> nyckelbud::directory::ldap::LdapDirectory {
    let attributes = vec!["employeeNumber".to_owned()];
    directory(super::LdapSettings { phone_attributes: attributes, ..settings(&unit.dn()) })
}

fn units() -> (Unit, Unit) {
    let hidden = domain().unit_with(&[&DELEGATED[..], &[READ_NO_NUMBER]].concat());
    (domain().unit(), hidden)
}

#[tokio::test]
async fn a_phone_that_may_not_be_read_is_never_no_phone() {
    let (open, hidden) = units();
    for unit in [&open, &hidden] {
        unit.people(&[("anna", &[("employeeNumber", "070-174 06 05")]), ("bo", &[])]);
    }
    assert_eq!(one(facts(&people(&open), &open.account("anna"), 0).await).phones.len(), 1);
    assert_eq!(one(facts(&people(&open), &open.account("bo"), 0).await).phones, [], "it could be seen");
    for name in ["anna", "bo"] {
        let error = people(&hidden).facts(&named(&hidden.account(name)), 0).await.unwrap_err();
        let DirectoryError::Half(why) = &error else { panic!("{error}") };
        assert!(why.contains("\"Read employeeNumber\" is missing"), "{why}");
    }
    let listed = people(&hidden).walk(Walk::Coverage, &|_| {}).await.unwrap();
    assert!(listed.iter().all(|one| matches!(one.phones, ListedPhones::Unknown(_))), "{listed:?}");
    let listed = people(&open).walk(Walk::Coverage, &|_| {}).await.unwrap();
    assert!(listed.iter().all(|one| one.phones == ListedPhones::Numbers), "{listed:?}");
}

#[tokio::test]
async fn a_manager_whose_phone_may_not_be_read_is_passed_over_with_the_reason() {
    let (open, hidden) = units();
    open.people(&[("cilla", &[("employeeNumber", "070-174 06 10")])]);
    hidden.people(&[("berit", &[("manager", &open.dn_of("cilla"))])]);
    open.people(&[("anna", &[("manager", &hidden.dn_of("berit"))])]);
    let above = facts(&people(&open), &open.account("anna"), 3).await.managers;
    assert_eq!(above.len(), 2, "{above:?}");
    let told = |why: &str| why.contains("cannot be read") && why.contains("employeeNumber");
    assert!(matches!(&above[0].standing, Standing::Closed(why) if told(why)), "{above:?}");
    assert_eq!((&above[1].standing, above[1].phones.len()), (&Standing::Open, 1), "{above:?}");
}

#[tokio::test]
async fn check_names_the_attribute_that_may_not_be_read() {
    let (open, hidden) = units();
    for (unit, verdict) in [(&open, Verdict::Good), (&hidden, Verdict::Bad)] {
        unit.people(&[("anna", &[("employeeNumber", "070-174 06 05")])]);
        let findings = people(unit).rights().await;
        let found = findings.iter().find(|finding| finding.right == "Read employeeNumber").expect("its line");
        assert_eq!(found.verdict, verdict, "{found:#?}");
        assert_eq!(found.todo.contains("RP;employeeNumber"), verdict == Verdict::Bad, "{found:#?}");
    }
}

#[tokio::test]
async fn a_walk_says_of_a_second_attribute_that_may_not_be_read_what_a_look_says() {
    let (open, hidden) = units();
    for unit in [&open, &hidden] {
        let of = |number| [("mobile", number)];
        unit.people(&[
            ("anna", &of("070-174 06 05")),
            ("bo", &of("070-174 06 06")),
            ("cilla", &of("070-174 06 07")),
            ("doris", &[]),
        ]);
    }
    // One whose own access list hides it. Whoever shows no phone is asked about each; which one of the others
    // stands for those like it, the order of the server's answer decides.
    open.restrict("doris", "(OD;;RP;a8df73ef-c5ea-11d1-bbcb-0080c76670c0;;SVC)");
    for (unit, unread) in [(&open, &["doris"][..]), (&hidden, &["anna", "bo", "cilla", "doris"][..])] {
        let attributes = vec!["mobile".to_owned(), "employeeNumber".to_owned()];
        let settings = super::LdapSettings { phone_attributes: attributes, ..settings(&unit.dn()) };
        let people = directory(settings);
        let listed = people.walk(Walk::Coverage, &|_| {}).await.unwrap();
        assert_eq!(listed.len(), 4);
        for name in ["anna", "bo", "cilla", "doris"] {
            let username = unit.account(name);
            let one = listed.iter().find(|one| one.account.username.as_str() == username).expect(name);
            let looked = people.facts(&named(&username), 0).await;
            assert_eq!(looked.is_err(), unread.contains(&name), "{name}: {looked:?}");
            let walked = matches!(one.phones, ListedPhones::Unknown(_));
            assert_eq!(walked, looked.is_err(), "{name}: {:?}", one.phones);
        }
    }
}
