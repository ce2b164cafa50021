//! A password spelt out for reading aloud, character by character: the Swedish spelling alphabet,
//! and the one of ICAO for English. Knows every character that [`crate::password`] uses.

use zeroize::Zeroizing;

use super::language::Language;

const SWEDISH: [&str; 26] = [
    "Adam", "Bertil", "Cesar", "David", "Erik", "Filip", "Gustav", "Helge", "Ivar", "Johan", "Kalle",
    "Ludvig", "Martin", "Niklas", "Olof", "Petter", "Qvintus", "Rudolf", "Sigurd", "Tore", "Urban", "Viktor",
    "Wilhelm", "Xerxes", "Yngve", "Zäta",
];

const ENGLISH: [&str; 26] = [
    "Alfa", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot", "Golf", "Hotel", "India", "Juliett", "Kilo",
    "Lima", "Mike", "November", "Oscar", "Papa", "Quebec", "Romeo", "Sierra", "Tango", "Uniform", "Victor",
    "Whiskey", "X-ray", "Yankee", "Zulu",
];

const SWEDISH_DIGITS: [&str; 10] = ["noll", "ett", "två", "tre", "fyra", "fem", "sex", "sju", "åtta", "nio"];

const ENGLISH_DIGITS: [&str; 10] =
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/// How a password is spelt, one entry for each character.
pub(super) fn spell(password: &str, language: Language) -> Vec<Zeroizing<String>> {
    password.chars().map(|character| Zeroizing::new(spell_one(character, language))).collect()
}

fn spell_one(character: char, language: Language) -> String {
    let (words, digits) = match language {
        Language::Swedish => (&SWEDISH, &SWEDISH_DIGITS),
        Language::English => (&ENGLISH, &ENGLISH_DIGITS),
    };
    let small = character.to_ascii_lowercase();
    if small.is_ascii_lowercase() {
        let word = words[usize::from(small as u8 - b'a')];
        return match (language, character.is_ascii_uppercase()) {
            (Language::Swedish, true) => format!("stort {character} som i {word}"),
            (Language::Swedish, false) => format!("litet {character} som i {word}"),
            (Language::English, true) => format!("capital {character} as in {word}"),
            (Language::English, false) => format!("small {character} as in {word}"),
        };
    }
    match (character.to_digit(10), language) {
        (Some(digit), Language::Swedish) => format!("siffran {}", digits[digit as usize]),
        (Some(digit), Language::English) => format!("the digit {}", digits[digit as usize]),
        (None, Language::Swedish) if character == '-' => "bindestreck".to_owned(),
        (None, Language::English) if character == '-' => "hyphen".to_owned(),
        (None, _) => character.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelt(password: &str, language: Language) -> Vec<String> {
        spell(password, language).iter().map(|words| words.to_string()).collect()
    }

    #[test]
    fn case_digits_and_hyphens_are_told_apart_in_both_languages() {
        assert_eq!(
            spelt("Kk7-", Language::Swedish),
            ["stort K som i Kalle", "litet k som i Kalle", "siffran sju", "bindestreck"]
        );
        assert_eq!(
            spelt("Kk7-", Language::English),
            ["capital K as in Kilo", "small k as in Kilo", "the digit seven", "hyphen"]
        );
    }

    #[test]
    fn every_word_begins_with_its_letter() {
        for (letter, (swedish, english)) in ('A'..='Z').zip(SWEDISH.iter().zip(&ENGLISH)) {
            assert!(swedish.starts_with(letter), "{swedish}");
            assert!(english.starts_with(letter), "{english}");
        }
    }

    #[test]
    fn every_character_of_a_made_password_has_words() {
        for _ in 0..50 {
            let password = crate::password::generate::generate(&mut rand::rng(), 24, &[]);
            for language in [Language::Swedish, Language::English] {
                for words in spell(password.expose(), language) {
                    assert!(words.chars().count() > 1, "a character has no words");
                }
            }
        }
    }
}
