//! The alphabet of text messages (3GPP TS 23.038 6.2.1). One letter outside it makes the phone
//! network send the whole message in UCS-2, where only 70 fit. Alphabet and lengths are a table of
//! our own: the crates for it pack septets into octets, which gateways do, and count nothing.
//! unicode-normalization is used only here.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use zeroize::Zeroizing;

/// The default alphabet, in the order of its codes, without the escape (0x1B). A septet each.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                     ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// The extension table: an escape and a code, so two septets each.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";
/// The codes of the extension table, in the same order.
const EXTENSION_CODES: [u8; 10] = [0x0a, 0x14, 0x28, 0x29, 0x2f, 0x3c, 0x3d, 0x3e, 0x40, 0x65];
/// What stands before a code of the extension table.
const ESCAPE: u8 = 0x1b;

/// Septets of a message that stands alone.
const SINGLE: usize = 160;
/// Septets of each part of a longer one: six octets go to the header that joins them (3GPP TS
/// 23.040 9.2.3.24).
const PART: usize = 153;

/// Letters that Unicode does not take apart, and typography: each of the first becomes the second.
const PLAIN: &[(&str, &str)] = &[
    ("‐‑‒–—―−", "-"),
    ("‘’‚‛′´`ʼ", "'"),
    ("“”„‟″«»", "\""),
    ("•·", "*"),
    ("⁄", "/"),
    ("×", "x"),
    ("đð", "d"),
    ("ĐÐ", "D"),
    ("ħ", "h"),
    ("Ħ", "H"),
    ("ı", "i"),
    ("ł", "l"),
    ("Ł", "L"),
    ("ŋ", "n"),
    ("Ŋ", "N"),
    ("œ", "oe"),
    ("Œ", "OE"),
    ("ŧ", "t"),
    ("Ŧ", "T"),
    ("þ", "th"),
    ("Þ", "Th"),
    ("ẞ", "SS"),
];

/// How long a text is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// Septets in all, without headers.
    pub septets: usize,
    /// Messages it is sent as, and paid for.
    pub segments: usize,
}

/// Measures a text.
///
/// # Errors
/// The first letter that is not in the alphabet.
pub fn length(text: &str) -> Result<Length, char> {
    let mut septets = 0;
    let mut parts = 1;
    let mut in_part = 0;
    for letter in text.chars() {
        let cost = cost(letter).ok_or(letter)?;
        septets += cost;
        // An escape and its code stay together.
        if in_part + cost > PART {
            parts += 1;
            in_part = 0;
        }
        in_part += cost;
    }
    Ok(Length { septets, segments: if septets <= SINGLE { 1 } else { parts } })
}

/// A text in the codes of the alphabet, one an octet, as message centres take it; `None` when a letter is
/// outside the alphabet.
#[must_use]
pub fn codes(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    // Room for all at once: a growing vector would leave copies behind.
    let mut codes = Zeroizing::new(Vec::with_capacity(text.chars().count() * 2));
    for letter in text.chars() {
        if let Some(place) = place_in(BASIC, letter) {
            codes.push(if place < ESCAPE { place } else { place + 1 });
        } else {
            let place = place_in(EXTENSION, letter)?;
            codes.extend([ESCAPE, *EXTENSION_CODES.get(usize::from(place))?]);
        }
    }
    Some(codes)
}

fn place_in(table: &str, letter: char) -> Option<u8> {
    let place = table.chars().position(|known| known == letter)?;
    u8::try_from(place).ok()
}

/// The most septets that `segments` messages hold.
#[must_use]
pub fn capacity(segments: usize) -> usize {
    if segments == 1 { SINGLE } else { segments * PART }
}

/// The beginning of `text` that takes at most `septets`; what is outside the alphabet ends it.
#[must_use]
pub fn beginning(text: &str, septets: usize) -> &str {
    let mut left = septets;
    let end = text.char_indices().find(|(_, letter)| match cost(*letter) {
        Some(cost) if cost <= left => {
            left -= cost;
            false
        }
        Some(_) | None => true,
    });
    end.map_or(text, |(end, _)| &text[..end])
}

/// `text` as one line in the alphabet: å, ä, é and the others that are in it stay, other letters
/// lose their marks (`š` becomes `s`), typography becomes plain, what is left becomes `?`.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for letter in text.nfc() {
        if letter.is_whitespace() || letter.is_control() {
            line.push(' ');
        } else {
            push_plain(letter, &mut line);
        }
    }
    line.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn push_plain(letter: char, line: &mut String) {
    if cost(letter).is_some() {
        line.push(letter);
    } else if let Some(replacement) = replacement(letter) {
        line.push_str(replacement);
    } else {
        let before = line.len();
        for part in std::iter::once(letter).nfkd() {
            if part == ' ' || cost(part).is_some() {
                line.push(part);
            } else if let Some(replacement) = replacement(part) {
                line.push_str(replacement);
            }
        }
        if line.len() == before && !is_combining_mark(letter) && !is_hidden(letter) {
            line.push('?');
        }
    }
}

fn replacement(letter: char) -> Option<&'static str> {
    PLAIN.iter().find(|(letters, _)| letters.contains(letter)).map(|(_, plain)| *plain)
}

/// Marks that are not seen but change what is: soft hyphens, joiners, directions (Unicode's
/// format characters that occur in names).
#[must_use]
pub fn is_hidden(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Septets of one letter.
fn cost(letter: char) -> Option<usize> {
    if BASIC.contains(letter) {
        Some(1)
    } else if EXTENSION.contains(letter) {
        Some(2)
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
