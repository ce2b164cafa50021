//! Many mails at once: they come in rounds, oldest first, and nothing grows with their number.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use nyckelbud::mailbox::RawMail;
use nyckelbud::ticket::Kind;
use nyckelbud::types::Reason;

use super::inbox::{Held, raw};
use super::{Desk, intake_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mails_are_moved_while_many_others_still_wait() {
    let mut desk = Desk::new().await;
    let mails = (0..2300).map(|n| raw(&format!("{n:04}"), &super::letter(&n.to_string(), None, "Hej")));
    desk.shelf().mails = mails.collect();
    desk.drain().await;
    let held = desk.shelf();
    assert_eq!((held.mails.len(), held.moved.len()), (0, 2300));
    assert!(held.most_unmoved <= 2000, "{} were read before the first move", held.most_unmoved);
    let fetched: Vec<&String> = held.fetched.iter().flatten().collect();
    assert!(fetched.is_sorted(), "the oldest first");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_long_outage_all_mails_come_in_oldest_first_and_neither_mailbox_waits_for_the_other() {
    const EACH: i64 = 1000;
    let mut desk = Desk::new().await;
    let now = desk.parts.clock.now();
    // Over three days, the newest a few minutes old; every tenth asks for a password.
    let mails = |mailbox: &str| -> Vec<RawMail> {
        let mail = |n: i64| {
            let id = format!("{mailbox}-{n}");
            let text = match n % 10 {
                9 => format!("Username: user{n}.{mailbox}@kommun.example\r\nPhone: 070-174 06 05"),
                _ => format!("Det gäller {id}."),
            };
            let ago = u64::try_from((EACH - n) * 3 * 24 * 3600 / EACH).expect("a time");
            let received_at = Some(now.minus(Duration::from_secs(ago)));
            RawMail {
                received_at,
                ..raw(&format!("{n:04}"), &super::letter_from(&id, &format!("p{n}"), &text))
            }
        };
        (0..EACH).map(mail).collect()
    };
    let annex = Arc::new(Mutex::new(Held { validity: 9, mails: mails("annex"), ..Held::default() }));
    desk.shelf().mails = mails("servicedesk");
    let mut other = intake_of("annex", &annex, &desk.settings, &desk.parts);
    let (one, two) = tokio::join!(desk.intake.drain(), other.drain());
    one.and(two).expect("both mailboxes are read");
    desk.work().await;

    let tickets = desk.tickets().await;
    assert_eq!(tickets.len(), 2000);
    for mailbox in ["servicedesk", "annex"] {
        let own: Vec<_> = tickets.iter().map(|view| &view.ticket).filter(|t| t.mailbox == mailbox).collect();
        assert!(own.iter().map(|ticket| ticket.received_at).is_sorted(), "{mailbox}: the oldest first");
        // Half of all tickets: both mailboxes have their share of them.
        let early = tickets[..1000].iter().filter(|view| view.ticket.mailbox == mailbox).count();
        assert!(early > 300, "{mailbox} has {early} of the first thousand");
    }
    let requests = tickets.iter().filter(|view| view.ticket.kind == Kind::Password);
    let (late, fresh): (Vec<_>, Vec<_>) =
        requests.partition(|view| view.ticket.reason == Some(Reason::MailTooOld));
    let day = Duration::from_secs(24 * 3600);
    assert!(late.iter().all(|view| now.since(view.ticket.received_at) >= day));
    assert!(late.len() > 100 && fresh.len() > 50, "{} too old, {} not", late.len(), fresh.len());
    assert!(fresh.iter().all(|view| now.since(view.ticket.received_at) <= day + Duration::from_secs(900)));
}

#[tokio::test]
async fn large_mails_wait_in_bounded_memory_and_nothing_stalls() {
    const MIB: usize = 1024 * 1024;
    let mut desk = Desk::new().await;
    let sizes = [MIB, 100, 3 * MIB, 7 * MIB, 2000, MIB / 2];
    let mail = |n: usize| {
        let text = "x".repeat(76) + "\r\n";
        let text = text.repeat(sizes[n % sizes.len()] / text.len());
        raw(&format!("{n:04}"), &super::letter_from(&n.to_string(), &format!("p{n}"), &text))
    };
    desk.shelf().mails = (0..18).map(mail).collect();
    tokio::time::timeout(Duration::from_secs(60), desk.drain()).await.expect("nothing stalls");
    let held = desk.shelf();
    assert_eq!((held.mails.len(), held.moved.len(), held.fetched.len()), (0, 18, 1));
    let room = 2 * 4 * MIB;
    assert!(held.most_waiting <= room, "{} octets waited", held.most_waiting);
}

#[tokio::test]
async fn small_mails_do_not_wait_for_each_other() {
    let mut desk = Desk::new().await;
    desk.shelf().mails =
        (0..150).map(|n| raw(&format!("{n:04}"), &super::letter(&n.to_string(), None, "Hej"))).collect();
    desk.drain().await;
    let held = desk.shelf();
    let one = held.folders.values().flatten().map(|mail| mail.bytes.len()).max().expect("mails");
    assert!(held.most_waiting > 90 * one, "only {} octets were on the way at once", held.most_waiting);
}
