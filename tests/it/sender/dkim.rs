//! Signatures that the desk checks itself, over a name server that knows, forgets, fails and is silent.
//! Mails lie in a maildir, without the carriage returns that were signed.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::dns::Dns;
use crate::support::island::Island;
use crate::support::program::{Running, ended, on_desk};
use crate::support::signer::{Signer, Way};
use crate::support::{demo_desk, wait};

use super::{desk, explained, request, sender_line};

const ANNA: &str = "anna.andersson@kommun.example";

/// A network with a desk in it that checks signatures itself.
struct World {
    island: Island,
    folder: TempDir,
}

impl World {
    fn new() -> Self {
        let island = Island::new();
        let folder = desk(Path::new("mailbox"), "dkim");
        Self { island, folder }
    }

    fn dns(&self) -> Dns {
        self.island.dns()
    }

    fn signer(&self, domain: &'static str, selector: &'static str) -> Signer {
        Signer::new(&self.dns(), domain, selector, 2048)
    }

    /// Asks `explain` about a mail as the maildir keeps it.
    fn explained(&self, mail: &str) -> Value {
        let file = self.folder.path().join("explained.eml");
        std::fs::write(&file, mail.replace("\r\n", "\n")).unwrap();
        explained(&self.island, self.folder.path(), &file)
    }

    #[track_caller]
    fn expect(&self, what: &str, mail: &str, trust: &str, says: &str) {
        let object = self.explained(mail);
        assert_eq!(object["sender"]["trust"], trust, "{what}: {object}");
        assert!(sender_line(&object).contains(says), "{what} does not say {says:?}: {object}");
    }
}

#[test]
fn a_signature_of_froms_domain_that_holds_vouches_and_no_other_does() {
    let world = World::new();
    let signer = world.signer("kommun.example", "k1");
    let mail = request("one", ANNA);
    let way = |change: fn(&mut Way)| {
        let mut way = Way::default();
        change(&mut way);
        signer.sign(&mail, &way)
    };
    let good = signer.sign(&mail, &Way::default());
    let verified = "DKIM of kommun.example verified by this desk";
    world.expect("signed", &good, "own-domain", verified);
    world.expect("relaxed", &way(|way| way.relaxed = true), "own-domain", verified);
    world.expect(
        "a second signature that does not hold",
        &format!("{}{good}", broken(&good)),
        "own-domain",
        verified,
    );
    let late = way(|way| way.tags = "t=1700000000; x=4000000000; ");
    world.expect("not yet expired", &late, "own-domain", verified);

    for (what, mail, says) in [
        ("unsigned", mail.clone(), "it carries none"),
        ("another text", good.replace("06 05", "06 06"), "does not hold"),
        ("another subject", good.replace("Subject: Password", "Subject: Passport"), "does not hold"),
        ("another author", good.replace("anna.andersson@k", "bo.berg@k"), "does not hold"),
        ("text at its end", format!("{good}Mer\r\n"), "does not hold"),
        ("a carriage return in its text", good.replace("06 05", "06\r05"), "carriage returns"),
        ("two From", good.replacen("From:", "From: bo.berg@kommun.example\r\nFrom:", 1), "several From"),
        ("only a part is signed", way(|way| way.tags = "l=10; "), "'l='"),
        ("SHA-1", way(|way| way.hash = "sha1"), "SHA-1"),
        ("From is not signed", way(|way| way.fields = &["To", "Subject"]), "leaves out From"),
        ("expired", way(|way| way.tags = "t=1700000000; x=1700000001; "), "expired"),
        ("a key that nobody published", good.replace("s=k1", "s=k2"), "does not hold"),
    ] {
        world.expect(what, &mail, "unverified", says);
    }
}

#[test]
fn what_is_read_must_be_signed() {
    let world = World::new();
    let signer = world.signer("kommun.example", "k1");
    let verified = "DKIM of kommun.example verified by this desk";
    let mail = request("one", ANNA);
    let sign =
        |mail: &str, fields: &'static [&'static str]| signer.sign(mail, &Way { fields, ..Way::default() });
    for (what, fields, says) in [
        ("Subject", &["From", "Date", "Content-Type", "Content-Transfer-Encoding"][..], "leaves out Subject"),
        ("Date", &["From", "Subject", "Content-Type", "Content-Transfer-Encoding"], "leaves out Date"),
        ("type", &["From", "Subject", "Date", "Content-Transfer-Encoding"], "leaves out Content-Type"),
        ("encoding", &["From", "Subject", "Date", "Content-Type"], "leaves out Content-Transfer-Encoding"),
    ] {
        world.expect(what, &sign(&mail, fields), "unverified", says);
    }
    let signed = sign(&mail, Way::default().fields);
    let added = |field: &str| signed.replace("\r\nFrom: Anna", &format!("\r\n{field}\r\nFrom: Anna"));
    for (what, mail, says) in [
        ("a second subject", added("Subject: Other"), "leaves out Subject"),
        ("a second type", added("Content-Type: text/html"), "leaves out Content-Type"),
        ("an encoding", added("Content-Transfer-Encoding: base64"), "does not hold"),
        (
            "no date",
            sign(&mail.replace("Date:", "X-Date:"), Way::default().fields),
            "its Date cannot be read",
        ),
    ] {
        world.expect(what, &mail, "unverified", says);
    }
    let parts = mail.replace("text/plain; charset=utf-8", "multipart/mixed; boundary=b");
    let parts = parts.replace("Username", "--b\r\n\r\nUsername") + "--b--\r\n";
    world.expect(
        "parts",
        &sign(&parts, &["From", "Subject", "Date", "Content-Type"]),
        "own-domain",
        verified,
    );
    world.dns().forget(&signer.name());
    signer.publish(&world.dns(), "t=y:s; ");
    world.expect("a key that is tested", &signed, "unverified", "only tests its signatures");
}

/// The mail's first signature field, with another signature in it.
fn broken(signed: &str) -> String {
    let end = signed.find("\r\nFrom:").unwrap() + 2;
    signed[..end].replace(" b=", " b=AAAA")
}

#[test]
fn a_short_key_or_a_revoked_one_proves_nothing() {
    let world = World::new();
    let short = Signer::new(&world.dns(), "kommun.example", "short", 768);
    let least = Signer::new(&world.dns(), "kommun.example", "least", 1024);
    let sign = |signer: &Signer| signer.sign(&request("one", ANNA), &Way::default());
    world.expect("768 bits", &sign(&short), "unverified", "does not hold");
    world.expect("1024 bits", &sign(&least), "own-domain", "verified by this desk");
    world.dns().forget(&least.name());
    world.dns().txt(&least.name(), "v=DKIM1; k=rsa; p=");
    world.expect("revoked", &sign(&least), "unverified", "revoked");
}

#[test]
fn another_domain_signs_for_from_only_where_its_dmarc_record_allows_it() {
    let world = World::new();
    let dns = world.dns();
    let sign = |signer: &Signer| signer.sign(&request("one", ANNA), &Way::default());
    let evil = sign(&world.signer("evil.example", "e1"));
    let child = sign(&world.signer("mail.kommun.example", "m1"));
    world.expect("a stranger", &evil, "unverified", "signed by evil.example only");
    world.expect("no record", &child, "unverified", "may not sign for kommun.example");
    dns.txt("_dmarc.kommun.example", "v=DMARC1; p=reject; adkim=s");
    world.expect("strict", &child, "unverified", "may not sign for kommun.example");
    dns.forget("_dmarc.kommun.example");
    dns.txt("_dmarc.kommun.example", "v=DMARC1; p=none");
    world.expect(
        "relaxed",
        &child,
        "own-domain",
        "DKIM of mail.kommun.example, which may sign for kommun.example",
    );
    world.expect("a stranger", &evil, "unverified", "signed by evil.example only");
    let below = request("two", "anna@mail.kommun.example");
    let parent = world.signer("kommun.example", "k1").sign(&below, &Way::default());
    world.expect("the domain above", &parent, "vouched", "DKIM of kommun.example, which may sign for mail.");
    dns.fails("_dmarc.kommun.example");
    world.expect("the DNS fails", &child, "unverified", "DKIM could not be checked");
}

#[test]
fn a_dns_in_trouble_is_no_proof_and_holds_nothing_up() {
    let world = World::new();
    let signer = world.signer("kommun.example", "k1");
    let mail = signer.sign(&request("one", ANNA), &Way::default());
    world.dns().fails(&signer.name());
    world.expect("SERVFAIL", &mail, "unverified", "DKIM could not be checked");
    world.dns().is_silent_about(&signer.name());
    let began = Instant::now();
    world.expect("silence", &mail, "unverified", "DKIM could not be checked");
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    // A mail that asks for many look-ups gets few.
    let many: String = (0..200).map(|n| broken(&mail).replace("s=k1", &format!("s=x{n}"))).collect();
    let before = world.dns().asked().len();
    world.expect("200 signatures", &(many + &mail), "unverified", "DKIM");
    let asked = world.dns().asked().split_off(before);
    assert!(asked.len() <= 8, "{asked:?}");
}

/// The program at work in the world's network.
impl World {
    fn run(&self) -> Running {
        Running::start(&mut self.island.command(&on_desk(self.folder.path(), ["run"])))
    }

    fn tickets(&self) -> Vec<Value> {
        let listed = ended(&mut on_desk(self.folder.path(), ["tickets", "--json"]));
        // There is no database before the program has started.
        if listed.status == Some(0) { listed.objects() } else { Vec::new() }
    }

    async fn ticket_when(&self, what: &str, state: &str) -> Value {
        wait::until(what, Duration::from_secs(60), || {
            let found = |ticket: &Value| ticket["state"] == state;
            self.tickets().into_iter().find(found)
        })
        .await
    }

    fn deliver(&self, name: &str, mail: &str) {
        demo_desk::deliver_raw(self.folder.path(), name, mail.replace("\r\n", "\n").as_bytes());
    }

    /// The Message-IDs of the mails that left, once there are so many.
    async fn answered_by(&self, count: usize) -> Vec<String> {
        let limit = Duration::from_secs(60);
        wait::until("mails leave", limit, || Some(self.answered()).filter(|ids| ids.len() >= count)).await
    }

    fn answered(&self) -> Vec<String> {
        let folder = self.folder.path().join("mail");
        let mails =
            demo_desk::files(&folder).into_iter().map(|name| std::fs::read_to_string(folder.join(name)));
        let id = |mail: std::io::Result<String>| {
            let mail = mail.unwrap();
            mail.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap().to_owned()
        };
        mails.map(id).collect()
    }
}

#[test]
fn the_check_names_a_dns_that_fails_and_a_mailbox_whose_mails_nobody_vouches_for() {
    let world = World::new();
    let line = |part: &str| {
        let check = on_desk(world.folder.path(), ["check", "--json"]);
        let lines = ended(&mut world.island.command(&check)).objects();
        let line = lines.into_iter().find(|line| line["part"] == part);
        line.map(|line| {
            (line["verdict"].as_str().unwrap().to_owned(), line["text"].as_str().unwrap().to_owned())
        })
    };
    world.dns().fails("_dmarc.kommun.example");
    assert!(line("name servers").is_some_and(|(verdict, _)| verdict == "bad"));
    assert_eq!(line("senders servicedesk"), None, "there is no mail yet");
    world.dns().txt("_dmarc.kommun.example", "v=DMARC1; p=reject");
    assert!(line("name servers").is_some_and(|(verdict, _)| verdict == "good"));

    world.deliver("1", &request("one", ANNA));
    let (verdict, text) = line("senders servicedesk").unwrap();
    assert!(verdict == "care" && text.contains("it carries none"), "{text}");
    let signer = world.signer("kommun.example", "k1");
    world.deliver("2", &signer.sign(&request("two", ANNA), &Way::default()));
    let (verdict, text) = line("senders servicedesk").unwrap();
    assert!(verdict == "good" && text.starts_with("1 of the newest 2"), "{text}");
}

/// Anna's request without her phone.
fn without_phone() -> String {
    request("first", ANNA).replace("Phone: 070-174 06 05\r\n", "")
}

/// Her phone alone, in reply to all the mails `answered`.
fn only_phone(answered: &[String]) -> String {
    let phone = request("second", ANNA).replace("Username: anna.andersson@kommun.example\r\n", "");
    phone.replacen("Subject:", &format!("References: {}\r\nSubject:", answered.join(" ")), 1)
}

fn stopped(running: Running) {
    running.signal(rustix::process::Signal::TERM);
    running.end().expect(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_is_checked_once_and_still_vouched_for_when_its_key_is_gone() {
    let world = World::new();
    let (first, second) = (world.signer("kommun.example", "k1"), world.signer("kommun.example", "k2"));
    world.deliver("1", &first.sign(&without_phone(), &Way::default()));
    let running = world.run();
    world.ticket_when("the missing phone is asked for", "pending").await;
    let answered = world.answered_by(2).await;
    stopped(running);

    world.dns().forget(&first.name());
    let before = world.dns().asked().len();
    world.deliver("2", &second.sign(&only_phone(&answered), &Way::default()));
    let running = world.run();
    let ticket = world.ticket_when("both mails together are a request", "resolved").await;
    assert_eq!((&ticket["mails"], &ticket["outcome"]), (&2.into(), &"sms".into()), "{ticket}");
    assert!(sender_line(&ticket).contains("DKIM of kommun.example verified by this desk"), "{ticket}");
    let asked = world.dns().asked().split_off(before);
    assert!(asked.contains(&second.name()) && !asked.contains(&first.name()), "{asked:?}");
    stopped(running);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_mail_that_somebody_else_sends_on_starts_nothing() {
    let world = World::new();
    let signer = world.signer("kommun.example", "k1");
    let old = request("old", ANNA).replace("24 Nov 2099", "24 Nov 2020");
    world.deliver("1", &signer.sign(&old, &Way::default()));
    let running = world.run();
    let ticket = world.ticket_when("a mail of 2020 comes now", "open").await;
    assert_eq!(ticket["reason"], "mail-too-old", "{ticket}");
    let signed = signer.sign(&request("new", ANNA), &Way::default());
    world.deliver("2", &signed);
    world.ticket_when("a request", "resolved").await;
    world.deliver("3", &format!("{signed}\r\n \r\n\r\n"));
    let marker =
        request("marker", "gun.persson@kommun.example").replace("Subject: Password", "Subject: Printer");
    world.deliver("4", &marker.replace("Username", "Model"));
    let all = || Some(world.tickets()).filter(|tickets| tickets.len() >= 3);
    let tickets = wait::until("what came last is a ticket", Duration::from_secs(60), all).await;
    assert_eq!(tickets.len(), 3, "the second copy is a duplicate: {tickets:?}");
    assert_eq!(demo_desk::files(&world.folder.path().join("sms")).len(), 1);
    stopped(running);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unsigned_reply_completes_no_signed_request() {
    let world = World::new();
    let signer = world.signer("kommun.example", "k1");
    world.deliver("1", &signer.sign(&without_phone(), &Way::default()));
    let running = world.run();
    world.ticket_when("the missing phone is asked for", "pending").await;
    world.deliver("2", &only_phone(&world.answered_by(2).await));
    let ticket = world.ticket_when("nobody vouches for the second", "open").await;
    assert_eq!((&ticket["mails"], &ticket["reason"]), (&1.into(), &"sender-unverified".into()), "{ticket}");
    assert!(sender_line(&ticket).contains("unverified: no DKIM signature"), "{ticket}");
    world.ticket_when("the request still waits for its phone", "pending").await;
    assert_eq!(demo_desk::files(&world.folder.path().join("sms")).len(), 0, "nothing is sent");
    stopped(running);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mails_that_wait_for_a_silent_dns_wait_together() {
    let world = World::new();
    let signer = world.signer("kommun.example", "k1");
    world.dns().is_silent_about(&signer.name());
    for n in 0..30 {
        let mail = request(&format!("m{n}"), ANNA).replace("06 05", &format!("06 {:02}", 5 + n));
        world.deliver(&n.to_string(), &signer.sign(&mail, &Way::default()));
    }
    let began = Instant::now();
    let running = world.run();
    wait::until("all are taken in", Duration::from_secs(60), || (world.tickets().len() == 30).then_some(()))
        .await;
    assert!(began.elapsed() < Duration::from_secs(50), "one after the other it would take 150 s");
    stopped(running);
}
