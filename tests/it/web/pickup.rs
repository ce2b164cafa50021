//! The pickup pages before and after a password: what they show, in which language, and that
//! looking changes nothing.

use nyckelbud::web::{Asks, PickupView};

use super::client::Asked;
use super::{HTTP, Served, TOKEN, offer, views};

#[tokio::test]
async fn opening_a_link_changes_nothing_however_often_it_comes() {
    let served = Served::new(offer()).await;
    let path = format!("/p/{TOKEN}");
    for _ in 0..3 {
        let page = served.get(&path).await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains("<h1>Anna Andersson behöver ett nytt lösenord</h1>"));
        assert!(page.body.contains("Hemtjänst Norr"));
    }
    let preview =
        Asked::get(&path).with(&[("user-agent", "Slackbot-LinkExpanding 1.0"), ("purpose", "prefetch")]);
    assert_eq!(served.ask(preview).await.status, 200);
    let head = served.ask(Asked::get(&path).method("HEAD")).await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(served.get(&format!("{path}/not-mine")).await.status, 200);
    assert_eq!(served.desk.acts(), [""; 0]);
    assert_eq!(served.desk.calls().len(), 6);
}

#[tokio::test]
async fn a_preview_of_a_link_says_only_the_desks_name() {
    for (view, _) in views() {
        let page = Served::new(view).await.get(&format!("/p/{TOKEN}")).await;
        let head = page.body.split("</head>").next().unwrap();
        assert!(head.contains("<title>Servicedesk</title>"));
        assert!(head.contains(r#"<meta property="og:title" content="Servicedesk">"#));
        assert!(!head.contains("Anna") && !head.contains("Hemtjänst") && !head.contains(TOKEN));
    }
}

#[tokio::test]
async fn every_view_has_its_page_in_both_languages() {
    for (view, status) in views() {
        let served = Served::new(view.clone()).await;
        let swedish = served.get(&format!("/p/{TOKEN}?lang=sv")).await;
        let english = served.get(&format!("/p/{TOKEN}?lang=en")).await;
        assert_eq!((swedish.status, english.status), (status, status), "{view:?}");
        assert!(swedish.body.contains(r#"<html lang="sv">"#) && english.body.contains(r#"<html lang="en">"#));
        assert_ne!(swedish.body, english.body);
        let words = |page: &str| page.split("<h1>").nth(1).unwrap().split("</h1>").next().unwrap().to_owned();
        assert_ne!(words(&swedish.body), words(&english.body), "{view:?}");
        assert!(english.body.contains(">På svenska</a>") && swedish.body.contains(">In English</a>"));
        // The way in words is written in the desk's language only.
        assert!(swedish.body.contains("besök receptionen") && !english.body.contains("besök receptionen"));
    }
}

#[tokio::test]
async fn the_link_to_the_other_language_keeps_the_link() {
    let served = Served::new(offer()).await;
    let page = served.get(&format!("/p/{TOKEN}")).await;
    let link = format!(r#"<a href="/p/{TOKEN}?lang=en" lang="en" hreflang="en">In English</a>"#);
    assert!(page.body.contains(&link), "{}", page.body);
    let english = served.get(&format!("/p/{TOKEN}?lang=en")).await;
    assert!(english.body.contains(&format!(r#"action="/p/{TOKEN}?lang=en""#)));
}

#[tokio::test]
async fn the_browsers_language_counts_until_the_person_chooses_another() {
    let served = Served::new(offer()).await;
    let english = [("accept-language", "en-GB,en;q=0.9,sv;q=0.5")];
    let lang = async |path: String, fields: &[(&'static str, &'static str)]| {
        let page = served.ask(Asked::get(&path).with(fields)).await;
        page.body.split("<html lang=\"").nth(1).unwrap()[..2].to_owned()
    };
    assert_eq!(lang(format!("/p/{TOKEN}"), &english).await, "en");
    assert_eq!(lang(format!("/p/{TOKEN}?lang=sv"), &english).await, "sv");
    assert_eq!(lang(format!("/p/{TOKEN}?lang=xx"), &english).await, "en");
    assert_eq!(lang(format!("/p/{TOKEN}"), &[("accept-language", "fi")]).await, "sv");
    assert_eq!(lang("/nowhere".to_owned(), &english).await, "en");
}

#[tokio::test]
async fn a_name_is_text_and_never_markup() {
    let name = r#"<b>Anna</b> "O'Neill" & {{ form }}"#.to_owned();
    let until = nyckelbud::types::UnixMillis(0);
    let views = [
        PickupView::Offer {
            pass: false,
            name: name.clone(),
            unit: name.clone(),
            until,
            own: false,
            asks: Asks::Nothing,
        },
        PickupView::Shown { name: name.clone(), until },
        PickupView::Erased { name },
    ];
    for view in views {
        let served = Served::new(view).await;
        for path in [format!("/p/{TOKEN}"), format!("/p/{TOKEN}/not-mine")] {
            let page = served.get(&path).await;
            assert!(page.body.contains("&lt;b&gt;Anna&lt;"), "{}", page.body);
            assert!(page.body.contains("{{ form }}"));
            assert!(!page.body.contains("<b>"));
        }
    }
}

#[tokio::test]
async fn an_unknown_an_expired_and_a_malformed_link_are_told_apart_by_nothing() {
    let served = Served::new(PickupView::Gone).await;
    let expired = served.get(&format!("/p/{TOKEN}")).await;
    assert_eq!(expired.status, 404);
    let long = "a".repeat(300);
    for token in ["unknown", "a%20b", "%ff%fe", "..%2f..", "%00", &long, "%3Cscript%3E", "l%C3%A4nk"] {
        assert_eq!(served.get(&format!("/p/{token}")).await, expired, "{token}");
        assert_eq!(served.get(&format!("/p/{token}/not-mine")).await, expired, "{token}");
    }
    assert!(expired.find("set-cookie").is_none());
    // What has not the form of a token is not even looked up: one call above, two for "unknown".
    let looked_up = served.desk.calls().into_iter().filter(|call| call.starts_with("pickup")).count();
    assert_eq!(looked_up, 3);
}

#[tokio::test]
async fn a_busy_desk_asks_for_a_moment_and_offers_a_way_to_look_again() {
    let served = Served::new(PickupView::Busy).await;
    let page = served.get(&format!("/p/{TOKEN}")).await;
    assert_eq!((page.status, page.header("retry-after")), (503, "5"));
    assert!(page.body.contains(&format!(r#"<a class="button first" href="/p/{TOKEN}?lang=sv">"#)));
    assert!(!page.body.contains("<form"), "pressing again would act again");
}

#[tokio::test]
async fn not_my_employee_is_asked_once_more_and_only_of_a_manager() {
    let served = Served::new(offer()).await;
    let offer = served.get(&format!("/p/{TOKEN}")).await;
    assert!(offer.body.contains(&format!(r#"href="/p/{TOKEN}/not-mine?lang=sv""#)));
    let question = served.get(&format!("/p/{TOKEN}/not-mine")).await;
    assert!(question.body.contains("<h1>Är Anna Andersson inte din medarbetare?</h1>"));
    assert!(question.body.contains(&format!(r#"<form method="post" action="/p/{TOKEN}/not-mine?lang=sv">"#)));

    let until = nyckelbud::types::UnixMillis(0);
    let own = PickupView::Offer {
        pass: false,
        name: "Anna".to_owned(),
        unit: String::new(),
        until,
        own: true,
        asks: Asks::Nothing,
    };
    let served = Served::new(own).await;
    let page = served.get(&format!("/p/{TOKEN}")).await;
    assert!(page.body.contains("Ett nytt lösenord till dig") && !page.body.contains("not-mine"));
    let question = served.get(&format!("/p/{TOKEN}/not-mine")).await;
    assert!(question.body.contains("Ett nytt lösenord till dig"));
}

#[tokio::test]
async fn an_answer_leads_back_to_the_link_and_is_asked_once() {
    for (button, answer) in
        [("not-mine", "NotMine"), ("handed-over", "HandedOver"), ("did-not-work", "DidNotWork")]
    {
        let served = Served::new(offer()).await;
        let said = served.press(&format!("/p/{TOKEN}/{button}?lang=en")).await;
        assert_eq!((said.status, said.header("location")), (303, format!("/p/{TOKEN}?lang=en").as_str()));
        let acts = served.desk.acts();
        assert_eq!(acts.len(), 1);
        assert!(acts[0].starts_with(&format!("answer {TOKEN} ")) && acts[0].ends_with(answer), "{acts:?}");

        *served.desk.view.lock().unwrap() =
            PickupView::Shown { name: "Anna Andersson".to_owned(), until: nyckelbud::types::UnixMillis(0) };
        let opened = served.open(&format!("/p/{TOKEN}")).await;
        *served.desk.view.lock().unwrap() = PickupView::Busy;
        let path = format!("/p/{TOKEN}/{button}");
        let busy = served.ask(Asked::post(&path, &opened.form).with(&[("cookie", &opened.cookie)])).await;
        assert_eq!(busy.status, 503);
    }
}

#[tokio::test]
async fn a_site_below_a_path_has_it_in_all_its_links() {
    let served = Served::at(&format!("{HTTP}/it/desk"), offer()).await;
    let page = served.get(&format!("/p/{TOKEN}")).await;
    let quoted = page.body.split('"').skip(1).step_by(2);
    for link in quoted.filter(|value| value.starts_with('/')) {
        assert!(link.starts_with("/it/desk/"), "{link}");
    }
    let said = served.press(&format!("/p/{TOKEN}/not-mine")).await;
    assert_eq!(said.header("location"), format!("/it/desk/p/{TOKEN}?lang=sv"));
}
