//! Finds the labels in a line, and cuts the line into labels with their values. A label counts only
//! where a field can begin: at the start of the line, behind a sign, behind "mitt" or "och", or
//! behind a whole value of the field before it. "Chefens mobil" is no label.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use super::line::{Line, Phrases, bare};
use super::own::may_be_anothers;
use super::vocabulary::{
    DOUBTS, ELSEWHERE_LABELS, EXAMPLES, Field, HINTS, KINDS, NEGATIONS, OTHER_LABELS, OWNERS, PHONE_LABELS,
    POSSESSIVES, USERNAME_LABELS, WEAK_PHONE_LABELS, WEAK_USERNAME_LABELS,
};

/// How a value is tied to its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tie {
    /// By `:`, `=`, a dash, or as a cell beside it.
    Firm,
    /// By "är" or "is".
    Spoken,
    /// By standing behind it.
    Loose,
}

/// A label with the place of its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) field: Field,
    /// An everyday word, so that the value itself must look like one.
    pub(super) weak: bool,
    pub(super) tie: Tie,
    /// Where the field begins, with what stands before its label (`mitt`).
    pub(super) start: usize,
    /// It is the first thing on its line.
    pub(super) opens_line: bool,
    /// Something beside it makes the value doubtful: `gammalt mobilnummer`.
    pub(super) doubted: bool,
    pub(super) value: Range<usize>,
}

/// Nobody writes fields into a longer line, and what a label costs grows with what stands before it.
const LONGEST_LINE: usize = 2_000;

/// The labels of `line`, in order; none in one that is too long.
pub(super) fn segments(line: &Line) -> &[Segment] {
    line.labels.get_or_init(|| found(line))
}

fn found(line: &Line) -> Vec<Segment> {
    if line.folded().len() > LONGEST_LINE {
        return Vec::new();
    }
    let words = line.words();
    let mut segments: Vec<Segment> = Vec::new();
    let mut next = 0;
    while let Some(rest) = words.get(next..).filter(|rest| !rest.is_empty()) {
        let Some((field, weak, taken, place)) = label_at(line, rest) else {
            next += 1;
            continue;
        };
        next += taken;
        if is_part_of_more(line.folded(), &place) {
            continue;
        }
        let behind = behind(line, place.end, field);
        let wanted = matches!(field, Field::Username | Field::Phone);
        if !wanted && behind.tie != Tie::Firm {
            continue;
        }
        let Some(anchor) = anchor(line, place.start, segments.last()) else { continue };
        let doubted = anchor.doubted
            || behind.doubted
            || (field == Field::Phone && anchor.owned)
            || (!anchor.opens_line && may_be_anothers(line, &segments, field, anchor.start..place.start));
        if let Some(before) = segments.last_mut() {
            let value = &line.folded()[..anchor.start];
            let value = value.trim_end_matches([' ', ',', ';', '/', '|', '&', '+', '-']);
            before.value.end = value.len().max(before.value.start);
        }
        segments.push(Segment {
            field,
            weak,
            tie: behind.tie,
            start: anchor.start,
            opens_line: anchor.opens_line,
            doubted,
            value: behind.value..line.folded().len(),
        });
        // Words of a hint are no labels of their own.
        while words.get(next).is_some_and(|word| word.start < behind.value) {
            next += 1;
        }
    }
    segments
}

/// Is the word at `place` a part of a longer one, of an address (`user.name@…`, `bo.user`), or the
/// target of a link, as Outlook writes it behind its text (`<tel:…>`)?
fn is_part_of_more(folded: &str, place: &Range<usize>) -> bool {
    const WITHIN_NAMES: &str = ".-_+'#!~^@\\";
    let (before, behind) = (&folded[..place.start], &folded[place.end..]);
    let is_sign = |c: char| WITHIN_NAMES.contains(c);
    let is_word = |c: char| c.is_ascii_alphanumeric();
    before.ends_with('<')
        || (before.ends_with(['?', '&']) && behind.starts_with('='))
        || before.ends_with(is_word)
        || behind.starts_with(is_word)
        || before.strip_suffix(is_sign).is_some_and(|rest| rest.ends_with(is_word))
        || behind.starts_with(['@', '_', '\\'])
        || behind
            .strip_prefix(is_sign)
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// The longest label that begins with the first of `words`: what it asks for, whether it is weak,
/// how many words it takes, and where it stands.
fn label_at(line: &Line, words: &[Range<usize>]) -> Option<(Field, bool, usize, Range<usize>)> {
    (1..=3).rev().find_map(|count| {
        let taken = words.get(..count)?;
        let (first, last) = (taken.first()?, taken.last()?);
        let joined = joined(line.folded(), taken)?;
        let (field, weak) = known(&joined, count == 1)?;
        Some((field, weak, count, first.start..last.end))
    })
}

/// The words written together, if only a blank, a dot, a hyphen or an underscore parts them.
fn joined(folded: &str, words: &[Range<usize>]) -> Option<String> {
    let mut joined = String::new();
    let mut end = None;
    for word in words {
        if let Some(end) = end {
            let gap = folded.get(end..word.start)?;
            if gap.len() > 2 || !gap.chars().all(|c| " .-_".contains(c)) {
                return None;
            }
        }
        joined.push_str(folded.get(word.clone())?);
        end = Some(word.end);
    }
    Some(joined)
}

/// Every label with what it asks for, and whether it is weak. A map, because every word of every mail is
/// looked up.
static LABELS: LazyLock<HashMap<&'static str, (Field, bool)>> = LazyLock::new(|| {
    let lists = [
        (USERNAME_LABELS, Field::Username, false),
        (PHONE_LABELS, Field::Phone, false),
        (WEAK_USERNAME_LABELS, Field::Username, true),
        (WEAK_PHONE_LABELS, Field::Phone, true),
        (OTHER_LABELS, Field::Other, false),
        (ELSEWHERE_LABELS, Field::Elsewhere, false),
    ];
    let mut labels = HashMap::new();
    for (list, field, weak) in lists {
        for label in list.items() {
            // What stands in two lists means what the first says.
            labels.entry(label).or_insert((field, weak));
        }
    }
    labels
});

/// What a label asks for, and whether it is weak. A long one may hold one slip of the finger.
fn known(label: &str, slips: bool) -> Option<(Field, bool)> {
    let lists = [(USERNAME_LABELS, Field::Username), (PHONE_LABELS, Field::Phone)];
    let near = || lists.iter().find(|(list, _)| slips && list.has_nearly(label));
    LABELS.get(label).copied().or_else(|| near().map(|(_, field)| (*field, false)))
}

/// Is the whole of `text` a label?
pub(super) fn is_label(text: &str) -> bool {
    let line = Line::new(0, text);
    let words = line.words();
    let whole = |(_, _, taken, place): (Field, bool, usize, Range<usize>)| {
        taken == words.len() && bare(line.folded()).trim_end_matches(':').len() == place.len()
    };
    label_at(&line, &words).is_some_and(whole)
}

/// What stands before a label.
struct Anchor {
    start: usize,
    opens_line: bool,
    doubted: bool,
    /// Another person is named, whose phone it may be.
    owned: bool,
}

/// Can a field begin with the label at `start`?
fn anchor(line: &Line, start: usize, before: Option<&Segment>) -> Option<Anchor> {
    let folded = line.folded();
    let mut anchor = Anchor { start, opens_line: false, doubted: false, owned: false };
    let mut tied = false;
    loop {
        let head = folded.get(..anchor.start)?.trim_end_matches([' ', '"', '\'', '_', '#', '>']);
        if head.is_empty() || is_item_number(head.trim_start()) {
            anchor.opens_line = true;
            return Some(anchor);
        }
        if let Some(number) = last_item_number(head) {
            anchor.start = number;
            return Some(anchor);
        }
        if head.ends_with(['.', ',', ';', ':', '!', '?', '|', '/', '\t', '(', '&', '+', '='])
            || head.trim_start() == "-"
            || head.ends_with(" -")
        {
            anchor.opens_line = head.trim_start() == "-";
            return Some(anchor);
        }
        let word_start = head.rfind(|c: char| !c.is_ascii_alphabetic()).map_or(0, |at| at + 1);
        let word = head.get(word_start..)?;
        if POSSESSIVES.has(word) {
            tied = true;
        } else if DOUBTS.has(word) || NEGATIONS.has(word) {
            anchor.doubted = true;
            tied = true;
        } else if !KINDS.has(word) {
            break;
        }
        anchor.start = word_start;
    }
    let from = before.map_or(0, |before| before.value.start);
    if !tied && !before.is_some_and(|before| is_one_value(line, before, anchor.start)) {
        return None;
    }
    let clause = folded.get(from.max(anchor.start.saturating_sub(LONGEST_HINT))..anchor.start)?;
    let clause = clause.rfind(['.', '!', '?', ',', ';', ':']).map_or(clause, |at| &clause[at..]);
    let clause = Phrases::of(clause);
    anchor.doubted |= clause.hold(&DOUBTS) || clause.hold(&NEGATIONS);
    anchor.owned = clause.hold(&OWNERS);
    Some(anchor)
}

/// `1.`, `2)`, `(1)`, `1:` or a plain `1`.
fn is_item_number(text: &str) -> bool {
    let number = text.trim_start_matches('(').trim_end_matches(['.', ')', ':', ' ']);
    number.len() == 1 && number.bytes().all(|octet| octet.is_ascii_digit())
}

/// Where the item number begins with which `head` ends: "annand12 2."
fn last_item_number(head: &str) -> Option<usize> {
    let blank = head.rfind([' ', '\t', ','])?;
    let number = &head[blank + 1..];
    (number.len() >= 2 && is_item_number(number)).then_some(blank + 1)
}

/// Does the value of the field before fill all that lies before `end`?
fn is_one_value(line: &Line, before: &Segment, end: usize) -> bool {
    let Some(text) = line.folded().get(before.value.start..end).map(str::trim) else { return false };
    match before.field {
        Field::Username => !text.is_empty() && !text.contains([' ', '\t']),
        Field::Phone => !text.is_empty() && !text.bytes().any(|octet| octet.is_ascii_alphabetic()),
        Field::Other | Field::Elsewhere => false,
    }
}

/// What stands behind a label.
struct Behind {
    tie: Tie,
    doubted: bool,
    value: usize,
}

fn behind(line: &Line, label_end: usize, field: Field) -> Behind {
    let folded = line.folded();
    let abbreviated = folded[label_end..].starts_with('.');
    let mut at = label_end + usize::from(abbreviated);
    let mut doubted = false;
    if let Some((end, hint_doubts)) = hint_in_brackets(folded, at, field) {
        (at, doubted) = (end, hint_doubts);
    } else if let Some(end) = hint_in_words(folded, at).filter(|_| !abbreviated) {
        return Behind { tie: Tie::Firm, doubted: false, value: end };
    }
    if let Some(value) = sign(folded, at) {
        return Behind { tie: Tie::Firm, doubted, value };
    }
    let spoken = folded[at..].trim_start();
    let word_end = spoken.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(spoken.len());
    if matches!(&spoken[..word_end], "ar" | "is" | "lyder") {
        let value = folded.len() - spoken.len() + word_end;
        return Behind { tie: Tie::Spoken, doubted, value: sign(folded, value).unwrap_or(value) };
    }
    Behind { tie: Tie::Loose, doubted, value: at }
}

/// The position behind a sign that ties a value to the label before it.
fn sign(folded: &str, from: usize) -> Option<usize> {
    let mut at = from;
    let mut found = false;
    let octets = folded.as_bytes();
    while let Some(octet) = octets.get(at) {
        match octet {
            b':' | b'=' | b'|' | b'\t' => found = true,
            b'-' => {
                let next = octets.get(at + 1).copied().unwrap_or(b' ');
                let apart = at > from && matches!(next, b' ' | b'\t');
                if !(found || apart || matches!(next, b'0'..=b'9' | b'+' | b'>')) {
                    break;
                }
                found = true;
            }
            b'>' if found => {}
            b' ' | b'"' | b'_' => {}
            _ => break,
        }
        at += 1;
    }
    found.then_some(at)
}

/// The end of a hint in brackets behind the label, and whether it makes the value doubtful; at a
/// phone's label any unknown words do: they may name its owner. A bracket with a number in it is the
/// value.
fn hint_in_brackets(folded: &str, from: usize, field: Field) -> Option<(usize, bool)> {
    let rest = &folded[from..];
    let open = from + rest.len() - rest.trim_start().len();
    let length = window(folded, open).strip_prefix('(')?.find(')')?;
    let hint = &folded[open + 1..open + 1 + length];
    let end = open + length + 2;
    let phrases = Phrases::of(hint);
    let example = phrases.hold(&EXAMPLES);
    let digits = hint.bytes().filter(u8::is_ascii_digit).count();
    if digits > 4 && !example && sign(folded, end).is_none() {
        return None;
    }
    let doubtful = phrases.hold(&DOUBTS) || phrases.hold(&NEGATIONS) || phrases.hold(&OWNERS);
    let known = phrases.words().all(|word| HINTS.has(word) || word.bytes().all(|c| c.is_ascii_digit()));
    Some((end, !example && (digits > 4 || doubtful || (field == Field::Phone && !known))))
}

/// The end of a hint in plain words and its sign: "som arbetsgivaren har registrerat:".
fn hint_in_words(folded: &str, from: usize) -> Option<usize> {
    let length = window(folded, from).find([':', '='])?;
    let hint = &folded[from..from + length];
    let plain =
        hint.starts_with([' ', ',']) && hint.bytes().all(|c| c.is_ascii_alphabetic() || b" ,-".contains(&c));
    let known = || Phrases::of(hint).words().all(|word| HINTS.has(word));
    if plain && !hint.trim().is_empty() && known() { sign(folded, from + length) } else { None }
}

/// So much of the text as a hint, or a clause before a label, may fill, so that many labels on one line
/// cost no more than few.
const LONGEST_HINT: usize = 100;

fn window(folded: &str, from: usize) -> &str {
    &folded[from..folded.len().min(from + LONGEST_HINT)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fields of a line with their values; `?` before one in doubt.
    fn fields(text: &str) -> Vec<String> {
        let line = Line::new(1, text);
        let show = |s: Segment| {
            let doubt = if s.doubted { "?" } else { "" };
            format!("{doubt}{:?}={}", s.field, line.cut(s.value).trim())
        };
        segments(&line).iter().cloned().map(show).collect()
    }

    #[test]
    fn a_line_is_cut_into_labels_and_values() {
        let both = ["Username=annand12", "Phone=070-174 06 05"];
        assert_eq!(fields("Användarnamn: annand12 Mobil: 070-174 06 05"), both);
        assert_eq!(fields("mitt anv.namn är annand12 och mobil-nr 070-174 06 05"), both);
        assert_eq!(fields("Mobilnummer som arbetsgivaren har registrerat: 0"), ["Phone=0"]);
        assert_eq!(fields("Gammalt mobilnummer: 0"), ["?Phone=0"]);
        assert_eq!(fields("Mobil (chefens): 0"), ["?Phone=0"]);
    }

    #[test]
    fn a_label_within_other_words_is_none() {
        for text in ["https://x.example/?a=1&user=a1", "x.example/?user=a1", "www.x.example/user:a1"] {
            assert_eq!(fields(text), Vec::<String>::new(), "{text}");
        }
        for text in ["Chefens mobil: 0", "bo.user@kommun.example", "user01", "<tel:0>", "Mobilabonnemang: 0"]
        {
            assert_eq!(fields(text), Vec::<String>::new(), "{text}");
        }
    }
}
