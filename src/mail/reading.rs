//! The octets of a mail become a [`Mail`]. mail-parser is used only here and in the files below:
//! its decoders do the encodings, its field parsers the structured fields. Whatever a mail holds,
//! work and memory are bounded by the limits in these files.

use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;

use super::automatic::{self, Signs};
use super::fields::Fields;
use super::shown::one_line;
use super::{
    Authentication, Mail, Signatures, Unreadable, WrittenText, html, returned, sender, text, thread,
};
use crate::types::{EmailAddress, UnixMillis};
use media::Media;
pub(super) use media::unstructured;
use parts::Parts;

pub(super) use file::File;
pub use glance::{Glance, glance};
pub(super) use open::{Opened, open};

mod decode;
mod file;
mod glance;
mod hash;
mod media;
mod open;
mod parts;
#[cfg(test)]
mod tests;

/// Characters of a subject; a header line may have 998 octets (RFC 5322 2.1.1).
const MAX_SUBJECT: usize = 998;

/// Reads the mail `raw`, which must be whole. `signatures` is what was found when its signatures were
/// checked; `None` when nobody did.
///
/// # Errors
/// [`Unreadable`] when there is no header, or when it exceeds a limit.
pub fn read(
    raw: &[u8],
    authentication: &Authentication,
    signatures: Option<&Signatures>,
    own_domains: &[String],
) -> Result<Mail, Unreadable> {
    let (fields, body) = Fields::split(raw.trim_ascii_start())?;
    if fields.is_empty() {
        return Err(Unreadable::Empty);
    }
    let media = Media::of(&fields, "text/plain");
    let parts = Parts::of(&fields, body)?;
    let attachments = parts.names();
    let subject = one_line(&fields.first("subject").map(unstructured).unwrap_or_default(), MAX_SUBJECT);
    let sender = sender::sender(&fields, authentication, signatures, own_domains);
    let report_type = media.parameter("report-type").map(str::to_ascii_lowercase);
    let signs = Signs {
        fields: &fields,
        media_type: &media.kind,
        report_type: report_type.as_deref(),
        calendar: parts.calendar,
        subject: &subject,
        from: sender.address.as_ref(),
    };
    let (automatic, answers) = (signs.kind(), thread::answers(&fields));
    let words = parts.plain.as_ref().map_or("", |(words, _)| words.as_str());
    let returned = returned::returned(&signs, automatic, &parts.report, words, &answers);
    let plain = parts.plain.map(|(written, flow)| text::plain(&written, flow)).transpose()?;
    let (html, surely_shown) = parts.html.as_deref().map_or((None, true), shown);
    let none_says_something = ![&plain, &html].into_iter().flatten().any(says_something);
    // Programs differ in which of two they show, and signatures cover the one at the bottom.
    let twice = |name| fields.all(name).nth(1).is_some();
    let incomplete = parts.incomplete
        || !surely_shown
        || (parts.unread_text && none_says_something)
        || twice("subject")
        || twice("date");
    Ok(Mail {
        message_id: thread::message_id(&fields),
        date: fields.first("date").and_then(date),
        answers,
        tag: thread::tag(&subject),
        automatic,
        returned,
        wants_no_answer: automatic::wants_no_answer(&fields),
        attachments,
        incomplete,
        content_hash: hash::content_hash(&fields, body),
        writer: sender::writer(&fields),
        subject,
        sender,
        plain,
        html,
    })
}

/// What `html` shows, and whether that is surely all. What exceeds a limit is not read at all; the plain
/// text beside it is.
fn shown(html: &str) -> (Option<WrittenText>, bool) {
    let read = html::shown(html).and_then(|shown| Ok((text::written(shown.lines)?, shown.surely)));
    read.map_or((None, false), |(text, surely)| (Some(text), surely))
}

fn says_something(text: &WrittenText) -> bool {
    text.lines.iter().any(|line| !line.is_empty())
}

/// The content hash that earlier versions gave the mail `raw`: stores hold it. `None` when it has no header
/// that can be split.
#[must_use]
pub fn earlier_hash(raw: &[u8]) -> Option<String> {
    let (fields, body) = Fields::split(raw.trim_ascii_start()).ok()?;
    Some(hash::earlier(&fields, body))
}

/// What whoever checks a mail's signatures must see in it as the reader does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signable {
    /// The one address in From.
    pub author: EmailAddress,
    /// Where the body begins, in octets.
    pub body: usize,
    /// What its reading rests on besides.
    pub fields: Vec<Covered>,
}

/// A field that a signature must cover, so that nobody can change it, or add another (RFC 6376 8.15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Covered {
    /// Its name.
    pub name: &'static str,
    /// So often it stands in the header.
    pub occurs: usize,
    /// So often the signature must name it; one that is missing is named to keep it missing.
    pub named: usize,
}

/// What of the mail `raw` signatures can speak for.
///
/// # Errors
/// In words, why they could speak for nobody.
pub fn signable(raw: &[u8]) -> Result<Signable, String> {
    let (fields, body) = Fields::split(raw).map_err(|unreadable| unreadable.to_string())?;
    let author = sender::author(&fields)?;
    // It tells a mail that is sent on later by somebody else.
    if fields.first("date").and_then(date).is_none() {
        return Err("its Date cannot be read".to_owned());
    }
    // What a multipart mail says of the encoding of its whole body is never looked at.
    let encoded = !Media::of(&fields, "text/plain").is_multipart();
    let covered = |name: &'static str, at_least: usize| {
        let occurs = fields.all(&name.to_ascii_lowercase()).count();
        Covered { name, occurs, named: occurs.max(at_least) }
    };
    let fields = vec![
        covered("From", 1),
        covered("Subject", 1),
        covered("Date", 1),
        covered("Content-Type", 1),
        covered("Content-Transfer-Encoding", usize::from(encoded)),
    ];
    Ok(Signable { author, body: raw.len() - body.len(), fields })
}

fn date(value: &str) -> Option<UnixMillis> {
    let line = format!("{value}\n");
    match MessageStream::new(line.as_bytes()).parse_date() {
        HeaderValue::DateTime(date) if date.is_valid() => {
            Some(UnixMillis(date.to_timestamp().saturating_mul(1000)))
        }
        _ => None,
    }
}
