//! To whoever finds a link that is over, it is one that never was: the same octets, whatever they ask.

use std::net::SocketAddr;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use nyckelbud::web::{PickupAnswer, PickupView};
use sha2::Sha256;

use super::codes::code_in;
use super::*;
use crate::support::client::{Answer, Asked, ask};

/// Of the form of a manager's link, and of nobody's.
const NEVER: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
/// The cookie of a browser that has no part in it.
const STRANGER: &str = "00112233445566778899aabbccddeeff";

const CODES: &str = "[delivery]\npickup = \"link-and-code\"\n";

/// How a link ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    /// Its time is over, and nobody has looked at the ticket yet.
    JustExpired,
    Expired,
    Declined,
    Stopped,
    /// Five wrong codes.
    Withdrawn,
    /// The account was closed before the button was pressed.
    Closed,
    Confirmed,
    DidNotWork,
    /// Used, and nobody said how it went.
    Unconfirmed,
}

const WAYS: [Over; 9] = [
    Over::JustExpired,
    Over::Expired,
    Over::Declined,
    Over::Stopped,
    Over::Withdrawn,
    Over::Closed,
    Over::Confirmed,
    Over::DidNotWork,
    Over::Unconfirmed,
];

/// A desk with the link of an offer to Karin, and the link of the warning to Filip.
struct Linked {
    place: Place,
    desk: OpenDesk,
    link: String,
    warning: String,
}

async fn linked(more: &str) -> Linked {
    let place = Place::with(more);
    place.deliver(OFFERED);
    let desk = place.open().await;
    desk.work().await;
    let warning = demo_desk::stop_token(&place.folder).expect("the warning");
    let link = if more.is_empty() {
        place.token()
    } else {
        token_in(&super::texting::mails_to(&place.folder, "karin.ek@kommun.example")[0])
    };
    Linked { place, desk, link, warning }
}

impl Linked {
    async fn ends(&self, over: Over) {
        let Self { place, desk, link, warning } = self;
        let karin = karins_phone();
        let says = async |answer| desk.answer(link, Some(&karin), answer).await;
        match over {
            Over::JustExpired => place.clock.turn(4 * 60),
            Over::Expired => {
                place.clock.turn(4 * 60);
                desk.work().await;
                technician_has(desk, OFFERED, Reason::PickupExpired, PasswordFact::NotChanged).await;
            }
            Over::Declined => assert_eq!(says(PickupAnswer::NotMine).await, PickupView::HandedBack),
            Over::Stopped => {
                assert_eq!(desk.answer(warning, None, PickupAnswer::NotMe).await, PickupView::Stopped);
            }
            Over::Withdrawn => {
                let texts = demo_desk::texts(&place.folder);
                let code = code_in(texts.iter().find(|text| text.contains("Kod till")).expect("the code"));
                let other = if code.starts_with('3') { "4" } else { "3" };
                for _ in 0..5 {
                    let wrong = format!("{other}{}", &code[1..]);
                    desk.reveal_with(link, &karin, &wrong).await.unwrap_err();
                }
            }
            Over::Closed => {
                let path = place.folder.join("directory.toml");
                let people = std::fs::read_to_string(&path).unwrap();
                let (before, filip) = people.split_once("id = \"a-filip\"").unwrap();
                let closed = filip.replacen("enabled = true", "enabled = false", 1);
                std::fs::write(&path, format!("{before}id = \"a-filip\"{closed}")).unwrap();
                assert_eq!(desk.reveal(link, &karin).await, Err(PickupView::Gone));
            }
            Over::Confirmed | Over::DidNotWork | Over::Unconfirmed => {
                desk.reveal(link, &karin).await.unwrap();
                match over {
                    Over::Confirmed => {
                        assert_eq!(says(PickupAnswer::HandedOver).await, PickupView::Confirmed);
                    }
                    Over::DidNotWork => {
                        assert_eq!(says(PickupAnswer::DidNotWork).await, PickupView::HandedBack);
                    }
                    _ => {
                        place.clock.turn(61);
                        desk.work().await;
                    }
                }
            }
        }
    }
}

/// The token of the forms on the page of this link, in the stranger's browser: it depends on the two alone, so
/// the stranger may have had it from a page that was opened in time.
fn form(token: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(STRANGER.as_bytes()).unwrap();
    let mac = mac.chain_update(format!("form/{token}")).finalize().into_bytes();
    format!("form={}", HEXLOWER.encode(&mac))
}

/// Everything that a stranger may ask of a link, and what they hear; the link itself is named alike.
async fn heard(address: SocketAddr, token: &str) -> Vec<(String, Answer)> {
    let (path, form, cookie) = (format!("/p/{token}"), form(token), format!("nyckelbud={STRANGER}"));
    let cookies = [("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")];
    let mut heard = Vec::new();
    for query in ["", "?lang=en", "/not-mine", "/sign-in"] {
        let place = format!("{path}{query}");
        for with in [&cookies[..], &[]] {
            heard.push((format!("GET {query}"), ask(address, &Asked::get(&place).with(with)).await));
        }
        heard.push((format!("HEAD {query}"), ask(address, &Asked::get(&place).method("HEAD")).await));
    }
    for button in ["", "/not-mine", "/handed-over", "/did-not-work", "/not-me"] {
        let place = format!("{path}{button}");
        heard
            .push((format!("POST {button}"), ask(address, &Asked::post(&place, &form).with(&cookies)).await));
    }
    for (_, answer) in &mut heard {
        answer.body = answer.body.replace(token, "LINK");
        for (_, value) in &mut answer.fields {
            *value = value.replace(token, "LINK");
        }
    }
    heard
}

#[tokio::test]
async fn a_link_that_is_over_is_to_a_stranger_one_that_never_was() {
    for over in WAYS {
        let linked = linked(if over == Over::Withdrawn { CODES } else { "" }).await;
        let address = linked.desk.serve().await;
        let never = heard(address, NEVER).await;
        let open = heard(address, &linked.link).await;
        assert_ne!(open[0], never[0], "{over:?}: as long as it is open, they differ");
        assert!(never.iter().all(|(_, answer)| [303, 404].contains(&answer.status)), "{never:?}");

        // What a stranger pressed has answered it; so another one.
        let linked = self::linked(if over == Over::Withdrawn { CODES } else { "" }).await;
        linked.ends(over).await;
        let address = linked.desk.serve().await;
        let gone = heard(address, &linked.link).await;
        for ((what, gone), (_, never)) in gone.iter().zip(&never) {
            assert_eq!(gone, never, "{over:?}, {what}");
        }
    }
}

#[tokio::test]
async fn a_guessed_link_of_an_owner_is_one_that_never_was() {
    let linked = linked("").await;
    let address = linked.desk.serve().await;
    let never = heard(address, NEVER).await;
    let (number, mac) = linked.warning.split_once('-').expect("a ticket and its proof");
    let first = if mac.starts_with('a') { 'b' } else { 'a' };
    let (next, far) = (number.parse::<u64>().unwrap() + 1, u64::from(u32::MAX));
    for guessed in [
        format!("{number}-{first}{}", &mac[1..]),
        format!("{number}-{}", &mac[1..]),
        format!("{next}-{mac}"),
        format!("{far}-{mac}"),
        format!("0{number}-{mac}"),
        format!("-{mac}"),
        mac.to_owned(),
    ] {
        for ((what, guess), (_, never)) in heard(address, &guessed).await.iter().zip(&never) {
            assert_eq!(guess, never, "{guessed}, {what}");
        }
    }
    // The offer stands, whatever was tried.
    assert!(matches!(linked.desk.look(&linked.warning, None).await, PickupView::Warning { .. }));
    // And once the offer has expired, even the right one.
    linked.place.clock.turn(4 * 60);
    for ((what, gone), (_, never)) in heard(address, &linked.warning).await.iter().zip(&never) {
        assert_eq!(gone, never, "expired, {what}");
    }
}
