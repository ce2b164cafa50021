//! A mail taken apart for people to look at: what [`super::read`] reads of it, and what lies beside.

use super::file::File;
use super::parts::Parts;
use super::{MAX_SUBJECT, date, unstructured};
use crate::mail::Unreadable;
use crate::mail::fields::Fields;
use crate::mail::shown::one_line;
use crate::mail::text::Flow;
use crate::types::UnixMillis;

/// A mail taken apart.
pub(in crate::mail) struct Opened<'a> {
    pub(in crate::mail) fields: Fields,
    /// The decoded subject, on one line.
    pub(in crate::mail) subject: String,
    /// Its Date, as its writer chose it.
    pub(in crate::mail) date: Option<UnixMillis>,
    /// Its plain text, and how that was folded.
    pub(in crate::mail) plain: Option<(String, Flow)>,
    pub(in crate::mail) html: Option<String>,
    pub(in crate::mail) files: Vec<File<'a>>,
}

/// Takes the mail `raw` apart.
///
/// # Errors
/// As [`super::read`].
pub(in crate::mail) fn open(raw: &[u8]) -> Result<Opened<'_>, Unreadable> {
    let (fields, body) = Fields::split(raw.trim_ascii_start())?;
    if fields.is_empty() {
        return Err(Unreadable::Empty);
    }
    let parts = Parts::of(&fields, body)?;
    Ok(Opened {
        subject: one_line(&fields.first("subject").map(unstructured).unwrap_or_default(), MAX_SUBJECT),
        date: fields.first("date").and_then(date),
        plain: parts.plain,
        html: parts.html,
        files: parts.files,
        fields,
    })
}
