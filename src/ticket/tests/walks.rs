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

fn walk(events: &[usize]) -> Vec<(State, State)> {
    let all = self::events();
    let mut state = State::requested();
    let mut moves = Vec::new();
    for place in events {
        if let Ok(moved) = state.on(all[place % all.len()].1.clone()) {
            moves.push((state, moved.to.clone()));
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
        for (from, to) in walk(&events) {
            // I8: no reset after the first hand-over.
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
            // I14: a password we set and nobody received is an open ticket.
            if seen.set && !seen.handed_over && !to.live() {
                // What is held says that nobody knows.
                let open = matches!(&to, State::Held | State::Technician { password: PasswordFact::Changed });
                prop_assert!(open, "{from:?} -> {to:?}");
            }
        }
    }

    #[test]
    fn what_wants_nothing_waits_for_a_human_or_is_over(events in prop::collection::vec(0_usize..1000, 0..60)) {
        for (_, to) in walk(&events) {
            if to.next() == Effect::Rest {
                prop_assert!(to.standing().settled(), "{to:?}");
            } else {
                prop_assert!(to.live() || matches!(to, State::Requested { .. } | State::Done { .. }), "{to:?}");
            }
        }
    }
}
