//! A ticket's page, its frames and its attachments: the real store and the real reader behind a real listener,
//! and mails that try what they can.

use std::net::SocketAddr;

use nyckelbud::types::Role;

use crate::support::audit_rows;
use crate::support::browser::Browser;
use crate::support::client::Answer;
use crate::support::demo_desk;
use crate::support::desk::{OpenDesk, TurnedClock};
use crate::support::staff::{PASSWORD, account, sign_in};

const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

pub struct Open {
    pub folder: tempfile::TempDir,
    pub clock: TurnedClock,
    pub desk: OpenDesk,
    pub address: SocketAddr,
}

/// A desk that has worked through these mails, each from an address of its own.
pub async fn open(mails: &[String]) -> Open {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TurnedClock::default());
    demo_desk::build(folder.path());
    for (n, mail) in mails.iter().enumerate() {
        demo_desk::deliver_raw(folder.path(), &format!("{n}.eml"), mail.replace('\n', "\r\n").as_bytes());
    }
    let desk = OpenDesk::open(folder.path(), &clock, |_| {}).await;
    desk.work().await;
    for (name, role) in [("eva.lind", Role::Technician), ("gun.ek", Role::Auditor)] {
        desk.employ(&account(name, role, None)).await;
    }
    let address = desk.serve().await;
    Open { folder, clock, desk, address }
}

impl Open {
    pub async fn signed_in(&self, name: &str) -> Browser {
        let mut browser = Browser::new(self.address);
        assert_eq!(sign_in(&mut browser, name, PASSWORD, "").await.status, 200);
        browser
    }

    pub async fn number(&self) -> String {
        self.desk.ticket("a").await.number.to_string()
    }

    pub fn pass(&self, seconds: u32) {
        self.clock.pass(seconds);
    }

    async fn looks(&self) -> usize {
        let rows = audit_rows::read(&self.folder.path().join("var/nyckelbud.db")).await;
        rows.iter().filter(|(_, event, _)| event == "ticket.viewed").count()
    }
}

/// A mail about something else, with these fields and this body.
pub fn mail(more: &str, body: &str) -> String {
    format!(
        "From: Anna Andersson <anna.andersson@kommun.example>\nTo: servicedesk@kommun.example\nSubject: Skrivaren\n\
         Date: Tue, 24 Nov 2099 10:00:00 +0100\nMessage-ID: <a@kommun.example>\nMIME-Version: 1.0\n{more}\n{body}"
    )
}

/// The same with an HTML form, a picture in it, and attachments.
fn full(html: &str) -> String {
    mail(
        "Content-Type: multipart/mixed; boundary=m\n",
        &format!(
            "--m\nContent-Type: multipart/related; boundary=r\n\n--r\nContent-Type: text/html; charset=utf-8\n\n{html}\n\
             --r\nContent-Type: image/png\nContent-ID: <p@x>\nContent-Transfer-Encoding: base64\n\n{PIXEL}\n--r--\n\
             --m\nContent-Type: text/html\nContent-Disposition: attachment; filename=\"sida.html\"\n\n<script>1</script>\n\
             --m\nContent-Type: text/html\nContent-Disposition: attachment; filename=\"bild;å.png\"\n\
             Content-Transfer-Encoding: base64\n\n{PIXEL}\n\
             --m\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=a.pdf\n\nMZ program\n--m--\n"
        ),
    )
}

/// The addresses in a page that begin so.
fn addresses(page: &Answer, begin: &str) -> Vec<String> {
    page.body.split('"').filter(|text| text.starts_with(begin)).map(str::to_owned).collect()
}

/// The frames and files of a ticket's page.
fn parts(page: &Answer, path: &str) -> Vec<String> {
    let mut parts = addresses(page, &format!("{path}/mails/"));
    parts.extend(addresses(page, &format!("{path}/attachments/")));
    assert!(!parts.is_empty(), "{}", page.body);
    parts
}

#[tokio::test]
async fn a_ticket_shows_its_mail_the_trail_and_what_left() {
    let request =
        mail("", "Nytt lösenord.\n\nAnvändarnamn: <b>annand12\nMobil: 070-174 06 99\n\n-- \nAnna\n")
            .replace("Subject: Skrivaren", "Subject: Nytt 070-174 06 99");
    let open = open(&[request]).await;
    let number = open.number().await;
    let path = format!("/tickets/{number}");
    for (name, language) in [("eva.lind", "sv"), ("gun.ek", "en")] {
        let mut browser = open.signed_in(name).await;
        if language == "en" {
            browser.open("/account").await;
            browser.press_with("/account", "&language=en&theme=").await;
        }
        let page = browser.open(&path).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let order =
            ["class=\"mail__t\"", "class=\"card next\"", "class=\"trail\"", "class=\"rcpt\"", "card hist"];
        let places: Vec<_> =
            order.iter().map(|part| page.body.find(part).unwrap_or_else(|| panic!("{part}"))).collect();
        assert!(places.is_sorted(), "{places:?}");
        let words =
            if language == "sv" { "Så kom Nyckelbud fram till det" } else { "How Nyckelbud came to it" };
        assert!(page.body.contains(words) && page.body.contains("&lt;b&gt;"), "{}", page.body);
        // The whole number stands in the mail itself, and nowhere else.
        assert_eq!(page.body.matches("070-174 06 99").count(), 1, "{}", page.body);
        assert!(page.body.contains("••• 99"));
    }
}

#[tokio::test]
async fn a_look_is_told_before_anything_is_shown_and_once_an_hour() {
    let open = open(&[full("<p>Hej</p>")]).await;
    let path = format!("/tickets/{}", open.number().await);
    let (mut eva, mut gun) = (open.signed_in("eva.lind").await, open.signed_in("gun.ek").await);
    assert_eq!(open.looks().await, 0);
    let page = eva.open(&path).await;
    assert_eq!(open.looks().await, 1);
    for frame in parts(&page, &path) {
        assert_eq!(eva.open(&frame).await.status, 200, "{frame}");
    }
    eva.open(&path).await;
    assert_eq!(open.looks().await, 1);
    let frame = addresses(&page, &format!("{path}/mails/")).remove(0);
    gun.open(&frame).await;
    assert_eq!(open.looks().await, 2, "whoever sees a mail has looked at its ticket");
    for missing in [
        "/tickets/26-999999",
        "/tickets/x",
        &format!("{path}/mails/99999/html"),
        &format!("{path}/mails/x/html"),
    ] {
        assert_eq!(eva.open(missing).await.status, 404, "{missing}");
    }
    assert_eq!(open.looks().await, 2);
}

#[tokio::test]
async fn a_frame_fetches_runs_and_sends_nothing() {
    let html = "<p onclick=x>Hej <a href=https://out.example/a>länk</a><img src=https://out.example/p.png>\
                <img src=cid:p@x><script>fetch('/ran')</script><form action=https://out.example><input></form>";
    let open = open(&[full(html)]).await;
    let path = format!("/tickets/{}", open.number().await);
    let mut eva = open.signed_in("eva.lind").await;
    let page = eva.open(&path).await;
    assert!(page.body.contains("<iframe class=\"frame\" sandbox=\"\""), "{}", page.body);
    assert!(
        page.body.contains("1 fjärrbild är borttagen") && page.body.contains("<b>out.example</b>"),
        "{}",
        page.body
    );
    assert!(!page.body.contains("href=\"https://out.example"), "a link of a mail cannot be followed");
    let policy = page.header("content-security-policy");
    assert!(policy.contains("frame-src 'self'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    let frame = eva.open(&addresses(&page, &format!("{path}/mails/"))[0]).await;
    assert_eq!(
        frame.header("content-security-policy"),
        "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'self'"
    );
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(frame.header(name), value, "{name}");
    }
    for forbidden in ["out.example", "http", "<script", "onclick", "<form", "<input", "href", "cid:", "/ran"]
    {
        assert!(!frame.body.contains(forbidden), "{forbidden}: {}", frame.body);
    }
    assert!(frame.body.contains(&format!("src=\"data:image/png;base64,{PIXEL}\"")), "{}", frame.body);
}

#[tokio::test]
async fn an_attachment_is_only_ever_a_download() {
    let open = open(&[full("<p>Hej</p>")]).await;
    let path = format!("/tickets/{}", open.number().await);
    let mut eva = open.signed_in("eva.lind").await;
    let page = eva.open(&path).await;
    for named in ["sida.html", "bild;å.png", "a.pdf", "kan köras och är spärrad"] {
        assert!(page.body.contains(named), "{named}: {}", page.body);
    }
    let links = addresses(&page, &format!("{path}/attachments/"));
    assert_eq!(links.len(), 2, "the picture in the text and the one beside it: {links:?}");
    let file = eva.open(&links[1]).await;
    assert_eq!(file.status, 200);
    for (name, value) in [
        ("content-type", "application/octet-stream"),
        ("content-disposition", "attachment; filename=\"bild__.png\"; filename*=UTF-8''bild%3B%C3%A5.png"),
        ("x-content-type-options", "nosniff"),
        (
            "content-security-policy",
            "sandbox; default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(file.header(name), value, "{name}");
    }
    let mail = links[0].rsplit('/').nth(1).unwrap();
    for blocked in [1, 3, 99] {
        let refused = eva.open(&format!("{path}/attachments/{mail}/{blocked}")).await;
        assert_eq!(refused.status, 404, "{blocked}");
    }
}

#[tokio::test]
async fn a_mail_of_another_ticket_is_not_shown_through_this_one() {
    let other = full("<p>Andras</p>").replace("anna.andersson@", "bo.berg@").replace("<a@", "<b@");
    let open = open(&[mail("", "Hej\n"), other]).await;
    let mut eva = open.signed_in("eva.lind").await;
    let (own, others) = (open.number().await, open.desk.ticket("b").await.number.to_string());
    assert_ne!(own, others);
    let page = eva.open(&format!("/tickets/{others}")).await;
    for address in parts(&page, &format!("/tickets/{others}")) {
        assert_eq!(eva.open(&address).await.status, 200);
        let through = address.replace(&others, &own);
        assert_eq!(eva.open(&through).await.status, 404, "{through}");
    }
}

#[tokio::test]
async fn no_page_of_a_ticket_holds_the_password_that_was_sent() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TurnedClock::default());
    demo_desk::build(folder.path());
    demo_desk::deliver(folder.path(), "sms-registered-phone");
    let desk = OpenDesk::open(folder.path(), &clock, |_| {}).await;
    desk.work().await;
    desk.employ(&account("eva.lind", Role::Technician, None)).await;
    let address = desk.serve().await;
    let texts = demo_desk::texts(folder.path());
    let password =
        texts.iter().find_map(|text| demo_desk::password_in(text)).expect("one was sent").to_owned();
    let mut eva = Browser::new(address);
    sign_in(&mut eva, "eva.lind", PASSWORD, "").await;
    let listed = desk.parts.store.tickets(&nyckelbud::store::TicketFilter::default()).await.unwrap();
    for view in listed {
        let page = eva.open(&format!("/tickets/{}", view.ticket.number)).await;
        assert!(page.status == 200 && page.body.contains("Sms med lösenord"), "{}", page.body);
        for frame in addresses(&page, "/tickets/") {
            eva.open(&frame).await;
        }
    }
    let bare = password.replace('-', "");
    for page in &eva.pages {
        assert!(!page.contains(&password) && !page.contains(&bare), "a page shows the password");
    }
}
