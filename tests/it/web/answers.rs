//! What holds for every answer: its headers, its size, and honest words for what does not exist.

use super::client::{Answer, Asked};
use super::{HTTPS, Served, TOKEN, offer, views};

/// One answer of every kind.
async fn every_kind(served: &Served) -> Vec<(String, Answer)> {
    let link = format!("/p/{TOKEN}");
    let large = format!("form={}", "a".repeat(9000));
    let mut answers = Vec::new();
    for path in ["/livez", "/readyz", "/style.css", "/nowhere", "/p/%ff", &link] {
        answers.push((format!("GET {path}"), served.get(path).await));
    }
    let not_mine = format!("{link}/not-mine");
    for path in ["/callbacks/sms/elks/secret", &not_mine, "/livez"] {
        answers.push((format!("POST {path}"), served.ask(Asked::post(path, "a=b")).await));
    }
    answers.push(("a large form".to_owned(), served.ask(Asked::post(&link, &large)).await));
    answers.push(("the password".to_owned(), served.press(&link).await));
    answers.push(("an answer".to_owned(), served.press(&not_mine).await));
    answers
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_protect_it() {
    for url in [super::HTTP, HTTPS] {
        let served = Served::at(url, offer()).await;
        *served.desk.troubles.lock().unwrap() = vec!["store has not answered for 6 min".to_owned()];
        for (what, answer) in every_kind(&served).await {
            assert_eq!(
                answer.header("content-security-policy"),
                "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
            );
            assert_eq!(answer.header("referrer-policy"), "no-referrer", "{what}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{what}");
            assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{what}");
            assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{what}");
            assert!(answer.header("permissions-policy").contains("camera=()"), "{what}");
            assert!(answer.header("x-robots-tag").contains("noindex"), "{what}");
            let kept = answer.header("cache-control");
            // The stylesheet is the same for everybody, and its address changes with it.
            assert_eq!(kept == "no-store", !what.ends_with("style.css"), "{what}: {kept}");
            let year = answer.find("strict-transport-security");
            assert_eq!(year, (url == HTTPS).then_some("max-age=31536000"), "{what}");
        }
    }
}

#[tokio::test]
async fn no_page_holds_a_script_or_anything_from_elsewhere() {
    let mut pages = Vec::new();
    for (view, _) in views() {
        let served = Served::new(view).await;
        pages.push(served.get(&format!("/p/{TOKEN}")).await);
        pages.push(served.get(&format!("/p/{TOKEN}/not-mine")).await);
    }
    pages.extend(every_kind(&Served::new(offer()).await).await.into_iter().map(|(_, answer)| answer));
    for page in pages.iter().filter(|page| page.body.contains("<html")) {
        for forbidden in
            ["<script", "style=", "onclick", "<img", "<iframe", "javascript:", "://", "undefined"]
        {
            assert!(!page.body.contains(forbidden), "{forbidden} in {}", page.body);
        }
    }
}

#[tokio::test]
async fn a_page_with_its_stylesheet_is_smaller_than_ten_kilobytes() {
    let served = Served::new(offer()).await;
    let page = served.press(&format!("/p/{TOKEN}")).await.body;
    let path = page.split("rel=\"stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let style = served.get(path).await;
    assert_eq!((style.status, style.header("content-type")), (200, "text/css; charset=utf-8"));
    assert!(page.len() + style.body.len() < 10_000, "{} + {}", page.len(), style.body.len());
}

#[tokio::test]
async fn what_does_not_exist_says_so() {
    let served = Served::new(offer()).await;
    for path in ["/nothing", "/p", "/p/", "/login/nothing", "/p/a/b/c", "/callbacks/sms/elks"] {
        let page = served.get(path).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(page.body.contains("<h1>Sidan finns inte</h1>") && page.body.contains("<html lang=\"sv\">"));
    }
    assert_eq!(served.desk.calls(), [""; 0]);
}

#[tokio::test]
async fn an_address_used_in_the_wrong_way_says_which_way_is_right() {
    let served = Served::new(offer()).await;
    let link = format!("/p/{TOKEN}");
    let handed = format!("{link}/handed-over");
    let cases = [
        ("GET", handed.as_str(), "POST"),
        ("PUT", "/callbacks/sms/elks/secret", "GET,HEAD,POST"),
        ("POST", "/livez", "GET,HEAD"),
        ("PUT", &link, "GET,HEAD,POST"),
        ("DELETE", &link, "GET,HEAD,POST"),
    ];
    for (method, path, allow) in cases {
        let page = served.ask(Asked::get(path).method(method)).await;
        assert_eq!((page.status, page.header("allow")), (405, allow), "{method} {path}");
        assert!(page.body.contains("<h1>Det går inte så</h1>") && page.body.contains("(405)"));
    }
    assert_eq!(served.desk.calls(), [""; 0]);
}

#[tokio::test]
async fn supervisors_learn_whether_it_lives_and_what_is_missing() {
    let served = Served::new(offer()).await;
    assert_eq!((served.get("/livez").await.status, served.get("/readyz").await.status), (200, 200));
    let troubles =
        ["store has not answered for 6 min", "mailbox:servicedesk has not answered for 7 min: no route"];
    *served.desk.troubles.lock().unwrap() = troubles.map(str::to_owned).to_vec();
    let ready = served.get("/readyz").await;
    assert_eq!(ready.status, 503);
    assert_eq!(ready.body, troubles.map(|trouble| format!("{trouble}\n")).concat());
    assert_eq!(served.get("/livez").await.status, 200);
}
