//! A walk over everybody: by the report where that is enough, by a call for each where numbers are needed.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use nyckelbud::directory::{
    Census, DirectoryError, Listed, ListedPhones, Part, PhoneType, Privilege, Progress, Walk,
};
use nyckelbud::types::AccountId;
use serde_json::json;

use super::{PATIENT, directory, directory_watching, directory_with};
use crate::support::graph::{Fault, Graph, Person, USER_ADMINISTRATOR, phone};

async fn walked(graph: &Graph, walk: Walk) -> Result<(Vec<Listed>, Vec<Progress>), DirectoryError> {
    let told = Mutex::new(Vec::new());
    let tell = |progress| told.lock().unwrap().push(progress);
    let listed = directory(graph).walk(walk, &tell).await?;
    graph.assert_documented();
    Ok((listed, told.into_inner().unwrap()))
}

fn read(what: Part, done: usize, all: Option<usize>) -> Progress {
    Progress::Read { what, done, all }
}

fn of<'l>(listed: &'l [Listed], id: &str) -> &'l Listed {
    listed.iter().find(|one| one.account.id.as_str() == id).unwrap_or_else(|| panic!("no {id}"))
}

#[tokio::test]
async fn coverage_reads_types_from_the_report_and_asks_nobodys_phones() {
    let graph = Graph::start().await;
    graph.set_page_max(2);
    graph.change("id-anna", |a| {
        a.phones = json!([phone("+46 701740605", "mobile"), phone("+46 406280400", "office")]);
    });
    graph.change("id-sven", |s| s.enabled = Some(false));
    let (listed, told) = walked(&graph, Walk::Coverage).await.unwrap();
    assert_eq!(listed.len(), 3);
    let anna = of(&listed, "id-anna");
    assert_eq!(anna.phones, ListedPhones::Types(vec![PhoneType::Mobile, PhoneType::Office]));
    assert_eq!(anna.manager.as_ref().unwrap().as_str(), "id-karin");
    // The report leaves out who is switched off.
    assert!(matches!(of(&listed, "id-sven").phones, ListedPhones::Unknown(_)));
    assert_eq!(graph.count("phoneMethods"), 0);
    let ends =
        [read(Part::Accounts, 3, Some(3)), read(Part::Sponsors, 2, None), read(Part::Sponsors, 3, None)];
    assert_eq!(told[told.len() - 3..], ends);
    assert_eq!(told.first(), Some(&read(Part::Report, 2, None)), "{told:?}");
}

#[tokio::test]
async fn whoever_the_report_does_not_know_yet_is_asked_about() {
    let graph = Graph::start().await;
    graph.change("id-anna", |a| a.reported = false);
    graph.change("id-sven", |s| (s.reported, s.enabled) = (false, Some(false)));
    let (listed, told) = walked(&graph, Walk::Coverage).await.unwrap();
    assert_eq!(of(&listed, "id-anna").phones, ListedPhones::Numbers);
    assert_eq!(of(&listed, "id-anna").account.phones.len(), 1);
    assert_eq!(of(&listed, "id-karin").phones, ListedPhones::Types(vec![PhoneType::Mobile]));
    assert!(matches!(of(&listed, "id-sven").phones, ListedPhones::Unknown(_)), "nobody has a use for it");
    assert_eq!((told.last(), graph.count("phoneMethods")), (Some(&read(Part::Phones, 1, Some(1))), 1));
}

#[tokio::test]
async fn without_the_report_and_for_a_copy_everybody_is_asked_about() {
    let graph = Graph::start().await;
    let (listed, told) = walked(&graph, Walk::Export).await.unwrap();
    let anna = of(&listed, "id-anna");
    assert_eq!(anna.phones, ListedPhones::Numbers);
    assert_eq!(anna.account.phones[0].number.as_ref().unwrap().e164(), "+46701740605");
    let phones = [1, 2, 3].map(|done| read(Part::Phones, done, Some(3)));
    let people = [read(Part::Accounts, 3, Some(3)), read(Part::Sponsors, 3, None)];
    assert_eq!(told, [&people[..], &phones[..]].concat());
    assert_eq!(graph.count("phoneMethods"), 3);
    assert_eq!(graph.count("userRegistrationDetails"), 0);
    graph.lacks("AuditLog.Read.All");
    let (listed, told) = walked(&graph, Walk::Coverage).await.unwrap();
    assert_eq!(of(&listed, "id-karin").account.phones.len(), 1);
    assert!(matches!(&told[0], Progress::EachAsked(why) if why.contains("registration report")), "{told:?}");
}

#[tokio::test]
async fn nobody_is_asked_about_faster_than_permitted() {
    let graph = Graph::start().await;
    graph.set_page_max(2);
    for n in 0..8 {
        let upn = format!("vikarie{n}@kommun.example");
        let mut person = Person::new(&format!("id-{n}"), "Vikarie", &upn, "+46 701740650");
        person.groups.push((format!("Beredskap {n}"), true));
        graph.add(person);
    }
    let listed = directory_with(&graph, PATIENT, 20).walk(Walk::Export, &|_| {}).await.unwrap();
    assert_eq!(listed.len(), 11);
    let asked = graph.asked();
    // People and their sponsors; members of groups that roles can be given to, and of a role's owner that is none.
    for (part, calls) in [("/users", 6 + 6), ("/microsoft.graph.user", 8 + 1), ("/phoneMethods", 11)] {
        let paced = asked.iter().filter(|one| one.path.ends_with(part));
        let times: Vec<Instant> = paced.map(|one| one.at).collect();
        assert_eq!(times.len(), calls, "{part}");
        let span = times[calls - 1].duration_since(times[0]);
        // The first may have been a little late.
        assert!(span >= Duration::from_millis(50) * (calls as u32 - 2), "{part}: {span:?}");
    }
}

#[tokio::test]
async fn who_is_privileged_is_known_by_role_by_group_and_by_eligibility() {
    let graph = Graph::start().await;
    graph.change("id-anna", |a| a.assigned = vec![USER_ADMINISTRATOR.to_owned()]);
    graph.change("id-karin", |k| k.eligible = vec![USER_ADMINISTRATOR.to_owned()]);
    // A role of a group: the group is the principal.
    let mut group = Person::new("Driftledning", "Driftledning", "", "");
    group.kind = "group";
    group.assigned = vec![USER_ADMINISTRATOR.to_owned()];
    graph.add(group);
    graph.change("id-sven", |s| s.groups.push(("Drift".to_owned(), false)));
    graph.nest("Drift", "Driftledning");
    graph.add(Person::new("id-lisa", "Lisa Lund", "lisa.lund@kommun.example", "+46 701740640"));
    // A group that roles can be given to, and that has none today.
    let mut eva = Person::new("id-eva", "Eva Ek", "eva.ek@kommun.example", "+46 701740641");
    eva.groups.push(("Beredskap".to_owned(), true));
    graph.add(eva);
    let (listed, _) = walked(&graph, Walk::Coverage).await.unwrap();
    for id in ["id-anna", "id-karin", "id-sven", "id-eva"] {
        assert!(matches!(of(&listed, id).account.privilege, Privilege::Privileged(_)), "{id}");
    }
    assert_eq!(of(&listed, "id-lisa").account.privilege, Privilege::Ordinary);
    for permission in ["RoleManagement.Read.Directory", "GroupMember.Read.All"] {
        graph.lacks(permission);
        let told = |_| {};
        let walked = directory_watching(&graph, &[]).walk(Walk::Coverage, &told).await.unwrap();
        let by = &of(&walked, "id-lisa").account.privilege;
        assert!(matches!(by, Privilege::Unknown(why) if why.contains(permission)), "{by:?}");
    }
}

#[tokio::test]
async fn who_speaks_for_somebody_without_a_manager_and_who_is_passed_over_is_known() {
    let graph = Graph::start().await;
    graph.set_page_max(2);
    let mut union = Person::new("id-facket", "Facket", "", "");
    union.kind = "group";
    graph.add(union);
    graph.change("id-sven", |s| s.sponsors = ["id-facket", "id-anna"].map(str::to_owned).to_vec());
    graph.change("id-karin", |k| k.user_type = "Guest".to_owned());
    let (listed, _) = walked(&graph, Walk::Coverage).await.unwrap();
    let sponsors = |id: &str| of(&listed, id).sponsors.clone();
    assert_eq!(sponsors("id-sven"), Some(vec![AccountId::new("id-anna")]), "a group speaks for nobody");
    assert_eq!(sponsors("id-anna"), Some(Vec::new()));
    assert!(of(&listed, "id-karin").passed_over && !of(&listed, "id-anna").passed_over);
    // Where Graph does not list sponsors, nobody knows them.
    graph.fault("/users?$expand=sponsors", 1, Fault::Says(400, None, "Request_UnsupportedQuery"));
    let (listed, _) = walked(&graph, Walk::Coverage).await.unwrap();
    assert_eq!(of(&listed, "id-sven").sponsors, None);
}

#[tokio::test]
async fn members_of_protected_groups_are_known_by_the_groups_name() {
    let graph = Graph::start().await;
    graph.change("id-karin", |k| k.groups.push(("Ekonomi's chefer".to_owned(), false)));
    let (listed, _) = walked(&graph, Walk::Coverage).await.unwrap();
    assert_eq!(of(&listed, "id-karin").account.groups, ["Ekonomi's chefer"]);
    graph.nest("Alla", "Personal");
    graph.nest("Personal", "Ekonomi's chefer");
    let (listed, _) = walked(&graph, Walk::Coverage).await.unwrap();
    assert_eq!(of(&listed, "id-sven").account.groups, ["Ekonomi's chefer"], "through two others");
    let graph = Graph::start().await;
    graph.change("id-karin", |k| k.groups.push(("Ekonomi's chefer".to_owned(), false)));
    let (listed, _) = walked(&graph, Walk::Coverage).await.unwrap();
    assert_eq!(of(&listed, "id-anna").account.groups, [""; 0]);
}

#[tokio::test]
async fn one_who_cannot_be_read_is_told_one_who_is_gone_is_not_and_an_outage_ends_the_walk() {
    let graph = Graph::start().await;
    graph.change("id-anna", |a| a.phones = json!([phone("+46 *******05", "mobile")]));
    let (listed, _) = walked(&graph, Walk::Export).await.unwrap();
    assert!(matches!(&of(&listed, "id-anna").phones, ListedPhones::Unknown(why) if why.contains("masked")));
    graph.fault("id-sven/authentication", 1, Fault::Says(404, None, "Request_ResourceNotFound"));
    graph.fault("GET /users/id-sven", 1, Fault::Says(404, None, "Request_ResourceNotFound"));
    let (listed, _) = walked(&graph, Walk::Export).await.unwrap();
    assert_eq!(listed.len(), 2);
    graph.fault("id-karin/authentication", 1, Fault::Says(500, None, "InternalServerError"));
    assert!(walked(&graph, Walk::Export).await.is_err());
}

#[tokio::test]
async fn one_odd_account_hides_no_other_and_where_all_are_odd_nothing_was_read() {
    let graph = Graph::start().await;
    graph.change("id-anna", |a| a.odd = true);
    graph.change("id-sven", |s| s.enabled = None);
    let (listed, told) = walked(&graph, Walk::Coverage).await.unwrap();
    assert_eq!(listed.iter().map(|one| one.account.id.as_str()).collect::<Vec<_>>(), ["id-karin"]);
    assert!(told.iter().any(|told| matches!(told, Progress::LeftOut { accounts: 2, .. })), "{told:?}");
    graph.change("id-karin", |k| k.enabled = None);
    let error = walked(&graph, Walk::Coverage).await.unwrap_err();
    assert!(matches!(&error, DirectoryError::Half(why) if why.contains("no account")), "{error}");
}

#[tokio::test]
async fn a_list_without_an_end_ends_the_walk() {
    let graph = Graph::start().await;
    let has_no_end =
        |error: &DirectoryError| matches!(error, DirectoryError::Half(why) if why.contains("no end"));
    graph.never_ends("users");
    let error = walked(&graph, Walk::Export).await.unwrap_err();
    assert!(has_no_end(&error) && graph.count("GET /users") < 20, "{error}");
    let graph = Graph::start().await;
    graph.never_ends("reports/authenticationMethods/userRegistrationDetails");
    let error = walked(&graph, Walk::Coverage).await.unwrap_err();
    assert!(has_no_end(&error) && graph.count("userRegistrationDetails") < 20, "{error}");
    // One of which nobody can tell whether a page brings something new.
    let graph = Graph::start().await;
    graph.never_ends("roleManagement/directory/roleAssignments");
    let error = walked(&graph, Walk::Export).await.unwrap_err();
    assert!(has_no_end(&error) && graph.count("roleAssignments") < 6000, "{error}");
}

#[tokio::test]
async fn a_page_that_leads_to_itself_is_no_answer() {
    let graph = Graph::start().await;
    let next = format!("{}/roleManagement/directory/roleAssignments", graph.base_url());
    let page = format!("{{\"value\":[],\"@odata.nextLink\":\"{next}\"}}");
    graph.fault("roleAssignments", 1, Fault::Body(page));
    assert!(matches!(walked(&graph, Walk::Export).await, Err(DirectoryError::Half(_))));
}

#[tokio::test]
async fn guests_and_those_under_restricted_management_are_privileged_in_a_walk_too() {
    let graph = Graph::start().await;
    graph.change("id-anna", |a| a.user_type = "Guest".to_owned());
    graph.change("id-karin", |k| k.restricted = true);
    for walk in [Walk::Coverage, Walk::Export] {
        let (listed, _) = walked(&graph, walk).await.unwrap();
        for (id, words) in [("id-anna", "a guest"), ("id-karin", "restricted management")] {
            let by = &of(&listed, id).account.privilege;
            assert!(matches!(by, Privilege::Privileged(by) if by.contains(words)), "{id}: {by:?}");
        }
        assert_eq!(of(&listed, "id-sven").account.privilege, Privilege::Ordinary);
    }
}

#[tokio::test]
async fn whoever_the_report_calls_an_admin_is_privileged_even_where_roles_may_not_be_read() {
    let graph = Graph::start().await;
    graph.change("id-anna", |a| a.roles = vec!["Teams Administrator".to_owned()]);
    for lacking in [false, true] {
        if lacking {
            graph.lacks("RoleManagement.Read.Directory");
        }
        let (listed, _) = walked(&graph, Walk::Coverage).await.unwrap();
        let by = &of(&listed, "id-anna").account.privilege;
        assert!(matches!(by, Privilege::Privileged(_)), "{lacking}: {by:?}");
    }
}

#[tokio::test]
async fn whoever_is_synchronised_counts_as_nobody_who_could_be_helped() {
    let graph = Graph::start().await;
    graph.change("id-anna", |a| a.synced = Some(true));
    let (listed, _) = walked(&graph, Walk::Coverage).await.unwrap();
    let by = &of(&listed, "id-anna").account.privilege;
    assert!(matches!(by, Privilege::Privileged(by) if by.contains("Active Directory")), "{by:?}");
    assert_eq!(of(&listed, "id-karin").account.privilege, Privilege::Ordinary);
}
