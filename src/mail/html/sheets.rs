//! Style sheets in a text. They are not applied: whoever writes one that hides an element may show a
//! person something else than we read, and then nothing of the mail is sure. Mail programs write none.

use std::collections::HashSet;

use super::tag::{Tag, plain_name};

/// What the style sheets of a text hide.
#[derive(Debug, Default)]
pub(super) struct Sheets {
    /// Ids and classes.
    names: HashSet<String>,
    elements: HashSet<String>,
    /// A rule hides elements in a way that is not understood.
    unclear: bool,
}

impl Sheets {
    /// Adds a style sheet.
    pub(super) fn read(&mut self, sheet: &str) {
        let sheet = without_comments(&sheet.to_ascii_lowercase());
        for rule in sheet.split('}') {
            let Some((before, declarations)) = rule.rsplit_once('{') else { continue };
            if Tag::new("span", std::iter::once(("style", declarations))).is_hidden() {
                let selectors = before.rsplit(['{', ';']).next().unwrap_or_default();
                selectors.split(',').for_each(|selector| self.hidden_by(selector));
            }
        }
    }

    /// Notes what a selector names last: that is what it hides.
    fn hidden_by(&mut self, selector: &str) {
        let part = selector
            .split(|c: char| c.is_whitespace() || matches!(c, '>' | '+' | '~'))
            .rfind(|p| !p.is_empty());
        let part = part.unwrap_or_default().split(':').next().unwrap_or_default();
        let mut names = part.split(['.', '#']);
        let element = names.next().unwrap_or_default();
        let names: Vec<String> = names.map(plain_name).collect();
        let is_name = |name: &str| name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
        if part.is_empty() || !is_name(element) || !names.iter().all(|name| is_name(name)) {
            self.unclear = true;
        } else if names.is_empty() {
            self.elements.insert(element.to_owned());
        } else {
            self.names.extend(names);
        }
    }

    /// May one of them hide this element?
    pub(super) fn hide(&self, tag: &Tag<'_>) -> bool {
        self.unclear
            || self.elements.contains(tag.name)
            || (!self.names.is_empty() && tag.names().any(|name| self.names.contains(&name)))
    }
}

fn without_comments(sheet: &str) -> String {
    let mut parts = sheet.split("/*");
    let first = parts.next().unwrap_or_default().to_owned();
    parts
        .fold(first, |all, part| all + part.split_once("*/").map_or("", |(_, after)| after))
        .replace("<!--", "")
}
