//! Forged, broken and honest senders.

use super::*;

mod exchange;
mod from;

const ID: &str = "mx.kommun.example";

fn judge(header: &str) -> Sender {
    let (fields, _) = Fields::split(format!("{header}\r\n\r\n").as_bytes()).unwrap();
    let own = ["Kommun.example".to_owned()];
    sender(&fields, &Authentication::Authserv(ID.to_owned()), None, &own)
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
    assert_eq!(own.evidence, "dmarc=pass header.from=kommun.example, said by mx.kommun.example");
    let other = judge(
        "Authentication-Results: mx.kommun.example; dmarc=pass header.from=privat.example\r\nFrom: a@privat.example",
    );
    assert_eq!(other.trust, Trust::Vouched);
}

#[test]
fn what_an_inbox_rule_handed_on_is_vouched_for_by_nobody() {
    let results = "Authentication-Results: mx.kommun.example; dmarc=pass header.from=kommun.example\r\n";
    assert_eq!(trust_below(results), Trust::OwnDomain);
    let rule = "X-MS-Exchange-Inbox-Rules-Loop: gamla-desken@kommun.example\r\n";
    for header in [format!("{results}{rule}"), format!("{rule}{results}")] {
        assert_eq!(trust_below(&header), Trust::Unverified, "{header}");
    }
}

#[test]
fn every_spelling_of_rfc_8601_is_understood() {
    for value in [
        "mx.kommun.example 1; dmarc=pass header.from=kommun.example",
        "MX.Kommun.Example (a; b=c) ; spf=pass smtp.mailfrom=a@x; DMARC = PASS (c) Header.From = \"Kommun.example\"",
        "\"mx.kommun.example\"; dkim=fail reason=\"dmarc=fail; x\" header.b=Ab/+=; dmarc/1=pass action=none header.from=kommun.example",
        "mx.kommun.example; dmarc=pass header.from=kommun.example; spf=none",
        "mx.kommun.example; dmarc / 1 = pass (a) header . (b) from = (c) kommun.example",
        "mx.kommun.example; x-new=odd words; dmarc=pass reason=\"a; b\" header.from=kommun.example policy.x=y",
        "mx.kommun.example; dmarc=pass header.from=kommun.example; dmarc=pass header.from=kommun.example",
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
        "mx.kommun.example 2; dmarc=pass header.from=kommun.example",
        "mx.kommun.example; dmarc=pass policy header.from=kommun.example",
        "mx.kommun.example; dmarc header.from=kommun.example",
        "mx.kommun.example; =pass header.from=kommun.example",
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
    assert_eq!(trust_below(&format!("{received}{pass}{received}{fail}")), Trust::OwnDomain);
    assert_eq!(trust_below(&format!("{received}{pass}{fail}")), Trust::Unverified);
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
fn the_fields_that_one_server_writes_count_together() {
    // As Postfix with OpenDMARC and OpenDKIM writes them.
    let spf = "Authentication-Results: mx.kommun.example; spf=fail smtp.mailfrom=kommun.example\r\n";
    let dkim = "DKIM-Filter: x\r\nAuthentication-Results: mx.kommun.example;\r\n\tdkim=pass header.d=kommun.example\r\n";
    let pass = "Authentication-Results: mx.kommun.example; dmarc=pass header.from=kommun.example\r\n";
    let fail = "Authentication-Results: mx.kommun.example; dmarc=fail header.from=kommun.example\r\n";
    for trace in [format!("{pass}{spf}{dkim}"), format!("{spf}{dkim}{pass}"), format!("{dkim}{pass}{spf}")] {
        assert_eq!(trust_below(&trace), Trust::OwnDomain, "{trace}");
    }
    for trace in [format!("{fail}{spf}{pass}"), format!("{pass}{spf}{dkim}{fail}"), format!("{spf}{dkim}")] {
        assert_eq!(trust_below(&trace), Trust::Unverified, "{trace}");
    }
}

#[test]
fn what_stands_below_a_hop_or_another_server_is_not_of_the_same_server() {
    let spf = "Authentication-Results: mx.kommun.example; spf=none\r\n";
    let pass = "Authentication-Results: mx.kommun.example; dmarc=pass header.from=kommun.example\r\n";
    for between in [
        "Received: from x by mx.kommun.example; Tue, 24 Nov 2026 08:12:00 +0100\r\n",
        "Return-Path: <x@privat.example>\r\n",
        "DKIM-Signature: v=1; d=privat.example\r\n",
        "ARC-Seal: i=1; cv=none\r\n",
        "Authentication-Results: other.example; spf=pass\r\n",
        "Subject: a\r\n",
    ] {
        assert_eq!(trust_below(&format!("{spf}{between}{pass}")), Trust::Unverified, "{between}");
    }
    let arc = "ARC-Authentication-Results: i=1; mx.kommun.example; dmarc=pass header.from=kommun.example\r\n";
    assert_eq!(trust_below(arc), Trust::Unverified, "ARC is no proof");
}

#[test]
fn the_trail_says_in_words_why_nobody_vouches() {
    for (value, says) in [
        (
            "mx.kommun.example; dmarc=fail header.from=kommun.example",
            "dmarc=fail header.from=kommun.example, said by",
        ),
        (
            "mx.kommun.example; dmarc=pass header.from=evil.example",
            "evil.example, said by mx.kommun.example, but From",
        ),
        ("mx.kommun.example; none", "says nothing of DMARC"),
        (
            "mx.kommun.example; dmarc=pass header.from=a.example; dmarc=pass header.from=b.example",
            "says two things",
        ),
        ("mx.kommun.example; dmarc=pass", "does not say once of whom"),
        ("mx.kommun.example 7; dmarc=pass", "cannot be read"),
        ("other.example; dmarc=pass", "no Authentication-Results of mx.kommun.example"),
    ] {
        let judged = judge(&format!("Authentication-Results: {value}\r\nFrom: a@kommun.example"));
        assert!(judged.evidence.contains(says), "{value}: {}", judged.evidence);
    }
}

#[test]
fn what_this_desk_found_of_signatures_is_judged_by_from() {
    let judge = |found: Option<&Signatures>| {
        let (fields, _) = Fields::split(b"From: a@kommun.example\n\n").unwrap();
        let judged = sender(&fields, &Authentication::Dkim, found, &["kommun.example".to_owned()]);
        (judged.trust, judged.evidence)
    };
    let aligned =
        |domain: &str, signer: &str| Signatures::Aligned { domain: domain.into(), signer: signer.into() };
    let own = judge(Some(&aligned("kommun.example", "kommun.example")));
    assert_eq!(own, (Trust::OwnDomain, "DKIM of kommun.example verified by this desk".to_owned()));
    let relaxed = judge(Some(&aligned("kommun.example", "mail.kommun.example")));
    assert_eq!(relaxed.0, Trust::OwnDomain);
    assert!(relaxed.1.contains("mail.kommun.example"), "{}", relaxed.1);
    let why = "w".to_owned();
    for (found, says) in [
        (Some(aligned("evil.example", "evil.example")), "but From is of kommun.example"),
        (Some(Signatures::Nothing { why: why.clone() }), "no DKIM signature speaks for kommun.example: w"),
        (Some(Signatures::Unclear { why }), "could not be checked: w"),
        (None, "were not checked when it came"),
    ] {
        let (trust, evidence) = judge(found.as_ref());
        assert!(trust == Trust::Unverified && evidence.contains(says), "{evidence}");
    }
}

#[test]
fn a_trusted_mailbox_believes_from() {
    let (fields, _) = Fields::split(b"From: a@kommun.example\n\n").unwrap();
    let own = ["kommun.example".to_owned()];
    assert_eq!(sender(&fields, &Authentication::Trusted, None, &own).trust, Trust::OwnDomain);
    assert_eq!(sender(&fields, &Authentication::Trusted, None, &[]).trust, Trust::Vouched);
}
