//! Who is above: the chain, its odd ends, sponsors, and who is away.

use nyckelbud::directory::{Absence, Directory, Manager, Standing, Who};
use nyckelbud::types::AccountId;
use serde_json::json;

use super::{annas_facts, directory};
use crate::support::graph::{Fault, Graph, Person, Replies, phone};

async fn above(graph: &Graph) -> Vec<Manager> {
    annas_facts(graph).await.unwrap().managers
}

fn ids(managers: &[Manager]) -> Vec<&str> {
    managers.iter().map(|manager| manager.id.as_str()).collect()
}

#[tokio::test]
async fn the_chain_is_told_nearest_first_and_no_further_than_asked() {
    let graph = Graph::start().await;
    let managers = above(&graph).await;
    assert_eq!(ids(&managers), ["id-karin", "id-sven"]);
    assert_eq!(managers[0].phones[0].number.as_ref().unwrap().e164(), "+46701740610");
    assert_eq!((&managers[0].standing, &managers[0].absence), (&Standing::Open, &Absence::Present));
    for (depth, expected) in [(0, &[][..]), (1, &["id-karin"]), (2, &["id-karin", "id-sven"])] {
        let facts = directory(&graph).facts(&Who::Id(AccountId::new("id-anna")), depth).await.unwrap();
        assert_eq!(ids(&facts.managers), expected, "{depth}");
    }
}

#[tokio::test]
async fn a_chain_that_comes_back_ends_there() {
    let graph = Graph::start().await;
    graph.change("id-anna", |a| a.manager = Some("id-anna".to_owned()));
    assert_eq!(ids(&above(&graph).await), ["id-anna"]);
    graph.change("id-anna", |a| a.manager = Some("id-karin".to_owned()));
    graph.change("id-karin", |k| k.manager = Some("id-anna".to_owned()));
    assert_eq!(ids(&above(&graph).await), ["id-karin", "id-anna"]);
}

#[tokio::test]
async fn whoever_cannot_be_reached_is_told_with_the_reason_and_asked_for_nothing() {
    let graph = Graph::start().await;
    let mut contact = Person::new("id-contact", "Extern Chef", "", "+46 701740630");
    contact.kind = "orgContact";
    graph.add(contact);
    graph.change("id-anna", |a| a.manager = Some("id-contact".to_owned()));
    let managers = above(&graph).await;
    assert_eq!(ids(&managers), ["id-contact"]);
    assert!(matches!(&managers[0].standing, Standing::Closed(why) if why.contains("contact")));
    assert_eq!(graph.count("/users/id-contact"), 0);

    graph.change("id-anna", |a| a.manager = Some("id-karin".to_owned()));
    graph.change("id-karin", |k| k.enabled = Some(false));
    assert_eq!(above(&graph).await[0].standing, Standing::Closed("switched off".to_owned()));
    graph.change("id-karin", |k| {
        k.enabled = Some(true);
        k.user_type = "Guest".to_owned();
    });
    let before = graph.count("id-karin/authentication");
    let managers = above(&graph).await;
    assert!(matches!(&managers[0].standing, Standing::Closed(why) if why.contains("guest")));
    assert_eq!((ids(&managers), managers[0].phones.len()), (vec!["id-karin", "id-sven"], 0));
    assert_eq!(graph.count("id-karin/authentication"), before, "a guest's phone is not asked for");
}

#[tokio::test]
async fn sponsors_speak_for_whoever_has_no_manager() {
    let graph = Graph::start().await;
    graph.change("id-anna", |a| a.sponsors = vec!["id-sven".to_owned()]);
    assert_eq!(ids(&above(&graph).await), ["id-karin", "id-sven"], "a manager comes first");
    graph.change("id-anna", |a| a.manager = None);
    assert_eq!(ids(&above(&graph).await), ["id-sven"]);
    graph.change("id-anna", |a| a.sponsors.push("id-karin".to_owned()));
    for (depth, expected) in [(0, &[][..]), (1, &["id-sven"]), (3, &["id-sven", "id-karin"])] {
        let facts = directory(&graph).facts(&Who::Id(AccountId::new("id-anna")), depth).await.unwrap();
        assert_eq!(ids(&facts.managers), expected, "{depth}");
    }
    graph.change("id-anna", |a| a.sponsors.clear());
    assert_eq!(above(&graph).await, []);
}

#[tokio::test]
async fn who_is_away_is_known_or_it_is_said_that_it_is_not() {
    let graph = Graph::start().await;
    let scheduled = |start: &str, end: &str, zone: &str| {
        let time = |at: &str| json!({ "dateTime": at, "timeZone": zone });
        json!({ "status": "Scheduled", "scheduledStartDateTime": time(start),
            "scheduledEndDateTime": time(end), "internalReplyMessage": "<html>" })
    };
    let (past, soon) = ("2026-01-01T00:00:00.0000000", "2999-01-01T00:00:00.0000000");
    for (replies, expected) in [
        (Replies::Set(json!({ "status": "alwaysEnabled" })), Absence::Absent),
        (Replies::Set(scheduled(past, soon, "UTC")), Absence::Absent),
        (Replies::Set(scheduled(soon, soon, "UTC")), Absence::Present),
        (Replies::Set(scheduled(past, soon, "W. Europe Standard Time")), Absence::Unknown),
        (Replies::Set(json!({ "status": "unknownFutureValue" })), Absence::Unknown),
        (Replies::None, Absence::Unknown),
    ] {
        let told = format!("{replies:?}");
        graph.change("id-karin", |karin| karin.replies = replies);
        assert_eq!(above(&graph).await[0].absence, expected, "{told}");
    }
    graph.lacks("MailboxSettings.Read");
    assert_eq!(above(&graph).await[0].absence, Absence::Unknown);
}

#[tokio::test]
async fn a_manager_who_is_told_in_half_is_passed_over_with_the_reason_and_holds_nobody_up() {
    let graph = Graph::start().await;
    graph.change("id-karin", |k| k.phones = json!([phone("+46 *******10", "mobile")]));
    let managers = above(&graph).await;
    assert_eq!(ids(&managers), ["id-karin", "id-sven"]);
    assert!(matches!(&managers[0].standing, Standing::Closed(why) if why.contains("masked")));
    assert_eq!(managers[1].standing, Standing::Open);
    graph.change("id-karin", |k| k.enabled = None);
    assert!(
        matches!(&above(&graph).await[0].standing, Standing::Closed(why) if why.contains("accountEnabled"))
    );
}

#[tokio::test]
async fn a_failed_look_upwards_is_no_missing_manager() {
    let graph = Graph::start().await;
    for part in ["/users/id-anna/manager", "/users/id-karin/manager", "/users/id-karin/authentication"] {
        graph.fault(part, 1, Fault::Says(500, None, "InternalServerError"));
        assert!(annas_facts(&graph).await.is_err(), "{part}");
    }
}
