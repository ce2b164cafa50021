//! Steps whose forms ask for more than a press: what is wrong in one comes back with all that was typed, somebody is
//! looked for by name in the directory, and whoever came in person is helped to the end.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use nyckelbud::directory::{Directory, DirectoryError, Facts, Finding, Found, Who};
use nyckelbud::store::TicketFilter;
use nyckelbud::ticket::Standing;
use nyckelbud::types::Role;

use super::ticket_acts::value;
use super::tickets::{Open, mail, open};
use crate::support::audit_rows;
use crate::support::browser::{Browser, visible};
use crate::support::client::Answer;
use crate::support::demo_desk;
use crate::support::desk::{OpenDesk, TurnedClock};
use crate::support::staff::{PASSWORD, account, sign_in};

/// A ticket that waits for people, and a colleague of whoever works on it.
async fn stopped() -> Open {
    let open = open(&[mail("", "Skrivaren blinkar.\n")]).await;
    open.desk.employ(&account("per.ost", Role::Technician, None)).await;
    open
}

/// What the form of a step on `page` carries.
fn form_of(page: &Answer, act: &str) -> String {
    let key = value(page, "key");
    let key = key.split('-').next().unwrap();
    format!("&version={}&key={key}-{act}&act={act}&review=", value(page, "version"))
}

/// How many acts are kept.
async fn kept(open: &Open) -> usize {
    let rows = audit_rows::read(&open.folder.path().join("var/nyckelbud.db")).await;
    rows.iter().filter(|(_, event, _)| event.starts_with("act.")).count()
}

#[tokio::test]
async fn an_account_that_is_none_is_never_taken_for_that_of_the_mail() {
    let open = stopped().await;
    let path = format!("/tickets/{}", open.number().await);
    let mut eva = open.signed_in("eva.lind").await;
    for act in [
        "to-manager",
        "choose-account",
        "override",
        "override-to-registered-phone",
        "override-to-another-manager",
    ] {
        let form = form_of(&eva.open(&path).await, act);
        let typed =
            "&account=Anna+Andersson&manager=karin.ek%40kommun.example&grounds=called-back&why=Ringde+upp";
        let refused = eva.press_with("/act", &format!("{form}{typed}")).await;
        assert_eq!(refused.status, 422, "{act}: {}", refused.body);
        assert!(refused.body.contains("value=\"Anna Andersson\""), "{act}: {}", refused.body);
        assert!(refused.body.contains("aria-describedby=\"account-wrong\""), "{act}: {}", refused.body);
        if act.starts_with("override") {
            let kept = ["value=\"Ringde upp\"", "value=\"called-back\" selected"];
            assert!(kept.iter().all(|typed| refused.body.contains(typed)), "{act}: {}", refused.body);
        }
    }
    assert_eq!(kept(&open).await, 0);
    // Without grounds nothing is claimed, and a manager whom nobody knows is none.
    let form = form_of(&eva.open(&path).await, "override-to-another-manager");
    for (typed, field) in [
        ("&account=&manager=karin.ek%40kommun.example&grounds=&why=Ringde+upp", "grounds"),
        ("&account=&manager=+&grounds=other&why=Ringde+upp", "manager"),
        ("&account=&manager=nobody.here&grounds=other&why=Ringde+upp", "manager"),
        ("&account=&manager=karin.ek%40kommun.example&grounds=other&why=+", "why"),
    ] {
        let refused = eva.press_with("/act", &format!("{form}{typed}")).await;
        let wrong = refused.body.contains(&format!("aria-describedby=\"{field}-wrong\""));
        assert!(refused.status == 422 && wrong, "{typed}: {} {}", refused.status, refused.body);
    }
    assert_eq!(kept(&open).await, 0);
    // What was wrong is mended in the form that came back.
    let page =
        eva.press_with("/act", &format!("{form}&account=A+B&manager=&grounds=other&why=Ringde+upp")).await;
    let form = form_of(&page, "override-to-another-manager");
    let typed = "&account=annand12&manager=karin.ek%40kommun.example&grounds=other&why=Ringde+upp";
    let asked = eva.press_with("/act", &format!("{form}{typed}")).await;
    assert!(asked.status == 200 && asked.body.contains("Ta tillbaka"), "{}", asked.body);
    assert!(asked.body.contains("Karin Ek") && asked.body.contains("annand12"), "{}", asked.body);
}

#[tokio::test]
async fn a_manager_is_found_by_name_and_chosen_by_a_press_and_no_phone_is_told() {
    let open = stopped().await;
    let number = open.number().await;
    let (path, people) = (format!("/tickets/{number}"), format!("/tickets/{number}/people"));
    let mut eva = open.signed_in("eva.lind").await;
    let page = eva.open(&path).await;
    let act = "override-to-another-manager";
    let form = form_of(&page, act);
    // The ticket's own page does not propose it; the page of the step offers it.
    eva.press_with("/act", &format!("{form}&account=&manager=&grounds=&why=")).await;
    let typed = "&account=annand12&grounds=vouched&why=Hon+vikarierar";
    let found = eva.press_to(&people, &format!("{form}{typed}&manager=ek+kar&find=manager")).await;
    let words = visible(&found.body);
    assert!(found.status == 200 && words.contains("Karin Ek") && words.contains("1 träff"), "{}", found.body);
    assert!(found.body.contains("value=\"karin.ek@kommun.example\""), "{}", found.body);
    assert!(found.body.contains("value=\"Hon vikarierar\""), "what was typed is kept: {}", found.body);
    assert!(!words.contains("070") && !words.contains("+46") && !words.contains("••"), "no phone: {words}");
    let short = eva.press_to(&people, &format!("{form}{typed}&manager=+k&find=manager")).await;
    assert!(
        short.status == 422 && short.body.contains("aria-describedby=\"manager-wrong\""),
        "{}",
        short.body
    );
    let nobody = eva.press_to(&people, &format!("{form}{typed}&manager=%28*%29xx&find=manager")).await;
    assert!(nobody.body.contains("Ingen i katalogen heter så"), "{}", nobody.body);
    let accounts = eva.press_to(&people, &format!("{form}&manager=&account=anna+and&find=account")).await;
    assert!(accounts.body.contains("name=\"picks\" value=\"account\""), "{}", accounts.body);
    assert!(found.body.contains("name=\"sought\" value=\"ek kar\""), "{}", found.body);
    let unpicked =
        eva.press_with("/act", &format!("{form}{typed}&manager=ek+kar&picks=manager&sought=ek+kar")).await;
    assert!(unpicked.status == 422 && unpicked.body.contains("Välj vem i listan"), "{}", unpicked.body);
    // What is written after a choice is what is meant.
    let written = "&manager=nobody.else&picks=manager&sought=ek+kar&picked=karin.ek%40kommun.example";
    let other = eva.press_with("/act", &format!("{form}{typed}{written}")).await;
    assert!(other.status == 422 && other.body.contains("value=\"nobody.else\""), "{}", other.body);
    let anew = "&manager=ek+kar&picks=manager&sought=ek+kar&picked=karin.ek%40kommun.example&find=manager";
    let again = eva.press_to(&people, &format!("{form}{typed}{anew}")).await;
    assert!(again.body.contains("name=\"sought\" value=\"ek kar\""), "{}", again.body);
    let picked = "&manager=ek+kar&picks=manager&sought=ek+kar&picked=karin.ek%40kommun.example";
    let asked = eva.press_with("/act", &format!("{form}{typed}{picked}")).await;
    assert!(asked.status == 200 && asked.body.contains("Karin Ek"), "{}", asked.body);
    let rows = audit_rows::read(&open.folder.path().join("var/nyckelbud.db")).await;
    let sought: Vec<_> = rows.iter().filter(|(_, event, _)| event == "directory.searched").collect();
    assert_eq!(sought.len(), 4, "each search that was made: {sought:?}");
    assert!(sought[0].0 > 0 && sought[0].2.contains("ek kar"), "of the ticket: {sought:?}");
    // It stands in the ticket's history, and a colleague's page of the queue shows that a step was chosen.
    assert!(visible(&eva.open(&path).await.body).contains("sökte en person i katalogen"));
    let mut per = open.signed_in("per.ost").await;
    let queue = per.open("/queue").await.body;
    let id = queue.split("data-id=\"").nth(1).unwrap().split('"').next().unwrap();
    let delta = per.open(&format!("/queue/delta?v=&seen=0&ids={id}")).await;
    assert!(delta.body.contains("\"acting\":true"), "{}", delta.body);
}

/// A directory that never answers.
struct Hung;

#[async_trait]
impl Directory for Hung {
    async fn facts(&self, _: &Who, _: u8) -> Result<Facts, DirectoryError> {
        std::future::pending().await
    }
    async fn people(&self, _: &str, _: u8) -> Result<Vec<Found>, DirectoryError> {
        std::future::pending().await
    }
    async fn probe(&self) -> Result<String, DirectoryError> {
        std::future::pending().await
    }
    async fn rights(&self) -> Vec<Finding> {
        Vec::new()
    }
}

#[tokio::test]
async fn a_directory_that_does_not_answer_keeps_no_page_and_loses_nothing_that_was_typed() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TurnedClock::default());
    demo_desk::build(folder.path());
    let desk = OpenDesk::open(folder.path(), &clock, |parts| {
        parts.directory = Arc::new(Hung);
        parts.timing.directory = Duration::from_millis(100);
    })
    .await;
    demo_desk::deliver_raw(folder.path(), "a", mail("", "Skrivaren.\n").replace('\n', "\r\n").as_bytes());
    desk.work().await;
    desk.employ(&account("eva.lind", Role::Technician, None)).await;
    let mut eva = Browser::new(desk.serve().await);
    sign_in(&mut eva, "eva.lind", PASSWORD, "").await;
    let number = desk.ticket("a").await.number;
    let page = eva.open(&format!("/tickets/{number}")).await;
    assert_eq!(page.status, 200, "the ticket's own page asks no directory");
    let form = form_of(&page, "choose-account");
    let late = eva
        .press_to(&format!("/tickets/{number}/people"), &format!("{form}&account=anna+and&find=account"))
        .await;
    assert_eq!(late.status, 503, "{}", late.body);
    assert!(
        late.body.contains("Katalogen svarar inte") && late.body.contains("value=\"anna and\""),
        "{}",
        late.body
    );
}

/// A ticket by hand for whoever has this username; its path.
async fn by_hand(browser: &mut Browser, username: &str) -> String {
    let page = browser.open("/tickets/new").await;
    let form =
        format!("&key={}&name=Anna+Andersson&username={username}&note=Visade+leg", value(&page, "key"));
    let made = browser.press_with("/tickets/new", &form).await;
    let path = made.body.split("action=\"/tickets/").nth(1).and_then(|rest| rest.split('/').next());
    format!("/tickets/{}", path.unwrap_or_else(|| panic!("no ticket: {}", made.body)))
}

#[tokio::test]
async fn whoever_came_in_person_gets_a_text_and_no_step_is_promised_that_cannot_be() {
    for username in ["annand12", ""] {
        let open = open(&[]).await;
        open.desk.employ(&account("per.ost", Role::Technician, None)).await;
        let (mut eva, mut per) = (open.signed_in("eva.lind").await, open.signed_in("per.ost").await);
        let path = by_hand(&mut eva, username).await;
        let page = eva.open(&path).await;
        let words = visible(&page.body);
        for step in ["Sms till registrerad mobil", "Skicka till chefen", "Annan chef", "Stäng"] {
            assert!(words.contains(step), "{step}: {words}");
        }
        for step in ["Skicka svaret", "Be om uppgifter", "Välj konto", "Nätfiske", "Godkänn avsändaren"] {
            assert!(!words.contains(step), "{step}: {words}");
        }
        assert!(
            visible(&eva.open("/queue").await.body).contains("Sms till mobilen"),
            "the queue says the same"
        );
        eva.open(&path).await;
        let form = form_of(&page, "override-to-registered-phone");
        let must = if username.is_empty() { "&must=account" } else { "" };
        assert_eq!(page.body.contains("name=\"must\" value=\"account\""), username.is_empty());
        let form = format!("{form}{must}&grounds=in-person&why=Visade+leg");
        if username.is_empty() {
            let unsaid = eva.press_with("/act", &format!("{form}&account=")).await;
            assert!(unsaid.status == 422 && unsaid.body.contains("account-wrong"), "{}", unsaid.body);
        }
        let account = if username.is_empty() { "annand12" } else { "" };
        let asked = eva.press_with("/act", &format!("{form}&account={account}")).await;
        assert!(asked.body.contains("Ta tillbaka"), "{}", asked.body);
        let seen = per.open(&path).await;
        let form = format!("&id={}&version={}&word=approve", value(&seen, "id"), value(&seen, "version"));
        let approved = per.press_with("/second", &form).await;
        assert_eq!(approved.status, 200, "{}", approved.body);
        open.pass(60);
        open.desk.work().await;
        let ticket = open.desk.parts.store.tickets(&TicketFilter::default()).await.unwrap().remove(0).ticket;
        assert_eq!(ticket.state.standing(), Standing::Resolved, "{:?} {:?}", ticket.reason, ticket.trail);
        let texts = demo_desk::files(&open.folder.path().join("sms"));
        assert_eq!(texts.len(), 1, "a text has left: {texts:?}");
        let text = std::fs::read_to_string(open.folder.path().join("sms").join(&texts[0])).unwrap();
        assert!(text.contains("46701740605"), "to the registered phone");
    }
}

#[tokio::test]
async fn an_override_that_no_colleague_took_is_told_to_be_out_of_time() {
    let open = stopped().await;
    open.clock.turn(-16);
    let mut eva = open.signed_in("eva.lind").await;
    let path = format!("/tickets/{}", open.number().await);
    let form = form_of(&eva.open(&path).await, "override");
    let asked = eva.press_with("/act", &format!("{form}&account=annand12&grounds=other&why=Ringde")).await;
    assert!(asked.body.contains("Ta tillbaka"), "{}", asked.body);
    let listed = visible(&eva.open("/queue/overrides").await.body);
    assert!(listed.contains("tiden är ute") && !listed.contains("om 0 min"), "{listed}");
}
