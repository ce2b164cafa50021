//! Mails: one template a language, its first line the subject; the desk's first language comes
//! first, the other below.

use crate::types::{Credential, TicketNumber, UnixMillis};

use super::words::{Word, Words, values};
use super::{HandedOver, LANGUAGES, MailText, TextError, Texts};

/// The mails that lie ready for people to send, by their templates' names.
pub(super) const READY: [&str; 4] = ["phones-are-down", "through-manager", "other-matter", "refusal"];
/// Between the languages of a mail.
const BETWEEN: &str = "\n\n* * *\n\n";

/// A mail to be made.
pub(super) struct Mail {
    /// The template's name, without folder and language.
    template: &'static str,
    /// The ticket that the subject names.
    number: Option<TicketNumber>,
    words: Words,
}

impl Mail {
    pub(super) fn acknowledgement(number: TicketNumber, at: UnixMillis) -> Self {
        Self::about("acknowledgement", number).with("received", Word::Moment(at))
    }

    pub(super) fn ask_for_details(number: TicketNumber) -> Self {
        Self::about("ask-for-details", number)
    }

    /// `who` is the manager, the person and the unit; `typed`: the text holds a code in place of a link.
    pub(super) fn manager_notice(
        who: [&str; 3],
        number: TicketNumber,
        until: UnixMillis,
        typed: bool,
    ) -> Self {
        let [manager, name, unit] = who;
        Self::about("manager-notice", number)
            .with("typed", Word::line(if typed { "yes" } else { "" }))
            .with("manager", Word::line(manager))
            .with("name", Word::line(name))
            .with("unit", Word::line(unit))
            .with("until", Word::Moment(until))
    }

    /// `who` is the manager, the person and the unit.
    pub(super) fn manager_link(
        who: [&str; 3],
        number: TicketNumber,
        until: UnixMillis,
        url: &str,
        code: bool,
    ) -> Self {
        Self { template: "manager-link", ..Self::manager_notice(who, number, until, false) }
            .with("url", Word::whole(url))
            .with("code", Word::line(if code { "yes" } else { "" }))
    }

    pub(super) fn manager_code(
        manager: &str,
        name: &str,
        number: TicketNumber,
        until: UnixMillis,
        code: &str,
    ) -> Self {
        Self { template: "manager-code", ..Self::manager_notice([manager, name, ""], number, until, false) }
            .with("code", Word::line(code))
    }

    pub(super) fn reminder(name: &str, number: TicketNumber, until: UnixMillis, url: &str) -> Self {
        Self::about("reminder", number)
            .with("name", Word::line(name))
            .with("until", Word::Moment(until))
            .with("url", Word::whole(url))
    }

    pub(super) fn link_closed(name: &str, number: TicketNumber) -> Self {
        Self::about("link-closed", number).with("name", Word::line(name))
    }

    pub(super) fn owner_notice(
        name: &str,
        at: UnixMillis,
        number: TicketNumber,
        credential: Credential,
        how: &HandedOver,
        url: Option<&str>,
    ) -> Self {
        let (template, when) = match credential {
            Credential::Password => ("owner-notice", "changed"),
            Credential::TemporaryAccessPass => ("owner-notice-pass", "issued"),
        };
        let (manager, tail, received, unused) = match how {
            HandedOver::Phone { tail } => ("", tail.as_str(), "yes", ""),
            HandedOver::Manager { name } => (name.as_str(), "", "yes", ""),
            HandedOver::Nobody => ("", "", "", ""),
            HandedOver::Unused => ("", "", "yes", "yes"),
        };
        Self::about(template, number)
            .with("name", Word::line(name))
            .with(when, Word::Moment(at))
            .with("manager", Word::line(manager))
            .with("tail", Word::line(tail))
            .with("received", Word::line(received))
            .with("unused", Word::line(unused))
            // Longer than a line of words may be.
            .with("url", Word::Text(url.unwrap_or_default().to_owned()))
    }

    /// `subject` is what it answers.
    pub(super) fn reply(number: TicketNumber, subject: &str, text: &str) -> Self {
        Self::about("reply", number)
            .with("subject", Word::line(subject))
            // As long as its writer wanted it.
            .with("text", Word::Text(text.trim().to_owned()))
    }

    /// `template` is one of [`READY`]; `at` is the time that it tells, if it tells one.
    pub(super) fn ready(template: &'static str, number: TicketNumber, at: Option<UnixMillis>) -> Self {
        Self::about(template, number).with("at", at.map_or(Word::Text(String::new()), Word::Moment))
    }

    pub(super) fn alarm(text: &str) -> Self {
        Self { template: "alarm", number: None, words: vec![("text", Word::lines(text))] }
    }

    fn about(template: &'static str, number: TicketNumber) -> Self {
        Self { template, number: Some(number), words: vec![("number", Word::line(&number.to_string()))] }
    }

    fn with(mut self, name: &'static str, word: Word) -> Self {
        self.words.push((name, word));
        self
    }

    /// The subject with the tag by which answers find their ticket.
    fn tagged(&self, subject: &str) -> String {
        self.number.map_or_else(|| subject.to_owned(), |number| format!("[{number}] {subject}"))
    }
}

impl Texts {
    /// Makes a mail in both languages.
    pub(super) fn both(&self, mail: &Mail) -> Result<MailText, TextError> {
        let first = self.language();
        let (mut subject, mut text) = self.letter(first, mail)?;
        for language in LANGUAGES.into_iter().filter(|language| *language != first) {
            let (also, below) = self.letter(language, mail)?;
            subject = format!("{subject} / {also}");
            text = format!("{text}{BETWEEN}{below}");
        }
        Ok(MailText { subject: mail.tagged(&subject), text })
    }

    /// Makes a mail in one language.
    pub(super) fn mail(&self, language: &str, mail: &Mail) -> Result<MailText, TextError> {
        let (subject, text) = self.letter(language, mail)?;
        Ok(MailText { subject: mail.tagged(&subject), text })
    }

    /// Subject and text in one language.
    fn letter(&self, language: &str, mail: &Mail) -> Result<(String, String), TextError> {
        let name = format!("mail/{}.{language}.txt", mail.template);
        let values = values(&mail.words, &self.desk, &self.words.zone, language);
        let rendered = self.renderer.render(&name, &values)?;
        let subject = rendered
            .split_once("\n\n")
            .and_then(|(first, text)| Some((first.strip_prefix("Subject:")?.trim(), text.trim())))
            .filter(|(subject, _)| !subject.is_empty() && !subject.contains('\n'));
        let (subject, text) =
            subject.ok_or_else(|| TextError::Subject { file: self.renderer.file(&name) })?;
        Ok((subject.to_owned(), text.to_owned()))
    }
}
