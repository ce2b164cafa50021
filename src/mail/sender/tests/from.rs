//! From fields that could fool a reader.

use super::*;

/// The sender of a mail with these fields, for which our server vouches.
fn vouched(from: &str) -> Sender {
    judge(&format!("Authentication-Results: {ID}; dmarc=pass header.from=kommun.example\r\n{from}"))
}

#[test]
fn a_from_that_can_be_read_in_two_ways_belongs_to_nobody() {
    for (from, says) in [
        ("a@kommun.example, b@kommun.example", "several addresses"),
        ("a@kommun.example b@kommun.example", "not hold one well-formed"),
        ("a@kommun.example <b@kommun.example>", "several addresses"),
        ("<a@kommun.example> <b@kommun.example>", "not hold one well-formed"),
        ("<a@kommun.example>, <b@kommun.example>", "several addresses"),
        ("Group: a@kommun.example;", "a group"),
        ("Hemlig:;", "a group"),
        ("Andersson, Anna <a@kommun.example>", "several addresses"),
        ("=?utf-8?Q?Anna_=3Ca=40kommun.example=3E?=", "not hold one well-formed"),
        ("\"a b\"@kommun.example", "not hold one well-formed"),
        ("<@relay.example:a@kommun.example>", "a group"),
        ("a@kommun.example> (", "not hold one well-formed"),
        ("<a@kommun.example", "not hold one well-formed"),
        ("Anna", "not hold one well-formed"),
        ("", "not hold one well-formed"),
        // Cyrillic o and a; ö; a full-width letter.
        ("a@k\u{43e}mmun.example", "letters other than a to z"),
        ("\u{430}nna@kommun.example", "letters other than a to z"),
        ("åsa@kommun.example", "letters other than a to z"),
        ("Anna <a@kommun\u{ff0e}example>", "letters other than a to z"),
    ] {
        let judged = vouched(&format!("From: {from}"));
        assert_eq!((judged.address, judged.trust), (None, Trust::Unverified), "{from}");
        assert!(judged.evidence.contains(says), "{from}: {}", judged.evidence);
    }
    assert_eq!(
        vouched("From: a@kommun.example\r\nFrom: a@kommun.example").evidence,
        "the mail has several From fields"
    );
    assert_eq!(vouched("From: a@kommun.example\r\nFrom : b@kommun.example").address, None);
    assert_eq!(vouched("Subject: a").evidence, "the mail has no From");
}

#[test]
fn a_display_name_that_is_another_address_makes_its_sender_unverified() {
    for from in [
        "\"servicedesk@kommun.example\" <a@kommun.example>",
        "\"Desk <servicedesk@kommun.example>\" <a@kommun.example>",
        "X (servicedesk@kommun.example) <a@kommun.example>",
        "a@kommun.example (servicedesk@kommun.example)",
        "=?utf-8?Q?servicedesk=40kommun=2Eexample?= <A@Kommun.example>",
        "=?utf-8?B?c2VydmljZWRlc2tAa29tbXVuLmV4YW1wbGU=?= <a@kommun.example>",
        "\"servicedesk\u{ff20}kommun.example\" <a@kommun.example>",
    ] {
        let judged = vouched(&format!("From: {from}"));
        assert_eq!(judged.trust, Trust::Unverified, "{from}");
        assert_eq!(judged.address.map(String::from).as_deref(), Some("a@kommun.example"), "{from}");
        assert!(judged.evidence.contains("another address"), "{from}: {}", judged.evidence);
    }
}

#[test]
fn a_display_name_that_repeats_the_address_or_only_names_is_well() {
    for from in [
        "a@kommun.example",
        "<a@kommun.example>",
        "Anna Andersson <A@Kommun.example>",
        "\"Andersson, Anna\" <a@kommun.example>",
        "\"a@kommun.example\" <a@kommun.example>",
        "A@kommun.example <a@kommun.example>",
        "=?utf-8?Q?=C3=85sa_=40_Kommunen?= <a@kommun.example>",
        "Anna @kommun <a@kommun.example> (service desk)",
    ] {
        assert_eq!(vouched(&format!("From: {from}")).trust, Trust::OwnDomain, "{from}");
    }
}

#[test]
fn a_domain_that_stands_for_other_letters_is_never_vouched_for() {
    let idn = judge(&format!(
        "Authentication-Results: {ID}; dmarc=pass header.from=xn--kmmun-jua.example\r\nFrom: a@XN--kmmun-jua.example"
    ));
    assert_eq!(idn.trust, Trust::Unverified);
    assert!(idn.evidence.contains("xn--") && idn.address.is_some(), "{}", idn.evidence);
}

#[test]
fn another_hand_than_froms_is_named_in_the_trail() {
    let judged = vouched("From: a@kommun.example\r\nSender: Bo <bo.berg@kommun.example>");
    assert_eq!(judged.trust, Trust::OwnDomain);
    assert!(
        judged.evidence.ends_with("; sent by bo.berg@kommun.example on behalf of From"),
        "{}",
        judged.evidence
    );
    let same = vouched("From: a@kommun.example\r\nSender: A@kommun.example");
    assert!(!same.evidence.contains("on behalf"), "{}", same.evidence);
    let odd = vouched("From: a@kommun.example\r\nSender: a@kommun.example\r\nSender: b@kommun.example");
    assert!(odd.evidence.ends_with("its Sender cannot be read"), "{}", odd.evidence);
}
