//! All words that leave: text messages in the desk's language, mails in both. The wordings are
//! templates, which a site may replace; here stands which values each is given, and what must hold
//! for the result. Every text is a function of its values alone, so a repeated attempt sends the
//! same words.

use std::sync::Arc;

use crate::clock::Zone;
use crate::password::TemporaryPassword;
use crate::render::{RenderError, Renderer};
use crate::types::{Credential, EmailAddress, TicketNumber, UnixMillis};

use super::SmsText;
use mail::{Mail, READY};
use sms::Sms;
use words::DeskValues;

mod check;
mod mail;
mod sms;
#[cfg(test)]
mod tests;
mod typed;
mod words;

/// The languages of texts, as in the templates' names.
const LANGUAGES: [&str; 2] = ["sv", "en"];

/// What texts say about the desk.
#[derive(Clone, Debug)]
pub struct DeskWords {
    /// Signs everything.
    pub name: String,
    /// Where answers go.
    pub address: EmailAddress,
    /// The first language, `sv` or `en`.
    pub language: String,
    /// In which times are told.
    pub zone: Zone,
    /// Where links point; without a slash at its end.
    pub public_url: String,
    /// Another way to reach the desk; may be empty.
    pub help: String,
    /// Where people can reset by themselves; may be empty.
    pub self_service: String,
    /// What a username looks like here; may be empty.
    pub username_hint: String,
    /// Symbols of a password, separators not counted.
    pub password_length: u8,
}

/// The words of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailText {
    /// The subject, with the ticket's tag, on one line.
    pub subject: String,
    /// The text, lines separated by `\n`.
    pub text: String,
}

/// How a password came to its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandedOver {
    /// By a text to a registered mobile.
    Phone {
        /// The number's last two digits; empty when not known any more.
        tail: String,
    },
    /// By a manager.
    Manager {
        /// The manager's name.
        name: String,
    },
    /// Not at all: it was changed, or may have been, and nobody received the new one.
    Nobody,
    /// It was, but not used in time, and another one that nobody knows took its place.
    Unused,
}

/// Why a text cannot be made. Never holds a value.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// The template cannot be filled.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// A letter that a text message cannot carry: the whole message would be sent in another
    /// alphabet, of which 70 letters fit.
    #[error(
        "{file}: {letter:?} is not in the alphabet of text messages; nothing was sent; write a plain letter"
    )]
    Letter {
        /// The template.
        file: String,
        /// The first such letter.
        letter: char,
    },
    /// More than the text may take.
    #[error(
        "{file}: {septets} septets are too many for {segments} text message(s), which hold {}; nothing was \
         sent; shorten the template or what [desk] puts into it", super::gsm7::capacity(*.segments)
    )]
    TooLong {
        /// The template.
        file: String,
        /// Septets of the text.
        septets: usize,
        /// Messages that it may take.
        segments: usize,
    },
    /// The password or the link is missing, there twice, or touches other letters, which people
    /// and phones would take for a part of it.
    #[error(
        "{file}: {{{{ {value} }}}} must stand there once, with a blank or a line's end on both sides; nothing \
         was sent"
    )]
    Secret {
        /// The template.
        file: String,
        /// The value's name.
        value: &'static str,
    },
    /// A mail without a subject.
    #[error("{file}: the first line must be \"Subject: …\", an empty line must follow; nothing was sent")]
    Subject {
        /// The template.
        file: String,
    },
}

/// All texts of a desk.
#[derive(Debug)]
pub struct Texts {
    renderer: Arc<Renderer>,
    words: DeskWords,
    /// `desk` in mails.
    desk: DeskValues,
    /// `desk` in text messages: letters outside their alphabet are replaced.
    plain_desk: DeskValues,
}

impl Texts {
    /// The texts that `renderer` has templates for, signed by the desk.
    #[must_use]
    pub fn new(renderer: Arc<Renderer>, words: DeskWords) -> Self {
        let desk = DeskValues::new(&words);
        let plain_desk = desk.plain();
        Self { renderer, words, desk, plain_desk }
    }

    /// Makes every text in every language with its longest values, and says what does not fit or
    /// cannot be made, a line each. Without problems none can come up later.
    #[must_use]
    pub fn check(&self) -> Vec<String> {
        check::problems(self)
    }

    /// The year at the desk, for ticket numbers.
    #[must_use]
    pub fn year(&self, now: UnixMillis) -> i64 {
        self.words.zone.year(now)
    }

    /// The text with a password to the account's registered mobile. It names neither the account
    /// nor a link: whoever finds the phone learns nothing about where the password fits.
    ///
    /// # Errors
    /// [`TextError`]; none after [`Texts::check`] found no problem, as for all texts.
    pub fn password(&self, password: &TemporaryPassword) -> Result<SmsText, TextError> {
        self.sms(self.language(), &Sms::password(password.expose()))
    }

    /// The text with the password of the account of `name`, to its manager's registered mobile.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn password_for_manager(
        &self,
        name: &str,
        password: &TemporaryPassword,
    ) -> Result<SmsText, TextError> {
        self.sms(self.language(), &Sms::password_for_manager(name, password.expose()))
    }

    /// The text with a Temporary Access Pass, which opens the account until then, to its registered
    /// mobile.
    ///
    /// # Errors
    /// [`TextError`]; also of a pass that is longer, or takes other letters, than [`Texts::check`] tries.
    pub fn access_pass(&self, pass: &TemporaryPassword, until: UnixMillis) -> Result<SmsText, TextError> {
        self.sms(self.language(), &Sms::access_pass(pass.expose(), until))
    }

    /// The text with a pass for the account of `name`, to its manager's registered mobile.
    ///
    /// # Errors
    /// As for [`Texts::access_pass`].
    pub fn access_pass_for_manager(
        &self,
        name: &str,
        pass: &TemporaryPassword,
        until: UnixMillis,
    ) -> Result<SmsText, TextError> {
        self.sms(self.language(), &Sms::access_pass_for_manager(name, pass.expose(), until))
    }

    /// The text with a pickup link to the manager of `name`.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn link(&self, name: &str, until: UnixMillis, url: &str) -> Result<SmsText, TextError> {
        self.sms(self.language(), &Sms::link(name, until, url))
    }

    /// The text with a pickup link to the account's registered mobile.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn link_for_requester(&self, until: UnixMillis, url: &str) -> Result<SmsText, TextError> {
        self.sms(self.language(), &Sms::link_for_requester(until, url))
    }

    /// The text with the code to a link that went by mail, to the manager of `name`.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn code(&self, name: &str, until: UnixMillis, code: &str) -> Result<SmsText, TextError> {
        self.sms(self.language(), &Sms::code(name, until, code))
    }

    /// The text that brings a link to mind which nobody has opened.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn reminder(&self, name: &str, until: UnixMillis, url: &str) -> Result<SmsText, TextError> {
        self.sms(self.language(), &Sms::reminder(name, until, url))
    }

    /// The text which tells a manager that the link is closed.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn link_closed(&self, name: &str) -> Result<SmsText, TextError> {
        self.sms(self.language(), &Sms::link_closed(name))
    }

    /// The text to the account's registered mobile when its manager is asked, with the link that
    /// stops it (decisions.md 8).
    ///
    /// # Errors
    /// [`TextError`].
    pub fn owner_warning(&self, url: &str) -> Result<SmsText, TextError> {
        self.sms(self.language(), &Sms::owner_warning(url))
    }

    /// The answer to every mail. Nothing of the mail, its writer or the account is a value of it
    /// (decisions.md 7).
    ///
    /// # Errors
    /// [`TextError`].
    pub fn acknowledgement(&self, number: TicketNumber, at: UnixMillis) -> Result<MailText, TextError> {
        self.both(&Mail::acknowledgement(number, at))
    }

    /// The mail that asks for a username and a phone.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn ask_for_details(&self, number: TicketNumber) -> Result<MailText, TextError> {
        self.both(&Mail::ask_for_details(number))
    }

    /// The mail that tells a manager that a link came by text. It holds no link itself
    /// (decisions.md 2). `who` is the manager, the person and the unit; `typed`: a code came in the link's place.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn manager_notice(
        &self,
        who: [&str; 3],
        number: TicketNumber,
        until: UnixMillis,
        typed: bool,
    ) -> Result<MailText, TextError> {
        self.both(&Mail::manager_notice(who, number, until, typed))
    }

    /// The mail with a link that opens nothing by itself: with a `code`, which comes by text, or after a
    /// sign-in (decisions.md 2). `who` is the manager, the person and the unit.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn manager_link(
        &self,
        who: [&str; 3],
        number: TicketNumber,
        until: UnixMillis,
        url: &str,
        code: bool,
    ) -> Result<MailText, TextError> {
        self.both(&Mail::manager_link(who, number, until, url, code))
    }

    /// The mail with the code to a link that came by text.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn manager_code(
        &self,
        manager: &str,
        name: &str,
        number: TicketNumber,
        until: UnixMillis,
        code: &str,
    ) -> Result<MailText, TextError> {
        self.both(&Mail::manager_code(manager, name, number, until, code))
    }

    /// The mail that brings a link to mind which came by mail and which nobody has opened.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn reminder_by_mail(
        &self,
        name: &str,
        number: TicketNumber,
        until: UnixMillis,
        url: &str,
    ) -> Result<MailText, TextError> {
        self.both(&Mail::reminder(name, number, until, url))
    }

    /// The mail which tells a manager that the link is closed.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn link_closed_by_mail(&self, name: &str, number: TicketNumber) -> Result<MailText, TextError> {
        self.both(&Mail::link_closed(name, number))
    }

    /// The mail that tells an owner that the password was changed, or a pass issued (decisions.md 8), with
    /// the link by which they say that it was not them.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn owner_notice(
        &self,
        name: &str,
        at: UnixMillis,
        number: TicketNumber,
        credential: Credential,
        how: &HandedOver,
        url: Option<&str>,
    ) -> Result<MailText, TextError> {
        self.both(&Mail::owner_notice(name, at, number, credential, how, url))
    }

    /// What a person of the desk writes to `subject`, in `language` (`sv` or `en`; else the desk's first).
    ///
    /// # Errors
    /// [`TextError`].
    pub fn reply(
        &self,
        language: &str,
        number: TicketNumber,
        subject: &str,
        text: &str,
    ) -> Result<MailText, TextError> {
        let language = LANGUAGES.into_iter().find(|code| *code == language).unwrap_or(self.language());
        self.mail(language, &Mail::reply(number, subject, text))
    }

    /// One of the mails that lie ready, which may tell a time. Nothing of mail, writer or account is a value of it.
    ///
    /// # Errors
    /// [`TextError`]; also of a name that is none of them.
    pub fn ready(
        &self,
        name: &str,
        number: TicketNumber,
        at: Option<UnixMillis>,
    ) -> Result<MailText, TextError> {
        let known = READY.into_iter().find(|ready| *ready == name);
        let template = known.ok_or_else(|| TextError::Subject { file: format!("mail/{name}") })?;
        self.both(&Mail::ready(template, number, at))
    }

    /// The mail to those who run the program, in the desk's first language only.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn alarm(&self, text: &str) -> Result<MailText, TextError> {
        self.mail(self.language(), &Mail::alarm(text))
    }

    /// The first language.
    fn language(&self) -> &'static str {
        LANGUAGES.into_iter().find(|code| *code == self.words.language).unwrap_or(LANGUAGES[0])
    }
}
