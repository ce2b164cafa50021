//! As `canary`, for the secrets that guard a link: a code, a link by mail, a password of words whose sealed value is
//! kept after its hand-over, and what a sign-in leaves in a browser.

use std::path::Path;

use super::canary::{assert_nowhere, files, place_of, values};
use super::manager::words_in;
use super::search::{Place, secrets};
use super::{FILIP, filips_request, lines, link_in, to_number};
use crate::support::daemon::Daemon;
use crate::support::demo_desk;
use crate::support::dovecot::Dovecot;
use crate::support::oidc::Oidc;
use crate::support::postfix::Postfix;
use crate::worker::codes::code_in;
use crate::worker::typed_codes::{CODE, typed_code_in};

const NOWHERE: &str = "/nowhere";

/// A desk whose pages show words, and that replaces what nobody used: it keeps the sealed value for that.
async fn started(more: &str) -> Daemon {
    let mut program = Daemon::new(more);
    let config = program.folder().join("nyckelbud.toml");
    let desk = std::fs::read_to_string(&config).unwrap();
    let with = "[password]\nstyle = \"words\"\nunused = \"scramble\"";
    std::fs::write(&config, desk.replacen("[password]", with, 1)).unwrap();
    program.start().await;
    program
}

fn log_of(program: &Daemon) -> Place {
    Place { name: "the log".to_owned(), octets: program.log().into_bytes() }
}

/// What nobody may find in logs and the database.
async fn quiet(program: &Daemon) -> Vec<Place> {
    let mut places = files(&program.folder().join("var"), Path::new(NOWHERE));
    places.extend(values(program).await);
    places.push(log_of(program));
    places
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_its_link_and_words_are_where_they_belong_and_nowhere_else() {
    let (mailbox, post) = (Dovecot::start(), Postfix::start());
    let guard = "[delivery]\npickup = \"link-and-code\"\n";
    let config =
        [lines::imap(&mailbox), lines::MODEM.to_owned(), lines::smtp(&post), guard.to_owned()].concat();
    let mut program = started(&config).await;
    mailbox.deliver("1.a", &filips_request("two"));
    let texts = program.texts(2).await;
    let code = code_in(&to_number(&texts, "46701740610")[0]);
    let mail = post.delivered_to("karin", 1).await.remove(0).replace("=\r\n", "").replace("=\n", "");
    let link = link_in(&mail);
    let token = secrets(&[link.trim_start_matches("/p/").to_owned()]);

    let (mut karin, mut other) = (program.browser(), program.browser());
    karin.open(&link).await;
    karin.press_with(&link, "&code=3333-3333").await;
    let answer = karin.press_with(&link, &format!("&code={code}")).await.body;
    let words = words_in(&answer).expect("words on the page");
    assert!(program.opens(FILIP, &words));
    other.open(&link).await;
    karin.press("/handed-over").await;
    program.settled(1).await;
    post.delivered_to("filip", 2).await;

    let needles = secrets(&[code, words]);
    let sms = program.folder().join("sms");
    assert_eq!(needles[0].found_in(&files(&sms, Path::new(NOWHERE))).len(), 1, "the code is in its text");
    let shown = needles[1].found_in(&[place_of(&answer)]);
    assert_eq!(shown.len(), 1, "the words are on the page");
    assert_nowhere(&needles[1..], &files(&sms, Path::new(NOWHERE)));
    let mut everything = files(program.folder(), &sms);
    everything.extend(files(&mailbox.path(""), Path::new(NOWHERE)));
    everything.extend(files(&post.path(""), Path::new(NOWHERE)));
    everything.extend(quiet(&program).await);
    let pages = karin.pages.iter().chain(&other.pages).filter(|page| **page != answer);
    everything.extend(pages.map(|page| place_of(page)));
    assert_nowhere(&needles, &everything);
    assert_nowhere(&token, &quiet(&program).await);
    // The link by mail is in no text, and in no mail but its manager's.
    assert_nowhere(&token, &files(&sms, Path::new(NOWHERE)));
    assert_nowhere(&token, &files(&post.path("mail/filip"), Path::new(NOWHERE)));

    program.terminate();
    assert_eq!(program.ended().0, Some(0));
    assert_nowhere(&needles, &files(program.folder(), &sms));
    assert_nowhere(&token, &[log_of(&program)]);
}

/// A code of twelve symbols is all that its holder needs; one that was mistyped is nearly the right one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn typed_codes_right_or_wrong_are_in_their_texts_and_nowhere_else() {
    let post = Postfix::start();
    let config = [lines::MAILDIR, lines::MODEM, &lines::smtp(&post), CODE].concat();
    let mut program = started(&config).await;
    let raw = filips_request("two").replace('\n', "\r\n");
    demo_desk::deliver_raw(program.folder(), "1.a", raw.as_bytes());
    let texts = program.texts(2).await;
    let code = typed_code_in(&to_number(&texts, "46701740610")[0]);
    let owners = typed_code_in(&to_number(&texts, "46701740624")[0]);
    let symbols = owners.split_once('-').unwrap().1.to_owned();
    let mistyped = format!("{}{}", &code[..14], if code.ends_with('3') { '4' } else { '3' });

    let (mut karin, mut filip) = (program.browser(), program.browser());
    karin.open("/k").await;
    assert_eq!(karin.press_with("/k", &format!("&code={mistyped}")).await.status, 403);
    let offer = karin.press_with("/k", &format!("&code={code}")).await.body;
    let link = offer.split("action=\"").nth(1).unwrap().split('?').next().unwrap().to_owned();
    let token = link.trim_start_matches("/p/").to_owned();
    let words = words_in(&karin.press(&link).await.body).expect("words on the page");
    filip.open("/k").await;
    let warned = filip.press_with("/k", &format!("&code={owners}")).await.body;
    assert!(warned.contains("/p/"), "{warned}");
    karin.press("/handed-over").await;
    program.settled(1).await;
    post.delivered_to("filip", 2).await;

    let needles = secrets(&[code, symbols, mistyped]);
    let sms = program.folder().join("sms");
    let found = needles.iter().map(|needle| needle.found_in(&files(&sms, Path::new(NOWHERE))).len());
    assert_eq!(found.collect::<Vec<_>>(), [1, 1, 0], "each right one is in its text");
    let mut everything = files(program.folder(), &sms);
    everything.extend(files(&post.path(""), Path::new(NOWHERE)));
    everything.extend(quiet(&program).await);
    everything.extend(karin.pages.iter().chain(&filip.pages).map(|page| place_of(page)));
    assert_nowhere(&needles, &everything);
    assert_nowhere(&secrets(&[token, words]), &quiet(&program).await);
    program.terminate();
    assert_eq!(program.ended().0, Some(0));
    assert_nowhere(&needles, &files(program.folder(), &sms));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_sign_in_leaves_in_a_browser_is_in_no_log_and_no_row() {
    let provider = Oidc::start();
    let config =
        [lines::MAILDIR, &lines::spools(), &provider.lines(), "[delivery]\npickup = \"sign-in\"\n"].concat();
    let program = started(&config).await;
    let raw = filips_request("two").replace('\n', "\r\n");
    demo_desk::deliver_raw(program.folder(), "1.a", raw.as_bytes());
    let link = link_in(&to_number(&program.texts(2).await, "46701740610")[0]);
    let mut karin = program.browser();
    karin.open(&link).await;
    let away = karin.open(&format!("{link}/sign-in")).await.header("location").to_owned();
    let kept = karin.cookie("nyckelbud-sign-in");
    let back = provider.sign_in(&away, Some("a-karin")).await;
    let page = karin.follow(&back).await;
    assert!(page.body.contains("Du är inloggad"), "{}", page.body);
    let proof = karin.cookie("nyckelbud-proof");
    assert!(words_in(&karin.press(&link).await.body).is_some());
    karin.press("/handed-over").await;
    program.settled(1).await;

    let of = |address: &str, name: &str| {
        let (_, rest) = address.split_once(&format!("{name}=")).unwrap_or_else(|| panic!("no {name}"));
        rest.split('&').next().unwrap().to_owned()
    };
    let last = |value: &str| value.rsplit('.').next().unwrap().to_owned();
    let needles = secrets(&[
        of(&away, "state"),
        of(&away, "nonce"),
        of(&away, "code_challenge"),
        of(&back, "code"),
        last(&kept),
        last(&proof),
        karin.cookie("nyckelbud"),
        "a-secret-of-the-tests".to_owned(),
    ]);
    assert_nowhere(&needles, &quiet(&program).await);
    for (place, needle) in needles.iter().enumerate() {
        let planted = needle.encodings()[0].1.clone();
        let copy = [Place { name: "a copy".to_owned(), octets: planted }];
        assert_eq!(needle.found_in(&copy).len(), 1, "secret {place} is not found where it is");
    }
}
