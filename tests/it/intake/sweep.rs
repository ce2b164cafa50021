//! The sweep: what lies in the folders for filed mails, and the store, are brought together.

use nyckelbud::mailbox::{Folder, RawMail, Shelf};
use nyckelbud::ticket::{Fate, Kind, Standing};
use nyckelbud::types::Reason;

use super::Desk;
use super::inbox::{raw, scope};
use crate::support::{audit_rows, demo_desk};

const REQUEST: &str = "sms-registered-phone";
const HANDLED: Folder = Folder::Handled;

/// How many mails the program has fetched by now.
fn fetched(desk: &Desk) -> usize {
    desk.shelf().fetched.iter().map(Vec::len).sum()
}

#[tokio::test]
async fn a_mail_whose_move_was_not_noted_is_known_by_its_content() {
    let mut desk = Desk::new().await;
    desk.shelf().mails =
        vec![raw("1", &demo_desk::mail(REQUEST)), raw("2", &demo_desk::mail("technician-other-subject"))];
    desk.shelf().full = true;
    desk.drain().await;
    // The program ended after the move and before its note; the server never told where they lie.
    desk.shelf().carry("1", HANDLED);
    desk.shelf().carry("2", HANDLED);
    desk.restart();
    desk.drain().await;
    assert_eq!((desk.tickets().await.len(), fetched(&desk)), (2, 4), "read once, compared once");
    desk.restart();
    desk.drain().await;
    assert_eq!((desk.tickets().await.len(), fetched(&desk)), (2, 4), "their places are known now");
}

#[tokio::test]
async fn a_mail_whose_place_the_server_told_is_not_fetched_again() {
    let mut desk = Desk::new().await;
    desk.shelf().tells_spots = true;
    desk.shelf().mails = vec![raw("1", &demo_desk::mail(REQUEST))];
    desk.drain().await;
    desk.restart();
    desk.drain().await;
    let moved = desk.shelf().moved.len();
    assert_eq!((moved, fetched(&desk)), (1, 1));
}

#[tokio::test]
async fn a_filed_mail_that_nobody_knows_comes_to_a_technician_once_and_starts_nothing() {
    let mut desk = Desk::new().await;
    desk.drain().await;
    desk.shelf().lay(HANDLED, raw("", &demo_desk::mail(REQUEST)));
    for _ in 0..2 {
        desk.restart();
        desk.drain().await;
        desk.work().await;
    }
    let tickets = desk.tickets().await;
    let [view] = tickets.as_slice() else { panic!("{} tickets", tickets.len()) };
    let ticket = &view.ticket;
    assert_eq!((ticket.reason, ticket.outcome), (Some(Reason::StoreRestored), Some(Fate::Technician)));
    assert_eq!((ticket.state.standing(), ticket.kind), (Standing::Open, Kind::Password));
    let trail = serde_json::to_string(&ticket.trail).expect("JSON");
    assert!(trail.contains("handled folder") && trail.contains("no record"), "{trail}");
    for part in ["sms", "mail"] {
        assert_eq!(demo_desk::files(&desk.folder.path().join(part)), [""; 0], "{part}");
    }
    assert_eq!(desk.shelf().folders[&HANDLED].len(), 1, "it stays where it lies");
}

#[tokio::test]
async fn both_folders_are_looked_into_and_all_that_lies_there_in_one_go() {
    /// More than one turn of the sweep takes.
    const MANY: usize = 2001;
    let mut desk = Desk::new().await;
    desk.drain().await;
    let copied = demo_desk::mail(REQUEST);
    for _ in 0..MANY {
        desk.shelf().lay(HANDLED, raw("", &copied));
    }
    desk.shelf().lay(Folder::Quarantine, raw("", &demo_desk::mail("technician-other-subject")));
    desk.restart();
    desk.drain().await;
    assert_eq!(fetched(&desk), MANY + 1, "the rest of a full folder waits for no other day");
    let reasons: Vec<_> = desk.tickets().await.into_iter().map(|view| view.ticket.reason).collect();
    assert_eq!(reasons, [Some(Reason::StoreRestored); 2], "one a folder: the others are copies");
}

#[tokio::test]
async fn a_reply_that_nobody_knows_joins_no_ticket() {
    let mut desk = Desk::new().await;
    desk.shelf().mails = vec![raw("1", &super::letter("first", None, "Username: anna.andersson"))];
    desk.drain().await;
    let reply = super::letter("reply", Some("first"), "Phone: 070-174 06 05");
    desk.shelf().lay(HANDLED, raw("", &reply));
    desk.restart();
    desk.drain().await;
    desk.work().await;
    assert_eq!(desk.tickets().await.len(), 2);
    assert_eq!(demo_desk::files(&desk.folder.path().join("sms")), [""; 0]);
}

#[tokio::test]
async fn what_lay_in_the_folders_before_the_first_connection_is_left_alone() {
    let mut desk = Desk::new().await;
    desk.shelf().lay(HANDLED, raw("", &demo_desk::mail(REQUEST)));
    desk.shelf().lay(Folder::Quarantine, raw("", &demo_desk::mail("technician-other-subject")));
    for _ in 0..2 {
        desk.drain().await;
        desk.restart();
    }
    assert_eq!((desk.tickets().await.len(), fetched(&desk)), (0, 0));
}

#[tokio::test]
async fn a_mail_that_was_kept_unread_is_known_by_its_octets_and_not_read_now() {
    let mut desk = Desk::new().await;
    let (store, now) = (std::sync::Arc::clone(&desk.parts.store), desk.parts.clock.now());
    let inbox = scope(Shelf::Inbox, 1);
    let poison = raw("2", &demo_desk::mail(REQUEST));
    for _ in 0..3 {
        store.count_tries(&inbox, std::slice::from_ref(&poison.uid), now).await.expect("counted");
    }
    let large = RawMail { truncated: true, ..raw("1", &demo_desk::mail("technician-other-subject")) };
    desk.shelf().mails = vec![large, poison];
    desk.drain().await;
    assert_eq!(desk.shelf().folders[&Folder::Quarantine].len(), 2);
    desk.restart();
    desk.drain().await;
    let tickets = desk.tickets().await;
    assert_eq!(tickets.len(), 2, "{tickets:#?}");
    assert!(tickets.iter().all(|view| view.ticket.kind == Kind::Quarantine), "{tickets:#?}");
}

#[tokio::test]
async fn a_filed_mail_that_stops_the_program_is_kept_unread_in_the_end() {
    let mut desk = Desk::new().await;
    desk.drain().await;
    let uid = desk.shelf().lay(HANDLED, raw("", &demo_desk::mail(REQUEST)));
    let folder = scope(Shelf::Filed(HANDLED), 5);
    for _ in 0..3 {
        let now = desk.parts.clock.now();
        desk.parts.store.count_tries(&folder, std::slice::from_ref(&uid), now).await.expect("counted");
    }
    desk.restart();
    desk.drain().await;
    let tickets = desk.tickets().await;
    assert_eq!(tickets[0].ticket.kind, Kind::Quarantine);
    assert_eq!(tickets[0].ticket.reason, Some(Reason::StoreRestored));
}

#[tokio::test]
async fn a_sweep_that_fails_stops_no_intake_and_is_made_up_for() {
    let mut desk = Desk::new().await;
    desk.drain().await;
    desk.shelf().lay(HANDLED, raw("", &demo_desk::mail(REQUEST)));
    desk.shelf().mails = vec![raw("1", &demo_desk::mail("technician-other-subject"))];
    desk.shelf().blind = vec![HANDLED, Folder::Quarantine];
    desk.restart();
    desk.drain().await;
    assert_eq!(desk.tickets().await.len(), 1, "the new mail came in");
    desk.shelf().blind.clear();
    desk.restart();
    desk.drain().await;
    assert_eq!(desk.tickets().await.len(), 2);
}

#[tokio::test]
async fn a_mail_that_came_twice_is_known_in_both_its_places() {
    let mut desk = Desk::new().await;
    let mail = demo_desk::mail(REQUEST);
    desk.shelf().mails = vec![raw("1", &mail), raw("2", &mail)];
    desk.drain().await;
    desk.restart();
    desk.drain().await;
    assert_eq!(desk.tickets().await.len(), 1);
    let rows = audit_rows::read(&desk.folder.path().join("var/nyckelbud.db")).await;
    let copies = rows.iter().filter(|(_, event, _)| event == "mail.duplicate").count();
    assert_eq!(copies, 1, "the second came once: {rows:?}");
}

#[tokio::test]
async fn a_mail_that_cannot_be_had_in_one_folder_keeps_nobody_from_the_other() {
    let mut desk = Desk::new().await;
    desk.drain().await;
    for name in [REQUEST, "technician-other-subject"] {
        desk.shelf().lay(HANDLED, raw("", &demo_desk::mail(name)));
    }
    desk.shelf().lay(Folder::Quarantine, raw("", &super::letter("other", None, "Hej")));
    desk.shelf().breaks_at = Some("1001".to_owned());
    desk.restart();
    desk.drain().await;
    assert_eq!(desk.tickets().await.len(), 2, "one of each folder");
}
