//! Octets as mails carry them (RFC 2045, RFC 2047). Written out here, because what the program's own
//! crates write is a small part of what programs write.

use data_encoding::BASE64;

/// Base64 in lines of 76 characters.
pub fn base64_lines(octets: &[u8]) -> String {
    let text = BASE64.encode(octets);
    let mut lines = String::with_capacity(text.len() + text.len() / 38 + 2);
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(76));
        lines += line;
        lines += "\r\n";
        rest = more;
    }
    lines
}

/// A header's text: as it is, or as an encoded word when it is not ASCII.
pub fn encoded_word(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { format!("=?utf-8?B?{}?=", BASE64.encode(text.as_bytes())) }
}

/// Quoted-printable with soft line breaks; `text` has lines that end in CR LF.
pub fn quoted_printable(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + text.len() / 8);
    for line in text.split_inclusive("\r\n") {
        let content = line.strip_suffix("\r\n");
        let mut width = 0;
        for byte in content.unwrap_or(line).bytes() {
            let plain = byte != b'=' && (byte == b' ' || byte.is_ascii_graphic());
            let needs = if plain { 1 } else { 3 };
            if width + needs > 75 {
                quoted += "=\r\n";
                width = 0;
            }
            if plain {
                quoted.push(char::from(byte))
            } else {
                quoted += &format!("={byte:02X}")
            }
            width += needs;
        }
        quoted += content.map_or("", |_| "\r\n");
    }
    quoted
}
