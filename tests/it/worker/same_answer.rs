//! I19: whoever writes, and whatever their account is, the answer is the same bytes at the same time.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use nyckelbud::directory::{Directory, DirectoryError, Facts, Finding, Who};
use nyckelbud::worker::{Health, Worker};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::support::letters;

/// Whom a mail asks for, from which address, with which phone.
const WRITERS: [(&str, &str, &str); 10] = [
    ("right", "anna.andersson", "070-174 06 05"),
    ("wrong", "filip.nord", "070-174 06 77"),
    ("unknown", "nobody.here", "070-174 06 05"),
    ("protected", "eva.lind", "070-174 06 09"),
    ("disabled", "david.holm", "070-174 06 08"),
    ("frozen", "john.smith", "070-174 06 06"),
    ("limited", "gun.persson", "070-174 06 07"),
    ("no-phone", "bo.granlund", "070-174 06 78"),
    ("landline", "cecilia.dahl", "040-628 04 01"),
    ("merged", "lars.berg", "070-174 06 11"),
];

fn ask(place: &Place, (name, who, phone): (&str, &str, &str)) {
    let mail = letters::request(name, who, phone).replace('\n', "\r\n");
    demo_desk::deliver_raw(&place.folder, name, mail.as_bytes());
}

/// John says that he did not ask, Gun has asked a moment ago, and Lars' manager has his link.
async fn prepare(place: &Place, desk: &OpenDesk) {
    ask(place, ("before-john", "john.smith", "070-174 06 06"));
    ask(place, ("before-gun", "gun.persson", "070-174 06 07"));
    ask(place, ("before-lars", "lars.berg", "070-174 06 79"));
    desk.work().await;
    let mails = super::texting::mails_to(&place.folder, "john.smith@kommun.example");
    let link = mails.iter().find_map(|mail| mail.split_once("/p/")).expect("the notice").1;
    let token: String = link.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let frozen = desk.answer(&token, None, nyckelbud::web::PickupAnswer::NotMe).await;
    assert_eq!(frozen, nyckelbud::web::PickupView::Frozen);
}

/// A mail's octets without what must differ: whose it is, its number, its names, and when it was written.
fn alike(mail: &str, number: &str, writer: &str) -> String {
    let own = ["Message-ID:", "In-Reply-To:", "References:", "Date:"];
    let same = |line: &&str| !own.iter().any(|name| line.starts_with(name));
    let text = mail.replace("\r\n ", " ").replace("=\r\n", "");
    let text: Vec<&str> = text.split("\r\n").filter(same).collect();
    let text = text
        .join("\n")
        .replace(&format!("nummer {number}."), "N")
        .replace(&format!("number is {number}."), "N")
        .replace(&format!("[{number}]"), "[N]")
        .replace(writer, "writer");
    // The time of day, in both languages: `14.05`, `14:05`.
    let digits: Vec<char> = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    digits.into_iter().collect()
}

#[tokio::test]
async fn every_writer_gets_the_same_bytes_whatever_their_account_is() {
    let place = Place::new();
    let desk = place.open().await;
    prepare(&place, &desk).await;
    // Within Gun's pause.
    place.clock.turn(14);
    for file in demo_desk::files(&place.folder.join("mail")) {
        std::fs::remove_file(place.folder.join("mail").join(file)).unwrap();
    }
    for writer in WRITERS {
        // Everybody writes from an address of their own that has got nothing yet.
        let (name, who, phone) = writer;
        let mail = letters::request(name, who, phone);
        let mail = mail.replacen(&format!("From: {who}@"), &format!("From: writer.{name}@"), 1);
        demo_desk::deliver_raw(&place.folder, name, mail.replace('\n', "\r\n").as_bytes());
    }
    desk.work().await;
    let mut seen: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut reasons = Vec::new();
    for (name, _, _) in WRITERS {
        let ticket = desk.ticket(name).await;
        reasons.push(ticket.reason);
        let writer = format!("writer.{name}");
        let mails: Vec<String> = demo_desk::files(&place.folder.join("mail"))
            .into_iter()
            .map(|file| std::fs::read_to_string(place.folder.join("mail").join(file)).unwrap())
            .filter(|mail| mail.contains(&format!("To: {writer}@")))
            .collect();
        let [mail] = mails.as_slice() else { panic!("{name} got {} mails", mails.len()) };
        seen.entry(alike(mail, &ticket.number.to_string(), &writer)).or_default().push(name);
    }
    assert_eq!(seen.len(), 1, "{seen:#?}");
    let differ = [
        None,
        Some(Reason::PhoneMismatch),
        Some(Reason::AccountUnknown),
        Some(Reason::AccountProtected),
        Some(Reason::AccountDisabled),
        Some(Reason::AccountFrozen),
        Some(Reason::LimitAccount),
        Some(Reason::NoPhone),
        Some(Reason::PhoneTakesNoSms),
        None,
    ];
    assert_eq!(reasons, differ, "each is another case");
    assert!(matches!(desk.ticket("merged").await.state, State::Coalesced { .. }));
}

/// A directory that never answers.
struct Hung;

#[async_trait]
impl Directory for Hung {
    async fn facts(&self, _: &Who, _: u8) -> Result<Facts, DirectoryError> {
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
async fn the_answer_leaves_while_the_directory_has_not_said_a_word() {
    let place = Place::new();
    let desk = OpenDesk::open(&place.folder, &place.clock, |parts| parts.directory = Arc::new(Hung)).await;
    ask(&place, WRITERS[0]);
    ask(&place, WRITERS[2]);
    desk.take_in().await;
    let stop = CancellationToken::new();
    let worker = Worker::new(Arc::clone(&desk.parts), Arc::new(Health::expecting(&[])));
    let running = tokio::spawn(worker.run(Vec::new(), stop.clone()));
    let until = Instant::now() + Duration::from_secs(15);
    while demo_desk::files(&place.folder.join("mail")).iter().filter(|name| !name.starts_with('.')).count()
        < 2
    {
        assert!(Instant::now() < until, "an acknowledgement waits for the directory");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for (name, _, _) in [WRITERS[0], WRITERS[2]] {
        assert_eq!(desk.ticket(name).await.state, State::requested(), "nothing is known of it yet");
    }
    stop.cancel();
    running.abort();
}
