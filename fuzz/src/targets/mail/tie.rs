//! Every value that was read stands in the mail, and a label, an item's number or its standing alone
//! ties it to its field. Simpler than the reader, and looser: it knows pieces of labels, and looks for
//! them anywhere before the value on its line, or on the line above. But no label that another person
//! stands before on the line, and nothing that stands alone in a mail about one, ties anything.

use nyckelbud::mail::{Mail, WrittenText};
use nyckelbud::request::{Found, Reading};
use nyckelbud::types::{PhoneNumber, Username};
use unicode_normalization::UnicodeNormalization;

/// How one field may be called.
struct Labels {
    /// Pieces, of which each label holds one.
    pieces: &'static [&'static str],
    /// Labels whose only piece a slip of the finger can spoil.
    long: &'static [&'static str],
    /// The template's number for it.
    item: char,
}

const USERNAME: Labels = Labels {
    pieces: &["anv", "konto", "inlogg", "login", "logon", "user", "account", "upn"],
    long: &[
        "anvandarnamn",
        "anvandarnamnet",
        "anvandare",
        "anvandarid",
        "anvandaridentitet",
        "kontonamn",
        "inloggningsnamn",
        "inloggningsid",
        "loginnamn",
        "loginname",
        "loginid",
        "logonname",
        "username",
        "accountname",
        "accountid",
    ],
    item: '1',
};
const PHONE: Labels = Labels {
    pieces: &["mob", "tel", "tfn", "tlf", "phone", "cell", "nummer", "numret", "number", "nr", "sms"],
    long: &["phoneno", "telefon", "jobbmobil", "arbetsmobil", "tjanstemobil", "privatmobil"],
    item: '2',
};

/// Other people, as a mail speaks of them.
const PERSONS: [&str; 12] = [
    "chef",
    "chefen",
    "kollega",
    "kollegan",
    "kontaktperson",
    "manager",
    "boss",
    "colleague",
    "coworker",
    "sambo",
    "wife",
    "husband",
];
/// "Min kollega Gun är låst ute, hennes mobil är": the label is said to be theirs, and so is the request.
const PRONOUNS: [&str; 4] = ["hennes", "hans", "her", "his"];

/// Where the last of `words` stands in `text`, as a whole word.
fn last_of(text: &str, words: &[&str]) -> Option<usize> {
    let mut last = None;
    let mut at = 0;
    for word in text.split_inclusive(|c: char| !c.is_alphanumeric()) {
        if words.contains(&word.trim_end_matches(|c: char| !c.is_alphanumeric())) {
            last = Some(at);
        }
        at += word.len();
    }
    last
}

impl Labels {
    /// Does a label stand in the text before a value, behind nobody else's name?
    fn tie_in(&self, before: &str) -> bool {
        let person = last_of(before, &PERSONS);
        let pronoun = last_of(before, &PRONOUNS);
        self.stand_in(before)
            && person.is_none_or(|person| {
                pronoun.is_some_and(|pronoun| pronoun > person) || !self.stand_in(&before[person..])
            })
    }

    fn stand_in(&self, text: &str) -> bool {
        // A letter that was lost on the way is a wrong one.
        let mut words = text.split(|c: char| !c.is_alphabetic() && c != '\u{fffd}');
        self.pieces.iter().any(|piece| text.contains(piece))
            || words.any(|word| self.long.iter().any(|label| is_slip(word, label)))
    }
}

/// Is `word` the word `meant` with one letter too many, too few or wrong, or two of them swapped?
fn is_slip(word: &str, meant: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (word.chars().collect(), meant.chars().collect());
    let head = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let shorter = a.len().min(b.len()) - head;
    let tail = a.iter().rev().zip(b.iter().rev()).take(shorter).take_while(|(a, b)| a == b).count();
    match (&a[head..a.len() - tail], &b[head..b.len() - tail]) {
        ([x, y], [v, w]) => (x, y) == (w, v),
        (a, b) => a.len() <= 1 && b.len() <= 1,
    }
}

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
        let tied = places(mail, &found.place).any(|place| place.ties(name, name, &USERNAME, lone));
        assert!(tied, "the username {name} of {} is tied to nothing in {:?}", found.place, mail.plain);
    }
    if let Some(found) = phone {
        let e164 = found.value.e164();
        let digits = e164.strip_prefix("+46").unwrap_or(&e164[1..]);
        let name = username.map_or("", |found| found.value.as_str());
        let tied = places(mail, &found.place).any(|place| place.ties(digits, name, &PHONE, lone));
        assert!(tied, "the phone …{} of {} is tied to nothing", found.value.tail(), found.place);
    }
}

/// A line and those above it, in plain lower case.
struct Place {
    line: String,
    above: Vec<String>,
    /// Some line speaks of another person.
    of_another: bool,
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
        let of_another = text.lines.iter().any(|line| last_of(&plain(line), &PERSONS).is_some());
        Some(Self { line, above: above.filter(|line| !is_blank(line)).collect(), of_another })
    }

    /// Does `value` stand on the line, tied by a label, by the item's number, or, where it
    /// may be `lone`, by nothing else being there but `other`?
    fn ties(&self, value: &str, other: &str, labels: &Labels, lone: bool) -> bool {
        let value = value.to_lowercase();
        starts_of(&self.line, &value).iter().any(|(start, end)| {
            let (before, behind) = (&self.line[..*start], &self.line[*end..]);
            let last = self.above.last().map_or("", String::as_str);
            let is_row = |line: &&String| line.contains(['\t', '|']);
            let heads =
                || is_row(&&self.line) && self.above.iter().filter(is_row).any(|row| labels.stand_in(row));
            labels.tie_in(before)
                || labels.stand_in(last)
                || has_item(before, labels.item)
                || has_item(last, labels.item)
                || heads()
                || (lone && !self.of_another && is_alone(before, behind, &[&value, &other.to_lowercase()]))
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
