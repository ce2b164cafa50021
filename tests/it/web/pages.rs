//! Every view of a link and every page that the site can show, for what must hold for all of them.

use nyckelbud::password::{generate, words};
use nyckelbud::types::UnixMillis;
use nyckelbud::web::{Asks, PickupView, SignedIn, WebSettings};

use super::client::{Answer, Asked};
use super::{Served, Shows, TOKEN, Typed};

/// The kind of a view, counted from 0, and the status of its page. A new kind does not compile before it
/// stands here, and no test passes before it is one of [`views_of`].
fn kind(view: &PickupView) -> (usize, u16) {
    match view {
        PickupView::Offer { .. } => (0, 200),
        PickupView::Shown { .. } => (1, 200),
        PickupView::Erased { .. } => (2, 200),
        PickupView::UsedElsewhere { .. } => (3, 200),
        PickupView::Confirmed => (4, 200),
        PickupView::HandedBack => (5, 200),
        PickupView::Warning { .. } => (6, 200),
        PickupView::Stopped => (7, 200),
        PickupView::TooLate => (8, 200),
        PickupView::Changed => (9, 200),
        PickupView::Frozen => (10, 200),
        PickupView::Gone => (11, 404),
        PickupView::Busy => (12, 503),
    }
}

const KINDS: usize = 13;

/// Everything that a link asks for.
const ASKS: [Asks; 6] = [
    Asks::Nothing,
    Asks::Code { wrong: false, left: 5 },
    Asks::Code { wrong: true, left: 4 },
    Asks::SignIn { signed_in: false, wrong: false },
    Asks::SignIn { signed_in: false, wrong: true },
    Asks::SignIn { signed_in: true, wrong: false },
];

/// Every view of somebody's link.
fn views_of(name: &str, unit: &str) -> Vec<PickupView> {
    let (name, unit, at) = (name.to_owned(), unit.to_owned(), UnixMillis(1_795_338_845_000));
    let mut views = Vec::new();
    for pass in [false, true] {
        for asks in ASKS {
            let (name, unit) = (name.clone(), unit.clone());
            views.push(PickupView::Offer { pass, name, unit, until: at, own: false, asks });
        }
        let (name, unit) = (name.clone(), String::new());
        views.push(PickupView::Offer { pass, name, unit, until: at, own: true, asks: Asks::Nothing });
    }
    for (undelivered, changed) in [(false, false), (true, false), (true, true)] {
        views.push(PickupView::Warning { until: at, undelivered, changed });
    }
    views.extend([
        PickupView::Shown { name: name.clone(), until: at },
        PickupView::Shown { name: String::new(), until: at },
        PickupView::Erased { name },
        PickupView::UsedElsewhere { at },
        PickupView::Confirmed,
        PickupView::HandedBack,
        PickupView::Stopped,
        PickupView::TooLate,
        PickupView::Changed,
        PickupView::Frozen,
        PickupView::Gone,
        PickupView::Busy,
    ]);
    let kinds: std::collections::BTreeSet<usize> = views.iter().map(|view| kind(view).0).collect();
    assert_eq!(kinds, (0..KINDS).collect(), "a kind of view is missing");
    views
}

/// Every view, with its status.
pub fn views() -> Vec<(PickupView, u16)> {
    let views = views_of("Anna Andersson", "Hemtjänst Norr").into_iter();
    views.map(|view| (view.clone(), kind(&view).1)).collect()
}

/// Every page of the site in this language, about somebody of this name, and what it is.
pub async fn every_page(
    settings: WebSettings,
    name: &str,
    unit: &str,
    language: &str,
) -> Vec<(String, Answer)> {
    let (path, query) = (format!("/p/{TOKEN}"), format!("?lang={language}"));
    let all = views_of(name, unit);
    let offer = all[0].clone();
    let characters = generate::generate(&mut rand::rng(), 24, &[]);
    let served = Served::of(settings.clone(), offer.clone(), characters).await;
    let mut pages = Vec::new();
    for view in all {
        *served.desk.view.lock().unwrap() = view.clone();
        pages.push((format!("{view:?}"), served.get(&format!("{path}{query}")).await));
    }
    *served.desk.view.lock().unwrap() = offer.clone();
    pages.push(("not mine".to_owned(), served.get(&format!("{path}/not-mine{query}")).await));
    let forged = Asked::post(&path, "form=forged").with(&[("accept-language", language)]);
    pages.push(("a forged form".to_owned(), served.ask(forged).await));
    pages.extend(of_sign_ins(&served, language).await);
    pages.extend(of_typed_codes(&served, language).await);
    for (what, method, path) in [("nothing there", "GET", "/nowhere"), ("used wrongly", "PUT", path.as_str())]
    {
        let asked = Asked::get(path).method(method).with(&[("accept-language", language)]);
        pages.push((what.to_owned(), served.ask(asked).await));
    }
    let of_words = Served::of(settings, offer, words::phrase(&mut rand::rng(), 8, &[])).await;
    for served in [&served, &of_words] {
        for (own, pass) in [(false, false), (true, false), (false, true), (true, true)] {
            *served.desk.shows.lock().unwrap() = Shows { name: name.to_owned(), own, pass };
            let what = format!("the password, own: {own}, pass: {pass}");
            pages.push((what, served.press(&format!("{path}{query}")).await));
        }
    }
    pages
}

/// What somebody sees who types a code.
async fn of_typed_codes(served: &Served, language: &str) -> Vec<(String, Answer)> {
    let path = format!("/k?lang={language}");
    let mut pages = vec![("the page for a code".to_owned(), served.get(&path).await)];
    let opened = served.open(&path).await;
    *served.desk.typed.lock().unwrap() = Typed::Wrong;
    let form = format!("{}&code=7KQ-M4X-TR9-B2C", opened.form);
    let asked = Asked::post(&path, &form).with(&[("cookie", &opened.cookie)]);
    pages.push(("a wrong code".to_owned(), served.ask(asked).await));
    pages
}

/// What somebody sees who comes back from the provider in vain.
async fn of_sign_ins(served: &Served, language: &str) -> Vec<(String, Answer)> {
    let mut pages = Vec::new();
    let left_here = format!("nyckelbud=00112233445566778899aabbccddeeff; nyckelbud-sign-in={TOKEN}.k.1");
    for (who, cookie) in [
        (SignedIn::Failed, ""),
        (SignedIn::Failed, left_here.as_str()),
        (SignedIn::SomebodyElse, left_here.as_str()),
    ] {
        *served.desk.comes_back.lock().unwrap() = who.clone();
        let fields = [("accept-language", language), ("cookie", cookie)];
        let asked = Asked::get("/sign-in/callback?code=c&state=s").with(&fields);
        pages.push((format!("{who:?} {}", !cookie.is_empty()), served.ask(asked).await));
    }
    pages
}
