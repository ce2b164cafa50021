//! Whose matter is it that a text speaks of? Nobody can list the people whom a mail may be about; so what
//! is the writer's own is told by words all of which are known.

use std::ops::Range;

use super::label::Segment;
use super::line::{Line, Phrases, fold};
use super::matter::{names_a_password, speaks_of_the_matter};
use super::username::is_shaped;
use super::vocabulary::{COURTESIES, Field, OWN_WORDS, OWNERS, THIRD_PERSONS};

/// Nothing but courtesies and what people say of their own password? "Kan ni hjälpa min elev" is not, nor
/// is any name but those of `names`.
pub(super) fn is_own(text: &str, names: &str) -> bool {
    let names = Phrases::of(&fold(names));
    let known = |word: &str| {
        COURTESIES.has(word)
            || OWN_WORDS.has(word)
            || names_a_password(word)
            || names.words().any(|name| name == word)
    };
    Phrases::of(&fold(text)).words().all(known)
}

/// May what stands on the line before a field make it another person's: "Chef: Karin Ek, mobil"? A phone
/// is the writer's only behind nothing, a whole value, or words of which all are about their own matter; a
/// username says itself whose it is, but not behind "min chef" without "hennes". `label`: from the start of
/// the field to its label.
pub(super) fn may_be_anothers(line: &Line, segments: &[Segment], field: Field, label: Range<usize>) -> bool {
    if segments.iter().any(|before| before.field == Field::Elsewhere || before.doubted) {
        return true;
    }
    let before = segments.last();
    let from = before.map_or(0, |before| before.value.start);
    let Some(folded) = line.folded().get(from..label.start) else { return false };
    let phrases = Phrases::of(folded);
    match (field, before.map(|before| before.field)) {
        (Field::Username, _) => {
            let tied = Phrases::of(&line.folded()[label]).hold(&THIRD_PERSONS);
            phrases.hold(&OWNERS) && !tied
        }
        (Field::Phone, Some(Field::Other)) => names_another(&phrases),
        (Field::Phone, Some(before)) => {
            let text = line.cut(from..label.start);
            let is_value = |c: char| before == Field::Phone && !c.is_alphabetic();
            let rest = text.trim_start().trim_start_matches(is_value);
            let rest = if before == Field::Phone {
                Some(rest)
            } else {
                rest.split_once([' ', '\t']).map(|(_, rest)| rest)
            };
            rest.is_some_and(|rest| !is_own_matter(rest))
        }
        (Field::Phone, None) => !is_own_matter(&without_own_name(&line.cut(from..label.start))),
        (Field::Other | Field::Elsewhere, _) => phrases.hold(&OWNERS),
    }
}

/// Is every sentence the writer's own? One about a password may say of which account: "lösen till annand12".
fn is_own_matter(text: &str) -> bool {
    text.split_inclusive(". ").all(|sentence| {
        let unnamed: Vec<&str> = sentence.split_whitespace().filter(|word| !is_shaped(word)).collect();
        let about_it = speaks_of_the_matter(&Phrases::of(&fold(sentence)));
        is_own(sentence, "") || (about_it && is_own(&unnamed.join(" "), ""))
    })
}

/// Does the text speak of another person?
fn names_another(phrases: &Phrases) -> bool {
    phrases.hold(&OWNERS) || phrases.hold(&THIRD_PERSONS)
}

/// "jag heter Anna Andersson": the text without the writer's name.
fn without_own_name(text: &str) -> String {
    let mut kept = Vec::new();
    let mut naming = false;
    for word in text.split_whitespace() {
        let is_name = word.starts_with(char::is_uppercase);
        if !(naming && is_name) {
            kept.push(word);
        }
        let said = fold(word);
        naming =
            matches!(said.as_str(), "heter") || (naming && is_name && !word.ends_with(['.', ',', ';', ':']));
    }
    kept.retain(|word| fold(word) != "heter");
    kept.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_words_are_the_writers_own_matter() {
        for text in [
            "Hej! Jag har glömt mitt lösenord.",
            "I am locked out, please reset my password",
            "Kan ni hjälpa mig? Jag kommer inte in på datorn idag",
            "",
        ] {
            assert!(is_own(text, ""), "{text}");
        }
        for text in [
            "Min kollega har glömt sitt lösenord",
            "Karin har glömt lösenordet",
            "min elev kommer inte in",
            "password for Karin",
        ] {
            assert!(!is_own(text, ""), "{text}");
        }
        assert!(is_own("Tack, Anna", "anna.andersson"));
        assert_eq!(without_own_name("Jag heter Anna Andersson, och är låst"), "Jag och är låst");
    }
}
