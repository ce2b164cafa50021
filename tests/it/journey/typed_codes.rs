//! The journey of a code, where texts carry no links: through 46elks to Karin's phone, typed at the address that the
//! text names, to the password.

use super::{FILIP, filips_request, find_password, lines, password_in, ticket_of};
use crate::support::browser::Browser;
use crate::support::daemon::{Daemon, PATIENCE};
use crate::support::demo_desk;
use crate::support::elks::{Elks, Reply};
use crate::support::wait::until;
use crate::worker::typed_codes::{CODE, typed_code_in};

const KARINS_MOBILE: &str = "+46701740610";

async fn asked(gateway: &Elks, language: &str) -> (Daemon, String) {
    let config = [lines::MAILDIR, &lines::elks(gateway, "elks"), lines::MAIL_SPOOL, CODE].concat();
    let mut program = Daemon::new(&config);
    let path = program.folder().join("nyckelbud.toml");
    let desk = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, desk.replacen("[desk]", &format!("[desk]\nlanguage = \"{language}\""), 1)).unwrap();
    program.start().await;
    let raw = filips_request("two").replace('\n', "\r\n");
    demo_desk::deliver_raw(program.folder(), "1.a", raw.as_bytes());
    let enough = || Some(gateway.texts()).filter(|texts| texts.len() >= 2);
    let texts = until("the text and the warning", PATIENCE, enough).await;
    for text in &texts {
        let message = &text.form["message"];
        assert!(!message.contains("://") && !message.contains("/p/"), "{message}");
    }
    let karins = texts.iter().find(|text| text.form["to"] == KARINS_MOBILE).expect("Karin's text");
    assert!(
        karins.form["message"].contains("127.0.0.1:8025 "),
        "it names where: {:?}",
        karins.form["message"]
    );
    let code = typed_code_in(&karins.form["message"]);
    (program, code)
}

async fn types(browser: &mut Browser, code: &str, language: &str) -> crate::support::client::Answer {
    browser.follow("/").await;
    if language == "en" {
        browser.open("/k?lang=en").await;
    }
    browser.press_with("/k", &format!("&code={code}")).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_types_the_code_at_the_host_of_the_text_and_gets_the_password() {
    for (language, offered, done) in [
        ("sv", "Filip Nord behöver ett nytt lösenord", "Tack, nu är det klart"),
        ("en", "Filip Nord needs a new password", "Thank you"),
    ] {
        let gateway = Elks::start(Reply::Documented("delivered")).await;
        let (program, code) = asked(&gateway, language).await;
        let before = program.credentials();
        let mut karin = program.browser();
        let wrong = types(&mut karin, "0000-0000-0000", language).await;
        assert_eq!(wrong.status, 403);
        let page = karin.press_with("/k", &format!("&code={}", code.to_lowercase())).await;
        assert!(page.status == 200 && page.body.contains(offered), "{}", page.body);
        assert_eq!(program.credentials(), before, "nothing has changed yet");
        assert_eq!(find_password(&page.body), None);
        let link = page.body.split("action=\"").nth(1).unwrap().split('?').next().unwrap().to_owned();
        assert!(link.starts_with("/p/"), "{link}");
        let shown = karin.press(&link).await;
        assert!(
            program.opens(FILIP, &password_in(&shown.body)),
            "the password on the page opens the account"
        );

        let mut other = program.browser();
        let used = types(&mut other, &code, language).await;
        let never = types(&mut other, "0000-0000-0001", language).await;
        assert_eq!((used.status, &used.body), (never.status, &never.body), "to a stranger both are alike");
        let thanks = karin.press("/handed-over").await;
        assert!(thanks.body.contains(done), "{}", thanks.body);
        let tickets = program.tickets_when("resolved", |t| t[0]["state"] == "resolved").await;
        assert_eq!(ticket_of(&tickets, "two")["outcome"], "manager");
        assert!(!program.log().contains(&code) && !program.log().contains(&code.replace('-', "")));
    }
}
