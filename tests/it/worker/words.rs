//! Passwords of words: shown by a page, never sent by a text.

use std::sync::Arc;

use super::*;
use crate::support::demo_desk::password_in;
use crate::support::scripted_gateway::{ScriptedGateway, accepted, refused};

/// A desk whose pages show words, with `more` configuration.
fn of_words(more: &str) -> Place {
    let place = Place::new();
    let path = place.folder.join("nyckelbud.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    let config = config.replacen("[password]", "[password]\nstyle = \"words\"\nwords = 5", 1);
    std::fs::write(path, format!("{config}\n{more}")).unwrap();
    place
}

/// `Kavel-trumf7-snok-brygga4-tulpan`
fn is_of_words(password: &str) -> bool {
    let parts: Vec<&str> = password.split('-').collect();
    let letters = |part: &str| part.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    parts.len() == 5 && parts.iter().all(|part| (4..=7).contains(&letters(part)))
}

/// The passwords of characters in the texts that reached the gateway.
fn texted(gateway: &Arc<ScriptedGateway>) -> Vec<String> {
    gateway.sent().iter().filter_map(|sent| password_in(&sent.text)).map(str::to_owned).collect()
}

/// The token of the link that the manager was sent.
fn token(gateway: &Arc<ScriptedGateway>) -> String {
    let texts = gateway.sent();
    let text = texts.iter().find(|sent| sent.text.contains("behöver")).expect("the manager's text");
    let (_, link) = text.text.split_once("/p/").expect("a link");
    link.chars().take_while(char::is_ascii_alphanumeric).collect()
}

#[tokio::test]
async fn a_page_shows_words_and_a_text_has_characters() {
    let place = of_words("");
    place.deliver(OFFERED);
    place.deliver(TEXTED);
    let gateway = ScriptedGateway::new("a", false, |_, _| accepted(""));
    let desk = open_with(&place, &[&gateway]).await;
    desk.work().await;
    let texted = texted(&gateway);
    assert_eq!(texted.len(), 1, "one text holds a password, of characters");
    assert!(place.opens("a-anna", &texted[0]));
    let shown = desk.reveal(&token(&gateway), &karins_phone()).await.unwrap();
    assert!(is_of_words(&shown), "the page shows no words");
    assert!(place.opens("a-filip", &shown));
}

#[tokio::test]
async fn a_manager_who_gets_passwords_by_text_gets_characters() {
    let place = of_words("[delivery]\nmanager = \"password\"\n");
    place.deliver(OFFERED);
    let gateway = ScriptedGateway::new("a", false, |_, _| accepted(""));
    let desk = open_with(&place, &[&gateway]).await;
    desk.work().await;
    let texted = texted(&gateway);
    assert_eq!(texted.len(), 1, "one text holds a password, of characters");
    assert!(place.opens("a-filip", &texted[0]));
}

/// A second value for one generation would lock out whoever holds the first.
#[tokio::test]
async fn a_password_of_characters_that_was_set_for_a_text_is_shown_as_it_is() {
    let place = of_words("");
    place.deliver(TEXTED);
    let gateway = ScriptedGateway::new("a", false, |n, _| if n == 0 { refused() } else { accepted("") });
    let desk = open_with(&place, &[&gateway]).await;
    desk.work().await;
    let shown = desk.reveal(&token(&gateway), &karins_phone()).await.unwrap();
    assert_eq!(texted(&gateway), [shown.as_str()], "the page shows another than the text held");
    assert!(place.opens("a-anna", &shown));
}

/// Three quarters of all words are names of Filip: none of them is in his password, whichever name it is of.
#[tokio::test]
async fn no_word_of_a_password_is_part_of_a_name() {
    let words = include_str!("../../../src/password/words.txt");
    let words: Vec<&str> = words.lines().filter(|line| !line.starts_with('#')).collect();
    let (names, free) = words.split_at(words.len() / 4 * 3);
    let place = of_words("");
    // Not longer than a username may be.
    let aliases: Vec<String> = names.chunks(7).map(|words| format!("\"{}\"", words.join("."))).collect();
    let username = "username = \"filip.nord@kommun.example\"\n";
    place.people(username, &format!("{username}aliases = [{}]\n", aliases.join(", ")));
    place.deliver(OFFERED);
    let gateway = ScriptedGateway::new("a", false, |_, _| accepted(""));
    let desk = open_with(&place, &[&gateway]).await;
    desk.work().await;
    let shown = desk.reveal(&token(&gateway), &karins_phone()).await.unwrap().to_ascii_lowercase();
    let shown: Vec<&str> =
        shown.split('-').map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit())).collect();
    assert!(shown.iter().all(|word| free.contains(word)), "the password holds a name");
}
