//! Every value that was read stands in the mail, and a label, an item's number or its standing alone
//! ties it to its field. Simpler than the reader, and looser: it knows pieces of labels, and looks for
//! them anywhere before the value on its line, or on the line above.

use nyckelbud::mail::{Mail, WrittenText};
use nyckelbud::request::{Found, Reading};
use nyckelbud::types::{PhoneNumber, Username};
use unicode_normalization::UnicodeNormalization;

/// Every label for a username holds one of these, be it with a slip.
const NAMES: &[&str] = &[
    "anv", "nvan", "vand", "ndar", "dare", "konto", "onton", "toid", "inlog", "nlogg", "gning", "login",
    "logon", "ginna", "ginid", "user", "seri", "erna", "sern", "acco", "ount", "upn",
];
/// Every label for a phone holds one of these.
const PHONES: &[&str] = &[
    "mob", "obil", "bilt", "tel", "lefo", "fon", "tfn", "tlf", "pho", "hone", "neno", "onen", "cell", "ell",
    "num", "umme", "mer", "numb", "nr", "sms", "lur",
];

/// The username and the phone that were read.
pub fn values(read: &Reading) -> (Option<&Username>, Option<&PhoneNumber>) {
    let (username, phone) = found(read);
    (username.map(|found| &found.value), phone.map(|found| &found.value))
}

fn found(read: &Reading) -> (Option<&Found<Username>>, Option<&Found<PhoneNumber>>) {
    match read {
        Reading::Request(request) => (Some(&request.username), Some(&request.phone)),
        Reading::Incomplete { username, phone } => (username.as_ref(), phone.as_ref()),
        Reading::Ambiguous { .. } | Reading::General | Reading::Automatic(_) => (None, None),
    }
}

pub fn check(mail: &Mail, read: &Reading) {
    let (username, phone) = found(read);
    let is_reply = mail.tag.is_some() || !mail.answers.is_empty();
    let lone = is_reply || (username.is_some() && phone.is_some());
    if let Some(found) = username {
        let name = found.value.as_str();
        let tied = places(mail, &found.place).any(|place| place.ties(name, name, NAMES, '1', lone));
        assert!(tied, "the username {name} of {} is tied to nothing in {:?}", found.place, mail.plain);
    }
    if let Some(found) = phone {
        let e164 = found.value.e164();
        let digits = e164.strip_prefix("+46").unwrap_or(&e164[1..]);
        let name = username.map_or("", |found| found.value.as_str());
        let tied = places(mail, &found.place).any(|place| place.ties(digits, name, PHONES, '2', lone));
        assert!(tied, "the phone …{} of {} is tied to nothing", found.value.tail(), found.place);
    }
}

/// A line and those above it, in plain lower case.
struct Place {
    line: String,
    above: Vec<String>,
}

/// The line that `line 3` means, in each part of the mail.
fn places<'a>(mail: &'a Mail, place: &str) -> impl Iterator<Item = Place> + 'a {
    let number: usize = place.strip_prefix("line ").and_then(|n| n.parse().ok()).expect("a line's number");
    [&mail.plain, &mail.html].into_iter().flatten().filter_map(move |text| Place::of(text, number))
}

impl Place {
    fn of(text: &WrittenText, number: usize) -> Option<Self> {
        let line = plain(text.lines.get(number.checked_sub(1)?)?);
        let above = text.lines[..number - 1].iter().map(|line| plain(line));
        Some(Self { line, above: above.filter(|line| !is_blank(line)).collect() })
    }

    /// Does `value` stand on the line, tied by a piece of a `label`, by the item's number, or, where it
    /// may be `lone`, by nothing else being there but `other`?
    fn ties(&self, value: &str, other: &str, labels: &[&str], item: char, lone: bool) -> bool {
        let value = value.to_lowercase();
        starts_of(&self.line, &value).iter().any(|(start, end)| {
            let (before, behind) = (&self.line[..*start], &self.line[*end..]);
            let last = self.above.last().map_or("", String::as_str);
            let labelled = |text: &str| labels.iter().any(|label| text.contains(label));
            let is_row = |line: &&String| line.contains(['\t', '|']);
            let heads = || is_row(&&self.line) && self.above.iter().filter(is_row).any(|row| labelled(row));
            labelled(before)
                || labelled(last)
                || has_item(before, item)
                || has_item(last, item)
                || heads()
                || (lone && is_alone(before, behind, &[&value, &other.to_lowercase()]))
        })
    }
}

/// Lower case, without marks on letters; digits of every width are digits.
fn plain(line: &str) -> String {
    let seen = line.nfkd().filter(|c| !('\u{300}'..='\u{36f}').contains(c));
    seen.collect::<String>().to_lowercase()
}

fn is_blank(line: &str) -> bool {
    !line.contains(char::is_alphanumeric)
}

/// Where `value` stands in `line`: as it is, or, if it is a number, with signs and blanks between its
/// digits.
fn starts_of(line: &str, value: &str) -> Vec<(usize, usize)> {
    let whole: Vec<_> = line.match_indices(value).map(|(at, found)| (at, at + found.len())).collect();
    if !value.bytes().all(|octet| octet.is_ascii_digit()) {
        return whole;
    }
    let starts = line.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(at, _)| at);
    starts.filter_map(|at| Some((at, at + spread(&line[at..], value)?))).collect()
}

/// The length of the digits `wanted` at the start of `line`, with no letter between them.
fn spread(line: &str, wanted: &str) -> Option<usize> {
    let mut wanted = wanted.chars().peekable();
    for (at, c) in line.char_indices() {
        match wanted.peek() {
            None => return Some(at),
            Some(next) if *next == c => _ = wanted.next(),
            Some(_) if c.is_alphanumeric() => return None,
            Some(_) => {}
        }
    }
    wanted.peek().is_none().then_some(line.len())
}

/// Is there `2.`, `2)`, `2:` or a `2` before a blank or the end, behind no other digit?
fn has_item(text: &str, item: char) -> bool {
    text.match_indices(item).any(|(at, _)| {
        let behind = text[at + 1..].chars().next();
        let before = text[..at].chars().next_back();
        !before.is_some_and(char::is_alphanumeric) && !behind.is_some_and(char::is_alphanumeric)
    })
}

/// Is there nothing else on the line but these values, numbers, signs, the words between two values, and
/// the domain before a name (`KOMMUN\annand12`)?
fn is_alone(before: &str, behind: &str, values: &[&str]) -> bool {
    let is_domain = |c: char| c.is_alphanumeric() || c == '-';
    let before = before.strip_suffix('\\').map_or(before, |domain| domain.trim_end_matches(is_domain));
    let mut rest = format!("{before} {behind}");
    for value in values.iter().filter(|value| !value.is_empty()) {
        rest = rest.replace(value, " ");
    }
    let mut words = rest.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.all(|word| {
        matches!(word, "och" | "and" | "tel" | "mailto") || word.bytes().all(|octet| octet.is_ascii_digit())
    })
}
