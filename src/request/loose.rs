//! Values without labels: taken only when the mail holds nothing else that could be meant.

use super::line::fold;
use super::phone::{self, count_digits, mobiles_in};
use super::username::{self, is_shaped};
use super::value::Value;
use crate::types::{PhoneNumber, Username};

type Lone<T> = Option<(usize, T)>;

/// The username and the phone of a mail that has one of each, alone on one line ("anna.andersson,
/// 070-174 06 05") or on lines of their own (a Word list, whose numbers are not in the text), and
/// nothing else that could be meant. In a reply one of them alone is an answer too.
pub(super) fn lone_values(free: &[(usize, String)], reply: bool) -> (Lone<Username>, Lone<PhoneNumber>) {
    let (mut username, mut phone) = (None, None);
    for (line, text) in free {
        let text = without_bullet(text);
        let (one_username, one_phone) = match pair(text) {
            Some((username, phone)) => (Some(username), Some(phone)),
            None => (lone_username(text), lone_phone(text)),
        };
        let again = one_username.is_some() && username.is_some() || one_phone.is_some() && phone.is_some();
        if again || (one_username.is_none() && one_phone.is_none() && holds_a_value(text)) {
            return (None, None);
        }
        username = username.or(one_username.map(|value| (*line, value)));
        phone = phone.or(one_phone.map(|value| (*line, value)));
    }
    if reply || (username.is_some() && phone.is_some()) { (username, phone) } else { (None, None) }
}

/// Could something in this text be meant as a username or a phone?
fn holds_a_value(text: &str) -> bool {
    let long = |word: &str| count_digits(word) >= 6;
    !mobiles_in(text).is_empty() || text.split_whitespace().any(|word| is_shaped(word) || long(word))
}

/// A whole line that is a username and a phone, in either order.
fn pair(text: &str) -> Option<(Username, PhoneNumber)> {
    let signs = [' ', '\t', ',', ';', '|', '/', '-', ':', '\u{2013}'];
    let apart = |text: &str, other: &str| {
        let other = other.trim_matches(signs);
        let other = other.strip_prefix("och ").or_else(|| other.strip_prefix("and ")).unwrap_or(other);
        Some((lone_username(text)?, lone_phone(other)?))
    };
    let text = text.trim();
    let first = text.find([' ', '\t', ',', ';', '|', '/']).and_then(|at| apart(&text[..at], &text[at..]));
    first.or_else(|| {
        let at = text.rfind([' ', '\t', ',', ';', '|', '/'])?;
        apart(&text[at + 1..], text[..at].trim_end_matches("och").trim_end_matches("and"))
    })
}

fn lone_username(text: &str) -> Option<Username> {
    match username::read(text, false) {
        Value::Is(username) => Some(username),
        Value::Missing | Value::Unclear(_) => None,
    }
}

fn lone_phone(text: &str) -> Option<PhoneNumber> {
    match phone::read(text, false) {
        Value::Is(phone) => Some(phone),
        Value::Missing | Value::Unclear(_) => None,
    }
}

/// The text without the bullet before it.
pub(super) fn without_bullet(text: &str) -> &str {
    text.trim().trim_start_matches(['-', '*', '•', '·', '\u{2013}', '>', '\u{f0b7}']).trim_start()
}

/// Does a line begin as a phone number does?
pub(super) fn begins_as_number(text: &str) -> bool {
    let folded = fold(text);
    let start = folded.trim_start_matches([' ', '(', '<', '\t']);
    start.starts_with(|c: char| c.is_ascii_digit() || c == '+') || start.starts_with("tel:")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str], reply: bool) -> (Option<String>, Option<String>) {
        let free: Vec<_> = lines.iter().enumerate().map(|(at, text)| (at + 1, (*text).to_owned())).collect();
        let (username, phone) = lone_values(&free, reply);
        (username.map(|(_, u)| u.to_string()), phone.map(|(_, p)| p.tail().to_owned()))
    }

    #[test]
    fn one_pair_and_nothing_else_is_taken() {
        let both = (Some("anna.andersson".to_owned()), Some("05".to_owned()));
        for line in [
            "anna.andersson, 070-174 06 05",
            "anna.andersson 070-174 06 05",
            "anna.andersson / 0701740605",
            "anna.andersson och 070-174 06 05",
            "- anna.andersson; +46 70 174 06 05",
            "070-174 06 05, anna.andersson",
        ] {
            assert_eq!(read(&["Hej!", line, "Tack på förhand"], false), both, "{line}");
        }
        assert_eq!(read(&["anna.andersson", "070-174 06 05"], false), both);
    }

    #[test]
    fn whatever_else_could_be_meant_spoils_the_pair() {
        let line = "anna.andersson, 070-174 06 05";
        for other in [
            "bo.ek, 070-174 06 06",
            "annand12",
            "ring 040-628 04 00",
            "min chef heter karin.ek",
            "070-174 06 05",
        ] {
            assert_eq!(read(&[line, other], false), (None, None), "{other}");
        }
        assert_eq!(read(&["Anna Andersson, 070-174 06 05"], false), (None, None));
    }

    #[test]
    fn one_value_alone_answers_a_question_but_asks_none() {
        assert_eq!(read(&["070-174 06 05"], false), (None, None));
        assert_eq!(read(&["Hej, här kommer det:", "070-174 06 05"], true), (None, Some("05".to_owned())));
        assert_eq!(read(&["annand12"], true), (Some("annand12".to_owned()), None));
        assert_eq!(read(&["Tack!"], true), (None, None));
    }
}
