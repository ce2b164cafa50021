//! The parts of a mail (RFC 2046): the text parts are decoded, everything else is only named. The
//! tree is walked by this file rather than by the library, so that depth, number and size are
//! bounded before anything is decoded, and a mail within a mail is never opened.

use std::borrow::Cow;

use super::decode;
use super::file::File;
use super::media::{Media, file_name};
use crate::mail::Unreadable;
use crate::mail::fields::{Fields, next_line};
use crate::mail::file_name::safe;
use crate::mail::returned::Piece;
use crate::mail::shown::one_line;
use crate::mail::text::Flow;

/// Parts within parts; a person's mail has at most five or six.
const MAX_DEPTH: usize = 10;
/// Parts of all depths.
const MAX_PARTS: usize = 200;
/// Octets of plain text, and of HTML; pasted pictures are parts of their own.
const MAX_TEXT: usize = 2 * 1024 * 1024;
/// Characters kept of the media type of an attachment without a name.
const MAX_KIND: usize = 100;

/// Parts of a delivery report that are kept; it has two.
const MAX_PIECES: usize = 5;
/// Octets kept of each: what matters stands at their beginning.
const MAX_PIECE: usize = 64 * 1024;

/// Kinds of text in which nobody writes a mail.
const NO_PROSE: [&str; 6] =
    ["text/calendar", "text/vcard", "text/x-vcard", "text/directory", "text/rfc822-headers", "text/css"];

/// What was found in a mail.
#[derive(Debug, Default)]
pub(super) struct Parts<'a> {
    /// The text/plain parts that are no attachments, one below the other.
    pub(super) plain: Option<(String, Flow)>,
    /// The text/html parts likewise.
    pub(super) html: Option<String>,
    /// Everything else.
    pub(super) files: Vec<File<'a>>,
    /// What a delivery report consists of.
    pub(super) report: Vec<Piece>,
    /// Some text may be missing.
    pub(super) incomplete: bool,
    /// There is text that is not read: attached, or of a kind that is not understood.
    pub(super) unread_text: bool,
    /// A calendar entry is the mail itself, or one of the forms of its text.
    pub(super) calendar: bool,
    count: usize,
}

/// Where a part stands.
#[derive(Clone, Copy)]
struct Place {
    depth: usize,
    /// It is one of several forms of the same text, or the whole mail.
    is_form: bool,
}

impl<'a> Parts<'a> {
    /// Walks through a mail with these `fields` and this `body`.
    ///
    /// # Errors
    /// [`Unreadable::Limit`] when it has more, deeper or larger parts than any person's mail.
    pub(super) fn of(fields: &Fields, body: &'a [u8]) -> Result<Self, Unreadable> {
        let mut parts = Self::default();
        let media = Media::of(fields, "text/plain");
        parts.walk(fields, &media, body, Place { depth: 0, is_form: true })?;
        Ok(parts)
    }

    /// Names of the attachments; of what has none, the media type.
    pub(super) fn names(&self) -> Vec<String> {
        self.files.iter().map(|file| file.name.clone()).collect()
    }

    fn walk(
        &mut self,
        fields: &Fields,
        media: &Media,
        body: &'a [u8],
        place: Place,
    ) -> Result<(), Unreadable> {
        self.count += 1;
        if self.count > MAX_PARTS {
            return Err(Unreadable::Limit("parts"));
        }
        if place.depth > MAX_DEPTH {
            return Err(Unreadable::Limit("parts within parts"));
        }
        // Programs differ in which of two they believe, so what one shows the other hides.
        let twice = |name| fields.all(name).nth(1).is_some();
        self.incomplete |= twice("content-type") || twice("content-transfer-encoding");
        match media.kind.as_str() {
            // RFC 1847; nothing of it can be read here.
            "multipart/encrypted" => self.incomplete = true,
            _ if media.is_multipart() => self.multipart(media, body, place)?,
            _ => self.leaf(fields, media, body, place)?,
        }
        Ok(())
    }

    fn multipart(&mut self, media: &Media, body: &'a [u8], place: Place) -> Result<(), Unreadable> {
        let Some(boundary) = media.parameter("boundary").filter(|b| !b.is_empty()) else {
            self.incomplete = true;
            return Ok(());
        };
        let (entities, closed) = split(body, boundary.as_bytes())?;
        // Without its last boundary line the mail was cut short on its way.
        self.incomplete |= !closed;
        let default = if media.kind == "multipart/digest" { "message/rfc822" } else { "text/plain" };
        let place = Place { depth: place.depth + 1, is_form: media.kind == "multipart/alternative" };
        for entity in entities {
            let (fields, body) = Fields::split(entity)?;
            self.walk(&fields, &Media::of(&fields, default), body, place)?;
        }
        Ok(())
    }

    fn leaf(
        &mut self,
        fields: &Fields,
        media: &Media,
        body: &'a [u8],
        place: Place,
    ) -> Result<(), Unreadable> {
        self.piece(fields, media, body);
        let disposition = Media::disposition(fields);
        let name = file_name(media, &disposition);
        // The whole mail is its text, whatever it is called; so is one of several forms of it, with a name.
        let attached =
            place.depth > 0 && (disposition.kind == "attachment" || (name.is_some() && !place.is_form));
        match media.kind.as_str() {
            "text/plain" | "text/html" if !attached => {
                self.incomplete |= fields.all("content-disposition").nth(1).is_some();
                return self.text(fields, media, body);
            }
            "text/calendar" if place.is_form => self.calendar = true,
            kind if hides_text(kind, name.as_deref()) => self.incomplete = true,
            kind if kind.starts_with("text/") => self.unread_text |= !NO_PROSE.contains(&kind),
            _ => {}
        }
        let name = name.map_or_else(|| one_line(&media.kind, MAX_KIND), |name| safe(&name));
        self.files.push(File::new(name, fields, body));
        Ok(())
    }

    /// Keeps the beginning of what a delivery report may consist of (RFC 3464, 3462, and 6533 with
    /// other letters). The mail within is not opened: its header is all that is wanted.
    fn piece(&mut self, fields: &Fields, media: &Media, body: &[u8]) {
        let make = match media.kind.as_str() {
            "message/delivery-status" | "message/global-delivery-status" => Piece::Status,
            "message/rfc822"
            | "message/global"
            | "text/rfc822-headers"
            | "message/rfc822-headers"
            | "message/global-headers" => Piece::Header,
            _ => return,
        };
        if self.report.len() < MAX_PIECES {
            let beginning = &body[..body.len().min(MAX_PIECE)];
            let decoded = decode::transfer(beginning, fields.first("content-transfer-encoding"));
            self.report.push(make(decoded.unwrap_or(Cow::Borrowed(beginning)).into_owned()));
        }
    }

    fn text(&mut self, fields: &Fields, media: &Media, body: &[u8]) -> Result<(), Unreadable> {
        if body.len() > MAX_TEXT {
            return Err(Unreadable::Limit("octets of text"));
        }
        let decoded = decode::transfer(body, fields.first("content-transfer-encoding"));
        // As it stands, for a person to look at; never acted on.
        self.incomplete |= decoded.is_none();
        let octets = decoded.unwrap_or(Cow::Borrowed(body));
        let text = decode::text(&octets, media.parameter("charset"));
        if media.kind == "text/html" {
            append(self.html.get_or_insert_default(), &text)
        } else {
            self.incomplete |= text.contains("-----BEGIN PGP MESSAGE-----");
            let flow = Flow::of(media.parameter("format"), media.parameter("delsp"));
            match &mut self.plain {
                // Parts of different folding are read as they are written.
                Some((all, before)) => {
                    *before = if *before == flow { flow } else { Flow::Fixed };
                    append(all, &text)
                }
                None => {
                    self.plain = Some((text, flow));
                    Ok(())
                }
            }
        }
    }
}

fn append(all: &mut String, text: &str) -> Result<(), Unreadable> {
    if !all.is_empty() && !all.ends_with('\n') {
        all.push('\n');
    }
    all.push_str(text);
    if all.len() > 2 * MAX_TEXT {
        return Err(Unreadable::Limit("octets of text"));
    }
    Ok(())
}

/// Containers in which a mail's text may be shut up: Outlook's own format (MS-OXTNEF), S/MIME
/// (RFC 8551; the opaque signed form too), rights management, mails in pieces or elsewhere (RFC 2046).
fn hides_text(kind: &str, name: Option<&str>) -> bool {
    let kinds = [
        "application/ms-tnef",
        "application/vnd.ms-tnef",
        "application/pkcs7-mime",
        "application/x-pkcs7-mime",
        "application/x-microsoft-rpmsg-message",
        "message/partial",
        "message/external-body",
    ];
    let names = ["winmail.dat", "message.rpmsg", "smime.p7m"];
    kinds.contains(&kind) || name.is_some_and(|n| names.iter().any(|m| n.eq_ignore_ascii_case(m)))
}

/// The entities between the boundary lines of `body`, and whether the last line was there.
fn split<'a>(body: &'a [u8], boundary: &[u8]) -> Result<(Vec<&'a [u8]>, bool), Unreadable> {
    let mut entities = Vec::new();
    let mut start = None;
    let mut rest = body;
    while !rest.is_empty() {
        let line_start = body.len() - rest.len();
        let (line, after) = next_line(rest);
        rest = after;
        let Some(last) = boundary_line(line, boundary) else { continue };
        if let Some(start) = start {
            entities.push(without_line_end(&body[start..line_start]));
        }
        if last {
            return Ok((entities, true));
        }
        if entities.len() > MAX_PARTS {
            return Err(Unreadable::Limit("parts"));
        }
        start = Some(body.len() - rest.len());
    }
    if let Some(start) = start {
        entities.push(&body[start..]);
    }
    Ok((entities, false))
}

/// `--boundary` (`Some(false)`) or `--boundary--` (`Some(true)`), with blanks after it.
fn boundary_line(line: &[u8], boundary: &[u8]) -> Option<bool> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary)?.trim_ascii_end();
    match rest {
        b"" => Some(false),
        b"--" => Some(true),
        _ => None,
    }
}

/// The line end before a boundary line belongs to that line (RFC 2046 5.1.1).
fn without_line_end(entity: &[u8]) -> &[u8] {
    let entity = entity.strip_suffix(b"\n").unwrap_or(entity);
    entity.strip_suffix(b"\r").unwrap_or(entity)
}

#[cfg(test)]
mod tests;
