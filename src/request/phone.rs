//! The phone field: the text beside its label becomes one [`PhoneNumber`], or not (decisions, 10).

use super::line::fold;
use super::pattern::DIGITS;
use super::value::{Value, is_example, is_personal_number, unwrap};
use crate::types::PhoneNumber;

/// Reads the text of a phone field. `firm`: the text is surely the field's value, so that digits in
/// it which are no number make it unclear; else few digits are taken for running text.
pub(super) fn read(text: &str, firm: bool) -> Value<PhoneNumber> {
    let unwrapped = unwrap(text);
    let shown = unwrapped.shown.as_str();
    let digits = count_digits(shown);
    if digits == 0 || is_placeholder(shown) || is_example(shown) {
        return Value::Missing;
    }
    let parsed = one_number(shown);
    // Ten digits without a sign are a number: in a phone field nobody means a date by them.
    if is_personal_number(shown) && (digits == 12 || shown.chars().any(|c| !c.is_ascii_digit())) {
        // Of people born after 1999 it may read as a number too.
        return if parsed.is_some() {
            Value::Unclear("a phone that cannot be understood")
        } else {
            Value::Missing
        };
    }
    let Some(number) = parsed else {
        let attempt = firm || digits >= 6;
        return if attempt { Value::Unclear("a phone that cannot be understood") } else { Value::Missing };
    };
    if let Some(target) = unwrapped.target
        && PhoneNumber::parse(&target).as_ref() != Ok(&number)
    {
        return Value::Unclear("a phone with another one behind its link");
    }
    Value::Is(number)
}

/// One whole number, as a person writes it. On top of [`PhoneNumber::parse`] it must begin with
/// `0`, `+` or `46` (a local number has no area code, and would become another one's), a slash may
/// only part the area code, and brackets may only stand around it or hold the trunk zero: `06/05` and `05 (06)` are
/// two numbers.
fn one_number(text: &str) -> Option<PhoneNumber> {
    let text = text.trim();
    let folded = fold(text);
    let digits: String = folded.chars().filter(char::is_ascii_digit).collect();
    let whole = folded.trim_start_matches(['(', ' ']).starts_with(['0', '+']) || digits.starts_with("46");
    if !whole || has_late_sign(&folded) {
        return None;
    }
    PhoneNumber::parse(text).ok()
}

fn has_late_sign(folded: &str) -> bool {
    let slashes = folded.matches('/').count();
    let behind = |sign: char| folded.rfind(sign).map_or(usize::MAX, |at| count_digits(&folded[at..]));
    slashes > 1 || behind('/') < 5 || behind('(') < 7
}

/// Is the text a number that would be read as a phone in a phone field?
pub(super) fn is_written_as_number(text: &str) -> bool {
    count_digits(text) >= 7 && one_number(text).is_some()
}

pub(super) fn count_digits(text: &str) -> usize {
    fold(text).bytes().filter(u8::is_ascii_digit).count()
}

/// "07X-XXX XX XX": an example's pattern that nobody filled in.
fn is_placeholder(text: &str) -> bool {
    let folded = fold(text);
    let crosses = folded.bytes().filter(|octet| *octet == b'x').count();
    let other = folded.bytes().any(|octet| octet.is_ascii_alphabetic() && octet != b'x');
    !other && crosses >= 3 && count_digits(text) <= 4
}

/// The mobile numbers in running text, with the position where each begins. Every group of digits is
/// tried as the beginning of a number, so that a date before a number does not hide it.
pub(super) fn mobiles_in(text: &str) -> Vec<(usize, PhoneNumber)> {
    const MOST_GROUPS: usize = 12;
    const FEWEST_DIGITS: usize = 8;
    let folded = fold(text);
    let groups = DIGITS.places_in(&folded);
    let mut found = Vec::new();
    let mut read_to = 0;
    for (first, begin) in groups.iter().map(|group| group.start).enumerate() {
        let body = &folded[begin..];
        let digits = body.trim_start_matches('+');
        if begin < read_to || !(body.starts_with('+') || digits.starts_with('0') || digits.starts_with("46"))
        {
            continue;
        }
        let ends = groups.iter().skip(first).take(MOST_GROUPS).map(|group| group.end);
        let number = ends
            // A mobile number has at least so many digits, and trying fewer is dear.
            .filter(|end| folded[begin..*end].bytes().filter(u8::is_ascii_digit).count() >= FEWEST_DIGITS)
            .take_while(|end| folded[begin..*end].bytes().all(|octet| b"0123456789 +()./-".contains(&octet)))
            .find_map(|end| Some((end, PhoneNumber::parse(&folded[begin..end]).ok()?)))
            .filter(|(_, number)| number.takes_texts());
        if let Some((end, number)) = number {
            found.push((begin, number));
            read_to = end;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_in_all_its_spellings_is_read() {
        for text in [
            "070-174 06 05",
            "+46 (0)70 174 06 05",
            "0046701740605",
            "+46 0701740605",
            "070/174 06 05",
            "070.174.06.05",
            "070\u{a0}174\u{2011}06\u{2013}05",
            "０７０-174 06 05",
            "(070) 174 06 05",
            "070-174 06 05.",
            "070-174 06 05<tel:+46701740605>",
            "070-174 06 05<tel:070-174%2006%2005>",
            "tel:+46701740605",
            "<070-174 06 05>",
            "46701740605",
            "0701740605",
            "+46(0)70/1740605",
        ] {
            let Value::Is(number) = read(text, true) else { panic!("{text:?} was not read") };
            assert_eq!(number.e164(), "+46701740605", "{text}");
        }
    }

    #[test]
    fn what_is_not_one_whole_number_is_a_refusal_and_no_guess() {
        for text in [
            "070-174 06 05 ankn 12",
            "070-174 06 05 eller 070-174 06 06",
            "070-174 06 05/06",
            "070-174 06 05/070-174 06 06",
            "O70-174 06 05",
            "070-174 06 0",
            "070-174 06 055",
            "628 04 00",
            "174 06 05",
            "701740605",
            "040-628 04 0/1",
            "070-174 06 05 (06)",
            "070-174 06 05x12",
            "070-174 06 05 (mobil)",
            "070174-0605",
            "inte 070-174 06 05",
            "070-174 06 05, 06",
            "070-174 06 05 <tel:+46701740606>",
            "070-174 06 0(5)",
            "12",
        ] {
            assert!(matches!(read(text, true), Value::Unclear(_)), "{text:?}: {:?}", read(text, true));
        }
    }

    #[test]
    fn what_nobody_filled_in_is_missing() {
        for text in
            ["", "vet ej", "xxx", "07X-XXX XX XX", "t ex 070-174 06 99", "19850412-1234", "850412-1234", "-"]
        {
            assert_eq!(read(text, true), Value::Missing, "{text}");
        }
        assert_eq!(read("är 2 år gammal", false), Value::Missing);
    }

    #[test]
    fn mobiles_are_seen_in_running_text() {
        let seen = |text: &str| mobiles_in(text).iter().map(|(_, n)| n.tail().to_owned()).collect::<Vec<_>>();
        assert_eq!(seen("ring 070-174 06 05 eller 0701740606."), ["05", "06"]);
        assert_eq!(seen("2026-11-22 070 174 06 05"), ["05"]);
        assert_eq!(seen("växel 040-628 04 00, rum 0701"), Vec::<String>::new());
        assert_eq!(seen("+46 (0)70 174 06 05"), ["05"]);
    }
}
