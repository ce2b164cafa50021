//! A password on its page. It is put in after the template was filled, so that it never passes
//! through the template engine and no filter of a template can change it; what holds it here is
//! wiped on drop.

use zeroize::Zeroizing;

use super::spelling;
use crate::password::TemporaryPassword;
use crate::web::language::Language;

/// Stands for the password while the template is filled. From Unicode's private use area.
pub(super) const PASSWORD_SLOT: char = '\u{e000}';

/// Stands for the items of the list that spells it.
pub(super) const SPELLING_SLOT: char = '\u{e001}';

/// The name, without what a slot would be taken for.
pub(super) fn without_slots(name: &str) -> String {
    name.replace([PASSWORD_SLOT, SPELLING_SLOT], "")
}

/// Puts `password` into the page; `None` when it has not exactly one place for it and one for its
/// spelling.
pub(super) fn put_in(
    page: &str,
    password: &TemporaryPassword,
    language: Language,
) -> Option<Zeroizing<String>> {
    if [PASSWORD_SLOT, SPELLING_SLOT].iter().any(|slot| page.matches(*slot).count() != 1) {
        return None;
    }
    // A group stays on its line.
    let shown = elements("span", password.expose().split_inclusive('-'));
    let words = spelling::spell(password.expose(), language);
    let spelt = elements("li", words.iter().map(|words| words.as_str()));
    let mut whole = Zeroizing::new(String::with_capacity(page.len() + shown.len() + spelt.len()));
    for character in page.chars() {
        match character {
            PASSWORD_SLOT => whole.push_str(&shown),
            SPELLING_SLOT => whole.push_str(&spelt),
            other => whole.push(other),
        }
    }
    Some(whole)
}

/// Every text in an element of its own. The capacity is enough from the start: growing would leave
/// copies behind that nobody wipes.
fn elements<'a>(tag: &str, texts: impl Iterator<Item = &'a str> + Clone) -> Zeroizing<String> {
    const LONGEST_ESCAPE: usize = "&quot;".len();
    let around = "<></>".len() + 2 * tag.len();
    let capacity = texts.clone().map(|text| around + LONGEST_ESCAPE * text.len()).sum();
    let mut html = Zeroizing::new(String::with_capacity(capacity));
    for text in texts {
        html.extend(["<", tag, ">"]);
        for character in text.chars() {
            match character {
                '<' => html.push_str("&lt;"),
                '>' => html.push_str("&gt;"),
                '&' => html.push_str("&amp;"),
                '"' => html.push_str("&quot;"),
                other => html.push(other),
            }
        }
        html.extend(["</", tag, ">"]);
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> TemporaryPassword {
        TemporaryPassword::new(Zeroizing::new(text.to_owned()))
    }

    #[test]
    fn the_password_and_its_spelling_stand_in_their_places_as_text() {
        let page = put_in("a\u{e000}b\u{e001}c", &password("K-<"), Language::Swedish).unwrap();
        assert_eq!(
            *page,
            "a<span>K-</span><span>&lt;</span>b<li>stort K som i Kalle</li><li>bindestreck</li><li>&lt;</li>c"
        );
    }

    #[test]
    fn nothing_grows_while_a_password_is_in_it() {
        for text in ["Kf7m-Rq4x-Tw9b", "\"<>&\"-\"\"\"\"", ""] {
            let html = elements("span", text.split_inclusive('-'));
            let most: usize = text.split_inclusive('-').map(|t| "<span></span>".len() + 6 * t.len()).sum();
            assert_eq!(html.capacity(), most);
        }
    }

    #[test]
    fn a_page_without_its_one_place_is_none() {
        for page in ["\u{e000}", "\u{e001}", "", "\u{e000}\u{e001}\u{e000}"] {
            assert!(put_in(page, &password("K"), Language::English).is_none());
        }
        assert_eq!(without_slots("An\u{e000}na\u{e001}"), "Anna");
    }
}
