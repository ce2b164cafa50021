//! Mails of many parts.

use super::*;

fn parts(mail: &str) -> Result<Parts<'_>, Unreadable> {
    let (fields, body) = Fields::split(mail.as_bytes()).unwrap();
    Parts::of(&fields, body)
}

/// A multipart mail with these parts, each with its header.
fn mail(kind: &str, inner: &[&str]) -> String {
    let mut mail = format!("Content-Type: multipart/{kind}; boundary=b\n\npreamble\n");
    for part in inner {
        mail += &format!("--b\n{part}\n");
    }
    mail + "--b--\nepilogue\n"
}

const PLAIN: &str = "Content-Type: text/plain; charset=utf-8\n\nHej";
const HTML: &str = "Content-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n<p>Hej=\n</p>";

fn plain<'a>(parts: &'a Parts<'_>) -> Option<&'a str> {
    parts.plain.as_ref().map(|(text, _)| text.as_str())
}

#[test]
fn both_forms_of_a_text_are_found_wherever_they_stand() {
    let alternative = mail("alternative", &[PLAIN, HTML]);
    for mail in [
        alternative.clone(),
        alternative.replace("\n", "\r\n"),
        mail("mixed", &[&alternative.replace("=b", "=c").replace("--b", "--c")]),
        mail(
            "signed",
            &[
                &alternative.replace("=b", "=bc").replace("--b", "--bc"),
                "Content-Type: application/pgp-signature\n\nx",
            ],
        ),
    ] {
        let parts = parts(&mail).unwrap();
        assert_eq!(plain(&parts), Some("Hej"), "{mail}");
        assert_eq!(parts.html.as_deref(), Some("<p>Hej</p>"), "{mail}");
        assert!(!parts.incomplete && !parts.calendar);
    }
}

#[test]
fn texts_around_an_attachment_belong_together() {
    let picture = "Content-Type: image/png; name=\"a.png\"\nContent-Transfer-Encoding: base64\n\nAAAA";
    let raw = mail("mixed", &[PLAIN, picture, "\nda"]);
    let parts = parts(&raw).unwrap();
    assert_eq!(plain(&parts), Some("Hej\nda"));
    assert_eq!(parts.names(), ["a.png"]);
}

#[test]
fn attachments_are_named_and_never_read() {
    for (attachment, name) in [
        ("Content-Type: text/plain\nContent-Disposition: attachment\n\n1. erik", "text/plain"),
        ("Content-Type: text/html; name=a.html\n\n1. erik", "a.html"),
        ("Content-Disposition: inline; filename=\"a\u{202e}b\r\n .txt\"\n\n1. erik", "ab .txt"),
        ("Content-Disposition: attachment; filename=\"../../etc/passwd\"\n\n1. erik", "passwd"),
        ("Content-Type: a/b; name*=utf-8''..%2F..%2Fr%C3%A5d.pdf\n\n1. erik", "råd.pdf"),
        ("Content-Type: message/rfc822\n\nSubject: a\n\n1. erik", "message/rfc822"),
        ("Content-Type: Message/RFC822\nContent-Transfer-Encoding: base64\n\nMS4gZXJpaw==", "message/rfc822"),
    ] {
        let raw = mail("mixed", &[PLAIN, attachment]);
        let parts = parts(&raw).unwrap();
        assert_eq!(plain(&parts), Some("Hej"), "{attachment}");
        assert_eq!((parts.html.clone(), parts.names()), (None, vec![name.to_owned()]), "{attachment}");
    }
    let raw = mail("digest", &["\nSubject: a\n\n1. erik"]);
    let digest = parts(&raw).unwrap();
    assert_eq!((digest.plain, digest.files.len()), (None, 1));
}

#[test]
fn text_that_may_be_missing_is_told() {
    for incomplete in [
        mail("mixed", &[PLAIN, "Content-Type: application/ms-tnef\n\nx"]),
        mail("mixed", &[PLAIN, "Content-Type: application/octet-stream; name=WinMail.dat\n\nx"]),
        mail("encrypted", &["Content-Type: application/pgp-encrypted\n\nVersion: 1"]),
        "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n\nx".to_owned(),
        "Content-Type: text/plain\n\n-----BEGIN PGP MESSAGE-----\nx".to_owned(),
        "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n!!!!".to_owned(),
        "Content-Type: message/partial; id=a\n\nx".to_owned(),
        "Content-Type: text/plain\nContent-Type: text/html\n\nx".to_owned(),
        "Content-Disposition: inline\nContent-Disposition: attachment; filename=a\n\nx".to_owned(),
        "Content-Type: multipart/mixed\n\nx".to_owned(),
        "Content-Type: multipart/mixed; boundary=b\n\nx".to_owned(),
        mail("mixed", &[PLAIN]).replace("--b--", ""),
    ] {
        assert!(parts(&incomplete).unwrap().incomplete, "{incomplete}");
    }
}

#[test]
fn a_calendar_entry_is_the_mail_only_when_it_stands_for_its_text() {
    let entry = "Content-Type: text/calendar; method=REQUEST\n\nx";
    assert!(parts(entry).unwrap().calendar);
    assert!(parts(&mail("alternative", &[PLAIN, entry])).unwrap().calendar);
    assert!(!parts(&mail("mixed", &[PLAIN, entry])).unwrap().calendar);
}

#[test]
fn a_boundary_is_a_whole_line() {
    let text = "--bc\n --b\nx--b\n--b x";
    let raw = mail("mixed", &[&format!("\n{text}")]);
    let parts = parts(&raw).unwrap();
    assert_eq!(plain(&parts), Some(text));
}

#[test]
fn more_than_any_person_sends_is_refused() {
    let nest = |depth: usize| {
        (0..depth).rev().fold(PLAIN.to_owned(), |inner, n| {
            format!("Content-Type: multipart/mixed; boundary=n{n}\n\n--n{n}\n{inner}\n--n{n}--")
        })
    };
    assert!(parts(&nest(MAX_DEPTH)).is_ok());
    assert_eq!(parts(&nest(MAX_DEPTH + 1)).unwrap_err(), Unreadable::Limit("parts within parts"));
    assert!(parts(&mail("mixed", &vec![PLAIN; MAX_PARTS - 1])).is_ok());
    assert_eq!(parts(&mail("mixed", &vec![PLAIN; MAX_PARTS])).unwrap_err(), Unreadable::Limit("parts"));
    let long = format!("A: b\n\n{}", "x".repeat(MAX_TEXT + 1));
    assert_eq!(parts(&long).unwrap_err(), Unreadable::Limit("octets of text"));
    let attached = "Content-Type: application/pdf\n\n".to_owned() + &"x".repeat(MAX_TEXT + 1);
    assert!(parts(&mail("mixed", &[PLAIN, &attached])).is_ok());
}
