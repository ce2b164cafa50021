//! Numbers that a person sees before the items of a list although they stand in no text: HTML
//! lists (WHATWG HTML 4.4.5), and the lists of Word, which Outlook writes as paragraphs.

use std::collections::{HashMap, HashSet};

use super::tag::Tag;

const BULLET: &str = "•";

/// How the items of a list are marked.
#[derive(Clone, Copy)]
enum Style {
    Number,
    Letter,
    Bullet,
    Nothing,
}

/// The open lists, innermost last, with the number of their next item.
#[derive(Default)]
pub(super) struct Lists(Vec<(Style, i64)>);

impl Lists {
    pub(super) fn open(&mut self, tag: &Tag<'_>) {
        let wanted = tag.style("list-style-type").or(tag.attribute("type"));
        let style = match (tag.name, wanted) {
            (_, Some("none")) => Style::Nothing,
            ("ul", _) => Style::Bullet,
            // Numbers that count down, and Roman ones, are not worked out.
            _ if tag.attribute("reversed").is_some() => Style::Bullet,
            (_, None | Some("1" | "decimal")) => Style::Number,
            (_, Some("a" | "A" | "lower-alpha" | "upper-alpha" | "lower-latin" | "upper-latin")) => {
                Style::Letter
            }
            (_, Some(_)) => Style::Bullet,
        };
        let start = tag.attribute("start").and_then(|start| start.trim().parse().ok()).unwrap_or(1);
        self.0.push((style, start));
    }

    pub(super) fn close(&mut self) {
        self.0.pop();
    }

    /// The mark of the next item.
    pub(super) fn item(&mut self, tag: &Tag<'_>) -> Option<String> {
        if tag.style("list-style-type") == Some("none") || tag.style("list-style") == Some("none") {
            return None;
        }
        let Some((style, next)) = self.0.last_mut() else { return Some(BULLET.to_owned()) };
        let number = tag.attribute("value").and_then(|value| value.trim().parse().ok()).unwrap_or(*next);
        *next = number.saturating_add(1);
        match style {
            Style::Number => Some(format!("{number}.")),
            Style::Letter => Some(letter(number).map_or_else(|| BULLET.to_owned(), |c| format!("{c}."))),
            Style::Bullet => Some(BULLET.to_owned()),
            Style::Nothing => None,
        }
    }
}

fn letter(number: i64) -> Option<char> {
    let place = u8::try_from(number).ok().filter(|n| (1..=26).contains(n))?;
    Some(char::from(b'a' + place - 1))
}

/// Word's lists: a paragraph says `mso-list:l0 level1 lfo1`, a style sheet what that list looks like.
pub(super) struct WordLists {
    /// Levels with bullets: `l0:level1`.
    bullets: HashSet<String>,
    counts: HashMap<String, u32>,
}

impl WordLists {
    /// Reads the style sheets in `html` (`@list l0:level1 { mso-level-number-format:bullet; }`).
    pub(super) fn of(html: &str) -> Self {
        let html = html.to_ascii_lowercase();
        let rules = html.split("@list ").skip(1).filter_map(|rest| rest.split_once('{'));
        let bullets = rules.filter_map(|(name, rest)| {
            let rule = rest.split('}').next().unwrap_or_default();
            rule.contains("mso-level-number-format:bullet").then(|| name.trim().to_owned())
        });
        Self { bullets: bullets.collect(), counts: HashMap::new() }
    }

    /// The mark of a paragraph that is an item of a list.
    pub(super) fn item(&mut self, tag: &Tag<'_>) -> Option<String> {
        if !tag.style.contains("mso-list:") {
            return None;
        }
        // Blanks separate the names here, so the style is looked at as it was written.
        let style = tag.attribute("style")?.to_ascii_lowercase();
        let value = style.split("mso-list:").nth(1)?.split(';').next()?;
        let names: Vec<&str> = value.split_whitespace().collect();
        let [list, level, ..] = names.as_slice() else { return None };
        if !level.starts_with("level") {
            return None;
        }
        if self.bullets.contains(&format!("{list}:{level}")) {
            return Some(BULLET.to_owned());
        }
        let count = self.counts.entry(names.join(" ")).or_insert(0);
        *count += 1;
        Some(format!("{count}."))
    }
}
