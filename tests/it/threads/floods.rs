//! A flood of mails against a whole desk.

use super::*;

/// One of Gun's requests.
fn guns(id: &str) -> Letter<'_> {
    Letter::new(id, GUN, "Lösenord", GUNS_REQUEST)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_starts_nothing_gets_no_answer_and_hinders_nothing_that_came_before() {
    let mut place = Place::new().await;
    // Filip's manager was offered a link.
    let filip =
        "Nytt lösenord, tack.\r\nAnvändarnamn: filip.nord@kommun.example\r\nMobilnummer: 070-174 06 71";
    let offered = place.comes(&Letter::new("filip@kommun.example", GUN, "Åt Filip", filip)).await;
    assert!(matches!(offered.ticket.state, State::Offered { .. }), "{:?}", offered.ticket);
    let (texts, answers) = (place.texts(), place.mails_to(GUN).len());

    let ids: Vec<String> = (2..=30).map(|n| format!("chat-{n}@kommun.example")).collect();
    for id in &ids {
        place.deliver(&Letter::new(id, GUN, "Hej", "Det gäller skrivaren."));
    }
    place.desk.work().await;
    assert_eq!(place.tickets().await.len(), 30, "thirty are handled");

    let explained = place.explained(&guns("guns-31@kommun.example")).await;
    assert_eq!(
        (explained.outcome.as_str(), explained.reason.as_deref()),
        ("technician", Some("limit-sender"))
    );
    assert!(!explained.acknowledge && explained.ticket.is_none(), "{explained:?}");
    let flood = place.comes(&guns("guns-31@kommun.example")).await;
    assert_eq!((flood.ticket.state.clone(), flood.ticket.reason), (technician(), Some(Reason::LimitSender)));
    assert!(flood.ticket.subject.contains("More than 30 mails"), "{}", flood.ticket.subject);

    place.restart().await;
    let later = place.comes(&guns("guns-32@kommun.example")).await;
    assert_eq!((later.ticket.number, later.messages.len()), (flood.ticket.number, 2));
    let explained = place.explained(&guns("guns-33@kommun.example")).await;
    assert_eq!(explained.ticket, Some(flood.ticket.number.to_string()));
    assert_eq!((place.texts(), place.mails_to(GUN).len()), (texts, answers), "nothing has left");
    assert_eq!(place.ticket("filip@kommun.example").await.ticket.state, offered.ticket.state);

    // An hour later she is a person like everybody.
    place.clock.turn(61);
    let view = place.comes(&guns("guns-33@kommun.example")).await;
    assert!(matches!(view.ticket.state, State::Done { .. }), "{:?}", view.ticket);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_forges_an_address_does_not_silence_its_owner() {
    let place = Place::new().await;
    for n in 1..=40 {
        let id = format!("forged-{n}@kommun.example");
        place.deliver(&guns(&id).forged());
    }
    place.desk.work().await;
    assert_eq!((place.tickets().await.len(), place.texts()), (31, 0));
    let view = place.comes(&guns("guns@kommun.example")).await;
    assert!(matches!(view.ticket.state, State::Done { .. }), "{:?}", view.ticket);
}
