//! Two workers on one store decide twenty requests at the same moment: a limit of 3 means 3.

use std::fmt::Write as _;

use nyckelbud::store::{self, Store};

use super::*;
use crate::support::{letters, postgres};

const PEOPLE: usize = 20;

/// Twenty people of one unit, each with a mobile of their own.
fn people() -> String {
    let mut file = String::new();
    for n in 0..PEOPLE {
        write!(
            file,
            "[[account]]\nid = \"p-{n}\"\nusername = \"person{n}@kommun.example\"\nname = \"Person {n}\"\n\
             mail = \"person{n}@kommun.example\"\nunit = \"Skola\"\nenabled = true\ngroups = []\n\
             [[account.phone]]\nnumber = \"070-174 06 {:02}\"\ntype = \"mobile\"\n\n",
            n + 10
        )
        .unwrap();
    }
    file
}

fn asks(place: &Place, n: usize, from: &str) {
    asks_as(place, &format!("asks-{n}"), n, &phone_of(n), from);
}

pub(super) fn phone_of(n: usize) -> String {
    format!("070-174 06 {:02}", n + 10)
}

/// A mail `name` from `from` that asks for person `n`, with this phone.
pub(super) fn asks_as(place: &Place, name: &str, n: usize, phone: &str, from: &str) {
    let mail = letters::request(name, &format!("person{n}"), phone);
    let mail =
        mail.replacen(&format!("From: person{n}@"), &format!("From: {from}@"), 1).replace('\n', "\r\n");
    demo_desk::deliver_raw(&place.folder, name, mail.as_bytes());
}

/// A desk of these people with lines of `[policy]`, and `more` at the end of its configuration.
pub(super) fn crowd(policy: &str, more: &str) -> Place {
    let place = Place::with(more);
    let path = place.folder.join("nyckelbud.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, config.replacen("[policy]\n", &format!("[policy]\n{policy}\n"), 1)).unwrap();
    std::fs::write(place.folder.join("directory.toml"), people()).unwrap();
    place
}

/// Everybody asks at the same moment of two workers; how many got a password, and the reasons of the others.
async fn all_at_once(
    policy: &str,
    from: Option<&str>,
    store: Option<Arc<dyn Store>>,
) -> (usize, Vec<Reason>) {
    let place = crowd(policy, "");
    let with_store = |parts: &mut nyckelbud::worker::Parts| {
        if let Some(store) = &store {
            parts.store = Arc::clone(store);
        }
    };
    let one = OpenDesk::open(&place.folder, &place.clock, with_store).await;
    let two = OpenDesk::open(&place.folder, &place.clock, with_store).await;
    for n in 0..PEOPLE {
        asks(&place, n, from.unwrap_or(&format!("person{n}")));
    }
    one.take_in().await;
    tokio::join!(one.drain(), two.drain());
    let tickets = one.parts.store.tickets(&Default::default()).await.unwrap();
    assert_eq!(tickets.len(), PEOPLE);
    let served = tickets.iter().filter(|view| matches!(view.ticket.state, State::Done { .. })).count();
    let open = tickets.iter().filter(|view| view.ticket.state.standing() == Standing::Open);
    (served, open.filter_map(|view| view.ticket.reason).collect())
}

async fn three_means_three(policy: &str, from: Option<&str>, reasons: &[Reason]) {
    let shared = store::open(&postgres::fresh_database().await, "kommun.example").await.unwrap();
    for store in [None, Some(shared)] {
        let (served, turned_away) = all_at_once(policy, from, store).await;
        assert_eq!((served, turned_away.len()), (3, PEOPLE - 3), "{policy}: {turned_away:?}");
        assert!(turned_away.iter().all(|reason| reasons.contains(reason)), "{policy}: {turned_away:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_sender_gets_no_more_than_the_limit_however_many_are_decided_at_once() {
    three_means_three("per_sender_per_day = 3", Some("gun.persson"), &[Reason::LimitSender]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nor_does_a_unit() {
    three_means_three("per_unit_per_hour = 3", None, &[Reason::LimitDesk]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nor_does_the_desk_which_pauses_then() {
    let reasons = [Reason::LimitDesk, Reason::AutomationOff];
    three_means_three("per_hour = 3", None, &reasons).await;
}
