//! Mails that cannot be read: one that stops its reader, one that is too large, one that is no mail.

use nyckelbud::tls::Tls;
use serde_json::Value;

use super::{HANDLED, QUARANTINE, annas_request, lines, ticket_of};
use crate::support::daemon::{Daemon, PATIENCE};
use crate::support::dovecot::Dovecot;
use crate::support::letters::chatter;
use crate::support::proxy::Proxy;
use crate::support::wait::until;
use crate::support::{database, demo_desk};

/// More than the server says before the poison, less than the poison.
const WITHIN_THE_POISON: i64 = 25_000;

async fn filed(mailbox: &Dovecot, handled: usize, quarantined: usize) {
    until("the inbox is empty, and every mail in its folder", PATIENCE, || {
        let counts = [HANDLED, QUARANTINE, ""].map(|folder| mailbox.files(folder).len());
        (counts == [handled, quarantined, 0]).then_some(())
    })
    .await;
}

/// A mail as it comes over the wire.
fn wire(mail: &str) -> Vec<u8> {
    mail.replace('\n', "\r\n").into_bytes()
}

async fn kept(program: &Daemon) -> Vec<Vec<u8>> {
    database::raw_mails(&program.folder().join("var/nyckelbud.db")).await
}

fn quarantined(tickets: &[Value]) -> Vec<&Value> {
    tickets.iter().filter(|ticket| ticket["kind"] == "quarantine").collect()
}

/// No mail is known that stops the parser, so the program is killed each time that it is about to
/// read this one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_stops_the_program_three_times_is_quarantined_and_harms_no_other() {
    let mailbox = Dovecot::start();
    let poison = chatter("poison", 50_000);
    mailbox.deliver("1.a", &chatter("before", 100));
    mailbox.deliver("2.a", &poison);
    mailbox.deliver("3.a", &chatter("behind", 100));
    let proxy = Proxy::to(mailbox.imaps_port()).await;
    let imap = lines::imap_at(&mailbox, "servicedesk", proxy.port(), Tls::Implicit);
    let mut program = Daemon::new(&[imap, lines::spools()].concat());
    for _ in 0..3 {
        proxy.stall_after(WITHIN_THE_POISON);
        program.start().await;
        until("the poison is being read", PATIENCE, || proxy.is_at_its_limit().then_some(())).await;
        program.kill();
        proxy.cut();
    }
    proxy.heal();
    program.start().await;
    mailbox.deliver("4.a", &annas_request("after"));

    filed(&mailbox, 3, 1).await;
    let tickets = program.settled(4).await;
    assert_eq!(tickets.len(), 4, "{tickets:#?}");
    assert_eq!(ticket_of(&tickets, "before")["kind"], "general");
    assert_eq!(ticket_of(&tickets, "behind")["kind"], "general");
    assert_eq!(ticket_of(&tickets, "after")["outcome"], "sms");
    let quarantined = quarantined(&tickets);
    assert_eq!(quarantined.len(), 1, "{tickets:#?}");
    assert_eq!(quarantined[0]["state"], "open");
    let trail = quarantined[0]["trail"].to_string();
    assert!(trail.contains("its reading stopped the program three times; its octets are kept"), "{trail}");
    assert!(kept(&program).await.contains(&wire(&poison)), "the poison's octets are kept");
    assert_eq!(program.texts(1).await.len(), 1, "one text");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_is_too_large_and_one_that_cannot_be_read_harm_no_other() {
    let mailbox = Dovecot::start();
    let unreadable = String::from_utf8(demo_desk::mail("technician-cannot-be-read")).unwrap();
    let large = chatter("large", 200_000);
    mailbox.deliver("1.a", &unreadable);
    mailbox.deliver("2.a", &large);
    mailbox.deliver("3.a", &annas_request("good"));
    let program = Daemon::started(&[lines::imap(&mailbox), lines::spools()].concat()).await;

    filed(&mailbox, 1, 2).await;
    let tickets = program.settled(3).await;
    assert_eq!(tickets.len(), 3, "{tickets:#?}");
    assert_eq!(ticket_of(&tickets, "good")["outcome"], "sms");
    let quarantined = quarantined(&tickets);
    assert_eq!(quarantined.len(), 2);
    for ticket in quarantined {
        assert_eq!((&ticket["state"], &ticket["outcome"]), (&"open".into(), &"technician".into()));
    }
    let kept = kept(&program).await;
    assert!(kept.contains(&unreadable.into_bytes()), "its octets are kept");
    assert!(kept.contains(&wire(&large)[..64 * 1024].to_vec()), "the large mail's first part is kept");
}
