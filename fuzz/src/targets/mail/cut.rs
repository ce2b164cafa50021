//! What people quote and how they sign is never read.

use nyckelbud::mail::Mail;
use nyckelbud::request::{Reading, template};

use super::read;
use super::tie::values;

/// Ways in which text that is not the writer's stands below it. All ASCII, so that they do not change
/// how the rest is decoded.
const TAILS: [&str; 3] = [
    "-- \nUser name: canary77\nMobile: 070-174 06 98\n",
    "Mvh\nBo Ek\nUsername: canary77\n2. 070-174 06 98\n",
    "> Hej!\n> 1. canary77\n> 2. 070-174 06 98\n",
];
/// This one may complete a header above it, so that more is cut off.
const QUOTED_MAIL: &str = "From: Bo Ek <bo.ek@kommun.example>\nSent: den 24 november 2026 10:14\nTo: Servicedesk\n\
     Subject: Password\n\nUser name: canary77\nMobile: 070-174 06 98\n";

/// The reading is the same without what was cut off.
pub fn unseen(mail: &Mail, read: &Reading) {
    let mut bare = mail.clone();
    for text in [&mut bare.plain, &mut bare.html].into_iter().flatten() {
        text.signature.clear();
        text.quoted.clear();
    }
    assert_eq!(template::read(&bare), *read, "a quoted mail or a signature was read");
}

/// The reading is the same with more of it below the text. Only for mails that are plain text as they
/// stand, where "below" is the end of the octets.
pub fn below(data: &[u8], alone: &Reading) {
    let text = String::from_utf8_lossy(data).to_ascii_lowercase();
    let own = ["content-", "canary", "98"].iter().any(|word| text.contains(word));
    if own || !has_header_and_body(data) {
        return;
    }
    for tail in TAILS {
        if let Some(read) = with(data, tail) {
            assert_eq!(values(&read), values(alone), "read from below {tail:?}");
        }
    }
    if let Some(read) = with(data, QUOTED_MAIL) {
        let (username, phone) = values(&read);
        assert!(username.is_none_or(|name| name.as_str() != "canary77"), "a username of a quoted mail");
        assert!(phone.is_none_or(|phone| !phone.e164().ends_with("98")), "a phone of a quoted mail");
    }
}

/// What is read with `tail` below; nothing when the mail has grown beyond a limit.
fn with(data: &[u8], tail: &str) -> Option<Reading> {
    read(&[data, b"\n\n", tail.as_bytes()].concat()).ok().map(|(_, read)| read)
}

fn has_header_and_body(data: &[u8]) -> bool {
    let data = data.trim_ascii_start();
    data.windows(2).any(|pair| pair == b"\n\n") || data.windows(4).any(|four| four == b"\r\n\r\n")
}
