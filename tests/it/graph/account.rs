//! What kind of account it is: closed, a guest, privileged, with phones of every kind. Each by a table.

use nyckelbud::directory::{DirectoryError, PhoneType, Privilege, Standing};
use serde_json::json;

use super::{Change, anna, annas_facts, facts};
use crate::support::graph::{Fault, Graph, Person, USER_ADMINISTRATOR};

async fn with(change: impl FnOnce(&mut Person)) -> Graph {
    let graph = Graph::start().await;
    graph.change("id-anna", change);
    graph
}

#[tokio::test]
async fn what_closes_an_account_is_said_in_words() {
    let closed = |graph: Graph| async move {
        match anna(&graph).await.standing {
            Standing::Closed(why) => why,
            Standing::Open => "open".to_owned(),
        }
    };
    assert_eq!(closed(with(|_| {}).await).await, "open");
    assert_eq!(closed(with(|a| a.enabled = Some(false)).await).await, "switched off");
    let left = with(|a| a.leaves = Some("2026-01-31T23:00:00Z".to_owned())).await;
    assert_eq!(closed(left).await, "of somebody who left on 2026-01-31");
    let will_leave = with(|a| a.leaves = Some("2999-01-31T23:00:00Z".to_owned())).await;
    assert_eq!(closed(will_leave).await, "open");
    let unknown = with(|a| a.enabled = None).await;
    assert!(matches!(annas_facts(&unknown).await, Err(DirectoryError::Half(_))));
}

#[tokio::test]
async fn every_power_makes_an_account_privileged() {
    let changes: [(&str, Change); 10] = [
        ("a guest", |a| a.creation_type = Some("Invitation".to_owned())),
        ("a guest", |a| a.external_state = Some("Accepted".to_owned())),
        ("a guest", |a| a.user_type = "Guest".to_owned()),
        ("a guest", |a| a.upn = "anna_b.example#EXT#@kommun.example".to_owned()),
        ("restricted management", |a| a.restricted = true),
        ("the role Teams Administrator", |a| a.roles = vec!["Teams Administrator".to_owned()]),
        ("the role User Administrator", |a| a.assigned = vec![USER_ADMINISTRATOR.to_owned()]),
        ("the role 00000000-custom", |a| a.assigned = vec!["00000000-custom".to_owned()]),
        ("may activate the role User Administrator", |a| a.eligible = vec![USER_ADMINISTRATOR.to_owned()]),
        ("the group Driftledning", |a| a.groups.push(("Driftledning".to_owned(), true))),
    ];
    for (words, change) in changes {
        match anna(&with(change).await).await.privilege {
            Privilege::Privileged(by) => assert!(by.contains(words), "{by}: {words}"),
            other => panic!("{words}: {other:?}"),
        }
    }
    assert_eq!(anna(&with(|_| {}).await).await.privilege, Privilege::Ordinary);
}

#[tokio::test]
async fn what_may_not_be_read_counts_as_privileged_and_names_the_permission() {
    for permission in ["RoleManagement.Read.Directory", "GroupMember.Read.All"] {
        let graph = Graph::start().await;
        graph.lacks(permission);
        match anna(&graph).await.privilege {
            Privilege::Unknown(why) => assert!(why.contains(permission), "{why}"),
            other => panic!("{permission}: {other:?}"),
        }
    }
    // What is seen in spite of a gap weighs more.
    let graph = with(|a| a.roles = vec!["Teams Administrator".to_owned()]).await;
    graph.lacks("RoleManagement.Read.Directory");
    assert!(matches!(anna(&graph).await.privilege, Privilege::Privileged(_)));
}

#[tokio::test]
async fn where_nobody_can_have_eligible_roles_nobody_has_and_any_other_refusal_is_no_answer() {
    let graph = Graph::start().await;
    graph.set_licensed(false);
    assert_eq!(anna(&graph).await.privilege, Privilege::Ordinary);
    graph.fault("roleEligibilityScheduleInstances", 1, Fault::Says(400, None, "Request_BadRequest"));
    assert!(matches!(annas_facts(&graph).await, Err(DirectoryError::Unavailable(_))));
    graph.fault("directoryRole", 1, Fault::Says(404, None, "Request_ResourceNotFound"));
    assert!(matches!(annas_facts(&graph).await, Err(DirectoryError::Unavailable(_))));
}

#[tokio::test]
async fn members_of_many_groups_are_read_to_the_last_page() {
    let many = |a: &mut Person| {
        a.groups = (0..7).map(|n| (format!("Grupp {n}"), n == 6)).collect();
    };
    let graph = with(many).await;
    graph.set_page_max(3);
    let account = anna(&graph).await;
    assert_eq!(account.groups.len(), 7);
    assert!(matches!(account.privilege, Privilege::Privileged(by) if by.contains("Grupp 6")));
    assert_eq!(graph.count("microsoft.graph.group"), 3);
}

#[tokio::test]
async fn groups_of_groups_are_groups_of_their_members() {
    let graph = Graph::start().await;
    graph.nest("Alla", "Personal");
    graph.nest("Personal", "Skyddade");
    assert_eq!(anna(&graph).await.groups, ["Alla", "Personal", "Skyddade"]);
    graph.assert_documented();
}

#[tokio::test]
async fn phones_keep_their_types_and_only_numbers_are_numbers() {
    let graph = with(|a| {
        a.phones = json!([
            { "phoneNumber": "+46 0701740605", "phoneType": "mobile" },
            { "phoneNumber": "+46 701740606", "phoneType": "alternateMobile", "createdDateTime": null },
            { "phoneNumber": "+46 406280400x123", "phoneType": "office" },
        ]);
    })
    .await;
    let phones = anna(&graph).await.phones;
    let told: Vec<_> = phones
        .iter()
        .map(|p| (p.kind, p.number.as_ref().map(|n| n.e164().to_owned()), p.registered_at))
        .collect();
    let number = |text: &str| Some(text.to_owned());
    assert_eq!(
        told,
        [
            (PhoneType::Mobile, number("+46701740605"), None),
            (PhoneType::AlternateMobile, number("+46701740606"), None),
            (PhoneType::Office, None, None),
        ]
    );
    assert_eq!(anna(&with(|a| a.phones = json!([])).await).await.phones, []);
}

#[tokio::test]
async fn a_masked_phone_or_one_of_an_unknown_type_is_never_no_phone() {
    for (number, kind, words) in [
        ("+46 *******05", "mobile", "UserAuthMethod-Phone.Read.All"),
        ("+XX XXXXXXXX05", "mobile", "masked"),
        ("+46 701740605", "unknownFutureValue", "unknown type"),
    ] {
        let phones = json!([{ "phoneNumber": number, "phoneType": kind }]);
        let error = annas_facts(&with(|a| a.phones = phones).await).await.unwrap_err();
        assert!(matches!(error, DirectoryError::Half(_)) && error.to_string().contains(words), "{error}");
        assert!(!error.to_string().contains("05"), "{error}");
    }
}

#[tokio::test]
async fn who_may_not_read_people_is_told_which_permission_is_missing() {
    let graph = Graph::start().await;
    graph.lacks("User.Read.All");
    for error in [annas_facts(&graph).await.unwrap_err(), facts(&graph, "anna").await.unwrap_err()] {
        assert!(error.to_string().contains("lacks User.Read.All"), "{error}");
    }
}

#[tokio::test]
async fn a_synchronised_account_is_out_of_reach_before_anything_is_promised() {
    let synced = with(|a| a.synced = Some(true)).await;
    match anna(&synced).await.privilege {
        Privilege::Privileged(by) => assert!(by.contains("Active Directory"), "{by}"),
        other => panic!("{other:?}"),
    }
    // One that was synchronised once is a cloud account now.
    assert_eq!(anna(&with(|a| a.synced = Some(false)).await).await.privilege, Privilege::Ordinary);
}

#[tokio::test]
async fn a_failed_look_at_phones_is_never_no_phone() {
    let graph = Graph::start().await;
    graph.lacks("UserAuthMethod-Phone.Read.All");
    let error = annas_facts(&graph).await.unwrap_err();
    assert!(error.to_string().contains("lacks UserAuthMethod-Phone.Read.All"), "{error}");
    let graph = Graph::start().await;
    for fault in [
        Fault::Says(404, None, "Request_ResourceNotFound"),
        Fault::Says(500, None, "InternalServerError"),
        Fault::Body("{}".to_owned()),
        Fault::Body("{\"value\":{}}".to_owned()),
        Fault::Body("<html>".to_owned()),
    ] {
        graph.fault("id-anna/authentication", 1, fault);
        assert!(annas_facts(&graph).await.is_err());
    }
}
