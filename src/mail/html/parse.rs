//! The tree of a text. html5ever is used only here: it is fed bit by bit, so that it can be stopped. What
//! it builds does not follow from the length of a text: elements for letters that are left open are made
//! anew in every paragraph, with all their attributes (WHATWG HTML, "reconstruct the active formatting
//! elements"), and all attributes of a tag are compared with each other.

use html5ever::driver::{ParseOpts, Parser, parse_document};
use html5ever::tendril::{StrTendril, TendrilSink};
use scraper::node::Element;
use scraper::{Html, HtmlTreeSink, Node};

use super::{MAX_DEPTH, TOO_DEEP};
use crate::mail::Unreadable;

/// Tags of a text. A thread of a hundred answers has fewer.
const MAX_TAGS: usize = 20_000;
/// Elements, texts and comments of the tree.
const MAX_NODES: usize = 50_000;
/// Attributes of all elements of the tree, and the octets of their values.
const MAX_ATTRIBUTES: usize = 50_000;
/// Nodes and attributes that even a short text may have. A longer one may have another for every so many
/// octets: a person's mail writes out most of them, and `<b>a` (two nodes) and ` class=x` are short ones.
const ALWAYS: usize = 2_000;
const OCTETS_OF_NODE: usize = 1;
const OCTETS_OF_ATTRIBUTE: usize = 4;
const MAX_VALUES: usize = 16 * 1024 * 1024;
/// Attributes of one element.
const MAX_ATTRIBUTES_OF_ONE: usize = 200;
/// Marks between attributes in what was read while nothing came of it: the inside of tags and comments.
/// The comment in which Word lists its styles has some 6,000.
const MAX_SILENT: usize = 20_000;
/// Octets of a bit.
const BIT: usize = 4 * 1024;
const TOO_MANY: &str = "attributes of HTML";

/// Builds the tree of `html`.
///
/// # Errors
/// [`Unreadable::Limit`] when it would be larger or deeper than that of any person's mail.
pub(super) fn tree(html: &str) -> Result<Html, Unreadable> {
    if html.bytes().filter(|b| *b == b'<').count() > MAX_TAGS {
        return Err(Unreadable::Limit("tags of HTML"));
    }
    let mut parser = parse_document(HtmlTreeSink::new(Html::new_document()), ParseOpts::default());
    let mut grown = Grown {
        most_nodes: MAX_NODES.min(ALWAYS + html.len() / OCTETS_OF_NODE),
        most_attributes: MAX_ATTRIBUTES.min(ALWAYS + html.len() / OCTETS_OF_ATTRIBUTE),
        ..Grown::default()
    };
    for bit in bits(html) {
        parser.process(StrTendril::from(bit));
        grown.check(&parser, bit)?;
    }
    Ok(parser.finish())
}

/// A text up to each `<`, and in bits that are not too long.
fn bits(html: &str) -> impl Iterator<Item = &str> {
    let mut rest = html;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let tag = rest.bytes().skip(1).take(BIT).position(|b| b == b'<').map_or(BIT, |place| place + 1);
        let (bit, after) = rest.split_at(rest.ceil_char_boundary(tag));
        rest = after;
        Some(bit)
    })
}

/// How large the tree has become.
#[derive(Default)]
struct Grown {
    nodes: usize,
    /// As many as a text of this length may have; so for attributes.
    most_nodes: usize,
    /// Octets of the newest text.
    text: usize,
    attributes: usize,
    most_attributes: usize,
    values: usize,
    silent: usize,
}

impl Grown {
    /// Takes account of what came of `bit`.
    fn check(&mut self, parser: &Parser<HtmlTreeSink>, bit: &str) -> Result<(), Unreadable> {
        let document = parser.tokenizer.sink.sink.0.borrow();
        let nodes = document.tree.values().len();
        let new = document.tree.values().rev().take(nodes - self.nodes);
        let mut most = added_to_later(&document);
        for element in new.filter_map(Node::as_element) {
            most = most.max(element.attrs.len());
            self.attributes += element.attrs.len();
            self.values += element.attrs.iter().map(|(_, value)| value.len()).sum::<usize>();
        }
        let newest = document.tree.nodes().next_back();
        let text = newest.and_then(|node| node.value().as_text()).map_or(0, |text| text.len());
        if (nodes, text) == (self.nodes, self.text) {
            self.silent += marks(bit);
        }
        (self.nodes, self.text) = (nodes, text);
        within(nodes, self.most_nodes, "elements of HTML")?;
        within(most, MAX_ATTRIBUTES_OF_ONE, TOO_MANY)?;
        within(self.attributes, self.most_attributes, TOO_MANY)?;
        within(self.values, MAX_VALUES, TOO_MANY)?;
        within(self.silent, MAX_SILENT, TOO_MANY)?;
        within(newest.map_or(0, |node| node.ancestors().count()), MAX_DEPTH, TOO_DEEP)
    }
}

fn within(found: usize, limit: usize, what: &'static str) -> Result<(), Unreadable> {
    if found > limit { Err(Unreadable::Limit(what)) } else { Ok(()) }
}

/// The attributes of the page and of its body: every further such tag adds to those that are there.
fn added_to_later(document: &Html) -> usize {
    let page = document.tree.root().children().find(|node| node.value().is_element());
    let body = page.and_then(|page| page.children().filter(|node| node.value().is_element()).nth(1));
    let count = |element: &Element| element.attrs.len();
    page.into_iter().chain(body).filter_map(|node| node.value().as_element()).map(count).sum()
}

/// Where attributes may begin or end: blanks, slashes and quotation marks. The slashes of a picture that
/// is written out in an attribute are far between.
fn marks(bit: &str) -> usize {
    let mut before = b' ';
    let mut marks: usize = 0;
    for octet in bit.bytes() {
        let blank = octet.is_ascii_whitespace() && !before.is_ascii_whitespace();
        marks += usize::from(blank || matches!(octet, b'/' | b'"' | b'\''));
        before = octet;
    }
    marks.saturating_sub(bit.len() / 32)
}
