//! Mails as they lie in a mailbox of Exchange Online, honest and forged. The shapes are real; names
//! and addresses are invented.

use super::*;

/// Exchange's own hops, which stand above everything else.
const INNER: &str = "\
Received: from AM9PR01MB1001.eurprd01.prod.exchangelabs.com (2001:db8::1) by\r
 DB7PR01MB2002.eurprd01.prod.exchangelabs.com with HTTPS; Tue, 24 Nov 2026 08:12:03 +0000\r
Received: from DU2PR04CA0001.eurprd04.prod.outlook.com (2001:db8::2) by\r
 AM9PR01MB1001.eurprd01.prod.exchangelabs.com (2001:db8::1) with Microsoft SMTP\r
 Server (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.9001.7; Tue, 24 Nov 2026\r
 08:12:02 +0000\r
Received: from DB5EUR01FT010.eop-EUR01.prod.protection.outlook.com (2001:db8::3) by\r
 DU2PR04CA0001.outlook.office365.com (2001:db8::2) with Microsoft SMTP Server (version=TLS1_3) id 15.20.9001.7\r
 via Frontend Transport; Tue, 24 Nov 2026 08:12:02 +0000\r\n";

/// The tenant's door.
const DOOR: &str = "\
Received-SPF: Pass (protection.outlook.com: domain of kommun.example designates 192.0.2.1 as permitted sender)\r
 receiver=protection.outlook.com; client-ip=192.0.2.1; helo=mail.kommun.example; pr=C\r
Received: from mail.kommun.example (192.0.2.1) by DB5EUR01FT010.mail.protection.outlook.com (192.0.2.9) with\r
 Microsoft SMTP Server (version=TLS1_3) id 15.20.9001.7 via Frontend Transport; Tue, 24 Nov 2026 08:12:01 +0000\r\n";

const FROM: &str = "From: Anna Andersson <anna.andersson@kommun.example>\r\nSubject: Hej\r\n";

const ANONYMOUS: &str = "\
X-MS-Exchange-Organization-AuthSource: DB5EUR01FT010.eop-EUR01.prod.protection.outlook.com\r
X-MS-Exchange-Organization-AuthAs: Anonymous\r
X-MS-Exchange-Organization-MessageDirectionality: Incoming\r\n";

const SOURCE: &str = "X-MS-Exchange-Organization-AuthSource: AM9PR01MB1001.eurprd01.prod.outlook.com\r\n";
const DIRECTION: &str = "X-MS-Exchange-Organization-MessageDirectionality: Originating\r\n";
const INTERNAL: &str = "X-MS-Exchange-Organization-AuthAs: Internal\r\n";

/// What the sending side of a colleague's mail writes.
const COLLEAGUES: &str = "\
Received: from AM9PR01MB1001.eurprd01.prod.outlook.com ([192.0.2.7]) by\r
 AM9PR01MB1001.eurprd01.prod.outlook.com ([192.0.2.7%4]) with mapi id 15.20.9001.007; Tue, 24 Nov 2026\r
 08:12:01 +0000\r
From: Anna Andersson <anna.andersson@kommun.example>\r
Subject: Hej\r
authentication-results: dkim=none (message not signed) header.d=none;dmarc=none action=none\r
 header.from=kommun.example;\r\n";

const PASS: &str =
    "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=kommun.example; dkim=pass (signature was verified)\r
 header.d=kommun.example;dmarc=pass action=none header.from=kommun.example;compauth=pass reason=100";

fn judge(header: &str) -> Sender {
    let (fields, _) = Fields::split(format!("{header}\r\n").as_bytes()).unwrap();
    sender(&fields, &Authentication::Exchange, None, &["kommun.example".to_owned()])
}

#[track_caller]
fn expect(header: &str, trust: Trust, says: &str) {
    let judged = judge(header);
    assert_eq!(judged.trust, trust, "{says}: {}\n{header}", judged.evidence);
    assert!(judged.evidence.contains(says), "{:?} does not say {says:?}", judged.evidence);
}

/// A mail from outside with this result, as Exchange takes it in.
fn outside(results: &str) -> String {
    format!("{INNER}Authentication-Results: {results}\r\n{DOOR}{FROM}{ANONYMOUS}")
}

#[test]
fn a_mail_from_outside_is_vouched_for_when_everything_passed() {
    for (results, says) in [
        (
            PASS.to_owned(),
            "dmarc=pass header.from=kommun.example, said by Exchange, compauth=pass reason=100",
        ),
        (PASS.replace("reason=100", "reason=109"), "reason=109"),
        (PASS.replace("reason=100", "reason=702"), "reason=702"),
        (PASS.replace("spf=pass", "spf=fail"), "dmarc=pass"),
        (PASS.replace("smtp.mailfrom=kommun.example", "smtp.mailfrom="), "dmarc=pass"),
        (
            PASS.replace(";dmarc", ";dkim=fail (body hash did not verify) header.d=x.example;dmarc"),
            "dmarc=pass",
        ),
        (PASS.replace("header.from=kommun.example", "header.from=Kommun.Example"), "dmarc=pass"),
    ] {
        expect(&outside(&results), Trust::OwnDomain, says);
    }
    let private = outside(&PASS.replace("kommun.example", "privat.example"));
    let private = private.replace("anna.andersson@kommun.example", "anna@privat.example");
    expect(&private, Trust::Vouched, "header.from=privat.example");
}

#[test]
fn a_mail_from_outside_that_did_not_pass_says_why_in_words() {
    let fail =
        "spf=fail (sender IP is 192.0.2.66) smtp.mailfrom=kommun.example; dkim=none (message not signed)\r
 header.d=none;dmarc=fail action=none header.from=kommun.example;compauth=fail reason=601";
    for (results, says) in [
        (
            fail.to_owned(),
            "dmarc=fail header.from=kommun.example, said by Exchange: it failed implicitly, and calls",
        ),
        (fail.replace("601", "000"), "asks to reject"),
        (fail.replace("601", "001"), "no records, or weak ones"),
        (fail.replace("601", "002"), "forbids this sender to spoof"),
        (fail.replace("601", "010"), "one of the organisation's own domains"),
        (fail.replace("compauth=fail reason=601", "compauth=pass reason=130"), "ARC chain overrode"),
        (fail.replace("compauth=fail reason=601", "compauth=pass reason=111"), "dmarc=fail"),
        (fail.replace("action=none", "action=oreject"), "dmarc=fail"),
        (PASS.replace("reason=100", "reason=130"), "ARC chain overrode"),
        (PASS.replace("compauth=pass reason=100", "compauth=softpass reason=201"), "passed only softly"),
        (PASS.replace("compauth=pass reason=100", "compauth=none reason=301"), "was not checked"),
        (PASS.replace("compauth=pass reason=100", "compauth=none reason=405"), "was bypassed"),
        (PASS.replace("compauth=pass reason=100", "compauth=none reason=905"), "was bypassed"),
        (PASS.replace("reason=100", "reason=405"), "was bypassed"),
        (PASS.replace("compauth=pass reason=100", "compauth=fail reason=601"), "failed implicitly"),
        (PASS.replace(" reason=100", ""), "reason is not known"),
        (PASS.replace("reason=100", "reason=1000"), "it passed"),
        (PASS.replace(";compauth=pass reason=100", ""), "says nothing of compauth"),
        (format!("{PASS};compauth=fail reason=001"), "two things of compauth"),
        (format!("{PASS};dmarc=fail action=none header.from=kommun.example"), "two things of dmarc"),
        (PASS.replace("dmarc=pass", "dmarc=bestguesspass"), "the domain has no DMARC record"),
        (PASS.replace("dmarc=pass", "dmarc=none"), "dmarc=none"),
        (
            PASS.replace("header.from=kommun.example", "header.from=evil.example"),
            "but From is of kommun.example",
        ),
        (PASS.replace(" header.from=kommun.example", ""), "cannot be read"),
        (PASS.replace("dmarc=pass", "(dmarc=pass"), "cannot be read"),
        ("spf=none smtp.mailfrom=x;dkim=none".to_owned(), "says nothing of dmarc"),
        (format!("mx.privat.example; {PASS}"), "is not Exchange's"),
        (String::new(), "is not Exchange's"),
    ] {
        expect(&outside(&results), Trust::Unverified, says);
    }
}

#[test]
fn results_that_do_not_stand_where_exchange_puts_them_never_count() {
    let results = format!("Authentication-Results: {PASS}\r\n");
    let original = results.replacen("Authentication", "X-MS-Exchange-Authentication", 1);
    let arc = format!("ARC-Authentication-Results: i=1; mx.microsoft.com 1; {PASS}\r\n");
    let gateway =
        "Received: from x by gateway.kommun.example with ESMTPS; Tue, 24 Nov 2026 08:12:01 +0000\r\n";
    for (header, says) in [
        // Sent along: below the door, or below the author's own fields.
        (format!("{INNER}{DOOR}{results}{FROM}"), "Exchange wrote no Authentication-Results"),
        (format!("{INNER}{FROM}{results}{DOOR}"), "no host of Exchange says"),
        (format!("{results}{FROM}"), "no host of Exchange says"),
        (FROM.to_owned(), "no host of Exchange says"),
        (format!("{INNER}{DOOR}{arc}{FROM}"), "Exchange wrote no Authentication-Results"),
        (format!("{INNER}{arc}{DOOR}{FROM}"), "Exchange wrote no Authentication-Results"),
        (format!("{INNER}{original}{DOOR}{FROM}"), "Exchange wrote no Authentication-Results"),
        // The mailbox lies behind another server, or only claims to lie in Exchange.
        (format!("{gateway}{INNER}{results}{DOOR}{FROM}"), "gateway.kommun.example took it in"),
        (format!("{INNER}{results}{gateway}{DOOR}{FROM}"), "not of the host that takes mails in"),
        (format!("Received: (nobody)\r\n{results}{DOOR}{FROM}"), "an unnamed host took it in"),
        (
            format!(
                "{INNER}{results}{}{FROM}",
                DOOR.replace("outlook.com (192", "outlook.com.evil.example (192")
            ),
            "not of the host that takes mails in",
        ),
        (
            format!(
                "{INNER}{results}{}{FROM}",
                DOOR.replace("by DB5EUR01FT010.mail.protection", "by evilprotection")
            ),
            "not of the host that takes mails in",
        ),
        // The topmost one counts, whatever stands below.
        (
            format!("{INNER}Authentication-Results: spf=none\r\n{results}{DOOR}{FROM}"),
            "says nothing of dmarc",
        ),
    ] {
        expect(&header, Trust::Unverified, says);
    }
}

#[test]
fn a_colleagues_mail_is_internal() {
    for (marks, says) in [
        (format!("{SOURCE}{INTERNAL}{DIRECTION}"), "Exchange: internal"),
        (format!("{SOURCE}{INTERNAL}"), "Exchange: internal"),
        (format!("{INTERNAL}{DIRECTION}"), "Exchange: internal"),
        (
            format!("X-MS-Exchange-Organization-AuthSource: exch01.kommun.example\r\n{INTERNAL}{DIRECTION}"),
            "internal",
        ),
        (
            format!("{SOURCE}{INTERNAL}X-MS-Exchange-MessageSentRepresentingType: 1\r\n"),
            "internal, sent on behalf of From",
        ),
    ] {
        expect(&format!("{COLLEAGUES}{marks}"), Trust::OwnDomain, says);
    }
    let other = COLLEAGUES.replace("anna.andersson@kommun.example", "anna@privat.example");
    expect(
        &format!("{other}{SOURCE}{INTERNAL}"),
        Trust::Unverified,
        "privat.example is no domain of the organisation",
    );
}

#[test]
fn a_mark_of_a_colleague_that_exchange_did_not_write_counts_for_nothing() {
    const NAME: &str = "X-MS-Exchange-Organization-AuthAs";
    let odd = "not written as Exchange writes it";
    for (marks, says) in [
        (format!("{SOURCE}{INTERNAL}{INTERNAL}"), "more than once"),
        (format!("{SOURCE}{INTERNAL}{NAME}: Anonymous\r\n"), "more than once"),
        (format!("{SOURCE}{INTERNAL}{NAME} : Internal\r\n"), "more than once"),
        (format!("{SOURCE}{NAME}: Internal74\r\n"), "neither Internal nor Anonymous"),
        (format!("{SOURCE}{NAME}: internal\r\n"), "neither Internal nor Anonymous"),
        (format!("{SOURCE}{NAME}: Internal (yes)\r\n"), "neither Internal nor Anonymous"),
        (format!("{SOURCE}{NAME}: \"Internal\"\r\n"), "neither Internal nor Anonymous"),
        (format!("{SOURCE}{NAME}: Internal\0\r\n"), "neither Internal nor Anonymous"),
        (format!("{SOURCE}{NAME}: Partner\r\n"), "neither Internal nor Anonymous"),
        (format!("{SOURCE}{NAME}:\r\n Internal\r\n"), odd),
        (format!("{SOURCE}{NAME}: Internal\r\n \r\n"), odd),
        (format!("{SOURCE}{NAME} : Internal\r\n"), odd),
        (format!("{SOURCE}X-Ms-Exchange-Organization-Authas: Internal\r\n"), odd),
        (
            format!("{SOURCE}X-MS-Exchange-CrossTenant-AuthAs: Internal\r\n"),
            "not of the host that takes mails in",
        ),
        (INTERNAL.to_owned(), "neither AuthSource nor MessageDirectionality confirms it"),
        (format!("{INTERNAL}{}", SOURCE.replace("outlook.com", "outlook.com.evil.example")), "confirms it"),
        (format!("{INTERNAL}{}", SOURCE.replace("AM9PR01MB1001.eurprd01.prod.", "evil")), "confirms it"),
        (format!("{INTERNAL}{}", DIRECTION.replace("Originating", "Incoming")), "confirms it"),
        (format!("{SOURCE}{SOURCE}{INTERNAL}{DIRECTION}"), "is not Exchange's"),
        (format!("{SOURCE}{INTERNAL}{DIRECTION}{DIRECTION}"), "is not Exchange's"),
        (
            format!("{SOURCE}{}", ANONYMOUS.lines().nth(1).unwrap_or_default()),
            "not of the host that takes mails in",
        ),
    ] {
        let header = format!("{COLLEAGUES}{marks}").replace("authentication-results", "X-Old");
        let header = header.replacen("Received: ", "Authentication-Results: dkim=none\r\nReceived: ", 1);
        expect(&header, Trust::Unverified, says);
    }
}

#[test]
fn a_forged_mark_does_not_spoil_or_save_a_mail_from_outside() {
    let forged = format!("X-Ms-Exchange-Organization-Authas: Internal74\r\n{SOURCE}");
    let honest = outside(PASS).replace(ANONYMOUS, &forged);
    expect(&honest, Trust::OwnDomain, "dmarc=pass");
    let spoof = outside(&PASS.replace("dmarc=pass", "dmarc=fail")).replace(ANONYMOUS, &forged);
    expect(&spoof, Trust::Unverified, "not written as Exchange writes it; dmarc=fail");
}

#[test]
fn nothing_of_exchange_counts_anywhere_else() {
    let colleague = format!("{COLLEAGUES}{SOURCE}{INTERNAL}{DIRECTION}\r\n");
    for mail in [colleague, outside(PASS) + "\r\n"] {
        let (fields, _) = Fields::split(mail.as_bytes()).unwrap();
        for authentication in [Authentication::Authserv(ID.to_owned()), Authentication::Dkim] {
            let judged = sender(&fields, &authentication, None, &["kommun.example".to_owned()]);
            assert_eq!(judged.trust, Trust::Unverified, "{authentication:?}: {}", judged.evidence);
        }
    }
}
