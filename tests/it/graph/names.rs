//! Looking for people by name, for somebody to choose from.

use nyckelbud::directory::Directory;

use super::directory;
use crate::support::graph::{Fault, Graph, Person};

#[tokio::test]
async fn people_are_found_by_the_words_of_their_names_and_guests_are_not() {
    let graph = Graph::start().await;
    let person = Person::new("id-oda", "Oda Lund", "oda.lund@kommun.example", "+46 701740621");
    graph.add(Person { title: Some("Enhetschef".to_owned()), enabled: Some(false), ..person });
    let guest = Person::new("id-guest", "Oda Gran", "oda_a.example#EXT#@kommun.example", "+46 701740622");
    graph.add(Person { user_type: "Guest".to_owned(), ..guest });
    let people = directory(&graph);
    let names = async |name: &str| {
        let found = people.people(name, 10).await.unwrap();
        found.into_iter().map(|one| one.name).collect::<Vec<_>>()
    };
    for name in ["Oda Lund", "lund oda", "oda.lund@kom", "Oda & Lund"] {
        assert_eq!(names(name).await, ["Oda Lund"], "{name}");
    }
    for evil in ["x\" OR \"displayName:Oda", "x\\", "\"", "x\\\" OR \"displayName:Oda"] {
        assert_eq!(names(evil).await, [""; 0], "{evil}");
    }
    let oda = people.people("Oda Lund", 10).await.unwrap().remove(0);
    assert_eq!((oda.title.as_str(), oda.unit.as_str(), oda.open), ("Enhetschef", "Förskola", false));
    assert_eq!(oda.username.as_str(), "oda.lund@kommun.example");
    let asked = graph.asked();
    assert!(asked.iter().all(|one| !one.path.contains("phone")), "nobody's phone is asked for: {asked:?}");
    graph.assert_documented();
    graph.fault("GET /users", 9, Fault::Says(403, None, "Authorization_RequestDenied"));
    assert!(people.people("Oda", 10).await.is_err(), "no answer is not nobody");
}
