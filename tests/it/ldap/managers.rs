//! The chain above an account.

use nyckelbud::directory::{Absence, Manager, Standing};

use super::{facts, people};
use crate::support::samba::{DELEGATED, READ_NOTHING, domain};

fn names(managers: &[Manager]) -> Vec<&str> {
    managers.iter().map(|manager| manager.name.as_str()).collect()
}

#[tokio::test]
async fn the_chain_is_followed_as_far_as_asked_and_ends_where_it_closes() {
    let unit = domain().unit();
    unit.people(&[
        ("anna", &[]),
        ("berit", &[("mobile", "070-174 06 06")]),
        ("cilla", &[("userAccountControl", "514")]),
        ("doris", &[]),
    ]);
    for (name, above) in [("anna", "berit"), ("berit", "cilla"), ("cilla", "doris"), ("doris", "anna")] {
        unit.set(name, "manager", &unit.dn_of(above));
    }
    let (people, anna) = (people(&unit), unit.account("anna"));
    assert_eq!(facts(&people, &anna, 0).await.managers, []);
    assert_eq!(names(&facts(&people, &anna, 2).await.managers), ["berit", "cilla"]);
    let all = facts(&people, &anna, 10).await.managers;
    assert_eq!(names(&all), ["berit", "cilla", "doris"], "anna closes it");
    assert_eq!(all[0].absence, Absence::Present);
    assert_eq!(all[0].phones.len(), 1);
    assert_eq!(all[1].standing, Standing::Closed("switched off".to_owned()));
    assert_eq!(all[2].standing, Standing::Open);
}

#[tokio::test]
async fn nobody_is_their_own_manager_and_contacts_reach_nobody() {
    let unit = domain().unit();
    let contact = unit.dn_of("Kontakt");
    domain().ldif(&format!("dn: {contact}\nchangetype: add\nobjectClass: contact\ndisplayName: Kontakt\n"));
    unit.people(&[("anna", &[]), ("berit", &[("manager", &contact)])]);
    unit.set("anna", "manager", &unit.dn_of("anna"));
    let people = people(&unit);
    assert_eq!(facts(&people, &unit.account("anna"), 3).await.managers, []);
    let above = facts(&people, &unit.account("berit"), 3).await.managers;
    assert_eq!(names(&above), ["Kontakt"]);
    assert_eq!(above[0].standing, Standing::Closed("a contact, without an account".to_owned()));
}

#[tokio::test]
async fn a_manager_elsewhere_in_the_domain_is_one_all_the_same() {
    let (unit, other) = (domain().unit(), domain().unit());
    other.people(&[("berit", &[("mobile", "070-174 06 06")])]);
    unit.people(&[("anna", &[("manager", &other.dn_of("berit"))])]);
    let above = facts(&people(&unit), &unit.account("anna"), 3).await.managers;
    assert_eq!((names(&above), above[0].phones.len()), (vec!["berit"], 1));
}

#[tokio::test]
async fn managers_who_are_told_in_half_are_passed_over_with_the_reason() {
    let hidden = domain().unit_with(&[&DELEGATED[..], &[READ_NOTHING]].concat());
    hidden.people(&[("cilla", &[]), ("berit", &[("manager", &hidden.dn_of("cilla"))])]);
    let unit = domain().unit();
    unit.people(&[("anna", &[("manager", &hidden.dn_of("berit"))])]);
    let above = facts(&people(&unit), &unit.account("anna"), 3).await.managers;
    assert_eq!(names(&above), ["berit", "cilla"]);
    for manager in &above {
        assert!(matches!(&manager.standing, Standing::Closed(why) if why.contains("userAccountControl")));
        assert_eq!(manager.phones, []);
    }
}
