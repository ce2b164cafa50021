//! What domains, hosts, names and senders look like.

use std::net::IpAddr;

/// A mail domain: labels of letters, digits and inner hyphens, at least two (RFC 1123 2.1).
pub(super) fn is_domain(text: &str) -> bool {
    text.contains('.') && text.len() <= 253 && text.split('.').all(is_label)
}

/// A host's name, or an IP address.
pub(super) fn is_host(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok() || (text.len() <= 253 && text.split('.').all(is_label))
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// This machine, and no other? Only an address says so: what a name resolves to is for others to say.
pub(super) fn is_loopback(host: &str) -> bool {
    host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A name that can stand in a path, a label and a log line as it is.
pub(super) fn is_plain_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

/// The sender of a text: up to 11 letters and digits, the first a letter (3GPP TS 23.040 9.1.2.5
/// has room for 11 GSM-7 characters), or an international number.
pub(super) fn is_sms_sender(sender: &str) -> bool {
    match sender.strip_prefix('+') {
        Some(digits) => {
            (5..=15).contains(&digits.len())
                && digits.bytes().all(|b| b.is_ascii_digit())
                && !digits.starts_with('0')
        }
        None => {
            (1..=11).contains(&sender.len())
                && sender.starts_with(|c: char| c.is_ascii_alphabetic())
                && sender.bytes().all(|b| b.is_ascii_alphanumeric())
        }
    }
}
