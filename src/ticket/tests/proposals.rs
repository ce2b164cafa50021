//! The one next step for each reason.

use super::*;

fn ticket(state: State, reason: Option<Reason>) -> Ticket {
    Ticket {
        id: TicketId(1),
        number: TicketNumber::new(2026, 1),
        kind: Kind::Password,
        state,
        outcome: None,
        reason,
        account: None,
        username: None,
        mailbox: "servicedesk".to_owned(),
        message_id: None,
        subject: String::new(),
        from: EmailAddress::parse("anna.andersson@kommun.example").ok(),
        received_at: NOW,
        settled_at: None,
        assignee: String::new(),
        merged_into: None,
        link: None,
        trail: Trail::default(),
        observed: false,
        asked_before: false,
        urgent: false,
        pickup_browser: String::new(),
        version: 0,
        named: None,
        set_aside: Vec::new(),
        freeze_lifted_at: None,
    }
}

#[test]
fn every_reason_has_one_next_step_and_it_stands_once() {
    for reason in Reason::ALL.iter().copied().map(Some).chain([None]) {
        for password in [PasswordFact::NotChanged, PasswordFact::Changed] {
            let proposal = proposal::proposal(&ticket(State::Technician { password }, reason)).unwrap();
            assert!(!proposal.others.contains(&proposal.first), "{reason:?}: {proposal:?}");
            assert!(proposal.others.contains(&Proposed::Phishing), "{reason:?}");
            let mut others = proposal.others.clone();
            others.dedup();
            assert_eq!(others, proposal.others, "{reason:?}");
        }
    }
}

#[test]
fn the_step_is_the_one_of_the_design() {
    let first = |reason| {
        let with_people = State::Technician { password: PasswordFact::NotChanged };
        proposal::proposal(&ticket(with_people, Some(reason))).unwrap().first
    };
    assert_eq!(first(Reason::PhoneMismatch), Proposed::ToManager);
    assert_eq!(first(Reason::FieldsMissing), Proposed::Ask);
    assert_eq!(first(Reason::NoManager), Proposed::AnotherManager);
    assert_eq!(first(Reason::SenderUnverified), Proposed::Approve);
    assert_eq!(first(Reason::DirectoryFailed), Proposed::Retry);
    assert_eq!(first(Reason::OtherSubject), Proposed::Reply);
}

#[test]
fn nothing_is_proposed_while_the_machine_is_at_work_and_nobody_locked_out_is_asked() {
    for (name, state) in states() {
        let at_work = state.live() || matches!(state, State::Requested { .. });
        let proposal = proposal::proposal(&ticket(state.clone(), Some(Reason::PhoneMismatch)));
        assert_eq!(proposal.is_none(), at_work, "{name}");
        let asks = proposal.is_some_and(|p| p.first == Proposed::Ask || p.others.contains(&Proposed::Ask));
        assert!(!asks || state.on(Event::Questioned).is_ok(), "{name}");
    }
}

#[test]
fn without_a_writer_nothing_is_proposed_that_goes_to_one() {
    let technician = State::Technician { password: PasswordFact::NotChanged };
    for reason in Reason::ALL.iter().copied().map(Some).chain([None]) {
        let mail = Ticket { from: None, ..ticket(technician.clone(), reason) };
        let of_mail = proposal::proposal(&mail).unwrap();
        let by_hand = proposal::proposal(&Ticket { mailbox: String::new(), ..mail }).unwrap();
        assert_eq!(by_hand.first, Proposed::ToRegisteredPhone, "{reason:?}");
        for step in of_mail.others.iter().chain([&of_mail.first]).chain(&by_hand.others) {
            let writes = matches!(step, Proposed::Ask | Proposed::Reply | Proposed::Canned(_));
            assert!(!writes && *step != Proposed::Approve, "{reason:?}: {step:?}");
        }
        assert!(!of_mail.others.contains(&of_mail.first), "{reason:?}");
    }
    let closed = State::Closed { how: Closing::Resolved, password: PasswordFact::NotChanged };
    let over = Ticket { from: None, mailbox: String::new(), ..ticket(closed, None) };
    assert_eq!(proposal::proposal(&over).unwrap().first, Proposed::Reopen);
}
