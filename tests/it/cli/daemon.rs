//! `run`: how it starts, how it stops, and how many there may be.

use rustix::process::Signal;

use super::{answer, desk};
use crate::support::demo_desk;
use crate::support::program::{Running, ended, on_desk};

/// The desk at work, telling at `info`.
fn at_work(folder: &std::path::Path) -> Running {
    let mut desk = Running::start(on_desk(folder, ["run"]).env("RUST_LOG", "info"));
    desk.until("it is at work", |desk| desk.err().contains("nyckelbud is at work"));
    desk
}

#[test]
fn each_stop_signal_ends_it_cleanly() {
    for signal in [Signal::TERM, Signal::INT] {
        let folder = desk();
        let desk = at_work(folder.path());
        desk.signal(signal);
        let ended = desk.end().expect(0);
        assert_eq!(ended.out, "", "the log is no result");
        let last = ended.objects_of_the_log().pop().expect("a line");
        assert_eq!(last["message"], "stopped cleanly");
    }
}

#[test]
fn the_second_on_a_database_is_refused_and_the_first_goes_on() {
    let folder = desk();
    let mut desk = at_work(folder.path());
    let second = ended(&mut on_desk(folder.path(), ["run"])).expect(1);
    assert!(second.err.contains("another nyckelbud is at work on"), "{}", second.err);
    assert!(second.err.contains("nothing was changed"), "{}", second.err);
    demo_desk::deliver(folder.path(), "sms-registered-phone");
    desk.until("the first still works", |_| demo_desk::texts(folder.path()).len() == 1);
    desk.signal(Signal::TERM);
    desk.end().expect(0);
    // A process that was killed leaves no lock.
    let mut killed = at_work(folder.path());
    killed.signal(Signal::KILL);
    assert_eq!(killed.end().status, None);
    killed = at_work(folder.path());
    killed.signal(Signal::TERM);
    killed.end().expect(0);
}

#[test]
fn without_its_key_tickets_work_and_passwords_wait_for_it() {
    let folder = desk();
    std::fs::remove_file(folder.path().join("seal.key")).unwrap();
    let mut desk = at_work(folder.path());
    desk.until("the log says so", |desk| {
        desk.err().contains("no sealing key") && desk.err().contains("nyckelbud key new")
    });
    demo_desk::deliver(folder.path(), "sms-registered-phone");
    demo_desk::deliver(folder.path(), "technician-account-unknown");
    let states = || {
        let tickets = answer(folder.path(), ["tickets", "--json"]).expect(0).objects();
        let state = |id: &str| {
            let id = format!("{id}@kommun.example");
            tickets
                .iter()
                .find(|t| t["message_id"] == id.as_str())
                .map(|t| t["state"].as_str().unwrap().to_owned())
        };
        (state("sms-registered-phone"), state("technician-account-unknown"))
    };
    desk.until("the other mail is a technician's", |_| states().1.as_deref() == Some("open"));
    assert_eq!(demo_desk::texts(folder.path()), [""; 0]);
    assert_eq!(states().0.as_deref(), Some("working"), "it waits");

    answer(folder.path(), ["key", "new"]).expect(0);
    desk.signal(Signal::HUP);
    desk.until("the password has left", |_| demo_desk::texts(folder.path()).len() == 1);
    desk.until("its ticket is resolved", |_| states().0.as_deref() == Some("resolved"));
}

#[test]
fn a_start_that_cannot_succeed_says_why() {
    let folder = desk();
    std::fs::write(folder.path().join("directory.toml"), "[[account]\n").unwrap();
    let refused = ended(&mut on_desk(folder.path(), ["run"])).expect(1);
    assert!(refused.err.contains("directory.toml, line 1"), "{}", refused.err);

    let folder = desk();
    let mut command = on_desk(folder.path(), ["run"]);
    let refused = ended(command.env("RUST_LOG", "=")).expect(2);
    assert!(refused.err.contains("RUST_LOG"), "{}", refused.err);
}
