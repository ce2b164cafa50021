//! Forged, broken and honest senders.

use super::*;

const ID: &str = "mx.kommun.example";

fn judge(header: &str) -> Sender {
    let (fields, _) = Fields::split(format!("{header}\r\n\r\n").as_bytes()).unwrap();
    let own = ["Kommun.example".to_owned()];
    sender(&fields, &Authentication::Authserv(ID.to_owned()), &own)
}

/// The trust in a mail from a colleague, with these fields above its own.
fn trust_below(trace: &str) -> Trust {
    judge(&format!("{trace}From: Anna Andersson <anna.andersson@kommun.example>\r\nSubject: Hej")).trust
}

#[test]
fn a_pass_of_our_server_makes_an_own_domain_or_a_vouched_sender() {
    let own = judge(
        "Authentication-Results: mx.kommun.example;\r\n dmarc=pass (p=reject) header.from=kommun.example\r\nFrom: a@kommun.example",
    );
    assert_eq!(own.trust, Trust::OwnDomain);
    assert_eq!(own.evidence, "dmarc=pass header.from=kommun.example");
    let other = judge(
        "Authentication-Results: mx.kommun.example; dmarc=pass header.from=privat.example\r\nFrom: a@privat.example",
    );
    assert_eq!(other.trust, Trust::Vouched);
}

#[test]
fn every_spelling_of_rfc_8601_is_understood() {
    for value in [
        "mx.kommun.example 1; dmarc=pass header.from=kommun.example",
        "MX.Kommun.Example (a; b=c) ; spf=pass smtp.mailfrom=a@x; DMARC = PASS (c) Header.From = \"Kommun.example\"",
        "\"mx.kommun.example\"; dkim=fail reason=\"dmarc=fail; x\" header.b=Ab/+=; dmarc/1=pass action=none header.from=kommun.example",
        "mx.kommun.example; dmarc=pass header.from=kommun.example; spf=none",
    ] {
        let trace = format!("Authentication-Results: {value}\r\n");
        assert_eq!(trust_below(&trace), Trust::OwnDomain, "{value}");
    }
}

#[test]
fn a_result_that_does_not_vouch_for_from_vouches_for_nobody() {
    for value in [
        "mx.kommun.example; dmarc=fail header.from=kommun.example",
        "mx.kommun.example; dmarc=bestguesspass header.from=kommun.example",
        "mx.kommun.example; dmarc=pass",
        "mx.kommun.example; dmarc=pass header.from=evil.example",
        "mx.kommun.example; dmarc=pass header.from=sub.kommun.example",
        "mx.kommun.example; dmarc=pass header.from=kommun.example header.from=evil.example",
        "mx.kommun.example; dmarc=pass header.from=evil.example header.from=kommun.example",
        "mx.kommun.example; dmarc=pass header.from=kommun.example; dmarc=fail header.from=kommun.example",
        "mx.kommun.example; spf=pass smtp.mailfrom=\"x; dmarc=pass header.from=kommun.example",
        "mx.kommun.example; spf=pass smtp.mailfrom=\"; dmarc=pass header.from=kommun.example; \"@x",
        "mx.kommun.example; spf=pass (; dmarc=pass header.from=kommun.example;) smtp.mailfrom=x",
        "mx.kommun.example; none",
        "mx.kommun.example",
        "mx.kommun.example two; dmarc=pass header.from=kommun.example",
        "evil.example; dmarc=pass header.from=kommun.example",
        "dmarc=pass header.from=kommun.example",
        "spf=pass; dmarc=pass header.from=kommun.example",
        "",
    ] {
        let trace = format!("Authentication-Results: {value}\r\n");
        assert_eq!(trust_below(&trace), Trust::Unverified, "{value}");
    }
}

#[test]
fn a_forged_result_below_our_own_never_counts() {
    let fail = "Authentication-Results: mx.kommun.example; dmarc=fail header.from=kommun.example\r\n";
    let pass = "Authentication-Results: mx.kommun.example; dmarc=pass header.from=kommun.example\r\n";
    let received = "Received: from x by mx.kommun.example; Tue, 24 Nov 2026 08:12:00 +0100\r\n";
    assert_eq!(trust_below(&format!("{fail}{received}{pass}")), Trust::Unverified);
    assert_eq!(trust_below(&format!("{received}{pass}{fail}")), Trust::OwnDomain);
    let unclosed = "Authentication-Results: mx.kommun.example (; dmarc=fail\r\n";
    assert_eq!(trust_below(&format!("{unclosed}{pass}")), Trust::Unverified);
    let odd_version = "Authentication-Results: mx.kommun.example two; dmarc=fail\r\n";
    assert_eq!(trust_below(&format!("{odd_version}{pass}")), Trust::Unverified);
    let below_the_authors = judge(&format!("Subject: a\r\n{pass}From: a@kommun.example"));
    assert_eq!(below_the_authors.trust, Trust::Unverified);
    assert_eq!(below_the_authors.evidence, "no Authentication-Results of mx.kommun.example");
}

#[test]
fn the_result_of_an_inner_hop_does_not_hide_ours() {
    let inner = "Authentication-Results: store.kommun.example; dmarc=none\r\nReceived: from mx by store\r\n";
    let pass = "Authentication-Results: mx.kommun.example; dmarc=pass header.from=kommun.example\r\n";
    assert_eq!(trust_below(&format!("{inner}{pass}")), Trust::OwnDomain);
}

#[test]
fn a_from_that_can_be_read_in_two_ways_belongs_to_nobody() {
    for from in [
        "a@kommun.example, b@kommun.example",
        "a@kommun.example b@kommun.example",
        "a@kommun.example <b@kommun.example>",
        "<a@kommun.example> <b@kommun.example>",
        "Group: a@kommun.example;",
        "Andersson, Anna <a@kommun.example>",
        "=?utf-8?Q?Anna_=3Ca=40kommun.example=3E?=",
        "\"a b\"@kommun.example",
        "<@relay.example:a@kommun.example>",
        "a@kommun.example> (",
        "Anna",
        "",
    ] {
        let judged = judge(&format!(
            "Authentication-Results: {ID}; dmarc=pass header.from=kommun.example\r\nFrom: {from}"
        ));
        assert_eq!((judged.address, judged.trust), (None, Trust::Unverified), "{from}");
    }
    assert_eq!(judge("From: a@kommun.example\r\nFrom: a@kommun.example").address, None);
    assert_eq!(judge("Subject: a").evidence, "the mail has no From");
}

#[test]
fn a_display_name_is_never_an_address() {
    for from in [
        "\"servicedesk@kommun.example\" <x@privat.example>",
        "X (servicedesk@kommun.example) <x@privat.example>",
        "x@privat.example (servicedesk@kommun.example)",
        "=?utf-8?Q?servicedesk=40kommun=2Eexample?= <X@Privat.example>",
    ] {
        let address = judge(&format!("From: {from}")).address.map(String::from);
        assert_eq!(address.as_deref(), Some("x@privat.example"), "{from}");
    }
}

#[test]
fn a_trusted_mailbox_believes_from_and_exchange_nobody_yet() {
    let (fields, _) = Fields::split(b"From: a@kommun.example\n\n").unwrap();
    let own = ["kommun.example".to_owned()];
    assert_eq!(sender(&fields, &Authentication::Trusted, &own).trust, Trust::OwnDomain);
    assert_eq!(sender(&fields, &Authentication::Trusted, &[]).trust, Trust::Vouched);
    assert_eq!(sender(&fields, &Authentication::Exchange, &own).trust, Trust::Unverified);
}
