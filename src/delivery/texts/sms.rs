//! Text messages: what each is given, how long it may be, and how a password or a link gets in.

use zeroize::Zeroizing;

use crate::delivery::{SmsText, gsm7};
use crate::types::UnixMillis;

use super::words::{SLOT, Word, Words, values};
use super::{TextError, Texts};

/// A text message to be made.
pub(super) struct Sms<'a> {
    /// The template's name, without folder and language.
    template: &'static str,
    /// Messages that it may take (decisions.md 22).
    segments: usize,
    words: Words,
    /// The password, the link or the code, and its name in the template.
    secret: Option<(&'static str, &'a str)>,
}

impl<'a> Sms<'a> {
    pub(super) fn password(password: &'a str) -> Self {
        Self::secret("password", 1, "password", password)
    }

    pub(super) fn password_for_manager(name: &str, password: &'a str) -> Self {
        Self::secret("password-for-manager", 1, "password", password).with("name", Word::name(name))
    }

    /// Entra ID decides how long a pass is: it may take two messages, unlike a password of ours.
    pub(super) fn access_pass(pass: &'a str, until: UnixMillis) -> Self {
        Self::secret("access-pass", 2, "access_pass", pass).with("until", Word::Moment(until))
    }

    pub(super) fn access_pass_for_manager(name: &str, pass: &'a str, until: UnixMillis) -> Self {
        Self::secret("access-pass-for-manager", 2, "access_pass", pass)
            .with("name", Word::name(name))
            .with("until", Word::Moment(until))
    }

    pub(super) fn link(name: &str, until: UnixMillis, url: &'a str) -> Self {
        Self::secret("link", 2, "url", url).with("name", Word::name(name)).with("until", Word::Moment(until))
    }

    pub(super) fn link_for_requester(until: UnixMillis, url: &'a str) -> Self {
        Self::secret("link-for-requester", 2, "url", url).with("until", Word::Moment(until))
    }

    pub(super) fn code(name: &str, until: UnixMillis, code: &'a str) -> Self {
        Self::secret("code", 2, "code", code)
            .with("name", Word::name(name))
            .with("until", Word::Moment(until))
    }

    pub(super) fn reminder(name: &str, until: UnixMillis, url: &'a str) -> Self {
        Self { template: "reminder", ..Self::link(name, until, url) }
    }

    pub(super) fn link_closed(name: &str) -> Self {
        Self { template: "link-closed", segments: 2, words: vec![("name", Word::name(name))], secret: None }
    }

    pub(super) fn owner_warning(url: &'a str) -> Self {
        Self::secret("owner-warning", 2, "url", url)
    }

    /// With a code that is typed, in place of a link. As long as the text with a link may be.
    pub(super) fn typed_code(name: &str, until: UnixMillis, code: &'a str) -> Self {
        Self { template: "typed-code", ..Self::code(name, until, code) }
    }

    pub(super) fn typed_code_for_requester(until: UnixMillis, code: &'a str) -> Self {
        Self::secret("typed-code-for-requester", 2, "code", code).with("until", Word::Moment(until))
    }

    pub(super) fn typed_code_reminder(name: &str, until: UnixMillis, code: &'a str) -> Self {
        Self { template: "typed-code-reminder", ..Self::code(name, until, code) }
    }

    pub(super) fn typed_code_closed(name: &str) -> Self {
        Self { template: "typed-code-closed", ..Self::link_closed(name) }
    }

    pub(super) fn typed_code_warning(code: &'a str) -> Self {
        Self::secret("typed-code-warning", 2, "code", code)
    }

    fn secret(template: &'static str, segments: usize, name: &'static str, secret: &'a str) -> Self {
        Self { template, segments, words: vec![(name, Word::slot())], secret: Some((name, secret)) }
    }

    /// The template's name.
    fn file(&self, language: &str) -> String {
        format!("sms/{}.{language}.txt", self.template)
    }

    fn with(mut self, name: &'static str, word: Word) -> Self {
        self.words.push((name, word));
        self
    }
}

impl Texts {
    /// What the values that the template asks for take of a text message, in septets.
    pub(super) fn costs(&self, language: &str, sms: &Sms<'_>) -> Vec<(String, usize)> {
        let name = sms.file(language);
        let values = values(&sms.words, &self.plain_desk, &self.words.zone, language);
        let cost = |asked: String| {
            let value = asked.split('.').try_fold(&values, |value, key| value.get(key))?.as_str()?;
            let secret = sms.secret.filter(|(name, _)| asked == *name).map(|(_, secret)| secret);
            let text = secret.unwrap_or(value);
            Some((asked, gsm7::length(text).ok()?.septets))
        };
        self.renderer.placeholders(&name).into_iter().filter_map(cost).collect()
    }

    /// Makes a text message. The secret enters last, into memory that is wiped.
    pub(super) fn sms(&self, language: &str, sms: &Sms<'_>) -> Result<SmsText, TextError> {
        let name = sms.file(language);
        let values = values(&sms.words, &self.plain_desk, &self.words.zone, language);
        let text = self.renderer.render(&name, &values)?;
        let file = || self.renderer.file(&name);
        let text = match sms.secret {
            None => text,
            Some((value, secret)) => {
                filled(&text, secret).ok_or_else(|| TextError::Secret { file: file(), value })?
            }
        };
        let length = gsm7::length(&text).map_err(|letter| TextError::Letter { file: file(), letter })?;
        if length.segments > sms.segments {
            let (septets, segments) = (length.septets, sms.segments);
            return Err(TextError::TooLong { file: file(), septets, segments });
        }
        Ok(SmsText::new(text))
    }
}

/// `text` with `secret` in its slot. `None` unless there is one slot, apart from other letters.
fn filled(text: &str, secret: &str) -> Option<Zeroizing<String>> {
    let (before, after) = text.split_once(SLOT)?;
    let apart = |neighbour: Option<char>| neighbour.is_none_or(char::is_whitespace);
    if after.contains(SLOT) || !apart(before.chars().next_back()) || !apart(after.chars().next()) {
        return None;
    }
    let mut filled = Zeroizing::new(String::with_capacity(before.len() + secret.len() + after.len()));
    for part in [before, secret, after] {
        filled.push_str(part);
    }
    Some(filled)
}
