//! Mails that are kept and stay in the inbox: because they cannot be moved, because a server only says that
//! it moved them, because nothing is moved while the desk observes. Each stays one ticket, and holds up no other.

use std::sync::Arc;
use std::time::Duration;

use nyckelbud::mailbox::{Folder, RawMail, Shelf};
use nyckelbud::store;
use nyckelbud::worker::Told;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::inbox::{OURS, raw, scope};
use super::{Desk, intake, letter, letter_from};
use crate::support::said::Said;
use crate::support::{audit_rows, demo_desk, postgres};

const REQUEST: &str = "sms-registered-phone";

async fn drain(desk: &mut Desk, rounds: usize) {
    for _ in 0..rounds {
        desk.drain().await;
    }
}

/// Tickets, and mails that were fetched out of the inbox and the folders.
async fn seen(desk: &Desk) -> (usize, usize) {
    (desk.tickets().await.len(), desk.shelf().fetched.iter().map(Vec::len).sum())
}

#[tokio::test]
async fn a_mail_that_was_copied_and_cannot_be_removed_stays_one_ticket() {
    let mut desk = Desk::new().await;
    let mail = demo_desk::mail(REQUEST);
    desk.shelf().mails = vec![raw("1", &mail)];
    desk.shelf().full = true;
    desk.drain().await;
    desk.shelf().lay(Folder::Handled, raw("", &mail));
    desk.restart();
    drain(&mut desk, 6).await;
    assert_eq!(seen(&desk).await, (1, 2), "read once, and its copy compared once");
}

#[tokio::test]
async fn a_mail_that_a_server_only_says_it_moved_stays_one_ticket() {
    let mut desk = Desk::new().await;
    desk.shelf().mails = vec![raw("1", &demo_desk::mail(REQUEST))];
    desk.shelf().sticky = true;
    let said = Said::listen();
    drain(&mut desk, 8).await;
    assert_eq!(seen(&desk).await, (1, 3), "one ticket, and no fetch a round");
    let lines = said.lines("they lie there still");
    assert!(lines.len() == 1 && lines[0].contains("mails=1"), "{lines:#?}");
    desk.shelf().sticky = false;
    desk.restart();
    desk.drain().await;
    assert_eq!((desk.tickets().await.len(), desk.shelf().mails.len()), (1, 0), "it goes in the end");
}

#[tokio::test]
async fn a_mail_that_somebody_put_back_is_not_blamed_on_the_mailbox_when_a_connection_breaks() {
    let mut desk = Desk::new().await;
    let mail = raw("1", &demo_desk::mail(REQUEST));
    desk.shelf().mails = vec![mail.clone()];
    desk.drain().await;
    let said = Said::listen();
    desk.shelf().mails = vec![mail];
    desk.shelf().breaks_at = Some("1".to_owned());
    desk.intake.drain().await.expect_err("the connection breaks");
    desk.shelf().breaks_at = None;
    desk.drain().await;
    assert_eq!(said.lines("they lie there still"), Vec::<String>::new());
    assert_eq!((desk.tickets().await.len(), desk.shelf().mails.len()), (1, 0));
}

#[tokio::test]
async fn a_mail_kept_by_another_program_after_our_list_is_not_taken_for_moved() {
    let mut desk = Desk::new().await;
    desk.shelf().mails = vec![raw("1", &demo_desk::mail(REQUEST))];
    desk.shelf().full = true;
    desk.drain().await;
    desk.shelf().hides = Some("1".to_owned());
    desk.drain().await;
    let known = raw("1", b"").uid;
    let entries = desk.parts.store.entries(&scope(Shelf::Inbox, 1), &[known]).await.expect("the ledger");
    assert!(!entries[0].moved, "{entries:?}");
}

#[tokio::test]
async fn one_mail_that_cannot_be_moved_holds_up_no_other() {
    let mut desk = Desk::new().await;
    let mails = (10..40).map(|n| raw(&n.to_string(), &letter_from(&n.to_string(), &format!("p{n}"), "Hej")));
    desk.shelf().mails = mails.collect();
    let large = RawMail { truncated: true, ..raw("99", &letter("99", None, "Stort")) };
    desk.shelf().mails.push(large);
    desk.shelf().stuck = vec!["17".to_owned(), "31".to_owned()];
    desk.drain().await;
    let left: Vec<String> = desk.shelf().mails.iter().map(|mail| mail.uid.as_str().to_owned()).collect();
    assert_eq!(left, ["17", "31"]);
    assert_eq!(desk.shelf().folders[&Folder::Quarantine].len(), 1, "the other folder has its turn, too");
    let late = raw("50", &letter("50", None, "Sent"));
    desk.shelf().mails.push(late);
    desk.drain().await;
    assert_eq!(desk.shelf().mails.len(), 2, "nor does it hold up those that come later");
    desk.shelf().stuck.clear();
    desk.restart();
    desk.drain().await;
    assert_eq!((desk.tickets().await.len(), desk.shelf().mails.len()), (32, 0));
}

#[tokio::test]
async fn a_file_name_that_is_used_again_and_again_makes_no_mail_dangerous() {
    let mut desk = Desk::new().await;
    for n in 0..6 {
        desk.shelf().mails = vec![raw("same", &letter_from(&n.to_string(), &format!("p{n}"), "Hej"))];
        desk.drain().await;
        desk.drain().await;
    }
    let tickets = desk.tickets().await;
    assert!(
        tickets.iter().all(|view| view.ticket.kind != nyckelbud::ticket::Kind::Quarantine),
        "{tickets:#?}"
    );
    assert_eq!(tickets.len(), 6);
}

#[tokio::test]
async fn an_old_mail_gets_no_acknowledgement() {
    let mut desk = Desk::new().await;
    let now = desk.parts.clock.now();
    let age = desk.parts.rules.policy.max_mail_age;
    let minute = Duration::from_secs(60);
    let mail = |uid: &str, who: &str, age: Duration| RawMail {
        received_at: Some(now.minus(age)),
        ..raw(uid, &letter_from(uid, who, "Hej"))
    };
    desk.shelf().mails = vec![mail("1", "old", age + minute), mail("2", "new", age - minute)];
    desk.drain().await;
    desk.work().await;
    let spool = desk.folder.path().join("mail");
    let sent = demo_desk::files(&spool).into_iter().map(|file| std::fs::read_to_string(spool.join(file)));
    let sent: Vec<String> = sent.map(|mail| mail.expect("a mail")).collect();
    assert!(sent.iter().any(|mail| mail.contains("new@kommun.example")), "{sent:#?}");
    assert!(!sent.iter().any(|mail| mail.contains("old@kommun.example")), "{sent:#?}");
}

#[tokio::test]
async fn another_inbox_under_the_same_uidvalidity_is_read_and_nothing_in_it_is_moved_unread() {
    let mut desk = Desk::new().await;
    desk.shelf().mails = vec![raw("1", &letter_from("first", "one", "Hej"))];
    desk.shelf().full = true;
    desk.drain().await;
    // The mailbox was made again, and counts from 1 under the same UIDVALIDITY.
    desk.shelf().mails = vec![raw("1", &letter_from("second", "two", "Hej"))];
    desk.shelf().full = false;
    desk.shelf().another = true;
    desk.restart();
    desk.drain().await;
    assert_eq!((desk.tickets().await.len(), desk.shelf().mails.len()), (2, 0));
    let rows = audit_rows::read(&desk.folder.path().join("var/nyckelbud.db")).await;
    assert!(rows.iter().any(|(_, event, _)| event == "mailbox.another"), "{rows:?}");
}

#[tokio::test]
async fn the_inbox_of_another_account_whose_uids_count_higher_is_read_and_said_once() {
    let said = Said::listen();
    let mut desk = Desk::new().await;
    assert!(!desk.settings.start_now, "all mails are taken, so the inbox has no mark");
    desk.shelf().mails = vec![raw("1", &letter_from("first", "one", "Hej"))];
    desk.shelf().full = true;
    desk.drain().await;
    desk.shelf().mails =
        ["1", "2"].map(|uid| raw(uid, &letter_from(uid, &format!("p{uid}"), "Hej"))).to_vec();
    desk.shelf().full = false;
    desk.shelf().of_another = true;
    for _ in 0..3 {
        desk.restart();
        desk.drain().await;
        assert_eq!((desk.tickets().await.len(), desk.shelf().mails.len()), (3, 0), "none was moved unread");
    }
    let told = said.lines("this is another inbox than before");
    assert!(told.len() == 1 && told[0].contains("username"), "{told:#?}");
}

/// Their folder of handled mails counts as ours did, with the same UIDVALIDITY.
async fn in_the_folders_of_another_account(mut desk: Desk) {
    let handled = Shelf::Filed(Folder::Handled);
    desk.shelf().tells_spots = true;
    desk.shelf().mails = vec![raw("1", &letter_from("first", "one", "Hej"))];
    desk.drain().await;
    desk.shelf().folders.clear();
    let uid = desk.shelf().lay(Folder::Handled, raw("", &letter_from("theirs", "two", "Hej")));
    let known =
        desk.parts.store.entries(&scope(handled, 5), std::slice::from_ref(&uid)).await.expect("entries");
    assert!(known.iter().any(|entry| entry.mail.is_some()), "{uid:?} is known");
    desk.shelf().of_another = true;
    let (told, unknown) = super::reconcile::reconciled(&desk).await;
    let folder = super::reconcile::of(&told, handled);
    assert_eq!((folder.by_place, folder.unknown, unknown.len()), (0, 1, 1), "{told:?}");
    assert!(told.another.as_ref().is_some_and(|why| why.contains("username")), "{told:?}");
    for _ in 0..2 {
        desk.restart();
        desk.drain().await;
        assert_eq!(desk.tickets().await.len(), 2, "it was taken in, once");
        let (told, unknown) = super::reconcile::reconciled(&desk).await;
        let folder = super::reconcile::of(&told, handled);
        assert_eq!((folder.by_place, unknown.len(), told.another.clone()), (1, 0, None), "{told:?}");
    }
}

#[tokio::test]
async fn a_mail_in_the_folders_of_another_account_counts_as_unknown_and_comes_in() {
    in_the_folders_of_another_account(Desk::new().await).await;
    let url = postgres::fresh_database().await;
    let store = store::open(&url, "kommun.example").await.expect("the store opens");
    in_the_folders_of_another_account(Desk::over(store)).await;
}

#[tokio::test]
async fn marks_that_do_not_say_whose_they_are_learn_it_at_the_next_opening() {
    let mut desk = Desk::new().await;
    desk.shelf().mails = vec![raw("1", &letter_from("first", "one", "Hej"))];
    desk.shelf().claims = true;
    desk.drain().await;
    desk.restart();
    desk.drain().await;
    for shelf in [Shelf::Filed(Folder::Handled), Shelf::Filed(Folder::Quarantine)] {
        let mark = desk.parts.store.mark("servicedesk", shelf).await.expect("the mark").expect("a mark");
        assert_eq!(mark.0.matches(OURS).count(), 1, "{mark:?}");
    }
}

#[tokio::test]
async fn when_mails_can_be_moved_again_that_is_said_once_and_not_while_one_cannot() {
    let said = Said::listen();
    let mut desk = Desk::new().await;
    desk.shelf().mails = ["1", "2"].map(|uid| raw(uid, &letter(uid, None, "Hej"))).to_vec();
    desk.shelf().stuck = vec!["1".to_owned()];
    let lines = || {
        ["mails cannot be moved out of the inbox", "mails can be moved out of the inbox again"]
            .map(|words| said.lines(words))
    };
    // One goes and one does not; tried again after its rest, it still does not.
    for _ in 0..2 {
        desk.drain().await;
        let [cannot, again] = lines();
        assert_eq!(
            (cannot.len(), again.len(), desk.shelf().mails.len()),
            (1, 0, 1),
            "{cannot:#?} {again:#?}"
        );
        desk.clock.pass(301);
    }
    desk.shelf().stuck.clear();
    desk.drain().await;
    let [_, again] = lines();
    assert!(again.len() == 1 && again[0].contains("after 10 min and 2 failures"), "{again:#?}");
    desk.shelf().mails.push(raw("3", &letter("3", None, "Hej")));
    desk.drain().await;
    assert_eq!((lines()[1].len(), desk.shelf().mails.len()), (1, 0));
}

#[tokio::test]
async fn the_ticket_of_a_mail_that_was_given_up_says_where_it_lies_and_since_when() {
    let mut desk = Desk::new().await;
    let (store, now) = (Arc::clone(&desk.parts.store), desk.parts.clock.now());
    let received_at = Some(now.minus(Duration::from_secs(7200)));
    let mail = RawMail { received_at, ..raw("4711", &demo_desk::mail(REQUEST)) };
    for _ in 0..5 {
        let uid = std::slice::from_ref(&mail.uid);
        store.count_tries(&scope(Shelf::Inbox, 1), uid, now).await.expect("counted");
    }
    desk.shelf().mails = vec![mail];
    desk.drain().await;
    let ticket = desk.tickets().await.remove(0).ticket;
    let trail = serde_json::to_string(&ticket.trail).expect("JSON");
    assert!(trail.contains("UID 4711, received ") && trail.contains("and back"), "{trail}");
    assert_eq!(Some(ticket.received_at), received_at);
    let listed = store.quarantine(None).await.expect("the list").mails;
    assert!(nyckelbud::worker::stays(&listed[0]), "{listed:?}");
    assert_eq!(desk.shelf().mails.len(), 1, "nobody moves it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backlog_is_told_as_progress_long_before_it_is_done() {
    let mut desk = Desk::new().await;
    desk.settings.poll = Duration::from_millis(20);
    let mails = (0..900).map(|n| raw(&format!("{n:04}"), &letter(&n.to_string(), None, "Hej")));
    desk.shelf().mails = mails.collect();
    let (stop, (told, mut heard)) = (CancellationToken::new(), mpsc::unbounded_channel());
    let intake = intake(&desk.shelf, &desk.settings, &desk.parts);
    let running = tokio::spawn(intake.run(stop.clone(), move |how: Told| {
        let _ = told.send(how);
    }));
    let mut progress = 0;
    while let Some(how @ (Told::Progress | Told::Swept | Told::SweptInPart)) = heard.recv().await {
        progress += u32::from(matches!(how, Told::Progress));
    }
    stop.cancel();
    running.await.expect("it ends");
    assert!(progress >= 9, "{progress} groups of a hundred mails, at most");
}
