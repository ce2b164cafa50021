//! The chain above an account.

use nyckelbud::directory::{Absence, Census, Directory, Manager, Standing, Verdict, Walk};

use super::{facts, people};
use crate::support::samba::{
    DELEGATED, LIST_NOTHING, READ_NO_ACCOUNT_CONTROL, READ_NO_MANAGER, READ_NOTHING, READ_NOTHING_AT_ALL,
    domain,
};

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
    assert_eq!(names(&all), ["berit", "cilla", "doris", "anna"], "anna comes again and closes it");
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
    assert_eq!(
        names(&facts(&people, &unit.account("anna"), 3).await.managers),
        ["anna"],
        "told, and asked nothing"
    );
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
    for by_the_unit in [true, false] {
        let hidden = if by_the_unit {
            domain().unit_with(&[&DELEGATED[..], &[READ_NOTHING]].concat())
        } else {
            domain().unit()
        };
        hidden.people(&[("cilla", &[]), ("berit", &[("manager", &hidden.dn_of("cilla"))])]);
        for name in ["berit", "cilla"].into_iter().filter(|_| !by_the_unit) {
            hidden.restrict(name, READ_NO_ACCOUNT_CONTROL);
        }
        let unit = domain().unit();
        unit.people(&[("anna", &[("manager", &hidden.dn_of("berit"))])]);
        let above = facts(&people(&unit), &unit.account("anna"), 3).await.managers;
        assert_eq!(names(&above), ["berit", "cilla"]);
        for manager in &above {
            assert!(matches!(&manager.standing, Standing::Closed(why) if why.contains("userAccountControl")));
            assert_eq!(manager.phones, []);
        }
    }
}

/// Those above somebody who may be read: the first sits where the service account lacks `right`, and is
/// restricted by `own`.
async fn hidden_by(right: &str, own: Option<&str>) -> Vec<Manager> {
    let hidden = domain().unit_with(&[&DELEGATED[..], &[right]].concat());
    hidden.people(&[("cilla", &[]), ("berit", &[("manager", &hidden.dn_of("cilla"))])]);
    let unit = domain().unit();
    unit.people(&[("anna", &[("manager", &hidden.dn_of("berit"))])]);
    if let Some(line) = own {
        hidden.restrict("berit", line);
    }
    facts(&people(&unit), &unit.account("anna"), 3).await.managers
}

#[tokio::test]
async fn a_manager_who_may_not_be_read_ends_the_chain_in_words() {
    let all = Some(READ_NOTHING_AT_ALL);
    for (right, own, words) in [
        (LIST_NOTHING, None, "the service account may not see it there"),
        ("", all, "the service account may not"),
    ] {
        let above = hidden_by(right, own).await;
        assert_eq!(above.len(), 1, "{above:?}");
        assert!(above[0].name.starts_with("berit"), "{above:?}");
        let told = matches!(&above[0].standing, Standing::Closed(why) if why.contains(words));
        assert!(told, "{right} {own:?}: {above:?}");
    }
}

#[tokio::test]
async fn that_nobody_can_see_who_is_above_is_not_that_nobody_is() {
    let hidden = domain().unit();
    hidden.people(&[("berit", &[("mobile", "070-174 06 06")]), ("anna", &[])]);
    hidden.set("anna", "manager", &hidden.dn_of("berit"));
    for name in ["anna", "berit"] {
        hidden.restrict(name, READ_NO_MANAGER);
    }
    let unit = domain().unit();
    unit.people(&[("anna", &[("manager", &hidden.dn_of("berit"))])]);
    let told = |manager: &Manager, of: &str| {
        let why = matches!(&manager.standing, Standing::Closed(why) if why.contains("\"Read manager\""));
        why && manager.name == format!("the manager of {of}")
    };
    let above = facts(&people(&hidden), &hidden.account("anna"), 3).await.managers;
    assert!(above.len() == 1 && told(&above[0], "anna"), "{above:?}");
    let above = facts(&people(&unit), &unit.account("anna"), 3).await.managers;
    assert!(above.len() == 2 && above[0].phones.len() == 1 && told(&above[1], "berit"), "{above:?}");
    assert_eq!(facts(&people(&unit), &unit.account("anna"), 1).await.managers.len(), 1, "no further");
    assert_eq!(facts(&people(&hidden), &hidden.account("anna"), 0).await.managers, []);

    for (unit, verdict) in [(&hidden, Verdict::Bad), (&unit, Verdict::Good)] {
        let findings = people(unit).rights().await;
        let found = findings.iter().find(|finding| finding.right == "Read manager").expect("its line");
        assert_eq!(found.verdict, verdict, "{found:#?}");
        assert_eq!(found.todo.contains("RP;manager"), verdict == Verdict::Bad, "{found:#?}");
    }
}

#[tokio::test]
async fn in_a_walk_a_manager_elsewhere_is_named_and_not_among_those_read() {
    let (unit, other) = (domain().unit(), domain().unit());
    other.people(&[("berit", &[("mobile", "070-174 06 06")])]);
    unit.people(&[("anna", &[("manager", &other.dn_of("berit"))])]);
    let listed = people(&unit).walk(Walk::Coverage, &|_| {}).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert!(listed[0].manager.as_ref().is_some_and(|id| *id != listed[0].account.id), "{listed:?}");
}
