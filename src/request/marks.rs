//! Where in a mail the values stand that were read, so that people see in the text what the machine saw.
//! It only looks for what was read, on the line of which its evidence tells: nothing here is read anew.

use std::ops::Range;

use super::{Found, PasswordRequest, Reading};
use crate::types::{PhoneNumber, Username};

/// No phone is written with more characters, blanks and brackets included.
const LONGEST_PHONE: usize = 40;

/// Which value stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkedField {
    /// The username.
    Username,
    /// The phone.
    Phone,
}

/// A value's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Which value.
    pub field: MarkedField,
    /// The line, from 1, of what the writer wrote.
    pub line: usize,
    /// Which octets of the line.
    pub at: Range<usize>,
}

/// The marks of what one mail was `read` as; `line` answers a line of its text by its number.
#[must_use]
pub fn marks<'a>(read: &Reading, line: impl Fn(usize) -> Option<&'a str>) -> Vec<Mark> {
    let (username, phone) = match read {
        Reading::Request(PasswordRequest { username, phone }) => (Some(username), Some(phone)),
        Reading::Incomplete { username, phone } => (username.as_ref(), phone.as_ref()),
        Reading::Ambiguous { .. } | Reading::General | Reading::Automatic(_) => (None, None),
    };
    let username = username
        .and_then(|found| mark(MarkedField::Username, found, &line, |text| username_in(text, &found.value)));
    let phone =
        phone.and_then(|found| mark(MarkedField::Phone, found, &line, |text| phone_in(text, &found.value)));
    username.into_iter().chain(phone).collect()
}

fn mark<'a, T>(
    field: MarkedField,
    found: &Found<T>,
    line: impl Fn(usize) -> Option<&'a str>,
    place: impl Fn(&str) -> Option<Range<usize>>,
) -> Option<Mark> {
    let number: usize = found.place.strip_prefix("line ")?.parse().ok()?;
    Some(Mark { field, line: number, at: place(line(number)?)? })
}

/// The last place where the name stands as a whole word: its label may hold the same letters.
fn username_in(text: &str, name: &Username) -> Option<Range<usize>> {
    let (lower, name) = (text.to_ascii_lowercase(), name.folded());
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let whole = |at: &usize| {
        let before = text[..*at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    };
    let places: Vec<usize> = lower.match_indices(&name).map(|(at, _)| at).collect();
    let at = places.iter().rfind(|at| whole(at)).or(places.last())?;
    Some(*at..at + name.len())
}

/// The longest run of characters that is the number.
fn phone_in(text: &str, number: &PhoneNumber) -> Option<Range<usize>> {
    let places: Vec<(usize, char)> = text.char_indices().collect();
    let is_digit = |c: char| c.is_ascii_digit() || ('\u{ff10}'..='\u{ff19}').contains(&c);
    for (nth, (start, first)) in places.iter().enumerate() {
        let follows_digit = nth > 0 && is_digit(places[nth - 1].1);
        if follows_digit || !(is_digit(*first) || matches!(first, '+' | '(')) {
            continue;
        }
        let window = &places[nth..places.len().min(nth + LONGEST_PHONE)];
        let ends = window.iter().rev().filter(|(_, c)| is_digit(*c));
        let mut tried = ends.map(|(at, c)| *start..at + c.len_utf8());
        if let Some(found) = tried.find(|at| PhoneNumber::parse(&text[at.clone()]).as_ref() == Ok(number)) {
            return Some(found);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str) -> Vec<(MarkedField, String)> {
        let raw = format!("Subject: Nytt lösenord\r\n\r\n{}", text.replace('\n', "\r\n"));
        let trusted = crate::mail::Authentication::Trusted;
        let mail = crate::mail::reading::read(raw.as_bytes(), &trusted, None, &[]).unwrap();
        let lines = mail.plain.as_ref().unwrap().lines.clone();
        let found = marks(&crate::request::template::read(&mail), |number| {
            lines.get(number.checked_sub(1)?).map(String::as_str)
        });
        found.into_iter().map(|mark| (mark.field, lines[mark.line - 1][mark.at].to_owned())).collect()
    }

    #[test]
    fn what_was_read_is_marked_where_it_stands() {
        use MarkedField::{Phone, Username};
        for (text, username, phone) in [
            ("Hej\n\nAnvändarnamn: annand12\nTelefon: 070-174 06 05\n", "annand12", "070-174 06 05"),
            ("1. AnnAnd12\n2. +46 (0)70 174 06 05.\n", "AnnAnd12", "+46 (0)70 174 06 05"),
            ("Username: user01, Phone: 0701740605\n", "user01", "0701740605"),
            ("User: user.a\nMobil: ０70-174 06 05\n", "user.a", "０70-174 06 05"),
        ] {
            assert_eq!(marked(text), [(Username, username.to_owned()), (Phone, phone.to_owned())], "{text}");
        }
        assert_eq!(marked("Username: annand12\n"), [(Username, "annand12".to_owned())]);
    }

    #[test]
    fn what_was_not_read_is_not_marked() {
        for text in ["Username: annand12, bobert34\nPhone: 070-174 06 05\n", "Skrivaren blinkar\n", "\n"] {
            assert_eq!(marked(text), [], "{text}");
        }
    }
}
