//! What must be known of a text before it is walked through: what its elements hold, and its style
//! sheets. Looking into an element each time that it matters would cost the square of its depth.

use scraper::Html;

use super::sheets::Sheets;
use super::tag::Tag;
use super::{Visit, walk};
use crate::mail::Unreadable;

/// What an element holds, however deep within.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Holds {
    /// A blockquote.
    pub(super) quotation: bool,
    /// A number of Word's list, written out as text.
    pub(super) number: bool,
}

/// What is known of a text.
#[derive(Debug, Default)]
pub(super) struct Outline {
    pub(super) sheets: Sheets,
    /// For each element, in their order.
    elements: Vec<Holds>,
    asked: usize,
}

impl Outline {
    pub(super) fn of(document: &Html) -> Result<Self, Unreadable> {
        let mut outline = Self::default();
        let mut open: Vec<usize> = Vec::new();
        let mut in_sheet = false;
        walk(document, |visit| {
            match visit {
                Visit::Open(element) => {
                    open.push(outline.elements.len());
                    outline.elements.push(Holds::default());
                    in_sheet = element.name() == "style";
                }
                Visit::Text(text) if in_sheet => outline.sheets.read(text),
                Visit::Text(_) => {}
                Visit::Close(element) => {
                    in_sheet = false;
                    let within = open.pop().map(|own| outline.elements[own]).unwrap_or_default();
                    if let Some(around) = open.last().map(|around| &mut outline.elements[*around]) {
                        let tag = Tag::new(element.name(), element.attrs());
                        around.quotation |= within.quotation || tag.name == "blockquote";
                        around.number |= within.number || tag.style.contains("mso-list:ignore");
                    }
                }
            }
            Ok(())
        })?;
        Ok(outline)
    }

    /// What the next element holds.
    pub(super) fn next(&mut self) -> Holds {
        self.asked += 1;
        self.elements.get(self.asked - 1).copied().unwrap_or_default()
    }
}
