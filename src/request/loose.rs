//! Values without labels: taken only when the mail holds nothing else that could be meant.

use super::line::{Phrases, fold};
use super::matter::is_courtesy;
use super::own::is_own;
use super::phone::{self, count_digits, mobiles_in};
use super::username::{self, is_shaped};
use super::value::Value;
use super::vocabulary::{FAREWELLS, List};
use crate::types::{PhoneNumber, Username};

const GREETINGS: List = List("hej, hejsan, hallo, halla, god, hello, hi, dear, good");

type Lone<T> = Option<(usize, T)>;

/// What surrounds lone values: the rest of the mail decides whether they are an answer.
pub(super) struct Around<'a> {
    /// The mail answers another one, so that one value alone is an answer too.
    pub(super) reply: bool,
    pub(super) subject: &'a str,
    /// The writer's address: below the values they may sign with its words.
    pub(super) sender: &'a str,
}

/// The username and the phone of a mail that has one of each, alone on one line ("anna.andersson,
/// 070-174 06 05") or on two neighbouring ones (a Word list, whose numbers are not in the text). Whoever
/// writes for somebody else, or signs without a word that says so, may have put them there about themselves:
/// so everything else must be courtesy or the writer's own password, and in a reply courtesy alone.
pub(super) fn lone_values(
    free: &[(usize, String)],
    around: &Around<'_>,
) -> (Lone<Username>, Lone<PhoneNumber>) {
    let (mut username, mut phone) = (None, None);
    let mut places: Vec<usize> = Vec::new();
    for (at, (line, text)) in free.iter().enumerate() {
        let text = without_bullet(text);
        let (one_username, one_phone) = match pair(text) {
            Some((username, phone)) => (Some(username), Some(phone)),
            None => (lone_username(text), lone_phone(text)),
        };
        let again = one_username.is_some() && username.is_some() || one_phone.is_some() && phone.is_some();
        if one_username.is_some() || one_phone.is_some() {
            places.push(at);
        } else if holds_a_value(text) {
            return (None, None);
        }
        if again {
            return (None, None);
        }
        username = username.or(one_username.map(|value| (*line, value)));
        phone = phone.or(one_phone.map(|value| (*line, value)));
    }
    let whole = username.is_some() && phone.is_some();
    let name = username.as_ref().map(|(_, username)| username.folded()).unwrap_or_default();
    if (whole || around.reply) && stands_alone(free, &places, &name, around) {
        (username, phone)
    } else {
        (None, None)
    }
}

/// Is there nothing beside the values at `places` that could make them somebody else's?
fn stands_alone(free: &[(usize, String)], places: &[usize], username: &str, around: &Around<'_>) -> bool {
    let (Some(first), Some(last)) = (places.first(), places.last()) else { return false };
    let names = format!("{username} {}", around.sender);
    let harmless = |text: &str, names: &str| {
        if around.reply { is_courtesy(text, names) } else { is_own(text, names) }
    };
    // A name or a thank-you above the values begins a signature.
    let above = free[..*first].iter().enumerate().all(|(at, (_, text))| {
        let greets =
            at == 0 && Phrases::of(&fold(text)).words().next().is_some_and(|word| GREETINGS.has(word));
        let thanks = is_courtesy(text, "") && has_farewell(text) && !greets;
        harmless(text, "") && !thanks
    });
    let below = free[last + 1..].iter().all(|(_, text)| harmless(text, &names));
    let subject = around.reply || is_own(around.subject, username);
    last - first < 2 && above && below && subject
}

fn has_farewell(text: &str) -> bool {
    Phrases::of(&fold(text)).words().any(|word| FAREWELLS.has(word))
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
        let around = Around { reply, subject: "Nytt lösenord", sender: "anna.andersson@kommun.example" };
        let (username, phone) = lone_values(&free, &around);
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
    fn a_signature_is_no_pair() {
        for lines in [
            &["Min kollega har glömt sitt lösenord", "anna.andersson", "070-174 06 05"][..],
            &["Jag har glömt lösenordet", "Anna", "anna.andersson", "070-174 06 05"],
            &["Jag har glömt lösenordet", "Tack", "anna.andersson", "070-174 06 05"],
            &["anna.andersson", "Hej", "070-174 06 05"],
        ] {
            assert_eq!(read(lines, false), (None, None), "{lines:?}");
        }
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
            "Min elev kommer inte in",
            "Hemtjänst Norr",
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
        assert_eq!(read(&["070-174 06 05", "Anna"], true), (None, Some("05".to_owned())));
        for lines in [
            &["Tack!"][..],
            &["Anna", "070-174 06 05"],
            &["Hej", "Tack", "070-174 06 05"],
            &["Tack", "070-174 06 05"],
        ] {
            assert_eq!(read(lines, true), (None, None), "{lines:?}");
        }
    }
}
