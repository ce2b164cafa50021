//! Mails of ours that come back, or wait somewhere.

use super::*;

/// A report by a mail server about the mail with this Message-ID.
fn report(action: &str, status: &str, id: &str, name: &str) -> String {
    format!(
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.kommun.example\nTo: {DESK}\nSubject: Undelivered Mail\n\
         Auto-Submitted: auto-replied\nMessage-ID: <{name}@mx.kommun.example>\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
         --b\nContent-Type: text/plain\n\nIt could not be delivered.\n\
         --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.kommun.example\n\n\
         Final-Recipient: rfc822; {ANNA}\nAction: {action}\nStatus: {status}\n\n\
         --b\nContent-Type: text/rfc822-headers\n\nFrom: {DESK}\nMessage-ID: <{id}>\n\n--b--\n"
    )
}

/// A desk that has asked Anna for details.
async fn asked() -> (Place, OpenDesk, Letter) {
    let place = Place::new();
    let desk = place.open().await;
    place.deliver(&mail(
        ANNA,
        "Lösenord",
        "Message-ID: <q@kommun.example>\n",
        "Jag har glömt mitt lösenord.",
    ));
    desk.work().await;
    let question = place.letter(ASKED);
    (place, desk, question)
}

#[tokio::test]
async fn a_question_that_comes_back_goes_to_a_technician_once() {
    let (place, desk, question) = asked().await;
    place.deliver(&report("failed", "5.1.1", question.id(), "one"));
    desk.take_in().await;
    drop(desk);
    // What the report means is done by whoever comes next.
    let desk = place.open().await;
    desk.work().await;
    let view = ticket(&desk).await;
    technician_has(&view, Reason::FieldsMissing);
    assert_eq!(lines(&view, "the mail to the writer came back (ask-for-details): 5.1.1"), 1, "{view:?}");
    assert_eq!(view.messages, ["q@kommun.example", "one@mx.kommun.example"], "the report is kept with it");
    assert_eq!(place.told("mail.returned").await, 1);

    // The same once more under another name is filed, the same octets are a copy.
    place.deliver(&report("failed", "5.1.1", question.id(), "two"));
    place.deliver(&report("failed", "5.1.1", question.id(), "one"));
    desk.work().await;
    let views = views(&desk).await;
    assert_eq!(views.len(), 2);
    assert_eq!(views[1].ticket.state, State::Filed);
    assert_eq!(lines(&views[0], "came back"), 1);
    assert!(place.letters().is_empty(), "nothing leaves because of it");
}

#[tokio::test]
async fn a_mail_that_is_delayed_changes_nothing_but_is_noted() {
    let (place, desk, question) = asked().await;
    place.deliver(&report("delayed", "4.4.1", question.id(), "one"));
    desk.work().await;
    let view = ticket(&desk).await;
    assert_eq!(view.ticket.state, State::Asked);
    assert_eq!((place.told("mail.delayed").await, view.messages.len()), (1, 2));
    // It is answered all the same, as any question.
    let fields = format!("In-Reply-To: <{}>\n", question.id());
    let text = format!("Användarnamn: {ANNA}\nMobilnummer: 070-174 06 05");
    place.deliver(&mail(ANNA, "SV", &fields, &text));
    desk.work().await;
    assert!(matches!(ticket(&desk).await.ticket.state, State::Done { .. }));
}

#[tokio::test]
async fn a_mail_that_was_given_up_after_a_delay_is_told_as_well() {
    let (place, desk, question) = asked().await;
    for (action, status) in [("delayed", "4.4.1"), ("failed", "4.4.7"), ("delayed", "4.4.1")] {
        place.deliver(&report(action, status, question.id(), action));
        desk.work().await;
    }
    let view = ticket(&desk).await;
    technician_has(&view, Reason::FieldsMissing);
    assert_eq!(lines(&view, "came back (ask-for-details): 4.4.7"), 1);
}

#[tokio::test]
async fn a_notice_that_comes_back_opens_no_ticket_that_is_over() {
    let place = Place::new();
    let desk = place.open().await;
    demo_desk::deliver(&place.folder, "sms-registered-phone");
    desk.work().await;
    let notice = place.letter(CHANGED);
    place.deliver(&report("failed", "5.2.2", notice.id(), "one"));
    desk.work().await;
    let view = ticket(&desk).await;
    assert!(matches!(view.ticket.state, State::Done { .. }), "{:?}", view.ticket.state);
    assert_eq!(lines(&view, "the mail to the account's owner came back (owner-notice): 5.2.2"), 1);
}

#[tokio::test]
async fn a_manager_whose_mail_came_back_is_still_offered_the_link_and_the_ticket_says_so() {
    let place = Place::of(|config| format!("{config}\n[delivery]\nmanager_notice = [\"sms\", \"mail\"]\n"));
    let desk = place.open().await;
    demo_desk::deliver(&place.folder, "manager-phone-mismatch");
    desk.work().await;
    let notice = place.letters().into_iter().find(|letter| letter.field("To") == "karin.ek@kommun.example");
    place.deliver(&report("failed", "5.1.1", notice.unwrap().id(), "one"));
    desk.work().await;
    let view = ticket(&desk).await;
    assert!(matches!(view.ticket.state, State::Offered { .. }), "{:?}", view.ticket.state);
    assert_eq!(lines(&view, "the mail to the manager came back (manager-notice): 5.1.1"), 1);
    assert!(demo_desk::pickup_token(&place.folder).is_some(), "the link went by text");
}

#[tokio::test]
async fn a_report_about_nothing_of_ours_is_filed() {
    let (place, desk, question) = asked().await;
    let guessed = question.id().replace(|c: char| c.is_ascii_digit(), "0");
    for (number, id) in [guessed.as_str(), "q@kommun.example", "stranger@region.example"].iter().enumerate() {
        place.deliver(&report("failed", "5.1.1", id, &number.to_string()));
    }
    desk.work().await;
    let views = views(&desk).await;
    assert_eq!(views[0].ticket.state, State::Asked);
    assert_eq!(views.iter().filter(|view| view.ticket.state == State::Filed).count(), 3);
    assert_eq!(place.told("mail.returned").await, 0);
}
