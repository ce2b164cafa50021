//! The page on which a code is typed: it asks the desk for nothing but where the code leads, and only by a form of its
//! own.

use super::client::Asked;
use super::staff;
use super::{HTTP, HTTPS, Served, TOKEN, Typed, generate, offer, settings};
use crate::worker::typed_codes::CODE;

async fn served(typed: Typed) -> Served {
    let served = Served::new(offer()).await;
    *served.desk.typed.lock().unwrap() = typed;
    served
}

#[tokio::test]
async fn looking_at_the_page_asks_the_desk_for_nothing() {
    let served = served(Typed::Leads).await;
    for (path, title) in
        [("/k", "Skriv koden från sms:et"), ("/k?lang=en", "Enter the code from the text message")]
    {
        let page = served.get(path).await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains(&format!("<h1>{title}</h1>")), "{}", page.body);
        assert_eq!(page.header("cache-control"), "no-store");
    }
    let looked = served.get("/k?code=7KQ-M4X-TR9-B2C").await;
    assert!(!looked.body.contains("7KQM"), "an address fills nothing in");
    assert_eq!(served.ask(Asked::get("/k").method("HEAD")).await.status, 200);
    assert_eq!(served.desk.calls(), [""; 0]);
}

#[tokio::test]
async fn a_right_code_leads_to_its_page_in_the_same_language_and_browser() {
    let served = served(Typed::Leads).await;
    let opened = served.open("/k?lang=en").await;
    let form = format!("{}&code=7kqm+4xtr+9b2c", opened.form);
    let own = [("cookie", opened.cookie.as_str()), ("sec-fetch-site", "same-origin")];
    let said = served.ask(Asked::post("/k?lang=en", &form).with(&own)).await;
    assert_eq!((said.status, said.header("location")), (303, format!("/p/{TOKEN}?lang=en").as_str()));
    assert!(said.header("set-cookie").contains(opened.browser()));
    assert_eq!(served.desk.acts(), [format!("typed 7kqm 4xtr 9b2c 127.0.0.1 {}", opened.browser())]);
}

#[tokio::test]
async fn a_wrong_code_says_the_same_whatever_is_wrong_with_it_and_does_not_repeat_it() {
    for (typed, status, words) in
        [(Typed::Wrong, 403, "Koden gäller inte."), (Typed::Busy, 503, "Vänta en liten stund")]
    {
        let served = served(typed).await;
        let opened = served.open("/k").await;
        let form = format!("{}&code=7KQ-M4X-TR9-B2C", opened.form);
        let said = served.ask(Asked::post("/k", &form).with(&[("cookie", &opened.cookie)])).await;
        assert!(said.status == status && said.body.contains(words), "{status} {}", said.body);
        assert!(!said.body.contains("7KQM"));
        let english = served.ask(Asked::post("/k?lang=en", &form).with(&[("cookie", &opened.cookie)])).await;
        assert!(english.body.contains("<html lang=\"en\">") && english.status == status);
    }
}

#[tokio::test]
async fn only_a_form_of_ours_in_this_browser_is_judged() {
    let served = served(Typed::Leads).await;
    let ours = served.open("/k").await;
    let others = served.open("/k").await;
    let link = served.open(&format!("/p/{TOKEN}")).await;
    let own = ("cookie", ours.cookie.as_str());
    let refused: [(&str, &[(&str, &str)]); 8] = [
        ("", &[own]),
        (&ours.form, &[]),
        (&others.form, &[own]),
        (&link.form, &[("cookie", link.cookie.as_str())]),
        (&ours.form, &[("cookie", others.cookie.as_str())]),
        (&ours.form, &[own, ("sec-fetch-site", "cross-site")]),
        (&ours.form, &[own, ("sec-fetch-site", "same-site")]),
        (&ours.form, &[own, ("origin", "https://intranet.kommun.example")]),
    ];
    for (form, fields) in refused {
        let form = format!("{form}&code=7KQ-M4X-TR9-B2C");
        let page = served.ask(Asked::post("/k", &form).with(fields)).await;
        assert_eq!(page.status, 403, "{form} {fields:?}");
        assert!(page.body.contains("<h1>Öppna sidan en gång till</h1>"));
    }
    let acts = served.desk.calls().into_iter().filter(|call| call.starts_with("typed"));
    assert_eq!(acts.count(), 0);
    let foreign = Asked::post(&format!("/p/{TOKEN}"), &ours.form).with(&[own]).octets();
    assert!(!foreign.is_empty());
    let page = served.ask(Asked::post(&format!("/p/{TOKEN}"), &ours.form).with(&[own])).await;
    assert_eq!(page.status, 403, "its form opens no link either");
}

async fn first(has_codes: bool, url: &str, cookie: &str) -> String {
    let password = generate::generate(&mut rand::rng(), 12, &[]);
    let served = Served::of(settings(url), offer(), password).await;
    *served.desk.has_codes.lock().unwrap() = has_codes;
    served.ask(Asked::get("/").with(&[("cookie", cookie)])).await.header("location").to_owned()
}

#[tokio::test]
async fn whoever_types_only_the_host_is_asked_for_the_code_and_who_works_there_is_not() {
    assert_eq!(first(true, HTTP, "").await, "/k");
    assert_eq!(first(true, &format!("{HTTP}/it/desk"), "").await, "/it/desk/k");
    assert_eq!(first(false, HTTP, "").await, "/queue");
    let session = "nyckelbud-staff=00112233445566778899aabbccddeeff";
    assert_eq!(first(true, HTTP, session).await, "/queue");
    assert_eq!(first(true, HTTP, "nyckelbud-known=a.b.c").await, "/queue");
    assert_eq!(first(true, HTTPS, "__Host-nyckelbud-known=a.b.c").await, "/queue");
    let served = served(Typed::Wrong).await;
    assert!(served.get("/k").await.body.contains("href=\"/login\""), "and the page names the way there");
    assert!(served.get("/login").await.body.contains("href=\"/k\""), "and the sign-in the way back");
}

/// Who works at the desk is somebody's manager, and an account's owner, too.
#[tokio::test]
async fn a_page_of_somebody_who_is_signed_in_leads_to_the_page_for_codes_where_texts_carry_them() {
    for (sections, leads) in [(CODE, true), ("", false)] {
        let open = staff::open_with("", sections).await;
        let page = open.signed_in("eva.lind").await.open("/").await;
        assert_eq!(page.status, 303);
        let page = open.signed_in("eva.lind").await.open("/queue").await.body;
        assert_eq!(page.contains("href=\"/k\""), leads, "{page}");
    }
}
