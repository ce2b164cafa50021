//! What one element's tag tells: whether it is shown, and whose words it holds. The names are
//! those that Outlook, Gmail, Apple Mail, Thunderbird, Yahoo and Proton write.

use crate::mail::text::Zone;

/// An element's tag.
pub(super) struct Tag<'a> {
    pub(super) name: &'a str,
    /// The style attribute in lower case and without blanks.
    pub(super) style: String,
    attributes: Vec<(&'a str, &'a str)>,
}

const NOT_SHOWN: [&str; 16] = [
    "head", "title", "style", "script", "noscript", "template", "iframe", "noembed", "noframes", "object",
    "audio", "video", "canvas", "select", "textarea", "datalist",
];

/// Struck out: a person has taken it back.
const STRUCK: [&str; 3] = ["s", "strike", "del"];

const BLOCKS: [&str; 36] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "caption",
    "center",
    "dd",
    "details",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "ul",
];

const SIGNATURES: [&str; 9] = [
    "signature",
    "gmail_signature",
    "applemailsignature",
    "moz-signature",
    "ms-outlook-mobile-signature",
    "composer_signature",
    "protonmail_signature_block",
    "mobile_signature",
    "signature-wrapper",
];

const QUOTES: [&str; 7] = [
    "gmail_quote",
    "gmail_quote_container",
    "gmail_attr",
    "yahoo_quoted",
    "moz-cite-prefix",
    "protonmail_quote",
    "olk_src_body_section",
];

const QUOTED_REST: [&str; 4] =
    ["divrplyfwdmsg", "appendonsend", "mail-editor-reference-message-container", "zwchr"];

/// Does a line end before and after this element?
pub(super) fn is_block(name: &str) -> bool {
    BLOCKS.contains(&name)
}

impl<'a> Tag<'a> {
    pub(super) fn new(name: &'a str, attributes: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let attributes: Vec<_> = attributes.collect();
        let style = attributes.iter().find(|(n, _)| *n == "style").map_or("", |(_, value)| value);
        let style = style.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect();
        Self { name, style, attributes }
    }

    /// The value of an attribute.
    pub(super) fn attribute(&self, name: &str) -> Option<&'a str> {
        self.attributes.iter().find(|(n, _)| *n == name).map(|(_, value)| *value)
    }

    /// The value of a property in the style attribute.
    pub(super) fn style(&self, property: &str) -> Option<&str> {
        let mut properties = self.style.split(';').rev().filter_map(|pair| pair.split_once(':'));
        properties.find(|(name, _)| *name == property).map(|(_, value)| value.trim_end_matches("!important"))
    }

    /// Text that no person sees, or that stands struck out, must not be read.
    pub(super) fn is_hidden(&self) -> bool {
        let struck = |property| self.style(property).is_some_and(|value| value.contains("line-through"));
        let is = |property: &str, value: &str| self.style(property) == Some(value);
        let is_zero = |property: &str| self.style(property).is_some_and(is_zero);
        NOT_SHOWN.contains(&self.name)
            || STRUCK.contains(&self.name)
            || ["text-decoration", "text-decoration-line"].into_iter().any(struck)
            || self.attribute("hidden").is_some()
            || is("display", "none")
            || is("visibility", "hidden")
            || is("mso-hide", "all")
            || ["font-size", "opacity"].into_iter().any(is_zero)
            || (is("overflow", "hidden") && ["max-height", "height", "width"].into_iter().any(is_zero))
    }

    /// Outlook and Zimbra mark the place from which everything is the mail that is answered.
    pub(super) fn starts_quoted_rest(&self) -> bool {
        self.names().any(|name| QUOTED_REST.contains(&name.as_str()))
    }

    /// Whose words the element holds, when its tag says so.
    pub(super) fn zone(&self, holds_quotation: bool) -> Option<Zone> {
        if self.name == "blockquote" {
            return Some(Zone::Quoted);
        }
        let named = |list: &[&str]| self.names().any(|name| list.contains(&name.as_str()));
        if named(&SIGNATURES) || self.attribute("data-smartmail") == Some("gmail_signature") {
            return Some(Zone::Signature);
        }
        // Gmail puts an answer below the quoted mail into the same container; then the blockquote
        // within is what is quoted.
        if self.name == "div" && named(&["gmail_quote", "gmail_quote_container"]) {
            return (!holds_quotation).then_some(Zone::Quoted);
        }
        named(&QUOTES).then_some(Zone::Quoted)
    }

    pub(super) fn is_preformatted(&self) -> bool {
        self.name == "pre" || self.style("white-space").is_some_and(|value| value.starts_with("pre"))
    }

    /// Its id and classes, as [`plain_name`].
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        let all = [self.attribute("id"), self.attribute("class")];
        let words = all.into_iter().flatten().flat_map(str::split_whitespace);
        words.map(plain_name)
    }
}

/// An id or a class in lower case, without the `x_` that Exchange puts before those of a mail that it
/// shows within another.
pub(super) fn plain_name(word: &str) -> String {
    word.to_ascii_lowercase().trim_start_matches("x_").to_owned()
}

/// `0`, `0px`, `0.0em`, `.0%`.
fn is_zero(value: &str) -> bool {
    let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
    number.parse::<f32>().is_ok_and(|n| n == 0.0)
}
