//! What is left on an account. Without money no text leaves: that shall be known before an outage.

use crate::delivery::Balance;

impl Balance {
    /// A balance of so many ten-thousandths; below `low` hundredths it is low, and when nothing is left.
    pub(super) fn of(ten_thousandths: i64, currency: &str, low: i64) -> Self {
        let hundredths = ten_thousandths.div_euclid(100);
        let currency = currency.chars().filter(char::is_ascii_alphabetic).take(3).collect();
        Self { hundredths, currency, low: hundredths < low.max(1) }
    }
}

/// A decimal number such as `-12.345` in ten-thousandths; further digits are cut.
pub(super) fn decimal(text: &str) -> Option<i64> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let fraction: String = fraction.chars().chain("0000".chars()).take(4).collect();
    let value = whole.parse::<i64>().ok()?.checked_mul(10_000)?.checked_add(fraction.parse().ok()?)?;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_to_the_last_ten_thousandth() {
        for (text, expected) in [
            ("12", Some(120_000)),
            ("12.3", Some(123_000)),
            ("0.00001", Some(0)),
            ("-3.14159", Some(-31_415)),
            ("", None),
            ("-", None),
            ("1e3", None),
            ("1.2.3", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(decimal(text), expected, "{text}");
        }
    }

    #[test]
    fn a_balance_is_low_below_the_mark_and_when_nothing_is_left() {
        let of = |ten_thousandths| Balance::of(ten_thousandths, "SEK", 5000);
        assert_eq!((of(500_000).to_string(), of(500_000).low), ("50.00 SEK".to_owned(), false));
        assert_eq!((of(499_999).to_string(), of(499_999).low), ("49.99 SEK".to_owned(), true));
        assert_eq!(of(-31_415).to_string(), "-3.15 SEK");
        let unwatched = |ten_thousandths| Balance::of(ten_thousandths, "SEK", 0).low;
        assert_eq!([100, 99, 0, -100].map(unwatched), [false, true, true, true], "0 tells only of nothing");
    }
}
