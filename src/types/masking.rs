//! Phone numbers in what people write freely, masked: nothing but a raw mail holds a whole one
//! (decisions, 21).

/// Fewer digits are no whole number.
const FEWEST_DIGITS: usize = 7;
/// A mobile without its first zero.
const WITHOUT_ZERO: usize = 9;

/// `text` with `••• 05` in place of each phone number in it, whole or mistyped. Rather a date too many
/// is masked than a number too few.
#[must_use]
pub fn mask_phones(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(letter) = letters.get(at).copied() {
        let after_digit = at > 0 && letters.get(at - 1).copied().and_then(digit).is_some();
        match number_at(letters.get(at..).unwrap_or_default()).filter(|_| !after_digit) {
            Some((length, tail)) => {
                masked.push_str("••• ");
                masked.push_str(&tail);
                at += length;
            }
            None => {
                masked.push(letter);
                at += 1;
            }
        }
    }
    masked
}

/// The length and the last two digits of the number that `letters` begins with.
fn number_at(letters: &[char]) -> Option<(usize, String)> {
    let run = letters.iter().take_while(|c| digit(**c).is_some() || is_between(**c)).count();
    let run = letters.get(..run)?;
    let length = run.iter().rposition(|c| digit(*c).is_some())? + 1;
    let digits: String = run.iter().filter_map(|c| digit(*c)).collect();
    let begins = match run.first()? {
        '+' => digits.len() >= FEWEST_DIGITS,
        first if digit(*first).is_some() => {
            digits.len() >= FEWEST_DIGITS && (digits.starts_with('0') || digits.starts_with("46"))
                || digits.len() >= WITHOUT_ZERO && digits.starts_with('7')
        }
        _ => false,
    };
    begins.then(|| (length, digits.get(digits.len() - 2..).unwrap_or_default().to_owned()))
}

/// A digit, also of full width.
fn digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '\u{ff10}'..='\u{ff19}' => char::from_digit(u32::from(c) - 0xff10, 10),
        _ => None,
    }
}

/// What people and programs write between the digits of a number.
fn is_between(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '+' | '-' | '.' | '/' | '(' | ')' | '_' | '*' | '\u{ad}' | '\u{200b}' | '\u{feff}' | '\u{2010}'
                ..='\u{2015}' | '\u{2212}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_number_is_masked() {
        for number in [
            "070-174 06 05",
            "0701740605",
            "+46 (0)70 174 06 05",
            "(070) 174 06 05",
            "0046701740605",
            "46701740605",
            "+46 0701740605",
            "701740605",
            "070\u{a0}174\u{2011}06\u{2013}05",
            "０７０-174 06 05",
            "070/174.06.05",
            "040-628 04 05",
            "+45 20 12 34 05",
            "070-174 06 055 05",
        ] {
            let masked = mask_phones(&format!("Nytt lösenord {number}, snälla"));
            assert_eq!(masked.replace('(', ""), "Nytt lösenord ••• 05, snälla", "{number}");
        }
        assert_eq!(mask_phones("070-174 06 05 eller 070-174 06 06"), "••• 05 eller ••• 06");
        assert_eq!(mask_phones("2026-11-22 070-174 06 05"), "2026-11-22 ••• 05");
        assert_eq!(mask_phones("tel:070-174 06 05x2"), "tel:••• 05x2");
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        for text in [
            "",
            "Nytt lösenord",
            "Möte 2026-11-22 10:14",
            "[26-1141] Lösenord",
            "Rum 0701, vån 2",
            "112",
            "Ärende 20261122",
            "••• 05",
        ] {
            assert_eq!(mask_phones(text), text);
        }
    }
}
