//! The way of a text through the gateways.

use std::time::Duration;

use super::*;
use crate::delivery::{GatewayTraits, Receipt};
use crate::ticket::texting::{MAX_SUBMITS, RECEIPT_WAIT, UNCLEAR_WAIT, is_over};
use crate::types::Outcome;

const SPOOL: GatewayTraits = GatewayTraits { receipts: false, honours_keys: false, can_be_asked: false };
const KEYED: GatewayTraits = GatewayTraits { receipts: false, honours_keys: true, can_be_asked: false };
const RECEIPTS: GatewayTraits = GatewayTraits { receipts: true, honours_keys: false, can_be_asked: true };

const KEYED_WITH_RECEIPTS: GatewayTraits = GatewayTraits { honours_keys: true, ..RECEIPTS };

fn accepted() -> Outcome {
    Outcome::Accepted { reference: "s1".to_owned() }
}
fn refused() -> Outcome {
    Outcome::Refused { cause: String::new() }
}
fn not_sent() -> Outcome {
    Outcome::NotSent { cause: String::new() }
}
fn uncertain() -> Outcome {
    Outcome::Uncertain { cause: String::new() }
}

fn submitted() -> Texting {
    Texting::fresh(NOW).submitted()
}

#[test]
fn what_a_gateway_without_receipts_took_is_delivered() {
    assert_eq!(submitted().answered(&accepted(), &[SPOOL], NOW).step(NOW, 1), TextingStep::Delivered);
}

#[test]
fn what_a_gateway_with_receipts_took_is_asked_for_until_it_stays_silent() {
    let taken = submitted().answered(&accepted(), &[RECEIPTS, SPOOL], NOW);
    let until = NOW.plus(RECEIPT_WAIT);
    assert_eq!(taken.step(NOW, 2), TextingStep::Ask { gateway: 0, reference: "s1".to_owned(), until });
    assert_eq!(taken.receipt(Receipt::Pending, 2, NOW), taken);
    assert_eq!(taken.receipt(Receipt::Delivered, 2, NOW).step(NOW, 2), TextingStep::Delivered);
    assert_eq!(taken.receipt(Receipt::Failed, 2, NOW).step(NOW, 2), TextingStep::Submit { gateway: 1 });
    // It may be in the phone: no second gateway, and nobody else is shown it.
    assert_eq!(taken.silent(2, until).step(until, 2), TextingStep::Silent);
}

#[test]
fn the_next_gateway_comes_only_after_a_sure_failure_or_silence() {
    let two = [RECEIPTS, SPOOL];
    for sure in [refused(), not_sent()] {
        assert_eq!(submitted().answered(&sure, &two, NOW).step(NOW, 2), TextingStep::Submit { gateway: 1 });
    }
    let unclear = submitted().answered(&uncertain(), &two, NOW);
    let until = NOW.plus(UNCLEAR_WAIT);
    assert_eq!(unclear.step(NOW, 2), TextingStep::Wait { until });
    assert_eq!(unclear.receipt(Receipt::Delivered, 2, NOW).step(NOW, 2), TextingStep::Delivered);
    assert_eq!(unclear.silent(2, until).step(until, 2), TextingStep::Submit { gateway: 1 });
}

#[test]
fn after_an_unclear_answer_a_gateway_that_honours_keys_is_tried_again() {
    let again = submitted().answered(&uncertain(), &[KEYED, SPOOL], NOW);
    assert_eq!(again.step(NOW, 2), TextingStep::Submit { gateway: 0 });
    // Without keys and receipts nobody will ever tell.
    let next = submitted().answered(&uncertain(), &[SPOOL, KEYED], NOW);
    assert_eq!(next.step(NOW, 2), TextingStep::Submit { gateway: 1 });
}

#[test]
fn a_gateway_that_honours_keys_and_never_answers_leaves_the_last_try_to_the_next_one() {
    for first in [KEYED, KEYED_WITH_RECEIPTS] {
        let two = [first, SPOOL];
        let mut text = submitted();
        for _ in 0..2 {
            text = text.answered(&uncertain(), &two, NOW);
            assert_eq!(text.step(NOW, 2), TextingStep::Submit { gateway: 0 });
            text = text.submitted();
        }
        text = text.answered(&uncertain(), &two, NOW);
        if first.receipts {
            text = text.silent(2, NOW.plus(UNCLEAR_WAIT));
        }
        assert_eq!(text.step(NOW.plus(UNCLEAR_WAIT), 2), TextingStep::Submit { gateway: 1 }, "{first:?}");
        // Without another one it has all of them.
        let one = [first];
        let alone = (1..MAX_SUBMITS).fold(submitted(), |text, _| {
            let again = text.answered(&uncertain(), &one, NOW);
            assert_eq!(again.step(NOW, 1), TextingStep::Submit { gateway: 0 });
            again.submitted()
        });
        assert_eq!(alone.submits, MAX_SUBMITS);
    }
}

#[test]
fn a_second_try_that_did_not_leave_takes_no_time_from_the_first_one() {
    let (until, soon) = (NOW.plus(UNCLEAR_WAIT), NOW.plus(Duration::from_secs(5)));
    let (wait, next) = (TextingStep::Wait { until }, TextingStep::Submit { gateway: 1 });
    for (first, then) in [(KEYED_WITH_RECEIPTS, &wait), (KEYED, &next)] {
        let two = [first, SPOOL];
        let again = submitted().answered(&uncertain(), &two, NOW);
        assert_eq!(again.step(NOW, 2), TextingStep::Submit { gateway: 0 });
        let not_left = again.submitted().answered(&not_sent(), &two, soon);
        assert_eq!(not_left.step(soon, 2), *then, "{first:?}");
        let passed_over = again.passed_over(2, soon);
        assert_eq!(passed_over.step(soon, 2), *then, "{first:?}");
        if then == &wait {
            assert_eq!(not_left.receipt(Receipt::Delivered, 2, soon).step(soon, 2), TextingStep::Delivered);
            assert_eq!(not_left.silent(2, until).step(until, 2), next);
        }
    }
}

#[test]
fn the_time_to_tell_is_given_once_and_to_that_gateway_only() {
    let (until, soon) = (NOW.plus(UNCLEAR_WAIT), NOW.plus(Duration::from_secs(5)));
    let two = [KEYED_WITH_RECEIPTS, RECEIPTS];
    let again = submitted().answered(&uncertain(), &two, NOW);
    // Refused under the same key it was not taken before either.
    let refused = again.submitted().answered(&refused(), &two, soon);
    assert_eq!(refused.step(soon, 2), TextingStep::Submit { gateway: 1 });
    let not_left = refused.submitted().answered(&not_sent(), &two, soon);
    assert!(matches!(not_left.phase, Phase::Ready { .. }) && not_left.gateway == 0, "{not_left:?}");
    // The only gateway, out of reach for longer than that.
    let one = [KEYED_WITH_RECEIPTS];
    let silent = again.submitted().answered(&not_sent(), &one, soon).silent(1, until);
    let late = until.plus(Duration::from_secs(60));
    let not_left = silent.submitted().answered(&not_sent(), &one, late);
    assert!(matches!(not_left.phase, Phase::Ready { from } if from > late), "{not_left:?}");
}

#[test]
fn when_nobody_knows_whether_the_only_gateway_took_it_the_same_phone_may_get_it_twice() {
    let again = submitted().answered(&uncertain(), &[SPOOL], NOW);
    let TextingStep::Wait { until } = again.step(NOW, 1) else { panic!("{again:?}") };
    assert_eq!(again.step(until, 1), TextingStep::Submit { gateway: 0 });
    let unclear = submitted().answered(&uncertain(), &[RECEIPTS], NOW);
    let silent = unclear.silent(1, NOW);
    assert_eq!(silent.step(NOW.plus(Duration::from_secs(60)), 1), TextingStep::Submit { gateway: 0 });
    let spent = Texting { submits: MAX_SUBMITS, phase: Phase::Submitted, ..Texting::fresh(NOW) };
    assert_eq!(spent.answered(&uncertain(), &[SPOOL], NOW).step(NOW, 1), TextingStep::Silent);
}

#[test]
fn what_may_be_in_the_phone_is_never_said_to_be_surely_lost() {
    let two = [RECEIPTS, SPOOL];
    let unclear = submitted().answered(&uncertain(), &two, NOW).silent(2, NOW);
    let refused_next = unclear.submitted().answered(&refused(), &two, NOW);
    assert_eq!(refused_next.step(NOW, 2), TextingStep::Silent);
    let gone = Texting { gateway: 2, ..unclear };
    assert_eq!(gone.step(NOW, 2), TextingStep::Silent, "its gateway is no longer configured");
}

#[test]
fn what_surely_failed_everywhere_is_lost_for_sure() {
    let two = [RECEIPTS, SPOOL];
    let unclear = submitted().answered(&uncertain(), &two, NOW);
    for failed in [
        unclear.receipt(Receipt::Failed, 2, NOW),
        submitted().answered(&accepted(), &two, NOW).receipt(Receipt::Failed, 2, NOW),
        submitted().answered(&refused(), &two, NOW),
        submitted().answered(&not_sent(), &two, NOW),
    ] {
        let refused_next = failed.submitted().answered(&refused(), &two, NOW);
        assert_eq!(refused_next.step(NOW, 2), TextingStep::Exhausted, "{failed:?}");
    }
}

#[test]
fn an_outage_uses_up_no_submit_and_is_waited_out_with_growing_pauses() {
    let gateways = [SPOOL, RECEIPTS];
    let (mut text, mut now, mut pauses) = (Texting::fresh(NOW), NOW, Vec::new());
    while now < NOW.plus(Duration::from_secs(30 * 60)) {
        text = match text.step(now, 2) {
            TextingStep::Submit { .. } => text.submitted().answered(&not_sent(), &gateways, now),
            TextingStep::Wait { until } => {
                pauses.push(until.since(now).as_secs());
                now = until;
                continue;
            }
            other => panic!("{other:?} after {} s", now.since(NOW).as_secs()),
        };
    }
    assert_eq!(pauses[..5], [15, 30, 60, 120, 120]);
    assert_eq!((text.submits, text.gateway), (0, 0));
    assert_eq!(text.submitted().answered(&accepted(), &gateways, now).step(now, 2), TextingStep::Delivered);
}

#[test]
fn a_gateway_that_is_known_to_be_down_is_passed_over_without_a_submit() {
    let text = Texting::fresh(NOW).passed_over(2, NOW);
    assert_eq!(text.step(NOW, 2), TextingStep::Submit { gateway: 1 });
    assert!(matches!(text.passed_over(2, NOW).step(NOW, 2), TextingStep::Wait { .. }));
    assert_eq!(text.submits, 0);
}

#[test]
fn no_walk_submits_more_than_four_times() {
    let gateways = [KEYED, RECEIPTS, SPOOL];
    for answer in [refused(), uncertain()] {
        let (mut text, mut now, mut submits) = (Texting::fresh(NOW), NOW, 0);
        loop {
            now = now.plus(Duration::from_secs(120));
            text = match text.step(now, gateways.len()) {
                TextingStep::Submit { .. } => {
                    submits += 1;
                    assert!(submits <= MAX_SUBMITS, "{answer:?}");
                    text.submitted().answered(&answer, &gateways, now)
                }
                TextingStep::Wait { .. } => text.silent(gateways.len(), now),
                TextingStep::Exhausted => break assert_eq!(answer, refused()),
                TextingStep::Silent => break assert_eq!(answer, uncertain()),
                TextingStep::Ask { .. } | TextingStep::Delivered => panic!("{text:?}"),
            };
        }
        assert!(submits > 0);
    }
}

#[test]
fn a_gateway_that_is_no_longer_configured_is_not_submitted_to() {
    let text = Texting { gateway: 2, submits: 1, ..Texting::fresh(NOW) };
    assert_eq!(text.step(NOW, 2), TextingStep::Exhausted);
}

#[test]
fn who_tells_only_when_asked_is_asked_by_the_name_it_gave_and_awaited_without_one_by_nobody() {
    let asked = GatewayTraits { receipts: false, honours_keys: false, can_be_asked: true };
    let taken = submitted().answered(&accepted(), &[asked, SPOOL], NOW);
    assert!(matches!(taken.step(NOW, 2), TextingStep::Ask { gateway: 0, .. }), "{taken:?}");
    // Nothing could come of the 90 seconds.
    let unclear = submitted().answered(&uncertain(), &[asked, SPOOL], NOW);
    assert_eq!(unclear.step(NOW, 2), TextingStep::Submit { gateway: 1 });
    let alone = submitted().answered(&uncertain(), &[asked], NOW);
    assert!(matches!(alone.step(NOW, 1), TextingStep::Wait { .. }), "not at once at the same one");
}

#[test]
fn a_wait_ends_when_its_time_is_over_or_lies_further_ahead_than_it_lasts() {
    let (now, minute) = (UnixMillis(1_000_000_000), Duration::from_secs(60));
    for (ahead, over) in
        [(-1, true), (0, true), (1, false), (60, false), (119, false), (121, true), (2_592_000, true)]
    {
        let until = UnixMillis(now.0 + ahead * 1000);
        assert_eq!(is_over(until, minute, now), over, "{ahead} s ahead; another node may be a minute behind");
    }
}
