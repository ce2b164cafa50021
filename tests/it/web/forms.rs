//! A POST acts only when it comes from a page of ours, in the browser that got the page.

use std::sync::{LazyLock, Mutex};

use tracing_subscriber::EnvFilter;

use super::client::Asked;
use super::{HTTP, HTTPS, Opened, Served, TOKEN, offer};

const BUTTONS: [&str; 5] = ["", "/not-mine", "/handed-over", "/did-not-work", "/not-me"];

#[tokio::test]
async fn a_post_without_proof_is_refused_and_changes_nothing() {
    let served = Served::new(offer()).await;
    let ours = served.open(&format!("/p/{TOKEN}")).await;
    let others = served.open(&format!("/p/{TOKEN}")).await;
    let elsewhere = served.open("/p/another-link").await;
    assert_ne!(ours.cookie, others.cookie);
    let Opened { cookie, form } = &ours;
    let own = ("cookie", cookie.as_str());
    let refused: [(&str, &[(&str, &str)]); 10] = [
        ("", &[]),
        (form, &[]),
        ("", &[own]),
        ("form=", &[own]),
        (&others.form, &[own]),
        (&elsewhere.form, &[own]),
        (form, &[("cookie", others.cookie.as_str())]),
        (form, &[own, ("sec-fetch-site", "cross-site")]),
        (form, &[own, ("sec-fetch-site", "same-site"), ("origin", HTTP)]),
        (form, &[own, ("origin", "https://intranet.kommun.example")]),
    ];
    for button in BUTTONS {
        let path = format!("/p/{TOKEN}{button}");
        for (form, fields) in &refused {
            let page = served.ask(Asked::post(&path, form).with(fields)).await;
            assert_eq!(page.status, 403, "{button} {form} {fields:?}");
            assert!(page.body.contains("<h1>Öppna sidan en gång till</h1>"));
        }
        let no_form =
            Asked::get(&path).method("POST").with(&[own, ("content-type", "text/plain")]).body(form);
        assert_eq!(served.ask(no_form).await.status, 403);
    }
    assert_eq!(served.desk.acts(), [""; 0]);
}

#[tokio::test]
async fn a_post_from_our_own_page_acts_with_old_browsers_too() {
    let served = Served::new(offer()).await;
    let ours = served.open(&format!("/p/{TOKEN}")).await;
    let own = ("cookie", ours.cookie.as_str());
    let accepted: [&[(&str, &str)]; 5] = [
        &[own],
        &[own, ("origin", HTTP)],
        &[own, ("origin", "null")],
        &[own, ("origin", "null"), ("sec-fetch-site", "same-origin")],
        &[own, ("sec-fetch-site", "none")],
    ];
    for button in BUTTONS {
        for fields in accepted {
            let page = served.ask(Asked::post(&format!("/p/{TOKEN}{button}"), &ours.form).with(fields)).await;
            assert!(page.status == 200 || page.status == 303, "{button} {fields:?} {}", page.status);
        }
    }
}

#[tokio::test]
async fn a_browser_keeps_its_name_and_https_keeps_it_to_this_host() {
    let served = Served::new(offer()).await;
    let opened = served.open(&format!("/p/{TOKEN}")).await;
    let path = format!("/p/{TOKEN}");
    let page = served.ask(Asked::get(&path).with(&[("cookie", &opened.cookie)])).await;
    assert!(page.header("set-cookie").starts_with(&format!("{};", opened.cookie)));
    assert_eq!(served.desk.calls().last().unwrap(), &format!("pickup {TOKEN} {}", opened.browser()));
    assert!(page.header("set-cookie").ends_with("; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax"));

    let served = Served::at(HTTPS, offer()).await;
    let page = served.get(&path).await;
    assert!(page.header("set-cookie").starts_with("__Host-nyckelbud="));
    assert!(page.header("set-cookie").ends_with("; SameSite=Lax; Secure"));
    let page = served.ask(Asked::get(&path).with(&[("cookie", &opened.cookie)])).await;
    assert!(!page.header("set-cookie").contains(opened.browser()), "another host could have set it");
}

/// What was logged since the first use, by all tests of this program.
fn log() -> &'static Mutex<Vec<u8>> {
    static LOG: LazyLock<Mutex<Vec<u8>>> = LazyLock::new(|| {
        let filter = EnvFilter::new("nyckelbud::web=trace,hyper=trace,axum=trace,tower=trace");
        let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| Log).finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
        Mutex::default()
    });
    &LOG
}

struct Log;

impl std::io::Write for Log {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        log().lock().unwrap().extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_token_cookie_or_password_reaches_the_log() {
    let log = log();
    let served = Served::new(offer()).await;
    let opened = served.open(&format!("/p/{TOKEN}")).await;
    for button in BUTTONS {
        let path = format!("/p/{TOKEN}{button}");
        for fields in [&[("cookie", opened.cookie.as_str())][..], &[]] {
            served.ask(Asked::post(&path, &opened.form).with(fields)).await;
        }
    }
    let log = String::from_utf8(log.lock().unwrap().clone()).unwrap();
    assert!(log.contains("a form of a pickup page was refused: the browser sent no cookie"), "{log}");
    for secret in [TOKEN, opened.browser(), &opened.form[5..], served.desk.password.expose()] {
        assert!(!log.contains(secret));
    }
}
