//! A phone number in E.164 form, strictly normalised. rlibphonenumber is used only here.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType, Region};

/// Digits of the longest number, its country included (ITU-T E.164, 6.2.1). Some countries' old plans go beyond.
const DIGITS_MAX: usize = 15;

/// A complete, valid phone number such as `+46701740605`. It has no `Display` and no `Serialize`,
/// and its `Debug` form is masked, so that it cannot slip into a log or a column.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber(String);

/// Why a text is no phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneNumberError {
    /// Letters, an extension or other signs that are no part of a number.
    #[error("a phone number holds only digits, blanks and + - ( ) / .")]
    Character,
    /// Too short, too long, or in no country's numbering plan.
    #[error("the number is in no country's numbering plan")]
    NotANumber,
}

impl PhoneNumber {
    /// Parses a number as people and directories write it: `070-174 06 05`,
    /// `+46 (0)70 174 06 05`, `0046701740605`, `+46 0701740605`, `tel:+46-70-174 06 05`. A number
    /// without a country is Swedish. Anything that is no digit or separator is a refusal, not a
    /// guess: the library would read letters as keypad digits, so they never reach it.
    ///
    /// # Errors
    /// [`PhoneNumberError`] says which rule the text breaks.
    pub fn parse(text: &str) -> Result<Self, PhoneNumberError> {
        let text = text.trim();
        let text = text.strip_prefix("tel:").unwrap_or(text);
        let mut plain = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                '0'..='9' => plain.push(c),
                // full-width digits
                '\u{ff10}'..='\u{ff19}' => {
                    plain.push(char::from(b'0' + u8::try_from(u32::from(c) - 0xff10).unwrap_or(0)))
                }
                '+' if matches!(plain.as_str(), "" | "(") => plain.push('+'),
                '(' | ')' => plain.push(c),
                '-'
                | '.'
                | '/'
                | '\u{ad}'
                | '\u{200b}'
                | '\u{feff}'
                | '\u{2010}'..='\u{2015}'
                | '\u{2212}' => {}
                c if c.is_whitespace() => {}
                _ => return Err(PhoneNumberError::Character),
            }
        }
        let (plain, code) = without_trunk_digit(&plain);
        let plain = plain.replace(['(', ')'], "");
        // No country begins so (ITU-T E.164, 6.1); the library would look for one behind the zeros.
        if plain.starts_with("+0") {
            return Err(PhoneNumberError::NotANumber);
        }
        // A bare 46… of the right length is the form in which gateways and spools write it.
        let plain = if plain.len() == 11 && plain.starts_with("467") { format!("+{plain}") } else { plain };
        let number =
            PHONE_NUMBER_UTIL.parse(&plain, Some(Region::SE)).map_err(|_| PhoneNumberError::NotANumber)?;
        // What stands before the trunk digit is the whole country, and not the first digits of another.
        let is_another = code.is_some_and(|code| code != number.country_code.to_string());
        if !number.is_valid() || is_another {
            return Err(PhoneNumberError::NotANumber);
        }
        let e164 = number.format_as(PhoneNumberFormat::E164).into_owned();
        if e164.len() > 1 + DIGITS_MAX {
            return Err(PhoneNumberError::NotANumber);
        }
        // Of any other one the library guesses that 46 is the country, where it makes a number.
        if plain.starts_with("46") && e164.strip_prefix("+46") != Some(plain.as_str()) {
            return Err(PhoneNumberError::NotANumber);
        }
        Ok(Self(e164))
    }

    /// The whole number in E.164 form. Call it only where a number must leave: a gateway, a
    /// comparison, a keyed hash.
    #[must_use]
    pub fn e164(&self) -> &str {
        &self.0
    }

    /// What people may see: `••• 05`.
    #[must_use]
    pub fn masked(&self) -> String {
        format!("••• {}", self.tail())
    }

    /// The last two digits.
    #[must_use]
    pub fn tail(&self) -> &str {
        self.0.get(self.0.len().saturating_sub(2)..).unwrap_or_default()
    }

    /// Can the number take a text? False for landlines, pagers, premium and shared-cost numbers.
    #[must_use]
    pub fn takes_texts(&self) -> bool {
        self.parsed().is_some_and(|number| {
            matches!(number.get_type(), PhoneNumberType::Mobile | PhoneNumberType::FixedLineOrMobile)
        })
    }

    /// The country it belongs to, as an ISO 3166-1 code (`SE`); empty when none is known.
    #[must_use]
    pub fn country(&self) -> String {
        self.parsed().and_then(|number| number.get_region_code().map(|r| r.to_string())).unwrap_or_default()
    }

    fn parsed(&self) -> Option<rlibphonenumber::PhoneNumber> {
        PHONE_NUMBER_UTIL.parse(&self.0, None).ok()
    }
}

/// A number without the `(0)` behind its country, which is dialled only inside it, and that country's code.
/// Anywhere else the digit belongs to the number.
fn without_trunk_digit(number: &str) -> (String, Option<String>) {
    let Some((country, national)) = number.split_once("(0)") else { return (number.to_owned(), None) };
    let signed = country.trim_matches(['(', ')']);
    let code = signed.strip_prefix('+').or_else(|| signed.strip_prefix("00"));
    // No code is longer (ITU-T E.164, 6.2.1); without a sign only Sweden's is known.
    let is_code = |code: &str| matches!(code.len(), 1..=3) && code.bytes().all(|b| b.is_ascii_digit());
    match code.or((signed == "46").then_some(signed)).filter(|code| is_code(code)) {
        Some(code) => (format!("{country}{national}"), Some(code.to_owned())),
        None => (number.to_owned(), None),
    }
}

impl std::fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PhoneNumber({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_has_many_spellings() {
        for text in [
            "070-174 06 05",
            "0701740605",
            "+46 (0)70 174 06 05",
            "0046701740605",
            "+46 0701740605",
            "46701740605",
            "+4670-1740605",
            "tel:+46-70-174-06-05",
            "070\u{a0}174\u{2011}06\u{2013}05",
            "０70 174 06 05",
            "(070) 1740605",
            "070/174.06.05",
            " +46(0)70-174 06 05 ",
            "(+46) (0)70 174 06 05",
            "46 (0)70-174 06 05",
            "(0)70-174 06 05",
        ] {
            assert_eq!(
                PhoneNumber::parse(text).map(|n| n.e164().to_owned()),
                Ok("+46701740605".to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_not_one_complete_number_is_refused() {
        for text in [
            "",
            "0",
            "112",
            "070 174 06",
            "070-174 06 05 ankn 12",
            "070-174 06 05 (mobil)",
            "O70-1740605",
            "sju noll",
            "070-174 06 05 / 070-174 06 06",
            "070-174 06 05, 06",
            "719-1234567",
            "070+1740605",
            "19850412-1234",
            "070-174 06 05x12",
            // a country without its sign, where it could be a part of the number
            "46 070 174 06 05",
            "46 607 14 07 05",
            "46 600 70 600",
            "+49 7030 3370 3000 3737 3",
            "+0046 70-174 06 05",
            "+(0)0 46 70-174 06 05",
            // a digit in brackets is a trunk digit only behind a country
            "+45 20 12 34 5(0)6",
            "070-174 06 (0)05",
            "+46 70 (0)174 06 05",
            "+4 (0)6 70-174 06 05",
            "+467 (0)01 74 06 05",
        ] {
            assert!(PhoneNumber::parse(text).is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn a_landline_takes_no_texts_and_a_neighbour_is_foreign() {
        let parse = |t: &str| PhoneNumber::parse(t).expect("valid");
        assert!(parse("070-174 06 05").takes_texts());
        assert!(!parse("040-628 04 00").takes_texts());
        assert!(parse("+45 20 12 34 56").takes_texts());
        assert_eq!(parse("+45 20 12 34 56").country(), "DK");
        assert_eq!(parse("070-174 06 05").country(), "SE");
    }

    #[test]
    fn the_number_never_shows_itself() {
        let number = PhoneNumber::parse("070-174 06 05").expect("valid");
        assert_eq!(format!("{number:?}"), "PhoneNumber(••• 05)");
    }
}
