//! Several mailboxes: one that cannot be reached stops no other, and is named to whoever watches.

use std::time::{Duration, Instant};

use nyckelbud::tls::Tls;

use super::{annas_request, lines, ticket_of};
use crate::support::client::Asked;
use crate::support::daemon::{Daemon, PATIENCE};
use crate::support::dovecot::Dovecot;
use crate::support::letters::chatter;
use crate::support::proxy::Proxy;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mailbox_that_cannot_be_reached_stops_no_other_and_is_named() {
    let (well, ill) = (Dovecot::start(), Dovecot::start());
    let proxy = Proxy::to(ill.imaps_port()).await;
    proxy.cut_after(0);
    let imap =
        [lines::imap(&well), lines::imap_at(&ill, "annex", proxy.port(), Tls::Implicit), lines::spools()];
    well.deliver("1.a", &annas_request("one"));
    ill.deliver("2.a", &chatter("two", 100));
    let program = Daemon::started(&imap.concat()).await;

    let tickets = program.settled(1).await;
    assert_eq!((tickets.len(), &ticket_of(&tickets, "one")["mailbox"]), (1, &"servicedesk".into()));
    is_ready_as(&program, (503, "mailbox:annex has not answered\n")).await;
    assert_eq!(program.ask(&Asked::get("/livez")).await.status, 200, "the program itself is well");

    proxy.heal();
    let tickets = program.settled(2).await;
    assert_eq!(ticket_of(&tickets, "two")["mailbox"], "annex");
    is_ready_as(&program, (200, "ready\n")).await;
}

/// Waits until `/readyz` answers so.
pub async fn is_ready_as(program: &Daemon, expected: (u16, &str)) {
    let end = Instant::now() + PATIENCE;
    loop {
        let answer = program.ask(&Asked::get("/readyz")).await;
        let seen = (answer.status, answer.body.as_str());
        if seen == expected {
            return;
        }
        assert!(Instant::now() < end, "/readyz still says {seen:?} and not {expected:?}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}
