//! Mails that hide, break or lose a part of what was written, read from their octets on: nobody is
//! told that a field is empty when its text could not be read.

use nyckelbud::mail::{Authentication, Mail, reading};
use nyckelbud::request::{Reading, template};

const HEADER: &str = "From: Anna Andersson <anna.andersson@kommun.example>\n\
    Subject: =?utf-8?Q?Nytt_l=C3=B6senord?=\nMIME-Version: 1.0\n";
const FILLED: &str = "Anv=C3=A4ndarnamn: annand12\nMobilnummer: 070-174 06 05\n";

fn mail(rest: &str) -> Mail {
    reading::read(format!("{HEADER}{rest}").as_bytes(), &Authentication::Trusted, None, &[]).unwrap()
}

fn mixed(parts: &[&str]) -> String {
    let parts: String = parts.iter().map(|part| format!("--b\n{part}\n")).collect();
    format!("Content-Type: multipart/mixed; boundary=b\n\n{parts}--b--\n")
}

fn text(words: &str) -> String {
    format!("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n{words}")
}

#[test]
fn text_that_was_lost_is_never_an_empty_template() {
    let empty = text("Anv=C3=A4ndarnamn:\nMobilnummer:\n");
    assert_eq!(template::read(&mail(&empty)).code(), "incomplete", "this one was left empty");
    let base64 = |octets: &str| format!("Content-Type: text/plain\nContent-Transfer-Encoding: {octets}");
    for lost in [
        base64("base64\n\nQW52w6R%%%%"),
        base64("base64\n\nAnv: !!!!"),
        base64("x-unknown\n\nQW52w6RuZGFybmFtbjo="),
        base64("quoted-printable\n\nAnv=ZZndarnamn:"),
        mixed(&[&base64("base64\n\n****"), "Content-Type: image/png\n\nx"]),
        mixed(&[&empty, "Content-Type: application/ms-tnef; name=winmail.dat\n\nx"]),
        mixed(&[&text(FILLED), "Content-Type: application/ms-tnef; name=winmail.dat\n\nx"]),
        mixed(&[&empty]).replace("--b--", ""),
        mixed(&[&text(FILLED)]).replace("--b--", ""),
        "Content-Type: multipart/mixed; boundary=b\n\n".to_owned(),
    ] {
        match template::read(&mail(&lost)) {
            Reading::Ambiguous { why } => assert_eq!(why, "the mail could not be read as a whole"),
            other => panic!("{} was read from\n{lost}", other.code()),
        }
    }
}

#[test]
fn an_attachment_whatever_its_name_and_headers_leaves_the_text_beside_it_readable() {
    for (header, name) in [
        ("Content-Disposition: attachment; filename*=UTF-8''sk%C3%A4rm%20bild.png", "skärm bild.png"),
        ("Content-Disposition: attachment;\n filename*0*=utf-8''sk%C3%A4r;\n filename*1*=m.png", "skärm.png"),
        ("Content-Disposition: attachment;\n filename*0=\"sk\";\n filename*1=\"arm.png\"", "skarm.png"),
        ("Content-Disposition: attachment; filename=\"=?utf-8?Q?sk=C3=A4rm=2Epng?=\"", "skärm.png"),
        ("Content-Disposition: attachment; filename=\"=?iso-8859-1?Q?sk=E4rm bild.png?=\"", "skärm bild.png"),
        (
            "Content-Disposition: attachment; filename=a.png\nContent-Disposition: attachment; filename=b.png",
            "a.png",
        ),
        ("Content-Disposition: attachment\nContent-Disposition: attachment", "image/png"),
    ] {
        let mail = mail(&mixed(&[&text(FILLED), &format!("Content-Type: image/png\n{header}\n\nx")]));
        assert_eq!(mail.attachments, [name], "{header}");
        assert_eq!(template::read(&mail).code(), "request", "{header}");
    }
}
