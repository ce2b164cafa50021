//! What a delivery report tells (RFC 3464, or in a server's words): only a report tells it, of few mails, and its
//! code is one of RFC 3463 or RFC 5321. That it is read alike twice is checked with all that is read of a mail.

use nyckelbud::mail::{AutomaticKind, Mail};

/// As many as are looked up.
const MOST_IDS: usize = 20;

pub fn check(mail: &Mail) {
    let Some(returned) = &mail.returned else { return };
    assert_eq!(mail.automatic, Some(AutomaticKind::Bounce), "no report tells of a returned mail");
    assert!(returned.ids.len() <= MOST_IDS, "{} identifiers", returned.ids.len());
    assert!(is_code(&returned.status), "the code {:?}", returned.status);
}

/// Nothing, `5.1.1`, or `550`.
fn is_code(status: &str) -> bool {
    let parts: Vec<&str> = status.split('.').collect();
    let digits = |part: &&str| !part.is_empty() && part.bytes().all(|octet| octet.is_ascii_digit());
    match parts.as_slice() {
        [""] => true,
        [reply] => digits(reply) && reply.len() == 3 && reply.starts_with('5'),
        [class, rest @ ..] => {
            matches!(*class, "4" | "5")
                && rest.len() == 2
                && rest.iter().all(|part| digits(part) && part.len() < 4)
        }
        [] => false,
    }
}
