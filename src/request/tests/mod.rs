//! Whole mails, built from their lines, and the mails of a ticket together. How people and programs
//! really write them is in `tests/mails`.

use super::Reading;
use super::template::{combine, read};
use crate::mail::{AutomaticKind, Mail, Sender, Trust, WrittenText};

mod limits;
mod property;
mod together;

const USERNAME: &str = "Användarnamn: annand12";
const PHONE: &str = "Mobilnummer: 070-174 06 05";

fn text(lines: &[&str]) -> WrittenText {
    WrittenText { lines: lines.iter().map(|line| (*line).to_owned()).collect(), ..WrittenText::default() }
}

/// A person's mail with the subject "Nytt lösenord".
fn mail(lines: &[&str]) -> Mail {
    Mail {
        message_id: None,
        subject: "Nytt lösenord".to_owned(),
        date: None,
        sender: Sender { address: None, trust: Trust::Unverified, evidence: String::new(), alone: true },
        writer: String::new(),
        answers: Vec::new(),
        tag: None,
        automatic: None,
        returned: None,
        wants_no_answer: false,
        plain: Some(text(lines)),
        html: None,
        attachments: Vec::new(),
        incomplete: false,
        content_hash: String::new(),
    }
}

/// A value and its place.
type Read = Option<(String, String)>;

/// The username and the phone of a reading.
fn values(reading: &Reading) -> (Read, Read) {
    let (username, phone) = match reading {
        Reading::Request(request) => (Some(&request.username), Some(&request.phone)),
        Reading::Incomplete { username, phone } => (username.as_ref(), phone.as_ref()),
        Reading::Ambiguous { .. } | Reading::General | Reading::Automatic(_) => (None, None),
    };
    (
        username.map(|found| (found.value.to_string(), found.place.clone())),
        phone.map(|found| (found.value.e164().to_owned(), found.place.clone())),
    )
}

fn why(reading: &Reading) -> &str {
    match reading {
        Reading::Ambiguous { why } => why,
        Reading::Request(_) | Reading::Incomplete { .. } | Reading::General | Reading::Automatic(_) => {
            panic!("{} is not ambiguous", reading.code())
        }
    }
}

fn some(value: &str, place: &str) -> Read {
    Some((value.to_owned(), place.to_owned()))
}

#[test]
fn evidence_names_the_lines() {
    let reading = read(&mail(&["Hej!", "", USERNAME, "Mobilnummer:", "070-174 06 05"]));
    assert_eq!(values(&reading), (some("annand12", "line 3"), some("+46701740605", "line 5")));
    let reading = read(&mail(&[USERNAME, PHONE, "Mobil: 070-174 06 06"]));
    assert_eq!(why(&reading), "two phones, lines 2 and 3");
}

#[test]
fn a_doubt_is_told_without_the_values() {
    let doubtful: [&[&str]; 6] = [
        &[USERNAME, "Mobil: 070-174 06 05 ankn 12"],
        &["Användarnamn: annand12 Sommar2024", PHONE],
        &[USERNAME, PHONE, "eller 070-174 06 06"],
        &[USERNAME, PHONE, "Förlåt, jag menar annand13"],
        &[USERNAME, "Gammalt mobilnummer: 070-174 06 05"],
        &["Användarnamn: annand12", "Användarnamn: annand13", PHONE],
    ];
    for lines in doubtful {
        let reading = read(&mail(lines));
        let why = why(&reading);
        assert!(why.contains("line"), "{why}");
        for secret in ["annand", "Sommar", "174", "0701740605"] {
            assert!(!why.contains(secret), "{why}");
        }
    }
}

#[test]
fn a_machines_mail_says_nothing_else() {
    let machine = Mail { automatic: Some(AutomaticKind::Reply), ..mail(&[USERNAME, PHONE]) };
    assert_eq!(read(&machine), Reading::Automatic(AutomaticKind::Reply));
}

#[test]
fn a_mail_that_was_read_in_part_is_never_acted_on() {
    let part =
        |subject: &str, lines: &[&str]| Mail { incomplete: true, subject: subject.to_owned(), ..mail(lines) };
    assert_eq!(read(&part("Nytt lösenord", &[USERNAME, PHONE])).code(), "ambiguous");
    assert_eq!(read(&part("Nytt lösenord", &[])).code(), "ambiguous");
    assert_eq!(read(&part("", &[USERNAME, PHONE])).code(), "ambiguous");
    assert_eq!(read(&part("Skrivaren", &["Den blinkar."])).code(), "general");
}

#[test]
fn quotes_and_signatures_are_never_looked_at() {
    let mut quoting = mail(&["Hej, kan ni hjälpa till?"]);
    let other = ["Användarnamn: bosson34".to_owned(), "Mobil: 070-174 06 34".to_owned()];
    quoting.plain =
        quoting.plain.map(|text| WrittenText { signature: other.to_vec(), quoted: other.to_vec(), ..text });
    assert_eq!(values(&read(&quoting)), (None, None));
    assert_eq!(read(&quoting).code(), "incomplete");
}

#[test]
fn text_and_html_must_say_the_same_unless_one_is_empty() {
    let both = |html: &[&str]| Mail { html: Some(text(html)), ..mail(&[USERNAME, PHONE]) };
    assert_eq!(read(&both(&["Hej", "", USERNAME, PHONE])).code(), "request");
    assert_eq!(read(&both(&["", " "])).code(), "request");
    for other in [&[USERNAME, "Mobil: 070-174 06 06"][..], &[USERNAME], &["Användarnamn: annand13", PHONE]] {
        let reading = read(&both(other));
        assert_eq!(why(&reading), "the text and the HTML part of the mail differ");
    }
}

#[test]
fn nobody_asks_about_a_password_unless_the_mail_says_so_or_is_the_template() {
    let about =
        |subject: &str, lines: &[&str]| read(&Mail { subject: subject.to_owned(), ..mail(lines) }).code();
    assert_eq!(about("", &[USERNAME, PHONE]), "request");
    assert_eq!(about("Hej", &["Hej!", USERNAME, PHONE, "Tack på förhand", "Annand"]), "ambiguous");
    assert_eq!(about("Skrivaren", &[USERNAME, PHONE]), "ambiguous");
    assert_eq!(about("Skrivaren", &["Inloggning: annand12", "Tel: 070-174 06 05"]), "ambiguous");
    assert_eq!(about("Skrivaren", &[PHONE]), "general");
    assert_eq!(about("", &["annand12, 070-174 06 05"]), "general");
    assert_eq!(about("", &["Jag kommer inte in", USERNAME, PHONE]), "request");
}
