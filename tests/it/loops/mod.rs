//! Machines that write to the desk: what answers every mail, what comes back, what nobody reads. The
//! desk is one of files with a clock that the tests turn; only a Postfix that returns a mail is real.

use std::cell::Cell;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use mail_parser::MessageParser;
use nyckelbud::clock::Clock;
use nyckelbud::store::{TicketFilter, TicketView};
use nyckelbud::ticket::{PasswordFact, State};
use nyckelbud::types::Reason;

use crate::support::desk::{OpenDesk, TurnedClock};
use crate::support::{audit_rows, demo_desk};

mod answering;
mod bounces;
mod machines;
mod own;
mod postfix;

const DESK: &str = "servicedesk@kommun.example";
const ANNA: &str = "anna.andersson@kommun.example";

/// Subjects of the mails that leave.
const ACKNOWLEDGED: &str = "Vi har fått ditt mejl";
const ASKED: &str = "Vi behöver en uppgift till";
const CHANGED: &str = "Ditt lösenord har bytts";

/// A desk in a folder.
struct Place {
    _guard: tempfile::TempDir,
    folder: PathBuf,
    clock: TurnedClock,
    delivered: Cell<u32>,
}

impl Place {
    fn new() -> Self {
        Self::of(|config| config)
    }

    /// With another configuration than the demo's.
    fn of(change: impl FnOnce(String) -> String) -> Self {
        let guard = tempfile::tempdir().unwrap();
        let folder = guard.path().to_owned();
        let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/demo/nyckelbud.toml");
        demo_desk::build_from(&folder, &change(std::fs::read_to_string(demo).unwrap()));
        Self { _guard: guard, folder, clock: TurnedClock::default(), delivered: Cell::new(0) }
    }

    async fn open(&self) -> OpenDesk {
        OpenDesk::open(&self.folder, &self.clock, |_| {}).await
    }

    /// A mail arrives now, by the turned clock.
    fn deliver(&self, raw: &str) {
        let number = self.delivered.get();
        self.delivered.set(number + 1);
        let name = format!("mail{number:05}");
        demo_desk::deliver_raw(&self.folder, &name, raw.replace('\n', "\r\n").as_bytes());
        let now = UNIX_EPOCH + Duration::from_millis(u64::try_from(self.clock.now().0).unwrap());
        let file = std::fs::File::options().write(true).open(self.folder.join("mailbox/new").join(name));
        file.unwrap().set_modified(now).unwrap();
    }

    /// The mails that have left since they were last taken.
    fn letters(&self) -> Vec<Letter> {
        let spool = self.folder.join("mail");
        let take = |name: String| {
            let raw = std::fs::read_to_string(spool.join(&name)).unwrap();
            std::fs::remove_file(spool.join(&name)).unwrap();
            Letter { raw: raw.replace("\r\n", "\n") }
        };
        demo_desk::files(&spool).into_iter().filter(|name| name.ends_with(".eml")).map(take).collect()
    }

    /// The one of them with this subject.
    fn letter(&self, subject: &str) -> Letter {
        let mut found = self.letters();
        found.retain(|letter| letter.subject().contains(subject));
        assert_eq!(found.len(), 1, "{subject}: {found:?}");
        found.remove(0)
    }

    /// How often the audit log tells of this event.
    async fn told(&self, event: &str) -> usize {
        let rows = audit_rows::read(&self.folder.join("var/nyckelbud.db")).await;
        rows.iter().filter(|(_, told, _)| told == event).count()
    }
}

/// A mail of the desk, as it left.
#[derive(Debug)]
struct Letter {
    raw: String,
}

impl Letter {
    fn subject(&self) -> String {
        MessageParser::default().parse(self.raw.as_bytes()).unwrap().subject().unwrap().to_owned()
    }

    fn field(&self, name: &str) -> &str {
        let line = self.raw.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.unwrap_or_else(|| panic!("no {name} in {}", self.raw))
    }

    fn id(&self) -> &str {
        self.field("Message-ID").trim_matches(['<', '>'])
    }

    /// Without what tells that a machine wrote it, as a bad gateway hands it on.
    fn without_marks(&self) -> String {
        let marks = ["Auto-Submitted:", "X-Auto-Response-Suppress:"];
        let lines = self.raw.lines().filter(|line| !marks.iter().any(|mark| line.starts_with(mark)));
        lines.map(|line| format!("{line}\n")).collect()
    }
}

/// A mail; `fields` are further lines of its header.
fn mail(from: &str, subject: &str, fields: &str, text: &str) -> String {
    format!(
        "From: {from}\nTo: {DESK}\nSubject: {subject}\n{fields}MIME-Version: 1.0\n\
         Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}\n"
    )
}

async fn views(desk: &OpenDesk) -> Vec<TicketView> {
    desk.parts.store.tickets(&TicketFilter::default()).await.unwrap()
}

/// The desk's only ticket.
async fn ticket(desk: &OpenDesk) -> TicketView {
    let mut views = views(desk).await;
    assert_eq!(views.len(), 1, "{views:?}");
    views.remove(0)
}

/// A technician has it, because something is missing and nobody will answer.
fn technician_has(view: &TicketView, reason: Reason) {
    let ticket = &view.ticket;
    assert_eq!(ticket.state, State::Technician { password: PasswordFact::NotChanged }, "{ticket:?}");
    assert_eq!(ticket.reason, Some(reason));
}

/// Lines of the trail that hold these words.
fn lines(view: &TicketView, words: &str) -> usize {
    view.ticket.trail.0.iter().filter(|line| line.evidence.contains(words)).count()
}
