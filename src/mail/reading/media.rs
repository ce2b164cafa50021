//! What a part says of itself: Content-Type and Content-Disposition (RFC 2045, 2183, 2231).

use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;

use super::decode::repaired;
use crate::mail::fields::Fields;

/// A media type or a disposition with its parameters, names in lower case.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Media {
    /// `text/plain`, `attachment`; in lower case.
    pub(super) kind: String,
    parameters: Vec<(String, String)>,
}

impl Media {
    /// The media type of a part; `default` when it names none that can be read.
    pub(super) fn of(fields: &Fields, default: &str) -> Self {
        match fields.first("content-type").map(Self::parse) {
            Some(media) if media.kind.contains('/') => media,
            _ => Self { kind: default.to_owned(), parameters: Vec::new() },
        }
    }

    /// The disposition of a part.
    pub(super) fn disposition(fields: &Fields) -> Self {
        fields.first("content-disposition").map(Self::parse).unwrap_or_default()
    }

    fn parse(value: &str) -> Self {
        // The stream reads until the end of a line.
        let line = format!("{value}\n");
        match MessageStream::new(line.as_bytes()).parse_content_type() {
            HeaderValue::ContentType(found) => {
                let kind = match &found.c_subtype {
                    Some(subtype) => format!("{}/{subtype}", found.c_type),
                    None => found.c_type.to_string(),
                };
                let parameters = found.attributes.unwrap_or_default();
                Self {
                    kind: kind.to_ascii_lowercase(),
                    parameters: parameters
                        .into_iter()
                        .map(|a| (a.name.to_ascii_lowercase(), a.value.into_owned()))
                        .collect(),
                }
            }
            _ => Self::default(),
        }
    }

    /// The value of the parameter `name`.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn is_multipart(&self) -> bool {
        self.kind.starts_with("multipart/")
    }
}

/// The file name of a part, if it has one.
pub(super) fn file_name(media: &Media, disposition: &Media) -> Option<String> {
    let name = disposition.parameter("filename").or_else(|| media.parameter("name"))?;
    Some(unstructured(name))
}

/// A value with encoded words (RFC 2047) decoded; file names hold them although they should not.
pub(in crate::mail) fn unstructured(value: &str) -> String {
    let line = with_words_joined(value) + "\n";
    match MessageStream::new(line.as_bytes()).parse_unstructured() {
        HeaderValue::Text(text) => repaired(text.into_owned()),
        _ => String::new(),
    }
}

/// Neighbouring encoded words of the same kind as one: RFC 2047 5 forbids cutting a character in
/// two, yet programs do it, and each half alone is nothing.
fn with_words_joined(value: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in value.split_whitespace() {
        match words.last_mut() {
            Some(last) if continues(last, word) => {
                last.truncate(last.len() - "?=".len());
                last.push_str(&word[kind_of_word(word).map_or(0, str::len)..]);
            }
            _ => words.push(word.to_owned()),
        }
    }
    words.join(" ")
}

fn continues(last: &str, word: &str) -> bool {
    let (Some(kind), Some(next)) = (kind_of_word(last), kind_of_word(word)) else { return false };
    let padded = last.ends_with("=?=") && kind.to_ascii_lowercase().ends_with("?b?");
    kind.eq_ignore_ascii_case(next) && !padded
}

/// `=?utf-8?Q?` of a whole encoded word.
fn kind_of_word(word: &str) -> Option<&str> {
    let inner = word.strip_prefix("=?")?.strip_suffix("?=")?;
    let charset = inner.find('?')?;
    inner.get(charset + 2..charset + 3).filter(|sign| *sign == "?")?;
    word.get(..charset + 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(header: &str) -> Fields {
        Fields::split(header.as_bytes()).unwrap().0
    }

    #[test]
    fn parameters_are_found_whatever_their_case() {
        let header =
            fields("Content-Type: Multipart/Report; Report-Type=\"Delivery-Status\";\n boundary=\"a b\"\n\n");
        let media = Media::of(&header, "text/plain");
        assert_eq!(media.kind, "multipart/report");
        assert_eq!(media.parameter("report-type"), Some("Delivery-Status"));
        assert_eq!(media.parameter("boundary"), Some("a b"));
    }

    #[test]
    fn a_missing_or_broken_type_is_the_default() {
        for header in ["A: b\n\n", "Content-Type:\n\n", "Content-Type: text\n\n", "Content-Type: ;;;\n\n"] {
            assert_eq!(Media::of(&fields(header), "text/plain").kind, "text/plain", "{header}");
        }
    }

    #[test]
    fn file_names_are_read_in_every_form() {
        for header in [
            "Content-Disposition: attachment; filename*=UTF-8''r%C3%A5d.pdf\n\n",
            "Content-Disposition: attachment; filename*0*=UTF-8''r%C3%A5; filename*1*=d.pdf\n\n",
            "Content-Disposition: attachment; filename=\"=?utf-8?Q?r=C3=A5d.pdf?=\"\n\n",
            "Content-Type: application/pdf; name=\"råd.pdf\"\n\n",
        ] {
            let fields = fields(header);
            let media = Media::of(&fields, "text/plain");
            let name = file_name(&media, &Media::disposition(&fields));
            assert_eq!(name.as_deref(), Some("råd.pdf"), "{header}");
        }
    }

    #[test]
    fn encoded_words_are_decoded_even_when_their_label_lies() {
        assert_eq!(unstructured("=?utf-8?Q?Nytt_l=C3=B6?= =?utf-8?B?c2Vub3Jk?="), "Nytt lösenord");
        assert_eq!(unstructured("=?utf-8?q?l=C3?=  =?UTF-8?Q?=B6senord?= nu"), "lösenord nu");
        assert_eq!(unstructured("=?utf-8?B?bMO2?= =?utf-8?B?cw==?= =?utf-8?B?ZW4=?="), "lösen");
        assert_eq!(unstructured("=?utf-8?Q?Nytt l=C3=B6senord?="), "Nytt lösenord");
        assert_eq!(unstructured("=?iso-8859-1?Q?l=C3=B6senord?="), "lösenord");
        assert_eq!(unstructured("=?windows-1252?Q?l=F6senord?= nu"), "lösenord nu");
        assert_eq!(unstructured("=?utf-8?X?broken?="), "=?utf-8?X?broken?=");
    }
}
