//! The phone in the mail is not the registered one: the nearest manager picks the password up, and
//! the account's owner can stop that.

use nyckelbud::cli::registers;
use nyckelbud::password::generate::generate;
use nyckelbud::token::Tokens;
use nyckelbud::types::{AccountId, Outcome};
use tokio::task::JoinSet;

use super::{
    ANNA, FILIP, annas_request, filips_request, find_password, lines, link_in, password_in, ticket_of,
    to_number,
};
use crate::support::audit_rows;
use crate::support::browser::visible;
use crate::support::client::{Asked as Request, ask};
use crate::support::daemon::Daemon;
use crate::support::demo_desk;
use crate::support::dovecot::Dovecot;
use crate::support::postfix::Postfix;

const ANNAS_MOBILE: &str = "46701740605";
const KARINS_MOBILE: &str = "46701740610";
const FILIPS_MOBILE: &str = "46701740624";

/// Filip's account has this password, set before the desk began.
pub(super) async fn with_an_old_password(program: &Daemon) -> String {
    let settings = demo_desk::settings(program.folder());
    let register = registers::register(&settings, &Tokens::default()).expect("the directory opens");
    let reset = register.reset;
    let old = generate(&mut rand::rng(), 12, &[]);
    let set = reset.set(&AccountId::new(FILIP), &old).await;
    assert!(matches!(set, Ok(Outcome::Accepted { .. })), "{set:?}");
    old.expose().to_owned()
}

/// A desk of files whose manager was asked, and how it stood before.
struct Asked {
    program: Daemon,
    /// Filip's password, and the directory's file with it.
    old: String,
    credentials: String,
    /// The path of Karin's link.
    link: String,
    /// The path of the link in Filip's warning.
    warning: String,
}

async fn asked() -> Asked {
    let mut program = Daemon::new(&[lines::MAILDIR, &lines::spools()].concat());
    let old = with_an_old_password(&program).await;
    let credentials = program.credentials();
    program.start().await;
    let raw = filips_request("two").replace('\n', "\r\n");
    demo_desk::deliver_raw(program.folder(), "1.a", raw.as_bytes());
    let (link, warning) = links(&program).await;
    Asked { program, old, credentials, link, warning }
}

pub(super) async fn links(program: &Daemon) -> (String, String) {
    let texts = program.texts(2).await;
    let (to_karin, to_filip) = (to_number(&texts, KARINS_MOBILE), to_number(&texts, FILIPS_MOBILE));
    assert_eq!((texts.len(), to_karin.len(), to_filip.len()), (2, 1, 1), "{texts:#?}");
    assert!(to_karin[0].contains("Filip Nord behöver"), "{to_karin:?}");
    assert!(to_filip[0].contains("Bad du inte om det?"), "{to_filip:?}");
    (link_in(&to_karin[0]), link_in(&to_filip[0]))
}

/// The state, outcome and reason of Filip's ticket, as soon as it waits for no machine.
async fn filips_ticket(program: &Daemon) -> (String, String, String) {
    let tickets = program.settled(1).await;
    let ticket = ticket_of(&tickets, "two");
    let text = |key: &str| ticket[key].as_str().unwrap_or("-").to_owned();
    (text("state"), text("outcome"), text("reason"))
}

fn is(state: &str, outcome: &str, reason: &str) -> (String, String, String) {
    (state.to_owned(), outcome.to_owned(), reason.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_manager_picks_the_password_up_and_hands_it_over() {
    let (mailbox, post) = (Dovecot::start(), Postfix::start());
    let config = [lines::imap(&mailbox), lines::MODEM.to_owned(), lines::smtp(&post)].concat();
    let mut program = Daemon::new(&config);
    let old = with_an_old_password(&program).await;
    let before = program.credentials();
    program.start().await;
    mailbox.deliver("1.a", &filips_request("two"));
    let (link, _) = links(&program).await;

    // Programs that preview links open them, too.
    for _ in 0..5 {
        let page = program.browser().open(&link).await;
        assert!(page.status == 200 && page.body.contains("Filip Nord"), "{}", page.body);
        assert_eq!(find_password(&page.body), None);
    }
    assert_eq!(program.credentials(), before, "a GET changes nothing");
    assert_eq!(filips_ticket(&program).await, is("pending", "manager", "phone-mismatch"));

    let (mut karin, mut other) = (program.browser(), program.browser());
    karin.open(&link).await;
    other.open(&link).await;
    let page = karin.press(&link).await;
    let password = password_in(&page.body);
    assert!(program.opens(FILIP, &password), "the password on the page opens the account");
    assert!(!program.opens(FILIP, &old));
    assert!(program.credentials().contains("must_change = true"), "{}", program.credentials());

    let set = program.credentials();
    let refused = other.press(&link).await;
    assert!(refused.body.contains("Det här är redan använt"), "{}", refused.body);
    let refused = program.browser().open(&link).await;
    assert!(refused.body.contains("Det här är redan använt"), "{}", refused.body);
    assert!(karin.open(&link).await.body.contains("Visa igen"));
    assert_eq!(password_in(&karin.press(&link).await.body), password, "the same browser sees it again");
    assert_eq!(program.credentials(), set, "it was set once");

    let done = karin.press("/handed-over").await;
    assert!(done.body.contains("Tack, nu är det klart"), "{}", done.body);
    assert_eq!(filips_ticket(&program).await, is("resolved", "manager", "phone-mismatch"));
    let gone = program.browser().open(&link).await;
    let never = program.browser().open("/p/aaaaaaaaaaaaaaaaaaaaaaaaaa").await;
    assert_eq!(gone, never, "to a stranger a used link is like one that never was");
    for pages in [&karin.pages[..1], &karin.pages[4..], &other.pages] {
        assert!(pages.iter().all(|page| find_password(page).is_none()), "only the pickup's answer shows it");
    }
    the_three_are_told(&post).await;
}

async fn the_three_are_told(post: &Postfix) {
    let to_karin = post.delivered_to("karin", 1).await;
    assert!(to_karin[0].contains("\nAuto-Submitted: auto-generated\n"), "{}", to_karin[0]);
    let to_filip = post.delivered_to("filip", 2).await;
    let kinds = ["\nAuto-Submitted: auto-replied\n", "\nAuto-Submitted: auto-generated\n"];
    for kind in kinds {
        assert_eq!(to_filip.iter().filter(|mail| mail.contains(kind)).count(), 1, "{kind}: {to_filip:#?}");
    }
    // An owner's mail has the link that says "it was not me", which shows nothing.
    for mail in &to_karin {
        assert!(!mail.contains("/p/"), "no mail carries a link to a password: {mail}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owner_stops_it_with_the_link_of_the_warning() {
    let Asked { program, old, credentials, link, warning } = asked().await;
    let (mut karin, mut filip) = (program.browser(), program.browser());
    karin.open(&link).await;
    for _ in 0..5 {
        assert!(program.browser().open(&warning).await.body.contains("Bad du om ett nytt lösenord?"));
    }
    assert_eq!(filips_ticket(&program).await, is("pending", "manager", "phone-mismatch"));

    filip.open(&warning).await;
    let stopped = filip.press("/not-me").await;
    assert!(stopped.body.contains("Det är stoppat"), "{}", stopped.body);
    let ticket = filips_ticket(&program).await;
    assert_eq!((ticket.0.as_str(), ticket.1.as_str()), ("open", "technician"), "{ticket:?}");
    let gone = karin.press(&link).await;
    assert_eq!(gone.status, 404, "the manager's page was open already: {}", gone.body);
    assert_eq!(program.browser().open(&link).await.status, 404);
    the_old_password_stands(&program, &credentials, &old);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn not_my_employee_gives_it_to_a_technician() {
    let Asked { program, old, credentials, link, .. } = asked().await;
    let mut karin = program.browser();
    karin.open(&format!("{link}/not-mine")).await;
    assert_eq!(filips_ticket(&program).await, is("pending", "manager", "phone-mismatch"));
    let said = karin.press("/not-mine").await;
    assert!(said.body.contains("Tack, servicedesk tar över"), "{}", said.body);
    assert_eq!(filips_ticket(&program).await, is("open", "technician", "manager-declined"));
    let again = program.browser().open(&link).await;
    assert!(!again.body.contains("<form"), "nobody can use it any more: {}", again.body);
    the_old_password_stands(&program, &credentials, &old);
}

/// `Kavel-trumf7-snok-brygga4`
pub(super) fn words_in(page: &str) -> Option<String> {
    let text = visible(page);
    let mut parts = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    let is_word = |part: &str| (4..=8).contains(&part.len());
    let found = parts.find(|word| word.split('-').count() == 4 && word.split('-').all(is_word));
    found.map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_words_the_managers_page_shows_them_and_a_text_has_characters() {
    let mut program = Daemon::new(&[lines::MAILDIR, &lines::spools()].concat());
    let config = program.folder().join("nyckelbud.toml");
    let desk = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, desk.replacen("[password]", "[password]\nstyle = \"words\"", 1)).unwrap();
    program.start().await;
    for (name, request) in [("1.a", filips_request("one")), ("2.a", annas_request("two"))] {
        demo_desk::deliver_raw(program.folder(), name, request.replace('\n', "\r\n").as_bytes());
    }
    // Anna's password, Karin's link, and the warning to Filip.
    let texts = program.texts(3).await;
    assert!(texts.iter().all(|text| words_in(text).is_none()), "words went by text");
    let to_anna = to_number(&texts, ANNAS_MOBILE);
    assert!(program.opens(ANNA, &password_in(&to_anna[0])), "the text's characters open the account");
    let link = link_in(&to_number(&texts, KARINS_MOBILE)[0]);
    let mut karin = program.browser();
    karin.open(&link).await;
    let page = karin.press(&link).await.body;
    let shown = words_in(&page).expect("words on the page");
    assert!(program.opens(FILIP, &shown), "the page's words open the account");
    assert_eq!(page.matches("<li>bindestreck</li>").count(), 3, "they are spelt a line a word");
}

fn the_old_password_stands(program: &Daemon, credentials: &str, old: &str) {
    assert_eq!(program.credentials(), credentials, "nothing was set");
    assert!(program.opens(FILIP, old));
}

/// Programs that look at links, each in its own way.
const PREVIEWERS: [&str; 5] = [
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Mozilla/5.0 (compatible; bingbot/2.0) SkypeUriPreview Preview/0.5",
    "facebookexternalhit/1.1",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)",
    "",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_previewers_change_nothing_and_the_manager_can_still_open_it() {
    let Asked { program, credentials, link, .. } = asked().await;
    let database = program.folder().join("var/nyckelbud.db");
    let before = (program.tickets(), audit_rows::read(&database).await.len());
    let (address, mut looking) = (program.address(), JoinSet::new());
    for n in 0..1000 {
        while looking.len() >= 40 {
            looking.join_next().await.unwrap().unwrap();
        }
        let paths =
            [link.clone(), format!("{link}?lang=en"), format!("{link}/not-mine"), format!("{link}/sign-in")];
        let path = paths[n % paths.len()].clone();
        looking.spawn(async move {
            let agent = [("user-agent", PREVIEWERS[n % 5]), ("purpose", "prefetch"), ("x-moz", "prefetch")];
            let method = if n % 3 == 0 { "HEAD" } else { "GET" };
            let seen = ask(address, &Request::get(&path).method(method).with(&agent)).await;
            assert_eq!(seen.status, 200, "{method} {path}");
            assert_eq!(find_password(&seen.body), None);
        });
    }
    while let Some(looked) = looking.join_next().await {
        looked.unwrap();
    }
    assert_eq!((program.tickets(), audit_rows::read(&database).await.len()), before);
    assert_eq!(program.credentials(), credentials);
    let mut karin = program.browser();
    karin.open(&link).await;
    assert!(program.opens(FILIP, &password_in(&karin.press(&link).await.body)));
}
