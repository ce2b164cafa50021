//! SIGHUP: a right configuration is taken over, a wrong one costs nothing.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;

use rustix::process::Signal;

use super::{answer, desk};
use crate::support::demo_desk;
use crate::support::program::{Running, nyckelbud};

/// The desk at work, with its address in its configuration alone.
fn at_work(folder: &Path, address: SocketAddr) -> Running {
    replace(folder, "127.0.0.1:8025\"", &format!("{address}\""));
    let mut command = nyckelbud(["run", "--config"]);
    let mut desk = Running::start(command.arg(folder.join("nyckelbud.toml")).env("RUST_LOG", "info"));
    desk.until("it is at work", |desk| desk.err().contains("nyckelbud is at work"));
    desk
}

fn replace(folder: &Path, from: &str, to: &str) {
    let config = folder.join("nyckelbud.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    assert!(text.contains(from), "{from} in {text}");
    std::fs::write(config, text.replace(from, to)).unwrap();
}

/// An address that was free a moment ago.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn refusals(desk: &Running) -> usize {
    desk.err().matches("not reloaded, the desk goes on as it was").count()
}

#[test]
fn a_wrong_configuration_is_refused_and_the_desk_goes_on() {
    let folder = desk();
    let address = free();
    let mut desk = at_work(folder.path(), address);
    let config = folder.path().join("nyckelbud.toml");
    let right = std::fs::read_to_string(&config).unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let elsewhere = format!("listen = \"{}\"", taken.local_addr().unwrap());
    let directory = folder.path().join("directory.toml");
    let people = std::fs::read_to_string(&directory).unwrap();
    for (number, (what, from, to)) in [
        ("is no TOML", "[policy]", "[policy"),
        ("store.url has changed", "var/nyckelbud.db", "var/other.db"),
        ("automation", "[policy]", "[policy]\nautomation = \"sometimes\""),
        ("cannot listen on", &*format!("listen = \"{address}\""), &*elsewhere),
        ("directory.toml", "directory.toml", "nobody.toml"),
    ]
    .into_iter()
    .enumerate()
    {
        std::fs::write(&config, right.replace(from, to)).unwrap();
        desk.signal(Signal::HUP);
        desk.until(&format!("a configuration is refused ({what})"), |desk| refusals(desk) == number + 1);
    }
    std::fs::write(&config, &right).unwrap();
    std::fs::write(&directory, "[[account]\n").unwrap();
    desk.signal(Signal::HUP);
    desk.until("a directory that cannot be understood is refused", |desk| refusals(desk) == 6);
    std::fs::write(&directory, people).unwrap();
    let own = folder.path().join("templates");
    std::fs::write(&config, format!("{right}\n[templates]\ndirectory = \"templates\"\n")).unwrap();
    for (number, (template, text)) in [
        ("sms/password.sv.txt", "x".repeat(200)),
        ("page/offer.html", "{{ nobody.knows }}".to_owned()),
        ("page/offre.html", String::new()),
    ]
    .into_iter()
    .enumerate()
    {
        let file = own.join(template);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        desk.signal(Signal::HUP);
        desk.until(&format!("{template} is refused"), |desk| refusals(desk) == number + 7);
        std::fs::remove_file(file).unwrap();
    }
    std::fs::write(&config, &right).unwrap();

    assert!(TcpStream::connect(address).is_ok(), "its pages are still there");
    demo_desk::deliver(folder.path(), "sms-registered-phone");
    desk.until("it still works", |_| demo_desk::texts(folder.path()).len() == 1);
    desk.signal(Signal::TERM);
    desk.end().expect(0);
}

#[test]
fn a_right_configuration_is_taken_over_without_a_restart() {
    let folder = desk();
    let (address, other) = (free(), free());
    let mut desk = at_work(folder.path(), address);
    replace(folder.path(), "[policy]", "[policy]\nautomation = \"off\"");
    desk.signal(Signal::HUP);
    desk.until("it is at work again", |desk| desk.err().matches("nyckelbud is at work").count() == 2);
    assert!(TcpStream::connect(address).is_ok(), "at the same address");
    demo_desk::deliver(folder.path(), "sms-registered-phone");
    desk.until("the new rule holds", |_| {
        let config = folder.path().join("nyckelbud.toml");
        let tickets =
            crate::support::program::ended(nyckelbud(["tickets", "--json", "--config"]).arg(config));
        tickets.expect(0).objects().iter().any(|ticket| ticket["reason"] == "automation-off")
    });
    assert_eq!(demo_desk::texts(folder.path()), [""; 0]);

    replace(folder.path(), &format!("listen = \"{address}\""), &format!("listen = \"{other}\""));
    desk.signal(Signal::HUP);
    desk.until("the pages are at the new address", |_| TcpStream::connect(other).is_ok());
    desk.until("and no longer at the old one", |_| TcpStream::connect(address).is_err());
    desk.signal(Signal::TERM);
    desk.end().expect(0);
    answer(folder.path(), ["audit", "verify"]).expect(0);
}
