//! What holds on every walk through the states, whatever happens in whatever order.

use proptest::prelude::*;

use super::*;

/// How far a ticket's password has come on a walk.
#[derive(Debug, Default)]
struct Seen {
    set: bool,
    /// A password was set, or a pass issued.
    given: bool,
    handed_over: bool,
}

/// Each move, and whether a person ordered it.
fn walk(events: &[usize]) -> Vec<(State, State, bool)> {
    let all = self::events();
    let mut state = State::requested();
    let mut moves = Vec::new();
    for place in events {
        let event = all[place % all.len()].1.clone();
        let ordered = matches!(event, Event::Ordered { .. });
        if let Ok(moved) = state.on(event) {
            moves.push((state, moved.to.clone(), ordered));
            state = moved.to;
        }
    }
    moves
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn no_reset_follows_a_hand_over_and_nobody_is_locked_out_in_silence(
        events in prop::collection::vec(0_usize..1000, 0..60)
    ) {
        let mut seen = Seen::default();
        for (from, to, ordered) in walk(&events) {
            // I8: no reset after the first hand-over, unless a person decides so (decisions, 20).
            seen.handed_over &= !ordered;
            if seen.handed_over {
                let begun = matches!(to, State::Sealed { .. } | State::Issuing { .. });
                prop_assert!(!begun, "{from:?} -> {to:?}");
            }
            // I5: handed over only after a confirmed reset.
            if matches!(to, State::Revealed { .. } | State::Done { .. } | State::Sending { .. } | State::Sent { .. }) {
                prop_assert!(seen.given, "{from:?} -> {to:?}");
            }
            seen.given |= matches!(to, State::Applied { .. });
            seen.set |= matches!(&to, State::Applied { job } if job.credential.is_password());
            seen.handed_over |= matches!(to, State::Revealed { .. } | State::Done { .. });
            // I14: a password we set and nobody received is an open ticket, and says so, whatever people do with it.
            if seen.set && !seen.handed_over && !to.live() {
                // What is held says that nobody knows; a further reset may have gone unheard.
                let known = [PasswordFact::Changed, PasswordFact::MayHaveChanged].contains(&to.known_password());
                prop_assert!(known, "{from:?} -> {to:?}");
                let by_itself = !matches!(to, State::Closed { .. } | State::Requested { .. });
                prop_assert!(!by_itself || to.standing() == Standing::Open, "{from:?} -> {to:?}");
            }
        }
    }

    #[test]
    fn what_wants_nothing_waits_for_a_human_or_is_over(events in prop::collection::vec(0_usize..1000, 0..60)) {
        for (_, to, _) in walk(&events) {
            if to.next() == Effect::Rest {
                prop_assert!(to.standing().settled(), "{to:?}");
            } else {
                prop_assert!(to.live() || matches!(to, State::Requested { .. } | State::Done { .. }), "{to:?}");
            }
        }
    }
}
