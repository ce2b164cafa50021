//! Parts a value from the rest of its sentence: "annand12 och jag har glömt mitt lösenord". Where the
//! rest could change what the value means, it stays with the value, and spoils it.

use super::line::{Line, Phrases, bare};
use super::phone::count_digits;
use super::username::is_shaped;
use super::vocabulary::{Field, NEGATIONS, OWNERS, STARTERS, TAIL_DOUBTS};

/// The value's text, and the harmless rest (empty when there is none).
pub(super) fn part(field: Field, text: &str) -> (String, String) {
    let line = Line::new(0, text);
    let folded = line.folded();
    let sentence = ends_of_sentences(folded);
    let clause = [", ", " och ", " and ", " men ", " but ", "; ", " ("]
        .iter()
        .filter(|sign| field == Field::Username || **sign != " (")
        .filter_map(|sign| folded.find(sign))
        .chain(sentence)
        .min();
    match clause {
        Some(at) if is_harmless(field, &line, at) => (line.cut(0..at), line.cut(at..folded.len())),
        Some(_) | None => (line.text(), String::new()),
    }
}

/// The first end of a sentence behind which another one surely begins.
fn ends_of_sentences(folded: &str) -> Option<usize> {
    let starts = |sign: &&str| {
        folded
            .match_indices(*sign)
            .find(|(at, _)| first_word(&folded[at + 2..]).is_some_and(|word| STARTERS.has(&word)))
            .map(|(at, _)| at)
    };
    [". ", "! "].iter().filter_map(starts).min()
}

fn first_word(folded: &str) -> Option<String> {
    Phrases::of(folded).words().next().map(str::to_owned)
}

fn is_harmless(field: Field, line: &Line, at: usize) -> bool {
    let rest = line.cut(at..line.folded().len());
    let folded = &line.folded()[at..];
    let phrases = Phrases::of(folded);
    let mut words = rest.split_whitespace();
    if count_digits(&rest) > 0 || words.any(is_shaped) || phrases.hold(&TAIL_DOUBTS) || phrases.hold(&OWNERS)
    {
        return false;
    }
    if bare(folded).is_empty() || field != Field::Phone {
        return true;
    }
    // Behind a phone only another sentence: "privat", "ankn" or "fungerar ej" are part of the field.
    let start = phrases.words().find(|word| !matches!(*word, "och" | "and" | "men" | "but"));
    !phrases.hold(&NEGATIONS) && start.is_some_and(|word| STARTERS.has(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_a_sentence_is_parted_from_the_value() {
        for (text, value) in [
            ("annand12 och jag har glömt mitt lösenord", "annand12"),
            ("annand12, Anna Andersson", "annand12"),
            ("annand12 (Anna Andersson)", "annand12"),
            ("annand12. Tack på förhand", "annand12"),
            ("anna. Andersson", "anna. Andersson"),
            ("annand12 eller annand13", "annand12 eller annand13"),
            ("annand12, inte annand13", "annand12, inte annand13"),
            ("annand12, men det är fel", "annand12, men det är fel"),
        ] {
            assert_eq!(part(Field::Username, text).0, value, "{text}");
        }
        for (text, value) in [
            ("070-174 06 05. Tack!", "070-174 06 05"),
            ("070-174 06 05 och jag är låst ute", "070-174 06 05"),
            ("070-174 06 05, men den fungerar inte", "070-174 06 05, men den fungerar inte"),
            ("070-174 06 05, min chefs", "070-174 06 05, min chefs"),
            ("070-174 06 05 (privat)", "070-174 06 05 (privat)"),
            ("070-174 06 05, ankn", "070-174 06 05, ankn"),
        ] {
            assert_eq!(part(Field::Phone, text).0, value, "{text}");
        }
    }
}
