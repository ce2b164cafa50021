//! Whole mails, good, broken and hostile.

use proptest::prelude::*;

use super::*;
use crate::mail::{AutomaticKind, Trust};
use crate::types::TicketNumber;

fn read_raw(raw: &[u8]) -> Result<Mail, Unreadable> {
    read(raw, &Authentication::Trusted, None, &["kommun.example".to_owned()])
}

const MAIL: &str = "Received: from a by b\r\n\
Authentication-Results: mx.kommun.example; dmarc=pass header.from=kommun.example\r\n\
From: =?utf-8?Q?=C3=85sa_Ek?= <asa.ek@kommun.example>\r\n\
To: servicedesk@kommun.example\r\n\
Subject: =?utf-8?Q?Nytt_l=C3=B6senord?= [26-1141]\r\n\
Date: Tue, 24 Nov 2026 08:12:00 +0100\r\n\
Message-ID: <a@kommun.example>\r\n\
In-Reply-To: <b@kommun.example>\r\n\
MIME-Version: 1.0\r\n\
Content-Type: multipart/alternative; boundary=\"b\"\r\n\r\n\
--b\r\nContent-Type: text/plain; charset=utf-8; format=flowed\r\n\r\n\
Hej!\r\n\r\n1. asa.ek\r\n2. 070-174 06 05\r\n\r\nMvh\r\nÅsa\r\n\
--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
<p>Hej!</p><ol><li>asa.ek</li><li>070-174 06 05</li></ol><p>Mvh<br>Åsa</p>\r\n\
--b--\r\n";

#[test]
fn a_mail_is_read_whole() {
    let mail = read_raw(MAIL.as_bytes()).unwrap();
    assert_eq!(mail.subject, "Nytt lösenord [26-1141]");
    assert_eq!(mail.tag, TicketNumber::parse("26-1141").ok());
    assert_eq!(mail.date, Some(UnixMillis(1_795_504_320_000)));
    assert_eq!(mail.message_id.map(String::from).as_deref(), Some("a@kommun.example"));
    assert_eq!(mail.answers.len(), 1);
    assert_eq!(mail.sender.trust, Trust::OwnDomain);
    assert_eq!(mail.sender.address.map(String::from).as_deref(), Some("asa.ek@kommun.example"));
    let (plain, html) = (mail.plain.unwrap(), mail.html.unwrap());
    assert_eq!(plain.lines, ["Hej!", "", "1. asa.ek", "2. 070-174 06 05"]);
    assert_eq!(html.lines, ["Hej!", "1. asa.ek", "2. 070-174 06 05"]);
    assert_eq!(plain.signature, html.signature);
    assert!(!mail.incomplete && !mail.wants_no_answer && mail.automatic.is_none());
}

#[test]
fn the_configured_server_vouches() {
    let vouched = |id: &str| {
        let authentication = Authentication::Authserv(id.to_owned());
        read(MAIL.as_bytes(), &authentication, None, &["kommun.example".to_owned()]).unwrap().sender.trust
    };
    assert_eq!(vouched("mx.kommun.example"), Trust::OwnDomain);
    assert_eq!(vouched("other.example"), Trust::Unverified);
}

#[test]
fn what_holds_no_mail_is_empty() {
    for raw in [&b""[..], b"\r\n\r\n", b"just words", b"\x00\xff\xfe", b" folded\n"] {
        assert_eq!(read_raw(raw).unwrap_err(), Unreadable::Empty, "{raw:?}");
    }
    let header_only = read_raw(b"\r\nFrom: a@kommun.example").unwrap();
    assert!(header_only.plain.is_some_and(|text| text.lines.is_empty()));
}

#[test]
fn a_truncated_mail_is_incomplete() {
    assert!(read_raw(&MAIL.as_bytes()[..MAIL.len() - 20]).unwrap().incomplete);
}

#[test]
fn the_samples_of_the_demo_read_as_they_are_meant() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/demo");
    let read_sample = |name: &str| read_raw(&std::fs::read(folder.join(name)).unwrap());
    assert!(matches!(read_sample("technician-cannot-be-read.eml"), Err(Unreadable::Limit(_))));
    let away = read_sample("filed-out-of-office.eml").unwrap();
    assert_eq!(away.automatic, Some(AutomaticKind::Reply));
    let english = read_sample("sms-in-english.eml").unwrap();
    assert_eq!(english.plain.unwrap().lines.len(), 4);
    let spoofed = read_sample("technician-sender-unverified.eml").unwrap();
    assert_eq!(spoofed.sender.trust, Trust::Unverified);
}

#[test]
fn swedish_letters_survive_without_or_with_the_wrong_label() {
    let wrong = [
        &b"Subject: l\xf6senord\n\np\xe5 \xe4 \xf6"[..],
        "Subject: lösenord\nContent-Type: text/plain; charset=iso-8859-1\n\npå ä ö".as_bytes(),
        b"Subject: =?iso-8859-1?Q?l=F6senord?=\nContent-Type: text/plain; charset=utf-8\n\np\xe5 \xe4 \xf6",
        b"Subject: =?iso-8859-1?Q?l=C3=B6senord?=\nContent-Type: text/plain; charset=nonsense\n\np\xe5 \xe4 \xf6",
    ];
    for raw in wrong {
        let mail = read_raw(raw).unwrap();
        assert_eq!(
            (mail.subject.as_str(), mail.plain.unwrap().lines),
            ("lösenord", vec!["på ä ö".to_owned()])
        );
    }
}

#[test]
fn what_people_see_in_lists_stays_on_its_line() {
    let mail = read_raw(b"Subject: =?utf-8?Q?a=0D=0ABcc:_x=1B[2J=E2=80=AEb?=\n\na").unwrap();
    assert_eq!(mail.subject, "a Bcc: x [2Jb");
    let long = format!("Subject: {}\n\na", "å ".repeat(3000));
    let mail = read_raw(long.as_bytes()).unwrap();
    assert!(mail.subject.chars().count() <= MAX_SUBJECT);
}

#[test]
fn a_mail_of_nested_mails_does_not_exhaust_the_stack() {
    let nested = "Content-Type: message/rfc822\n\n".repeat(100_000);
    let encoded = data_encoding::BASE64.encode(nested.as_bytes());
    let raw = format!("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{encoded}");
    assert_eq!(read_raw(raw.as_bytes()).unwrap().attachments, ["message/rfc822"]);
    assert!(read_raw(nested.as_bytes()).is_ok());
}

/// Pieces out of which mails are made that get far into the reader.
const PIECES: [&str; 24] = [
    "\r\n",
    "\n\n",
    "--b\r\n",
    "--b--\r\n",
    "Content-Type: text/html\r\n\r\n",
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n",
    "Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\n",
    "Content-Transfer-Encoding: base64\r\n",
    "Content-Transfer-Encoding: quoted-printable\r\n",
    "Content-Disposition: attachment; filename*0*=utf-8''%",
    "From: \"a\" <a@b.c>",
    "Authentication-Results: x; dmarc=pass (",
    "Subject: =?utf-8?Q?",
    "?=",
    "<ol><li>",
    "<table><tr><td>",
    "</td>",
    "<p style='mso-list:l0 level1 lfo1'>",
    "Den 24 nov. 2026 skrev a:",
    "Från: a\nTill: b\nÄmne: c",
    "> ",
    "\u{202e}",
    "Date: Tue, 99 Nov 99999 25:61:61 +9999",
    "=",
];

fn hostile_octets() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => proptest::sample::select(PIECES.to_vec()).prop_map(|p| p.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..20),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// Whatever was read keeps to what its type says.
fn within_bounds(raw: &[u8]) {
    let Ok(mail) = read_raw(raw) else { return };
    let is_line = |text: &str| text.chars().all(|c| !c.is_control() && !super::super::shown::is_invisible(c));
    assert!(is_line(&mail.subject) && is_line(&mail.sender.evidence));
    assert_eq!(mail.content_hash.len(), 64);
    let texts = mail.plain.iter().chain(&mail.html);
    assert!(texts.flat_map(|t| &t.lines).all(|line| !line.contains('\n') && !line.starts_with('>')));
}

proptest! {
    #[test]
    fn arbitrary_octets_never_panic(raw in proptest::collection::vec(any::<u8>(), 0..2000)) {
        within_bounds(&raw);
    }

    #[test]
    fn hostile_pieces_never_panic(raw in hostile_octets()) {
        within_bounds(&raw);
    }

    #[test]
    fn a_mail_with_any_octets_changed_never_panics(
        changes in proptest::collection::vec((0..MAIL.len(), any::<u8>()), 1..40),
        length in 0..MAIL.len(),
    ) {
        let mut raw = MAIL.as_bytes().to_vec();
        for (place, octet) in changes {
            raw[place] = octet;
        }
        within_bounds(&raw);
        raw.truncate(length);
        within_bounds(&raw);
    }
}
