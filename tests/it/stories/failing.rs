//! A register that fails: an error, no answer, half an answer. The request waits, is tried again, and ends
//! with a technician as `directory-failed`; nobody is without a phone because of it.

use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::Kind::Ordinary;
use super::fitting::{Fitted, build_with, ldap};
use super::{End, Person, Phone, Register, Story, Told, missed};
use crate::support::desk::{OpenDesk, TurnedClock};
use crate::support::graph::Fault;
use crate::support::program::{ended, on_desk};
use crate::support::proxy::Proxy;
use crate::support::samba::{DELEGATED, READ_NO_NUMBER, domain};
use crate::support::{audit_rows, demo_desk};

/// Anna's phone is registered, and her manager could be asked.
const ANNA: Story = Story {
    name: "a register that fails",
    people: &[
        Person { role: "anna", phone: Phone::Mobile, kind: Ordinary, manager: Some("berit"), sponsors: &[] },
        Person { role: "berit", phone: Phone::Mobile, kind: Ordinary, manager: None, sponsors: &[] },
    ],
    asks_for_another: false,
    asks_by_bare_name: false,
    end: End::Technician { reason: "directory-failed", trail: "directory unknown: " },
    not_in: &[(Register::File, "a file answers or fails, and is never silent")],
};

const TOLD: Told = Told { place: 0, story: &ANNA };
/// More often than anybody asks.
const ALWAYS: usize = 1_000;

fn ticket(folder: &Path) -> Value {
    ended(&mut on_desk(folder, ["tickets", "--json"])).expect(0).objects().remove(0)
}

/// The request waits through two tries and is a technician's after the third.
async fn fails(fitted: &Fitted, folder: &Path, spoil: impl Fn()) {
    demo_desk::deliver_raw(folder, "one", &TOLD.mail(fitted));
    let clock = TurnedClock::default();
    let desk = OpenDesk::open(folder, &clock, |_| {}).await;
    spoil();
    for minutes in [10, 21] {
        desk.work().await;
        let waiting = ticket(folder);
        assert!(waiting["reason"].is_null() && waiting["state"] != "open", "it waits: {waiting:#}");
        clock.turn(minutes);
    }
    desk.work().await;
    let ended = ticket(folder);
    assert_eq!(
        (&ended["state"], &ended["reason"]),
        (&"open".into(), &"directory-failed".into()),
        "{ended:#}"
    );
    assert!(missed(&ended).starts_with("directory unknown: "), "{ended:#}");
    assert!(!ended["trail"].to_string().contains("no phone"), "{ended:#}");
    assert_eq!(demo_desk::texts(folder), [""; 0]);
    assert!(fitted.is_unchanged(folder, &TOLD.name("anna")));
}

async fn fitted(register: Register) -> Fitted {
    Fitted::new(register, &[TOLD]).await
}

/// `fitted` on a desk of its own, which the fault meets once that is open.
async fn meets(fitted: &Fitted, spoil: impl Fn(&Path)) {
    let folder = tempfile::tempdir().unwrap();
    fitted.build(folder.path(), "");
    fails(fitted, folder.path(), || spoil(folder.path())).await;
}

fn rewritten(folder: &Path, from: &str, to: &str) {
    let path = folder.join("directory.toml");
    let old = std::fs::read_to_string(&path).unwrap();
    assert!(old.contains(from), "{old}");
    std::fs::write(&path, old.replace(from, to)).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_fails_is_never_no_phone() {
    let fitted = fitted(Register::File).await;
    meets(&fitted, |folder| rewritten(folder, "[[account.phone]]", "[[account.phone")).await;
    meets(&fitted, |folder| std::fs::remove_file(folder.join("directory.toml")).unwrap()).await;
    let above = format!("manager = \"id-{}\"", TOLD.name("berit"));
    meets(&fitted, |folder| rewritten(folder, &above, "manager = \"id-of-nobody\"")).await;
}

/// The ways in which Graph fails, with the time that a call may take.
fn faults() -> [(&'static str, Fault, &'static str); 5] {
    [
        ("/users", Fault::Says(500, None, "InternalServerError"), "15s"),
        ("authentication", Fault::Says(404, None, "Request_ResourceNotFound"), "15s"),
        ("authentication", Fault::Hangs, "1s"),
        ("authentication", Fault::Cut, "15s"),
        ("authentication", Fault::Body("{\"value\":[{\"phoneType\":\"mobile\"}]}".to_owned()), "15s"),
    ]
}

async fn graph_fails(register: Register) {
    for (part, fault, timeout) in faults() {
        let mut fitted = fitted(register).await;
        fitted.timeout = timeout;
        let graph = fitted.graph.as_ref().unwrap();
        meets(&fitted, |_| graph.fault(part, ALWAYS, fault.clone())).await;
        let asked = graph.asked().len();
        assert!(asked > 0 || matches!(fault, Fault::Hangs | Fault::Cut), "{part}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entra_id_that_fails_is_never_no_phone() {
    graph_fails(Register::Graph).await;
}

/// Nobody listens, and somebody who never says a word.
async fn active_directory_fails(register: Register) {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    for (port, timeout) in [(closed, "15s"), (silent.local_addr().unwrap().port(), "1s")] {
        let mut fitted = fitted(register).await;
        (fitted.port, fitted.timeout) = (Some(port), timeout);
        meets(&fitted, |_| ()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn active_directory_that_fails_is_never_no_phone() {
    active_directory_fails(Register::Samba).await;
    // Half an answer: everything but the phone.
    let mut fitted = fitted(Register::Samba).await;
    let unit = domain().unit_with(&[&DELEGATED[..], &[READ_NO_NUMBER]].concat());
    unit.people(&[(&TOLD.name("anna"), &[("employeeNumber", "070-174 06 07")])]);
    let people = format!(
        "[directory]\nkind = \"ldap\"\n{}phone_attributes = [\"employeeNumber\"]\n",
        ldap(&unit.dn(), domain().ldaps_port())
    );
    fitted.unit = Some(unit);
    let folder = tempfile::tempdir().unwrap();
    build_with(folder.path(), &people, "Skyddade", "");
    fails(&fitted, folder.path(), || ()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_as_one_fail_when_either_does() {
    graph_fails(Register::Hybrid).await;
    active_directory_fails(Register::Hybrid).await;
}

/// The change was made, and its answer never came: one password, the one of the text.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_both_as_one_a_lost_answer_to_the_change_leaves_the_delivered_password() {
    let proxy = Proxy::to(domain().ldaps_port()).await;
    // Reading her before has four. What is sent comes in more or fewer pieces, so a piece that was the change
    // may be another the next time.
    const READING: i64 = 4;
    let (mut spared, mut hit, mut rounds) = (READING, false, 0);
    // After each piece in turn, until one was the change; over again when that was passed.
    while !hit {
        rounds += 1;
        assert!(rounds < 40, "the change is never hit");
        let mut one = fitted(Register::Hybrid).await;
        one.port = Some(proxy.port());
        let folder = tempfile::tempdir().unwrap();
        one.build(folder.path(), "");
        demo_desk::deliver_raw(folder.path(), "one", &TOLD.mail(&one));
        let clock = TurnedClock::default();
        let desk = OpenDesk::open(folder.path(), &clock, |_| {}).await;
        proxy.lose_an_answer_after(spared);
        desk.work().await;
        let lost = proxy.has_lost_the_command();
        proxy.heal();
        let audit = audit_rows::read(&folder.path().join("var/nyckelbud.db")).await;
        hit = audit.iter().any(|(_, event, _)| event == "set.uncertain");
        tokio::time::timeout(Duration::from_secs(30), async {
            while demo_desk::texts(folder.path()).is_empty() {
                clock.turn(3);
                desk.work().await;
            }
        })
        .await
        .expect("a text");
        let texts = demo_desk::texts(folder.path());
        assert_eq!(texts.len(), 1, "{texts:?}");
        let password = demo_desk::password_in(&texts[0]).expect("a password");
        assert!(one.opens(folder.path(), &TOLD.name("anna"), password), "after {spared} pieces");
        spared = if lost { spared + 1 } else { READING };
    }
}
