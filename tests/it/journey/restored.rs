//! The database comes out of a backup, as the README says: what was used since is not used again.

use super::manager::{links, with_an_old_password};
use super::{FILIP, HANDLED, filips_request, find_password, lines, password_in, ticket_of};
use crate::support::daemon::{Daemon, PATIENCE};
use crate::support::database::{back_up, put_back};
use crate::support::demo_desk;
use crate::support::dovecot::Dovecot;
use crate::support::letters::chatter;
use crate::support::program::{ended, on_desk};
use crate::support::wait::until;

const DRIFT: &str = "[notify]\nmail = [\"drift@kommun.example\"]\n";

/// A desk that was restored: the copy is of the time when the manager's link waited. Since then the link was used, Filip
/// has a password of his own, and a further mail came.
struct Restored {
    mailbox: Dovecot,
    program: Daemon,
    link: String,
    warning: String,
    own: String,
}

async fn restored() -> Restored {
    let mailbox = Dovecot::start();
    let mut program = Daemon::new(&[lines::imap(&mailbox), lines::spools(), DRIFT.to_owned()].concat());
    program.start().await;
    mailbox.deliver("1.a", &filips_request("two"));
    let (link, warning) = links(&program).await;
    until("it is filed", PATIENCE, || (mailbox.files(HANDLED).len() == 1).then_some(())).await;
    let database = program.folder().join("var/nyckelbud.db");
    let copy = back_up(&database).await;

    let mut karin = program.browser();
    karin.open(&link).await;
    let handed_over = password_in(&karin.press(&link).await.body);
    assert!(program.opens(FILIP, &handed_over));
    mailbox.deliver("2.a", &chatter("since", 100));
    until("that is filed, too", PATIENCE, || (mailbox.files(HANDLED).len() == 2).then_some(())).await;
    program.kill();
    let own = with_an_old_password(&program).await;
    put_back(&copy, &database);
    Restored { mailbox, program, link, warning, own }
}

fn switch(program: &Daemon) -> serde_json::Value {
    ended(&mut on_desk(program.folder(), ["automation", "--json"])).expect(0).objects().remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_was_used_since_the_backup_sets_nothing_after_the_restore() {
    let Restored { mailbox, mut program, link, warning, own } = restored().await;
    // The mailbox cannot tell of it yet.
    mailbox.stop();
    program.start().await;
    let [mut karin, mut other] = [program.browser(), program.browser()];
    for browser in [&mut karin, &mut other] {
        assert_eq!(browser.open(&link).await.status, 200, "the copy thinks that it waits");
    }
    let pressed = karin.press(&link).await;
    assert_eq!((pressed.status, find_password(&pressed.body)), (503, None), "{}", pressed.body);
    assert!(program.opens(FILIP, &own), "nothing was set");
    let off = ["automation", "off", "--why", "a restore", "--until", "1h"];
    ended(&mut on_desk(program.folder(), off)).expect(0);

    mailbox.start_again();
    let tickets = program
        .tickets_when("it is known as restored", |tickets| {
            tickets.len() == 2 && tickets.iter().all(|ticket| ticket["reason"] == "store-restored")
        })
        .await;
    assert_eq!(ticket_of(&tickets, "two")["state"], "open", "a technician looks at it");
    let pressed = other.press(&link).await;
    assert_eq!((pressed.status, find_password(&pressed.body)), (404, None), "{}", pressed.body);
    assert!(program.opens(FILIP, &own), "nothing was set");
    let switch = switch(&program);
    assert_eq!(
        (&switch["automation"], &switch["until"]),
        (&"off".into(), &serde_json::Value::Null),
        "{switch}"
    );
    until("people are told", PATIENCE, || {
        let mails = program.folder().join("mail");
        let read =
            |name: String| std::fs::read_to_string(mails.join(name)).unwrap_or_default().replace("=\r\n", "");
        let told =
            |mail: &String| mail.contains("To: drift@kommun.example") && mail.contains("store-restored");
        demo_desk::files(&mails).into_iter().map(read).find(told)
    })
    .await;

    let mut filip = program.browser();
    assert!(filip.open(&warning).await.body.contains("Var det inte du?"));
    let said = filip.press("/not-me").await;
    assert!(said.body.contains("Tack, vi vet"), "{}", said.body);
    let tickets = program.tickets();
    let ticket = ticket_of(&tickets, "two");
    assert_eq!((&ticket["reason"], &ticket["urgent"]), (&"account-frozen".into(), &true.into()), "{ticket}");
}
