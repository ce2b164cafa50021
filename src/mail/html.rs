//! HTML as the lines a person sees. scraper is used only here: it builds the tree as browsers do
//! (WHATWG HTML); this file walks it, without recursion, and the files below write lines.

use scraper::node::Element;
use scraper::{Html, Node};

use super::shown::is_invisible;
use super::text::{Line, Zone};
use super::{Unreadable, link};
use canvas::Canvas;
use numbering::{Lists, WordLists};
use outline::{Holds, Outline};
use tag::Tag;

pub use outside::LinkTold;
pub(super) use outside::outside;

mod canvas;
mod numbering;
mod outline;
mod outside;
mod parse;
mod sheets;
mod tag;
#[cfg(test)]
mod tests;

/// Elements within elements; long threads quote within quotes.
const MAX_DEPTH: usize = 500;
const TOO_DEEP: &str = "elements within elements of HTML";

/// What a person sees of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) lines: Vec<Line>,
    /// False when a style sheet may hide some of it.
    pub(super) surely: bool,
    /// So many characters of it are never seen.
    pub(super) unseen: usize,
}

/// What `html` shows.
///
/// # Errors
/// [`Unreadable::Limit`] when it has more or deeper elements than any person's mail.
pub(super) fn shown(html: &str) -> Result<Shown, Unreadable> {
    let document = parse::tree(html)?;
    let outline = Outline::of(&document)?;
    let mut page = Page::new(html, outline);
    walk(&document, |visit| {
        match visit {
            Visit::Open(element) => page.open(element)?,
            Visit::Text(text) => page.text(text),
            Visit::Close(element) => page.close(element.name()),
        }
        Ok(())
    })?;
    Ok(Shown { surely: !page.doubt, unseen: page.unseen, lines: page.canvas.finish() })
}

/// A step of a walk through a tree.
enum Visit<'a> {
    Open(&'a Element),
    Text(&'a str),
    Close(&'a Element),
}

/// Walks through all elements and texts, in their order.
fn walk<'a>(
    document: &'a Html,
    mut visit: impl FnMut(Visit<'a>) -> Result<(), Unreadable>,
) -> Result<(), Unreadable> {
    let mut node = document.tree.root();
    loop {
        match node.value() {
            Node::Element(element) => visit(Visit::Open(element))?,
            Node::Text(text) => visit(Visit::Text(text))?,
            _ => {}
        }
        if let Some(child) = node.first_child() {
            node = child;
            continue;
        }
        loop {
            if let Node::Element(element) = node.value() {
                visit(Visit::Close(element))?;
            }
            if let Some(next) = node.next_sibling() {
                node = next;
                break;
            }
            match node.parent() {
                Some(parent) => node = parent,
                None => return Ok(()),
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
    outline: Outline,
    /// Something that is read may not be shown.
    doubt: bool,
    unseen: usize,
}

impl Page {
    fn new(html: &str, outline: Outline) -> Self {
        Self {
            canvas: Canvas::default(),
            frames: Vec::new(),
            hidden: 0,
            rest_is_quoted: false,
            lists: Lists::default(),
            word_lists: WordLists::of(html),
            link: None,
            outline,
            doubt: false,
            unseen: 0,
        }
    }

    fn frame(&self) -> Frame {
        let page = Frame { zone: Zone::Written, preformatted: false, marked: false };
        let frame = self.frames.last().copied().unwrap_or(page);
        if self.rest_is_quoted { Frame { zone: Zone::Quoted, ..frame } } else { frame }
    }

    fn open(&mut self, element: &Element) -> Result<(), Unreadable> {
        let holds = self.outline.next();
        if self.frames.len() + self.hidden > MAX_DEPTH {
            return Err(Unreadable::Limit(TOO_DEEP));
        }
        let tag = Tag::new(element.name(), element.attrs());
        if self.hidden > 0 || tag.is_hidden() {
            self.hidden += 1;
            return Ok(());
        }
        self.doubt |= self.outline.sheets.hide(&tag);
        self.rest_is_quoted |= tag.starts_quoted_rest();
        let around = self.frame();
        let own = tag.zone(holds.quotation);
        let zone = match (around.zone, own) {
            (Zone::Quoted, _) => Zone::Quoted,
            (zone, own) => own.unwrap_or(zone),
        };
        let preformatted = around.preformatted || tag.is_preformatted();
        self.frames.push(Frame { zone, preformatted, marked: false });
        let mark = self.start(&tag, holds);
        if let (Some(mark), Some(frame)) = (mark, self.frames.last_mut()) {
            frame.marked = true;
            self.canvas.mark(mark);
        }
        Ok(())
    }

    /// Ends or starts what the element ends or starts; answers with the mark of an item.
    fn start(&mut self, tag: &Tag<'_>, holds: Holds) -> Option<String> {
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
            _ => self.word_lists.item(tag).filter(|_| !holds.number),
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
            self.unseen += text.chars().filter(|c| is_invisible(*c)).count();
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
