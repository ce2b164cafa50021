//! The template that staff fill in: a mail, or all mails of a ticket, become a [`Reading`].
//!
//! A value counts only where it is tied to its label or its number; see `fields` for how it is
//! found, and `doubts` for what speaks against it. Whatever is not clear is no request.

use super::doubts::{rival, takes_back};
use super::fields::{Candidates, collect};
use super::line::Line;
use super::loose::Around;
use super::matter::{Matter, is_courtesy};
use super::{Found, PasswordRequest, Reading};
use crate::mail::{Mail, Trust, WrittenText};
use crate::types::{PhoneNumber, Username};

pub use super::together::combine;

/// More lines or characters than any person writes about a password.
const MOST_LINES: usize = 1_000;
const MOST_CHARACTERS: usize = 50_000;

/// What `mail` says. Quoted text and signatures are never looked at.
#[must_use]
pub fn read(mail: &Mail) -> Reading {
    if let Some(kind) = mail.automatic {
        return Reading::Automatic(kind);
    }
    let domain = own_domain(mail);
    let texts: Vec<Text> = [&mail.plain, &mail.html]
        .into_iter()
        .flatten()
        .map(|written| Text::new(written, domain.as_deref()))
        .filter(Text::says_something)
        .collect();
    let is_reply = mail.tag.is_some() || !mail.answers.is_empty();
    let sender = mail.sender.address.as_ref().map_or("", |address| address.as_str());
    let around = Around { reply: is_reply, subject: &mail.subject, sender };
    let said = texts
        .iter()
        .map(|text| Said::by(text, &around))
        .reduce(Said::agreed_with)
        .unwrap_or_else(Said::nothing);
    let matter = Matter::of(&mail.subject, &said.free);
    if mail.incomplete {
        let about = matter.mentioned || said.template;
        return if about { ambiguous("the mail could not be read as a whole") } else { Reading::General };
    }
    if matter.withdrawn && (matter.mentioned || said.template) {
        return ambiguous("the writer may not want a password, or no longer");
    }
    if matter.mentioned {
        return said.reading();
    }
    if is_reply { said.answer(mail.tag.is_some()) } else { said.bare_template(&mail.subject) }
}

/// The Windows domain of a colleague whom the organisation vouches for, by the custom that it is called as the
/// first part of the domain of their address: `kommun`, of `anna@kommun.example`.
fn own_domain(mail: &Mail) -> Option<String> {
    let address = mail.sender.address.as_ref().filter(|_| mail.sender.trust == Trust::OwnDomain)?;
    let first = address.domain().split('.').next()?;
    Some(first.to_ascii_lowercase())
}

/// `KOMMUN\annand12` without the domain, if it is `own`.
fn without_domain(text: &str, own: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('\\') {
        let start = before.rfind(|c: char| !(c.is_ascii_alphanumeric() || ".-\\".contains(c)));
        let start = start.map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
        if before[start..].eq_ignore_ascii_case(own) && !kept.ends_with('\\') {
            kept.push_str(&before[..start]);
        } else {
            kept.push_str(before);
            kept.push('\\');
        }
        rest = behind;
    }
    kept + rest
}

fn ambiguous(why: &str) -> Reading {
    Reading::Ambiguous { why: why.to_owned() }
}

/// The written lines of one part of a mail.
struct Text {
    lines: Vec<Line>,
    /// It exceeds a limit, and was read in part.
    cut: bool,
}

impl Text {
    fn new(written: &WrittenText, own_domain: Option<&str>) -> Self {
        let mut room = MOST_CHARACTERS;
        let mut lines = Vec::new();
        for (at, text) in written.lines.iter().enumerate().take(MOST_LINES) {
            let length = text.chars().count();
            if length > room {
                break;
            }
            room -= length;
            match own_domain.filter(|_| text.contains('\\')) {
                Some(own) => lines.push(Line::new(at + 1, &without_domain(text, own))),
                None => lines.push(Line::new(at + 1, text)),
            }
        }
        let cut = lines.len() < written.lines.len();
        Self { lines, cut }
    }

    fn says_something(&self) -> bool {
        self.cut || self.lines.iter().any(|line| !line.is_blank())
    }
}

/// What was read for one field.
#[derive(Clone, PartialEq, Eq)]
enum Settled<T> {
    Nothing,
    One(Found<T>),
    Doubt(String),
}

impl<T: Clone + PartialEq> Settled<T> {
    fn of(candidates: Candidates<T>, name: &str) -> Self {
        if let Some((line, why)) = candidates.unclear.first() {
            return Self::Doubt(format!("{why}, line {line}"));
        }
        let mut found = candidates.found.into_iter();
        let Some((line, value)) = found.next() else { return Self::Nothing };
        if let Some((other, _)) = found.find(|(_, other)| *other != value) {
            return Self::Doubt(format!("two {name}, lines {line} and {other}"));
        }
        Self::One(Found { value, place: format!("line {line}") })
    }

    fn value(&self) -> Option<&T> {
        match self {
            Self::One(found) => Some(&found.value),
            Self::Nothing | Self::Doubt(_) => None,
        }
    }

    fn found(&self) -> Option<Found<T>> {
        match self {
            Self::One(found) => Some(found.clone()),
            Self::Nothing | Self::Doubt(_) => None,
        }
    }

    fn doubt(&self) -> Option<&String> {
        match self {
            Self::Doubt(why) => Some(why),
            Self::Nothing | Self::One(_) => None,
        }
    }

    fn agreed_with(self, other: Self) -> Self {
        let doubted = self.doubt().is_some() || self.value() == other.value() && other.doubt().is_none();
        match (doubted, other) {
            (true, _) => self,
            (false, Self::Doubt(why)) => Self::Doubt(why),
            (false, Self::Nothing | Self::One(_)) => {
                Self::Doubt("the text and the HTML part of the mail differ".to_owned())
            }
        }
    }
}

/// What one part of a mail says, or both together.
struct Said {
    username: Settled<Username>,
    phone: Settled<PhoneNumber>,
    /// Both fields of the template are there, filled in or not.
    template: bool,
    /// The text outside the fields.
    free: String,
}

impl Said {
    fn nothing() -> Self {
        Self { username: Settled::Nothing, phone: Settled::Nothing, template: false, free: String::new() }
    }

    fn by(text: &Text, around: &Around<'_>) -> Self {
        let fields = collect(&text.lines, around);
        let template = fields.usernames.labelled && fields.phones.labelled;
        let username = Settled::of(fields.usernames, "usernames");
        let mut phone = Settled::of(fields.phones, "phones");
        let subject_line = (0, around.subject.to_owned());
        let places = || fields.free.iter().chain([&subject_line]);
        if let Some(tied) = phone.value()
            && let Some((line, _)) = places().find(|(_, text)| rival(text, tied))
        {
            phone = Settled::Doubt(format!("another phone, {}", place(*line)));
        }
        let read = username.value().is_some() || phone.value().is_some();
        if read
            && let Some((line, _)) =
                places().find(|(_, text)| takes_back(text, username.value(), phone.value()))
        {
            phone = Settled::Doubt(format!("words that take a value back, {}", place(*line)));
        }
        if text.cut {
            phone = Settled::Doubt("the mail is too long to be read".to_owned());
        }
        let free = fields.free.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("\n");
        Self { username, phone, template, free }
    }

    fn agreed_with(self, other: Self) -> Self {
        Self {
            username: self.username.agreed_with(other.username),
            phone: self.phone.agreed_with(other.phone),
            template: self.template || other.template,
            free: self.free + "\n" + &other.free,
        }
    }

    /// The reading of a mail that is about a password.
    fn reading(self) -> Reading {
        let doubts: Vec<&str> =
            [self.username.doubt(), self.phone.doubt()].into_iter().flatten().map(String::as_str).collect();
        match doubts.as_slice() {
            [] => {}
            [one] => return ambiguous(one),
            [one, other, ..] if one == other => return ambiguous(one),
            [one, other, ..] => return ambiguous(&format!("{one}; {other}")),
        }
        match (self.username, self.phone) {
            (Settled::One(username), Settled::One(phone)) => {
                Reading::Request(PasswordRequest { username, phone })
            }
            (username, phone) => Reading::Incomplete { username: username.found(), phone: phone.found() },
        }
    }

    /// Is there nothing beside the fields but courtesies?
    fn is_all(&self, besides: &str) -> bool {
        let names = self.username.value().map(Username::folded).unwrap_or_default();
        is_courtesy(&self.free, &names) && is_courtesy(besides, &names)
    }

    /// A reply that does not speak of a password can only complete what an earlier mail asked for.
    fn answer(self, tagged: bool) -> Reading {
        let filled = self.username.value().is_some() || self.phone.value().is_some();
        let doubted = self.username.doubt().is_some() || self.phone.doubt().is_some();
        if !(self.template || tagged || self.is_all("")) || !(filled || doubted) {
            return Reading::General;
        }
        if doubted {
            return self.reading();
        }
        Reading::Incomplete { username: self.username.found(), phone: self.phone.found() }
    }

    /// The template alone speaks for itself; beside other words it may be about anything.
    fn bare_template(self, subject: &str) -> Reading {
        if !self.template {
            return Reading::General;
        }
        if self.is_all(subject) {
            return self.reading();
        }
        ambiguous("both fields are there, but nothing says that it is about a password")
    }
}

fn place(line: usize) -> String {
    if line == 0 { "subject".to_owned() } else { format!("line {line}") }
}
