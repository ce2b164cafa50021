//! What can be said of a mail that cannot be read: whatever its header tells, for the person who has
//! to look after it.

use super::parts::Parts;
use super::unstructured;
use crate::mail::fields::Fields;
use crate::mail::shown::{one_line, without_numbers};

/// Of a header that is longer than any mail's, only so many octets are looked at: too few for more fields
/// than a header may have.
const BEGINNING: usize = 3 * 1024;
/// Characters of one line.
const MAX_LINE: usize = 200;

/// The lines of a header that tell one mail from another, each on one line with phone numbers hidden.
/// Empty text for one that is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Glance {
    /// From, as written: nobody vouches for it.
    pub from: String,
    /// To.
    pub to: String,
    /// Date.
    pub date: String,
    /// Subject.
    pub subject: String,
    /// Message-ID.
    pub message_id: String,
    /// Names of the attachments, as far as they can be made out.
    pub attachments: Vec<String>,
}

/// Glances at `raw`; `None` when it has no header at all.
#[must_use]
pub fn glance(raw: &[u8]) -> Option<Glance> {
    let raw = raw.trim_ascii_start();
    let beginning = &raw[..raw.len().min(BEGINNING)];
    let (fields, body) = Fields::split(raw).or_else(|_| Fields::split(beginning)).ok()?;
    if fields.is_empty() {
        return None;
    }
    let line = |name| {
        let value = fields.first(name).map(unstructured).unwrap_or_default();
        without_numbers(&one_line(&value, MAX_LINE))
    };
    Some(Glance {
        from: line("from"),
        to: line("to"),
        date: one_line(fields.first("date").unwrap_or_default(), MAX_LINE),
        subject: line("subject"),
        message_id: one_line(fields.first("message-id").unwrap_or_default(), MAX_LINE),
        attachments: Parts::of(&fields, body).map(|parts| parts.names()).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_told_even_when_the_mail_cannot_be_read() {
        let parts = "--b\r\n\r\nx\r\n".repeat(500);
        let header = "From: =?utf-8?Q?=C3=85sa?= <asa@kommun.example>\r\nSubject: ring 070-174 06 05\r\n\
                      Content-Type: multipart/mixed; boundary=b\r\n\r\n";
        let raw = format!("{header}{parts}");
        assert!(
            super::super::read(raw.as_bytes(), &crate::mail::Authentication::Trusted, None, &[]).is_err()
        );
        let glance = glance(raw.as_bytes()).unwrap();
        assert_eq!(
            (glance.from.as_str(), glance.subject.as_str()),
            ("Åsa <asa@kommun.example>", "ring ••• 05")
        );
    }

    #[test]
    fn an_endless_header_is_told_from_its_beginning() {
        let raw = format!("Subject: long\r\n{}", "X-A: b\r\n".repeat(100_000));
        assert_eq!(glance(raw.as_bytes()).unwrap().subject, "long");
    }

    #[test]
    fn what_has_no_header_tells_nothing() {
        for raw in [&b""[..], b"\r\n\r\n", b"\xff\xfe\x00"] {
            assert_eq!(glance(raw), None, "{raw:?}");
        }
    }
}
