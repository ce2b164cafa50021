//! Automatic replies, receipts, calendars: they change no state, whoever wrote them in whatever way.

use super::*;

/// An automatic reply to our mail by each program, as far as header and subject tell it. Only what is
/// said to be a person's is read.
const AWAY: [(&str, &str, &str); 8] = [
    (
        "Exchange in Swedish",
        "Automatiskt svar: [26-1] Vi behöver en uppgift till",
        "Auto-Submitted: auto-generated\nX-Auto-Response-Suppress: All\n\
         X-MS-Exchange-Inbox-Rules-Loop: anna.andersson@kommun.example\n",
    ),
    ("Exchange through a gateway that takes its fields away", "[EXTERNT] Automatiskt svar: Hej", ""),
    (
        "an older Outlook",
        "Frånvaro: Vi behöver en uppgift till",
        "X-Auto-Response-Suppress: DR, OOF, AutoReply\n",
    ),
    ("a web mail", "Autosvar: Vi behöver en uppgift till", "Precedence: bulk\n"),
    ("Gmail", "Semester Re: Vi behöver en uppgift till", "Precedence: bulk\nX-Autoreply: yes\n"),
    ("Gmail as it is today", "Semester", "Auto-Submitted: auto-replied\nPrecedence: bulk\nReturn-Path: <>\n"),
    ("iCloud", "Re: Vi behöver en uppgift till", "Auto-Submitted: auto-replied (vacation)\n"),
    (
        "Outlook on a phone",
        "Automatic reply: Vi behöver en uppgift till",
        "X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent\n",
    ),
];

/// A desk that has asked Anna; the states of its tickets after these mails came.
async fn after(mails: impl Fn(&Letter) -> Vec<String>) -> Vec<State> {
    let place = Place::new();
    let desk = place.open().await;
    place.deliver(&mail(ANNA, "Lösenord", "", "Jag har glömt mitt lösenord."));
    desk.work().await;
    for raw in mails(&place.letter(ASKED)) {
        place.deliver(&raw);
        desk.work().await;
    }
    assert!(place.letters().is_empty(), "nothing is answered");
    views(&desk).await.into_iter().map(|view| view.ticket.state).collect()
}

#[tokio::test]
async fn an_out_of_office_reply_changes_no_state_whoever_sends_it() {
    // As if it answered the question: the values would be taken from a person.
    let text = "Jag är borta.\nAnvändarnamn: anna.andersson@kommun.example\nMobilnummer: 070-174 06 05";
    let states = after(|question| {
        let answer = |(_, subject, fields): &(&str, &str, &str)| {
            mail(
                ANNA,
                subject,
                &format!("{fields}In-Reply-To: <{}>\n", question.id()),
                &format!("{text}\n{subject}"),
            )
        };
        AWAY.iter().map(answer).collect()
    })
    .await;
    assert_eq!(states[0], State::Asked);
    assert_eq!(states[1..], vec![State::Filed; AWAY.len()]);
}

#[tokio::test]
async fn a_person_who_answers_an_automatic_reply_is_a_person() {
    let text = "Användarnamn: anna.andersson@kommun.example\nMobilnummer: 070-174 06 05";
    let place = Place::new();
    let desk = place.open().await;
    place.deliver(&mail(ANNA, "Lösenord", "", "Jag har glömt mitt lösenord."));
    desk.work().await;
    let fields = format!("In-Reply-To: <{}>\n", place.letter(ASKED).id());
    place.deliver(&mail(ANNA, "Re: Automatiskt svar", &fields, text));
    desk.work().await;
    assert!(matches!(ticket(&desk).await.ticket.state, State::Done { .. }));
}

#[tokio::test]
async fn receipts_and_calendars_are_filed() {
    let states = after(|question| {
        let receipt = format!(
            "From: {ANNA}\nTo: {DESK}\nSubject: =?utf-8?Q?L=C3=A4st=3A_Vi_beh=C3=B6ver_en_uppgift_till?=\n\
             In-Reply-To: <{id}>\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n\
             --b\nContent-Type: text/plain\n\nDitt meddelande lästes.\n\
             --b\nContent-Type: message/disposition-notification\n\n\
             Final-Recipient: rfc822; {ANNA}\nOriginal-Message-ID: <{id}>\n\
             Disposition: manual-action/MDN-sent-manually; displayed\n--b--\n",
            id = question.id()
        );
        let meeting = format!(
            "From: {ANNA}\nTo: {DESK}\nSubject: Accepterat: genomgang\nIn-Reply-To: <{id}>\n\
             Content-Type: multipart/alternative; boundary=b\n\n\
             --b\nContent-Type: text/plain\n\nJag kommer.\n\
             --b\nContent-Type: text/calendar; method=REPLY\n\nBEGIN:VCALENDAR\nEND:VCALENDAR\n--b--\n",
            id = question.id()
        );
        vec![receipt, meeting]
    })
    .await;
    assert_eq!(states, [State::Asked, State::Filed, State::Filed]);
}
