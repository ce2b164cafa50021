//! Making a temporary password: easy to read from a telephone and to type, hard to guess. Every
//! password that fits the rules is equally likely.

use rand::CryptoRng;
use zeroize::Zeroizing;

use super::TemporaryPassword;

/// Letters and digits that cannot be taken for one another: no `i l o I L O 0 1`. 54 symbols,
/// 5.75 bits each.
const SYMBOLS: &[u8; 54] = b"abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789";

/// Symbols between two hyphens.
pub(crate) const GROUP: usize = 4;

/// The fewest symbols that give 64 bits.
pub const MIN_LENGTH: usize = 12;

/// More digits in a row than this look like a phone number, and phones turn that into a link.
const MAX_DIGITS_IN_A_ROW: usize = 4;

/// A name, or a part of one, shorter than this may occur: directories allow it, and avoiding it
/// would cost more guesses than it saves.
const SHORTEST_NAME: usize = 3;

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
        if !names.occur_in(&plain, &grouped) {
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

/// One symbol, each equally likely: octets at or above the largest multiple of 54 are thrown away,
/// because the rest of the division would favour the first symbols.
fn symbol(rng: &mut impl CryptoRng) -> char {
    const LIMIT: usize = 256 - 256 % SYMBOLS.len();
    let mut octet = Zeroizing::new([0u8; 1]);
    loop {
        rng.fill_bytes(&mut *octet);
        let drawn = usize::from(octet[0]);
        if drawn < LIMIT {
            return char::from(SYMBOLS[drawn % SYMBOLS.len()]);
        }
    }
}

fn has_every_class(plain: &str) -> bool {
    plain.bytes().any(|b| b.is_ascii_uppercase())
        && plain.bytes().any(|b| b.is_ascii_lowercase())
        && plain.bytes().any(|b| b.is_ascii_digit())
}

fn has_long_number(plain: &str) -> bool {
    plain.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() > MAX_DIGITS_IN_A_ROW)
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

/// What must not occur, in lower case.
struct Names {
    /// The names as they are: compared with the password as it is typed.
    whole: Vec<String>,
    /// Their parts: compared with the password without its hyphens, the stricter way.
    parts: Vec<String>,
}

impl Names {
    fn new(avoid: &[&str]) -> Self {
        let long = |name: &&str| name.chars().count() >= SHORTEST_NAME;
        let parts = avoid.iter().flat_map(|name| name.split(|c: char| !c.is_alphanumeric()));
        Self {
            whole: avoid.iter().copied().filter(long).map(str::to_lowercase).collect(),
            parts: parts.filter(long).map(str::to_lowercase).collect(),
        }
    }

    fn occur_in(&self, plain: &str, grouped: &str) -> bool {
        let plain = Zeroizing::new(plain.to_ascii_lowercase());
        let grouped = Zeroizing::new(grouped.to_ascii_lowercase());
        self.parts.iter().any(|part| plain.contains(part.as_str()))
            || self.whole.iter().any(|name| grouped.contains(name.as_str()))
    }
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
    fn every_symbol_is_equally_likely() {
        let mut rng = rng(1);
        let mut counts: HashMap<char, u32> = HashMap::new();
        for _ in 0..540_000 {
            *counts.entry(symbol(&mut rng)).or_default() += 1;
        }
        let counts: Vec<u32> = counts.into_values().collect();
        assert_eq!(counts.len(), 54);
        // 53 degrees of freedom: 99.9 % of fair draws stay below 90.6. Taking the rest of a
        // division without throwing anything away gives about 12 000.
        let sum = chi_square(&counts);
        assert!(sum < 90.6, "{sum}");
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
        assert!(MIN_LENGTH as f64 * (SYMBOLS.len() as f64).log2() > 64.0);
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
    fn a_name_is_found_across_a_hyphen_and_with_its_own() {
        let names = Names::new(&["Berg", "an-b1", "å-ab"]);
        assert!(names.occur_in("x2Bergxx", "x2Be-rgxx"));
        assert!(names.occur_in("xxAnb1xx", "xxAn-b1xx"));
        assert!(!names.occur_in("xAnb1xxx", "xAnb-1xxx"));
        assert!(!names.occur_in("xxxxabxx", "xxxx-abxx"));
    }

    #[test]
    fn no_password_looks_like_a_phone_number() {
        assert!(has_long_number("ab23456cdefg"));
        assert!(!has_long_number("ab2345cd2345"));
    }
}
