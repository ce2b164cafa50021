//! One line of a mail, kept twice: as written, and folded to plain lower-case ASCII of the same
//! length, so that words are found in the folded form and values are cut from the written one.

use std::cell::OnceCell;
use std::ops::Range;

use super::label::Segment;
use super::vocabulary::List;

/// A line and its 1-based number, as evidence names it.
pub(super) struct Line {
    /// 1-based.
    pub(super) number: usize,
    written: Vec<char>,
    /// One ASCII octet for each character of `written`.
    folded: String,
    /// The labels in it, once they have been looked for (`label`).
    pub(super) labels: OnceCell<Vec<Segment>>,
}

impl Line {
    pub(super) fn new(number: usize, text: &str) -> Self {
        let written = composed_text(text);
        let folded = written.iter().copied().map(fold_char).collect();
        Self { number, written, folded, labels: OnceCell::new() }
    }

    /// The folded form; its octet positions are the positions of [`Line::cut`].
    pub(super) fn folded(&self) -> &str {
        &self.folded
    }

    /// The characters of `range` as they were written.
    pub(super) fn cut(&self, range: Range<usize>) -> String {
        self.written.get(range).unwrap_or_default().iter().collect()
    }

    /// The whole line as it was written.
    pub(super) fn text(&self) -> String {
        self.written.iter().collect()
    }

    pub(super) fn is_blank(&self) -> bool {
        bare(&self.folded).is_empty()
    }

    /// Where its words are: runs of letters. A web address has none: what stands in it as `user=` is
    /// nobody's answer.
    pub(super) fn words(&self) -> Vec<Range<usize>> {
        let mut words: Vec<Range<usize>> = Vec::new();
        let mut address = false;
        for (at, octet) in self.folded.bytes().enumerate() {
            let begins = |sign: &str| self.folded.as_bytes()[at..].starts_with(sign.as_bytes());
            address = if address { !b" \t>".contains(&octet) } else { begins("://") || begins("www.") };
            if address || !(octet.is_ascii_alphabetic() || octet == UNKNOWN) {
                continue;
            }
            match words.last_mut() {
                Some(word) if word.end == at => word.end = at + 1,
                Some(_) | None => words.push(at..at + 1),
            }
        }
        words
    }
}

/// Stands for every character that is neither ASCII nor a known variant of it.
const UNKNOWN: u8 = 1;

/// The characters of a line, a letter and its mark as one. Blanks and marks of no width are the
/// matter of the stage before (`mail`); what it leaves in may be seen or not, and spoils a value.
fn composed_text(text: &str) -> Vec<char> {
    let mut seen = Vec::with_capacity(text.len());
    for c in text.chars() {
        match seen.last().and_then(|last| composed(*last, c)) {
            Some(whole) => {
                seen.pop();
                seen.push(whole);
            }
            None => seen.push(c),
        }
    }
    seen
}

/// The letters of Swedish names that some systems write as a letter and a mark.
fn composed(letter: char, mark: char) -> Option<char> {
    Some(match (letter, mark) {
        ('a', '\u{30a}') => 'å',
        ('a', '\u{308}') => 'ä',
        ('o', '\u{308}') => 'ö',
        ('e', '\u{301}') => 'é',
        ('A', '\u{30a}') => 'Å',
        ('A', '\u{308}') => 'Ä',
        ('O', '\u{308}') => 'Ö',
        ('E', '\u{301}') => 'É',
        _ => return None,
    })
}

fn fold_char(c: char) -> char {
    match c {
        '\t' => '\t',
        // Emphasis and bullets of plain text.
        '*' | '`' | '•' | '●' | '▪' | '◦' | '‣' | '·' | '\u{f0b7}' => ' ',
        c if c.is_ascii() => c.to_ascii_lowercase(),
        'å' | 'ä' | 'à' | 'á' | 'â' | 'ã' | 'Å' | 'Ä' | 'À' | 'Á' | 'Â' | 'Ã' => 'a',
        'ö' | 'ø' | 'ó' | 'ò' | 'ô' | 'Ö' | 'Ø' | 'Ó' | 'Ò' | 'Ô' => 'o',
        'é' | 'è' | 'ê' | 'ë' | 'É' | 'È' | 'Ê' | 'Ë' => 'e',
        'ü' | 'ú' | 'ù' | 'Ü' | 'Ú' | 'Ù' => 'u',
        '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => '-',
        '\u{2018}' | '\u{2019}' | '\u{201a}' | '´' => '\'',
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '«' | '»' => '"',
        // The full-width forms of ASCII.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0)
            .map_or(char::from(UNKNOWN), |narrow| narrow.to_ascii_lowercase()),
        c if c.is_whitespace() => ' ',
        _ => char::from(UNKNOWN),
    }
}

/// `text` in lower-case ASCII, one octet for each character.
pub(super) fn fold(text: &str) -> String {
    composed_text(text).into_iter().map(fold_char).collect()
}

/// `folded` without the blanks, quotation marks and bullets at its ends.
pub(super) fn bare(folded: &str) -> &str {
    folded
        .trim_matches(|c: char| c.is_ascii_whitespace() || "\"'_>#".contains(c))
        .trim_start_matches(['-', ' ', '_', '>'])
        .trim_end()
}

/// The words of folded text between single blanks, so that phrases can be looked for whole:
/// `" kommer inte in "`.
pub(super) struct Phrases(String);

impl Phrases {
    pub(super) fn of(folded: &str) -> Self {
        let mut text = String::from(" ");
        let words = folded.split(|c: char| !(c.is_ascii_alphanumeric() || c == char::from(UNKNOWN)));
        for word in words.filter(|word| !word.is_empty()) {
            text.push_str(word);
            text.push(' ');
        }
        Self(text)
    }

    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.0.split_ascii_whitespace()
    }

    /// Does one of `phrases` stand here, as whole words?
    pub(super) fn hold(&self, phrases: &List) -> bool {
        phrases.items().any(|phrase| {
            self.0
                .match_indices(phrase)
                .any(|(at, found)| self.blank_at(at.wrapping_sub(1)) && self.blank_at(at + found.len()))
        })
    }

    fn blank_at(&self, at: usize) -> bool {
        self.0.as_bytes().get(at) == Some(&b' ')
    }
}

/// The sentences of folded text.
pub(super) fn sentences(folded: &str) -> impl Iterator<Item = &str> {
    folded.split_inclusive(". ").flat_map(|part| part.split(['!', '?']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folded_line_is_as_long_as_the_written_one() {
        for text in
            ["Användarnamn:\u{a0}Åsa", "０70\u{2011}174", "a\u{30a}b\u{200b}c\u{ad}", "日本 🙂 é", "İstanbul"]
        {
            let line = Line::new(1, text);
            assert_eq!(line.folded().len(), line.text().chars().count(), "{text}");
            assert!(line.folded().is_ascii());
        }
        assert_eq!(Line::new(1, "ANVÄNDARNAMN\u{ff1a}\u{a0}**x**").folded(), "anvandarnamn:   x  ");
        assert_eq!(fold("a\u{308}pple"), "apple");
    }

    #[test]
    fn phrases_are_found_as_whole_words_only() {
        let text = Phrases::of("jag kommer  inte, in!");
        assert!(text.hold(&List("x, kommer inte in")));
        assert!(!text.hold(&List("mer inte in, kommer inte i")));
    }
}
