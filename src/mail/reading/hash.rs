//! The hash by which the same mail is known when it comes a second time.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::mail::fields::Fields;

/// What its author wrote; fields that servers add on the way are not among them.
const HASHED: [&str; 6] = ["from", "to", "cc", "date", "subject", "message-id"];

/// SHA-256 in hex over these fields and the body. Every value stands behind its length, so that two
/// values cannot run into each other. Line ends count as one octet: IMAP and a file differ in them.
pub(super) fn content_hash(fields: &Fields, body: &[u8]) -> String {
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
    hash.update(body_hash.finalize());
    HEXLOWER.encode(&hash.finalize())
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
            "From: a@x\nTo: b@x\nSubject: c\n\ntext\n\n",
        ] {
            assert_ne!(hash(mail), hash(other), "{other}");
        }
    }
}
