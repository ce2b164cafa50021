//! Receipts of every gateway before a whole desk: they move a ticket forward only, in any order, twice,
//! and before the desk knows what became of its own call.

use std::sync::Arc;
use std::time::Duration;

use nyckelbud::ticket::State;
use nyckelbud::web::ReceiptAnswer;
use tempfile::TempDir;
use tokio::sync::Semaphore;

use crate::support::demo_desk;
use crate::support::desk::{OpenDesk, TurnedClock};
use crate::support::scripted_gateway::{ScriptedGateway, accepted};
use crate::support::sms_service::receipts::{Fate, Posted, Signer, receipt};
use crate::support::sms_service::{Fault, Kind, Service, Taken, WITH_RECEIPTS};
use crate::support::wait::until;

const REQUEST: &str = "sms-registered-phone";
const PATIENCE: Duration = Duration::from_secs(40);

/// A desk with this service's gateway, and one behind it, before a request.
struct Story {
    kind: Kind,
    service: Service,
    behind: Arc<ScriptedGateway>,
    desk: OpenDesk,
    _folder: TempDir,
}

impl Story {
    async fn of(kind: Kind, fault: Fault) -> Self {
        let service = Service::start(kind, fault).await;
        let behind = ScriptedGateway::new("behind", false, |_, _| accepted(""));
        let folder = tempfile::tempdir().unwrap();
        demo_desk::build(folder.path());
        demo_desk::deliver(folder.path(), REQUEST);
        let (first, second) = (service.gateway(), Arc::clone(&behind));
        let clock = TurnedClock::default();
        let desk = OpenDesk::open(folder.path(), &clock, |parts| parts.gateways = vec![first, second]);
        let desk = desk.await;
        Self { kind, service, behind, desk, _folder: folder }
    }

    async fn text(&self) -> Taken {
        let first = || self.service.taken().first().cloned();
        until("the text is at the service", PATIENCE, first).await
    }

    async fn comes(&self, posted: &Posted) -> ReceiptAnswer {
        self.desk.receipt("gw", posted.secret(), &posted.request()).await
    }

    async fn told(&self, fate: Fate) -> ReceiptAnswer {
        let text = self.text().await;
        self.comes(&receipt(self.kind, &text, fate, Signer::Service)).await
    }

    async fn state(&self) -> State {
        self.desk.ticket(REQUEST).await.state
    }

    async fn assert_done(&self) {
        let state = self.state().await;
        assert!(matches!(state, State::Done { .. }), "{:?}: {state:?}", self.kind);
    }
}

#[tokio::test]
async fn receipts_move_a_ticket_forward_only() {
    for kind in WITH_RECEIPTS {
        let story = Story::of(kind, Fault::None).await;
        story.desk.work().await;
        let taken = story.state().await;
        assert!(matches!(taken, State::Sending { .. }) || matches!(taken, State::Sent { .. }), "{taken:?}");
        for fate in [Fate::Pending, Fate::Delivered, Fate::Delivered, Fate::Failed, Fate::Pending] {
            assert_eq!(story.told(fate).await, ReceiptAnswer::Taken, "{kind:?} {fate:?}");
            story.desk.work().await;
            if fate == Fate::Delivered {
                story.assert_done().await;
            }
        }
        story.assert_done().await;
        assert_eq!((story.service.taken().len(), story.behind.sent().len()), (1, 0), "{kind:?}");
    }
}

#[tokio::test]
async fn a_forged_receipt_is_answered_like_an_unknown_address_and_changes_nothing() {
    for kind in WITH_RECEIPTS {
        let story = Story::of(kind, Fault::None).await;
        story.desk.work().await;
        let before = story.state().await;
        let text = story.text().await;
        let own = receipt(kind, &text, Fate::Delivered, Signer::Service);
        let forged = receipt(kind, &text, Fate::Delivered, Signer::SomebodyElse);
        let forged = forged.with("authorization", "Basic ZGVzazpmZWw=");
        // Where a sign-in proves nothing, a signature does.
        assert_eq!(story.comes(&forged).await, ReceiptAnswer::Unknown, "{kind:?}");
        let guessed = story.desk.receipt("gw", "guessed", &own.request()).await;
        let elsewhere = story.desk.receipt("other", own.secret(), &own.request()).await;
        let spool = story.desk.receipt("behind", own.secret(), &own.request()).await;
        assert_eq!([guessed, elsewhere, spool], [ReceiptAnswer::Unknown; 3], "{kind:?}");
        story.desk.work().await;
        assert_eq!(story.state().await, before, "{kind:?}");
        assert_eq!(story.comes(&own).await, ReceiptAnswer::Taken, "{kind:?}: the real one still counts");
        story.desk.work().await;
        story.assert_done().await;
    }
}

#[tokio::test]
async fn a_receipt_that_overtakes_the_answer_to_its_own_text_is_not_lost() {
    for kind in WITH_RECEIPTS {
        let gate = Arc::new(Semaphore::new(0));
        let story = Story::of(kind, Fault::Held(Arc::clone(&gate))).await;
        let overtaking = async {
            assert_eq!(story.told(Fate::Delivered).await, ReceiptAnswer::Taken, "{kind:?}");
            gate.add_permits(1);
        };
        tokio::join!(story.desk.work(), overtaking);
        story.desk.work().await;
        story.assert_done().await;
        assert_eq!((story.service.taken().len(), story.behind.sent().len()), (1, 0), "{kind:?}");
    }
}

#[tokio::test]
async fn a_receipt_settles_a_text_of_which_nobody_knows_whether_it_left() {
    for kind in WITH_RECEIPTS {
        let story = Story::of(kind, Fault::TakesAndAnswers(500)).await;
        story.desk.work().await;
        let state = story.state().await;
        assert!(matches!(state, State::Sending { .. }), "{kind:?}: {state:?}");
        assert_eq!(story.told(Fate::Delivered).await, ReceiptAnswer::Taken);
        story.desk.work().await;
        story.assert_done().await;
        assert_eq!(story.behind.sent().len(), 0, "{kind:?}");
    }
}

#[tokio::test]
async fn after_a_receipt_of_failure_the_next_gateway_sends_the_same_words() {
    for kind in WITH_RECEIPTS {
        let story = Story::of(kind, Fault::None).await;
        story.desk.work().await;
        assert_eq!(story.told(Fate::Failed).await, ReceiptAnswer::Taken);
        story.desk.work().await;
        let (first, second) = (story.text().await, story.behind.sent());
        assert_eq!(second.len(), 1, "{kind:?}");
        assert_eq!((&second[0].to, &second[0].text), (&first.to, &first.text), "{kind:?}");
        story.assert_done().await;
    }
}
