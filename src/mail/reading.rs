//! The octets of a mail become a [`Mail`]. mail-parser is used only here and in the files below:
//! its decoders do the encodings, its field parsers the structured fields. Whatever a mail holds,
//! work and memory are bounded by the limits in these files.

use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;

use super::automatic::{self, Signs};
use super::fields::Fields;
use super::shown::one_line;
use super::{Authentication, Mail, Signatures, Unreadable, html, returned, sender, text, thread};
use crate::types::{EmailAddress, UnixMillis};
use media::Media;
pub(super) use media::unstructured;
use parts::Parts;

pub use glance::{Glance, glance};

mod decode;
mod glance;
mod hash;
mod media;
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
    let html = parts.html.map(|html| html::lines(&html).and_then(text::written)).transpose()?;
    Ok(Mail {
        message_id: thread::message_id(&fields),
        date: fields.first("date").and_then(date),
        answers,
        tag: thread::tag(&subject),
        automatic,
        returned,
        wants_no_answer: automatic::wants_no_answer(&fields),
        attachments: parts.attachments,
        incomplete: parts.incomplete,
        content_hash: hash::content_hash(&fields, body),
        subject,
        sender,
        plain,
        html,
    })
}

/// What whoever checks a mail's signatures must see in it as the reader does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signable {
    /// The one address in From.
    pub author: EmailAddress,
    /// Where the body begins, in octets.
    pub body: usize,
}

/// What of the mail `raw` signatures can speak for.
///
/// # Errors
/// In words, why they could speak for nobody.
pub fn signable(raw: &[u8]) -> Result<Signable, String> {
    let (fields, body) = Fields::split(raw).map_err(|unreadable| unreadable.to_string())?;
    Ok(Signable { author: sender::author(&fields)?, body: raw.len() - body.len() })
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
