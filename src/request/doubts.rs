//! What else in a mail speaks against the values that were read from its fields: another mobile
//! number, or a sentence that takes a value back.

use super::line::{Phrases, fold, sentences};
use super::matter::speaks_of_password;
use super::phone::mobiles_in;
use super::username::is_shaped;
use super::value::is_example;
use super::vocabulary::{CORRECTIONS, OTHERS_NUMBERS, VALUE_DOUBTS, VALUE_WORDS};
use crate::types::{PhoneNumber, Username};

/// "Det är min chefs": so short a sentence is about the value above it.
const SHORT: usize = 5;

/// So far before a number is looked for the words that make it an example.
const LONGEST_CLAUSE: usize = 200;

/// The place of a mobile number in running text that is another one than `phone`. Examples ("t ex
/// 070-174 06 99") and landlines, which take no texts, are no rivals.
pub(super) fn rival(text: &str, phone: &PhoneNumber) -> bool {
    let folded = fold(text);
    mobiles_in(text).iter().any(|(at, number)| {
        let before = folded.get(at.saturating_sub(LONGEST_CLAUSE)..*at).unwrap_or_default();
        number != phone && !is_example(sentences(before).last().unwrap_or_default())
    })
}

/// Does a sentence say that a value is wrong, old or somebody else's, or put another in its place?
/// A sentence about a wrong password is none: "användarnamnet eller lösenordet är fel".
pub(super) fn takes_back(text: &str, username: Option<&Username>, phone: Option<&PhoneNumber>) -> bool {
    let folded = fold(text);
    sentences(&folded).any(|sentence| {
        let phrases = Phrases::of(sentence);
        let anothers = phone.is_some() && phrases.hold(&OTHERS_NUMBERS);
        let wrong = phrases.hold(&VALUE_DOUBTS) || anothers;
        let of_value = phrases.hold(&VALUE_WORDS) || (anothers && phrases.words().count() <= SHORT);
        let doubtful = wrong && of_value && !speaks_of_password(&phrases);
        let first = phrases.words().next();
        let corrects = phrases.hold(&CORRECTIONS) || matches!(first, Some("eller" | "alternativt" | "or"));
        doubtful || (corrects && names_another(sentence, username))
    })
}

fn names_another(sentence: &str, username: Option<&Username>) -> bool {
    let own = username.map(Username::folded).unwrap_or_default();
    let words = sentence.split([' ', '\t', ',', ';', '(', ')', '<', '>', '"']);
    words.map(|word| word.trim_end_matches(['.', ':'])).any(|word| is_shaped(word) && word != own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_mobile_is_a_rival_but_no_example_and_no_landline() {
        let phone = PhoneNumber::parse("070-174 06 05").expect("valid");
        assert!(rival("eller ring 070-174 06 06", &phone));
        assert!(rival("0046701740606", &phone));
        for text in ["ring 070-174 06 05", "t ex 070-174 06 06", "växeln 040-628 04 00", "2026-11-22", ""] {
            assert!(!rival(text, &phone), "{text}");
        }
    }

    #[test]
    fn a_sentence_can_take_a_value_back() {
        let own = Username::parse("annand12").expect("valid");
        for text in [
            "Numret ovan är fel.",
            "Obs, mobilnumret är gammalt",
            "Förlåt, jag menar annand13",
            "Eller annand13",
            "The number above is no longer mine",
        ] {
            assert!(takes_back(text, Some(&own), None), "{text}");
        }
        for text in [
            "Det står att användarnamnet eller lösenordet är fel.",
            "Jag har glömt mitt gamla lösenord",
            "Förlåt att jag stör, annand12 är låst",
            "Telefonen är upptagen",
        ] {
            assert!(!takes_back(text, Some(&own), None), "{text}");
        }
    }
}
