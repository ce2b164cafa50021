//! Which event each state takes, written out: anything else is refused.

use std::time::Duration;

use super::rows::TABLE;
use super::*;

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn each_state_takes_the_events_of_the_table_and_refuses_all_others() {
    let states = states();
    assert_eq!(TABLE.len(), states.len());
    for ((name, state), (row, taken)) in states.into_iter().zip(TABLE) {
        assert_eq!(name, *row, "the table's rows stand in the order of the states");
        for (event_name, event) in events() {
            let row_of = |name: &str| taken.iter().find(|(e, _)| *e == name).map(|(_, to)| *to);
            // Whose reply it is makes a difference where its row says so.
            let replied = event_name.starts_with("replied");
            let expected = row_of(event_name).or(replied.then(|| row_of("replied")).flatten());
            // A reply never interrupts the machine: it leaves these where they are.
            let expected = expected.or(replied.then_some(state.name()));
            // What the store has forgotten the end of is held, whatever it was.
            let under_way = state.live() || matches!(state, State::Requested { .. });
            let expected = expected.or((event_name == "forgotten" && under_way).then_some("held"));
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
        ) && !name.ends_with("/pass")
            || matches!(&state, State::Offered { offer, .. } if offer.already_set.is_some())
            || state.known_password() == PasswordFact::Changed;
        for (event_name, event) in events() {
            let Ok(moved) = state.on(event) else { continue };
            if let State::Technician { password } = moved.to {
                assert_eq!(password == PasswordFact::Changed, set, "{name} + {event_name}: {password:?}");
                let stays = name.starts_with("technician");
                assert_eq!(moved.outcome.is_some(), !stays, "{name} + {event_name}");
            }
        }
    }
}

#[test]
fn a_pass_that_was_issued_is_told_of_and_no_password_counts_as_changed() {
    for (name, state) in
        states().into_iter().filter(|(name, _)| name.contains("pass") || name.contains("issuing"))
    {
        let issued =
            if name.contains("issuing") { PasswordFact::NotChanged } else { PasswordFact::PassIssued };
        for (event_name, event) in events() {
            if let Ok(Move { to: State::Technician { password }, .. }) = state.on(event) {
                assert_eq!(password, issued, "{name} + {event_name}");
            }
        }
    }
}

#[test]
fn a_pass_is_under_way_no_longer_than_it_opens_anything() {
    let issuing = State::Issuing { job: Job { deadline: NOW.plus(HOUR), ..pass(Way::Text, false) } };
    let five = Duration::from_secs(300);
    for (valid_until, deadline) in [(NOW, NOW.minus(five)), (NOW.plus(2 * HOUR), NOW.plus(HOUR))] {
        let moved = issuing.on(Event::PassIssued { valid_until }).unwrap();
        let job = moved.to.job().unwrap();
        assert_eq!((job.deadline, job.valid_until), (deadline, Some(valid_until)));
    }
}

#[test]
fn what_was_stored_before_there_were_passes_reads_and_is_written_as_before() {
    let stored = r#"{"state":"done","generation":1,"since":1795511645000,"checked":false}"#;
    let state: State = serde_json::from_str(stored).unwrap();
    assert_eq!(state, done(job(Way::Text), false));
    assert_eq!(serde_json::to_string(&state).unwrap(), stored);
}

#[test]
fn a_further_generation_comes_only_after_the_one_before_it() {
    let sealed = State::Sealed { job: job(Way::Text) };
    for generation in [0, 1, 3] {
        assert!(sealed.on(Event::ValueRefused { generation }).is_err());
        let issuing = State::Issuing { job: pass(Way::Text, false) };
        assert!(issuing.on(Event::PassLost { generation }).is_err());
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

#[test]
fn the_last_wrong_code_closes_the_offer_and_only_one_with_a_code_counts_them() {
    let asking = Offer { guard: Guard::CodeByText, ..offer(None) };
    let mut state = State::Offered { offer: asking, text: text(Phase::Delivered) };
    for _ in 1..WRONG_CODES {
        state = state.on(Event::WrongCode).unwrap().to;
        assert_eq!(state.name(), "offered");
    }
    let closed = state.on(Event::WrongCode).unwrap();
    assert_eq!(closed.to, State::Technician { password: PasswordFact::NotChanged });
    assert_eq!(closed.reason, Some(Reason::DeliveryFailed), "nothing of it has expired");
    let without = State::Offered { offer: offer(None), text: text(Phase::Delivered) };
    assert!(without.on(Event::WrongCode).is_err());
}

#[test]
fn whoever_was_reminded_is_not_reminded_again() {
    let state = State::Offered { offer: offer(None), text: text(Phase::Delivered) };
    let reminded = state.on(Event::Reminded).unwrap().to;
    assert!(reminded.on(Event::Reminded).is_err());
}

#[test]
fn an_offer_lives_by_the_way_that_is_left_and_ends_with_the_last_one() {
    let both = Guard::SignIn { by_text: true, by_mail: true };
    let offered =
        |guard| State::Offered { offer: Offer { guard, ..offer(Some(1)) }, text: Texting::fresh(NOW) };
    let no_text = || Event::LinkTexted { text: text(Phase::Exhausted) };
    let guard_of = |state: &State| match state {
        State::Offered { offer, .. } => offer.guard,
        _ => panic!("{state:?}"),
    };
    let by_mail = offered(both).on(no_text()).unwrap().to;
    assert_eq!(guard_of(&by_mail), Guard::SignIn { by_text: false, by_mail: true });
    let by_text = offered(both).on(Event::LinkNotMailed).unwrap().to;
    assert_eq!(guard_of(&by_text), Guard::SignIn { by_text: true, by_mail: false });
    let codes = [Guard::CodeByText, Guard::CodeByMail].map(offered);
    let ends = [by_mail, codes[0].clone(), codes[1].clone()].map(|state| state.on(Event::LinkNotMailed));
    for ended in ends.into_iter().chain([by_text.on(no_text())]) {
        let ended = ended.unwrap();
        assert_eq!(ended.to, State::Technician { password: PasswordFact::Changed });
        assert_eq!(ended.reason, Some(Reason::DeliveryFailed));
    }
    assert!(by_text.on(Event::LinkNotMailed).is_err(), "no mail of it is on its way");
    for by_text in [Guard::Nothing, Guard::TypedCode] {
        assert!(offered(by_text).on(Event::LinkNotMailed).is_err(), "nor of this one");
        let ended = offered(by_text).on(no_text()).unwrap();
        assert_eq!(ended.to, State::Technician { password: PasswordFact::Changed });
    }
}

#[test]
fn an_owner_whose_own_link_it_is_freezes_the_account_and_one_who_was_warned_leaves_the_reason() {
    let own =
        State::Offered { offer: Offer { hand: Hand::Requester, ..offer(None) }, text: Texting::fresh(NOW) };
    assert_eq!(own.on(Event::Stopped).unwrap().reason, Some(Reason::AccountFrozen));
    let managers = State::Offered { offer: offer(None), text: Texting::fresh(NOW) };
    assert_eq!(managers.on(Event::Stopped).unwrap().reason, None);
}
