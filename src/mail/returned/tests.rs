//! Reports of several servers, in the form in which they come, and what only looks like one.

use crate::mail::reading::read;
use crate::mail::{Authentication, AutomaticKind, Mail};
use crate::types::ReturnedFate;

const OURS: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0@kommun.example";

fn mail(raw: &str) -> Mail {
    let own = ["kommun.example".to_owned()];
    read(raw.replace('\n', "\r\n").as_bytes(), &Authentication::Trusted, None, &own).unwrap()
}

/// Fate, code, and the first identifier.
fn told(raw: &str) -> Option<(ReturnedFate, String, String)> {
    let returned = mail(raw).returned?;
    Some((returned.fate, returned.status, returned.ids.first().map(ToString::to_string).unwrap_or_default()))
}

fn failed(status: &str) -> Option<(ReturnedFate, String, String)> {
    Some((ReturnedFate::Failed, status.to_owned(), OURS.to_owned()))
}

fn delayed(status: &str) -> Option<(ReturnedFate, String, String)> {
    Some((ReturnedFate::Delayed, status.to_owned(), OURS.to_owned()))
}

/// A report as RFC 3464 wants it; `last` is the part with the mail or its header.
fn report(recipients: &str, last: &str) -> String {
    format!(
        "Return-Path: <>\n\
         From: Mail Delivery System <MAILER-DAEMON@mx.kommun.example>\n\
         To: servicedesk@kommun.example\n\
         Subject: Undelivered Mail Returned to Sender\n\
         Auto-Submitted: auto-replied\n\
         Message-ID: <20261124081200.4F1A@mx.kommun.example>\n\
         MIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b/1\"\n\
         \n\
         --b/1\n\
         Content-Type: text/plain; charset=us-ascii\n\
         \n\
         I'm sorry to have to inform you that your message could not be delivered.\n\
         --b/1\n\
         Content-Type: message/delivery-status\n\
         \n\
         Reporting-MTA: dns; mx.kommun.example\n\
         Arrival-Date: Tue, 24 Nov 2026 08:12:00 +0100 (CET)\n\
         \n\
         {recipients}\n\
         --b/1\n\
         {last}\n\
         --b/1--\n"
    )
}

fn header() -> String {
    format!("Content-Type: text/rfc822-headers\n\nFrom: servicedesk@kommun.example\nMessage-ID: <{OURS}>\n")
}

fn one(action: &str, status: &str) -> String {
    format!("Final-Recipient: rfc822; bo@kommun.example\nAction: {action}\nStatus: {status}\n")
}

#[test]
fn a_report_tells_which_mail_and_why() {
    assert_eq!(told(&report(&one("failed", "5.1.1"), &header())), failed("5.1.1"));
    assert_eq!(told(&report(&one("Failed (really)", "5.7.1 (refused)"), &header())), failed("5.7.1"));
    assert_eq!(told(&report(&one("failed", "4.4.7"), &header())), failed("4.4.7"));
    assert_eq!(told(&report(&one("delayed", "4.4.1"), &header())), delayed("4.4.1"));
    assert_eq!(
        told(&report("Final-Recipient: rfc822; bo@x.example\nStatus: 5.2.2\n", &header())),
        failed("5.2.2")
    );
    let whole = format!(
        "Content-Type: message/rfc822\n\nMessage-ID: <{OURS}>\nSubject: Vi har =?utf-8?Q?f=C3=A5tt?= ditt mejl\n\nHej!\n"
    );
    assert_eq!(told(&report(&one("failed", "5.1.1"), &whole)), failed("5.1.1"));
}

#[test]
fn a_mail_that_arrived_or_was_handed_on_has_not_come_back() {
    for action in ["delivered", "relayed", "expanded"] {
        let raw = report(&one(action, "2.0.0"), &header());
        assert_eq!(told(&raw), None, "{action}");
        assert_eq!(mail(&raw).automatic, Some(AutomaticKind::Bounce), "and is filed");
    }
}

#[test]
fn of_several_recipients_the_worst_counts() {
    let both = one("delivered", "2.0.0") + "\n" + &one("failed", "5.1.1") + "\n" + &one("delayed", "4.4.1");
    assert_eq!(told(&report(&both, &header())), failed("5.1.1"));
}

#[test]
fn exchange_names_the_mail_in_its_header_too() {
    let raw = format!(
        "From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@kommun.example>\n\
         To: servicedesk@kommun.example\n\
         Subject: =?utf-8?Q?Kan_inte_levereras:_[26-1141]_Vi_har_f=C3=A5tt_ditt_mejl?=\n\
         In-Reply-To: <{OURS}>\n\
         X-MS-Exchange-Message-Is-Ndr:\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=x\n\n\
         --x\nContent-Type: multipart/alternative; boundary=y\n\n\
         --y\nContent-Type: text/html; charset=utf-8\n\n<p>Det gick inte att leverera</p>\n--y--\n\
         --x\nContent-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n\
         UmVwb3J0aW5nLU1UQTogZG5zO3gKCkZpbmFsLVJlY2lwaWVudDogcmZjODIyO2JvQGtvbW11bi5leGFtcGxlCkFjdGlvbjog\n\
         ZmFpbGVkClN0YXR1czogNS4xLjEwCg==\n--x--\n"
    );
    assert_eq!(told(&raw), failed("5.1.10"));
}

/// As qmail writes: words, then the mail itself, in one text.
fn in_words(subject: &str, said: &str, more: &str) -> String {
    format!(
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.kommun.example\nTo: servicedesk@kommun.example\n\
         Subject: {subject}\n{more}\n\
         Hi. This is the mail program at mx.kommun.example.\n\n\
         <bo@kommun.example>:\n{said}\n\n\
         --- Below this line is a copy of the message.\n\n\
         Return-Path: <servicedesk@kommun.example>\nMessage-ID: <{OURS}>\nSubject: Hej\n\nStatus 5.9.9\n"
    )
}

#[test]
fn servers_that_only_use_words_are_understood() {
    let qmail = in_words("failure notice", "Sorry, no mailbox here by that name. (#5.1.1)", "");
    assert_eq!(told(&qmail), failed("5.1.1"));
    let said = "192.0.2.25 does not like recipient.\nRemote host said: 550 no such person";
    assert_eq!(told(&in_words("failure notice", said, "")), failed("550"));
    let field = "X-Failed-Recipients: bo@kommun.example\nAuto-Submitted: auto-replied\n";
    assert_eq!(told(&in_words("Mail delivery failed", "Unrouteable address", field)), failed(""));
    let late = "Warning: message 1abc delayed 24 hours";
    assert_eq!(told(&in_words(late, "No action is required on your part.", field)), delayed(""));
    let quoted = in_words("failure notice", "(#5.2.1)", "").replace("Message-ID: <", "> message-id:\n> <");
    let folded = quoted.replace("> <0f1e", "<0f1e");
    assert_eq!(told(&folded), failed("5.2.1"));
}

#[test]
fn words_that_tell_of_no_failure_are_none() {
    // Nobody says that the mail failed: 192.0.2.25 is no code, 5.9.9 stands in the copy.
    assert_eq!(told(&in_words("Hello", "Thank you for writing to 192.0.2.25.", "")), None);
}

#[test]
fn an_automatic_reply_has_returned_nothing() {
    let away = |fields: &str| {
        format!(
            "From: bo@kommun.example\nSubject: Frånvaro: Hej\nIn-Reply-To: <{OURS}>\n{fields}\n\
             Error 550 5.1.1: I am away.\n\nMessage-ID: <{OURS}>\n"
        )
    };
    for fields in ["Auto-Submitted: auto-replied\n", "Return-Path: <>\n", "Precedence: bulk\n", ""] {
        assert_eq!(told(&away(fields)), None, "{fields}");
    }
    // Nothing marks this one but its empty return path, as some vacation programs write it.
    let bare = away("Return-Path: <>\n").replace("Frånvaro: ", "");
    assert_eq!((told(&bare), mail(&bare).automatic), (None, Some(AutomaticKind::Bounce)));
    let person = format!(
        "From: bo@kommun.example\nSubject: Hej\n\nDet kom tillbaka: 550 5.1.1\nMessage-ID: <{OURS}>\n"
    );
    assert_eq!(told(&person), None);
}

#[test]
fn a_report_without_end_is_read_in_bounded_time() {
    let groups = one("delayed", "4.4.1") + "\n";
    let raw = report(&groups.repeat(5_000), &header());
    assert_eq!(told(&raw), delayed("4.4.1"));
    let ids = format!("Message-ID: <{OURS}>\n").repeat(5_000);
    let raw = in_words("failure notice", "(#5.1.1)", "") + &ids;
    assert_eq!(mail(&raw).returned.unwrap().ids.len(), super::MAX_IDS);
}
