//! `pickup = "sign-in"`: a manager signs in at a real identity provider, and nobody else gets anything.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use nyckelbud::oidc::{Flow, OidcSettings, Provider};
use nyckelbud::secret::Secret;
use tokio::io::AsyncWriteExt;

use super::{FILIP, filips_request, find_password, lines, link_in, password_in, ticket_of, to_number};
use crate::support::audit_rows;
use crate::support::browser::Browser;
use crate::support::daemon::{Daemon, PATIENCE};
use crate::support::demo_desk;
use crate::support::http_request::request;
use crate::support::oidc::Oidc;

const KARINS_MOBILE: &str = "46701740610";

/// A desk whose managers sign in at `provider`, and Karin's link.
async fn asked(provider: &Oidc, more: &str) -> (Daemon, String) {
    let config =
        [lines::MAILDIR, &lines::spools(), &provider.lines(), more, "[delivery]\npickup = \"sign-in\"\n"];
    let mut program = Daemon::new(&config.concat());
    program.start().await;
    let raw = filips_request("two").replace('\n', "\r\n");
    demo_desk::deliver_raw(program.folder(), "1.a", raw.as_bytes());
    let texts = program.texts(2).await;
    let link = link_in(&to_number(&texts, KARINS_MOBILE)[0]);
    (program, link)
}

/// Goes to the provider; its address.
async fn leave(browser: &mut Browser, link: &str) -> String {
    let page = browser.open(link).await;
    assert!(page.status == 200 && page.body.contains("Logga in"), "{}", page.body);
    assert!(!page.body.contains("Visa lösenordet"), "nobody has signed in yet: {}", page.body);
    let away = browser.open(&format!("{link}/sign-in")).await;
    assert_eq!(away.status, 303, "{}", away.body);
    let address = away.header("location").to_owned();
    for part in ["code_challenge_method=S256", "state=", "nonce=", "response_type=code"] {
        assert!(address.contains(part), "{address}");
    }
    address
}

fn state(program: &Daemon) -> String {
    ticket_of(&program.tickets(), "two")["state"].as_str().unwrap().to_owned()
}

async fn rows(program: &Daemon, event: &str) -> usize {
    let rows = audit_rows::read(&program.folder().join("var/nyckelbud.db")).await;
    rows.iter().filter(|(_, name, _)| name == event).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_manager_signs_in_across_a_restart_and_gets_the_password() {
    let provider = Oidc::start();
    let (mut program, link) = asked(&provider, "").await;
    let mut karin = program.browser();
    let address = leave(&mut karin, &link).await;
    program.kill();
    program.start().await;
    karin.moved_to(program.address());
    let back = provider.sign_in(&address, Some("a-karin")).await;
    let page = karin.follow(&back).await;
    assert!(page.body.contains("Du är inloggad"), "{}", page.body);
    assert_eq!(
        (program.credentials().as_str(), state(&program).as_str()),
        ("", "pending"),
        "GETs change nothing"
    );
    let page = karin.press(&link).await;
    assert!(program.opens(FILIP, &password_in(&page.body)));
    assert_eq!(rows(&program, "pickup.signed-in").await, 1);
    assert!(karin.press("/handed-over").await.body.contains("Tack, nu är det klart"));
    assert_eq!(state(&program), "resolved");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn anybody_else_who_signs_in_gets_nothing_and_is_noted() {
    let provider = Oidc::start();
    let (program, link) = asked(&provider, "").await;
    let mut lars = program.browser();
    let address = leave(&mut lars, &link).await;
    let back = provider.sign_in(&address, Some("a-lars")).await;
    let page = lars.open(&back).await;
    assert_eq!(page.status, 403);
    assert!(page.body.contains("Länken är till någon annan"), "{}", page.body);
    assert_eq!(rows(&program, "pickup.sign-in-refused").await, 1);
    assert!(lars.open(&link).await.body.contains("Logga in"), "he is as far as before");
    let address = leave(&mut lars, &link).await;
    assert_eq!(lars.open(&provider.sign_in(&address, Some("a-lars")).await).await.status, 403);
    assert_eq!(rows(&program, "pickup.sign-in-refused").await, 1, "nor does he fill the audit log");

    // Whoever steals the way back has it in another browser.
    let mut karin = program.browser();
    let address = leave(&mut karin, &link).await;
    let back = provider.sign_in(&address, Some("a-karin")).await;
    let page = lars.open(&back).await;
    assert!(page.status == 503 && page.body.contains("Det gick inte att logga in"), "{}", page.body);
    let mut stranger = program.browser();
    assert_eq!(stranger.open(&back).await.status, 503);
    assert_eq!((program.credentials().as_str(), state(&program).as_str()), ("", "pending"));

    // And a way back that was changed leads nowhere either.
    let other = back.replace("state=", "state=0");
    assert_eq!(karin.open(&other).await.status, 503);
    let address = leave(&mut karin, &link).await;
    let back = provider.sign_in(&address, Some("a-karin")).await;
    karin.follow(&back).await;
    assert!(find_password(&karin.press(&link).await.body).is_some(), "the link was valid all the time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_proved_for_one_browser_is_no_proof_in_another() {
    let provider = Oidc::start();
    let (program, link) = asked(&provider, "").await;
    let (mut karin, mut lars) = (program.browser(), program.browser());
    let address = leave(&mut karin, &link).await;
    let back = provider.sign_in(&address, Some("a-karin")).await;
    karin.follow(&back).await;
    lars.open(&link).await;
    lars.takes_cookie_of(&karin, "nyckelbud-proof");
    let page = lars.open(&link).await;
    assert!(page.body.contains("Visa lösenordet"), "the page cannot tell: {}", page.body);
    let page = lars.press(&link).await;
    assert!(find_password(&page.body).is_none() && page.body.contains("gäller inte längre"), "{}", page.body);
    assert_eq!(program.credentials(), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_is_down_or_breaks_off_costs_nothing() {
    let provider = Oidc::down();
    let (program, link) = asked(&provider, "").await;
    let mut karin = program.browser();
    karin.open(&link).await;
    let page = karin.open(&format!("{link}/sign-in")).await;
    assert!(page.status == 503 && page.body.contains("Det gick inte att logga in"), "{}", page.body);
    provider.up();
    // It is asked again after a moment.
    let until = Instant::now() + PATIENCE;
    while karin.open(&format!("{link}/sign-in")).await.status != 303 {
        assert!(Instant::now() < until, "{}", program.log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let address = leave(&mut karin, &link).await;
    let back = provider.sign_in(&address, None).await;
    assert!(back.contains("error="), "{back}");
    assert_eq!(karin.open(&back).await.status, 503);
    let address = leave(&mut karin, &link).await;
    let back = provider.sign_in(&address, Some("a-karin")).await;
    provider.stop();
    assert_eq!(karin.open(&back).await.status, 503, "nobody redeems the code");
    provider.up();
    let address = leave(&mut karin, &link).await;
    let back = provider.sign_in(&address, Some("a-karin")).await;
    // It has other keys now than those that are known.
    let page = karin.follow(&back).await;
    assert!(page.body.contains("Du är inloggad"), "{} {}", page.body, program.log());
    assert!(program.opens(FILIP, &password_in(&karin.press(&link).await.body)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_counts_only_where_it_is_configured_and_verified() {
    let provider = Oidc::start();
    let (program, link) = asked(&provider, "claim = \"email\"\n").await;
    for (person, is_manager) in
        [("a-karin.ek!unverified", false), ("a-lars.berg", false), ("a-karin.ek", true)]
    {
        let mut browser = program.browser();
        let address = leave(&mut browser, &link).await;
        let page = browser.follow(&provider.sign_in(&address, Some(person)).await).await;
        assert_eq!(page.body.contains("Visa lösenordet"), is_manager, "{person}: {}", page.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_without_a_mobile_is_reached_by_mail_alone() {
    let provider = Oidc::start();
    let config = [lines::MAILDIR, &lines::spools(), &provider.lines(), "[delivery]\npickup = \"sign-in\"\n"];
    let mut program = Daemon::new(&config.concat());
    let people = program.folder().join("directory.toml");
    let text = std::fs::read_to_string(&people).unwrap();
    std::fs::write(&people, text.replace("070-174 06 10", "040-628 04 10")).unwrap();
    program.start().await;
    let raw = filips_request("two").replace('\n', "\r\n");
    demo_desk::deliver_raw(program.folder(), "1.a", raw.as_bytes());
    program.texts(1).await;
    let folder = program.folder().join("mail");
    let mail = crate::support::wait::until("Karin's mail", crate::support::daemon::PATIENCE, || {
        let read = |name: String| std::fs::read_to_string(folder.join(name)).ok();
        let mut mails = demo_desk::files(&folder).into_iter().filter_map(read);
        mails.find(|mail| mail.contains("To: karin.ek@kommun.example") && mail.ends_with('\n'))
    })
    .await;
    let link = link_in(&mail.replace("=\r\n", "").replace("=\n", ""));
    let mut karin = program.browser();
    let address = leave(&mut karin, &link).await;
    karin.follow(&provider.sign_in(&address, Some("a-karin")).await).await;
    assert!(program.opens(FILIP, &password_in(&karin.press(&link).await.body)));
}

#[tokio::test]
async fn a_provider_in_trouble_is_asked_once_whoever_comes_meanwhile() {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let provider = Provider::new(OidcSettings {
        issuer: format!("http://{}", listener.local_addr().unwrap()),
        client_id: "nyckelbud".to_owned(),
        client_secret: Secret::new("a-secret-of-the-tests".to_owned()),
        claim: "oid".to_owned(),
        redirect: "http://127.0.0.1:8025/sign-in/callback".to_owned(),
    });
    let (provider, asked) = (Arc::new(provider.unwrap()), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&asked);
    let serving = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let Some(_) = request(&mut stream).await else { continue };
            count.fetch_add(1, Ordering::SeqCst);
            let answer = "HTTP/1.1 503 x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let mut coming = tokio::task::JoinSet::new();
    for n in 0..20 {
        let provider = Arc::clone(&provider);
        coming.spawn(async move {
            let part = |what: &str| format!("{what}-{n:040}");
            let flow = Flow { state: part("state"), nonce: part("nonce"), verifier: part("verifier") };
            provider.address(&flow).await
        });
    }
    while let Some(came) = coming.join_next().await {
        assert!(came.unwrap().unwrap_err().to_string().contains("503"));
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    serving.abort();
}
