//! A part of a mail that is none of its text: an attachment, or a picture in it. Nothing of it is decoded
//! before somebody asks for it.

use std::borrow::Cow;

use data_encoding::BASE64_NOPAD;

use super::decode;
use crate::mail::fields::Fields;

/// Of an encoded file so many octets are decoded to tell its type: the longest mark of a type stands within
/// the first 36 KiB (ISO 9660, 8.1).
const BEGINNING: usize = 48 * 1024;

/// One such part.
#[derive(Debug)]
pub(in crate::mail) struct File<'a> {
    /// Its name, fit for a file; of what has none, the media type.
    pub(in crate::mail) name: String,
    /// By what name the HTML part calls it (RFC 2392).
    pub(in crate::mail) id: Option<String>,
    encoding: Option<String>,
    octets: &'a [u8],
}

impl<'a> File<'a> {
    pub(super) fn new(name: String, fields: &Fields, body: &'a [u8]) -> Self {
        let id = fields.first("content-id").map(|id| id.trim().trim_matches(['<', '>']).to_owned());
        Self {
            name,
            id: id.filter(|id| !id.is_empty()),
            encoding: fields.first("content-transfer-encoding").map(|e| e.trim().to_ascii_lowercase()),
            octets: body,
        }
    }

    /// Its octets; `None` when their encoding is unknown or broken.
    pub(in crate::mail) fn decoded(&self) -> Option<Cow<'a, [u8]>> {
        decode::transfer(self.octets, self.encoding.as_deref())
    }

    /// The first octets, by which its type is told.
    pub(in crate::mail) fn beginning(&self) -> Vec<u8> {
        let beginning = &self.octets[..self.octets.len().min(BEGINNING)];
        if self.is_base64() {
            let mut letters: Vec<u8> = beginning.iter().copied().filter(|c| is_letter(*c)).collect();
            letters.truncate(letters.len() / 4 * 4);
            return BASE64_NOPAD.decode(&letters).unwrap_or_default();
        }
        decode::transfer(beginning, self.encoding.as_deref()).unwrap_or_default().into_owned()
    }

    /// How many octets it has, without decoding what is encoded by base64.
    pub(in crate::mail) fn size(&self) -> usize {
        if self.is_base64() {
            return self.octets.iter().filter(|c| is_letter(**c)).count() * 3 / 4;
        }
        self.decoded().map_or(self.octets.len(), |octets| octets.len())
    }

    fn is_base64(&self) -> bool {
        self.encoding.as_deref() == Some("base64")
    }
}

fn is_letter(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file<'a>(encoding: &str, body: &'a [u8]) -> File<'a> {
        let header = format!("Content-Transfer-Encoding: {encoding}\r\nContent-ID: <a@b>\r\n\r\n");
        File::new("a".to_owned(), &Fields::split(header.as_bytes()).unwrap().0, body)
    }

    #[test]
    fn a_file_tells_size_and_beginning_without_being_decoded() {
        let long = "QUJDREVG\r\n".repeat(40_000);
        let files =
            [file("base64", long.as_bytes()), file("7bit", b"ABC"), file("Quoted-Printable", b"A=42C=\r\n")];
        assert_eq!(files.each_ref().map(File::size), [240_000, 3, 3]);
        for file in files {
            assert!(file.beginning().starts_with(b"ABC") && file.beginning().len() <= BEGINNING);
            assert_eq!(file.decoded().map(|octets| octets.len()), Some(file.size()));
            assert_eq!(file.id.as_deref(), Some("a@b"));
        }
        assert_eq!(file("x-unknown", b"ABC").decoded(), None);
    }
}
