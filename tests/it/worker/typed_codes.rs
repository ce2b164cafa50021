//! `pickup = "code"`: no text carries a link. The code in it is typed at the desk's page, and leads to the page that
//! a link would have opened.

use std::time::{Duration, Instant};

use nyckelbud::web::{CodeAnswer, PickupAnswer, PickupView};

use super::*;

pub const CODE: &str = "[delivery]\npickup = \"code\"\n";
pub const HERE: &str = "192.0.2.7";
pub const KARIN: &str = "46701740610";
pub const FILIP: &str = "46701740624";

pub fn typed_code_in(text: &str) -> String {
    find_typed_code(text).unwrap_or_else(|| panic!("no code in {text}"))
}

/// What looks like such a code: `7KQ-M4X-TR9-B2C`, or an owner's `57-7KQ-M4X-TR9-B2C`.
pub fn find_typed_code(text: &str) -> Option<String> {
    let group = |part: &&str| {
        part.len() == 3 && part.bytes().all(|b| b"0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains(&b))
    };
    let is_code = |word: &&str| {
        let parts: Vec<&str> = word.split('-').collect();
        let (before, code) = parts.split_at(parts.len().saturating_sub(4));
        let number = before.is_empty() || (before.len() == 1 && before[0].parse::<i64>().is_ok());
        code.len() == 4
            && code.iter().all(group)
            && number
            && code.concat().contains(|c: char| c.is_ascii_alphabetic())
    };
    text.split_whitespace().find(is_code).map(str::to_owned)
}

pub fn texts_to(place: &Place, number: &str) -> Vec<String> {
    let texts = demo_desk::texts(&place.folder).into_iter();
    texts.filter(|text| text.starts_with(&format!("To: {number}\n"))).collect()
}

fn all_mails(place: &Place) -> Vec<String> {
    let folder = place.folder.join("mail");
    let read = |name: String| std::fs::read_to_string(folder.join(name)).unwrap();
    demo_desk::files(&folder)
        .into_iter()
        .map(|name| read(name).replace("=\r\n", "").replace("=\n", ""))
        .collect()
}

pub async fn offered(more: &str) -> (Place, OpenDesk, String) {
    let place = Place::with(more);
    place.deliver(OFFERED);
    let desk = place.open().await;
    desk.work().await;
    let texts = texts_to(&place, KARIN);
    assert_eq!(texts.len(), 1, "{texts:#?}");
    let code = typed_code_in(&texts[0]);
    (place, desk, code)
}

pub async fn typed(desk: &OpenDesk, code: &str, browser: &Browser) -> Option<String> {
    match desk.type_code(code, HERE, browser).await {
        CodeAnswer::LeadsTo(token) => Some(token.to_string()),
        CodeAnswer::Wrong => None,
        CodeAnswer::Busy => panic!("busy"),
    }
}

pub fn wrong(code: &str) -> String {
    format!("{}{}", if code.starts_with('3') { '4' } else { '3' }, &code[1..])
}

#[tokio::test]
async fn the_code_of_a_text_without_a_link_leads_to_the_page_that_a_link_would_open() {
    let (place, desk, code) = offered(CODE).await;
    let all = [demo_desk::texts(&place.folder), all_mails(&place)].concat();
    // The owner's link to say "it was not me" goes by mail, and only after a change.
    assert!(all.iter().all(|words| !words.contains("/p/") && !words.contains("http://127")), "{all:#?}");
    let mails = all_mails(&place);
    let to_karin: Vec<_> = mails.iter().filter(|mail| mail.contains("To: karin.ek@kommun.example")).collect();
    assert_eq!(to_karin.len(), 1);
    assert!(!to_karin[0].contains(&code), "a mail alone opens nothing");
    assert!(to_karin[0].contains("skriv den d=C3=A4r") || to_karin[0].contains("enter it there"));

    let spelt = [code.clone(), code.to_lowercase().replace('-', ""), format!(" {} ", code.replace('-', " "))];
    let mut tokens = Vec::new();
    for typed_so in spelt {
        tokens.push(typed(&desk, &typed_so, &karins_phone()).await.unwrap_or_else(|| panic!("{typed_so:?}")));
    }
    tokens.dedup();
    let [token] = tokens.try_into().unwrap();
    assert!(!place.was_set("a-filip"), "typing it has set a password");
    assert!(matches!(desk.look(&token, None).await, PickupView::Offer { .. }));
    let password = desk.reveal(&token, &karins_phone()).await.unwrap();
    assert!(place.opens("a-filip", &password));
    assert_eq!(typed(&desk, &code, &karins_phone()).await, Some(token.clone()), "the same browser, again");
    let said = desk.answer(&token, Some(&karins_phone()), PickupAnswer::HandedOver).await;
    assert_eq!(said, PickupView::Confirmed);
}

#[tokio::test]
async fn the_code_stays_the_same_after_a_restart_and_a_new_key() {
    let (place, desk, code) = offered(CODE).await;
    let token = typed(&desk, &code, &karins_phone()).await.unwrap();
    drop(desk);
    demo_desk::rotate_key(&place.folder);
    let desk = place.open().await;
    assert_eq!(typed(&desk, &code, &karins_phone()).await, Some(token));
    place.clock.turn(31);
    desk.work().await;
    let texts = texts_to(&place, KARIN);
    assert_eq!(texts.len(), 2, "{texts:#?}");
    let reminder = texts.iter().find(|text| text.contains("Påminnelse")).unwrap();
    assert!(typed_code_in(reminder) == code && !reminder.contains("://"), "{reminder}");
}

#[tokio::test]
async fn a_wrong_code_an_old_one_and_a_used_one_are_answered_alike_and_not_sooner() {
    let (place, desk, code) = offered(CODE).await;
    let stranger = Browser::new([9; 16]);
    let judged = async |code: &str| {
        let begun = Instant::now();
        assert_eq!(typed(&desk, code, &stranger).await, None, "{code}");
        assert!(
            begun.elapsed() >= Duration::from_millis(250),
            "{code} was answered after {:?}",
            begun.elapsed()
        );
    };
    for never in [
        wrong(&code),
        "0000-0000-0000".to_owned(),
        code[..9].to_owned(),
        "no code at all".to_owned(),
        format!("1-{code}"),
    ] {
        judged(&never).await;
    }
    let token = typed(&desk, &code, &karins_phone()).await.unwrap();
    desk.reveal(&token, &karins_phone()).await.unwrap();
    judged(&code).await;
    let alarmed = async || {
        let end = Instant::now() + Duration::from_secs(20);
        while Instant::now() < end {
            let trail = desk.ticket(OFFERED).await.trail;
            if trail.0.iter().any(|line| line.evidence.contains("second browser")) {
                return true;
            }
            tokio::task::yield_now().await;
        }
        false
    };
    assert!(alarmed().await, "people hear of a code that another browser used");
    desk.answer(&token, Some(&karins_phone()), PickupAnswer::HandedOver).await;
    judged(&code).await;

    let (place_of_another, desk_of_another, old) = offered(CODE).await;
    place_of_another.clock.turn(4 * 60);
    assert_eq!(typed(&desk_of_another, &old, &stranger).await, None, "its time is over");
    drop(place);
}

#[tokio::test]
async fn an_owner_stops_it_with_the_code_of_the_warning_and_the_manager_hears_of_it() {
    let (place, desk, code) = offered(CODE).await;
    let warning = texts_to(&place, FILIP);
    assert!(warning.len() == 1 && warning[0].contains("Stoppa det"), "{warning:#?}");
    let own = typed_code_in(&warning[0]);
    assert!(own.matches('-').count() == 4, "{own}");
    let bare = own.split_once('-').unwrap().1;
    assert_eq!(typed(&desk, bare, &karins_phone()).await, None, "without its ticket it is none");
    let mut other = own.clone().into_bytes();
    let last = other.last_mut().unwrap();
    *last = if *last == b'3' { b'4' } else { b'3' };
    let other = String::from_utf8(other).unwrap();
    assert_eq!(typed(&desk, &other, &karins_phone()).await, None);

    let token = typed(&desk, &own.to_lowercase(), &karins_phone()).await.unwrap();
    assert!(matches!(desk.look(&token, None).await, PickupView::Warning { .. }));
    assert!(desk.reveal(&token, &karins_phone()).await.is_err(), "it shows nothing");
    let said = desk.answer(&token, None, PickupAnswer::NotMe).await;
    assert_eq!(said, PickupView::Stopped);
    desk.work().await;
    assert_eq!(typed(&desk, &code, &karins_phone()).await, None);
    assert!(!place.was_set("a-filip"));
    let closed = texts_to(&place, KARIN);
    assert!(closed.iter().any(|text| text.contains("Koden är stängd")), "{closed:#?}");
}

#[tokio::test]
async fn an_owner_who_collects_a_password_by_themselves_gets_a_code_too() {
    let place = Place::with(&format!("{CODE}requester = \"pickup\"\n"));
    place.deliver(TEXTED);
    let desk = place.open().await;
    desk.work().await;
    let texts = texts_to(&place, "46701740605");
    assert!(texts.len() == 1 && !texts[0].contains("://"), "{texts:#?}");
    let token = typed(&desk, &typed_code_in(&texts[0]), &karins_phone()).await.unwrap();
    assert!(matches!(desk.look(&token, None).await, PickupView::Offer { own: true, .. }));
    assert!(place.opens("a-anna", &desk.reveal(&token, &karins_phone()).await.unwrap()));
}

#[tokio::test]
async fn a_code_opens_nothing_where_links_are_sent_and_no_token_can_be_typed() {
    let place = Place::new();
    place.deliver(OFFERED);
    let desk = place.open().await;
    desk.work().await;
    for typed_so in [place.token(), place.token()[..8].to_owned(), "7KQ-M4X-TR9-B2C".to_owned()] {
        assert_eq!(typed(&desk, &typed_so, &karins_phone()).await, None);
    }
}
