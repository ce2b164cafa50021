//! Making a temporary password of characters: easy to read from a telephone and to type, hard to
//! guess. Every password that fits the rules is equally likely.

use rand::CryptoRng;
use zeroize::Zeroizing;

use super::TemporaryPassword;
use super::draw::{Names, below};

/// Letters and digits that cannot be taken for one another: no `i l o I L O 0 1`. 54 symbols,
/// 5.75 bits each.
const SYMBOLS: &[u8; 54] = b"abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789";

/// Symbols between two hyphens.
pub(crate) const GROUP: usize = 4;

/// The fewest symbols that give 64 bits.
pub const MIN_LENGTH: usize = 12;

/// More digits in a row than this look like a phone number, and phones turn that into a link.
const MAX_DIGITS_IN_A_ROW: usize = 4;

/// Months that can be written with these symbols. Phones turn `4Dec` into a date.
const MONTHS: [&str; 10] = ["jan", "feb", "mar", "apr", "maj", "may", "jun", "aug", "sep", "dec"];

/// What a password of `length` symbols is worth, in bits.
#[must_use]
pub fn bits(length: usize) -> f64 {
    length as f64 * (SYMBOLS.len() as f64).log2()
}

/// Makes a password of `length` symbols, hyphens not counted: `Kf7m-Rq4x-Tw9b`. It holds an upper
/// case letter, a lower case letter and a digit, and no part of the names in `avoid` (username,
/// aliases, the person's name), which Active Directory and Entra ID would refuse. A `length` below
/// [`MIN_LENGTH`] is taken as that.
///
/// What does not fit is thrown away as a whole and drawn anew, so the rest stays equally likely.
pub fn generate(rng: &mut impl CryptoRng, length: usize, avoid: &[&str]) -> TemporaryPassword {
    let length = length.max(MIN_LENGTH);
    let names = Names::new(avoid);
    loop {
        let plain = draw(rng, length);
        if !has_every_class(&plain) || has_long_number(&plain) {
            continue;
        }
        let grouped = group(&plain);
        if !looks_like_a_date(&grouped) && !names.occur_in(&grouped) {
            return TemporaryPassword::new(grouped);
        }
    }
}

fn draw(rng: &mut impl CryptoRng, length: usize) -> Zeroizing<String> {
    // Full capacity from the start: growing would leave copies behind that nobody wipes.
    let mut plain = Zeroizing::new(String::with_capacity(length));
    for _ in 0..length {
        plain.push(symbol(rng));
    }
    plain
}

fn symbol(rng: &mut impl CryptoRng) -> char {
    char::from(SYMBOLS[below(rng, SYMBOLS.len())])
}

fn has_every_class(plain: &str) -> bool {
    plain.bytes().any(|b| b.is_ascii_uppercase())
        && plain.bytes().any(|b| b.is_ascii_lowercase())
        && plain.bytes().any(|b| b.is_ascii_digit())
}

fn has_long_number(plain: &str) -> bool {
    plain.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() > MAX_DIGITS_IN_A_ROW)
}

/// Digits on both sides of a hyphen, `24-23`, or a month, `4Dec`: a date, or a piece of a number.
fn looks_like_a_date(grouped: &str) -> bool {
    let digits =
        |around: &[u8]| around[0].is_ascii_digit() && around[1] == b'-' && around[2].is_ascii_digit();
    let month = |group: &str| {
        let name = group.trim_matches(|c: char| c.is_ascii_digit());
        MONTHS.iter().any(|month| name.eq_ignore_ascii_case(month))
    };
    grouped.as_bytes().windows(3).any(digits) || grouped.split('-').any(month)
}

fn group(plain: &str) -> Zeroizing<String> {
    let mut grouped = Zeroizing::new(String::with_capacity(plain.len() + plain.len() / GROUP));
    for (place, symbol) in plain.chars().enumerate() {
        if place > 0 && place % GROUP == 0 {
            grouped.push('-');
        }
        grouped.push(symbol);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    fn rng(seed: u64) -> StdRng {
        StdRng::seed_from_u64(seed)
    }

    /// Pearson's sum for `counts` that should all be equal.
    fn chi_square(counts: &[u32]) -> f64 {
        let total: u32 = counts.iter().sum();
        let expected = f64::from(total) / counts.len() as f64;
        counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum()
    }

    #[test]
    fn within_a_class_and_at_every_place_no_symbol_is_favoured() {
        let mut rng = rng(2);
        let mut by_place = vec![HashMap::<char, u32>::new(); MIN_LENGTH];
        for _ in 0..40_000 {
            let password = generate(&mut rng, MIN_LENGTH, &[]);
            for (place, c) in password.expose().chars().filter(|c| *c != '-').enumerate() {
                *by_place[place].entry(c).or_default() += 1;
            }
        }
        for counts in &by_place {
            let upper: Vec<u32> =
                counts.iter().filter(|(c, _)| c.is_ascii_uppercase()).map(|(_, n)| *n).collect();
            assert_eq!(upper.len(), 23);
            // 22 degrees of freedom, 12 places: 99.99 % stay below 54.
            let sum = chi_square(&upper);
            assert!(sum < 54.0, "{sum}");
        }
    }

    #[test]
    fn every_password_has_all_classes_in_groups_of_four_without_look_alikes() {
        let mut rng = rng(3);
        for length in [12, 13, 16, 20] {
            for _ in 0..2_000 {
                let password = generate(&mut rng, length, &[]);
                let text = password.expose();
                let plain = text.replace('-', "");
                assert_eq!(plain.len(), length);
                assert!(has_every_class(&plain));
                assert!(plain.bytes().all(|b| SYMBOLS.contains(&b)));
                assert!(!plain.contains(|c| "ilo01ILO".contains(c)));
                let groups: Vec<usize> = text.split('-').map(str::len).collect();
                assert_eq!(groups, plain.as_bytes().chunks(4).map(<[u8]>::len).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn no_password_has_less_than_64_bits() {
        let password = generate(&mut rng(4), 4, &[]);
        assert_eq!(password.expose().len(), "Kf7m-Rq4x-Tw9b".len());
        assert!(bits(MIN_LENGTH) > 64.0 && bits(MIN_LENGTH - 1) < 64.0);
    }

    #[test]
    fn no_part_of_a_name_gets_in_whatever_its_case() {
        // Every two-letter name with a digit in front of it, so that it would happen often.
        let names: Vec<String> =
            ('a'..='z').flat_map(|a| ('a'..='z').map(move |b| format!("X{a}{b}.7"))).collect();
        let avoid: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut rng = rng(5);
        for _ in 0..2_000 {
            let password = generate(&mut rng, 12, &avoid);
            let plain = password.expose().replace('-', "").to_ascii_lowercase();
            let after_x = plain.split('x').skip(1).map(|rest| rest.as_bytes());
            for rest in after_x {
                let letters = rest.iter().take(2).filter(|b| b.is_ascii_alphabetic()).count();
                assert!(letters < 2, "a name of the account occurs");
            }
        }
    }

    #[test]
    fn what_looks_like_a_number_or_a_date_is_seen() {
        assert!(has_long_number("ab23456cdefg"));
        assert!(!has_long_number("ab2345cd2345"));
        for date in ["ab24-23cd-efgh", "abcd-efg2-3456", "Kf7m-4Dec-Tw9b", "Kf7m-sep2-Tw9b", "Kf7m-Rq4x-maj"]
        {
            assert!(looks_like_a_date(date), "{date}");
        }
        assert!(!looks_like_a_date("Kf7m-Rq4x-Tw9b") && !looks_like_a_date("2dex-Rq4x-2ma9"));
    }
}
