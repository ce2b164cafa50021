//! The hash by which the same mail is known when it comes a second time.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::mail::fields::{Fields, next_line};

/// What its author wrote; fields that servers add on the way are not among them.
const HASHED: [&str; 6] = ["from", "to", "cc", "date", "subject", "message-id"];

/// SHA-256 in hex over these fields and the body. Every value stands behind its length, so that two
/// values cannot run into each other. Of the body, what a signature may leave open is left out (RFC 6376
/// 3.4.4): how its lines end, how many blanks stand beside each other, blanks at the end of lines, and
/// blank lines at the end. Else whoever has a signed mail could make another one of it.
pub(super) fn content_hash(fields: &Fields, body: &[u8]) -> String {
    let mut rest = body;
    let mut blank_lines = 0;
    let mut body_hash = Sha256::new();
    while !rest.is_empty() {
        let (line, after) = next_line(rest);
        rest = after;
        let line = with_single_blanks(line);
        if line.is_empty() {
            blank_lines += 1;
            continue;
        }
        for _ in 0..std::mem::take(&mut blank_lines) {
            body_hash.update(b"\n");
        }
        body_hash.update(&line);
        body_hash.update(b"\n");
    }
    together(fields, body_hash)
}

/// The same as earlier versions made it, which left out only line ends of the body.
pub(super) fn earlier(fields: &Fields, body: &[u8]) -> String {
    let mut body_hash = Sha256::new();
    for line in body.split_inclusive(|b| *b == b'\n') {
        match line.strip_suffix(b"\r\n") {
            Some(line) => {
                body_hash.update(line);
                body_hash.update(b"\n");
            }
            None => body_hash.update(line),
        }
    }
    together(fields, body_hash)
}

fn together(fields: &Fields, body: Sha256) -> String {
    let mut hash = Sha256::new();
    for name in HASHED {
        let values: Vec<&str> = fields.all(name).collect();
        hash.update(length(values.len()));
        for value in values {
            let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
            hash.update(length(value.len()));
            hash.update(value);
        }
    }
    hash.update(body.finalize());
    HEXLOWER.encode(&hash.finalize())
}

fn with_single_blanks(line: &[u8]) -> Vec<u8> {
    let is_blank = |octet: u8| matches!(octet, b' ' | b'\t');
    let mut single: Vec<u8> = Vec::with_capacity(line.len());
    for octet in line {
        match is_blank(*octet) {
            true if single.last() == Some(&b' ') => {}
            true => single.push(b' '),
            false => single.push(*octet),
        }
    }
    if single.last() == Some(&b' ') {
        single.pop();
    }
    single
}

fn length(octets: usize) -> [u8; 8] {
    u64::try_from(octets).unwrap_or(u64::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(mail: &str) -> String {
        let (fields, body) = Fields::split(mail.as_bytes()).unwrap();
        content_hash(&fields, body)
    }

    #[test]
    fn the_way_a_mail_came_does_not_change_it() {
        let mail = "From: a@x\nSubject: b\n c\n\ntext\n";
        let same =
            "Return-Path: <a@x>\r\nReceived: by y\r\nX-Spam: no\r\nFROM: a@x\r\nSubject: b c\r\n\r\ntext\r\n";
        assert_eq!(hash(mail), hash(same));
        assert_eq!(hash(mail).len(), 64);
    }

    #[test]
    fn what_a_signature_leaves_open_makes_no_other_mail() {
        let mail = "From: a@x\nSubject: b\n\none two\n\nthree\n";
        for same in [
            "From: a@x\nSubject: b\n\none two\n\nthree",
            "From: a@x\nSubject: b\n\none two\n\nthree\n\n \n\t\n",
            "From: a@x\nSubject: b\n\none \t two  \n \nthree \n",
        ] {
            assert_eq!(hash(mail), hash(same), "{same}");
        }
    }

    #[test]
    fn the_hash_of_earlier_versions_stays_what_it_was() {
        let (fields, body) = Fields::split(b"From: a@x\r\nSubject: b\r\n\r\none  two\r\n\r\n").unwrap();
        let kept = "dab9e2bf5cc3bffee204f5454a1710fa059580a5fdd091367500ad828ca69ad9";
        assert_eq!(earlier(&fields, body), kept);
        assert_ne!(content_hash(&fields, body), kept);
    }

    #[test]
    fn values_do_not_run_into_each_other() {
        assert_ne!(hash("To: a@xb\nTo: c\n\n"), hash("To: a@x\nTo: bc\n\n"));
    }

    #[test]
    fn whatever_the_author_wrote_makes_another_mail() {
        let mail = "From: a@x\nTo: b@x\nSubject: c\n\ntext\n";
        for other in [
            "From: a@y\nTo: b@x\nSubject: c\n\ntext\n",
            "From: a@x\nCc: b@x\nSubject: c\n\ntext\n",
            "From: a@x\nTo: b@x\nTo: \nSubject: c\n\ntext\n",
            "From: a@x\nTo: b@xc\nSubject: \n\ntext\n",
            "From: a@x\nTo: b@x\nSubject: c\nDate: now\n\ntext\n",
            "From: a@x\nTo: b@x\nSubject: c\nMessage-ID: <d@x>\n\ntext\n",
            "From: a@x\nTo: b@x\nSubject: c\n\n\ntext\n",
            "From: a@x\nTo: b@x\nSubject: c\n\nte xt\n",
        ] {
            assert_ne!(hash(mail), hash(other), "{other}");
        }
    }
}
