//! Looking for people by name, for somebody to choose from.

use nyckelbud::directory::{Directory, Found};

use super::people;
use crate::support::samba::{Unit, domain};

async fn found(unit: &Unit, name: &str, most: u8) -> Vec<Found> {
    let mut found = people(unit).people(name, most).await.unwrap();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

fn names(found: &[Found]) -> Vec<&str> {
    found.iter().map(|one| one.name.as_str()).collect()
}

#[tokio::test]
async fn people_are_found_by_either_of_their_names_and_nobody_by_a_filter() {
    let unit = domain().unit();
    let anna: &[(&str, &str)] = &[
        ("displayName", "Anna Asplund"),
        ("givenName", "Anna"),
        ("sn", "Asplund"),
        ("title", "Enhetschef"),
        ("department", "Hemtjänst Norr"),
        ("mobile", "070-174 06 05"),
    ];
    let off: &[(&str, &str)] = &[("displayName", "Anna (Bert) Öst"), ("userAccountControl", "514")];
    unit.people(&[("anna", anna), ("bert", off), ("carin", &[("displayName", "Carin Asp")])]);
    for name in ["Anna Aspl", "asplund anna", "Aspl"] {
        assert_eq!(names(&found(&unit, name, 10).await), ["Anna Asplund"], "{name}");
    }
    assert_eq!(names(&found(&unit, "anna", 10).await), ["Anna (Bert) Öst", "Anna Asplund"]);
    assert_eq!(names(&found(&unit, "anna (bert", 10).await), ["Anna (Bert) Öst"]);
    assert_eq!(found(&unit, "anna", 1).await.len(), 1);
    for name in ["*", "a*", "anna)(objectClass=*", "\\2a", "070-174 06 05"] {
        assert_eq!(names(&found(&unit, name, 10).await), [""; 0], "{name}");
    }
    let anna = found(&unit, "Aspl", 10).await.remove(0);
    assert_eq!((anna.title.as_str(), anna.unit.as_str(), anna.open), ("Enhetschef", "Hemtjänst Norr", true));
    assert_eq!(anna.username.as_str(), unit.account("anna"));
    assert_eq!(anna.mail.unwrap().as_str(), unit.mail("anna"));
    assert!(!found(&unit, "anna (bert", 10).await[0].open, "what is switched off is told");
}
