//! What a list shows of a mail and what it is found by, made once when the mail comes: a page of the
//! queue reads no mail. Phone numbers are masked or left out (decisions, 21).

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;

use super::alike::alike;
use super::shown::{one_line, without_numbers};
use super::{Mail, WrittenText};
use crate::types::{EmailAddress, mask_phones};

/// Characters of a name in a list.
const MAX_NAME: usize = 60;
/// Characters of a text in a list.
const MAX_SNIPPET: usize = 140;
/// Different words that a mail is found by.
const MAX_WORDS: usize = 2_000;
/// Characters of a word that is looked for; longer ones are nobody's.
const MAX_WORD: usize = 40;
/// Longer runs of digits may be part of a phone or of a personal identity number.
const MAX_DIGITS: usize = 4;

/// What a list shows of a mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// What its writer calls themselves; empty when they say nothing.
    pub name: String,
    /// How its text begins.
    pub snippet: String,
    /// Has it attachments?
    pub attached: bool,
    /// What its text is like; 0 when nothing is known. Texts that differ little differ in few bits.
    pub alike: u64,
    /// The words that it is found by: in lower case, each once.
    pub words: BTreeSet<String>,
}

impl Excerpt {
    /// What a list shows of `mail`.
    #[must_use]
    pub fn of(mail: &Mail) -> Self {
        let nothing = WrittenText::default();
        let said = |text: &&WrittenText| text.lines.iter().any(|line| !line.is_empty());
        let texts = [mail.plain.as_ref(), mail.html.as_ref()];
        let text = texts.into_iter().flatten().find(said).unwrap_or(&nothing);
        let name = masked(&one_line(&mail.writer, MAX_NAME));
        let address = mail.sender.address.as_ref().map_or("", EmailAddress::as_str);
        let local = address.split('@').next().unwrap_or_default();
        let names: Vec<String> = words_of(&format!("{name} {local}")).collect();
        let mut words = BTreeSet::new();
        let heads = [name.as_str(), address, mail.subject.as_str()].into_iter();
        for line in heads.chain(text.lines.iter().map(String::as_str)) {
            words.extend(words_of(line).take(MAX_WORDS - words.len()));
        }
        Self {
            snippet: snippet(&text.lines),
            attached: !mail.attachments.is_empty(),
            alike: alike(&mail.subject, &text.lines, &names),
            name,
            words,
        }
    }
}

/// The words of `text` as mails are found by them: what people type into the search field is cut in the
/// same way. No phone number, and no long run of digits, is among them.
pub fn words_of(text: &str) -> impl Iterator<Item = String> + use<> {
    let text: String = masked(text).nfc().collect::<String>().to_lowercase();
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && word.chars().count() <= MAX_WORD)
        .filter(|word| word.chars().count() <= MAX_DIGITS || !word.chars().all(char::is_numeric))
        .map(str::to_owned)
        .collect();
    words.into_iter()
}

/// Neither rule finds every spelling of a number.
fn masked(text: &str) -> String {
    mask_phones(&without_numbers(text))
}

fn snippet(lines: &[String]) -> String {
    let mut shown = String::new();
    for line in lines.iter().filter(|line| !line.is_empty()) {
        if shown.chars().count() > MAX_SNIPPET {
            break;
        }
        // A number that is cut at the end must not look like a short one.
        shown.push_str(&masked(line));
        shown.push(' ');
    }
    one_line(&shown, MAX_SNIPPET)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{Authentication, reading};

    fn excerpt(raw: &str) -> Excerpt {
        let mail = reading::read(raw.as_bytes(), &Authentication::Trusted, None, &[]);
        Excerpt::of(&mail.unwrap_or_else(|unreadable| panic!("{unreadable}")))
    }

    #[test]
    fn a_list_shows_who_writes_what_without_numbers_and_quotes() {
        let raw = "From: =?utf-8?q?Anna_Andersson?= <anna.andersson@kommun.example>\r\nSubject: SV: Nytt lösenord\r\n\
                   Content-Type: text/plain; charset=utf-8\r\n\r\nHej,\r\nringa mig på 070-174 06 71 eller\r\n\
                   19790101-1234.\r\n\r\nDen 3 mars skrev Bo <bo@kommun.example>:\r\n> hemligt citat\r\n";
        let excerpt = excerpt(raw);
        assert_eq!(excerpt.name, "Anna Andersson");
        assert_eq!(excerpt.snippet, "Hej, ringa mig på ••• 71 eller ••• 34.");
        assert!(!excerpt.attached);
        let words: Vec<&str> = excerpt.words.iter().map(String::as_str).collect();
        let found = [
            "34",
            "71",
            "anna",
            "andersson",
            "eller",
            "example",
            "hej",
            "kommun",
            "lösenord",
            "mig",
            "nytt",
            "på",
            "ringa",
            "sv",
        ];
        let found: BTreeSet<&str> = found.into_iter().collect();
        assert_eq!(words.into_iter().collect::<BTreeSet<_>>(), found);
    }

    #[test]
    fn a_name_that_is_an_address_is_none() {
        for from in ["bo@kommun.example", "<bo@kommun.example>", "\"bo@kommun.example\" <bo@kommun.example>"]
        {
            assert_eq!(excerpt(&format!("From: {from}\r\nSubject: x\r\n\r\nx")).name, "", "{from}");
        }
        let raw = "From: \"Ek, Karin\" <karin@kommun.example>\r\nSubject: x\r\n\r\nx";
        assert_eq!(excerpt(raw).name, "Ek, Karin");
        let raw = "From: Chefen 070-174 06 05 <karin@kommun.example>\r\nSubject: x\r\n\r\nx";
        assert_eq!(excerpt(raw).name, "Chefen ••• 05");
    }

    #[test]
    fn words_are_cut_alike_however_they_are_written() {
        let words = |text| words_of(text).collect::<Vec<_>>();
        assert_eq!(words("A\u{30a}sa ÅSA"), ["åsa", "åsa"]);
        assert_eq!(words("anna.andersson@kommun.example"), ["anna", "andersson", "kommun", "example"]);
        assert_eq!(words("rum 1204, annand12; 123456"), ["rum", "1204", "annand12"]);
        assert_eq!(words(&"x".repeat(41)), Vec::<String>::new());
    }

    #[test]
    fn a_number_is_found_by_no_search() {
        for number in ["070-174 06 05", "+46 (0)70 174 06 05", "0701740605", "tel 070 17 40 605"] {
            let left: String = words_of(number).filter(|word| word.chars().all(char::is_numeric)).collect();
            assert_eq!(left, "05", "{number}: its last two digits are a word like any other");
        }
        for digits in ["1740605", "19790101"] {
            assert_eq!(words_of(digits).count(), 0, "{digits}");
        }
    }
}
