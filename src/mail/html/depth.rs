//! How deep the elements of a text stand within each other, told before it is parsed: the parser's
//! work grows with the square of that. An estimate; what escapes it is bounded by the number of tags.

use std::collections::HashMap;

/// Elements that never hold others, and those whose end tag people and programs leave out.
const ENDLESS: [&str; 25] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr", "p", "li", "dt", "dd", "td", "th", "tr", "tbody", "thead", "tfoot", "option",
];

/// Do more than `limit` elements of `html` stand within each other?
pub(super) fn exceeds(html: &str, limit: usize) -> bool {
    let mut open: Vec<String> = Vec::new();
    let mut counts: HashMap<String, usize> = HashMap::new();
    for tag in html.split('<').skip(1) {
        let (ends, tag) = tag.strip_prefix('/').map_or((false, tag), |tag| (true, tag));
        let length = tag.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/')).unwrap_or(tag.len());
        let name = tag[..length].to_ascii_lowercase();
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || ENDLESS.contains(&name.as_str()) {
            continue;
        }
        if !ends {
            *counts.entry(name.clone()).or_insert(0) += 1;
            open.push(name);
        } else if counts.get(&name).is_some_and(|count| *count > 0) {
            // It ends what was left open within it, too.
            while let Some(inner) = open.pop() {
                if let Some(count) = counts.get_mut(&inner) {
                    *count -= 1;
                }
                if inner == name {
                    break;
                }
            }
        }
        if open.len() > limit {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_elements_within_elements_are_deep() {
        for flat in [
            "<div></div>",
            "<p>a<br>",
            "<tr><td>a",
            "<B><i></b></I>",
            "<",
            "</",
            "</x>",
            "< a",
            "<div>a</DIV >",
        ] {
            assert!(!exceeds(&flat.repeat(100), 3), "{flat}");
        }
        for deep in ["<div>", "<p><b>", "<ol><li>", "<div></x>", "<div id=a>"] {
            assert!(exceeds(&deep.repeat(4), 3), "{deep}");
            assert!(!exceeds(&deep.repeat(3), 3), "{deep}");
        }
    }
}
