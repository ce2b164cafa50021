//! The whole program with people from Graph: a mail goes in, a text comes out, and what it says opens the
//! account in Entra ID and must be changed there.

use std::sync::Arc;

use nyckelbud::clock::rfc3339;
use nyckelbud::delivery::Receipt;
use nyckelbud::password::graph::GraphPasswordReset;
use nyckelbud::types::Reason;

use super::directory;
use crate::support::browser::visible;
use crate::support::daemon::{Daemon, PATIENCE};
use crate::support::demo_desk;
use crate::support::desk::{OpenDesk, TurnedClock};
use crate::support::graph::{Fault, Graph, Person};
use crate::support::letters;
use crate::support::scripted_gateway::{ScriptedGateway, accepted};
use crate::support::token_endpoint::{SECRET, TOKEN_MARK};
use crate::support::wait::until;

pub(super) const WAYS: &str = "[[mailbox]]\nname = \"servicedesk\"\nkind = \"maildir\"\npath = \"mailbox\"\nstart = \"all\"\n\
    poll = \"1s\"\nauthentication = \"authserv:mx.kommun.example\"\n\
    [[sms.gateway]]\nname = \"modem\"\nkind = \"spool\"\npath = \"sms\"\n\
    [smtp]\nkind = \"spool\"\npath = \"mail\"\n";

async fn started(graph: &Graph) -> Daemon {
    let mut program = Daemon::with_people(&graph.config(), WAYS);
    program.start().await;
    program
}

pub(super) fn deliver(program: &Daemon, id: &str, phone: &str) {
    let raw = letters::request(id, "anna.andersson", phone).replace('\n', "\r\n");
    demo_desk::deliver_raw(program.folder(), &format!("{id}.a"), raw.as_bytes());
}

fn password_in(text: &str) -> String {
    demo_desk::password_in(&visible(text)).unwrap_or_else(|| panic!("no password in {text}")).to_owned()
}

/// The path of the link that Karin gets.
pub(super) async fn link_for_karin(program: &Daemon) -> String {
    let hers =
        || demo_desk::texts(program.folder()).into_iter().find(|text| text.starts_with("To: 46701740610\n"));
    link_in(&until("a link for Karin", PATIENCE, hers).await)
}

/// The path of the link in a text.
pub(super) fn link_in(text: &str) -> String {
    let (_, rest) = text.split_once("/p/").expect("a link");
    let token: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    format!("/p/{token}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn anna_gets_a_password_by_text_that_opens_her_account_and_must_be_changed() {
    let graph = Graph::start().await;
    let program = started(&graph).await;
    deliver(&program, "one", "070-174 06 05");
    let text = program.texts(1).await.remove(0);
    assert!(text.starts_with("To: 46701740605\n"), "{text}");
    assert_eq!(graph.opens("id-anna", &password_in(&text)), Some(true));
    let tickets = program.settled(1).await;
    assert_eq!((&tickets[0]["state"], &tickets[0]["outcome"]), (&"resolved".into(), &"sms".into()));
    assert_eq!(graph.passwords().len(), 1, "it was set once");
    graph.assert_documented();
    let log = program.log();
    for secret in [SECRET, TOKEN_MARK, "701740605", &password_in(&text)] {
        assert!(!log.contains(secret), "a secret is in the log");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_lost_answer_the_same_value_is_set_again_and_delivered_once() {
    let graph = Graph::start().await;
    let program = started(&graph).await;
    graph.fault("PATCH", 1, Fault::LosesAnswer);
    deliver(&program, "one", "070-174 06 05");
    let text = program.texts(1).await.remove(0);
    let password = password_in(&text);
    let set = graph.passwords();
    assert_eq!(set, [("id-anna".to_owned(), password.clone()), ("id-anna".to_owned(), password)]);
    program.settled(1).await;
    assert_eq!(program.texts(1).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_is_not_hers_goes_to_her_manager_and_changes_nothing() {
    let graph = Graph::start().await;
    let program = started(&graph).await;
    deliver(&program, "one", "070-174 06 71");
    let link = link_for_karin(&program).await;
    assert_eq!(graph.passwords(), []);
    let mut karin = program.browser();
    karin.open(&link).await;
    let password = password_in(&karin.press(&link).await.body);
    assert_eq!(graph.opens("id-anna", &password), Some(true));
    graph.assert_documented();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_phones_cannot_be_read_nobody_is_without_a_phone() {
    let graph = Graph::start().await;
    graph.fault("id-anna/authentication", 2, Fault::Says(500, None, "InternalServerError"));
    let program = started(&graph).await;
    deliver(&program, "one", "070-174 06 05");
    // It waits, and goes on by itself.
    let text = program.texts(1).await.remove(0);
    assert_eq!(graph.opens("id-anna", &password_in(&text)), Some(true));
    assert!(!demo_desk::texts(program.folder()).iter().any(|text| text.contains("46701740610")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_synchronised_account_goes_to_a_technician_unchanged() {
    let graph = Graph::start().await;
    graph.change("id-anna", |anna| anna.synced = Some(true));
    let program = started(&graph).await;
    deliver(&program, "one", "070-174 06 05");
    let tickets = program.tickets_when("a technician's ticket", |t| t.len() == 1 && t[0]["state"] == "open");
    let tickets = tickets.await;
    assert_eq!(tickets[0]["reason"], "account-protected", "{tickets:?}");
    assert_eq!((graph.passwords(), graph.count("PATCH")), (Vec::new(), 0));
    assert!(demo_desk::texts(program.folder()).is_empty());
}

/// Within the test, with a clock that is turned: the receipt comes after the owner has signed in already.
#[tokio::test]
async fn an_owner_who_was_faster_than_the_receipt_has_used_the_password_and_another_has_not() {
    for (changed, expected) in [(true, "used"), (false, "unused")] {
        let graph = Graph::start().await;
        graph.add(Person::new("a-anna", "Anna", "anna@kommun.example", "+46 701740605"));
        let (folder, clock) = (tempfile::tempdir().unwrap(), TurnedClock::default());
        demo_desk::build(folder.path());
        demo_desk::deliver(folder.path(), "sms-registered-phone");
        let gateway = ScriptedGateway::new("a", true, |_, _| accepted("a1"));
        let desk = OpenDesk::open(folder.path(), &clock, |parts| {
            parts.reset = Arc::new(GraphPasswordReset::new(directory(&graph), Vec::new()));
            parts.gateways = vec![gateway.clone()];
        });
        let desk = desk.await;
        desk.work().await;
        assert_eq!(graph.passwords().len(), 1, "{:?}", desk.ticket("sms-registered-phone").await);

        clock.turn(4);
        if changed {
            let now = rfc3339(desk.parts.clock.now());
            graph.change("a-anna", |anna| anna.changed_at = Some(now));
        }
        clock.turn(1);
        let key = gateway.sent()[0].key.clone();
        let now = desk.parts.clock.now();
        let store = &desk.parts.store;
        assert!(store.receipt("a", Some(&key), "a1", Receipt::Delivered, now).await.unwrap());
        desk.work().await;
        clock.turn(24 * 60 + 1);
        desk.work().await;
        let ticket = desk.ticket("sms-registered-phone").await;
        let told = if ticket.reason == Some(Reason::PasswordUnused) { "unused" } else { "used" };
        assert_eq!(told, expected, "{ticket:?}");
    }
}
