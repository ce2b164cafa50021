//! Passes in the worker's hands, with a clock that is turned: lost answers, letters that no phone shows,
//! gateways that fail, and what was never used.

use std::sync::Arc;

use nyckelbud::delivery::Receipt;
use nyckelbud::password::graph::GraphPasswordReset;
use nyckelbud::ticket::{PasswordFact, State, Ticket};
use nyckelbud::types::{Outcome, Reason};
use nyckelbud::web::Browser;

use super::directory_of_passes;
use super::journey::link_in;
use crate::support::demo_desk;
use crate::support::desk::{OpenDesk, TurnedClock};
use crate::support::graph::{Fault, Graph, PassPolicy};
use crate::support::scripted_gateway::{ScriptedGateway, accepted};

const MAIL: &str = "sms-registered-phone";

struct Place {
    graph: Graph,
    desk: OpenDesk,
    clock: TurnedClock,
    gateway: Arc<ScriptedGateway>,
    _folder: tempfile::TempDir,
}

impl Place {
    /// A desk with Anna's mail, whose texts end as `answers` says.
    async fn new(answers: fn() -> Outcome) -> Self {
        let graph = Graph::start().await;
        let (folder, clock) = (tempfile::tempdir().unwrap(), TurnedClock::default());
        demo_desk::build(folder.path());
        demo_desk::deliver(folder.path(), MAIL);
        let gateway = ScriptedGateway::new("a", true, move |_, _| answers());
        let desk = OpenDesk::open(folder.path(), &clock, |parts| {
            let directory = directory_of_passes(&graph);
            parts.passes = Some(Arc::new(GraphPasswordReset::new(directory.clone(), Vec::new())));
            parts.directory = Arc::new(directory);
            parts.gateways = vec![gateway.clone()];
        });
        let desk = desk.await;
        Self { graph, desk, clock, gateway, _folder: folder }
    }

    async fn ticket(&self) -> Ticket {
        self.desk.ticket(MAIL).await
    }

    /// The words of the last text to this number.
    fn text_to(&self, number: &str) -> String {
        let sent = self.gateway.sent();
        let last = sent.iter().rfind(|text| text.to == number);
        last.unwrap_or_else(|| panic!("no text to {number}")).text.clone()
    }

    /// The receipt of the last text.
    async fn arrives(&self) {
        let key = self.gateway.sent().last().unwrap().key.clone();
        let (store, now) = (&self.desk.parts.store, self.desk.parts.clock.now());
        assert!(store.receipt("a", Some(&key), "a1", Receipt::Delivered, now).await.unwrap());
        self.desk.work().await;
    }
}

#[tokio::test]
async fn a_lost_pass_is_followed_by_another_after_a_while_and_only_that_one_is_texted() {
    let place = Place::new(|| accepted("a1")).await;
    place.graph.fault("POST", 1, Fault::LosesAnswer);
    place.desk.work().await;
    assert!(matches!(place.ticket().await.state, State::Issuing { .. }));
    assert_eq!((place.graph.passes().len(), place.gateway.sent().len()), (1, 0), "not at once");
    place.clock.turn(1);
    place.desk.work().await;
    let passes = place.graph.passes();
    let text = place.text_to("+46701740605");
    assert!(text.contains(&passes[1].pass) && !text.contains(&passes[0].pass));
    place.graph.assert_documented();
}

#[tokio::test]
async fn nobody_who_takes_the_ticket_on_early_has_the_next_pass_made_before_the_lost_call_is_over() {
    let place = Place::new(|| accepted("a1")).await;
    place.graph.fault("POST", 1, Fault::LosesAnswer);
    place.desk.work().await;
    // As at every start of the program: everything is looked at anew.
    let store = &place.desk.parts.store;
    store.wake_all(place.desk.parts.clock.now()).await.unwrap();
    place.desk.work().await;
    assert_eq!(place.graph.passes().len(), 1, "it waits all the same");
    place.clock.turn(1);
    place.desk.work().await;
    assert_eq!((place.graph.passes().len(), place.gateway.sent().len()), (2, 1));
}

#[tokio::test]
async fn a_clock_that_is_set_back_holds_up_no_pass() {
    let place = Place::new(|| accepted("a1")).await;
    place.graph.fault("POST", 1, Fault::LosesAnswer);
    place.desk.work().await;
    place.clock.turn(-24 * 60);
    let store = &place.desk.parts.store;
    for _ in 0..2 {
        // As whoever looks after the clock does.
        store.wake_all(place.desk.parts.clock.now()).await.unwrap();
        place.desk.work().await;
        place.clock.turn(1);
    }
    assert_eq!((place.graph.passes().len(), place.gateway.sent().len()), (2, 1));
}

#[tokio::test]
async fn a_pass_that_would_end_before_anybody_had_it_is_a_technicians() {
    let place = Place::new(|| accepted("a1")).await;
    place.graph.set_pass_policy(PassPolicy { lifetime: 9, ..PassPolicy::default() });
    place.desk.work().await;
    let ticket = place.ticket().await;
    assert_eq!(ticket.reason, Some(Reason::ResetRefused), "{ticket:?}");
    assert!(ticket.trail.0.iter().any(|line| line.evidence.contains("default lifetime")), "{ticket:?}");
    assert_eq!((place.graph.passes().len(), place.gateway.sent().len()), (1, 0));
}

#[tokio::test]
async fn what_graph_asks_to_wait_for_is_asked_for_again() {
    let place = Place::new(|| accepted("a1")).await;
    place.graph.fault("POST", 1, Fault::Says(429, None, "TooManyRequests"));
    place.desk.work().await;
    place.clock.turn(1);
    place.desk.work().await;
    assert_eq!((place.graph.passes().len(), place.gateway.sent().len()), (1, 1));
}

#[tokio::test]
async fn when_no_answer_ever_comes_a_technician_knows_that_the_password_is_the_old_one() {
    let place = Place::new(|| accepted("a1")).await;
    place.graph.fault("POST", 99, Fault::LosesAnswer);
    for _ in 0..8 {
        place.desk.work().await;
        place.clock.turn(1);
    }
    let ticket = place.ticket().await;
    assert_eq!(ticket.state, State::Technician { password: PasswordFact::NotChanged });
    assert_eq!(ticket.reason, Some(Reason::DirectoryFailed));
    assert_eq!((place.graph.passes().len(), place.gateway.sent().len()), (5, 0), "five, and no more");
}

#[tokio::test]
async fn a_pass_that_no_phone_can_show_is_texted_to_nobody() {
    let place = Place::new(|| accepted("a1")).await;
    place.graph.set_pass_policy(PassPolicy { looks: "drk`#qAD".to_owned(), ..PassPolicy::default() });
    place.desk.work().await;
    assert_eq!((place.graph.passes().len(), place.gateway.sent().len()), (5, 0));
    assert_eq!(place.ticket().await.state, State::Technician { password: PasswordFact::NotChanged });
}

#[tokio::test]
async fn a_pass_that_was_used_is_done_with_and_another_opens_its_ticket_when_it_ends() {
    for used in [true, false] {
        let place = Place::new(|| accepted("a1")).await;
        place.desk.work().await;
        place.arrives().await;
        assert!(matches!(place.ticket().await.state, State::Done { checked: false, .. }));
        let pass = place.graph.passes().remove(0).pass;
        assert!(!used || place.graph.signs_in("id-anna", &pass));
        place.clock.turn(57);
        place.desk.work().await;
        assert!(matches!(place.ticket().await.state, State::Done { checked: false, .. }), "it still holds");
        place.clock.turn(2);
        place.desk.work().await;
        let ticket = place.ticket().await;
        if used {
            assert!(matches!(ticket.state, State::Done { checked: true, .. }), "{ticket:?}");
        } else {
            assert_eq!(ticket.state, State::Technician { password: PasswordFact::PassIssued });
            assert_eq!(ticket.reason, Some(Reason::PasswordUnused));
        }
    }
}

#[tokio::test]
async fn when_no_gateway_takes_the_text_the_manager_gets_a_pass_of_their_own() {
    let place = Place::new(|| Outcome::Refused { cause: "no route".to_owned() }).await;
    place.desk.work().await;
    // Of the texts to her, the one with the link is refused, too.
    let ticket = place.ticket().await;
    assert_eq!(ticket.state, State::Technician { password: PasswordFact::NotChanged }, "{:?}", ticket.trail);
    assert_eq!(ticket.reason, Some(Reason::DeliveryFailed));
    let text = place.text_to("+46701740610");
    assert!(text.contains("/p/") && !text.contains(&place.graph.passes()[0].pass), "a link and no pass");
}

#[tokio::test]
async fn a_text_that_fails_late_leads_to_the_manager_whose_press_makes_a_new_pass() {
    let place = Place::new(|| accepted("a1")).await;
    place.desk.work().await;
    let key = place.gateway.sent().last().unwrap().key.clone();
    let (store, now) = (&place.desk.parts.store, place.desk.parts.clock.now());
    assert!(store.receipt("a", Some(&key), "a1", Receipt::Failed, now).await.unwrap());
    place.desk.work().await;
    assert!(matches!(place.ticket().await.state, State::Offered { .. }), "{:?}", place.ticket().await);
    let text = place.text_to("+46701740610");
    let token = link_in(&text).trim_start_matches("/p/").to_owned();
    let browser = Browser::new([7; 16]);
    let shown = place.desk.reveal(&token, &browser).await.expect("a pass");
    let passes = place.graph.passes();
    assert_eq!((passes.len(), &shown), (2, &passes[1].pass));
    assert!(!place.graph.signs_in("id-anna", &passes[0].pass), "the one that failed");
    assert!(place.graph.signs_in("id-anna", &shown));
    let State::Revealed { job, .. } = place.ticket().await.state else { panic!("not shown") };
    assert_eq!(job.generation, 2);
}
