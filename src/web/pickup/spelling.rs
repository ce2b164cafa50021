//! A password spelt out for reading aloud: the Swedish spelling alphabet, and the one of ICAO for
//! English. Characters are spelt one by one, words each on a line of its own. Knows every character
//! that [`crate::password`] uses.

use zeroize::Zeroizing;

use crate::web::language::Language;

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

/// How a password is spelt, an entry a line.
pub(super) fn spell(password: &str, language: Language) -> Vec<Zeroizing<String>> {
    if is_of_words(password) {
        let hyphen = || Zeroizing::new(spell_one('-', language));
        let words = password.split('-').map(|word| spell_word(word, language));
        let lines =
            words.enumerate().flat_map(|(place, word)| (place > 0).then(hyphen).into_iter().chain([word]));
        return lines.collect();
    }
    password.chars().map(|character| Zeroizing::new(spell_one(character, language))).collect()
}

/// Is it made of words? Those have four letters or more, small but for the very first, and at most a
/// digit. Groups of four characters never look so all together: a digit is among them.
fn is_of_words(password: &str) -> bool {
    let is_word = |(place, part): (usize, &str)| {
        let word = part.strip_suffix(|c: char| c.is_ascii_digit()).unwrap_or(part);
        let small =
            |(at, b): (usize, u8)| b.is_ascii_lowercase() || (place + at == 0 && b.is_ascii_uppercase());
        word.len() >= 4 && word.bytes().enumerate().all(small)
    };
    password.contains('-') && password.split('-').enumerate().all(is_word)
}

/// A word and its letters, without saying of each that it is small.
fn spell_word(word: &str, language: Language) -> Zeroizing<String> {
    let (words, small) = match language {
        Language::Swedish => (&SWEDISH, "små bokstäver "),
        Language::English => (&ENGLISH, "small letters "),
    };
    // Full capacity from the start: growing would leave copies behind that nobody wipes.
    let mut line = Zeroizing::new(String::with_capacity(word_capacity(word)));
    line.extend([word, ": "]);
    let mut told_small = false;
    for (place, character) in word.chars().enumerate() {
        if place > 0 {
            line.push_str(", ");
        }
        if !character.is_ascii_lowercase() {
            line.push_str(&Zeroizing::new(spell_one(character, language)));
            continue;
        }
        if !told_small {
            line.push_str(small);
            told_small = true;
        }
        line.push_str(words[usize::from(character as u8 - b'a')]);
    }
    line
}

/// Octets that a word's line takes at most.
fn word_capacity(word: &str) -> usize {
    const CAPITAL: usize = "capital Q as in November, ".len();
    const DIGIT: usize = "the digit seven, ".len();
    const SMALL: usize = "små bokstäver ".len();
    const LETTER: usize = "November, ".len();
    word.len() + ": ".len() + CAPITAL + DIGIT + SMALL + word.len() * LETTER
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
                let spelt = spell(password.expose(), language);
                assert_eq!(spelt.len(), password.expose().len(), "a line for each");
                for words in spelt {
                    assert!(words.chars().count() > 1, "a character has no words");
                }
            }
        }
    }

    #[test]
    fn a_password_of_words_is_spelt_a_line_a_word() {
        let password = "Kavel-trumf7-snok-brygga4";
        assert_eq!(
            spelt(password, Language::Swedish),
            [
                "Kavel: stort K som i Kalle, små bokstäver Adam, Viktor, Erik, Ludvig",
                "bindestreck",
                "trumf7: små bokstäver Tore, Rudolf, Urban, Martin, Filip, siffran sju",
                "bindestreck",
                "snok: små bokstäver Sigurd, Niklas, Olof, Kalle",
                "bindestreck",
                "brygga4: små bokstäver Bertil, Rudolf, Yngve, Gustav, Gustav, Adam, siffran fyra",
            ]
        );
        assert_eq!(
            spelt(password, Language::English)[..3],
            [
                "Kavel: capital K as in Kilo, small letters Alfa, Victor, Echo, Lima",
                "hyphen",
                "trumf7: small letters Tango, Romeo, Uniform, Mike, Foxtrot, the digit seven",
            ]
        );
    }

    /// Read without "small" of each letter, they would be typed wrongly.
    #[test]
    fn nothing_but_words_is_spelt_as_words() {
        for odd in [
            "Kfmq-rqxe-7",
            "Kf7m-Rq4x",
            "Kfmq-Rqxe",
            "kavel",
            "Kavel-tru-snok",
            "kAvel-trumf",
            "kavel7x-snok",
            "",
        ] {
            assert_eq!(spelt(odd, Language::Swedish).len(), odd.len(), "{odd}");
        }
    }

    #[test]
    fn nothing_grows_while_a_word_is_in_it() {
        for word in ["Qqqqqqq7", "zzzz", "Kavel", "nnnnnnn9"] {
            for language in [Language::Swedish, Language::English] {
                assert_eq!(spell_word(word, language).capacity(), word_capacity(word), "{word}");
            }
        }
    }
}
