//! What people quote and how they sign is never read.

use nyckelbud::mail::Mail;
use nyckelbud::request::{Reading, template};

use super::read;
use super::tie::values;

/// Ways in which text that is not the writer's stands below it. All ASCII, so that they do not change
/// how the rest is decoded.
const TAILS: [&str; 4] = [
    "-- \nUser name: canary77\nMobile: 070-174 06 98\n",
    "Mvh\nBo Ek\nUsername: canary77\n2. 070-174 06 98\n",
    "> Hej!\n> 1. canary77\n> 2. 070-174 06 98\n",
    "From: Bo Ek <bo.ek@kommun.example>\nSent: den 24 november 2026 10:14\nTo: Servicedesk\n\
     Subject: Password\n\nUser name: canary77\nMobile: 070-174 06 98\n",
];

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
pub fn below(data: &[u8], read_alone: &Reading) {
    let text = String::from_utf8_lossy(data).to_ascii_lowercase();
    if text.contains("content-") || text.contains("canary") || !has_header_and_body(data) {
        return;
    }
    for tail in TAILS {
        let whole = [data, b"\n\n", tail.as_bytes()].concat();
        // It may have grown beyond a limit.
        let Ok((_, read)) = read(&whole) else { continue };
        assert_eq!(values(&read), values(read_alone), "read from below {tail:?}");
    }
}

fn has_header_and_body(data: &[u8]) -> bool {
    let data = data.trim_ascii_start();
    data.windows(2).any(|pair| pair == b"\n\n") || data.windows(4).any(|four| four == b"\r\n\r\n")
}
