//! The whole way: a mail, a text, a sign-in that demands a password of one's own, and the sign-in with
//! that one.

use crate::support::daemon::{Daemon, PATIENCE};
use crate::support::program::{ended, on_desk};
use crate::support::proxy::Proxy;
use crate::support::samba::{FIRST_PASSWORD, SERVICE, SERVICE_PASSWORD, SignedIn, Unit, domain};
use crate::support::wait::until;
use crate::support::{audit_rows, demo_desk};

const OWN: &str = "Eget-Losenord-99";

/// A desk whose people are those of `unit`, behind the server at `port`.
fn desk(unit: &Unit, port: u16) -> Daemon {
    let directory = format!(
        "[directory]\nkind = \"ldap\"\ntimeout = \"25s\"\n\n[directory.ldap]\n\
         servers = [\"ldaps://127.0.0.1:{port}\"]\nca_file = \"{}\"\nbind_dn = \"{SERVICE}\"\n\
         bind_password = \"{SERVICE_PASSWORD}\"\nbase_dn = \"{}\"\n",
        domain().ca_file().display(),
        unit.dn()
    );
    let ways = "[[mailbox]]\nname = \"servicedesk\"\nkind = \"maildir\"\npath = \"mailbox\"\nstart = \"all\"\n\
                poll = \"1s\"\nauthentication = \"trusted\"\n\n[[sms.gateway]]\nname = \"modem\"\n\
                kind = \"spool\"\npath = \"sms\"\n\n[smtp]\nkind = \"spool\"\npath = \"mail\"\n";
    Daemon::with_people(&directory, ways)
}

fn request(unit: &Unit, name: &str, id: &str) -> Vec<u8> {
    let mail = unit.mail(name);
    let date = nyckelbud::clock::rfc5322(nyckelbud::clock::Clock::now(&nyckelbud::clock::SystemClock));
    format!(
        "From: {name} <{mail}>\nTo: Servicedesk <servicedesk@kommun.example>\nSubject: Nytt lösenord\n\
         Date: {date}\nMessage-ID: <{id}@kommun.example>\nMIME-Version: 1.0\n\
         Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n\
         Användarnamn: {mail}\nMobilnummer: 070-174 06 05\n"
    )
    .replace('\n', "\r\n")
    .into_bytes()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_becomes_a_sign_in_that_demands_a_new_password() {
    let unit = domain().unit();
    unit.people(&[("anna", &[("mobile", "070-174 06 05")])]);
    unit.lock("anna");
    let mut program = desk(&unit, domain().ldaps_port());
    program.start().await;
    demo_desk::deliver_raw(program.folder(), "one", &request(&unit, "anna", "one"));
    let text = program.texts(1).await.remove(0);
    let password = demo_desk::password_in(&text).expect("a password").to_owned();
    let tickets = program.settled(1).await;
    assert_eq!(tickets[0]["outcome"], "sms", "{tickets:?}");
    assert_eq!(unit.sign_in("anna", &password, None), SignedIn::MustChange);
    assert!(unit.sign_in("anna", FIRST_PASSWORD, None).is_wrong_password());
    assert_eq!(unit.sign_in("anna", &password, Some(OWN)), SignedIn::Changed);
    assert_eq!(unit.sign_in("anna", OWN, None), SignedIn::Yes);
    let log = program.log();
    assert!(!log.contains(&password) && !log.contains(SERVICE_PASSWORD), "{log}");
    assert!(!log.contains("0701740605") && !log.contains("701740605"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_no_phone_or_is_protected_gets_no_password() {
    let unit = domain().unit();
    unit.people(&[("karin", &[("mobile", "070-174 06 10")]), ("bo", &[("mobile", "070-174 06 05")])]);
    unit.people(&[("anna", &[("manager", &unit.dn_of("karin"))])]);
    unit.join("CN=Domain Admins,CN=Users", &unit.dn_of("bo"));
    let mut program = desk(&unit, domain().ldaps_port());
    for name in ["anna", "bo"] {
        demo_desk::deliver_raw(program.folder(), name, &request(&unit, name, name));
    }
    program.start().await;
    let waits = |tickets: &[serde_json::Value]| {
        tickets.iter().any(|t| t["reason"] == "account-protected" && t["state"] == "open")
    };
    program.tickets_when("the protected account is a technician's", waits).await;
    let offer = program.texts(1).await.remove(0);
    assert!(offer.contains("/p/") && offer.contains("46701740610"), "{offer}");
    for name in ["anna", "bo"] {
        assert_eq!(unit.sign_in(name, FIRST_PASSWORD, None), SignedIn::Yes, "{name}: nothing was changed");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_answer_to_the_change_is_lost_the_delivered_password_is_the_one() {
    let unit = domain().unit();
    unit.people(&[("bo", &[("userAccountControl", "514")]), ("anna", &[("mobile", "070-174 06 05")])]);
    let proxy = Proxy::to(domain().ldaps_port()).await;
    let mut program = desk(&unit, proxy.port());
    program.start().await;
    // The connection is made for somebody who gets no password.
    demo_desk::deliver_raw(program.folder(), "first", &request(&unit, "bo", "first"));
    program.settled(1).await;
    // A look-up has four commands, and two more where no manager is shown: may one be read? Before the change
    // there are four again, and what o'clock it is there.
    proxy.lose_an_answer_after(11);
    demo_desk::deliver_raw(program.folder(), "one", &request(&unit, "anna", "one"));
    until("the answer is lost", PATIENCE, || proxy.is_at_its_limit().then_some(())).await;
    proxy.heal();
    let text = program.texts(1).await.remove(0);
    program.settled(2).await;
    let audit = audit_rows::read(&program.folder().join("var/nyckelbud.db")).await;
    let events: Vec<&str> =
        audit.iter().map(|(_, event, _)| event.as_str()).filter(|event| event.starts_with("set.")).collect();
    let (last, before) = events.split_last().expect("the password was set");
    assert_eq!(*last, "set.accepted", "{events:?}");
    assert!(before.contains(&"set.uncertain"), "the change was hit: {events:?}");
    let password = demo_desk::password_in(&text).expect("a password");
    assert_eq!(unit.sign_in("anna", password, None), SignedIn::MustChange);
    assert_eq!(demo_desk::texts(program.folder()).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_tells_each_right_in_a_line_of_its_own() {
    let unit = domain().unit();
    unit.people(&[("anna", &[("mobile", "070-174 06 05")])]);
    let program = desk(&unit, domain().ldaps_port());
    let said = ended(&mut on_desk(program.folder(), ["check", "--json"]));
    let lines = said.objects();
    for part in ["directory", "server", "Read all properties", "Read mobile", "password reset"]
        .into_iter()
        .chain(["Reset Password", "Write pwdLastSet", "Write lockoutTime"])
    {
        let line = lines.iter().find(|line| line["part"] == part);
        assert_eq!(line.map(|line| &line["verdict"]), Some(&"good".into()), "{part}: {lines:#?}");
    }
}
