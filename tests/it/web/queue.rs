//! The technicians' queue over HTTP: the real store and the real worker.

use std::time::Duration;

use nyckelbud::clock::{Clock, Zone};
use nyckelbud::mail::{Excerpt, Trust, words_of};
use nyckelbud::mailbox::{Folder, MailUid};
use nyckelbud::store::{Incoming, NewTicket, Recorded};
use nyckelbud::ticket::{Fate, Kind, PasswordFact, State, TicketId};
use nyckelbud::types::{EmailAddress, Reason, Role, Trail};

use crate::support::audit_rows;
use crate::support::browser::{Browser, visible};
use crate::support::client::{Asked, ask};
use crate::support::demo_desk;
use crate::support::desk::{OpenDesk, TurnedClock};
use crate::support::staff::{PASSWORD, account, sign_in};

/// A desk with people at work, whose queue the test fills.
pub struct Open {
    folder: tempfile::TempDir,
    clock: TurnedClock,
    desk: OpenDesk,
    address: std::net::SocketAddr,
}

/// A mail for a technician.
pub struct Waits {
    pub name: &'static str,
    pub subject: String,
    pub text: &'static str,
    pub reason: Reason,
    pub minutes: u64,
}

impl Open {
    pub async fn new() -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), TurnedClock::default());
        demo_desk::build(folder.path());
        let desk = OpenDesk::open(folder.path(), &clock, |_| {}).await;
        for (name, role) in
            [("eva.lind", Role::Technician), ("per.ost", Role::Technician), ("gun.ek", Role::Auditor)]
        {
            desk.employ(&account(name, role, None)).await;
        }
        let address = desk.serve().await;
        Self { folder, clock, desk, address }
    }

    pub async fn signed_in(&self, name: &str) -> Browser {
        let mut browser = Browser::new(self.address);
        let page = sign_in(&mut browser, name, PASSWORD, "").await;
        assert_eq!(page.status, 200, "{}", page.body);
        browser
    }

    /// Keeps a mail; answers its ticket's id.
    pub async fn keep(&self, nth: usize, waits: &Waits) -> TicketId {
        self.keep_as(nth, waits, State::Technician { password: PasswordFact::NotChanged }).await
    }

    /// The same, wherever its ticket stands.
    async fn keep_as(&self, nth: usize, waits: &Waits, state: State) -> TicketId {
        let from = waits.name.to_lowercase().replace(' ', ".").replace('ö', "o");
        let from = format!("{from}@kommun.example");
        let words = format!("{} {} {}", waits.name, waits.subject, waits.text);
        let mail = Incoming {
            mailbox: "servicedesk".to_owned(),
            validity: 1,
            uid: MailUid::new(format!("m{nth}").as_str()),
            received_at: self.clock.now().minus(Duration::from_secs(waits.minutes * 60 + 5)),
            raw: b"Subject: x\r\n\r\nx".to_vec(),
            content_hash: format!("hash {nth}"),
            earlier_hash: None,
            message_id: None,
            answers: Vec::new(),
            tag: None,
            subject: waits.subject.clone(),
            from: Some(EmailAddress::parse(&from).unwrap()),
            trust: Trust::OwnDomain,
            returned: None,
            from_desk: false,
            signatures: None,
            folder: Some(Folder::Handled),
            excerpt: Excerpt {
                name: waits.name.to_owned(),
                snippet: waits.text.to_owned(),
                attached: nth.is_multiple_of(2),
                alike: if waits.text.is_empty() { 0 } else { waits.text.len() as u64 },
                words: words_of(&words).collect(),
            },
            ticket: NewTicket {
                kind: Kind::Password,
                state,
                outcome: Some(Fate::Technician),
                reason: Some(waits.reason),
                trail: Trail::default(),
                observed: false,
                year: 2026,
                acknowledge: None,
            },
        };
        match self.desk.parts.store.record(vec![mail], self.clock.now()).await.unwrap()[0] {
            Recorded::Made(id, _) => id,
            ref other => panic!("{other:?}"),
        }
    }

    /// So many people with the same request.
    pub async fn crowd(&self, count: usize, reason: Reason) {
        for nth in 0..count {
            let name: &'static str = format!("Person {nth}").leak();
            self.keep(1000 + nth, &waits(name, "Lösenord", reason, 5)).await;
        }
    }
}

pub fn waits(name: &'static str, subject: &str, reason: Reason, minutes: u64) -> Waits {
    Waits { name, subject: subject.to_owned(), text: "Hej, jag kommer inte in", reason, minutes }
}

fn rows(page: &str) -> Vec<&str> {
    page.split("<tr class=\"row\"").skip(1).map(|row| row.split("</tr>").next().unwrap()).collect()
}

/// The number that stands in the part with this name.
fn number(page: &str, name: &str) -> String {
    let (_, rest) =
        page.split_once(&format!("data-n=\"{name}\">")).unwrap_or_else(|| panic!("no {name}: {page}"));
    rest.split('<').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_queue_groups_by_reason_what_waits_and_says_how_long() {
    let open = Open::new().await;
    open.keep(1, &waits("Bo Granlund", "Skrivaren", Reason::OtherSubject, 3)).await;
    open.keep(2, &waits("Anna Andersson", "<script>alert(1)</script>", Reason::PhoneMismatch, 20)).await;
    open.keep(3, &waits("Anna Andersson", "Igen", Reason::PhoneMismatch, 47)).await;
    open.keep(4, &waits("Cecilia Dahl", "", Reason::DeliveryFailed, 65)).await;
    let mut eva = open.signed_in("eva.lind").await;
    let page = eva.open("/").await;
    let page = if page.status == 303 { eva.open("/queue").await } else { page };
    assert_eq!(page.status, 200, "{}", page.body);
    let body = &page.body;
    let places: Vec<usize> = ["Numret i mejlet", "Lösenordet kom inte fram", "Något annat"]
        .map(|title| body.find(title).unwrap())
        .into();
    assert!(places.is_sorted(), "{places:?}");
    let rows = rows(body);
    assert_eq!(rows.len(), 3, "one person has one row");
    let words: Vec<String> = rows.iter().map(|row| visible(row)).collect();
    assert!(words[0].contains("Försenat: 47 min") && words[0].contains("2 mejl"), "{}", words[0]);
    assert!(words[0].contains("Till chef") && words[0].contains("Igen"), "{}", words[0]);
    assert!(words[1].contains("(utan ämne)") && words[1].contains("1 tim 5 min"), "{}", words[1]);
    assert!(words[2].contains("3 min") && !words[2].contains("örsenat"), "{}", words[2]);
    assert!(rows[0].contains("href=\"/tickets/26-3\"") && rows[0].contains("#nh"), "{}", rows[0]);
    assert!(!body.contains("<script>alert"), "what people write stays text");
    let numbers = ["all", "mine", "nobody", "late", "pending", "failed", "done", "today"];
    let found: Vec<String> = numbers.iter().map(|name| number(body, name)).collect();
    // Just after midnight the older ones came yesterday.
    let now = open.clock.now();
    let began = Zone::named("Europe/Stockholm").unwrap().midnight(now);
    let today =
        [3, 20, 47, 65].into_iter().filter(|minutes| now.since(began).as_secs() >= minutes * 60 + 5).count();
    assert_eq!(found, ["3", "0", "3", "2", "0", "1", "0", &*today.to_string()]);
    assert!(body.contains("href=\"/queue/review/phone-mismatch\""));
    let failed = eva.open("/queue?tab=failed").await.body;
    assert!(failed.contains("Cecilia Dahl") && !failed.contains("Bo Granlund"));
    let cookie = format!("nyckelbud-staff={}", eva.cookie("nyckelbud-staff"));
    let asked = Asked::get("/queue").with(&[("cookie", &cookie), ("accept-language", "en")]);
    let english = ask(open.address, &asked).await.body;
    assert!(english.contains("The number in the mail is not the registered one"));
}

#[tokio::test]
async fn a_long_queue_comes_in_pages_without_a_gap_or_a_double() {
    let open = Open::new().await;
    open.crowd(60, Reason::FieldsMissing).await;
    let mut eva = open.signed_in("eva.lind").await;
    for group in ["", "none", "text"] {
        let first = eva.open(&format!("/queue?group={group}")).await.body;
        assert_eq!(rows(&first).len(), 50, "{group}");
        let next = first.split("rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap();
        let next = next.split('"').next().unwrap().replace("&amp;", "&");
        let second = eva.open(&next).await.body;
        assert_eq!(rows(&second).len(), 10, "{group}: {next}");
        let id = |row: &&str| row.split("data-id=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let (one, two) = (rows(&first), rows(&second));
        let mut ids: Vec<String> = one.iter().chain(&two).map(id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 60, "{group}");
        assert!(!second.contains("rel=\"next\""));
    }
}

#[tokio::test]
async fn a_search_finds_a_number_at_once_and_people_by_their_words() {
    let open = Open::new().await;
    open.keep(1, &waits("Anna Andersson", "Glömt lösenordet", Reason::NoPhone, 3)).await;
    open.keep(2, &waits("Bo Granlund", "Skrivaren", Reason::OtherSubject, 3)).await;
    let mut eva = open.signed_in("eva.lind").await;
    let answer = eva.open("/queue?q=26-2").await;
    assert_eq!((answer.status, answer.header("location")), (303, "/tickets/26-2"));
    let found = eva.open("/queue?q=anders+gl%C3%B6mt").await.body;
    assert!(found.contains("Anna Andersson") && !found.contains("Bo Granlund"), "{found}");
    let nothing = eva.open("/queue?q=%3Cb%3Efinnsinte").await.body;
    assert!(nothing.contains("Inget ärende har") && nothing.contains("&lt;b&gt;"), "{nothing}");
    assert!(eva.open("/queue?q=99-1").await.body.contains("Inget ärende har"));
    let read = audit_rows::read(&open.folder.path().join("var/nyckelbud.db")).await;
    let searches: Vec<_> = read.iter().filter(|(_, event, _)| event == "queue.searched").collect();
    let words: Vec<&str> = searches.iter().map(|(_, _, data)| data.as_str()).collect();
    assert!(words.len() >= 2 && words[0].contains("anders gl"), "{searches:?}");
    assert!(words[1].contains("finnsinte"), "also what finds nobody: {searches:?}");
}

#[tokio::test]
async fn a_page_that_stays_open_learns_what_changed_and_nothing_else() {
    let open = Open::new().await;
    let id = open.keep(1, &waits("Anna Andersson", "Glömt", Reason::NoPhone, 3)).await.0;
    let (mut eva, mut per) = (open.signed_in("eva.lind").await, open.signed_in("per.ost").await);
    let page = eva.open("/queue").await.body;
    let part =
        |name: &str| page.split(&format!("{name}=\"")).nth(1).unwrap().split('"').next().unwrap().to_owned();
    let seen = part("data-seen");
    let first = eva.open(&format!("/queue/delta?v={}&seen={seen}&ids={id}", part("data-v"))).await;
    assert_eq!(first.status, 200);
    let told: serde_json::Value = serde_json::from_str(&first.body).unwrap();
    assert_eq!((told["fresh"].as_str(), told["numbers"]["all"].as_u64()), (Some(""), Some(1)));
    let version = told["v"].as_str().unwrap().to_owned();
    let again = format!("/queue/delta?v={version}&seen={seen}&ids={id}");
    let same = eva.open(&again).await;
    assert!(same.status == 204 && same.body.is_empty(), "{} {}", same.status, same.body);

    let cookie = format!("nyckelbud-staff={}", per.cookie("nyckelbud-staff"));
    let form = per.open("/queue").await.body;
    let form = form.split("name=\"form\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let looks = async |does: &str| {
        let body = format!("form={form}&does={does}");
        let asked = Asked::post("/tickets/26-1/presence", &body)
            .with(&[("cookie", &cookie), ("sec-fetch-site", "same-origin")]);
        assert_eq!(ask(open.address, &asked).await.status, 200);
    };
    looks("look").await;
    let told = eva.open(&again).await;
    assert!(told.status == 200 && told.body.contains("Per tittar"), "{}", told.body);
    assert!(visible(&eva.open("/queue").await.body).contains("Per tittar"));
    assert!(!visible(&per.open("/queue").await.body).contains("Per tittar"), "nobody sees themselves");
    looks("leave").await;

    open.clock.pass(1);
    open.keep(2, &waits("Bo Granlund", "Skrivaren", Reason::OtherSubject, 3)).await;
    // The counters are at most two seconds old.
    let until = std::time::Instant::now() + Duration::from_secs(20);
    let told = loop {
        let told = eva.open(&again).await;
        if told.body.contains("Visa 1 nytt ärende") || std::time::Instant::now() > until {
            break told.body;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(told.contains("Visa 1 nytt ärende") && told.contains("\"all\":2"), "{told}");
    assert!(!told.contains("Granlund"), "no row is told of that the page has not");
}

#[tokio::test]
async fn what_is_chosen_is_shown_before_anything_is_done_with_it() {
    let open = Open::new().await;
    open.crowd(60, Reason::FieldsMissing).await;
    let over = waits("Bo Granlund", "Skrivaren", Reason::OtherSubject, 3);
    let done = open.keep_as(1, &over, State::Filed).await;
    let other = open.keep(2, &waits("Elin Ek", "Mappen", Reason::OtherSubject, 3)).await;
    let mut eva = open.signed_in("eva.lind").await;
    eva.open("/queue").await;
    let preview = eva.press_with("/queue/preview", "&id=1&id=2&act=close").await;
    assert!(preview.status == 200 && preview.body.contains("Stäng 2 ärenden"), "{}", preview.body);
    assert_eq!(preview.body.matches("name=\"ticket\"").count(), 2);
    assert!(preview.body.contains("Välj alla 60 i gruppen"), "{}", preview.body);
    let whole = eva.press_with("/queue/preview", "&group=close%3Afields-missing").await;
    assert!(whole.body.contains("Stäng 60 ärenden"), "{}", whole.body);
    assert_eq!(whole.body.matches("name=\"ticket\"").count(), 60, "across pages");

    eva.open("/queue").await;
    let both = format!("&id={}&id={}&act=take", done.0, other.0);
    let left = eva.press_with("/queue/preview", &both).await.body;
    assert!(
        left.contains("Utelämnade")
            && left.contains("26-61")
            && (left.contains("Ta 1 ärende ") || left.contains("Ta 1 ärende<")),
        "{left}"
    );
    eva.open("/queue").await;
    let nothing = eva.press_with("/queue/preview", "&act=erase").await;
    assert!(nothing.body.contains("<h1>Kön</h1>"), "back to the queue: {}", nothing.body);

    let auditor = open.signed_in("gun.ek").await;
    let mut auditor = auditor;
    let page = auditor.open("/queue").await.body;
    assert!(page.contains("Person 0"));
    assert!(!page.contains("name=\"id\"") && !page.contains("/queue/review/"), "an auditor only reads");
}

#[tokio::test]
async fn the_first_visit_weighs_little() {
    let open = Open::new().await;
    open.crowd(60, Reason::FieldsMissing).await;
    let mut eva = open.signed_in("eva.lind").await;
    let page = eva.open("/queue").await;
    let mut weight = packed(page.body.as_bytes());
    for path in ["/staff.css", "/staff.js"] {
        weight += packed(eva.open(path).await.body.as_bytes());
    }
    assert!(weight <= 30 * 1024, "{weight}");
}

fn packed(octets: &[u8]) -> usize {
    use std::io::Write;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(octets).unwrap();
    packer.finish().unwrap().len()
}

#[tokio::test]
async fn what_was_seen_in_the_preview_is_done_to_each_ticket_and_once() {
    let open = Open::new().await;
    open.crowd(3, Reason::OtherSubject).await;
    let mut eva = open.signed_in("eva.lind").await;
    eva.open("/queue").await;
    let preview = eva.press_with("/queue/preview", "&id=1&id=2&id=3&act=take").await;
    let fields = |name: &str| -> String {
        let before = format!("name=\"{name}\" value=\"");
        let values = preview.body.split(&before).skip(1);
        values.map(|rest| format!("&{name}={}", rest.split('"').next().unwrap())).collect()
    };
    let posted = format!("{}{}{}", fields("act"), fields("key"), fields("ticket"));
    let done = eva.press_with("/queue/act", &posted).await;
    assert!(done.status == 200 && done.body.contains("3 ärenden är dina"), "{}", done.body);
    assert!(eva.open("/queue?tab=mine").await.body.matches("class=\"row").count() >= 3);
    eva.open("/queue").await;
    eva.press_with("/queue/preview", "&id=1&id=2&id=3&act=close").await;
    let late = posted.replace("act=take", "act=close").replace("&key=", "&key=x");
    let left = eva.press_with("/queue/act", &late).await;
    assert!(left.status == 409 && left.body.contains("har ändrats sedan du såg det"), "{}", left.body);
    // As they are now, each is closed in ten seconds.
    eva.open("/queue").await;
    let preview = eva.press_with("/queue/preview", "&id=1&id=2&act=close").await;
    let fields = |name: &str| -> String {
        let before = format!("name=\"{name}\" value=\"");
        let values = preview.body.split(&before).skip(1);
        values.map(|rest| format!("&{name}={}", rest.split('"').next().unwrap())).collect()
    };
    let posted = format!("{}{}{}", fields("act"), fields("key"), fields("ticket"));
    let closing = eva.press_with("/queue/act", &posted).await;
    assert!(closing.status == 200 && closing.body.contains("2 ärenden stängs"), "{}", closing.body);
    let standing =
        async |id: i64| open.desk.parts.store.ticket(TicketId(id)).await.unwrap().unwrap().state.standing();
    assert_eq!(standing(1).await, nyckelbud::ticket::Standing::Open);
    open.clock.pass(10);
    open.desk.drain().await;
    for id in [1, 2] {
        assert_eq!(standing(id).await, nyckelbud::ticket::Standing::Resolved);
    }
    assert_eq!(standing(3).await, nyckelbud::ticket::Standing::Open);
}
