//! Tests of the texts: their exact words, what they never hold, and what `check` finds.

use std::fs;
use std::path::Path;

use zeroize::Zeroizing;

use super::*;
use crate::clock::parse_rfc3339;
use crate::delivery::gsm7;
use crate::delivery::pickup::PickupToken;

mod mails;
mod problems;

const PASSWORD: &str = "Kf7m-Rq4x-Tw9b";
const ADDRESS: &str = "servicedesk@kommun.example";
const PUBLIC_URL: &str = "https://servicedesk.kommun.example";

fn desk(language: &str) -> DeskWords {
    DeskWords {
        name: "Servicedesk".to_owned(),
        address: EmailAddress::parse(ADDRESS).unwrap(),
        language: language.to_owned(),
        zone: Zone::named("Europe/Stockholm").unwrap(),
        public_url: PUBLIC_URL.to_owned(),
        help: "besök receptionen".to_owned(),
        self_service: "https://aka.ms/sspr".to_owned(),
        username_hint: "din e-postadress".to_owned(),
        password_length: 12,
    }
}

fn texts_of(desk: DeskWords) -> Texts {
    Texts::new(Arc::new(Renderer::new(None).unwrap()), desk)
}

fn texts(language: &str) -> Texts {
    texts_of(desk(language))
}

/// The texts of a site with a template of its own.
fn site(name: &str, template: &str) -> (tempfile::TempDir, Texts) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, template).unwrap();
    let renderer = Renderer::new(Some(directory.path())).unwrap();
    (directory, Texts::new(Arc::new(renderer), desk("sv")))
}

fn temporary() -> TemporaryPassword {
    TemporaryPassword::new(Zeroizing::new(PASSWORD.to_owned()))
}

/// 14.05 in Stockholm.
fn until() -> UnixMillis {
    parse_rfc3339("2026-11-24T13:05:00Z").unwrap()
}

fn number() -> TicketNumber {
    TicketNumber::parse("26-1141").unwrap()
}

#[test]
fn the_password_text_says_this_and_no_more() {
    assert_eq!(
        texts("sv").password(&temporary()).unwrap().expose(),
        "Servicedesk: Ditt tillfälliga lösenord är\nKf7m-Rq4x-Tw9b\n\
         Byt det när du loggar in. Bad du inte om det? Mejla servicedesk@kommun.example"
    );
    assert_eq!(
        texts("en").password(&temporary()).unwrap().expose(),
        "Servicedesk: Your temporary password is\nKf7m-Rq4x-Tw9b\n\
         Change it when you log in. Not you? Email servicedesk@kommun.example"
    );
}

#[test]
fn a_pass_says_how_often_and_until_when_it_opens_the_account() {
    let pass = TemporaryPassword::new(Zeroizing::new("+drkzqAD".to_owned()));
    assert_eq!(
        texts("sv").access_pass(&pass, until()).unwrap().expose(),
        "Servicedesk: Din tillfälliga kod är\n+drkzqAD\nSkriv den i stället för lösenordet när du loggar in, \
         en gång före 2026-11-24 kl. 14.05. Bad du inte om det? Mejla servicedesk@kommun.example"
    );
    assert_eq!(
        texts("en").access_pass(&pass, until()).unwrap().expose(),
        "Servicedesk: Your Temporary Access Pass is\n+drkzqAD\nEnter it in place of your password, once, by \
         14:05 on 2026-11-24. Not you? Email servicedesk@kommun.example"
    );
    let managers = texts("sv").access_pass_for_manager("Anna Andersson", &pass, until()).unwrap();
    assert!(
        managers.expose().starts_with("Servicedesk: Tillfällig kod till Anna Andersson:\n+drkzqAD\nLämna")
    );
    // One that a phone cannot show is refused, and the words of the refusal do not repeat it.
    let odd = TemporaryPassword::new(Zeroizing::new("dr`zqAD".to_owned()));
    assert!(!texts("sv").access_pass(&odd, until()).unwrap_err().to_string().contains("zqAD"));
}

#[test]
fn a_managers_password_text_names_whose_it_is() {
    assert_eq!(
        texts("sv").password_for_manager("Anna Andersson", &temporary()).unwrap().expose(),
        "Servicedesk: Nytt lösenord till Anna Andersson:\nKf7m-Rq4x-Tw9b\n\
         Lämna över det. Fel person? Mejla servicedesk@kommun.example"
    );
    assert_eq!(
        texts("en").password_for_manager("Anna Andersson", &temporary()).unwrap().expose(),
        "Servicedesk: New password for Anna Andersson:\nKf7m-Rq4x-Tw9b\n\
         Hand it over. Wrong person? Email servicedesk@kommun.example"
    );
}

#[test]
fn the_link_text_says_who_until_when_and_where() {
    let url = PickupToken::from_mac([7; 32]).url(PUBLIC_URL);
    assert_eq!(
        texts("sv").link("Anna Andersson", until(), &url).unwrap().expose(),
        format!(
            "Anna Andersson behöver nytt lösenord. Hämta det före 2026-11-24 kl. 14.05 och lämna över:\n\
             {}\n/Servicedesk",
            *url
        )
    );
    assert_eq!(
        texts("en").link("Anna Andersson", until(), &url).unwrap().expose(),
        format!(
            "Anna Andersson needs a new password. Please collect it by 14:05 on 2026-11-24 and hand it \
             over:\n{}\n/Servicedesk",
            *url
        )
    );
}

#[test]
fn the_link_text_to_the_account_itself_names_nobody() {
    let url = PickupToken::from_mac([7; 32]).url(PUBLIC_URL);
    assert_eq!(
        texts("sv").link_for_requester(until(), &url).unwrap().expose(),
        format!(
            "Hämta ditt nya lösenord före 2026-11-24 kl. 14.05:\n{}\n\
             Bad du inte om det? Öppna inte länken, mejla servicedesk@kommun.example /Servicedesk",
            *url
        )
    );
    assert_eq!(
        texts("en").link_for_requester(until(), &url).unwrap().expose(),
        format!(
            "Collect your new password by 14:05 on 2026-11-24:\n{}\n\
             Not you? Do not open the link, email servicedesk@kommun.example /Servicedesk",
            *url
        )
    );
}

#[test]
fn the_warning_brings_the_owner_the_link_that_stops_it() {
    let url = "https://servicedesk.kommun.example/p/17-aaaqeayeaudaocajbifqydiob4";
    assert_eq!(
        texts("sv").owner_warning(url).unwrap().expose(),
        format!(
            "Din chef är på väg att få ett nytt lösenord till ditt konto. Bad du inte om det? Stoppa det \
             här:\n{url}\n/Servicedesk"
        )
    );
    assert_eq!(
        texts("en").owner_warning(url).unwrap().expose(),
        format!(
            "Your manager is about to get a new password for your account. Not you? Stop it \
             here:\n{url}\n/Servicedesk"
        )
    );
}

#[test]
fn where_texts_carry_no_links_each_has_a_code_and_says_where_to_type_it() {
    let (sv, en) = (texts("sv"), texts("en"));
    let code = "7KQ-M4X-TR9-B2C";
    assert_eq!(
        sv.typed_code("Anna Andersson", until(), code).unwrap().expose(),
        "Anna Andersson behöver nytt lösenord. Gå till servicedesk.kommun.example och skriv koden \
         7KQ-M4X-TR9-B2C före 2026-11-24 kl. 14.05. /Servicedesk"
    );
    assert_eq!(
        en.typed_code("Anna Andersson", until(), code).unwrap().expose(),
        "Anna Andersson needs a new password. Go to servicedesk.kommun.example and enter code 7KQ-M4X-TR9-B2C \
         before 14:05 on 2026-11-24. /Servicedesk"
    );
    assert_eq!(
        sv.typed_code_warning("57-7KQ-M4X-TR9-B2C").unwrap().expose(),
        "Din chef är på väg att få ett nytt lösenord till ditt konto. Bad du inte om det? Stoppa det: gå till \
         servicedesk.kommun.example och skriv 57-7KQ-M4X-TR9-B2C /Servicedesk"
    );
    for texts in [sv, en] {
        let all = [
            texts.typed_code("Anna Andersson", until(), code),
            texts.typed_code_for_requester(until(), code),
            texts.typed_code_reminder("Anna Andersson", until(), code),
            texts.typed_code_closed("Anna Andersson"),
            texts.typed_code_warning("57-7KQ-M4X-TR9-B2C"),
        ];
        for text in all.map(Result::unwrap) {
            assert!(!text.expose().contains("://") && !text.expose().contains("/p/"), "{}", text.expose());
        }
    }
}

/// Measured as in the design (153 and 148 septets, with eight symbols), and longer by a group, a hyphen and the date
/// that our texts tell beside the time.
#[test]
fn the_longest_text_with_a_typed_code_is_as_long_as_the_design_measured_it_and_fits_two() {
    let name = "W".repeat(30);
    for (language, measured, date) in [("sv", 153, " 2026-11-24"), ("en", 148, " on 2026-11-24")] {
        let mut widest = desk(language);
        widest.name =
            if language == "sv" { "Kommunens servicedesk" } else { "Municipal service desk" }.to_owned();
        widest.public_url = format!("https://{}", "w".repeat(26));
        let text = texts_of(widest).typed_code(&name, until(), "7KQ-M4X-TR9-B2C").unwrap();
        let length = gsm7::length(text.expose()).unwrap();
        assert_eq!(
            length.septets,
            measured + "7KQ-M4X-TR9-B2C".len() - "7KQM-4XTR".len() + date.len(),
            "{}",
            text.expose()
        );
        assert_eq!(length.segments, 2);
    }
}

#[test]
fn an_offer_over_midnight_names_the_day_on_which_it_ends() {
    let late = parse_rfc3339("2026-11-24T23:05:00Z").unwrap();
    let text = texts("sv").link_for_requester(late, "https://x.example/p/a").unwrap();
    assert!(text.expose().contains("före 2026-11-25 kl. 00.05:"), "{}", text.expose());
    // A ticket is numbered by the year at the desk.
    assert_eq!(texts("sv").year(parse_rfc3339("2026-12-31T23:30:00Z").unwrap()), 2027);
}

#[test]
fn with_the_longest_values_everything_fits_as_the_design_measured_it() {
    let mut widest = desk("sv");
    widest.name = "Kommunens servicedesk".to_owned();
    widest.address = EmailAddress::parse("servicedesk@storstaden.example").unwrap();
    assert_eq!(widest.address.as_str().len(), 30);
    assert_eq!(texts_of(widest.clone()).check(), Vec::<String>::new());
    widest.language = "en".to_owned();
    assert_eq!(texts_of(widest).check(), Vec::<String>::new());
}

#[test]
fn a_name_cannot_break_out_of_its_text() {
    let name = "Anna\r\n\n{{ password }}\u{202e}\u{e000}{% include 'x' %} Šćé–Ł";
    let (url, texts) = ("https://x.example/p/a", texts("sv"));
    let text = texts.link(name, until(), url).unwrap();
    assert!(text.expose().starts_with("Anna S. behöver nytt lösenord."), "{}", text.expose());
    assert_eq!(text.expose().lines().count(), 3);
    assert_eq!(text.expose().matches(url).count(), 1);
    let short = texts.link("Eva\nŠćé – Łuk\u{0}asz", until(), url).unwrap();
    assert!(short.expose().starts_with("Eva Scé - Luk asz behöver nytt lösenord."), "{}", short.expose());
}

#[test]
fn every_name_of_any_length_and_alphabet_fits_one_text() {
    let texts = texts("sv");
    for name in ["W", "Å", "€", "ł", "Ж", "n\u{303}", "😀", "œ", "ﷺ"] {
        for words in [1, 3, 200] {
            let name = format!("{} ", name.repeat(50)).repeat(words);
            let text = texts.password_for_manager(&name, &temporary()).unwrap();
            assert_eq!(gsm7::length(text.expose()).unwrap().segments, 1, "{name}");
            assert!(text.expose().contains("\nKf7m-Rq4x-Tw9b\n"));
        }
    }
}

#[test]
fn a_text_with_a_secret_shows_nothing_of_it() {
    let texts = texts("sv");
    assert_eq!(format!("{:?}", texts.password(&temporary()).unwrap()), "[text message]");
    let (_directory, broken) = site("sms/password.sv.txt", "{{ password }}\n{{ username }}");
    let error = broken.password(&temporary()).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("Kf7m"), "{error:?}");
}
