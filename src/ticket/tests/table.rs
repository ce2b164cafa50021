//! Which event each state takes, written out: anything else is refused.

use super::*;

/// State, then the events that it takes and where they lead.
const TABLE: &[(&str, &[(&str, &str)])] = &[
    (
        "requested",
        &[
            ("plan seal", "sealed"),
            ("plan offer", "offered"),
            ("plan ask", "asked"),
            ("plan technician", "technician"),
            ("plan file", "filed"),
            ("plan observe", "observed"),
            ("plan wait", "requested"),
            ("coalesced", "coalesced"),
            ("replied", "requested"),
        ],
    ),
    ("sealed/text", SEALED),
    ("sealed/page", SEALED),
    ("applied/text", TEXTING),
    (
        "applied/page",
        &[
            ("rerouted to nobody", "technician"),
            ("shown", "revealed"),
            ("time over", "technician"),
            ("replied", "applied"),
        ],
    ),
    ("sending", TEXTING),
    ("sent", TEXTING),
    ("offered", OFFERED_OPENS_SEALED),
    ("offered/set", OFFERED_OPENS_APPLIED),
    (
        "revealed",
        &[
            ("shown", "revealed"),
            ("erased", "revealed"),
            ("confirmed", "done"),
            ("did not work", "technician"),
            ("time over", "technician"),
            ("replied", "revealed"),
        ],
    ),
    (
        "revealed/erased",
        &[
            ("erased", "revealed"),
            ("confirmed", "done"),
            ("did not work", "technician"),
            ("time over", "technician"),
            ("replied", "revealed"),
        ],
    ),
    ("done", &[("use known", "done"), ("unused", "technician"), ("replied", "technician")]),
    ("done/checked", &[("use known", "done"), ("replied", "technician")]),
    ("asked", &[("replied", "requested"), ("question lost", "technician")]),
    ("technician", &[("replied", "technician")]),
    ("filed", &[("replied", "technician")]),
    ("observed", &[("replied", "technician")]),
    ("coalesced", &[("replied", "technician")]),
    ("held", &[("replied", "held")]),
];

const SEALED: &[(&str, &str)] = &[
    ("password set", "applied"),
    ("value refused", "sealed"),
    ("reset given up", "technician"),
    ("time over", "technician"),
    ("replied", "sealed"),
];

const TEXTING: &[(&str, &str)] = &[
    ("texted submitted", "sending"),
    ("texted taken", "sent"),
    ("texted delivered", "done"),
    ("rerouted", "offered"),
    ("rerouted to nobody", "technician"),
    ("time over", "technician"),
];

const OFFERED_OPENS_SEALED: &[(&str, &str)] = &[
    ("link texted", "offered"),
    ("link exhausted", "technician"),
    ("offer withdrawn", "technician"),
    ("opened", "sealed"),
    ("declined", "technician"),
    ("stopped", "technician"),
    ("time over", "technician"),
    ("replied", "offered"),
];

const OFFERED_OPENS_APPLIED: &[(&str, &str)] = &[
    ("link texted", "offered"),
    ("link exhausted", "technician"),
    ("offer withdrawn", "technician"),
    ("opened", "applied"),
    ("declined", "technician"),
    ("stopped", "technician"),
    ("time over", "technician"),
    ("replied", "offered"),
];

#[test]
fn each_state_takes_the_events_of_the_table_and_refuses_all_others() {
    let states = states();
    assert_eq!(TABLE.len(), states.len());
    for ((name, state), (row, taken)) in states.into_iter().zip(TABLE) {
        assert_eq!(name, *row, "the table's rows stand in the order of the states");
        for (event_name, event) in events() {
            let expected = taken.iter().find(|(e, _)| *e == event_name).map(|(_, to)| *to);
            // A reply never interrupts the machine: it leaves these where they are.
            let expected = expected.or((event_name == "replied").then_some(state.name()));
            let led = state.on(event).map(|moved| moved.to.name());
            assert_eq!(led.as_ref().ok().copied(), expected, "{name} + {event_name}");
            if let Err(illegal) = led {
                assert_eq!(illegal.state, state.name());
            }
        }
    }
}

#[test]
fn a_password_that_was_set_is_never_forgotten_when_a_human_takes_over() {
    for (name, state) in states() {
        let set = matches!(
            &state,
            State::Applied { .. }
                | State::Sending { .. }
                | State::Sent { .. }
                | State::Revealed { .. }
                | State::Done { .. }
        ) || matches!(&state, State::Offered { offer, .. } if offer.already_set.is_some());
        for (event_name, event) in events() {
            let Ok(moved) = state.on(event) else { continue };
            if let State::Technician { password } = moved.to {
                assert_eq!(password == PasswordFact::Changed, set, "{name} + {event_name}: {password:?}");
                assert_eq!(moved.outcome.is_some(), name != "technician", "{name} + {event_name}");
            }
        }
    }
}

#[test]
fn a_further_generation_comes_only_after_the_one_before_it() {
    let sealed = State::Sealed { job: job(Way::Text) };
    for generation in [0, 1, 3] {
        assert!(sealed.on(Event::ValueRefused { generation }).is_err());
    }
}

#[test]
fn a_link_opens_only_for_the_hand_that_was_offered_it_and_only_on_a_page() {
    let offered = State::Offered { offer: offer(None), text: Texting::fresh(NOW) };
    let stranger = Job { hand: Hand::Manager(AccountId::new("bo")), ..job(page()) };
    assert!(offered.on(Event::Opened { job: stranger }).is_err());
    let by_text = Job { way: Way::Text, ..job(page()) };
    assert!(offered.on(Event::Opened { job: by_text }).is_err());
    let set_already = State::Offered { offer: offer(Some(2)), text: Texting::fresh(NOW) };
    assert!(
        set_already.on(Event::Opened { job: job(page()) }).is_err(),
        "another generation than the set one"
    );
}

#[test]
fn every_state_survives_the_way_into_the_store_and_back() {
    for (name, state) in states() {
        let text = serde_json::to_string(&state).unwrap();
        assert_eq!(serde_json::from_str::<State>(&text).unwrap(), state, "{name}");
        assert!(text.contains(&format!("\"state\":\"{}\"", state.name())), "{name}: {text}");
    }
}
