//! Making a temporary password of words, for a page: `Kavel-trumf7-snok-brygga4`. A manager reads it
//! aloud or shows it; it never goes by text. Every password that fits the rules is equally likely.

use std::sync::LazyLock;

use rand::CryptoRng;
use zeroize::Zeroizing;

use super::TemporaryPassword;
use super::draw::{Names, below};

/// The file says what a word must be, and where the words come from.
const FILE: &str = include_str!("words.txt");

static WORDS: LazyLock<Vec<&str>> =
    LazyLock::new(|| FILE.lines().filter(|line| !line.starts_with('#')).collect());

/// Digits that nobody takes for a letter.
const DIGITS: &[u8; 8] = b"23456789";

/// The fewest words that give 50 bits.
pub const MIN_WORDS: usize = 4;

/// Letters of the longest word.
const LONGEST: usize = 7;

/// What a password of so many words is worth, in bits: the words and the digits are drawn. The capital
/// letter, the hyphens and the digits' places are always the same, and worth nothing.
#[must_use]
pub fn bits(words: usize) -> f64 {
    let drawn = words as f64 * (WORDS.len() as f64).log2();
    drawn + digits(words) as f64 * (DIGITS.len() as f64).log2()
}

/// After every second word stands one.
fn digits(words: usize) -> usize {
    words / 2
}

/// Makes a password of so many words. It holds an upper case letter, lower case letters, digits and
/// hyphens, which are the classes that Active Directory and Entra ID ask for. None of its words is a
/// part of a name in `avoid` (username, aliases, the person's name), and no part of those occurs in
/// it. Fewer than [`MIN_WORDS`] are taken as that.
///
/// What does not fit is thrown away as a whole and drawn anew, so the rest stays equally likely.
pub fn phrase(rng: &mut impl CryptoRng, words: usize, avoid: &[&str]) -> TemporaryPassword {
    let words = words.max(MIN_WORDS);
    let names = Names::new(avoid);
    loop {
        let drawn = Zeroizing::new((0..words).map(|_| below(rng, WORDS.len())).collect::<Vec<_>>());
        let joined = joined(rng, &drawn);
        if !drawn.iter().any(|word| names.hold(WORDS[*word])) && !names.occur_in(&joined) {
            return TemporaryPassword::new(joined);
        }
    }
}

/// The words with digits and hyphens.
fn joined(rng: &mut impl CryptoRng, drawn: &[usize]) -> Zeroizing<String> {
    // Full capacity from the start: growing would leave copies behind that nobody wipes.
    let mut text = Zeroizing::new(String::with_capacity(drawn.len() * (LONGEST + "7-".len())));
    for (place, word) in drawn.iter().enumerate() {
        if place > 0 {
            text.push('-');
        }
        text.push_str(WORDS[*word]);
        if place % 2 == 1 {
            text.push(char::from(DIGITS[below(rng, DIGITS.len())]));
        }
    }
    text[..1].make_ascii_uppercase();
    text
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap};

    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    fn rng(seed: u64) -> StdRng {
        StdRng::seed_from_u64(seed)
    }

    /// Words that have been in drafts of such lists, one of each kind that is not wanted.
    const UNWANTED: [&str; 60] = [
        "runka", "slida", "sperma", "rumpa", "snopp", "neger", "lapp", "kista", "begrava", "sorg", "urna",
        "blod", "blind", "tarm", "virus", "recept", "opiat", "sprit", "punsch", "tobak", "snus", "sabel",
        "bomb", "granat", "patron", "missil", "kniv", "psalm", "kapell", "biskop", "munk", "helvete",
        "satan", "parti", "regera", "votera", "debatt", "volvo", "saab", "lada", "blocket", "paris", "mora",
        "timra", "trosa", "nacka", "berg", "lind", "holm", "strand", "stark", "frisk", "anna", "olle",
        "tina", "rosa", "fjorton", "tusen", "januari", "onsdag",
    ];

    /// Has it a beginning that hurts, or is it one that does by itself?
    fn is_unwanted(word: &str) -> bool {
        let unwanted = include_str!("unwanted.txt").lines().filter(|line| !line.starts_with('#'));
        unwanted.filter(|line| !line.is_empty()).any(|line| match line.strip_prefix('=') {
            Some(whole) => word == whole,
            None => word.starts_with(line),
        })
    }

    #[test]
    fn the_list_holds_what_its_head_promises() {
        assert!(WORDS.len() >= 2_048, "{}", WORDS.len());
        assert!(WORDS.is_sorted_by(|one, next| one < next), "sorted, and each once");
        for word in WORDS.iter() {
            assert!((4..=LONGEST).contains(&word.len()), "{word}");
            assert!(word.bytes().all(|b| b.is_ascii_lowercase()), "{word}");
            assert!(!UNWANTED.contains(word), "{word}");
            assert!(!is_unwanted(word), "{word}");
        }
        // The judge is awake.
        for word in ["slynor", "pistolen", "frossa", "svulten"] {
            assert!(is_unwanted(word), "{word}");
        }
        // With four letters each, this also says that none begins another.
        let beginnings: BTreeSet<&str> = WORDS.iter().map(|word| &word[..4]).collect();
        assert_eq!(beginnings.len(), WORDS.len());
        assert!(FILE.lines().take_while(|line| line.starts_with('#')).any(|line| line.contains("Licence")));
    }

    #[test]
    fn no_password_has_less_than_50_bits() {
        assert!(bits(MIN_WORDS) >= 50.0 && bits(MIN_WORDS - 1) < 50.0, "{}", bits(MIN_WORDS));
        assert_eq!(phrase(&mut rng(1), 1, &[]).expose().split('-').count(), MIN_WORDS);
        // Three bits a digit.
        assert_eq!(bits(5) - 5.0 * (WORDS.len() as f64).log2(), 6.0);
    }

    #[test]
    fn every_password_has_all_classes_and_its_digits_and_hyphens_in_their_places() {
        for words in MIN_WORDS..=8 {
            for seed in 0..500 {
                let password = phrase(&mut rng(seed), words, &[]);
                let mut digits_found = 0;
                for (place, part) in password.expose().split('-').enumerate() {
                    let word = part.trim_end_matches(|c: char| c.is_ascii_digit());
                    assert_eq!(part.len() - word.len(), place % 2, "a digit after every second word");
                    digits_found += part.len() - word.len();
                    assert_eq!(word.starts_with(|c: char| c.is_ascii_uppercase()), place == 0);
                    assert!(WORDS.contains(&word.to_ascii_lowercase().as_str()));
                }
                assert_eq!(digits_found, digits(words));
                assert!(!password.expose().contains(['0', '1']));
            }
        }
    }

    #[test]
    fn every_word_and_every_digit_is_equally_likely_at_every_place() {
        let mut rng = rng(2);
        let (mut words, mut digits) = (vec![HashMap::<String, u32>::new(); 4], [0u32; 8]);
        for _ in 0..20_000 {
            let password = phrase(&mut rng, 4, &[]);
            for (place, part) in password.expose().to_ascii_lowercase().split('-').enumerate() {
                let word = part.trim_end_matches(|c: char| c.is_ascii_digit());
                *words[place].entry(word.to_owned()).or_default() += 1;
                if let Some(digit) = part.strip_prefix(word).and_then(|digit| digit.parse::<usize>().ok()) {
                    digits[digit - 2] += 1;
                }
            }
        }
        let sum = |counts: &[u32], kinds: usize| {
            let expected = f64::from(counts.iter().sum::<u32>()) / kinds as f64;
            let missing = (kinds - counts.len()) as f64 * expected;
            missing + counts.iter().map(|n| (f64::from(*n) - expected).powi(2) / expected).sum::<f64>()
        };
        for counts in &words {
            let counts: Vec<u32> = counts.values().copied().collect();
            // About normal, with as many degrees of freedom as words: 99.99 % stay within four deviations.
            let most = WORDS.len() as f64 + 4.0 * (2.0 * WORDS.len() as f64).sqrt();
            assert!(sum(&counts, WORDS.len()) < most, "{}", sum(&counts, WORDS.len()));
        }
        // 7 degrees of freedom: 99.99 % stay below 29.9.
        assert!(sum(&digits, DIGITS.len()) < 29.9, "{digits:?}");
    }

    #[test]
    fn no_word_of_a_password_is_a_part_of_a_name_and_no_name_a_part_of_it() {
        // Names with a word each, and one that many words hold.
        let names: Vec<String> = WORDS.iter().step_by(2).map(|word| format!("{word}son")).collect();
        let avoid: Vec<&str> = names.iter().map(String::as_str).chain(["Eva Sta-Lin", "AND"]).collect();
        for seed in 0..100 {
            let password = phrase(&mut rng(seed), 4, &avoid);
            let text = password.expose().to_ascii_lowercase();
            for part in text.split('-').map(|part| part.trim_end_matches(|c: char| c.is_ascii_digit())) {
                assert!(WORDS.iter().position(|word| *word == part).unwrap() % 2 == 1, "it is in a name");
            }
            let plain = text.replace('-', "");
            assert!(["eva", "sta", "lin", "and"].iter().all(|name| !plain.contains(name)));
        }
    }

    #[test]
    fn nothing_grows_while_a_password_is_in_it() {
        for words in MIN_WORDS..=8 {
            let text = joined(&mut rng(3), &vec![0; words]);
            assert_eq!(text.capacity(), words * (LONGEST + 2));
            assert!(text.len() <= text.capacity());
        }
    }

    /// A judge of its own, over both styles.
    #[test]
    fn no_password_looks_like_a_phone_number_a_date_or_a_link() {
        let months = [
            "jan", "feb", "mar", "apr", "maj", "may", "jun", "jul", "aug", "sep", "okt", "oct", "nov", "dec",
        ];
        for seed in 0..100_000 {
            let characters = super::super::generate::generate(&mut rng(seed), 12, &[]);
            for password in [phrase(&mut rng(seed), 4, &[]), characters] {
                let text = password.expose();
                assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'), "seed {seed}: a link");
                assert!(text.starts_with(|c: char| c.is_ascii_alphanumeric()) && !text.ends_with('-'));
                // Pieces of numbers: digits, with or without hyphens between them.
                let numbers = text.split(|c: char| c.is_ascii_alphabetic());
                for number in numbers.map(|number| number.trim_matches('-')) {
                    assert!(number.len() <= 4 && !number.contains('-'), "seed {seed}: a number or a date");
                }
                for part in text.to_ascii_lowercase().split('-') {
                    let name = part.trim_matches(|c: char| c.is_ascii_digit());
                    assert!(!months.contains(&name), "seed {seed}: a month");
                }
            }
        }
    }
}
