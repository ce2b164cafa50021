//! The forms of values as regular expressions. regex is used only here; it takes linear time,
//! whatever a mail holds.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// A literal that a test compiles; it is compiled once, at its first use.
pub(super) struct Pattern(LazyLock<Regex>);

macro_rules! patterns {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub(super) static $name: Pattern = Pattern(LazyLock::new(|| {
            #[allow(clippy::expect_used)] // the test below has compiled it
            Regex::new(concat!("(?x)", $text)).expect("a pattern")
        }));)*

        #[cfg(test)]
        const ALL: &[&Pattern] = &[$(&$name),*];
    };
}

patterns! {
    /// A Swedish personal identity number or coordination number (Skatteverket, SKV 704): a date of
    /// six or eight digits, whose day has 60 added in a coordination number; perhaps a sign; four
    /// digits.
    PERSONAL_NUMBER =
        r"^(?:[0-9]{2})?[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]|6[1-9]|[78][0-9]|9[01])[-+\u{2010}-\u{2013}]?[0-9]{4}$";
    /// Digits without a gap, with the `+` before them.
    DIGITS = r"\+?[0-9]+";
    /// Two or more names with dots between them, one of them with three letters or more.
    DOTTED_NAMES = r"^(?:[A-Za-z-]+\.)*[A-Za-z-]{3,}(?:\.[A-Za-z-]+)*$";
    /// `KOMMUN\annand12`, as Windows shows an account.
    WITH_DOMAIN = r"^[A-Za-z0-9.-]{1,64}\\.*$";
    /// A name alone: "Anna".
    FIRST_NAME = r"^[A-Z][a-z]*$";
}

impl Pattern {
    pub(super) fn fits(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// Where it is found, from left to right.
    pub(super) fn places_in(&self, text: &str) -> Vec<Range<usize>> {
        self.0.find_iter(text).map(|found| found.range()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles_and_fits_no_empty_text() {
        assert_eq!(ALL.len(), 5);
        for pattern in ALL {
            assert!(!pattern.fits(""));
        }
    }

    #[test]
    fn a_personal_number_has_a_date() {
        for text in [
            "850412-1234",
            "19850412-1234",
            "198504121234",
            "8504121234",
            "850472+1234",
            "850412\u{2011}1234",
        ] {
            assert!(PERSONAL_NUMBER.fits(text), "{text}");
        }
        for text in ["851312-1234", "850432-1234", "850412-12345", "1850412-1234", "850400-1234"] {
            assert!(!PERSONAL_NUMBER.fits(text), "{text}");
        }
    }
}
