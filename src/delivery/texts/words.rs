//! Values of templates. What comes from mails and directories is made harmless here: it stays on
//! its line and has a bounded length.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::clock::Zone;
use crate::delivery::gsm7;
use crate::types::UnixMillis;

use super::DeskWords;

/// Septets of a name in a text message.
pub(super) const NAME_SEPTETS: usize = 30;
/// Letters of a name or unit in a mail.
pub(super) const LINE_LETTERS: usize = 80;
/// Letters and lines of an alarm.
const ALARM_LETTERS: usize = 500;
const ALARM_LINES: usize = 40;

/// Stands for a password or a link while a template is filled, so that neither passes through the
/// template engine, and no filter of a template can change it. From Unicode's private use area:
/// no value holds it.
pub(super) const SLOT: char = '\u{e000}';

/// One value of a template.
pub(super) enum Word {
    Text(String),
    /// A point in time: `date`, `2026-11-25`, and `time`, `14.05` or in English `14:05`. Texts
    /// always tell both: they are read later than they are written, and tomorrow has begun by then.
    Moment(UnixMillis),
}

impl Word {
    /// A name in a text message, shortened to `Anna-Karin A.` when it is long.
    pub(super) fn name(name: &str) -> Self {
        Self::Text(short_name(&gsm7::plain(name)))
    }

    /// A name or another short value in a mail.
    pub(super) fn line(text: &str) -> Self {
        Self::Text(one_line(text, LINE_LETTERS))
    }

    /// A link of ours, which would not work when it is cut.
    pub(super) fn whole(url: &str) -> Self {
        Self::Text(url.to_owned())
    }

    /// A text of several lines in a mail.
    pub(super) fn lines(text: &str) -> Self {
        let lines: Vec<_> =
            text.lines().take(ALARM_LINES).map(|line| one_line(line, ALARM_LETTERS)).collect();
        Self::Text(lines.join("\n"))
    }

    /// The place of a password or link.
    pub(super) fn slot() -> Self {
        Self::Text(SLOT.to_string())
    }
}

/// All values of a template, by name.
pub(super) type Words = Vec<(&'static str, Word)>;

/// What a template is filled with: its own values, and `desk`.
pub(super) fn values(words: &Words, desk: &DeskValues, zone: &Zone, language: &str) -> Value {
    let mut values = Map::new();
    values.insert("desk".to_owned(), json!(desk));
    for (name, word) in words {
        let value = match word {
            Word::Text(text) => json!(text),
            Word::Moment(at) => {
                let time = zone.time_of_day(*at);
                let time = if language == "en" { time.replace('.', ":") } else { time };
                json!({ "date": zone.date(*at), "time": time })
            }
        };
        values.insert((*name).to_owned(), value);
    }
    Value::Object(values)
}

/// `desk` in templates.
#[derive(Clone, Debug, Serialize)]
pub(super) struct DeskValues {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) public_url: String,
    /// The same as people type it.
    pub(super) host: String,
    pub(super) help: String,
    pub(super) self_service: String,
    pub(super) username_hint: String,
}

impl DeskValues {
    pub(super) fn new(words: &DeskWords) -> Self {
        Self {
            name: words.name.clone(),
            address: words.address.to_string(),
            public_url: words.public_url.clone(),
            host: typed_address(&words.public_url).to_owned(),
            help: words.help.clone(),
            self_service: words.self_service.clone(),
            username_hint: words.username_hint.clone(),
        }
    }

    /// The same for text messages. Addresses stay as they are: a letter replaced in one would
    /// lead elsewhere.
    pub(super) fn plain(&self) -> Self {
        Self {
            name: gsm7::plain(&self.name),
            help: gsm7::plain(&self.help),
            username_hint: gsm7::plain(&self.username_hint),
            ..self.clone()
        }
    }
}

/// An address without its scheme, which is no link. Programs that make one of it, and browsers, may try http first:
/// README's proxy answers that, too, and `config` refuses a port that only https answers.
fn typed_address(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest).trim_end_matches('/')
}

/// `plain`, or when it is long its first word and the initial of its last.
fn short_name(plain: &str) -> String {
    if gsm7::beginning(plain, NAME_SEPTETS) == plain {
        return plain.to_owned();
    }
    let mut words = plain.split(' ');
    let first = words.next().unwrap_or_default().trim_end_matches(',');
    let initial = words.filter_map(|word| word.chars().next()).rfind(|letter| letter.is_alphabetic());
    let ending = initial.map_or_else(String::new, |initial| format!(" {initial}."));
    // Every letter takes one septet: neither a blank, a full stop nor a letter is in the extension.
    let left = NAME_SEPTETS - ending.chars().count();
    format!("{}{ending}", gsm7::beginning(first, left))
}

/// `text` without line breaks, control characters and marks that are not seen, cut at `letters`.
fn one_line(text: &str, letters: usize) -> String {
    let seen = text.chars().filter(|letter| !gsm7::is_hidden(*letter) && *letter != SLOT);
    let blank = |letter: char| if letter.is_control() { ' ' } else { letter };
    let line: String = seen.map(blank).collect();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(letters) {
        None => line,
        Some((end, _)) => format!("{}…", &line[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_keeps_its_first_word_and_an_initial() {
        for (name, expected) in [
            ("Anna Andersson", "Anna Andersson"),
            ("Maximilian Bergström-Lindqvist", "Maximilian Bergström-Lindqvist"),
            ("Anna-Karin Andersson-Lindström-Berg", "Anna-Karin A."),
            ("Anna-Karin Maria Elisabeth Ängström (konsult)", "Anna-Karin Ä."),
            ("Andersson-Lindström-Bergqvist, Anna-Karin", "Andersson-Lindström-Bergqvi A."),
            ("Annakarinmariaelisabethkristinamargareta", "Annakarinmariaelisabethkristin"),
            ("[€€€€€€€€€€€€€€€€€€] B", "[€€€€€€€€€€€€ B."),
            ("", ""),
        ] {
            let short = short_name(&gsm7::plain(name));
            assert_eq!(short, expected);
            assert!(gsm7::length(&short).unwrap().septets <= NAME_SEPTETS);
        }
    }

    #[test]
    fn an_address_is_typed_without_its_scheme() {
        for (url, typed) in [
            ("https://servicedesk.kommun.example", "servicedesk.kommun.example"),
            ("http://127.0.0.1:8025/it/desk", "127.0.0.1:8025/it/desk"),
        ] {
            assert_eq!(typed_address(url), typed);
        }
    }

    #[test]
    fn a_value_in_a_mail_is_one_bounded_line() {
        assert_eq!(one_line("Anna\r\nBcc: x\t\u{202e}y\u{e000}\u{0} ", 80), "Anna Bcc: x y");
        assert_eq!(one_line(&"å".repeat(81), 80), format!("{}…", "å".repeat(80)));
    }
}
