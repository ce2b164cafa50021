//! The HTML form of a mail for a frame. ammonia is used only here: it builds the tree as browsers do and
//! keeps what is allowed, which is words, their emphasis, lists, tables, and pictures that came with the
//! mail. No address of anything else is left, so nothing can be fetched, run, sent or followed, whatever
//! the frame around it allows.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use ammonia::{Builder, UrlRelative};
use data_encoding::BASE64;

use crate::mail::html;
use crate::mail::reading::File;

/// Octets of a picture, and of all that one page shows; a phone's screenshot has some 300 kB.
const MAX_PICTURE: usize = 2 * 1024 * 1024;
const MAX_PICTURES: usize = 4 * 1024 * 1024;
/// Pictures that do nothing but show themselves. SVG is a program.
const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// What may stand in a frame.
const TAGS: [&str; 54] = [
    "a",
    "abbr",
    "address",
    "article",
    "b",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
];
/// What is dropped with all that is in it: it shows nothing, or not as text.
const DROPPED: [&str; 22] = [
    "script",
    "style",
    "title",
    "template",
    "noscript",
    "iframe",
    "frameset",
    "noembed",
    "noframes",
    "object",
    "embed",
    "applet",
    "audio",
    "video",
    "canvas",
    "svg",
    "math",
    "select",
    "textarea",
    "datalist",
    "xmp",
    "plaintext",
];

/// An HTML text that does nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formatted {
    /// What goes into the body of a page.
    pub body: String,
}

/// `source` with the pictures among `files` that it shows; `None` when it exceeds a limit.
pub(super) fn formatted(source: &str, files: &[File<'_>]) -> Option<Formatted> {
    // The tree is bounded there; ammonia builds the same one.
    html::outside(source).ok()?;
    let pictures = pictures(source, files);
    let left = AtomicUsize::new(MAX_PICTURES);
    let mut builder = Builder::empty();
    builder
        .tags(HashSet::from(TAGS))
        .clean_content_tags(HashSet::from(DROPPED))
        .tag_attributes(HashMap::from([
            ("img", HashSet::from(["src", "alt", "width", "height"])),
            ("td", HashSet::from(["colspan", "rowspan"])),
            ("th", HashSet::from(["colspan", "rowspan"])),
            ("ol", HashSet::from(["start"])),
        ]))
        .url_schemes(HashSet::from(["cid", "data"]))
        .url_relative(UrlRelative::Deny)
        .link_rel(None)
        .strip_comments(true)
        .attribute_filter(move |_, name, value| match name {
            "src" => picture(value, &pictures, &left).map(Cow::Owned),
            "alt" => Some(Cow::Borrowed(value)),
            _ => number(value),
        });
    Some(Formatted { body: builder.clean(source).to_string() })
}

/// The width of a picture, or the columns of a cell: no page of a person has larger ones.
fn number(value: &str) -> Option<Cow<'_, str>> {
    value.parse::<u16>().is_ok_and(|number| number <= 2_000).then_some(Cow::Borrowed(value))
}

/// What stands in place of `source`: a picture of this mail, as long as there is room.
fn picture(source: &str, pictures: &HashMap<String, String>, left: &AtomicUsize) -> Option<String> {
    let source = source.trim();
    let data = match source.split_once(':')? {
        (scheme, id) if scheme.eq_ignore_ascii_case("cid") => pictures.get(id)?.clone(),
        (scheme, _) if scheme.eq_ignore_ascii_case("data") => written_out(source)?,
        _ => return None,
    };
    let taken = |room: usize| room.checked_sub(data.len());
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken).is_ok().then_some(data)
}

/// A picture that stands in the text itself, if it is what it says.
fn written_out(source: &str) -> Option<String> {
    let (_, rest) = source.split_once(':')?;
    let (kind, letters) = rest.split_once(',')?;
    if !kind.to_ascii_lowercase().ends_with(";base64") || letters.len() > MAX_PICTURE * 4 / 3 {
        return None;
    }
    let letters: Vec<u8> = letters.bytes().filter(|c| !c.is_ascii_whitespace()).collect();
    as_data(&BASE64.decode(&letters).ok()?)
}

/// The pictures among `files` that `source` names, by their names.
fn pictures(source: &str, files: &[File<'_>]) -> HashMap<String, String> {
    let mut pictures = HashMap::new();
    let mut room = MAX_PICTURES;
    for file in files {
        let Some(id) = &file.id else { continue };
        // The name may stand there with its signs written as `%40` (RFC 2392).
        let spelled = id.replace('@', "%40");
        let named = [id, &spelled].into_iter().filter(|name| source.contains(name.as_str()));
        for name in named {
            if file.size() > MAX_PICTURE.min(room) {
                continue;
            }
            let Some(data) = file.decoded().and_then(|octets| as_data(&octets)) else { continue };
            room = room.saturating_sub(data.len());
            pictures.insert(name.clone(), data);
        }
    }
    pictures
}

fn as_data(octets: &[u8]) -> Option<String> {
    let kind = infer::get(octets)?.mime_type();
    let allowed = PICTURES.contains(&kind) && octets.len() <= MAX_PICTURE;
    allowed.then(|| format!("data:{kind};base64,{}", BASE64.encode(octets)))
}
