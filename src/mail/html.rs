//! HTML as the lines a person sees. scraper is used only here: it builds the tree as browsers do
//! (WHATWG HTML); this file walks it, without recursion, and the files below write lines.

use scraper::node::Element;
use scraper::{ElementRef, Html, Node};

use super::text::{Line, Zone};
use super::{Unreadable, link};
use canvas::Canvas;
use numbering::{Lists, WordLists};
use tag::Tag;

mod canvas;
mod depth;
mod numbering;
mod tag;
#[cfg(test)]
mod tests;

/// Tags of a text. The parser's work can grow with the square of unclosed tags.
const MAX_TAGS: usize = 20_000;
/// Elements within elements; long threads quote within quotes.
const MAX_DEPTH: usize = 500;
const TOO_DEEP: &str = "elements within elements of HTML";

/// The lines of `html`.
///
/// # Errors
/// [`Unreadable::Limit`] when it has more or deeper elements than any person's mail.
pub(super) fn lines(html: &str) -> Result<Vec<Line>, Unreadable> {
    if html.bytes().filter(|b| *b == b'<').count() > MAX_TAGS {
        return Err(Unreadable::Limit("tags of HTML"));
    }
    if depth::exceeds(html, MAX_DEPTH) {
        return Err(Unreadable::Limit(TOO_DEEP));
    }
    let document = Html::parse_document(html);
    let mut page = Page::new(html);
    let mut node = document.tree.root();
    loop {
        match node.value() {
            Node::Element(element) => page.open(element, ElementRef::wrap(node))?,
            Node::Text(text) => page.text(text),
            _ => {}
        }
        if let Some(child) = node.first_child() {
            node = child;
            continue;
        }
        loop {
            if let Node::Element(element) = node.value() {
                page.close(element.name());
            }
            if let Some(next) = node.next_sibling() {
                node = next;
                break;
            }
            match node.parent() {
                Some(parent) => node = parent,
                None => return Ok(page.canvas.finish()),
            }
        }
    }
}

/// What holds within an open element.
#[derive(Clone, Copy)]
struct Frame {
    zone: Zone,
    /// Blanks and line ends are shown as they stand.
    preformatted: bool,
    /// It is an item of a list, with a mark before it.
    marked: bool,
}

/// The walk's state.
struct Page {
    canvas: Canvas,
    frames: Vec<Frame>,
    /// Open elements that are not shown, with all within them.
    hidden: usize,
    /// Set where a mail program says that a quoted mail starts and goes on to the end.
    rest_is_quoted: bool,
    lists: Lists,
    word_lists: WordLists,
    /// Where the open link leads, and what it shows so far.
    link: Option<(String, String)>,
}

impl Page {
    fn new(html: &str) -> Self {
        Self {
            canvas: Canvas::default(),
            frames: Vec::new(),
            hidden: 0,
            rest_is_quoted: false,
            lists: Lists::default(),
            word_lists: WordLists::of(html),
            link: None,
        }
    }

    fn frame(&self) -> Frame {
        let page = Frame { zone: Zone::Written, preformatted: false, marked: false };
        let frame = self.frames.last().copied().unwrap_or(page);
        if self.rest_is_quoted { Frame { zone: Zone::Quoted, ..frame } } else { frame }
    }

    fn open(&mut self, element: &Element, node: Option<ElementRef<'_>>) -> Result<(), Unreadable> {
        if self.frames.len() + self.hidden > MAX_DEPTH {
            return Err(Unreadable::Limit(TOO_DEEP));
        }
        let tag = Tag::new(element.name(), element.attrs());
        if self.hidden > 0 || tag.is_hidden() {
            self.hidden += 1;
            return Ok(());
        }
        self.rest_is_quoted |= tag.starts_quoted_rest();
        let around = self.frame();
        let own = tag.zone(|wanted| node.is_some_and(|n| holds(n, wanted)));
        let zone = match (around.zone, own) {
            (Zone::Quoted, _) => Zone::Quoted,
            (zone, own) => own.unwrap_or(zone),
        };
        let preformatted = around.preformatted || tag.is_preformatted();
        self.frames.push(Frame { zone, preformatted, marked: false });
        let mark = self.start(&tag, node);
        if let (Some(mark), Some(frame)) = (mark, self.frames.last_mut()) {
            frame.marked = true;
            self.canvas.mark(mark);
        }
        Ok(())
    }

    /// Ends or starts what the element ends or starts; answers with the mark of an item.
    fn start(&mut self, tag: &Tag<'_>, node: Option<ElementRef<'_>>) -> Option<String> {
        match tag.name {
            "a" => self.link = tag.attribute("href").map(|href| (href.to_owned(), String::new())),
            "br" => self.canvas.line_break(self.frame().zone),
            "table" => self.canvas.open_table(),
            "td" | "th" => self.canvas.open_cell(columns(tag)),
            "tr" => self.canvas.open_row(),
            name if tag::is_block(name) => self.canvas.end_line(),
            _ => {}
        }
        match tag.name {
            "ol" | "ul" => {
                self.lists.open(tag);
                None
            }
            "li" => self.lists.item(tag),
            _ => {
                let in_text = |inner: &Tag<'_>| inner.style.contains("mso-list:ignore");
                self.word_lists.item(tag).filter(|_| !node.is_some_and(|n| holds(n, &in_text)))
            }
        }
    }

    fn close(&mut self, name: &str) {
        if self.hidden > 0 {
            self.hidden -= 1;
            return;
        }
        if name == "a" {
            self.close_link();
        }
        match name {
            "table" => self.canvas.close_table(),
            "td" | "th" => self.canvas.close_cell(),
            "tr" => self.canvas.close_row(),
            _ if self.frames.last().is_some_and(|f| f.marked) => self.canvas.end_item(self.frame().zone),
            name if tag::is_block(name) => self.canvas.end_line(),
            _ => {}
        }
        if matches!(name, "ol" | "ul") {
            self.lists.close();
        }
        self.frames.pop();
    }

    /// A link that leads elsewhere than it says is written as Outlook does in plain text.
    fn close_link(&mut self) {
        let Some((href, shown)) = self.link.take() else { return };
        if let Some(other) = link::another(&href, &shown) {
            self.text(&format!("<{other}>"));
        }
    }

    fn text(&mut self, text: &str) {
        if self.hidden == 0 {
            if let Some((_, shown)) = &mut self.link {
                shown.push_str(text);
            }
            let frame = self.frame();
            self.canvas.text(text, frame.zone, frame.preformatted);
        }
    }
}

/// How many columns a cell spans; no table of a request has more than a few.
fn columns(cell: &Tag<'_>) -> usize {
    const MOST_COLUMNS: usize = 20;
    let said = cell.attribute("colspan").and_then(|columns| columns.trim().parse().ok());
    said.unwrap_or(1).clamp(1, MOST_COLUMNS)
}

/// Is there an element within `node` that is `wanted`?
fn holds(node: ElementRef<'_>, wanted: &dyn Fn(&Tag<'_>) -> bool) -> bool {
    let elements = node.descendants().skip(1).filter_map(ElementRef::wrap);
    elements.map(|e| Tag::new(e.value().name(), e.value().attrs())).any(|tag| wanted(&tag))
}
