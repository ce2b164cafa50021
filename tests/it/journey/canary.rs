//! A whole desk at `trace`, and then every octet that it left behind: the passwords and links that
//! it handed out are where they belong and nowhere else, in whatever encoding; full phone numbers
//! are in the directory, the gateway's files and the mails themselves.

use std::path::Path;

use mail_parser::MessageParser;

use super::search::{Needle, Place, phone_numbers, secrets};
use super::{annas_request, filips_request, lines, link_in, password_in, to_number};
use crate::support::browser::{Browser, visible};
use crate::support::client::Asked;
use crate::support::daemon::Daemon;
use crate::support::database;
use crate::support::dovecot::Dovecot;
use crate::support::letters::chatter;
use crate::support::postfix::Postfix;

/// Anna's, Filip's, the one in Filip's mail, Karin's, and one that a mail tells in passing.
const NUMBERS: [&str; 5] = ["701740605", "701740624", "701740671", "701740610", "701740699"];

/// A desk after its day.
struct Day {
    mailbox: Dovecot,
    post: Postfix,
    program: Daemon,
    passwords: Vec<String>,
    tokens: Vec<String>,
    /// Every page that was fetched, but for the pickup's answer.
    pages: Vec<String>,
    answer: String,
}

async fn a_day() -> Day {
    let (mailbox, post) = (Dovecot::start(), Postfix::start());
    let config = [lines::imap(&mailbox), lines::MODEM.to_owned(), lines::smtp(&post)].concat();
    let program = Daemon::started(&config).await;
    mailbox.deliver("1.a", &annas_request("one"));
    mailbox.deliver("2.a", &filips_request("two"));
    mailbox.deliver("3.a", &chatter("ring 070-174 06 99", 200));
    let texts = program.texts(3).await;
    program.settled(3).await;
    let to = |number: &str| to_number(&texts, number).remove(0);
    let (link, warning) = (link_in(&to("46701740610")), link_in(&to("46701740624")));

    let (mut karin, mut other) = (program.browser(), program.browser());
    karin.open(&link).await;
    let answer = karin.press(&link).await.body;
    let passwords = vec![password_in(&to("46701740605")), password_in(&answer)];
    let mut pages = visit_everything(&program, &mut other, &link, &warning).await;
    karin.press("/handed-over").await;
    program.settled(3).await;
    let (mut of_anna, of_filip) = (post.delivered_to("anna", 2).await, post.delivered_to("filip", 2).await);
    of_anna.extend(of_filip);
    pages.extend(karin.pages.into_iter().filter(|page| *page != answer));
    let tokens = [link, warning].map(|path| path.trim_start_matches("/p/").to_owned()).to_vec();
    Day { mailbox, post, program, passwords, tokens, pages, answer }
}

async fn visit_everything(program: &Daemon, other: &mut Browser, link: &str, warning: &str) -> Vec<String> {
    for path in [link, warning, "/p/aaaaaaaaaaaaaaaaaaaaaaaaaa", "/readyz", "/livez", "/style.css", "/"] {
        other.open(path).await;
    }
    let forged = program.ask(&Asked::post(link, "form=forged")).await;
    assert_eq!(forged.status, 403);
    other.pages.push(forged.body);
    std::mem::take(&mut other.pages)
}

/// A page, as it came and as a person reads it.
pub(super) fn place_of(page: &str) -> Place {
    let octets = format!("{page}\n{}", visible(page)).into_bytes();
    Place { name: format!("a page: {}", page.lines().last().unwrap_or_default()), octets }
}

/// Every file below `folder`, but for what lies below `without`.
pub(super) fn files(folder: &Path, without: &Path) -> Vec<Place> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if path.starts_with(without) {
        } else if kind.is_dir() {
            found.extend(files(&path, without));
        } else if kind.is_file() {
            // A server may take a file away meanwhile.
            let octets = std::fs::read(&path).unwrap_or_default();
            found.push(Place { name: path.display().to_string(), octets });
        }
    }
    found
}

/// Every value in the database, but for the mails as they came.
pub(super) async fn values(program: &Daemon) -> Vec<Place> {
    let values = database::values(&program.folder().join("var/nyckelbud.db")).await;
    let values = values.into_iter().filter(|value| (&*value.table, &*value.column) != ("mail", "raw"));
    values
        .map(|value| Place { name: format!("{}.{}", value.table, value.column), octets: value.octets })
        .collect()
}

impl Day {
    fn log(&self) -> Place {
        Place { name: "the log".to_owned(), octets: self.program.log().into_bytes() }
    }

    fn pages(&self) -> Vec<Place> {
        self.pages.iter().map(|page| place_of(page)).collect()
    }

    /// The mails that left, as they left and as a person reads them.
    fn mails(&self) -> Vec<Place> {
        let mut mails = files(&self.post.path("mail"), Path::new("/nowhere"));
        for mail in &mut mails {
            let read = MessageParser::default().parse(&mail.octets).expect("a mail");
            let words = format!("{:?}\n{:?}", read.subject(), read.body_text(0));
            mail.octets.extend_from_slice(words.as_bytes());
        }
        assert_eq!(mails.len(), 5, "acknowledgements, owners' notices, the manager's");
        mails
    }

    /// Everything on disk but the texts, and everything that was said.
    fn everything(&self) -> Vec<Place> {
        let mut places = files(self.program.folder(), &self.program.folder().join("sms"));
        places.extend(files(&self.mailbox.path(""), Path::new("/nowhere")));
        places.extend(files(&self.post.path(""), Path::new("/nowhere")));
        places.extend(self.mails());
        places.extend(self.pages());
        places.push(self.log());
        for part in ["nyckelbud.db", "nyckelbud.db-wal", "nyckelbud.db-shm", "credentials.toml", "mail.log"] {
            assert!(places.iter().any(|place| place.name.ends_with(part)), "{part} is not searched");
        }
        places
    }

    /// What nobody may find in logs and the database.
    async fn quiet(&self) -> Vec<Place> {
        let mut places = files(&self.program.folder().join("var"), Path::new("/nowhere"));
        places.extend(values(&self.program).await);
        places.push(self.log());
        places
    }
}

pub(super) fn assert_nowhere(needles: &[Needle], places: &[Place]) {
    let found: Vec<String> = needles.iter().flat_map(|needle| needle.found_in(places)).collect();
    assert!(found.is_empty(), "found where it must not be:\n{}", found.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_handed_out_is_found_in_the_text_and_the_pickup_s_answer_and_nowhere_else() {
    let mut day = a_day().await;
    let texts = files(&day.program.folder().join("sms"), Path::new("/nowhere"));
    let answer = [Place { name: "the answer".to_owned(), octets: visible(&day.answer).into_bytes() }];
    let passwords = secrets(&day.passwords);
    assert_eq!(passwords[0].found_in(&texts).len(), 1, "Anna's is in her text");
    assert_eq!(passwords[1].found_in(&answer).len(), 1, "Filip's is in the pickup's answer");
    assert_nowhere(&passwords[1..], &texts);

    assert_nowhere(&passwords, &day.everything());
    assert_nowhere(&secrets(&day.tokens), &day.quiet().await);
    let mut open: Vec<Place> = values(&day.program).await;
    open.extend(day.mails());
    open.extend(day.pages());
    open.push(day.log());
    assert_nowhere(&phone_numbers(&NUMBERS), &open);
    planted_ones_are_found(&day, &passwords).await;

    day.program.terminate();
    assert_eq!(day.program.ended().0, Some(0));
    assert_nowhere(&passwords, &files(day.program.folder(), &day.program.folder().join("sms")));
    assert_nowhere(&secrets(&day.tokens), &[day.log()]);
}

/// The search itself is not blind: in a copy of what was searched it finds what was put there.
async fn planted_ones_are_found(day: &Day, passwords: &[Needle]) {
    let log = day.log();
    for needle in passwords {
        for (encoding, octets) in needle.encodings() {
            let middle = log.octets.len() / 2;
            let planted = [&log.octets[..middle], octets, &log.octets[middle..]].concat();
            let copy = [Place { name: "a copy".to_owned(), octets: planted }];
            assert_eq!(needle.found_in(&copy).len(), 1, "{encoding} is not found");
        }
    }
    let copy = tempfile::tempdir().unwrap();
    for part in ["nyckelbud.db", "nyckelbud.db-wal"] {
        std::fs::copy(day.program.folder().join("var").join(part), copy.path().join(part)).unwrap();
    }
    let database = copy.path().join("nyckelbud.db");
    let sql = "UPDATE ticket SET subject = $1 WHERE id = 1";
    database::change(&database, sql, &format!("{} 070-174 06 05", day.passwords[0])).await;
    let values = database::values(&database).await;
    let subject = values.into_iter().filter(|value| (&*value.table, &*value.column) == ("ticket", "subject"));
    let subject: Vec<Place> =
        subject.map(|value| Place { name: "a subject".to_owned(), octets: value.octets }).collect();
    assert_eq!(passwords[0].found_in(&subject).len(), 1);
    assert_eq!(phone_numbers(&NUMBERS)[0].found_in(&subject).len(), 1);
    assert!(!passwords[0].found_in(&files(copy.path(), Path::new("/nowhere"))).is_empty());
}
