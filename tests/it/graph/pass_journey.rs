//! The whole program handing out Temporary Access Passes: by text and by the manager.

use nyckelbud::types::AccountId;

use super::journey::{WAYS, deliver, link_for_karin};
use crate::support::browser::visible;
use crate::support::daemon::Daemon;
use crate::support::demo_desk;
use crate::support::graph::{Graph, PassPolicy};

async fn started(graph: &Graph) -> Daemon {
    graph.hands_out_passes();
    let config = format!("{}credential = \"temporary-access-pass\"\n", graph.config());
    let mut program = Daemon::with_people(&config, WAYS);
    program.start().await;
    program
}

/// The newest pass, which must stand in `text` by itself.
fn newest_in(graph: &Graph, text: &str) -> String {
    let pass = graph.passes().pop().expect("a pass").pass;
    assert!(text.split_whitespace().any(|word| word == pass), "the pass is not in: {text}");
    pass
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn anna_gets_a_pass_by_text_that_opens_her_account_once() {
    let graph = Graph::start().await;
    let program = started(&graph).await;
    deliver(&program, "one", "070-174 06 05");
    let text = program.texts(1).await.remove(0);
    assert!(text.starts_with("To: 46701740605\n"), "{text}");
    let pass = newest_in(&graph, &text);
    assert!(graph.signs_in("id-anna", &pass));
    let tickets = program.settled(1).await;
    assert_eq!((&tickets[0]["state"], &tickets[0]["outcome"]), (&"resolved".into(), &"sms".into()));
    assert_eq!((graph.passwords(), graph.passes().len()), (Vec::new(), 1));
    graph.assert_documented();
    assert!(!program.log().contains(&pass), "a pass is in the log");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_has_the_pass_made_by_pressing_and_not_before() {
    let graph = Graph::start().await;
    let program = started(&graph).await;
    deliver(&program, "one", "070-174 06 71");
    let link = link_for_karin(&program).await;
    let mut karin = program.browser();
    let offer = karin.open(&link).await.body;
    assert!(visible(&offer).contains("Det gamla lösenordet ändras inte"), "{offer}");
    assert!(graph.passes().is_empty(), "nothing is made before she presses");
    let page = visible(&karin.press(&link).await.body);
    let pass = graph.passes().pop().expect("a pass").pass;
    assert!(page.contains(&pass) && page.contains("Tillfällig kod, gäller till"), "{page}");
    assert!(graph.signs_in("id-anna", &pass));
    graph.assert_documented();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_outside_the_policy_is_a_technicians_ticket_and_keeps_the_password() {
    let graph = Graph::start().await;
    graph.set_pass_policy(PassPolicy { includes: false, ..PassPolicy::default() });
    let program = started(&graph).await;
    deliver(&program, "one", "070-174 06 05");
    let tickets = program.tickets_when("a technician's ticket", |t| t.len() == 1 && t[0]["state"] == "open");
    let tickets = tickets.await;
    assert_eq!(tickets[0]["reason"], "reset-refused", "{tickets:?}");
    assert_eq!((graph.passes().len(), demo_desk::texts(program.folder()).len()), (1, 0), "asked once");
    let account = AccountId::new("id-anna");
    assert!(graph.passwords().iter().all(|(id, _)| id != account.as_str()));
}
