//! A real Dovecot behind a line that is cut, stalls or crawls at every step of a session, from the TLS
//! handshake to idling: the intake goes on by itself, every mail ends in one ticket and in the handled folder.

use std::sync::Arc;
use std::time::Duration;

use nyckelbud::cli::assembly;
use nyckelbud::mailbox::imap::{ImapMailbox, Timeouts};
use nyckelbud::store::TicketFilter;
use nyckelbud::token::Tokens;
use nyckelbud::worker::{Inbox, Intake, Parts, Told};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::demo_desk;
use crate::support::dovecot::Dovecot;
use crate::support::letters::chatter;
use crate::support::proxy::Proxy;
use crate::support::wait::until;

const PATIENCE: Duration = Duration::from_secs(60);
const HANDLED: &str = ".Nyckelbud.Hanterade &AOQ-renden";

/// Octets that the server sends before the line breaks: in the handshake, while signing in, while folders
/// are listed and the inbox is opened and searched, in the first and in a later mail, at its end.
const PLACES: [i64; 12] = [0, 300, 1500, 2000, 2300, 2700, 3100, 3500, 5000, 9000, 14_000, 26_000];

/// The intake of a Dovecot behind a proxy, at work.
struct Line {
    server: Dovecot,
    proxy: Proxy,
    parts: Arc<Parts>,
    delivered: usize,
    stop: CancellationToken,
    running: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl Line {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        demo_desk::build(folder.path());
        let settings = demo_desk::settings(folder.path());
        let store = assembly::store(&settings).await.unwrap();
        let parts = Arc::new(assembly::parts(&settings, store, &Tokens::default()).unwrap());
        let server = Dovecot::start();
        let mut imap = server.settings();
        let proxy = Proxy::to(imap.port).await;
        imap.port = proxy.port();
        let timeouts = Timeouts {
            connect: Duration::from_secs(2),
            command: Duration::from_secs(2),
            done: Duration::from_secs(2),
        };
        let mailbox = ImapMailbox::new(imap).unwrap().with_timeouts(timeouts);
        let mut settings = assembly::inboxes(&settings, &Tokens::default()).unwrap().remove(0).settings;
        settings.poll = Duration::from_secs(1);
        let stop = CancellationToken::new();
        let intake = Intake::new(Inbox { mailbox: Box::new(mailbox), settings }, Arc::clone(&parts));
        let running = tokio::spawn(intake.run(stop.clone(), |_: Told| {}));
        Self { server, proxy, parts, delivered: 0, stop, running, _folder: folder }
    }

    fn deliver(&mut self, count: usize) {
        for _ in 0..count {
            self.delivered += 1;
            let name = self.delivered.to_string();
            self.server.deliver(&format!("{name}.a"), &chatter(&name, 8000));
        }
    }

    /// Waits until everything that was delivered is in the store and lies in the handled folder, once.
    async fn everything_came_once(&self, what: &str) {
        until(&format!("all mails are filed, {what}"), PATIENCE, || {
            let filed = self.server.files(HANDLED).len() >= self.delivered;
            (filed && self.server.files("").is_empty()).then_some(())
        })
        .await;
        assert_eq!(self.server.files(HANDLED).len(), self.delivered, "{what}");
        let tickets = self.parts.store.tickets(&TicketFilter::default()).await.unwrap();
        // The desk joins many mails of one sender.
        let mut mails: Vec<&String> = tickets.iter().flat_map(|view| &view.messages).collect();
        mails.sort();
        assert_eq!(mails.len(), self.delivered, "{what}");
        mails.dedup();
        assert_eq!(mails.len(), self.delivered, "none came twice, {what}");
    }

    /// A new connection that meets `fault` at each of the places.
    async fn survives(&mut self, fault: fn(&Proxy, i64)) {
        for place in PLACES {
            fault(&self.proxy, place);
            self.deliver(3);
            self.proxy.cut();
            until(&format!("the line breaks after {place} octets"), PATIENCE, || {
                self.proxy.is_at_its_limit().then_some(())
            })
            .await;
            self.proxy.heal();
            self.everything_came_once(&format!("after {place} octets")).await;
        }
        self.ends().await;
    }

    async fn ends(&mut self) {
        assert!(!self.running.is_finished(), "nothing had to be started again");
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, &mut self.running).await.expect("it stops").unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_is_cut_at_any_step_loses_and_doubles_nothing() {
    Line::new().await.survives(Proxy::cut_after).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_falls_silent_at_any_step_loses_and_doubles_nothing() {
    Line::new().await.survives(Proxy::stall_after).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_crawls_a_kick_and_a_restart_of_the_server_lose_and_double_nothing() {
    let mut line = Line::new().await;
    line.proxy.slow_down();
    line.deliver(3);
    line.everything_came_once("slowly").await;
    line.proxy.heal();
    line.server.kick();
    line.deliver(2);
    line.everything_came_once("after a kick").await;
    line.server.stop();
    line.deliver(2);
    line.server.start_again();
    line.everything_came_once("after a restart").await;
    line.ends().await;
}
