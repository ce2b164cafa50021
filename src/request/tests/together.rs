//! The mails of one ticket together.

use super::*;
use crate::mail::Mail;
use crate::types::MessageId;

fn reply(lines: &[&str]) -> Mail {
    let answers = MessageId::parse("<ask-1@kommun.example>").into_iter().collect();
    Mail { answers, subject: "SV: Vi behöver en uppgift till".to_owned(), ..mail(lines) }
}

fn general() -> Reading {
    read(&Mail { subject: "Skrivaren".to_owned(), ..mail(&["Den blinkar."]) })
}

#[test]
fn a_reply_that_brings_the_missing_field_completes_the_request() {
    let first = read(&mail(&[USERNAME]));
    let answers: [&[&str]; 4] =
        [&[PHONE], &["070-174 06 05"], &["Hej! Tack,", "Mobil: 070-174 06 05"], &[USERNAME, PHONE]];
    for answer in answers {
        let answer = read(&reply(answer));
        let together = combine(&[first.clone(), answer]);
        assert_eq!(together.code(), "request");
        let (username, phone) = values(&together);
        assert_eq!(username, some("annand12", "line 1 of mail 1"));
        assert_eq!(phone.map(|(value, _)| value).as_deref(), Some("+46701740605"));
    }
}

#[test]
fn what_contradicts_an_earlier_mail_is_ambiguous() {
    let request = read(&mail(&[USERNAME, PHONE]));
    for lines in [["Mobil: 070-174 06 06"], ["Användarnamn: annand13"]] {
        let together = combine(&[request.clone(), read(&reply(&lines))]);
        assert_eq!(why(&together), "mail 2: it contradicts an earlier one");
    }
    let doubtful = read(&mail(&["Mobil: 070-174 06 0"]));
    assert!(why(&combine(&[request, doubtful])).starts_with("mail 2: "));
}

#[test]
fn mails_about_other_things_destroy_no_request() {
    let request = read(&mail(&[USERNAME, PHONE]));
    let machine = Reading::Automatic(AutomaticKind::Reply);
    let together = combine(&[request.clone(), general(), machine.clone(), read(&reply(&["Tack!"]))]);
    assert_eq!(together.code(), "request");
    assert_eq!(combine(std::slice::from_ref(&request)), request);
    assert_eq!(combine(&[machine.clone(), machine.clone()]), machine);
    assert_eq!(combine(&[general(), machine]), Reading::General);
    assert_eq!(combine(&[]), Reading::General);
}

#[test]
fn answers_to_questions_about_a_printer_make_no_password_request() {
    let answer = read(&reply(&[USERNAME, PHONE]));
    assert_eq!(answer.code(), "incomplete");
    assert_eq!(combine(&[general(), answer.clone()]), Reading::General);
    assert_eq!(combine(&[answer]).code(), "ambiguous");
    assert_eq!(combine(&[general(), read(&reply(&["Mobil: 070-174 06 05"]))]), Reading::General);
}

#[test]
fn a_withdrawn_request_is_no_request_any_more() {
    let request = read(&mail(&[USERNAME, PHONE]));
    let withdrawn =
        read(&Mail { subject: "SV: Nytt lösenord".to_owned(), ..reply(&["Det har löst sig, tack!"]) });
    assert_eq!(combine(&[request, withdrawn]).code(), "ambiguous");
}
