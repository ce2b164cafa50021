//! A text that the message centre took and never answered: a whole desk, and a clock that the test turns.

use nyckelbud::ticket::State;

use super::*;
use crate::support::demo_desk;
use crate::support::desk::{OpenDesk, TurnedClock};
use crate::support::scripted_gateway::{ScriptedGateway, accepted};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_that_was_never_answered_goes_by_the_next_gateway_after_a_silence_with_the_same_words() {
    const TEXTED: &str = "sms-registered-phone";
    let centre = Centre::that(r#"{"answer": "never", "receipt": null}"#).await;
    let operator = Bound::with(SmppSetup { timeout: Duration::from_secs(2), ..centre.setup() });
    let next = ScriptedGateway::new("next", false, |_, _| accepted(""));
    let (folder, clock) = (tempfile::tempdir().unwrap(), TurnedClock::default());
    demo_desk::build(folder.path());
    let desk = OpenDesk::open(folder.path(), &clock, |parts| {
        parts.gateways = vec![Arc::clone(&operator.gateway) as _, Arc::clone(&next) as _];
    })
    .await;
    demo_desk::deliver(folder.path(), TEXTED);
    desk.work().await;
    let taken = centre.log_of("submit_sm", 1).await;
    assert!(next.sent().is_empty(), "it may arrive yet");
    clock.turn(2);
    desk.drain().await;
    let sent = next.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(taken[0]["text"], sent[0].text.as_str(), "the same password");
    assert_eq!(taken[0]["to"], sent[0].to.trim_start_matches('+'));
    assert!(matches!(desk.ticket(TEXTED).await.state, State::Done { .. }));
    assert_eq!(centre.log("submit_sm").await.len(), 1, "nothing is sent twice");
}
