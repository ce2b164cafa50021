//! What people do on a ticket's page: the forms without script, through the real store and worker.

use nyckelbud::ticket::Standing;
use nyckelbud::types::Role;

use super::tickets::{Open, mail, open};
use crate::support::browser::Browser;
use crate::support::client::Answer;
use crate::support::demo_desk;
use crate::support::staff::account;

/// The value of the first field of this name.
pub fn value(page: &Answer, name: &str) -> String {
    let (_, rest) = page
        .body
        .split_once(&format!("name=\"{name}\" value=\""))
        .unwrap_or_else(|| panic!("{name}: {}", page.body));
    rest.split('"').next().unwrap().to_owned()
}

/// A ticket's page, and what its forms carry.
struct Page {
    path: String,
    answer: Answer,
}

impl Page {
    async fn open(browser: &mut Browser, path: &str) -> Self {
        let answer = browser.open(path).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        Self { path: path.to_owned(), answer }
    }

    /// Sends the form of an act as this page has it.
    async fn act(&self, browser: &mut Browser, act: &str, more: &str) -> Answer {
        browser.open(&self.path).await;
        let (version, key) = (value(&self.answer, "version"), value(&self.answer, "key"));
        browser.press_with("/act", &format!("&version={version}&key={key}{act}&act={act}{more}")).await
    }
}

async fn at_work(open: &Open) -> (String, Browser) {
    (format!("/tickets/{}", open.number().await), open.signed_in("eva.lind").await)
}

#[tokio::test]
async fn a_technician_acts_on_a_ticket_and_takes_it_back_in_time() {
    let open = open(&[mail("", "Skrivaren blinkar.\n")]).await;
    let (path, mut eva) = at_work(&open).await;
    let page = Page::open(&mut eva, &path).await;
    for form in ["Svara", "Stäng", "Anteckna", "Slå ihop", "Ta ärendet", "Nätfiske"] {
        assert!(page.answer.body.contains(form), "{form}: {}", page.answer.body);
    }
    let noted = page.act(&mut eva, "note", "&text=L%C3%A4tt+att+n%C3%A5").await;
    assert!(noted.status == 200 && noted.body.contains("Lätt att nå"), "{} {}", noted.status, noted.body);
    let page = Page::open(&mut eva, &path).await;
    let closing = page.act(&mut eva, "close", "").await;
    assert!(closing.body.contains("Ärendet stängs om "), "{}", closing.body);
    let id = value(&closing, "id");
    let undone = eva.press_with("/undo", &format!("&id={id}")).await;
    assert!(!undone.body.contains("Ärendet stängs om "), "{}", undone.body);
    open.pass(60);
    open.desk.work().await;
    assert!(eva.open(&path).await.body.contains("Väntar på servicedesk"));
    let page = Page::open(&mut eva, &path).await;
    page.act(&mut eva, "close", "").await;
    open.pass(60);
    open.desk.work().await;
    let closed = eva.open(&path).await;
    assert!(
        closed.body.contains("En människa har löst ärendet") && closed.body.contains("Öppna igen"),
        "{}",
        closed.body
    );
}

#[tokio::test]
async fn who_saw_an_older_ticket_is_told_what_came_and_loses_no_word() {
    let open = open(&[mail("", "Skrivaren blinkar.\n")]).await;
    open.desk.employ(&account("per.ost", Role::Technician, None)).await;
    let (path, mut eva) = at_work(&open).await;
    let mut per = open.signed_in("per.ost").await;
    let old = Page::open(&mut per, &path).await;
    Page::open(&mut eva, &path).await.act(&mut eva, "note", "&text=hej").await;
    let told = old.act(&mut per, "reply", "&language=sv&text=Mitt+l%C3%A5nga+svar").await;
    assert_eq!(told.status, 409, "{}", told.body);
    assert!(
        told.body.contains("Ärendet har ändrats") && told.body.contains("Mitt långa svar"),
        "{}",
        told.body
    );
    let again = per.open(&path).await;
    assert!(again.body.contains("Mitt långa svar</textarea>"), "the draft is kept: {}", again.body);
}

#[tokio::test]
async fn a_text_that_lies_ready_is_seen_before_it_leaves() {
    let open = open(&[mail("", "Skrivaren blinkar.\n")]).await;
    let (path, mut eva) = at_work(&open).await;
    let looked = Page::open(&mut eva, &format!("{path}?ready=other-matter")).await;
    assert!(looked.answer.body.contains("class=\"mail__t ready\""), "{}", looked.answer.body);
    let page = Page { path: path.clone(), answer: looked.answer };
    let waits = page.act(&mut eva, "other-matter", "").await;
    assert!(waits.body.contains("Svaret skickas om "), "{}", waits.body);
    open.pass(60);
    open.desk.work().await;
    let sent = eva.open(&path).await;
    assert!(sent.body.contains("Svar till avsändaren"), "{}", sent.body);
}

#[tokio::test]
async fn an_override_needs_a_colleague_and_an_auditor_only_looks() {
    let disabled = mail("", "Nytt lösenord\n\nAnvändarnamn: annand12\nMobil: 070-174 06 05\n")
        .replace("Skrivaren", "Nytt lösenord");
    let twice = disabled.replace("<a@", "<b@").replace("lösenord\n\n", "lösenord igen\n\n");
    let open = open(&[disabled]).await;
    demo_desk::deliver_raw(open.folder.path(), "later.eml", twice.replace('\n', "\r\n").as_bytes());
    open.desk.work().await;
    open.desk.employ(&account("per.ost", Role::Technician, None)).await;
    let stopped = open.desk.ticket("b").await;
    assert_eq!(stopped.state.standing(), Standing::Open, "too soon after the first: {:?}", stopped.reason);
    let path = format!("/tickets/{}", stopped.number);
    let (mut eva, mut per) = (open.signed_in("eva.lind").await, open.signed_in("per.ost").await);
    let page = Page::open(&mut eva, &path).await;
    assert!(page.answer.body.contains("Gå vidare trots stoppet?"), "{}", page.answer.body);
    let asked = page.act(&mut eva, "override", "&grounds=called-back&why=Ringde+upp+Anna&account=").await;
    assert!(asked.body.contains("Ringde upp Anna") && asked.body.contains("Ta tillbaka"), "{}", asked.body);
    let listed = per.open("/queue/overrides").await.body;
    assert!(listed.contains(&format!("{path}#nh")) && listed.contains("Ringde upp Anna"), "{listed}");
    let seen = per.open(&path).await;
    assert!(seen.body.contains("Godkänn") && seen.body.contains("Avslå"), "{}", seen.body);
    let (id, version) = (value(&seen, "id"), value(&seen, "version"));
    let form = format!("&id={id}&version={version}&word=decline");
    let declined = per.press_with("/second", &form).await;
    assert!(declined.body.contains("avslaget"), "{}", declined.body);
    let gun = open.signed_in("gun.ek").await.open(&path).await;
    assert!(gun.status == 200 && !gun.body.contains("/act\""), "{}", gun.body);
    // Asked once more, it is approved by whoever has the ticket open as it is, and on its own page only.
    let page = Page::open(&mut eva, &path).await;
    page.act(&mut eva, "override", "&grounds=called-back&why=Anna+svarade&account=").await;
    let seen = per.open(&path).await;
    let (id, version) = (value(&seen, "id"), value(&seen, "version"));
    let form = format!("&id={id}&version={version}&word=approve");
    let first = format!("/tickets/{}", open.desk.ticket("a").await.number);
    per.open(&first).await;
    per.open(&path).await;
    let approved = per.press_with("/second", &form).await;
    assert!(approved.status == 200 && !approved.body.contains("Avslå"), "{}", approved.body);
    assert!(approved.body.contains("Ångra"), "whoever approved it may take it back: {}", approved.body);
    open.pass(60);
    open.desk.work().await;
    let done = open.desk.ticket("b").await;
    assert_eq!(done.state.standing(), Standing::Resolved, "{:?}", done.trail);
}

#[tokio::test]
async fn what_was_not_done_is_told_until_somebody_acts_again() {
    let open = open(&[mail("", "Skrivaren blinkar.\n")]).await;
    let (path, mut eva) = at_work(&open).await;
    Page::open(&mut eva, &path).await.act(&mut eva, "close", "").await;
    let more = mail("In-Reply-To: <a@kommun.example>\n", "Den brinner!\n")
        .replace("<a@kommun.example>\nMIME", "<more@kommun.example>\nMIME");
    demo_desk::deliver_raw(open.folder.path(), "more.eml", more.replace('\n', "\r\n").as_bytes());
    open.desk.take_in().await;
    open.pass(60);
    open.desk.work().await;
    for note in [None, Some("&text=hej")] {
        if let Some(note) = note {
            Page::open(&mut eva, &path).await.act(&mut eva, "note", note).await;
        }
        let page = eva.open(&path).await;
        assert!(page.body.contains("<p class=\"alert\">"), "{}", page.body);
    }
}
