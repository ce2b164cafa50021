//! Searching octets for a secret in every encoding that a program could leave it in by accident.

use data_encoding::{BASE32_NOPAD_NOCASE, BASE64, BASE64URL, HEXLOWER, HEXUPPER};
use regex::bytes::Regex;

/// Octets, and where they were found.
pub struct Place {
    pub name: String,
    pub octets: Vec<u8>,
}

/// A secret and what it looks like.
pub struct Needle {
    encodings: Vec<(&'static str, Vec<u8>)>,
    pattern: Regex,
}

impl Needle {
    fn new(encodings: Vec<(&'static str, Vec<u8>)>) -> Self {
        let pattern: Vec<String> = encodings.iter().map(|(_, octets)| literal(octets)).collect();
        let pattern = Regex::new(&format!("(?-u){}", pattern.join("|"))).unwrap();
        Self { encodings, pattern }
    }

    /// What is searched for, with the encoding's name.
    pub fn encodings(&self) -> &[(&'static str, Vec<u8>)] {
        &self.encodings
    }

    /// Names of the places that hold it, and in which encoding; never the secret itself.
    pub fn found_in(&self, places: &[Place]) -> Vec<String> {
        let found = places.iter().filter_map(|place| {
            let hit = self.pattern.find(&place.octets)?;
            let encoding = self.encodings.iter().find(|(_, octets)| octets == hit.as_bytes());
            Some(format!("{}, {}", place.name, encoding.map_or("", |(name, _)| name)))
        });
        found.collect()
    }
}

fn literal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("\\x{octet:02x}")).collect()
}

/// Passwords or tokens, each in every encoding.
pub fn secrets(secrets: &[String]) -> Vec<Needle> {
    secrets.iter().map(|secret| Needle::new(encodings(secret))).collect()
}

fn encodings(secret: &str) -> Vec<(&'static str, Vec<u8>)> {
    let mut all = Vec::new();
    let plain = secret.replace('-', "");
    for text in [secret, &plain] {
        let octets = text.as_bytes();
        all.push(("clear", octets.to_vec()));
        all.push(("upper case", text.to_uppercase().into_bytes()));
        all.push(("hexadecimal", HEXLOWER.encode(octets).into_bytes()));
        all.push(("hexadecimal", HEXUPPER.encode(octets).into_bytes()));
        all.push(("UTF-16LE", octets.iter().flat_map(|octet| [*octet, 0]).collect()));
        all.push(("UTF-16BE", octets.iter().flat_map(|octet| [0, *octet]).collect()));
        all.push(("percent-encoded", octets.iter().flat_map(|o| format!("%{o:02X}").into_bytes()).collect()));
        all.push(("backwards", octets.iter().rev().copied().collect()));
        for shift in 0..3 {
            all.push(("base64", base64_within(octets, shift, &BASE64)));
            all.push(("base64 for URLs", base64_within(octets, shift, &BASE64URL)));
        }
    }
    all.push(("hyphens percent-encoded", secret.replace('-', "%2D").into_bytes()));
    all.push(("hyphens percent-encoded", secret.replace('-', "%2d").into_bytes()));
    // A link's token stands for these octets.
    if let Ok(octets) = BASE32_NOPAD_NOCASE.decode(secret.as_bytes()) {
        all.push(("the token's octets in hexadecimal", HEXLOWER.encode(&octets).into_bytes()));
        all.push(("the token's octets", octets));
    }
    all
}

/// The digits of `octets` in the base64 of a longer text, where `shift` octets stand before them:
/// those that do not depend on the neighbours.
fn base64_within(octets: &[u8], shift: usize, alphabet: &data_encoding::Encoding) -> Vec<u8> {
    let text = [&vec![0; shift], octets].concat();
    let (first, end) = ((shift * 8).div_ceil(6), text.len() * 8 / 6);
    alphabet.encode(&text).into_bytes()[first..end].to_vec()
}

/// Phone numbers (without country code and trunk zero), each as people and programs write it.
pub fn phone_numbers(numbers: &[&str]) -> Vec<Needle> {
    let forms = |number: &&str| {
        let (net, rest) = number.split_at(2);
        let mut parted = vec![rest.to_owned()];
        for blank in ["-", " "] {
            parted.push(format!("{blank}{rest}"));
            parted.push(format!("{blank}{} {} {}", &rest[..3], &rest[3..5], &rest[5..]));
            parted.push(format!("{blank}{} {}", &rest[..3], &rest[3..]));
        }
        let whole = parted.into_iter().map(|rest| ("a full number", format!("{net}{rest}").into_bytes()));
        Needle::new(whole.collect())
    };
    numbers.iter().map(forms).collect()
}

#[test]
fn base64_is_found_wherever_the_secret_stands_in_the_text() {
    let needle = &secrets(&["Kf7m-Rq4x-Tw9b".to_owned()])[0];
    for before in ["", "a", "ab", "abc"] {
        for text in [format!("{before}Kf7m-Rq4x-Tw9b and more"), format!("{before}Kf7mRq4xTw9b")] {
            let place = Place { name: String::new(), octets: BASE64.encode(text.as_bytes()).into_bytes() };
            assert_eq!(needle.found_in(&[place]).len(), 1, "{text}");
        }
    }
}
