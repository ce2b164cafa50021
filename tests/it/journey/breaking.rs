//! The connection breaks at the worst moments, and the mailbox is made anew: every mail ends with
//! one ticket in the handled folder, and nobody gets a second text.

use nyckelbud::tls::Tls;
use serde_json::Value;

use super::{HANDLED, annas_request, lines, ticket_of};
use crate::support::daemon::{Daemon, PATIENCE};
use crate::support::dovecot::Dovecot;
use crate::support::letters::chatter;
use crate::support::proxy::Proxy;
use crate::support::wait::until;

/// More than the server says before the first mail, less than one of the large mails.
const WITHIN_A_LARGE_MAIL: i64 = 25_000;
const LARGE: usize = 50_000;

/// A desk whose connection to its mailbox can be broken.
struct Broken {
    mailbox: Dovecot,
    proxy: Proxy,
    program: Daemon,
}

impl Broken {
    /// Idles, with an empty inbox.
    async fn idling() -> Self {
        let mailbox = Dovecot::start();
        let proxy = Proxy::to(mailbox.imaps_port()).await;
        let imap = lines::imap_at(&mailbox, "servicedesk", proxy.port(), Tls::Implicit);
        let program = Daemon::started(&[imap, lines::spools()].concat()).await;
        let desk = Self { mailbox, proxy, program };
        desk.idles().await;
        desk
    }

    async fn idles(&self) {
        until("the program idles", PATIENCE, || self.mailbox.is_idling().then_some(())).await;
    }

    /// Anna's request and large mails: `1` to `count`.
    fn deliver(&self, count: usize) {
        self.mailbox.deliver("1.a", &annas_request("1"));
        for number in 2..=count {
            self.mailbox.deliver(&format!("{number}.a"), &chatter(&number.to_string(), LARGE));
        }
    }

    async fn proxy_is(&self, what: &str, state: impl Fn(&Proxy) -> bool) {
        until(what, PATIENCE, || state(&self.proxy).then_some(())).await;
    }

    /// The mails `1` to `count` have one ticket each and have left the inbox; one text was sent.
    async fn everything_happened_once(&self, count: usize) {
        until("the mails are in the handled folder", PATIENCE, || {
            (self.mailbox.files("").is_empty() && self.mailbox.files(HANDLED).len() >= count).then_some(())
        })
        .await;
        let tickets = self.program.settled(count).await;
        assert_eq!(tickets.len(), count, "{tickets:#?}");
        assert_eq!(self.mailbox.files(HANDLED).len(), count, "each mail is there once");
        for number in 1..=count {
            ticket_of(&tickets, &number.to_string());
        }
        assert_eq!(ticket_of(&tickets, "1")["outcome"], "sms");
        assert_eq!(self.program.texts(1).await.len(), 1, "one text");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_while_idling_loses_and_doubles_nothing() {
    let desk = Broken::idling().await;
    desk.proxy.cut();
    desk.deliver(3);
    desk.everything_happened_once(3).await;
    desk.idles().await;
    assert!(desk.program.log().contains("lost while waiting for IDLE"), "it was idling");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_while_fetching_loses_and_doubles_nothing() {
    let desk = Broken::idling().await;
    desk.proxy.cut_after(WITHIN_A_LARGE_MAIL);
    desk.deliver(4);
    desk.proxy_is("a fetch is cut", Proxy::is_at_its_limit).await;
    desk.proxy.heal();
    desk.everything_happened_once(4).await;
    assert!(desk.program.log().contains("lost while waiting for UID FETCH"), "it was fetching");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_between_the_commit_and_the_move_loses_and_doubles_nothing() {
    let desk = Broken::idling().await;
    desk.proxy.stall_after(WITHIN_A_LARGE_MAIL);
    desk.deliver(2);
    desk.proxy_is("a fetch stalls", Proxy::is_at_its_limit).await;
    desk.proxy.lose_the_next_command();
    desk.proxy.heal();
    desk.proxy_is("the move is lost", Proxy::has_lost_the_command).await;
    desk.everything_happened_once(2).await;
    assert!(desk.program.log().contains("lost while waiting for UID MOVE"), "it was moving");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_whose_answer_is_lost_doubles_nothing() {
    let desk = Broken::idling().await;
    desk.proxy.stall_after(WITHIN_A_LARGE_MAIL);
    desk.deliver(2);
    desk.proxy_is("a fetch stalls", Proxy::is_at_its_limit).await;
    desk.proxy.lose_the_next_answer();
    desk.proxy.heal();
    desk.proxy_is("the move is made", |p| p.has_lost_the_command() && p.is_at_its_limit()).await;
    desk.proxy.heal();
    desk.everything_happened_once(2).await;
    desk.idles().await;
    assert!(desk.program.log().contains("lost while waiting for UID MOVE"), "it was moving");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_mails_in_a_mailbox_made_anew_make_no_second_ticket_and_no_second_text() {
    let desk = Broken::idling().await;
    desk.deliver(2);
    desk.everything_happened_once(2).await;
    let before = desk.program.tickets();

    desk.mailbox.doveadm(&["mailbox", "update"], &["--uid-validity", "4711", "INBOX"]);
    desk.mailbox.deliver("1.restored", &annas_request("1"));
    desk.mailbox.deliver("2.restored", &chatter("2", LARGE));
    desk.mailbox.kick();
    until("the restored mails are in the handled folder", PATIENCE, || {
        (desk.mailbox.files("").is_empty() && desk.mailbox.files(HANDLED).len() == 4).then_some(())
    })
    .await;
    let facts = |tickets: &[Value]| -> Vec<_> {
        tickets.iter().map(|t| (t["number"].clone(), t["state"].clone(), t["mails"].clone())).collect()
    };
    assert_eq!(facts(&desk.program.settled(2).await), facts(&before));
    assert_eq!(desk.program.texts(1).await.len(), 1, "one text");
    // A new mail is none of the old ones.
    desk.mailbox.deliver("3.a", &chatter("3", 100));
    assert_eq!(desk.program.settled(3).await.len(), 3);
}
