//! From the octets of a part to text: its transfer encoding, then its character set. What a mail
//! says of its character set is often wrong, and å, ä and ö must survive that.

use std::borrow::Cow;

use encoding_rs::{Encoding, ISO_8859_15, UTF_8, WINDOWS_1252};
use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;

/// Undoes the transfer encoding (RFC 2045 6). `None` when it is unknown or broken.
pub(super) fn transfer<'a>(octets: &'a [u8], encoding: Option<&str>) -> Option<Cow<'a, [u8]>> {
    match encoding.unwrap_or("7bit").trim().to_ascii_lowercase().as_str() {
        "" | "7bit" | "8bit" | "binary" => Some(Cow::Borrowed(octets)),
        "base64" => base64_decode(octets).map(Cow::Owned),
        "quoted-printable" => quoted_printable_decode(octets).map(Cow::Owned),
        _ => None,
    }
}

/// Text in the character set `label`, with its two common lies put right: octets that are no UTF-8
/// although nothing else is said are windows-1252, and UTF-8 sent as latin-1 is UTF-8.
pub(super) fn text(octets: &[u8], label: Option<&str>) -> String {
    let label = label.unwrap_or("utf-8").trim();
    match Encoding::for_label(label.as_bytes()) {
        Some(encoding) if encoding == UTF_8 => utf_8(octets),
        Some(encoding) if [WINDOWS_1252, ISO_8859_15].contains(&encoding) => {
            match std::str::from_utf8(octets) {
                Ok(text) => text.to_owned(),
                Err(_) => encoding.decode_without_bom_handling(octets).0.into_owned(),
            }
        }
        Some(encoding) => encoding.decode(octets).0.into_owned(),
        // UTF-7 and other sets that browsers dropped but mails still use.
        None => match charset_decoder(label.as_bytes()) {
            Some(decode) => decode(octets),
            None => utf_8(octets),
        },
    }
}

/// Line by line: a server that appends a footer in another character set spoils only its own lines.
fn utf_8(octets: &[u8]) -> String {
    let octets = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
    let mut text = String::with_capacity(octets.len());
    for line in octets.split_inclusive(|b| *b == b'\n') {
        match std::str::from_utf8(line) {
            Ok(line) => text.push_str(line),
            // Cut off within a character: the mail is truncated, its character set is right.
            Err(error) if error.error_len().is_none() => text.push_str(&String::from_utf8_lossy(line)),
            Err(_) => text.push_str(&WINDOWS_1252.decode_without_bom_handling(line).0),
        }
    }
    text
}

/// Text that was UTF-8 and was read as latin-1 or windows-1252 (`lÃ¶senord`), put right.
pub(super) fn repaired(text: String) -> String {
    if text.is_ascii() {
        return text;
    }
    let octets: Option<Vec<u8>> = text.chars().map(latin_octet).collect();
    match octets.map(String::from_utf8) {
        Some(Ok(right)) => right,
        Some(Err(_)) | None => text,
    }
}

fn latin_octet(c: char) -> Option<u8> {
    if let Ok(octet) = u8::try_from(u32::from(c)) {
        return Some(octet);
    }
    let mut buffer = [0; 4];
    let (octets, _, failed) = WINDOWS_1252.encode(c.encode_utf8(&mut buffer));
    match (octets.as_ref(), failed) {
        ([octet], false) => Some(*octet),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swedish_letters_survive_every_label() {
        let utf_8 = "Åsa väntar på ö".as_bytes();
        let latin = b"\xc5sa v\xe4ntar p\xe5 \xf6".as_slice();
        for octets in [utf_8, latin] {
            for label in [
                None,
                Some("utf-8"),
                Some("us-ascii"),
                Some("iso-8859-1"),
                Some("Windows-1252 "),
                Some("x-unknown"),
            ] {
                assert_eq!(text(octets, label), "Åsa väntar på ö", "{label:?} {octets:?}");
            }
        }
        assert_eq!(text(b"\xf6 \xa4", Some("iso-8859-15")), "ö €");
        assert_eq!(text(b"+AOU- +AOQ-", Some("utf-7")), "å ä");
        assert_eq!(text(b"\x1b$B$\"\x1b(B", Some("iso-2022-jp")), "あ");
    }

    #[test]
    fn a_footer_in_another_character_set_spoils_only_its_own_lines() {
        assert_eq!(text("på\n".as_bytes(), None) + &text(b"\xe5\n", None), "på\nå\n");
        assert_eq!(text(b"p\xc3\xa5\nh\xe4r\n", Some("utf-8")), "på\nhär\n");
        assert_eq!(text(b"p\xc3", None), "p\u{fffd}");
    }

    #[test]
    fn text_read_in_the_wrong_set_is_put_right_and_right_text_is_left_alone() {
        assert_eq!(repaired("lÃ¶senord Ã\u{85}sa â€“".to_owned()), "lösenord Åsa –");
        for right in ["lösenord", "Ångström", "€ 5", "あ", "Ã"] {
            assert_eq!(repaired(right.to_owned()), right);
        }
    }

    #[test]
    fn an_unknown_or_broken_transfer_encoding_is_not_guessed() {
        assert_eq!(transfer(b"bMO2c2Vub3Jk", Some("BASE64")).as_deref(), Some("lösenord".as_bytes()));
        assert_eq!(
            transfer(b"l=C3=B6s=\r\nen", Some("quoted-printable")).as_deref(),
            Some("lösen".as_bytes())
        );
        assert_eq!(transfer(b"a", Some("x-uuencode")), None);
        assert_eq!(transfer(b"=ZZ", Some("quoted-printable")), None);
    }
}
