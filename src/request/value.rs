//! What the text beside a label amounts to, and the wrappings that mail programs put around it.

use super::line::{Phrases, fold};
use super::pattern::PERSONAL_NUMBER;
use super::vocabulary::EXAMPLES;
use crate::mail::percent_decoded;

/// What the text of a field amounts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value<T> {
    /// One value, without doubt.
    Is(T),
    /// Nothing: empty, a placeholder, or words such as "vet ej".
    Missing,
    /// Something, but not one value. In words, without the text itself.
    Unclear(&'static str),
}

/// A value as shown, and the target of the link behind it, if there is one.
pub(super) struct Unwrapped {
    pub(super) shown: String,
    pub(super) target: Option<String>,
}

/// Takes away what mail programs and people put around a value: blanks, quotation marks, brackets,
/// emphasis, the full stop of a sentence, and links (`x <mailto:x>`, `[x](tel:y)`).
pub(super) fn unwrap(text: &str) -> Unwrapped {
    let text = stripped(text);
    let lower = text.to_ascii_lowercase();
    let Some((at, scheme)) =
        ["mailto:", "tel:"].iter().find_map(|scheme| Some((lower.find(scheme)?, scheme.len())))
    else {
        return Unwrapped { shown: text.to_owned(), target: None };
    };
    let (before, link) = (&text[..at], &text[at + scheme..]);
    let end = link.find(['>', ')', ']', ' ']).unwrap_or(link.len());
    let target = percent_decoded(link[..end].split('?').next().unwrap_or_default());
    let after = link[end..].trim_matches([' ', '>', ')', ']', '.', ',', ';']);
    let shown = before.trim_end_matches([' ', '<', '(', '[', ']']).trim_start_matches(['[', '<', ' ']);
    let shown = match (shown.is_empty(), after.is_empty()) {
        (true, true) => target.clone(),
        (false, true) => stripped(shown).to_owned(),
        // More than one link and its name: leave it whole, so that it is no value.
        (_, false) => text.to_owned(),
    };
    Unwrapped { shown, target: Some(target) }
}

fn stripped(text: &str) -> &str {
    let mut text = text;
    loop {
        let shorter = text
            .trim_matches(|c: char| c.is_whitespace() || "*`\"\u{201c}\u{201d}\u{201e}«»•·".contains(c))
            .trim_end_matches(['.', ',', ';', '|', ' '])
            .trim_start_matches([',', ';', ':', '=', '|']);
        let shorter = [
            ('<', '>'),
            ('(', ')'),
            ('[', ']'),
            ('{', '}'),
            ('\'', '\''),
            ('\u{2018}', '\u{2019}'),
            ('\u{2019}', '\u{2019}'),
        ]
        .iter()
        .find_map(|(open, close)| {
            let inner = shorter.strip_prefix(*open)?.strip_suffix(*close)?;
            (!inner.contains([*open, *close])).then_some(inner)
        })
        .unwrap_or(shorter);
        if shorter.len() == text.len() {
            return text;
        }
        text = shorter;
    }
}

/// Does `text` hold the form of a personal identity number? It is neither a username nor a phone.
pub(super) fn is_personal_number(text: &str) -> bool {
    PERSONAL_NUMBER.fits(text.trim())
}

/// Is the text an example of what to write: "t ex 070-174 06 99"?
pub(super) fn is_example(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().filter(|word| !word.contains(['@', '/'])).collect();
    Phrases::of(&fold(&words.join(" "))).hold(&EXAMPLES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrappings_are_taken_away() {
        for text in [
            "  anna@kommun.example. ",
            "<anna@kommun.example>",
            "\"anna@kommun.example\"",
            "**anna@kommun.example**",
            "anna@kommun.example<mailto:anna@kommun.example>",
            "anna@kommun.example <mailto:anna@kommun.example>",
            "[anna@kommun.example](mailto:anna@kommun.example)",
            "mailto:anna@kommun.example?subject=x",
            "<mailto:anna@kommun.example>",
        ] {
            assert_eq!(unwrap(text).shown, "anna@kommun.example", "{text}");
        }
        assert_eq!(unwrap("a <mailto:b> c").shown, "a <mailto:b> c");
    }

    #[test]
    fn a_personal_number_is_known_by_its_form() {
        for text in
            ["19850412-1234", "850412-1234", "8504121234", "198504121234", "850472-1234", "850412+1234"]
        {
            assert!(is_personal_number(text), "{text}");
        }
        for text in ["070-174 06 05", "annand12", "851312-1234", "26-1141", "", "åäö1", "08504121234"] {
            assert!(!is_personal_number(text), "{text}");
        }
    }
}
