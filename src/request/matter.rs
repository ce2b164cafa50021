//! Is a mail about a password at all?

use super::line::{Phrases, fold};
use super::refusal::refuses;
use super::vocabulary::{COURTESIES, List, PASSWORD_BEGINNINGS, PASSWORD_PHRASES};

/// What the words of subject and text say about the matter.
pub(super) struct Matter {
    /// A password, or being locked out, is spoken of.
    pub(super) mentioned: bool,
    /// The writer may not want one, or no longer, or warns: `refusal`.
    pub(super) withdrawn: bool,
}

impl Matter {
    /// `free`: the text outside the fields. The label "inloggning" alone says nothing.
    pub(super) fn of(subject: &str, free: &str) -> Self {
        let phrases = Phrases::of(&fold(&format!("{subject}. {free}")));
        Self { mentioned: speaks_of_the_matter(&phrases), withdrawn: refuses(subject, free) }
    }
}

pub(super) fn names_a_password(word: &str) -> bool {
    const MEANT: List = List("losenord, password");
    PASSWORD_BEGINNINGS.items().any(|beginning| word.starts_with(beginning)) || MEANT.has_nearly(word)
}

/// Does folded text speak of a password?
pub(super) fn speaks_of_password(phrases: &Phrases) -> bool {
    phrases.words().any(names_a_password)
}

/// Does folded text speak of a password, or of being locked out?
pub(super) fn speaks_of_the_matter(phrases: &Phrases) -> bool {
    speaks_of_password(phrases) || phrases.hold(&PASSWORD_PHRASES)
}

/// Nothing but greetings, courtesies, and the words of `names` (the username's own parts)?
pub(super) fn is_courtesy(text: &str, names: &str) -> bool {
    let names = Phrases::of(&fold(names));
    let known = |word: &str| COURTESIES.has(word) || names.words().any(|name| name == word);
    Phrases::of(&fold(text)).words().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matter(text: &str) -> (bool, bool) {
        let matter = Matter::of("", text);
        (matter.mentioned, matter.withdrawn)
    }

    #[test]
    fn people_say_in_many_ways_that_they_are_locked_out() {
        for text in [
            "Nytt lösenord",
            "jag har glömt lösenordet",
            "utelåst!",
            "Jag är låst ute",
            "LÖSENORD",
            "losenord",
            "lösneord",
            "New password please",
            "I am locked out",
            "Kommer inte in i datorn",
            "kan inte logga in",
            "mitt konto är låst",
            "passwrod",
        ] {
            assert_eq!(matter(text), (true, false), "{text}");
        }
        for text in ["Skrivaren blinkar", "lösningen", "", "passagekort", "Vi vill låsa dörren"] {
            assert_eq!(matter(text), (false, false), "{text}");
        }
    }

    #[test]
    fn a_withdrawn_wish_is_noticed() {
        for text in [
            "Det har löst sig, lösenordet hittades",
            "Jag har inte glömt lösenordet",
            "It works now, password found",
        ] {
            assert_eq!(matter(text), (true, true), "{text}");
        }
    }

    #[test]
    fn a_greeting_is_only_a_courtesy() {
        assert!(is_courtesy("Hej! Tack på förhand, Anna Andersson", "anna.andersson@kommun.example"));
        assert!(!is_courtesy("Skrivaren fungerar inte", ""));
    }
}
