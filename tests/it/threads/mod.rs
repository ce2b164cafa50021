//! Conversations with a whole desk behind a mail server that vouches for senders: which ticket a mail
//! belongs to, what it brings about there, and what it may not.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;
use nyckelbud::clock::Clock as _;
use nyckelbud::delivery::{MailSender, OutgoingMail};
use nyckelbud::mail::Authentication;
use nyckelbud::store::{TicketFilter, TicketView};
use nyckelbud::ticket::{PasswordFact, State};
use nyckelbud::types::{NamedBy, Outcome, Reason};
use nyckelbud::worker::{Explanation, explain};

use crate::support::demo_desk;
use crate::support::desk::{OpenDesk, TurnedClock};

mod claims;
mod floods;
mod prefixes;
mod replies;

const ANNA: &str = "anna.andersson@kommun.example";
const ANNA_AT_HOME: &str = "anna@hemma.example";
const GUN: &str = "gun.persson@kommun.example";
const JOHN: &str = "john.smith@kommun.example";

/// Gun's own request: her username and her registered mobile.
const GUNS_REQUEST: &str =
    "Nytt lösenord, tack.\r\nAnvändarnamn: gun.persson@kommun.example\r\nMobilnummer: 070-174 06 07";
const ANNAS_REQUEST: &str = "Användarnamn: anna.andersson@kommun.example\r\nMobilnummer: 070-174 06 05";

/// A mail as its writer's program makes it.
#[derive(Clone)]
struct Letter<'a> {
    id: &'a str,
    from: &'a str,
    subject: &'a str,
    answers: &'a [&'a str],
    text: &'a str,
    vouched: bool,
}

impl<'a> Letter<'a> {
    fn new(id: &'a str, from: &'a str, subject: &'a str, text: &'a str) -> Self {
        Self { id, from, subject, answers: &[], text, vouched: true }
    }

    /// In-Reply-To is the last one of the thread.
    fn answering(self, thread: &'a [&'a str]) -> Self {
        Self { answers: thread, ..self }
    }

    fn forged(self) -> Self {
        Self { vouched: false, ..self }
    }

    fn octets(&self) -> Vec<u8> {
        let domain = self.from.split_once('@').expect("an address").1;
        let result = if self.vouched { "pass" } else { "fail" };
        let thread = match self.answers {
            [] => String::new(),
            [.., last] => {
                let all: String = self.answers.iter().map(|id| format!(" <{id}>")).collect();
                format!("In-Reply-To: <{last}>\r\nReferences:{all}\r\n")
            }
        };
        format!(
            "Authentication-Results: mx.kommun.example; dmarc={result} header.from={domain}\r\n\
             From: {}\r\nTo: servicedesk@kommun.example\r\nSubject: {}\r\nMessage-ID: <{}>\r\n{thread}\
             Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}\r\n",
            self.from, self.subject, self.id, self.text
        )
        .into_bytes()
    }
}

/// Every mail that left.
#[derive(Default)]
struct Sent(Mutex<Vec<OutgoingMail>>);

#[async_trait]
impl MailSender for Sent {
    async fn send(&self, mail: &OutgoingMail) -> Outcome {
        self.0.lock().expect("no test panics while it looks").push(mail.clone());
        Outcome::Accepted { reference: String::new() }
    }

    async fn probe(&self) -> Result<String, String> {
        Ok("it answers".to_owned())
    }
}

/// A desk, its folder and its clock.
struct Place {
    guard: tempfile::TempDir,
    clock: TurnedClock,
    sent: Arc<Sent>,
    desk: OpenDesk,
}

impl Place {
    async fn new() -> Self {
        let guard = tempfile::tempdir().expect("a folder");
        let demo = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("deploy/demo/nyckelbud.toml");
        let demo = std::fs::read_to_string(demo).expect("the demo's configuration");
        let (trusted, server) =
            ("authentication = \"trusted\"", "authentication = \"authserv:mx.kommun.example\"");
        assert!(demo.contains(trusted));
        demo_desk::build_from(guard.path(), &demo.replace(trusted, server));
        let (clock, sent) = (TurnedClock::default(), Arc::new(Sent::default()));
        let desk = open(&guard, &clock, &sent).await;
        Self { guard, clock, sent, desk }
    }

    /// Stops the desk, and opens it again over what it left.
    async fn restart(&mut self) {
        self.desk = open(&self.guard, &self.clock, &self.sent).await;
    }

    /// The mail comes, and the desk works until nothing is due.
    async fn comes(&self, letter: &Letter<'_>) -> TicketView {
        self.deliver(letter);
        self.desk.work().await;
        self.ticket(letter.id).await
    }

    /// The mail lies in the mailbox, and came when the desk's clock says.
    fn deliver(&self, letter: &Letter<'_>) {
        let name = letter.id.replace('@', "-at-");
        demo_desk::deliver_raw(self.guard.path(), &name, &letter.octets());
        let now = u64::try_from(self.clock.now().0).expect("a time of today");
        let file =
            std::fs::File::options().append(true).open(self.guard.path().join("mailbox/new").join(name));
        let came = UNIX_EPOCH + Duration::from_millis(now);
        file.and_then(|file| file.set_modified(came)).expect("the time of its coming");
    }

    /// The ticket in which the mail with this Message-ID lies.
    async fn ticket(&self, id: &str) -> TicketView {
        let found = self.tickets().await.into_iter().find(|view| view.messages.iter().any(|m| m == id));
        found.unwrap_or_else(|| panic!("no ticket of {id}"))
    }

    async fn tickets(&self) -> Vec<TicketView> {
        self.desk.parts.store.tickets(&TicketFilter::default()).await.expect("tickets")
    }

    /// How many texts have left.
    fn texts(&self) -> usize {
        demo_desk::texts(self.guard.path()).len()
    }

    /// What was mailed to an address, oldest first.
    fn mails_to(&self, address: &str) -> Vec<OutgoingMail> {
        let sent = self.sent.0.lock().expect("no test panics while it looks");
        sent.iter().filter(|mail| mail.to.as_str() == address).cloned().collect()
    }

    /// The Message-ID of our newest mail to an address.
    fn our_newest_to(&self, address: &str) -> String {
        self.mails_to(address).last().unwrap_or_else(|| panic!("no mail to {address}")).message_id.to_string()
    }

    async fn explained(&self, letter: &Letter<'_>) -> Explanation {
        let authentication = Authentication::Authserv("mx.kommun.example".to_owned());
        let now = self.desk.parts.clock.now();
        explain(&self.desk.parts, letter.octets(), false, authentication, now).await.expect("explained")
    }
}

async fn open(guard: &tempfile::TempDir, clock: &TurnedClock, sent: &Arc<Sent>) -> OpenDesk {
    OpenDesk::open(guard.path(), clock, |parts| parts.mail = Arc::clone(sent) as _).await
}

fn technician() -> State {
    State::Technician { password: PasswordFact::NotChanged }
}

/// A technician must find out who writes; nothing was started.
fn is_for_a_technician(view: &TicketView, linked_to: &TicketView, by: NamedBy) {
    let (ticket, old) = (&view.ticket, &linked_to.ticket);
    assert_ne!(ticket.number, old.number);
    assert_eq!(
        (ticket.state.clone(), ticket.reason),
        (technician(), Some(Reason::SenderUnverified)),
        "{ticket:#?}"
    );
    let link = ticket.link.expect("a link");
    assert_eq!((link.to, link.by), (old.number, by));
}
