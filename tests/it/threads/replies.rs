//! Replies: what they bring, and what they open.

use super::*;

/// Anna has written without her phone and was asked for it. The Message-ID of the question.
async fn anna_was_asked(place: &Place) -> String {
    let text = "Användarnamn: anna.andersson@kommun.example";
    let view = place.comes(&Letter::new("first@kommun.example", ANNA, "Lösenord", text)).await;
    assert_eq!(view.ticket.state, State::Asked);
    place.our_newest_to(ANNA)
}

const PHONE: &str = "Mobilnummer: 070-174 06 05";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_with_the_missing_detail_completes_the_request_that_asked_for_it() {
    let place = Place::new().await;
    let question = anna_was_asked(&place).await;
    let thread = ["first@kommun.example", question.as_str()];
    let reply = Letter::new("second@kommun.example", ANNA, "SV: Lösenord", PHONE).answering(&thread);
    let explained = place.explained(&reply).await;
    assert_eq!((explained.reading.as_str(), explained.linked_to.as_deref()), ("follow-up", None));
    let view = place.comes(&reply).await;
    assert_eq!(explained.ticket, Some(view.ticket.number.to_string()));
    assert_eq!(view.messages, ["first@kommun.example", "second@kommun.example"]);
    assert!(matches!(view.ticket.state, State::Done { .. }), "{:?}", view.ticket);
    assert_eq!((place.texts(), place.tickets().await.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_subjects_number_alone_is_enough_for_who_asked() {
    let place = Place::new().await;
    anna_was_asked(&place).await;
    let number = place.ticket("first@kommun.example").await.ticket.number;
    let subject = format!("SV: [{number}] Lösenord");
    let view = place.comes(&Letter::new("second@kommun.example", ANNA, &subject, PHONE)).await;
    assert!(matches!(view.ticket.state, State::Done { .. }), "{:?}", view.ticket);
    assert_eq!((view.messages.len(), place.texts()), (2, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_detail_from_another_address_of_the_person_goes_to_a_technician_with_the_link() {
    let place = Place::new().await;
    let question = anna_was_asked(&place).await;
    let asked = place.ticket("first@kommun.example").await;
    let thread = ["first@kommun.example", question.as_str()];
    for (id, from, vouched) in
        [("home@hemma.example", ANNA_AT_HOME, true), ("forged@kommun.example", ANNA, false)]
    {
        let reply = Letter { vouched, ..Letter::new(id, from, "SV: Lösenord", PHONE).answering(&thread) };
        let view = place.comes(&reply).await;
        is_for_a_technician(&view, &asked, NamedBy::OurMail);
    }
    assert_eq!(format!("{:?}", place.ticket("first@kommun.example").await), format!("{asked:?}"));
    // She can still answer from where she asked.
    let reply = Letter::new("second@kommun.example", ANNA, "SV: Lösenord", PHONE).answering(&thread);
    assert_eq!(place.texts(), 0);
    place.comes(&reply).await;
    assert_eq!(place.texts(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_to_a_resolved_ticket_opens_it_once() {
    let place = Place::new().await;
    let first = Letter::new("first@kommun.example", ANNA, "Lösenord", ANNAS_REQUEST);
    let view = place.comes(&first).await;
    assert!(matches!(view.ticket.state, State::Done { .. }), "{:?}", view.ticket);
    let ours = place.our_newest_to(ANNA);
    let answers = [ours.as_str()];
    let reply =
        Letter::new("second@kommun.example", ANNA, "SV: Lösenord", "Det var inte jag!").answering(&answers);
    let opened = place.comes(&reply).await;
    let changed = State::Technician { password: PasswordFact::Changed };
    assert_eq!((opened.ticket.number, &opened.ticket.state), (view.ticket.number, &changed));

    // The same mail comes again, under another name: a second mailbox, a list, a failed move.
    demo_desk::deliver_raw(place.guard.path(), "a-copy", &reply.octets());
    place.desk.work().await;
    let after = place.ticket("second@kommun.example").await;
    assert_eq!(format!("{after:?}"), format!("{opened:?}"));
    assert_eq!((place.texts(), place.tickets().await.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_further_request_for_an_account_under_way_is_merged_and_starts_nothing() {
    let place = Place::new().await;
    let text = "Användarnamn: filip.nord@kommun.example\r\nMobilnummer: 070-174 06 71";
    let filip = "filip.nord@kommun.example";
    let live = place.comes(&Letter::new("first@kommun.example", filip, "Lösenord", text)).await;
    assert!(matches!(live.ticket.state, State::Offered { .. }), "{:?}", live.ticket);
    let texts = place.texts();
    let merged = place.comes(&Letter::new("second@kommun.example", filip, "Lösenord igen", text)).await;
    assert_eq!(merged.ticket.merged_into, Some(live.ticket.number));
    assert_eq!((merged.ticket.state.live(), place.texts()), (false, texts));
    assert_eq!(place.ticket("first@kommun.example").await.ticket.state, live.ticket.state);
}
