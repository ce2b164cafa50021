//! The username field: a word beside its label becomes a [`Username`], or not.

use super::label::is_label;
use super::line::fold;
use super::pattern::{DOTTED_NAMES, FIRST_NAME, WITH_DOMAIN};
use super::phone;
use super::value::{Value, is_example, is_personal_number, unwrap};
use super::vocabulary::PLACEHOLDERS;
use crate::types::Username;

/// Reads the text of a username field. `firm`: the label surely asks for a username and the text is
/// surely its value, so any word will do; else it must look like a username ([`is_shaped`]).
///
/// A domain before the name (`SKOLA\annand12`, as Windows shows it) is [`Value::Unclear`]: the same name may
/// be another person's in another domain (`template` drops the writer's own). A name of two words, a personal number and "vet ej" are no usernames: the field is
/// [`Value::Missing`], so that the person can be asked. Two names, or one with other words, are
/// [`Value::Unclear`].
pub(super) fn read(text: &str, firm: bool) -> Value<Username> {
    let unwrapped = unwrap(text);
    let shown = unwrapped.shown.as_str();
    if is_placeholder(shown) || is_example(shown) {
        return Value::Missing;
    }
    if phone::is_written_as_number(shown) {
        return Value::Unclear("a phone where the username should be");
    }
    if is_personal_number(shown) {
        return Value::Missing;
    }
    let words: Vec<&str> = shown.split_whitespace().collect();
    let [word] = words.as_slice() else {
        let unclear = words.iter().any(|word| is_shaped(word) || word.contains('@'));
        return if unclear { Value::Unclear("more than a username") } else { Value::Missing };
    };
    if WITH_DOMAIN.fits(word) {
        return Value::Unclear("a username of a domain that is not the writer's");
    }
    let name = *word;
    let Ok(username) = Username::parse(name) else {
        let attempt = word.chars().any(|c| c.is_ascii_digit() || "@\\/.".contains(c));
        return if attempt { Value::Unclear("not a username") } else { Value::Missing };
    };
    if let Some(target) = unwrapped.target
        && Username::parse(&target).as_ref() != Ok(&username)
    {
        return Value::Unclear("a username with another one behind its link");
    }
    if name.ends_with(['!', '-', '\'', '#', '^', '~', '+']) {
        return Value::Unclear("not a username");
    }
    // Who writes "Anna" has written their name.
    if is_shaped(name) || (firm && !FIRST_NAME.fits(name)) { Value::Is(username) } else { Value::Missing }
}

/// Does the word look like a username even without a label: an address, a name with digits
/// (`annand12`), two names with a dot (`anna.andersson`)?
pub(super) fn is_shaped(word: &str) -> bool {
    let word = word.trim_end_matches(['.', ',', ';', ':', '!', '?']);
    if Username::parse(word).is_err() || is_personal_number(word) {
        return false;
    }
    let letters = word.bytes().filter(u8::is_ascii_alphabetic).count();
    let digits = word.bytes().any(|octet| octet.is_ascii_digit());
    let dotted = word.contains('.') && DOTTED_NAMES.fits(word);
    word.contains('@') || (letters >= 2 && digits) || dotted
}

/// "xxx", "vet ej", "förnamn.efternamn": what stands in a field that nobody filled in.
fn is_placeholder(text: &str) -> bool {
    let folded = fold(text);
    let marks = |c: char| c.is_ascii_punctuation() || c == ' ' || c == 'x' || c == '\u{1}';
    folded.chars().all(marks)
        || PLACEHOLDERS.has(folded.trim())
        || ["fornamn", "efternamn", "firstname", "lastname", "anvandarnamn", "username"]
            .iter()
            .any(|word| folded.contains(word))
        || is_label(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(name: &str) -> Value<Username> {
        Value::Is(Username::parse(name).expect("a username"))
    }

    #[test]
    fn a_username_is_read_without_its_wrapping() {
        assert_eq!(
            read(" anna.andersson@kommun.example <mailto:anna.andersson@kommun.example>.", false),
            is("anna.andersson@kommun.example")
        );
        assert_eq!(read("\"AnnAnd12\"", false), is("annand12"));
        assert_eq!(read("annand", true), is("annand"));
        assert_eq!(read("ext-1a2b3c@kommun.example", false), is("ext-1a2b3c@kommun.example"));
    }

    #[test]
    fn what_is_no_username_is_missing() {
        for text in [
            "",
            "xxx",
            "?",
            "---",
            "Anna Andersson",
            "vet ej",
            "Åsa",
            "Anna",
            "19850412-1234",
            "8504121234",
            "<användarnamn>",
            "förnamn.efternamn@kommun.example",
            "t ex annand12",
            "Mobilnummer:",
            "glömt",
        ] {
            assert_eq!(read(text, true), Value::Missing, "{text}");
        }
        assert_eq!(read("annand", false), Value::Missing);
    }

    #[test]
    fn what_may_be_several_or_another_is_unclear() {
        for text in [
            "annand12 eller annand13",
            "annand12/Sommar1",
            "annand12 Sommar1",
            "070-174 06 05",
            "anna andersson@kommun.example",
            "åsa.ek@kommun.example",
            "annand12?",
            "anna@kommun.example <mailto:bo@kommun.example>",
            "a\\b\\c1",
            "KOMMUN\\annand12",
        ] {
            assert!(matches!(read(text, true), Value::Unclear(_)), "{text}");
        }
    }

    #[test]
    fn everyday_words_do_not_look_like_usernames() {
        for word in
            ["Anna", "t.ex.", "bl.a", "fr.o.m.", "10.30", "104567", "A4", "26-1141", "https://x.example/1"]
        {
            assert!(!is_shaped(word), "{word}");
        }
        for word in ["anna.andersson", "annand12", "a@b", "anna-karin.ek"] {
            assert!(is_shaped(word), "{word}");
        }
    }
}
