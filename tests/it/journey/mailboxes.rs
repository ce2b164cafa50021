//! Several mailboxes: one that cannot be reached stops no other, and is named to whoever watches.

use std::path::Path;
use std::time::{Duration, Instant};

use nyckelbud::tls::Tls;

use super::{annas_request, lines, ticket_of};
use crate::support::client::Asked;
use crate::support::daemon::{Daemon, PATIENCE};
use crate::support::dovecot::{Dovecot, PASSWORD};
use crate::support::letters::chatter;
use crate::support::proxy::Proxy;
use crate::support::wait::until;

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
    is_ready_as(&program, (503, "mailbox:annex has not answered for ")).await;
    assert_eq!(program.ask(&Asked::get("/livez")).await.status, 200, "the program itself is well");

    proxy.heal();
    let tickets = program.settled(2).await;
    assert_eq!(ticket_of(&tickets, "two")["mailbox"], "annex");
    is_ready_as(&program, (200, "ready\n")).await;
    let said = |words: &str| program.log().lines().filter(|line| line.contains(words)).count();
    // Its words may come a moment after the answer.
    until("the mailbox works again", PATIENCE, || {
        (said("the mailbox works again, after") == 1).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_sign_in_is_told_at_once_to_those_who_are_to_be_told_and_once() {
    let (well, ill) = (Dovecot::start(), Dovecot::start());
    let annex = lines::imap_at(&ill, "annex", ill.imaps_port(), Tls::Implicit).replace(PASSWORD, "gissning");
    let notify = "[notify]\nmail = [\"drift@kommun.example\"]\n";
    let program =
        Daemon::started(&[lines::imap(&well), annex, lines::spools(), notify.to_owned()].concat()).await;
    let mails = || spooled(&program.folder().join("mail"));
    let alarms = until("an alarm leaves", PATIENCE, || Some(mails()).filter(|mails| !mails.is_empty())).await;
    assert!(
        alarms[0].contains("mailbox:annex refuses the sign-in") && alarms[0].contains("since"),
        "{alarms:?}"
    );
    is_ready_as(&program, (503, "mailbox:annex refuses the sign-in")).await;

    well.deliver("1.a", &annas_request("one"));
    program.settled(1).await;
    let alarms = mails().iter().filter(|mail| mail.contains("refuses the sign-in")).count();
    assert_eq!(alarms, 1, "not with every look");
    let logged = program.log().lines().filter(|line| line.contains("There was no full look into it")).count();
    assert_eq!(logged, 1, "for whoever reads the log and gets no mails");
    assert!(!program.log().contains("gissning"));
    // Nothing more is to be learnt of it, so nobody's request waited for it.
    assert!(program.log().contains("because a mailbox refuses the sign-in"));
    assert!(!program.log().contains("for a minute"));
}

/// The mails in a spool, decoded as far as their words are ASCII.
fn spooled(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path());
    let whole = files.filter(|path| path.extension().is_some_and(|end| end == "eml"));
    whole
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .map(|mail| mail.replace("=\r\n", ""))
        .collect()
}

/// Waits until `/readyz` answers so.
pub async fn is_ready_as(program: &Daemon, expected: (u16, &str)) {
    let end = Instant::now() + PATIENCE;
    loop {
        let answer = program.ask(&Asked::get("/readyz")).await;
        let seen = (answer.status, answer.body.as_str());
        if seen.0 == expected.0 && seen.1.starts_with(expected.1) {
            return;
        }
        assert!(Instant::now() < end, "/readyz still says {seen:?} and not {expected:?}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}
