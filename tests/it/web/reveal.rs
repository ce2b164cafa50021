//! The page that shows a password.

use std::sync::Arc;
use std::time::Duration;

use nyckelbud::render::Renderer;
use nyckelbud::web::{self, PickupView, Ports};
use tokio::io::AsyncWriteExt;

use super::client::Asked;
use super::{HTTP, Served, TOKEN, offer, settings};
use crate::support::nobody::{NoQueue, Nobody};

#[tokio::test]
async fn the_button_shows_the_password_to_the_browser_that_opened_the_link() {
    let served = Served::new(offer()).await;
    let path = format!("/p/{TOKEN}");
    let opened = served.open(&path).await;
    let fields = [("cookie", opened.cookie.as_str()), ("sec-fetch-site", "same-origin")];
    for _ in 0..2 {
        let page = served.ask(Asked::post(&path, &opened.form).with(&fields)).await;
        assert_eq!(page.status, 200);
        assert_eq!(page.header("cache-control"), "no-store");
        assert!(page.header("set-cookie").starts_with(&format!("{};", opened.cookie)));
        let shown = page.body.split("<output").nth(1).unwrap().split("</output>").next().unwrap();
        let shown: String = shown.split("<span>").skip(1).map(|s| s.split('<').next().unwrap()).collect();
        assert!(shown == served.desk.password.expose(), "another password is shown");
    }
    let revealed = format!("reveal {TOKEN} {} sv", opened.browser());
    assert_eq!(served.desk.acts(), [&revealed, "revealed", &revealed, "revealed"]);
}

/// A page for a phone on a bad line, with all that it takes in.
const MOST_OCTETS: usize = 15_000;

#[tokio::test]
async fn a_long_password_of_words_breaks_at_its_hyphens_only_and_is_spelt_a_line_a_word() {
    let served = Served::of_words().await;
    let password = served.desk.password.expose().to_owned();
    let page = served.press(&format!("/p/{TOKEN}")).await;
    // The output's elements are boxes: a line ends between two of them, never within one.
    let shown = page.body.split("<output").nth(1).unwrap().split("</output>").next().unwrap();
    let shown: Vec<&str> = shown.split("<span>").skip(1).map(|s| s.split('<').next().unwrap()).collect();
    assert!(shown.concat() == password && shown.len() == 8);
    // At 320 px there is room for 13 letters of 18 px.
    assert!(shown.iter().all(|box_| box_.len() <= 9 && box_.find('-').is_none_or(|at| at + 1 == box_.len())));
    let spelt = page.body.split("<ol class=\"spelt\">").nth(1).unwrap().split("</ol>").next().unwrap();
    let lines: Vec<&str> = spelt.split("<li>").skip(1).map(|s| s.split('<').next().unwrap()).collect();
    assert_eq!(lines.len(), 15);
    for (line, word) in lines.iter().step_by(2).zip(password.split('-')) {
        assert!(line.starts_with(&format!("{word}: ")), "a line without its word");
    }
    assert!(lines[1..].iter().step_by(2).all(|line| *line == "bindestreck"));
    let style = page.body.split("rel=\"stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let style = served.get(&style.replace(HTTP, "")).await.body;
    assert!(style.contains("output span { display: inline-block; }"));
    let octets = page.body.len() + style.len();
    assert!(octets < MOST_OCTETS, "{octets} octets");
}

#[tokio::test]
async fn the_password_is_spelt_out_and_its_form_works_in_the_same_browser() {
    let served = Served::new(offer()).await;
    for (language, hyphen) in [("sv", "<li>bindestreck</li>"), ("en", "<li>hyphen</li>")] {
        let path = format!("/p/{TOKEN}?lang={language}");
        let opened = served.open(&path).await;
        let fields = [("cookie", opened.cookie.as_str())];
        let page = served.ask(Asked::post(&path, &opened.form).with(&fields)).await;
        let spelt = page.body.split("<ol class=\"spelt\">").nth(1).unwrap().split("</ol>").next().unwrap();
        assert_eq!(spelt.matches("<li>").count(), served.desk.password.expose().len());
        assert_eq!(spelt.matches(hyphen).count(), 2);

        let form = page.body.split("name=\"form\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let answer = format!("form={form}");
        let handed = format!("/p/{TOKEN}/handed-over?lang={language}");
        assert!(page.body.contains(&format!(r#"action="{handed}""#)));
        assert_eq!(served.ask(Asked::post(&handed, &answer).with(&fields)).await.status, 303);
    }
}

#[tokio::test]
async fn whoever_may_not_see_the_password_sees_what_the_desk_says_instead() {
    let served = Served::new(offer()).await;
    let path = format!("/p/{TOKEN}");
    // Still on offer after the button was pressed: it could not be done now.
    for (says, status) in
        [(PickupView::Busy, 503), (offer(), 503), (PickupView::Gone, 404), (PickupView::Confirmed, 200)]
    {
        *served.desk.reveals.lock().unwrap() = Some(says);
        let page = served.press(&path).await;
        assert_eq!(page.status, status);
        assert!(!page.body.contains("<output"));
    }
}

#[tokio::test]
async fn a_phone_that_loses_the_connection_does_not_cut_a_reveal_half_way() {
    let served = Served::new(offer()).await;
    let path = format!("/p/{TOKEN}");
    let opened = served.open(&path).await;
    served.desk.gate.forget_permits(1000);
    let mut phone = tokio::net::TcpStream::connect(served.address).await.unwrap();
    let asked = Asked::post(&path, &opened.form).with(&[("cookie", &opened.cookie)]).octets();
    phone.write_all(&asked).await.unwrap();
    until(|| served.desk.acts().len() == 1).await;
    // SO_LINGER 0: the connection is reset, and the server notices at once.
    phone.set_zero_linger().unwrap();
    drop(phone);
    // The server answers others meanwhile, and has had the occasion to see the reset.
    for _ in 0..3 {
        assert_eq!(served.get("/livez").await.status, 200);
    }
    served.desk.gate.add_permits(1);
    until(|| served.desk.acts().last().is_some_and(|call| call == "revealed")).await;
}

#[tokio::test]
async fn a_stop_lets_a_running_answer_end_and_takes_no_new_ones() {
    let mut served = Served::new(offer()).await;
    let path = format!("/p/{TOKEN}");
    let opened = served.open(&path).await;
    served.desk.gate.forget_permits(1000);
    let fields = [("cookie", opened.cookie.as_str())];
    let press = served.ask(Asked::post(&path, &opened.form).with(&fields));
    let stop = async {
        until(|| served.desk.acts().len() == 1).await;
        served.stop.cancel();
        while tokio::net::TcpStream::connect(served.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        served.desk.gate.add_permits(1);
    };
    let (page, ()) = tokio::join!(press, stop);
    assert!(page.body.contains("<output"));
    let ended = tokio::time::timeout(Duration::from_secs(20), &mut served.running).await;
    ended.expect("the pages stop").unwrap().unwrap();
}

#[tokio::test]
async fn a_site_whose_own_page_cannot_be_made_is_told_at_start() {
    let cases = [("gone.html", "{{ nothing }}"), ("revealed.html", "{{ password }} without a spelling")];
    for (file, template) in cases {
        let site = tempfile::tempdir().unwrap();
        std::fs::create_dir(site.path().join("page")).unwrap();
        std::fs::write(site.path().join("page").join(file), template).unwrap();
        let renderer = Arc::new(Renderer::new(Some(site.path())).unwrap());
        let served = Served::new(offer()).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let behind = Ports {
            desk: Arc::clone(&served.desk) as _,
            accounts: Arc::new(Nobody),
            operations: Arc::new(Nobody),
            queue: Arc::new(NoQueue),
            view: Arc::new(Nobody),
            acts: Arc::new(Nobody),
            people: Arc::new(Nobody),
            programs: Arc::new(Nobody),
        };
        let ended = web::serve(listener, settings(HTTP), renderer, behind, std::future::pending()).await;
        assert!(ended.unwrap_err().to_string().contains(file));
    }
}

/// Waits for a condition.
pub(super) async fn until(condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("it happens in time");
}
