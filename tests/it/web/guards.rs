//! What a link asks for beside itself, and what a second browser and programs that look do.

use nyckelbud::types::UnixMillis;
use nyckelbud::web::{Asks, PickupView, SignedIn};

use tokio::io::AsyncWriteExt;

use super::client::Asked;
use super::pages::every_page;
use super::reveal::until;
use super::{HTTP, Served, TOKEN, offer};
use crate::support::browser::visible;

fn asking(asked: Asks) -> PickupView {
    let PickupView::Offer { pass, name, unit, until, own, .. } = offer() else { unreachable!() };
    PickupView::Offer { pass, name, unit, until, own, asks: asked }
}

const SIGN_IN: Asks = Asks::SignIn { signed_in: false, wrong: false };

#[tokio::test]
async fn a_code_is_asked_for_and_handed_on_as_it_was_typed() {
    let served = Served::new(asking(Asks::Code { wrong: false, left: 5 })).await;
    let path = format!("/p/{TOKEN}");
    let opened = served.open(&path).await;
    let page = served.get(&path).await;
    assert!(page.body.contains("name=\"code\"") && !page.body.contains("stämmer inte"), "{}", page.body);
    let form = format!("{}&code=wxyt+wxyt", opened.form);
    served.ask(Asked::post(&path, &form).with(&[("cookie", &opened.cookie)])).await;
    assert_eq!(served.desk.acts()[0], format!("reveal {TOKEN} {} sv wxyt wxyt", opened.browser()));
    // A wrong one leads to the same page, which says so.
    *served.desk.reveals.lock().unwrap() = Some(asking(Asks::Code { wrong: true, left: 3 }));
    let said = served.ask(Asked::post(&path, &form).with(&[("cookie", &opened.cookie)])).await;
    assert!(said.status == 200 && said.body.contains("3 försök kvar"), "{}", said.body);
    assert!(!said.body.contains("wxyt"), "it is not repeated");
}

#[tokio::test]
async fn a_manager_is_sent_to_the_provider_and_the_way_back_is_tied_to_the_browser() {
    let served = Served::new(asking(SIGN_IN)).await;
    let path = format!("/p/{TOKEN}");
    let page = served.get(&path).await;
    assert!(page.body.contains(&format!("href=\"{path}/sign-in?lang=sv\"")) && !page.body.contains("<form"));
    let away = served.get(&format!("{path}/sign-in")).await;
    assert_eq!((away.status, away.header("location")), (303, "http://127.0.0.1:9/authorize?state=s"));
    assert_eq!(away.header("cache-control"), "no-store");
    let set: Vec<&String> = away.fields.iter().filter(|(n, _)| n == "set-cookie").map(|(_, v)| v).collect();
    assert_eq!(set.len(), 2, "{set:?}");
    assert!(set[0].starts_with(&format!("nyckelbud-sign-in={TOKEN}.sv.k.1;")) && set[0].contains("HttpOnly"));
    let cookies: Vec<&str> = set.iter().map(|set| set.split(';').next().unwrap()).collect();
    let cookies = cookies.join("; ");

    *served.desk.comes_back.lock().unwrap() = SignedIn::Yes { proof: "1.mac".to_owned() };
    let back = "/sign-in/callback?code=c&state=s";
    // A program that only asks what there is does not use the code up.
    served.ask(Asked::get(back).method("HEAD").with(&[("cookie", &cookies)])).await;
    assert!(served.desk.acts().iter().all(|act| !act.starts_with("signed-in")));
    // Nor does a browser that did not leave from here.
    assert_eq!(served.get(back).await.status, 503);
    let came = served.ask(Asked::get(back).with(&[("cookie", &cookies)])).await;
    assert_eq!((came.status, came.header("location")), (303, format!("{path}?lang=sv").as_str()));
    assert!(served.desk.acts().last().unwrap().ends_with("k.1 c s"), "{:?}", served.desk.acts());
    let proof = came.fields.iter().find(|(_, value)| value.starts_with("nyckelbud-proof=")).unwrap();
    let cookies = format!("{cookies}; {}", proof.1.split(';').next().unwrap());
    let page = served.ask(Asked::get(&path).with(&[("cookie", &cookies)])).await;
    assert!(page.body.contains("Du är inloggad") && page.body.contains("<form"), "{}", page.body);
    // What was proved for one link shows no button on another.
    let other = served.ask(Asked::get("/p/another-link").with(&[("cookie", &cookies)])).await;
    assert!(!other.body.contains("Du är inloggad"));
}

#[tokio::test]
async fn who_is_somebody_else_or_nobody_sees_that() {
    let served = Served::new(asking(SIGN_IN)).await;
    let cookies = format!("nyckelbud=00112233445566778899aabbccddeeff; nyckelbud-sign-in={TOKEN}.sv.k.1");
    let fields = [("cookie", cookies.as_str())];
    for (who, query, status) in [
        (SignedIn::SomebodyElse, "code=c&state=s", 403),
        (SignedIn::Failed, "code=c&state=s", 503),
        (SignedIn::Look, "code=c&state=s", 303),
        (SignedIn::SomebodyElse, "error=access_denied&state=s", 503),
        (SignedIn::SomebodyElse, "", 503),
    ] {
        *served.desk.comes_back.lock().unwrap() = who.clone();
        let path = format!("/sign-in/callback?{query}");
        let page = served.ask(Asked::get(&path).with(&fields)).await;
        assert_eq!(page.status, status, "{who:?} {query}");
        assert!(page.fields.iter().all(|(_, value)| !value.starts_with("nyckelbud-proof")), "{page:?}");
    }
}

#[tokio::test]
async fn only_a_look_or_a_press_at_a_used_link_is_told_of_and_no_head() {
    let served = Served::new(PickupView::UsedElsewhere { at: UnixMillis(0) }).await;
    let path = format!("/p/{TOKEN}");
    served.ask(Asked::get(&path).method("HEAD")).await;
    let acts = || served.desk.acts().into_iter().filter(|act| act.starts_with("elsewhere")).count();
    // What would be told is told by a task of its own: later requests come after it.
    for _ in 0..5 {
        served.get("/livez").await;
    }
    assert_eq!(acts(), 0);
    served.get(&path).await;
    let told = async {
        while acts() == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), told).await.expect("people are told");
}

#[tokio::test]
async fn every_page_with_its_style_weighs_less_than_fifteen_kilobytes_and_needs_no_script() {
    let style = Served::new(offer()).await.get("/style.css").await.body.len();
    let long = "Maximiliana-".repeat(17);
    for (name, unit) in [("Anna Andersson", "Hemtjänst Norr"), (long.as_str(), long.as_str())] {
        for language in ["sv", "en"] {
            for (what, page) in every_page(super::settings(HTTP), name, unit, language).await {
                assert_eq!(page.header("cache-control"), "no-store", "{what}");
                assert!(page.body.len() + style < 15_000, "{what}: {} + {style}", page.body.len());
                for forbidden in ["<script", " style=", " onclick", "javascript:"] {
                    assert!(!page.body.contains(forbidden), "{what}: {forbidden}");
                }
                assert!(page.body.contains(&format!("<html lang=\"{language}\">")), "{what}");
            }
        }
    }
    let page = Served::new(offer()).await.press(&format!("/p/{TOKEN}")).await;
    assert!(page.body.contains("<details><summary>Bokstavera"), "spelt out when it is wanted");
}

/// Whoever comes back to the desk from the provider.
const BACK: &str = "/sign-in/callback?code=c&state=s";

#[tokio::test]
async fn the_page_after_the_sign_in_speaks_the_language_of_the_one_before() {
    let served = Served::new(asking(SIGN_IN)).await;
    let path = format!("/p/{TOKEN}");
    let away = served.get(&format!("{path}/sign-in?lang=en")).await;
    let cookies: Vec<_> = away.fields.iter().filter(|(name, _)| name == "set-cookie").collect();
    let cookies: Vec<_> = cookies.iter().map(|(_, set)| set.split(';').next().unwrap()).collect();
    let fields = [("cookie", cookies.join("; ")), ("accept-language", "sv".to_owned())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let failed = served.ask(Asked::get(BACK).with(&fields)).await;
    assert!(failed.body.contains("Signing in did not work"), "{}", failed.body);
    *served.desk.comes_back.lock().unwrap() = SignedIn::Yes { proof: "1.mac".to_owned() };
    let came = served.ask(Asked::get(BACK).with(&fields)).await;
    assert_eq!(came.header("location"), format!("{path}?lang=en"));
}

#[tokio::test]
async fn a_phone_that_loses_the_connection_does_not_cut_the_way_back_from_the_provider() {
    let served = Served::new(asking(SIGN_IN)).await;
    served.desk.gate.forget_permits(1000);
    let cookies = format!("nyckelbud=00112233445566778899aabbccddeeff; nyckelbud-sign-in={TOKEN}.sv.k.1");
    let mut phone = tokio::net::TcpStream::connect(served.address).await.unwrap();
    phone.write_all(&Asked::get(BACK).with(&[("cookie", &cookies)]).octets()).await.unwrap();
    until(|| served.desk.acts().len() == 1).await;
    phone.set_zero_linger().unwrap();
    drop(phone);
    // The server answers others meanwhile, and has had the occasion to see the reset.
    for _ in 0..3 {
        assert_eq!(served.get("/livez").await.status, 200);
    }
    served.desk.gate.add_permits(1);
    until(|| served.desk.acts().last().is_some_and(|call| call == "heard")).await;
}

#[tokio::test]
async fn an_english_page_has_no_swedish_words_and_a_swedish_one_says_something_else() {
    let (name, unit) = ("Anna Andersson", "Unit North");
    let read = async |language: &str| {
        let pages = every_page(super::settings(HTTP), name, unit, language).await;
        let words = pages.into_iter().map(|(what, page)| {
            let body = page.body.split("<main>").nth(1).unwrap().split("</footer>").next().unwrap();
            // A password's own letters are in no language.
            let body = body.split("<output").next().unwrap().to_owned()
                + body.rsplit("</ol></details>").next().unwrap();
            (what, visible(&body))
        });
        words.collect::<Vec<(String, String)>>()
    };
    let (swedish, english) = (read("sv").await, read("en").await);
    assert_eq!(swedish.len(), english.len());
    for ((what, sv), (_, en)) in swedish.iter().zip(&english) {
        assert!(!en.contains(['å', 'ä', 'ö', 'Å', 'Ä', 'Ö']), "{what}: {en}");
        let line_of_words = |line: &&str| line.contains(' ') && !line.contains(name);
        let lines: Vec<&str> = en.lines().map(str::trim).filter(line_of_words).collect();
        assert!(!lines.is_empty() && lines.iter().all(|line| !sv.contains(line)), "{what}: {lines:?}\n{sv}");
    }
}
