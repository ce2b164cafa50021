//! Where people end a mail without a word that says so, and what stands there about other people: a number
//! of such a place is nobody's answer (decisions, 9).

use super::item::item;
use super::label::{Segment, segments};
use super::line::{Line, Phrases, bare, fold};
use super::matter::{is_courtesy, speaks_of_password};
use super::phone::count_digits;
use super::username::{self, is_shaped};
use super::value::Value;
use super::vocabulary::{FAREWELLS, Field, OWNERS, PERSONS, VERBS};

/// A line of a signature holds a name, a title or a place.
const MOST_WORDS: usize = 10;

/// So many lines below "Chef:" may be about them.
const MOST_LINES: usize = 12;

/// The first line of an unsigned signature: a name, a place, an address or a thank-you, which say nothing,
/// with no username asked for below it. In the template a name may stand above the fields.
pub(super) fn closing(lines: &[Line]) -> Option<usize> {
    let top = lines.iter().position(|line| !line.is_blank())?;
    let asked = lines.iter().rposition(asks_for_username);
    // What stands below an empty field is its value.
    let below =
        |at: usize| lines.iter().skip(at).position(|line| !line.is_blank()).map_or(at, |gap| at + gap + 1);
    let from = match asked {
        Some(at) if lines.get(at).is_some_and(ends_empty) => below(at + 1),
        Some(at) => at + 1,
        None => top,
    };
    (from..lines.len()).find(|at| lines.get(*at).is_some_and(|line| closes(line, *at == top)))
}

fn asks_for_username(line: &Line) -> bool {
    let asked = |segment: &Segment| {
        let weak = || matches!(username::read(&line.cut(segment.value.clone()), false), Value::Missing);
        segment.field == Field::Username && !segment.doubted && !(segment.weak && weak())
    };
    item(line).is_some_and(|(number, _)| number == 1) || segments(line).iter().any(asked)
}

fn ends_empty(line: &Line) -> bool {
    let empty = |text: &str| bare(text).is_empty();
    match (segments(line).last(), item(line)) {
        (Some(last), _) => line.folded().get(last.value.clone()).is_none_or(empty),
        (None, item) => item.is_some_and(|(_, text)| empty(&fold(&text))),
    }
}

fn closes(line: &Line, at_the_top: bool) -> bool {
    if line.is_blank() || item(line).is_some() || !segments(line).is_empty() {
        return false;
    }
    let text = line.text();
    let phrases = Phrases::of(line.folded());
    let farewell = phrases.words().any(|word| FAREWELLS.has(word));
    if is_courtesy(&text, "") {
        return farewell && !at_the_top;
    }
    if line.folded().contains(['@']) || line.folded().contains("www.") {
        return !at_the_top && phrases.words().count() <= MOST_WORDS;
    }
    let count = phrases.words().count();
    let says = speaks_of_password(&phrases) || phrases.words().any(|word| VERBS.has(word));
    let ends = |signs: &[char]| line.folded().trim_end().ends_with(signs);
    let sentence = ends(&['!', '?', ':']) || (ends(&['.']) && count > 3);
    let value = text.contains(['<', ':']) || text.split_whitespace().any(is_shaped);
    let letters = line.folded().bytes().any(|octet| octet.is_ascii_alphabetic());
    let plain = letters && !value && !says && count_digits(&text) < 6;
    plain && count <= MOST_WORDS && (!sentence || (farewell && !at_the_top))
}

/// Does a line above `at` speak of another person, so that a phone on this line may be theirs? "Chef:"
/// holds until a username is asked for, anything else until the next blank line; a sentence, for the
/// line below it.
pub(super) fn belongs_to_another(lines: &[Line], at: usize) -> bool {
    let mut blank = false;
    let mut next = true;
    for line in lines.iter().take(at).rev().take(MOST_LINES) {
        if line.is_blank() {
            blank = true;
            continue;
        }
        if asks_for_username(line) {
            return false;
        }
        let phrases = Phrases::of(line.folded());
        let heading = bare(line.folded()).ends_with(':') || phrases.words().count() <= 3;
        let labels = segments(line).iter().any(|segment| segment.field == Field::Elsewhere);
        let person = phrases.hold(&PERSONS) || phrases.hold(&OWNERS);
        let reaches = (heading && !has_value(line)) || (!blank && (labels || next));
        if person && reaches {
            return true;
        }
        next = false;
    }
    false
}

/// "Chef: Karin Ek"?
fn has_value(line: &Line) -> bool {
    let folded = line.folded();
    folded.split_once(':').is_some_and(|(_, value)| !bare(value).is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<Line> {
        text.split('\n').enumerate().map(|(at, text)| Line::new(at + 1, text)).collect()
    }

    #[test]
    fn a_name_below_the_username_closes_a_mail() {
        for (text, place) in [
            ("Användarnamn: a1b2\nFilip Nord\nMobil: 0", Some(1)),
            ("Användarnamn: a1b2\n\nTack på förhand\nMobil: 0", Some(2)),
            ("Användarnamn: a1b2\n\nfilip@kommun.example\nMobil: 0", Some(2)),
            ("Användarnamn:\nfilip@kommun.example\nMobil: 0", None),
            ("Användarnamn: a1b2\nFilip Nord, lärare i matematik, Norra skolan\nMobil: 0", Some(1)),
            ("Filip Nord\nMobil: 0", Some(0)),
            ("Filip Nord\nAnvändarnamn: a1b2\nMobil: 0", None),
            ("Hej! Tack,\nMobil: 0", None),
            ("Hej, här kommer numret\nMobil: 0", None),
            ("", None),
        ] {
            assert_eq!(closing(&lines(text)), place, "{text}");
        }
    }

    #[test]
    fn a_line_below_another_person_is_theirs() {
        let theirs = |text: &str| {
            let lines = lines(text);
            belongs_to_another(&lines, lines.len() - 1)
        };
        for text in ["Chef:\nKarin Ek\nMobil: 0", "Chef: Karin Ek\nMobil: 0", "Chef:\n\nKarin\n\nMobil: 0"] {
            assert!(theirs(text), "{text}");
        }
        for text in ["Chef: Karin Ek\n\nMobil: 0", "Chef: Karin\nAnvändarnamn: a1b2\nMobil: 0", "Mobil: 0"] {
            assert!(!theirs(text), "{text}");
        }
    }
}
