//! The header of a mail, or of one of its parts, field by field and in its order: who vouches for
//! a sender depends on which field stands above which.

use encoding_rs::WINDOWS_1252;

use super::Unreadable;

/// Octets of one header; Exchange's own fields alone can take 60 KiB.
const MAX_OCTETS: usize = 256 * 1024;
/// Fields of one header.
const MAX_FIELDS: usize = 1000;

/// One field.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// Its name in lower case.
    pub(super) name: String,
    /// What stood before the colon, as it was written.
    pub(super) written: String,
    /// Did its value go on over more lines?
    pub(super) folded: bool,
    /// Its value on one line, not decoded further.
    pub(super) value: String,
}

/// All fields of a header, topmost first.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<Field>);

impl Fields {
    /// Splits `entity` into its fields and its body (RFC 5322 2.2). A line that is no field is
    /// passed over, as most programs that show mails do.
    ///
    /// # Errors
    /// [`Unreadable::Limit`] when the header is longer than any mail program writes.
    pub(super) fn split(entity: &[u8]) -> Result<(Self, &[u8]), Unreadable> {
        let mut fields: Vec<Line> = Vec::new();
        let mut rest = entity;
        while !rest.is_empty() {
            let (line, after) = next_line(rest);
            rest = after;
            if entity.len() - rest.len() > MAX_OCTETS {
                return Err(Unreadable::Limit("octets of a header"));
            }
            if line.is_empty() {
                break;
            }
            if line.starts_with(b" ") || line.starts_with(b"\t") {
                if let Some(field) = fields.last_mut() {
                    field.value.extend_from_slice(line);
                    field.folded = true;
                }
            } else if let Some(field) = Line::new(line) {
                fields.push(field);
            }
            if fields.len() > MAX_FIELDS {
                return Err(Unreadable::Limit("fields of a header"));
            }
        }
        Ok((Self(fields.into_iter().map(Line::field).collect()), rest))
    }

    /// All fields, topmost first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Field> {
        self.0.iter()
    }

    /// The values of all fields called `name` (in lower case), topmost first.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |f| f.name == name).map(|f| f.value.as_str())
    }

    /// The value of the topmost field called `name` (in lower case).
    pub(super) fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|f| f.name == name).map(|f| f.value.as_str())
    }

    /// Is there no field at all?
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The first line of `octets` without its end, and what follows it.
pub(super) fn next_line(octets: &[u8]) -> (&[u8], &[u8]) {
    let (line, rest) = match octets.iter().position(|b| *b == b'\n') {
        Some(end) => (&octets[..end], &octets[end + 1..]),
        None => (octets, &octets[octets.len()..]),
    };
    (line.strip_suffix(b"\r").unwrap_or(line), rest)
}

/// A field whose lines are still being gathered.
struct Line {
    written: String,
    folded: bool,
    value: Vec<u8>,
}

impl Line {
    fn new(line: &[u8]) -> Option<Self> {
        let colon = line.iter().position(|b| *b == b':')?;
        let name = line[..colon].trim_ascii_end();
        if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
            return None;
        }
        let written = String::from_utf8_lossy(&line[..colon]).into_owned();
        Some(Self { written, folded: false, value: line[colon + 1..].to_vec() })
    }

    fn field(self) -> Field {
        let name = self.written.trim_ascii_end().to_ascii_lowercase();
        Field { name, value: one_line(&self.value), written: self.written, folded: self.folded }
    }
}

/// A value may hold octets above 127 although RFC 5322 forbids them: UTF-8 (RFC 6532) from new
/// programs, windows-1252 from old ones.
fn one_line(value: &[u8]) -> String {
    let text = match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(value).0.into_owned(),
    };
    text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(entity: &[u8]) -> Vec<(String, String)> {
        let (fields, _) = Fields::split(entity).unwrap();
        fields.iter().map(|f| (f.name.clone(), f.value.clone())).collect()
    }

    #[test]
    fn folded_fields_become_one_line_and_the_body_starts_after_the_blank_one() {
        let entity = b"Subject: a\r\n\tb\r\nnot a field\r\nX-A : c\r\n\r\n d\r\n";
        let (fields, body) = Fields::split(entity).unwrap();
        assert_eq!(fields.first("subject"), Some("a\tb").map(|_| "a b"));
        assert_eq!(fields.first("x-a"), Some("c"));
        assert_eq!(body, b" d\r\n");
    }

    #[test]
    fn octets_above_127_are_utf_8_or_windows_1252() {
        assert_eq!(values("Subject: lösenord\n\n".as_bytes())[0].1, "lösenord");
        assert_eq!(values(b"Subject: l\xf6senord\n\n")[0].1, "lösenord");
    }

    #[test]
    fn a_header_without_bounds_is_refused() {
        let many = "X-A: b\n".repeat(MAX_FIELDS + 1);
        assert!(matches!(Fields::split(many.as_bytes()), Err(Unreadable::Limit(_))));
        let long = format!("X-A: {}\n\n", "b".repeat(MAX_OCTETS));
        assert!(matches!(Fields::split(long.as_bytes()), Err(Unreadable::Limit(_))));
    }
}
