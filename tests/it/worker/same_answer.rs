//! I19: whoever writes, and whatever their account is, the answer is the same bytes at the same time.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use nyckelbud::delivery::{GatewayTraits, Receipt, SmsGateway, SmsText};
use nyckelbud::directory::{Directory, DirectoryError, Facts, Finding, Found, Who};
use nyckelbud::store::{Channel, MessageKind};
use nyckelbud::types::{Outcome, PhoneNumber};
use nyckelbud::worker::{Health, Worker};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::support::letters;

/// Whom a mail asks for, with which phone, and what becomes of it.
type Writer = (&'static str, &'static str, &'static str);

const WRITERS: [Writer; 12] = [
    ("right", "anna.andersson", "070-174 06 05"),
    ("wrong", "filip.nord", "070-174 06 77"),
    ("unknown", "nobody.here", "070-174 06 05"),
    ("protected", "eva.lind", "070-174 06 09"),
    ("disabled", "david.holm", "070-174 06 08"),
    ("frozen", "john.smith", "070-174 06 06"),
    ("limited", "gun.persson", "070-174 06 07"),
    ("no-phone", "bo.granlund", "070-174 06 78"),
    ("landline", "cecilia.dahl", "040-628 04 01"),
    ("no-manager", "ext-1a2b3c", "070-174 06 79"),
    ("foreign", "dan.lund", "+45 20 12 34 56"),
    ("ambiguous", "berit.dubbel", "070-174 06 05"),
];

/// People whom the demo does not know.
const MORE_PEOPLE: &str = "
[[account]]
id = \"a-dan\"
username = \"dan.lund@kommun.example\"
name = \"Dan Lund\"
enabled = true
groups = []
[[account.phone]]
number = \"+45 20 12 34 56\"
type = \"mobile\"

[[account]]
id = \"a-berit\"
username = \"berit.dubbel@kommun.example\"
name = \"Berit Dubbel\"
enabled = true
groups = []

[[account]]
id = \"a-berit-2\"
username = \"berit.dubbel2@kommun.example\"
aliases = [\"berit.dubbel@kommun.example\"]
name = \"Berit Dubbel\"
enabled = true
groups = []
";

fn ask(place: &Place, (name, who, phone): Writer) {
    let mail = letters::request(name, who, phone).replace('\n', "\r\n");
    demo_desk::deliver_raw(&place.folder, name, mail.as_bytes());
}

/// John says that he did not ask, and Gun has asked a moment ago.
async fn prepare(place: &Place, desk: &OpenDesk) {
    for (name, who, phone) in
        [("before-john", "john.smith", "070-174 06 06"), ("before-gun", "gun.persson", "070-174 06 07")]
    {
        ask(place, (name, who, phone));
    }
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

/// What writers got, without what must differ, and who got it.
#[derive(Default)]
struct Answers(BTreeMap<String, Vec<String>>);

impl Answers {
    /// Each of them writes from this address, and the desk works.
    async fn to(&mut self, place: &Place, desk: &OpenDesk, writers: &[Writer], address: fn(&str) -> String) {
        let folder = place.folder.join("mail");
        for file in demo_desk::files(&folder) {
            std::fs::remove_file(folder.join(file)).unwrap();
        }
        for (name, who, phone) in writers {
            let (asked, from) = (format!("From: {who}@kommun.example"), format!("From: {}", address(name)));
            let mail = letters::request(name, who, phone).replacen(&asked, &from, 1).replace('\n', "\r\n");
            demo_desk::deliver_raw(&place.folder, name, mail.as_bytes());
        }
        desk.work().await;
        for (name, _, _) in writers {
            let (number, address) = (desk.ticket(name).await.number.to_string(), address(name));
            let mails: Vec<String> = demo_desk::files(&folder)
                .into_iter()
                .map(|file| std::fs::read_to_string(folder.join(file)).unwrap())
                .filter(|mail| mail.contains(&format!("To: {address}\r\n")))
                .collect();
            let [mail] = mails.as_slice() else { panic!("{name} got {} mails", mails.len()) };
            self.0.entry(alike(mail, &number, &address)).or_default().push((*name).to_owned());
        }
    }
}

/// An address of their own.
fn own(name: &str) -> String {
    format!("writer.{name}@kommun.example")
}

/// One of another organisation, whose mail server vouches for it.
fn elsewhere(name: &str) -> String {
    format!("writer.{name}@annan.example")
}

/// A desk with these rules, where John has been served.
async fn with_rules(rules: impl FnOnce(&mut nyckelbud::worker::Rules)) -> (Place, OpenDesk, Answers) {
    let place = Place::new();
    let desk = OpenDesk::open(&place.folder, &place.clock, |parts| rules(&mut parts.rules)).await;
    let mut answers = Answers::default();
    answers.to(&place, &desk, &[("john", "john.smith", "070-174 06 06")], own).await;
    assert!(matches!(desk.ticket("john").await.state, State::Done { .. }));
    (place, desk, answers)
}

async fn reasons(desk: &OpenDesk, writers: &[Writer]) -> Vec<Option<Reason>> {
    let mut reasons = Vec::new();
    for (name, _, _) in writers {
        reasons.push(desk.ticket(name).await.reason);
    }
    reasons
}

const GUN: (&str, &str) = ("gun.persson", "070-174 06 07");

#[tokio::test]
async fn every_writer_gets_the_same_bytes_whatever_their_account_is() {
    let place = Place::new();
    let people = place.folder.join("directory.toml");
    let demo = std::fs::read_to_string(&people).unwrap();
    std::fs::write(&people, demo + MORE_PEOPLE).unwrap();
    let desk = place.open().await;
    prepare(&place, &desk).await;
    // Within Gun's pause.
    place.clock.turn(14);
    let mut answers = Answers::default();
    answers.to(&place, &desk, &WRITERS, own).await;
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
        Some(Reason::NoManager),
        Some(Reason::PhoneForeign),
        Some(Reason::AccountAmbiguous),
    ];
    assert_eq!(reasons(&desk, &WRITERS).await, differ, "each is another case");

    // Filip asks again; somebody writes from elsewhere; the directory is gone.
    answers.to(&place, &desk, &[("again", "filip.nord", "070-174 06 77")], own).await;
    assert!(matches!(desk.ticket("again").await.state, State::Coalesced { .. }));
    let others = [("elsewhere", "lars.berg", "070-174 06 11")];
    answers.to(&place, &desk, &others, elsewhere).await;
    assert_eq!(reasons(&desk, &others).await, [Some(Reason::SenderUnverified)]);
    std::fs::rename(&people, people.with_extension("gone")).unwrap();
    answers.to(&place, &desk, &[("down", "lars.berg", "070-174 06 11")], own).await;
    let state = desk.ticket("down").await.state;
    assert!(matches!(state, State::Requested { waiting_since: Some(_), .. }), "{state:?}");

    let all = [answers, of_limits().await];
    let seen: std::collections::BTreeSet<&String> = all.iter().flat_map(|answers| answers.0.keys()).collect();
    assert_eq!(seen.len(), 1, "{:#?}", all.map(|answers| answers.0));
}

/// Writers whose request is one too many: of their own, of the desk's, and of the texts of the day.
async fn of_limits() -> Answers {
    let (who, phone) = GUN;
    let (place, desk, mut all) = with_rules(|rules| rules.policy.per_sender_per_day = 1).await;
    // Whoever got an answer within the hour gets no second one.
    place.clock.turn(61);
    let sender = [("sender", who, phone)];
    all.to(&place, &desk, &sender, |_| own("john")).await;
    assert_eq!(reasons(&desk, &sender).await, [Some(Reason::LimitSender)]);
    let (place, desk, answers) = with_rules(|rules| rules.policy.per_hour = 1).await;
    all.0.extend(answers.0);
    let over = [("desk", who, phone), ("paused", "lars.berg", "070-174 06 11")];
    for writer in over {
        all.to(&place, &desk, &[writer], own).await;
    }
    assert_eq!(reasons(&desk, &over).await, [Some(Reason::LimitDesk), Some(Reason::AutomationOff)]);
    let (place, desk, answers) = with_rules(|rules| rules.texts_per_day = 1).await;
    all.0.extend(answers.0);
    all.to(&place, &desk, &[("texts", who, phone)], own).await;
    let state = desk.ticket("texts").await.state;
    assert!(matches!(state, State::Requested { .. }), "{state:?}");
    all
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

/// A gateway that never answers.
struct HungGateway;

#[async_trait]
impl SmsGateway for HungGateway {
    fn name(&self) -> &'static str {
        "hung"
    }

    fn traits(&self) -> GatewayTraits {
        GatewayTraits { receipts: false, honours_keys: false, can_be_asked: false }
    }

    async fn send(&self, _: &PhoneNumber, _: &SmsText, _: &str) -> Outcome {
        std::future::pending().await
    }

    async fn ask(&self, _: &str) -> Result<Receipt, String> {
        std::future::pending().await
    }

    async fn probe(&self) -> Result<String, String> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn the_answer_leaves_while_nobody_else_has_said_a_word() {
    let hangs: [fn(&mut nyckelbud::worker::Parts); 2] =
        [|parts| parts.directory = Arc::new(Hung), |parts| parts.gateways = vec![Arc::new(HungGateway)]];
    for hang in hangs {
        let place = Place::new();
        let desk = OpenDesk::open(&place.folder, &place.clock, hang).await;
        ask(&place, WRITERS[0]);
        ask(&place, WRITERS[2]);
        desk.take_in().await;
        let stop = CancellationToken::new();
        let worker = Worker::new(Arc::clone(&desk.parts), Arc::new(Health::expecting(&[])));
        let running = tokio::spawn(worker.run(Vec::new(), CancellationToken::new(), stop.clone()));
        let until = Instant::now() + Duration::from_secs(15);
        let left = |name: &String| !name.starts_with('.');
        while demo_desk::files(&place.folder.join("mail")).iter().filter(|name| left(name)).count() < 2 {
            assert!(Instant::now() < until, "an acknowledgement waits for somebody else");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let state = desk.ticket(WRITERS[0].0).await.state;
        assert!(!matches!(state, State::Done { .. } | State::Technician { .. }), "{state:?}");
        stop.cancel();
        running.abort();
    }
}

#[tokio::test]
async fn the_answer_is_kept_with_the_mail_itself() {
    let place = Place::new();
    let desk = place.open().await;
    ask(&place, WRITERS[0]);
    ask(&place, WRITERS[2]);
    desk.take_in().await;
    // Nothing has worked on a ticket yet.
    let (store, now) = (&desk.parts.store, desk.parts.clock.now());
    let claims = store.claim_messages(Channel::Mail, "test", Duration::from_secs(5), 16, now).await.unwrap();
    let kinds: Vec<MessageKind> = claims.iter().map(|claim| claim.message.kind).collect();
    assert_eq!(kinds, [MessageKind::Acknowledgement; 2]);
}
