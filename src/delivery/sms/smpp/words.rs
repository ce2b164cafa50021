//! The words of a text in an alphabet of SMPP (SMPP 3.4, 5.2.19).

use zeroize::Zeroizing;

use crate::delivery::gsm7;

/// In which alphabet a message centre takes texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Alphabet {
    /// The centre's default one is that of GSM (3GPP TS 23.038), a code an octet: data coding 0.
    #[default]
    Gsm,
    /// ISO 8859-1, said by data coding 3.
    Latin1,
}

/// Octets of a single message (3GPP TS 23.040 9.2.3.16).
const UCS2_SINGLE: usize = 140;

/// Words as they travel.
pub(super) struct Coded {
    /// What alphabet they are in.
    pub coding: u8,
    pub octets: Zeroizing<Vec<u8>>,
    /// Are they more than a phone takes at once?
    pub long: bool,
}

/// The words in `alphabet`, or in UCS-2 where that lacks a letter.
pub(super) fn coded(text: &str, alphabet: Alphabet) -> Coded {
    let one_message = gsm7::length(text).is_ok_and(|length| length.segments == 1);
    let (coding, found) = match alphabet {
        Alphabet::Gsm => (0, gsm7::codes(text)),
        // What the phone network lacks would become question marks on its way.
        Alphabet::Latin1 => (3, gsm7::codes(text).and_then(|_| latin1(text))),
    };
    match found {
        Some(octets) => Coded { coding, octets, long: !one_message },
        None => {
            let octets = ucs2(text);
            Coded { coding: 8, long: octets.len() > UCS2_SINGLE, octets }
        }
    }
}

fn latin1(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut octets = Zeroizing::new(Vec::with_capacity(text.len()));
    for letter in text.chars() {
        octets.push(u8::try_from(letter).ok()?);
    }
    Some(octets)
}

fn ucs2(text: &str) -> Zeroizing<Vec<u8>> {
    let mut octets = Zeroizing::new(Vec::with_capacity(text.len() * 2));
    text.encode_utf16().for_each(|unit| octets.extend(unit.to_be_bytes()));
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_become_codes_of_the_alphabet_that_is_named() {
        let of = |text: &str, alphabet| {
            let coded = coded(text, alphabet);
            (coded.coding, coded.octets.to_vec())
        };
        // 3GPP TS 23.038 6.2.1.
        assert_eq!(of("å@ä_Ö$", Alphabet::Gsm), (0, vec![0x0f, 0x00, 0x7b, 0x11, 0x5c, 0x02]));
        assert_eq!(of("{€", Alphabet::Gsm), (0, vec![0x1b, 0x28, 0x1b, 0x65]));
        assert_eq!(of("å@ä_Ö$", Alphabet::Latin1), (3, vec![0xe5, 0x40, 0xe4, 0x5f, 0xd6, 0x24]));
        assert_eq!(of("€", Alphabet::Latin1), (8, vec![0x20, 0xac]), "ISO 8859-1 has none");
        assert_eq!(of("ç", Alphabet::Latin1), (8, vec![0x00, 0xe7]), "the phone network has none");
        for alphabet in [Alphabet::Gsm, Alphabet::Latin1] {
            assert_eq!(of("☃", alphabet), (8, vec![0x26, 0x03]));
        }
    }

    #[test]
    fn what_is_longer_than_a_message_is_long() {
        let long = |text: &str, alphabet| coded(text, alphabet).long;
        for alphabet in [Alphabet::Gsm, Alphabet::Latin1] {
            assert!(!long(&"å".repeat(160), alphabet) && long(&"å".repeat(161), alphabet));
        }
        assert!(!long(&"€".repeat(80), Alphabet::Gsm) && long(&"€".repeat(81), Alphabet::Gsm));
        assert!(!long(&"☃".repeat(70), Alphabet::Gsm) && long(&"☃".repeat(71), Alphabet::Gsm));
    }
}
