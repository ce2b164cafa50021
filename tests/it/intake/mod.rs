//! The way of mails from a mailbox in memory into a real store, and what the desk makes of them.

use std::sync::{Arc, Mutex, MutexGuard};

use nyckelbud::cli::assembly;
use nyckelbud::mailbox::{Folder, RawMail, Shelf};
use nyckelbud::store::{MailsLimit, Store, TicketFilter, TicketView};
use nyckelbud::ticket::{Kind, Standing};
use nyckelbud::token::Tokens;
use nyckelbud::types::Reason;
use nyckelbud::worker::{Health, Inbox, Intake, IntakeSettings, Parts, Worker};
use sqlx::ConnectOptions as _;

use self::inbox::{Held, ShelfMailbox, raw, scope};
use crate::support::demo_desk;
use crate::support::desk::TurnedClock;

mod alone;
mod faults;
mod full;
mod gone;
mod inbox;
mod quarantine;
mod once;
mod reconcile;
mod restored;
mod rounds;
mod stays;
mod sweep;
mod unkept;

/// A desk of files whose mails lie in memory.
struct Desk {
    shelf: Arc<Mutex<Held>>,
    parts: Arc<Parts>,
    intake: Intake,
    settings: IntakeSettings,
    clock: TurnedClock,
    folder: tempfile::TempDir,
}

fn intake(held: &Arc<Mutex<Held>>, settings: &IntakeSettings, parts: &Arc<Parts>) -> Intake {
    intake_of("servicedesk", held, settings, parts)
}

fn intake_of(
    name: &'static str,
    held: &Arc<Mutex<Held>>,
    settings: &IntakeSettings,
    parts: &Arc<Parts>,
) -> Intake {
    let inbox = Inbox { mailbox: Box::new(ShelfMailbox::over(name, held)), settings: settings.clone() };
    Intake::new(inbox, Arc::clone(parts))
}

impl Desk {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        demo_desk::build(folder.path());
        let store = assembly::store(&demo_desk::settings(folder.path())).await.expect("the store opens");
        Self::with(folder, store)
    }

    /// A desk whose store is somewhere else.
    fn over(store: Arc<dyn Store>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        demo_desk::build(folder.path());
        Self::with(folder, store)
    }

    fn with(folder: tempfile::TempDir, store: Arc<dyn Store>) -> Self {
        let settings = demo_desk::settings(folder.path());
        let mut parts = assembly::parts(&settings, store, &Tokens::default()).expect("the parts fit");
        let (_, same) = parts.rules.authentications.first().cloned().expect("the mailbox");
        parts.rules.authentications.push(("annex".to_owned(), same));
        let clock = TurnedClock::default();
        parts.clock = Arc::new(clock.clone());
        let parts = Arc::new(parts);
        let shelf = Arc::new(Mutex::new(Held { validity: 1, ..Held::default() }));
        let settings =
            assembly::inboxes(&settings, &Tokens::default()).expect("the mailbox").remove(0).settings;
        let intake = intake(&shelf, &settings, &parts);
        Self { shelf, intake, settings, parts, clock, folder }
    }

    /// The program starts anew, over what the one before has left.
    fn restart(&mut self) {
        self.intake = intake(&self.shelf, &self.settings, &self.parts);
    }

    async fn drain(&mut self) {
        self.intake.drain().await.expect("the mailbox is read");
    }

    fn shelf(&self) -> MutexGuard<'_, Held> {
        self.shelf.lock().expect("no test panics while it looks")
    }

    async fn tickets(&self) -> Vec<TicketView> {
        self.parts.store.tickets(&TicketFilter::default()).await.expect("tickets")
    }

    async fn work(&self) {
        let worker = Worker::new(Arc::clone(&self.parts), Arc::new(Health::expecting(&[])));
        worker.drain().await.expect("the store works");
    }
}

/// A mail of somebody whom the directory does not know.
fn letter_from(id: &str, who: &str, text: &str) -> Vec<u8> {
    let mail = String::from_utf8(letter(id, None, text)).expect("text");
    mail.replace("anna.andersson", who).into_bytes()
}

/// A mail of one of the demo's people, in reply to `answers`.
fn letter(id: &str, answers: Option<&str>, text: &str) -> Vec<u8> {
    let answers = answers.map_or_else(String::new, |id| format!("In-Reply-To: <{id}@kommun.example>\r\n"));
    format!(
        "From: anna.andersson@kommun.example\r\nTo: servicedesk@kommun.example\r\nSubject: Password\r\n\
         Message-ID: <{id}@kommun.example>\r\n{answers}\r\n{text}\r\n"
    )
    .into_bytes()
}

#[tokio::test]
async fn a_ticket_with_many_mails_goes_to_a_technician_who_is_told_why() {
    let mut desk = Desk::new().await;
    let first = letter("first", None, "Username: anna.andersson");
    let replies = (1..=24).map(|n| {
        let text = letter(&format!("reply-{n}"), Some("first"), "Phone: 070-174 06 05");
        raw(&n.to_string(), &text)
    });
    desk.shelf().mails = std::iter::once(raw("0", &first)).chain(replies).collect();
    desk.intake.drain().await.expect("the mailbox is read");
    desk.work().await;
    let tickets = desk.tickets().await;
    let [view] = tickets.as_slice() else { panic!("{} tickets", tickets.len()) };
    assert_eq!(view.messages.len(), 25);
    assert_eq!(view.ticket.reason, Some(Reason::FieldsAmbiguous), "{:?}", view.ticket);
    assert_eq!(view.ticket.state.standing(), Standing::Open);
    let trail = serde_json::to_string(&view.ticket.trail).expect("JSON");
    assert!(trail.contains("more mails"), "{trail}");
}

#[tokio::test]
async fn a_mail_that_is_too_large_is_quarantined_with_what_came_of_it() {
    let mut desk = Desk::new().await;
    let whole = demo_desk::mail("sms-registered-phone");
    let cut = raw("1", &whole);
    desk.shelf().mails = vec![RawMail { truncated: true, ..cut.clone() }];
    desk.intake.drain().await.expect("the mailbox is read");
    desk.work().await;
    let tickets = desk.tickets().await;
    let [view] = tickets.as_slice() else { panic!("{} tickets", tickets.len()) };
    assert_eq!(view.ticket.kind, Kind::Quarantine);
    assert_eq!(view.ticket.state.standing(), Standing::Open);
    let trail = serde_json::to_string(&view.ticket.trail).expect("JSON");
    assert!(trail.contains("max_mail_size"), "{trail}");
    let all = MailsLimit { count: 1, octets: u32::MAX };
    let kept = desk.parts.store.mails_of(view.ticket.id, all).await.expect("mails").expect("they are few");
    assert_eq!(kept[0].raw, whole);
    assert_eq!(desk.shelf().moved, [("1".to_owned(), Folder::Quarantine)]);

    // The same beginning is not the same mail: nobody knows how the other one goes on.
    desk.shelf().mails = vec![RawMail { truncated: true, ..raw("2", &whole) }];
    desk.intake.drain().await.expect("the mailbox is read");
    assert_eq!(desk.tickets().await.len(), 2);
}

#[tokio::test]
async fn a_mail_whose_fetching_stops_the_program_ends_as_a_ticket_and_harms_no_other() {
    let mut desk = Desk::new().await;
    let (store, now) = (Arc::clone(&desk.parts.store), desk.parts.clock.now());
    let deadly = raw("1", &demo_desk::mail("sms-registered-phone"));
    // What a process leaves behind that is killed by every fetch of this mail.
    for _ in 0..5 {
        store
            .count_tries(&scope(Shelf::Inbox, 1), std::slice::from_ref(&deadly.uid), now)
            .await
            .expect("counted");
    }
    desk.shelf().mails = vec![deadly, raw("2", &demo_desk::mail("technician-other-subject"))];
    desk.intake.drain().await.expect("the mailbox is read");
    assert_eq!(desk.shelf().fetched, [["2"]]);
    let tickets = desk.tickets().await;
    let quarantined = tickets.iter().find(|view| view.ticket.kind == Kind::Quarantine).expect("a ticket");
    let trail = serde_json::to_string(&quarantined.ticket.trail).expect("JSON");
    assert!(trail.contains("stopped the program") && trail.contains("stays where it lies"), "{trail}");
    assert_eq!(desk.shelf().mails.len(), 1, "it is where people can look at it");

    desk.intake.drain().await.expect("the mailbox is read");
    let tickets = desk.tickets().await.len();
    assert_eq!((desk.shelf().fetched.len(), tickets), (1, 2), "said once");
}

#[tokio::test]
async fn a_mailbox_that_counts_anew_after_a_refused_move_is_not_taken_for_the_old_one() {
    let mut desk = Desk::new().await;
    {
        let mut shelf = desk.shelf();
        shelf.mails = vec![raw("1", &demo_desk::mail("technician-other-subject"))];
        shelf.full = true;
        shelf.validity_after_refusal = Some(2);
    }
    let error = desk.intake.drain().await.expect_err("the session ends");
    assert!(error.contains("UIDVALIDITY"), "{error}");
}

#[tokio::test]
async fn a_refused_move_holds_up_no_reading_and_is_not_tried_with_every_look() {
    let mut desk = Desk::new().await;
    desk.shelf().full = true;
    for n in 1..=3 {
        desk.shelf().mails.push(raw(&n.to_string(), &letter(&n.to_string(), None, "Hej")));
        desk.intake.drain().await.expect("the mails are read");
    }
    let read = desk.tickets().await.len();
    assert_eq!((read, desk.shelf().refused), (3, 3), "each is tried once, and then rests");
}

#[tokio::test]
async fn a_reply_that_cannot_be_moved_opens_its_ticket_once() {
    let mut desk = Desk::new().await;
    desk.shelf().mails = vec![raw("1", &letter("first", None, "The printer is broken."))];
    desk.intake.drain().await.expect("the mails are read");
    desk.shelf().full = true;
    desk.shelf().mails = vec![raw("2", &letter("second", Some("first"), "It still is."))];
    for validity in [1, 1, 2] {
        desk.shelf().validity = validity;
        // A refused move ends the session when the mailbox counts anew; the next one goes on.
        let _ = desk.intake.drain().await;
    }
    let tickets = desk.tickets().await;
    let [view] = tickets.as_slice() else { panic!("{} tickets", tickets.len()) };
    assert_eq!(view.messages, ["first@kommun.example", "second@kommun.example"]);
    let database =
        sqlx::sqlite::SqliteConnectOptions::new().filename(desk.folder.path().join("var/nyckelbud.db"));
    let replies = "SELECT COUNT(*) FROM audit WHERE event = 'ticket.replied'";
    let mut connection = database.connect().await.expect("the database");
    let replies: i64 = sqlx::query_scalar(replies).fetch_one(&mut connection).await.expect("a number");
    assert_eq!((replies, desk.shelf().mails.len()), (1, 1), "it lies in the inbox, and was taken once");
}
